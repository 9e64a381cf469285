"""Controls: ordinary ipywidgets, and what a formula gets for their state.

A control is a widget, the trait that a person moves, and how a raw value of that trait is read: an index into a table,
or a number as it is. The browser's program reads the same trait, so kernel and browser see one value.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

import ipywidgets

from mlsysim_labs.reactive.choices import Choice, choose
from mlsysim_labs.reactive.control import Control
from mlsysim_labs.reactive.symbols import Symbol
from mlsysim_labs.reactive.trace import symbol
from solver.text import nearest

STOPS = (1.0, 1.25, 1.5, 1.75)  # of an octave
ACRONYMS = {"kv", "gpu", "gpus", "hbm", "ttft", "itl", "slo", "mfu"}


def octaves(low: int, high: int) -> list[int]:
    """Whole numbers from `low` to `high`, four to an octave: all of them such as a person would choose.

    >>> octaves(1, 16)
    [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16]
    """
    exponents = range(math.floor(math.log2(low)), math.ceil(math.log2(high)) + 1)
    stops = {int(2**e * s) for e in exponents for s in STOPS if (2.0**e * s).is_integer()}
    return sorted(n for n in stops | {low, high} if low <= n <= high)


def slider(name: str, low: float, high: float, start: float | None = None, unit: str = "", scale: str = "linear",
           step: float | None = None) -> Control:
    """A number from `low` to `high`; with scale="log2" from a table of whole numbers, four stops an octave."""
    start = low if start is None else start
    if not low < high or not low <= start <= high:
        raise ValueError(f"the slider {name} goes from {low} to {high} and starts at {start}: give low < high, "
                         f"and a start between them.")
    look = appearance(name, unit)
    if scale == "log2":
        if not (float(low).is_integer() and float(high).is_integer() and low >= 1):
            raise ValueError(f"the slider {name} is of whole numbers from 1 on, but goes from {low} to {high}.")
        table = octaves(int(low), int(high))
        index = min(range(len(table)), key=lambda i: abs(table[i] - start))
        labels = [f"{n:,}" for n in table]
        widget = ipywidgets.SelectionSlider(options=list(zip(labels, table, strict=True)), index=index, **look)
        return Control(name, widget, "index", choose(symbol(name), table), table, labels)
    if scale != "linear":
        raise ValueError(f"the slider {name} has scale {scale!r}. {nearest(scale, ['linear', 'log2'])}")
    whole = all(float(x).is_integer() for x in (low, high, start, step or 1))
    kind = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
    steps = step or (1 if whole else (high - low) / 100)
    widget = kind(value=(int if whole else float)(start), min=low, max=high, step=steps, **look)
    return Control(name, widget, "value", symbol(name))


def choice(name: str, options: Iterable[Any] | Mapping[str, Any], start: Any = None) -> Control:
    """One of several records, numbers or texts; a mapping gives the labels."""
    named = dict(options) if isinstance(options, Mapping) else {str(option): option for option in options}
    labels, table = list(named), list(named.values())
    if not table:
        raise ValueError(f"the choice {name} has nothing to choose from.")
    made = Choice(symbol(name), table) if not isinstance(table[0], (int, float)) else choose(symbol(name), table)
    widget = ipywidgets.Dropdown(options=labels, index=0, **appearance(name, ""))
    if start is not None:
        widget.index = Control(name, widget, "index", made, table, labels).raw_of(start)
    return Control(name, widget, "index", made, table, labels)


def toggle(name: str, start: bool = False) -> Control:
    """Yes or no."""
    widget = ipywidgets.Checkbox(value=start, indent=False, **appearance(name, ""))
    return Control(name, widget, "value", Symbol("input", (name,), (), True))


def appearance(name: str, unit: str) -> dict[str, Any]:
    """What all controls look like: their name, and the unit that they count in."""
    words = " ".join(word.upper().replace("GPUS", "GPUs") if word in ACRONYMS else word for word in name.split("_"))
    return {"description": f"{words} [{unit}]" if unit else words, "style": {"description_width": "8em"},
            "layout": {"width": "auto", "min_width": "0"}}
