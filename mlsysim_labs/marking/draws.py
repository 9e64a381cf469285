"""What a question asks of each student with other numbers: a name with its options, and the one that somebody gets.

Who has no seed gets the first option. An option may have parts by name, which then come together: a number, and the
word for it.

>>> crowd = Draw("crowd", ({"users": 10, "word": "ten"}, {"users": 12, "word": "twelve"}))
>>> crowd.of(None), crowd["word"].of(Variant(1))
({'users': 10, 'word': 'ten'}, 'twelve')
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlsysim_labs.marking.variants import Variant


@dataclass(frozen=True, eq=False)
class Draw:
    """A name and its options, each as likely as the others; `part` is what of an option counts, if not all of it."""

    name: str
    options: tuple[Any, ...]
    part: str = ""

    def __post_init__(self) -> None:
        if len(self.options) < 2:
            raise ValueError(f"the draw {self.name!r} has {len(self.options)} options: give two or more. The first one "
                             f"is for everybody who has no seed.")

    def __str__(self) -> str:
        return f"draw of {self.name}" + (f", {self.part}" if self.part else "")

    def __getitem__(self, part: str) -> Draw:
        """The same draw, with that part of each option alone."""
        return Draw(self.name, tuple(option[part] for option in self.options), part)

    def place(self, variant: Variant | None) -> int:
        """Which of the options a student gets."""
        return 0 if variant is None else _place(variant, self.name, len(self.options))

    def of(self, variant: Variant | None) -> Any:
        """What a student gets."""
        return self.options[self.place(variant)]


@functools.lru_cache(4096)  # a question asks for the same few again and again
def _place(variant: Variant, name: str, count: int) -> int:
    return variant.choice(name, range(count))


def settled(at: Mapping[str, Any], variant: Variant | None) -> dict[str, Any]:
    """Settings in which each draw is what a student gets.

    >>> settled({"users": Draw("users", (8, 16)), "context": 2048}, None)
    {'users': 8, 'context': 2048}
    """
    return {name: value.of(variant) if isinstance(value, Draw) else value for name, value in at.items()}
