"""Tables fold and cut nothing; colour is for terminals whose readers want it."""

from __future__ import annotations

import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsysim_labs.commands.answers import figure_text, json_figure, json_text
from mlsysim_labs.commands.layout import bold, page_width, sentences_text, table_of
from solver import Q_

CELL = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=30)


@given(rows=st.integers(1, 9).flatmap(lambda n: st.lists(st.lists(CELL, min_size=n + 1, max_size=n + 1), min_size=1)),
       page=st.integers(66, 120))
def test_a_table_keeps_every_cell_and_its_page(rows, page):
    head = [f"h{place}" for place in range(len(rows[0]))]
    text = table_of(head, rows, page)
    words = text.split()
    assert all(cell in words for row in rows for cell in row)
    assert max(map(len, text.splitlines())) <= page


def test_sentences_in_the_last_column_fold():
    row = ["ttft", "60.3 ms", "time to the first token of an answer"]
    text = table_of(["figure", "value", "what it is"], [row], 44, kept=2)
    assert text.splitlines()[2:] == ["ttft    60.3 ms  time to the first token of", "                 an answer"]


def test_numbers_stand_right_and_texts_left():
    assert table_of(["a", "b"], [["x", "1"], ["xyz", "1,000"]], 80).splitlines()[2:] == ["x        1", "xyz  1,000"]


@pytest.mark.parametrize("terminal, no_colour, term, coloured", [
    (True, "", "xterm", True), (True, "1", "xterm", False), (True, "", "dumb", False), (False, "", "xterm", False)])
def test_colour_is_for_a_terminal_that_wants_it(monkeypatch, terminal, no_colour, term, coloured):
    monkeypatch.setattr(sys.stdout, "isatty", lambda: terminal)
    monkeypatch.setenv("TERM", term)
    monkeypatch.setenv("NO_COLOR", no_colour)
    assert ("\033" in bold("head")) == coloured


def test_a_page_is_80_columns_where_nothing_says_otherwise(monkeypatch):
    monkeypatch.delenv("COLUMNS", raising=False)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: False)
    assert page_width() == 80
    monkeypatch.setenv("COLUMNS", "120")
    assert page_width() == 120
    monkeypatch.setenv("COLUMNS", "3")
    assert page_width() == 40


def test_options_are_not_broken_at_their_dashes():
    assert "--batch-size" in sentences_text(["give it as an option such as --batch-size, or leave it"], 40)


@pytest.mark.parametrize("value, text", [
    (True, "yes"), (False, "no"), (None, "-"), (1234567, "1,234,567"), (float("nan"), "unknown"), (0.25, "0.25"),
    (Q_(float("inf"), "ms"), "inf ms"), ([1, 2.5], "1, 2.5"), ({"a": Q_("2 GB")}, "a 2 GB"), ("Memory", "Memory")])
def test_a_figure_as_people_read_it(value, text):
    assert figure_text(value) == text


@pytest.mark.parametrize("value, data", [
    (Q_(70.9, "ms"), {"value": 70.9, "unit": "ms"}), (3, {"value": 3, "unit": ""}), (True, {"value": True, "unit": ""}),
    (float("-inf"), {"value": None, "unit": "", "why": "infinite, below zero"}),
    (Q_([1.0, float("inf")], "ms"), {"value": [1.0, None], "unit": "ms", "why": "infinite"}),
    ({"a": 1.5}, {"a": {"value": 1.5, "unit": ""}}), ([Q_("2 GB"), Q_("1 s")], {"values": [
        {"value": 2, "unit": "GB"}, {"value": 1, "unit": "s"}]}), (None, {"value": None, "unit": ""})])
def test_a_figure_as_json_has_it(value, data):
    assert json_figure(value) == data
    json_text(json_figure(value))
