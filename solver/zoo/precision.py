"""Number formats: how many bytes an element takes, and which of a chip's rates it runs at.

A checkpoint that keeps parts of a model in formats of their own is one of them too: see `recipes`.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from solver.units import Byte

BITS = {"fp32": 32.0, "tf32": 32.0, "fp16": 16.0, "bf16": 16.0, "half": 16.0, "fp8": 8.0, "int8": 8.0, "fp4": 4.0,
        "int4": 4.0}  # of the numbers that are multiplied, by the chip's rates
NATIVE_WEIGHTS = "4-bit native"
NATIVE = "fp4 or half"  # at 4 bits on a chip that multiplies so narrow, made 16 bits wide first on others


@dataclass(frozen=True)
class Precision:
    """A number format.

    `size` [byte] is that of one element, scales of its group included. `rate` names the chip's rate that products
    run at: formats for weights alone are made 16 bits wide first and run at "half". `narrow` is 1 below 16 bits,
    else 0: the arithmetic of attention then runs at the 16-bit rate, and what no field gives a format of its own
    (`lm_head`, and `embedding`, which is as lm_head) is kept at 16 bits. `parts` of the layers may have others.

    >>> Precision("mine", 4.5 / 8, "half").size
    0.5625
    """

    name: str
    size: Byte
    rate: str = ""
    embedding: Precision | None = None
    lm_head: Precision | None = None
    parts: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "rate", self.rate or self.name)
        if self.rate not in (*BITS, NATIVE):
            raise ValueError(f"format {self.name!r} runs at {self.rate!r}, which is no rate of a chip: give "
                             f"rate=\"half\" where weights are made 16 bits wide first, or one of {', '.join(BITS)}.")
        if not 0 < self.size < math.inf:
            raise ValueError(f"format {self.name!r} has {self.size!r} byte an element: give a number above 0, such as "
                             f"4.5 / 8 for 4.5 bits.")

    @property
    def narrow(self) -> float:
        return float(self.size < 2)

    @property
    def bits(self) -> float:
        """Of the numbers that are multiplied: the share of its rate that an engine reaches depends on them."""
        return BITS.get(self.rate, 16.0)

    @property
    def stored(self) -> str:
        """What kind of weights it is to whoever reads them: "8 bit", or "4-bit weights" that are made 16 bits wide.

        >>> [PRECISIONS[name].stored for name in ("fp8", "nvfp4", "w4a16", "mxfp4")]
        ['8 bit', '4 bit', '4-bit weights', '4-bit native']
        """
        if self.rate == NATIVE:
            return NATIVE_WEIGHTS
        bits = f"{math.floor(8 * self.size)}"
        return f"{bits}-bit weights" if self.rate == "half" and self.size < 2 else f"{bits} bit"

    @property
    def wide_rate(self) -> str:
        """The rate of what stays at 16 bits where weights are narrower."""
        return "half" if self.size < 2 else self.rate

    @property
    def scored_in(self) -> Precision:
        """The format of lm_head."""
        return self.lm_head or (WIDE if self.size < 2 else self)

    @property
    def wide_size(self) -> Byte:
        """Of an element of lm_head."""
        return self.scored_in.size

    @property
    def embedding_size(self) -> Byte:
        return (self.embedding or self.scored_in).size

    @property
    def projected_in(self) -> Precision:
        """The format of attention's matrices."""
        return next((part.precision for part in self.parts if part.name == "attention"), self)

    @property
    def cached_as(self) -> Precision:
        """The format that a KV cache is in when nothing else is said: one with scales is for weights, and so is what
        checkpoints have, so that engines keep 16 bits."""
        return self if self.lm_head is None and self.rate == self.name else PRECISIONS["fp16"]

    @property
    def optimizer_size(self) -> Byte:
        """Adam's state of one parameter: two moments at 32 bits and, below that, a 32-bit copy of the weight."""
        return 8.0 if self.size >= 4 else 12.0

    @property
    def label(self) -> str:
        """What a person chooses: "8 bit", "4-bit weights" where the arithmetic stays at 16, or what mixes formats.

        >>> PRECISIONS["int8"].label, PRECISIONS["w4a16"].label
        ('8 bit', '4-bit weights')
        """
        if self.parts:
            return self.name
        bits = f"{math.floor(8 * self.size)}"
        return f"{bits}-bit weights" if self.rate in ("half", NATIVE) else f"{bits} bit"

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True)
class Part:
    """A part of a model's layers that has another format than the rest: a key of `Transformer.parts`.

    `more` is what an element of it takes beyond one of the rest, whose own format is the first to be counted.
    """

    name: str
    precision: Precision
    more: Byte

    @property
    def label(self) -> str:
        return self.name

    @property
    def rate(self) -> str:
        """The chip's rate that its products run at."""
        return self.precision.rate

    @property
    def absent(self) -> Part:
        """No part: what a format with fewer of them has in the place of one."""
        return NO_PART


WIDE = Precision("16 bit", 2.0, "half")  # FP16 or BF16, whichever the chip has
NO_PART = Part("nothing", WIDE, 0.0)


def _in_blocks(name: str, size: Byte) -> Precision:
    """A format of llama.cpp: it is for whole files, but the smaller ones keep lm_head in Q6_K."""
    plain = Precision(name, size, "half")
    return Precision(name, size, "half", plain, plain if size > 1 else Precision("Q6_K", 6.5625 / 8, "half"))


# Bytes of a block of 32: ggml-org/llama.cpp, `ggml/src/ggml-common.h`; lm_head: `src/llama-quant.cpp`.
BLOCKS = {"q4_0": 18, "q4_1": 20, "q5_0": 22, "q5_1": 24, "q8_0": 34}
PRECISIONS = {p.name: p for p in (
    Precision("fp32", 4.0), Precision("tf32", 4.0), Precision("fp16", 2.0), Precision("bf16", 2.0),
    Precision("fp8", 1.0), Precision("int8", 1.0), Precision("fp4", 0.5), Precision("int4", 0.5),
    # With what a group has besides: 128 numbers 32 bits of scale and zero point (AWQ, GPTQ), 32 a scale of 8 bits
    # (MXFP4), 16 one of 8 (NVFP4).
    Precision("nvfp4", 4.5 / 8, "fp4"), Precision("w8a16", 8.25 / 8, "half"), Precision("w4a16", 4.25 / 8, "half"),
    Precision("mxfp4", 4.25 / 8, NATIVE), *(_in_blocks(name, size / 32) for name, size in BLOCKS.items()))}
