"""The simulation of a queue: nothing gets lost in it, and the formulas say what happens in it."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from drawn import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st

from solver import TailLatencyModel, simulate_queue
from solver.simulation.queue import drawn_times, queue_waits
from solver.simulation.queue_arguments import TIME_SHAPES

SMALL = settings(max_examples=EXAMPLES or 40, derandomize=not EXAMPLES, deadline=None)


@SMALL
@given(st.integers(1, 6), st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=1, max_size=60))
def test_waits_are_those_of_a_clock_that_ticks(servers, requests):
    """Against a simulation in steps of one: each tick, whoever has waited longest takes a server that is free."""
    arrivals = np.cumsum([gap for gap, _ in requests])
    services = np.array([service for _, service in requests])
    free, line, begun, clock = [0] * servers, list(range(len(requests))), {}, 0
    while line:
        ready = [place for place in range(servers) if free[place] <= clock]
        while line and ready and arrivals[line[0]] <= clock:
            place, one = ready.pop(), line.pop(0)
            begun[one], free[place] = clock, clock + services[one]
            if free[place] <= clock:
                ready.append(place)
        clock += 1
    assert queue_waits(arrivals.astype(float), services.astype(float), servers).tolist() == [
        begun[n] - arrivals[n] for n in range(len(requests))]


@pytest.mark.parametrize("shape, cv", [*itertools.product(TIME_SHAPES, (0, 0.5, 1, 2)), ("gamma", 0.1)])
def test_times_have_their_mean_and_spread(shape, cv):
    times = drawn_times(np.random.default_rng(5), 0.2, cv, shape, 400_000)
    assert times.mean() == pytest.approx(0.2, rel=0.01) and times.std() == pytest.approx(0.2 * cv, rel=0.04)
    assert (times >= 0).all()


def test_a_queue_seed_is_a_result():
    one, other, third = (simulate_queue(8, 100, 2, 0.5, requests=1000, seed=seed) for seed in (3, 3, 4))
    assert one.waits.tobytes() == other.waits.tobytes() and repr(one) == repr(other) != repr(third)
    assert len(one.waits) == len(one.latencies) == 900


def test_what_comes_evenly_never_waits_and_what_is_too_much_waits_longer_and_longer():
    assert simulate_queue(19, 100, 2, 0, arrival_cv=0, requests=1000).mean_wait.magnitude == 0
    r = simulate_queue(30, 100, 2, requests=20_000)
    assert (np.diff(r.waits[::3000]) > 0).all() and r.queue_utilization > 0.99


def test_as_many_wait_as_come_in_the_time_that_one_waits():
    """Little's law, with what was counted."""
    r = simulate_queue(18, 100, 2, requests=300_000, seed=1)
    assert r.queue_length == pytest.approx(18 * r.mean_wait.m_as("s"), rel=0.01)
    assert r.mean_latency.m_as("ms") == pytest.approx(r.mean_wait.m_as("ms") + 100, rel=0.01)


def both(load, servers, cv, requests, seed, shape="gamma"):
    """Formulas and simulation of services of a second."""
    return (TailLatencyModel().solve(load * servers, 1000, servers, cv),
            simulate_queue(load * servers, 1000, servers, cv, requests=requests, seed=seed, shape=shape))


def off(said, counted, name):
    """How far the formula is off, as a share of what was counted."""
    return float(getattr(said, name) / getattr(counted, name)) - 1


@pytest.mark.parametrize("servers, load", [(1, 0.5), (2, 0.7), (8, 0.8)])
def test_exponential_services_wait_as_the_formula_says(servers, load):
    said, counted = both(load, servers, 1, 250_000, 2)
    assert abs(off(said, counted, "mean_wait")) <= 0.02
    assert abs(off(said, counted, "p50_latency")) <= 0.01 and abs(off(said, counted, "p99_latency")) <= 0.03
    assert said.wait_probability == pytest.approx(counted.wait_probability, rel=0.02)


@pytest.mark.parametrize("load", [0.5, 0.8])
def test_equal_services_of_one_server_wait_as_the_formula_says(load):
    said, counted = both(load, 1, 0, 150_000, 2)
    assert abs(off(said, counted, "mean_wait")) <= 0.05


@pytest.mark.parametrize("servers, cv, load", [(1, 0, 0.5), (1, 2, 0.8), (2, 0.5, 0.9), (8, 0, 0.7), (8, 2, 0.5)])
def test_the_p99_is_near_for_other_services(servers, cv, load):
    said, counted = both(load, servers, cv, 150_000, 1)
    assert abs(off(said, counted, "p99_latency")) <= 0.15


@pytest.mark.soak
@pytest.mark.parametrize("servers", [1, 2, 8, 32])
@pytest.mark.parametrize("cv", [0, 0.5, 1, 1.5, 2])
def test_the_formulas_over_long_runs(servers, cv):
    """Prints how far they are off: `pytest -m soak -s`."""
    for load in (0.5, 0.7, 0.8, 0.9):
        said, counted = both(load, servers, cv, 8_000_000 if load == 0.9 else 2_000_000, 7)
        wait, tail = off(said, counted, "mean_wait"), off(said, counted, "p99_latency")
        print(f"\nservers {servers} cv {cv} load {load}: mean wait {wait:+.1%}, p99 {tail:+.1%}", end="")
        assert abs(tail) <= 0.15
        if cv == 1 and counted.wait_probability > 0.2:  # where few wait, their mean is not settled by millions
            assert abs(wait) <= 0.02
        if cv == 0 and servers == 1:
            assert abs(wait) <= 0.05
