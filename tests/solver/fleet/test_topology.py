"""Shapes of networks: what their makers print of them, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import CLOSE, RUNS
from hypothesis import given
from hypothesis import strategies as st

from mlsysim_labs.reactive.trace import Choice, Symbol, program, run, symbol
from solver import Q_, Fabric, Fabrics, Fleet, Hardware, Server, Servers, TopologyModel
from solver.units import quantity

SHAPES = ("fat tree", "dragonfly", "torus", "ring")
POD = Fleet(Servers.DGX_H100, 128, "NDR")


def solve(*given, **asked):
    return TopologyModel().solve(*given, **asked)


@pytest.mark.parametrize("fabric, nodes, expected, within", [
    ("ICI_v5e", 256, 1.6, 0.001),  # docs.cloud.google.com/tpu/docs/v5e: bisection of a pod, 16 x 16 chips
    (Fabric("ICI of TPU v4", "300 GB/s", topology="torus"), 4096, 24, 0.07),  # tpu/docs/v4: 24 TB/s, of 16^3 chips
    ("NVL72", 72, 32.4, 0.001)])  # NVIDIA's data sheet: 130 TB/s of all chips, both ways, so that a half sends 32.4
def test_bisections_that_are_printed(fabric, nodes, expected, within):
    assert solve(fabric, num_nodes=nodes).bisection_bw.m_as("TB/s") == pytest.approx(expected, rel=within)


def test_pods_of_llama_3():
    """Grattafiori et al. 2024, 3.3.1: full bisection in pods of 3,072, 1:7 above them, 24,576 GPUs at 400 Gb/s."""
    r = solve(Fabrics.RoCE_Llama_3, num_nodes=[3072, 24576])
    assert r.bisection_bw_fraction == pytest.approx([1, 1 / 7])
    assert r.effective_bw.m_as("GB/s") == pytest.approx([50, 50 / 7 * 8 / 7])  # 7 of 8 pods are others
    assert r.all_reduce_time[0].m == pytest.approx(r.all_reduce_time[1].m, rel=0.001), "a ring is laid out along pods"


@pytest.mark.parametrize("nodes", [4, 64, 4096])
def test_shares_that_are_derived(nodes):
    """Dally, Towles 2004: of a ring 2 / n of what a half sends; of a torus the links of two cuts."""
    shares = {shape: solve(POD, shape, nodes).bisection_bw_fraction for shape in SHAPES}
    side = round(nodes ** (1 / 3))
    assert shares["fat tree"] == 1 and shares["dragonfly"] == 0.5 and shares["ring"] == pytest.approx(2 / nodes)
    if side**3 == nodes:
        links, each, half = 2 * side**2, 50 / 6, nodes / 2 * 50
        assert shares["torus"] == pytest.approx(links * each / half)


def test_hops_are_those_of_a_walk():
    """All pairs of a 4 x 4 x 4 torus, and of a ring of 64."""
    def distances(side, dimensions):
        along = np.minimum(np.arange(side), side - np.arange(side))
        total = along
        for _ in range(dimensions - 1):
            total = (total[..., None] + along).reshape(-1)
        return total

    for shape, side, dimensions in (("torus", 4, 3), ("ring", 64, 1), ("torus", 5, 3)):
        r, walk = solve(POD, shape, side**dimensions), distances(side, dimensions)
        assert r.hops_avg == pytest.approx(np.mean(walk)) and r.diameter == np.max(walk)


def test_a_tree_is_as_high_as_its_switches_need():
    """NVIDIA's QM9700 has 64 ports: 2,048 NICs take two levels, 65,536 three (Al-Fares et al. 2008: k^3 / 4)."""
    assert solve(POD, "fat tree", [64, 65, 2048, 2049, 65536]).diameter.tolist() == [0, 2, 2, 4, 4]
    assert solve(POD, "fat tree", [16, 17, 1024], radix=16).diameter.tolist() == [0, 2, 4]
    groups = np.arange(2048) // 32  # two levels: whoever shares the switch is no hop away
    assert solve(POD, "fat tree", 2048).hops_avg == pytest.approx(2 * np.mean(groups != groups[0]))


def test_others_words_and_arguments_by_place():
    for ours, theirs in (("fat tree", "fat_tree"), ("torus", "torus_3d")):
        assert solve(Fabrics.NDR, ours, 64).values == solve(Fabrics.NDR, theirs, 64).values
    assert solve("NDR", "ring").num_nodes == 64 and solve(POD).num_nodes == 1024


