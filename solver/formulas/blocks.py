"""Blocks of KV cache, counted as engines do."""

from __future__ import annotations

import numpy as np

from solver.formulas.memory import (
    cached_context,
    kv_pages,
    usable_bytes,
    weights_bytes,
)
from solver.units import Byte, BytePerToken, Context, Request, Scalar, Token
from solver.zoo.models import Transformer
from solver.zoo.node import Node


def kv_room(memory: Byte, share: Scalar, weights: Byte, non_torch: Byte, activation: Byte) -> Byte:
    """Memory that vLLM gives to the KV cache on a chip: what its share of the whole leaves beside everything else.

        room = memory * share - weights - non_torch - activation

    `weights` are those of one chip. `activation` is the peak that a longest prefill was profiled at, and `non_torch`
    what libraries take. Negative where the weights alone do not fit.
    Source: vLLM, `vllm/worker/worker.py`, `determine_num_available_blocks`.

    >>> GiB = 2**30
    >>> round(kv_room(80 * GiB, 0.9, 15 * GiB, 0.5 * GiB, 1 * GiB) / GiB, 2)
    55.5
    """
    return memory * share - weights - non_torch - activation


def kv_room_of_free(memory: Byte, share: Scalar, weights: Byte, non_torch: Byte, activation: Byte) -> Byte:
    """Memory that TensorRT-LLM gives to the KV cache on a chip: a share of what is free after everything else.

        room = share * (memory - weights - non_torch - activation)

    Source: TensorRT-LLM, "KV cache reuse and memory", `free_gpu_memory_fraction`.

    >>> GiB = 2**30
    >>> round(kv_room_of_free(80 * GiB, 0.9, 15 * GiB, 0.5 * GiB, 1 * GiB) / GiB, 2)
    57.15
    """
    return share * (memory - weights - non_torch - activation)


def cached_tokens(blocks: Scalar, block: Context, one: Request = 1.0) -> Token:
    """Tokens that so many blocks hold.

        tokens = blocks * block

    By definition.

    >>> float(cached_tokens(8288, 16))
    132608.0
    """
    return blocks * block * one


def full_requests(tokens: Token, context: Context) -> Request:
    """Requests at once if each fills its context ("maximum concurrency" in the engine's log): not rounded.

        requests = tokens / context

    By definition.

    >>> full_requests(132608, 4096)
    32.375
    """
    return tokens / context


def cache_room(node: Node, model: Transformer, reserve: Scalar = 0.0) -> Byte:
    """Memory of each chip that is left beside its part of the weights; negative where these do not fit.

        room = usable_bytes - weights_bytes / tensor_parallel

    By definition.

    >>> from solver import PRECISIONS, Hardware, Models, Profiles
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], PRECISIONS["fp16"], Profiles.ideal)
    >>> round(float(cache_room(node, Models.Llama3_8B)) / 1e9, 2)   # GB
    69.84
    """
    return usable_bytes(node.device, reserve) - weights_bytes(model, node.precision) / node.tensor_parallel


def chip_bytes_per_token(node: Node, model: Transformer) -> BytePerToken:
    """KV cache of one token on each chip.

        bytes = sum over kinds of layers of kv_elements * kv_precision.size / min(tensor_parallel, kv_heads)

    A cache of fewer KV heads than chips is kept several times; latent attention counts as one head.
    Source: vLLM, `vllm/config.py`, `get_num_kv_heads`: each chip keeps at least one head.

    >>> from solver import PRECISIONS, Hardware, Models, Profiles
    >>> fp16 = PRECISIONS["fp16"]
    >>> nodes = [Node(Hardware.Cloud.H100, fp16, fp16, Profiles.ideal, chips) for chips in (1, 4, 8)]
    >>> [float(chip_bytes_per_token(node, Models.Llama3_70B)) for node in nodes]
    [327680.0, 81920.0, 40960.0]
    """
    return sum(kind.kv_elements * node.kv_precision.size / np.minimum(node.tensor_parallel, kind.attention.kv_heads)
               for kind in model.kinds)


def whole_blocks(room: Byte, block: Byte) -> Scalar:
    """Blocks of `block` bytes that memory holds.

        blocks = max(0, floor(round(room) / block))

    Source: vLLM, `vllm/worker/worker.py`, `determine_num_available_blocks`.

    >>> float(whole_blocks(69_524_783_104, 524_288))
    132608.0
    """
    return np.maximum(np.floor(np.rint(room) / block), 0.0)


def request_blocks(model: Transformer, context: Context, page: Context) -> Scalar:
    """Blocks of `page` tokens that one request takes, on average over the cache: the last one counts whole.

        blocks = sum over kinds of layers of share * ceil(min(context, window) / page)

    A layer that slides a window gives blocks back which it has left behind.
    Source: Kwon et al. 2023, "Efficient Memory Management for Large Language Model Serving with PagedAttention",
    section 4.

    >>> from solver import Models
    >>> float(request_blocks(Models.Llama3_8B, 17, 16))
    2.0
    """
    return sum(kind.cache_share * kv_pages(np.minimum(context, kind.attention.window), page) for kind in model.kinds)


def users_in_blocks(blocks: Scalar, taken: Scalar) -> Scalar:
    """Requests that so many blocks serve when each takes `taken`.

        users = floor(blocks / taken)

    By definition.

    >>> [float(users_in_blocks(1000 // page, -(-17 // page))) for page in (16, 17)]   # contexts of 17 tokens
    [31.0, 58.0]
    """
    return np.floor(blocks / taken)


def users_beside_weights(node: Node, model: Transformer, context: Context, reserve: Scalar = 0.0) -> Request:
    """How many requests of `context` tokens fit at once on a node, without the waste of pages.

        users = max(0, floor(cache_room / (chip_bytes_per_token * cached_context)))

    By definition.

    >>> from solver import PRECISIONS, Hardware, Models, Profiles
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], PRECISIONS["fp16"], Profiles.ideal)
    >>> int(users_beside_weights(node, Models.Llama3_8B, 131072, reserve=0.1))
    3
    """
    each = chip_bytes_per_token(node, model) * cached_context(model, context)
    fitting = np.floor(np.rint(cache_room(node, model, reserve)) / each)
    return np.maximum(fitting, 0 * fitting)


def requests_at_once(room: Byte, per_token: BytePerToken, allocated: Context, limit: Request) -> Request:
    """Requests that run together when each is given the cache of `allocated` tokens on average.

        requests = max(0, min(limit, floor(room / (per_token * allocated))))

    By definition.

    >>> float(requests_at_once(69.84e9, 131072, 2056, 512))
    259.0
    """
    return np.maximum(np.minimum(np.floor(room / (per_token * allocated)), limit), 0 * limit)
