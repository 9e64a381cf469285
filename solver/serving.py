"""Serving one batch of requests: time to first token, time between tokens, and the memory that both need.

The two phases are passes of `transformer`: prefill reads the whole prompt at once, decoding adds a token a step.
Chunks, prefixes, speculation and disaggregation change how many tokens a pass brings, and on which chip it runs.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import check
from .hardware import Accelerator
from .memory import context_margin, kv_bytes_per_token, kv_cache_bytes, weights_bytes
from .models import Transformer
from .precision import Precision
from .result import Result, bound_sentence, figure, memory_sentence
from .roofline import peak, roofline_time, wide_peak
from .transformer import (
    attention_work,
    decode_time,
    forward_compute_time,
    forward_memory_time,
    linear_time,
    prefill_layers_time,
    prefill_time,
)
from .units import Q_, Context, Request, Scalar, Second

DRAFT_LENGTH = 4  # tokens that a draft model proposes at a time
ACCEPTANCE_DECAY = 0.95  # each further draft token is this much less likely to be accepted than the one before


def prefill_chunks(new: Context, chunk: Context) -> Scalar:
    """Passes that a prompt of `new` tokens takes when each brings at most `chunk`.

        chunks = ceil(new / chunk)

    >>> float(prefill_chunks(8192, 500))
    17.0
    """
    return np.ceil(new / chunk)


def chunked_prefill_time(device: Accelerator, model: Transformer, batch: Request, new: Context, past: Context,
                         chunk: Context, precision: Precision, efficiency: Scalar = 1.0,
                         scored: Context = 1.0) -> Second:
    """Time until the first token when a prompt is read in chunks: weights and earlier chunks are read again each time.

        time = full * linear_time(chunk) + prefill_time(last) + past_work * batch * cached / peak
               + max(pair_work * pairs / peak, kv_bytes_per_token * batch * cached / bandwidth)

    where `cached` adds up what is in cache before each of the full chunks. Their attention is taken as bound by the
    same side in all of them: exact for chunks of more than ridge_point * kv_heads / heads tokens (74 for Llama 3.1 on
    an H100), up to 1 % low below. Source: Agrawal et al. 2024, "Sarathi-Serve".
    """
    full = prefill_chunks(new, chunk) - 1
    before = full * chunk
    linear = full * linear_time(device, model, batch * chunk, precision, efficiency)
    cached = _cached_before(model, past, chunk, full)
    attention = roofline_time(
        attention_work(model, model.prefill_pair_work, batch, before, past),
        kv_bytes_per_token(model, precision) * batch * cached,
        wide_peak(device, precision) * efficiency, device.bandwidth)
    expansion = model.past_work * batch * cached / (peak(device, precision) * efficiency)
    last = prefill_time(device, model, batch, new - before, past + before, precision, efficiency, scored)
    return linear + attention + expansion + last


def _cached_before(model: Transformer, past: Context, chunk: Context, chunks: Scalar) -> Context:
    """Tokens in cache before each of the chunks, added up; no chunk sees more than the window."""
    window = model.attention.window
    growing = np.minimum(np.maximum(np.ceil((window - past) / chunk), 0), chunks)  # chunks before the window is full
    full = np.where(growing < chunks, window, past)
    return growing * past + chunk * growing * (growing - 1) / 2 + (chunks - growing) * full


def slowest_chunk_time(device: Accelerator, model: Transformer, batch: Request, new: Context, past: Context,
                       chunk: Context, precision: Precision, efficiency: Scalar = 1.0, scored: Context = 1.0) -> Second:
    """Time of the slowest of the chunks: the last full one, or the last, which also runs lm_head.

    It is the longest pause that decoding requests see when a chunk takes their turn.
    """
    chunks = prefill_chunks(new, chunk)
    size, before = np.minimum(chunk, new), np.maximum(chunks - 2, 0) * chunk
    last = new - (chunks - 1) * chunk
    return np.maximum(
        prefill_layers_time(device, model, batch, size, past + before, precision, efficiency),
        prefill_time(device, model, batch, last, past + new - last, precision, efficiency, scored))


def accepted_tokens(acceptance: Scalar, length: int = DRAFT_LENGTH, decay: float = ACCEPTANCE_DECAY) -> Scalar:
    """Tokens that a step of speculative decoding yields on average: those accepted in a row, and one more.

        tokens = 1 + a_1 + a_1 a_2 + ... + a_1 a_2 ... a_length,   a_i = acceptance * decay^(i - 1)

    `length` is the number of draft tokens, `acceptance` the chance that the first is accepted. With decay = 1 it is
    the geometric series of Leviathan et al. 2023, "Fast Inference from Transformers via Speculative Decoding"; the
    decay of 0.95 was fitted to acceptance lengths published by SemiAnalysis InferenceX (2026).

    >>> round(float(accepted_tokens(0.7, decay=1.0)), 2), round(float(accepted_tokens(0.7)), 2)
    (2.77, 2.64)
    """
    tokens = 1.0
    for i in reversed(range(length)):
        tokens = 1.0 + acceptance * decay**i * tokens
    return tokens


def speculative_token_time(device: Accelerator, model: Transformer, draft: Transformer, acceptance: Scalar,
                           batch: Request, past: Context, precision: Precision, efficiency: Scalar = 1.0,
                           new: Context = 1.0) -> Second:
    """Time between tokens when a draft model proposes four tokens and the model verifies them in one pass.

        time = (4 * decode_time(draft) + decode_time(model, new = 5)) / accepted_tokens

    Verification is an ordinary pass, so a large batch makes it compute-bound and the gain a loss.
    """
    drafting = DRAFT_LENGTH * decode_time(device, draft, batch, past, precision, efficiency, new)
    verifying = decode_time(device, model, batch, past, precision, efficiency, (DRAFT_LENGTH + 1) * new)
    return (drafting + verifying) / accepted_tokens(acceptance)


class ServingResult(Result):
    """What `ServingModel.solve` found. Figures broadcast with the arrays that were given."""

    feasible = figure(None, "whether weights and KV cache fit in memory, on every node", bool)
    ttft = figure("ms", "time to first token: the prompt is read")
    itl = figure("ms", "inter-token latency: one decode step at the full context")
    kv_cache_size = figure("GB", "KV cache of the whole batch")
    model_weights_size = figure("GB", "weights of the model")
    total_memory_required = figure("GB", "weights and KV cache, a draft model's included")
    memory_utilization = figure(None, "memory required as a share of the memory installed, on the fuller node")
    prompt_cache_hit_ratio = figure(None, "share of the prompt that was in cache before")
    prefill_chunks = figure(None, "passes that the prompt is read in", int)
    prefill_chunk_time = figure("ms", "time of the slowest of them")
    decode_stall_bound = figure("ms", "longest pause that a prefill causes to requests that decode on the same node")
    headroom = figure("GB", "memory left over; negative where it does not fit")
    within_context = figure(None, "whether the model was trained for that context", bool)

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences."""
        if any(map(check.unknown, [*self.values.values(), *self.given.values()])):
            return []
        remedy = "Fewer requests, a shorter context, a narrower number format or a chip with more memory would help."
        return [memory_sentence(self.values["headroom"], remedy), decode_sentence(**self.given)]


