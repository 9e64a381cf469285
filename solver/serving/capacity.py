"""How many tokens and users a chip can hold: the question that memory answers before time is ever asked.

The counts are those of serving engines, block for block. Sources: vLLM, ``vllm/worker/worker.py`` (memory that is
profiled before blocks are made); TensorRT-LLM, "KV cache reuse and memory", ``free_gpu_memory_fraction``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.base.arguments import CacheFormat, Chip, Chips, Model, Reserve, StoredFormat
from solver.base.declared import declared
from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.base.sentences import cache_sentence, context_sentences, could_be_more, could_be_narrower, memory_sentence
from solver.formulas.blocks import (
    block_bytes,
    cache_room,
    cached_tokens,
    full_requests,
    group_copies,
    kv_room,
    kv_room_of_free,
    users_beside_weights,
    users_in_blocks,
    whole_blocks,
    whole_request_blocks,
)
from solver.formulas.memory import chip_weights_bytes, context_margin
from solver.serving.arguments import (
    Activation,
    Batched,
    Block,
    CachedModel,
    FullLength,
    LongestContext,
    MaybePage,
    NonTorch,
    Room,
    Rule,
    Swap,
    Utilization,
)
from solver.units import Q_
from solver.zoo.models import Transformer
from solver.zoo.node import Node
from solver.zoo.profiles import Profiles

NOTHING = Q_("0 GiB")
OVERHEAD = Q_("1.5 GiB")  # median of vLLM's logs: 0.27 to 6.56 GiB


class CapacityResult(Result):
    """What `kv_capacity` found. Its fields broadcast with the arrays that were given."""

    feasible = field(None, "whether at least one request of full length fits", bool)
    kv_cache_size = field("GiB", "memory for the KV cache on each chip")
    model_weights_size = field("GiB", "weights on each chip")
    block_size = field("MiB", "one block of a group of layers on each chip")
    blocks = field(None, "blocks of KV cache on each chip, of all groups of layers", int)
    tokens = field(None, "tokens that they hold, if every layer keeps all of them", int)
    max_concurrency = field(None, "requests of full length at once, as engines print it")
    cpu_blocks = field(None, "blocks that fit in the swap space of the host", int)
    headroom = field("GB", "memory for the KV cache beyond one request of full length")
    within_context = field(None, "whether the model was trained for that length", bool)

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        asked = self.given["asked"]
        return [memory_sentence(self.values["headroom"], asked.node.device, self._remedies()),
                *context_sentences(asked.context, asked.model), cache_sentence(asked.node.kv_precision)]

    def _remedies(self) -> dict[str, Any]:
        """What could be changed, and whether that helps: contexts where the weights leave room for a token."""
        asked, size = self.given["asked"], self.values["block_size"]
        least = whole_request_blocks(asked.node, asked.model, 1.0, asked.block)
        room, given = self.values["blocks"] >= least, asked.room is not None
        larger = False if given else (asked.utilization < 1) & (asked.room_at(1.0) >= least * size)
        return {"a shorter context": room & (asked.context > 1),
                "a narrower number format": could_be_narrower(asked.node, room) if not given
                else asked.node.kv_precision.size > 1,
                "more chips": could_be_more(asked.node, asked.model), "a larger share of the memory": larger,
                "more memory for the cache" if given else "a chip with more memory": True}


@dataclass(frozen=True, eq=False)
class Capacity:
    """What `kv_capacity` was asked, judged: plain numbers, or symbols."""

    node: Node
    model: Transformer
    context: Any
    block: Any
    batched: Any
    room: Any  # None: what the rule leaves
    utilization: Any
    non_torch: Any
    activation: Any
    swap: Any
    rule: str

    def room_at(self, utilization: Any) -> Any:
        """Memory for the KV cache on each chip, by the rule."""
        rule, node = kv_room if self.rule == "vllm" else kv_room_of_free, self.node
        return rule(node.device.usable_memory, utilization, self.weights, self.non_torch, self.activation)

    @property
    def weights(self) -> Any:
        """On each chip."""
        return chip_weights_bytes(self.node, self.model)

    def field_values(self) -> dict[str, Any]:
        """The fields of a result, in base units."""
        node, model, block, context = self.node, self.model, self.block, self.context
        room = self.room_at(self.utilization) if self.room is None else self.room
        size = block_bytes(node, model, block)
        blocks = whole_blocks(room, size)
        tokens = cached_tokens(blocks, block, sum(group_copies(node, model)))
        needed = whole_request_blocks(node, model, context, block, self.batched)
        return {"feasible": blocks >= needed, "kv_cache_size": room, "block_size": size, "blocks": blocks,
                "model_weights_size": self.weights, "tokens": tokens,
                "max_concurrency": full_requests(tokens, context, blocks, needed, model.whole_cache),
                "cpu_blocks": whole_blocks(self.swap, size), "headroom": room - needed * size,
                "within_context": context_margin(model, context) >= 0}


@declared
def kv_capacity(model: CachedModel, hardware: Chip, max_len: FullLength, precision: StoredFormat = "fp16", *,
                kv_precision: CacheFormat = None, tensor_parallel: Chips = 1, block_size: Block = 16,
                batched_tokens: Batched = 1, utilization: Utilization = 0.9, non_torch: NonTorch = NOTHING,
                activation: Activation = OVERHEAD, kv_cache_size: Room = None, swap: Swap = NOTHING,
                rule: Rule = "vllm") -> CapacityResult:
    """Blocks, tokens and full requests of KV cache, counted as serving engines do.

    A model whose layers are of several kinds takes blocks for each group of layers: where layers slide a window, no
    more than that window. Numbers may be arrays, which broadcast.

    Parameters
    ----------
    model : transformer
        The transformer, a record such as `Models.Llama3_8B`.
    hardware : accelerator
        The accelerator, a record such as `Hardware.Cloud.H100`.
    max_len : tokens
        Tokens of a request of full length.
    precision : name of a format
        Number format of the weights. The chip need not have a rate for it.
    kv_precision : name of a format, optional
        Number format of the KV cache; not given: the weights' if that is plain (fp8, int4), else 16 bits.
    tensor_parallel : chips
        Chips that share each layer, a divisor of the model's heads.
    block_size : tokens
        Tokens of a block of KV cache.
    batched_tokens : tokens
        Tokens of one request that a step computes at most: a sliding window keeps what they all look back at. Engines
        take 2,048 or 8,192; with 1 it is the window itself.
    utilization : share
        Share of the whole memory ("vllm"), or of what is free after the rest ("tensorrt-llm").
    non_torch : quantity
        Memory of each chip that libraries take. Engines print what they found, of this and the next; together it is
        1.5 GiB in the median.
    activation : quantity
        Memory of each chip that the longest prefill takes at its peak.
    kv_cache_size : quantity, optional
        Memory for the KV cache on each chip, as an engine prints it; if not given, what the rule leaves.
    swap : quantity
        Memory of the host that each chip swaps blocks to.
    rule : str
        The engine whose rule is followed.

    Raises
    ------
    ValueError, TypeError, DimensionalityError
        In a sentence that names the argument, its limit and the next move.

    Notes
    -----
    Leaves out what engines find only by running: give it as `non_torch` and `activation`.

    Examples
    --------
    >>> from solver import Q_, Hardware, Models
    >>> r = kv_capacity(Models.Llama3_8B, Hardware.Cloud.H100, 8192)
    >>> r.blocks, r.tokens, round(r.max_concurrency, 2)
    (28437, 454992, 55.54)
    >>> logged = kv_capacity(Models.Mistral_7B, Hardware.Cloud.H100, 32768, kv_cache_size=Q_("6.61 GiB"))
    >>> round(logged.max_concurrency, 2)   # all of its layers slide a window of 4,096 tokens
    13.22
    """
    node = Node(hardware, precision, kv_precision, Profiles.ideal, tensor_parallel)
    asked = Capacity(node, model, max_len, block_size, batched_tokens, kv_cache_size, utilization, non_torch,
                     activation, swap, rule)
    return CapacityResult(asked.field_values(), {"asked": asked})


@declared
def max_users(model: Model, hardware: Chip, context: LongestContext, precision: StoredFormat = "fp16",
              reserve: Reserve = 0.0, *, kv_precision: CacheFormat = None, tensor_parallel: Chips = 1,
              page_size: MaybePage = None) -> Any:
    """How many requests of `context` tokens fit at once beside the weights; 0 where not even the weights do.

        users = floor((memory * (1 - reserve) - weights / tensor_parallel)
                      / (kv_bytes_per_token / min(tensor_parallel, kv_heads) * context))

    where layers that slide a window keep that at most, and memory is what error correction leaves of it. An int, or
    an array of whole floats where one was given: numbers may be arrays, which broadcast.

    Parameters
    ----------
    model : transformer
        The transformer, a record such as `Models.Llama3_8B`.
    hardware : accelerator
        The accelerator, a record such as `Hardware.Cloud.H100`.
    context : tokens
        Tokens of each request, prompt and answer.
    precision : name of a format
        Number format of the weights. The chip need not have a rate for it.
    reserve : share
        Share of the memory that is kept for driver and activations. 0.1 is a usual choice.
    kv_precision : name of a format, optional
        Number format of the KV cache; not given: the weights' if that is plain (fp8, int4), else 16 bits.
    tensor_parallel : chips
        Chips that share each layer, a divisor of the model's heads.
    page_size : tokens, optional
        Tokens of a page, the last of which counts whole; if not given, the waste of pages is left out.

    Raises
    ------
    ValueError, TypeError, DimensionalityError
        In a sentence that names the argument, its limit and the next move.

    Notes
    -----
    Leaves out requests that are still growing: every one holds its whole context.

    Examples
    --------
    >>> from solver import Hardware, Models
    >>> max_users(Models.Llama3_8B, Hardware.Cloud.H100, [8192, 131072], reserve=0.1).tolist()
    [57.0, 3.0]
    """
    node = Node(hardware, precision, kv_precision, Profiles.ideal, tensor_parallel)
    users = users_beside_weights(node, model, context, reserve) if page_size is None else users_in_blocks(
        whole_blocks(cache_room(node, model, reserve), block_bytes(node, model, page_size)),
        whole_request_blocks(node, model, context, page_size))
    return users if unknown(users) or np.ndim(users) else int(users)
