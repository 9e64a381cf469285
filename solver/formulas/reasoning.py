"""Long answers: time between tokens while the context grows, and memory of several answers to one prompt."""

from __future__ import annotations

import math

from solver.formulas.memory import chip_bytes, chip_weights_bytes
from solver.formulas.unpublished import known_decode_time
from solver.units import Byte, Context, Request, Second
from solver.zoo.models import Transformer
from solver.zoo.node import Node

# Places in an interval of length 1, and their weights: exact for polynomials of fifth degree.
GAUSS = ((0.5 - math.sqrt(0.15), 5 / 18), (0.5, 8 / 18), (0.5 + math.sqrt(0.15), 5 / 18))


def mean_decode_time(node: Node, model: Transformer, batch: Request, past: Context, grown: Context,
                     new: Context = 1.0) -> Second:
    """Time between tokens, on average while `grown` of them are added to `past` tokens in cache.

        time = 5/18 * t(past + 0.113 * grown) + 8/18 * t(past + grown / 2) + 5/18 * t(past + 0.887 * grown),
        t = known_decode_time

    The integral of the time over the context. Exact where it is linear in it, as with most models; within a percent
    where a window keeps some layers' caches from growing. `new` is 1, the token that a step brings to each.
    Source: Abramowitz, Stegun 1964, "Handbook of Mathematical Functions", 25.4.30 (Gauss, three points).

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> [round(float(mean_decode_time(node, Models.Llama3_8B, 1, 2048, n)) * 1e3, 2) for n in (1, 32768)]   # ms
    [4.56, 5.2]
    """
    return sum(weight * known_decode_time(node, model, batch, past + place * grown, new) for place, weight in GAUSS)


def branched_bytes(node: Node, model: Transformer, batch: Request, past: Context, grown: Context,
                   one: Request = 1.0) -> Byte:
    """Memory on each chip of a model and of `batch` answers of `grown` tokens to one prompt of `past`, kept once.

        bytes = chip_bytes(1, past + grown) + (batch - 1) * (chip_bytes(1, grown) - chip_weights_bytes)

    Source: Kwon et al. 2023, "Efficient Memory Management for Large Language Model Serving with PagedAttention",
    section 4.4 (parallel sampling).

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> [round(float(branched_bytes(node, Models.Llama3_8B, n, 8192, 1024)) / 1e9, 2) for n in (1, 16)]   # GB
    [17.27, 19.28]
    """
    own = chip_bytes(node, model, one, grown) - chip_weights_bytes(node, model)
    return chip_bytes(node, model, one, past + grown) + (batch / one - 1) * own
