"""Weights that stream in from outside the chip: what stays there, what comes for each pass, and how long it takes.

While the chip works on a layer, the next one's weights come in. So a pass takes as long as the slower of the two, and
what is kept on the chip need not come.
"""

from __future__ import annotations

import numpy as np

from solver.formulas.memory import chip_bytes, weights_bytes
from solver.units import Byte, BytePerRequest, Context, Request, Scalar, Second, SecondPerRequest, Token
from solver.zoo.hardware import Accelerator
from solver.zoo.models import Transformer
from solver.zoo.node import Node
from solver.zoo.precision import Precision

ARRIVING = 2.0  # layers whose weights are on the chip at once: one at work, and one that comes in


def passed_bytes(model: Transformer, precision: Precision) -> Byte:
    """Weights that tokens pass through: all but tables that they are looked up in.

        bytes = weights_bytes - (embeddings - lm_head) * embedding_size

    Of a mixture all experts count: which are met is known when the layer runs, and then its weights have to be there.
    Source: Lie 2022, "Cerebras Architecture Deep Dive: First Look Inside the HW/SW Co-Design for Deep Learning".

    >>> from solver import PRECISIONS, Models
    >>> round(float(passed_bytes(Models.Llama3_8B, PRECISIONS["fp16"])) / 1e9, 2)   # GB: 16.06 less the embedding
    15.01
    """
    tables = model.embeddings - model.stored_lm_head
    return weights_bytes(model, precision) - tables * precision.embedding_size


def activation_bytes(model: Transformer, tokens: Token) -> Byte:
    """Memory that the activations of a pass over `tokens` take at most, at 16 bits.

        bytes = exchanged_bytes * (2 + (active_parameters - embeddings) / (layers * hidden^2)) * tokens

    Two hidden states, and what all products of one layer make: parameters over `hidden` numbers. Engines that reuse
    memory within a layer need less. By definition.

    >>> from solver import Models
    >>> round(float(activation_bytes(Models.Llama3_8B, 2048)) / 1e6)   # MB
    252
    """
    made = (model.active_parameters - model.embeddings) / (model.layers * model.hidden**2)
    return model.exchanged_bytes * (2 + made) * tokens


def working_bytes(node: Node, model: Transformer, batch: Request, context: Context, tokens: Token) -> Byte:
    """Memory that a pass needs whatever is streamed, but for weights: KV cache and activations.

        bytes = kv_cache_bytes + activation_bytes

    By definition.

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Wafer.CS3, PRECISIONS["fp16"])
    >>> round(float(working_bytes(node, Models.Llama3_8B, 8, 2048, 8)) / 1e9, 2)   # GB
    2.15
    """
    cache = chip_bytes(node, model, batch, context) - weights_bytes(model, node.precision)
    return cache + activation_bytes(model, tokens)


def arriving_bytes(weights: Byte, layers: Scalar, arriving: Scalar = ARRIVING) -> Byte:
    """Weights that have to be on the chip at once: a layer that works, and one that comes in.

        bytes = weights * min(2 / layers, 1)

    Layers are taken as equally large. By definition.

    >>> float(arriving_bytes(140e9, 80)) / 1e9   # GB
    3.5
    """
    return weights * np.minimum(arriving / layers, 1.0)


def resident_bytes(weights: Byte, layers: Scalar, room: Byte) -> Byte:
    """Weights that stay on a chip with `room` for weights, and need not come.

        bytes = weights                                            weights <= room: nothing is streamed
        bytes = min(max(room - arriving_bytes, 0), weights)        else

    By definition.

    >>> [float(resident_bytes(140e9, 80, room)) / 1e9 for room in (1e9, 40e9, 150e9)]   # GB
    [0.0, 36.5, 140.0]
    """
    kept = np.maximum(room - arriving_bytes(weights, layers), 0 * weights)
    return np.where(weights <= room, weights, np.minimum(kept, weights))


def injection_time(device: Accelerator, size: Byte) -> Second:
    """Time until `size` bytes have come in over the bus to the host; none where nothing has to.

        time = size / host

    By definition.

    >>> from solver import Hardware
    >>> float(injection_time(Hardware.Wafer.CS3, 15e9))   # s
    0.1
    """
    none = 0 * size / device.bandwidth
    return np.where(size > 0 * size, size / device.host, none)


def streamed_time(compute: Second, injection: Second) -> Second:
    """Time of a pass whose weights stream in while it computes.

        time = max(compute, injection)

    What is streamed is spread evenly over the layers, and the first layer's weights came during the pass before.
    Source: Lie 2022, "Cerebras Architecture Deep Dive: First Look Inside the HW/SW Co-Design for Deep Learning".

    >>> float(streamed_time(0.02, 0.1))   # s
    0.1
    """
    return np.maximum(compute, injection)


def balanced_batch(injection: Second, more: SecondPerRequest, arithmetic: SecondPerRequest) -> Request:
    """The batch at which arithmetic takes as long as the weights take to come in.

        batch = injection / (arithmetic - more)

    `injection` is that of no request at all, `more` what the cache of each adds to it, since it leaves less room for
    weights. Holds where arithmetic > more: elsewhere the weights come later with each request. By definition.

    >>> balanced_batch(2.0, 0.0, 0.001)   # requests
    2000.0
    """
    return injection / (arithmetic - more)


def ridge_batch(reading: Second, arithmetic: SecondPerRequest) -> Request:
    """The batch from which a pass no longer waits for the chip's own memory: arithmetic takes as long as reading.

        batch = reading / arithmetic

    Source: Williams, Waterman, Patterson 2009, "Roofline: an insightful visual performance model".

    >>> ridge_batch(0.004, 0.00002)   # requests
    200.0
    """
    return reading / arithmetic


def fitting_batch(room: Byte, weights: Byte, layers: Scalar, each: BytePerRequest) -> Request:
    """Requests that fit beside the weights of two layers, each of which takes `each` bytes.

        batch = floor(max(room - arriving_bytes, 0) / each)

    By definition.

    >>> float(fitting_batch(44e9, 140e9, 80, 0.5e9))
    81.0
    """
    return np.floor(np.maximum(room - arriving_bytes(weights, layers), 0 * weights) / each)
