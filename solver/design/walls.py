"""The walls that a plan of serving can run into, a function each: what it needs, and what it has.

A wall is what `WALLS` lists: a function of a `Served` plan that yields the walls that its data reach. Another class is
joined by one more function there, and its name taken out of `NOT_WALKED`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from solver.base.term import measured_text
from solver.design.plan import ServingPlan
from solver.formulas.exchange import exchange_time
from solver.formulas.lengths import Fixed
from solver.formulas.memory import chip_bytes, chip_weights_bytes, usable_bytes
from solver.formulas.transformer import launch_time, scheduling_time
from solver.formulas.work import forward_compute_time, forward_memory_time
from solver.serving.batching import ContinuousBatchingModel
from solver.serving.capacity import max_users
from solver.serving.model import ServingModel
from solver.serving.result import ServingResult
from solver.zoo.node import Node

TIMED_PHASES = {"prefill": "time to first token", "decode": "time between tokens"}


@dataclass(frozen=True)
class Wall:
    """One wall: what a plan needs and has, in base units. It does not hold where the margin is below 0."""

    name: str
    what: str
    need: float
    have: float
    unit: str
    phase: str = ""

    @property
    def margin(self) -> float:
        """What is left, as a share of what there is."""
        return 1 - self.need / self.have if self.have > 0 else -np.inf

    def __str__(self) -> str:
        need, have = (measured_text(value, self.unit) for value in (self.need, self.have))
        left = f"{self.margin:.0%} is left" if self.margin >= 0 else f"{-self.margin:.0%} too much"
        return f"{self.name}: {self.what} takes {need} of {have}, {left}."


class Served:
    """A plan, and what the classes of this package say of it, each asked once."""

    def __init__(self, plan: ServingPlan) -> None:
        self.plan = plan

    @property
    def common(self) -> dict[str, Any]:
        """What every class is asked of a replica."""
        p = self.plan
        return {"model": p.model, "hardware": p.hardware, "precision": p.precision, "kv_precision": p.kv_precision,
                "tensor_parallel": p.tensor_parallel, "profile": p.profile, "reserve": p.reserve, "fabric": p.fabric,
                "output_len": p.output_len or None}

    @cached_property
    def decoding(self) -> ServingResult:
        """One replica that answers its requests."""
        return ServingModel().solve(seq_len=self.plan.seq_len, batch_size=self.plan.requests, **self.common)

    @cached_property
    def reading(self) -> ServingResult:
        """One replica that reads a prompt for which it is free."""
        return ServingModel().solve(seq_len=self.plan.seq_len, **self.common)

    @cached_property
    def rate(self) -> float:
        """Tokens a second of all replicas that answer without a pause, all requests of full length."""
        p = self.plan
        found = ContinuousBatchingModel().solve(seq_len=p.seq_len + p.output_len, max_batch_size=p.requests,
                                                lengths=Fixed(), **self.common)
        return p.replicas * float(found.value("throughput_tokens_per_sec"))

    @property
    def node(self) -> Node:
        """The chips of a replica."""
        found: Node = self.decoding.given["asked"].node
        return found

    @property
    def usable(self) -> float:
        """Memory of a chip that weights and caches may take."""
        return float(usable_bytes(self.plan.hardware, self.plan.reserve))

    @property
    def weights(self) -> float:
        """Those of a chip."""
        return float(chip_weights_bytes(self.node, self.plan.model))

    @property
    def caches(self) -> float:
        """Those of all requests on a chip."""
        p = self.plan
        return float(chip_bytes(self.node, p.model, p.requests, p.seq_len + p.output_len)) - self.weights

    @property
    def users(self) -> float:
        """Requests that fit beside the weights of a replica."""
        p = self.plan
        return float(max_users(p.model, p.hardware, p.seq_len + p.output_len, p.precision, p.reserve,
                               kv_precision=p.kv_precision, tensor_parallel=p.tensor_parallel))

    @property
    def targets(self) -> dict[str, tuple[float, float]]:
        """The phases that have a target: what they take, and may take."""
        found = {}
        if self.plan.ttft is not None:
            found["prefill"] = float(self.reading.value("ttft")), self.plan.ttft
        if self.plan.itl is not None:
            found["decode"] = float(self.decoding.value("itl")), self.plan.itl
        return found

    def parts(self, phase: str) -> dict[str, float]:
        """What each part of a step would take if there were no other; the one that binds it takes all of it."""
        p, node, model, reads = self.plan, self.node, self.plan.model, phase == "prefill"
        batch, new, past = (1.0, p.seq_len, 0.0) if reads else (p.requests, 1.0, p.seq_len + p.output_len / 2)
        pair_work = model.prefill_pair_work if reads else model.decode_pair_work
        with np.errstate(all="ignore"):
            found = {
                "Compute": forward_compute_time(node, model, pair_work, batch, new, past, 1.0),
                "Memory": forward_memory_time(node, model, batch, new, past),
                "Communication": exchange_time(node, model, batch * new),
                "Launches": launch_time(node, model, float(reads)) + (0.0 if reads else scheduling_time(node, batch))}
        binding = self.reading.prefill_bottleneck if reads else self.decoding.bottleneck
        return {name: self.targets[phase][0] if name == binding else float(time) for name, time in found.items()}


def memory_wall(served: Served) -> Iterator[Wall]:
    """The weights, in the memory of each chip."""
    yield Wall("memory capacity", "what each chip holds of the weights", served.weights, served.usable, "byte")


def cache_wall(served: Served) -> Iterator[Wall]:
    """The caches of all requests, in what the weights leave; not reached where they leave nothing."""
    room = served.usable - served.weights
    if room > 0:
        asked, fit = (measured_text(count) for count in (served.plan.requests, served.users))
        yield Wall("KV cache", f"the cache of {asked} requests at once, where {fit} fit,", served.caches, room, "byte")


def bandwidth_wall(served: Served) -> Iterator[Wall]:
    """Reading weights and caches, in the time that a step may take."""
    yield from _timed(served, "memory bandwidth", "Memory", "reading memory")


def compute_wall(served: Served) -> Iterator[Wall]:
    """Arithmetic, in the time that a step may take."""
    yield from _timed(served, "compute", "Compute", "arithmetic")


def network_wall(served: Served) -> Iterator[Wall]:
    """What chips of a replica exchange, in the time that a step may take."""
    if served.plan.tensor_parallel > 1:
        yield from _timed(served, "network", "Communication", "what chips exchange")


def launch_wall(served: Served) -> Iterator[Wall]:
    """Launches and scheduling, in the time that a step may take; nothing without a profile."""
    yield from (wall for wall in _timed(served, "launches", "Launches", "starting kernels") if wall.need)


def throughput_wall(served: Served) -> Iterator[Wall]:
    """The tokens that requests want which come in a second, in those that all replicas answer."""
    p = served.plan
    if p.arrival_rate is not None and p.output_len:
        yield Wall("throughput", "what requests ask for", p.arrival_rate * p.output_len, served.rate, "token/second")


def _timed(served: Served, name: str, part: str, what: str) -> Iterator[Wall]:
    """The wall of one part of a step, in each phase that has a target; the whole step where that part binds it."""
    for phase, (whole, may) in served.targets.items():
        need = served.parts(phase)[part]
        said = f"a step that waits for {what}" if need == whole else what
        if not np.isnan(need):
            yield Wall(name, f"{TIMED_PHASES[phase]}: {said}", need, may, "second", phase)


WALLS: tuple[Callable[[Served], Iterator[Wall]], ...] = (
    memory_wall, cache_wall, bandwidth_wall, compute_wall, network_wall, launch_wall, throughput_wall)
# What no function above walks, and what a plan would have to say for it.
NOT_WALKED = {"tail latency": ("arrival_rate", "ttft"), "failures": ("mttf", "duration"),
              "energy": ("region", "duration"), "cost": ("budget", "duration")}


def walls_of(plan: ServingPlan) -> list[Wall]:
    """All walls that the data of a plan reach, the tightest first."""
    served = Served(plan)
    return sorted((wall for one in WALLS for wall in one(served)), key=lambda wall: wall.margin)
