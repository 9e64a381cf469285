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
from mlsysim_labs.words.templates import counted, is_countable
from solver.text import nearest

STOPS = (1.0, 1.25, 1.5, 1.75)  # of an octave
MOST_BUTTONS, SHORT = 4, 30  # options, and letters of them, that stand beside each other
ACRONYMS = {"kv", "gpu", "gpus", "hbm", "ttft", "itl", "slo", "mfu"}


def octaves(low: int, high: int) -> list[int]:
    """Whole numbers from `low` to `high`, four to an octave: all of them such as a person would choose.

    >>> octaves(1, 16)
    [1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16]
    """
    exponents = range(math.floor(math.log2(low)), math.ceil(math.log2(high)) + 1)
    stops = {int(2**e * s) for e in exponents for s in STOPS if (2.0**e * s).is_integer()}
    return sorted(n for n in stops | {low, high} if low <= n <= high)


def two_digits(low: int, high: int) -> list[int]:
    """Whole numbers from `low` to `high` of at most two digits, with zeros behind them.

    >>> [n for n in two_digits(1, 200) if n > 95]
    [96, 97, 98, 99, 100, 110, 120, 130, 140, 150, 160, 170, 180, 190, 200]
    """
    stops = {d * 10**e for e in range(len(str(high))) for d in range(1, 100)}
    return sorted(n for n in stops | {low, high} if low <= n <= high)


TABLES = {"log2": octaves, "digits": two_digits}


def slider(name: str, low: float, high: float, start: float | None = None, unit: str = "", scale: str = "linear",
           step: float | None = None) -> Control:
    """A number from `low` to `high`; with scale="log2" from a table of whole numbers, four stops an octave, and with
    scale="digits" from one of all that have two digits, as a guess has them."""
    start = low if start is None else start
    if not low < high or not low <= start <= high:
        raise ValueError(f"the slider {name} goes from {low} to {high} and starts at {start}: give low < high, "
                         f"and a start between them.")
    if scale in TABLES:
        if not (float(low).is_integer() and float(high).is_integer() and low >= 1):
            raise ValueError(f"the slider {name} is of whole numbers from 1 on, but goes from {low} to {high}.")
        table = TABLES[scale](int(low), int(high))
        index = min(range(len(table)), key=lambda i: abs(table[i] - start))
        labels = [with_unit(n, unit) for n in table]
        options = list(zip(labels, table, strict=True))
        widget = ipywidgets.SelectionSlider(options=options, index=index, **appearance(name, ""))
        widget.add_class("lab-slider")
        return Control(name, widget, "index", choose(symbol(name), table), table, labels)
    if scale != "linear":
        raise ValueError(f"the slider {name} has scale {scale!r}. {nearest(scale, ['linear', *TABLES])}")
    whole = all(float(x).is_integer() for x in (low, high, start, step or 1))
    kind = ipywidgets.IntSlider if whole else ipywidgets.FloatSlider
    steps = step or (1 if whole else (high - low) / 100)
    widget = kind(value=(int if whole else float)(start), min=low, max=high, step=steps, **appearance(name, unit))
    widget.add_class("lab-slider")
    return Control(name, widget, "value", symbol(name))


def choice(name: str, options: Iterable[Any] | Mapping[str, Any], start: Any = None) -> Control:
    """One of several records, numbers or texts; a mapping gives the labels."""
    named = dict(options) if isinstance(options, Mapping) else {str(option): option for option in options}
    labels, table = list(named), list(named.values())
    if not table:
        raise ValueError(f"the choice {name} has nothing to choose from.")
    made = Choice(symbol(name), table) if not isinstance(table[0], (int, float)) else choose(symbol(name), table)
    is_short = len(table) <= MOST_BUTTONS and sum(map(len, labels)) <= SHORT
    kind = ipywidgets.ToggleButtons if is_short else ipywidgets.Dropdown
    widget = kind(options=labels, index=0, **appearance(name, ""))
    if start is not None:
        widget.index = Control(name, widget, "index", made, table, labels).raw_of(start)
    return Control(name, widget, "index", made, table, labels)


def toggle(name: str, start: bool = False) -> Control:
    """Yes or no."""
    widget = ipywidgets.Checkbox(value=start, indent=False, **appearance(name, ""))
    return Control(name, widget, "value", Symbol("input", (name,), (), True))


def with_unit(number: int, unit: str) -> str:
    """A stop as its knob shows it.

    >>> with_unit(8192, "token"), with_unit(1, "token"), with_unit(8, "")
    ('8,192 tokens', '1 token', '8')
    """
    return counted(number, unit) if is_countable(unit) else f"{number:,} {unit}".strip()


def appearance(name: str, unit: str) -> dict[str, Any]:
    """What all controls look like: their name, and the unit that they count in."""
    words = " ".join(word.upper().replace("GPUS", "GPUs") if word in ACRONYMS else word for word in name.split("_"))
    return {"description": f"{words} [{unit}]" if unit else words, "style": {"description_width": "initial"},
            "layout": {"width": "auto", "min_width": "0"}}
