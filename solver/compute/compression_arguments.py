"""The arguments that only compression asks for: which format, and how many zeros of which kind."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, TypeAlias

import numpy as np

from solver.base.arguments import PROMPT, WEIGHT_FORMAT, CacheFormat
from solver.base.chosen import rated
from solver.base.declared import Seen
from solver.base.kinds import OneOf, Share, Word
from solver.base.numbers import each, symbolic
from solver.text import number_text
from solver.zoo.hardware import Accelerator
from solver.zoo.precision import PRECISIONS, Precision

METHODS = ("quantization", "pruning", "both")
PATTERNS = ("unstructured", "structured", "2:4")
PRUNED = {"method": "pruning"}


def narrowed_format(bits: int, device: Accelerator) -> Precision:
    """The number format of so many bits that a chip runs fastest: one that it multiplies in, else weights alone."""
    ranked = {16: ("fp16", "bf16"), 8: ("fp8", "int8"), 4: ("nvfp4",)}[bits]
    rates = {name: float(device.reading.peak[name] if bits == 16 else device.peak[name]) for name in ranked}
    known = [name for name in ranked if not np.isnan(rates[name])]
    return PRECISIONS[max(known, key=lambda name: rates[name], default={16: "fp16", 8: "w8a16", 4: "w4a16"}[bits])]


def _pattern(name: str, value: Any, seen: Seen) -> Any:
    """What goes with 2:4: half of the weights, no more and no less."""
    if value == "2:4" and seen["method"] != "quantization" and not symbolic(seen["sparsity"]):
        each("sparsity", seen["sparsity"], lambda share: share == 0.5, lambda bad: (
            "of 2:4 it is 0.5, two zeros in each four weights; give that, or another sparsity_type."))
    return value


def _target(seen: Seen) -> Precision:
    """The format of that many bits on the chip."""
    if seen["method"] == "pruning":
        return seen["baseline_precision"]
    if symbolic(seen["hardware"]):
        raise TypeError("target_precision is not given, and which format of target_bitwidth bits a chip runs depends "
                        "on the chip, which is not known yet: name one, such as target_precision='w4a16'.")
    found = narrowed_format(seen["target_bitwidth"], seen["hardware"])
    return _narrower("target_bitwidth", seen["target_bitwidth"], found, seen)


def _named(name: str, value: Any, seen: Seen) -> Any:
    """A format of one's own choice, which the chip has a rate for."""
    return _narrower(name, value, rated(value, seen["hardware"]), seen)


def _narrower(name: str, given: Any, found: Any, seen: Seen) -> Any:
    """A format that is no wider than the one before."""
    baseline = seen["baseline_precision"]
    if not symbolic(found) and not symbolic(baseline) and found.size > baseline.size:
        raise ValueError(f"{name} is {given}: {found} takes {number_text(8 * found.size)} bits a weight and "
                         f"baseline_precision, {baseline}, {number_text(8 * baseline.size)}. Compression makes them "
                         f"fewer: choose a narrower one.")
    return found


Method: TypeAlias = Annotated[Any, Word(
    "What is done to the weights: fewer bits, zeros, or both.", choices=METHODS)]
Bits: TypeAlias = Annotated[Any, OneOf(
    "Bits of a weight, in the format of so many that the chip runs fastest.", choices=(16, 8, 4), other=4)]
Sparsity: TypeAlias = Annotated[Any, Share(
    "Share of the layers' weights that are made zero.", "", company=PRUNED)]
Pattern: TypeAlias = Annotated[Any, Word(
    "Where the zeros are: anywhere, in whole rows and heads, or two in each four weights.", choices=PATTERNS,
    asks=_pattern, company=PRUNED | {"sparsity": 0.5})]
Before: TypeAlias = Annotated[Any, replace(
    WEIGHT_FORMAT, sentence="Number format before, which the accelerator has a rate for.",
    pair=lambda: ("fp16", "fp32"))]
TargetFormat: TypeAlias = Annotated[Any, replace(
    WEIGHT_FORMAT, sentence="Number format after, by its name; if not given, the one of target_bitwidth.", asks=_named,
    otherwise=_target, pair=lambda: ("fp8", "w4a16"))]
CachedAsBefore: TypeAlias = Annotated[Any, replace(
    CacheFormat.__metadata__[0], otherwise=lambda seen: seen["baseline_precision"].cached_as,
    sentence="Number format of the KV cache before and after; not given: that of the weights before, or 16 bits.")]
PromptAndCache: TypeAlias = Annotated[Any, replace(
    PROMPT, sentence="Tokens of each prompt, and in cache while it decodes.", example=None)]