def test_a_hop_takes_its_time():
    r = solve(POD, hop_latency=Q_("1 us"))
    assert r.latency.m_as("us") == pytest.approx(68 + r.diameter)
    assert solve(POD, num_nodes=1).all_to_all_time == Q_("0 s")


def test_two_nodes_are_a_hop_apart_however_few_there_are():
    r = solve(POD, "torus", [1, 2, 7, 8])
    assert r.diameter.tolist() == [0, 1, 1, 3] and r.hops_avg == pytest.approx([0, 1 / 2, 6 / 7, 3 / 2])


def test_what_the_latency_is_is_said():
    assert "hop_latency is 0" in solve(POD, "ring").constraint_trace[-1]
    assert "hop_latency comes on top" in solve(POD, "ring", hop_latency=Q_("1 us")).constraint_trace[-1]


def test_sides_that_are_not_whole_are_said():
    """By hand: the middle of 8 x 8 x 16 cuts 2 x 64 links of 50 / 6 GB/s; 4 + 4 + 8 hops, 7 are a ring."""
    said = " ".join(solve(POD, "torus").constraint_trace)
    assert "10.1 nodes each" in said and "8 x 8 x 16 has a bisection of 1,067 GB/s and a diameter of 16." in said
    assert "1 x 1 x 7 has a bisection of 16.7 GB/s and a diameter of 3." in " ".join(
        solve(POD, "torus", 7).constraint_trace)
    assert not any("Torus:" in said for said in solve(POD, "torus", 64).constraint_trace)
    assert any("not whole at all points" in said for said in solve(POD, "torus", [64, 1024]).constraint_trace)


@RUNS
@given(st.sampled_from([*Fabrics]), st.sampled_from(SHAPES), st.integers(2, 10**5), st.floats(1, 10),
       st.floats(1e3, 1e10))
def test_laws_of_networks(fabric, shape, nodes, over, size):
    one, wide = Fabric("One", fabric.rate, oversubscription=over), Fabric("Wide", 2 * fabric.rate)
    message = quantity(size, "byte")
    narrow, large, free = (solve(network, shape, nodes, message=message).values
                           for network in (one, wide, Fabric("Free", fabric.rate)))
    for r in (narrow, large, free):
        assert 0 < r["bisection_bw_fraction"] <= 1 and 0 <= r["hops_avg"] <= r["diameter"] * CLOSE + 0.26
    assert narrow["effective_bw"] <= free["effective_bw"] * CLOSE <= fabric.rate * CLOSE**2
    assert narrow["all_to_all_time"] >= free["all_to_all_time"] / CLOSE
    assert free["all_to_all_time"] == pytest.approx(2 * large["all_to_all_time"])
    assert narrow["all_reduce_time"] == free["all_reduce_time"] == pytest.approx(2 * large["all_reduce_time"])
    assert free["bisection_bw"] == pytest.approx(free["bisection_bw_fraction"] * nodes / 2 * fabric.rate)


def test_it_can_be_followed_by_the_browser():
    assert isinstance(solve(POD, "torus", symbol("nodes")).all_to_all_time, Symbol)


@pytest.mark.parametrize("given, says", [
    ((POD, "tree"), "topology 'tree' is not known. Did you mean fat tree"),
    (("NDRR",), "fleet 'NDRR' is not known. Did you mean NDR"),
    ((Servers.DGX_H100,), "one kind of server"), ((Hardware.Cloud.H100,), "a chip: write Fleet"),
    ((POD, "ring", 2.5), "num_nodes is 2.5: nodes come whole")])
def test_what_makes_no_sense_is_refused_in_a_sentence(given, says):
    with pytest.raises((ValueError, TypeError), match=says):
        solve(*given)


@pytest.mark.parametrize("figures, says", [
    ({"pod": 0.5}, "has pod of 0.5: give a whole number"), ({"dimensions": 1.5}, "has dimensions of 1.5")])
def test_a_network_that_is_none_is_refused(figures, says):
    with pytest.raises(ValueError, match=says):
        Fabric("Odd", "50 GB/s", **figures)


def test_servers_of_one_chip_have_a_nic_each():
    assert solve(Fleet(Server("One", Hardware.Cloud.H100, 1), 16), "ring").num_nodes == 16


def test_a_fleet_that_is_chosen_later_has_its_own_nodes():
    fleets = [POD, Fleet(Servers.DGX_A100, 16, "HDR"), Fleet(Servers.DGX_H100, 2, "ICI_v5p")]
    made = program({"time": solve(Choice(symbol("place"), fleets)).values["all_to_all_time"]})
    for place, fleet in enumerate(fleets):
        assert run(made, {"place": place})["time"] == pytest.approx(solve(fleet).value("all_to_all_time"), rel=1e-12)
