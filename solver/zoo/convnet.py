"""Residual convolutional networks: work and parameters, derived from the stages of bottleneck blocks.

The contrast to transformers: a few parameters, each used at thousands of positions of an image.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

from solver.units import FlopPerRequest, Scalar
from solver.zoo.records import Source


@dataclass(frozen=True)
class ConvNet:
    """A residual network of bottleneck blocks (ResNet-50, -101, -152); one request is one image.

    `stages` are the blocks of each stage, `width` the channels of the first stage inside a block and `expansion`
    how many times more come out of it; `image` is the side of the input in pixels.
    Source: He et al. 2016, "Deep Residual Learning for Image Recognition", table 1.
    """

    name: str
    stages: tuple[int, ...]
    width: int
    expansion: int
    classes: int
    image: int
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False, compare=False)

    embeddings = lm_head = stored_lm_head = 0.0  # what would stay at 16 bits; a transformer has some
    parts: ClassVar[Mapping[str, float]] = defaultdict(float)  # that a recipe may keep in formats of their own: none

    @cached_property
    def convolutions(self) -> list[tuple[int, int, int, int]]:
        """Every convolution: channels in, channels out, side of its kernel, side of what comes out."""
        return list(self._convolutions())

    def _convolutions(self) -> Iterator[tuple[int, int, int, int]]:
        side, channels = self.image // 2, self.width
        yield 3, channels, 7, side
        side //= 2
        for stage, blocks in enumerate(self.stages):
            inner, outer = self.width << stage, (self.width << stage) * self.expansion
            for block in range(blocks):
                yield channels, inner, 1, side
                if stage and not block:  # the middle convolution of a stage's first block halves the image
                    side //= 2
                yield inner, inner, 3, side
                yield inner, outer, 1, side
                if not block:
                    yield channels, outer, 1, side  # the shortcut
                channels = outer

    @cached_property
    def head(self) -> Scalar:
        """Parameters of the last, fully connected layer, without its bias."""
        return float(self.convolutions[-1][1] * self.classes)

    @cached_property
    def parameters(self) -> Scalar:
        """All that is stored: kernels, a weight and a bias for each channel's batch norm, the last layer."""
        kernels = sum(i * o * k * k + 2 * o for i, o, k, _ in self.convolutions)
        return float(kernels) + self.head + self.classes

    @cached_property
    def image_work(self) -> FlopPerRequest:
        """FLOP for one image: a product and a sum for each weight at each position."""
        return 2.0 * (sum(i * o * k * k * side * side for i, o, k, side in self.convolutions) + self.head)

    def __str__(self) -> str:
        return self.name


def convnet_record(table: dict, sources: Mapping[str, Source]) -> ConvNet:
    """The record of one table of ``zoo/models.toml``."""
    shape = {k: table[k] for k in ("name", "width", "expansion", "classes", "image")}
    origin = dict.fromkeys([*shape, "stages", "published"], sources[table["source"]])
    return ConvNet(stages=tuple(table["stages"]), **shape, sources=origin)
