"""Time of one forward pass of a transformer: the one formula behind prefill, decoding and verification.

A pass brings `new` tokens of each of `batch` requests, which have `past` tokens in cache already. Its time is the
sum of its parts, since layers wait for one another: the matrix products of the layers, attention, lm_head, what
tensor-parallel chips exchange, and launches. Prefill is a pass with many new tokens, a decode step one with a single
one, the verification of a draft one with a few: one step has one answer everywhere.
"""

from __future__ import annotations

import numpy as np

from .memory import cached_context, forgotten_context, kv_bytes_per_token
from .models import Transformer
from .node import Node
from .precision import Precision
from .roofline import roofline_time, smooth_max
from .units import Byte, Context, FlopPerPair, Pairs, Request, Scalar, Second, Token


def distinct_experts(model: Transformer, tokens: Token) -> Scalar:
    """Experts of a layer that at least one of `tokens` is sent to, on average; 1 in a dense model.

        distinct = experts * (1 - (1 - active / experts)^tokens)

    Experts are taken as equally likely. active <= distinct <= experts.

    >>> from solver import Models
    >>> [round(float(distinct_experts(Models.Mixtral_8x7B, n)), 2) for n in (1, 8, 64)]
    [2.0, 7.2, 8.0]
    """
    return -model.feed_forward.experts * np.expm1(tokens * model.feed_forward.avoidance)


def streamed_bytes(model: Transformer, tokens: Token, precision: Precision) -> Byte:
    """Weights of the layers that a pass over `tokens` reads once: of a mixture only the experts it meets.

        bytes = (dense + distinct_experts * expert) * size

    The input embedding is looked up, never streamed; lm_head is counted by `head_time`.
    """
    return (model.dense + distinct_experts(model, tokens) * model.feed_forward.expert) * precision.size


def linear_time(node: Node, model: Transformer, tokens: Token) -> Second:
    """Time of the layers' matrix products for `tokens` in all.

        time = smooth_max(token_work * tokens / matmul_rate, streamed_bytes / bandwidth)
    """
    return roofline_time(model.token_work * tokens, streamed_bytes(model, tokens, node.precision),
                         node.matmul_rate, node.bandwidth, node.profile.norm)


def head_time(node: Node, model: Transformer, scored: Token) -> Second:
    """Time of lm_head for the tokens that are scored (the last of a prompt, each new one later).

        time = smooth_max(2 * vocab * hidden * scored / head_rate, vocab * hidden * size / bandwidth)

    It stays at 16 bits or more.
    """
    return roofline_time(model.head_work * scored, model.head * node.precision.wide_size,
                         node.head_rate, node.bandwidth, node.profile.norm)


def attention_pairs(model: Transformer, batch: Request, new: Context, past: Context) -> Pairs:
    """Pairs of a query and a key that causal attention computes, in a layer on average [token^2/request].

        pairs = batch * (span(past + new) - span(past)),   span(n) = (n^2 - windowed * forgotten_context(n)^2) / 2

    Without windows that is batch * new * (past + new / 2): a prompt costs half of its square.
    """
    grown = past + new
    gone, later = forgotten_context(model, past), forgotten_context(model, grown)
    windowed = model.attention.windowed * (later - gone) * (later + gone)
    return batch * (new * (past + grown) - windowed) / 2


def cache_read_time(node: Node, model: Transformer, batch: Request, context: Context) -> Second:
    """Time to read the cache of `batch` requests.

        time = kv_bytes_per_token * cached_context * batch / (min(ways, kv_heads) * chip_bandwidth)

    A KV head is the smallest part that chips can share out: a cache of fewer heads than chips is kept several times.
    """
    shared = np.minimum(node.ways, model.attention.kv_heads)
    cache = kv_bytes_per_token(model, node.kv_precision) * cached_context(model, context) * batch
    return cache / (shared * node.chip_bandwidth)


def attention_time(node: Node, model: Transformer, pair_work: FlopPerPair, batch: Request, new: Context,
                   past: Context) -> Second:
    """Time of attention: arithmetic on pairs of tokens against reading the cache of each request once.

        time = max(pair_work * attention_pairs / attention_rate, cache_read_time(past))

    Arithmetic runs at 16 bits or more. Source: Dao et al. 2022, "FlashAttention" (scores never leave the chip).
    """
    work = pair_work * attention_pairs(model, batch, new, past)
    return np.maximum(work / node.attention_rate, cache_read_time(node, model, batch, past))


