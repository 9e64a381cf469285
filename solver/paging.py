"""What of each chip's memory is left for the KV cache, how many blocks and requests it holds, and how full blocks are.

Bytes are whole, so a share of a memory is rounded to whole ones before anything is counted in it: a float of
0.9 * memory may be off by a hair, and a floor would make a block of that. Below 2^53 all counts are then exact.
"""

from __future__ import annotations

import numpy as np

from .lengths import UNIFORM, Lengths
from .memory import cached_context, forgotten_context, kv_bytes_per_token, kv_pages, usable_bytes, weights_bytes
from .models import Transformer
from .node import Node
from .units import Byte, BytePerToken, Context, Request, Scalar


def cache_room(node: Node, model: Transformer, reserve: Scalar = 0.0) -> Byte:
    """Memory of each chip that is left beside its part of the weights; negative where these do not fit.

        room = memory * (1 - reserve) - weights / ways

    >>> from solver import PRECISIONS, Hardware, Models, Profiles
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], PRECISIONS["fp16"], Profiles.ideal)
    >>> round(float(cache_room(node, Models.Llama3_8B)) / 1e9, 2)   # GB
    69.84
    """
    return usable_bytes(node.device, reserve) - weights_bytes(model, node.precision) / node.ways


def chip_bytes_per_token(node: Node, model: Transformer) -> BytePerToken:
    """KV cache of one token on each chip.

        bytes = kv_bytes_per_token / min(ways, kv_heads)

    A cache of fewer KV heads than chips is kept several times; latent attention counts as one head.

    >>> from solver import PRECISIONS, Hardware, Models, Profiles
    >>> fp16 = PRECISIONS["fp16"]
    >>> [float(chip_bytes_per_token(Node(Hardware.Cloud.H100, fp16, fp16, Profiles.ideal, ways), Models.Llama3_70B))
    ...  for ways in (1, 4, 8)]
    [327680.0, 81920.0, 40960.0]
    """
    return kv_bytes_per_token(model, node.kv_precision) / np.minimum(node.ways, model.attention.kv_heads)


def whole_blocks(room: Byte, block: Byte) -> Scalar:
    """Blocks of `block` bytes that memory holds.

        blocks = max(0, floor(room / block)), room in whole bytes

    >>> float(whole_blocks(69_524_783_104, 524_288))
    132608.0
    """
    return np.maximum(np.floor(np.rint(room) / block), 0.0)


def request_blocks(model: Transformer, context: Context, page: Context) -> Scalar:
    """Blocks of `page` tokens that one request takes, in a layer on average: the last one counts whole.

        blocks = (1 - windowed) * ceil(context / page) + windowed * ceil(min(context, window) / page)

    A layer that slides a window gives blocks back which it has left behind.

    >>> from solver import Models
    >>> float(request_blocks(Models.Llama3_8B, 17, 16))
    2.0
    """
    share, kept = model.attention.windowed, context - forgotten_context(model, context)
    return (1 - share) * kv_pages(context, page) + share * kv_pages(kept, page)


def users_in_blocks(blocks: Scalar, taken: Scalar) -> Scalar:
    """Requests that so many blocks serve when each takes `taken`.

        users = floor(blocks / taken)

    >>> [float(users_in_blocks(1000 // page, -(-17 // page))) for page in (16, 17)]   # contexts of 17 tokens
    [31.0, 58.0]
    """
    return np.floor(blocks / taken)


def users_beside_weights(node: Node, model: Transformer, context: Context, reserve: Scalar = 0.0) -> Request:
    """How many requests of `context` tokens fit at once on a node, without the waste of pages.

        users = max(0, floor(cache_room / (chip_bytes_per_token * cached_context)))

    >>> from solver import PRECISIONS, Hardware, Models, Profiles
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], PRECISIONS["fp16"], Profiles.ideal)
    >>> int(users_beside_weights(node, Models.Llama3_8B, 131072, reserve=0.1))
    3
    """
    each = chip_bytes_per_token(node, model) * cached_context(model, context)
    fitting = np.floor(np.rint(cache_room(node, model, reserve)) / each)
    return np.maximum(fitting, 0 * fitting)


