"""The Pareto front is what comparing each with each finds."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import RUNS
from hypothesis import given
from hypothesis import strategies as st

from solver import pareto_front

NUMBERS = st.one_of(st.integers(-3, 3).map(float), st.floats(-1, 1), st.sampled_from([np.nan, np.inf, -np.inf, -0.0]))
TABLES = st.integers(1, 5).flatmap(lambda columns: st.lists(
    st.lists(NUMBERS, min_size=columns, max_size=columns), min_size=1, max_size=30)).map(np.array)


def compared_each_with_each(values: np.ndarray) -> list[int]:
    known = ~np.isnan(values).any(axis=1)
    return [i for i, row in enumerate(values) if known[i] and not any(
        known[j] and np.all(other >= row) and np.any(other > row) for j, other in enumerate(values))]


@RUNS
@given(TABLES)
def test_the_front_is_what_each_with_each_finds(values):
    assert pareto_front(values).tolist() == compared_each_with_each(values)


@RUNS
@given(TABLES, st.randoms())
def test_order_and_repetition_change_nothing(values, random):
    order = random.sample(range(len(values)), len(values))
    front = set(pareto_front(values))
    assert {order[place] for place in pareto_front(values[order])} == front
    twice = pareto_front(np.concatenate([values, values]))
    assert set(twice) == front | {place + len(values) for place in front}, "equal rows are on it together"


@pytest.mark.parametrize("columns", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("values", [3, 40, 10**6])
def test_many_rows(rng, columns, values):
    """Enough of them for every way in which halves are split, with few values (ties everywhere) and with many."""
    rows = rng.integers(0, values, (700, columns)).astype(float)
    rows[rng.random(rows.shape) < 0.01] = np.nan
    rows[rng.random(rows.shape) < 0.02] = np.inf
    rows[rng.random(rows.shape) < 0.02] = -np.inf
    assert pareto_front(rows).tolist() == compared_each_with_each(rows)


@pytest.mark.parametrize("columns", [2, 3, 4])
def test_rows_that_are_all_on_the_front(rng, columns):
    rows = rng.random((3000, columns))
    rows /= rows.sum(axis=1, keepdims=True)
    assert len(pareto_front(rows)) == len(rows)


def test_nothing_known():
    assert pareto_front(np.full((3, 2), np.nan)).tolist() == []
