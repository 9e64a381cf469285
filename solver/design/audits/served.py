"""What the classes of this package say of a plan of serving, each asked once."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from solver.design.audits.plan import ServingPlan
from solver.formulas.exchange import exchange_time
from solver.formulas.lengths import Fixed
from solver.formulas.memory import chip_bytes, chip_weights_bytes, usable_bytes
from solver.formulas.transformer import launch_time, scheduling_time
from solver.formulas.work import forward_compute_time, forward_memory_time
from solver.serving.batching import ContinuousBatchingModel
from solver.serving.capacity import max_users
from solver.serving.model import ServingModel
from solver.serving.replicas import CACHE_PAGE, ServingCapacityModel
from solver.serving.replicas_result import ServingCapacityResult
from solver.serving.result import ServingResult
from solver.units import Q_
from solver.zoo.node import Node
from solver.zoo.site.fleet import Fleet


class Served:
    """A plan, and what the classes of this package say of it, each asked once."""

    def __init__(self, plan: ServingPlan) -> None:
        self.plan = plan

    @property
    def common(self) -> dict[str, Any]:
        """What every class is asked of a replica."""
        p = self.plan
        return {"model": p.model, "hardware": p.hardware, "precision": p.precision, "kv_precision": p.kv_precision,
                "tensor_parallel": p.tensor_parallel, "profile": p.profile, "reserve": p.reserve, "fabric": p.fabric}

    @cached_property
    def decoding(self) -> ServingResult:
        """One replica that answers its requests."""
        return self._served(self.plan.requests)

    @cached_property
    def reading(self) -> ServingResult:
        """One replica that reads a prompt for which it is free."""
        return self._served(1)

    def _served(self, requests: float) -> ServingResult:
        p = self.plan
        return ServingModel().solve(seq_len=p.seq_len, batch_size=requests, output_len=p.output_len or None,
                                    **self.common)

    @property
    def longest(self) -> float:
        """Tokens of a request, prompt and answer."""
        return self.plan.seq_len + self.plan.output_len

    @cached_property
    def rate(self) -> float:
        """Tokens a second of all replicas that answer without a pause, all requests of full length."""
        p = self.plan
        found = ContinuousBatchingModel().solve(
            seq_len=self.longest, max_batch_size=p.requests, output_len=p.output_len, lengths=Fixed(),
            page_size=min(CACHE_PAGE, self.longest), **self.common)
        return p.replicas * float(found.value("throughput_tokens_per_sec"))

    @cached_property
    def queued(self) -> ServingCapacityResult:
        """What the replicas do with requests that come at random, and how many would keep to the p99."""
        p = self.plan
        return ServingCapacityModel().solve(
            qps=p.arrival_rate, target_p99_latency_ms=Q_(p.p99, "s"), max_seq_len=self.longest,
            output_tokens=p.output_len, max_batch_size=p.requests, service_time_cv=p.service_time_cv, **self.common)

    @property
    def slowest(self) -> float:
        """Time that 99 % of the requests take at most, with the replicas that there are."""
        replicas = self.queued.given["asked"].replicas
        with np.errstate(all="ignore"):
            return float(replicas.load(self.plan.replicas).field_values()["estimated_p99_latency"])

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
        return float(chip_bytes(self.node, p.model, p.requests, self.longest)) - self.weights

    @property
    def users(self) -> float:
        """Requests that fit beside the weights of a replica."""
        p = self.plan
        return float(max_users(p.model, p.hardware, self.longest, p.precision, p.reserve,
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

    # What walls of a site ask of any plan.

    @property
    def site(self) -> Fleet:
        """All chips, and what is around them."""
        return self.plan.site

    @property
    def duration(self) -> float | None:
        """How long they run."""
        return self.plan.duration

    @property
    def answered(self) -> float:
        """Tokens of answers in a second: those that are asked for, as far as the replicas can."""
        p = self.plan
        return self.rate if p.arrival_rate is None else min(self.rate, p.arrival_rate * p.output_len)
