"""A control as the wiring knows it: a widget, the trait that moves, and how its raw value is read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from solver.text import nearest


@dataclass(frozen=True)
class Control:
    """A widget, the trait that moves, the symbol of its value, and the values that a table of it has, if it has one."""

    name: str
    widget: Any
    trait: str
    symbol: Any
    table: Sequence[Any] | None = None
    labels: Sequence[str] = ()
    start: Any = None  # the raw value that Reset goes back to

    def __post_init__(self) -> None:
        object.__setattr__(self, "start", self.raw)

    @property
    def raw(self) -> Any:
        """What the browser's program gets."""
        return getattr(self.widget, self.trait)

    def read(self, raw: Any) -> Any:
        """What a formula gets for a raw value."""
        return raw if self.table is None else self.table[raw]

    def shown(self, raw: Any) -> str:
        """What a person reads on the widget when it stands there, such as `GPU: H100`."""
        return f"{self.widget.description or self.name}: {self.labels[raw] if self.labels else raw}"

    def sample(self, rng: Any) -> Any:
        """A random raw value."""
        if self.table is not None:
            return int(rng.integers(len(self.table)))
        if self.trait == "value" and isinstance(self.raw, bool):
            return bool(rng.integers(2))
        steps = round((self.widget.max - self.widget.min) / self.widget.step)
        return self.widget.min + int(rng.integers(steps + 1)) * self.widget.step

    def nearest_raw(self, value: float) -> Any:
        """The raw value that comes nearest to a number."""
        if self.table is not None:
            return min(range(len(self.table)), key=lambda i: abs(self.table[i] - value))  # type: ignore[index]
        inside = min(max(value, self.widget.min), self.widget.max)
        return type(self.raw)(round((inside - self.widget.min) / self.widget.step) * self.widget.step + self.widget.min)

    def raw_of(self, value: Any) -> Any:
        """The raw value that stands for `value`; ValueError, with the nearest, if there is none."""
        if self.table is None:
            low, high = getattr(self.widget, "min", None), getattr(self.widget, "max", None)
            if low is not None and not low <= value <= high:
                raise ValueError(f"{self.name} is {value!r}: choose from {low} to {high}.")
            return value
        for index, (known, label) in enumerate(zip(self.table, self.labels, strict=True)):
            if value is known or label == value or (isinstance(value, (int, float)) and value == known):
                return index
        if isinstance(value, (int, float)) and isinstance(self.table[0], (int, float)):
            close = min(self.table, key=lambda known: abs(known - value))
            raise ValueError(f"{self.name} is {value:,}: it moves in steps, and the nearest one is {close:,}.")
        raise ValueError(f"{self.name} has no {value!r}. {nearest(value, self.labels)}")
