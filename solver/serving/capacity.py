"""How many tokens and users a chip can hold: the question that memory answers before time is ever asked.

The counts are those of serving engines, block for block. Sources: vLLM, ``vllm/worker/worker.py`` (memory that is
profiled before blocks are made); TensorRT-LLM, "KV cache reuse and memory", ``free_gpu_memory_fraction``.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.base import arguments as check
from solver.base.numbers import each, exact_text, number
from solver.base.result import Result, field, memory_sentence
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
from solver.units import Q_, is_quantity
from solver.zoo.node import Node
from solver.zoo.profiles import Profiles

NOTHING = Q_("0 GiB")
OVERHEAD = Q_("1.5 GiB")  # median of vLLM's logs: 0.27 to 6.56 GiB
RULES = ("vllm", "tensorrt-llm")


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
        if self.traced or any(map(check.unknown, self.values.values())):
            return []
        return [memory_sentence(self.values["headroom"], "A shorter context, a narrower number format, more chips "
                                                         "or a larger share of the memory would help.")]


def kv_capacity(model: Any, hardware: Any, max_len: Any, precision: Any = "fp16", *, kv_precision: Any = None,
                tensor_parallel: Any = 1, block_size: Any = 16, utilization: Any = 0.9, non_torch: Any = NOTHING,
                activation: Any = OVERHEAD, swap: Any = NOTHING, rule: str = "vllm") -> CapacityResult:
    """Blocks, tokens and full requests of KV cache, counted as serving engines do.

    model, hardware : a transformer of `solver.Models` and an accelerator of `solver.Hardware`
    max_len : tokens of a request of full length
    precision, kv_precision, tensor_parallel : as for `ServingModel.solve`
    block_size : tokens of a block
    utilization : share of the whole memory ("vllm"), or of what is free after the rest ("tensorrt-llm")
    non_torch, activation, swap : quantities of memory, on each chip; of the first two engines print what they found
        (together 1.5 GiB in the median)
    rule : "vllm" or "tensorrt-llm"

    Numbers may be arrays. Raises ValueError, TypeError or DimensionalityError, in a sentence.

    >>> from solver import Hardware, Models
    >>> r = kv_capacity(Models.Llama3_8B, Hardware.Cloud.H100, 8192)
    >>> r.blocks, r.tokens, round(r.max_concurrency, 2)
    (28437, 454992, 55.54)
    """
    model = check.transformer("model", model)
    node = memory_node(check.accelerator("hardware", hardware), model, precision, kv_precision, tensor_parallel)
    context = check.context("max_len", max_len, model)
    block, share = check.count("block_size", block_size, "token"), check.share("utilization", utilization, zero=False)
    taken = [memory_amount(name, value) for name, value in (("non_torch", non_torch), ("activation", activation))]
    swapped = memory_amount("swap", swap)
    if rule not in RULES:
        raise ValueError(f"rule is {rule!r}: choose one of {', '.join(RULES)}.")
    check.together(max_len=context, tensor_parallel=node.tensor_parallel, block_size=block, utilization=share,
                   non_torch=taken[0], activation=taken[1], swap=swapped)
    room = (kv_room if rule == "vllm" else kv_room_of_free)(
        node.device.memory, share, weights_bytes(model, node.precision) / node.tensor_parallel, *taken)
    return CapacityResult(_counts(node, model, context, block, room, swapped), {"node": node, "model": model})


def _counts(node: Node, model: Any, context: Any, block: Any, room: Any, swap: Any) -> dict[str, Any]:
    """The figures of a result, in base units."""
    size = block * chip_bytes_per_token(node, model)
    blocks = whole_blocks(room, size)
    tokens = cached_tokens(blocks, block)
    needed = request_blocks(model, context, block)
    return {"feasible": blocks >= needed, "kv_cache_size": room, "block_size": size, "blocks": blocks,
            "model_weights_size": weights_bytes(model, node.precision) / node.tensor_parallel, "tokens": tokens,
            "max_concurrency": full_requests(tokens, context), "cpu_blocks": whole_blocks(swap, size),
            "headroom": room - needed * size}


def memory_node(hardware: Any, model: Any, precision: Any, kv_precision: Any, tensor_parallel: Any) -> Node:
    """A node of which only the memory matters: what fits needs no rate for its number format."""
    tensor_parallel = check.count("tensor_parallel", tensor_parallel, "", word="chip")
    if type(tensor_parallel) is not int or tensor_parallel != 1:
        check._divisible(hardware, model, tensor_parallel)
    weights = check.precision(precision)
    cache = weights.cached_as if kv_precision is None else kv_precision
    return Node(hardware, weights, check.precision(cache), Profiles.ideal, tensor_parallel)


def memory_amount(name: str, value: Any) -> Any:
    """A quantity of memory, from nothing on."""
    if check.symbolic(value):
        return value
    if not is_quantity(value):
        raise TypeError(f"{name} is {value!r}, without a unit: write Q_('2 GiB'), for example.")
    return each(name, number(name, value, "byte"), lambda v: (v >= 0) & (v < np.inf),
                lambda bad: f"{exact_text(bad)} byte is no memory; give a quantity from 0 on, such as Q_('2 GiB').")


def max_users(model: Any, hardware: Any, context: Any, precision: Any = "fp16", reserve: Any = 0.0, *,
              kv_precision: Any = None, tensor_parallel: Any = 1, page_size: Any = None) -> Any:
    """How many requests of `context` tokens fit at once beside the weights; 0 where not even the weights do.

        users = floor((memory * (1 - reserve) - weights / tensor_parallel)
                      / (kv_bytes_per_token / min(tensor_parallel, kv_heads) * context))

    model, hardware : a transformer of `solver.Models` and an accelerator of `solver.Hardware`
    context : a whole number of tokens, at most what the model was trained for, or an array of them
    precision, kv_precision : number formats of the weights and of the KV cache; the second is as the first if not given
    reserve : share of the installed memory kept for driver and activations (nothing; 0.1 is a usual choice)
    tensor_parallel : chips that share each layer
    page_size : tokens of a page, the last of which counts whole; without it the waste of pages is left out

    An int, or an array. Every request holds its whole context. Raises ValueError, TypeError or DimensionalityError,
    in a sentence.

    >>> from solver import Hardware, Models
    >>> max_users(Models.Llama3_8B, Hardware.Cloud.H100, [8192, 131072], reserve=0.1).tolist()
    [57.0, 3.0]
    """
    model = check.transformer("model", model)
    hardware = check.accelerator("hardware", hardware)
    context, reserve = check.context("context", context, model), check.share("reserve", reserve)
    node = memory_node(hardware, model, precision, kv_precision, tensor_parallel)
    page = None if page_size is None else check.count("page_size", page_size, "token")
    check.together(context=context, reserve=reserve, tensor_parallel=node.tensor_parallel, page_size=page)
    users = users_beside_weights(node, model, context, reserve) if page is None else users_in_blocks(
        whole_blocks(cache_room(node, model, reserve), page * chip_bytes_per_token(node, model)),
        request_blocks(model, context, page))
    return users if check.unknown(users) or np.ndim(users) else int(users)
