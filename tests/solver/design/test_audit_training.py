"""A plan of training: its walls are what the classes of training and of fleets say, and its remedies were tried."""

from __future__ import annotations

import pytest

from solver import (
    Q_,
    DistributedModel,
    EconomicsModel,
    Fleet,
    Hardware,
    Models,
    PlannedTraining,
    ReliabilityModel,
    Servers,
    SustainabilityModel,
    TrainingMemoryModel,
    audit,
    training_plan,
)

LLAMA, FLEET = Models.Llama3_8B, Fleet(Servers.DGX_H100, 16)
HOW = {"batch_size": 256, "zero_stage": 1, "tokens": 1e12}
PLAN = {"kind": "training", "model": LLAMA, "fleet": FLEET, "deadline": Q_("20 day"), "mttf": "Llama_3_405B",
        "energy_budget": Q_("50 MWh"), "carbon_budget": Q_("30 t"), "budget": Q_("300000 USD"),
        "chip_hour": "H100_AWS", **HOW}
GENEROUS = {"energy_budget": Q_("1 GWh"), "carbon_budget": Q_("1000 t"), "budget": Q_("1e8 USD")}


def wall(found, name):
    return next(one for one in found.walls if one.name == name)


def test_a_training_holds_and_meets_every_wall():
    found = audit(PLAN)
    assert found.feasible and str(found).startswith("Training of Llama 3.1 8B on 16 × DGX H100 holds: cost binds.")
    assert {"memory capacity", "compute", "network", "failures", "energy", "carbon", "cost"} == found.margins.keys()
    assert found.left_out == ("Left out: loading of data; hosts, storage and staff.",)


def test_walls_are_what_the_classes_say():
    found, step = audit(PLAN), DistributedModel().solve(LLAMA, FLEET, activation_checkpointing="selective", **HOW)
    lost = ReliabilityModel().solve(FLEET, step.training_time.to("hour").magnitude, mttf="Llama_3_405B")
    lasting = lost.completion_time.to("day").magnitude
    memory = TrainingMemoryModel().solve(LLAMA, Hardware.Cloud.H100, 2, dp_size=128, zero_stage=1)
    assert wall(found, "memory capacity").need == pytest.approx(memory.value("total_memory"))
    assert wall(found, "failures").need == pytest.approx(lost.value("waste"))
    assert wall(found, "compute").need == pytest.approx(lost.value("completion_time"))
    share = step.value("communication_latency") / step.value("step_latency_total")
    assert wall(found, "network").need == pytest.approx(lost.value("completion_time") * share)
    drawn = SustainabilityModel().solve(FLEET, lasting)
    assert wall(found, "energy").need == pytest.approx(drawn.value("energy"))
    assert wall(found, "carbon").need == pytest.approx(drawn.value("carbon_footprint_kg"))
    costs = EconomicsModel().solve(FLEET, lasting, chip_hour="H100_AWS")
    assert wall(found, "cost").need == pytest.approx(costs.value("rented_usd"))


@pytest.mark.parametrize("change, binds, remedy", [
    ({"zero_stage": 0}, "memory capacity", "zero_stage=1"),
    ({"tp_size": 32, "tokens": 1e11}, "memory capacity", "activation_checkpointing='full'"),
    ({"deadline": Q_("8 day"), **GENEROUS}, "compute", "32 servers"),
    ({"tp_size": 16, "activation_checkpointing": "full", "deadline": Q_("20 day"), **GENEROUS}, "network", "tp_size="),
    ({"pp_size": 8, "microbatch_count": 2, "deadline": Q_("25 day"), **GENEROUS}, "pipeline bubble",
     "microbatch_count="), ({"mttf": Q_("2000 hour"), **GENEROUS}, "failures", "a checkpoint in "),
    ({"energy_budget": Q_("35 MWh")}, "energy", "overlap_comm=True"),
    ({"carbon_budget": Q_("9 t")}, "carbon", "the grid of"), ({"budget": Q_("200000 USD")}, "cost", "H100 at RunPod")])
