"""Tables and figures for people."""

from __future__ import annotations

import numpy as np
import pytest

from solver import Q_
from solver.show import info, table, table_html, table_text


def test_columns_align_by_what_they_hold():
    rows = [["A100", Q_(44.23, "GB"), -1], ["H100 SXM", Q_(4.4, "GB"), 20]]
    assert table_text(["Chip", "Cache", "Left"], rows).splitlines() == [
        "Chip        Cache  Left", "--------  -------  ----", "A100      44.2 GB    -1", "H100 SXM   4.4 GB    20"]


def test_whole_numbers_of_numpy_read_as_whole():
    assert table_text(["n"], [[np.float64(4)], [4.0], [np.int64(4)]]).splitlines()[2:] == ["4", "4", "4"]


def test_wide_characters_take_two_columns():
    lines = table_text(["模型", "n"], [["大", 1], ["small", 2]]).splitlines()
    assert lines[2].endswith("1") and lines[2].index("1") == 6


def test_rows_may_come_one_by_one(capsys):
    table(["a", "b"], zip([1, 2], [3, 4], strict=True))
    assert len(capsys.readouterr().out.splitlines()) == 4


def test_an_empty_table_has_its_headers():
    assert table_text(["a", "b"], []) == "a  b\n-  -"


def test_a_row_that_is_too_short_is_named():
    with pytest.raises(ValueError, match="a row has 1 cells and the table 2 columns"):
        table(["a", "b"], [[1]])


def test_html_is_escaped():
    assert "<script>" not in table_html(["<script>"], [["<b>"]]) and "&lt;b&gt;" in table_html(["x"], [["<b>"]])


def test_info_without_figures(capsys):
    info("Nothing")
    assert capsys.readouterr().out == "Nothing\n"
