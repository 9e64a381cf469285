"""A plan: how many chips share a model's layers, sequences, stages, experts and batch; and what it needs of memory."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from solver.base.numbers import symbolic
from solver.formulas.training.training_memory import (
    gathered_layer_bytes,
    kept_layers,
    kept_score_bytes,
    layer_activation_bytes,
    micro_batch_tokens,
    sharded_bytes,
    stage_experts,
    stage_parameters,
    vocabulary_bytes,
)
from solver.zoo.models import Transformer
from solver.zoo.precision import Precision

RECOMPUTED = ("none", "selective", "full")
INPUT_KEPT = 2.0  # what full recomputation keeps of a layer's input, in hidden states at 8 bits: s b h at 16 bits
# What an optimizer keeps of each parameter besides a 32-bit copy of weights that are narrower [byte].
OPTIMIZERS = {"adam": 8.0, "adamw": 8.0, "adam8bit": 2.0, "muon": 4.0, "momentum": 4.0, "sgd": 0.0}
COPY = 4.0


def is_one(value: Any) -> bool:
    """Whether it is known to be 1, so that what follows of more need not be worked out."""
    return type(value) in (int, float) and bool(value == 1)


@dataclass(frozen=True, eq=False)
class TrainingPlan:
    """So many chips in each kind of parallelism, plain numbers or symbols; a micro-batch has `micro` sequences."""

    model: Transformer
    precision: Precision
    micro: Any
    context: Any
    tensor: Any = 1.0
    pipeline: Any = 1.0
    expert: Any = 1.0
    data: Any = 1.0
    context_parallel: Any = 1.0
    interleaving: Any = 1.0
    micro_batches: Any = 1.0
    zero_stage: Any = 0
    sequence: float = 0.0
    lora: float = 0.0
    recomputed: str = "selective"
    optimizer: str = "adam"

    @property
    def chips(self) -> Any:
        """All of them."""
        return self.tensor * self.context_parallel * self.pipeline * self.data

    @property
    def mixed(self) -> bool:
        """Whether it has mixtures of experts, as far as is known."""
        return symbolic(self.model.mixture_layers) or bool(self.model.mixture_layers)

    @cached_property
    def tokens(self) -> Any:
        """Of a micro-batch, on each chip."""
        return micro_batch_tokens(self.micro, self.context, self.context_parallel)

    @cached_property
    def replicas(self) -> Any:
        """Chips that hold the same weights, and can share them out: context-parallel ones do too."""
        return self.data * self.context_parallel

    @cached_property
    def parameters(self) -> Any:
        """That a chip works with."""
        return stage_parameters(self.model, self.pipeline, self.tensor, self.expert)

    @cached_property
    def experts(self) -> Any:
        """Those of them that are experts'."""
        return stage_experts(self.model, self.pipeline, self.tensor, self.expert)

    @cached_property
    def expert_replicas(self) -> Any:
        """Chips that hold the same experts."""
        return np.maximum(self.replicas * self.tensor / np.maximum(self.expert, self.tensor), 1)

    def kept(self, size: Any, stage: int) -> Any:
        """So many bytes for each parameter of a chip, shared out from a ZeRO stage on."""
        rest = sharded_bytes(self.parameters - self.experts, size, self.zero_stage, stage, self.replicas)
        if not self.mixed:
            return rest
        return rest + sharded_bytes(self.experts, size, self.zero_stage, stage, self.expert_replicas)

    @property
    def optimizer_size(self) -> Any:
        """What the optimizer keeps for each parameter."""
        return OPTIMIZERS[self.optimizer] + np.where(self.precision.size < COPY, COPY, 0.0)

    @cached_property
    def states(self) -> dict[str, Any]:
        """Weights, gradients and the optimizer's state on each chip."""
        trained = 1 - self.lora
        return {"weights": self.kept(self.precision.size, 3), "gradients": trained * self.kept(self.precision.size, 2),
                "optimizer_state": trained * self.kept(self.optimizer_size, 1)}

    @cached_property
    def layer_activations(self) -> Any:
        """Of a layer, and a micro-batch."""
        if self.recomputed == "full":
            shared = self.tensor if self.sequence else 1.0
            return self.tokens * self.model.exchanged_bytes * INPUT_KEPT / 2 / shared
        kept = layer_activation_bytes(self.model, self.tokens, self.tensor, self.sequence)
        if self.recomputed == "none":
            kept = kept + kept_score_bytes(self.model, self.tokens, self.context, self.tensor)
        return kept

    @cached_property
    def activations(self) -> Any:
        """Of the first stage, which has most micro-batches under way."""
        return self.layer_activations * kept_layers(self.model.layers, self.pipeline, self.interleaving,
                                                    self.micro_batches)

    @cached_property
    def vocabulary(self) -> Any:
        """Scores of the vocabulary, which the last stage keeps."""
        return vocabulary_bytes(self.model, self.tokens, self.tensor)

    @cached_property
    def buffers(self) -> Any:
        """What is gathered for a layer at work (weights with ZeRO's stage 3, its input), and what stages send."""
        weights = gathered_layer_bytes(self.model, self.precision, self.tensor, self.expert, self.zero_stage,
                                       self.replicas)
        whole = self.tokens * self.model.exchanged_bytes
        sent = whole / (self.tensor if self.sequence else 1.0)
        return weights + np.where(self.tensor > 1, whole, 0.0) + np.where(self.pipeline > 1, 2 * sent, 0.0)

    def memory(self) -> dict[str, Any]:
        """Everything on the fullest chip, in base units."""
        found = dict(self.states)
        states = found["weights"] + found["gradients"] + found["optimizer_state"]
        last = self.layer_activations * np.ceil(self.model.layers / self.pipeline) + self.vocabulary
        kept = np.maximum(self.activations + np.where(self.pipeline > 1, 0.0, self.vocabulary), last)
        return found | {"states": states, "activations": self.activations, "layer_activations": self.layer_activations,
                        "vocabulary_scores": self.vocabulary, "communication_buffers": self.buffers,
                        "total_memory": states + kept + self.buffers}


def memory_remedies(plan: TrainingPlan) -> dict[str, Any]:
    """What could be changed where a plan does not fit, and whether that helps."""
    return {"a higher zero_stage": (plan.zero_stage < 3) & (np.asarray(plan.replicas) > 1),
            "computing activations again": plan.recomputed != "full",
            "smaller micro-batches": np.asarray(plan.micro) > 1, "more chips that share the model": True}
