"""What `--strict` refuses, and files of one's own."""

from __future__ import annotations

from collections import Counter

import pytest
from measured import figures, validate, write

from solver.validate.strict import faults, likely
from solver.validate.study import Outcome, Study

STEP = {"model_path": "meta-llama/Meta-Llama-3.1-8B", "system": "h100_sxm", "precision": "fp8", "isl": "1024",
        "osl": "1024", "batch_size": "16", "tp_size": "1", "pp_size": "1", "attention_dp_size": "1",
        "moe_tp_size": "1", "moe_ep_size": "1", "gemm_quant_mode": "fp8", "moe_quant_mode": "fp8",
        "silicon_tpot_ms": "5.4", "silicon_ttft_ms": "40"}


def outcome(inside, left_out=0, name="serving 2026 dense TPOT"):
    """A data set of so many rows inside and outside of their band, and without one."""
    found = Outcome(Study(name, "serving_2026.csv", lambda row: True, None, "modern"))
    found.inside.extend(inside)
    found.pairs["modern"] = [(1.0, 1.0)] * len(inside)
    found.reasons.update(Counter({"why": left_out}))
    return {name: found}


@pytest.mark.parametrize("found, says", [
    (outcome([True] * 60 + [False] * 40), "60.0% of 100 rows are in the band"),
    (outcome([True] * 100), "100.0% of 100 rows are in the band"),
    (outcome([True] * 2 + [False] * 8), "2 of 10 rows are in the band"),
    (outcome([True] * 8 + [False] * 2 + [None] * 5), "10 of 15 rows have a band"),
    (outcome([True] * 80 + [False] * 20, left_out=3), "3 of 103 rows of engines and chips of today are left out")])
def test_each_promise_that_is_broken_is_a_sentence(found, says):
    said = faults(found)
    assert len(said) == 1 and says in said[0]


def test_what_holds_is_no_fault():
    assert faults(outcome([True] * 80 + [False] * 20, left_out=2)) == []
    assert faults(outcome([True] * 3)) == [], "three of three may be chance"


def test_few_rows_may_be_in_the_band_by_chance():
    assert likely(8, 10) and likely(10, 10) and likely(5, 10) and not likely(4, 10) and not likely(30, 30)


def test_rows_in_a_file_of_any_name_are_understood_by_their_columns(tmp_path, capsys):
    write(tmp_path, "serving_2026.csv", STEP, STEP | {"batch_size": "64", "silicon_tpot_ms": "10.5"})
    named, _ = figures(tmp_path, capsys)
    (tmp_path / "serving_2026.csv").rename(tmp_path / "what_we_run.csv")
    mine, _ = figures(tmp_path, capsys)
    assert mine == named and "serving 2026 dense TPOT" in str(mine)


def test_a_file_that_is_like_none_says_what_it_lacks(tmp_path, capsys):
    write(tmp_path, "serving_2026.csv", STEP)
    write(tmp_path, "prefill_ttft.csv", drop=("version",))
    (tmp_path / "prefill_ttft.csv").rename(tmp_path / "mine.csv")
    status, out, _ = validate(tmp_path, capsys)
    assert status == 0 and "mine.csv is not read: to be a table such as prefill_ttft.csv it lacks 'version'." in out


def test_doubtful_rows_are_listed_with_their_lines(tmp_path, capsys):
    write(tmp_path, "serving_2026.csv", STEP, STEP | {"silicon_tpot_ms": "0.5"}, STEP | {"attention_dp_size": "0"})
    _, out, _ = validate(tmp_path, capsys)
    assert "faster than the floor, which nothing can be (serving_2026.csv, lines 3)" in out
    assert "attention_dp_size is 0: what ran is not known (serving_2026.csv, lines 4)" in out


@pytest.mark.parametrize("factor, status", [(1, 0), (4, 1)])
def test_strict_ends_with_an_error_where_a_band_does_not_hold(tmp_path, capsys, factor, status):
    near = [STEP | {"silicon_tpot_ms": str(factor * (5.1 + 0.02 * i))} for i in range(16)]
    far = [STEP | {"silicon_tpot_ms": str(12 + i)} for i in range(4)]
    write(tmp_path, "serving_2026.csv", *near, *far)
    found, _, err = validate(tmp_path, capsys, "--strict")
    assert found == status and ("rows are in the band" in err) == bool(status)
