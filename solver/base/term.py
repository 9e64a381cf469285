"""Terms: equations with numbers in the place of names, which know their value and how a person writes them down.

What changes nothing is left out: adding nothing, one as a factor, a minimum with infinity.

>>> from solver.base.term import Leaf, Operation
>>> print(Operation("*", (Leaf(2.0), Leaf(3.35e12, "byte/second"))).text())
2 · 3.35 TB/s
"""

from __future__ import annotations

import functools
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.units import unit, unit_text

UNIT_STEPS = {1e15: "P", 1e12: "T", 1e9: "G", 1e6: "M", 1e3: "k", 1.0: "", 1e-3: "m", 1e-6: "µ"}
LARGE = 1e7  # from here on a whole number is not written out
BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "^": 4}  # how tightly an operation binds
PRINTED = {"+": " + ", "-": " - ", "*": " · ", "/": " / ", "^": "^"}
DOES: dict[str, Callable[..., Any]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "^": np.power, "min": np.minimum,
    "max": np.maximum, "floor": np.floor, "ceil": np.ceil, "round": np.rint}
STEPPED = {"floor", "ceil", "round"}  # a hair decides what these give: numbers in them are written out
_UNCOUNTED = re.compile(r"token|request")
IDLE = {"+": 0.0, "-": 0.0, "*": 1.0, "/": 1.0, "min": math.inf, "max": -math.inf}  # what changes nothing


@dataclass(frozen=True, eq=False)
class Leaf:
    """A number in base units. `made` is what it was made by, if that can be shown in its turn."""

    value: Any
    unit: str = ""
    name: str = ""
    made: Any = None

    def text(self, exact: bool = False) -> str:
        return measured_text(self.value, self.unit, exact)

    @property
    def parts(self) -> tuple[Term, ...]:
        return ()

    def leaves(self) -> Iterator[Leaf]:
        yield self

    deciding = leaves


@dataclass(frozen=True, eq=False)
class Operation:
    """What is done with parts: a sign between them, or a function of them."""

    sign: str
    parts: tuple[Term, ...]
    labels: tuple[str, ...] = ()  # of the groups that are added up

    @functools.cached_property
    def value(self) -> Any:
        does, (first, *others) = DOES[self.sign], (part.value for part in self.parts)
        return functools.reduce(does, others, first) if others else first if self.labels else does(first)

    def text(self, exact: bool = False) -> str:
        """As a person writes it."""
        shown = self._shown()
        if len(shown) == 1 and (self.labels or len(self.parts) > 1):
            return shown[0].text(exact)
        if self.sign in STEPPED and _bond(shown[0]) == 9 and float(shown[0].value).is_integer():
            return shown[0].text(exact=True)
        if self.sign not in PRINTED:
            return f"{self.sign}({', '.join(part.text(exact or self.sign in STEPPED) for part in shown)})"
        return PRINTED[self.sign].join(self._bracketed(place, part, exact) for place, part in enumerate(shown))

    def _shown(self) -> list[Term]:
        """The parts that change something; one at least."""
        idle = IDLE.get(self.sign)
        first, *others = self.parts
        kept = [first, *(part for part in others if not _is_idle(part, idle))]
        if self.sign in "+*" or self.sign in ("min", "max"):
            kept = [part for part in kept if not _is_idle(part, idle)] or [first]
        return kept

    def _bracketed(self, place: int, part: Term, exact: bool) -> str:
        inner, own = _bond(part), BINDING[self.sign]
        loose = inner < own or (inner == own and place > 0 and self.sign in "-/") or (
            self.sign == "^" and (inner < 9 or bool(combined_unit(part))))
        return f"({part.text(exact)})" if loose else part.text(exact)

    def leaves(self) -> Iterator[Leaf]:
        """The numbers that are seen in it, from left to right."""
        for part in self._shown():
            yield from part.leaves()


    def deciding(self) -> Iterator[Leaf]:
        """Those that decide the value: not what a minimum or maximum passes over."""
        for part in self._shown():
            if self.sign not in ("min", "max") or part.value == self.value:
                yield from part.deciding()


Term = Leaf | Operation


