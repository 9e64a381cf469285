"""Chunked prefill: a prompt that is read in pieces, so that decoding requests need not wait for all of it.

Source: Agrawal et al. 2024, "Taming Throughput-Latency Tradeoff in LLM Inference with Sarathi-Serve".
"""

from __future__ import annotations

import numpy as np

from solver.formulas.attention import attention_pairs, attention_time, decode_attention_time
from solver.formulas.exchange import exchange_time
from solver.formulas.roofline import smooth_max
from solver.formulas.transformer import (
    launch_time,
    linear_time,
    lm_head_time,
    prefill_layers_time,
    prefill_time,
    scheduling_time,
    with_launches,
)
from solver.units import Context, Request, Scalar, Second, Token
from solver.zoo.models import Transformer
from solver.zoo.node import Node


def prefill_chunks(new: Context, chunk: Context) -> Scalar:
    """Passes that a prompt of `new` tokens takes when each brings at most `chunk`.

        chunks = ceil(new / chunk)

    By definition.

    >>> float(prefill_chunks(8192, 500))
    17.0
    """
    return np.ceil(new / chunk)


def chunked_prefill_time(node: Node, model: Transformer, batch: Request, new: Context, past: Context,
                         chunk: Context, scored: Context = 1.0) -> Second:
    """Time until the first token when a prompt is read in chunks: weights and earlier chunks are read again each time.

        time = smooth_max(full * (linear_time(chunk) + exchange_time(chunk)) + last + expansion
               + max(pair_work * pairs / attention_rate, kv_bytes_per_token * batch * cached / cache bandwidth),
               chunks * launch_time, overlap)

    where `cached` adds up what is in cache before each of the full chunks. Their attention is taken as bound by the
    same side in all of them: exact for chunks of more than ridge_point * kv_heads / heads tokens (74 for Llama 3.1 on
    an H100), up to 1 % low below.
    Source: Agrawal et al. 2024, "Taming Throughput-Latency Tradeoff in LLM Inference with Sarathi-Serve".

    >>> from solver import PRECISIONS, Hardware, Models, Node, Profiles
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], profile=Profiles.tuned)
    >>> times = [chunked_prefill_time(node, Models.Llama3_8B, 1, 8192, 0, chunk) for chunk in (8192, 512)]
    >>> [round(float(time) * 1e3) for time in times]   # ms
    [192, 263]
    """
    chunks = prefill_chunks(new, chunk)
    full = chunks - 1
    before = full * chunk
    expansion = model.past_work * batch * _cached_before(model, past, chunk, full) / node.projection_rate
    rest = (prefill_layers_time(node, model, batch, new - before, past + before)
            + lm_head_time(node, model, batch * scored))
    linear = full * (linear_time(node, model, batch * chunk) + exchange_time(node, model, batch * chunk))
    work = linear + _full_chunks_attention_time(node, model, batch, past, chunk, full) + expansion + rest
    return smooth_max(work, chunks * launch_time(node, model, 1.0), node.profile.overlap)


def _full_chunks_attention_time(node: Node, model: Transformer, batch: Request, past: Context, chunk: Context,
                                chunks: Scalar) -> Second:
    work = model.prefill_pair_work * attention_pairs(model, batch, chunks * chunk, past)
    reading = 0.0
    for kind in model.kinds:
        shared = np.minimum(node.tensor_parallel, kind.attention.kv_heads)
        cached = _kept_before(kind.attention.window, past, chunk, chunks)
        traffic = kind.read_elements * node.kv_precision.size * batch * cached + 2 * kind.state * batch * chunks
        reading = reading + traffic / (shared * node.cache_bandwidth)
    return np.maximum(work / node.attention_rate, reading / node.attention_data_parallel)


def _cached_before(model: Transformer, past: Context, chunk: Context, chunks: Scalar) -> Context:
    """Tokens in cache before each of the chunks, added up, on average over the cache."""
    return sum(kind.cache_share * _kept_before(kind.attention.window, past, chunk, chunks) for kind in model.kinds)


def _kept_before(window: Context, past: Context, chunk: Context, chunks: Scalar) -> Context:
    """Tokens that a layer with that window has in cache before each of the chunks, added up."""
    whole = chunks * past + chunk * chunks * (chunks - 1) / 2
    first = np.minimum(np.maximum(np.ceil((window - past) / chunk), 0), chunks)  # the first chunk beyond the window
    beyond = chunks - first
    excess = np.where(beyond > 0, past + first * chunk - window, 0 * past)
    return whole - (beyond * excess + chunk * beyond * (beyond - 1) / 2)


def slowest_chunk_time(node: Node, model: Transformer, batch: Request, new: Context, past: Context,
                       chunk: Context, scored: Context = 1.0) -> Second:
    """Time of the slowest of the chunks: the last full one, or the last, which also runs lm_head.

        time = max(with_launches(prefill_layers_time of the last full chunk), prefill_time of the last one)

    It is the longest pause that decoding requests see when a chunk takes their turn.
    Source: Agrawal et al. 2024, "Taming Throughput-Latency Tradeoff in LLM Inference with Sarathi-Serve".

    >>> from solver import PRECISIONS, Hardware, Models, Node, Profiles
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], profile=Profiles.tuned)
    >>> times = [slowest_chunk_time(node, Models.Llama3_8B, 1, 8192, 0, chunk) for chunk in (8192, 512)]
    >>> [round(float(time) * 1e3) for time in times]   # ms
    [192, 18]
    """
    chunks = prefill_chunks(new, chunk)
    size, before = np.minimum(chunk, new), np.maximum(chunks - 2, 0) * chunk
    last = new - (chunks - 1) * chunk
    return np.maximum(
        with_launches(node, model, prefill_layers_time(node, model, batch, size, past + before), 1.0),
        prefill_time(node, model, batch, last, past + new - last, scored))


def mixed_step_time(node: Node, model: Transformer, batch: Request, past: Context, chunk: Token, read: Context,
                    new: Context = 1.0, one: Request = 1.0) -> Second:
    """Time of a decode step of `batch` requests that carries a chunk of another one, of whose prompt `read` is cached.

        time = with_launches(linear_time + exchange_time + lm_head_time of all tokens, and the attention of both)
               + scheduling_time

    The weights are read once for both: that is what a mixed step gains over a chunk of its own.
    Source: Agrawal et al. 2024, "Taming Throughput-Latency Tradeoff in LLM Inference with Sarathi-Serve".

    >>> from solver import PRECISIONS, Hardware, Models, Profiles
    >>> from solver.formulas.transformer import decode_time
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], PRECISIONS["fp16"], Profiles.tuned)
    >>> args = node, Models.Llama3_8B, 32, 2048
    >>> [round(float(t) * 1e3, 1) for t in (decode_time(*args), mixed_step_time(*args, 512, 0))]   # ms
    [11.3, 18.8]
    """
    tokens = batch * new + chunk
    attention = (decode_attention_time(node, model, batch, new, past)
                 + attention_time(node, model, model.prefill_pair_work, one, chunk / one, read))
    return with_launches(node, model, linear_time(node, model, tokens) + attention + exchange_time(node, model, tokens)
                    + lm_head_time(node, model, batch * new), 1.0) + scheduling_time(node, batch)
