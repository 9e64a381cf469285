"""What attention costs where its scores leave the chip, as they did before FlashAttention."""

from __future__ import annotations

import numpy as np

from solver.formulas.attention import cache_read_time
from solver.units import Byte, BytePerPair, Context, FlopPerPair, Pairs, Request, Scalar, Second
from solver.zoo.models import Transformer
from solver.zoo.node import Node

TRIPS = 4.0  # of each score between chip and memory: written, read by the softmax, written by it, read again
SCORE = 2.0  # byte, 16 bits


def whole_pairs(batch: Request, new: Context, past: Context) -> Pairs:
    """Pairs of a query and a key that attention computes without kernels that know the causal mask: all of them.

        pairs = batch * new * (past + new)

    By definition.

    >>> float(whole_pairs(1, 2048, 0))   # twice what causal attention needs
    4194304.0
    """
    return batch * new * (past + new)


def score_traffic(model: Transformer, batch: Request, new: Context, past: Context, size: BytePerPair = SCORE,
                trips: Scalar = TRIPS) -> Byte:
    """Traffic of the scores of all layers at 16 bits, where each kernel leaves them in memory for the next.

        bytes = trips * heads * size * whole_pairs,
        heads = sum over kinds of layers of count * attention.heads      where it has pairs

    There are four `trips`. At least: masks and dropout of kernels of their own come on top.
    Source: Dao et al. 2022, "FlashAttention", algorithm 0.

    >>> from solver import Models
    >>> round(float(score_traffic(Models.Llama3_8B, 1, 2048, 0)) / 1e9, 1)   # GB
    34.4
    """
    heads = sum(kind.count * kind.attention.heads * (kind.pair_share > 0) for kind in model.kinds)
    return trips * heads * (size * whole_pairs(batch, new, past))


def unfused_attention_time(node: Node, model: Transformer, pair_work: FlopPerPair, batch: Request, new: Context,
                           past: Context, size: BytePerPair = SCORE) -> Second:
    """Time of attention in kernels that leave the scores in memory: arithmetic on all pairs, or traffic.

        time = max(pair_work * whole_pairs / attention_rate, score_traffic / bandwidth + cache_read_time(past))

    Source: Dao et al. 2022, "FlashAttention", section 2.2.

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node, llama = Node(Hardware.Cloud.A100, PRECISIONS["fp16"]), Models.Llama3_8B
    >>> round(float(unfused_attention_time(node, llama, llama.prefill_pair_work, 1, 2048, 0)) * 1e3, 1)   # ms
    16.9
    """
    work = pair_work * whole_pairs(batch, new, past)
    traffic = score_traffic(model, batch, new, past, size) / node.bandwidth + cache_read_time(node, model, batch, past)
    return np.maximum(work / node.attention_rate, traffic)
