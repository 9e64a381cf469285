"""The first half of a transformer's layer: attention, which reads the cache. The other is in `solver.zoo.networks`.

Every difference between models is a number here (a dense model is a mixture with one expert, full attention a
window of infinite length), so that no formula ever asks which model it is given. Nor does one ask which attention goes
with which feed-forward network: layers wait for one another, and so do their halves. So each half is counted in kinds
of its own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

from solver.units import Byte, BytePerRequest, Context, FlopPerPair, FlopPerToken, PerToken
from solver.zoo.records import make_plain


class Kind:
    """What most kinds of attention have in common: nothing to do again for a cached token, and no state."""

    window: Context
    kv_elements: Any

    def __post_init__(self) -> None:
        make_plain(self)
        if not self.window > 0:
            raise ValueError(f"window is {self.window:g}, and a token attends at least to itself: give a number of "
                             f"tokens from 1 on, or leave it out where the whole context is seen.")

    @property
    def read_elements(self) -> PerToken:
        """Elements that a layer reads of each token in cache: those that it caches.

            elements = kv_elements
        """
        return self.kv_elements

    @property
    def past_work(self) -> FlopPerToken:
        """FLOP of a layer to make a cached token ready for a prefill: none, K and V are cached as they are used."""
        return 0.0

    @property
    def state(self) -> BytePerRequest:
        """What a layer keeps of a request whatever its context: nothing."""
        return 0.0

    @property
    def state_work(self) -> FlopPerToken:
        """FLOP of a layer to bring its state a token further: none."""
        return 0.0


@dataclass(frozen=True)
class Attention(Kind):
    """Multi-head, grouped-query or multi-query attention: by the number of KV heads.

    `biases` is how many of the four projections (Q, K, V, output) have one: 0, 3 or 4. `window` is how many of the last
    tokens are attended to; infinite where that is the whole context. `gate` is 1 where another projection, as wide as
    that of Q, gates the output; `values` 0 where one matrix projects K and V (both are cached); `caches` 0 where K and
    V are those of an earlier layer, which are read again. `norms` are numbers of norms of Q and K, and of sinks.
    """

    hidden: float
    heads: float
    kv_heads: float
    head_dim: float
    biases: float = 0.0
    window: Context = math.inf
    gate: float = 0.0
    values: float = 1.0
    caches: float = 1.0
    norms: float = 0.0

    @property
    def matrices(self) -> float:
        """Parameters of the projections of a layer."""
        each = self.heads * (2 + self.gate) + self.kv_heads * (1 + self.values) * self.caches
        return self.hidden * self.head_dim * each

    @property
    def vectors(self) -> float:
        """Biases of a layer, and norms of heads."""
        qkv = self.head_dim * (self.heads + 2 * self.kv_heads) * (self.biases >= 3)
        return qkv + self.hidden * (self.biases == 4) + self.norms

    @property
    def kv_elements(self) -> PerToken:
        """Elements that a layer caches for a token: one K and one V for each KV head.

            elements = 2 * kv_heads * head_dim
            elements = 2 * kv_heads * head_dim * caches
        """
        return self.read_elements * self.caches

    @property
    def read_elements(self) -> PerToken:
        """Elements that a layer reads of each token in cache, its own or another's.

            elements = 2 * kv_heads * head_dim
        """
        return 2 * self.kv_heads * self.head_dim

    @property
    def prefill_pair(self) -> FlopPerPair:
        """FLOP of a layer for one pair of a query and a key: a product and a sum in QK, and in AV."""
        return 4 * self.heads * self.head_dim

    decode_pair = prefill_pair


@dataclass(frozen=True)
class LatentAttention(Kind):
    """Multi-head latent attention: what is cached is one low-rank vector and one rotary key for all heads.

    Prefill expands the latent vector to full heads; decoding works on it as it is ("absorbed"), which costs more
    arithmetic a pair but reads far less. `query_rank` is 0 where queries come from one full matrix. An indexer, which
    picks the tokens that are attended to, has `index_heads` queries and caches one key of `index_dim` for a token; that
    only these are attended to is not counted, nor is its own arithmetic: times of long contexts are too long.
    """

    hidden: float
    heads: float
    query_rank: float
    kv_rank: float
    nope_dim: float
    rope_dim: float
    value_dim: float
    window: Context = math.inf
    index_heads: float = 0.0
    index_dim: float = 0.0

    @property
    def kv_heads(self) -> float:
        return 1.0

    @property
    def matrices(self) -> float:
        wide = self.heads * (self.nope_dim + self.rope_dim)
        query = self.query_rank * (self.hidden + wide) if self.query_rank else self.hidden * wide
        index = self.index_heads * (self.query_rank * self.index_dim + self.hidden) + self.hidden * self.index_dim
        latent = self.hidden * (self.kv_rank + self.rope_dim)
        expand = self.kv_rank * self.heads * (self.nope_dim + self.value_dim)
        return query + latent + expand + self.heads * self.value_dim * self.hidden + index

    @property
    def vectors(self) -> float:
        """The norms of the low-rank vectors, and a layer norm of the indexer's key."""
        return self.query_rank + self.kv_rank + 2 * self.index_dim

    @property
    def kv_elements(self) -> PerToken:
        """Elements that a layer caches for a token, for all heads.

            elements = kv_rank + rope_dim
            elements = kv_rank + rope_dim + index_dim      with an indexer
        """
        return self.kv_rank + self.rope_dim + self.index_dim

    @property
    def prefill_pair(self) -> FlopPerPair:
        return 2 * self.heads * (self.nope_dim + self.rope_dim + self.value_dim)

    @property
    def past_work(self) -> FlopPerToken:
        """FLOP of a layer to expand the cached vector of a token to full heads again, as a prefill does."""
        return 2 * self.kv_rank * self.heads * (self.nope_dim + self.value_dim)

    @property
    def decode_pair(self) -> FlopPerPair:
        return 2 * self.heads * (2 * self.kv_rank + self.rope_dim)


