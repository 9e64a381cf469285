"""Fleets and what they stand on: every figure has a source, and what makes no sense is refused in a sentence."""

from __future__ import annotations

import numpy as np
import pytest

from solver import Datacenter, Datacenters, Fabric, Fabrics, Fleet, Grid, Grids, Hardware, Server, Servers
from solver.base.fleets import datacenter, fleet, grid
from solver.zoo.records import Source


@pytest.mark.parametrize("record", [*Grids, *Datacenters, *Servers, *Fabrics], ids=str)
def test_every_figure_has_a_source(record):
    figures = [name for name in ("carbon", "price", "pue", "wue", "chips", "power", "rate", "latency")
               if getattr(record, name, 0) and not np.isnan(getattr(record, name))]
    assert set(figures) <= set(record.sources)
    assert all(isinstance(source, Source) and source.url.startswith("https://") for source in record.sources.values())


@pytest.mark.parametrize("record", Grids, ids=str)
def test_a_grid_says_of_which_year_and_scope_it_is(record):
    assert 2018 <= record.year <= 2026 and record.scope in ("direct", "lifecycle")
    assert 0 < record.carbon * 3.6e9 < 1300  # g/kWh


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