def _bond(term: Term) -> int:
    """How tightly what is seen of a term binds."""
    if isinstance(term, Leaf) or (term.sign not in PRINTED and not term.labels):
        return 9
    shown = term._shown()
    return _bond(shown[0]) if len(shown) == 1 else BINDING[term.sign]


def _is_idle(part: Term, idle: float | None) -> bool:
    """Whether it changes nothing: one token is still said."""
    return idle is not None and bool(part.value == idle) and not (idle == 1 and short_unit(getattr(part, "unit", "")))


def combined_unit(term: Term) -> str:
    """The unit of what comes out, in which things that are counted go without."""
    if isinstance(term, Leaf):
        return str(unit(_UNCOUNTED.sub("1", term.unit))) if term.unit else ""
    units = [unit(combined_unit(part) or "dimensionless") for part in term.parts]
    if term.sign == "*":
        return _unit_name(units[0] * units[1])
    if term.sign == "/":
        return _unit_name(units[0] / units[1])
    if term.sign == "^":
        return _unit_name(units[0] ** float(term.parts[1].value))
    shown = [_unit_name(one) for one, part in zip(units, term.parts, strict=True) if part.value != 0]
    return next(filter(None, shown), "")


def _unit_name(found: Any) -> str:
    return "" if found.dimensionless else str(found)


def measured_text(value: Any, base: str = "", exact: bool = False) -> str:
    """A number in base units as a person puts it in a calculator: four digits, whole ones written out.

    >>> measured_text(131072.0, "byte/token"), measured_text(494.7e12, "FLOP/second"), measured_text(8192, "token")
    ('131,072 B/token', '494.7 TFLOP/s', '8,192 tokens')
    """
    value, name = float(value), short_unit(base)
    if exact or not math.isfinite(value) or value == 0:
        number = f"{value:,.15g}" if abs(value) < 1e15 else f"{value:,.0f}"
    elif value.is_integer() and abs(value) < LARGE and name != "s":
        number = f"{value:,.0f}"
    elif name[:1] in ("B", "F", "s", "J", "W") and name:
        scale = next((scale for scale in UNIT_STEPS if abs(value) >= scale * (1 - 5e-5)), 1e-6)
        scale = max(scale, 1.0) if name != "s" else min(scale, 1.0)
        number, name = four_digits(value / scale), f"{UNIT_STEPS[scale]}{name}"
    else:
        number = four_digits(value)
    return f"{number} {name[:-1] if name == 'tokens' and value == 1 else name}".rstrip()


def four_digits(value: float) -> str:
    """Four digits, or all if there are hardly more; what is not whole does not look so.

    >>> four_digits(0.53125), four_digits(1 / 3), four_digits(8030261248)
    ('0.53125', '0.3333', '8.03e9')
    """
    rounded = float(f"{value:.5g}")
    rounded = rounded if rounded == value else float(f"{value:.4g}")
    if rounded.is_integer() and abs(rounded) < 1000:  # 1.00024 is not 1
        rounded = float(f"{value:.6g}")
    if 1e-4 <= abs(rounded) < LARGE or rounded == 0:
        return f"{value:,.0f}" if abs(rounded) >= 1000 else np.format_float_positional(rounded, trim="-")
    number, _, power = f"{rounded:.3e}".partition("e")
    return f"{number.rstrip('0').rstrip('.')}e{int(power)}"


@functools.cache
def short_unit(base: str) -> str:
    """A base unit as it stands behind a number; things that are counted go without, but for tokens.

    >>> [short_unit(base) for base in ("byte/second", "token/request", "FLOP*request/token**2", "request")]
    ['B/s', 'tokens', 'FLOP/pair', '']
    """
    counted = {"token/request": "tokens", "token": "tokens", "1/token": "", "request": "", "byte/request": "B",
               "token**2/request": "pairs", "FLOP*request/token**2": "FLOP/pair", "FLOP/request": "FLOP",
               "token/second": "tokens/s", "request/second": "/s", "joule/request": "J", "joule/token": "J"}
    return counted[base] if base in counted else unit_text(unit(base)) if base else ""
