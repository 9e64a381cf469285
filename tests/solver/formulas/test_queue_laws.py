"""Laws of waiting lines, and Erlang C against the recursion that it stands for."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import CLOSE, RUNS
from hypothesis import given
from hypothesis import strategies as st

from solver import Fleet, Servers
from solver.formulas.waiting.queues import (
    erlang_c,
    gangs_at_once,
    mean_wait,
    part_quantile,
    slow_share,
    unusable_share,
    wait_quantile,
)
from solver.formulas.waiting.tails import highest_utilization, late_share, response_quantile

servers = st.integers(1, 2000)
loads = st.floats(0.01, 0.99)
spreads = st.floats(0, 4) | st.sampled_from([0.0, 1.0])
quantiles = st.floats(0.05, 0.9999)
services = st.floats(1e-4, 1e4)


def erlang_by_recursion(count: int, load: float) -> float:
    """Erlang's recursion for the chance that all are taken, and what follows for those that wait."""
    blocked = 1.0
    for n in range(1, count + 1):
        blocked = load * count * blocked / (n + load * count * blocked)
    return blocked / (1 - load * (1 - blocked))


@pytest.mark.parametrize("count", [1, 2, 3, 5, 10, 30, 100, 1000, 10_000])
def test_erlang_c_is_what_the_recursion_gives(count):
    found = np.array([1e-6, 1e-3, 0.01, 0.1, 0.3, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999, 0.99999])
    wanted = np.array([erlang_by_recursion(count, load) for load in found])
    known = wanted > 1e-290
    assert erlang_c(float(count), found)[known] == pytest.approx(wanted[known], rel=2e-12, abs=0)
    assert (erlang_c(float(count), found)[~known] < 1e-280).all()


def test_a_billion_servers_are_as_quick_and_in_the_limit_of_many():
    """Source: Halfin and Whitt 1981, "Heavy-Traffic Limits for Queues with Many Exponential Servers", proposition 1:
    with (1 - utilization) * sqrt(servers) = 1 it is 1 / (1 + Phi(1) / phi(1)) = 0.22336."""
    assert erlang_c(1e9, 1 - 1e-4 * 10**-0.5) == pytest.approx(0.22336, abs=2e-5)


@pytest.mark.parametrize("load", [0.0, 1.0, 1.7, np.inf])
def test_erlang_c_at_its_ends(load):
    assert erlang_c(np.array([1.0, 50.0]), load) == pytest.approx([0, 0] if load == 0 else [1, 1])


@RUNS
@given(servers, loads, spreads, quantiles, services)
def test_quantile_and_share_are_each_the_other_way(count, load, cv, quantile, service):
    time = response_quantile(count, load, service, cv, quantile)
    late = late_share(time, count, load, service, cv)
    assert late == pytest.approx(1 - quantile, rel=1e-5 if cv > 1e-3 else 0.3)  # nearly a step where all are equal
    assert late_share(time * (1 + 1e-6), count, load, service, cv) <= 1 - quantile
    assert late_share(time * (1 - 1e-6), count, load, service, cv) >= 1 - quantile


@RUNS
@given(loads, quantiles, services)
def test_one_server_with_exponential_services_is_exponential(load, quantile, service):
    assert erlang_c(1, load) == pytest.approx(load, rel=1e-12)
    assert mean_wait(1, load, service) == pytest.approx(service * load / (1 - load), rel=1e-12)
    assert response_quantile(1, load, service, 1.0, quantile) == pytest.approx(
        -np.log(1 - quantile) * service / (1 - load), rel=1e-9)


@RUNS
@given(servers, loads, st.floats(0, 0.5), spreads, quantiles)
def test_waits_grow_with_the_load_and_with_the_spread(count, load, more, cv, quantile):
    busier = min(load + more, 0.999)
    for wait in (mean_wait, lambda *q: wait_quantile(*q, quantile)):
        assert wait(count, load, 1.0, cv) <= wait(count, busier, 1.0, cv) * CLOSE + 1e-290
        assert wait(count, load, 1.0, 0.0) <= wait(count, load, 1.0, cv), "M/D/c waits least"
        assert wait(count, load, 1.0, cv) <= wait(count, load, 1.0, cv + more) * CLOSE
    assert response_quantile(count, load, 1.0, cv, quantile) <= (
        response_quantile(count, busier, 1.0, cv, quantile) * (1 + 1e-9))


@RUNS
@given(st.integers(1, 100), st.integers(1, 50), loads, spreads, quantiles)
def test_pooling_never_hurts(count, lines, load, cv, quantile):
    """One line before all servers, against as many lines with a part of the servers each."""
    for time in (mean_wait, lambda *q: wait_quantile(*q, quantile)):
        assert time(lines * count, load, 1.0, cv) <= time(count, load, 1.0, cv) * CLOSE + 1e-290
    assert response_quantile(lines * count, load, 1.0, cv, quantile) <= (
        response_quantile(count, load, 1.0, cv, quantile) * (1 + 1e-9))


