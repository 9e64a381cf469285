"""Energy and carbon of fleets: published runs, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import RUNS
from hypothesis import given
from hypothesis import strategies as st

from mlsysim_labs.reactive.trace import program, run, symbol
from solver import Q_, Datacenter, Datacenters, Fleet, Grid, Grids, Hardware, Server, Servers, SustainabilityModel

SOLVE = SustainabilityModel().solve
V100, A100, H100 = Hardware.Cloud.V100, Hardware.Cloud.A100, Hardware.Cloud.H100
FLEET = Fleet(Servers.DGX_H100, 128)
days = st.floats(0.1, 1000)


def bare(servers: int, chips: int = 8, chip=A100) -> Fleet:
    """A fleet in a data center without cooling."""
    return Fleet(Server("Bare", chip, chips), servers, datacenter=Datacenter("Bare", pue=1.0))


def test_gpt_3():
    """Patterson et al. 2021, "Carbon Emissions and Large Neural Network Training", table 4: 10,000 V100 that draw
    330 W for 14.8 days, a PUE of 1.10, 0.429 kg/kWh: 1,287 MWh and 552.1 t; 24.6 TFLOP/s, 3.14e23 FLOP."""
    fleet = Fleet(Server("Azure", V100, 8), 1250, datacenter=Datacenters.GPT3_Azure)
    r = SOLVE(fleet, 14.8, mfu=24.6 / 125, power=Q_("330 W"), region=Grid("As published", carbon="0.429 kg/kWh"))
    assert r.energy.m_as("MWh") == pytest.approx(1287, rel=0.01) and r.pue == 1.10
    assert r.carbon_footprint_kg.m_as("t") == pytest.approx(552.1, rel=0.01)
    assert r.work.m_as("FLOP") == pytest.approx(3.14e23, rel=0.01)


def test_bloom():
    """Luccioni et al. 2022, "Estimating the Carbon Footprint of BLOOM", table 1: 1,082,990 hours of an A100 at 400 W
    are 433,196 kWh, at 57 g 24.69 t; with a PUE of 1.2 about 30 t."""
    hours, france = Q_("108299 hour"), Grid("As published", carbon="57 g/kWh")
    r = SOLVE(bare(1, 10), hours, power=Q_("400 W"), region=france)
    assert r.it_energy_kwh.m_as("kWh") == pytest.approx(433_196, rel=1e-6)
    assert r.carbon_footprint_kg.m_as("t") == pytest.approx(24.69, abs=0.005)
    sited = SOLVE(bare(1, 10), hours, "Jean_Zay", power=Q_("400 W"), region=france)
    assert sited.carbon_footprint_kg.m_as("t") == pytest.approx(30, rel=0.02)
    whole = SOLVE(bare(48), Q_("118.24 day"), region=france)  # 48 nodes of 8, by the clock
    assert whole.it_energy_kwh.m_as("kWh") == pytest.approx(433_196, rel=0.01)


@pytest.mark.parametrize("carbon, tons", [("0.4 kg/kWh", 400), ("0.03 kg/kWh", 30)])
def test_a_gigawatt_hour(carbon, tons):
    r = SOLVE(bare(125), Q_("1000 hour"), power=Q_("1 kW"), region=Grid("Any", carbon=carbon))
    assert r.energy.m_as("GWh") == pytest.approx(1)
    assert r.carbon_footprint_kg.m_as("t") == pytest.approx(tons)


def test_what_making_chips_emits():
    """NVIDIA, product carbon footprint of the HGX H100, July 2025: 1,312 kg for a board of eight, 164 each."""
    board = SOLVE(Fleet(Servers.DGX_H100, 1), 365.25, embodied_carbon_per_device=164)
    assert board.embodied_carbon_kg.m_as("kg") == pytest.approx(1312)
    year = SOLVE(Fleet(Servers.DGX_H100, 1), 365.25, embodied_carbon_per_device=164, lifetime_years=4)
    assert year.embodied_carbon_kg.m_as("kg") == pytest.approx(328)
    assert year.total_carbon_kg == year.carbon_footprint_kg + year.embodied_carbon_kg
    assert not any("Embodied" in said for said in year.constraint_trace)


def test_what_is_counted_is_said():
    said = SOLVE(FLEET, 30).constraint_trace
    assert said[0].startswith("Power: the board power of NVIDIA H100 SXM, 700 W, at most; give power")
    assert "A DGX H100 as a whole may draw 10.2 kW." in said[0]
    assert said[1].startswith("Grid: US average, of 2023, which counts only what plants emit as they run.")
    assert "Water: unknown" in said[2] and "embodied_carbon_per_device" in said[3] and "for mfu is 1" in said[4]
    assert not any("Work:" in said for said in SOLVE(FLEET, 30, mfu=0.4).constraint_trace)
    measured = SOLVE(FLEET, 30, "Google", power=Q_("500 W"), region=Grids.France)
    assert measured.constraint_trace[0].startswith("Power: as given") and measured.region_name == "France"
    assert not any("Water" in said for said in measured.constraint_trace)
    tpu = SOLVE(Fleet(Server("Host", Hardware.Cloud.TPUv5p, 4), 1), 1)
    assert np.isnan(tpu.energy.magnitude) and "nobody publishes the board power" in tpu.constraint_trace[0]


def test_an_mfu_moves_no_watt():
    half, full = SOLVE(FLEET, 30, mfu=0.5), SOLVE(FLEET, 30)
    assert half.energy == full.energy and half.work == full.work / 2
    assert half.work_per_energy == full.work_per_energy / 2


@RUNS
@given(st.integers(1, 4096), days, st.sampled_from(list(Datacenters)), st.sampled_from(list(Grids)),
       st.floats(0.05, 1), st.floats(1, 2000))
def test_laws(servers, time, site, grid, share, watts):
    asked = {"datacenter": site, "region": grid, "power_share": share, "power": Q_(watts, "W"),
             "embodied_carbon_per_device": 164}
    one, more, longer = (SOLVE(Fleet(Servers.DGX_H100, n), t, **asked) for n, t in (
        (servers, time), (3 * servers, time), (servers, 3 * time)))
    for name in ("it_energy_kwh", "total_energy_kwh", "energy", "carbon_footprint_kg", "water_usage_liters", "work"):
        for other in (more, longer):
            np.testing.assert_allclose(other.value(name), 3 * one.value(name), rtol=1e-12)
    assert more.embodied_carbon_kg.magnitude == pytest.approx(3 * one.embodied_carbon_kg.magnitude)
    assert longer.value("embodied_carbon_kg") == pytest.approx(one.value("embodied_carbon_kg")), "all, however long"
    assert one.total_energy_kwh >= one.it_energy_kwh and one.values["energy"] == one.values["total_energy_kwh"]
    assert one.it_energy_kwh.magnitude <= SOLVE(
        Fleet(Servers.DGX_H100, servers), time, power=Q_(watts, "W")).it_energy_kwh.magnitude * (1 + 1e-12)


def test_arrays_of_fleets_and_days():
    r = SOLVE(Fleet(Servers.DGX_H100, np.array([1.0, 2.0])), np.array([[1.0], [30.0]]))
    assert r.energy.magnitude.shape == (2, 2)
    assert r.energy[1, 1].m_as("MWh") == pytest.approx(SOLVE(Fleet(Servers.DGX_H100, 2), 30).energy.m_as("MWh"))


def test_knobs_are_followed():
    r = SOLVE(Fleet(Servers.DGX_H100, symbol("servers")), symbol("time"), region="France")
    said = run(program({"carbon": r.carbon_footprint_kg}), {"servers": 128, "time": 30})
    assert said["carbon"] == pytest.approx(SOLVE(FLEET, 30, region="France").carbon_footprint_kg.m_as("kg"))
    assert r.constraint_trace == []


@pytest.mark.parametrize("asked, says", [
    ({"duration_days": 0}, "a number of day above 0"), ({"mfu": 40}, "give a share from just above 0"),
    ({"power": 330}, "power is 330, without a unit: write Q_\\('330 W'\\)"), ({"region": "Frence"}, "mean France"),
    ({"datacenter": "Goggle"}, "mean Google"), ({"embodied_carbon_per_device": -1}, "a number of kilogram from 0"),
    ({"fleet": Servers.DGX_H100}, "one kind of server")])
def test_bad_input_is_answered(asked, says):
    with pytest.raises((ValueError, TypeError), match=says):
        SOLVE(**{"fleet": FLEET, "duration_days": 30} | asked)
