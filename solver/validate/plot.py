"""Predicted against measured, a picture for each data set, with the band that 8 of 10 rows should be in."""

from __future__ import annotations

import pathlib
import re

import numpy as np

from solver.validate.study import Outcome, data_set_bands
from solver.validate.tables import BadInputError

INK, BAND, POINT = "#333333", "#cfe3f5", "#0b5fa5"
SIZE, DOTS = 3.4, 90  # inches, and dots an inch


def save(found: dict[str, Outcome], folder: pathlib.Path) -> list[pathlib.Path]:
    """Draw the recommended form of every data set into a folder: the files, by the names of the data sets."""
    drawn = {name: outcome for name, outcome in found.items()  # exact tests are left to the table
             if outcome.pairs.get(outcome.study.form) and not outcome.passed}
    if not drawn:
        raise BadInputError("No row could be predicted, so there is nothing to draw.")
    try:
        import matplotlib  # noqa: F401
    except ImportError:
        raise BadInputError("--plot needs matplotlib, which is not installed: pip install "
                            "'mlsysim-labs[plot]'.") from None
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return [_saved(outcome, name, folder / f"{file_name(name)}.png") for name, outcome in drawn.items()]
    except (OSError, ValueError) as problem:
        raise BadInputError(f"{folder} cannot be written: {problem}. Choose another folder.") from None


def file_name(data_set: str) -> str:
    """What the file of a data set is called.

    >>> file_name("- F16 only"), file_name("all-reduce NVLink, < 1 MiB")
    ('f16-only', 'all-reduce-nvlink-below-1-mib')
    """
    words = data_set.lower().replace(">=", "from").replace("<", "below")
    return "-".join(re.findall(r"[a-z0-9.]+", words)).strip("-.")


def _saved(outcome: Outcome, name: str, path: pathlib.Path) -> pathlib.Path:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(SIZE, SIZE), layout="constrained")
    FigureCanvasAgg(figure)
    _panel(figure.add_subplot(), name, outcome)
    figure.savefig(path, dpi=DOTS, metadata={"Software": None})
    return path


def _panel(axes, name: str, outcome: Outcome) -> None:  # type: ignore[no-untyped-def]
    pairs = np.array(outcome.pairs[outcome.study.form])
    ends = np.array([pairs.min() / 1.3, pairs.max() * 1.3])
    said = _band(axes, name, outcome, ends)
    axes.plot(ends, ends, color=INK, linewidth=0.8)
    axes.plot(pairs[:, 0], pairs[:, 1], "o", markersize=3, color=POINT, alpha=0.6, markeredgewidth=0)
    axes.set(xscale="log", yscale="log", xlim=ends, ylim=ends)
    unit = f" [{outcome.study.unit}]" if outcome.study.unit else ""
    axes.set_title(f"{name.removeprefix('- ')}\n{outcome.study.form}{said}", fontsize=8)
    axes.set_xlabel(f"measured{unit}", fontsize=8)
    axes.set_ylabel(f"predicted{unit}", fontsize=8)
    axes.tick_params(labelsize=7, which="both")
    _few_ticks(axes, decades=float(np.log10(ends[1] / ends[0])))


def _band(axes, name: str, outcome: Outcome, ends: np.ndarray) -> str:  # type: ignore[no-untyped-def]
    """Shade where a measurement should lie, and say how wide that is; nothing where no band was counted."""
    band = data_set_bands().get(name)
    if band is None:
        return ""
    slow, fast = 1 + band.up, max(1 - band.down, 1e-3)
    low, high = (ends * fast, ends * slow) if outcome.rate else (ends / slow, ends / fast)
    axes.fill_between(ends, low, high, color=BAND, linewidth=0)
    return f", -{band.down:.0%} to +{band.up:.0%} of the time"


def _few_ticks(axes, decades: float) -> None:  # type: ignore[no-untyped-def]
    """Plain numbers, few enough that they do not touch."""
    from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_locator(LogLocator(subs=(1.0,) if decades > 1.5 else (1.0, 2.0, 5.0)))
        axis.set_minor_locator(NullLocator())
        axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:g}"))
