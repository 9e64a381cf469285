"""Curves: lines and points over two axes, drawn by bqplot.

The function returns ``{label: (x, y)}``: a line where `y` is an array, a point where it is a number. Marks are made
once, when the labels are first known; later only their arrays change.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping
from typing import Any

import ipywidgets
import numpy as np

from mlsysim_labs.pictures.parts.picture import Target
from mlsysim_labs.widgets.fallback import NamedBox

MOST_TICKS = 7  # on a linear axis
COLOURS = ["#0072b2", "#d55e00", "#009e73", "#cc79a7"]  # Okabe and Ito: apart for every kind of colour vision
DASHES = ["solid", "dashed", "dotted", "dash_dotted"]  # and apart without colour
LENGTHS = {"solid": "none", "dashed": "6 4", "dotted": "2 4", "dash_dotted": "6 3 2 3"}
SHAPES = ["circle", "square", "diamond", "triangle-up"]
OUTLINES = ["M13 1 a5 5 0 1 0 .01 0", "M8 1 h10 v10 h-10 z", "M13 0 l6 6 -6 6 -6 -6 z", "M13 1 l6 10 h-12 z"]  # of them


def ticks(low: float, high: float, scale: str) -> dict[str, Any]:
    """What an axis is marked with: on a logarithmic one powers of ten, or of four from a low end that is none.

    bqplot would divide the axis from end to end, which it moves out where a point needs room: -0.895, 19.5 and so on.

    >>> ticks(512, 131072, "log")["tick_values"].tolist()
    [512.0, 2048.0, 8192.0, 32768.0, 131072.0]
    """
    values = round_numbers(low, high) if scale == "linear" else powers(low, high)
    return {"tick_values": np.array(values), "grid_lines": "solid", "tick_format": ",~g"}


def powers(low: float, high: float) -> Any:
    """Powers of a base from `low` on: it is ten, or four where `low` is no power of ten."""
    base = 10.0 if math.log10(low).is_integer() else 4.0
    return low * base ** np.arange(math.floor(math.log(high / low, base) + 1e-9) + 1)


def round_numbers(low: float, high: float) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten between two limits, as many as MOST_TICKS allows.

    >>> round_numbers(3, 47)
    [10.0, 20.0, 30.0, 40.0]
    """
    power = math.floor(math.log10((high - low) / MOST_TICKS))
    steps = (float(f"{digit}e{power + more}") for more in (0, 1) for digit in (1, 2, 5))
    for step in steps:
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < MOST_TICKS:
            break
    return [float(f"{step * n:.12g}") for n in range(first, last + 1)]


def swatch(label: str, at: int, line: bool) -> str:
    """An entry of the legend: a piece of that line, or that point, and its label."""
    colour = COLOURS[at % 4]
    shape = (f'<line x1="0" x2="26" y1="6" y2="6" stroke="{colour}" stroke-width="2.5" '
             f'stroke-dasharray="{LENGTHS[DASHES[at % 4]]}"/>' if line else
             f'<path d="{OUTLINES[at % 4]}" fill="{colour}"/>')
    return f'<span><svg width="26" height="12" aria-hidden="true">{shape}</svg> {html.escape(label)}</span>'


