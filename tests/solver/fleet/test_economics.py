"""Costs of fleets: published ones, owning against renting, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import RUNS
from hypothesis import given
from hypothesis import strategies as st

from mlsysim_labs.reactive.trace import program, run, symbol
from solver import (
    Q_,
    EconomicsModel,
    Fleet,
    Grids,
    Hardware,
    Models,
    Price,
    Prices,
    Server,
    Servers,
    ServingModel,
    changed,
)

SOLVE = EconomicsModel().solve
H100 = Hardware.Cloud.H100
FLEET, ONE = Fleet(Servers.DGX_H100, 128), Fleet(Server("One", H100, 1), 1)
BOUGHT = {"chip_price": Q_("25000 USD"), "infrastructure_multiplier": 1.5}
RENTED = {"chip_hour": Prices.H100_Lambda}
dollars = st.floats(100, 1e5)
shares = st.floats(0.05, 1)


def test_deepseek_v3():
    """DeepSeek-V3 Technical Report 2024, table 1, at 2 USD for an hour of an H800: 2.664 M hours of pre-training are
    5.328 MUSD, 119 K 0.238, 5 K 0.01; 2.788 M in all 5.576."""
    h800 = changed(H100, name="NVIDIA H800", link="200 GB/s")
    eight = Fleet(Server("H800 server", h800, 8), 1)
    stages = SOLVE(eight, Q_([333_000, 14_875, 625, 348_500], "hour"), chip_hour=Q_("2 USD/hour"))
    assert stages.rented_usd.m_as("MUSD") == pytest.approx([5.328, 0.238, 0.01, 5.576])


def test_a_million_tokens():
    """At 2.50 USD an hour, Llama 3.1 8B on an H100 at 4K of context, at best: 216 token/s at batch 1, 4,345 at 64."""
    served = ServingModel().solve(Models.Llama3_8B, H100, 4096, [1, 64], profile="ideal")
    assert served.tokens_per_second == pytest.approx([216, 4345], abs=0.5)
    r = SOLVE(ONE, 1, chip_hour=Q_("2.50 USD/hour"), throughput=Q_(served.tokens_per_second, "token/s"))
    assert r.rented_per_token[0].m_as("USD/Mtoken") == pytest.approx(3.22, abs=0.006)
    assert r.rented_per_token[1].m_as("USD/Mtoken") == pytest.approx(0.160, abs=5e-4)
    assert np.isnan(r.owned_per_token.magnitude).all() and "without chip_price" in r.constraint_trace[0]


def test_a_fleet_that_is_owned():
    """128 DGX H100 for 30 days: 1,024 chips of 25,000 USD, half as much again for the rest, over three years."""
    r = SOLVE(FLEET, 30, **BOUGHT, maintenance_share=0.04)
    assert r.purchase_usd.m_as("USD") == pytest.approx(38_400_000)
    assert r.capex_usd.m_as("USD") == pytest.approx(38_400_000 * 30 / 1095.75)
    assert r.opex_maintenance_usd.m_as("USD") == pytest.approx(0.04 * 38_400_000 * 30 / 365.25)
    assert r.energy.m_as("MWh") == pytest.approx(1024 * 0.7 * 720 * 1.54 / 1000)
    assert r.opex_energy_usd.m_as("USD") == pytest.approx(80.6 * r.energy.m_as("MWh"))
    assert r.total_opex_usd == r.opex_energy_usd + r.opex_maintenance_usd
    assert r.tco_usd.magnitude == pytest.approx((r.capex_usd + r.total_opex_usd).magnitude)


def test_the_price_of_electricity():
    own = [SOLVE(FLEET, 30, price).opex_energy_usd.m_as("USD") for price in (0.1, Q_("100 USD/MWh"))]
    assert own[0] == pytest.approx(own[1])
    assert SOLVE(FLEET, 30, grid=Grids.Texas).opex_energy_usd.m_as("USD") == pytest.approx(0.66 * own[0])
    france = SOLVE(FLEET, 30, grid="France")
    assert np.isnan(france.tco_usd.magnitude) and any("No price of France" in said or "no price of France" in said
                                                      for said in france.constraint_trace)


def test_whose_price_it_is_is_said():
    assert "Rent: H100 at Lambda of 2026-09-25." in SOLVE(FLEET, 30, **RENTED).constraint_trace
    other = SOLVE(FLEET, 30, chip_hour="A100_Lambda").constraint_trace
    assert any("which is not the price of NVIDIA H100 SXM" in said for said in other)
    mine = SOLVE(FLEET, 30, chip_hour=Price("Mine", rate="1 USD/hour"))
    assert mine.rented_usd.m_as("USD") == pytest.approx(737_280) and "Rent: Mine." in mine.constraint_trace


def test_what_the_defaults_count_is_said():
    bare = " ".join(SOLVE(FLEET, 30, chip_price=Q_("25000 USD"), **RENTED).constraint_trace)
    assert "for mfu is 1" in bare and "hosts, network and building, for infrastructure_multiplier is 1" in bare
    whole = " ".join(SOLVE(FLEET, 30, **BOUGHT, mfu=0.4).constraint_trace)
    assert "mfu is 1" not in whole and "infrastructure_multiplier" not in whole


def test_when_owning_pays():
    r = SOLVE(FLEET, 30, **BOUGHT, **RENTED)
    assert 0 < r.break_even_utilization < 1 and r.constraint_trace[0].startswith("Owning is cheaper. Owning pays from")
    there = SOLVE(FLEET, 30, **BOUGHT, **RENTED, utilization=r.break_even_utilization)
    assert there.rented_usd.magnitude == pytest.approx(there.tco_usd.magnitude)
    dear = SOLVE(FLEET, 30, chip_price=Q_("1e6 USD"), **RENTED)
    assert dear.break_even_utilization > 1 and "would not pay at any utilization" in dear.constraint_trace[0]
    cheap = SOLVE(FLEET, 30, **BOUGHT, chip_hour=Q_("0.01 USD/hour"), idle_share=0)
    assert cheap.break_even_utilization == np.inf, "electricity alone costs more"


@RUNS
@given(dollars, st.floats(0.5, 20), shares, st.floats(0, 1), st.floats(0, 0.3))
def test_owning_and_renting_meet_at_the_break_even(price, hour, power_share, idle, upkeep):
    asked = {"chip_price": Q_(price, "USD"), "chip_hour": Q_(hour, "USD/hour"), "idle_share": idle,
             "power_share": power_share, "maintenance_share": upkeep}
    share = SOLVE(FLEET, 30, **asked).break_even_utilization
    if share <= 1:
        there = SOLVE(FLEET, 30, **asked, utilization=share)
        assert there.rented_usd.magnitude == pytest.approx(there.tco_usd.magnitude, rel=1e-9)
        less = SOLVE(FLEET, 30, **asked, utilization=0.9 * share)
        assert less.rented_usd < less.tco_usd


@RUNS
@given(st.integers(1, 4096), st.floats(0.1, 1000), shares, dollars)
def test_costs_are_in_proportion(servers, time, used, price):
    asked = {"chip_price": Q_(price, "USD"), "maintenance_share": 0.05, "utilization": used, "throughput": Q_(
        "1000 token/s"), "mfu": 0.4} | RENTED
    one, more, longer = (SOLVE(Fleet(Servers.DGX_H100, n), t, **asked) for n, t in (
        (servers, time), (3 * servers, time), (servers, 3 * time)))
    for name in ("rented_usd", "capex_usd", "opex_energy_usd", "opex_maintenance_usd", "total_opex_usd", "tco_usd",
                 "energy", "work"):
        for other in (more, longer):
            assert other.value(name) == pytest.approx(3 * one.value(name))
    for name in ("break_even_utilization", "rented_per_work", "owned_per_work"):
        assert more.value(name) == pytest.approx(one.value(name)) == longer.value(name)
    assert longer.rented_per_token.magnitude == pytest.approx(one.rented_per_token.magnitude)
    assert more.rented_per_token.magnitude == pytest.approx(3 * one.rented_per_token.magnitude), "for the same tokens"
    assert one.tco_usd >= one.total_opex_usd >= one.opex_energy_usd


def test_idle_chips_save_what_they_do_not_draw():
    full, idle, off = (SOLVE(FLEET, 30, **BOUGHT, **RENTED, **more) for more in (
        {}, {"utilization": 0.5, "idle_share": 0.5}, {"utilization": 0.5, "idle_share": 0}))
    assert idle.energy.magnitude == pytest.approx(0.75 * full.energy.magnitude)
    assert off.energy.magnitude == pytest.approx(0.5 * full.energy.magnitude)
    assert off.rented_usd.magnitude == pytest.approx(0.5 * full.rented_usd.magnitude)
    assert off.capex_usd == full.capex_usd, "which is paid for all of the time"


def test_knobs_are_followed():
    r = SOLVE(FLEET, 30, **BOUGHT, chip_hour=symbol("hour"), utilization=symbol("used"))
    said = run(program({"rented": r.rented_usd, "even": r.break_even_utilization}), {"hour": 2.5 / 3600, "used": 0.5})
    known = SOLVE(FLEET, 30, **BOUGHT, chip_hour=Q_("2.5 USD/hour"), utilization=0.5)
    assert said["rented"] == pytest.approx(known.rented_usd.m_as("USD")) and r.constraint_trace == []
    assert said["even"] == pytest.approx(known.break_even_utilization)


@pytest.mark.parametrize("asked, says", [
    ({"chip_hour": 2.5}, "chip_hour is 2.5, without a unit"), ({"chip_hour": "H100"}, "Did you mean H100_AWS"),
    ({"chip_hour": Q_("2.5 USD")}, "chip_hour is 2.5"), ({"infrastructure_multiplier": 0.5}, "a number from 1 on"),
    ({"kwh_price": -0.1}, "a number of dollar/kWh from 0"), ({"amortization_years": 0}, "above 0"),
    ({"utilization": 0}, "from just above 0"), ({"throughput": Q_("3 request/s")}, "should be in token/second")])
def test_bad_input_is_answered(asked, says):
    with pytest.raises((ValueError, TypeError), match=says):
        SOLVE(**{"fleet": FLEET, "duration_days": 30} | asked)
