"""What chips that train a model together send one another: in tensor, context, expert, pipeline and data parallelism.

Groups lie in the order tensor, context, pipeline, data: chips of a tensor-parallel group are neighbours, those of a
data-parallel one are far apart. As many of a group as lie in one server exchange data over their own link, the rest
over the NICs, one for each chip. How long a collective takes stands in `collective_exchange`, and how tokens get to
their experts in `expert_routing`; here is who takes part, what they exchange, and how often.
"""

from __future__ import annotations

import numpy as np

from solver.formulas.memory import kv_bytes_per_token
from solver.formulas.training.collective_exchange import send_time
from solver.units import Bandwidth, Byte, Scalar, Second, Token
from solver.zoo.models import Transformer
from solver.zoo.precision import Precision


def group_neighbours(chips: Scalar, stride: Scalar, joined: Scalar) -> Scalar:
    """Chips of a group that lie in the same server: `stride` apart, where `joined` chips share their own link.

        near = min(max(floor(joined / stride), 1), chips)

    By definition.

    >>> float(group_neighbours(16, 1, 8)), float(group_neighbours(16, 4, 8)), float(group_neighbours(64, 128, 8))
    (8.0, 2.0, 1.0)
    """
    return np.minimum(np.maximum(np.floor(joined / stride), 1), chips)


def layer_sums(layers: Scalar, mixtures: Scalar, experts: Scalar) -> Scalar:
    """How often tensor-parallel chips add up a layer's parts in a pass over all layers.

        sums = 2 * layers - mixtures      where whole experts are spread over chips
        sums = 2 * layers                  else

    Tokens that are sent to experts come back added up. Source: Shoeybi et al. 2019, "Megatron-LM", section 3.

    >>> float(layer_sums(32, 0, 1)), float(layer_sums(61, 58, 64))
    (64.0, 64.0)
    """
    return 2 * layers - np.where(experts > 1, mixtures, 0 * mixtures)


def gathered_bytes(model: Transformer, tokens: Token, precision: Precision) -> Byte:
    """Keys and values of a layer that context-parallel chips gather: those of all `tokens` of a sequence.

        bytes = kv_bytes_per_token / layers * tokens

    Source: Grattafiori et al. 2024, "The Llama 3 Herd of Models", section 3.3.2 (context parallelism).

    >>> from solver import PRECISIONS, Models
    >>> round(float(gathered_bytes(Models.Llama3_405B, 131072, PRECISIONS["bf16"])) / 1e6)   # MB
    537
    """
    return kv_bytes_per_token(model, precision) / model.layers * tokens


def replica_passes(zero_stage: Scalar, micro_batches: Scalar, accumulations: Scalar) -> Scalar:
    """Passes of a ring, over what a chip holds, that data-parallel replicas need for a step.

        passes = 2                               stages 0 and 1: gradients are added up; then they, or weights, gathered
        passes = accumulations + 1               stage 2: gradients are shared out after each accumulation
        passes = 3 * micro_batches * accumulations      stage 3: weights are gathered twice, gradients shared out

    Source: Rajbhandari et al. 2020, "ZeRO", section 7; Zhao et al. 2023, "PyTorch FSDP", section 3.

    >>> [float(replica_passes(stage, 4, 1)) for stage in range(4)]
    [2.0, 2.0, 2.0, 12.0]
    """
    sharded = np.where(zero_stage >= 3, 3 * micro_batches * accumulations, accumulations + 1)
    return np.where(zero_stage >= 2, sharded, 2)


def exposed_exchange_time(exchange: Second, computing: Second, overlap: Scalar) -> Second:
    """What of an exchange is waited for, when the share `overlap` of it could go on beside arithmetic.

        time = exchange - min(overlap * exchange, computing)

    By definition.

    >>> float(exposed_exchange_time(0.5, 1.0, 0.8)), float(exposed_exchange_time(2.0, 1.0, 0.8))
    (0.09999999999999998, 1.0)
    """
    return exchange - np.minimum(overlap * exchange, computing)


def stage_sending_time(size: Byte, stages: Scalar, interleaving: Scalar, rate: Bandwidth,
                       latency: Second = 0.0) -> Second:
    """Time that a stage takes to send a micro-batch's `size` bytes on, and their gradients back.

        time = 2 * interleaving * send_time(size, rate, latency) * min(stages - 1, 1)

    Source: Narayanan et al. 2021, "Efficient Large-Scale Language Model Training on GPU Clusters", section 3.2.

    >>> round(float(stage_sending_time(10.5e6, 35, 3, 25e9)) * 1e3, 2)   # ms
    2.52
    """
    return 2 * interleaving * send_time(size, rate, latency) * np.minimum(stages - 1, 1)
