"""What `DistributedModel.solve` found: the parts of a step, what it reaches, and what binds it."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.base.sentences import memory_sentence
from solver.formulas.memory import usable_bytes
from solver.formulas.training.passes import training_passes
from solver.formulas.training.pipeline import bubble_share, training_work
from solver.formulas.training.training_step import board_energy, reached_rate
from solver.text import number_text
from solver.training.plan import memory_remedies
from solver.units import quantity

STEP_PARTS = {"compute_latency": "arithmetic", "tp_communication_latency": "tensor-parallel exchange",
         "cp_communication_latency": "context-parallel exchange",
         "ep_communication_latency": "expert-parallel exchange", "pp_communication_latency": "exchange of stages",
         "dp_communication_latency": "exchange of replicas", "pipeline_bubble_latency": "the pipeline's bubble",
         "straggler_latency": "waiting for the slowest chip", "optimizer_latency": "the optimizer"}
EXCHANGES = [name for name in STEP_PARTS if name[2:] == "_communication_latency"]


class DistributedResult(Result):
    """What `DistributedModel.solve` found. Its fields broadcast with the arrays that were given."""

    feasible = field(None, "whether it fits in memory, and no chip would have to be faster than its peak", bool,
                     lazy=lambda r: (r.value("headroom") >= 0) & (r.value("compute_rate") <= r.highest))
    step_latency_total = field("s", "time of an optimizer's step")
    compute_latency = field("s", "arithmetic of a step, in the longest stage")
    tp_communication_latency = field("s", "what tensor-parallel chips exchange in it")
    cp_communication_latency = field("s", "what context-parallel chips exchange")
    ep_communication_latency = field("s", "what expert-parallel chips exchange")
    pp_communication_latency = field("s", "what stages exchange and wait for")
    dp_communication_latency = field("s", "what replicas exchange and wait for")
    communication_latency = field("s", "all exchange that is waited for")
    pipeline_bubble_latency = field("s", "time that stages wait for one another while the pipeline fills and empties")
    straggler_latency = field("s", "time that chips wait for the slowest")
    optimizer_latency = field("s", "the optimizer's own step; none without a profile")
    bubble_fraction = field(None, "the pipeline's bubble as a share of all time")
    bubble_of_work = field(None, "the same as a share of the time that stages work")
    ideal_bubble_fraction = field(None, "the bubble as a share of all time, if there were nothing else",
                                  lazy=lambda r: bubble_share(r.value("bubble_of_work")))
    flops_per_chip = field("TFLOP/s", "FLOP/s that each chip reaches over all of a step, with what is computed again")
    compute_rate = field("TFLOP/s", "FLOP/s that a chip of the longest stage reaches while it computes")
    mfu = field(None, "work that the model needs as a share of what the chips could do in that time")
    mfu_full_square = field(None, "MFU as PaLM, Megatron-LM and llm-foundry count it: attention's whole square is work",
                            lazy=lambda r: r.full_square())
    hfu = field(None, "MFU with what is computed again")
    effective_throughput = field(None, "tokens a second of the fleet")
    scaling_efficiency = field(None, "share of a step's time that chips would need if they never waited")
    training_time = field("day", "time of the whole training; unknown without tokens")
    memory_required = field("GB", "memory on the fullest chip",
                            lazy=lambda r: r.given["asked"].plan.memory()["total_memory"])
    headroom = field("GB", "memory left over there; negative where it does not fit", lazy=lambda r: (
        usable_bytes(r.given["asked"].fleet.device, r.given["reserve"]) - r.value("memory_required")))
    micro_batch_size = field(None, "sequences of a micro-batch")
    data_parallel = field(None, "replicas of the model")
    energy = field("MJ", "energy of a step: at most, by the chips' board power, without hosts, network and cooling",
                   lazy=lambda r: r.energy_in("step_latency_total"))
    training_energy = field("MWh", "the same of the whole training", lazy=lambda r: r.energy_in("training_time"))

    def computed(self) -> dict[str, Any]:
        """The values once more, with nothing kept from before, its memory too."""
        asked = self.given["asked"].afresh()
        values: dict[str, Any] = self.given["values_of"](asked, self.given["tokens"])
        return values | {"memory_required": asked.plan.memory()["total_memory"]}

    @property
    def highest(self) -> Any:
        """FLOP/s that no chip exceeds, but by rounding."""
        return self.given["asked"].peak * (1 + 1e-9)

    def full_square(self) -> Any:
        """MFU with all pairs of tokens as work that the model needs; low-rank adapters need less."""
        asked, plan = self.given["asked"], self.given["asked"].plan
        work = training_work(plan.model, asked.batch, plan.context) * training_passes(plan.lora) / training_passes()
        return reached_rate(work, plan.chips, self.values["step_latency_total"]) / asked.peak

    def energy_in(self, time: str) -> Any:
        """Energy of all chips in the time of that name."""
        asked = self.given["asked"]
        return board_energy(asked.fleet.device.power, asked.plan.chips, self.values[time])

    @property
    def parallelism(self) -> str:
        """The plan in words, such as "TP 8 × PP 16 × DP 64"."""
        plan = self.given["asked"].plan
        sizes = {"TP": plan.tensor, "CP": plan.context_parallel, "PP": plan.pipeline, "DP": plan.data,
                 "EP": plan.expert}
        said = [f"{name} {_size_text(size)}" for name, size in sizes.items() if unknown(size) or np.any(size != 1)]
        if not unknown(plan.interleaving) and np.any(plan.interleaving != 1):
            parts = f" ({_size_text(plan.interleaving)} parts each)"
            said = [one + parts * one.startswith("PP") for one in said]
        return " × ".join(said) or "one chip"

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences; for arrays, on average."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        asked = self.given["asked"]
        return [memory_sentence(self.value("headroom"), asked.fleet.device, memory_remedies(asked.plan)),
                self._shares(), *_speed_sentences(self.values["compute_rate"], self.highest, asked),
                *_plan_sentences(asked), *_profile_sentences(asked)]

    def _shares(self) -> str:
        """Which parts of a step take longest."""
        whole = self.values["step_latency_total"]
        shares = {said: float(np.mean(self.values[name] / whole)) for name, said in STEP_PARTS.items()}
        some = sorted(((share, said) for said, share in shares.items() if share >= 0.005), reverse=True)
        return f"Time: {', '.join(f'{share:.1%} {said}' for share, said in some)}."


def _size_text(size: Any) -> str:
    if unknown(size):
        return "?"
    low, high = float(np.min(size)), float(np.max(size))
    return number_text(low) if low == high else f"{number_text(low)} to {number_text(high)}"


def _speed_sentences(rate: Any, highest: Any, asked: Any) -> list[str]:
    """Where a chip would have to be faster than it can be."""
    if not np.any(rate > highest):
        return []
    if np.any(np.isinf(rate)):
        wanted = quantity(np.max(asked.achieved), "TFLOP/s")
        return [f"Speed: exchange alone takes longer than a step at {wanted} a chip: this plan cannot reach it."]
    wanted = quantity(np.max(rate), "TFLOP/s")
    return [f"Speed: while they compute, chips would have to reach {wanted}, more than their peak."]


def _plan_sentences(asked: Any) -> list[str]:
    """What of the plan costs time."""
    plan, fleet, said = asked.plan, asked.fleet, []
    if np.any(plan.tensor > asked.joined):
        joined = number_text(float(np.max(asked.joined)))
        said.append(f"Tensor parallelism: {_size_text(plan.tensor)} chips are more than the {joined} that a server "
                    f"joins; the rest goes over {fleet.fabric}.")
    if np.any((asked.uneven > 1.005) & (np.asarray(plan.pipeline) > 1)):
        more = float(np.max(asked.uneven)) - 1
        said.append(f"Stages: the longest works {more:.1%} longer than the mean one; {number_text(plan.model.layers)} "
                    f"layers and lm_head cannot be shared out evenly.")
    if np.any((np.asarray(plan.pipeline) > 1) & (plan.micro_batches < plan.pipeline)):
        said.append("Pipeline: there are fewer micro-batches than stages, so that some stage always waits.")
    return said


def _profile_sentences(asked: Any) -> list[str]:
    """What a profile was fitted to, and whether that is like this."""
    profile, device = asked.profile, asked.fleet.device
    if not profile.scope:
        return []
    known = [] if profile.knows(device.family) else [
        f"Profile: none of its runs was on chips like {device}; the least share of those that were is taken."]
    return [f"Profile: fitted to {profile.scope}.", *known]