@RUNS
@given(servers, loads, spreads, quantiles, services)
def test_twice_the_time_takes_twice_the_time(count, load, cv, quantile, service):
    for time in (mean_wait, lambda *q: wait_quantile(*q, quantile), lambda *q: response_quantile(*q, quantile)):
        assert time(count, load, 2 * service, cv) == pytest.approx(2 * time(count, load, service, cv), rel=1e-12)
    assert highest_utilization(8 * service, count, 2 * service, cv, quantile) == pytest.approx(
        highest_utilization(4 * service, count, service, cv, quantile), abs=1e-6)


@RUNS
@given(servers, spreads, quantiles, st.floats(0.1, 100))
def test_the_highest_utilization_is_the_last_that_meets_the_limit(count, cv, quantile, limit):
    highest = highest_utilization(limit, count, 1.0, cv, quantile)
    assert 0 <= highest < 1
    if highest > 0:
        assert late_share(limit, count, highest, 1.0, cv) <= 1 - quantile
    assert late_share(limit, count, highest + 1e-6, 1.0, cv) >= 1 - quantile


@RUNS
@given(servers, spreads, quantiles)
def test_where_hardly_anything_comes_only_service_takes_time(count, cv, quantile):
    assert mean_wait(count, 1e-9, 1.0, cv) <= 1e-8 * (1 + cv * cv)
    alone = response_quantile(count, 1e-12, 1.0, cv, quantile)
    assert alone == pytest.approx(response_quantile(10 * count, 1e-12, 1.0, cv, quantile), rel=1e-6)
    if cv <= 1:
        assert alone == pytest.approx(1 - cv - cv * np.log(1 - quantile), rel=1e-6)


@RUNS
@given(st.floats(1.001, 4))
def test_service_times_have_the_moments_of_a_gamma_distribution(cv):
    """Means of time and of its square under the shares that are late, integrated on a fine grid."""
    time = np.linspace(0, 80 * cv**2, 20_001)
    late = late_share(time, 1e6, 1e-9, 1.0, cv)
    for power, moment in ((1, 1.0), (2, 1 + cv**2), (3, (1 + cv**2) * (1 + 2 * cv**2))):
        heights = power * time ** (power - 1) * late
        assert np.sum(heights[1:] + heights[:-1]) / 2 * time[1] == pytest.approx(moment, rel=1e-2)


def test_arrays_of_any_argument_are_as_their_elements():
    row = np.array([0.5, 0.9, 0.99])
    for place in range(5):
        given = [2.0, 0.8, 1.0, 0.5, 0.9]
        given[place] = row
        each = [float(response_quantile(*given[:place], one, *given[place + 1:])) for one in row]
        assert response_quantile(*given) == pytest.approx(each, rel=1e-12)
        each = [float(late_share(*given[:place], one, *given[place + 1:])) for one in row]
        assert late_share(*given) == pytest.approx(each, rel=1e-12)
        each = [float(highest_utilization(*given[:place], one, *given[place + 1:])) for one in row]
        assert highest_utilization(*given) == pytest.approx(each, rel=1e-12)


@pytest.mark.parametrize("load", [1.0, 1 - 1e-15, 1.5, np.inf])
def test_an_unstable_queue_takes_for_ever(load):
    for cv in (0.0, 0.5, 1.0, 3.0):
        assert mean_wait(4, load, 0.1, cv) == wait_quantile(4, load, 0.1, cv) == response_quantile(
            4, load, 0.1, cv) == np.inf
        assert late_share(10.0, 4, load, 0.1, cv) == 1


def test_what_is_unknown_stays_unknown():
    for time in (mean_wait, wait_quantile, response_quantile):
        assert np.isnan(time(4, np.nan, 0.1, 0.5)) and np.isnan(time(4, 0.5, np.nan, 0.5))


@RUNS
@given(quantiles, st.integers(1, 10_000))
def test_parts_of_a_request(quantile, parts):
    assert slow_share(part_quantile(quantile, parts), parts) == pytest.approx(1 - quantile, rel=1e-9)
    assert slow_share(quantile, parts) <= slow_share(quantile, parts + 1)


@RUNS
@given(st.integers(1, 64), st.sampled_from(list(Servers)), st.integers(1, 600))
def test_gangs_fit_and_no_more_do(count, server, gang):
    """Against jobs that are put on servers one by one."""
    fleet = Fleet(server, count)
    chips, placed = int(server.chips), 0
    if gang <= chips:
        placed = count * (chips // gang)
    else:
        free = count
        while free * chips >= gang:
            free, placed = free - -(-gang // chips), placed + 1
    assert gangs_at_once(fleet, float(gang)) == placed
    assert unusable_share(fleet, float(gang)) == pytest.approx(1 - placed * gang / (count * chips))
    assert 0 <= unusable_share(fleet, float(gang)) <= 1
