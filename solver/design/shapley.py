"""Sharing out a change to those who brought it: Shapley's value, and for many of them the mean of two orders.

`worth` says what it is worth when so many of the players, a set of their numbers, have come. Players that cannot come
one without the other, for then nothing is known of the worth, are joined and share as one.
Source: Shapley 1953, "A Value for n-Person Games".
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import combinations
from math import comb, isfinite

import numpy as np

Players = tuple[tuple[int, ...], ...]  # some may be joined
Worth = Callable[[frozenset[int]], float]


def shapley_values(players: Players, worth: Worth) -> list[float]:
    """What each brings, on average over all orders in which they could come.

    >>> gloves = lambda came: float({0, 1} <= came or {0, 2} <= came)   # a left glove, and two right ones
    >>> [round(value, 3) for value in shapley_values(((0,), (1,), (2,)), gloves)]
    [0.667, 0.167, 0.167]
    """
    return _shapley(len(players), _worths(players, worth))


def _shapley(count: int, worths: np.ndarray) -> list[float]:
    masks = np.arange(len(worths))
    present = (masks[:, None] >> np.arange(count)) & 1
    weights = np.array([1 / (count * comb(count - 1, size)) for size in range(count)])
    found = []
    for player in range(count):
        without = masks[present[:, player] == 0]
        gains = worths[without | 1 << player] - worths[without]
        found.append(float(np.sum(weights[present[without].sum(axis=1)] * gains)))
    return found


def _worths(players: Players, worth: Worth) -> np.ndarray:
    """The worth of every set of players, by the bits of its number."""
    return np.array([worth(_together(one for place, one in enumerate(players) if mask >> place & 1))
                     for mask in range(2 ** len(players))])


def _together(players: Iterator[tuple[int, ...]] | Sequence[tuple[int, ...]]) -> frozenset[int]:
    return frozenset(one for player in players for one in player)


def joined_players(players: Players, worth: Worth) -> Players:
    """The players, joined as far as needed for every set of them to have a worth.

    >>> pair = lambda came: 1.0 if {0, 2} <= came else 0.0 if not came & {0, 2} else float("nan")
    >>> joined_players(((0,), (1,), (2,)), pair)
    ((0, 2), (1,))
    """
    while True:
        lost = [mask for mask, found in enumerate(_worths(players, worth)) if not isfinite(found)]
        if not lost:
            return players
        players = _with_pair(players, max(combinations(range(len(players)), 2), key=lambda pair: sum(
            (mask >> pair[0] & 1) != (mask >> pair[1] & 1) for mask in lost)))


def _with_pair(players: Players, pair: tuple[int, ...]) -> Players:
    first, second = pair
    both = (*players[first], *players[second])
    return tuple(both if place == first else one for place, one in enumerate(players) if place != second)


def two_orders(players: Players, worth: Worth) -> list[float]:
    """What each brings, on average over the order in which they stand and its reverse.

    >>> two_orders(((0,), (1,)), lambda came: float(len(came)) ** 2)
    [2.0, 2.0]
    """
    forward, back = ([worth(_together(one)) for one in _prefixes(order)] for order in (players, players[::-1]))
    gains, gains_back = np.diff(forward), np.diff(back)[::-1]
    return [float(gain) for gain in (gains + gains_back) / 2]


def _prefixes(players: Players) -> list[Players]:
    return [players[:count] for count in range(len(players) + 1)]


def joined_in_orders(players: Players, worth: Worth) -> Players:
    """The same for two orders: those that are joined come one after the other."""
    while _lost(players, worth):
        pairs = combinations(range(len(players)), 2)
        players = min((_with_pair(players, pair) for pair in pairs), key=lambda joined: _lost(joined, worth))
    return players


def _lost(players: Players, worth: Worth) -> int:
    """How many sets on the way there and back have no worth."""
    return sum(not isfinite(worth(_together(some))) for order in (players, players[::-1]) for some in _prefixes(order))
