"""An audit names the wall that binds, by numbers that the classes give, and a remedy that was tried."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn import RUNS, chips, models, profiles
from hypothesis import assume, given
from hypothesis import strategies as st

from solver import (
    Q_,
    Fleet,
    Hardware,
    Models,
    Servers,
    ServingModel,
    audit,
    changed,
    max_users,
    serving_plan,
)
from solver.design.audits.serving_remedies import tried_plans
from solver.design.audits.serving_walls import SERVING_WALLS

LLAMA, H100 = Models.Llama3_8B, Hardware.Cloud.H100
PLAN = {"model": LLAMA, "hardware": H100, "seq_len": 2048, "batch_size": 32, "itl": Q_("20 ms"), "ttft": Q_("1 s")}


def test_weights_that_do_not_fit_bind_first():
    """A 70B model in 16 bits, 141.1 GB, on the 85.9 GB of one H100, whatever else it waits for."""
    found = audit({"model": Models.Llama3_70B, "hardware": H100, "batch_size": 4, "itl": Q_("100 ms")})
    assert not found.feasible and found.binding.name == "memory capacity"
    assert found.binding.need == pytest.approx(141.1e9, rel=1e-3)
    assert found.binding.margin == pytest.approx(1 - 141.1 / 85.9, abs=1e-3)
    assert "weights in fp8" in found.remedy and any("weights leave no room" in said for said in found.left_out)
    assert audit({"model": Models.Llama3_70B, "hardware": H100, "precision": "fp8"}).feasible


@pytest.mark.parametrize("change, binds, remedy", [
    ({}, "memory bandwidth", "For more"), ({"batch_size": 300, "itl": Q_("60 ms")}, "KV cache", "a KV cache in fp8"),
    ({"itl": Q_("6 ms")}, "memory bandwidth", "weights in fp8"),
    ({"ttft": Q_("40 ms")}, "compute", "weights in fp8"),
    ({"hardware": Hardware.Cloud.A100, "ttft": Q_("120 ms")}, "compute", "weights in int8"),
    ({"hardware": None, "fleet": Fleet(Servers.DGX_H100, 2), "tensor_parallel": 16, "profile": "tuned",
      "itl": Q_("9 ms"), "batch_size": 1}, "network", "tensor_parallel=8"),
    ({"profile": "tuned", "itl": Q_("3 ms"), "precision": "w4a16", "ttft": None, "batch_size": 1}, "launches",
     "an engine that starts kernels"),
    ({"arrival_rate": Q_("10 request/s"), "output_len": 256}, "throughput", "64 requests at once"),
    ({"arrival_rate": Q_("500 request/s"), "output_len": 256}, "throughput", "59 replicas")])
def test_the_wall_that_binds_and_its_remedy(change, binds, remedy):
    plan = {name: value for name, value in (PLAN | change).items() if value is not None}
    found = audit(plan)
    assert found.binding.name == binds, str(found)
    assert remedy in found.remedy, found.remedy


@RUNS
@given(models, chips, profiles, st.integers(1, 512), st.integers(1, 16384), st.floats(1e-3, 1), st.floats(1e-2, 10))
def test_an_audit_says_what_the_classes_say(model, chip, profile, batch, context, itl, ttft):
    found = audit({"model": model, "hardware": chip, "profile": profile, "batch_size": batch, "seq_len": context,
                   "itl": Q_(itl, "s"), "ttft": Q_(ttft, "s")})
    served, lone = (ServingModel().solve(model, chip, context, n, profile=profile) for n in (batch, 1))
    assume(not np.isnan(lone.value("ttft")) and not np.isnan(served.value("itl")))
    holds = served.feasible and served.value("itl") <= itl and lone.value("ttft") <= ttft
    assert found.feasible == holds
    assert [wall.margin for wall in found.walls] == sorted(wall.margin for wall in found.walls)
    fits = max_users(model, chip, context) >= batch
    assert all(wall.margin >= 0 for wall in found.walls if wall.name == "KV cache") or not fits
    assert found.remedy.endswith(".") and len(found.constraint_trace) >= 4


@pytest.mark.parametrize("change", [{"batch_size": 300}, {"itl": Q_("4 ms")}, {"ttft": Q_("40 ms")}])
def test_remedies_are_plans_that_can_be_asked(change):
    """Each of those that are tried is one that somebody could give."""
    plan = serving_plan(**PLAN | change)
    for words, other in tried_plans(plan, audit(plan).binding):
        given = {"precision": other.precision, "kv_precision": other.kv_precision, "batch_size": other.batch_size,
                 "tensor_parallel": other.tensor_parallel}
        assert audit(PLAN | change | given).margins == pytest.approx(audit(other).margins), words


def test_a_fleet_shares_its_requests_out():
    fleet = Fleet(Servers.DGX_H100, 2)
    plan = serving_plan(LLAMA, None, fleet, tensor_parallel=4, batch_size=100)
    assert (plan.replicas, plan.requests, plan.hardware) == (4, 25, H100)
    one = audit({"model": LLAMA, "hardware": H100, "tensor_parallel": 4, "batch_size": 25, "itl": Q_("10 ms")})
    many = audit({"model": LLAMA, "fleet": fleet, "tensor_parallel": 4, "batch_size": 100, "itl": Q_("10 ms")})
    assert one.margins == many.margins and "DGX H100" in str(many)
    assert audit(replace(plan, batch_size=4.0)).margins["KV cache"] > many.margins["KV cache"]


def test_a_first_token_is_said_to_be_of_one_prompt_alone():
    asked = PLAN | {"batch_size": 64, "ttft": Q_("100 ms")}
    lone, many = (ServingModel().solve(LLAMA, H100, 2048, count).ttft for count in (1, 64))
    wall, = (wall for wall in audit(asked).walls if wall.phase == "prefill" and wall.name == "compute")
    assert "of a prompt that is read alone" in str(wall) and wall.need == lone.m_as("s")
    assert many.m_as("s") == pytest.approx(3.841, abs=5e-4)
    assert str(wall).endswith("All 64 prompts read at once take 3.841 s.")
    assert "read at once" not in str(audit(asked | {"batch_size": 1}))


def test_margins_are_those_of_need_and_have():
    found = audit(PLAN)
    for wall in found.walls:
        assert wall.margin == pytest.approx(1 - wall.need / wall.have)
        assert wall.name in str(wall) and f"{abs(wall.margin):.0%}" in str(wall)
    assert found.margins == {wall.name: min(one.margin for one in found.walls if one.name == wall.name)
                             for wall in found.walls}


def test_what_the_data_do_not_reach_is_said():
    said = " ".join(audit({"model": LLAMA, "hardware": H100}).left_out)
    assert "give ttft and itl" in said and all(kind.name in said for kind in SERVING_WALLS if kind.data)


def test_a_chip_with_an_unknown_rate_reaches_fewer_walls():
    chip = next(chip for chip in Hardware if "fp16" in chip.unpublished)
    found = audit(PLAN | {"hardware": chip, "batch_size": 1})
    assert not any(np.isnan(wall.margin) for wall in found.walls)


@pytest.mark.parametrize("plan, says", [
    ({"model": LLAMA}, "hardware and fleet are both missing"), (3, "plan is 3, and should be a mapping"),
    ({"model": LLAMA, "hardware": Hardware.Cloud.A100, "fleet": Fleet(Servers.DGX_H100, 2)}, "give one of them"),
    (PLAN | {"batchsize": 1}, "Did you mean batch_size"), (PLAN | {"itl": 20}, "itl is 20, without a unit"),
    (PLAN | {"batch_size": [1, 2]}, "a plan is one plan"), (PLAN | {"tensor_parallel": 5}, "32 heads"),
    ({"model": Models.Llama3_70B, "fleet": Fleet(Servers.DGX_H100, 1), "tensor_parallel": 16}, "choose no more"),
    (PLAN | {"hardware": changed(H100, fp16=float("nan"), bf16=float("nan"))}, "fp16"),
    ({"hardware": H100}, "model")])
def test_bad_plans_get_a_sentence(plan, says):
    with pytest.raises((ValueError, TypeError), match=says):
        audit(plan)
