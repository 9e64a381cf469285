"""Exchanges among chips: laws of all-reduces in two levels, and of tokens that are sent to experts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from solver import Fabric, Fabrics, Hardware, Models, Node, Profiles, ServingModel, precision_named
from solver.formulas.exchange import dispatch_time, exchange_time, sharing_time

FP8, R1 = precision_named("fp8"), Models.DeepSeek_R1


def node(chip="H100", fabric=None, profile="tuned", **widths):
    return Node(Hardware[chip], FP8, profile=Profiles[profile], fabric=fabric,
                **{name: float(width) for name, width in widths.items()})


def test_a_chip_alone_sends_nothing():
    assert sharing_time(node(tensor_parallel=8), 1.0, 1e6) == 0
    assert exchange_time(node(), R1, 64) == 0


@pytest.mark.parametrize("size", [0, 2e4, 1e8])
def test_a_network_takes_longer_than_a_link(size):
    times = sharing_time(node(tensor_parallel=32), np.array([2.0, 8, 16, 32]), size)
    assert np.all(np.diff(times) > 0)
    assert times[2] - times[1] > 0.9 * Fabrics.NDR.latency
    wide = node("GB200", tensor_parallel=32)
    assert sharing_time(wide, 32.0, size) < sharing_time(node("B200", tensor_parallel=32), 32.0, size), "72 are joined"


def test_a_network_as_good_as_nothing_leaves_what_is_inside():
    """Two nodes over an endless network: each chip still adds up with the seven others of its own."""
    endless = node(fabric=Fabric("endless", 1e30), tensor_parallel=16)
    assert sharing_time(endless, 16.0, 1e7) == pytest.approx(sharing_time(node(tensor_parallel=8), 8.0, 1e7))


def test_twice_the_network_and_half_its_latency_take_half_the_time_between_nodes():
    def across(fabric):
        return sharing_time(node(fabric=fabric, tensor_parallel=16), 16.0, 1e8) - sharing_time(
            node(tensor_parallel=8), 8.0, 1e8)

    one, better = Fabric("one", "50 GB/s", "60 us"), Fabric("better", "100 GB/s", "30 us")
    assert across(one) == pytest.approx(2 * across(better))


def test_whole_experts_save_what_is_sent_where_there_are_many_chips():
    """All tokens go to all chips, or each to the eight that have its experts."""
    wide = {"attention_data_parallel": 32, "chip": "GB200"}
    everywhere, routed = (float(dispatch_time(node(**wide, expert_parallel=n), R1, 8192)) for n in (1, 32))
    assert everywhere > 3 * routed
    few, many = (float(dispatch_time(node(**wide, expert_parallel=32), R1, n)) for n in (32, 8192))
    assert few < many


def test_deepseek_over_two_nodes_is_no_longer_taken_for_one():
    """16 H100s were timed as if one link joined them: 11.7 ms a token, with a band; they took 31.2 (reported)."""
    told = {"precision": "FP8_blocks", "output_len": 128, "tensor_parallel": 16, "profile": "modern"}
    two = ServingModel().solve(R1, Hardware.H100, 128, **told)
    assert two.itl.m_as("ms") > 15 and two.band("itl") is None
    assert any("1.5 to 2.6 times as long" in said for said in two.constraint_trace)
    assert two.itl.m_as("ms") * 2.6 > 31.2 > two.itl.m_as("ms") * 1.5
    slow = ServingModel().solve(R1, Hardware.H100, 128, **told, fabric=Fabric("slow", "25 GB/s", "120 us"))
    assert slow.itl > two.itl


def test_a_profile_says_how_a_shared_bus_crowds():
    """All-reduces of large messages over PCIe: the share falls with the number of cards."""
    crowded = replace(Profiles.ideal, bus=0.61, crowding=1.87)
    rates = [float(Node(Hardware.L40S, FP8, profile=crowded, tensor_parallel=n).bus_rate) / Hardware.L40S.host
             for n in (2.0, 4.0, 8.0)]
    assert np.allclose(rates, [0.61, 0.167, 0.046], atol=0.002)  # L40S, vLLM: 0.61, 0.16, 0.05
    linked = Node(Hardware.H100, FP8, profile=crowded, tensor_parallel=8.0)
    assert linked.bus_rate == pytest.approx(0.61 * Hardware.H100.link), "a switch does not crowd"


@pytest.mark.parametrize("rate, latency, said", [(0.0, 0.0, "rate above 0"), (1e9, -1.0, "latency from 0 on"),
                                                 (float("nan"), 0.0, "rate above 0")])
def test_a_network_that_is_none_is_refused(rate, latency, said):
    with pytest.raises(ValueError, match=said):
        Fabric("odd", rate, latency)


def test_a_network_by_name():
    with pytest.raises(ValueError, match=r"fabric 'NDRR' is not known. Did you mean NDR"):
        ServingModel().solve(Models.Llama3_8B, Hardware.H100, 128, fabric="NDRR")
