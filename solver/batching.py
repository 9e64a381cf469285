"""Continuous batching with paged KV cache, against static batching with reserved windows.

Lengths of requests are taken as uniform from nothing up to the window: that is what makes paging show. A static
server reserves the whole window for each request and lets a batch run until its longest member is done; a paged one
gives pages as they are needed and fills each slot again at once.
Sources: Kwon et al. 2023, "Efficient Memory Management for Large Language Model Serving with PagedAttention";
Yu et al. 2022, "ORCA: A Distributed Serving System for Transformer-Based Generative Models".
"""

from __future__ import annotations

from typing import Any

import numpy as np

from . import check
from .memory import cached_context, kv_bytes_per_token, kv_pages, usable_bytes, weights_bytes
from .models import Transformer
from .result import Result, figure, memory_sentence
from .serving import decode_sentence
from .transformer import decode_time, prefill_time
from .units import Byte, BytePerToken, Context, Request, Scalar, Second, TokenRate


def mean_cached(model: Transformer, window: Context) -> Context:
    """Tokens of a request that are in cache on average when lengths are uniform up to the window.

        kept = min(window, attention window)
        mean = kept - kept^2 / (2 * window)

    That is half of the window, unless the model itself attends to less.

    >>> from solver import Models
    >>> float(mean_cached(Models.Llama3_8B, 4096))
    2048.0
    """
    kept = cached_context(model, window)
    return kept - kept * kept / (2 * window)


def mean_pages(model: Transformer, window: Context, page: Context) -> Scalar:
    """Pages that a request takes on average when lengths are uniform up to the window.

        kept = min(window, attention window),  full = floor(kept / page)
        mean = (page * full * (full + 1) / 2 + (kept - full * page) * (full + 1)
                + (window - kept) * ceil(kept / page)) / window

    >>> from solver import Models
    >>> [float(mean_pages(Models.Llama3_8B, 4096, page)) for page in (16, 4096)]
    [128.5, 1.0]
    """
    kept = cached_context(model, window)
    full = np.floor(kept / page)
    growing = page * full * (full + 1) / 2 + (kept - full * page) * (full + 1)
    return (growing + (window - kept) * kv_pages(kept, page)) / window


def fragmentation(model: Transformer, window: Context, page: Context) -> Scalar:
    """Share of the cache's pages that holds nothing: the empty ends of last pages.

        waste = 1 - mean_cached / (page * mean_pages)

    A page as long as the window is a static reservation, and wastes half.

    >>> from solver import Models
    >>> [round(float(fragmentation(Models.Llama3_8B, 4096, p)), 4) for p in (16, 64, 2048, 4096)]
    [0.0039, 0.0154, 0.3333, 0.5]
    """
    return 1 - mean_cached(model, window) / (page * mean_pages(model, window, page))


def requests_at_once(free: Byte, kv_per_token: BytePerToken, allocated: Context, limit: Request) -> Request:
    """Requests that run together when each is given the cache of `allocated` tokens.

        requests = max(0, min(limit, floor(free / (kv_per_token * allocated))))
    """
    return np.maximum(np.minimum(np.floor(free / (kv_per_token * allocated)), limit), 0 * limit)


def drained_share(requests: Scalar) -> Scalar:
    """Share of its slots that a static batch uses on average until its longest request is done.

        share = mean / E[longest of n] = (1 + 1 / n) / 2

    for lengths uniform from zero. A server that refills slots uses all of them.

    >>> float(drained_share(1)), float(drained_share(32))
    (1.0, 0.515625)
    """
    return (1 + 1 / requests) / 2


def token_rate(requests: Request, step: Second, new: Context = 1.0) -> TokenRate:
    """Tokens a second when each of `requests` gets `new` (one) a step.

        rate = requests * new / step
    """
    return requests * new / step


