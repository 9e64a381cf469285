"""What `ParallelismOptimizer.solve` found: the fastest plan, those that come next, and why others are none."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from solver.base.result import Result, field
from solver.text import number_text
from solver.training.distributed import DistributedModel
from solver.training.distributed_result import DistributedResult
from solver.units import quantity

MEMORY, SPEED = "it does not fit in memory", "a chip would have to be faster than its peak"
BEST_FIGURES = ("micro_batch_size", "step_latency_total", "effective_throughput", "mfu", "memory_required", "headroom")
SHOWN_PLANS = 10  # plans of a table


class ParallelismResult(Result):
    """What `ParallelismOptimizer.solve` found. Where no plan fits, its figures are not a number."""

    feasible = field(None, "whether a plan fits in memory", bool)
    tp_size = field(None, "tensor-parallel chips of the fastest plan", int)
    cp_size = field(None, "its context-parallel chips", int)
    pp_size = field(None, "its stages", int)
    dp_size = field(None, "its replicas", int)
    ep_size = field(None, "its expert-parallel chips", int)
    v_stages = field(None, "parts that each of its stages holds", int)
    microbatch_count = field(None, "micro-batches of a replica", int)
    micro_batch_size = field(None, "sequences of a micro-batch", int)
    step_latency_total = field("s", "time of an optimizer's step")
    effective_throughput = field(None, "tokens a second of the fleet")
    mfu = field(None, "work that the model needs as a share of what the chips could do in that time")
    memory_required = field("GB", "memory on the fullest chip")
    headroom = field("GB", "memory left over there")
    total_searched = field(None, "plans whose time was computed", int)
    fitting = field(None, "those of them that fit in memory", int)

    @classmethod
    def of(cls, asked: Mapping[str, Any], grid: Mapping[str, np.ndarray],
           excluded: Mapping[str, int]) -> ParallelismResult:
        """The result of a grid of plans, of which some were excluded before; all else is as `asked`."""
        found = DistributedModel().solve(**asked, **grid)
        good = np.asarray(found.value("feasible"))
        time = np.where(good, found.values["step_latency_total"], np.inf)
        place = int(np.argmin(time)) if good.any() else -1
        sizes = {**grid, "dp_size": found.values["data_parallel"]}
        taken = {name: _at(sizes[name], place) for name in (*grid, "dp_size")}
        figures = {name: _at(found.value(name), place) for name in BEST_FIGURES}
        short = np.sum(np.asarray(found.value("headroom")) < 0)
        told = dict(excluded) | {MEMORY: int(short)} | {SPEED: int(len(good) - good.sum() - short)}
        many = {"total_searched": float(len(good)), "fitting": float(good.sum())}
        return cls({"feasible": bool(good.any()), **taken, **figures, **many}, {
            "asked": asked, "found": found, "grid": sizes, "order": np.argsort(time, kind="stable")[:int(good.sum())],
            "excluded": {reason: count for reason, count in told.items() if count}})

    def computed(self) -> dict[str, Any]:
        """The values once more: what is not the plan itself comes from `DistributedModel`."""
        best = self.best
        return self.values | {name: best.value(name) for name in BEST_FIGURES}

    @property
    def excluded(self) -> dict[str, int]:
        """How many plans are none, by the reason. Those that fit in memory or not differ in micro-batches and parts
        too; all others are ways to share the chips out."""
        return dict(self.given["excluded"])

    @property
    def best_config(self) -> dict[str, Any]:
        """The fastest plan, as arguments of `DistributedModel.solve`, sequence_parallel with them, which is False there
        unless it is given; empty where none fits. All else is to be asked there as it was here."""
        if not self.values["feasible"]:
            return {}
        sizes = {name: int(self.values[name]) for name in self.given["grid"]}
        return sizes | {"sequence_parallel": self.given["asked"]["sequence_parallel"]}

    @property
    def best(self) -> DistributedResult:
        """All that `DistributedModel` says of the fastest plan."""
        asked = self.given["asked"]
        return DistributedModel().solve(**asked | self.best_config)

    @property
    def parallelism(self) -> str:
        """The fastest plan in words."""
        return self.best.parallelism if self.values["feasible"] else "none"

    def _shared(self) -> list[str]:
        """That the plan shares norms out, which `DistributedModel` does not unless it is told to."""
        return ["Norms: shared out among tensor-parallel chips, sequence_parallel=True. DistributedModel has False "
                "unless it is given: best_config has it."] * bool(
                    self.given["asked"]["sequence_parallel"] and self.values["tp_size"] > 1)

    def plans(self, most: int = SHOWN_PLANS) -> list[dict[str, float]]:
        """The fastest plans that fit, each with its sizes, the seconds of a step and the GB that are left over."""
        found, grid = self.given["found"], self.given["grid"]
        figures = {name: np.asarray(found.value(name)) for name in ("step_latency_total", "headroom")}
        return [{**{name: float(size[i]) for name, size in grid.items()},
                 "step": float(figures["step_latency_total"][i]), "headroom": float(figures["headroom"][i] / 1e9)}
                for i in self.given["order"][:most]]

    @property
    def constraint_trace(self) -> list[str]:
        """What was found, and why other plans are none, in sentences."""
        v = self.values
        counted = f"of {number_text(v['total_searched'])} plans {number_text(v['fitting'])} fit"
        if v["feasible"]:
            said = [f"Best: {self.parallelism}, {quantity(v['step_latency_total'], 's')} a step; {counted}."]
        else:
            least = quantity(np.min(-np.asarray(self.given["found"].value("headroom"))), "GB")
            said = [f"Best: none; {counted}. The least that one lacks is {least}: a higher zero_stage, "
                    f"activation_recomputation or more chips would help."]
        more = [*self._shared(), *self.best.constraint_trace[1:]] if v["feasible"] else []
        return [*said, *(f"Excluded: {number_text(count)} plan{'s' * (count > 1)}, for {reason}."
                         for reason, count in self.excluded.items()), *more]


def _at(values: Any, place: int) -> float:
    """One of them, or not a number where there is none."""
    return float(np.ravel(np.broadcast_to(values, np.shape(values)))[place]) if place >= 0 else np.nan
