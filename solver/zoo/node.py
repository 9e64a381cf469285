"""A node: what runs a model. A chip, or several that share each layer, a number format, and an engine's profile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from solver.units import Bandwidth, FlopPerByte, FlopRate, Scalar, Second
from solver.zoo.hardware import Accelerator
from solver.zoo.precision import Precision
from solver.zoo.profiles import Profiles
from solver.zoo.site.fabric import Fabrics

LIGHT = 8.0  # FLOP/B: a tenth of the lowest ridge point at 16 bits in the zoo (76, RTX 3090), a wafer of SRAM aside


@dataclass(frozen=True, eq=False)
class Node:
    """Chips `device` that run a model together, by an engine with `profile`.

    `tensor_parallel` of them split each layer among them. `attention_data_parallel` such groups each do the attention
    of their own requests, and hold all that is no expert; experts are spread over all chips: `expert_parallel` of them
    hold whole ones, the rest share each. Chips beyond the `domain` of their link exchange data over `fabric`.

    Weights are in `precision`, the KV cache is in `kv_precision`, which is the same if not given (16 bits for formats
    with scales and for recipes); without a profile nothing is lost. The rates are those of all chips together, as far
    as the engine reaches them.

    >>> from solver import PRECISIONS, Hardware
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], profile=Profiles.tuned, tensor_parallel=2)
    >>> round(node.matmul_rate / 1e12)   # TFLOP/s: 2 * 989.4 * 0.70
    1385
    """

    device: Accelerator
    precision: Precision
    kv_precision: Any = None  # a Precision, once made
    profile: Any = None  # a Profile, once made
    tensor_parallel: Scalar = 1.0
    expert_parallel: Scalar = 1.0
    attention_data_parallel: Scalar = 1.0
    fabric: Any = None  # a Fabric, once made

    def __post_init__(self) -> None:
        if self.kv_precision is None:
            object.__setattr__(self, "kv_precision", self.precision.cached_as)
        if self.profile is None:
            object.__setattr__(self, "profile", Profiles.ideal)
        if self.fabric is None:
            object.__setattr__(self, "fabric", Fabrics.NDR)

    @cached_property
    def chips(self) -> Scalar:
        """All of them.

            chips = tensor_parallel * attention_data_parallel
        """
        if isinstance(self.attention_data_parallel, float) and self.attention_data_parallel == 1:
            return self.tensor_parallel
        return self.tensor_parallel * self.attention_data_parallel

    @cached_property
    def spread(self) -> Scalar:
        """What share of the experts a chip holds less than of other weights, which each group of chips holds.

            spread = 1 / tensor_parallel - 1 / chips
        """
        return 0.0 if self.chips is self.tensor_parallel else 1 / self.tensor_parallel - 1 / self.chips

    @cached_property
    def weight_kind(self) -> Any:
        """What kind of work the weights are to this chip, such as "Hopper 4-bit weights"."""
        return self.device.weight_kinds[self.precision.stored]

    @cached_property
    def compute_share(self) -> Scalar:
        """Share of the peak FLOP/s that matrix products reach."""
        return self.profile.compute[self.device.kinds[self.precision.rate]]

    @property
    def attention_share(self) -> Scalar:
        """Share of the peak FLOP/s that attention reaches."""
        return self.profile.attention[self.device.kinds[self.precision.rate]]

    @property
    def memory_share(self) -> Scalar:
        """Share of the bandwidth that weights are read at."""
        return self.profile.memory[self.device.memory_kind]

    @cached_property
    def matmul_rate(self) -> FlopRate:
        """At which the matrix products of the layers run.

            rate = peak[precision.rate] * compute_share * chips
        """
        return self.device.peak[self.precision.rate] * self.compute_share * self.chips

    @cached_property
    def grouped_share(self) -> Scalar:
        """Share of the rate of other products that those of routed experts reach, a group of tokens for each."""
        return self.profile.grouped[self.weight_kind]

    @cached_property
    def projection_rate(self) -> FlopRate:
        """The same for the matrices of attention, which a recipe may keep in another format."""
        rate = self.precision.projected_in.rate
        return self.device.peak[rate] * self.profile.compute[self.device.kinds[rate]] * self.chips

    @cached_property
    def lm_head_rate(self) -> FlopRate:
        """At which lm_head runs, which stays at 16 bits or more unless a recipe narrows it.

            rate = peak[precision.scored_in.rate] * compute_share * chips
        """
        return self.device.peak[self.precision.scored_in.rate] * self.compute_share * self.chips

    @cached_property
    def attention_rate(self) -> FlopRate:
        """At which queries meet keys, at 16 bits or more.

            rate = peak[precision.wide_rate] * attention_share * chips
        """
        return self.device.peak[self.precision.wide_rate] * self.attention_share * self.chips

    @cached_property
    def vector_rate(self) -> FlopRate:
        """At which attention is decoded without matrix units; without limit in engines that use them."""
        share = self.profile.vector
        if isinstance(share, float) and share == 0:
            return np.inf
        return np.where(share > 0, self.device.fp32 * share * self.chips, np.inf)

    @cached_property
    def chip_bandwidth(self) -> Bandwidth:
        """At which one chip reads weights.

            rate = device.bandwidth * memory_share
        """
        return self.device.bandwidth * self.memory_share

    @cached_property
    def cache_bandwidth(self) -> Bandwidth:
        """At which one chip reads the KV cache.

            rate = chip_bandwidth * profile.cache[device.family]
        """
        return self.chip_bandwidth * self.profile.cache[self.device.family]

    @cached_property
    def bandwidth(self) -> Bandwidth:
        """At which the chips of a group together read weights, each its part.

            rate = device.bandwidth * memory_share * tensor_parallel
        """
        return self.chip_bandwidth * self.tensor_parallel

    @cached_property
    def expert_bandwidth(self) -> Bandwidth:
        """At which all chips together read routed experts.

            rate = chip_bandwidth * profile.experts[kind of weights] * chips
        """
        return self.chip_bandwidth * self.profile.experts[self.weight_kind] * self.chips

    @cached_property
    def routing(self) -> Second:
        """What a layer with a mixture takes more."""
        return self.profile.routing[self.weight_kind]

    @cached_property
    def alone(self) -> bool:
        """Whether it is known to be a single chip."""
        return isinstance(self.chips, (int, float)) and self.chips == 1

    @cached_property
    def joined(self) -> Scalar:
        """Chips that exchange data over their own link, or one host's bus, before a network has to.

            joined = min(chips, domain)      all of them where they have no link of their own
        """
        if self.alone:
            return 1.0
        return np.where(self.device.domain > 1, np.minimum(self.chips, self.device.domain), self.chips)

    @cached_property
    def bus_rate(self) -> Bandwidth:
        """At which chips of a domain exchange data; without limit for one alone.

            rate = device.interconnect * profile.bus[device.link_kind] * (2 / max(joined, 2))^profile.crowding
        """
        if self.alone:
            return np.inf
        rate = self.device.interconnect * self.profile.bus[self.device.link_kind]
        crowding = self.profile.crowding
        if not (isinstance(crowding, float) and crowding == 0):
            rate = rate * np.where(self.device.domain > 1, 1.0, (2 / np.maximum(self.joined, 2.0)) ** crowding)
        return np.where(self.chips > 1, rate, np.inf)

    @cached_property
    def reading(self) -> Node:
        """The same chips where arithmetic hides behind reading memory: rates that nobody publishes are no limit."""
        device = self.device.reading
        return self if device is self.device else replace(self, device=device)

    @cached_property
    def known_intensity(self) -> FlopPerByte:
        """Work for each byte up to which a time is known: any, but where nobody publishes the rate."""
        unrated = self.device.unrated[self.precision.rate]
        if isinstance(unrated, float):
            return LIGHT if unrated else np.inf
        return np.where(unrated > 0, LIGHT, np.inf)

    @cached_property
    def ideal(self) -> Node:
        """The same chips with nothing lost: the floor."""
        return replace(self, profile=Profiles.ideal, fabric=self.fabric.ideal)
