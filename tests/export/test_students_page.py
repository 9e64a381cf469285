"""The page of one student, in a browser: it shows whose it is, and keeps each student's record apart."""

from __future__ import annotations

import pytest
from opened_page import PagePlayer

from mlsysim_labs import lab_of
from mlsysim_labs.export.exported import exported_page

pytestmark = pytest.mark.browser

SLUG, COURSE = "03_kv_cache", "CS249r <2026>"


@pytest.fixture
def players(page, tmp_path):
    """The pages of two students, of one name, in one browser."""
    made = []
    for seed, student in ((7, "Ada & <b>Co"), (8, "Ada & <b>Co")):
        file = tmp_path / f"{seed}.html"
        file.write_text(exported_page(SLUG, "learn", seed, student, COURSE, "Friday, 23:59"), encoding="utf-8")
        made.append(PagePlayer(page, lab_of(SLUG, "learn"), file))
    yield made
    made[0].forget()
    assert made[0].said == []


def test_it_says_whose_it_is_and_keeps_it_apart(players):
    ada, other = players
    ada.go()
    assert ada.page.locator(".page-note").first.inner_text() == f"Ada & <b>Co · {COURSE} · due Friday, 23:59"
    assert ada.box.locator(".lab-foot").inner_text().startswith("Ada & <b>Co · kept in this browser")
    ada.guess_all()
    opened = ada.record.events[0].value
    assert (opened["student"], opened["course"], opened["seed"], opened["mode"]) == ("Ada & <b>Co", COURSE, 7, "learn")
    assert ada.again().record.events[0].value == opened
    assert "0 of" in other.go().line and "0 of" not in ada.go().line
