"""The arguments that only a single step asks for: what is trained, and on how many replicas."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, TypeAlias

from solver.base.arguments import MODEL, PROMPT
from solver.base.chosen import network
from solver.base.declared import OWN, Seen
from solver.base.kinds import OneOf, Whole, YesNo
from solver.base.numbers import symbolic


def _trainable(name: str, value: Any, seen: Seen) -> Any:
    """A training step needs a number format that weights can be trained in."""
    precision = seen["precision"]
    if value and not symbolic(precision) and precision.narrow:
        raise ValueError(f"precision is {precision}: weights are trained at 16 bits or more; choose fp16 or bf16.")
    return value


TRAINED = {"is_training": OWN}

Network: TypeAlias = Annotated[Any, replace(
    MODEL, sentence="The model, a record such as `Models.Llama3_8B` or `Models.ResNet50`.", judge=network,
    of="transformer or convolutional network")]
Batch: TypeAlias = Annotated[Any, Whole(
    "Images of a pass, requests of a decode step, or sequences of a training step.", "request")]
RaiseErrors: TypeAlias = Annotated[Any, YesNo(
    "Whether OutOfMemoryError is raised where it does not fit.", company={"batch_size": 1_000_000})]
Training: TypeAlias = Annotated[Any, YesNo(
    "Whether it is a step of training with Adam, over whole sequences.", asks=_trainable)]
StepContext: TypeAlias = Annotated[Any, replace(
    PROMPT, sentence="Context of a decode step, or tokens of each sequence.")]
ZeroStage: TypeAlias = Annotated[Any, OneOf(
    "What the replicas share out: 0 nothing, 1 the optimizer's state, 2 gradients too, 3 weights too.",
    choices=(0, 1, 2, 3), company=TRAINED | {"dp_size": OWN})]
Replicas: TypeAlias = Annotated[Any, Whole(
    "Replicas that share a training step.", "", word="replica", company=TRAINED | {"zero_stage": OWN})]
Lora: TypeAlias = Annotated[Any, YesNo(
    "Whether low-rank adapters are trained, and the weights are frozen.", company=TRAINED)]
Recomputation: TypeAlias = Annotated[Any, YesNo(
    "Whether activations are computed again in the backward pass.", company=TRAINED)]
