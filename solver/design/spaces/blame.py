"""Which axes a refusal is about, when it comes from a solver inside a function that somebody wrote, or a pipeline.

A declared solver says with a refusal which arguments it rests on, and their values. Where each of these is a value that
the function was given, or a constant of it, the refusal holds for all points that have the same: a chip without a
number format is refused for a million prompts at once. Of a value that the function made itself nobody knows what it
depends on: then each point is asked.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from solver.design.stages import Pipeline
from solver.zoo.records import Zoo

BY_CHANCE = (bool, int, float, str, type(None))  # of which two may be the same object
DEEP = 3  # Hardware.Cloud.H100


@dataclass(frozen=True, eq=False)
class Refusal:
    """What was said of a call, and what it had been given."""

    problem: Exception
    given: Mapping[str, Any]

    def __str__(self) -> str:
        return str(self.problem)


class Blame:
    """Finds the axes among those names, and remembers by which other name a solver got their numbers."""

    def __init__(self, call: Callable[..., Any], axes: list[str]) -> None:
        self.call, self.axes = call, axes
        self.renamed: dict[str, str] = {}

    @functools.cached_property
    def constants(self) -> list[Any]:
        """What the function uses at every point."""
        return list(constants_of(self.call))

    def sides(self, refusal: Refusal) -> list[int] | None:
        """The places of the axes that a refusal is about; None where that is not known."""
        about: Mapping[str, Any] | None = getattr(refusal.problem, "about", None)
        if about is None:
            return None
        names = [self._given_as(name, value, refusal.given) for name, value in about.items()
                 if not self._is_constant(value)]
        return None if None in names else [self.axes.index(name) for name in names if name in self.axes]

    def _is_constant(self, value: Any) -> bool:
        if isinstance(value, str):
            return any(isinstance(one, str) and one == value for one in self.constants)
        return not isinstance(value, BY_CHANCE) and any(one is value for one in self.constants)

    def _given_as(self, name: str, value: Any, given: Mapping[str, Any]) -> str | None:
        """The name by which the function was given a value: its own, or that of the very same array or record."""
        likely = self.renamed.get(name, name)
        if likely in given and given[likely] is value:
            return likely
        if isinstance(value, BY_CHANCE):
            return None
        same = next((one for one, other in given.items() if other is value), None)
        if same is not None:
            self.renamed[name] = same
        return same


def constants_of(call: Any) -> Iterator[Any]:
    """What a function refers to by name or has in its text, what a method's owner has, what stages have as their own.

    >>> from solver import Models
    >>> Models.Llama3_8B in constants_of(lambda chips: Models.Llama3_8B)
    True
    """
    if isinstance(call, functools.partial):
        yield from (*call.args, *call.keywords.values(), *constants_of(call.func))
        return
    owner = getattr(call, "__self__", None)
    if isinstance(owner, Pipeline):
        for stage in owner.stages:
            yield from constants_of(stage.solve)
            yield from constants_of(stage.own) if callable(stage.own) else stage.own.values()
        return
    yield from getattr(owner, "__dict__", {}).values()
    function = inspect.unwrap(getattr(call, "__func__", call))
    if not inspect.isfunction(function):
        return
    names = function.__code__.co_names
    found = [function.__globals__[name] for name in names if name in function.__globals__]
    for cell in function.__closure__ or ():
        with contextlib.suppress(ValueError):  # it is empty until the function around it has set it
            found.append(cell.cell_contents)
    yield from (*function.__code__.co_consts, *found)
    for _ in range(DEEP):
        found = [getattr(one, name) for one in found if isinstance(one, Zoo) for name in names if name in dir(one)]
        yield from found
