"""Compression: what weights of fewer bits, or with zeros among them, take in memory, and how long a pass takes.

Quantized weights are a number format, and all other formulas know it. What zeros add is here: `stored`, `read` and
`multiplied` are shares of the weights of the layers that are left to be stored, read and multiplied.
"""

from __future__ import annotations

import numpy as np

from solver.formulas.attention import attention_time, decode_attention_time, expansion_time
from solver.formulas.exchange import exchange_time
from solver.formulas.memory import weights_bytes
from solver.formulas.roofline import smooth_max
from solver.formulas.transformer import (
    lm_head_time,
    scheduling_time,
    slowed_work,
    weights_time,
    with_launches,
)
from solver.units import Byte, Context, Request, Scalar, Second, Token
from solver.zoo.models import Transformer
from solver.zoo.node import Node
from solver.zoo.precision import Precision

BIT = 1 / 8  # byte


def masked_size(size: Byte, kept: Scalar, mark: Byte = BIT) -> Byte:
    """What a weight takes on average where zeros may be anywhere: a bit for each says whether it is kept.

        bytes = min(size * kept + mark, size)

    `mark` is that bit. With few zeros they cost more than they save, and all weights are stored. By definition.

    >>> [float(masked_size(2.0, kept)) for kept in (1.0, 0.5, 0.1)]   # byte
    [2.0, 1.125, 0.325]
    """
    return np.minimum(size * kept + mark, size)


def paired_size(size: Byte, kept: Scalar = 0.5, mark: Byte = 2 * BIT) -> Byte:
    """What a weight takes on average where two in each four are kept: two bits say where each of them was.

        bytes = (size + mark) * kept

    `mark` are those two bits. Source: Mishra et al. 2021, "Accelerating Sparse Deep Neural Networks", section 3.1.

    >>> paired_size(2.0)   # byte: 9 bits of 16
    1.125
    """
    return (size + mark) * kept


def compressed_bytes(model: Transformer, precision: Precision, stored: Scalar) -> Byte:
    """Memory of weights of which a share of the layers is stored; embedding and lm_head are left whole.

        bytes = weights_bytes - (1 - stored) * of_layers,
        of_layers = (parameters - embeddings) * size + sum over parts of model.parts[part.name] * part.more

    By definition.

    >>> from solver import PRECISIONS, Models
    >>> [round(float(compressed_bytes(Models.Llama3_8B, PRECISIONS["fp16"], share)) / 1e9, 2) for share in (1, 0.5)]
    [16.06, 9.08]
    """
    more = sum(model.parts[part.name] * part.more for part in precision.parts)
    of_layers = (model.parameters - model.embeddings) * precision.size + more
    return weights_bytes(model, precision) - (1 - stored) * of_layers


def pruned_linear_time(node: Node, model: Transformer, tokens: Token, read: Scalar, multiplied: Scalar) -> Second:
    """Time of the layers' matrix products where a share of the weights is read, and a share of the work is done.

        time = smooth_max(slowed_work * tokens * multiplied / matmul_rate, weights_time * read)
        time = linear_time      read = multiplied = 1

    Source: Williams, Waterman, Patterson 2009, "Roofline: an insightful visual performance model".

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> [round(float(pruned_linear_time(node, Models.Llama3_8B, 1, share, 1)) * 1e3, 2) for share in (1, 0.5)]   # ms
    [4.16, 2.08]
    """
    work = slowed_work(node, model) * tokens * multiplied / node.matmul_rate
    return smooth_max(work, weights_time(node, model, tokens) * read, node.profile.norm)


def pruned_decode_time(node: Node, model: Transformer, batch: Request, past: Context, read: Scalar, multiplied: Scalar,
                       new: Context = 1.0) -> Second:
    """Time of a decode step where a share of the layers' weights is read, and a share of their work is done.

        time = with_launches(pruned_linear_time + decode_attention_time + exchange_time + lm_head_time)
               + scheduling_time
        time = decode_time      read = multiplied = 1

    Cache, attention and lm_head stay as they are. By definition.

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> [round(float(pruned_decode_time(node, Models.Llama3_8B, 1, 2048, share, 1)) * 1e3, 3) for share in (1, 0.5)]
    [4.558, 2.476]
    """
    tokens = batch * new
    work = (pruned_linear_time(node, model, tokens, read, multiplied)
            + decode_attention_time(node, model, batch, new, past) + exchange_time(node, model, tokens)
            + lm_head_time(node, model, tokens))
    return with_launches(node, model, work) + scheduling_time(node, batch)


def pruned_prefill_time(node: Node, model: Transformer, batch: Request, new: Context, past: Context, read: Scalar,
                        multiplied: Scalar, scored: Context = 1.0) -> Second:
    """Time until the first token where a share of the layers' weights is read, and a share of their work is done.

        time = with_launches(pruned_linear_time + attention_time + expansion_time + exchange_time + lm_head_time)
        time = prefill_time      read = multiplied = 1

    Cache, attention and lm_head stay as they are. By definition.

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> [round(float(pruned_prefill_time(node, Models.Llama3_8B, 1, 2048, 0, 1, share)) * 1e3, 1) for share in (1, 0.5)]
    [30.3, 15.9]
    """
    tokens = batch * new
    work = (pruned_linear_time(node, model, tokens, read, multiplied)
            + attention_time(node, model, model.prefill_pair_work, batch, new, past)
            + expansion_time(node, model, batch, past) + exchange_time(node, model, tokens)
            + lm_head_time(node, model, batch * scored))
    return with_launches(node, model, work, 1.0)
