"""A design space: axes of values, and the grid of points that they span.

Names and records (and whatever else is no number) are looped over, so their axes come first and vary slowest; numbers
are broadcast against one another. A part of a space is a space again, whose points follow one another in the whole.
"""

from __future__ import annotations

import functools
import itertools
import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from solver.base.declared import Argument
from solver.base.kinds import Named, Number
from solver.units import Q_, factor, is_quantity

MOST_LOOPS = 256  # combinations of records in one portion: each is a call


@dataclass(frozen=True, eq=False)
class SpaceAxis:
    """The values that one argument takes."""

    name: str
    values: Any  # an array of numbers; else a tuple of records or names
    unit: str = ""  # of the numbers
    measured: bool = False  # whether the model is given them with their unit

    @property
    def numeric(self) -> bool:
        """Whether it is of numbers, which are computed all at once."""
        return isinstance(self.values, np.ndarray)

    def __len__(self) -> int:
        return len(self.values)

    def part(self, low: int, high: int) -> SpaceAxis:
        """The values from one place to before another."""
        return replace(self, values=self.values[low:high])

    def given(self, place: Any) -> Any:
        """What the model is given: the value at a place, or the numbers at an array of places."""
        value = self.values[place]
        value = value.item() if isinstance(value, np.generic) else value
        return Q_(value, self.unit) if self.measured else value

    def base(self, places: Any) -> np.ndarray:
        """Numbers at those places in base units."""
        return self.values[places] * (factor(self.unit) if self.unit else 1.0)

    def shown(self, places: Any) -> Any:
        """What a person gets: numbers as they were given, else an array of objects."""
        if not self.numeric:
            return self.objects[places]
        return Q_(self.values[places], self.unit) if self.measured else self.values[places]

    @functools.cached_property
    def objects(self) -> np.ndarray:
        """The values as an array of objects."""
        found = np.empty(len(self), object)
        found[:] = self.values
        return found


@dataclass(frozen=True, eq=False)
class DesignSpace:
    """All combinations of the axes' values, with the arguments that stay as they are."""

    axes: tuple[SpaceAxis, ...]
    fixed: Mapping[str, Any]

    @property
    def shape(self) -> tuple[int, ...]:
        """How many values each axis has."""
        return tuple(map(len, self.axes))

    @property
    def points(self) -> int:
        """How many points there are."""
        return math.prod(self.shape)

    @property
    def names(self) -> list[str]:
        """The names of the axes."""
        return [axis.name for axis in self.axes]

    @property
    def numbers(self) -> tuple[SpaceAxis, ...]:
        """The axes of numbers, which come last."""
        return tuple(axis for axis in self.axes if axis.numeric)

    def axis(self, name: str) -> SpaceAxis:
        """The axis of that name."""
        return self.axes[self.names.index(name)]

    def places(self, name: str, index: Any) -> np.ndarray:
        """Where on an axis the points of those indices are."""
        place = self.names.index(name)
        after = math.prod(self.shape[place + 1:])
        return np.asarray(index) // after % self.shape[place]

    def arguments(self, index: int) -> dict[str, Any]:
        """What the model is given at a point."""
        return {axis.name: axis.given(int(self.places(axis.name, index))) for axis in self.axes} | dict(self.fixed)

    def at(self, index: int) -> DesignSpace:
        """The space of a single point."""
        places = [int(self.places(axis.name, index)) for axis in self.axes]
        return replace(self, axes=tuple(axis.part(place, place + 1)
                                        for axis, place in zip(self.axes, places, strict=True)))

    def combinations(self) -> Iterator[dict[str, Any]]:
        """The records and names of each combination of them."""
        loops = [axis for axis in self.axes if not axis.numeric]
        for values in itertools.product(*(axis.values for axis in loops)):
            yield {axis.name: value for axis, value in zip(loops, values, strict=True)}

    def portions(self, size: int) -> Iterator[tuple[int, DesignSpace]]:
        """The space cut into spaces of at most that many points, each with the index of its first point."""
        steps = self._steps(size)
        start = 0
        cuts = [range(0, count, step) for count, step in zip(self.shape, steps, strict=True)]
        for lows in itertools.product(*cuts):
            axes = tuple(axis.part(low, low + step) for axis, low, step in zip(self.axes, lows, steps, strict=True))
            part = replace(self, axes=axes)
            yield start, part
            start += part.points

    def _steps(self, size: int) -> list[int]:
        """How many values of each axis a portion takes: the last axes whole, a piece of one, one of those before."""
        steps: list[int] = []
        room, loops, whole = size, MOST_LOOPS, True
        for axis in reversed(self.axes):
            fits = room if axis.numeric else min(room, loops)
            step = max(1, min(len(axis), fits)) if whole else 1
            whole = whole and step == len(axis)
            room, loops = room // step, loops if axis.numeric else loops // step
            steps.insert(0, step)
        return steps


def design_space(space: Mapping[str, Any], arguments: Mapping[str, Argument]) -> DesignSpace:
    """The space that a person gives: a value, or several, for each argument."""
    axes, fixed = [], {}
    for name, value in space.items():
        axis = _axis(name, value, arguments.get(name))
        if axis is None:
            fixed[name] = value
        else:
            axes.append(axis)
    return DesignSpace(tuple(sorted(axes, key=lambda axis: axis.numeric)), fixed)


def _axis(name: str, value: Any, argument: Argument | None) -> SpaceAxis | None:
    """The axis of several values; None for a single one."""
    values = _several(name, value)
    if values is None:
        return None
    if len(values) == 0:
        raise ValueError(f"{name} is empty: give at least one value, or leave it out.")
    vectors = argument is None or (isinstance(argument, Number) and not argument.single)
    if vectors and is_quantity(values):
        return SpaceAxis(name, np.asarray(values.magnitude), format(values.units, "D"), measured=True)
    if vectors and _are_numbers(values):
        return SpaceAxis(name, np.asarray(values), _unit(argument))
    if vectors and all(map(is_quantity, values)):
        first = Q_(values[0]).units
        return SpaceAxis(name, np.array([Q_(one).m_as(first) for one in values]), format(first, "D"), measured=True)
    return SpaceAxis(name, tuple(values))


def _several(name: str, value: Any) -> Any:
    """The values of an axis, as a list, an array or a quantity of one; None where it is a single value."""
    if is_quantity(value) or isinstance(value, np.ndarray):
        value = Q_(value) if is_quantity(value) else value
        if np.ndim(value) > 1:
            raise ValueError(f"{name} has {np.ndim(value)} dimensions: an axis is a line of values, such as "
                             f"{name}.ravel().")
        return value if np.ndim(value) else None
    if isinstance(value, range):
        return np.arange(value.start, value.stop, value.step)
    if isinstance(value, (set, frozenset)):
        raise TypeError(f"{name} is a set, which has no order: give a list.")
    if isinstance(value, (str, bytes, Mapping)) or not isinstance(value, Iterable):
        return None
    return list(value)


def _are_numbers(values: Any) -> bool:
    if isinstance(values, np.ndarray) and values.dtype.kind in "iuf":
        return True
    return all(isinstance(one, (int, float, np.integer, np.floating)) and not isinstance(one, bool) for one in values)


def _unit(argument: Argument | None) -> str:
    """The unit in which an argument is a bare number."""
    return (argument.bare if isinstance(argument, Named) else argument.unit or "") if argument else ""
