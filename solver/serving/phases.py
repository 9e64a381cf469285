"""The fields of serving: what was asked, its two phases, and the memory of both.

The two phases are passes of `transformer`: prefill reads the whole prompt at once, decoding adds a token a step.
Chunks, prefixes, speculation and disaggregation change how many tokens a pass brings, and on which chip it runs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from solver.formulas.chunking import chunked_prefill_time, mixed_step_time, prefill_chunks, slowest_chunk_time
from solver.formulas.memory import chip_bytes, context_margin, kv_cache_bytes, usable_bytes, weights_bytes
from solver.formulas.requests import handed_over_time
from solver.formulas.speculation import accepted_tokens, speculative_speedup, speculative_token_time
from solver.formulas.transformer import prefill_time
from solver.formulas.unpublished import known_decode_time
from solver.serving.banded import Banded
from solver.zoo.models import Transformer
from solver.zoo.node import Node


@dataclass(frozen=True, eq=False)
class Serving(Banded):
    """What a solve was asked, judged: plain numbers, or symbols, and the nodes that work."""

    solver = "ServingModel"

    reader: Node  # of prompts
    node: Node  # that decodes
    drafter: Node
    model: Transformer
    draft: Transformer | None
    batch: Any
    prompt: Any
    answer: Any
    cached: Any
    chunk: Any
    link: Any
    overlapped: float
    acceptance: Any
    draft_length: Any
    reserve: Any

    @property
    def context(self) -> Any:
        """Cached on average while the answer grows: what ITL is taken at, exact where it is linear in it."""
        return self.prompt + self.answer / 2

    @property
    def final(self) -> Any:
        """Cached at the end, which memory has to hold."""
        return self.prompt + self.answer

    def measured(self, name: str) -> bool:
        """Whether anything like it was measured of that field: not with drafts, with chunks or prefixes of prompts, and
        where a cache is sent to another node."""
        pieces = self.chunk is not None or not isinstance(self.cached, (int, float)) or self.cached > 0
        return {"ttft": not pieces and not self.disaggregated, "itl": self.draft is None,
                "tokens_per_second": self.draft is None and not self.disaggregated,
                "e2e_latency": self.draft is None and not self.disaggregated}.get(name, False)

    @property
    def at_once(self) -> Any:
        """The batch."""
        return self.batch

    @property
    def disaggregated(self) -> bool:
        return self.reader is not self.node

    @property
    def trained(self) -> list[Any]:
        """The models that were trained for a context of their own, which a head has from its model."""
        return [self.model, *([] if self.draft is None or self.draft.head else [self.draft])]

    @property
    def ideal(self) -> Serving:
        """The same, with nothing lost."""
        node = self.node.ideal
        return replace(self, reader=self.reader.ideal if self.disaggregated else node, node=node,
                       drafter=self.drafter.ideal)

    def field_values(self) -> dict[str, Any]:
        """All fields of a result that are not lazy, in base units."""
        return field_values(self)


OF_NODE = ("tensor_parallel", "expert_parallel", "attention_data_parallel")


def drafting_node(node: Node, draft: Any) -> Node:
    """What drafts: for a model one chip of the node, for a head all of its chips."""
    if draft is None or (isinstance(draft.head, float) and draft.head):
        return node
    widths: dict[str, Any] = dict.fromkeys(OF_NODE, 1.0)
    if not isinstance(draft.head, float):
        widths = {name: np.where(draft.head > 0, getattr(node, name), 1.0) for name in OF_NODE}
    return replace(node, **widths)


def field_values(asked: Serving) -> dict[str, Any]:
    """All fields of a result that are not lazy, in base units."""
    with np.errstate(all="ignore"):
        found = _prefill(asked) | _memory(asked)
        found["itl"] = _token_time(asked)
        if asked.disaggregated:  # the prompt is read elsewhere, and its cache sent over
            cache = kv_cache_bytes(asked.model, asked.batch, asked.prompt, asked.node.kv_precision)
            found["ttft"] = handed_over_time(found["ttft"], asked.model.layers, cache, asked.link, asked.overlapped)
            found["decode_stall_bound"] = 0.0
    return found


def _prefill(asked: Serving) -> dict[str, Any]:
    """The fields of the first phase."""
    node, model, batch, cached, chunk = asked.reader, asked.model, asked.batch, asked.cached, asked.chunk
    new = asked.prompt - cached
    found = {"prompt_cache_hit_ratio": cached / asked.prompt,
             "within_context": _within_context(asked)}
    if chunk is None:
        time = prefill_time(node, model, batch, new, cached)
        return found | {"ttft": time, "prefill_chunks": 1.0, "prefill_chunk_time": time, "decode_stall_bound": time}
    slowest = slowest_chunk_time(node, model, batch, new, cached, chunk)
    return found | {
        "ttft": chunked_prefill_time(node, model, batch, new, cached, chunk),
        "prefill_chunks": prefill_chunks(new, chunk), "prefill_chunk_time": slowest, "decode_stall_bound": slowest}


def _within_context(asked: Serving) -> Any:
    """Whether the model, and one that drafts, were trained for prompt and answer."""
    within = context_margin(asked.model, asked.final) >= 0
    return within if asked.draft is None else within & (context_margin(asked.draft, asked.final) >= 0)


def chunk_step_time(asked: Serving) -> Any:
    """A decode step of the whole batch that carries the slowest full chunk of one request more."""
    new, chunk = asked.prompt - asked.cached, asked.chunk
    size = new if chunk is None else np.minimum(chunk, new)
    read = asked.cached + np.maximum(prefill_chunks(new, size) - 2, 0) * size
    return mixed_step_time(asked.reader, asked.model, asked.batch, asked.context, size, read)


def _token_time(asked: Serving) -> Any:
    """Time between tokens, drafted or not."""
    if asked.draft is None:
        return known_decode_time(asked.node, asked.model, asked.batch, asked.context)
    return speculative_token_time(asked.node, asked.model, asked.drafter, asked.draft, asked.acceptance, asked.batch,
                                  asked.context, asked.draft_length)


def tokens_per_step(asked: Serving) -> Any:
    """What a decode step brings each request on average."""
    return 1.0 if asked.draft is None else accepted_tokens(asked.acceptance, asked.draft_length)


def draft_speedup(asked: Serving) -> Any:
    """How many times faster tokens come with a draft than without."""
    if asked.draft is None:
        return 1.0
    return speculative_speedup(asked.node, asked.model, asked.drafter, asked.draft, asked.acceptance, asked.batch,
                               asked.context, asked.draft_length)


def _memory(asked: Serving) -> dict[str, Any]:
    """The fields of memory, on the tighter of the two nodes; what drafts runs where decoding does."""
    node, model, batch = asked.node, asked.model, asked.batch
    weights = weights_bytes(model, node.precision)
    cache = kv_cache_bytes(model, batch, asked.final, node.kv_precision)
    total, needed = weights + cache, chip_bytes(node, model, batch, asked.final)
    if asked.draft is not None:
        total = total + (weights_bytes(asked.draft, node.precision)
                         + kv_cache_bytes(asked.draft, batch, asked.final, node.kv_precision))
        needed = needed + chip_bytes(asked.drafter, asked.draft, batch, asked.final)
    headroom, used = usable_bytes(node.device, asked.reserve) - needed, needed / node.device.usable_memory
    if asked.disaggregated:
        reading = chip_bytes(asked.reader, model, batch, asked.prompt)
        headroom = np.minimum(headroom, usable_bytes(asked.reader.device, asked.reserve) - reading)
        used = np.maximum(used, reading / asked.reader.device.usable_memory)
    return {"model_weights_size": weights, "kv_cache_size": cache, "total_memory_required": total,
            "memory_utilization": used, "headroom": headroom, "feasible": headroom >= 0}


def least_headroom(asked: Serving) -> Any:
    """Memory left over on the fullest chip with a single request of a single token: negative where weights are too
    large."""
    return _memory(replace(asked, batch=1.0, prompt=1.0, answer=0.0, cached=0.0))["headroom"]
