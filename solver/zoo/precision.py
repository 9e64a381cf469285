"""Number formats: how many bytes an element takes, and which of a chip's rates it runs at."""

from __future__ import annotations

import math
from dataclasses import dataclass

from solver.text import nearest
from solver.units import Byte


@dataclass(frozen=True)
class Precision:
    """A number format.

    `size` [byte] is that of one element, scales of its group included. `rate` names the chip's rate that products
    run at: formats for weights alone are made 16 bits wide first and run at "half". `narrow` is 1 below 16 bits,
    else 0: what is kept at 16 bits by convention (embedding, lm_head, the arithmetic of attention) then runs at
    `wide_size` and the 16-bit rate.
    """

    name: str
    size: Byte
    rate: str = ""

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", self.rate or self.name)

    @property
    def narrow(self) -> float:
        return float(self.size < 2)

    @property
    def bits(self) -> float:
        """Of the numbers that are multiplied: the share of its rate that an engine reaches depends on them."""
        return {"fp32": 32.0, "tf32": 32.0, "fp8": 8.0, "int8": 8.0, "fp4": 4.0, "int4": 4.0}.get(self.rate, 16.0)

    @property
    def wide_size(self) -> Byte:
        return max(self.size, 2.0)

    @property
    def cached_as(self) -> Precision:
        """The format that a KV cache is in when nothing else is said: scales of groups are for weights."""
        return self if self.rate == self.name else PRECISIONS[{"half": "fp16", "fp4": "fp8"}[self.rate]]

    @property
    def optimizer_size(self) -> Byte:
        """Adam's state of one parameter: two moments at 32 bits and, below that, a 32-bit copy of the weight."""
        return 8.0 if self.size >= 4 else 12.0

    @property
    def label(self) -> str:
        """What a person chooses: "8 bit", or "4-bit weights" where the arithmetic stays at 16.

        >>> PRECISIONS["int8"].label, PRECISIONS["w4a16"].label
        ('8 bit', '4-bit weights')
        """
        bits = f"{math.floor(8 * self.size)}"
        return f"{bits}-bit weights" if self.rate == "half" else f"{bits} bit"

    def __str__(self) -> str:
        return self.name


PRECISIONS = {p.name: p for p in (
    Precision("fp32", 4.0), Precision("tf32", 4.0), Precision("fp16", 2.0), Precision("bf16", 2.0),
    Precision("fp8", 1.0), Precision("int8", 1.0), Precision("fp4", 0.5), Precision("int4", 0.5),
    # With what a group has besides: 128 numbers 32 bits of scale and zero point (AWQ, GPTQ), 32 a scale of 16 bits
    # (Q8_0) or 8 (MXFP4), 16 one of 8 (NVFP4).
    Precision("nvfp4", 4.5 / 8, "fp4"), Precision("w8a16", 8.25 / 8, "half"), Precision("q8_0", 8.5 / 8, "half"),
    Precision("w4a16", 4.25 / 8, "half"), Precision("mxfp4", 4.25 / 8, "half"))}


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


def number_formats(*names: str) -> dict[str, Precision]:
    """Number formats by their labels, to choose from; where two have the same one, their names tell them apart.

    >>> list(number_formats("fp16", "int8", "w4a16")), list(number_formats("fp8", "int8"))
    (['16 bit', '8 bit', '4-bit weights'], ['8 bit (fp8)', '8 bit (int8)'])
    """
    found = [precision_named(name) for name in names]
    labels = [kind.label for kind in found]
    return {kind.label if labels.count(kind.label) == 1 else f"{kind.label} ({kind})": kind for kind in found}
