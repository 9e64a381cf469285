"""Figures that a record of the zoo has, or that a person gives: a price of a chip, its mean time to failure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from solver.base.kinds import Rate
from solver.base.numbers import symbolic
from solver.zoo.records import Zoo, record_named


@dataclass(frozen=True, eq=False)
class Recorded(Rate):
    """A positive quantity; or a record that has it as its `figure`, or the name of one.

    A record passes as it is, so that whoever is given it can say whose figure it is; `figure_of` reads it.
    """

    kind: type = object
    zoo: Callable[[], Zoo[Any]] = lambda: Zoo("Nothing", dict)
    figure: str = ""
    named_as: str = ""  # an example of a record

    def plain(self, name: str, value: Any) -> Any:
        if symbolic(value):
            return getattr(value, self.figure, value)
        if isinstance(value, (str, self.kind)):
            return record_named(name, value, self.kind, self.zoo(), self.named_as)
        return super().plain(name, value)

    @property
    def values(self) -> str:
        return f"above 0, or a record such as {self.named_as}"

    @property
    def moved(self) -> Any:
        return self.beside(self.usual) if self.other is None else self.other


def figure_of(value: Any, figure: str) -> Any:
    """The figure of a record that was given; a number is one itself."""
    return getattr(value, figure, value)
