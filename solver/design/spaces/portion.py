"""A portion of a design space: all its points solved in a few calls, judged, and its own Pareto front.

It is what a worker is sent and sends back, so it holds plain data.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from solver.design.spaces.axes import DesignSpace, SpaceAxis
from solver.design.spaces.blame import Blame, Refusal
from solver.design.spaces.goals import Goal, Requirement
from solver.design.spaces.pareto import pareto_front
from solver.design.spaces.query import FEASIBLE, AnswerTypeError, feasibility, field_of, flat_array
from solver.design.spaces.refusals import REFUSALS, Box, Refusals, halves, shaped

NOT_FEASIBLE = 1  # the code of points that the model itself calls infeasible; 0 is of those that are kept
FIRST_FAILED = 2  # that of the first requirement


@dataclass(frozen=True, eq=False)
class WantedFields:
    """What is asked of every point."""

    call: Callable[..., Any]
    goals: tuple[Goal, ...]
    requirements: tuple[Requirement, ...]
    columns: tuple[str, ...]  # the fields that are handed back, and arguments among objectives and constraints
    front_alone: bool = False  # whether nothing is handed back of other points

    @property
    def causes(self) -> list[str]:
        """Why a point is left out, by its code."""
        return ["", f"{FEASIBLE} is False", *(one.failed for one in self.requirements),
                *(f"{one.name} is unknown" for one in self.goals)]


@dataclass(frozen=True, eq=False)
class Portion:
    """Points that follow one another, from `start` on."""

    start: int
    space: DesignSpace
    wanted: WantedFields


@dataclass(eq=False)
class Solved:
    """What was found: columns and codes of all points, or of the front alone; a negative code is a sentence's place."""

    start: int
    points: int
    columns: dict[str, np.ndarray]
    units: dict[str, str]
    codes: np.ndarray
    sentences: list[str]
    front: np.ndarray
    counts: Counter[str] = field(default_factory=Counter)


def solved(portion: Portion) -> Solved:
    """Solve and judge the points of a portion."""
    sheet = Sheet(portion)
    size = math.prod(sheet.shape)
    for place, records in enumerate(portion.space.combinations()):
        sheet.fill(place * size, records)
    codes = sheet.judged()
    rows = sheet.rows(codes)
    front = np.flatnonzero(codes == 0)[pareto_front(rows)]
    found = Solved(portion.start, len(codes), sheet.asked(), sheet.units, codes, sheet.sentences, front)
    found.counts = reason_counts(found, portion.wanted)
    return on_front(found) if portion.wanted.front_alone else found


def reason_counts(found: Solved, wanted: WantedFields) -> Counter[str]:
    """How many points are left out for each reason."""
    codes, counts = np.unique(found.codes, return_counts=True)
    causes = wanted.causes
    return Counter({causes[code] if code > 0 else found.sentences[-1 - code]: int(count)
                    for code, count in zip(codes, counts, strict=True) if code})


def on_front(found: Solved) -> Solved:
    """The same without the points that are not on the front."""
    columns = {name: values[found.front] for name, values in found.columns.items()}
    return replace(found, columns=columns, codes=found.codes[:0], sentences=[])


