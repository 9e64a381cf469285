"""Figures that no chip has are refused where a record is changed."""

from __future__ import annotations

import math

import numpy as np
import pytest

from solver import Q_, Hardware, Models, ServingModel, changed
from solver.design.dual import Dual

H100 = Hardware.Cloud.H100


@pytest.mark.parametrize("figures", [
    {"bandwidth": 0}, {"bandwidth": -1}, {"bandwidth": math.nan}, {"bandwidth": math.inf}, {"memory": "0 GiB"},
    {"memory": math.nan}, {"fp16": 0}, {"fp16": math.inf}, {"power": Q_("-700 W")}, {"domain": 0}, {"ecc": 1},
    {"ecc": math.nan}, {"bandwidth": True}, {"bandwidth": None}, {"bandwidth": [1e12, 2e12]},
    {"bandwidth": np.array([1e12, 0.0])}])
def test_a_figure_that_no_chip_has_is_refused(figures):
    name = next(iter(figures))
    with pytest.raises(ValueError, match=rf"^{name} of NVIDIA H100 SXM is .*, and should be a "):
        changed(H100, **figures)


@pytest.mark.parametrize("figures", [
    {"power": math.nan}, {"link": math.nan}, {"fp8": math.nan}, {"ecc": 0}, {"bandwidth": 1e12}, {"name": "mine"},
    {"bandwidth": np.array([1e12, 2e12])}, {"family": "Ada"}, {"bandwidth": "1 TB/s"}, {"memory": Q_("40 GiB")}])
def test_a_figure_that_a_chip_can_have_passes(figures):
    name, value = next(iter(figures.items()))
    found = getattr(changed(H100, **figures), name)
    assert isinstance(found, float) or np.array_equal(found, value)


def test_dual_numbers_pass():
    faster = changed(H100, bandwidth=Dual(np.array(H100.bandwidth), np.array([1.0])))
    assert ServingModel().solve(Models.Llama3_8B, faster, 1024).value("itl").slopes[..., 0] < 0
