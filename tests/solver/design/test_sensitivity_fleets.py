"""Elasticities of what is asked about fleets: of times they add up to -1, of throughputs to 1."""

from __future__ import annotations

import numpy as np
import pytest

from solver import (
    Q_,
    CheckpointModel,
    CollectiveModel,
    DataModel,
    DistributedModel,
    EconomicsModel,
    Engine,
    Fleet,
    Hardware,
    Models,
    MoERoutingModel,
    NetworkRooflineModel,
    OrchestrationModel,
    ParallelismOptimizer,
    ReliabilityModel,
    SensitivitySolver,
    Server,
    Servers,
    ServingCapacityModel,
    TopologyModel,
    TransformationModel,
)

LLAMA, H100, FLEET = Models.Llama3_8B, Hardware.Cloud.H100, Fleet(Servers.DGX_H100, 16)
CARDS = Fleet(Server("Cards", Hardware.L4, 4), 2)
EXACT = 1e-9


def what_matters(solver, field=None, machine=FLEET, model=LLAMA, figures=None, **given):
    return SensitivitySolver().solve(model, machine, solver=solver, field=field, given=given, figures=figures)


MESSAGE, TRAINED = {"message": Q_("1 MB")}, {"batch_size": 128, "tp_size": 8}
SUMS = [
    *((CollectiveModel, "time", FLEET, MESSAGE | {"library": library}, -1)
      for library in ("ideal", "nccl", "eager", "graph")),
    (CollectiveModel, "time", FLEET, MESSAGE | {"link_latency": Q_("2 us"), "network_latency": Q_("5 us")}, -1),
    (CollectiveModel, "time", Fleet(Servers.DGX_H100, 1), MESSAGE | {"library": "nccl"}, -1),
    (CollectiveModel, "bus_bandwidth", FLEET, MESSAGE | {"library": "nccl"}, 1),
    (CollectiveModel, "latency_time", FLEET, MESSAGE | {"library": "eager"}, -1),
    (DistributedModel, "step_latency_total", FLEET, TRAINED, -1),
    (DistributedModel, "effective_throughput", FLEET, TRAINED, 1),
    (DistributedModel, "training_time", FLEET, TRAINED | {"tokens": 1e12}, -1),
    (DistributedModel, "step_latency_total", FLEET, TRAINED | {"compute_rate": Q_("500 TFLOP/s")}, -1),
    (DistributedModel, "step_latency_total", FLEET, TRAINED | {"achieved": Q_("300 TFLOP/s")}, -1),
    (DistributedModel, "step_latency_total", FLEET, TRAINED | {"profile": "fsdp"}, -1),
    (DistributedModel, "effective_throughput", FLEET, TRAINED | {"profile": "megatron"}, 1),
    (NetworkRooflineModel, "latency", FLEET, {"batch_size": 128}, -1),
    (NetworkRooflineModel, "throughput", FLEET, {"batch_size": 128}, 1),
    (TopologyModel, "effective_bw", FLEET, {}, 1),
    (TopologyModel, "all_to_all_time", FLEET, {"message": Q_("1 GB")}, -1),
    (TopologyModel, "latency", FLEET, {"hop_latency": Q_("1 us")}, -1),
    (CheckpointModel, "write_time_seconds", H100, {}, -1),
    (CheckpointModel, "write_time_seconds", H100, {"n_writers": 64}, -1),
    (CheckpointModel, "write_bandwidth", H100, {"write_bandwidth": Q_("2 GB/s")}, 1),
    (DataModel, "supply", H100, {"workload_data_rate": Q_("2 GB/s"), "storage_bandwidth": Q_("10 GB/s")}, 1),
    (DataModel, "supply", H100, {"workload_data_rate": Q_("2 GB/s"), "network_bandwidth": Q_("5 GB/s")}, 1),
    (DataModel, "supply", H100, {"workload_data_rate": Q_("2 GB/s")}, 1),
    (TransformationModel, "transform_time", H100, {
        "batch_size": 256, "sample_size_bytes": 1e5, "cpu_throughput": Q_("250 MB/s"),
        "accelerator_step_time": Q_("9 ms")}, -1)]


@pytest.mark.parametrize("solver, field, machine, given, exact", SUMS,
                         ids=[f"{row[0].__name__}-{row[1]}-{place}" for place, row in enumerate(SUMS)])
def test_all_speeds_together_make_times_shorter_by_as_much(solver, field, machine, given, exact):
    r = what_matters(solver, field, machine, **given)
    assert r.total == pytest.approx(exact, abs=EXACT)
    assert sum(r.sensitivities.values()) == pytest.approx(exact, abs=EXACT)  # each figure is in one of them
    assert r.memory_capacity == r.power == 0


def test_a_message_of_experts_takes_as_long_as_wires_do():
    r = what_matters(MoERoutingModel, "all_to_all_latency", model=Models.DeepSeek_V3, batch_size=64, seq_len=1024,
                     ep_size=16)
    assert r.total == pytest.approx(-1, abs=EXACT) and r.link < 0


