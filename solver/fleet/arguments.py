"""The arguments that only fleets ask for: time, power, prices, and what a checkpoint is written with."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, TypeAlias

import numpy as np

from solver.base.arguments import CHIP, MODEL, WEIGHT_FORMAT
from solver.base.chosen import network
from solver.base.declared import OWN, Seen
from solver.base.fleets import DATACENTER, REGION
from solver.base.interruptions import CHECKPOINT
from solver.base.kinds import Named, Number, OneOf, Rate, Share, Whole
from solver.base.numbers import symbolic
from solver.base.recorded import Recorded
from solver.units import Q_
from solver.zoo.hardware import Hardware
from solver.zoo.site.price import Price, Prices

MOMENTS = {"adam": 2.0, "momentum": 1.0, "sgd": 0.0}  # numbers that an optimizer keeps for each parameter


def _trainable(name: str, value: Any, seen: Seen) -> Any:
    """A format that weights are trained in."""
    if not symbolic(value) and value.narrow:
        raise ValueError(f"{name} is {value}: weights are trained at 16 bits or more; choose fp16, bf16 or fp32.")
    return value


# Of all that runs for a time.
Days: TypeAlias = Annotated[Any, Named("Days that it runs.", "second", bare="day", low=0, above=True, example=30)]
FleetDatacenter: TypeAlias = Annotated[Any, replace(DATACENTER, otherwise=lambda seen: seen["fleet"].datacenter)]
FleetRegion: TypeAlias = Annotated[Any, replace(REGION, otherwise=lambda seen: seen["datacenter"].grid)]
Mfu: TypeAlias = Annotated[Any, Share(
    "Share of the chips' 16-bit rate that is reached, for the work that is done; it moves no watt.", "", above=True)]
ChipPower: TypeAlias = Annotated[Any, Rate(
    "What a chip draws on average while it is used; if not given, its board power.", "watt", sample="330 W",
    other=Q_("330 W"))]
PowerShare: TypeAlias = Annotated[Any, Share("Share of that power that it draws.", "", above=True)]
EmbodiedCarbon: TypeAlias = Annotated[Any, Named(
    "Kilograms of CO2 equivalent that making a chip emitted.", "kilogram", bare="kilogram", low=0, other=164)]
Lifetime: TypeAlias = Annotated[Any, Named(
    "Years of use that embodied carbon is spread over; if not given, all of it counts.", "second", bare="year", low=0,
    above=True, other=4, company={"embodied_carbon_per_device": OWN})]

# Of costs.
BOUGHT = {"chip_price": OWN}
KwhPrice: TypeAlias = Annotated[Any, Named(
    "USD for a kilowatt-hour; if not given, the price of the grid or the data center.", "dollar/joule",
    bare="dollar/kWh", low=0, other=0.2)]
CostRegion: TypeAlias = Annotated[Any, REGION]
Amortization: TypeAlias = Annotated[Any, Named(
    "Years over which what is bought is written off.", "second", bare="year", low=0, above=True, company=BOUGHT)]
Multiplier: TypeAlias = Annotated[Any, Number(
    "Price of all that is bought over that of its chips: hosts, network, building.", "", low=1, company=BOUGHT,
    good=lambda v: (v >= 1) & np.isfinite(v), says="give a number from 1 on, such as 1.5.")]
ChipHour: TypeAlias = Annotated[Any, Recorded(
    "Rent of a chip: a quantity, or a record of `Prices` or its name.", "dollar/second", sample="2.50 USD/hour",
    other=Q_("2.50 USD/hour"), kind=Price, zoo=lambda: Prices, figure="rate", named_as="Prices.H100_Lambda")]
ChipPrice: TypeAlias = Annotated[Any, Rate(
    "Purchase price of a chip.", "dollar", sample="25000 USD", other=Q_("25000 USD"))]
Maintenance: TypeAlias = Annotated[Any, Named(
    "Upkeep in a year, as a share of the purchase price.", "1/second", bare="1/year", low=0, other=0.05,
    company=BOUGHT)]
FleetUtilization: TypeAlias = Annotated[Any, Share(
    "Share of the time in which the fleet is used: what is rented is paid for in that alone.", "", above=True,
    company={"chip_hour": OWN})]
IdleShare: TypeAlias = Annotated[Any, Share(
    "What a chip that is not used draws, as a share of what it draws in use.", "", company={"utilization": OWN})]
FleetThroughput: TypeAlias = Annotated[Any, Rate(
    "Tokens a second of the whole fleet while it is used.", "token/second", sample="4000 token/s",
    other=Q_("4000 token/s"), company={"chip_hour": OWN})]

# Of checkpoints.
CheckpointedModel: TypeAlias = Annotated[Any, replace(
    MODEL, sentence="The model that is trained, a record such as `Models.Llama3_8B`.", judge=network,
    of="transformer or convolutional network")]
WritingChip: TypeAlias = Annotated[Any, replace(CHIP, pair=lambda: (Hardware["H100"], Hardware["A100"]))]
CheckpointedFormat: TypeAlias = Annotated[Any, replace(
    WEIGHT_FORMAT, sentence="Number format that the weights are trained in.", asks=_trainable,
    pair=lambda: ("fp16", "fp32"))]
MomentKeeper: TypeAlias = Annotated[Any, OneOf("What keeps moments of each parameter.", choices=tuple(MOMENTS))]
IntervalHours: TypeAlias = Annotated[Any, Named(
    "Hours of work between two checkpoints.", "second", bare="hour", low=0, above=True)]
Writers: TypeAlias = Annotated[Any, Whole("Chips that write a part of the checkpoint each.", "", word="writer")]
FilesystemLimit: TypeAlias = Annotated[Any, Named(
    "GB/s that the file system takes from all writers together.", "byte/second", bare="GB/s", low=0, above=True,
    company={"n_writers": 64})]
WriterRate: TypeAlias = Annotated[Any, Rate(
    "At which a writer stores its part; if not given, the chip's bus to the host.", "byte/second", sample="2 GB/s",
    other=Q_("2 GB/s"))]
Mtbf: TypeAlias = Annotated[Any, Rate(
    "Mean time between failures of the whole job; if not given, nothing fails.", "second", sample="3 hour",
    other=Q_("3 hour"))]
Pause: TypeAlias = Annotated[Any, replace(
    CHECKPOINT, other=10,
    sentence="Seconds that a checkpoint pauses all work; if not given, until it is written.")]
WasteLimit: TypeAlias = Annotated[Any, Share("Share of time that may be lost.", "", above=True, other=0.1)]
