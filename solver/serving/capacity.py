"""How many tokens and users a chip can hold: the question that memory answers before time is ever asked.

The counts are those of serving engines, block for block. Sources: vLLM, ``vllm/worker/worker.py`` (memory that is
profiled before blocks are made); TensorRT-LLM, "KV cache reuse and memory", ``free_gpu_memory_fraction``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.base.arguments import CacheFormat, Chip, Chips, Model, Reserve, StoredFormat
from solver.base.declared import declared
from solver.base.numbers import unknown
from solver.base.result import Result, cache_sentence, field, memory_sentence
from solver.formulas.blocks import (
    cache_room,
    cached_tokens,
    chip_bytes_per_token,
    full_requests,
    kv_room,
    kv_room_of_free,
    request_blocks,
    users_beside_weights,
    users_in_blocks,
    whole_blocks,
)
from solver.formulas.memory import weights_bytes
from solver.serving.arguments import (
    Activation,
    Block,
    FullLength,
    LongestContext,
    MaybePage,
    NonTorch,
    Rule,
    Swap,
    Utilization,
)
from solver.units import Q_
from solver.zoo.node import Node
from solver.zoo.profiles import Profiles

NOTHING = Q_("0 GiB")
OVERHEAD = Q_("1.5 GiB")  # median of vLLM's logs: 0.27 to 6.56 GiB


class CapacityResult(Result):
    """What `kv_capacity` found. Its fields broadcast with the arrays that were given."""

    feasible = field(None, "whether at least one request of full length fits", bool)
    kv_cache_size = field("GiB", "memory for the KV cache on each chip")
    model_weights_size = field("GiB", "weights on each chip")
    block_size = field("MiB", "one block on each chip")
    blocks = field(None, "blocks of KV cache on each chip", int)
    tokens = field(None, "tokens that they hold", int)
    max_concurrency = field(None, "requests of full length at once, as engines print it")
    cpu_blocks = field(None, "blocks that fit in the swap space of the host", int)
    headroom = field("GB", "memory for the KV cache beyond one request of full length")

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        return [memory_sentence(self.values["headroom"], "A shorter context, a narrower number format, more chips "
                                                         "or a larger share of the memory would help."),
                cache_sentence(self.given["node"].kv_precision)]


@declared
def kv_capacity(model: Model, hardware: Chip, max_len: FullLength, precision: StoredFormat = "fp16", *,
                kv_precision: CacheFormat = None, tensor_parallel: Chips = 1, block_size: Block = 16,
                utilization: Utilization = 0.9, non_torch: NonTorch = NOTHING, activation: Activation = OVERHEAD,
                swap: Swap = NOTHING, rule: Rule = "vllm") -> CapacityResult:
    """Blocks, tokens and full requests of KV cache, counted as serving engines do.

    Numbers may be arrays, which broadcast.

    Parameters
    ----------
    model : transformer
        The transformer, a record such as `Models.Llama3_8B`.
    hardware : accelerator
        The accelerator, a record such as `Hardware.Cloud.H100`.
    max_len : tokens
        Tokens of a request of full length, at most what the model was trained for.
    precision : name of a format
        Number format of the weights. The chip need not have a rate for it.
    kv_precision : name of a format, optional
        Number format of the KV cache; if not given that of the weights, or 16 bits where only weights have it.
    tensor_parallel : chips
        Chips that share each layer, a divisor of the model's heads.
    block_size : tokens
        Tokens of a block of KV cache.
    utilization : share
        Share of the whole memory ("vllm"), or of what is free after the rest ("tensorrt-llm").
    non_torch : quantity
        Memory of each chip that libraries take. Engines print what they found, of this and the next; together it is
        1.5 GiB in the median.
    activation : quantity
        Memory of each chip that the longest prefill takes at its peak.
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
    >>> from solver import Hardware, Models
    >>> r = kv_capacity(Models.Llama3_8B, Hardware.Cloud.H100, 8192)
    >>> r.blocks, r.tokens, round(r.max_concurrency, 2)
    (28437, 454992, 55.54)
    """
    node = Node(hardware, precision, kv_precision, Profiles.ideal, tensor_parallel)
    room = (kv_room if rule == "vllm" else kv_room_of_free)(
        hardware.memory, utilization, weights_bytes(model, precision) / tensor_parallel, non_torch, activation)
    return CapacityResult(_counts(node, model, max_len, block_size, room, swap), {"node": node, "model": model})


def _counts(node: Node, model: Any, context: Any, block: Any, room: Any, swap: Any) -> dict[str, Any]:
    """The fields of a result, in base units."""
    size = block * chip_bytes_per_token(node, model)
    blocks = whole_blocks(room, size)
    tokens = cached_tokens(blocks, block)
    needed = request_blocks(model, context, block)
    return {"feasible": blocks >= needed, "kv_cache_size": room, "block_size": size, "blocks": blocks,
            "model_weights_size": weights_bytes(model, node.precision) / node.tensor_parallel, "tokens": tokens,
            "max_concurrency": full_requests(tokens, context), "cpu_blocks": whole_blocks(swap, size),
            "headroom": room - needed * size}


@declared
def max_users(model: Model, hardware: Chip, context: LongestContext, precision: StoredFormat = "fp16",
              reserve: Reserve = 0.0, *, kv_precision: CacheFormat = None, tensor_parallel: Chips = 1,
              page_size: MaybePage = None) -> Any:
    """How many requests of `context` tokens fit at once beside the weights; 0 where not even the weights do.

        users = floor((memory * (1 - reserve) - weights / tensor_parallel)
                      / (kv_bytes_per_token / min(tensor_parallel, kv_heads) * context))

    An int, or an array of whole floats where one was given: numbers may be arrays, which broadcast.

    Parameters
    ----------
    model : transformer
        The transformer, a record such as `Models.Llama3_8B`.
    hardware : accelerator
        The accelerator, a record such as `Hardware.Cloud.H100`.
    context : tokens
        Tokens of each request, prompt and answer, at most what the model was trained for.
    precision : name of a format
        Number format of the weights. The chip need not have a rate for it.
    reserve : share
        Share of the memory that is kept for driver and activations. 0.1 is a usual choice.
    kv_precision : name of a format, optional
        Number format of the KV cache; if not given that of the weights, or 16 bits where only weights have it.
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
        whole_blocks(cache_room(node, model, reserve), page_size * chip_bytes_per_token(node, model)),
        request_blocks(model, context, page_size))
    return users if unknown(users) or np.ndim(users) else int(users)
