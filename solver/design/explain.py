"""Why two results differ: the change of a field, shared out to what was asked differently.

Each cause gets its mean share over all orders in which one could go from one question to the other: Shapley's value. So
the shares add up to the change, what does nothing gets nothing, causes that do the same get the same, and no order has
to be chosen. With more than ten causes that do something, only two orders are gone: as the arguments stand, and back.
Source: Shapley 1953, "A Value for n-Person Games".
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.base.inquiry import Inquiry
from solver.base.numbers import unknown
from solver.base.result import Result
from solver.design.causes import AskedPart, asked_values, differing_parts, part_text
from solver.design.sensitivity_arguments import main_field
from solver.design.shapley import Players, joined_in_orders, joined_players, shapley_values, two_orders
from solver.text import nearest, number_text
from solver.units import Quantity, quantity

MOST_CAUSES = 10  # 1,024 questions
ROUNDED = 1e-12  # of the field: what changes it by no more changes it by rounding
FAULTS = (ValueError, TypeError, ArithmeticError, LookupError)  # of a mixture that nobody could build


@dataclass(frozen=True)
class Cause:
    """One of the causes of a change: what it was and is, what it brought in base units, and as a share of the whole."""

    name: str
    before: str
    after: str
    change: float
    share: float
    sentence: str

    def __str__(self) -> str:
        return self.sentence


@dataclass(frozen=True, repr=False)
class Difference:
    """The change of a field between two results, and its causes, the largest first."""

    field: str
    unit: str | None
    before: float
    after: float
    causes: tuple[Cause, ...]
    method: str

    @property
    def change(self) -> float:
        """In base units."""
        return self.after - self.before

    @property
    def quantity(self) -> Quantity | float:
        """The change as people read it."""
        return self.change if self.unit is None else quantity(self.change, self.unit)

    @property
    def shares(self) -> dict[str, float]:
        """The share of each cause in the change."""
        return {cause.name: cause.share for cause in self.causes}

    @property
    def changes(self) -> dict[str, float]:
        """What each cause brought, in base units."""
        return {cause.name: cause.change for cause in self.causes}

    def __repr__(self) -> str:
        before, after = (_shown(value, self.unit) for value in (self.before, self.after))
        if not self.causes:
            return f"{self.field} is {before} in both: nothing was asked differently." if not self.method else (
                f"{self.field} goes from {before} to {after}. {self.method}")
        moved, idle = ([cause for cause in self.causes if bool(cause.change) is moves] for moves in (True, False))
        said = [f"{self.field} goes from {before} to {after}.", *(cause.sentence for cause in moved)]
        said += [f"Nothing comes of {', '.join(cause.name for cause in idle)}."] if idle else []
        return "\n".join([*said, self.method])


def explain(a: Result, b: Result, field: str | None = None) -> Difference:
    """Why a field of `b` is not that of `a`: what each argument or figure that was asked differently brought.

    Works on results of any class with solve. Without `field` it is the first that is not a yes or no. Both have single
    values. Chips are compared by their figures; what engines reach of a family of chips is one cause. An argument that
    was not given is no cause: what it follows from is. Causes of which one cannot be had without the other are one.

    >>> from solver import Hardware, Models, ServingModel
    >>> a, b = (ServingModel().solve(Models.Llama3_8B, chip, 2048, 64) for chip in (Hardware.Cloud.A100,
    ...                                                                          Hardware.Cloud.H100))
    >>> explain(a, b, "itl")
    itl goes from 15.8 ms to 9.6 ms.
    bandwidth from 2.039 TB/s to 3.352 TB/s: itl falls by 5.34 ms, 86% of the change.
    FLOP/s from 312 TFLOP/s to 989.4 TFLOP/s: itl falls by 0.84 ms, 14% of the change.
    Nothing comes of link, host, board power, family of chips.
    Shared out over all orders of 6 causes (Shapley's value).
    """
    one, other = _inquiry_of(a, "a"), _inquiry_of(b, "b")
    if type(a) is not type(b) or one.function is not other.function:
        raise TypeError(f"a is a {type(a).__name__} and b a {type(b).__name__}: compare two results of the same solve.")
    name, unit = _field_of(a, field), getattr(type(a), _field_of(a, field)).unit
    for result in (a, b):
        _judged_single(result, name)
    before, after = float(a.value(name)), float(b.value(name))
    found = Mixtures(one, other, name, differing_parts(one, other))
    if not _near(found.worth(found.all), after):  # something that is the same goes with one of the two alone
        found = Mixtures(one, other, name, differing_parts(one, other, with_same=True))
    if not (math.isfinite(before) and math.isfinite(after)):
        return Difference(name, unit, before, after, (), "What is not finite has no change to share out.")
    groups, values, method = found.shared_out()
    causes = [found.cause(group, value, unit) for group, value in zip(groups, values, strict=True)]
    causes.sort(key=lambda cause: -abs(cause.change))
    return Difference(name, unit, before, after, tuple(causes), method if causes else "")


class Mixtures:
    """Questions between two: some parts are as the one has them, the rest as the other."""

    def __init__(self, one: Inquiry, other: Inquiry, field: str, parts: list[AskedPart]) -> None:
        self.inquiry, self.both, self.field, self.parts = one, (one, other), field, parts
        mine, self.other = asked_values(one), asked_values(other)
        moved = {part.argument for part in parts}
        self.asked = {name: value for name, value in (self.other | mine).items() if name in mine or name not in moved}
        self.all = frozenset(range(len(parts)))
        self.known: dict[frozenset[int], float] = {}

    def worth(self, taken: frozenset[int]) -> float:
        """The field where these parts are as the other has them; NaN where nobody could ask that."""
        if taken not in self.known:
            asked = self.asked
            for place in taken:
                asked = self.parts[place].taken(asked, self.other)
            try:
                with np.errstate(all="ignore"):
                    self.known[taken] = float(self.inquiry.instead(asked).value(self.field))
            except FAULTS:
                self.known[taken] = math.nan
        return self.known[taken]

    def shared_out(self) -> tuple[Players, list[float], str]:
        """Who shares the change, some of them joined; what each of them gets; and a sentence on how."""
        alone: Players = tuple((place,) for place in sorted(self.all))
        idle = self.idle() if len(alone) > MOST_CAUSES else ()
        some = tuple(one for one in alone if one not in idle)
        if len(some) > MOST_CAUSES:
            some = joined_in_orders(some, self.worth)
            values, how = two_orders(some, self.worth), f"two orders of {len(alone)} causes, as they stand and back"
        else:
            some = joined_players(some, self.worth)
            values = shapley_values(some, self.worth)
            count = len(alone) - len(idle)
            how = f"all orders of {count} causes (Shapley's value)" if count > 1 else "its only cause"
        return (*some, *idle), [*values, *(0.0 for _ in idle)], f"Shared out over {how}."

    def idle(self) -> Players:
        """Parts that change nothing, neither first nor last, nor all of them together; none where one cannot say so."""
        first, last = self.worth(frozenset()), self.worth(self.all)
        found = frozenset(place for place in self.all if self.worth(frozenset({place})) == first
                          and self.worth(self.all - {place}) == last)
        said = self.worth(found) == first and self.worth(self.all - found) == last
        return tuple((place,) for place in sorted(found)) if said else ()

    def cause(self, group: tuple[int, ...], value: float, unit: str | None) -> Cause:
        """What one or several parts brought."""
        parts = [self.parts[place] for place in group]
        before, after = (_texts(parts, inquiry) for inquiry in self.both)
        name, whole = " and ".join(part.name for part in parts), self.worth(self.all) - self.worth(frozenset())
        if abs(value) <= ROUNDED * max(abs(self.worth(self.all)), abs(self.worth(frozenset()))):
            value = 0.0
        share = value / whole if whole else math.nan if value else 0.0
        return Cause(name, before, after, value, share, _sentence(name, before, after, self.field, value, share, unit))


def _texts(parts: list[AskedPart], inquiry: Inquiry) -> str:
    """Some parts as people read them: those that were given, where some were."""
    arguments: Any = inquiry.function.arguments  # type: ignore[attr-defined]
    given = [part for part in parts if inquiry.given.get(part.argument) is not None]
    return ", ".join(part_text(part, inquiry.plain, arguments) for part in given or parts)


def _near(one: float, other: float) -> bool:
    """Whether two numbers are one but for rounding."""
    return one == other or abs(one - other) <= ROUNDED * abs(other) or not math.isfinite(other)


def _sentence(name: str, before: str, after: str, field: str, value: float, share: float, unit: str | None) -> str:
    """What a cause brought, as a person says it."""
    if not value:
        return f"{name} from {before} to {after}: nothing of {field} comes of it."
    verb, of_all = "rises" if value > 0 else "falls", "" if math.isnan(share) else f", {share:.0%} of the change"
    return f"{name} from {before} to {after}: {field} {verb} by {_shown(abs(value), unit)}{of_all}."


def _shown(value: float, unit: str | None) -> str:
    return number_text(value) if unit is None else str(quantity(value, unit))


def _inquiry_of(result: Any, name: str) -> Inquiry:
    """What a result was asked."""
    if not isinstance(result, Result) or result.inquiry is None:
        raise TypeError(f"{name} is a {type(result).__name__}, and should be what solve returned, such as that of "
                        f"ServingModel().solve.")
    return result.inquiry


def _field_of(result: Result, field: Any) -> str:
    """The field that is explained, which is a single number."""
    kind = type(result)
    name = main_field(kind) if field is None else field
    if not isinstance(name, str) or name not in kind.fields():
        raise ValueError(f"field is {name!r}, which is no field of {kind.__name__}. {nearest(name, kind.fields())}")
    return name


def _judged_single(result: Result, name: str) -> None:
    if unknown(result.value(name)) or np.ndim(result.value(name)):
        raise TypeError(f"{name} has {np.size(result.value(name))} points: call solve with a single value for each "
                        f"argument, and explain one point at a time.")
