"""What a training step waits for is what the models of exchange say of it: one formula for each."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import RUNS
from hypothesis import given
from hypothesis import strategies as st

from solver import (
    Q_,
    CollectiveModel,
    DistributedModel,
    Fabric,
    Fleet,
    Hardware,
    Models,
    MoERoutingModel,
    Server,
    Servers,
)

SOLVE, EXCHANGE, ROUTE = DistributedModel().solve, CollectiveModel().solve, MoERoutingModel().solve
PLAIN = Fabric("Plain", "50 GB/s")
CARDS = Server("Cards", Hardware["L40S"], 4)
servers = st.sampled_from([Servers.DGX_H100, Servers.DGX_A100, CARDS])


@RUNS
@given(servers, st.sampled_from([1, 2, 16, 128]))
def test_replicas_add_up_gradients_by_a_ring_in_two_levels(server, count):
    fleet, model = Fleet(server, count, PLAIN), Models.Llama3_8B
    step = SOLVE(model, fleet, fleet.chips)
    one = EXCHANGE(fleet, Q_(2 * model.parameters, "byte"), algorithm="hierarchical")
    assert step.dp_communication_latency.m_as("s") == pytest.approx(one.time.m_as("s"))


@RUNS
@given(servers, st.sampled_from([2, 4, 8, 16, 32]))
def test_tensor_parallel_chips_add_up_their_parts_likewise(server, chips):
    """Twice a layer, forwards and backwards: Shoeybi et al. 2019, Megatron-LM, section 3."""
    fleet, model = Fleet(server, 32, PLAIN), Models.Llama3_8B
    asked = {"tp_size": chips, "seq_len": 4096}
    step = SOLVE(model, fleet, fleet.chips / chips, **asked)
    one = EXCHANGE(fleet, Q_(2 * 4096 * model.hidden, "byte"), algorithm="hierarchical", chips=chips)
    assert step.tp_communication_latency.m_as("s") == pytest.approx(4 * model.layers * one.time.m_as("s"))


@RUNS
@given(st.sampled_from([Models.DeepSeek_V3, Models.DeepSeek_V2_Lite, Models.Mixtral_8x7B]),
       st.sampled_from([1, 2, 8, 16, 64]), st.floats(1, 3), st.sampled_from([1024, 4096]))
def test_tokens_get_to_experts_as_the_model_of_routing_says(model, chips, imbalance, length):
    """At 16 bits both ways, forwards and backwards."""
    chips, fleet = min(chips, int(model.routed_experts)), Fleet(Servers.DGX_H100, 16, PLAIN)
    step = SOLVE(model, fleet, 128, ep_size=chips, seq_len=length, moe_routing_imbalance_factor=imbalance)
    one = ROUTE(model, 1, length, "bf16", ep_size=chips, routing_imbalance_factor=imbalance, fleet=fleet)
    assert step.ep_communication_latency.m_as("s") == pytest.approx(2 * one.pass_latency.m_as("s"))


def test_a_network_that_is_narrow_above_slows_experts_alone():
    wide, narrow = Fleet(Servers.DGX_H100, 128, PLAIN), Fleet(
        Servers.DGX_H100, 128, Fabric("Narrow", "50 GB/s", oversubscription=7, pod=64))
    steps = [SOLVE(Models.DeepSeek_V2_Lite, fleet, 1024, ep_size=[16, 64]) for fleet in (wide, narrow)]
    assert np.array_equal(*(step.dp_communication_latency.m for step in steps))
    assert np.array_equal(*(step.ep_communication_latency.m for step in steps))  # 64 chips are one pod
    apart = SOLVE(Models.DeepSeek_V3, narrow, 1024, ep_size=256).ep_communication_latency.m
    assert apart > 3 * SOLVE(Models.DeepSeek_V3, wide, 1024, ep_size=256).ep_communication_latency.m


def test_cards_of_a_server_exchange_over_its_bus():
    """As in `CollectiveModel`; beyond the server they go over the NICs, and a sentence says so."""
    four, eight = (SOLVE(Models.Llama3_8B, Fleet(CARDS, 8, PLAIN), 32, tp_size=chips) for chips in (4, 8))
    assert not any("Tensor parallelism" in said for said in four.constraint_trace)
    assert any("8 chips are more than the 4" in said for said in eight.constraint_trace)


def test_chips_that_nothing_joins_exchange_over_their_nics():
    alone = Fleet(Server("One", Hardware["GB10"], 1), 4, PLAIN)
    assert np.isfinite(SOLVE(Models.Llama3_8B, alone, 4).dp_communication_latency.m)
