"""Exchanges among chips: figures that are published, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import CLOSE, RUNS
from hypothesis import given
from hypothesis import strategies as st

from mlsysim_labs.reactive.trace import Symbol, symbol
from solver import Q_, CollectiveModel, Fabric, Fleet, Hardware, Server, Servers
from solver.units import quantity

POD = Fleet(Servers.DGX_H100, 128, "NDR")
ALONE = Fleet(Server("One chip", Hardware.Cloud.H100, 1), 1024, "NDR")
RING = {"algorithm": "ring"}


def solve(fleet, message, **asked):
    return CollectiveModel().solve(fleet, message, **asked)


@pytest.mark.parametrize("fleet, chips, expected", [
    (POD, 8, 0.0544),  # 2 * 7/8 * 14 GB at 450 GB/s
    (ALONE, 8, 0.49), (ALONE, 1024, 0.559), (POD, 1024, 0.559)])  # over NICs of 50 GB/s; the limit is 0.56 s
def test_a_ring_of_14_gigabytes(fleet, chips, expected):
    assert solve(fleet, Q_("14 GB"), chips=chips, **RING).time.m_as("s") == pytest.approx(expected, rel=1e-3)


def test_what_nccl_reaches_of_a_server():
    """NCCL on H100, 2, 4 and 8 chips, as ai-dynamo/aiconfigurator has it: microseconds, and shares of 450 GB/s."""
    small = solve(POD, Q_("1 GB"), chips=[2, 4, 8], library="nccl", **RING)
    assert small.latency_time.m_as("us") == pytest.approx(np.array([7, 11, 18]), rel=0.02)
    large = solve(POD, Q_("1 TB"), chips=[2, 4, 8], library="nccl", **RING)
    assert large.bus_bandwidth.m_as("GB/s") / 450 == pytest.approx(np.array([0.55, 0.68, 0.82]), rel=0.012)


def test_rings_over_all_nics_of_a_server():
    """github.com/NVIDIA/nccl-tests/issues/252: two servers, 8 GiB by rings: 94.8 to 95.1 GB/s, 24 a NIC."""
    r = solve(Fleet(Server("Four", Hardware.Cloud.A100, 4), 2, "HDR"), Q_("8 GiB"), algorithm="rails", library="nccl")
    assert r.bus_bandwidth.m_as("GB/s") == pytest.approx(95.1, rel=0.02)
    assert "Binds: the NICs." in r.constraint_trace


# Of Vidur (NCCL on DGX A100) and of ai-dynamo/aiconfigurator (vLLM 0.14 and 0.24 in graphs): bytes and microseconds.
MEASURED = [("A100", 2, 2**26, 430, "eager"), ("A100", 4, 2**26, 603, "eager"), ("A100", 8, 2**26, 675, "eager"),
            ("A100", 8, 2**24, 275, "eager"), ("H100", 8, 2**23, 50.7, "graph"), ("H200", 8, 2**30, 3998.6, "graph"),
            ("B200", 4, 2**28, 680.6, "graph")]


def test_measured_all_reduces():
    found = [solve(Fleet(Server("Eight", Hardware[chip], 8)), quantity(size, "byte"), chips=chips, library=library)
             for chip, chips, size, _, library in MEASURED]
    off = [abs(r.time.m_as("us") / row[3] - 1) for r, row in zip(found, MEASURED, strict=True)]
    assert np.median(off) < 0.1 and max(off) < 0.25


def test_a_chip_alone_exchanges_nothing():
    for collective in ("all_reduce", "reduce_scatter", "all_gather", "all_to_all", "send"):
        for library in ("ideal", "nccl"):
            r = solve(POD, Q_("1 GB"), chips=1, collective=collective, library=library)
            assert (r.time, r.sent, r.nic_share) == (Q_("0 s"), Q_("0 byte"), 0), collective
            assert "Binds: nothing, for nothing is exchanged." in r.constraint_trace


def test_small_messages_go_by_a_tree_and_large_ones_by_rings():
    r = solve(POD, Q_(np.array([1e3, 1e10]), "byte"), library="nccl")
    assert r.algorithm.tolist() == ["tree", "rails"]
    assert r.latency_time[0] / r.time[0] > 0.9 > 0.1 > r.latency_time[1] / r.time[1]
    assert "Binds: steps and starting." in solve(POD, Q_("1 kB"), library="nccl").constraint_trace


def test_cards_without_a_link_exchange_over_the_bus_of_their_host():
    """ai-dynamo/aiconfigurator: eight L40S, 128 MiB in 120.3 ms, two of them 512 MiB in 28.0 ms."""
    cards = Fleet(Server("Cards", Hardware["L40S"], 8))
    for chips, size, expected in ((8, "128 MiB", 120.3), (2, "512 MiB", 28.0)):
        assert solve(cards, Q_(size), chips=chips, library="graph").time.m_as("ms") == pytest.approx(expected, rel=0.02)


def test_chips_that_nothing_joins_are_unknown_in_one_server_and_not_in_several():
    mac = Hardware["M2_Ultra"]
    alone, pairs = (solve(Fleet(Server("Mac", mac, n), 16), Q_("1 GB")) for n in (1, 2))
    assert np.isfinite(alone.time.m) and np.isnan(pairs.time.m)
    assert any("no known link" in said for said in pairs.constraint_trace)


messages, counts = st.floats(1e3, 1e12), st.sampled_from([1, 2, 4, 8, 16, 128, 1024])
ways = st.sampled_from([("all_reduce", way) for way in ("ring", "rails", "tree", "hierarchical", "direct")]
                       + [(collective, way) for collective in ("reduce_scatter", "all_gather")
                          for way in ("ring", "rails", "hierarchical")]
                       + [("all_to_all", way) for way in ("direct", "hierarchical")] + [("send", "direct")])


@RUNS
@given(messages, counts, ways)
def test_twice_the_message_at_twice_the_rates_takes_as_long(size, chips, way):
    asked = {"chips": chips, "collective": way[0], "algorithm": way[1]}
    chip = Hardware.Cloud.H100
    faster = Fleet(Server("Faster", Hardware.Cloud.B200, 8), 128, "XDR")  # twice the link, and twice the NIC
    assert Hardware.Cloud.B200.link == 2 * chip.link
    one, larger, quick = (solve(fleet, quantity(n * size, "byte"), **asked).value("time")
                          for fleet, n in ((POD, 1), (POD, 2), (faster, 2)))
    assert larger >= one >= 0
    assert quick == pytest.approx(one, rel=1e-12)


@RUNS
@given(messages, counts, st.sampled_from(["ring", "rails", "hierarchical"]), st.floats(0, 1e-4), st.floats(0, 1e-4))
def test_a_reduce_scatter_and_an_all_gather_are_an_all_reduce(size, chips, way, step, hop):
    times = {one: solve(POD, quantity(size, "byte"), chips=chips, algorithm=way, collective=one,
                        link_latency=quantity(step, "s"), network_latency=quantity(hop, "s"))
             for one in ("reduce_scatter", "all_gather", "all_reduce")}
    for name in ("time", "sent"):
        parts = times["reduce_scatter"].value(name) + times["all_gather"].value(name)
        assert times["all_reduce"].value(name) == pytest.approx(parts, rel=1e-12)


@RUNS
@given(messages, counts, st.floats(0, 1e-4), st.floats(0, 1e-4))
def test_adding_up_inside_servers_first_is_never_longer_than_one_ring_over_nics(size, chips, step, hop):
    flat, nested = (solve(POD, quantity(size, "byte"), chips=chips, algorithm=way, link_latency=quantity(step, "s"),
                          network_latency=quantity(hop, "s")) for way in ("ring", "hierarchical"))
    assert nested.value("time") <= flat.value("time") * CLOSE
    assert nested.value("nic_bytes") <= flat.value("nic_bytes") * CLOSE
    assert nested.value("sent") == pytest.approx(flat.value("sent"))


@RUNS
@given(messages, st.integers(1, 20))
def test_a_ring_of_many_takes_twice_the_message_over_its_rate(size, doublings):
    fleet = Fleet(Server("One", Hardware.Cloud.H100, 1), 2**doublings, "NDR")
    limit = 2 * size / fleet.fabric.rate
    time = solve(fleet, quantity(size, "byte"), **RING).value("time")
    assert time == pytest.approx(limit * (1 - 2.0**-doublings)) and time <= limit * CLOSE


@RUNS
@given(messages, counts, st.sampled_from(["ideal", "graph", "nccl", "eager"]))
def test_the_fastest_is_none_slower_than_any(size, chips, library):
    best = solve(POD, quantity(size, "byte"), chips=chips, library=library)
    for way in ("ring", "rails", "tree", "hierarchical", "direct"):
        one = solve(POD, quantity(size, "byte"), chips=chips, library=library, algorithm=way)
        assert best.value("time") <= one.value("time") * CLOSE
        if way == best.algorithm:
            assert one.value("sent") == best.value("sent") and one.value("nic_share") == best.value("nic_share")


def test_oversubscription_slows_an_all_to_all_alone():
    narrow = Fleet(Servers.DGX_H100, 128, Fabric("Narrow", "50 GB/s", oversubscription=4, pod=64))
    for collective, slower in (("all_reduce", 1), ("all_to_all", 4 * (1 - 64 / 1024))):
        times = [solve(fleet, Q_("1 GB"), collective=collective).value("time") for fleet in (narrow, POD)]
        assert times[0] / times[1] == pytest.approx(slower)


def test_it_can_be_followed_by_the_browser():
    r = CollectiveModel().solve(POD, symbol("message"), library="nccl", chips=symbol("chips"))
    assert isinstance(r.time, Symbol) and isinstance(r.energy, Symbol)


@pytest.mark.parametrize("asked, says", [
    ({"chips": 12}, "chips is 12: a server joins 8 chips; give no more than that, or a multiple"),
    ({"chips": 2048}, "chips is 2,048: the fleet has 1,024 chips"),
    ({"collective": "all_gather", "algorithm": "tree"}, "algorithm is .tree., and all_gather goes by auto or ring or"),
    ({"algorithm": "rign"}, "algorithm 'rign' is not known. Did you mean ring"),
    ({"library": "mpi"}, "library 'mpi' is not known"),
    ({"link_latency": Q_("-1 us")}, "give a quantity from 0, such as Q_\\('2 us'\\)")])
def test_what_makes_no_sense_is_refused_in_a_sentence(asked, says):
    with pytest.raises(ValueError, match=says):
        solve(POD, Q_("1 GB"), **asked)


def test_a_library_that_was_not_fitted_there_is_refused():
    with pytest.raises(ValueError, match="no all-reduces in CUDA graphs were fitted on AMD Instinct MI300X"):
        solve(Fleet(Server("AMD", Hardware["MI300X"], 8)), Q_("1 GB"), library="graph")
    with pytest.raises(ValueError, match="over PCIe only the algorithm direct was fitted"):
        solve(Fleet(Server("Cards", Hardware["L40S"], 8)), Q_("1 GB"), library="graph", algorithm="ring")