def mean_cached(model: Transformer, window: Context, grown: Context = 0.0, lengths: Lengths = UNIFORM) -> Context:
    """Tokens of a request that are in cache on average, in a layer on average: its prompt and `grown` tokens.

        cached = (1 - windowed) * (mean(window) + grown) + windowed * mean of min(prompt + grown, attention window)

    For uniform lengths that is half of the window, unless the model itself attends to less.

    >>> from solver import Models
    >>> float(mean_cached(Models.Llama3_8B, 4096))
    2048.0
    """
    share, cap = model.attention.windowed, model.attention.window
    begun = np.minimum(grown, cap)
    return (1 - share) * (lengths.mean(window) + grown) + share * (begun + lengths.kept(window, cap - begun))


def mean_pages(model: Transformer, window: Context, page: Context, grown: Context = 0.0,
               lengths: Lengths = UNIFORM) -> Scalar:
    """Pages that a request takes on average, in a layer on average, for its prompt and `grown` tokens.

        pages = sum over all pages of the chance that the request goes beyond their beginning

    `grown` counts as it is: its own spread would move the result by less than half a page.

    >>> from solver import Models
    >>> [float(mean_pages(Models.Llama3_8B, 4096, page)) for page in (16, 4096)]
    [128.5, 1.0]
    """
    share, cap = model.attention.windowed, model.attention.window
    whole = _layer_pages(lengths, window, page, grown, window + grown)
    return (1 - share) * whole + share * _layer_pages(lengths, window, page, grown, cap)


def _layer_pages(lengths: Lengths, window: Context, page: Context, grown: Context, cap: Context) -> Scalar:
    """The same in a layer that keeps at most `cap` tokens."""
    begun = np.minimum(grown, cap)
    sure = np.ceil(begun / page)
    first = sure * page - begun  # where in the prompt's length the next page begins
    count = np.maximum(np.ceil((np.minimum(window, cap - begun) - first) / page), 0)
    return sure + lengths.passed(window, first, page, count)


def fragmentation(model: Transformer, window: Context, page: Context, grown: Context = 0.0,
                  lengths: Lengths = UNIFORM) -> Scalar:
    """Share of the allocated pages that holds nothing: the empty ends of last pages.

        waste = 1 - mean_cached / (page * mean_pages)

    A page as long as the window is a static reservation, and wastes half.

    >>> from solver import Models
    >>> [round(float(fragmentation(Models.Llama3_8B, 4096, p)), 4) for p in (16, 64, 2048, 4096)]
    [0.0039, 0.0154, 0.3333, 0.5]
    """
    pages = mean_pages(model, window, page, grown, lengths)
    return empty_share(mean_cached(model, window, grown, lengths), page * pages)


def empty_share(cached: Context, allocated: Context) -> Scalar:
    """Share of what a request was given that holds nothing.

        share = 1 - cached / allocated

    >>> empty_share(1000, 1024)   # 63 pages of 16 and a last one that is half full
    0.0234375
    """
    return 1 - cached / allocated


def equivalent_context(model: Transformer, cached: Context) -> Context:
    """The context whose cache has that mean over layers: `cached_context` the other way round.

        context = cached + windowed / (1 - windowed) * max(cached - window, 0)

    Where all layers slide a window, no more than that window is ever cached.

    >>> from solver import Models
    >>> float(equivalent_context(Models.Mistral_7B, 4096.0))
    4096.0
    """
    share = model.attention.windowed
    beyond = np.maximum(cached - model.attention.window, 0 * cached)
    return cached + share / np.maximum(1 - share, 1e-9) * beyond


def requests_at_once(room: Byte, per_token: BytePerToken, allocated: Context, limit: Request) -> Request:
    """Requests that run together when each is given the cache of `allocated` tokens on average.

        requests = max(0, min(limit, floor(room / (per_token * allocated))))

    >>> float(requests_at_once(69.84e9, 131072, 2056, 512))
    259.0
    """
    return np.maximum(np.minimum(np.floor(room / (per_token * allocated)), limit), 0 * limit)
