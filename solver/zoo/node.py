"""A node: what runs a model. A chip, or several that share each layer, a number format, and an engine's profile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from solver.units import Bandwidth, FlopPerByte, FlopRate, Scalar
from solver.zoo.hardware import Accelerator
from solver.zoo.precision import Precision
from solver.zoo.profiles import Profiles

LIGHT = 8.0  # FLOP/B: a tenth of the lowest ridge point at 16 bits in the zoo (76, RTX 3090)


@dataclass(frozen=True, eq=False)
class Node:
    """`tensor_parallel` chips `device`, which split each layer among them, run by an engine with `profile`.

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

    def __post_init__(self) -> None:
        if self.kv_precision is None:
            object.__setattr__(self, "kv_precision", self.precision.cached_as)
        if self.profile is None:
            object.__setattr__(self, "profile", Profiles.ideal)

    @cached_property
    def compute_share(self) -> Scalar:
        """Share of the peak FLOP/s that matrix products reach."""
        return self.profile.compute[self.device.kinds[self.precision.rate]]

    @property
    def attention_share(self) -> Scalar:
        """Share of the peak FLOP/s that the attention of a prompt reaches."""
        return self.profile.attention[self.device.kinds[self.precision.rate]]

    @property
    def memory_share(self) -> Scalar:
        """Share of the bandwidth that is reached."""
        return self.profile.memory[self.device.memory_kind]

    @cached_property
    def matmul_rate(self) -> FlopRate:
        """At which the matrix products of the layers run.

            rate = peak[precision.rate] * compute_share * tensor_parallel
        """
        return self.device.peak[self.precision.rate] * self.compute_share * self.tensor_parallel

    @cached_property
    def projection_rate(self) -> FlopRate:
        """The same for the matrices of attention, which a recipe may keep in another format."""
        rate = self.precision.projected_in.rate
        return self.device.peak[rate] * self.profile.compute[self.device.kinds[rate]] * self.tensor_parallel

    @cached_property
    def lm_head_rate(self) -> FlopRate:
        """At which lm_head runs, which stays at 16 bits or more unless a recipe narrows it.

            rate = peak[precision.scored_in.rate] * compute_share * tensor_parallel
        """
        return self.device.peak[self.precision.scored_in.rate] * self.compute_share * self.tensor_parallel

    @cached_property
    def attention_rate(self) -> FlopRate:
        """At which queries meet keys, at 16 bits or more.

            rate = peak[precision.wide_rate] * attention_share * tensor_parallel
        """
        return self.device.peak[self.precision.wide_rate] * self.attention_share * self.tensor_parallel

    @cached_property
    def vector_rate(self) -> FlopRate:
        """At which attention is decoded without matrix units; without limit in engines that use them."""
        share = self.profile.vector
        if isinstance(share, float) and share == 0:
            return np.inf
        return np.where(share > 0, self.device.fp32 * share * self.tensor_parallel, np.inf)

    @cached_property
    def chip_bandwidth(self) -> Bandwidth:
        """At which one chip reads its memory.

            rate = device.bandwidth * memory_share
        """
        return self.device.bandwidth * self.memory_share

    @cached_property
    def bandwidth(self) -> Bandwidth:
        """At which all chips together read weights.

            rate = device.bandwidth * memory_share * tensor_parallel
        """
        return self.chip_bandwidth * self.tensor_parallel

    @property
    def alone(self) -> bool:
        """Whether it is known to be a single chip."""
        return isinstance(self.tensor_parallel, (int, float)) and self.tensor_parallel == 1

    @cached_property
    def bus_rate(self) -> Bandwidth:
        """At which the chips exchange data; without limit for one alone."""
        if self.alone:
            return np.inf
        return np.where(self.tensor_parallel > 1, self.device.interconnect * self.profile.bus, np.inf)

    @cached_property
    def band(self) -> Scalar:
        """How far a measurement may be off, as the profile says; NaN for more chips than their link joins."""
        if self.alone:
            return self.profile.band
        return np.where(self.tensor_parallel <= self.device.domain, self.profile.band, np.nan)

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
        return replace(self, profile=Profiles.ideal)