def test_a_bus_that_is_the_link_too_counts_once():
    r = what_matters(CollectiveModel, "time", CARDS, **MESSAGE)
    assert np.isnan(Hardware.L4.link) and r.total == pytest.approx(-1, abs=EXACT)
    assert r.link == pytest.approx(-1, abs=EXACT) and r.host >= r.link


@pytest.mark.parametrize("solver, field, given", [
    (CollectiveModel, "time", MESSAGE | {"library": "nccl"}), (CollectiveModel, "time", MESSAGE | {"library": "eager"}),
    (CollectiveModel, "time", MESSAGE | {"network_latency": Q_("5 us")}),
    (DistributedModel, None, TRAINED | {"compute_rate": Q_("500 TFLOP/s")}),
    (DistributedModel, None, TRAINED | {"profile": "fsdp"}),
    (EconomicsModel, "opex_energy_usd", {"duration_days": 30}), (ReliabilityModel, "waste", {
        "job_duration_hours": 1000})])
def test_elasticities_are_those_of_small_steps(solver, field, given):
    r = SensitivitySolver().solve(LLAMA, FLEET, perturbation_pct=1e-3, solver=solver, field=field, given=given)
    for figure, change in r.changes.items():
        assert change / 1e-5 == pytest.approx(r.sensitivities[figure], abs=3e-5), figure


def test_the_bus_of_writers_matters_until_the_file_system_binds():
    few, many = (what_matters(CheckpointModel, "write_time_seconds", H100, n_writers=n) for n in (1, 64))
    assert (few.host, few.sensitivities["filesystem_limit_gbs"]) == (-1, 0) and few.binding_constraint == "host"
    assert (many.host, many.sensitivities["filesystem_limit_gbs"]) == (0, -1)


def test_what_follows_from_times_that_are_given_has_no_such_sum():
    """Days that are paid for and hours that a job runs are given: no speed shortens them."""
    costs = what_matters(EconomicsModel, "opex_energy_usd", duration_days=30)
    assert costs.total == pytest.approx(0, abs=EXACT) and costs.power == pytest.approx(1)
    assert what_matters(EconomicsModel, "rented_usd", duration_days=30, chip_hour=Q_("2 USD/hour")).largest == 0
    failures = what_matters(ReliabilityModel, "goodput_ratio", job_duration_hours=1000,
                            figures=["checkpoint_time_s", "avg_recovery_time_s", "mttf"], mttf=Q_("50000 hour"))
    assert failures.total == 0 and failures.sensitivities["mttf"] > 0 > failures.sensitivities["checkpoint_time_s"]
    work = what_matters(EconomicsModel, "rented_per_work", duration_days=30, chip_hour=Q_("2 USD/hour"))
    assert work.peak_flops == pytest.approx(-1)


def test_a_mean_time_to_failure_is_a_figure():
    r = what_matters(ReliabilityModel, "fleet_mtbf", job_duration_hours=100, mttf=Q_("50000 hour"), figures=["mttf"])
    assert r.sensitivities == {"mttf": pytest.approx(1)}
    wait = what_matters(OrchestrationModel, "mean_wait", arrival_rate_jobs_per_day=8, avg_job_duration_days=1,
                        figures=["arrival_rate_jobs_per_day"], chips_per_job=8)
    assert wait.largest > 1 and wait.total == 0


@pytest.mark.parametrize("name, model", [("DistributedModel", DistributedModel), ("Engine", Engine),
                                         ("SingleNodeModel", Engine)])
def test_any_class_goes_by_its_name(name, model):
    given = TRAINED if model is DistributedModel else {}
    named = SensitivitySolver().solve(LLAMA, FLEET if given else H100, solver=name, given=given)
    assert named.sensitivities == SensitivitySolver().solve(LLAMA, FLEET if given else H100, solver=model,
                                                            given=given).sensitivities


@pytest.mark.parametrize("call, says", [
    (lambda: what_matters(ParallelismOptimizer, batch_size=128), "a search: .* Ask DistributedModel about the plan"),
    (lambda: what_matters(ServingCapacityModel, "required_replicas", H100, qps=10, target_p99_latency_ms=5000,
                          max_seq_len=2048), "'required_replicas', a count, which comes whole"),
    (lambda: what_matters(DistributedModel, "feasible", **TRAINED), "a yes or no, and has no elasticities"),
    (lambda: what_matters("DistributedModle", **TRAINED), "Did you mean DistributedModel"),
    (lambda: what_matters("explain"), "solver 'explain' is not known"),
    (lambda: what_matters(DistributedModel, profile="fdsp", **TRAINED), "Did you mean fsdp")])
def test_what_has_no_elasticities_is_said(call, says):
    with pytest.raises((TypeError, ValueError), match=says):
        call()
