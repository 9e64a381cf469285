"""Dual numbers in arrays: sums, extremes and rearrangements, with the slopes of every element."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from solver.design.dual import Dual, plain, sides, slopes_of, wide

SUMS, EXTREMES, PLACES = ("sum", "cumsum"), {"max": 1.0, "amax": 1.0, "min": -1.0, "amin": -1.0}, ("argmax", "argmin")


def added(kind: str, one: Dual, axis: int | None = None) -> Dual:
    """A sum, or the sums so far, along an axis or of all."""
    one, axis = (one.reshape(-1), 0) if axis is None else (one, axis % one.ndim)
    add: Any = getattr(np, kind)
    return Dual(add(one.value, axis=axis), add(one.full, axis=axis))


def extreme(kind: str, one: Dual, axis: int | None = None) -> Dual:
    """The largest or smallest along an axis or of all; of several the one that each side goes on with."""
    one, axis = (one.reshape(-1), 0) if axis is None else (one, axis % one.ndim)
    value = getattr(np, kind)(one.value, axis=axis)
    side = EXTREMES[kind] * sides(one.slopes.shape[-1])
    tied = wide(one.value == np.expand_dims(value, axis))
    return Dual(value, side * np.max(np.where(tied, side * one.full, -np.inf), axis=axis))


def stacked(parts: Sequence[Any]) -> Dual:
    """Values of one shape, one after another."""
    count = max(slopes_of(one).shape[-1] for one in parts if isinstance(one, Dual))
    return Dual(np.stack([plain(one) for one in parts]), np.stack(
        [np.broadcast_to(slopes_of(one), (*np.shape(plain(one)), count)) for one in parts]))


def line(start: Any, stop: Any, num: int = 50) -> Any:
    """Numbers at equal distances, which end exactly at `stop`."""
    share = np.linspace(0.0, 1.0, num)
    return np.where(share == 1, stop, start + (stop - start) * share)


def spread(one: Dual, shape: Any) -> Dual:
    value = np.broadcast_to(one.value, shape)
    return Dual(value, np.broadcast_to(one.slopes, (*value.shape, one.slopes.shape[-1])))


def placed_at(kind: str, one: Dual, axis: int | None = None) -> Any:
    """Where the largest or smallest stands."""
    return getattr(np, kind)(one.value, axis=axis)


ARRAY_RULES: dict[str, Callable[..., Any]] = {
    "stack": stacked, "linspace": line, "broadcast_to": spread,
    "clip": lambda one, low, high: np.minimum(np.maximum(one, low), high),
    "shape": lambda one: one.shape, "ndim": lambda one: one.ndim, "size": lambda one: one.size,
    **{kind: functools.partial(added, kind) for kind in SUMS},
    **{kind: functools.partial(extreme, kind) for kind in EXTREMES},
    **{kind: functools.partial(placed_at, kind) for kind in PLACES}}
