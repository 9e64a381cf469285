"""What the solver says where somebody measured: every row can be asked, and what is far off is told all the same."""

from __future__ import annotations

import math

import pytest

from mlsysim_labs.pictures.of_measured import predicted, product_point, shown, told
from mlsysim_labs.words.distance import off_text
from solver import Hardware, Measurements, changed

ROWS = pytest.mark.parametrize("row", Measurements, ids=str)


@ROWS
def test_the_solver_has_an_answer_and_nobody_beats_the_floor(row):
    found, value = predicted(row), shown(row)
    assert math.isfinite(found.expected) and found.expected > 0
    if row.quantity == "product":
        assert value < found.floor and found.expected < found.floor, "a rate"
    elif row.quantity != "kv_room":
        assert found.floor < value and found.floor <= found.expected
        if math.isfinite(found.high):  # where something like it was counted
            assert found.floor <= found.low <= found.expected <= found.high


@ROWS
def test_it_is_told_whether_it_is_within_the_band(row):
    found, said = predicted(row), told(row)
    assert off_text(found.expected / shown(row) - 1) in said["short"]
    assert off_text(found.expected / shown(row) - 1) in said["says"] and "no value" not in said["says"]
    if math.isfinite(found.high):
        assert ("Within" if found.low <= row.value <= found.high else "Outside") in said["band"]
    assert row.engine in said["where"] and said["url"] == row.source.url and str(row.source.date) in said["title"]


def test_what_is_far_off_says_why():
    far = [row for row in Measurements if not 0.75 < predicted(row).expected / shown(row) < 1.33]
    assert far and all(row.note for row in far)


def test_another_profile_says_something_else():
    row = Measurements.torchao_h100
    assert predicted(row, "ideal").expected < predicted(row, "tuned").expected
    ideal = told(row, "ideal")
    assert ideal["says"] != told(row)["says"] and ideal["elsewhere"].endswith(": 7.88 ms/token")


def test_a_product_is_a_point_under_the_roof():
    for row in (row for row in Measurements if row.quantity == "product"):
        intensity, rate = product_point(row)
        chip = row.hardware
        assert 0.3 < rate / min(chip.fp16, intensity * chip.bandwidth) < 1
        assert rate == shown(row)


def test_a_chip_whose_kernels_nobody_measured_has_no_value():
    row = Measurements.product_h100_8
    other = type(row)(**vars(row) | {"hardware": changed(Hardware.Cloud.H100, family="Ada")})
    assert "the model has no value" in told(other)["says"] and "no value" in told(other)["short"]
