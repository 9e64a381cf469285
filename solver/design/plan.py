"""A plan of serving, as a person declares it: what runs where, for whom, and what it may take."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeAlias

import numpy as np

from solver.base.arguments import (
    CHIP,
    CacheFormat,
    Chips,
    Efficiency,
    Format,
    Model,
    Prompt,
    Reached,
    Requests,
    Reserve,
)
from solver.base.chosen import accelerator
from solver.base.declared import Seen, declared
from solver.base.fleets import FLEET, REGION
from solver.base.kinds import Amount
from solver.serving.arguments import AnswerLength
from solver.text import number_text
from solver.units import Q_
from solver.zoo.profiles import EFFICIENCY
from solver.zoo.site.fleet import Fleet
from solver.zoo.site.server import Servers


def _its_chip(name: str, value: Any, seen: Seen) -> Any:
    """A fleet, whose chips are the hardware."""
    if seen["hardware"] not in (None, value.device):
        raise ValueError(f"hardware is {seen['hardware']}, and {name} is {value}, which has {value.device}: give one "
                         f"of them.")
    seen["hardware"] = value.device
    return value


def _chip_or_none(name: str, value: Any) -> Any:
    return None if value is None else accelerator(name, value)


def _no_fleet(seen: Seen) -> None:
    if seen["hardware"] is None:
        raise ValueError("hardware and fleet are both missing: give the chip, such as Hardware.Cloud.H100, or a fleet, "
                         "such as Fleet(Servers.DGX_H100, 16).")


def _within_fleet(name: str, value: Any, seen: Seen) -> Any:
    """No more chips than there are."""
    value = SHARED_BY.asks(name, value, seen)
    if seen["fleet"] is not None and value > seen["fleet"].chips:
        raise ValueError(f"{name} is {number_text(value)}, and {seen['fleet']} has {number_text(seen['fleet'].chips)} "
                         f"chips: choose no more.")
    return value


def _amount(sentence: str, unit: str, sample: str) -> Any:
    """A quantity that need not be given."""
    return Amount(sentence, unit, above=True, sample=sample, otherwise=lambda seen: None, other=Q_(sample))


SHARED_BY: Any = Chips.__metadata__[0]
PlanChip: TypeAlias = Annotated[Any, replace(
    CHIP, sentence="The accelerator, as many of it as share a layer; None with a fleet.", judge=_chip_or_none)]
PlanFleet: TypeAlias = Annotated[Any, replace(
    FLEET, sentence="The fleet, all of which serves, if more than one model's worth of chips does.", asks=_its_chip,
    otherwise=_no_fleet, pair=lambda: (Fleet(Servers.DGX_H100, 16), Fleet(Servers.DGX_H100, 2)))]
PlanChips: TypeAlias = Annotated[Any, replace(SHARED_BY, asks=_within_fleet)]
FirstTokenTime: TypeAlias = Annotated[Any, _amount("Time that the first token may take.", "second", "200 ms")]
NextTokenTime: TypeAlias = Annotated[Any, _amount("Time that each further token may take.", "second", "50 ms")]
PlanArrivals: TypeAlias = Annotated[Any, _amount("Requests that come in a time.", "request/second", "2 request/s")]
PlanBudget: TypeAlias = Annotated[Any, _amount("Money that it may cost.", "dollar", "1e6 dollar")]
PlanDuration: TypeAlias = Annotated[Any, _amount("How long it runs.", "second", "30 day")]
PlanMttf: TypeAlias = Annotated[Any, _amount("Mean time until a chip fails.", "second", "50000 hour")]
PlanRegion: TypeAlias = Annotated[Any, replace(
    REGION, sentence="The grid that feeds it, a record of `Grids` or its name.")]


@dataclass(frozen=True, eq=False)
class ServingPlan:
    """A plan of serving that was judged; times are in seconds, `None` is what was not given."""

    model: Any
    hardware: Any
    fleet: Any
    seq_len: float
    batch_size: float
    output_len: float
    ttft: float | None
    itl: float | None
    precision: Any
    kv_precision: Any
    tensor_parallel: int
    profile: Any
    reserve: float
    arrival_rate: float | None
    budget: float | None
    region: Any
    duration: float | None
    mttf: float | None

    @property
    def replicas(self) -> float:
        """How many times the model is there: each on as many chips as share a layer."""
        return 1.0 if self.fleet is None else float(np.floor(self.fleet.chips / self.tensor_parallel))

    @property
    def requests(self) -> float:
        """Those of one replica, of the fullest."""
        return float(np.ceil(self.batch_size / self.replicas))

    @property
    def fabric(self) -> Any:
        """Over which chips exchange data that their link does not join."""
        return None if self.fleet is None else self.fleet.fabric

    def __str__(self) -> str:
        where = self.fleet or f"{number_text(self.tensor_parallel)} × {self.hardware}"
        return f"{self.model} on {where}"


@declared(single="a plan is one plan")
def serving_plan(model: Model, hardware: PlanChip, fleet: PlanFleet = None, *, seq_len: Prompt = 2048,
                 batch_size: Requests = 1, output_len: AnswerLength = None, ttft: FirstTokenTime = None,
                 itl: NextTokenTime = None, precision: Format = "fp16", kv_precision: CacheFormat = None,
                 tensor_parallel: PlanChips = 1, efficiency: Efficiency = EFFICIENCY, profile: Reached = None,
                 reserve: Reserve = 0.0, arrival_rate: PlanArrivals = None, budget: PlanBudget = None,
                 region: PlanRegion = None, duration: PlanDuration = None, mttf: PlanMttf = None) -> ServingPlan:
    """A plan of serving, judged, for `audit`.

    Parameters
    ----------
    model : transformer
        The transformer, a record such as `Models.Llama3_8B`.
    hardware : accelerator or None
        The accelerator, as many of it as share a layer; None with a fleet.
    fleet : fleet, optional
        The fleet, all of which serves, if more than one model's worth of chips does. Its chips are the hardware.
    seq_len : tokens
        Tokens of the prompt.
    batch_size : requests
        Requests that are served together. Replicas of a fleet share them.
    output_len : tokens, optional
        Tokens of the answer.
    ttft : quantity, optional
        Time that the first token may take.
    itl : quantity, optional
        Time that each further token may take.
    precision : name of a format
        Number format of the weights, which the accelerator has a rate for.
    kv_precision : name of a format, optional
        Number format of the KV cache; not given: the weights' if that is plain (fp8, int4), else 16 bits.
    tensor_parallel : chips
        Chips that share each layer, a divisor of the model's heads.
    efficiency : share
        Share of the peak FLOP/s that is reached, without a profile; bandwidth is then reached whole.
    profile : profile, optional
        What the engine reaches of the chip, a record of `Profiles` or its name.
    reserve : share
        Share of the memory that is kept for driver and activations.
    arrival_rate : quantity, optional
        Requests that come in a time.
    budget : quantity, optional
        Money that it may cost.
    region : grid, optional
        The grid that feeds it, a record of `Grids` or its name.
    duration : quantity, optional
        How long it runs.
    mttf : quantity, optional
        Mean time until a chip fails.

    Raises
    ------
    ValueError, TypeError, DimensionalityError
        In a sentence that names the argument, its limit and the next move.

    Notes
    -----
    Leaves out requests of several kinds: all are equal.

    Examples
    --------
    >>> from solver import Fleet, Models, Q_, Servers
    >>> plan = serving_plan(Models.Llama3_70B, None, Fleet(Servers.DGX_H100, 2), tensor_parallel=4,
    ...                     batch_size=100, itl=Q_("50 ms"))
    >>> print(plan, plan.replicas, plan.requests)
    Llama 3.1 70B on 2 × DGX H100 4.0 25.0
    """
    return ServingPlan(model, hardware, fleet, float(seq_len), float(batch_size), float(output_len), ttft, itl,
                       precision, kv_precision, int(tensor_parallel), profile, float(reserve), arrival_rate, budget,
                       region, duration, mttf)
