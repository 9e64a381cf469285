"""Replicas for a p99: laws, states, and the simulation of an LLM server."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import RUNS
from hypothesis import given
from hypothesis import strategies as st

from solver import (
    Q_,
    ContinuousBatchingModel,
    Exponential,
    Hardware,
    Models,
    ServingCapacityModel,
    changed,
    simulate,
)
from solver.formulas.lengths import Fixed

LLAMA, H100 = Models.Llama3_8B, Hardware.Cloud.H100
rates, targets = st.floats(0.1, 5000), st.floats(3200, 60_000)


def needed(qps, target=5000, model=LLAMA, hardware=H100, **options):
    return ServingCapacityModel().solve(model, hardware, qps, target, **options)


@pytest.mark.parametrize("cv", [0, 1, 2])
@pytest.mark.parametrize("qps, target", [(0.5, 12_000), (20, 12_000), (300, 20_000), (3000, 40_000)])
def test_one_replica_less_is_not_enough(qps, target, cv):
    r = needed(qps, target, service_time_cv=cv)
    assert r.feasible and r.utilization < 1 and r.estimated_p99_latency <= r.target_p99_latency
    assert r.qps_capacity > qps == r.qps_target
    if r.required_replicas > 1:
        fewer = needed(qps, target, service_time_cv=cv, max_replicas=r.required_replicas - 1)
        assert fewer.required_replicas == 0 and not fewer.feasible
        assert fewer.estimated_p99_latency > fewer.target_p99_latency
    assert needed(qps, target, service_time_cv=cv, max_replicas=r.required_replicas).values == r.values


@RUNS
@given(rates, rates, targets, targets)
def test_more_requests_or_a_tighter_target_need_no_fewer(one, other, target, tighter):
    (few, many), (tight, loose) = sorted((one, other)), sorted((target, tighter))
    found = needed(np.array([[few], [many]]), np.array([tight, loose]), max_replicas=4096).required_replicas
    assert (found > 0).all()
    assert (found[0] <= found[1]).all() and (found[:, 0] >= found[:, 1]).all()


@RUNS
@given(rates)
def test_as_many_run_as_come_in_the_time_that_one_is_there(qps):
    """Little's law in each replica, and the time between that of a request alone and of a full batch."""
    r = needed(qps, 15_000)
    per_replica = qps / r.required_replicas
    assert r.mean_running == pytest.approx(per_replica * r.base_request_latency.m_as("s"), rel=1e-9)
    assert r.utilization == pytest.approx(r.mean_running / r.active_batch_size, rel=1e-9)
    alone, full = (needed(rate, 10**6, max_replicas=1) for rate in (1e-6, r.per_replica_qps_capacity * (1 - 1e-9)))
    assert alone.base_request_latency <= r.base_request_latency * (1 + 1e-9)
    assert r.base_request_latency <= full.base_request_latency * (1 + 1e-6)
    assert full.mean_running == pytest.approx(r.active_batch_size, rel=1e-6)


def test_a_replica_is_a_server_of_continuous_batching():
    r = needed(20, 20_000, mean_request_tokens=1024, max_seq_len=4096, output_tokens=256, max_batch_size=64)
    same = ContinuousBatchingModel().solve(LLAMA, H100, 1024, 64, output_len=256, lengths=Fixed())
    assert r.per_replica_qps_capacity == pytest.approx(same.throughput_tokens_per_sec / 256)
    assert r.active_batch_size == same.max_active_requests == 64 and r.bottleneck == same.bottleneck
    assert r.ttft == same.ttft and r.itl < same.itl
    one = ContinuousBatchingModel().solve(LLAMA, H100, 1024, 1, output_len=256, lengths=Fixed())
    alone = needed(1e-6, 20_000, mean_request_tokens=1024, max_seq_len=4096, output_tokens=256, max_batch_size=64)
    assert alone.base_request_latency.m_as("s") == pytest.approx(256 / one.throughput_tokens_per_sec)


def test_twice_the_chip_needs_half():
    """All rates of a chip doubled, at twice the load and half the target."""
    names = ("bandwidth", "fp16", "bf16", "fp32", "tf32", "fp8", "int8")
    double = changed(H100, **{name: 2 * getattr(H100, name) for name in names})
    one, other = needed(50, 12_000), needed(100, 6000, hardware=double)
    assert one.required_replicas == other.required_replicas
    assert one.estimated_p99_latency.m_as("s") == pytest.approx(2 * other.estimated_p99_latency.m_as("s"))


