"""Fleets and what they stand on: every figure has a source, and what makes no sense is refused in a sentence."""

from __future__ import annotations

import numpy as np
import pytest

from solver import (
    Datacenter,
    Datacenters,
    Fabric,
    Fabrics,
    FailureRate,
    FailureRates,
    Fleet,
    Grid,
    Grids,
    Hardware,
    Models,
    Price,
    Prices,
    Server,
    Servers,
    ServingModel,
)
from solver.base.fleets import datacenter, fleet, grid
from solver.zoo.records import Source


@pytest.mark.parametrize("record", [*Grids, *Datacenters, *Servers, *Fabrics, *Prices, *FailureRates],
                         ids=str)
def test_every_figure_has_a_source(record):
    names = ("carbon", "price", "pue", "wue", "chips", "power", "rate", "latency", "count", "duration")
    figures = [name for name in names if getattr(record, name, 0) and not np.isnan(getattr(record, name))]
    assert set(figures) <= set(record.sources)
    assert all(isinstance(source, Source) and source.url.startswith("https://") for source in record.sources.values())


@pytest.mark.parametrize("record", Grids, ids=str)
def test_a_grid_says_of_which_year_and_scope_it_is(record):
    assert 2018 <= record.year <= 2026 and record.scope in ("direct", "lifecycle")
    assert 0 < record.carbon * 3.6e9 < 1300  # g/kWh


def test_there_is_enough_to_choose_from():
    counts = {zoo: len(zoo) for zoo in (Grids, Datacenters, Servers, Prices, FailureRates)}
    assert all(len(zoo) >= least for zoo, least in zip(counts, (12, 5, 6, 8, 3), strict=True)), counts
    assert {"US_Average", "France"} <= set(Grids.keys()) and "Average" in Datacenters
    assert {"DGX_A100", "DGX_H100"} <= set(Servers.keys())


@pytest.mark.parametrize("record", Datacenters, ids=str)
def test_a_data_center_is_plausible(record):
    assert 1.04 <= record.pue <= 1.7 and not record.wue * 3.6e6 > 2  # l/kWh
    assert record.grid in list(Grids)


@pytest.mark.parametrize("record", Servers, ids=str)
def test_a_server_draws_more_than_its_chips(record):
    assert not record.power < record.chips * record.device.power


@pytest.mark.parametrize("record", Prices, ids=str)
def test_a_price_is_of_a_chip_that_is_known_on_a_day(record):
    assert record.chip in Hardware and record.provider and record.date.year >= 2025
    assert 0.5 < record.rate * 3600 < 20  # USD/hour
    assert record.sources["rate"].date == record.date


def test_mean_times_to_failure():
    """Llama 3, table 5: 419 in 54 days on 16,384; Kokolis et al.: 6.50 and 2.34 for each 1,000 days of 8 chips."""
    hours = {key: record.mttf / 3600 for key, record in zip(FailureRates.keys(), FailureRates, strict=True)}
    assert hours["Llama_3_405B"] == pytest.approx(50_677, rel=1e-4)
    assert (hours["RSC_1"], hours["RSC_2"]) == (pytest.approx(29_538, rel=1e-4), pytest.approx(82_051, rel=1e-4))
    assert all(1e4 < value < 1e5 for value in hours.values())
    assert all(record.chip in Hardware for record in FailureRates)


def test_chips_of_a_fleet():
    whole = Fleet(Servers.DGX_H100, 2048)
    assert (whole.chips, whole.joined, whole.power) == (16384, 8, 16384 * 700)
    assert Fleet(Servers.DGX_H100, np.array([1.0, 2.0])).chips.tolist() == [8, 16]
    assert Fleet(Server("Cards", Hardware["L40S"], 4), 2).joined == 1  # cards without a link of their own


