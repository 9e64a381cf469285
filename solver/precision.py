"""Number formats: how many bytes an element takes, and which of a chip's rates it runs at."""

from __future__ import annotations

from dataclasses import dataclass

from .records import nearest
from .units import Byte


@dataclass(frozen=True)
class Precision:
    """A number format.

    `size` [byte] is that of one element. `narrow` is 1 below 16 bits, else 0: what is kept at 16 bits by
    convention (embedding, lm_head, the arithmetic of attention) then runs at `wide_size` and the 16-bit rate.
    """

    name: str
    size: Byte

    @property
    def narrow(self) -> float:
        return float(self.size < 2)

    @property
    def wide_size(self) -> Byte:
        return max(self.size, 2.0)

    @property
    def optimizer_size(self) -> Byte:
        """Adam's state of one parameter: two moments at 32 bits and, below that, a 32-bit copy of the weight."""
        return 8.0 if self.size >= 4 else 12.0

    def __str__(self) -> str:
        return self.name


PRECISIONS = {p.name: p for p in (
    Precision("fp32", 4.0), Precision("tf32", 4.0), Precision("fp16", 2.0), Precision("bf16", 2.0),
    Precision("fp8", 1.0), Precision("int8", 1.0), Precision("fp4", 0.5), Precision("int4", 0.5))}


def precision_named(name: object) -> Precision:
    """The number format called `name`; case does not matter.

    >>> precision_named("FP16").size
    2.0
    """
    if isinstance(name, Precision):
        return name
    if not isinstance(name, str):
        raise TypeError(f"precision is {name!r}, and should be a name such as 'fp16'. {nearest(name, PRECISIONS)}")
    found = PRECISIONS.get(name.casefold())
    if found is None:
        raise ValueError(f"precision {name!r} is not known. {nearest(name, PRECISIONS)}")
    return found
