"""Sentences with places for numbers: in Python for what the kernel says, with a twin in `pictures/parts/sentence.js`.

A place says how its number is read: ``{free}`` three significant digits, ``{free:GB}`` in that unit and with it,
``{wait:time}`` in ns, µs, ms or s, ``{share:%}`` a share of one as percent, ``{context:,}`` a whole number, and
``{n:user}`` a whole number of what can be counted.

>>> filled("{free:GB} are free: {n:user} of {context:,} tokens, in {wait:time}.",
...        {"free": 61.2e9, "n": 3, "context": 131072, "wait": 0.00448})
'61.2 GB are free: 3 users of 131,072 tokens, in 4.48 ms.'
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

import numpy as np

from solver.text import nearest
from solver.units import factor, is_quantity

PLACE = re.compile(r"\{([\w.]+)(?::([^{}]+))?\}")
TIME_UNITS = ((1.0, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns"))
ALMOST = 0.9995  # of all: three digits would make it all
WORD = re.compile(r"[a-z]+")  # "user", "token": what one counts, and no unit


def digits(value: float) -> str:
    """Three significant digits with their zeros; from a thousand on whole numbers; no exponent.

    >>> digits(4.4799), digits(40), digits(131072), digits(0.0151), digits(0), digits(float("inf"))
    ('4.48', '40.0', '131,072', '0.0151', '0', '∞')
    """
    if not math.isfinite(value):
        return "∞" if value > 0 else "–"
    if value == 0:
        return "0"
    if abs(float(f"{value:.3g}")) >= 1000:
        return f"{value:,.0f}"
    places = max(0, 2 - math.floor(math.log10(abs(float(f"{value:.3g}")))))
    return f"{value:.{places}f}"


def whole(value: float) -> str:
    """A whole number, with commas.

    >>> whole(131072), whole(2.9999999)
    ('131,072', '3')
    """
    return f"{value:,.0f}" if math.isfinite(value) else digits(value)


def counted(value: float, one: str) -> str:
    """So many of them.

    >>> counted(1, "user"), counted(40, "user"), counted(0, "token")
    ('1 user', '40 users', '0 tokens')
    """
    return f"{whole(value)} {one}{'' if whole(value) == '1' else 's'}"


def time_text(value: float) -> str:
    """A time in the unit that a person would choose.

    >>> time_text(1.22), time_text(0.00448), time_text(15e-6)
    ('1.22 s', '4.48 ms', '15.0 µs')
    """
    fits = ((s, u) for s, u in TIME_UNITS if abs(value) >= s * 0.9995)
    size, unit = next(fits, TIME_UNITS[-1] if value else TIME_UNITS[1])
    return f"{digits(value / size)} {unit}"


def number_at(value: Any, kind: str = "") -> str:
    """A number as a place of that kind shows it."""
    if isinstance(value, str) or not is_number(value):
        return str(value)
    value = float(np.asarray(value.to_root_units().magnitude if is_quantity(value) else value))
    if kind == "time":
        return time_text(value)
    if kind == "%":
        return "more than 99.9 %" if ALMOST < value < 1 else f"{digits(100 * value)} %"
    if kind in ("", ","):
        return whole(value) if kind else digits(value)
    return counted(value, kind) if is_countable(kind) else f"{digits(value / factor(kind))} {kind}"


def is_number(value: Any) -> bool:
    """Whether something can be read as one number."""
    return is_quantity(value) or (np.ndim(value) == 0 and np.asarray(value).dtype.kind in "biuf")


def is_countable(kind: str) -> bool:
    """Whether a word names what is counted, and is no unit.

    >>> is_countable("user"), is_countable("ms"), is_countable("GB")
    (True, False, False)
    """
    return len(kind) > 2 and WORD.fullmatch(kind) is not None and kind not in ("time", "bit")


def names_in(template: str) -> list[str]:
    """The names that a template has places for, in order.

    >>> names_in("{free:GB} / {user.long:GB}")
    ['free', 'user.long']
    """
    return [name for name, _ in PLACE.findall(template)]


def filled(template: str, values: Mapping[str, Any]) -> str:
    """The sentence, with each number in its place; KeyError, with the nearest name, where there is none."""
    def shown(place: re.Match[str]) -> str:
        name, kind = place[1], place[2] or ""
        head, _, key = name.partition(".")
        if head not in values or (key and key not in values[head]):
            raise KeyError(f"the sentence {template!r} asks for {name!r}. {nearest(name, values)}")
        return number_at(values[head][key] if key else values[head], kind)

    return PLACE.sub(shown, template)
