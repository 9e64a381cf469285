"""The walls that a plan of training can run into: memory, the parts of its time, failures, energy, carbon and cost."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

import numpy as np

from solver.design.audits.site_walls import given_again, site_walls
from solver.design.audits.training_plan import PlannedTraining
from solver.design.audits.walls import Unreached, Wall, WallKind
from solver.fleet.reliability import ReliabilityModel, ReliabilityResult
from solver.training.distributed import DistributedModel
from solver.training.distributed_result import DistributedResult
from solver.training.memory import TrainingMemoryModel, TrainingMemoryResult
from solver.units import Q_
from solver.zoo.site.fleet import Fleet

MEMORY_ASKED = ("seq_len", "precision", "activation_checkpointing", "tp_size", "pp_size", "ep_size", "zero_stage",
                "cp_size", "sequence_parallel", "v_stages", "microbatch_count", "reserve")
PART_WORDS = {"compute": "arithmetic", "network": "exchange among chips",
              "pipeline bubble": "filling and emptying the pipeline"}


class Trained:
    """A plan, and what the classes of this package say of it, each asked once."""

    def __init__(self, plan: PlannedTraining) -> None:
        self.plan = plan

    @cached_property
    def step(self) -> DistributedResult:
        """A step of it, and the days of all steps without failures."""
        return DistributedModel().solve(**self.plan.asked)

    @cached_property
    def memory(self) -> TrainingMemoryResult:
        """What it takes of each chip's memory."""
        asked = self.plan.asked
        return TrainingMemoryModel().solve(
            asked["model"], self.site.device, self.step.value("micro_batch_size"), optimizer=self.plan.optimizer,
            dp_size=self.step.value("data_parallel"), **{name: asked[name] for name in MEMORY_ASKED})

    @cached_property
    def failing(self) -> ReliabilityResult:
        """What is lost to failures while it works for those days."""
        p = self.plan
        return ReliabilityModel().solve(
            p.fleet, Q_(float(self.step.value("training_time")), "s"), Q_(p.checkpoint_time, "s"),
            Q_(p.recovery_time, "s"), mttf=given_again(p.mttf, "second"), waste_limit=p.waste_limit)

    @property
    def site(self) -> Fleet:
        """All chips, and what is around them."""
        return self.plan.fleet

    @property
    def duration(self) -> float:
        """Of the whole training, with what failures cost where it is known how often they come."""
        lasting = self.step if self.plan.mttf is None else self.failing
        return float(lasting.value("training_time" if self.plan.mttf is None else "completion_time"))

    @property
    def parts(self) -> dict[str, float]:
        """What each part takes of a step, in seconds."""
        whole, network, bubble = (float(self.step.value(name)) for name in (
            "step_latency_total", "communication_latency", "pipeline_bubble_latency"))
        return {"compute": whole - network - bubble, "network": network, "pipeline bubble": bubble}


def training_memory_wall(trained: Trained) -> Iterator[Wall]:
    """Everything on the fullest chip, in its memory."""
    values = trained.memory.values
    parts = {"weights": "weights", "gradients": "gradients", "optimizer_state": "the optimizer's state",
             "activations": "activations"}
    most = parts[max(parts, key=lambda name: float(values[name]))]
    yield Wall("memory capacity", f"what the fullest chip holds, most of it {most},", float(values["total_memory"]),
               float(values["available_memory"]), "byte")


def time_walls(trained: Trained) -> Iterator[Wall | Unreached]:
    """The parts of a training's time, in the time that it may take; the longest of them is charged with all of it."""
    parts, whole = trained.parts, trained.duration
    if np.isinf(whole):
        yield Unreached("time", "failures let no work last")
        return
    longest = max(parts, key=lambda name: parts[name])
    for name, part in parts.items():
        need = whole if name == longest else whole * part / sum(parts.values())
        said = f"a training, most of it {PART_WORDS[name]}," if name == longest else PART_WORDS[name]
        if part > 0:
            yield Wall(name, said, need, trained.plan.deadline, "second")


def fleet_failure_wall(trained: Trained) -> Iterator[Wall | Unreached]:
    """The share of the time that checkpoints, failures and work done again take."""
    found = trained.failing
    yield Wall("failures", f"what is lost, with a failure in {found.fleet_mtbf} on average,",
               float(found.value("waste")), trained.plan.waste_limit, "")


TRAINING_WALLS = (WallKind("memory capacity", training_memory_wall),
                  WallKind("time", time_walls, ("tokens", "deadline"), tuple(PART_WORDS)),
                  WallKind("failures", fleet_failure_wall, ("mttf", "tokens")), *site_walls("tokens"))
