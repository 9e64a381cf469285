"""What asks about waiting can follow a hand in the browser: traced with symbols it gives what it gives for numbers."""

from __future__ import annotations

import pytest

from mlsysim_labs import symbol, trace
from mlsysim_labs.reactive.trace import program, run
from solver import (
    BatchingOptimizer,
    Fleet,
    Hardware,
    Models,
    OrchestrationModel,
    Servers,
    ServingCapacityModel,
    TailLatencyModel,
)

LLAMA, H100 = Models.Llama3_8B, Hardware.Cloud.H100
QUESTIONS = {
    "tail": (lambda rate: TailLatencyModel().solve(rate, 50, 8, 0.5, slo_ms=1000), 120.0,
             ("p50_latency", "p99_latency", "mean_wait", "max_utilization", "slo_headroom_ratio", "is_stable")),
    "replicas": (lambda rate: ServingCapacityModel().solve(LLAMA, H100, rate, 5000), 100.0,
                 ("required_replicas", "estimated_p99_latency", "mean_running", "energy")),
    "batches": (lambda rate: BatchingOptimizer().solve(LLAMA, H100, 2048, 10_000, rate), 4.0,
                ("best_batch_size", "max_throughput", "p99_latency")),
    "jobs": (lambda rate: OrchestrationModel().solve(Fleet(Servers.DGX_H100, 16), rate, 0.4, chips_per_job=8), 36.0,
             ("mean_wait", "gangs", "cluster_utilization", "is_stable"))}


@pytest.mark.parametrize("name", QUESTIONS)
def test_it_traces(name):
    ask, rate, fields = QUESTIONS[name]
    traced = trace(ask, rate=symbol("rate"))
    code = program({field: getattr(traced, field) for field in fields})
    for given in (rate, rate / 2, 100 * rate):
        found, wanted = run(code, {"rate": given}), ask(given)
        for field in fields:
            assert found[field] == pytest.approx(float(wanted.value(field)), rel=1e-9, nan_ok=True), (field, given)
