"""Where to run a fleet: the order of regions, the tax that turns it, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import RUNS
from hypothesis import given
from hypothesis import strategies as st

from mlsysim_labs.reactive.trace import program, run, symbol
from solver import Q_, Datacenters, Fleet, Grid, Grids, PlacementOptimizer, Servers, SustainabilityModel

SOLVE = PlacementOptimizer().solve
FLEET = Fleet(Servers.DGX_H100, 128)
DIRTY = Grid("Dirty", carbon="800 g/kWh", price="0.05 USD/kWh")
MIDDLE = Grid("Middle", carbon="400 g/kWh", price="0.06 USD/kWh")
CLEAN = Grid("Clean", carbon="50 g/kWh", price="0.12 USD/kWh")
PRICED = [key for key in Grids.keys() if Grids[key].price > 0]  # noqa: SIM118 - a zoo goes through its records


def test_the_tax_that_turns_the_order():
    """One cent a kWh for 400 g is 25 USD a ton; six for 350 g 171.43."""
    regions = [DIRTY, MIDDLE, CLEAN]
    r = SOLVE(FLEET, 30, regions, [0, 24.9, 25.1, 171, 172])
    assert r.best_region.tolist() == ["Dirty", "Dirty", "Middle", "Middle", "Clean"]
    one = SOLVE(FLEET, 30, regions)
    assert one.best_region == "Middle" and one.best_place == 1
    assert one.best_from_tax.m_as("USD/t") == pytest.approx(25)
    assert one.best_to_tax.m_as("USD/t") == pytest.approx(60 / 0.35)
    assert one.constraint_trace[0] == "Best: Middle, from 25 USD/t up to a tax of 171 USD/t."
    last = SOLVE(FLEET, 30, regions, 1000)
    assert last.best_to_tax.magnitude == np.inf and last.constraint_trace[0].endswith("at any higher tax.")


def test_the_best_at_any_tax_is_said_to_be():
    assert SOLVE(FLEET, 30).constraint_trace[0] == "Best: Quebec, at any tax."
    alike = SOLVE(FLEET, 30, ["US_Average", "USA"])  # one price, counted in two ways
    assert alike.best_region == "US average" and str(alike.best_from_tax) == "0 USD/t"
    assert alike.constraint_trace[0] == "Best: US average, at any tax."


def test_a_region_without_a_price_is_left_out_of_the_choice():
    said = SOLVE(FLEET, 30, ["Iowa", "France"]).constraint_trace[1]
    assert "left out of the choice" in said
    assert said.endswith("Less is emitted in France than in the best of the others.")


def test_each_region_is_there_by_name():
    r = SOLVE(FLEET, 30)
    assert list(r.by_region) == ["US average", "Quebec", "Iowa"] and r.best_region == "Quebec"
    quebec = r.by_region["Quebec"]
    for name in ("tco", "carbon_footprint", "pue", "energy", "taxed_tco"):
        assert r.value(name) == quebec.value(name)
    assert r.lowest_tco == quebec.tco
    assert quebec.taxed_tco.m_as("USD") == pytest.approx(
        (quebec.tco + Q_("100 USD/t") * quebec.carbon_footprint).m_as("USD"))
    assert "MWh" in str(quebec.working("energy")) or "no working" not in quebec.working("electricity_cost")


def test_it_agrees_with_what_a_fleet_emits():
    for region in PRICED:
        placed = SOLVE(FLEET, 30, [region], power=Q_("500 W")).by_region[Grids[region].name]
        emitted = SustainabilityModel().solve(FLEET, 30, region=region, power=Q_("500 W"))
        assert placed.carbon_footprint.m_as("kg") == pytest.approx(emitted.carbon_footprint_kg.m_as("kg"))
        assert placed.energy == emitted.energy


def test_a_data_center_keeps_its_own_figures():
    r = SOLVE(FLEET, 30, ["Google", "AWS", Datacenters.Average])
    assert [site.pue for site in r.by_region.values()] == [1.09, 1.14, 1.54]
    assert r.best_region == "Google, all sites" and r.pue == 1.09 and r.water.m_as("liter") > 0


def test_what_is_unknown_is_said():
    r = SOLVE(FLEET, 30, ["France", "Texas"])
    assert r.best_region == "Texas" and "Cost: unknown in France" in r.constraint_trace[1]
    assert "Compare grids of one scope" in r.constraint_trace[2]
    priced = SOLVE(FLEET, 30, ["France", "Texas"], kwh_price=0.08)
    assert priced.best_region == "France" and "unknown" not in "".join(priced.constraint_trace)
    none = SOLVE(FLEET, 30, ["France", "Norway"])
    assert none.best_region == "Unknown" and np.isnan(none.best_to_tax.magnitude)
    assert none.constraint_trace[0] == "Best: unknown, for no region has a known cost."


@RUNS
@given(st.permutations(PRICED).map(lambda names: names[:4]), st.floats(0, 2000), st.integers(1, 1000),
       st.floats(0.1, 1000))
def test_no_region_is_cheaper_than_the_best(regions, tax, servers, time):
    fleet = Fleet(Servers.DGX_H100, servers)
    r = SOLVE(fleet, time, regions, tax)
    assert all(r.taxed_tco <= site.taxed_tco for site in r.by_region.values())
    low, high = r.best_from_tax.m_as("USD/t"), r.best_to_tax.m_as("USD/t")
    assert low <= tax * (1 + 1e-9) and tax <= high * (1 + 1e-9)
    if low > 1e-3:
        assert SOLVE(fleet, time, regions, 0.999 * low).best_region != r.best_region
    if np.isfinite(high):
        assert SOLVE(fleet, time, regions, 1.001 * high).best_region != r.best_region
    dearer = SOLVE(fleet, time, regions, 2 * tax + 1)
    assert dearer.carbon_footprint.magnitude <= r.carbon_footprint.magnitude * (1 + 1e-12), "a tax never emits more"
    assert SOLVE(fleet, time, regions, tax, fixed_cost=Q_("1e7 USD")).best_region == r.best_region
    assert SOLVE(fleet, time, regions[::-1], tax).lowest_tco.magnitude == pytest.approx(r.lowest_tco.magnitude)
    assert SOLVE(Fleet(Servers.DGX_H100, 3 * servers), time, regions, tax).tco.magnitude == pytest.approx(
        3 * r.tco.magnitude)


def test_knobs_are_followed():
    r = SOLVE(FLEET, 30, [DIRTY, MIDDLE, CLEAN], symbol("tax"))
    said = program({"place": r.best_place, "carbon": r.carbon_footprint, "to": r.best_to_tax})
    for tax in (0.0, 100.0, 1000.0):
        found, known = run(said, {"tax": tax}), SOLVE(FLEET, 30, [DIRTY, MIDDLE, CLEAN], tax)
        assert found["place"] == known.best_place and found["to"] == pytest.approx(known.best_to_tax.m_as("USD/kg"))
        assert found["carbon"] == pytest.approx(known.carbon_footprint.m_as("kg"))
    assert r.constraint_trace == []


@pytest.mark.parametrize("regions, says", [
    ("France", "a list of regions, such as"), ([], "a list of regions"), (["Frence"], "Did you mean France"),
    ([3], "regions has 3"), (["France", Grids.France], "France more than once"), (["US_Avg"], "or US_Average")])
def test_regions_that_make_no_sense_are_answered(regions, says):
    with pytest.raises((ValueError, TypeError), match=says):
        SOLVE(FLEET, 30, regions)
