"""What a picture is to a lab: a widget to show, and where each number that a function returns goes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

from ipywidgets import DOMWidget

from solver.text import nearest


@dataclass(frozen=True)
class Target:
    """A trait of a widget, and the value (a number, an array, a symbol of either, or a choice's name) that it gets.

    A picture is dimmed when a vital number, or all of its vital arrays, have nothing finite.
    """

    widget: Any
    trait: str
    value: Any
    array: bool = False
    vital: bool = True


class Picture(Protocol):
    """Made once; what it shows comes from the numbers that the lab's function returns.

    A class of pictures also has `example()`, which gives a picture and what a function may return for it.
    """

    @property
    def widget(self) -> Any:
        """What is displayed."""

    def targets(self, data: Any) -> list[Target]:
        """Where the parts of `data` go. Called with symbols, and again when a function is replaced."""

    def table(self, data: Any) -> Mapping[str, Any]:
        """The numbers of `data` by label, with the unit that people read in brackets: what the table below shows."""


@dataclass(frozen=True)
class WidgetPicture:
    """A widget of one's own as a picture: the function returns its traits by name."""

    widget: Any

    def targets(self, data: Mapping[str, Any]) -> list[Target]:
        kind = type(self.widget).__name__
        general = set(DOMWidget.class_trait_names())
        known = [name for name in self.widget.trait_names(sync=True) if name not in general and name[0] != "_"]
        if not isinstance(data, Mapping):
            raise TypeError(f"the function of a {kind} returns a dict of {', '.join(known)}, "
                            f"but this one returned {type(data).__name__}.")
        for name in data:
            if name not in known:
                raise TypeError(f"a {kind} has no {name!r}. {nearest(name, known)}")
        return [Target(self.widget, name, value) for name, value in data.items()]

    def table(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """All numbers under their traits' names, or as the widget has it."""
        if hasattr(self.widget, "table"):
            return self.widget.table(data)
        return {name: value for name, value in data.items() if holds_number(value)}


def holds_number(value: Any) -> bool:
    """Whether something is a number, or a symbol of one, and no text."""
    return hasattr(value, "ndim") or isinstance(value, (int, float))


def as_picture(thing: Any) -> Picture:
    """A picture, or a widget made one."""
    return thing if hasattr(thing, "targets") else WidgetPicture(thing)
