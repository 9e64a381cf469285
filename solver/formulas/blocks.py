"""Blocks of KV cache, counted as engines do."""

from __future__ import annotations

import numpy as np

from solver.formulas.memory import chip_weights_bytes, kv_pages, usable_bytes
from solver.units import Byte, BytePerRequest, BytePerToken, Context, Request, Scalar, Token
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


def cached_tokens(blocks: Scalar, block: Context, groups: Scalar = 1.0, one: Request = 1.0) -> Token:
    """Tokens that so many blocks hold, if each of the groups of layers caches all of them, as engines print it.

        tokens = floor(blocks / groups) * block

    Source: vLLM, `vllm/v1/core/kv_cache_utils.py`.

    >>> float(cached_tokens(8288, 16)), float(cached_tokens(8288, 16, groups=2))
    (132608.0, 66304.0)
    """
    return np.floor(blocks / groups) * block * one


def full_requests(tokens: Token, context: Context, blocks: Scalar = 0.0, taken: Scalar = 1.0, whole: Scalar = 1.0,
                  one: Request = 1.0) -> Request:
    """Requests at once if each fills its context ("maximum concurrency" in the engine's log): not rounded.

        requests = tokens / context      where every layer caches all of a context (whole = 1),
        requests = blocks / taken        where layers slide windows or keep states

    Source: vLLM, `vllm/v1/core/kv_cache_utils.py`, `get_max_concurrency_for_kv_cache_config`.

    >>> float(full_requests(132608, 4096)), float(full_requests(0, 4096, blocks=264, taken=128, whole=0.0))
    (32.375, 2.0625)
    """
    return np.where(whole > 0, tokens / context, blocks / taken * one)


def cache_room(node: Node, model: Transformer, reserve: Scalar = 0.0) -> Byte:
    """Memory of each chip that is left beside its part of the weights; negative where these do not fit.

        room = usable_bytes - chip_weights_bytes

    By definition.

    >>> from solver import PRECISIONS, Hardware, Models, Profiles
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], PRECISIONS["fp16"], Profiles.ideal)
    >>> round(float(cache_room(node, Models.Llama3_8B)) / 1e9, 2)   # GB
    69.84
    """
    return usable_bytes(node.device, reserve) - chip_weights_bytes(node, model)


def chip_bytes_per_token(node: Node, model: Transformer) -> BytePerToken:
    """KV cache of one token on each chip.

        bytes = (sum over kinds of layers of kv_elements * kv_precision.size / min(tensor_parallel, kv_heads))
                / attention_data_parallel

    Where groups of chips have requests of their own, a token is in one of them: it is the mean over all chips. A cache
    of fewer KV heads than chips is kept several times; latent attention counts as one head.
    Source: vLLM, `vllm/config.py`, `get_num_kv_heads`: each chip keeps at least one head.

    >>> from solver import PRECISIONS, Hardware, Models, Profiles
    >>> fp16 = PRECISIONS["fp16"]
    >>> nodes = [Node(Hardware.Cloud.H100, fp16, fp16, Profiles.ideal, chips) for chips in (1, 4, 8)]
    >>> [float(chip_bytes_per_token(node, Models.Llama3_70B)) for node in nodes]
    [327680.0, 81920.0, 40960.0]
    """
    cache = sum(kind.kv_elements * node.kv_precision.size / np.minimum(node.tensor_parallel, kind.attention.kv_heads)
                for kind in model.kinds)
    return cache / node.attention_data_parallel


def chip_state_bytes(node: Node, model: Transformer) -> BytePerRequest:
    """What a request keeps on each chip whatever its context: the states of linear attention.

        bytes = (sum over kinds of layers of state / min(tensor_parallel, kv_heads)) / attention_data_parallel

    By definition: chips share the heads of a state out.

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> [round(float(chip_state_bytes(node, Models[m])) / 2**20, 1) for m in ("Qwen3_6_27B", "Llama3_8B")]   # MiB
    [149.6, 0.0]
    """
    states = sum(kind.state / np.minimum(node.tensor_parallel, kind.attention.kv_heads) for kind in model.kinds)
    return states / node.attention_data_parallel


def whole_blocks(room: Byte, block: Byte) -> Scalar:
    """Blocks of `block` bytes that memory holds.

        blocks = max(0, floor(round(room) / block))

    Source: vLLM, `vllm/worker/worker.py`, `determine_num_available_blocks`.

    >>> float(whole_blocks(69_524_783_104, 524_288))
    132608.0
    """
    return np.maximum(np.floor(np.rint(room) / block), 0.0)


