"""Plots: lines, steps, points, limits and regions over two axes, drawn by bqplot under a sentence.

The function returns what there is by kind and label::

    {"lines": {"most that fit": (contexts, users)}, "points": {"you": (context, users)}, "limits": {"target": 20.0},
     "regions": {"does not fit": (contexts, users, np.inf)}, "says": said(fits, "{out:user} wait.", "All fit.", ...)}

Marks are made once, when their labels are first known; later only their arrays change, and what a function leaves out
is not seen.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anywidget
import numpy as np
import traitlets

from mlsysim_labs.pictures.parts import marks
from mlsysim_labs.pictures.parts.picture import Target
from mlsysim_labs.pictures.parts.sentence import Speaks
from mlsysim_labs.pictures.parts.ticks import ticks
from mlsysim_labs.widgets.assets import script, style
from mlsysim_labs.widgets.fallback import NamedBox
from solver.text import nearest

GIVEN = {"regions": "(x, low, high)", "limits": "y", "lines": "(x, y)", "steps": "(x, y)", "points": "(x, y)"}
SIZES = {"regions": 3, "limits": 1, "lines": 2, "steps": 2, "points": 2}
SCALES = ("linear", "log")


class PlotTitle(anywidget.AnyWidget, Speaks):
    """The sentence of a plot, or else the names of its axes; under it the name of the y axis, and of each line.

    `legend` : label, colour and dash of each line
    `names`, `places` : the points by name, and x and y of each: what is read aloud where there is no sentence
    `axes` : scale and ends of both
    """

    _esm = script("pictures/parts/sentence.js", "pictures/plot.js")
    _css = style("pictures/parts/drawing.css", "pictures/plot.css")
    x = traitlets.Unicode().tag(sync=True)
    y = traitlets.Unicode().tag(sync=True)
    legend: Any = traitlets.List().tag(sync=True)
    names: Any = traitlets.List(traitlets.Unicode()).tag(sync=True)
    places: Any = traitlets.List(traitlets.Float()).tag(sync=True)
    axes: Any = traitlets.List().tag(sync=True)


class Plot:
    """A picture of what goes over two axes. `x` and `y` name them with their units; all of these are constants.

    `scale` : "log" or "linear", or both in a tuple: of `x`, of `y`
    `colours` : by label what a mark is about: weights, cache, multiply, short, you, ink or soft

    >>> plot = Plot("context [token]", "users", x_limits=(512, 131072), y_limits=(1, 1000), scale="log",
    ...             colours={"most that fit": "cache"})
    """

    def __init__(self, x: str, y: str, x_limits: tuple[float, float], y_limits: tuple[float, float],
                 scale: str | tuple[str, str] = "linear", colours: Mapping[str, str] | None = None) -> None:
        scales = (scale, scale) if isinstance(scale, str) else tuple(scale)
        self._axes = [marks.Axis(name, limits, kind) for name, limits, kind
                      in zip((x, y), (x_limits, y_limits), checked_scales(scales), strict=True)]
        self._colours = marks.checked_colours("Plot", colours or {})
        self._marks: dict[tuple[str, str], marks.Mark] = {}
        self._title = PlotTitle(x=x, y=y, axes=[[axis.scale, float(axis.low), float(axis.high)] for axis in self._axes])
        self._figure = make_figure(self._axes)
        self._box = NamedBox([self._title, self._figure], "this Plot")
        self._box.add_class("lab-plot")

    @property
    def figure(self) -> Any:
        """The figure of bqplot."""
        return self._figure

    @property
    def widget(self) -> Any:
        return self._box

    @classmethod
    def example(cls) -> tuple[Plot, dict[str, Any]]:
        """A line, what does not fit above it, a limit, and a point."""
        x = np.array([512.0, 2048.0, 8192.0])
        made = cls("context [token]", "users", x_limits=(512, 8192), y_limits=(1, 1000), scale="log")
        return made, {"lines": {"most that fit": (x, 4e5 / x)}, "points": {"you": (2048.0, 64.0)},
                      "regions": {"does not fit": (x, 4e5 / x, 4e6 / x)}, "limits": {"target": 8.0}}

    def targets(self, data: Mapping[str, Any]) -> list[Target]:
        """All marks, in the order in which they became known, and the title."""
        found = known(data)
        if not found.keys() <= self._marks.keys():
            self._make([key for key in found if key not in self._marks])
        points = [found.get(key, (np.nan, np.nan)) for key in self._marks if key[0] == "points"]
        seen = [parts for (kind, _), parts in found.items() if kind == "points"]
        drawn = [mark.targets(found[key], seen) if key in found else mark.nothing()
                 for key, mark in self._marks.items()]
        places = np.stack([part for both in points for part in both]) if points else np.array([np.nan])
        return [*(target for targets in drawn for target in targets),
                Target(self._title, "places", places, array=True, vital=False),
                *self._title.said_targets(data.get("says"))]

    def table(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Points and limits as lines, and all else as columns beside what is on their x axis."""
        found: dict[str, Any] = {}
        axes: list[Any] = []
        x_name, y_name = (axis.name for axis in self._axes)
        for (kind, label), parts in known(data).items():
            if kind == "points":
                found |= {f"{label}: {x_name}": parts[0], f"{label}: {y_name}": parts[1]}
            elif kind == "limits":
                found[f"{label}: {y_name}"] = parts[0]
            elif kind != "regions":
                if not any(parts[0] is one for one in axes):
                    axes.append(parts[0])
                    found[x_name + "\u200b" * (len(axes) - 1)] = parts[0]  # a second of that name is another column
                found[f"{label}: {y_name}"] = parts[1]
        return found

    def _make(self, keys: list[tuple[str, str]]) -> None:
        """Marks for more labels, and the legend of all."""
        scales = {"x": self._figure.axes[0].scale, "y": self._figure.axes[1].scale}
        looks = marks.looks([*self._marks, *keys], self._colours)
        self._marks |= {key: marks.MARK_KINDS[key[0]](key[1], looks[key], scales, self._axes) for key in keys}
        by_kind = sorted(self._marks, key=lambda key: [*GIVEN].index(key[0]))
        self._figure.marks = [drawn for key in by_kind for drawn in self._marks[key].drawn]
        self._title.legend = [[label, looks[kind, label].colour, looks[kind, label].dash]
                              for kind, label in by_kind if kind in ("lines", "steps")]
        self._title.names = [label for kind, label in self._marks if kind == "points"]


