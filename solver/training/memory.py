"""What a training needs of each chip's memory: the model's state, activations, and buffers."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from solver.base.arguments import Chip
from solver.base.declared import declared
from solver.base.forward import ForwardModel
from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.base.sentences import memory_sentence
from solver.formulas.memory import usable_bytes
from solver.text import number_text
from solver.training.arguments import (
    Adapters,
    Checkpointing,
    ContextChips,
    ExpertSpread,
    MicroBatch,
    MicroBatchesUnderWay,
    PipelineStages,
    ReplicaShards,
    SequenceLength,
    SequenceParallel,
    StageParts,
    TensorChips,
    TrainedModel,
    TrainingFormat,
    TrainingOptimizer,
    TrainingReserve,
    ZeroOfReplicas,
)
from solver.training.plan import TrainingPlan, memory_remedies
from solver.units import quantity

STATES = ("weights", "gradients", "optimizer_state")


class TrainingMemoryResult(Result):
    """What `TrainingMemoryModel.solve` found. Its fields broadcast with the arrays that were given."""

    feasible = field(None, "whether it all fits", bool)
    states_feasible = field(None, "whether weights, gradients and the optimizer's state alone fit", bool)
    weights = field("GB", "weights that a chip keeps")
    gradients = field("GB", "their gradients")
    optimizer_state = field("GB", "what the optimizer keeps of them, a 32-bit copy included")
    states = field("GB", "the three together")
    activations = field("GB", "activations that the first stage keeps for its backward passes")
    layer_activations = field("GB", "those of a layer and a micro-batch")
    vocabulary_scores = field("GB", "scores of the vocabulary, which the last stage keeps of a micro-batch")
    communication_buffers = field("GB", "what is gathered or sent for the layer at work")
    total_memory = field("GB", "all of it, on the fullest chip")
    available_memory = field("GB", "what a chip has for it")
    headroom = field("GB", "memory left over; negative where it does not fit")
    memory_utilization = field(None, "what is needed as a share of what is available")

    def computed(self) -> dict[str, Any]:
        """The values once more, with nothing kept from before."""
        return memory_values(replace(self.given["plan"]), self.given["device"], self.given["reserve"])

    @property
    def constraint_trace(self) -> list[str]:
        """What fills the memory, and what would help, in sentences."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        plan, device = self.given["plan"], self.given["device"]
        return [memory_sentence(self.values["headroom"], device, memory_remedies(plan)), self._largest(),
                *_state_sentences(self.values, plan), "Leaves out fragments, and what libraries keep for themselves."]

    def _largest(self) -> str:
        parts = {"weights": "weights", "gradients": "gradients", "optimizer_state": "the optimizer's state",
                 "activations": "activations"}
        name = max(parts, key=lambda one: float(np.mean(self.values[one])))
        share = float(np.mean(self.values[name] / self.values["total_memory"]))
        return f"Most of it: {parts[name]}, {share:.0%}."


def _state_sentences(values: dict[str, Any], plan: TrainingPlan) -> list[str]:
    """Where no number of replicas would help."""
    lost = ~np.asarray(values["states_feasible"])
    if not np.any(lost):
        return []
    size = quantity(np.max(values["states"]), "GB")
    stage = number_text(plan.zero_stage)
    return [f"States: weights, gradients and the optimizer's state alone take {size}, more than the chip has. With "
            f"zero_stage {stage} replicas share out {SHARED_OUT[plan.zero_stage]}."]


SHARED_OUT = ("nothing of that", "the optimizer's state alone", "all but the weights", "all of it")


