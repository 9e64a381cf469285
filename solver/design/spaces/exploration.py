"""What an exploration found: which designs are left, which of them are on the Pareto front, and why others are not."""

from __future__ import annotations

import functools
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from solver.design.spaces import files
from solver.design.spaces.axes import DesignSpace, SpaceAxis
from solver.design.spaces.designs import ROWS_SHOWN, DesignPoint, Designs
from solver.design.spaces.portion import FIRST_FAILED, NOT_FEASIBLE, WantedFields
from solver.design.spaces.query import FEASIBLE
from solver.text import number_text

MOST_REASONS = 5  # that are shown


class Exploration(Designs):
    """All points of a space. `front` has those that no other beats, `best` the first of them, `reasons` how many points
    are left out for which reason, and `reason(row)` why one is.
    """

    def __init__(self, space: DesignSpace, title: str, wanted: WantedFields, fields: Mapping[str, np.ndarray],
                 units: Mapping[str, str], codes: np.ndarray | None, sentences: list[str],
                 reasons: Mapping[str, int], front: Designs) -> None:
        super().__init__(space, wanted.call, None, fields, units)
        self.title, self.wanted = title, wanted
        self.codes, self.sentences = codes, sentences
        self.reasons, self.front = dict(reasons), front

    @property
    def kept(self) -> int:
        """How many points have no reason to be left out."""
        return len(self) - sum(self.reasons.values())

    @property
    def excluded(self) -> np.ndarray:
        """Which points are left out."""
        return self._codes() != 0

    def _codes(self) -> np.ndarray:
        if self.codes is None:
            raise ValueError("Of this space the front alone was kept: explore it with keep=\"all\" to ask about its "
                             "other points.")
        return self.codes

    def value(self, name: str) -> np.ndarray:
        """A column of numbers in base units."""
        if name not in self.space.names:
            self._codes()
        return super().value(name)

    def reason(self, row: int) -> str:
        """Why a point is left out: the first constraint that it fails, or the sentence by which the model refused it.
        Empty where it is not."""
        code = int(self._codes()[row])
        if code <= 0:
            return self.sentences[-1 - code] if code else ""
        if code == NOT_FEASIBLE:
            return f"{FEASIBLE} is False, and should be True."
        if code - FIRST_FAILED >= len(self.wanted.requirements):
            goal = self.wanted.goals[code - FIRST_FAILED - len(self.wanted.requirements)]
            return f"{goal.name} is unknown here, so it cannot be compared."
        requirement = self.wanted.requirements[code - FIRST_FAILED]
        if requirement.asks_result:
            return requirement.sentence(None, "")
        axis = self._numeric_axis(requirement.name)
        unit = axis.unit if axis else self.units.get(requirement.name, "")
        value = (axis.base(self.space.places(axis.name, row % len(self))) if axis
                 else self.fields[requirement.name][row])
        return requirement.sentence(value, unit)

    def _numeric_axis(self, name: str) -> SpaceAxis | None:
        return next((axis for axis in self.space.numbers if axis.name == name), None)

    @functools.cached_property
    def best(self) -> DesignPoint:
        """The point of the front that is best in the first objective; of several such in the second, and so on."""
        if not len(self.front):
            reason, count = next(iter(self.reasons.items()))
            raise ValueError(f"No design is left: all {len(self):,} are left out, {count:,} of them for this reason: "
                             f"{reason}")
        return self.front.point(0)

    def table(self, rows: int = ROWS_SHOWN, columns: Any = None) -> None:
        """Show the first designs of the front as a table."""
        self.front.table(rows, columns)

    def blocks(self) -> Iterator[dict[str, files.Column]]:
        """The columns as they are written, so many rows at a time, by their header."""
        self._codes()  # before a file is made
        return super().blocks()

    def block(self, low: int, high: int) -> dict[str, files.Column]:
        """Some rows of all columns, with why a point is left out, and whether it is on the front."""
        codes = self._codes()[low:high]
        block = {name: _where_answered(column, codes) for name, column in super().block(low, high).items()}
        said = self.wanted.causes[1:] + self.sentences
        own = len(self.wanted.causes) - 1
        block["excluded"] = files.Coded(np.where(codes < 0, own - 1 - codes, codes - 1), said)
        places = np.arange(low, low + len(codes))
        block["front"] = np.isin(places, self.front.places())
        return block

    def __repr__(self) -> str:
        lines = [f"{self.title}: {len(self):,} points"]
        lines += [f"  {axis.name}: {axis_text(axis)}" for axis in self.space.axes]
        lines.append(f"{self.kept:,} kept, {len(self) - self.kept:,} left out")
        shown = list(self.reasons.items())[:MOST_REASONS]
        lines += [f"  {count:,}: {reason}" for reason, count in shown]
        rest = list(self.reasons.values())[MOST_REASONS:]
        lines += [f"  {sum(rest):,}: {len(rest):,} other reasons"] if rest else []
        lines.append(f"{len(self.front):,} on the front of {', '.join(map(str, self.wanted.goals))}")
        return "\n".join([*lines, *([f"best is {self.best!r}"] if len(self.front) else [])])


def _where_answered(column: files.Column, codes: np.ndarray) -> files.Column:
    """A column of yes and no, with nothing where the model refused the point."""
    if isinstance(column, files.Coded) or column.dtype != bool:
        return column
    return np.ma.array(column, mask=codes < 0)


def axis_text(axis: SpaceAxis) -> str:
    """An axis in a line: how many values, and which."""
    if axis.numeric:
        ends = f"{number_text(axis.values.min())} to {number_text(axis.values.max())} {axis.unit}".rstrip()
        return f"{len(axis):,} values, {ends}" if len(axis) > 1 else f"{ends.partition(' to ')[0]} {axis.unit}".rstrip()
    shown = ", ".join(map(str, axis.values[:4])) + ", ..." * (len(axis) > 4)
    return f"{len(axis):,} values, {shown}"


def by_count(reasons: Mapping[str, int]) -> dict[str, int]:
    """Reasons, the most frequent first."""
    return dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0])))
