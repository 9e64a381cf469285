"""Time of one forward pass of a transformer: the one formula behind prefill, decoding and verification.

A pass brings `new` tokens of each of `batch` requests, which have `past` tokens in cache already. Its time is
the sum of three rooflines, since layers wait for one another: the matrix products of the layers, attention, and
lm_head. `efficiency` is the share of the chip's peak FLOP/s that is reached; bandwidth is reached whole.
Prefill is a pass with many new tokens, a decode step one with a single one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .hardware import Accelerator
from .memory import cached_context, kv_cache_bytes
from .models import Transformer
from .precision import Precision
from .roofline import peak, roofline_time, wide_peak
from .units import Byte, Context, Flop, FlopPerPair, Pairs, Request, Scalar, Second, Token


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


def linear_time(device: Accelerator, model: Transformer, tokens: Token, precision: Precision,
                efficiency: Scalar = 1.0) -> Second:
    """Time of the layers' matrix products for `tokens` in all.

        time = max(token_work * tokens / (peak * efficiency), streamed_bytes / bandwidth)
    """
    return roofline_time(model.token_work * tokens, streamed_bytes(model, tokens, precision),
                         peak(device, precision) * efficiency, device.bandwidth)


def head_time(device: Accelerator, model: Transformer, scored: Token, precision: Precision,
              efficiency: Scalar = 1.0) -> Second:
    """Time of lm_head for the tokens that are scored (the last of a prompt, each new one later).

        time = max(2 * vocab * hidden * scored / (peak * efficiency), vocab * hidden * size / bandwidth)

    It stays at 16 bits or more.
    """
    return roofline_time(model.head_work * scored, model.head * precision.wide_size,
                         wide_peak(device, precision) * efficiency, device.bandwidth)


def attention_pairs(model: Transformer, batch: Request, new: Context, past: Context) -> Pairs:
    """Pairs of a query and a key that causal attention computes [token^2/request].

        pairs = batch * (span(past + new) - span(past)),   span(n) = n * min(n, window) - min(n, window)^2 / 2

    Without a window that is batch * new * (past + new / 2): a prompt costs half of its square.
    """
    return batch * (_span(model, past + new) - _span(model, past))


def _span(model: Transformer, length: Context) -> Any:
    seen = cached_context(model, length)
    return seen * (length - seen / 2)


def attention_work(model: Transformer, pair_work: FlopPerPair, batch: Request, new: Context, past: Context) -> Flop:
    """FLOP of attention: `pair_work` (all layers and heads) for each pair of a query and a key."""
    return pair_work * attention_pairs(model, batch, new, past)


def attention_time(device: Accelerator, model: Transformer, pair_work: FlopPerPair, batch: Request, new: Context,
                   past: Context, precision: Precision, efficiency: Scalar = 1.0) -> Second:
    """Time of attention: arithmetic on pairs of tokens against reading the cache of each request once.

        time = max(pair_work * pairs / (peak * efficiency), kv_bytes_per_token * min(past, window) * batch / bandwidth)

    Arithmetic runs at 16 bits or more. Source: Dao et al. 2022, "FlashAttention" (scores never leave the chip).
    """
    return roofline_time(attention_work(model, pair_work, batch, new, past),
                         kv_cache_bytes(model, batch, past, precision),
                         wide_peak(device, precision) * efficiency, device.bandwidth)


def forward_time(device: Accelerator, model: Transformer, pair_work: FlopPerPair, batch: Request, new: Context,
                 past: Context, scored: Context, precision: Precision, efficiency: Scalar = 1.0) -> Second:
    """Time of a pass in which lm_head scores `scored` tokens of each request.

        time = linear_time(batch * new) + attention_time + head_time(batch * scored)
    """
    return (linear_time(device, model, batch * new, precision, efficiency)
            + attention_time(device, model, pair_work, batch, new, past, precision, efficiency)
            + head_time(device, model, batch * scored, precision, efficiency))


def expansion_time(device: Accelerator, model: Transformer, batch: Request, past: Context, precision: Precision,
                   efficiency: Scalar = 1.0) -> Second:
    """Time that a prefill spends on what is in cache already: with latent attention it expands it to full heads again.

        time = past_work * batch * min(past, window) / (peak * efficiency)

    Zero for all other attention. Source: DeepSeek-AI 2024, "DeepSeek-V2", section 2.1.
    """
    return model.past_work * batch * cached_context(model, past) / (peak(device, precision) * efficiency)


def prefill_layers_time(device: Accelerator, model: Transformer, batch: Request, new: Context, past: Context,
                        precision: Precision, efficiency: Scalar = 1.0) -> Second:
    """Time of the layers in a prefill pass: all of it but lm_head.

        time = linear_time(batch * new) + attention_time + expansion_time
    """
    return (linear_time(device, model, batch * new, precision, efficiency)
            + attention_time(device, model, model.prefill_pair_work, batch, new, past, precision, efficiency)
            + expansion_time(device, model, batch, past, precision, efficiency))


def prefill_time(device: Accelerator, model: Transformer, batch: Request, new: Context, past: Context,
                 precision: Precision, efficiency: Scalar = 1.0, scored: Context = 1.0) -> Second:
    """Time until the first token of `batch` requests: a pass over `new` prompt tokens, `past` cached before.

        time = prefill_layers_time + head_time(batch * scored)

    Compute-bound for all but short prompts. Leaves out queueing, launches and communication.

    >>> from solver import Hardware, Models, precision_named
    >>> t = prefill_time(Hardware.Cloud.H100, Models.Llama3_8B, 1, 2048, 0, precision_named("fp16"))
    >>> round(float(t) * 1e3, 3)   # ms
    30.318
    """
    return (prefill_layers_time(device, model, batch, new, past, precision, efficiency)
            + head_time(device, model, batch * scored, precision, efficiency))


def decode_time(device: Accelerator, model: Transformer, batch: Request, past: Context, precision: Precision,
                efficiency: Scalar = 1.0, new: Context = 1.0) -> Second:
    """Time of one decode step: `new` tokens (one) for each of `batch` requests with `past` tokens in cache.

        time = forward_time of `new` tokens, all of them scored

    Memory-bound at small batches: weights and caches are read whole for a single token each.
    Source: Pope et al. 2023, "Efficiently Scaling Transformer Inference", section 2.

    >>> from solver import Hardware, Models, precision_named
    >>> t = decode_time(Hardware.Cloud.H100, Models.Llama3_8B, np.array([1, 64, 512]), 2048, precision_named("fp16"))
    >>> (t * 1e3).round(3).tolist()   # ms
    [4.558, 9.603, 48.769]
    """
    return forward_time(device, model, model.decode_pair_work, batch, new, past, new, precision, efficiency)


def forward_work(model: Transformer, pair_work: FlopPerPair, batch: Request, new: Context, past: Context,
                 scored: Context) -> Flop:
    """FLOP of a pass.

        work = token_work * batch * new + pair_work * pairs + head_work * batch * scored
    """
    return (model.token_work * batch * new + attention_work(model, pair_work, batch, new, past)
            + model.head_work * batch * scored)


def forward_compute_time(device: Accelerator, model: Transformer, pair_work: FlopPerPair, batch: Request, new: Context,
                         past: Context, scored: Context, precision: Precision, efficiency: Scalar = 1.0) -> Second:
    """What a pass would take if reading memory took no time.

        time = (token_work * batch * new / peak
                + (pair_work * pairs + head_work * batch * scored) / wide_peak) / efficiency
    """
    wide = attention_work(model, pair_work, batch, new, past) + model.head_work * batch * scored
    narrow = model.token_work * batch * new
    return (narrow / peak(device, precision) + wide / wide_peak(device, precision)) / efficiency


def forward_traffic(model: Transformer, batch: Request, new: Context, past: Context, precision: Precision) -> Byte:
    """Bytes that a pass reads: weights of the layers, lm_head, and the cache of each request.

        traffic = streamed_bytes + vocab * hidden * size + kv_cache_bytes
    """
    return (streamed_bytes(model, batch * new, precision) + model.head * precision.wide_size
            + kv_cache_bytes(model, batch, past, precision))


def forward_memory_time(device: Accelerator, model: Transformer, batch: Request, new: Context, past: Context,
                        precision: Precision) -> Second:
    """What a pass would take if arithmetic took no time.

        time = forward_traffic / bandwidth
    """
    return forward_traffic(model, batch, new, past, precision) / device.bandwidth
