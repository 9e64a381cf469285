"""The arguments of training: how a model is shared out among chips, and what is kept, repeated and overlapped."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Annotated, Any, TypeAlias

import numpy as np

from solver.base import chosen
from solver.base.arguments import MODEL, WEIGHT_FORMAT
from solver.base.declared import OWN, Seen
from solver.base.fleets import FLEET
from solver.base.kinds import Number, OneOf, Share, Whole, Word, YesNo
from solver.base.numbers import each, symbolic, together, unknown
from solver.text import number_text
from solver.training.plan import OPTIMIZERS, RECOMPUTED
from solver.zoo.models import Models
from solver.zoo.site.fabric import TOPOLOGIES
from solver.zoo.site.fleet import Fleet
from solver.zoo.site.server import Servers

OVERLAP_EFFICIENCY = float("0.85")  # an object of its own, so that a default is told from a 0.85 that was given
MIXTURE = {"model": lambda: Models.DeepSeek_V2_Lite}


def trainable(kind: Any, device: Any) -> Any:
    """A number format that the chip has a rate for, and that weights are trained in."""
    chosen.rated(kind, device)
    if not symbolic(kind) and kind.narrow:
        raise ValueError(f"precision is {kind}: weights are trained at 16 bits or more; choose bf16, fp16 or fp32.")
    return kind


def is_open(*values: Any) -> bool:
    """Whether one of them is not known yet."""
    return any(map(unknown, values))


def all_good(name: str, value: Any, good: Any, sentence: Any, **others: Any) -> None:
    """Refuse what is not good beside the others, which may be arrays where it is none."""
    if not isinstance(value, (int, float)) or any(isinstance(one, np.ndarray) for one in others.values()):
        together(**{name: value}, **others)
        value = np.broadcast_arrays(value, *others.values())[0].astype(float)
    each(name, value, good, sentence)


def chip_of(seen: Seen) -> Any:
    """The chip of a question, of a fleet or alone."""
    return seen["fleet"].device if "fleet" in seen else seen["hardware"]


def _one(value: Any) -> bool:
    return value == 1 if isinstance(value, (int, float)) else isinstance(value, np.ndarray) and bool(np.all(value == 1))


def _linked(name: str, value: Any, seen: Seen) -> None:
    if math.isnan(chip_of(seen).interconnect):
        raise ValueError(f"{chip_of(seen)} has no known link to other chips, so {name} has to be 1.")


def _tensor(name: str, value: Any, seen: Seen) -> Any:
    model = seen["model"]
    if _one(value) or is_open(value, model, chip_of(seen)):
        return value
    for heads in sorted({kind.attention.heads for kind in model.kinds}):
        all_good(name, value, lambda v, heads=heads: heads % v == 0, lambda bad, heads=heads: (
            f"{model} has {number_text(heads)} heads, which that many chips cannot share evenly; choose a divisor."))
    _linked(name, value, seen)
    return value


def _stages(name: str, value: Any, seen: Seen) -> Any:
    model = seen["model"]
    if not _one(value) and not is_open(value, model):
        all_good(name, value, lambda v: v <= model.layers, lambda bad: (
            f"{model} has {number_text(model.layers)} layers, and a stage needs one at least; choose no more stages."))
    return value


def _experts(name: str, value: Any, seen: Seen) -> Any:
    model = seen["model"]
    if _one(value) or is_open(value, model, chip_of(seen)):
        return value
    if not model.mixture_layers:
        raise ValueError(f"{model} has no experts: leave {name} out.")
    most = model.routed_experts
    all_good(name, value, lambda v: most % v == 0, lambda bad: (
        f"{model} has {number_text(most)} experts, which that many chips cannot share evenly; choose a divisor."))
    _linked(name, value, seen)
    return value


def _parts(name: str, value: Any, seen: Seen) -> Any:
    model, stages = seen["model"], seen["pp_size"]
    if not _one(value) and not is_open(value, model, stages):
        all_good(name, value, lambda v: v <= np.ceil(model.layers / stages), lambda bad: (
            f"{model} has {number_text(model.layers)} layers, too few for {number_text(float(np.max(stages)))} stages "
            f"of so many parts each; choose fewer."), pp_size=stages)
    return value


def _sequence_parts(name: str, value: Any, seen: Seen) -> Any:
    length = seen["seq_len"]
    if not _one(value) and not is_open(value, length, chip_of(seen)):
        all_good(name, value, lambda v: length % v == 0, lambda bad: (
            "sequences of seq_len tokens cannot be cut into so many equal parts; choose a divisor of it."),
            seq_len=length)
        _linked(name, value, seen)
    return value


def _factor(sentence: str, **more: Any) -> Number:
    """What something takes more: 1 is nothing."""
    return Number(sentence, "", low=1, says="give a factor from 1 on.", good=lambda v: (v >= 1) & np.isfinite(v),
                  **more)


TrainedModel: TypeAlias = Annotated[Any, replace(MODEL, sentence="The transformer that is trained, a record such as "
                                                                 "`Models.Llama3_8B`.")]
TrainingFleet: TypeAlias = Annotated[Any, replace(FLEET, pair=lambda: (
    Fleet(Servers.DGX_H100, 16), Fleet(Servers.DGX_A100, 128, "HDR")))]
TrainingFormat: TypeAlias = Annotated[Any, replace(
    WEIGHT_FORMAT, pair=lambda: ("bf16", "fp32"), asks=lambda name, value, seen: trainable(value, chip_of(seen)),
    sentence="Number format of weights and gradients, 16 bits or more, which the accelerator has a rate for.")]
GlobalBatch: TypeAlias = Annotated[Any, Whole(
    "Sequences of an optimizer's step, of all replicas together.", "request", word="sequence", example=1024)]
MicroBatch: TypeAlias = Annotated[Any, Whole(
    "Sequences of a micro-batch, on a replica.", "request", word="sequence", example=1)]
SequenceLength: TypeAlias = Annotated[Any, Whole("Tokens of each sequence.", "token")]
TensorChips: TypeAlias = Annotated[Any, Whole(
    "Chips that share each layer, a divisor of the model's heads (tensor parallelism).", "", word="chip", asks=_tensor)]
PipelineStages: TypeAlias = Annotated[Any, Whole(
    "Stages of the pipeline, each with some of the layers (pipeline parallelism).", "", word="stage", asks=_stages)]
ExpertSpread: TypeAlias = Annotated[Any, Whole(
    "Chips that the experts of a layer are spread over (expert parallelism); with 1 each is split as other layers are.",
    "", word="chip", asks=_experts, company=MIXTURE)]
StageParts: TypeAlias = Annotated[Any, Whole(
    "Parts of the model that each stage holds in turn (interleaving).", "", word="part", asks=_parts,
    company={"pp_size": OWN, "microbatch_count": 4})]
MicroBatches: TypeAlias = Annotated[Any, Whole(
    "Micro-batches that a replica's share of the batch is cut into.", "", word="micro-batch", company={"pp_size": OWN})]
MicroBatchesUnderWay: TypeAlias = Annotated[Any, Whole(
    "Micro-batches that go through the pipeline in a step; if not given, as many as fill it.", "",
    word="micro-batch", other=1, company={"pp_size": 4})]
TrainingTopology: TypeAlias = Annotated[Any, Word(
    "The network's topology, if it is not the fabric's own; expert parallelism depends on it.", choices=TOPOLOGIES,
    other="ring", company=MIXTURE | {"ep_size": 64})]
ZERO = OneOf("What replicas share out: 0 nothing, 1 the optimizer's state, 2 gradients too, 3 weights too.",
             choices=(0, 1, 2, 3), other=3)
ZeroShards: TypeAlias = Annotated[Any, ZERO]
ZeroOfReplicas: TypeAlias = Annotated[Any, replace(ZERO, company={"dp_size": OWN})]
Adapters: TypeAlias = Annotated[Any, YesNo("Whether low-rank adapters are trained, and the weights are frozen.")]
ComputedAgain: TypeAlias = Annotated[Any, YesNo(
    "Whether activations of all layers are computed again in the backward pass.")]
Overlapped: TypeAlias = Annotated[Any, YesNo(
    "Whether exchange among replicas and stages goes on beside arithmetic, as far as overlap_efficiency says.")]
OverlapShare: TypeAlias = Annotated[Any, Share(
    "Share of that exchange that can go on beside arithmetic.", "", company={"overlap_comm": OWN})]
CongestionFactor: TypeAlias = Annotated[Any, _factor(
    "How many times longer what goes over the network takes, for others use it too.")]
StragglerFactor: TypeAlias = Annotated[Any, _factor(
    "How many times longer the slowest chip computes, for which all others wait.")]
ExpertImbalance: TypeAlias = Annotated[Any, _factor(
    "Tokens that the fullest expert's chip has, over the mean.", company=MIXTURE)]
Accumulations: TypeAlias = Annotated[Any, Whole(
    "Times that the pipeline is filled and emptied before the optimizer's step.", "", word="time",
    company={"pp_size": OWN})]
ContextChips: TypeAlias = Annotated[Any, Whole(
    "Chips that each have a part of every sequence, a divisor of seq_len (context parallelism).", "", word="chip",
    asks=_sequence_parts)]
SequenceParallel: TypeAlias = Annotated[Any, YesNo(
    "Whether norms and residuals are shared out among tensor-parallel chips too.", company={"tp_size": OWN})]
Checkpointing: TypeAlias = Annotated[Any, Word(
    "Which activations are computed again: none of them, those of attention's scores (selective), or all (full).",
    choices=RECOMPUTED, other="none")]
TrainingOptimizer: TypeAlias = Annotated[Any, Word("The optimizer, which decides what is kept of each parameter.",
                                           choices=tuple(OPTIMIZERS), other="sgd")]
TrainingReserve: TypeAlias = Annotated[Any, Share(
    "Share of the memory that is kept for driver and library.", "", other=0.75)]
ReplicaShards: TypeAlias = Annotated[Any, Whole(
    "Replicas of the model that share the batch out (data parallelism).", "", word="replica",
    company={"zero_stage": OWN})]
