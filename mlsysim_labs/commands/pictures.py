"""Pictures of points: into a file by matplotlib, or as bars in a terminal."""

from __future__ import annotations

import math
import pathlib
from collections.abc import Sequence
from typing import Any

from mlsysim_labs.commands.answers import bare_figure, figure_text, unit_of_figure
from mlsysim_labs.commands.points import SolvedPoint, figure_at, headed, label_of, number_at_point

NO_MATPLOTLIB = ("pictures need matplotlib, which is not installed here: pip install 'mlsysim-labs[plot]'. Bars in the "
                 "terminal need nothing: --chart.")
BAR_MARK = "█"


def drawable(points: Sequence[SolvedPoint], names: Sequence[str]) -> list[str]:
    """The figures that are numbers somewhere."""
    found = [name for name in names if any(math.isfinite(number_at_point(point, name)) for point in points)]
    if not found:
        raise ValueError("none of these figures is a finite number, so there is nothing to draw: choose one by --show.")
    return found


def chart_text(points: Sequence[SolvedPoint], name: str, page: int) -> str:
    """A bar for each point, from zero on."""
    numbers = [number_at_point(point, name) for point in points]
    texts = ["-" if point.refused else figure_text(figure_at(point, name)) for point in points]
    most = max((abs(number) for number in numbers if math.isfinite(number)), default=0.0) or 1.0
    left, right = max(len(point.label) for point in points), max(map(len, texts))
    room = max(page - left - right - 4, 10)
    bars = [BAR_MARK * round(room * abs(number) / most) if math.isfinite(number) else "" for number in numbers]
    return "\n".join([name, *(f"{point.label:>{left}}  {text:>{right}}  {bar}".rstrip()
                              for point, text, bar in zip(points, texts, bars, strict=True))])


def save_plot(points: Sequence[SolvedPoint], names: Sequence[str], path: pathlib.Path) -> None:
    """A picture of the figures, one below the other: lines over a number, bars of names."""
    figure = _figure(len(names))
    for axes, name in zip(figure.subplots(len(names), squeeze=False)[:, 0], names, strict=True):
        _draw(axes, points, name)
    figure.savefig(path)


def _draw(axes: Any, points: Sequence[SolvedPoint], name: str) -> None:
    first, *others = points[0].given
    ticks = [bare_figure(point.given[first]) for point in points]
    axes.set_ylabel(headed(points, name))
    if not all(isinstance(tick, (int, float)) for tick in ticks):
        axes.bar([point.label for point in points], [number_at_point(point, name) for point in points])
        axes.tick_params(axis="x", labelrotation=20)
        return
    series: dict[str, list[SolvedPoint]] = {}
    for point in points:
        series.setdefault(", ".join(label_of(point.given[other]) for other in others), []).append(point)
    for label, found in series.items():
        axes.plot([bare_figure(point.given[first]) for point in found],
                  [number_at_point(point, name) for point in found], marker="o", label=label or None)
    unit = unit_of_figure(points[0].given[first])
    axes.set_xlabel(f"{first} [{unit}]" if unit else first)
    if min(ticks) > 0 and max(ticks) > 20 * min(ticks):
        axes.set_xscale("log", base=2)
    if others:
        axes.legend(title=", ".join(others), fontsize="small")


def save_front(points: Sequence[SolvedPoint], goals: Sequence[str], path: pathlib.Path) -> None:
    """A picture of the best designs: one objective over the other, or a single one for each design."""
    if len(goals) < 2:
        save_plot(points, drawable(points, goals), path)
        return
    figure = _figure(1)
    axes = figure.subplots()
    axes.scatter(*([number_at_point(point, name) for point in points] for name in goals[:2]))
    axes.set_xlabel(headed(points, goals[0]))
    axes.set_ylabel(headed(points, goals[1]))
    figure.savefig(path)


def _figure(parts: int) -> Any:
    try:
        from matplotlib.figure import Figure
    except ImportError:
        raise ValueError(NO_MATPLOTLIB) from None
    return Figure(figsize=(7, 2.8 * max(parts, 1.4)), layout="constrained")
