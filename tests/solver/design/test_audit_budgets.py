"""Walls of load, failures, energy, carbon and cost: each is what its class says, binds, holds, or lacks data."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import RUNS, chips, models
from hypothesis import given
from hypothesis import strategies as st

from solver import (
    Q_,
    EconomicsModel,
    Fleet,
    Grids,
    Hardware,
    Models,
    Prices,
    Server,
    Servers,
    ServingCapacityModel,
    SustainabilityModel,
    audit,
    changed,
    serving_plan,
)
from solver.design.audits.serving_remedies import replicas_for_p99

LLAMA, H100 = Models.Llama3_8B, Hardware.Cloud.H100
FLEET = Fleet(Servers.DGX_H100, 2)
PLAN = {"model": LLAMA, "fleet": FLEET, "seq_len": 2048, "output_len": 256, "batch_size": 512,
        "arrival_rate": Q_("80 request/s"), "p99": Q_("30 s"), "mttf": "Llama_3_405B", "duration": Q_("30 day"),
        "energy_budget": Q_("20 MWh"), "carbon_budget": Q_("6 t"), "budget": Q_("100000 USD"),
        "budget_per_token": Q_("3 USD/Mtoken"), "chip_hour": "H100_AWS", "ttft": Q_("1 s"), "itl": Q_("50 ms")}


def wall(found, name):
    return next(one for one in found.walls if one.name == name)


def without(*names, **change):
    return {name: value for name, value in (PLAN | change).items() if name not in names}


def test_a_plan_that_says_all_meets_every_wall():
    found = audit(PLAN)
    assert found.feasible and {"throughput", "tail latency", "failures", "energy", "carbon", "cost",
                               "cost of tokens"} <= found.margins.keys()
    assert not any("want of data" in said or "give " in said for said in found.left_out)


@pytest.mark.parametrize("change, binds, remedy", [
    ({"p99": Q_("6 s")}, "tail latency", "weights in fp8"),
    ({"p99": Q_("2.4 s"), "precision": "w4a16", "kv_precision": "fp8"}, "tail latency", "tensor_parallel=2"),
    ({"arrival_rate": Q_("700 request/s"), "p99": Q_("100 s"), "budget_per_token": Q_("9 USD/Mtoken"),
      "precision": "w4a16", "kv_precision": "fp8", "budget": Q_("1e7 USD"), "energy_budget": Q_("1 GWh"),
      "carbon_budget": Q_("1000 t")}, "throughput", "8 servers"),
    ({"mttf": Q_("10 hour"), "recovery_time": Q_("1 hour")}, "failures", "a recovery in 1,800 s"),
    ({"energy_budget": Q_("10 MWh")}, "energy", "1 server"), ({"carbon_budget": Q_("3 t")}, "carbon", "the grid of"),
    ({"budget": Q_("50000 USD")}, "cost", "H100 at RunPod"),
    ({"budget_per_token": Q_("1 USD/Mtoken")}, "cost of tokens", "H100 at RunPod"),
    ({"budget": Q_("9000 USD"), "chip_hour": None, "chip_price": Q_("30000 USD")}, "cost", "1 server")])
def test_a_wall_that_binds_has_a_remedy_that_was_tried(change, binds, remedy):
    found = audit(without(*(name for name, value in change.items() if value is None),
                          **{name: value for name, value in change.items() if value is not None}))
    assert found.binding.name == binds and not found.feasible, str(found)
    assert remedy in found.remedy and "not enough" not in found.remedy, found.remedy


def test_the_remedy_is_the_first_after_which_all_walls_hold():
    """Fewer servers would do for the cost, but not for the load; a lower rent does for both."""
    found = audit(PLAN | {"budget": Q_("50000 USD")})
    rent = next(price for price in Prices if str(price) in found.remedy)
    assert audit(PLAN | {"budget": Q_("50000 USD"), "chip_hour": rent}).feasible


def test_the_p99_is_that_of_as_many_replicas():
    asked = {"precision": "fp16", "max_seq_len": 2304, "output_tokens": 256, "max_batch_size": 32, "service_time_cv": 1}
    found = ServingCapacityModel().solve(LLAMA, H100, 80, 12_000, **asked)
    needed, target = found.required_replicas, Q_("12 s")
    plan = PLAN | {"fleet": Fleet(Server("One", H100, 1), needed), "batch_size": 32 * needed, "p99": target}
    assert wall(audit(plan), "tail latency").need == pytest.approx(found.value("estimated_p99_latency"))
    assert wall(audit(plan), "tail latency").margin >= 0
    fewer = plan | {"fleet": Fleet(Server("One", H100, 1), needed - 1), "batch_size": 32 * (needed - 1)}
    assert wall(audit(fewer), "tail latency").margin < 0


@pytest.mark.parametrize("where", [{"fleet": FLEET}, {"hardware": H100, "batch_size": 32}])
def test_replicas_that_are_tried_keep_to_the_p99(where):
    asked = without("fleet", p99=Q_("6.1 s"), arrival_rate=Q_("90 request/s"))
    plan = serving_plan(**{"hardware": None} | asked | where)
    needed = ServingCapacityModel().solve(LLAMA, H100, 90, 6100, 2304, output_tokens=256,
                                          service_time_cv=1).required_replicas
    (words, more), = replicas_for_p99(plan, None)
    assert words == (f"{-(-needed // 8)} servers" if "fleet" in where else f"{needed} replicas")
    assert audit(more).margins["tail latency"] >= 0 and more.requests == plan.requests


def test_answers_of_equal_length_have_a_shorter_tail():
    assert wall(audit(PLAN | {"service_time_cv": 0}), "tail latency").need < wall(audit(PLAN), "tail latency").need


def test_requests_that_pile_up_have_no_p99_and_bind_by_throughput():
    found = audit(PLAN | {"arrival_rate": Q_("500 request/s")})
    assert "tail latency" not in found.margins and found.margins["throughput"] < 0
    assert any("tail latency, for more requests come than can be answered" in said for said in found.left_out)


def test_weights_that_do_not_fit_bind_before_any_load():
    found = audit(without("fleet", "ttft", "itl", model=Models.Llama3_70B, hardware=H100, batch_size=4))
    assert found.binding.name == "memory capacity"
    for name in ("throughput", "cost of tokens"):
        assert f"Left out: {name}, for not even one request fits." in found.left_out


def test_failures_are_recoveries_of_a_replica():
    """A chip fails every 999 h and is back after 1 h: 0.1 % of the time is lost, of two chips 0.2 %."""
    plan = PLAN | {"mttf": Q_("999 hour"), "recovery_time": Q_("1 hour"), "waste_limit": 0.01}
    assert wall(audit(plan), "failures").need == pytest.approx(0.001)
    assert wall(audit(plan), "failures").margin == pytest.approx(0.9)
    assert wall(audit(plan | {"tensor_parallel": 2}), "failures").need == pytest.approx(2 / 1001)
    assert "11.5 failures in all" in str(wall(audit(plan), "failures"))  # of 16 chips in 720 h
    assert "in all" not in str(wall(audit({name: plan[name] for name in plan if name != "duration"}), "failures"))


def test_energy_carbon_and_cost_are_those_of_their_classes():
    found = audit(PLAN | {"region": "France"})
    drawn = SustainabilityModel().solve(FLEET, 30, region="France")
    costs = EconomicsModel().solve(FLEET, 30, grid="France", chip_hour="H100_AWS", throughput=Q_("20480 token/s"))
    assert wall(found, "energy").need == pytest.approx(drawn.value("energy"))
    assert wall(found, "carbon").need == pytest.approx(drawn.value("total_carbon_kg"))
    assert wall(found, "cost").need == pytest.approx(costs.value("rented_usd"))
    assert wall(found, "cost of tokens").need == pytest.approx(costs.value("rented_per_token"))
    assert "France" in str(wall(found, "carbon")) and "H100 at AWS" in str(wall(found, "cost"))


def test_what_is_bought_costs_what_owning_does():
    plan = without("chip_hour", chip_price=Q_("30000 USD"))
    owned = EconomicsModel().solve(FLEET, 30, chip_price=Q_("30000 USD"))
    assert wall(audit(plan), "cost").need == pytest.approx(owned.value("tco_usd"))
    assert "bought" in str(wall(audit(plan), "cost"))


def test_a_chip_without_a_fleet_stands_in_an_average_data_center():
    found = audit(without("fleet", hardware=H100, batch_size=32, arrival_rate=Q_("2 request/s"), region="US_Average"))
    one = SustainabilityModel().solve(Fleet(Server("One", H100, 1), 1), 30)
    assert wall(found, "energy").need == pytest.approx(one.value("energy"))


def test_tokens_that_nobody_asks_for_cost_too():
    """Half as many requests make each token twice as dear; without a rate the replicas are full."""
    need = {rate: wall(audit(PLAN | {"arrival_rate": Q_(rate, "request/s")}), "cost of tokens").need
            for rate in (20, 40)}
    assert need[20] == pytest.approx(2 * need[40])
    assert wall(audit(without("arrival_rate")), "cost of tokens").need < need[40]


@pytest.mark.parametrize("left, says", [
    ("p99", "tail latency (p99)"), ("output_len", "tail latency (output_len)"), ("mttf", "failures (mttf)"),
    ("energy_budget", "energy (energy_budget)"), ("carbon_budget", "carbon (carbon_budget)"),
    ("duration", "cost (duration)"), ("budget", "cost (budget)"), ("chip_hour", "cost (chip_hour or chip_price)"),
    ("budget_per_token", "cost of tokens (budget_per_token)"), ("arrival_rate", "throughput (arrival_rate)")])
def test_a_wall_without_data_is_named_with_what_it_wants(left, says):
    found = audit(without(left))
    assert [says in said for said in found.left_out].count(True) == 1, found.left_out
    assert says.partition(" (")[0] not in found.margins


def test_carbon_wants_a_region_where_there_is_no_fleet():
    plan = without("fleet", hardware=H100, batch_size=4)
    assert any("carbon (region or fleet)" in said for said in audit(plan).left_out)
    assert "carbon" in audit(plan | {"region": Grids.France}).margins


def test_a_figure_that_is_not_published_is_said():
    chip = changed(H100, power=float("nan"))
    found = audit(without("fleet", hardware=chip, batch_size=32, region="France"))
    assert "energy" not in found.margins
    assert "Left out: energy, for a figure of it is not published." in found.left_out


@pytest.mark.parametrize("change, says", [
    ({"p99": 3}, "p99 is 3, without a unit"), ({"p99": Q_("3 GB")}, "p99"), ({"p99": Q_("-1 s")}, "p99 is -1"),
    ({"mttf": "Llama_4"}, "Llama_3_405B"), ({"mttf": 3}, "mttf is 3, without a unit"),
    ({"waste_limit": 2}, "waste_limit is 2"), ({"waste_limit": 0}, "waste_limit is 0"),
    ({"recovery_time": 60}, "recovery_time is 60, without a unit"), ({"budget": Q_("3 t")}, "budget"),
    ({"carbon_budget": Q_("3 USD")}, "carbon_budget"), ({"energy_budget": 5}, "energy_budget is 5"),
    ({"chip_hour": "H100_AWX"}, "H100_AWS"), ({"chip_price": Q_("3e4 USD")}, "leave one of them out"),
    ({"service_time_cv": -1}, "service_time_cv is -1"), ({"region": "Francia"}, "France"),
    ({"budget_per_token": Q_("2 USD")}, "budget_per_token"), ({"duration": Q_([1, 2], "day")}, "a plan is one plan")])
def test_bad_budgets_get_a_sentence(change, says):
    with pytest.raises((ValueError, TypeError), match=says):
        audit(PLAN | change)


@RUNS
@given(models, chips, st.integers(1, 256), st.integers(1, 4096), st.integers(1, 2048), st.floats(1e-3, 1e4),
       st.floats(1e-2, 1e3), st.floats(1, 1e9), st.floats(1, 1e8))
def test_every_plan_has_an_answer(model, chip, batch, prompt, answer, rate, p99, mttf, budget):
    found = audit({"model": model, "hardware": chip, "batch_size": batch, "seq_len": prompt, "output_len": answer,
                   "arrival_rate": Q_(rate, "request/s"), "p99": Q_(p99, "s"), "mttf": Q_(mttf, "s"),
                   "duration": Q_(mttf, "s"), "budget": Q_(budget, "USD"), "chip_hour": Q_("2 USD/hour"),
                   "budget_per_token": Q_(budget, "USD/Mtoken"), "region": "France",
                   "carbon_budget": Q_(budget, "kg"), "energy_budget": Q_(budget, "MJ")})
    margins = [one.margin for one in found.walls]
    assert margins == sorted(margins) and not np.isnan(margins).any() and found.feasible == (margins[0] >= 0)
    assert "nan" not in str(found) and len({*found.margins, *(said.split(",")[0] for said in found.left_out)}) >= 8
