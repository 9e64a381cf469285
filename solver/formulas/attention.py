"""Time of attention: queries meet keys, or the cache is read, whichever takes longer."""

from __future__ import annotations

import numpy as np

from solver.formulas.memory import cached_context
from solver.units import Context, FlopPerPair, Pairs, Request, Second
from solver.zoo.models import Transformer
from solver.zoo.node import Node


def attention_pairs(model: Transformer, batch: Request, new: Context, past: Context) -> Pairs:
    """Pairs of a query and a key that causal attention computes, on average over its work [token^2/request].

        pairs = batch * (span(past + new) - span(past)),
        span(n) = sum over kinds of layers of pair_share * (n^2 - (n - min(n, window))^2) / 2
        pairs = batch * new * (past + new / 2)      without windows: a prompt costs half of its square

    A share is that of a kind in the work on a pair.
    By definition of causal attention and of windows.

    >>> from solver import Models
    >>> float(attention_pairs(Models.Llama3_8B, 1, 2048, 0))   # half of the square of 2,048
    2097152.0
    """
    grown = past + new
    forgotten = 0.0
    for kind in model.kinds:
        gone, later = (n - np.minimum(n, kind.attention.window) for n in (past, grown))
        forgotten = forgotten + kind.pair_share * (later - gone) * (later + gone)
    return batch * (new * (past + grown) - forgotten) / 2


def cache_read_time(node: Node, model: Transformer, batch: Request, context: Context) -> Second:
    """Time to read the cache of `batch` requests, and to read and write their states.

        time = sum over kinds of layers of (read_elements * kv_precision.size * min(context, window) + 2 * state)
               * batch / (min(tensor_parallel, kv_heads) * attention_data_parallel * cache_bandwidth)

    A KV head is the smallest part that chips can share out: a cache of fewer heads than chips is kept several times.
    Source: vLLM, `vllm/config.py`, `get_num_kv_heads`: each chip keeps at least one head.

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> round(float(cache_read_time(node, Models.Llama3_8B, 8, 8192)) * 1e3, 2)   # ms
    2.56
    """
    time = 0.0
    for kind in model.kinds:
        shared = np.minimum(node.tensor_parallel, kind.attention.kv_heads)
        cache = kind.read_elements * node.kv_precision.size * np.minimum(context, kind.attention.window) * batch
        time = time + (cache + 2 * kind.state * batch) / (shared * node.cache_bandwidth)
    return time / node.attention_data_parallel


def attention_time(node: Node, model: Transformer, pair_work: FlopPerPair, batch: Request, new: Context,
                   past: Context) -> Second:
    """Time of attention: arithmetic on pairs of tokens against reading the cache of each request once.

        time = max(pair_work * attention_pairs / attention_rate, cache_read_time(past))

    Arithmetic runs at 16 bits or more. Source: Dao et al. 2022, "FlashAttention" (scores never leave the chip).

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> llama = Models.Llama3_8B
    >>> round(float(attention_time(node, llama, llama.prefill_pair_work, 1, 8192, 0)) * 1e3, 2)   # ms
    17.78
    """
    work = pair_work * attention_pairs(model, batch, new, past)
    return np.maximum(work / node.attention_rate, cache_read_time(node, model, batch, past))


def decode_attention_time(node: Node, model: Transformer, batch: Request, new: Context, past: Context) -> Second:
    """Time of attention while decoding; early engines did it on the FP32 units, and grouped queries gained little.

        time = max(decode_pair_work * attention_pairs / min(attention_rate, vector_rate), cache_read_time)

    Source: NVIDIA, TensorRT-LLM, `docs/source/blogs/XQA-kernel.md` (the kernel that ended it for grouped queries).

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> round(float(decode_attention_time(node, Models.Llama3_8B, 8, 1, 8192)) * 1e3, 2)   # ms: the cache is read
    2.56
    """
    work = model.decode_pair_work * attention_pairs(model, batch, new, past)
    rate = np.minimum(node.attention_rate, node.vector_rate)
    return np.maximum(work / rate, cache_read_time(node, model, batch, past))


def expansion_time(node: Node, model: Transformer, batch: Request, past: Context) -> Second:
    """Time that a prefill spends on what is in cache already: with latent attention it expands it to full heads again.

        time = past_work * batch * cached_context(past) / projection_rate

    Zero for all other attention. Source: DeepSeek-AI 2024, "DeepSeek-V2", section 2.1.

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H200, PRECISIONS["fp8"])
    >>> round(float(expansion_time(node, Models.DeepSeek_V3, 1, 65536)) * 1e3)   # ms
    68
    """
    return model.past_work * batch * cached_context(model, past) / node.projection_rate
