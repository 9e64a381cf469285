"""What training adds to a forward pass: a backward pass, and the state of the optimizer."""

from __future__ import annotations

import numpy as np

from solver.formulas.memory import weights_bytes
from solver.units import Byte, Scalar
from solver.zoo.models import Transformer
from solver.zoo.precision import Precision


def training_passes(is_lora: Scalar = 0.0, recomputation: Scalar = 0.0) -> Scalar:
    """Work of a training step in units of its forward pass.

        passes = 3 (forward, gradients of activations, gradients of weights) - is_lora + recomputation

    Low-rank adapters need no gradients of the frozen weights; recomputing activations is a second forward pass.
    Source: Narayanan et al. 2021, "Efficient Large-Scale Language Model Training on GPU Clusters", appendix.

    >>> training_passes(), training_passes(recomputation=1.0), training_passes(is_lora=1.0)
    (3.0, 4.0, 2.0)
    """
    return 3.0 - is_lora + recomputation


def training_state_bytes(model: Transformer, precision: Precision, zero_stage: Scalar = 0.0, replicas: Scalar = 1.0,
                         is_lora: Scalar = 0.0) -> Byte:
    """Memory of weights, gradients and Adam's state on one of `replicas` data-parallel chips.

        bytes = weights / (replicas if stage = 3 else 1) + gradients / (replicas if stage >= 2 else 1)
                + parameters * optimizer_size / (replicas if stage >= 1 else 1)

    Gradients are as wide as weights; Adam keeps a 32-bit copy of the weights (in mixed precision) and two moments.
    Low-rank adapters, far below 1 % of the parameters, are left out, and so are activations.
    Source: Rajbhandari et al. 2020, "ZeRO", section 3: 16 bytes a parameter.

    >>> from solver import Models, precision_named
    >>> llama, fp16 = Models.Llama2_7B, precision_named("fp16")
    >>> [round(float(training_state_bytes(llama, fp16, stage, 64)) / 1e9, 1) for stage in range(4)]   # GB
    [107.8, 28.2, 15.0, 1.7]
    """
    weights = weights_bytes(model, precision)
    sharded = [np.where(zero_stage >= stage, replicas, 1.0) for stage in (1, 2, 3)]
    state = model.parameters * precision.optimizer_size
    return weights / sharded[2] + (1 - is_lora) * (weights / sharded[1] + state / sharded[0])
