"""Continuous batching with paged KV cache, against static batching with reserved windows.

A static server reserves the whole window for each request and lets a batch run until its longest answer is done; a
paged one gives pages as they are needed and fills each slot again at once. How much that brings depends on how the
lengths of requests are spread, so the spread is said.
Sources: Kwon et al. 2023, "Efficient Memory Management for Large Language Model Serving with PagedAttention";
Yu et al. 2022, "ORCA: A Distributed Serving System for Transformer-Based Generative Models".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from solver.base import arguments as check
from solver.base.numbers import limited_number
from solver.formulas.blocks import cache_room, chip_bytes_per_token, requests_at_once
from solver.formulas.lengths import UNIFORM, Lengths, spread
from solver.formulas.memory import cached_context
from solver.formulas.paging import empty_share, equivalent_context, mean_cached, mean_pages
from solver.formulas.requests import drained_share, prompt_time
from solver.formulas.transformer import decode_time, prefill_time
from solver.serving.batching_result import ContinuousBatchingResult
from solver.zoo.models import Transformer
from solver.zoo.node import Node
from solver.zoo.profiles import EFFICIENCY


@dataclass(frozen=True, eq=False)
class Batching:
    """What a solve was asked, judged: plain numbers, or symbols."""

    node: Node
    model: Transformer
    window: Any
    answer: Any  # None: prompts are read elsewhere, and answers are short against them
    limit: Any
    page: Any
    lengths: Lengths
    reserve: Any

    @property
    def ideal(self) -> Batching:
        """The same, with nothing lost."""
        return replace(self, node=self.node.ideal)

    @property
    def prompt(self) -> Any:
        """The window of prompts."""
        return self.window if self.answer is None else self.window - self.answer

    @property
    def cached(self) -> Any:
        """Tokens that a running request has in cache, at any moment."""
        grown = 0.0 if self.answer is None else self.lengths.age(self.answer)
        return mean_cached(self.model, self.prompt, grown, self.lengths)

    @property
    def allocated(self) -> tuple[Any, Any]:
        """Tokens in whole pages: what a running request has at any moment, and what it is admitted for.

        The second is for its final length. Long answers run longer, so that is more than the mean of all requests.
        """
        if self.answer is None:
            return (self.page * mean_pages(self.model, self.prompt, self.page, 0.0, self.lengths),) * 2
        grown = self.lengths.age(self.answer)
        now, final = (self.page * mean_pages(self.model, self.prompt, self.page, g, self.lengths)
                      for g in (grown, 2 * grown))
        return now, final

    def field_values(self) -> dict[str, Any]:
        """All figures of a result, in base units."""
        with np.errstate(all="ignore"):
            node, model, (now, final), cached = self.node, self.model, self.allocated, self.cached
            room, per_token = cache_room(node, model, self.reserve), chip_bytes_per_token(node, model)
            reserved = cached_context(model, self.window)
            paged, static = (requests_at_once(room, per_token, tokens, self.limit) for tokens in (final, reserved))
            headroom = room - per_token * final
            return {
                "feasible": headroom >= 0, "headroom": headroom,
                "max_active_requests": paged, "static_requests": static,
                "memory_fragmentation_pct": 100 * empty_share(cached, now),
                "static_fragmentation_pct": 100 * empty_share(cached, reserved),
                "ttft": prefill_time(node, model, 1.0, self.prompt, 0.0)} | self._rates(paged, static, cached)

    def _rates(self, paged: Any, static: Any, cached: Any) -> dict[str, Any]:
        """Times and rates; where nothing fits the time is that of a single request, and no token is ever made."""
        many, few = np.maximum(paged, 1.0), np.maximum(static, 1.0)
        context = equivalent_context(self.model, cached)
        step, static_step = (decode_time(self.node, self.model, n, context) for n in (many, few))
        reading, static_reading = self._prefill_times(many, few)
        itl, refilled = step + reading, static_step + static_reading
        drained = static_step / drained_share(few, self.lengths) + static_reading  # a step for each token of an answer
        memory = np.where(paged > 0, paged / itl * (refilled / static), 1.0)
        scheduling = np.where(paged > 0, drained / refilled, 1.0)
        return {"throughput_tokens_per_sec": paged / itl, "static_tokens_per_sec": static / drained,
                "itl": itl, "prefill_share": reading / itl, "speedup_memory": memory,
                "speedup_scheduling": scheduling, "speedup_vs_static": memory * scheduling}

    def _prefill_times(self, *requests: Any) -> tuple[Any, ...]:
        """Time of the prefills that go with one decode step of so many requests: one for each answer that ends."""
        if self.answer is None:
            return (0.0,) * len(requests)
        each = prompt_time(self.node, self.model, self.lengths.mean(self.prompt)) / self.lengths.mean(self.answer)
        return tuple(n * each for n in requests)


class ContinuousBatchingModel:
    """Throughput and memory of a server that schedules every step and pages its KV cache.

    >>> from solver import Hardware, Models
    >>> r = ContinuousBatchingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=4096, max_batch_size=512)
    >>> r.max_active_requests, r.static_requests, round(r.memory_fragmentation_pct, 2)
    (259, 130, 0.39)
    >>> [round(s, 3) for s in (r.speedup_memory, r.speedup_scheduling, r.speedup_vs_static)]
    [1.037, 1.985, 2.058]
    """

    @check.explained
    def solve(self, model: Any, hardware: Any, seq_len: Any, max_batch_size: Any = 1, page_size: Any = 16,
              precision: Any = "fp16", efficiency: Any = EFFICIENCY, *, lengths: Any = UNIFORM,
              output_len: Any = None, tensor_parallel: Any = 1, kv_precision: Any = None, reserve: Any = 0.0,
              profile: Any = None) -> ContinuousBatchingResult:
        """Steady state with requests always waiting.

        model : a transformer of `solver.Models`
        hardware : an accelerator of `solver.Hardware`
        seq_len : the window, prompt and answer together
        output_len : the window of answers, part of seq_len; prompts have the rest. Prefills then share the node, as
            many as answers end. Without it prompts are read elsewhere, and answers are short against them
        lengths : how prompts, and independently of them answers, are spread over their windows: `Uniform()` from
            nothing on, `Fixed()` (all fill them) or `Exponential(mean_share)`
        max_batch_size, page_size, tensor_parallel : whole numbers; a page is at most the window
        precision, kv_precision, efficiency, profile, reserve : as for `ServingModel.solve`

        Numbers may be arrays, which broadcast. Requests are admitted for their final length, so none is preempted;
        counts are those of means, good where a dozen or more run (`simulate` has the rest). Raises ValueError,
        TypeError or DimensionalityError, in a sentence.
        """
        model = check.transformer("model", model)
        node = check.node("hardware", hardware, model, precision, kv_precision, tensor_parallel, profile, efficiency)
        window = check.context("seq_len", seq_len, model)
        answer = None if output_len is None else limited_number(
            "output_len", check.count("output_len", output_len, "token"), "seq_len", window, np.less, "below",
            "prompt and answer share that window, and a prompt has at least one token")
        limit = check.count("max_batch_size", max_batch_size, "request")
        page = check.at_most("page_size", check.count("page_size", page_size, "token"), "seq_len", window)
        asked = Batching(node, model, window, answer, limit, page, spread(lengths), check.share("reserve", reserve))
        check.together(seq_len=window, output_len=answer, max_batch_size=limit, page_size=page, reserve=asked.reserve,
                       tensor_parallel=node.tensor_parallel, efficiency=node.profile.compute.default)
        return ContinuousBatchingResult(asked.field_values(), {"asked": asked})


