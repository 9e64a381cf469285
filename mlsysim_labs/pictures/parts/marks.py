"""The marks of a plot: each is drawn by one or two of bqplot's, and says where its numbers go."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ipywidgets
import numpy as np

from mlsysim_labs.pictures.parts.picture import Target
from solver.text import nearest

# What colours mean (drawing.css), and what they are where a page's style sheet cannot be named: ipywidgets 7.
HUES = {"weights": "#0072b2", "cache": "#009e73", "multiply": "#e69f00", "short": "#d55e00", "you": "#cc79a7",
        "ink": "#333333", "soft": "#6b6b6b"}
TEXTS = {"you": "#9c4f7c", "short": "#b34c00"}  # hues that are too light for texts
FIRST = {"lines": ("cache", "weights", "multiply", "ink"), "steps": ("cache", "weights", "multiply", "ink"),
         "points": ("you", "weights", "multiply", "ink"), "limits": ("soft",), "regions": ("short",)}
DASHES = ("solid", "dashed", "dotted", "dash_dotted")  # apart without colour, too
SHAPES = ("circle", "square", "diamond", "triangle-up")
FAR = 1e3  # so much beyond an axis something is out of sight
NAME = 0.065  # of the y axis: so much higher than its point a name stands
KEPT_FREE = (0.4, 0.19)  # of both axes: the name of a region keeps so far from points
LEAST = 0.12  # of the y axis: a lower region has no room for its name
ROOM = 0.62  # of the x axis: from here on a name stands on the left of its point


def checked_colours(kind: str, colours: Mapping[str, str]) -> dict[str, str]:
    """Colours by label for a kind of picture, or a ValueError that knows the nearest name."""
    for label, colour in colours.items():
        if colour not in HUES:
            raise ValueError(f"the colour of {label!r} in a {kind} is no {colour!r}. {nearest(colour, HUES)}")
    return dict(colours)


def paint(name: str) -> str:
    """A colour of the page's theme, as bqplot takes it."""
    hue = HUES.get(name) or TEXTS.get(name.removesuffix("-text"), "#ffffff")
    return hue if ipywidgets.__version__.startswith("7") else f"var(--{name})"


def text_paint(name: str) -> str:
    """The colour of a name beside something of a colour."""
    return paint(f"{name}-text" if name in TEXTS else "soft" if name == "soft" else "ink")


@dataclass(frozen=True)
class Look:
    """How a mark differs from others of its kind."""

    colour: str
    dash: str = "solid"
    shape: str = "circle"
    is_above: bool = True  # the name of a point, where another one is just as high


def looks(keys: Iterable[tuple[str, str]], colours: Mapping[str, str]) -> dict[tuple[str, str], Look]:
    """A look for each kind and label: the colour that is asked for, or the next one of its kind."""
    found: dict[tuple[str, str], Look] = {}
    for kind, label in keys:
        family = ("lines", "steps") if kind in ("lines", "steps") else (kind,)
        place = sum(other in family for other, _ in found)
        first = FIRST[kind]
        found[kind, label] = Look(colours.get(label, first[place % len(first)]), DASHES[place % 4], SHAPES[place % 4],
                                  place % 2 == 0)
    return found


