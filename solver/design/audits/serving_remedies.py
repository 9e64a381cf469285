"""Plans that might help with a wall of serving, as a person would try them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from solver.base.chosen import rated
from solver.base.term import measured_text
from solver.design.audits.plan import ServingPlan
from solver.design.audits.remedies import Change, cheaper_rents, cleaner_grids
from solver.design.audits.served import Served
from solver.design.audits.walls import Wall, counted_text, wall_text
from solver.zoo.formats import cache_format_named, precision_named

NARROWER = ("fp8", "int8", "w8a16", "w4a16")  # formats of weights, the first that a chip multiplies in
REPEATS = 6


def tried_plans(plan: ServingPlan, wall: Wall) -> Iterator[Change]:
    """Plans that might help with a wall, as a person would try them; each could be built."""
    yield from TRIED[wall.name](plan, wall)


def narrower_weights(plan: ServingPlan, wall: Wall) -> Iterator[Change]:
    """Weights in fewer bits, as the chip can."""
    for name in NARROWER:
        kind = precision_named(name)
        if kind.size < plan.precision.size:
            try:
                rated(kind, plan.hardware)
            except ValueError:  # the chip does not multiply so
                continue
            yield f"weights in {name}", replace(plan, precision=kind)


def narrower_cache(plan: ServingPlan, wall: Wall) -> Iterator[Change]:
    """A cache in eight bits."""
    if plan.kv_precision.size > 1:
        yield "a KV cache in fp8", replace(plan, kv_precision=cache_format_named("fp8"))


def more_chips(plan: ServingPlan, wall: Wall) -> Iterator[Change]:
    """Twice, four and eight times as many chips to a layer, as far as there are such."""
    heads = min(kind.attention.heads for kind in plan.model.kinds)
    most = np.inf if plan.fleet is None else plan.fleet.chips
    for times in (2, 4, 8):
        width = times * plan.tensor_parallel
        if heads % width == 0 and width <= most and np.isfinite(plan.hardware.interconnect):
            yield f"tensor_parallel={width}", replace(plan, tensor_parallel=width)


def fewer_chips(plan: ServingPlan, wall: Wall) -> Iterator[Change]:
    """Half as many chips to a layer."""
    if plan.tensor_parallel % 2 == 0:
        half = plan.tensor_parallel // 2
        yield f"tensor_parallel={half}", replace(plan, tensor_parallel=half)


def more_requests(plan: ServingPlan, wall: Wall) -> Iterator[Change]:
    """Twice as many requests at once, again and again."""
    yield from _requests(plan, 2.0)


def fewer_requests(plan: ServingPlan, wall: Wall) -> Iterator[Change]:
    """Half as many."""
    yield from _requests(plan, 0.5)


def _requests(plan: ServingPlan, times: float) -> Iterator[Change]:
    for step in range(1, REPEATS + 1):
        count = np.floor(plan.batch_size * times**step)
        if count >= 1:
            yield f"{measured_text(count)} requests at once", replace(plan, batch_size=float(count))


def replicas_for_load(plan: ServingPlan, wall: Wall) -> Iterator[Change]:
    """As many more as a throughput takes."""
    if wall.have > 0:
        yield from _replicas(plan, np.ceil(plan.replicas * wall.need / wall.have))


def replicas_for_p99(plan: ServingPlan, wall: Wall) -> Iterator[Change]:
    """As many as keep to the p99, if any number does."""
    yield from _replicas(plan, float(Served(plan).queued.value("required_replicas")))


def _replicas(plan: ServingPlan, count: float) -> Iterator[Change]:
    """So many of them, each with as many requests as now: in servers, where there is a fleet."""
    if count > plan.replicas:
        servers = float(np.ceil(count * plan.tensor_parallel / plan.site.node.chips))
        named = "server" if plan.fleet else "replica"
        grown = replace(plan, fleet=replace(plan.site, count=servers, name=""))
        yield counted_text(servers, named), replace(grown, batch_size=plan.requests * grown.replicas)


def fewer_servers(plan: ServingPlan, wall: Wall) -> Iterator[Change]:
    """Half as many, which share the requests of all; again and again."""
    if plan.fleet is not None:
        for step in range(1, REPEATS + 1):
            count = np.floor(plan.fleet.count / 2**step)
            if count * plan.fleet.node.chips >= plan.tensor_parallel:
                yield counted_text(float(count), "server"), replace(
                    plan, fleet=replace(plan.fleet, count=float(count), name=""))


def shorter_recovery(plan: Any, wall: Wall) -> Iterator[Change]:
    """Half the time, again and again."""
    for step in range(1, REPEATS + 1):
        time = plan.recovery_time / 2**step
        yield f"a recovery in {wall_text(time, 'second')}", replace(plan, recovery_time=time)


def _cleaner(plan: ServingPlan, wall: Wall) -> Iterator[Change]:
    yield from cleaner_grids(plan, replace)


def _cheaper(plan: ServingPlan, wall: Wall) -> Iterator[Change]:
    yield from cheaper_rents(plan, replace)


def _each(*ways: Any) -> Any:
    """One after another."""
    def tried(plan: ServingPlan, wall: Wall) -> Iterator[Change]:
        for way in ways:
            yield from way(plan, wall)
    return tried


TRIED = {
    "memory capacity": _each(narrower_weights, more_chips),
    "KV cache": _each(narrower_cache, fewer_requests, more_chips, narrower_weights),
    "memory bandwidth": _each(narrower_weights, narrower_cache, more_chips, fewer_requests),
    "compute": _each(narrower_weights, more_chips, fewer_requests), "network": _each(fewer_chips, fewer_requests),
    "launches": _each(),
    "throughput": _each(more_requests, narrower_weights, narrower_cache, more_chips, replicas_for_load),
    "tail latency": _each(narrower_weights, narrower_cache, more_requests, replicas_for_p99, more_chips),
    "failures": _each(fewer_chips, shorter_recovery), "energy": _each(fewer_servers),
    "carbon": _each(_cleaner, fewer_servers), "cost": _each(_cheaper, fewer_servers),
    "cost of tokens": _each(_cheaper, more_requests, narrower_weights, narrower_cache, fewer_servers)}
