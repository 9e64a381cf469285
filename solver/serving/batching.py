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

from solver.base.arguments import (
    CacheFormat,
    Chip,
    Chips,
    Efficiency,
    ExpertChips,
    Format,
    Groups,
    Model,
    MostRequests,
    NodeFabric,
    Reached,
    Reserve,
    Window,
    WindowAnswer,
    WindowPage,
)
from solver.base.declared import declared
from solver.base.forward import ForwardModel
from solver.formulas.blocks import cache_room, chip_bytes_per_token, chip_state_bytes, requests_at_once
from solver.formulas.lengths import UNIFORM, Lengths, Spread
from solver.formulas.memory import cached_context, context_margin
from solver.formulas.paging import empty_share, equivalent_context, mean_cached, mean_pages
from solver.formulas.requests import (
    answering_rate,
    drained_share,
    mixed_prompt_time,
    prompt_time,
    prompts_together,
    shared_step_time,
)
from solver.formulas.transformer import prefill_time
from solver.formulas.unpublished import known_decode_time
from solver.serving.banded import Banded
from solver.serving.batching_result import ContinuousBatchingResult
from solver.zoo.models import Transformer
from solver.zoo.node import Node
from solver.zoo.profiles import EFFICIENCY


@dataclass(frozen=True, eq=False)
class Batching(Banded):
    """What a solve was asked, judged: plain numbers, or symbols."""

    solver = "ContinuousBatchingModel"

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
    def at_once(self) -> Any:
        """The most that run."""
        return self.limit

    def measured(self, name: str) -> bool:
        """Nothing was where prompts are read elsewhere."""
        return self.answer is not None

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
        """All fields of a result, in base units."""
        with np.errstate(all="ignore"):
            node, model, (now, final), cached = self.node, self.model, self.allocated, self.cached
            room, per_token = cache_room(node, model, self.reserve), chip_bytes_per_token(node, model)
            reserved, state = cached_context(model, self.window), chip_state_bytes(node, model)
            paged, static = (requests_at_once(room, per_token, tokens, self.limit, state)
                             for tokens in (final, reserved))
            headroom = room - (per_token * final + state)
            return {
                "feasible": headroom >= 0, "headroom": headroom,
                "within_context": context_margin(model, self.window) >= 0,
                "max_active_requests": paged, "static_requests": static,
                "memory_fragmentation_pct": 100 * empty_share(cached, now),
                "static_fragmentation_pct": 100 * empty_share(cached, reserved),
                "ttft": prefill_time(node, model, 1.0, self.prompt, 0.0)} | self._rates(paged, static, cached)

    def _rates(self, paged: Any, static: Any, cached: Any) -> dict[str, Any]:
        """Times and rates; where nothing fits the time is that of a single request, and no token is ever made."""
        many, few = np.maximum(paged, 1.0), np.maximum(static, 1.0)
        context = equivalent_context(self.model, cached)
        step, static_step = (known_decode_time(self.node, self.model, n, context) for n in (many, few))
        reading, static_reading = self._prefill_times(context, many, few)
        cycle, refilled = step + reading, static_step + static_reading
        drained = static_step / drained_share(few, self.lengths) + static_reading  # a step for each token of an answer
        memory = np.where(paged > 0, paged / cycle * (refilled / static), 1.0)
        scheduling = np.where(paged > 0, drained / refilled, 1.0)
        return {"throughput_tokens_per_sec": answering_rate(paged, step, reading),
                "static_tokens_per_sec": static / drained, "itl": shared_step_time(step, reading, many),
                "prefill_share": reading / cycle, "speedup_memory": memory, "speedup_scheduling": scheduling,
                "speedup_vs_static": memory * scheduling}

    def _prefill_times(self, context: Any, *requests: Any) -> tuple[Any, ...]:
        """What prompts add to one decode step of so many requests: one comes for each answer that ends."""
        if self.answer is None:
            return (0.0,) * len(requests)
        prompt, answer = self.lengths.mean(self.prompt), self.lengths.mean(self.answer)
        return tuple(n * (self._prompt_time(prompt, n, answer, context) / answer) for n in requests)

    def _prompt_time(self, prompt: Any, running: Any, answer: Any, context: Any) -> Any:
        """What a prompt costs so many requests: in steps that answer too, or in passes of its own, as engines did."""
        mixed = self.node.profile.mixed
        if isinstance(mixed, float) and not mixed:
            return prompt_time(self.node, self.model, prompt, running)
        together = prompts_together(self.node, prompt, running, answer)
        joined = mixed_prompt_time(self.node, self.model, prompt, running, context, together)
        if isinstance(mixed, float):
            return joined
        return np.where(mixed > 0, joined, prompt_time(self.node, self.model, prompt, running))


