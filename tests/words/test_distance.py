"""How far the model is from what was measured, in words."""

from __future__ import annotations

import math

import pytest

from mlsysim_labs.words.distance import distance, off_text


@pytest.mark.parametrize("predicted, measured, kind, said", [
    (14.7e-3, 16.9e-3, "time", "model 14.7 ms, measured 16.9 ms: 13 % low"),
    (16.9e-3, 14.7e-3, "time", "model 16.9 ms, measured 14.7 ms: 15 % high"),
    (16.9e-3, 16.9e-3, "time", "model 16.9 ms: as measured"),
    (16.97e-3, 16.9e-3, "time", "model 17.0 ms: as measured"),
    (17.0e-3, 16.9e-3, "time", "model 17.0 ms, measured 16.9 ms: 1 % high"),
    (960e-6, 1.2e-3, "time", "model 0.960 ms, measured 1.20 ms: 20 % low"),
    (0.6, 1.7, "time", "model 0.600 s, measured 1.70 s: 65 % low"),
    (30e-3, 10e-3, "time", "model 30.0 ms, measured 10.0 ms: 3× too high"),
    (61.2e9, 57.2e9, "GB", "model 61.2 GB, measured 57.2 GB: 7 % high"),
    (466_000, 437_000, "token", "model 466,000 tokens, measured 437,000 tokens: 7 % high"),
    (3.0, 3.33, "", "model 3.00, measured 3.33: 10 % low"),
    (0.0, 2.0, "", "model 0, measured 2.00: 100 % low"),
    (math.nan, 16.9e-3, "time", "measured 16.9 ms; the model has no value"),
    (math.inf, 16.9e-3, "time", "measured 16.9 ms; the model has no value")])
def test_it_is_said_in_one_sentence(predicted, measured, kind, said):
    assert distance(predicted, measured, kind) == said


@pytest.mark.parametrize("measured", [0.0, -1.0, math.nan, math.inf])
def test_nothing_can_be_told_of_what_is_no_measurement(measured):
    with pytest.raises(ValueError, match="a measured figure is a positive number"):
        distance(1.0, measured)


def test_no_difference_that_is_told_is_told_as_none():
    for thousandth in range(-990, 4000):
        said = off_text(thousandth / 1000)
        assert (said == "as measured") == (abs(thousandth) < 5)
        assert not said.startswith("0 ")
