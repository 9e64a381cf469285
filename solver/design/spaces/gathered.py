"""What portions found, put_into together: columns of all points, or the front alone."""

from __future__ import annotations

from collections import Counter

import numpy as np

from solver.design.spaces.axes import DesignSpace
from solver.design.spaces.designs import Designs
from solver.design.spaces.exploration import Exploration, by_count
from solver.design.spaces.pareto import pareto_front
from solver.design.spaces.portion import Solved, WantedFields, put_into

MOST_CANDIDATES = 2**18  # points of fronts of portions, until the front of them is taken


class AllPoints:
    """Columns, and codes of reasons, of all points. Portions may come in any order."""

    def __init__(self, space: DesignSpace, wanted: WantedFields) -> None:
        self.space, self.wanted = space, wanted
        self.columns: dict[str, np.ndarray] = {}
        self.units: dict[str, str] = {}
        self.codes = np.zeros(space.points, np.int32)
        self.places: dict[str, int] = {}  # of each sentence
        self.reasons: Counter[str] = Counter()
        self.fronts: list[np.ndarray] = []

    def add(self, found: Solved) -> None:
        """Take in what was found in a portion."""
        where = slice(found.start, found.start + found.points)
        for name, values in found.columns.items():
            put_into(self.columns, name, len(self.codes), where, values)
        self.units |= found.units
        self.reasons += found.counts
        numbers = [self.places.setdefault(said, len(self.places)) for said in found.sentences]
        refused = found.codes < 0
        self.codes[where] = found.codes
        if numbers:
            self.codes[where][refused] = -1 - np.array(numbers)[-1 - found.codes[refused]]
        self.fronts.append(found.start + found.front)

    def exploration(self, title: str) -> Exploration:
        """All of it."""
        sentences = self._sort_sentences()
        for name in self.wanted.columns:
            if name not in (*self.columns, *self.space.names):  # every point was refused
                self.columns[name] = np.full(len(self.codes), np.nan)
        index = np.sort(np.concatenate(self.fronts))
        some = {name: values[index] for name, values in self.columns.items()}
        front = front_of(Designs(self.space, self.wanted.call, index, some, self.units), self.wanted)
        return Exploration(self.space, title, self.wanted, self.columns, self.units, self.codes, sentences,
                           by_count(self.reasons), front)

    def _sort_sentences(self) -> list[str]:
        """Sentences in an order that does not depend on which worker was first."""
        order = sorted(self.places)
        if order:
            numbers = np.empty(len(order), np.int32)
            numbers[[self.places[said] for said in order]] = np.arange(len(order))
            refused = self.codes < 0
            self.codes[refused] = -1 - numbers[-1 - self.codes[refused]]
        return order


class FrontAlone:
    """The columns of the front so far, and how many points are left out for which reason."""

    def __init__(self, space: DesignSpace, wanted: WantedFields) -> None:
        self.space, self.wanted = space, wanted
        self.units: dict[str, str] = {}
        self.reasons: Counter[str] = Counter()
        self.parts: list[Designs] = []
        self.many = MOST_CANDIDATES

    def add(self, found: Solved) -> None:
        """Take in what was found in a portion."""
        self.units |= found.units
        self.reasons += found.counts
        self.parts.append(Designs(self.space, self.wanted.call, found.start + found.front, found.columns, found.units))
        if sum(map(len, self.parts)) > self.many:
            self.parts = [self._front()]
            self.many = max(MOST_CANDIDATES, 2 * len(self.parts[0]))

    def _front(self) -> Designs:
        """The front of all parts."""
        parts = [part for part in self.parts if len(part)]
        index = np.concatenate([part.places() for part in parts] or [np.empty(0, int)])
        order = np.argsort(index)
        fields = {name: np.concatenate([part.fields[name] for part in parts])[order]
                  for name in (parts[0].fields if parts else ())}
        return front_of(Designs(self.space, self.wanted.call, index[order], fields, self.units), self.wanted)

    def exploration(self, title: str) -> Exploration:
        """The front, and the reasons of the others."""
        front = self._front()
        return Exploration(self.space, title, self.wanted, {}, self.units, None, [],
                           by_count(self.reasons), front)


def front_of(designs: Designs, wanted: WantedFields) -> Designs:
    """The designs that no other beats, the best in the first objective first, then in the second, and so on."""
    if not len(designs):
        return designs
    rows = np.stack([goal.sign * designs.value(goal.name) for goal in wanted.goals], axis=1)
    best = pareto_front(rows)
    best = best[np.lexsort([-column for column in rows[best].T[::-1]])]
    fields = {name: values[best] for name, values in designs.fields.items()}
    return Designs(designs.space, designs.call, designs.places()[best], fields, designs.units)