@dataclass(frozen=True)
class StateAttention(Kind):
    """Linear attention: Mamba, gated DeltaNet and the like. A request keeps one state, whatever its context.

    `heads` heads have a state of `key_dim` by `head_dim` each. `matrices` and `vectors` are a layer's parameters, which
    differ from kind to kind. `convolved` numbers are kept too, of the last tokens that a short convolution looks at.
    Both are kept at `state_size` bytes each.
    """

    hidden: float
    heads: float
    head_dim: float
    key_dim: float
    matrices: float
    vectors: float = 0.0
    convolved: float = 0.0
    state_size: Byte = 4.0

    window = math.inf

    @property
    def kv_heads(self) -> float:
        """Parts that chips can share the state out by: its heads."""
        return self.heads

    @property
    def kv_elements(self) -> PerToken:
        """Elements that a layer caches for a token: none."""
        return 0.0

    @property
    def prefill_pair(self) -> FlopPerPair:
        """FLOP for a pair of a query and a key: they never meet."""
        return 0.0

    decode_pair = prefill_pair

    @property
    def state(self) -> BytePerRequest:
        """What a layer keeps of a request whatever its context."""
        return (self.heads * self.head_dim * self.key_dim + self.convolved) * self.state_size

    @property
    def state_work(self) -> FlopPerToken:
        """FLOP of a layer to bring its state a token further: it fades, and the token is written to it and read from
        it, a product and a sum for each number, and another for what the delta rule takes out."""
        return 6 * self.heads * self.head_dim * self.key_dim


def multi_head(a: Attention | LatentAttention | StateAttention) -> Attention | StateAttention:
    """The same attention if every head were a KV head; a state has none."""
    if isinstance(a, LatentAttention):
        return Attention(a.hidden, a.heads, a.heads, (a.nope_dim + a.rope_dim + a.value_dim) / 2)
    return replace(a, kv_heads=a.heads) if isinstance(a, Attention) else a


@dataclass(frozen=True)
class Layers:
    """`count` layers of a transformer whose attention is of one kind.

    `cache_share` and `pair_share` say what part of the cache of a token, and of the work on a pair, is theirs in the
    whole model, and `groups` how many groups of layers they make up that share blocks; it works them out.
    """

    count: float
    attention: Attention | LatentAttention | StateAttention
    cache_share: float = 1.0
    pair_share: float = 1.0
    groups: float = 1.0

    @property
    def label(self) -> str:
        """What tells them from a model's other layers."""
        window = f", window {self.attention.window:,.0f}" if self.attention.window < math.inf else ""
        return f"{self.count:g} layers{window}{', a state' if self.attention.state else ''}"

    @property
    def kv_elements(self) -> PerToken:
        """Elements of KV cache for one token.

            elements = count * attention.kv_elements
        """
        return self.count * self.attention.kv_elements

    @property
    def read_elements(self) -> PerToken:
        """Elements of KV cache that are read of each token in it.

            elements = count * attention.read_elements
        """
        return self.count * self.attention.read_elements

    @property
    def state(self) -> BytePerRequest:
        """What they keep of a request whatever its context."""
        return self.count * self.attention.state

    @property
    def absent(self) -> Layers:
        """No layers: what a model with fewer kinds has in the place of one."""
        return NO_LAYERS


NO_LAYERS = Layers(0.0, Attention(1.0, 1.0, 1.0, 1.0), 0.0, 0.0, 0.0)