@dataclass(frozen=True)
class Axis:
    """An axis, and where numbers are on it."""

    name: str
    limits: tuple[float, float]
    scale: str

    def __post_init__(self) -> None:
        if not (0 if self.scale == "log" else -math.inf) < self.low < self.high < math.inf:
            raise ValueError(f"the axis {self.name!r} goes from {self.low} to {self.high}: give a low end below the "
                             f"high one, and above 0 where it is logarithmic.")

    @property
    def low(self) -> float:
        return self.limits[0]

    @property
    def high(self) -> float:
        return self.limits[1]

    @property
    def away(self) -> float:
        """Where what is not to be seen stands."""
        return self.low / FAR if self.scale == "log" else self.low - FAR * (self.high - self.low)

    @property
    def beyond(self) -> float:
        """The same at the other end."""
        return self.high * FAR if self.scale == "log" else self.high + FAR * (self.high - self.low)

    def seen(self, value: Any) -> Any:
        """Numbers for a line: a logarithmic axis has no place for zero, and bqplot none for ∞. Far away will do."""
        return np.minimum(np.maximum(value, self.away), self.beyond)

    def within(self, value: Any) -> Any:
        """Numbers for a point: at the end of the axis, where it is beyond; without a value, out of sight."""
        return np.where(np.isfinite(value), np.clip(value, self.low, self.high), self.away)

    def share(self, value: Any) -> Any:
        """How far along the axis a number is, which lies on it."""
        low, high = (np.log(end) if self.scale == "log" else end for end in self.limits)
        return ((np.log(value) if self.scale == "log" else value) - low) / (high - low)

    def at(self, share: Any) -> Any:
        """The number there."""
        if self.scale == "log":
            return self.low * (self.high / self.low) ** share
        return self.low + share * (self.high - self.low)


class Mark:
    """What has a label in a plot. `drawn` are the marks of bqplot."""

    def __init__(self, label: str, look: Look, scales: Mapping[str, Any], axes: list[Axis]) -> None:
        self.label, self.look, self.scales, (self.x, self.y) = label, look, scales, axes
        self.drawn = self.made()

    def made(self) -> list[Any]:
        raise NotImplementedError

    def targets(self, parts: tuple[Any, ...], points: Sequence[tuple[Any, Any]] = ()) -> list[Target]:
        """Where its parts go; `points` are those of the whole plot."""
        raise NotImplementedError

    def nothing(self) -> list[Target]:
        """The same where there is nothing to draw."""
        ends = np.array([self.x.away]), np.array([self.y.away])
        return [target for mark in self.drawn for target in placed(mark, *ends)]

    def line(self, **more: Any) -> Any:
        """A line of bqplot."""
        import bqplot

        return bqplot.Lines(x=[], y=[], scales=self.scales, labels=[self.label],
                            **{"colors": [paint(self.look.colour)], "stroke_width": 2.5} | more)

    def name(self, align: str, across: int, up: int) -> Any:
        """The label, to be written somewhere in the plot."""
        import bqplot

        return bqplot.Label(x=[], y=[], text=[self.label], scales=self.scales, align=align, x_offset=across,
                            y_offset=up, default_size=13, font_weight="bold", colors=[text_paint(self.look.colour)])


def placed(mark: Any, x: Any, y: Any, vital: bool = False) -> list[Target]:
    """Where a mark of bqplot is."""
    return [Target(mark, "x", x, array=True, vital=False), Target(mark, "y", y, array=True, vital=vital)]


class Line(Mark):
    """A line through points."""

    interpolation = "linear"

    def made(self) -> list[Any]:
        return [self.line(line_style=self.look.dash, interpolation=self.interpolation)]

    def targets(self, parts: tuple[Any, ...], points: Sequence[tuple[Any, Any]] = ()) -> list[Target]:
        x, y = parts
        return placed(self.drawn[0], x, self.y.seen(y), vital=True)


class Steps(Line):
    """A line that keeps its height until the next point."""

    interpolation = "step-after"


