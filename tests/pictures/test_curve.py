"""Curves: lines and points of bqplot that are made once, and axes that people can read."""

from __future__ import annotations

import numpy as np
import pytest

from mlsysim_labs import Curve


def test_curves_make_their_marks_once():
    curve = Curve("x [token]", "y [ms]", (1, 1000), (1, 10), scale="log")
    data = {"line": (np.array([1.0, 2.0]), np.array([0.0, 5.0])), "here": (1.0, 2.0)}
    first = [t.widget for t in curve.targets(data)]
    assert [t.widget for t in curve.targets(data)] == first
    assert [type(m).__name__ for m in curve.figure.marks] == ["Lines", "Scatter"]
    line = next(t for t in curve.targets(data) if t.trait == "y")
    assert line.value[0] == 1e-3, "zero lies far below a logarithmic axis"


def test_axes_are_linear_or_logarithmic():
    with pytest.raises(ValueError, match="linear or log"):
        Curve("x", "y", (0, 1), (0, 1), scale="loglog")


@pytest.mark.parametrize("data, says", [(3, "returns a dict"), ({"line": 3}, "'line' in a Curve is"),
                                        ({"line": (1.0, 2.0, 3.0)}, "two arrays for a line")])
def test_what_is_no_curve_is_a_sentence(data, says):
    with pytest.raises(TypeError, match=says):
        Curve("x", "y", (0, 1), (0, 1)).targets(data)


@pytest.mark.parametrize("low, high, marks", [
    (0, 100, [0, 20, 40, 60, 80, 100]), (3, 47, [10, 20, 30, 40]), (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
    (-0.3, 0.3, [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]), (1e6, 5e6, [1e6, 2e6, 3e6, 4e6, 5e6]),
    (0.5, 0.75, [0.5, 0.55, 0.6, 0.65, 0.7, 0.75])])
def test_linear_axes_are_marked_with_round_numbers_inside_their_limits(low, high, marks):
    curve = Curve("x", "y", (low, high), (low, high))
    for axis in curve.figure.axes:
        assert axis.tick_values.tolist() == marks, "bqplot's own end where a point has room: -0.895"


@pytest.mark.parametrize("scale, limits", [("linear", (5, 5)), ("linear", (5, 1)), ("log", (0, 5)), ("log", (5, 1))])
def test_an_axis_without_room_is_a_sentence(scale, limits):
    with pytest.raises(ValueError, match=r"the axis 'y' goes from .* give a low end below the high one"):
        Curve("x", "y", (1, 2), limits, scale=scale)
