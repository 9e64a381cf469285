"""An audit of a plan: all walls that its data reach, the one that binds, and the first remedy, which was tried."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from solver.base.chosen import rated
from solver.base.term import measured_text
from solver.design.plan import ServingPlan, serving_plan
from solver.design.walls import NOT_WALKED, Wall, walls_of
from solver.zoo.formats import cache_format_named, precision_named

NARROWER = ("fp8", "int8", "w8a16", "w4a16")  # formats of weights, the first that a chip multiplies in


@dataclass(frozen=True, repr=False)
class Audit:
    """What an audit found: the walls, the tightest first, and the first remedy for that one."""

    plan: ServingPlan
    walls: tuple[Wall, ...]
    remedy: str
    left_out: tuple[str, ...]

    @property
    def feasible(self) -> bool:
        """Whether every wall that was reached holds."""
        return self.binding.margin >= 0

    @property
    def binding(self) -> Wall:
        """The wall with the smallest margin."""
        return self.walls[0]

    @property
    def margins(self) -> dict[str, float]:
        """The margin of each wall, at its tightest."""
        return {wall.name: wall.margin for wall in reversed(self.walls)}

    @property
    def constraint_trace(self) -> list[str]:
        """What was found, in sentences."""
        holds = "holds" if self.feasible else "does not hold"
        return [f"{self.plan} {holds}: {self.binding.name} binds.", *map(str, self.walls), self.remedy, *self.left_out]

    def __repr__(self) -> str:
        return "\n".join(self.constraint_trace)


def audit(plan: ServingPlan | Mapping[str, Any]) -> Audit:
    """Walk all walls that a plan's data reach: memory, KV cache, bandwidth, compute, network, launches.

    A plan is what `serving_plan` takes, as a mapping, or what it made. Times are walls where the plan has a target for
    them: `ttft` for reading prompts, `itl` for decoding. The part that binds a step is charged with all of it.

    >>> from solver import Hardware, Models, Q_
    >>> audit({"model": Models.Llama3_70B, "hardware": Hardware.Cloud.H100, "batch_size": 4})
    Llama 3.1 70B on 1 × NVIDIA H100 SXM does not hold: memory capacity binds.
    memory capacity: what each chip holds of the weights takes 141.1 GB of 85.9 GB, 64% too much.
    Remedy: weights in fp8; 15% is left then.
    Left out: times without a target; give ttft and itl.
    Left out: KV cache, for the weights leave no room.
    Left out: tail latency, failures, energy, cost; requests that wait for one another.
    """
    if not isinstance(plan, ServingPlan):
        if not isinstance(plan, Mapping):
            raise TypeError(f"plan is {plan!r}, and should be a mapping of what serving_plan takes, such as "
                            f"{{'model': Models.Llama3_8B, 'hardware': Hardware.Cloud.H100}}.")
        plan = serving_plan(**{"hardware": None, **plan})
    walls = walls_of(plan)
    return Audit(plan, tuple(walls), first_remedy(plan, walls[0]), tuple(_left_out(plan, walls)))


def _left_out(plan: ServingPlan, walls: list[Wall]) -> Iterator[str]:
    """Which walls the data do not reach."""
    if plan.ttft is None or plan.itl is None:
        missing = " and ".join(name for name in ("ttft", "itl") if getattr(plan, name) is None)
        yield f"Left out: times without a target; give {missing}."
    if not any(wall.name == "KV cache" for wall in walls):
        yield "Left out: KV cache, for the weights leave no room."
    yield f"Left out: {', '.join(NOT_WALKED)}; requests that wait for one another."


Change = tuple[str, Callable[[ServingPlan], ServingPlan]]


def first_remedy(plan: ServingPlan, wall: Wall) -> str:
    """The first change that makes a wall hold, or the one that widens its margin most; each was tried."""
    best, least, walls = "", wall.margin, []
    for words, changed in tried_plans(plan, wall):
        found = walls_of(changed)
        margin = next((one.margin for one in found if (one.name, one.phase) == (wall.name, wall.phase)), -np.inf)
        if margin > least:
            best, least, walls = words, margin, found
        if margin > max(wall.margin, 0):
            break
    if not best:
        return f"Remedy: {_more(wall)}."
    if least < 0:
        return f"Remedy: {best} helps and is not enough, {-least:.0%} too much then; besides, {_more(wall)}."
    next_wall = f", and {walls[0].name} binds, {-walls[0].margin:.0%} too much" if walls[0].margin < 0 else ""
    return f"{'Remedy' if wall.margin < 0 else 'For more'}: {best}; {least:.0%} is left then{next_wall}."


def _more(wall: Wall) -> str:
    """What of a chip, or of an engine, would have to be more."""
    times = f"{wall.need / wall.have:.2g} times" if wall.have > 0 else "more of"
    named = {"memory capacity": "memory", "KV cache": "memory", "memory bandwidth": "bandwidth", "compute": "FLOP/s",
             "network": "link"}
    if wall.name in named:
        return f"a chip with {times} the {named[wall.name]}"
    return f"{times} the replicas" if wall.name == "throughput" else f"an engine that starts kernels {times} as fast"


def tried_plans(plan: ServingPlan, wall: Wall) -> Iterator[tuple[str, ServingPlan]]:
    """Plans that might help with a wall, as a person would try them; each could be built."""
    weights = [*_narrower(plan)]
    caches = [("a KV cache in fp8", replace(plan, kv_precision=cache_format_named("fp8")))] * (
        plan.kv_precision.size > 1)
    chips, fewer, more = [*_more_chips(plan)], [*_requests(plan, 0.5)], [*_requests(plan, 2.0)]
    yield from {"memory capacity": [*weights, *chips], "KV cache": [*caches, *fewer, *chips, *weights],
                "memory bandwidth": [*weights, *caches, *chips, *fewer], "compute": [*weights, *chips, *fewer],
                "network": [*_fewer_chips(plan), *fewer], "launches": [],
                "throughput": [*more, *weights, *caches, *chips]}[wall.name]


def _narrower(plan: ServingPlan) -> Iterator[tuple[str, ServingPlan]]:
    """Weights in fewer bits, as the chip can."""
    for name in NARROWER:
        kind = precision_named(name)
        if kind.size < plan.precision.size:
            try:
                rated(kind, plan.hardware)
            except ValueError:  # the chip does not multiply so
                continue
            yield f"weights in {name}", replace(plan, precision=kind)


def _more_chips(plan: ServingPlan) -> Iterator[tuple[str, ServingPlan]]:
    """Twice, four and eight times as many chips to a layer, as far as there are such."""
    heads = min(kind.attention.heads for kind in plan.model.kinds)
    most = np.inf if plan.fleet is None else plan.fleet.chips
    for times in (2, 4, 8):
        width = times * plan.tensor_parallel
        if heads % width == 0 and width <= most and np.isfinite(plan.hardware.interconnect):
            yield f"tensor_parallel={width}", replace(plan, tensor_parallel=width)


def _fewer_chips(plan: ServingPlan) -> Iterator[tuple[str, ServingPlan]]:
    if plan.tensor_parallel % 2 == 0:
        half = plan.tensor_parallel // 2
        yield f"tensor_parallel={half}", replace(plan, tensor_parallel=half)


def _requests(plan: ServingPlan, times: float) -> Iterator[tuple[str, ServingPlan]]:
    """Twice as many requests at once, or half as many, again and again."""
    for step in range(1, 7):
        count = np.floor(plan.batch_size * times**step)
        if count >= 1:
            yield f"{measured_text(count)} requests at once", replace(plan, batch_size=float(count))
