"""What binds a pass: the work and traffic behind its time, and the name of the largest part."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.formulas.attention import attention_pairs, cache_read_time
from solver.formulas.exchange import exchange_time
from solver.formulas.memory import kv_cache_bytes
from solver.formulas.transformer import launch_time, slowed_work, streamed_bytes, weights_time
from solver.units import Byte, Context, Flop, FlopPerPair, Request, Second
from solver.zoo.models import Transformer
from solver.zoo.node import Node
from solver.zoo.precision import Precision

BOTTLENECKS = ("Compute", "Memory", "Communication", "Launches")  # an array has their places in this tuple


def forward_work(model: Transformer, pair_work: FlopPerPair, batch: Request, new: Context, past: Context,
                 scored: Context) -> Flop:
    """FLOP of a pass.

        work = token_work * batch * new + pair_work * attention_pairs + lm_head_work * batch * scored

    Source: Kaplan et al. 2020, "Scaling Laws for Neural Language Models", section 2.1.

    >>> from solver import Models
    >>> llama = Models.Llama3_8B
    >>> round(float(forward_work(llama, llama.prefill_pair_work, 1, 2048, 0, 1)) / 1e12, 2)   # TFLOP
    29.69
    """
    return (model.token_work * batch * new + pair_work * attention_pairs(model, batch, new, past)
            + model.lm_head_work * batch * scored)


def forward_compute_time(node: Node, model: Transformer, pair_work: FlopPerPair, batch: Request, new: Context,
                         past: Context, scored: Context) -> Second:
    """What a pass would take if all but arithmetic took no time.

        time = slowed_work * batch * new / matmul_rate + pair_work * attention_pairs / attention_rate
               + lm_head_work * batch * scored / lm_head_rate

    By definition.

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> llama = Models.Llama3_8B
    >>> round(float(forward_compute_time(node, llama, llama.decode_pair_work, 1, 1, 2048, 1)) * 1e6, 1)   # us
    16.3
    """
    return (slowed_work(node, model) * batch * new / node.matmul_rate
            + pair_work * attention_pairs(model, batch, new, past) / node.attention_rate
            + model.lm_head_work * batch * scored / node.lm_head_rate)


def forward_traffic(model: Transformer, batch: Request, new: Context, past: Context, precision: Precision,
                    kv_precision: Precision) -> Byte:
    """Bytes that a pass reads: weights of the layers, lm_head, and the cache of each request.

        traffic = streamed_bytes + lm_head * wide_size + kv_cache_bytes

    Source: Pope et al. 2023, "Efficiently Scaling Transformer Inference", section 2.

    >>> from solver import PRECISIONS, Models
    >>> fp16 = PRECISIONS["fp16"]
    >>> round(float(forward_traffic(Models.Llama3_8B, 1, 1, 2048, fp16, fp16)) / 1e9, 2)   # GB
    15.28
    """
    return (streamed_bytes(model, batch * new, precision) + model.lm_head * precision.wide_size
            + kv_cache_bytes(model, batch, past, kv_precision))


def forward_memory_time(node: Node, model: Transformer, batch: Request, new: Context, past: Context) -> Second:
    """What a pass would take if all but reading memory took no time.

        time = weights_time + lm_head * wide_size / bandwidth + cache_read_time

    By definition.

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> round(float(forward_memory_time(node, Models.Llama3_8B, 1, 1, 2048)) * 1e3, 3)   # ms
    4.558
    """
    weights = weights_time(node, model, batch * new) + model.lm_head * node.precision.wide_size / node.bandwidth
    return weights + cache_read_time(node, model, batch, past)


def bottleneck_code(node: Node, model: Transformer, pair_work: FlopPerPair, batch: Request, new: Context,
                    past: Context, scored: Context) -> Any:
    """Which part of a pass takes longest, as its place in `BOTTLENECKS`."""
    parts = (forward_compute_time(node, model, pair_work, batch, new, past, scored),
             forward_memory_time(node, model, batch, new, past),
             exchange_time(node, model, batch * new), launch_time(node, model))
    return np.argmax(np.stack(np.broadcast_arrays(*parts)), axis=0)


def bottleneck_name(code: Any) -> Any:
    """The name for a single code; arrays stay codes."""
    return code if np.ndim(code) else BOTTLENECKS[int(code)]