def decode_sentence(node: Any, model: Any, batch: Any, context: Any, precision: Any, efficiency: Any,
                    new: float = 1.0) -> str:
    """What a decode step, of `new` tokens for each request, is bound by."""
    compute = forward_compute_time(node, model, model.decode_pair_work, batch, new, context, new, precision, efficiency)
    return bound_sentence("Decode", compute, forward_memory_time(node, model, batch, new, context, precision))


class ServingModel:
    """The two phases of LLM serving on one node: prefill, bound by arithmetic, and decode, bound by memory.

    >>> from solver import Hardware, Models
    >>> r = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=131072)
    >>> print(r.kv_cache_size, r.model_weights_size, r.feasible)
    17.2 GB 16.1 GB True
    """

    @check.explained
    def solve(self, model: Any, hardware: Any, seq_len: Any, batch_size: Any = 1, precision: Any = "fp16",
              efficiency: Any = 0.5, decode_hardware: Any = None, network_bandwidth: Any = Q_("100 GB/s"),  # noqa: B008
              draft_model: Any = None, draft_acceptance_rate: Any = 0.7, cached_prefix_len: Any = 0,
              prefill_chunk_tokens: Any = None) -> ServingResult:
        """Time and memory of a batch of equal requests.

        model, draft_model : a transformer of `solver.Models`; the draft model turns speculative decoding on
        hardware, decode_hardware : an accelerator; the second turns disaggregation on: `hardware` reads the prompt
            and sends its whole KV cache over `network_bandwidth` before the first token appears
        seq_len, batch_size, cached_prefix_len, prefill_chunk_tokens : whole numbers or arrays of them, which broadcast;
            a chunk is of each request (an engine's budget is for all of a batch)
        precision : name of the number format of weights and KV cache; the chip must have a rate for it
        efficiency : share of peak FLOP/s that is reached, above 0 up to 1; bandwidth is reached whole
        draft_acceptance_rate : chance that the first draft token is accepted

        Nothing is reserved for driver and activations. Leaves out launches, queueing and communication, so times are
        floors for the given efficiency. Raises ValueError, TypeError or DimensionalityError, in a sentence.
        """
        model = check.transformer("model", model)
        hardware = check.accelerator("hardware", hardware)
        node = hardware if decode_hardware is None else check.accelerator("decode_hardware", decode_hardware)
        draft = None if draft_model is None else check.transformer("draft_model", draft_model)
        precision = check.precision(precision, hardware, node)
        context = check.context("seq_len", seq_len, model)
        batch = check.count("batch_size", batch_size, "request")
        efficiency = check.share("efficiency", efficiency, zero=False)
        acceptance = check.share("draft_acceptance_rate", draft_acceptance_rate)
        link = check.rate("network_bandwidth", network_bandwidth, "byte/second", "100 GB/s")
        cached = check.below("cached_prefix_len", check.count("cached_prefix_len", cached_prefix_len, "token", 0),
                             "seq_len", context)
        chunk = prefill_chunk_tokens
        chunk = None if chunk is None else check.count("prefill_chunk_tokens", chunk, "token")
        if draft is not None:
            check.context("seq_len", seq_len, draft)
        check.together(seq_len=context, batch_size=batch, efficiency=efficiency, draft_acceptance_rate=acceptance,
                       network_bandwidth=link, cached_prefix_len=cached, prefill_chunk_tokens=chunk)
        given = {"node": node, "model": model, "batch": batch, "context": context, "precision": precision,
                 "efficiency": efficiency, "new": 1.0 if draft is None else DRAFT_LENGTH + 1.0}
        with np.errstate(all="ignore"):
            values = _prefill(hardware, model, batch, context, cached, chunk, precision, efficiency)
            values |= _memory(hardware, node, model, draft, batch, context, precision)
            if draft is None:
                values["itl"] = decode_time(node, model, batch, context, precision, efficiency)
            else:
                values["itl"] = speculative_token_time(
                    node, model, draft, acceptance, batch, context, precision, efficiency)
            if decode_hardware is not None:  # the prompt is read elsewhere, and its cache sent over
                values["ttft"] = values["ttft"] + values["kv_cache_size"] / link
                values["decode_stall_bound"] = 0.0
        return ServingResult(values, given)


