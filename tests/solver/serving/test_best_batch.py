"""The best batch: the same as a sweep of ServingModel and TailLatencyModel, and states."""

from __future__ import annotations

import numpy as np
import pytest

from solver import BatchingOptimizer, Hardware, Models, ServingModel, TailLatencyModel

LLAMA, H100 = Models.Llama3_8B, Hardware.Cloud.H100


def best(limit=10_000, rate=4, model=LLAMA, hardware=H100, seq_len=2048, **options):
    return BatchingOptimizer().solve(model, hardware, seq_len, limit, rate, **options)


def swept(limit, rate, replicas=1, cv=1, seq_len=2048, output_len=128, most=256):
    """Throughput and p99 of each batch, one at a time, and the best."""
    points = []
    for batch in range(1, most + 1):
        served = ServingModel().solve(LLAMA, H100, seq_len, batch, output_len=output_len)
        queue = TailLatencyModel().solve(rate, served.e2e_latency, batch * replicas, cv)
        points.append((served.tokens_per_second * replicas,
                       queue.p99_latency.m_as("ms") if served.feasible else np.inf))
    meeting = [(round(rate, 6), -batch) for batch, (rate, p99) in enumerate(points, 1) if p99 <= limit]
    return points, -max(meeting)[1] if meeting else 0


@pytest.mark.parametrize("limit, rate, replicas, cv, most", [
    (10_000, 4, 1, 1, 40), (8000, 20, 3, 0.5, 40), (30_000, 8, 1, 0, 80), (3000, 4, 1, 1, 20)])
def test_it_is_what_a_sweep_finds(limit, rate, replicas, cv, most):
    points, batch = swept(limit, rate, replicas, cv, most=most)
    r = best(limit, rate, num_replicas=replicas, service_time_cv=cv, max_search_batch=most)
    assert r.best_batch_size == batch and r.total_searched == most == len(r.batches)
    assert r.throughputs == pytest.approx([throughput for throughput, _ in points], rel=1e-12)
    assert r.latencies.m_as("ms") == pytest.approx([p99 for _, p99 in points], rel=1e-9)
    front = [np.isfinite(p) and not any(
        (t2 >= t and p2 < p) or (t2 > t and p2 <= p) for t2, p2 in points) for t, p in points]
    assert r.on_front.tolist() == front
    if batch:
        assert r.on_front[batch - 1] and r.max_throughput == pytest.approx(points[batch - 1][0])
        assert r.p99_latency.m_as("ms") == pytest.approx(points[batch - 1][1]) and r.is_feasible


def test_throughput_grows_with_the_batch_and_the_best_with_the_limit():
    r = best(np.array([5000, 10_000, 20_000, 40_000]))
    assert (np.diff(r.best_batch_size) > 0).all() and (np.diff(r.max_throughput) > 0).all()
    assert (np.diff(r.throughputs[:244, 0]) >= -1e-9 * r.throughputs[0, 0]).all()
    assert (r.slo_headroom_ratio >= 0).all()
    assert r.on_front.shape == (256, 1), "no front depends on a limit"


def test_a_tie_goes_to_the_smaller_batch():
    """From 148 on arithmetic binds, and a larger batch brings nothing."""
    assert best(10**6).best_batch_size == 148


def test_why_no_batch_is_good_enough():
    tight, crowded, large = best(1000), best(20_000, 400), best(model=Models.Llama3_70B)
    for r in (tight, crowded, large):
        assert not r.is_feasible and not r.feasible and r.best_batch_size == 0 == r.max_throughput
        assert r.best_config == {"batch_size": 0} and r.slo_headroom_ratio < 0
    assert tight.p99_latency == tight.least_p99_latency
    assert "99 % take up to 2,945 ms" in tight.constraint_trace[0] and "eplicas" not in tight.constraint_trace[0]
    assert not best(1000, num_replicas=1000).feasible, "replicas do not help there"
    waiting = best(4000)
    assert "the lowest p99 is 4,803 ms. More replicas" in waiting.constraint_trace[0]
    assert best(4000, num_replicas=10).feasible, "and here they do"
    assert crowded.p99_latency.magnitude == np.inf and not crowded.on_front.any()
    assert "more comes than the replicas can do" in crowded.constraint_trace[0]
    assert "not even one request fits" in large.constraint_trace[0] and large.largest_fitting_batch == 0
    assert "at 1 of 2 points" in best([1000, 10_000]).constraint_trace[0]


def test_the_edge_of_the_search_is_named():
    assert "a larger max_search_batch may bring more" in best(10_000, max_search_batch=8).constraint_trace[0]
    assert "Memory: batches up to 244 fit" in best().constraint_trace[1]
    assert best(max_search_batch=1).total_searched == 1


def test_two_times_all_is_two_times_the_throughput():
    """Twice the replicas for twice the requests: pooled, so the p99 is no longer."""
    one, two = best(10_000, 4), best(10_000, 8, num_replicas=2)
    assert (two.throughputs == 2 * one.throughputs).all()
    fits = np.isfinite(one.latencies.magnitude)
    assert (two.latencies[fits] <= one.latencies[fits] * (1 + 1e-9)).all()


def test_a_search_of_thousands_is_one_call():
    assert best(10**5, 4, seq_len=16, output_len=16, max_search_batch=20_000).total_searched == 20_000


@pytest.mark.parametrize("given, says", [
    ({"max_search_batch": 10**6}, "no chip has room for more"), ({"max_search_batch": 0}, "max_search_batch is 0"),
    ({"limit": float("nan")}, "sla_latency_ms is nan"), ({"num_replicas": 0}, "whole number of replicas")])
def test_bad_input(given, says):
    with pytest.raises(ValueError, match=says):
        best(**given)
