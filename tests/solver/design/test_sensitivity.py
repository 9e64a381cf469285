"""Elasticities: they add up, they are those of small steps, and their order turns where arithmetic takes over."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn import RUNS, TRANSFORMERS, chips, models, profiles, shares
from hypothesis import given
from hypothesis import strategies as st

from solver import (
    Q_,
    ContinuousBatchingModel,
    DisaggregatedModel,
    Engine,
    Fleet,
    Hardware,
    Models,
    SensitivitySolver,
    Servers,
    ServingModel,
    changed,
)
from solver.base.declared import declared
from solver.base.fleets import FleetOf
from solver.base.forward import ForwardModel
from solver.base.result import Result, field

LLAMA, H100 = Models.Llama3_8B, Hardware.Cloud.H100
SPEEDS = ("peak_flops", "memory_bandwidth", "link", "overhead")
EXACT = 1e-9


def itl(batch, **given):
    return SensitivitySolver().solve(LLAMA, H100, solver="serving", field="itl",
                                     given={"seq_len": 2048, "batch_size": batch} | given)


def time_to(name):
    """Fields that are times, and rates."""
    return {"ttft": -1, "itl": -1, "e2e_latency": -1, "tokens_per_second": 1, "decode_stall_bound": -1,
            "itl_with_chunk": -1}[name]


@RUNS
@given(models, chips, profiles, st.integers(1, 1024), st.sampled_from([1, 2, 4, 8]), st.integers(1, 32768),
       st.integers(1, 2048), st.sampled_from(["ttft", "itl", "e2e_latency", "tokens_per_second", "itl_with_chunk"]))
def test_elasticities_of_a_time_add_up_to_minus_one(model, chip, profile, batch, width, context, answer, name):
    alone = np.isnan(chip.interconnect) or any(kind.attention.heads % width for kind in model.kinds)
    r = SensitivitySolver().solve(model, chip, solver="serving", field=name, given={
        "seq_len": context, "batch_size": batch, "output_len": answer, "profile": profile,
        "tensor_parallel": 1 if alone else width})
    if np.isnan(r.baseline):  # nobody publishes a rate of the chip
        return
    found = [r.one_sided[figure] for figure in SPEEDS]
    assert r.total == pytest.approx(time_to(name), abs=EXACT)
    if all(less == more for less, more in found):  # else each side alone is that of a kink
        assert sum(more for _, more in found) == pytest.approx(time_to(name), abs=EXACT)
    assert r.memory_capacity == r.power == 0


@RUNS
@given(models, chips, shares, st.integers(1, 512))
def test_elasticities_of_engines_and_servers_add_up(model, chip, efficiency, batch):
    step = SensitivitySolver().solve(model, chip, efficiency=efficiency, given={"batch_size": batch})
    assert step.total == pytest.approx(-1, abs=EXACT)
    rate = SensitivitySolver().solve(model, chip, solver="batching", given={"seq_len": 2048, "max_batch_size": batch,
                                                                            "output_len": 256})
    if rate.feasible:
        assert rate.total == pytest.approx(1, abs=EXACT)


@pytest.mark.parametrize("model, name, given, exact", [
    (Engine, "latency", {"batch_size": 64}, -1), (Engine, "latency", {"is_training": True}, -1),
    (Engine, "throughput", {}, 1), (ServingModel, "ttft", {"seq_len": 4096, "prefill_chunk_tokens": 512}, -1),
    (ServingModel, "itl", {"seq_len": 512, "draft_model": "eagle3", "profile": "modern"}, -1),
    (ServingModel, "ttft", {"seq_len": 4096, "decode_hardware": Hardware.Cloud.H200,
                            "network_bandwidth": Q_("50 GB/s")}, -1),
    (ServingModel, "itl", {"seq_len": 512, "tensor_parallel": 16, "profile": "tuned", "fabric": "HDR"}, -1),
    (ServingModel, "kv_cache_size", {"seq_len": 512}, 0), (ServingModel, "tokens_per_second", {"seq_len": 512}, 1),
    (DisaggregatedModel, "itl", {"seq_len": 2048, "output_len": 128, "concurrency": 64, "profile": "modern"}, -1),
    (ContinuousBatchingModel, "itl", {"seq_len": 4096, "max_batch_size": 64, "output_len": 512}, -1)])
def test_every_class_adds_up(model, name, given, exact):
    r = SensitivitySolver().solve(Models.Llama3_70B, H100, solver=model, field=name, given=given)
    assert r.total == pytest.approx(exact, abs=EXACT)
    assert sum(r.sensitivities[figure] for figure in SPEEDS) == pytest.approx(exact, abs=EXACT)
    assert r.memory_capacity == 0


@pytest.mark.parametrize("solver, name, given", [
    ("serving", "itl", {"seq_len": 2048, "batch_size": 200, "profile": "tuned", "tensor_parallel": 4}),
    ("serving", "energy", {"seq_len": 2048, "batch_size": 16, "output_len": 256, "profile": "modern"}),
    ("batching", "throughput_tokens_per_sec", {"seq_len": 4096, "max_batch_size": 64, "output_len": 512}),
    (DisaggregatedModel, "itl", {"seq_len": 2048, "output_len": 128, "concurrency": 300, "profile": "modern",
                                 "decode_nodes": 2})])
def test_elasticities_are_those_of_small_changes(solver, name, given):
    """The change for 0.001 % more, over 0.001 %: another way to the same number."""
    r = SensitivitySolver().solve(LLAMA, H100, perturbation_pct=1e-3, solver=solver, field=name, given=given)
    for figure, change in r.changes.items():
        assert change / 1e-5 == pytest.approx(r.sensitivities[figure], abs=3e-5), figure


def test_where_to_invest():
    """Time between tokens of Llama 3.1 8B on an H100: bandwidth alone at first, then arithmetic too.

    By hand: at 2 FLOP and 2 bytes a parameter a batch of n does n FLOP for each byte of weights, and half of the peak
    over the bandwidth is 147.6 FLOP/B. Below that every part waits for memory; above it caches alone do.
    """
    small, middle, large = (itl(batch) for batch in (1, 64, 256))
    for r in (small, middle):
        assert r.sensitivities["memory_bandwidth"] == pytest.approx(-1, abs=EXACT)
        assert r.sensitivities["peak_flops"] == pytest.approx(0, abs=EXACT)
    # 2 * 7.504e9 parameters streamed or scored * 256 / 494.7e12 = 7.767 ms of arithmetic beside 68.72 GB / 3.352 TB/s
    # = 20.50 ms of cache.
    assert large.sensitivities["peak_flops"] == pytest.approx(-7.767 / (7.767 + 20.50), abs=2e-4)
    assert large.sensitivities["memory_bandwidth"] == pytest.approx(-20.50 / (7.767 + 20.50), abs=2e-4)
    assert small.binding_constraint == large.binding_constraint == "memory_bandwidth"


@pytest.mark.parametrize("profile, context, turns", [
    (None, 128, 148), (None, 512, 148), (None, 1024, None), (None, 2048, None), ("ideal", 128, 296),
    ("ideal", 384, 296), ("ideal", 400, None)])
def test_the_batch_where_the_order_turns(profile, context, turns):
    """With short contexts arithmetic comes first as soon as products wait for it; with long ones caches stay first.

    A request's arithmetic takes 2 * 7.504e9 / 494.7e12 = 30.3 us, its cache 131,072 B * context / 3.352 TB/s, which is
    longer from 776 tokens on: then no batch turns the order. With all of the peak it is half of that, 388 tokens.
    """
    batches = np.arange(1.0, 4097.0)
    r = SensitivitySolver().solve(LLAMA, H100, solver="serving", field="itl", given={
        "seq_len": context, "batch_size": batches, "profile": profile})
    arithmetic_first = r.peak_flops < r.memory_bandwidth
    assert arithmetic_first[-1] == (turns is not None)
    assert turns is None or batches[arithmetic_first][0] == turns


def test_what_does_not_fit_has_elasticities_all_the_same():
    r = SensitivitySolver().solve(Models.Llama3_70B, Hardware.Cloud.A100)
    assert not r.feasible and r.binding_constraint == "memory_capacity"
    assert r.sensitivities["memory_bandwidth"] == pytest.approx(-1)
    assert r.constraint_trace[0].startswith("Memory binds: it does not fit")


def test_both_sides_of_a_kink():
    """A chip on whose ridge a product stands: more bandwidth does nothing for it, less does harm."""
    from solver import PRECISIONS, Node
    from solver.formulas.transformer import slowed_work, streamed_bytes

    node = Node(H100, PRECISIONS["fp16"])
    intensity = 64 * slowed_work(node, LLAMA) / streamed_bytes(LLAMA, 64, PRECISIONS["fp16"])
    ridge = changed(H100, fp16=2 * intensity * H100.bandwidth)
    r = SensitivitySolver().solve(LLAMA, ridge, solver="serving", field="itl", given={"seq_len": 1, "batch_size": 64})
    (less, more), (fewer, faster) = r.one_sided["memory_bandwidth"], r.one_sided["peak_flops"]
    assert less == pytest.approx(-1, abs=1e-3) and more == pytest.approx(0, abs=1e-3)  # of a cache of one token
    assert fewer == pytest.approx(-1, abs=1e-3) and faster == pytest.approx(0, abs=1e-3)
    assert r.total == pytest.approx(-1, abs=EXACT)
    assert "memory bandwidth stands at a kink" in " ".join(r.constraint_trace)


def test_changes_are_exact_and_no_multiple_of_an_elasticity():
    """Ten percent more bandwidth of a step that waits for memory: 1 / 1.1 - 1, and not -0.1."""
    r = SensitivitySolver().solve(LLAMA, H100)
    assert r.changes["memory_bandwidth"] == pytest.approx(-0.0909090909, abs=1e-9)
    rows = SensitivitySolver().solve(LLAMA, H100, perturbation_pct=[10, 100]).changes["memory_bandwidth"]
    assert rows.tolist() == pytest.approx([1 / 1.1 - 1, -0.5])
    assert itl([1, 64], tensor_parallel=2).changes["link"].shape == (2,)


def test_each_figure_by_its_own_name():
    given = {"seq_len": 2048, "batch_size": 128, "decode_hardware": Hardware.Cloud.H200}
    r = SensitivitySolver().solve(LLAMA, H100, "fp8", solver="serving", field="ttft", given=given,
                                  figures=["fp8", "fp16", "bf16", "bandwidth", "memory", "network_bandwidth",
                                           "efficiency", "draft_acceptance_rate"])
    assert set(r.sensitivities) == {"fp8", "fp16", "bf16", "bandwidth", "memory", "network_bandwidth", "efficiency",
                                    "draft_acceptance_rate"}
    assert -1 < r.sensitivities["fp8"] < -0.8 and -0.2 < r.sensitivities["fp16"] < 0 == r.sensitivities["bf16"]
    assert r.sensitivities["network_bandwidth"] < 0 == r.sensitivities["draft_acceptance_rate"]
    assert r.sensitivities["efficiency"] == pytest.approx(r.peak_flops)
    assert r.sensitivities["network_bandwidth"] == pytest.approx(r.link)


def test_energy_grows_with_board_power():
    r = SensitivitySolver().solve(LLAMA, H100, solver="serving", field="energy", given={"seq_len": 64,
                                                                                       "output_len": 64})
    assert r.power == pytest.approx(1) and r.total == pytest.approx(-1)


class Reading(Result):
    """What a fleet took."""

    time = field("ms", "time to read all memory of the fleet")


class FleetReader(ForwardModel):
    """A class of an outside author that asks about a fleet."""

    @declared
    def solve(self, fleet: FleetOf) -> Reading:
        """Time to read a byte of every chip, and to send it."""
        return Reading({"time": 1 / fleet.device.bandwidth + 3 / fleet.fabric.rate + fleet.fabric.latency}, {})


def test_any_class_of_an_outside_author_about_a_fleet():
    fleet = Fleet(Servers.DGX_H100, 16)
    r = SensitivitySolver().solve(LLAMA, fleet, solver=FleetReader(), figures=["bandwidth", "link", "overhead"])
    parts = np.array([1 / H100.bandwidth, 3 / fleet.fabric.rate, fleet.fabric.latency])
    assert [*r.sensitivities.values()] == pytest.approx(list(-parts / parts.sum()))
    assert r.total == pytest.approx(-1) and r.binding_constraint == "overhead"


@pytest.mark.parametrize("name", ["batch_size", "seq_len", "layers", "tensor_parallel", "domain"])
def test_counts_come_whole(name):
    with pytest.raises(ValueError, match=f"figures has '{name}', which comes whole: compare two runs with explain"):
        SensitivitySolver().solve(LLAMA, H100, solver="serving", given={"seq_len": 64}, figures=[name])


@pytest.mark.parametrize("options, says", [
    ({"figures": ["bandwith"]}, "Did you mean bandwidth"), ({"figures": "power"}, "should be a list of figures"),
    ({"figures": []}, "should be a list"), ({"field": "latncy"}, "Did you mean latency"),
    ({"given": {"model": LLAMA}}, "given has 'model', which is not for it"), ({"given": [1]}, "should be a mapping"),
    ({"given": {"batch_sise": 1}}, "Did you mean batch_size"), ({"solver": "engin"}, "Did you mean engine"),
    ({"solver": Models}, "should be a class with solve"), ({"solver": lambda: 3}, "class with solve"),
    ({"given": {"batch_size": 0.5}}, "batch_size is 0.5"), ({"perturbation_pct": -100}, "above -100"),
    ({"solver": "serving", "given": {"seq_len": 1}, "figures": [3]}, "figures has 3"),
    ({"solver": "serving"}, "seq_len")])
def test_bad_questions_get_a_sentence(options, says):
    with pytest.raises((ValueError, TypeError), match=says):
        SensitivitySolver().solve(LLAMA, H100, **options)


def test_a_chip_without_a_known_rate_has_unknown_elasticities():
    chip = next(chip for chip in Hardware if chip.unpublished and "fp16" in chip.unpublished)
    r = SensitivitySolver().solve(LLAMA, chip, solver="serving", field="ttft", given={"seq_len": 64})
    assert np.isnan(r.baseline) and np.isnan(r.peak_flops)


def test_transformers_of_the_zoo_are_not_touched():
    before = repr(H100), len(TRANSFORMERS)
    SensitivitySolver().solve(LLAMA, H100).largest  # noqa: B018
    assert (repr(H100), len(TRANSFORMERS)) == before and replace(H100) == H100
