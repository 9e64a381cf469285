"""Prompts and answers on nodes apart, in a closed loop: how many nodes of each kind, and which of them bind.

Sources: Patel et al. 2024, "Splitwise: Efficient Generative LLM Inference Using Phase Splitting"; Zhong et al. 2024,
"DistServe: Disaggregating Prefill and Decoding for Goodput-optimized Large Language Model Serving".
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
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
    Network,
    Prompt,
    Reached,
    Reserve,
)
from solver.base.declared import declared
from solver.formulas.apart import (
    apart_step_time,
    closed_rate,
    lone_prefill_time,
    reading_rate,
    requests_in,
    waited_time,
    waiting_requests,
)
from solver.formulas.memory import chip_bytes, context_margin, kv_cache_bytes, usable_bytes
from solver.formulas.requests import handed_over_time, prompts_together, request_time
from solver.formulas.transformer import decode_time
from solver.formulas.unpublished import known_decode_time
from solver.serving.apart_arguments import (
    Answer,
    Answerers,
    CacheLink,
    CacheOverlap,
    Concurrency,
    DecodeChips,
    DecodeExpertChips,
    DecodeGroups,
    Readers,
)
from solver.serving.apart_result import DisaggregatedResult
from solver.serving.arguments import DecodeChip
from solver.units import Q_
from solver.zoo.bands import measured_band
from solver.zoo.models import Transformer
from solver.zoo.node import Node
from solver.zoo.profiles import EFFICIENCY


@dataclass(frozen=True, eq=False)
class Apart:
    """What a solve was asked, judged: plain numbers, or symbols, and one node of each kind."""

    reader: Node  # of prompts
    node: Node  # that decodes
    model: Transformer
    prompt: Any
    answer: Any
    concurrency: Any
    readers: Any
    nodes: Any
    link: Any
    overlapped: float
    reserve: Any

    @property
    def ideal(self) -> Apart:
        """The same, with nothing lost."""
        return replace(self, reader=self.reader.ideal, node=self.node.ideal)

    def band(self, name: str) -> tuple[Any, Any]:
        """How far a measurement of that field may lie below and above, as shares; NaN where nothing was measured."""
        return measured_band(self.node, self.model, f"DisaggregatedModel.{name}", self.concurrency / self.nodes)

    @property
    def context(self) -> Any:
        """Cached on average while the answer grows: what ITL is taken at."""
        return self.prompt + self.answer / 2

    @property
    def final(self) -> Any:
        """Cached at the end, which memory has to hold."""
        return self.prompt + self.answer

    @property
    def steps(self) -> Any:
        """Steps of decoding for each request: the first token comes with the prompt."""
        return self.answer - 1

    @property
    def together(self) -> Any:
        """Prompts that a node reads in one pass."""
        return prompts_together(self.reader, self.prompt, self.concurrency / self.readers, 1.0)

    @property
    def chips(self) -> Any:
        """All of them."""
        return self.readers * self.reader.chips + self.nodes * self.node.chips

    @cached_property
    def cache(self) -> Any:
        """What is sent of a request."""
        return kv_cache_bytes(self.model, 1.0, self.prompt, self.node.kv_precision)

    @cached_property
    def first(self) -> Any:
        """Time until the first token where nobody waits."""
        return handed_over_time(lone_prefill_time(self.reader, self.model, self.prompt), self.model.layers, self.cache,
                                self.link, self.overlapped)

    @property
    def lone_step(self) -> Any:
        """Time between tokens of a request that a node decodes alone."""
        return known_decode_time(self.node, self.model, 1.0, self.context)

    def field_values(self) -> dict[str, Any]:
        """All fields of a result that are not lazy, in base units."""
        with np.errstate(all="ignore"):
            return self._times() | self._memory()

    def _times(self) -> dict[str, Any]:
        """Times, rates, and how many requests are where."""
        reading = reading_rate(self.reader, self.model, self.prompt, self.readers, self.concurrency)
        itl = apart_step_time(self.node, self.model, self.context, self.steps, self.concurrency, self.nodes, self.first,
                              reading)
        answering = self.steps * itl
        rate = closed_rate(self.concurrency, self.first, answering, reading)
        ttft, tokens = waited_time(self.concurrency, rate, answering), rate * self.answer
        return {"ttft": ttft, "itl": itl, "e2e_latency": request_time(ttft, itl, self.answer),
                "tokens_per_second": tokens, "tokens_per_second_per_chip": tokens / self.chips,
                "decoding": requests_in(rate, answering),
                "waiting": waiting_requests(rate, ttft, self.first), "transfer_time": self.cache / self.link,
                "prefill_utilization": rate / reading, "decode_utilization": rate / self._decoding_rate}

    @property
    def _decoding_rate(self) -> Any:
        """Requests a second that the nodes decode, were all of them there."""
        crowded = decode_time(self.node.reading, self.model, np.maximum(self.concurrency / self.nodes, 1.0), self.context)
        return np.minimum(self.concurrency, self.concurrency) / (np.maximum(self.steps, 1e-300) * crowded)

    def _memory(self) -> dict[str, Any]:
        """Memory left on a chip of each kind of nodes, with the requests that are there."""
        reading = chip_bytes(self.reader, self.model, self.together, self.prompt)
        most = np.maximum(self.concurrency / self.nodes, 1.0)
        room = usable_bytes(self.reader.device, self.reserve) - reading
        left = usable_bytes(self.node.device, self.reserve) - chip_bytes(self.node, self.model, most, self.final)
        return {"prefill_headroom": room, "decode_headroom": left, "headroom": np.minimum(room, left),
                "feasible": np.minimum(room, left) >= 0,
                "within_context": context_margin(self.model, self.final) >= 0}
