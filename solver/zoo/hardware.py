"""Accelerators: the few figures of a data sheet that decide how fast a model runs on a chip."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cache, cached_property
from typing import Annotated, Any

import numpy as np

from solver.text import given_text, nearest
from solver.units import Bandwidth, Byte, FlopRate, Scalar, Watt
from solver.zoo.formats import precision_named
from solver.zoo.precision import BITS, NATIVE, NATIVE_WEIGHTS, PRECISIONS
from solver.zoo.records import ByName, Source, Zoo, base_value, make_plain, read, records, units

WEIGHT_KINDS = [f"{bits}{kind}" for bits in range(33) for kind in (" bit", "-bit weights")]  # as `Precision.stored`
NONE = math.nan  # a figure that a chip lacks, or that nobody publishes
UNPUBLISHED = "unpublished"  # what stands in the zoo for a figure that the chip has and nobody prints


class Rates(ByName):
    """Rates by their own names and by those of number formats, and by a format itself, one of your own too."""

    def __missing__(self, key: Any) -> Any:
        return self[precision_named(key).rate]


@dataclass(frozen=True)
class Accelerator:
    """One chip, as its data sheet has it; floats in base units (a quantity or "80 GiB" is converted).

    `memory` is the installed size, of which error correction keeps the share `ecc`; what the driver and the
    activations take is a `reserve` of the model that uses it. Rates are dense (no sparsity) and NaN where the chip has
    no such format, or where nobody publishes the rate: then its name is in `unpublished`, and only what needs the rate
    is unknown. `link` is the interconnect between chips, which joins `domain` of them, and `host` the bus to the host,
    one direction each. `sparsity` is how many times as fast it multiplies weights of which two in each four are zero, 1
    where nobody prints that. `family` ("Hopper") and `memory_kind` ("HBM", "GDDR", "Unified", or "SRAM" on the chip
    itself) say which share of its figures an engine reaches (see `Profile`).

    >>> Accelerator("Mine", memory="80 GiB", bandwidth="3 TB/s", fp16="900 TFLOP/s").bandwidth
    3000000000000.0
    """

    name: str
    memory: Byte
    bandwidth: Bandwidth
    fp32: FlopRate = NONE
    tf32: FlopRate = NONE
    fp16: FlopRate = NONE
    bf16: FlopRate = NONE
    fp8: FlopRate = NONE
    int8: FlopRate = NONE
    fp4: FlopRate = NONE
    int4: FlopRate = NONE
    link: Bandwidth = NONE
    host: Bandwidth = NONE
    power: Watt = NONE
    family: str = ""
    memory_kind: str = ""
    ecc: Scalar = 0.0
    domain: Scalar = 1.0
    sparsity: Scalar = 1.0
    unpublished: tuple[str, ...] = ()
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False, compare=False)

    @classmethod
    def declared(cls, name: str, **figures: Any) -> Accelerator:
        """A chip in the words of ``zoo/hardware.toml``, each figure judged; "unpublished" is a rate that it has and
        nobody prints.

        >>> mine = Accelerator.declared("mine", memory="96 GiB", bandwidth="4 TB/s", bf16="900 TFLOP/s",
        ...                             fp8="unpublished")
        >>> mine.half, mine.unpublished
        (900000000000000.0, ('fp8',))
        """
        known = [one.name for one in fields(cls) if one.name not in ("name", "unpublished", "sources")]
        for key in figures:
            if key not in known:
                raise TypeError(f"{name} has {key!r}, which is no figure of a chip. {nearest(key, known)}")
        for key in ("memory", "bandwidth"):
            if key not in figures:
                raise TypeError(f"{name} has no {key!r}, which every chip has: give it with its unit, as in '80 GiB'.")
        unpublished = tuple(key for key, value in figures.items() if value == UNPUBLISHED)
        made = cls(name, **figures | dict.fromkeys(unpublished, NONE), unpublished=unpublished)
        for key, value in figures.items():
            if key not in unpublished:
                made.judge(key, value)
        return made

    def judge(self, key: str, given: Any) -> None:
        """Refuse a figure that no chip has; one that a chip may lack may be NaN, and symbols pass."""
        value = getattr(self, key)
        if key not in units(Accelerator) or hasattr(value, "is_symbol"):
            return
        numbers = np.asarray(None if isinstance(value, (list, tuple)) else value)
        if numbers.dtype.kind not in "iuf" or not np.all(self._possible(key, numbers)):
            wanted = "a share from 0 to less than 1" if key == "ecc" else "a positive number with its unit, and finite"
            raise ValueError(f"{key} of {self} is {given_text(given)}, and should be {wanted}; leave out what the chip "
                             f"lacks.")

    def _possible(self, key: str, numbers: Any) -> Any:
        """Which of some numbers that figure can be."""
        lacking = self.__dataclass_fields__[key].default
        if key == "ecc":
            return (numbers >= 0) & (numbers < 1)
        return (numbers > 0) & (numbers < np.inf) | np.isnan(numbers) & (lacking is NONE)

    def __post_init__(self) -> None:
        make_plain(self)
        left = tuple(name for name in self.unpublished if self._lacks(name))  # none that somebody gives
        object.__setattr__(self, "unpublished", left)

    def _lacks(self, name: str) -> bool:
        """Whether that figure is NaN; a symbol is a figure."""
        return isinstance(getattr(self, name), float) and math.isnan(getattr(self, name))

    @cached_property
    def usable_memory(self) -> Byte:
        """What the driver shows of the installed memory: all but what error correction keeps."""
        return self.memory * (1 - self.ecc)

    @cached_property
    def reading(self) -> Accelerator:
        """The chip where arithmetic hides behind reading memory: a rate that nobody publishes is then no limit."""
        without_limit: dict[str, Any] = dict.fromkeys(self.unpublished, math.inf)
        return replace(self, **without_limit) if self.unpublished else self

    @cached_property
    def unrated(self) -> dict[str, Any]:
        """Whether products at a rate, or those at 16 bits beside narrower ones, need a figure that nobody publishes,
        by the rate's name: 1, else 0."""
        if not self.unpublished:
            return Rates.fromkeys((*BITS, NATIVE), 0.0)
        return Rates((rate, float(self.reading._has(rate) and not self._has(rate))) for rate in (*BITS, NATIVE))

    def _has(self, rate: str) -> bool:
        """Whether products at that rate have all the figures that they need."""
        return not np.isnan(self.peak[rate]) and not (BITS.get(rate, 4.0) < 16 and np.isnan(self.half))

    @cached_property
    def peak(self) -> Annotated[dict[str, Any], "FLOP/second"]:
        """The dense rate of every number format, by its name or its rate's; NaN where the chip has none, or nobody
        publishes it."""
        rates = {rate: getattr(self, rate) for rate in BITS} | {NATIVE: _known(self.fp4, self.half)}
        return Rates(rates | {name: rates[kind.rate] for name, kind in PRECISIONS.items()})

    @cached_property
    def half(self) -> FlopRate:
        """The 16-bit rate: FP16, or BF16 on a chip without it."""
        return _known(self.fp16, self.bf16)

    @cached_property
    def interconnect(self) -> Bandwidth:
        """What chips exchange data over: their own link, or the bus to the host where they have none."""
        return _known(self.link, self.host)

    @property
    def link_kind(self) -> str:
        """What chips exchange data over: a link of the chip's family, or "PCIe"."""
        return self.family if self.domain > 1 else "PCIe"

    @cached_property
    def kinds(self) -> dict[str, Any]:
        """What kind of arithmetic a rate, or number format, is on this chip, such as "Hopper 8-bit"."""
        native = 16.0 if self._lacks("fp4") else 4.0
        bits = BITS | {name: kind.bits for name, kind in PRECISIONS.items()} | {NATIVE: native, "mxfp4": native}
        return Rates((name, f"{self.family} {count:g}-bit") for name, count in bits.items())

    @cached_property
    def weight_kinds(self) -> dict[str, Any]:
        """What kind of work weights of a format are to this chip, by `Precision.stored`: "Hopper 4-bit weights"."""
        native = "4-bit weights" if self._lacks("fp4") else "4 bit"
        named = {kind: f"{self.family} {kind}" for kind in WEIGHT_KINDS}
        return ByName(named | {NATIVE_WEIGHTS: f"{self.family} {native}"})

    @property
    def precisions(self) -> list[str]:
        """The number formats whose rate on the chip is published."""
        return [name for name in PRECISIONS if not math.isnan(self.peak[name])]

    def __str__(self) -> str:
        return self.name