class Curve:
    """A picture of lines and points. `x` and `y` name the axes with their units; limits are constants.

    It has no sentence of its own: screen readers hear the points.

    >>> curve = Curve("context [token]", "users [request]", x_limits=(512, 131072), y_limits=(1, 1000), scale="log")
    """

    silent = True

    def __init__(self, x: str, y: str, x_limits: tuple[float, float], y_limits: tuple[float, float],
                 scale: str = "linear") -> None:
        import bqplot  # half a second: only when a figure is made

        if scale not in ("linear", "log"):
            raise ValueError(f"the axes of a curve are linear or log, not {scale!r}.")
        for name, (low, high) in ((x, x_limits), (y, y_limits)):
            if not (0 if scale == "log" else -math.inf) < low < high < math.inf:
                raise ValueError(f"the axis {name!r} goes from {low} to {high}: give a low end below the high one, "
                                 f"and above 0 where it is logarithmic.")
        self._names = (x, y)
        self._below = y_limits[0] / 1e3 if scale == "log" else None
        kind = bqplot.LogScale if scale == "log" else bqplot.LinearScale
        low_high = [{"min": float(low), "max": float(high)} for low, high in (x_limits, y_limits)]
        self._scales = {"x": kind(**low_high[0]), "y": kind(**low_high[1])}
        axes = [bqplot.Axis(scale=self._scales["x"], label=x, **ticks(*x_limits, scale)),
                bqplot.Axis(scale=self._scales["y"], label=y, orientation="vertical", label_offset="3.2em",
                            **ticks(*y_limits, scale))]
        self._figure = bqplot.Figure(
            axes=axes, marks=[], animation_duration=0, display_toolbar=False,
            fig_margin={"top": 16, "bottom": 48, "left": 64, "right": 40},
            layout={"width": "100%", "height": "320px", "min_width": "0"})
        self._marks: dict[str, Any] = {}
        self._legend = ipywidgets.HTML()  # bqplot's own legend leaves a narrow figure
        self._legend.add_class("lab-legend")
        self._box = NamedBox([self._legend, self._figure], "this Curve")

    @property
    def figure(self) -> Any:
        """The figure of bqplot."""
        return self._figure

    @property
    def widget(self) -> Any:
        return self._box

    @classmethod
    def example(cls) -> tuple[Curve, dict[str, Any]]:
        """A line and a point on it."""
        x = np.array([512.0, 2048.0, 8192.0])
        made = cls("context [token]", "users", x_limits=(512, 8192), y_limits=(1, 1000), scale="log")
        return made, {"most that fit": (x, 4e5 / x), "you are here": (2048.0, 64.0)}

    def targets(self, data: Mapping[str, tuple[Any, Any]]) -> list[Target]:
        """Lines and points by label, in the order in which the function returns them."""
        self._known(data)
        kinds = {label: np.ndim(y) for label, (_, y) in data.items()}
        if {label: mark[0] for label, mark in self._marks.items()} != kinds:
            self._make(kinds)
        found = []
        for label, (x, y) in data.items():
            dimensions, mark = self._marks[label]
            # A logarithmic axis has no place for zero, and bqplot none for a line that ends in NaN: far below will do.
            seen = y if self._below is None else np.maximum(y, self._below)
            found += [Target(mark, "x", x, array=True, vital=False),
                      Target(mark, "y", seen, array=True, vital=bool(dimensions))]
        return found

    def _known(self, data: Any) -> None:
        """TypeError unless `data` has pairs by label."""
        if not isinstance(data, Mapping):
            raise TypeError(f"the function of a Curve returns a dict of (x, y) by label, but this one returned "
                            f"{type(data).__name__}.")
        for label, both in data.items():
            if not isinstance(both, tuple) or len(both) != 2:
                raise TypeError(f"{label!r} in a Curve is (x, y): two arrays for a line, two numbers for a point.")

    def table(self, data: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
        """Points as lines, and lines as columns beside what is on their x axis."""
        found: dict[str, Any] = {}
        axes: list[Any] = []
        for label, (x, y) in data.items():
            if np.ndim(y) == 0:
                found |= {f"{label}: {self._names[0]}": x, f"{label}: {self._names[1]}": y}
                continue
            if not any(x is known for known in axes):
                axes.append(x)
                found[self._names[0] + "\u200b" * (len(axes) - 1)] = x  # a second axis of that name is another column
            found[f"{label}: {self._names[1]}"] = y
        return found

    def _make(self, kinds: dict[str, int]) -> None:
        import bqplot

        self._marks, lines, legend = {}, 0, []
        for label, dimensions in kinds.items():
            common = {"x": [], "y": [], "scales": self._scales, "labels": [label]}
            if dimensions:
                mark = bqplot.Lines(colors=[COLOURS[lines % 4]], line_style=DASHES[lines % 4], stroke_width=2.5,
                                    **common)
                legend.append(swatch(label, lines, line=True))
                lines += 1
            else:
                at = len(self._marks) - lines
                legend.append(swatch(label, at, line=False))
                mark = bqplot.Scatter(colors=[COLOURS[at % 4]], marker=SHAPES[at % 4], default_size=110,
                                      stroke="white", stroke_width=1.5, **common)
            self._marks[label] = (dimensions, mark)
        self._legend.value = " ".join(legend)
        self._figure.marks = [mark for _, mark in self._marks.values()]
