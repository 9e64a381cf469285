"""Predicted against measured, a panel for each data set, with the band that 8 of 10 rows should be in."""

from __future__ import annotations

import pathlib

import numpy as np

from solver.validate.study import Outcome
from solver.validate.tables import BadInputError

PLOT_COLUMNS = 4
INK, BAND, POINT = "#333333", "#cfe3f5", "#0b5fa5"


def save(found: dict[str, Outcome], path: pathlib.Path) -> None:
    """Draw the recommended form of every data set into a file, whose ending says the format."""
    drawn = {name: outcome for name, outcome in found.items()  # exact tests are left to the table
             if outcome.pairs.get(outcome.study.form) and outcome.study.band}
    if not drawn:
        raise BadInputError("No row could be predicted, so there is nothing to draw.")
    try:
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError:
        raise BadInputError("--plot needs matplotlib, which is not installed: pip install "
                            "'mlsysim-labs[plot]'.") from None
    high = -(-len(drawn) // PLOT_COLUMNS)
    figure = Figure(figsize=(3.2 * PLOT_COLUMNS, 3.2 * high), layout="constrained")
    FigureCanvasAgg(figure)
    for place, (name, outcome) in enumerate(drawn.items(), 1):
        _panel(figure.add_subplot(high, PLOT_COLUMNS, place), name, outcome)
    try:
        figure.savefig(path, dpi=110)
    except (OSError, ValueError) as problem:
        raise BadInputError(f"{path} cannot be written: {problem}. Choose another file, ending in .png, .svg or "
                            f".pdf.") from None


def _panel(axes, name: str, outcome: Outcome) -> None:  # type: ignore[no-untyped-def]
    pairs = np.array(outcome.pairs[outcome.study.form])
    ends = np.array([pairs.min() / 1.3, pairs.max() * 1.3])
    band = outcome.study.band
    axes.fill_between(ends, ends * (1 - band), ends * (1 + band), color=BAND, linewidth=0)
    axes.plot(ends, ends, color=INK, linewidth=0.8)
    axes.plot(pairs[:, 0], pairs[:, 1], "o", markersize=3, color=POINT, alpha=0.6, markeredgewidth=0)
    axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends)
    unit = f" [{outcome.study.unit}]" if outcome.study.unit else ""
    axes.set_title(f"{name}\n{outcome.study.form}, ±{band:.0%}", fontsize=8)
    axes.set_xlabel(f"measured{unit}", fontsize=8)
    axes.set_ylabel(f"predicted{unit}", fontsize=8)
    axes.tick_params(labelsize=7, which="both")
    _few_ticks(axes, decades=float(np.log10(ends[1] / ends[0])))


def _few_ticks(axes, decades: float) -> None:  # type: ignore[no-untyped-def]
    """Plain numbers, few enough that they do not touch."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1.0,) if decades > 1.5 else (1.0, 2.0, 5.0)))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
