"""Walls: what a plan needs, and what it has; which data each of them asks for, and why one is not reached.

A kind of wall is a function of an `asked` plan (`Served`, `Trained`) that yields a `Wall`, or says that it is
`Unreached`; and the arguments of a plan without which it is not walked.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.base.term import measured_text
from solver.text import number_text
from solver.units import quantity

WALL_UNITS = {"joule": "MWh", "kilogram": "t", "dollar": "USD", "dollar/token": "USD/Mtoken", "": "percent"}
DAY = 86_400.0


@dataclass(frozen=True)
class Wall:
    """One wall: what a plan needs and has, in base units. It does not hold where the margin is below 0."""

    name: str
    what: str
    need: float
    have: float
    unit: str
    phase: str = ""
    note: str = ""  # a sentence after it

    @property
    def margin(self) -> float:
        """What is left, as a share of what there is."""
        return 1 - self.need / self.have if self.have > 0 else -np.inf

    def __str__(self) -> str:
        need, have = (wall_text(value, self.unit) for value in (self.need, self.have))
        if np.isinf(self.need):
            return f"{self.name}: {self.what} takes forever, of {have}."
        note = f" {self.note}" if self.note else ""
        return f"{self.name}: {self.what} takes {need} of {have}, {left_text(self.margin)}.{note}"


@dataclass(frozen=True)
class Unreached:
    """A wall that a plan does not come to, and why."""

    name: str
    why: str

    def __str__(self) -> str:
        return f"Left out: {self.name}, for {self.why}."


@dataclass(frozen=True)
class WallKind:
    """How a wall is found, and which arguments of a plan that takes; of "this or that" one is enough."""

    name: str
    walls: Callable[[Any], Iterator[Wall | Unreached]]
    data: tuple[str, ...] = ()
    several: tuple[str, ...] = ()  # names of its walls, where they are not its own

    def missing(self, plan: Any) -> list[str]:
        """Those that the plan lacks."""
        return [names for names in self.data if not any(getattr(plan, name) for name in names.split(" or "))]


def wall_unit(value: float, unit: str) -> str:
    """The unit that people use for such a figure of a wall; nothing where any of its size does."""
    return "day" if unit == "second" and value >= DAY else WALL_UNITS.get(unit, "")


def wall_text(value: float, unit: str) -> str:
    """A figure of a wall, in a unit that people use for it."""
    used = wall_unit(value, unit)
    return str(quantity(value, used)) if used else measured_text(value, unit)


def counted_text(count: float, name: str) -> str:
    """A number of things.

    >>> counted_text(1.0, "chip"), counted_text(16384.0, "chip")
    ('1 chip', '16,384 chips')
    """
    return f"{number_text(count)} {name}{'' if count == 1 else 's'}"


def left_text(margin: float) -> str:
    """What a margin leaves, in words."""
    if margin >= 0:
        return f"{margin:.0%} is left"
    return f"{-margin:.0%} too much" if np.isfinite(margin) else "far too much"


class WalkedPlan:
    """A plan's walls, each kind asked once, when it is wanted."""

    def __init__(self, asked: Any, kinds: Sequence[WallKind]) -> None:
        self.asked, self.kinds = asked, kinds
        self.found: dict[str, list[Wall | Unreached]] = {}

    def of(self, kind: WallKind) -> list[Wall | Unreached]:
        """What a kind finds; nothing where the plan lacks data for it."""
        if kind.name not in self.found:
            self.found[kind.name] = [] if kind.missing(self.asked.plan) else [*map(_known, kind.walls(self.asked))]
        return self.found[kind.name]

    def margin_of(self, wall: Wall) -> float:
        """What the plan leaves of a wall that another one met; nothing where it is not reached."""
        kind = next(one for one in self.kinds if wall.name in (one.several or (one.name,)))
        return next((one.margin for one in self.of(kind) if isinstance(one, Wall)
                     and (one.name, one.phase) == (wall.name, wall.phase)), -np.inf)

    @property
    def walls(self) -> list[Wall]:
        """Those that are reached, the tightest first."""
        found = [one for kind in self.kinds for one in self.of(kind) if isinstance(one, Wall)]
        return sorted(found, key=lambda wall: wall.margin)

    @property
    def left_out(self) -> Iterator[str]:
        """Those that are not, and why; then those that want data which the plan does not have, and which."""
        yield from dict.fromkeys(str(one) for kind in self.kinds for one in self.of(kind) if isinstance(one, Unreached))
        missing = {kind.name: kind.missing(self.asked.plan) for kind in self.kinds}
        wanted = [f"{name} ({', '.join(names)})" for name, names in missing.items() if names]
        if wanted:
            yield f"Left out for want of data: {', '.join(wanted)}."


def _known(one: Wall | Unreached) -> Wall | Unreached:
    lost = isinstance(one, Wall) and np.isnan(one.margin)
    return Unreached(one.name, "a figure of it is not published") if lost else one
