"""Tokens on their way to experts: what DeepEP reports, chances counted exactly, and laws."""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from drawn import CLOSE, RUNS
from hypothesis import given
from hypothesis import strategies as st

from mlsysim_labs.reactive.trace import Symbol, symbol
from solver import Fabric, Fleet, Hardware, Models, MoERoutingModel, Server, Servers

V3 = Models.DeepSeek_V3  # hidden 7,168, 8 of 256 experts
H100S, B200S = Fleet(Servers.DGX_H100, 16, "NDR"), Fleet(Server("Eight", Hardware.Cloud.B200, 8), 2, "NDR")
DEEPEP = {"precision": "fp8", "combine_precision": "bf16", "fleet": H100S}
MIXTURES = [model for model in Models if getattr(model, "mixture_layers", 0)]


def solve(model=V3, batch_size=1, seq_len=8192, **asked):
    return MoERoutingModel().solve(model, batch_size, seq_len, **asked)


def test_of_what_deepep_reports_half_stays_in_the_server():
    """github.com/deepseek-ai/DeepEP, README (2026): 8K tokens, hidden 7168, top-8, FP8 dispatch, BF16 combine over
    ConnectX-7 of 50 GB/s: 90 GB/s at EP 8 x 2 and 61 at 8 x 4, "logical": with what stays on the own server."""
    r = solve(ep_size=[16, 32], **DEEPEP)
    assert r.nic_share == pytest.approx([1 / 2, 3 / 4])
    assert r.crossing_bandwidth.m_as("GB/s") == pytest.approx(50), "at best all that a NIC sends"
    reached = solve(ep_size=[16, 32], nic_efficiency=0.9, **DEEPEP)
    assert reached.dispatch_bandwidth.m_as("GB/s") == pytest.approx([90, 61], rel=0.02)
    assert reached.crossing_bandwidth.m_as("GB/s") == pytest.approx([45, 45], rel=1e-9)
    assert reached.combine_time.m == pytest.approx(2 * reached.dispatch_time.m), "twice the bytes"


@pytest.mark.parametrize("chips, reported", [(32, 58), (64, 51)])
def test_earlier_kernels_are_routed_to_four_servers(chips, reported):
    """docs/legacy.md of DeepEP: 4,096 tokens, top-4 groups, over 32 and 64 chips; more than a NIC's 50 GB/s again."""
    r = solve(seq_len=4096, ep_size=chips, node_limit=4, nic_efficiency=0.9, **DEEPEP)
    assert r.dispatch_bandwidth.m_as("GB/s") == pytest.approx(reported, rel=0.05)
    assert r.servers_met <= 4


def test_within_one_server_the_link_binds():
    """README: EP 8 on chips with a link of 900 GB/s: 726 GB/s, which contains what stays on the chip itself."""
    r = solve(ep_size=8, precision="fp8", fleet=B200S)
    assert r.nic_share == 0 and r.nic_bytes.m == 0 and "Dispatch: bound by the link." in r.constraint_trace
    assert r.dispatch_bandwidth.m_as("GB/s") == pytest.approx(900 * 8 / 7)
    assert 726 * 7 / 8 < 900


