"""A training step on a fleet: its arithmetic, what chips exchange, and how long they wait for one another."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from solver.formulas.fleet.topology import uniform_share
from solver.formulas.training.collective_exchange import hierarchical_time, near_chips
from solver.formulas.training.expert_routing import distinct_groups, leaving_share, routed_bytes, routed_time
from solver.formulas.training.parallel_exchange import (
    exposed_exchange_time,
    gathered_bytes,
    group_neighbours,
    layer_sums,
    replica_passes,
    stage_sending_time,
)
from solver.formulas.training.pipeline import uneven_work, waiting_time
from solver.formulas.training.training_step import (
    matrix_time,
    optimizer_time,
    pair_time,
    training_step_work,
    unsplit_share,
    vector_time,
)
from solver.training.plan import TrainingPlan, is_one
from solver.training.profiles import TrainingProfile, share_profile
from solver.zoo.precision import WIDE
from solver.zoo.site.fleet import Fleet

WHOLE_PEAK = share_profile(1.0)


@dataclass(frozen=True, eq=False)
class TrainingStep:
    """What a solve was asked, judged: plain numbers, or symbols."""

    plan: TrainingPlan
    fleet: Fleet
    profile: TrainingProfile
    batch: Any
    accumulations: Any = 1.0
    full: float = 0.0  # 1: all layers are computed again
    selective: float = 0.0  # 1: attention alone is
    overlap: Any = 0.0
    congestion: Any = 1.0
    straggler: Any = 1.0
    imbalance: Any = 1.0
    topology: str | None = None  # the fabric's own
    achieved: Any = None  # FLOP/s of a chip over all of the step, if that is known

    def afresh(self) -> TrainingStep:
        """The same, with nothing computed yet."""
        return replace(self, plan=replace(self.plan))

    @cached_property
    def peak(self) -> Any:
        """FLOP/s of a chip in its number format."""
        return self.fleet.device.peak[self.plan.precision.rate]

    @cached_property
    def micro_batches(self) -> Any:
        """Of a step, through each pipeline."""
        return self.plan.micro_batches * self.accumulations

    @cached_property
    def network(self) -> Any:
        """What a NIC sends to a neighbour, which it has below the narrow places of a network."""
        return self.fleet.fabric.rate / self.congestion

    @cached_property
    def joined(self) -> Any:
        """Chips of a server that need no NIC for one another; 1 where nothing is known that joins them."""
        return np.where(self.fleet.device.interconnect > 0, near_chips(self.fleet), 1.0)

    @cached_property
    def link(self) -> Any:
        """Rate at which they exchange data; a chip that nothing joins to others needs none."""
        return np.where(self.joined > 1, self.fleet.device.interconnect, np.inf)

    @cached_property
    def layers(self) -> Any:
        """Of the longest stage."""
        return np.ceil(self.plan.model.layers / self.plan.pipeline)

    def work(self, full: float = 0.0, selective: float = 0.0) -> Any:
        """FLOP of a step: what the model needs, or with what is computed again."""
        plan = self.plan
        return training_step_work(plan.model, self.batch, plan.context, plan.lora, full, selective)

    @cached_property
    def needed(self) -> Any:
        return self.work()

    @cached_property
    def done(self) -> Any:
        return self.work(self.full, self.selective) if self.full or self.selective else self.needed

    @cached_property
    def uneven(self) -> Any:
        """How much longer the longest stage works than the mean one."""
        return uneven_work(self.plan.model, self.plan.context, self.plan.pipeline)

    @cached_property
    def arithmetic(self) -> Any:
        """Time of a micro-batch in the longest stage, there and back."""
        plan, profile, device = self.plan, self.profile, self.fleet.device
        kind, share = device.kinds[plan.precision.rate], plan.tensor * plan.pipeline
        again = profile.again * self.full
        products = matrix_time(plan.model, plan.tokens, 3 - plan.lora + again, 3 - plan.lora, self.imbalance,
                               self.peak * profile.compute[kind])
        pairs = pair_time(plan.model, plan.tokens, plan.context, 3 + profile.again * (self.full + self.selective),
                          self.peak * profile.attention[kind])
        return (products + pairs) / share * self.uneven + self._moving(3 + again)

    def _moving(self, passes: Any) -> Any:
        """Time of what is no product; none without a profile that knows it."""
        plan, profile = self.plan, self.profile
        if isinstance(profile.vector, float) and profile.vector == 0:
            return 0.0
        split = unsplit_share(plan.tensor, plan.sequence)
        return self.uneven / plan.pipeline * vector_time(
            plan.model, plan.tokens * split, passes, profile.vector, profile.scores, self.fleet.device.bandwidth)

    def _ring(self, size: Any, chips: Any, near: Any, starts: Any = 1.0) -> Any:
        """Time of a reduce-scatter or an all-gather, half of an all-reduce; `starts` exchanges wait for the network."""
        servers = chips / near
        waits = self.fleet.fabric.latency * starts * np.minimum(servers - 1, 1)
        return waits + hierarchical_time(size, near, servers, self.link, self.network)

    @cached_property
    def tensor_exchange(self) -> Any:
        """Of a micro-batch in a stage: parts of layers are added up, which takes two passes of a ring each."""
        plan, model = self.plan, self.plan.model
        if is_one(plan.tensor):
            return 0.0
        sums = layer_sums(model.layers, model.mixture_layers, plan.expert) / model.layers * self.layers
        near = group_neighbours(plan.tensor, 1, self.joined)
        one = self._ring(model.exchanged_bytes * plan.tokens, plan.tensor, near)
        return (2 + self.full) * sums * 2 * one

    @cached_property
    def context_exchange(self) -> Any:
        """Keys and values are gathered before attention, twice, and their gradients shared out."""
        plan, model = self.plan, self.plan.model
        if is_one(plan.context_parallel):
            return 0.0
        heads = np.minimum(plan.tensor, model.attention.kv_heads)
        size = gathered_bytes(model, plan.tokens * plan.context_parallel, WIDE) / heads
        near = group_neighbours(plan.context_parallel, plan.tensor, self.joined)
        return (3 + self.full) * self.layers * self._ring(size, plan.context_parallel, near)

    @cached_property
    def expert_exchange(self) -> Any:
        """Tokens are sent to their experts and back, in each pass."""
        plan, model = self.plan, self.plan.model
        if is_one(plan.expert):
            return 0.0
        near = group_neighbours(plan.expert, 1, self.joined)
        one = self._routing(near, plan.expert / near)
        return (2 + self.full) * 2 * model.mixture_layers / model.layers * self.layers * one

    def _routing(self, near: Any, servers: Any) -> Any:
        """Time of a dispatch or a combine of a layer, at 16 bits: a token goes once to each server that it has to."""
        plan, model, fabric = self.plan, self.plan.model, self.fleet.fabric
        shape = fabric if self.topology is None else replace(fabric, topology=self.topology)
        nic = self.network * uniform_share(shape, plan.expert)
        met, reached = (distinct_groups(groups, model.routed_experts, model.sent_experts)
                        for groups in (servers, plan.expert))
        inside, across = (routed_bytes(plan.tokens / plan.tensor, model.exchanged_bytes, copies * leaving_share(groups))
                          for copies, groups in ((reached, near), (met, servers)))
        waits = fabric.latency * np.minimum(servers - 1, 1)
        return waits + routed_time(inside, across, self.link, nic, self.imbalance)

    @cached_property
    def stage_exchange(self) -> Any:
        """Activations are sent to the next stage, and gradients back."""
        plan = self.plan
        if is_one(plan.pipeline):
            return 0.0
        inside = plan.tensor * plan.context_parallel * plan.pipeline <= self.joined
        rate = np.where(inside, self.link, self.network)
        size = plan.model.exchanged_bytes * plan.tokens / plan.tensor
        latency = np.where(inside, 0.0, self.fleet.fabric.latency)
        return (1 - self.overlap) * stage_sending_time(size, plan.pipeline, plan.interleaving, rate, latency)

    @cached_property
    def replica_exchange(self) -> Any:
        """Of a step: gradients are added up, and with ZeRO weights gathered."""
        plan, joined = self.plan, self.joined
        if is_one(plan.replicas) and not plan.mixed:
            return 0.0
        passes = replica_passes(plan.zero_stage, plan.micro_batches, self.accumulations)
        gradients = np.where(plan.zero_stage >= 3, 1 / 3, 1.0)  # what adapters have next to none of
        apart = np.where(plan.zero_stage >= 3, self.layers, 1.0)
        near = (group_neighbours(plan.context_parallel, plan.tensor, joined)
                * group_neighbours(plan.data, plan.tensor * plan.context_parallel * plan.pipeline, joined))
        size, times = plan.precision.size, passes * (1 - plan.lora * gradients)
        if not plan.mixed:
            return times * self._ring(plan.parameters * size, plan.replicas, near, apart)
        dense = self._ring((plan.parameters - plan.experts) * size, plan.replicas, near, apart)
        experts = self._ring(plan.experts * size, plan.expert_replicas, np.minimum(near, plan.expert_replicas), apart)
        return times * (dense + np.where(plan.experts > 0, experts, 0.0))

    @cached_property
    def optimizing(self) -> Any:
        """Time of the optimizer's own step, which ZeRO shares out."""
        plan = self.plan
        own = plan.parameters / np.where(plan.zero_stage >= 1, plan.replicas, 1.0)
        return (1 - plan.lora) * optimizer_time(own, self.profile.optimizer, self.fleet.device.bandwidth)

    @cached_property
    def with_achieved(self) -> TrainingStep:
        """The same at the rate between exchanges that gives what each chip achieves over the whole step.

        Of the step's time each part is known but arithmetic; it is what is left, and counts once for each micro-batch
        and once for each of which the pipeline is empty.
        """
        one = replace(self, profile=WHOLE_PEAK, achieved=None)
        step = self.done / (self.plan.chips * self.achieved)
        fill = 1 + (self.plan.pipeline - 1) / (self.plan.interleaving * self.plan.micro_batches)
        others = fill * self.micro_batches * one.exchanges + (1 - self.overlap) * one.replica_exchange
        share = self.straggler * fill * self.micro_batches * one.arithmetic / (step - others)
        found = replace(one, profile=share_profile(np.where(share > 0, share, np.inf)))
        vars(found).update({name: value for name, value in vars(one).items() if name not in ("profile", "arithmetic")})
        return found  # which exchanges the same, and need not work it out again

    @cached_property
    def exchanges(self) -> Any:
        """All that a micro-batch of a stage waits for."""
        return self.tensor_exchange + self.context_exchange + self.expert_exchange + self.stage_exchange

    def times(self) -> dict[str, Any]:
        """The parts of a step, in seconds, and all of it."""
        plan, many = self.plan, self.micro_batches
        computing = many * self.arithmetic
        waits = waiting_time(self.accumulations, plan.pipeline, plan.interleaving, self.arithmetic)
        waits_of_exchanges = waiting_time(self.accumulations, plan.pipeline, plan.interleaving, self.exchanges)
        straggling = (self.straggler - 1) * (computing + waits)
        replicas = exposed_exchange_time(self.replica_exchange, computing, self.overlap)
        parts = {"compute_latency": computing, "tp_communication_latency": many * self.tensor_exchange,
                 "cp_communication_latency": many * self.context_exchange,
                 "ep_communication_latency": many * self.expert_exchange,
                 "pp_communication_latency": many * self.stage_exchange, "dp_communication_latency": replicas,
                 "pipeline_bubble_latency": waits + waits_of_exchanges, "straggler_latency": straggling,
                 "optimizer_latency": self.optimizing}
        return parts | {"step_latency_total": sum(parts.values())}
