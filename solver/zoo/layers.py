"""The two halves of a transformer's layer: attention, which reads the cache, and the feed-forward network.

Every difference between models is a number here (a dense model is a mixture with one expert, full attention a
window of infinite length), so that no formula ever asks which model it is given.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

from solver.units import Context, FlopPerPair, FlopPerToken, PerToken
from solver.zoo.records import make_plain


@dataclass(frozen=True)
class Attention:
    """Multi-head, grouped-query or multi-query attention: by the number of KV heads.

    `biases` is how many of the four projections (Q, K, V, output) have one: 0, 3 or 4. `windowed` is the share of
    layers that attend to the last `window` tokens alone; the others see the whole context.
    """

    hidden: float
    heads: float
    kv_heads: float
    head_dim: float
    biases: float = 0.0
    window: Context = math.inf
    windowed: float = 1.0

    def __post_init__(self) -> None:
        make_plain(self)

    @property
    def matrices(self) -> float:
        """Parameters of the four projections of a layer."""
        return 2 * self.hidden * self.head_dim * (self.heads + self.kv_heads)

    @property
    def vectors(self) -> float:
        """Biases of a layer."""
        qkv = self.head_dim * (self.heads + 2 * self.kv_heads) * (self.biases >= 3)
        return qkv + self.hidden * (self.biases == 4)

    @property
    def kv_elements(self) -> PerToken:
        """Elements that a layer caches for a token: one K and one V for each KV head."""
        return 2 * self.kv_heads * self.head_dim

    @property
    def prefill_pair(self) -> FlopPerPair:
        """FLOP of a layer for one pair of a query and a key: a product and a sum in QK, and in AV."""
        return 4 * self.heads * self.head_dim

    decode_pair = prefill_pair

    @property
    def past_work(self) -> FlopPerToken:
        """FLOP of a layer to make a cached token ready for a prefill: none, K and V are cached as they are used."""
        return 0.0


@dataclass(frozen=True)
class LatentAttention:
    """Multi-head latent attention: what is cached is one low-rank vector and one rotary key for all heads.

    Prefill expands the latent vector to full heads; decoding works on it as it is ("absorbed"), which costs more
    arithmetic a pair but reads far less.
    """

    hidden: float
    heads: float
    query_rank: float
    kv_rank: float
    nope_dim: float
    rope_dim: float
    value_dim: float
    window: Context = math.inf
    windowed: float = 1.0

    def __post_init__(self) -> None:
        make_plain(self)

    @property
    def kv_heads(self) -> float:
        return 1.0

    @property
    def matrices(self) -> float:
        query = self.query_rank * (self.hidden + self.heads * (self.nope_dim + self.rope_dim))
        latent = self.hidden * (self.kv_rank + self.rope_dim)
        expand = self.kv_rank * self.heads * (self.nope_dim + self.value_dim)
        return query + latent + expand + self.heads * self.value_dim * self.hidden

    @property
    def vectors(self) -> float:
        """The norms of the two low-rank vectors."""
        return self.query_rank + self.kv_rank

    @property
    def kv_elements(self) -> PerToken:
        return self.kv_rank + self.rope_dim

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
class FeedForward:
    """The other half of a layer: `active` of `experts` experts for each token, and what every token passes.

    An ordinary feed-forward network is one expert that is always active. `dense` are parameters, over all layers,
    that every token passes: shared experts, routers, the first layers of a model that mixes experts only later.
    """

    expert: float  # parameters of one expert, over all layers
    experts: float = 1.0
    active: float = 1.0
    dense: float = 0.0
    vectors: float = 0.0  # biases, over all layers

    @cached_property
    def avoidance(self) -> PerToken:
        """Logarithm of the chance that a token avoids a given expert, experts being equally likely."""
        return math.log1p(-self.active / self.experts) if self.active < self.experts else -math.inf
