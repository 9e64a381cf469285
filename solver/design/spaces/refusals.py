"""Which points of a space a solver refuses, and in which sentence, without asking about each of them.

A declared argument is judged by its own value and by the earlier arguments that its declaration looks at. So it is
judged on the axes of those alone: that eight chips cannot share the heads of a model is found once, not once for each
of a million prompts. Where an array is refused its halves are judged, down to the single value that is at fault.
"""

from __future__ import annotations

import itertools
from collections.abc import ItemsView, Iterable, Iterator, KeysView, Mapping, ValuesView
from typing import Any

import numpy as np

from solver.base.declared import REQUIRED, Argument
from solver.design.spaces.axes import DesignSpace, SpaceAxis

REFUSALS = (ValueError, TypeError, ArithmeticError)  # what solve says of a point that it cannot answer
Box = tuple[tuple[int, int], ...]  # from which place to before which, for each axis


class Refusals:
    """The sentences about a space of numbers: `codes` says which stands for each point, -1 for the first; 0 is none."""

    def __init__(self, space: DesignSpace, arguments: Mapping[str, Argument]) -> None:
        self.space, self.arguments = space, arguments
        self.codes = np.zeros(space.shape, np.int32)
        self.sentences: list[str] = []
        for name in arguments:
            self._judge(name)

    def _judge(self, name: str) -> None:
        """Mark the points that this argument refuses, and none before it did."""
        looked_at = {name}
        found: list[tuple[Box, str]] = []
        while True:  # until it looks at no further axis
            axes = frozenset(looked_at)
            found = list(self._refused(name, self._whole(axes), looked_at))
            if looked_at == axes:
                break
        for box, sentence in found:
            self._mark(box, axes, sentence)

    def _whole(self, axes: frozenset[str]) -> Box:
        """All of the axes that are looked at, and the first value of each other."""
        return tuple((0, len(axis) if axis.name in axes else 1) for axis in self.space.axes)

    def _refused(self, name: str, box: Box, looked_at: set[str]) -> Iterator[tuple[Box, str]]:
        """The single values that are refused, each with its sentence."""
        seen = _Seen(self, box, name, looked_at)
        try:
            seen.judged(name)
        except REFUSALS as problem:
            if seen.earlier_refused:
                pass  # an argument before this one has said so
            elif all(high - low == 1 for low, high in box):
                yield box, str(problem)
                return
        else:
            return
        for half in halves(box):
            yield from self._refused(name, half, looked_at)

    def _mark(self, box: Box, axes: frozenset[str], sentence: str) -> None:
        where = tuple(slice(low, high) if axis.name in axes else slice(None)
                      for (low, high), axis in zip(box, self.space.axes, strict=True))
        self.sentences.append(sentence)
        part = self.codes[where]
        part[part == 0] = -len(self.sentences)


class _Seen(dict[str, Any]):
    """The arguments before one, judged when its declaration looks at them, which is noted.

    To a declaration it is the mapping that solve has: all before it are in it, whether they are judged yet or not.
    """

    def __init__(self, refusals: Refusals, box: Box, name: str, looked_at: set[str]) -> None:
        self.refusals, self.box, self.looked_at = refusals, box, looked_at
        names = list(refusals.arguments)
        self.before = dict.fromkeys(names[:names.index(name)])
        self.earlier_refused = False

    def judged(self, name: str) -> Any:
        """An argument, plain."""
        argument = self.refusals.arguments[name]
        given = argument.default if argument.default is not REQUIRED else None
        for axis, (low, high), dimension in zip(self.refusals.space.axes, self.box, itertools.count()):
            if axis.name == name:
                given = shaped(axis, low, high, dimension, len(self.box))
                break
        else:
            given = self.refusals.space.fixed.get(name, given)
        return argument.judged(name, given, self)

    def __missing__(self, name: str) -> Any:
        if name not in self.before:
            raise KeyError(name)
        self.looked_at.add(name)
        inner = _Seen(self.refusals, self.box, name, self.looked_at)
        try:
            self[name] = inner.judged(name)
        except REFUSALS:
            self.earlier_refused = True
            raise
        return self[name]

    def __contains__(self, name: object) -> bool:
        return name in self.before

    def __iter__(self) -> Iterator[str]:
        return iter(self.before)

    def __len__(self) -> int:
        return len(self.before)

    def get(self, name: str, default: Any = None) -> Any:
        """As of any mapping."""
        return self[name] if name in self.before else default

    def keys(self) -> Any:
        """The names of all before it, whether somebody has looked at them or not."""
        return KeysView(self)

    def values(self) -> Any:
        """All of them, judged now."""
        return ValuesView(self)

    def items(self) -> Any:
        """The same with their names."""
        return ItemsView(self)


def halves(box: Box, sides: Iterable[int] | None = None) -> Iterator[Box]:
    """A box cut in two along the longest of some sides, or of all; nothing where they are of one value each."""
    side = max(range(len(box)) if sides is None else sides, key=lambda i: box[i][1] - box[i][0], default=None)
    if side is None or box[side][1] - box[side][0] == 1:
        return
    low, high = box[side]
    middle = (low + high) // 2
    yield (*box[:side], (low, middle), *box[side + 1:])
    yield (*box[:side], (middle, high), *box[side + 1:])


def shaped(axis: SpaceAxis, low: int, high: int, dimension: int, dimensions: int) -> Any:
    """Values of an axis along a dimension of their own; a single one is no array."""
    if high - low == 1:
        return axis.given(low)
    shape = [1] * dimensions
    shape[dimension] = high - low
    return axis.given(np.arange(low, high).reshape(shape))
