"""A heat map: a grid over two axes, each cell's value as a colour, and where the knobs stand. Drawn by bqplot.

The function returns the values, a row for each of `rows`, and the place of the knobs::

    {"values": np.where(used <= 1, 100 * used, np.nan), "here": (context, users)}

A cell without a finite value is hatched, and named by what `infeasible` says. bqplot's two heat maps want a colour for
each cell as lists in a list, and a program writes flat arrays; so the grid is one mark of stacked bars, each a cell,
whose colours are flat. Cells are equally large: the axes count them, and are marked with the values of the grid.
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import uuid4

import ipywidgets
import numpy as np

from mlsysim_labs.pictures.parts.picture import Target
from mlsysim_labs.widgets.fallback import NamedBox
from solver.text import nearest

CELL_COLOURS = ["#440154", "#21918c", "#fde725"]  # of viridis: from dark to light for every kind of colour vision
MOST_CELLS = 4000  # each is an element of the page
MOST_MARKS = 7  # numbers along an axis
LEAST_NAMED = 0.15  # of the grid: a smaller region has no room for its name
AWAY = -1e3  # [cell] where it stands then: out of sight
STYLE = """<style>
.{name} .bar {{ fill: url(#{name}); stroke: none !important; shape-rendering: crispEdges; }}
.{name} .zeroLine {{ display: none; }}
.{name} .object_grp text {{ font-size: 12px !important; paint-order: stroke; stroke: var(--jp-layout-color0, Canvas);
  stroke-width: 4px; stroke-linejoin: round; }}
</style>"""
HATCH = """<svg width="22" height="14" aria-hidden="true">
<defs><pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse">
<rect width="6" height="6" style="fill: var(--jp-layout-color0, Canvas)"/>
<path d="M0 3.5H6" style="stroke: var(--jp-ui-font-color1, CanvasText); stroke-opacity: 0.4"/></pattern></defs>
<rect x="0.5" y="0.5" width="21" height="13" style="fill: url(#{name}); stroke: var(--jp-border-color1, #8888)"/>
</svg>"""
RAMP = """<svg width="120" height="14" aria-hidden="true">
<defs><linearGradient id="{name}-ramp">{stops}</linearGradient></defs>
<rect width="120" height="14" fill="url(#{name}-ramp)"/></svg>"""
POINT_COLOUR = """<svg width="16" height="14" aria-hidden="true">
<circle cx="8" cy="7" r="5.5" fill="white" stroke="black" stroke-width="2"/></svg>"""


def cell_text(number: float) -> str:
    """A number of the grid, for people.

    >>> cell_text(131072.0), cell_text(0.125)
    ('131,072', '0.125')
    """
    return f"{number:,.0f}" if float(number).is_integer() or number >= 100 else f"{number:.3g}"


def marked_cells(grid: np.ndarray) -> range:
    """The cells along an axis that bear a number: in equal steps, to the last one if that can be, and short to read.

    >>> list(marked_cells(np.geomspace(1, 256, 25)))
    [0, 6, 12, 18, 24]
    """
    last = grid.size - 1
    least = -(-last // (MOST_MARKS - 1))
    steps = [range(0, grid.size, step) for step in range(least, 2 * least + 1)]
    return min(steps, key=lambda cells: (cells[-1] != last, sum(len(cell_text(grid[i])) for i in cells) / len(cells)))


class Heatmap:
    """Values on a grid. `x`, `y` and `value` name what they are with their units; all of these are constants.

    `columns`, `rows` : what `x` and `y` are in the cells, rising
    `value_limits` : the values at the ends of the colours; what is beyond has the colour of the end
    `infeasible` : what a cell without a value is called
    `scale` : how `here` goes from one cell to the next, "log" or "linear"

    It has no sentence of its own: screen readers hear where the knobs stand, and the value there.

    >>> heatmap = Heatmap("context [token]", "users [request]", "memory in use [%]", columns=[512, 1024, 2048],
    ...                   rows=[1, 2, 4, 8], value_limits=(0, 100), infeasible="out of memory", scale="log")
    """

    silent = True

    def __init__(self, x: str, y: str, value: str, columns: Sequence[float], rows: Sequence[float],
                 value_limits: tuple[float, float], infeasible: str = "not feasible", scale: str = "linear") -> None:
        if scale not in ("linear", "log"):
            raise ValueError(f"the axes of a Heatmap are linear or log, not {scale!r}.")
        low, high = value_limits
        if not low < high:
            raise ValueError(f"value_limits of a Heatmap rise, so they are not {low:g} and {high:g}.")
        self._names, self._infeasible, self._log = (x, y, value), infeasible, scale == "log"
        self._columns, self._rows = self._grid(columns, "columns"), self._grid(rows, "rows")
        if self._columns.size * self._rows.size > MOST_CELLS:
            raise ValueError(f"a Heatmap has at most {MOST_CELLS:,} cells, not {self._columns.size:,} times "
                             f"{self._rows.size:,}.")
        self._name = f"lab-heatmap-{uuid4().hex[:12]}"  # other notebooks on the same page have theirs
        self._key = ipywidgets.HTML(self._described(low, high))  # bqplot's own collapses beside a narrow figure
        self._key.add_class("lab-legend")
        self._figure = self._make(low, high)
        self._box = NamedBox([self._key, self._figure], "this Heatmap")
        self._box.add_class(self._name)

    @property
    def figure(self) -> Any:
        """The figure of bqplot."""
        return self._figure

    @property
    def widget(self) -> Any:
        return self._box

    @classmethod
    def example(cls) -> tuple[Heatmap, dict[str, Any]]:
        """A grid of two by three, one cell of which is not feasible."""
        made = cls("context [token]", "users [request]", "memory in use [%]", columns=[512, 1024, 2048], rows=[1, 2],
                   value_limits=(0, 100), infeasible="out of memory", scale="log")
        return made, {"values": np.array([[10.0, 20.0, 40.0], [20.0, 40.0, np.nan]]), "here": (1024.0, 2.0)}

    def targets(self, data: Mapping[str, Any]) -> list[Target]:
        """Colours, the point, and the name of the region without values. Without a place for the point it dims."""
        values, (x, y) = self._known(data)
        at = [self._place(x, self._columns) + 0.5, self._place(y, self._rows) + 0.5]
        feasible = np.isfinite(values)
        found = [Target(self._cells, "color", np.where(feasible, values, np.nan).T.reshape(-1), True, False),
                 Target(self._key, "here", at[0] + at[1])]  # nothing reads it: bqplot has no place for a NaN
        for mark, places in ((self._point, [np.where(np.isfinite(p), p, AWAY) for p in at]),
                             (self._label, self._middle(feasible))):
            found += [Target(mark, name, place, True, False) for name, place in zip("xy", places, strict=True)]
        return found

    def table(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Where the knobs stand, the value of the nearest cell, and how far up each column is feasible."""
        values, (x, y) = self._known(data)
        feasible = np.isfinite(values)
        column = np.rint(self._place(x, self._columns)) == np.arange(self._columns.size)
        row = np.rint(self._place(y, self._rows)) == np.arange(self._rows.size)
        highest = np.max(np.where(feasible, self._rows[:, None], -np.inf), axis=0)
        return {f"here: {self._names[0]}": x, f"here: {self._names[1]}": y,
                f"nearest cell: {self._names[2]}": np.sum(np.where(column[None, :] & row[:, None], values, 0.0)),
                "share of the grid that is feasible [%]": 100 * true_share(feasible), self._names[0]: self._columns,
                f"highest feasible {self._names[1]}": np.where(highest > -np.inf, highest, np.nan)}

    def _grid(self, given: Sequence[float], name: str) -> np.ndarray:
        grid = np.asarray(given, float)
        if grid.ndim != 1 or grid.size < 2 or not np.all(np.isfinite(grid)) or not np.all(np.diff(grid) > 0):
            raise ValueError(f"{name} of a Heatmap are at least two numbers that rise.")
        if self._log and grid[0] <= 0:
            raise ValueError(f"{name} of a Heatmap on a logarithmic scale are positive, not {grid[0]:g}.")
        return grid

    def _known(self, data: Any) -> tuple[Any, tuple[Any, Any]]:
        """The values and the place, or a TypeError that says what is expected."""
        if not isinstance(data, Mapping):
            raise TypeError(f"the function of a Heatmap returns a dict of values, here, but this one returned "
                            f"{type(data).__name__}.")
        for name in data:
            if name not in ("values", "here"):
                raise TypeError(f"a Heatmap has no {name!r}. {nearest(name, ('values', 'here'))}")
        shape = (self._rows.size, self._columns.size)
        if np.shape(data.get("values", 0)) != shape:
            raise TypeError(f"'values' of this Heatmap has shape {shape}, a row for each of its rows, "
                            f"not {np.shape(data.get('values', 0))}.")
        here = data.get("here")
        if not isinstance(here, tuple) or len(here) != 2 or any(map(np.ndim, here)):
            raise TypeError("'here' in a Heatmap is (x, y), each a single number.")
        return data["values"], here

    def _place(self, value: Any, grid: np.ndarray) -> Any:
        """How many cells from the first one a value is, in parts of a cell; from the first to the last."""
        value, marks = (np.log(np.maximum(value, grid[0])), np.log(grid)) if self._log else (value, grid)
        return np.sum(np.clip((value - marks[:-1]) / np.diff(marks), 0, 1))

    def _middle(self, feasible: Any) -> list[Any]:
        """The cell of the region without values that is nearest to the middle of it."""
        y, x = np.mgrid[:self._rows.size, :self._columns.size] + 0.5
        out = np.where(feasible, 0.0, 1.0)
        count = np.maximum(np.sum(out), 1.0)
        far = ((x - np.sum(out * x) / count) / x.max()) ** 2 + ((y - np.sum(out * y) / count) / y.max()) ** 2
        far = np.where(feasible, np.inf, far + 1e-9 * np.arange(x.size).reshape(x.shape))  # no two are as near
        here = np.where(far == np.min(far), 1.0, 0.0)
        return [np.where(1 - true_share(feasible) >= LEAST_NAMED, np.sum(here * place), AWAY) for place in (x, y)]

    def _described(self, low: float, high: float) -> str:
        """The key above the figure: the colours with numbers, the hatching, and the point."""
        stops = "".join(f'<stop offset="{i / 2}" stop-color="{colour}"/>' for i, colour in enumerate(CELL_COLOURS))
        parts = [html.escape(self._names[2]),
                 f"{cell_text(low)} {RAMP.format(name=self._name, stops=stops)} {cell_text(high)}",
                 f"{HATCH.format(name=self._name)} {html.escape(self._infeasible)}", f"{POINT_COLOUR} here"]
        return STYLE.format(name=self._name) + " ".join(f"<span>{part}</span>" for part in parts)

    def _make(self, low: float, high: float) -> Any:
        import bqplot  # half a second: only when a figure is made

        count = {"x": self._columns.size, "y": self._rows.size}
        scales = {name: bqplot.LinearScale(min=0.0, max=float(n), allow_padding=False) for name, n in count.items()}
        colours = bqplot.ColorScale(colors=CELL_COLOURS, min=float(low), mid=(low + high) / 2, max=float(high))
        # A bar is wider than its cell, and the next one lies on the rest of it: bqplot rounds widths.
        self._cells = bqplot.Bars(
            x=np.arange(count["x"], dtype=float), y=np.ones((count["y"], count["x"])), type="stacked", align="right",
            padding=-0.5, color=np.full(count["x"] * count["y"], np.nan), color_mode="no_group",
            scales=scales | {"color": colours})
        self._point = bqplot.Scatter(x=[], y=[], default_size=110, colors=["white"], stroke="black",
                                     stroke_width=2, scales=scales)
        self._label = bqplot.Label(x=[], y=[], text=[self._infeasible], align="middle", default_size=12, scales=scales)
        axes = [bqplot.Axis(scale=scales[name], label=label, grid_lines="none", **more,
                            tick_values=[i + 0.5 for i in marked_cells(grid)],
                            tick_labels={str(i + 0.5): cell_text(grid[i]) for i in marked_cells(grid)})
                for name, label, grid, more in (
                    ("x", self._names[0], self._columns, {"label_offset": "2.8em"}),
                    ("y", self._names[1], self._rows, {"orientation": "vertical", "label_offset": "3.2em"}))]
        return bqplot.Figure(
            axes=axes, marks=[self._cells, self._label, self._point], animation_duration=0, display_toolbar=False,
            fig_margin={"top": 8, "bottom": 48, "left": 64, "right": 32},
            layout={"width": "100%", "height": "320px", "min_width": "0"})


def true_share(truths: Any) -> Any:
    """Which part of them is true."""
    return np.sum(np.where(truths, 1.0, 0.0)) / truths.size