class ContinuousBatchingResult(Result):
    """What `ContinuousBatchingModel.solve` found. Figures broadcast with the arrays that were given."""

    feasible = figure(None, "whether at least one request of average length fits beside the weights", bool)
    throughput_tokens_per_sec = figure(None, "tokens a second of all running requests")
    max_active_requests = figure(None, "requests that run at once", int)
    memory_fragmentation_pct = figure(None, "percent of the cache's pages that holds nothing")
    ttft = figure("ms", "time to first token of one request that fills the window, admitted at once")
    itl = figure("ms", "inter-token latency at the average length")
    speedup_vs_static = figure(None, "throughput over that of static batching on the same node; 1 where neither runs")
    static_requests = figure(None, "requests that a static server runs at once", int)
    headroom = figure("GB", "memory left beside the weights and one average request")

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences."""
        running, limit = self.values["max_active_requests"], self.given["limit"]
        if any(map(check.unknown, [*self.values.values(), *self.given.values()])):
            return []
        limited = np.mean(np.asarray(running) < limit)
        slots = {0.0: "max_batch_size", 1.0: "memory"}.get(float(limited), f"memory at {limited:.0%} of the points")
        step = {name: value for name, value in self.given.items() if name != "limit"}
        return [
            memory_sentence(self.values["headroom"], "A chip with more memory or a narrower number format would help."),
            f"Running requests: limited by {slots}.", decode_sentence(batch=np.maximum(running, 1.0), **step)]


class ContinuousBatchingModel:
    """Throughput and memory of a server that schedules every step and pages its KV cache.

    >>> from solver import Hardware, Models
    >>> r = ContinuousBatchingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=4096, max_batch_size=512)
    >>> r.max_active_requests, r.static_requests, round(r.memory_fragmentation_pct, 2)
    (259, 130, 0.39)
    """

    @check.explained
    def solve(self, model: Any, hardware: Any, seq_len: Any, max_batch_size: Any = 1, page_size: Any = 16,
              precision: Any = "fp16", efficiency: Any = 0.5) -> ContinuousBatchingResult:
        """Steady state with requests always waiting.

        model : a transformer of `solver.Models`
        hardware : an accelerator of `solver.Hardware`
        seq_len : the window, prompt and answer together; requests are uniform in length up to it
        max_batch_size, page_size : whole numbers or arrays of them, which broadcast; a page is at most the window
        precision, efficiency : as for `ServingModel.solve`

        Requests are admitted for their final length, so none is preempted. Leaves out the share of steps that
        prefill takes, launches and communication. Raises ValueError, TypeError or DimensionalityError, in a sentence.
        """
        model = check.transformer("model", model)
        hardware = check.accelerator("hardware", hardware)
        precision = check.precision(precision, hardware)
        window = check.context("seq_len", seq_len, model)
        limit = check.count("max_batch_size", max_batch_size, "request")
        page = check.at_most("page_size", check.count("page_size", page_size, "token"), "seq_len", window)
        efficiency = check.share("efficiency", efficiency, zero=False)
        check.together(seq_len=window, max_batch_size=limit, page_size=page, efficiency=efficiency)
        given = {"node": hardware, "model": model, "limit": limit, "context": mean_cached(model, window),
                 "precision": precision, "efficiency": efficiency}
        with np.errstate(all="ignore"):
            values = _steady_state(hardware, model, window, limit, page, precision, efficiency)
        return ContinuousBatchingResult(values, given)


def _steady_state(device: Any, model: Any, window: Any, limit: Any, page: Any, precision: Any,
                  efficiency: Any) -> dict[str, Any]:
    """The figures of a paged server, and of the static one that it is compared with."""
    free, kv = usable_bytes(device) - weights_bytes(model, precision), kv_bytes_per_token(model, precision)
    pages = page * mean_pages(model, window, page)
    paged, static = (requests_at_once(free, kv, size, limit) for size in (pages, cached_context(model, window)))
    context = mean_cached(model, window)
    # Where nothing fits, the time is that of a single request, and no token is ever made.
    step, static_step = (decode_time(device, model, np.maximum(n, 1.0), context, precision, efficiency)
                         for n in (paged, static))
    rate = token_rate(paged, step)
    static_rate = token_rate(static, static_step) * drained_share(np.maximum(static, 1.0))
    headroom = free - kv * pages
    return {
        "feasible": headroom >= 0, "headroom": headroom, "throughput_tokens_per_sec": rate, "itl": step,
        "max_active_requests": paged, "static_requests": static,
        "speedup_vs_static": np.where(paged > 0, rate / static_rate, 1.0),
        "memory_fragmentation_pct": 100 * fragmentation(model, window, page),
        "ttft": prefill_time(device, model, 1.0, window, 0.0, precision, efficiency)}