def decode_attention_time(node: Node, model: Transformer, batch: Request, new: Context, past: Context) -> Second:
    """Time of attention while decoding; early engines did it on the FP32 units, and grouped queries gained little.

        time = max(decode_pair_work * attention_pairs / min(attention_rate, vector_rate), cache_read_time)
    """
    work = model.decode_pair_work * attention_pairs(model, batch, new, past)
    rate = np.minimum(node.attention_rate, node.vector_rate)
    return np.maximum(work / rate, cache_read_time(node, model, batch, past))


def exchange_time(node: Node, model: Transformer, tokens: Token) -> Second:
    """Time that tensor-parallel chips spend on adding up their parts: two all-reduces a layer, none for one chip.

        time = 2 * layers * (latency * (ways > 1) + 2 * (ways - 1) / ways * exchanged_bytes * tokens / bus_rate)

    Source: Shoeybi et al. 2019, "Megatron-LM", section 3; the second term is a ring.
    """
    if node.alone is True:  # known now, as a symbol is not
        return 0.0 * (model.exchanged_bytes * tokens / node.bandwidth)
    sent = 2 * (node.ways - 1) / node.ways * (model.exchanged_bytes * tokens)
    latency = node.profile.latency * np.minimum(node.ways - 1, 1)
    return 2 * model.layers * (latency + sent / node.bus_rate)


def launch_time(node: Node, model: Transformer) -> Second:
    """Time that the host takes to start the kernels of all layers.

        time = layers * launch
    """
    return model.layers * node.profile.launch


def expansion_time(node: Node, model: Transformer, batch: Request, past: Context) -> Second:
    """Time that a prefill spends on what is in cache already: with latent attention it expands it to full heads again.

        time = past_work * batch * cached_context(past) / matmul_rate

    Zero for all other attention. Source: DeepSeek-AI 2024, "DeepSeek-V2", section 2.1.
    """
    return model.past_work * batch * cached_context(model, past) / node.matmul_rate


def prefill_layers_time(node: Node, model: Transformer, batch: Request, new: Context, past: Context) -> Second:
    """Time of the layers in a prefill pass: all of it but lm_head and launches.

        time = linear_time(batch * new) + attention_time + expansion_time + exchange_time
    """
    return (linear_time(node, model, batch * new)
            + attention_time(node, model, model.prefill_pair_work, batch, new, past)
            + expansion_time(node, model, batch, past) + exchange_time(node, model, batch * new))


def launched(node: Node, model: Transformer, work: Second) -> Second:
    """Time of a pass whose work takes `work`: launches come on top of it, or go on meanwhile.

        time = smooth_max(work, launch_time, overlap)
    """
    return smooth_max(work, launch_time(node, model), node.profile.overlap)


def prefill_time(node: Node, model: Transformer, batch: Request, new: Context, past: Context,
                 scored: Context = 1.0) -> Second:
    """Time until the first token of `batch` requests: a pass over `new` prompt tokens, `past` cached before.

        time = launched(prefill_layers_time + head_time(batch * scored))

    Compute-bound for all but short prompts. Leaves out queueing, sampling and tokenization.

    >>> from solver import PRECISIONS, Hardware, Models, Node, Profiles
    >>> fp16 = PRECISIONS["fp16"]
    >>> for profile in Profiles.ideal, Profiles.tuned:
    ...     node = Node(Hardware.Cloud.H100, fp16, fp16, profile)
    ...     print(round(float(prefill_time(node, Models.Llama3_8B, 1, 2048, 0)) * 1e3, 3), "ms")
    30.318 ms
    47.068 ms
    """
    layers = prefill_layers_time(node, model, batch, new, past)
    return launched(node, model, layers + head_time(node, model, batch * scored))


def decode_time(node: Node, model: Transformer, batch: Request, past: Context, new: Context = 1.0) -> Second:
    """Time of one decode step: `new` tokens (one) for each of `batch` requests with `past` tokens in cache.

        time = launched(linear_time + decode_attention_time + exchange_time + head_time), all of `batch * new` tokens

    Memory-bound at small batches: weights and caches are read whole for a single token each.
    Source: Pope et al. 2023, "Efficiently Scaling Transformer Inference", section 2.

    >>> from solver import PRECISIONS, Hardware, Models, Node, Profiles
    >>> fp16 = PRECISIONS["fp16"]
    >>> node = Node(Hardware.Cloud.H100, fp16, fp16, Profiles.ideal)
    >>> (decode_time(node, Models.Llama3_8B, np.array([1, 64, 512]), 2048) * 1e3).round(3).tolist()   # ms
    [4.558, 9.603, 48.769]
    """
    tokens = batch * new
    return launched(node, model, linear_time(node, model, tokens)
                    + decode_attention_time(node, model, batch, new, past)
                    + exchange_time(node, model, tokens) + head_time(node, model, tokens))
