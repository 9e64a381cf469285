"""What of each chip's memory is left for the KV cache, how many blocks and requests it holds, and how full blocks are.

Bytes are whole, so a share of a memory is rounded to whole ones before anything is counted in it: a float of
0.9 * memory may be off by a hair, and a floor would make a block of that. Below 2^53 all counts are then exact.
"""

from __future__ import annotations

import numpy as np

from solver.formulas.lengths import UNIFORM, Lengths
from solver.units import Context, Scalar
from solver.zoo.models import Transformer

ENDLESS, SMALL = 1e9, 1e-9  # so many times what is cached is a window without an end; a share that counts as none


def mean_cached(model: Transformer, window: Context, grown: Context = 0.0, lengths: Lengths = UNIFORM) -> Context:
    """Tokens of a request that are in cache on average, and over the cache: its prompt and `grown` tokens.

        cached = sum over kinds of layers of share * mean of min(prompt + grown, attention window)

    For uniform lengths that is half of the window, unless the model itself attends to less. By definition of a mean.

    >>> from solver import Models
    >>> float(mean_cached(Models.Llama3_8B, 4096))
    2048.0
    """
    cached = 0.0
    for kind in model.kinds:
        begun = np.minimum(grown, kind.attention.window)
        cached = cached + kind.cache_share * (begun + lengths.kept(window, kind.attention.window - begun))
    return cached


def mean_pages(model: Transformer, window: Context, page: Context, grown: Context = 0.0,
               lengths: Lengths = UNIFORM) -> Scalar:
    """Pages that a request takes on average, and over the cache, for its prompt and `grown` tokens.

        pages = sum over all pages of the chance that the request goes beyond their beginning

    `grown` counts as it is: its own spread would move the result by less than half a page.
    By definition: a mean of a count is the sum of such chances.

    >>> from solver import Models
    >>> [float(mean_pages(Models.Llama3_8B, 4096, page)) for page in (16, 4096)]
    [128.5, 1.0]
    """
    return sum(kind.cache_share * _layer_pages(lengths, window, page, grown, kind.attention.window)
               for kind in model.kinds)


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
    Source: Kwon et al. 2023, "Efficient Memory Management for Large Language Model Serving with PagedAttention",
    section 3.1 (internal fragmentation).

    >>> from solver import Models
    >>> [round(float(fragmentation(Models.Llama3_8B, 4096, p)), 4) for p in (16, 64, 2048, 4096)]
    [0.0039, 0.0154, 0.3333, 0.5]
    """
    pages = mean_pages(model, window, page, grown, lengths)
    return empty_share(mean_cached(model, window, grown, lengths), page * pages)


def empty_share(cached: Context, allocated: Context) -> Scalar:
    """Share of what a request was given that holds nothing.

        share = 1 - cached / allocated

    By definition.

    >>> empty_share(1000, 1024)   # 63 pages of 16 and a last one that is half full
    0.0234375
    """
    return 1 - cached / allocated


def equivalent_context(model: Transformer, cached: Context) -> Context:
    """The context of which so much is cached on average: `cached_context` the other way round.

        context = max over limits of (cached - sum of share * window of kinds within it) / (sum of shares beyond it)

    Limits are none, and the window of each kind of layers: `cached_context` is bent at each of them, ever less steep.
    Where all layers slide a window, no more than that window is ever cached. By definition.

    >>> from solver import Models
    >>> float(equivalent_context(Models.Mistral_7B, 4096.0))
    4096.0
    """
    windows = [(kind.cache_share, np.minimum(kind.attention.window, ENDLESS * cached)) for kind in model.kinds]
    context = cached
    for _, limit in windows:
        full = sum(np.where(window <= limit, share * window, 0 * window) for share, window in windows)
        growing = sum(np.where(window <= limit, 0.0, share) for share, window in windows)
        context = np.maximum(context, (cached - full) / np.maximum(growing, SMALL))
    return context