class Point(Mark):
    """A point with its label beside it: on the left, where there is no room on the right; apart from other labels."""

    def made(self) -> list[Any]:
        import bqplot

        dot = bqplot.Scatter(x=[], y=[], scales=self.scales, colors=[paint(self.look.colour)], marker=self.look.shape,
                             default_size=130, stroke=paint("paper"), stroke_width=2, apply_clip=False)
        return [dot, self.name("start", 10, 4), self.name("end", -10, 4)]

    def targets(self, parts: tuple[Any, ...], points: Sequence[tuple[Any, Any]] = ()) -> list[Target]:
        x, y = (axis.within(part) for axis, part in zip((self.x, self.y), parts, strict=True))
        dot, right, left = self.drawn
        is_left = np.where(np.isfinite(parts[0]), self.x.share(x), 0.0) > ROOM
        height = self._height(y, parts[1], [other for _, other in points])
        return [*placed(dot, x, y), *placed(right, np.where(is_left, self.x.away, x), height),
                *placed(left, np.where(is_left, x, self.x.away), height)]

    def _height(self, y: Any, given: Any, others: Sequence[Any]) -> Any:
        """Where the label is: above the upper points of the plot and below the lower ones, but never beyond an end."""
        share = np.where(np.isfinite(given), self.y.share(y), 0.5)
        mean = sum(self.y.share(self.y.within(other)) for other in others) / max(len(others), 1)
        above = (share >= mean if self.look.is_above else share > mean) if others else share < 1 - NAME
        up = np.where(share > 1 - NAME, -NAME, np.where((share < NAME) | above, NAME, -NAME))
        return self.y.at(share + up)


class Limit(Mark):
    """A horizontal line from end to end, with its name on its right end."""

    def made(self) -> list[Any]:
        return [self.line(line_style="dashed", stroke_width=1.5), self.name("end", -2, -6)]

    def targets(self, parts: tuple[Any, ...], points: Sequence[tuple[Any, Any]] = ()) -> list[Target]:
        ends = np.array([self.x.away, self.x.beyond])
        line, name = self.drawn
        y = np.where(np.isfinite(parts[0]), self.y.seen(parts[0]), self.y.away)
        return [*placed(line, ends, y + np.zeros(2)), *placed(name, self.x.high, y)]


class Region(Mark):
    """What lies between two lines, softly filled, with its name where it is highest."""

    def made(self) -> list[Any]:
        area = self.line(fill="inside", close_path=True, fill_colors=[paint(self.look.colour)], fill_opacities=[0.14],
                         stroke_width=0)
        return [area, self.name("middle", 0, 0)]

    def targets(self, parts: tuple[Any, ...], points: Sequence[tuple[Any, Any]] = ()) -> list[Target]:
        x, low, high = (np.broadcast_to(part, np.shape(parts[0])) if np.ndim(part) == 0 else part for part in parts)
        low, high = self.y.seen(low), self.y.seen(high)
        around = [np.stack([there, back[::-1]]).reshape(-1) for there, back in ((x, x), (low, high))]
        area, name = self.drawn
        middle = self._middle(x, low, high, points)
        return [*placed(area, around[0], around[1]), *placed(name, *middle)]

    def _middle(self, x: Any, low: Any, high: Any, points: Sequence[tuple[Any, Any]]) -> tuple[Any, Any]:
        """Where the region is highest, away from the ends of the axis; where a point is, beside it."""
        along = self.x.share(np.where(x > 0, x, self.x.low) if self.x.scale == "log" else x)
        ends = [self.y.share(np.clip(end, self.y.low, self.y.high)) for end in (low, high)]
        tall = np.where((along > 0.2) & (along < 0.8), ends[1] - ends[0], 0.0)
        tall = tall * (1 - 1e-9 * np.arange(np.shape(x)[0]))  # no two are as tall
        up = np.stack([(ends[0] + ends[1]) / 2, ends[1] - 1.5 * NAME, ends[0] + 1.5 * NAME])
        worth = np.stack([tall, 0.7 * tall, 0.6 * tall])
        for px, py in points:
            across, below = self.x.share(self.x.within(px)) - along, self.y.share(self.y.within(py)) - up
            worth = np.where((np.abs(across) < KEPT_FREE[0]) & (np.abs(below) < KEPT_FREE[1]), 0.1 * worth, worth)
        there = np.where(worth == np.max(worth), 1.0, 0.0)
        place = np.sum(there * x), self.y.at(np.sum(there * up))
        seen = np.max(tall) > LEAST
        return np.where(seen, place[0], self.x.away), np.where(seen, place[1], self.y.away)


MARK_KINDS: dict[str, type[Mark]] = {"regions": Region, "limits": Limit, "lines": Line, "steps": Steps, "points": Point}
