"""Bad values for an argument, made from its declaration: what everybody gives once by mistake."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pint

from solver.base.declared import Argument
from solver.base.kinds import Amount, Number, OneOf, RecordOf, YesNo
from solver.units import Q_

OTHER_UNITS = ("second", "byte", "dollar")  # one of them is of another kind than any unit


def good_value(argument: Argument) -> Any:
    """A value that the argument takes: the usual one, or where that is none, another."""
    return argument.moved if argument.usual is None else argument.usual


def odd_values(argument: Argument, others: Mapping[str, Argument]) -> Iterator[Any]:
    """Values that it has to refuse."""
    yield from ({"a": 1}, object(), "nonsense")
    if argument.default is not None:
        yield None
    if isinstance(argument, Number):
        yield from odd_numbers(argument)
    if isinstance(argument, YesNo):
        yield from (1, "yes", None)
    if isinstance(argument, OneOf):
        yield from (f"{argument.usual}x", [argument.usual], True)
    if isinstance(argument, RecordOf):
        yield from (3, ["nonsense"])
    yield from swapped_records(argument, others)
    if argument.single and isinstance(argument, Number):
        yield from ([good_value(argument)], np.array([1.0, 2.0]))


def odd_numbers(argument: Number) -> Iterator[Any]:
    """Numbers out of range, and what looks like a number and is none."""
    unit, low = argument.unit or "", argument.low
    as_given = (lambda number: Q_(number, unit)) if isinstance(argument, Amount) else (lambda number: number)
    yield from (True, "16", 1j, [], np.array([]), [1, True], [[1, 2], [3]], as_given(float("nan")),
                as_given(float("inf")), as_given(np.array([1.0, np.nan])))
    yield Q_(3, next(other for other in OTHER_UNITS if not _related(other, unit)))
    yield pint.Quantity(3, "second" if _related("kilogram", unit) else "kilogram")  # of another registry
    if low is not None:
        yield as_given(low if argument.above else low - 1)
        yield as_given(np.array([float(low) + 1, float(low) - 1]))
    if argument.high is not None:
        yield as_given(2 * argument.high + 1)
    if argument.whole:
        yield good_value(argument) + 0.5
    if isinstance(argument, Amount):
        yield 2


def _related(one: str, other: str) -> bool:
    return Q_(1, one).is_compatible_with(other or "dimensionless")


def swapped_records(argument: Argument, others: Mapping[str, Argument]) -> Iterator[Any]:
    """Records that are meant for another argument."""
    for other in others.values():
        if isinstance(other, RecordOf) and not isinstance(other.pair()[0], str):
            for record in other.pair():
                if not accepts(argument, record):
                    yield record


def accepts(argument: Argument, record: Any) -> bool:
    """Whether it may be that record: it is of the same kind as its own."""
    return isinstance(argument, RecordOf) and any(isinstance(record, type(own)) for own in argument.pair())