@pytest.mark.parametrize("model", [V3, Models.Mixtral_8x7B, Models.Qwen3_30B_A3B], ids=str)
def test_servers_and_chips_that_are_met_are_counted_exactly(model):
    experts, active = max(mix.experts for mix in model.feed_forward), int(model.sent_experts)
    for chips in (1, 2, 4, 8):
        one = Fleet(Server("One", Hardware.Cloud.H100, 1), 8)
        avoided = comb(int(experts - experts // chips), active) / comb(int(experts), active)
        r = solve(model, ep_size=chips, fleet=one)
        assert r.servers_met == pytest.approx(chips * (1 - avoided), rel=0.005)
        assert r.chips_met == r.servers_met, "a chip is a server"


def test_the_fullest_of_evenly_routed_experts():
    rng = np.random.default_rng(4)
    for tokens in (1024, 8192, 65536):
        loads = rng.multinomial(tokens * 8, np.full(256, 1 / 256), size=400)
        found = np.mean(loads.max(axis=1)) / loads.mean()
        assert solve(seq_len=tokens).chance_imbalance == pytest.approx(found, rel=0.02)


def test_a_full_expert_keeps_others_waiting():
    even, uneven = (solve(ep_size=16, routing_imbalance_factor=n, **DEEPEP) for n in (1.0, 1.5))
    assert uneven.all_to_all_latency.m == pytest.approx(1.5 * even.all_to_all_latency.m)
    assert uneven.effective_active_experts == 12 and even.effective_active_parameters == V3.active_parameters
    more = uneven.effective_active_parameters - V3.active_parameters
    assert more == pytest.approx(0.5 * V3.expert_work / 2), "attention has as much to do as before"
    assert solve(routing_imbalance_factor=100).effective_active_experts == 256


def test_without_a_fleet_times_are_unknown_and_payloads_are_not():
    r = solve(ep_size=8)
    assert np.isnan(r.all_to_all_latency.m) and r.token_dispatch_bytes.m > 0
    for name in ("servers_met", "dispatch_bytes", "combine_bytes", "nic_bytes"):
        assert np.isnan(r.value(name)), "which chips share a server is not known"
    assert any("no fleet was given" in said for said in r.constraint_trace)
    assert solve(fleet=H100S).all_to_all_latency.m == 0


def test_where_tokens_are_few_the_latency_that_is_left_out_is_said():
    few, many = (" ".join(solve(seq_len=tokens, ep_size=16, **DEEPEP).constraint_trace) for tokens in (128, 8192))
    assert "128 tokens takes 80 to 200 us in DeepEP" in few and "Latency" not in many


models, sizes = st.sampled_from(MIXTURES), st.sampled_from([1, 2, 4, 8, 16, 32, 64])


@RUNS
@given(models, sizes, st.integers(1, 10**5), st.integers(1, 8))
def test_laws_of_routing(model, chips, tokens, limit):
    if any(mix.experts % chips for mix in model.feed_forward if mix.experts > 1):
        return
    r, twice, limited = (solve(model, batch, tokens, ep_size=chips, fleet=H100S, node_limit=most).values
                         for batch, most in ((1, None), (2, None), (1, limit)))
    servers = max(chips / 8, 1)
    assert 1 / CLOSE <= r["servers_met"] <= min(servers, model.sent_experts) * CLOSE
    assert r["servers_met"] / CLOSE <= r["chips_met"] <= min(chips, model.sent_experts) * 1.004
    assert twice["all_to_all_latency"] == pytest.approx(2 * r["all_to_all_latency"])
    assert limited["servers_met"] <= min(limit, r["servers_met"] * CLOSE)
    assert limited["nic_bytes"] <= r["nic_bytes"] * CLOSE
    assert r["nic_bytes"] <= r["dispatch_bytes"] * CLOSE
    fast = Fleet(Servers.DGX_H100, 16, Fabric("Fast", 2 * H100S.fabric.rate))
    assert solve(model, 1, tokens, ep_size=chips, fleet=fast).values["dispatch_time"] <= r["dispatch_time"] * CLOSE


def test_it_can_be_followed_by_the_browser():
    assert isinstance(solve(seq_len=symbol("tokens"), ep_size=symbol("chips"), **DEEPEP).dispatch_time, Symbol)


@pytest.mark.parametrize("asked, says", [
    ({"model": Models.Llama3_8B}, "has no experts: choose a mixture"),
    ({"ep_size": 7}, "256 experts, which so many chips cannot hold evenly"),
    ({"ep_size": 256, "fleet": H100S}, "ep_size is 256: the fleet has 128 chips"),
    ({"routing_imbalance_factor": 0.5}, "routing_imbalance_factor is 0.5: it is a largest over a mean")])
def test_what_makes_no_sense_is_refused_in_a_sentence(asked, says):
    with pytest.raises(ValueError, match=says):
        solve(**asked)