class ContinuousBatchingModel(ForwardModel):
    """Throughput and memory of a server that schedules every step and pages its KV cache.

    >>> from solver import Hardware, Models
    >>> r = ContinuousBatchingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=4096, max_batch_size=512)
    >>> r.max_active_requests, r.static_requests, round(r.memory_fragmentation_pct, 2)
    (259, 130, 0.39)
    >>> [round(s, 3) for s in (r.speedup_memory, r.speedup_scheduling, r.speedup_vs_static)]
    [1.037, 1.985, 2.058]
    """

    question = "How many requests run at once, and how many tokens a second come of it?"

    @declared
    def solve(self, model: Model, hardware: Chip, seq_len: Window, max_batch_size: MostRequests = 1,
              page_size: WindowPage = 16, precision: Format = "fp16", efficiency: Efficiency = EFFICIENCY, *,
              lengths: Spread = UNIFORM, output_len: WindowAnswer = None, tensor_parallel: Chips = 1,
              kv_precision: CacheFormat = None, reserve: Reserve = 0.0, profile: Reached = None,
              attention_data_parallel: Groups = 1, expert_parallel: ExpertChips = 1,
              fabric: NodeFabric = None) -> ContinuousBatchingResult:
        """Steady state with requests always waiting.

        Numbers may be arrays, which broadcast.

        Parameters
        ----------
        model : transformer
            The transformer, a record such as `Models.Llama3_8B`.
        hardware : accelerator
            The accelerator, a record such as `Hardware.Cloud.H100`.
        seq_len : tokens
            The window of a request: prompt and answer together.
        max_batch_size : requests
            Requests that run at once, at most.
        page_size : tokens
            Tokens of a page of KV cache. A page is at most the window.
        precision : name of a format
            Number format of the weights, which the accelerator has a rate for.
        efficiency : share
            Share of the peak FLOP/s that is reached, without a profile; bandwidth is then reached whole.
        lengths : spread
            How prompts, and independently of them answers, are spread over their windows. `Uniform()` is from nothing
            on, `Fixed()` fills them all, and `Exponential(mean_share)` has many short ones.
        output_len : tokens, optional
            The window of answers, a part of seq_len; prompts have the rest. Prefills then share the node, as many as
            answers end. Without it prompts are read elsewhere, and answers are short against them.
        tensor_parallel : chips
            Chips that share each layer, a divisor of the model's heads.
        kv_precision : name of a format, optional
            Number format of the KV cache; not given: the weights' if that is plain (fp8, int4), else 16 bits.
        reserve : share
            Share of the memory that is kept for driver and activations.
        profile : profile, optional
            What the engine reaches of the chip, a record of `Profiles` or its name.
        attention_data_parallel : groups
            Groups of tensor_parallel chips that each do the attention of their own requests, and share experts. Each
            holds all other weights.
        expert_parallel : chips
            Chips that hold whole experts, each some of them; with 1 all share each expert. It decides what groups of
            chips send one another; experts are taken as equally busy.
        fabric : fabric, optional
            Over which chips exchange data that their link does not join, a record of `Fabrics` or its name.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        Leaves out preemption, for requests are admitted for their final length. Counts are those of means, good where
        a dozen or more run (`simulate` has the rest). Energy is board power by time, an upper bound: chips that wait
        for memory draw less. Hosts, network and cooling come on top.

        Examples
        --------
        >>> from solver import Hardware, Models
        >>> r = ContinuousBatchingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, 4096, 512, output_len=1024)
        >>> r.max_active_requests, round(r.prefill_share, 2)
        (239, 0.46)
        """
        node = Node(hardware, precision, kv_precision, profile, tensor_parallel, expert_parallel,
                    attention_data_parallel, fabric)
        asked = Batching(node, model, seq_len, output_len, max_batch_size, page_size, lengths, reserve)
        return ContinuousBatchingResult(asked.field_values(), {"asked": asked})