@pytest.mark.parametrize("make, says", [
    (lambda: Fleet(Hardware.Cloud.H100, 4), "a chip: a fleet has servers"),
    (lambda: Fleet("DGX", 4), "should be a record such as Servers.DGX_H100"),
    (lambda: Fleet(Servers.DGX_H100, 0), "count is 0: servers come whole"),
    (lambda: Fleet(Servers.DGX_H100, 1.5), "count is 1.5: servers come whole"),
    (lambda: Fleet(Servers.DGX_H100, float("nan")), "count is nan"),
    (lambda: Fleet(Servers.DGX_H100, True), "count is True, and should be a number"),
    (lambda: Server("Mine", Hardware.Cloud.H100, 2.5), "2.5 chips: give a whole number"),
    (lambda: Datacenter("Mine", pue=0.9), "PUE of 0.9: it is all energy"),
    (lambda: Price("Mine", rate=0), "price 'Mine' is 0 USD/s: give what an hour costs"),
    (lambda: FailureRate("Mine", 0, 8, "1 day"), "count of 'Mine' is 0: give a number above 0"),
    (lambda: FailureRate("Mine", 1, 8, "0 day"), "duration of 'Mine' is 0.0"),
    (lambda: Grid("Mine", carbon=-1), "give both from 0 on"),
    (lambda: Fabric("Mine", rate="50 GB/s", topology="tree"), "topology 'tree' is not known. Did you mean"),
    (lambda: Fabric("Mine", rate="50 GB/s", oversubscription=0.5), "oversubscription of 0.5"),
    (lambda: fleet("fleet", Hardware.Cloud.H100), "fleet is NVIDIA H100 SXM, a chip"),
    (lambda: fleet("fleet", Servers.DGX_H100), "one kind of server"),
    (lambda: grid("region", "Frence"), "region 'Frence' is not known. Did you mean France"),
    (lambda: datacenter("datacenter", 3), "datacenter is 3, and should be a record")])
def test_what_makes_no_sense_is_refused_in_a_sentence(make, says):
    with pytest.raises((ValueError, TypeError), match=says):
        make()


@pytest.mark.parametrize("make, says", [
    (lambda: Fabric("Mine", 50), "rate of 'Mine' is 50 byte/second: give a figure from .* such as '50 GB/s'"),
    (lambda: Fabric("Mine", True), "rate of 'Mine' is True"),
    (lambda: Fabric("Mine", "inf GB/s"), "rate of 'Mine' is inf"),
    (lambda: Fabric("Mine", "50 GB/s", oversubscription=float("nan")), "oversubscription of 'Mine' is nan"),
    (lambda: Grid("Mine", carbon=400), "carbon of 'Mine' is 400 kilogram/joule.*'400 g/kWh'"),
    (lambda: Grid("Mine", carbon=True), "carbon of 'Mine' is True"),
    (lambda: Price("Mine", rate=2.5), "rate of 'Mine' is 2.5 dollar/second.*'2.50 USD/hour'"),
    (lambda: Datacenter("Mine", wue=1.8), "wue of 'Mine' is 1.8 liter/joule"),
    (lambda: Datacenter("Mine", price=0.1), "price of 'Mine' is 0.1 dollar/joule"),
    (lambda: Datacenter("Mine", pue=float("nan")), "pue of 'Mine' is nan"),
    (lambda: Datacenter("Mine", pue=True), "pue of 'Mine' is True"),
    (lambda: FailureRate("Mine", 4, 8, 5), "duration of 'Mine' is 5 second"),
    (lambda: Server("Mine", Fleet(Servers.DGX_H100, 2), 8), "device is 2 × DGX H100, and should be a chip"),
    (lambda: Fleet(Servers.DGX_H100, 2, "NRD"), "fabric 'NRD' is not known. Did you mean NDR"),
    (lambda: Fleet(Servers.DGX_H100, 2, 50), "fabric is 50, and should be a record"),
    (lambda: ServingModel().solve(Models.Llama3_8B, Fleet(Servers.DGX_H100, 2), 2048),
     "hardware is 2 × DGX H100, a fleet, and one chip is asked for: give its .device, NVIDIA H100 SXM"),
    (lambda: ServingModel().solve(Fleet(Servers.DGX_H100, 2), Models.Llama3_8B, 2048), "were model and fleet swapped")])
def test_figures_meant_in_another_unit_and_swapped_machines_get_a_sentence(make, says):
    with pytest.raises((ValueError, TypeError), match=says) as refused:
        make()
    assert len(str(refused.value)) < 260
