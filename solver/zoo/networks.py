"""The other half of a transformer's layer: the feed-forward network, or a mixture of experts."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from functools import cached_property

from solver.units import PerToken

TOTALS = ("expert", "dense", "vectors", "shared", "router")  # what is counted over all of its layers

@dataclass(frozen=True)
class FeedForward:
    """The other half of layers that have it in common: `active` of `experts` experts for each token, and what every
    token passes.

    An ordinary feed-forward network is one expert that is always active. All figures are over `count` layers (without
    it, over all of the model). `dense` are parameters that every token passes: of them `shared` are shared experts and
    `router` routers, the rest ordinary networks beside mixtures. `ends` is how many of the layers are the first or the
    last of the model, which works it out. `gated` is 1 for three matrices (SwiGLU and the like), 0 for two.
    """

    expert: float  # parameters of one expert
    experts: float = 1.0
    active: float = 1.0
    dense: float = 0.0
    vectors: float = 0.0  # biases
    shared: float = 0.0
    router: float = 0.0
    count: float = 0.0
    ends: float = 0.0
    gated: float = 1.0

    @cached_property
    def avoidance(self) -> PerToken:
        """Logarithm of the chance that a token avoids a given expert, experts being equally likely."""
        return math.log1p(-self.active / self.experts) if self.active < self.experts else -math.inf

    @property
    def mixed(self) -> float:
        """1 for a mixture of experts, 0 for an ordinary network."""
        return float(self.experts > 1)

    @property
    def label(self) -> str:
        """What tells it from a model's other networks."""
        mixture = f", {self.active:g} of {self.experts:g} experts" if self.experts > 1 else ""
        return f"{self.count:g} layers{mixture}"

    @property
    def plain(self) -> float:
        """Parameters of ordinary networks."""
        return self.dense - self.shared - self.router + self.expert * (self.experts == 1)

    @property
    def plain_ends(self) -> float:
        """Those of the first and the last layer of the model, where these are no mixtures."""
        return self.plain * self.ends / self.count

    @property
    def absent(self) -> FeedForward:
        """No network: what a model with fewer kinds has in the place of one."""
        return NO_FEED_FORWARD

    @property
    def single(self) -> FeedForward:
        """That of one of its layers."""
        return replace(self, **{name: getattr(self, name) / self.count for name in TOTALS}, count=1.0)

    def of_layers(self, count: float) -> FeedForward:
        """That of so many layers, where this is of one."""
        return replace(self, **{name: count * getattr(self, name) for name in TOTALS}, count=float(count))


NO_FEED_FORWARD = FeedForward(0.0, count=1.0)