class TrainingMemoryModel(ForwardModel):
    """Memory of a training on each chip.

    >>> from solver import Hardware, Models
    >>> r = TrainingMemoryModel().solve(Models.Llama2_7B, Hardware.Cloud.H100, 1, dp_size=64, zero_stage=1)
    >>> print(r.states, r.activations, r.feasible)
    28.2 GB 8.62 GB True
    """

    question = "How much memory does training need, and with ZeRO?"

    @declared
    def solve(self, model: TrainedModel, hardware: Chip, batch_size: MicroBatch, seq_len: SequenceLength = 2048,
              precision: TrainingFormat = "fp16", optimizer: TrainingOptimizer = "adam",
              activation_checkpointing: Checkpointing = "selective", tp_size: TensorChips = 1,
              pp_size: PipelineStages = 1, dp_size: ReplicaShards = 1, ep_size: ExpertSpread = 1, *,
              zero_stage: ZeroOfReplicas = 0, cp_size: ContextChips = 1, sequence_parallel: SequenceParallel = False,
              v_stages: StageParts = 1, microbatch_count: MicroBatchesUnderWay = None, is_lora: Adapters = False,
              reserve: TrainingReserve = 0.0) -> TrainingMemoryResult:
        """Memory that weights, gradients, the optimizer's state, activations and buffers take on the fullest chip.

        Numbers may be arrays, which broadcast.

        Parameters
        ----------
        model : transformer
            The transformer that is trained, a record such as `Models.Llama3_8B`.
        hardware : accelerator
            The accelerator, a record such as `Hardware.Cloud.H100`.
        batch_size : sequences
            Sequences of a micro-batch, on a replica.
        seq_len : tokens
            Tokens of each sequence.
        precision : name of a format
            Number format of weights and gradients, 16 bits or more, which the accelerator has a rate for. Activations
            are kept at 16 bits whatever it is.
        optimizer : word
            The optimizer, which decides what is kept of each parameter. Besides a 32-bit copy of narrower weights these
            are 8 bytes for adam and adamw, 4 for muon and momentum, 2 for adam8bit, none for sgd.
        activation_checkpointing : word
            Which activations are computed again: none of them, those of attention's scores (selective), or all (full).
            Kernels that keep no scores (FlashAttention) need as much as with "selective".
        tp_size : chips
            Chips that share each layer, a divisor of the model's heads (tensor parallelism).
        pp_size : stages
            Stages of the pipeline, each with some of the layers (pipeline parallelism). The first one has most
            micro-batches under way.
        dp_size : replicas
            Replicas of the model that share the batch out (data parallelism).
        ep_size : chips
            Chips that the experts of a layer are spread over (expert parallelism); with 1 each is split as other layers
            are.
        zero_stage : int
            What replicas share out: 0 nothing, 1 the optimizer's state, 2 gradients too, 3 weights too.
        cp_size : chips
            Chips that each have a part of every sequence, a divisor of seq_len (context parallelism).
        sequence_parallel : bool
            Whether norms and residuals are shared out among tensor-parallel chips too.
        v_stages : parts
            Parts of the model that each stage holds in turn (interleaving).
        microbatch_count : micro-batches, optional
            Micro-batches that go through the pipeline in a step; if not given, as many as fill it.
        is_lora : bool
            Whether low-rank adapters are trained, and the weights are frozen.
        reserve : share
            Share of the memory that is kept for driver and library.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        Leaves out fragments, what libraries keep for themselves, low-rank adapters, buckets of gradients, sums of
        gradients at 32 bits, keys and values that context-parallel chips gather, and that the first stage may be given
        fewer layers. Models with gated networks are taken to be trained without dropout.

        Llama 3 405B (Grattafiori et al. 2024, section 3.3.2) shared out the optimizer's state and gradients, which is
        zero_stage=2. The first part of its first stage was the embedding alone, in the place of one layer, which makes
        128 places, and v_stages=8 on 16 stages. So its three plans fit, as they ran. With zero_stage=1 the one with 32
        micro-batches does not, by 5 GB, and nor does it with 2 or 4 parts.

        mlsysim counts 34 bytes of each number of a hidden state for every model; here it is what the matrices of a
        layer keep, which is 34 for GPT-3.

        Examples
        --------
        >>> from solver import Hardware, Models
        >>> r = TrainingMemoryModel().solve(Models.Llama3_70B, Hardware.Cloud.H100, 1, dp_size=[13, 14], zero_stage=3)
        >>> print(r.states, r.states_feasible)
        [86.8, 80.6] GB [False  True]
        """
        many = 2 * pp_size if microbatch_count is None else microbatch_count  # never more are under way
        plan = TrainingPlan(model, precision, batch_size, seq_len, tp_size, pp_size, ep_size, dp_size, cp_size,
                            v_stages, many, zero_stage, float(sequence_parallel), float(is_lora),
                            activation_checkpointing, optimizer)
        with np.errstate(all="ignore"):
            return TrainingMemoryResult(memory_values(plan, hardware, reserve),
                                        {"plan": plan, "device": hardware, "reserve": reserve})


def memory_values(plan: TrainingPlan, device: Any, reserve: Any) -> dict[str, Any]:
    """All fields of a result, in base units."""
    found, room = plan.memory(), usable_bytes(device, reserve)
    headroom = room - found["total_memory"]
    return found | {"available_memory": room, "headroom": headroom, "feasible": headroom >= 0,
                    "states_feasible": found["states"] <= room, "memory_utilization": found["total_memory"] / room}
