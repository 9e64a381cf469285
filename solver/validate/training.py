"""Studies of training: steps of llm-foundry (FSDP) and of Megatron-LM, against `DistributedModel`."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from solver.training.distributed import DistributedModel
from solver.training.distributed_result import DistributedResult
from solver.validate.baselines import ROOFLINE
from solver.validate.names import chip_named, plain_transformer
from solver.validate.study import Finding, Study, answered
from solver.validate.tables import DoubtfulError, OutOfScopeError, Row
from solver.zoo.hardware import Accelerator
from solver.zoo.models import Transformer
from solver.zoo.site.fleet import Fleet
from solver.zoo.site.server import Server

TRAINING_FILE = "training_mfu.csv"
MFU_STUDY, ITERATIONS = "llm-foundry MFU", "Megatron iteration (530B, 1T)"
HALF_PEAK, FSDP_FORM = "MFU=50% (sources' default)", "profile fsdp"
HALF, MEGATRON_FORM = "sources' default eta=.5", "profile megatron"
# Layers, hidden size and heads of MosaicML's models: scripts/train/yamls/pretrain of mosaicml/llm-foundry.
MPT = {"MPT-125m": (12, 768, 12), "MPT-350m": (24, 1024, 16), "MPT-760m": (24, 1536, 12), "MPT-1b": (24, 2048, 16),
       "MPT-3b": (32, 2560, 20), "MPT-7b": (32, 4096, 32), "MPT-13b": (40, 5120, 40), "MPT-30b": (48, 7168, 56),
       "MPT-70b": (80, 8192, 64)}
MPT_VOCABULARY, MEGATRON_VOCABULARY = 50368, 51200
SOLD_WITH = {"Ampere": "HDR", "Hopper": "NDR"}  # what servers of those chips are sold with: a NIC for each
SERVER = 8
# Stages of ZeRO by what PyTorch's FSDP calls them: docs.pytorch.org, torch.distributed.fsdp.ShardingStrategy.
SHARDING = {"FULL_SHARD": 3, "SHARD_GRAD_OP": 2}


@dataclass(frozen=True)
class TrainingRun:
    """What a row asks of `DistributedModel`, and what was measured."""

    kind: str
    model: Transformer
    fleet: Fleet
    asked: Mapping[str, Any]
    counted: float  # FLOP of a step, as the row's authors count it
    measured: float

    def solved(self, **speed: Any) -> DistributedResult:
        """The step of that run; one that is refused is out of scope."""
        return answered(DistributedModel().solve, self.model, self.fleet, **self.asked, **speed)

    def utilization(self, **speed: Any) -> float:
        """MFU, as its authors count work."""
        return self.reached(self.solved(**speed).value("step_latency_total"))

    def reached(self, time: Any) -> float:
        """The same of a step that takes so long."""
        return float(self.counted / (self.fleet.chips * self.fleet.device.half * time))


def fleet_of(device: Accelerator, chips: float) -> Fleet:
    """Servers of eight such chips, as they are sold."""
    if device.family not in SOLD_WITH:
        raise OutOfScopeError(f"no training on {device} was fitted")
    return Fleet(Server(f"{SERVER} x {device}", device, SERVER), chips / SERVER, SOLD_WITH[device.family])


@functools.cache
def mpt(name: str) -> Transformer:
    """One of MosaicML's models."""
    if name not in MPT:
        raise OutOfScopeError(f"the shape of {name} is not known")
    return plain_transformer(name, *MPT[name], MPT_VOCABULARY)


def fsdp_run(row: Row) -> TrainingRun:
    """A run of llm-foundry: each chip is a replica of FSDP, and micro-batches add up their gradients."""
    device, model = chip_named(row["gpu"]), mpt(row["model"])
    if "bf16" not in row["precision"]:
        raise OutOfScopeError("the profile is of bfloat16")
    if row["dp_or_sharding"] not in SHARDING:
        raise OutOfScopeError(f"the sharding strategy {row['dp_or_sharding']!r} is not known")
    context, batch, chips = (row.positive(name) for name in ("seq_len", "gbs", "n_gpu"))
    positions = context * model.hidden
    if abs((model.parameters + positions) / row.positive("params") - 1) > 0.01:
        raise DoubtfulError("its parameters are not those of the model that it names")
    asked = {"batch_size": batch, "gradient_accumulation_steps": batch / (chips * row.positive("mbs")),
             "zero_stage": SHARDING[row["dp_or_sharding"]], "activation_recomputation": row["act_ckpt"] == "True",
             "overlap_comm": True, "seq_len": context}
    counted = batch * context * (6 * row.positive("params") + 12 * model.layers * model.hidden * context)
    return TrainingRun(device.family, model, fleet_of(device, chips), asked, counted, row.positive("mfu_pct") / 100)


def megatron_run(row: Row) -> TrainingRun:
    """A training step of Megatron-LM; the shape stands in the notes."""
    shape = {name: float(value) for name, value in re.findall(r"(\w+)=(\d+)", row["notes"])}
    if not {"hidden", "heads", "blocks"} <= set(shape):
        raise OutOfScopeError("the notes give no architecture")
    model = plain_transformer("GPT", shape["blocks"], shape["hidden"], shape["heads"], MEGATRON_VOCABULARY)
    device, batch, chips = chip_named(row["gpu"]), row.positive("gbs"), row.positive("n_gpu")
    tensor, stages = row.positive("tp"), row.positive("pp")
    replicas, full = chips / (tensor * stages), row["act_ckpt"] == "full"
    asked = {"batch_size": batch, "tp_size": tensor, "pp_size": stages, "v_stages": row.positive("vp"),
             "microbatch_count": batch / replicas / row.positive("mbs"), "seq_len": row.positive("seq_len"),
             "activation_checkpointing": "full" if full else "selective",
             "sequence_parallel": "sequence parallel" in row["act_ckpt"]}
    return TrainingRun("Ampere", model, fleet_of(device, chips), asked, 0.0, row.positive("iter_time_s"))


def utilization(row: Row) -> Finding:
    """Model FLOP utilization of llm-foundry."""
    run = fsdp_run(row)
    return Finding(run.measured, {HALF_PEAK: 0.5, FSDP_FORM: run.utilization(profile="fsdp")})


def iteration(row: Row) -> Finding:
    """A training step of Megatron-LM."""
    run = megatron_run(row)
    speeds: dict[str, dict[str, Any]] = {
        ROOFLINE: {"efficiency": 1.0}, HALF: {"efficiency": 0.5}, MEGATRON_FORM: {"profile": "megatron"}}
    return Finding(run.measured, {
        form: float(run.solved(**speed).value("step_latency_total")) for form, speed in speeds.items()})


def is_fsdp(row: Row) -> bool:
    return row["framework"].startswith("llm-foundry")


def is_megatron(row: Row) -> bool:
    return row["framework"] == "Megatron-LM on Selene"


def training_studies() -> list[Study]:
    """Both."""
    return [Study(MFU_STUDY, TRAINING_FILE, is_fsdp, utilization, FSDP_FORM, unit="of the peak"),
            Study(ITERATIONS, TRAINING_FILE, is_megatron, iteration, MEGATRON_FORM)]