class Sheet:
    """Columns that are filled piece by piece: with what one call answers for many points."""

    def __init__(self, portion: Portion) -> None:
        self.space, self.wanted = portion.space, portion.wanted
        self.numbers = portion.space.numbers
        self.shape = tuple(map(len, self.numbers))
        self.blame = Blame(self.wanted.call, [axis.name for axis in self.numbers])
        self.columns: dict[str, np.ndarray] = {}
        self.units: dict[str, str] = {}
        self.codes = np.zeros(portion.space.points, np.int32)
        self.sentences: list[str] = []
        self.known: dict[str, int] = {}

    def fill(self, start: int, records: dict[str, Any]) -> None:
        """Solve the grid of numbers that goes with some records, whose points begin at `start`."""
        fixed = {**self.space.fixed, **records}
        points = np.arange(start, start + math.prod(self.shape)).reshape(self.shape)
        whole = tuple((0, length) for length in self.shape)
        arguments = getattr(self.wanted.call, "arguments", None)
        refusal = self._solve_box(points, whole, fixed)
        if refusal is None:
            return
        if not arguments or points.size == 1:
            self._fill_box(points, whole, fixed, refusal)
            return
        found = Refusals(DesignSpace(self.numbers, fixed), arguments)
        for code, said in enumerate(found.sentences, 1):
            self._refuse(points[found.codes == -code], said)
        self._fill_some(points[found.codes == 0], start, fixed)

    def _solve_box(self, points: np.ndarray, box: Box, fixed: dict[str, Any]) -> Refusal | None:
        """Solve a box of the grid, by broadcasting; what is said if it is refused."""
        some = points[tuple(slice(low, high) for low, high in box)]
        numbers = {axis.name: shaped(axis, low, high, dimension, len(box))
                   for dimension, (axis, (low, high)) in enumerate(zip(self.numbers, box, strict=True))}
        return self._solve(some.reshape(-1), some.shape, fixed | numbers)

    def _fill_box(self, points: np.ndarray, box: Box, fixed: dict[str, Any], refusal: Refusal) -> None:
        """Solve the halves of a box that is refused: along the axes that the refusal is about, where that is known. A
        box is refused whole when it is about single values."""
        parts = list(halves(box, self.blame.sides(refusal)))
        if not parts:
            self._refuse(points[tuple(slice(low, high) for low, high in box)].reshape(-1), str(refusal))
        for half in parts:
            again = self._solve_box(points, half, fixed)
            if again is not None:
                self._fill_box(points, half, fixed, again)

    def _fill_some(self, points: np.ndarray, start: int, fixed: dict[str, Any]) -> None:
        """Solve points that are no grid; where a call is refused, each half of them."""
        if not len(points):
            return
        places = np.unravel_index(points - start, self.shape)
        single = len(points) == 1
        numbers = {axis.name: axis.given(int(where[0]) if single else where)
                   for axis, where in zip(self.numbers, places, strict=True)}
        refusal = self._solve(points, (len(points),), fixed | numbers)
        if refusal is not None and single:
            self._refuse(points, str(refusal))
        elif refusal is not None:
            for some in np.array_split(points, 2):
                self._fill_some(some, start, fixed)

    def _solve(self, where: Any, shape: tuple[int, ...], arguments: dict[str, Any]) -> Refusal | None:
        """Put down what one call answers; or what is said if it refuses."""
        try:
            result = self.wanted.call(**arguments)
        except REFUSALS as problem:
            return Refusal(problem, arguments)
        for name in self.wanted.columns:
            if self._axis(name) is None:
                value, self.units[name] = field_of(result, name, [axis.name for axis in self.numbers])
                put_into(self.columns, name, len(self.codes), where, flat_array(name, value, shape))
        for one in self.wanted.requirements:
            if one.asks_result:
                holds = flat_array(one.name, one.wanted(result), shape).astype(bool)
                put_into(self.columns, f"{one.name} holds", len(self.codes), where, holds)
        named = {one.name for one in self.wanted.requirements}
        for name in feasibility(result):
            if name not in named:
                works = flat_array(name, field_of(result, name)[0], shape).astype(bool)
                self.codes[where] = np.where(works, self.codes[where], NOT_FEASIBLE)
        return None

    def _refuse(self, points: np.ndarray, sentence: str) -> None:
        code = self.known.setdefault(sentence, len(self.known) + 1)
        if code > len(self.sentences):
            self.sentences.append(sentence)
        self.codes[points] = -code

    def judged(self) -> np.ndarray:
        """The code of the first thing that each point lacks."""
        codes = self.codes
        if np.all(codes):  # nothing is left to be judged
            return codes
        lacks = [self._lacks(one) for one in self.wanted.requirements]
        lacks += [np.isnan(self.number(goal.name)) for goal in self.wanted.goals]
        for code, lacking in enumerate(lacks, FIRST_FAILED):
            codes[(codes == 0) & lacking] = code
        return codes

    def _lacks(self, one: Requirement) -> np.ndarray:
        """The points that do not keep a requirement."""
        if one.is_any:
            return np.zeros(len(self.codes), bool)
        axis = self._axis(one.name)
        unit = axis.unit if axis else self.units.get(one.name, "")
        values = self.number(f"{one.name} holds" if one.asks_result else one.name)
        return ~one.holds(values, unit, axis is not None and not axis.measured)

    def number(self, name: str) -> np.ndarray:
        """A field of every point, or an argument, in base units; not a number where no point has it."""
        axis = self._axis(name)
        if axis is not None:
            return axis.base(self.space.places(name, np.arange(len(self.codes))))
        found = self.columns.get(name, np.full(len(self.codes), np.nan))
        if found.dtype == object:
            some = next(value for value in found if value is not None)
            raise AnswerTypeError(f"{name} is {some!r} at some point: objectives and limits are of numbers. Give a "
                                  f"function of the result as a constraint instead.")
        return found

    def _axis(self, name: str) -> SpaceAxis | None:
        return next((axis for axis in self.numbers if axis.name == name), None)

    def rows(self, codes: np.ndarray) -> np.ndarray:
        """The objectives of the points that are kept, each so that more is better."""
        kept = codes == 0
        return np.stack([goal.sign * self.number(goal.name)[kept] for goal in self.wanted.goals], axis=1)

    def asked(self) -> dict[str, np.ndarray]:
        """The columns that are handed back."""
        return {name: self.columns[name] for name in self.wanted.columns if name in self.columns}


def put_into(columns: dict[str, np.ndarray], name: str, points: int, where: Any, values: np.ndarray) -> None:
    """Put values into a column, which is made with the first of them, and made wider if they do not go into it."""
    column = columns.get(name)
    if column is None:
        column = empty_column(points, values.dtype.kind)
    elif HELD_AS[values.dtype.kind] != HELD_AS[column.dtype.kind]:
        column = column.astype(widest(column.dtype.kind, values.dtype.kind))
    column[where] = values
    columns[name] = column


HELD_AS = {"b": "b", "i": "f", "u": "f", "f": "f", "O": "O"}


def empty_column(points: int, kind: str) -> np.ndarray:
    """A column of numbers, of yes and no, or of anything else, without any yet."""
    if HELD_AS[kind] == "f":
        return np.full(points, np.nan)
    return np.zeros(points, bool) if kind == "b" else np.full(points, None, object)


def widest(one: str, other: str) -> type:
    """What holds values of both kinds."""
    return object if "O" in (one, other) else float
