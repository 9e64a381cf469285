"""The arguments of time: how fast chips are, how many replicas a fleet has, and how long a whole training is."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import numpy as np

from solver.base.declared import Seen
from solver.base.kinds import Number, Rate, RecordOf, Whole
from solver.base.numbers import each, together
from solver.text import number_text
from solver.training.arguments import OVERLAP_EFFICIENCY, all_good, is_open
from solver.training.profiles import TrainingProfile, TrainingProfiles
from solver.units import Q_, quantity
from solver.zoo.profiles import EFFICIENCY
from solver.zoo.records import record_named

REPLICA_SIZES = ("tp_size", "cp_size", "pp_size", "batch_size", "microbatch_count", "gradient_accumulation_steps",
                 "ep_size")
SPEEDS = ("achieved", "compute_rate", "profile")


class PlanError(ValueError):
    """A plan that is not of the fleet's size."""


def _width(seen: Seen) -> Any:
    """Chips of a replica."""
    return seen["tp_size"] * seen["cp_size"] * seen["pp_size"]


def _said(seen: Seen) -> str:
    """How they are multiplied, and the chips of the fleet."""
    names = ("tp_size", "cp_size", "pp_size")
    return " × ".join(f"{name} {'any' if np.ndim(seen[name]) else number_text(float(seen[name]))}" for name in names)


def _most(value: Any) -> str:
    return number_text(float(np.max(value)))


def _following(seen: Seen) -> Any:
    """The replicas that a fleet has: its chips over those of one."""
    together(**{name: seen[name] for name in REPLICA_SIZES})
    return _fitting(seen["fleet"].chips / _width(seen), seen)


def _given(name: str, value: Any, seen: Seen) -> Any:
    chips, width = seen["fleet"].chips, _width(seen)
    if not is_open(value, chips, width) and np.any(width * value != chips):
        raise PlanError(f"{_said(seen)} × dp_size {_most(value)} is not the fleet's {_most(chips)} chips: leave "
                        f"dp_size out, and it follows.")
    return _fitting(value, seen)


def _fitting(data: Any, seen: Seen) -> Any:
    """Replicas whose number is whole, which experts and the batch can be shared out among."""
    batch, many, repeated, experts = (seen[name] for name in (
        "batch_size", "microbatch_count", "gradient_accumulation_steps", "ep_size"))
    if is_open(data, batch, many, repeated, experts):
        return data
    if isinstance(data, float) and data >= 1 and data.is_integer() and isinstance(batch, (int, float)):
        share, around = data * many * repeated, data * seen["tp_size"] * seen["cp_size"]  # as most calls have it
        if isinstance(share, float) and isinstance(around % experts, float) and batch % share == around % experts == 0:
            return data
    if np.any(data != np.floor(data)) or np.any(data < 1):
        raise PlanError(f"{_said(seen)} does not divide the fleet's {_most(seen['fleet'].chips)} chips evenly: choose "
                        f"sizes whose product is a divisor of that.")
    share, around = data * many * repeated, data * seen["tp_size"] * seen["cp_size"]
    all_good("batch_size", batch, lambda v: v % share == 0, lambda bad: (
        f"{_most(data)} replicas of {_most(many * repeated)} micro-batches each need whole sequences; give a multiple "
        f"of {_most(share)}."), replicas=share)
    all_good("ep_size", experts, lambda v: around % v == 0, lambda bad: (
        f"a stage has {_most(around)} chips, tp_size × cp_size × dp_size; choose a divisor of that."), chips=around)
    return data


def _reachable(name: str, value: Any, seen: Seen) -> Any:
    """A rate that a chip can have, and the only thing said about its speed."""
    _only(name, seen)
    device, precision = seen["fleet"].device, seen["precision"]
    if not is_open(value, device, precision):
        peak = device.peak[precision.rate]
        each(name, value, lambda v: v <= peak, lambda bad: (
            f"FLOP/s are more than the {quantity(peak, 'TFLOP/s')} that {device} has in {precision}."))
    return value


def _only(name: str, seen: Seen) -> None:
    before = [one for one in SPEEDS if seen.get(one) is not None]
    before += ["efficiency"] if seen["efficiency"] is not EFFICIENCY else []
    if before:
        raise ValueError(f"{before[0]} and {name} are both given, and each of them says how fast a chip is: leave one "
                         f"of them out.")


def _framework(name: str, value: Any, seen: Seen) -> Any:
    _only(name, seen)
    if seen["overlap_efficiency"] is OVERLAP_EFFICIENCY:
        seen["overlap_efficiency"] = value.overlap
    return value


WholeTraining: TypeAlias = Annotated[Any, Number(
    "Tokens of the whole training, which give its days.", "token", low=0, above=True, other=3e11,
    good=lambda v: (v > 0) & np.isfinite(v), says="give a number of tokens above 0, such as 300e9.")]
FleetReplicas: TypeAlias = Annotated[Any, Whole(
    "Replicas of the model; if not given, as many as the fleet has chips for.", "", word="replica", other=64,
    single="it follows from the fleet and the other sizes, of which arrays may be given", otherwise=_following,
    asks=_given)]
Achieved: TypeAlias = Annotated[Any, Rate(
    "FLOP/s that each chip reaches, all time of a step counted, and with what is computed again.", "FLOP/second",
    sample="400 TFLOP/s", other=Q_("300 TFLOP/s"), asks=_reachable)]
ComputeRate: TypeAlias = Annotated[Any, Rate(
    "FLOP/s that each chip reaches while it computes.", "FLOP/second", sample="500 TFLOP/s", other=Q_("300 TFLOP/s"),
    asks=_reachable)]
Framework: TypeAlias = Annotated[Any, RecordOf(
    "What a training framework reaches of the chip, a record of `TrainingProfiles` or its name.", of="training profile",
    judge=lambda name, value: record_named(name, value, TrainingProfile, TrainingProfiles, "TrainingProfiles.megatron"),
    pair=lambda: ("fsdp", "megatron"), asks=_framework)]
