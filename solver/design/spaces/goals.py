"""Objectives and constraints as people write them: {"ttft": "min"}, {"ttft": "<= 200 ms", "feasible": True}."""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pint

from solver.base.numbers import magnitude
from solver.base.result import field_text
from solver.units import Q_, factor, quantity

COMPARES: dict[str, Callable[[Any, Any], Any]] = {
    "<=": operator.le, ">=": operator.ge, "==": operator.eq, "!=": operator.ne, "<": operator.lt, ">": operator.gt}
LIMIT_TEXT = re.compile(r"\s*(<=|>=|==|!=|<|>)\s*([-+]?(?:[\d_,]*\.?\d+(?:e[-+]?\d+)?|inf))\s*([^*()]*?)\s*",
                        re.IGNORECASE)
ANY = "any"
AIMS = {"max": 1.0, "min": -1.0}


@dataclass(frozen=True)
class Goal:
    """A field that should be as large as possible (`sign` 1), or as small (-1)."""

    name: str
    sign: float

    def __str__(self) -> str:
        return f"{'max' if self.sign > 0 else 'min'} {self.name}"


@dataclass(frozen=True)
class Requirement:
    """What a design has to keep: a limit of a field, yes or no, or a function of the result."""

    name: str
    wanted: Any

    @property
    def asks_result(self) -> bool:
        """Whether it is a function of the whole result."""
        return callable(self.wanted)

    @property
    def is_any(self) -> bool:
        """Whether any value will do."""
        return isinstance(self.wanted, str) and self.wanted == ANY

    def holds(self, values: np.ndarray, unit: str, plain: bool) -> np.ndarray:
        """Where values, in base units, keep it. A value that is not known does not."""
        if self.asks_result:
            return values
        if isinstance(self.wanted, bool):
            if unit:
                raise ValueError(f"The constraint of {self.name} is {self.wanted}, and it is a number of {unit}: write "
                                 f"a limit, such as '<= 200 {unit}'.")
            return values == self.wanted
        compare, limit = parsed(self.name, self.wanted, unit, plain)
        return compare(values, limit) & ~np.isnan(values)

    @property
    def failed(self) -> str:
        """What is said of all points that do not keep it."""
        if isinstance(self.wanted, bool):
            return f"{self.name} is {not self.wanted}"
        return f"fails {self.name}" + f" {self.wanted}" * (not self.asks_result)

    def sentence(self, value: Any, unit: str) -> str:
        """Why a point with that value is left out."""
        if self.asks_result:
            return f"{self.name} does not hold."
        shown = quantity(value, unit) if unit else value.item() if isinstance(value, np.generic) else value
        return f"{self.name} is {field_text(shown)}, and should be {self.wanted}."


@functools.cache
def parsed(name: str, text: str, unit: str, plain: bool) -> tuple[Callable[[Any, Any], Any], float]:
    """The comparison that a text such as "<= 200 ms" asks for, and its limit in base units.

    `unit` is the field's; `plain` says whether a bare number will do, since an argument was given as one.

    >>> parsed("ttft", "<= 200 ms", "ms", False)[1]
    0.2
    """
    found = LIMIT_TEXT.fullmatch(text)
    if not found:
        raise ValueError(f"The constraint of {name} is {text!r}: write a comparison and a limit, such as "
                         f"'<= 200{' ' + unit if unit else ''}', or True, or a function of the result.")
    compare, number, given = found.groups()
    value = float(number.replace(",", ""))
    if unit and not given and not plain:
        raise ValueError(f"The constraint of {name} is {text!r}, without a unit: write '{text.strip()} {unit}', for "
                         f"example.")
    if not given:
        return COMPARES[compare], value * (factor(unit) if unit else 1.0)
    try:
        limit = Q_(value, given)
    except (pint.UndefinedUnitError, pint.errors.DefinitionSyntaxError, ValueError, AssertionError):
        raise ValueError(f"The constraint of {name} is {text!r}, and {given!r} is no unit that is known"
                         f"{f': write it in {unit}' if unit else ''}.") from None
    return COMPARES[compare], magnitude(f"the limit of {name}", limit, unit) * (factor(unit) if unit else 1.0)


def goals_of(objectives: Any) -> tuple[Goal, ...]:
    """The objectives: a mapping of fields to "max" or "min", or names, of which "-ttft" is to be small."""
    if isinstance(objectives, str):
        objectives = (objectives,)
    if isinstance(objectives, Mapping):
        goals = [Goal(name, _sign(name, aim)) for name, aim in objectives.items()]
    elif isinstance(objectives, Iterable):
        goals = [Goal(name.lstrip("-"), -1.0 if name.startswith("-") else 1.0) for name in map(_name, objectives)]
    else:
        raise TypeError(f"objectives are {objectives!r}, and should be a mapping such as {{'ttft': 'min'}}, or names "
                        f"such as ('tokens_per_second', '-ttft').")
    if not goals:
        raise ValueError("There are no objectives: give at least one, such as {'ttft': 'min'}.")
    twice = [goal.name for place, goal in enumerate(goals) if goal.name in [one.name for one in goals[:place]]]
    if twice:
        raise ValueError(f"The objective {twice[0]} is given twice: leave one out.")
    return tuple(goals)


def _sign(name: Any, aim: Any) -> float:
    if aim not in ("max", "min"):
        raise ValueError(f"The objective {name} is {aim!r}: write 'max' or 'min'.")
    return AIMS[aim]


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError(f"The objective {name!r} should be the name of a field, with - in front of what should be "
                        f"small.")
    return name


def requirements_of(constraints: Mapping[str, Any] | None) -> tuple[Requirement, ...]:
    """The constraints, in their order."""
    if not isinstance(constraints, Mapping | None):
        raise TypeError(f"constraints are {constraints!r}, and should be a mapping such as {{'ttft': '<= 200 ms'}}.")
    found = tuple(Requirement(name, wanted) for name, wanted in (constraints or {}).items())
    for one in found:
        if not (isinstance(one.wanted, (str, bool)) or callable(one.wanted)):
            raise TypeError(f"The constraint of {one.name} is {one.wanted!r}, and should be a text such as "
                            f"'<= 200 ms', True, False, or a function of the result.")
    return found