def checked_scales(scales: tuple[str, ...]) -> tuple[str, ...]:
    """The scales of both axes, or a ValueError."""
    if len(scales) != 2 or any(kind not in SCALES for kind in scales):
        raise ValueError(f"the axes of a Plot are linear or log, not {', '.join(map(repr, scales))}.")
    return scales


def known(data: Any) -> dict[tuple[str, str], tuple[Any, ...]]:
    """The parts of each mark by kind and label, those below others first; TypeError for what is none."""
    if not isinstance(data, Mapping):
        raise TypeError(f"the function of a Plot returns a dict of {', '.join(reversed(GIVEN))}, says, but this one "
                        f"returned {type(data).__name__}.")
    for name in data:
        if name not in (*GIVEN, "says"):
            raise TypeError(f"a Plot has no {name!r}: what it shows are {', '.join(reversed(GIVEN))} by label. "
                            f"{nearest(name, (*GIVEN, 'says'))}")
    return {(kind, label): checked_parts(kind, label, parts)
            for kind in GIVEN for label, parts in dict(data.get(kind, {})).items()}


def checked_parts(kind: str, label: str, parts: Any) -> tuple[Any, ...]:
    """What belongs to one mark, as a tuple of its own."""
    parts = parts if isinstance(parts, tuple) else (parts,)
    single = kind in ("limits", "points")
    if len(parts) != SIZES[kind] or any((np.ndim(part) > 0) == single for part in parts[:2]):
        raise TypeError(f"{label!r} among the {kind} of a Plot is {GIVEN[kind]}, "
                        f"{'of single numbers' if single else 'of arrays'}.")
    return parts


def make_figure(axes: list[marks.Axis]) -> Any:
    """An empty figure of bqplot."""
    import bqplot  # half a second: only when a figure is made

    kinds = {"log": bqplot.LogScale, "linear": bqplot.LinearScale}
    x, y = (kinds[axis.scale](min=float(axis.low), max=float(axis.high)) for axis in axes)
    return bqplot.Figure(
        axes=[bqplot.Axis(scale=x, label=axes[0].name, label_offset="2.6em", **ticks(*axes[0].limits, axes[0].scale)),
              bqplot.Axis(scale=y, orientation="vertical", **ticks(*axes[1].limits, axes[1].scale))],
        marks=[], animation_duration=0, display_toolbar=False, padding_x=0, padding_y=0,
        fig_margin={"top": 8, "bottom": 44, "left": 58, "right": 24},
        layout={"width": "", "height": "", "min_width": "", "min_height": ""})
