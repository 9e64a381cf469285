"""Latency under load: figures from the literature, states, and what a result says."""

from __future__ import annotations

import numpy as np
import pytest

from solver import Q_, TailLatencyModel

solve = TailLatencyModel().solve


@pytest.mark.parametrize("rate, servers, chance", [(10, 2, 1 / 3), (80, 10, 0.409)])
def test_chance_to_wait(rate, servers, chance):
    """Two servers at 0.5: 1/3, by hand from Erlang 1917. Ten at 0.8: 0.409, as in tables of Erlang C."""
    assert solve(rate, 100, servers).wait_probability == pytest.approx(chance, abs=5e-4 if servers == 10 else 1e-12)


@pytest.mark.parametrize("rate, times", [(0.5, 9.2), (0.8, 23.0), (0.95, 92.1)])
def test_the_p99_of_one_server(rate, times):
    """In services of a second: log(100) / (1 - utilization), Kleinrock 1975, "Queueing Systems", section 3.2."""
    assert solve(rate, 1000).p99_latency.m_as("s") == pytest.approx(times, abs=0.05)


def test_equal_services_wait_half_as_long():
    """M/D/1 at 0.8: 0.8 / (2 * 0.2) = 2 services, Pollaczek 1930 and Khinchine 1932; M/M/1 4."""
    assert solve(8, 100, service_time_cv=[0, 1]).mean_wait.m_as("ms") == pytest.approx([200, 400])


def test_a_fan_out_of_a_hundred_makes_63_percent_slow():
    """Source: Dean and Barroso 2013, "The Tail at Scale", p. 76: servers that are slow once in a hundred times."""
    r = solve(1, 10, fan_out=100)
    assert r.slow_share == pytest.approx(0.63, abs=0.005)
    assert solve(1, 10).slow_share == pytest.approx(0.01)
    assert r.p50_latency > solve(1, 10).p99_latency, "more than half are slower than 99 % of the parts"


def test_the_largest_load_that_meets_a_second():
    """1 - 0.05 s * log(100) / 1 s = 0.770, from the p99 of M/M/1 above."""
    assert solve(16, 50, slo_ms=1000).max_utilization == pytest.approx(0.770, abs=5e-4)
    assert solve(16, 50).max_utilization == 1


def test_one_line_before_eight_servers_against_eight_lines():
    """M/M/1 at 0.8 has 23.03 services; M/M/8 by its survival function, summed state by state and inverted: 5.15."""
    alone, pooled = solve(8, 100).p99_latency, solve(64, 100, 8).p99_latency
    assert float(alone / pooled) == pytest.approx(4.47, abs=0.005)


@pytest.mark.parametrize("rate", [20, 20.0000001, 50, 1e9])
def test_an_unstable_queue_is_a_state(rate):
    r = solve(rate, 50, slo_ms=1000)
    assert not r.is_stable and not r.feasible and r.wait_probability == 1
    for time in (r.p50_latency, r.p99_latency, r.tail_latency, r.mean_wait, r.mean_latency):
        assert time.magnitude == np.inf
    assert r.queue_length == np.inf and r.slo_headroom_ratio == -np.inf
    assert r.max_utilization == pytest.approx(0.770, abs=5e-4), "which says what load would do"
    assert "unstable" in r.constraint_trace[0] and "keep up" in r.constraint_trace[0]


@pytest.mark.parametrize("rate, enough", [(20, 2), (39, 2), (40, 3), (1000, 51)])
def test_how_many_servers_keep_up(rate, enough):
    assert f"At least {enough} servers keep up" in solve(rate, 50).constraint_trace[0]
    assert solve(rate, 50, enough).is_stable and not solve(rate, 50, enough - 1).is_stable


def test_full_but_for_rounding_is_full():
    assert not solve(3, 1000 / 3).is_stable and not solve(0.1 * 3, 1000 / 0.3).is_stable


