"""The arguments of what feeds chips: rates, sizes and times, each with its unit."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeAlias

import numpy as np

from solver.base.arguments import CHIP
from solver.base.kinds import Amount, Named, Rate, Share, Whole
from solver.base.numbers import each, number, symbolic, unknown, unseen
from solver.text import given_text
from solver.units import Q_, is_quantity
from solver.zoo.hardware import Hardware


@dataclass(frozen=True, eq=False)
class PositiveTime(Amount):
    """A time above nothing; a bare number is refused, since its unit can only be guessed."""

    unit: str = "second"
    above: bool = True

    def plain(self, name: str, value: Any) -> Any:
        if symbolic(value):
            return value
        if not is_quantity(value):
            raise TypeError(f"{name} is {given_text(value)}, without a unit: write Q_({self.sample!r}), for example.")
        if unknown(value):
            return unseen(name, value, self.unit)
        return each(name, number(name, value, self.unit), lambda v: (v > 0) & (v < np.inf),
                    lambda bad: f"give a time above 0, such as Q_({self.sample!r}).")


Wanted: TypeAlias = Annotated[Any, Rate(
    "Data that the chips take if they never wait, all of them together.", "byte/second", sample="2 GB/s",
    example=Q_("2 GB/s"))]
FedChip: TypeAlias = Annotated[Any, replace(CHIP, pair=lambda: (Hardware["H100"], Hardware["A100"]))]
FedChips: TypeAlias = Annotated[Any, Whole("Chips that are fed, each over a bus of its own.", "", word="chip")]
StorageRate: TypeAlias = Annotated[Any, Rate(
    "What storage reads; if not given, it is no limit.", "byte/second", sample="10 GB/s", other=Q_("1 GB/s"),
    otherwise=lambda seen: np.inf)]
NetworkRate: TypeAlias = Annotated[Any, Rate(
    "What the network to the storage carries; if not given, it is no limit.", "byte/second", sample="25 GB/s",
    other=Q_("1 GB/s"), otherwise=lambda seen: np.inf)]

Samples: TypeAlias = Annotated[Any, Whole("Samples of a step.", "request", word="sample", example=256)]
SampleSize: TypeAlias = Annotated[Any, Named(
    "Bytes of a sample before it is prepared.", "byte", bare="byte", low=0, above=True, example=110_000,
    other=220_000)]
Throughput: TypeAlias = Annotated[Any, Rate(
    "Data that a worker prepares, counted as it was before.", "byte/second", sample="250 MB/s",
    example=Q_("250 MB/s"))]
StepTime: TypeAlias = Annotated[Any, PositiveTime(
    "Time of a step on the accelerator, if its batch is there.", sample="100 ms", example=Q_("100 ms"))]
Workers: TypeAlias = Annotated[Any, Whole("Workers that prepare samples at once, such as processor cores.", "",
                                          word="worker")]
Ahead: TypeAlias = Annotated[Any, Share(
    "How far a batch is prepared while the chip works on another: 1 wholly ahead, 0 one after the other.", "")]