def _prefill(device: Any, model: Any, batch: Any, context: Any, cached: Any, chunk: Any, precision: Any,
             efficiency: Any) -> dict[str, Any]:
    """The figures of the first phase."""
    new = context - cached
    found = {"prompt_cache_hit_ratio": cached / context, "within_context": context_margin(model, context) >= 0}
    if chunk is None:
        time = prefill_time(device, model, batch, new, cached, precision, efficiency)
        return found | {"ttft": time, "prefill_chunks": 1.0, "prefill_chunk_time": time, "decode_stall_bound": time}
    slowest = slowest_chunk_time(device, model, batch, new, cached, chunk, precision, efficiency)
    return found | {
        "ttft": chunked_prefill_time(device, model, batch, new, cached, chunk, precision, efficiency),
        "prefill_chunks": prefill_chunks(new, chunk), "prefill_chunk_time": slowest, "decode_stall_bound": slowest}


def _memory(device: Any, node: Any, model: Any, draft: Any, batch: Any, context: Any, precision: Any) -> dict[str, Any]:
    """The figures of memory, on the tighter of the two nodes; a draft model runs where decoding does."""
    weights, cache = weights_bytes(model, precision), kv_cache_bytes(model, batch, context, precision)
    total = needed = weights + cache
    if draft is not None:
        total = total + weights_bytes(draft, precision) + kv_cache_bytes(draft, batch, context, precision)
    headroom, used = node.memory - total, total / node.memory
    if device is not node:
        headroom = np.minimum(headroom, device.memory - needed)
        used = np.maximum(used, needed / device.memory)
    return {"model_weights_size": weights, "kv_cache_size": cache, "total_memory_required": total,
            "memory_utilization": used, "headroom": headroom, "feasible": headroom >= 0}