def test_why_none_is_enough():
    slow, crowded, large = needed(100, 500), needed(100, 20_000, max_replicas=2), needed(100, model=Models.Llama3_70B)
    for r in (slow, crowded, large):
        assert not r.feasible and r.required_replicas == 0 and np.isnan(r.energy.magnitude)
    assert "A request that never waits is too slow" in slow.constraint_trace[0] and slow.utilization < 0.01
    assert "allow more replicas" in crowded.constraint_trace[0] and crowded.estimated_p99_latency.magnitude == np.inf
    assert "Not even one request fits" in large.constraint_trace[0] and large.active_batch_size == 0
    assert "at 1 of 2 points" in needed(100, [500, 20_000]).constraint_trace[0]
    longest = needed(10, 30_000, max_seq_len=10**6, mean_request_tokens=2048)
    assert longest.required_replicas > 0 and not longest.feasible and not longest.within_context
    assert any("Longest request: it does not fit" in said for said in longest.constraint_trace)


def test_energy_of_a_request_is_that_of_all_replicas():
    """By hand: 700 W of an H100, four of them, 20 requests a second."""
    r = needed(20, 3500)
    assert r.energy.m_as("J") == pytest.approx(700 * r.required_replicas / 20)


@pytest.mark.parametrize("given, says", [
    ({"output_tokens": 2048}, "output_tokens is 2,048 and must be below mean_request_tokens, which is 2,048"),
    ({"mean_request_tokens": 4096}, "mean_request_tokens is 4,096 and must be at most max_seq_len"),
    ({"max_replicas": 0}, "whole number of replicas"), ({"qps": 0}, "qps is 0"),
    ({"target": Q_("0 s")}, "target_p99_latency_ms is 0")])
def test_bad_input(given, says):
    with pytest.raises(ValueError, match=says):
        needed(**({"qps": 10} | given))


def test_the_spread_is_that_of_the_lengths():
    """None given: exponential where requests differ, none where all are as long as the longest."""
    for told, spread in (({}, 0), ({"mean_request_tokens": 2048}, 0), ({"mean_request_tokens": 1024}, 1)):
        assert needed(5, 9000, **told).values == needed(5, 9000, service_time_cv=spread, **told).values
    both = needed(5, 9000, mean_request_tokens=[1024, 2048]).estimated_p99_latency.m_as("s")
    assert both == pytest.approx([needed(5, 9000, mean_request_tokens=mean).estimated_p99_latency.m_as("s")
                                  for mean in (1024, 2048)])


@pytest.mark.parametrize("qps, low, high", [(1.19, 0.8, 0.95), (5, 1.35, 1.69), (8.92, 2.5, 2.95)])
def test_equal_requests_take_what_was_simulated(qps, low, high):
    """p99 of `simulate` with Fixed lengths, 2,048 tokens of which 128 are answered: 0.87, 1.52 and 2.68 s."""
    assert low < needed(qps, max_replicas=1).estimated_p99_latency.m_as("s") < high
    assert needed(5, 2000).required_replicas == 1


def test_none_is_enough_names_what_helps_and_whose_fields_these_are():
    equal, differing = needed(5, 500).constraint_trace[0], needed(5, 500, service_time_cv=1).constraint_trace[0]
    assert "service_time_cv" not in equal and "service_time_cv" in differing
    assert equal.endswith("The other fields are those of 1,024.")


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.3, 0.8])
def test_a_simulated_server_is_as_fast(share):
    """With exponential lengths: what Notes say of p99 and median."""
    told = {"mean_request_tokens": 1024, "max_seq_len": 8192, "output_tokens": 256, "profile": "tuned"}
    rate = share * needed(1, 10**6, **told).per_replica_qps_capacity
    r = needed(rate, 10**6, **told, max_replicas=1)
    counted = simulate(LLAMA, H100, 10_240, 32, output_len=2560, lengths=Exponential(0.1), requests=2000,
                       profile="tuned", arrival_rate=Q_(rate, "request/s"), policy="reserve")
    assert float(r.estimated_p99_latency / counted.e2e_latency_p99) == pytest.approx(1, abs=0.15)
    assert r.mean_running == pytest.approx(counted.mean_running, rel=0.08)