def test_ten_thousand_servers_are_as_quick_as_one_and_exact():
    """The chance to wait of 10,000 at 0.99, by Erlang's recursion: 0.2228."""
    blocked, load = 1.0, 9900.0
    for n in range(1, 10_001):
        blocked = load * blocked / (n + load * blocked)
    r = solve(99_000, 100, 10_000)
    assert r.wait_probability == pytest.approx(blocked / (1 - 0.99 * (1 - blocked)), rel=1e-11)
    assert solve(9.9e9, 100, 10**9).is_stable and solve(9.9e9, 100, 10**9).wait_probability < 1e-100


def test_what_the_limit_says():
    met, missed, hopeless = (solve(10, 50, slo_ms=limit) for limit in (1000, 400, 200))
    assert met.feasible and met.slo_headroom_ratio > 0 and "met for 99 %" in met.constraint_trace[1]
    assert not missed.feasible and "A utilization of 0.424 would meet it" in missed.constraint_trace[1]
    assert "No utilization meets it" in hopeless.constraint_trace[1] and hopeless.max_utilization == 0
    assert solve(10, 50).feasible and np.isnan(solve(10, 50).slo_headroom_ratio)
    assert met.tail_latency == met.p99_latency
    assert solve(10, 50, quantile=0.5).tail_latency == met.p50_latency


def test_what_is_approximate_says_so():
    assert not any("Approximation" in said for said in solve(10, 50).constraint_trace)
    assert any("Approximation" in said for said in solve(10, 50, service_time_cv=0.5).constraint_trace)
    assert any("independent" in said for said in solve(10, 50, fan_out=10).constraint_trace)


def test_quantities_and_bare_numbers_are_the_same():
    one, other = solve(10, 50, slo_ms=400), solve(Q_("600 request/min"), Q_("0.05 s"), slo_ms=Q_("0.4 s"))
    assert one.p99_latency.m_as("ms") == pytest.approx(other.p99_latency.m_as("ms"), rel=1e-12)


def test_an_array_of_points_counts_those_that_are_unstable():
    r = solve([5, 15, 25, 35], 50, slo_ms=500)
    assert r.is_stable.tolist() == [True, True, False, False]
    assert "unstable at 2 of 4 points" in r.constraint_trace[0]
    assert "missed at 3 of 4 points" in r.constraint_trace[1]


@pytest.mark.parametrize("given, says", [
    ({"num_replicas": 0}, "num_replicas is 0: give a whole number of servers, at least 1"),
    ({"num_replicas": 1.5}, "servers come whole; try 1 or 2"),
    ({"service_time_cv": -1}, "give a coefficient of variation from 0"),
    ({"service_time_cv": float("nan")}, "service_time_cv is nan"),
    ({"arrival_rate_qps": 0}, "arrival_rate_qps is 0"),
    ({"service_latency_ms": float("inf")}, "service_latency_ms is inf"),
    ({"quantile": 1}, "quantile is 1: give a share above 0 and below 1"), ({"fan_out": 0}, "whole number of parts")])
def test_bad_input(given, says):
    with pytest.raises(ValueError, match=says):
        solve(**({"arrival_rate_qps": 10, "service_latency_ms": 50} | given))


def test_the_mean_wait_can_be_redone_by_hand():
    assert str(solve(16, 50).working("mean_wait")).splitlines() == [
        "mean_wait = service * erlang_c * (1 + cv^2) / (2 * servers * (1 - utilization))",
        "utilization = arrivals * service / (servers * one) = 16 /s · 50 ms = 0.8",
        "mean_wait = 50 ms · 0.8 · (1 + 1^2) / (2 · (1 - 0.8)) = 200 ms"]


def test_many_queues_are_computed_in_pieces():
    """Each of them is as it is alone."""
    rates = np.linspace(1.0, 19.0, 20_000)
    many = TailLatencyModel().solve(rates, 50)
    for place in (0, 4095, 4096, 19_999):
        alone = TailLatencyModel().solve(float(rates[place]), 50)
        assert many.value("p99_latency")[place] == pytest.approx(float(alone.value("p99_latency")), rel=1e-12)
