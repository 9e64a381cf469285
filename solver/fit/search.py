"""The search for figures that predict measurements best, and how good they are on the half that they never saw."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from solver.validate.tables import OutOfScopeError, Row
from solver.zoo.records import base_value

C = TypeVar("C")
Figures = dict[str, float]
SOFT = 0.1  # of a logarithm: errors beyond 10 % count less and less, since a table has rows that no model is of
STARTS, HALVES = 6, 3  # starts of a search, and how often rows are halved


class MissingToolError(Exception):
    """A fit was asked for where scipy is not installed: said in a sentence."""


@dataclass(frozen=True)
class Parameter:
    """A figure that is searched between two others, all above zero and in `unit`; `start` is where it begins."""

    name: str
    start: float
    low: float
    high: float
    unit: str = ""

    @property
    def base(self) -> float:
        """One of its unit in base units."""
        return base_value(f"1 {self.unit}") if self.unit else 1.0

    def written(self, value: float) -> str | float:
        """A figure in base units as the file has it: four digits, with its unit."""
        number = f"{value / self.base:.4g}"
        return f"{number} {self.unit}" if self.unit else float(number)


@dataclass(frozen=True)
class Fitted:
    """Figures that were found, as the file has them; of how many rows, and errors on the half not fitted."""

    figures: dict[str, str | float]
    rows: int
    median: float
    p90: float
    errors: tuple[float, ...]


def by_kind(rows: Sequence[Row], case: Callable[[Row], C]) -> dict[str, list[C]]:
    """The cases of rows that can be spoken about, by their `kind`."""
    found: dict[str, list[Any]] = defaultdict(list)
    for row in rows:
        try:
            one: Any = case(row)
        except OutOfScopeError:
            continue
        found[one.kind].append(one)
    return dict(sorted(found.items()))


def fitted_to(cases: Sequence[C], parameters: Sequence[Parameter], ratios: Callable[[Figures, Sequence[C]], Any],
              seed: int, error: Callable[[Any], Any] = np.log) -> Fitted:
    """The figures that predict all cases best. `ratios` are predictions over measurements, given figures and cases.

    `error` is what is to be small of a ratio: 0 where that is 1. How good they are is judged on halves that were drawn
    at random: each is predicted with what the other one says.
    """
    errors = held_out(cases, parameters, ratios, seed, error)
    found = best(cases, parameters, ratios, seed, error)
    figures = {one.name: one.written(found[one.name]) for one in parameters}
    return Fitted(figures, len(cases), float(np.median(errors)), float(np.percentile(errors, 90)), tuple(errors))


def held_out(cases: Sequence[C], parameters: Sequence[Parameter],
             ratios: Callable[[Figures, Sequence[C]], Any], seed: int,
             error: Callable[[Any], Any] = np.log) -> np.ndarray:
    """Absolute errors of rows that were not fitted, of both halves of some drawings."""
    errors = []
    for drawing in range(HALVES):
        order = np.random.default_rng([seed, drawing]).permutation(len(cases))
        halves = [[cases[i] for i in order[::2]], [cases[i] for i in order[1::2]]]
        for known, unseen in (halves, halves[::-1]):
            if known and unseen:
                errors.append(np.abs(np.asarray(ratios(best(known, parameters, ratios, seed, error), unseen)) - 1))
    return np.concatenate(errors) if errors else np.array([np.nan])


def best(cases: Sequence[C], parameters: Sequence[Parameter],
         ratios: Callable[[Figures, Sequence[C]], Any], seed: int, error: Callable[[Any], Any] = np.log) -> Figures:
    """Figures with the least sum of squared errors of `ratios`, large ones softened; from several starts."""
    squares = least_squares()
    low, high, start = (np.log([getattr(one, name) * one.base for one in parameters])
                        for name in ("low", "high", "start"))
    rng = np.random.default_rng(seed)

    def errors(point: np.ndarray) -> np.ndarray:
        return np.asarray(error(np.asarray(ratios(_named(parameters, point), cases))))

    starts = [start, *(rng.uniform(low, high) for _ in range(STARTS - 1))]
    ends = [squares(errors, begin, bounds=(low, high), loss="soft_l1", f_scale=SOFT) for begin in starts]
    return _named(parameters, min(ends, key=lambda end: end.cost).x)


def _named(parameters: Sequence[Parameter], point: np.ndarray) -> Figures:
    return {one.name: float(value) for one, value in zip(parameters, np.exp(point), strict=True)}


def least_squares() -> Any:
    """The function of that name of scipy, which only fits need."""
    try:
        from scipy.optimize import least_squares as found
    except ImportError:
        raise MissingToolError("Fits need scipy: install it with pip install 'mlsysim-labs[fit]'.") from None
    return found