def block_bytes(node: Node, model: Transformer, block: Context, one: Request = 1.0) -> Byte:
    """A block on each chip: `block` tokens in one group of layers.

        bytes = block * group * kv_precision.size / sharing_chips

    Where all layers are of one kind, they are the group. Source: vLLM, `vllm/v1/core/kv_cache_utils.py`: blocks of one
    size, and each is of one group of layers.

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> [float(block_bytes(node, Models[m], 16)) / 2**10 for m in ("Llama3_8B", "GPT_OSS_20B")]   # KiB
    [2048.0, 384.0]
    """
    return block * (model.group * node.kv_precision.size / sharing_chips(node, model)) * one


def sharing_chips(node: Node, model: Transformer) -> Scalar:
    """Chips that share a cache out, a KV head at least to each: the most that any kind of layers is shared by.

        chips = max over kinds with a cache of min(tensor_parallel, kv_heads)

    Source: vLLM, `vllm/config.py`, `get_num_kv_heads`.

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> float(sharing_chips(Node(Hardware.Cloud.H100, PRECISIONS["fp16"], tensor_parallel=16), Models.Llama3_8B))
    8.0
    """
    chips = 1.0
    for kind in model.kinds:
        chips = np.maximum(chips, np.minimum(node.tensor_parallel, kind.attention.kv_heads * np.sign(kind.groups)))
    return chips


def group_copies(node: Node, model: Transformer) -> list[Scalar]:
    """Blocks that a page of each kind of layers takes on a chip: one for each of its groups, and more where it has
    fewer KV heads than another kind, so that fewer chips share it."""
    chips = sharing_chips(node, model)
    return [kind.groups * (chips / np.minimum(node.tensor_parallel, kind.attention.kv_heads)) for kind in model.kinds]


def whole_request_blocks(node: Node, model: Transformer, context: Context, block: Context, batched: Context = 1.0,
                         itself: Context = 1.0, one: Request = 1.0) -> Scalar:
    """Blocks that one request takes on each chip, of all groups of layers, the last of each counted whole.

        blocks = ceil(chip_state_bytes / block_bytes)
                 + sum over kinds of layers of copies * ceil(min(context, window + batched - itself) / block),
        copies = groups * sharing_chips / min(tensor_parallel, kv_heads)

    A layer that slides a window keeps what the next step's `batched` tokens look back at, `itself` one of them. A state
    takes whole blocks.
    Source: vLLM, `vllm/v1/kv_cache_interface.py`, `SlidingWindowSpec.max_memory_usage_bytes`.

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> [float(whole_request_blocks(node, Models[m], 8192, 16)) for m in ("Llama3_8B", "Mistral_7B", "GPT_OSS_20B")]
    [512.0, 256.0, 520.0]
    """
    size, kept = block_bytes(node, model, block, one), 0.0
    for kind, copies in zip(model.kinds, group_copies(node, model), strict=True):
        longest = np.minimum(context, kind.attention.window + (batched - itself))
        kept = kept + copies * kv_pages(longest, block)
    return kept + np.ceil(chip_state_bytes(node, model) * one / size)


def request_bytes(node: Node, model: Transformer, context: Context) -> BytePerRequest:
    """KV cache and states of one request on each chip, without the waste of blocks.

        bytes = sum over kinds of layers of (kv_elements * kv_precision.size * min(context, window) + state)
                / min(tensor_parallel, kv_heads)

    By definition.

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> round(float(request_bytes(node, Models.Llama3_8B, 8192)) / 1e9, 2)   # GB
    1.07
    """
    taken = 0.0
    for kind in model.kinds:
        shared = np.minimum(node.tensor_parallel, kind.attention.kv_heads)
        cache = kind.kv_elements * node.kv_precision.size / shared * np.minimum(context, kind.attention.window)
        taken = taken + cache + kind.state / shared
    return taken


def request_blocks(model: Transformer, context: Context, page: Context) -> Scalar:
    """Blocks of `page` tokens in all layers that one request takes, on average over the cache: the last counts whole.

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

        users = max(0, floor(cache_room / request_bytes))

    By definition.

    >>> from solver import PRECISIONS, Hardware, Models, Profiles
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], PRECISIONS["fp16"], Profiles.ideal)
    >>> int(users_beside_weights(node, Models.Llama3_8B, 131072, reserve=0.1))
    3
    """
    fitting = np.floor(np.rint(cache_room(node, model, reserve)) / request_bytes(node, model, context))
    return np.maximum(fitting, 0 * fitting)


def requests_at_once(room: Byte, per_token: BytePerToken, allocated: Context, limit: Request,
                     state: BytePerRequest = 0.0) -> Request:
    """Requests that run together when each is given the cache of `allocated` tokens on average, and its `state`.

        requests = max(0, min(limit, floor(room / (per_token * allocated + state))))

    By definition.

    >>> float(requests_at_once(69.84e9, 131072, 2056, 512))
    259.0
    """
    return np.maximum(np.minimum(np.floor(room / (per_token * allocated + state)), limit), 0 * limit)
