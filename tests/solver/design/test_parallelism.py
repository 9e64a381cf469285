"""The best plan for a fleet: as good as a loop over all of them finds, with a reason for each that is none."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from drawn import RUNS
from hypothesis import given
from hypothesis import strategies as st

from solver import Q_, DistributedModel, Fleet, Models, ParallelismOptimizer, Servers
from solver.design.parallelism import divisors

SOLVE, STEP = ParallelismOptimizer().solve, DistributedModel().solve
LLAMA, LARGE = Models.Llama3_8B, Models.Llama3_405B
ALL = [1, 2, 4, 8, 16]


def looped(model, fleet, batch, **asked):
    """The least time of all plans, one after the other; and how many are refused, and how many do not fit."""
    best, refused, misfits = np.inf, 0, 0
    for tensor, context, stages in itertools.product(ALL, repeat=3):
        if fleet.chips % (tensor * context * stages):
            continue
        for many, parts in itertools.product(range(1, batch + 1), range(1, int(model.layers) + 1)):
            if parts > 1 and stages == 1:
                continue
            if np.ceil(model.layers / stages) % parts or (batch * tensor * context * stages / fleet.chips) % many:
                continue
            try:
                r = STEP(model, fleet, batch, tp_size=tensor, cp_size=context, pp_size=stages, v_stages=parts,
                         microbatch_count=many, sequence_parallel=True, **asked)
            except ValueError:
                refused += 1
                continue
            misfits += not r.feasible
            best = min(best, r.step_latency_total.m if r.feasible else np.inf)
    return best, refused, misfits


@pytest.mark.parametrize("asked", [{"zero_stage": 1}, {"zero_stage": 3, "profile": "fsdp", "overlap_comm": True}])
def test_it_is_as_good_as_a_loop_over_all_plans(asked):
    fleet = Fleet(Servers.DGX_H100, 2)
    r = SOLVE(LLAMA, fleet, 16, seq_len=4096, **asked)
    best, refused, misfits = looped(LLAMA, fleet, 16, seq_len=4096, **asked)
    assert r.step_latency_total.m == pytest.approx(best) and refused == 0
    assert r.excluded.get("it does not fit in memory", 0) == misfits
    assert r.fitting + misfits == r.total_searched


def test_the_best_plan_is_what_the_model_says_of_it():
    fleet = Fleet(Servers.DGX_H100, 32)
    r = SOLVE(Models.Llama3_70B, fleet, 512, seq_len=8192, zero_stage=1)
    again = STEP(Models.Llama3_70B, fleet, 512, seq_len=8192, zero_stage=1, **r.best_config)
    assert again.feasible and again.step_latency_total == r.step_latency_total == r.best.step_latency_total
    assert again.parallelism == r.parallelism and r.tp_size * r.cp_size * r.pp_size * r.dp_size == 256
    assert r.best_config["sequence_parallel"] is True and "Norms: shared out" in " ".join(r.constraint_trace)
    whole = SOLVE(Models.Llama3_70B, fleet, 512, seq_len=8192, zero_stage=1, sequence_parallel=False)
    assert whole.best_config["sequence_parallel"] is False and "Norms" not in " ".join(whole.constraint_trace)
    steps = [plan["step"] for plan in r.plans(50)]
    assert steps == sorted(steps) and len(steps) == 50 and steps[0] == r.step_latency_total.m
    assert all(plan["headroom"] >= 0 for plan in r.plans(50))


def test_it_is_no_slower_than_the_plan_of_llama_3():
    """Grattafiori et al. 2024, table 4: TP 8, PP 16, DP 128, where 400 TFLOP/s a chip were reached."""
    fleet, rate = Fleet(Servers.DGX_H100, 2048), Q_("540 TFLOP/s")
    theirs = STEP(LARGE, fleet, 2048, seq_len=8192, tp_size=8, pp_size=16, v_stages=8, microbatch_count=16,
                  zero_stage=1, sequence_parallel=True, compute_rate=rate)
    r = SOLVE(LARGE, fleet, 2048, seq_len=8192, zero_stage=1, compute_rate=rate)
    assert r.feasible and r.step_latency_total <= theirs.step_latency_total
    assert r.total_searched > 1000


def test_each_plan_that_is_none_has_its_reason():
    r = SOLVE(LARGE, Fleet(Servers.DGX_H100, 2048), 2048, seq_len=8192, zero_stage=1)
    assert r.excluded["it has more stages than the 126 layers"] == 120
    said = " ".join(r.constraint_trace)
    assert all(f"for {reason}." in said for reason in r.excluded) and r.constraint_trace[0].startswith("Best: ")


def test_a_fleet_that_is_too_small_is_a_state():
    r = SOLVE(LARGE, Fleet(Servers.DGX_H100, 2), 16)
    assert not r.feasible and np.isnan(r.step_latency_total.m) and r.best_config == {} and r.parallelism == "none"
    assert "of 0 fit" not in r.constraint_trace[0] and "Best: none" in r.constraint_trace[0]
    assert sum(r.excluded.values()) >= r.total_searched and r.plans() == []


def test_experts_are_spread_where_that_is_faster():
    r = SOLVE(Models.Mixtral_8x7B, Fleet(Servers.DGX_H100, 4), 128, seq_len=4096, zero_stage=1)
    assert r.feasible and 8 % r.ep_size == 0
    none = SOLVE(LLAMA, Fleet(Servers.DGX_H100, 4), 128)
    assert none.ep_size == 1


@RUNS
@given(st.sampled_from([Models.Llama3_8B, Models.Llama3_70B, Models.Mixtral_8x7B]), st.sampled_from([1, 2, 8]),
       st.sampled_from([64, 96]), st.integers(0, 3))
def test_nothing_that_fits_is_faster(model, servers, batch, zero):
    fleet = Fleet(Servers.DGX_H100, servers)
    r = SOLVE(model, fleet, batch, zero_stage=zero)
    if r.feasible:
        found = r.given["found"]
        times = found.values["step_latency_total"][np.asarray(found.value("feasible"))]
        assert times.min() == r.values["step_latency_total"] and r.values["headroom"] >= 0
        assert r.mfu <= 1 and r.dp_size * r.tp_size * r.cp_size * r.pp_size == fleet.chips


@given(st.integers(1, 5000))
def test_divisors(number):
    assert divisors(float(number)).tolist() == [n for n in range(1, number + 1) if number % n == 0]


@pytest.mark.parametrize("asked, says", [
    ({"batch_size": [64, 128]}, "single value"), ({"model": Models.ResNet50}, "convolutional"),
    ({"profile": "fsdp", "efficiency": 0.4}, "one of them"), ({"precision": "int8"}, "16 bits or more")])
def test_what_cannot_be_is_a_sentence(asked, says):
    with pytest.raises((ValueError, TypeError), match=says):
        SOLVE(**{"model": LLAMA, "fleet": Fleet(Servers.DGX_H100, 2), "batch_size": 64} | asked)
