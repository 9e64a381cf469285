"""Kinds of arguments: numbers, whole numbers, shares, quantities, words and records.

Each makes a value plain, or refuses it in a sentence. And each is data (its unit, its range, its words), so whoever
reads a declaration can show it, or make good and bad values of it, without knowing the argument.

>>> Whole("Tokens of a page.", "token").plain("page_size", 2.5)
Traceback (most recent call last):
ValueError: page_size is 2.5: tokens come whole; try 2 or 3.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.base.declared import REQUIRED, Argument
from solver.base.numbers import MOST, count, each, exact_text, number, rate, share, symbolic, unknown, unseen
from solver.text import SHORT_LIST, given_text, nearest
from solver.units import Q_, in_unit, is_quantity


@dataclass(frozen=True, eq=False)
class Number(Argument):
    """A number, or an array of them: any that is `good`; of others, `says` is the sentence's end."""

    unit: str = ""
    good: Callable[[Any], Any] = np.isfinite
    says: str = "give a number."
    whole: bool = False

    def plain(self, name: str, value: Any) -> Any:
        if unknown(value):
            return unseen(name, value, self.unit)
        return each(name, number(name, value, self.unit), self.good, lambda bad: self.says)

    @property
    def values(self) -> str:
        """Its range: "whole, from 1 to 16", "above 0 to 1"."""
        low = "" if self.low is None else f"{'above' if self.above else 'from'} {self.low:,g}"
        high = "" if self.high is None or self.high >= MOST else f"to {self.high:,g}"
        return " ".join(part for part in ("whole," * self.whole, low, high) if part)

    @property
    def moved(self) -> Any:
        return self.beside(self.usual) if self.other is None else self.other

    def beside(self, value: Any) -> Any:
        """Another number in the range: the double, the half, or the middle of the range."""
        low, high = self.low or 0, np.inf if self.high is None else self.high
        inside = [v for v in (2 * value, value / 2) if v != value and (low < v or (v == low and not self.above))
                  and v <= high and (not self.whole or v == int(v))]
        return (inside or [low + 1 if self.whole else (low + high) / 2])[0]


@dataclass(frozen=True, eq=False)
class Whole(Number):
    """A whole number of `unit` (in words: of `word`). `beyond` says why no more than `high` make sense."""

    low: float = 1
    high: float = MOST
    word: str = ""
    beyond: str = ""
    whole: bool = True

    def plain(self, name: str, value: Any) -> Any:
        value = count(name, value, self.unit, int(self.low), self.word)
        if self.high == MOST or unknown(value):
            return value
        return each(name, value, lambda v: v <= self.high, lambda bad: self.beyond)


@dataclass(frozen=True, eq=False)
class Share(Number):
    """A share of a whole, from 0 (with `above`: from just above it) to 1."""

    low: float = 0
    high: float = 1

    def plain(self, name: str, value: Any) -> Any:
        return share(name, value, zero=not self.above)


@dataclass(frozen=True, eq=False)
class Amount(Number):
    """A quantity; a bare number is refused, since its unit can only be guessed. `sample` is one, as a text.

    >>> Amount("Data that is sent.", "byte", sample="1 GB").plain("message", 5)
    Traceback (most recent call last):
    TypeError: message is 5, without a unit: write Q_('1 GB'), for example.
    """

    low: float = 0
    sample: str = ""

    def plain(self, name: str, value: Any) -> Any:
        if symbolic(value):
            return value
        if not is_quantity(value):
            raise TypeError(f"{name} is {given_text(value)}, without a unit: write Q_({self.sample!r}), for example.")
        if unknown(value):
            return unseen(name, value, self.unit)
        return each(name, number(name, value, self.unit), self._inside, lambda bad: (
            f"give a quantity {self.values}, such as Q_({self.sample!r})."))

    def _inside(self, value: Any) -> Any:
        return np.isfinite(value) & ((value > self.low) if self.above else (value >= self.low))

    def beside(self, value: Any) -> Any:
        return value * 2


@dataclass(frozen=True, eq=False)
class Rate(Amount):
    """A positive quantity."""

    above: bool = True

    def plain(self, name: str, value: Any) -> Any:
        return rate(name, value, self.unit, self.sample)