def _known(figure: Any, other: Any) -> Any:
    """A figure, or the other one where the chip lacks it; a symbol decides when it is known."""
    if isinstance(figure, (int, float)):
        return other if math.isnan(figure) else figure
    return np.where(np.isnan(figure), other, figure)


def accelerator_record(table: dict, sources: Mapping[str, Source]) -> Accelerator:
    """The record of one table of ``zoo/hardware.toml``, each figure with its source."""
    values = {k: v for k, v in table.items() if k not in ("group", "source", "elsewhere", "name")}
    family, memory_kind = values.pop("family"), values.pop("memory_kind")
    unpublished = tuple(k for k, v in values.items() if v == UNPUBLISHED)
    elsewhere = table.get("elsewhere", {})
    figures: dict[str, Any] = {k: base_value(v) for k, v in values.items() if k not in unpublished}
    origin = {k: sources[elsewhere.get(k, table["source"])] for k in figures}
    return Accelerator(table["name"], **figures, family=family, memory_kind=memory_kind, unpublished=unpublished,
                       sources=origin)


@cache
def chips() -> dict[str, Accelerator]:
    """All accelerators by name."""
    return records("hardware.toml", accelerator_record)


def group(name: str) -> Zoo[Accelerator]:
    """The accelerators that are marked with that group."""
    return Zoo(f"Hardware.{name}", lambda: {key: chip for key, chip in chips().items()
                                            if read("hardware.toml")[key]["group"] == name})


Hardware = Zoo("Hardware", chips, Cloud=group("Cloud"), Workstation=group("Workstation"), Wafer=group("Wafer"))