def test_a_wall_that_binds_has_a_remedy_that_was_tried(change, binds, remedy):
    found = audit(PLAN | change)
    assert found.binding.name == binds and not found.feasible, str(found)
    assert remedy in found.remedy and "not enough" not in found.remedy, found.remedy


def test_without_failures_it_takes_its_days_alone():
    plan = {name: value for name, value in PLAN.items() if name != "mttf"}
    step = DistributedModel().solve(LLAMA, FLEET, activation_checkpointing="selective", **HOW)
    assert wall(audit(plan), "compute").need == pytest.approx(step.value("training_time"))
    assert "failures (mttf)" in " ".join(audit(plan).left_out)


@pytest.mark.parametrize("left, says", [
    ("deadline", "time (deadline)"), ("energy_budget", "energy (energy_budget)"), ("budget", "cost (budget)"),
    ("chip_hour", "cost (chip_hour or chip_price)"), ("carbon_budget", "carbon (carbon_budget)"),
    ("tokens", "time (tokens), failures (tokens), energy (tokens), carbon (tokens), cost (tokens)")])
def test_a_wall_without_data_is_named_with_what_it_wants(left, says):
    found = audit({name: value for name, value in PLAN.items() if name != left})
    assert says in " ".join(found.left_out) and found.walls


def test_chips_that_fail_all_the_time_let_nothing_last():
    found = audit(PLAN | {"mttf": Q_("1 s")})
    assert found.binding.name == "failures" and {"cost", "energy", "carbon", "compute"}.isdisjoint(found.margins)
    assert "Left out: time, for failures let no work last." in found.left_out


def test_a_smaller_optimizer_takes_less_memory():
    assert audit(PLAN | {"optimizer": "sgd"}).margins["memory capacity"] > audit(PLAN).margins["memory capacity"]


def test_a_plan_that_was_made_is_walked_as_its_mapping_is():
    plan = training_plan(**{name: value for name, value in PLAN.items() if name != "kind"})
    assert isinstance(plan, PlannedTraining) and audit(plan).margins == audit(PLAN).margins


@pytest.mark.parametrize("change, says", [
    ({"kind": "trainin"}, "Did you mean training"), ({"kind": 3}, "kind is 3"),
    ({"kind": "serving"}, "deadline, and one of training has: give kind='training'"),
    ({"itl": Q_("20 ms")}, "itl, and one of serving has"), ({"batchsize": 1}, "Did you mean batch_size"),
    ({"tp_size": 5}, "32 heads"), ({"batch_size": 100}, "give a multiple of 128"), ({"dp_size": 3}, "128 chips"),
    ({"deadline": 20}, "deadline is 20, without a unit"), ({"precision": "fp8"}, "16 bits or more"),
    ({"chip_price": Q_("3e4 USD")}, "leave one of them out"), ({"fleet": Hardware.Cloud.H100}, "a chip"),
    ({"profile": "megatron", "compute_rate": Q_("400 TFLOP/s")}, "both given")])
def test_bad_plans_get_a_sentence(change, says):
    with pytest.raises((ValueError, TypeError), match=says):
        audit(PLAN | change)


@pytest.mark.parametrize("how", [{"profile": "megatron"}, {"compute_rate": Q_("400 TFLOP/s")}, {"efficiency": 0.4},
                                 {"profile": "fsdp", "overlap_comm": True}, {"tp_size": 8, "sequence_parallel": True}])
def test_speed_is_said_in_each_way_that_training_knows(how):
    step = DistributedModel().solve(LLAMA, FLEET, activation_checkpointing="selective", **HOW, **how)
    plan = {name: value for name, value in PLAN.items() if name != "mttf"} | how
    longest = max((one for one in audit(plan).walls if one.unit == "second"), key=lambda one: one.need)
    assert longest.need == pytest.approx(step.value("training_time"))
