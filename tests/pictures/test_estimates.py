"""Estimates in a real browser: numbers as people read them, a dash where there is none, and where they come from."""

from __future__ import annotations

import pytest
from bare_page import Shown

from mlsysim_labs import Estimates, estimate
from solver import Hardware, Models, Profiles, ServingModel

ROWS = {"labels": ["ITL [ms]", "TTFT [ms]"], "floor": [4.56, 30.0], "expected": [8.64, 47.1], "low": [4.56, 37.7],
        "high": [9.5, float("nan")], "origin": "tuned: static batches.", "links": {"A table": "https://example.org"}}


@pytest.fixture
def shown(page):
    made = Shown(page, Estimates, **ROWS)
    yield made
    assert made.errors == []


@pytest.mark.browser
def test_rows_are_a_table_with_headings(shown):
    rows = [row.locator("th, td").all_inner_texts() for row in shown.page.locator("tbody tr").all()]
    assert [row[0] for row in rows] == ROWS["labels"]
    assert rows[0][1:3] == ["4.56", "8.64"] and "4.56" in rows[0][3] and "9.5" in rows[0][3]
    assert rows[1][3] == "not measured", "a band without an end is none"
    assert shown.page.locator("thead th[scope=col]").count() >= 3


@pytest.mark.browser
def test_where_it_comes_from_is_one_click_away(shown):
    shown.page.locator("summary").click()
    text = shown.page.locator("details").inner_text()
    assert "static batches" in text and "A table" in text


def test_rows_of_a_result_have_floor_expectation_and_band():
    made = Estimates(Profiles.tuned)
    assert made.origin.startswith("tuned") and made.links
    result = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, 2048, 64, profile="tuned")
    floor, expected, low, high = estimate(result, "itl", "ms")
    assert floor < low < expected < high
    assert set(made.table({"ITL [ms]": (floor, expected, low, high)})) == {
        f"ITL [ms]: {name}" for name in ("at best", "expected", "low", "high")}
