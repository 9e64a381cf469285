"""The Pareto front: the points that no other point beats."""

from __future__ import annotations

import numpy as np

BY_PAIRS = 128  # rows that are compared each with each
MOST_STRONG = 32  # rows that all are compared with first: most fall to them


def pareto_front(values: np.ndarray) -> np.ndarray:
    """The places of the rows that no other row beats: none is at least as large everywhere, and larger somewhere.

    Larger is better. Rows that are equal are on the front together, and a row with a NaN is not on it. Exact for any
    number of columns: for two it takes the time of sorting, for each one more a logarithm longer.

    >>> pareto_front(np.array([[1.0, 5.0], [2.0, 4.0], [1.0, 4.0], [2.0, 4.0]])).tolist()
    [0, 1, 3]
    """
    known = np.flatnonzero(~np.isnan(values).any(axis=1))
    if not len(known):
        return known
    best = {1: _best_of_one, 2: _best_of_two}.get(values.shape[1], _best_of_many)
    return np.sort(known[best(values[known])])


def _best_of_one(values: np.ndarray) -> np.ndarray:
    return np.flatnonzero(values[:, 0] == values[:, 0].max())


def _best_of_two(values: np.ndarray) -> np.ndarray:
    """From the best in the first column on, those that are better in the second than all before them."""
    order = np.lexsort((-values[:, 1], -values[:, 0]))
    first, second = values[order].T
    begins = np.concatenate([[True], first[1:] != first[:-1]])  # each value of the first column
    group = np.cumsum(begins) - 1
    tops = second[begins]
    before = np.maximum.accumulate(tops)[:-1]
    wins = np.concatenate([[True], tops[1:] > before])
    return order[wins[group] & (second == tops[group])]


def _best_of_many(values: np.ndarray) -> np.ndarray:
    """Rows in an order in which none is beaten by a later one, then the front of each half, as Kung et al. 1975."""
    left = _sieved(values)
    distinct, twin = _without_twins(values[left])
    on_front = np.zeros(len(distinct), bool)
    on_front[_front(distinct, np.arange(len(distinct)))] = True
    return left[on_front[twin]]


def _front(values: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """The front of some rows, in whose order none is beaten by a later one."""
    if len(rows) <= BY_PAIRS:
        some = values[rows]
        return rows[~_beaten(some, some)]
    first, second = np.array_split(rows, 2)
    first = _front(values, first)
    beaten = np.zeros(len(values), bool)
    _mark_reached(values, second, first, 1, beaten)
    return np.concatenate([first, _front(values, second[~beaten[second]])])


def _mark_reached(values: np.ndarray, low: np.ndarray, high: np.ndarray, column: int, beaten: np.ndarray) -> None:
    """Mark those of the rows `low` to which one of `high` is at least equal in this column and those after it."""
    if not len(low) or not len(high):
        return
    if values.shape[1] - column == 2:
        beaten[low[_is_below_steps(values[low, column:], values[high, column:])]] = True
    elif len(low) * len(high) <= BY_PAIRS**2:
        beaten[low[(values[high, None, column:] >= values[low, column:]).all(axis=2).any(axis=0)]] = True
    else:
        _mark_halves(values, low, high, column, beaten)


def _mark_halves(values: np.ndarray, low: np.ndarray, high: np.ndarray, column: int, beaten: np.ndarray) -> None:
    """The same, for what is above the middle of the column and what is below it."""
    both = values[np.concatenate([low, high]), column]
    middle = np.partition(both, len(both) // 2)[len(both) // 2]
    if middle == both.min():
        above = both[both > middle]
        if not len(above):  # the column is all the same
            _mark_reached(values, low, high, column + 1, beaten)
            return
        middle = above.min()
    low_up, high_up = values[low, column] >= middle, values[high, column] >= middle
    _mark_reached(values, low[low_up], high[high_up], column, beaten)
    _mark_reached(values, low[~low_up], high[high_up], column + 1, beaten)
    rest = low[~low_up]
    _mark_reached(values, rest[~beaten[rest]], high[~high_up], column, beaten)


def _is_below_steps(low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Which rows of two columns one of `high` is at least equal to: those below a falling flight of steps."""
    order = np.argsort(-high[:, 0], kind="stable")
    reached = np.maximum.accumulate(high[order, 1])
    as_high = np.searchsorted(-high[order, 0], -low[:, 0], side="right")  # so many are at least equal in the first
    return np.asarray((as_high > 0) & (reached[np.maximum(as_high, 1) - 1] >= low[:, 1]), bool)


def _sieved(values: np.ndarray) -> np.ndarray:
    """The rows that are left when those are gone which a few strong rows beat."""
    if len(values) <= BY_PAIRS:
        return np.arange(len(values))
    low, high = np.finfo(float).min / 4, np.finfo(float).max / 4
    bounded = np.clip(values, low, high)
    span = bounded.max(axis=0) - bounded.min(axis=0)
    strength = (bounded / np.where(span > 0, span, 1)).sum(axis=1)
    strong = np.argpartition(-strength, MOST_STRONG)[:MOST_STRONG]
    return np.flatnonzero(~_beaten(values, values[strong]))


def _without_twins(values: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Each row once, the largest first, and for every row which of those it is."""
    order = np.lexsort(-values.T[::-1])
    rows = values[order]
    begins = np.concatenate([[True], (rows[1:] != rows[:-1]).any(axis=1)])
    twin = np.empty(len(rows), int)
    twin[order] = np.cumsum(begins) - 1
    return rows[begins], twin


def _beaten(rows: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Which of the rows one of the others beats: is at least as large everywhere, and larger somewhere."""
    least = np.ones((len(rows), len(others)), bool)
    equal = np.ones((len(rows), len(others)), bool)
    for own, other in zip(rows.T, others.T, strict=True):
        least &= other >= own[:, None]
        equal &= other == own[:, None]
    return np.any(least & ~equal, axis=1)
