"""A plan of serving, as a person declares it: what runs where, for whom, and what it may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.base.arguments import CacheFormat, Efficiency, Format, Model, Prompt, Reached, Requests, Reserve
from solver.base.declared import declared
from solver.base.queues import ServiceSpread
from solver.design.audits.arguments import (
    RECOVERY,
    FirstTokenTime,
    NextTokenTime,
    PlanArrivals,
    PlanBudget,
    PlanCarbon,
    PlanChip,
    PlanChips,
    PlanDuration,
    PlanEnergy,
    PlanFleet,
    PlanMttf,
    PlanP99,
    PlanPurchase,
    PlanRecovery,
    PlanRegion,
    PlanRent,
    TokenBudget,
)
from solver.fleet.arguments import WasteLimit
from solver.serving.arguments import AnswerLength
from solver.text import number_text
from solver.zoo.profiles import EFFICIENCY
from solver.zoo.site.fleet import Fleet
from solver.zoo.site.server import Server


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
    arrival_rate: Any
    budget: float | None
    region: Any
    duration: float | None
    mttf: Any
    p99: Any
    service_time_cv: float
    recovery_time: float
    waste_limit: float
    energy_budget: float | None
    carbon_budget: float | None
    budget_per_token: float | None
    chip_hour: Any
    chip_price: float | None

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

    @property
    def site(self) -> Fleet:
        """All chips, and what is around them; without a fleet those of one replica, in an average data center."""
        return self.fleet or Fleet(Server(str(self.hardware), self.hardware, self.tensor_parallel), 1.0)

    def __str__(self) -> str:
        where = self.fleet or f"{number_text(self.tensor_parallel)} × {self.hardware}"
        return f"{self.model} on {where}"


@declared(single="a plan is one plan")
def serving_plan(model: Model, hardware: PlanChip, fleet: PlanFleet = None, *, seq_len: Prompt = 2048,
                 batch_size: Requests = 1, output_len: AnswerLength = None, ttft: FirstTokenTime = None,
                 itl: NextTokenTime = None, precision: Format = "fp16", kv_precision: CacheFormat = None,
                 tensor_parallel: PlanChips = 1, efficiency: Efficiency = EFFICIENCY, profile: Reached = None,
                 reserve: Reserve = 0.0, arrival_rate: PlanArrivals = None, budget: PlanBudget = None,
                 region: PlanRegion = None, duration: PlanDuration = None, mttf: PlanMttf = None,
                 p99: PlanP99 = None, service_time_cv: ServiceSpread = 1, recovery_time: PlanRecovery = RECOVERY,
                 waste_limit: WasteLimit = 0.05, energy_budget: PlanEnergy = None, carbon_budget: PlanCarbon = None,
                 budget_per_token: TokenBudget = None, chip_hour: PlanRent = None,
                 chip_price: PlanPurchase = None) -> ServingPlan:
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
        The grid that feeds it, a record of `Grids` or its name; if not given, the fleet's.
    duration : quantity, optional
        How long it runs.
    mttf : quantity, or failure rate, optional
        Mean time until a chip fails: a quantity, or a record of `FailureRates` or its name.
    p99 : quantity, optional
        Time that 99 % of the requests may take at most, waiting included. From arrival to the last token.
    service_time_cv : number
        Standard deviation of service times over their mean: 0 all equal, 1 exponential.
    recovery_time : quantity
        Time from a failure until work goes on where it stopped.
    waste_limit : share
        Share of time that may be lost. Of a replica, to failures.
    energy_budget : quantity, optional
        Energy that it may take.
    carbon_budget : quantity, optional
        Carbon that it may emit, as CO2 or its equivalent.
    budget_per_token : quantity, optional
        Money that tokens of answers may cost.
    chip_hour : quantity, or price, optional
        Rent of a chip: a quantity, or a record of `Prices` or its name.
    chip_price : quantity, optional
        Price of a chip with its part of hosts and network, if it is bought; written off over three years.

    Raises
    ------
    ValueError, TypeError, DimensionalityError
        In a sentence that names the argument, its limit and the next move.

    Notes
    -----
    Leaves out requests of several kinds: all are equal, but that service_time_cv lets some be longer in the tail.

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
                       region, duration, mttf, p99, float(service_time_cv), recovery_time, float(waste_limit),
                       energy_budget, carbon_budget, budget_per_token, chip_hour, chip_price)