@dataclass(frozen=True, eq=False)
class Memory(Amount):
    """A quantity of memory, from nothing on."""

    unit: str = "byte"
    sample: str = "2 GiB"

    def plain(self, name: str, value: Any) -> Any:
        if symbolic(value):
            return value
        if not is_quantity(value):
            raise TypeError(f"{name} is {given_text(value)}, without a unit: write Q_({self.sample!r}), for example.")
        return each(name, number(name, value, self.unit), lambda v: (v >= 0) & (v < np.inf), lambda bad: (
            f"{exact_text(bad)} byte is no memory; give a quantity from 0 on, such as Q_({self.sample!r})."))


@dataclass(frozen=True, eq=False)
class Named(Number):
    """A number whose name says the unit `bare` that it is in, such as ``target_latency_ms``; or a quantity.

    Its range is in that unit, and what the function gets is in `unit`, a base unit.

    >>> latency = Named("Time that is allowed.", "second", bare="ms", low=0, above=True)
    >>> latency.plain("target_latency_ms", 20), latency.plain("target_latency_ms", Q_("20 s"))
    (0.02, 20.0)
    >>> latency.plain("target_latency_ms", -1)
    Traceback (most recent call last):
    ValueError: target_latency_ms is -1: give a number of ms above 0.
    """

    bare: str = ""

    @property
    def counted_in(self) -> str:
        return self.bare

    def plain(self, name: str, value: Any) -> Any:
        scale = _scale(self.bare, self.unit)
        if unknown(value):
            return unseen(name, value, self.bare) * scale
        return each(name, number(name, value, self.bare), self._inside, lambda bad: (
            f"give a number of {self.bare} {self.values or 'that is finite'}.")) * scale

    def _inside(self, value: Any) -> Any:
        low, high = -np.inf if self.low is None else self.low, np.inf if self.high is None else self.high
        return np.isfinite(value) & ((value > low) if self.above else (value >= low)) & (value <= high)


@functools.cache
def _scale(bare: str, base: str) -> float:
    return in_unit(Q_(1.0, bare), base)


@dataclass(frozen=True, eq=False)
class YesNo(Argument):
    """True or False, and nothing that merely counts as one of them."""

    values = "True or False"

    def plain(self, name: str, value: Any) -> Any:
        if not isinstance(value, (bool, np.bool_)):
            raise TypeError(f"{name} is {given_text(value)}, and should be True or False.")
        return bool(value)

    @property
    def moved(self) -> Any:
        return not self.usual


@dataclass(frozen=True, eq=False)
class OneOf(Argument):
    """One of a few words, or of a few whole numbers."""

    choices: tuple[Any, ...] = ()

    def plain(self, name: str, value: Any) -> Any:
        if not isinstance(value, (str, int, np.integer)) or isinstance(value, bool) or value not in self.choices:
            raise ValueError(f"{name} is {given_text(value)}: choose one of {', '.join(map(str, self.choices))}.")
        return value

    @property
    def values(self) -> str:
        return ", ".join(map(repr, self.choices))

    @property
    def moved(self) -> Any:
        return next(choice for choice in self.choices if choice != self.usual) if self.other is None else self.other


@dataclass(frozen=True, eq=False)
class Word(OneOf):
    """One of a few words, the nearest of which is named when another is given."""

    def plain(self, name: str, value: Any) -> Any:
        if not isinstance(value, str) or value not in self.choices:
            raise ValueError(f"{name} {given_text(value)} is not known. {nearest(value, self.choices, SHORT_LIST)}")
        return value


@dataclass(frozen=True, eq=False)
class RecordOf(Argument):
    """A record, or the name of one, as `judge` takes it; `pair` makes two good ones when they are asked for."""

    judge: Callable[[str, Any], Any] = lambda name, value: value
    pair: Callable[[], tuple[Any, Any]] = lambda: (None, None)
    of: str = ""

    def plain(self, name: str, value: Any) -> Any:
        return self.judge(name, value)

    @property
    def values(self) -> str:
        return self.of

    @property
    def usual(self) -> Any:
        return self.pair()[0] if self.default is REQUIRED else self.default

    @property
    def moved(self) -> Any:
        return self.pair()[1]
