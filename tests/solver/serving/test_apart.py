"""Nodes apart: what more nodes bring, the limits of few and many, and where the requests of a closed loop are."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import RUNS, models
from hypothesis import given
from hypothesis import strategies as st

from solver import DisaggregatedModel, Hardware, Models, ServingModel
from solver.serving.apart_result import SIDES

LLAMA, MIXTURE, H100, H200 = Models.Llama3_8B, Models.DeepSeek_V2_Lite, Hardware.Cloud.H100, Hardware.Cloud.H200
SOLVE = DisaggregatedModel().solve
NODES = np.array([1, 2, 4, 16, 64])
CLOSE = 1 + 1e-6  # a fixed point is known to seven digits
loads = (st.integers(1, 16_384), st.integers(1, 2048), st.integers(1, 2048))


def rising(values, close=CLOSE):
    values = np.asarray(getattr(values, "magnitude", values))
    return (values[:-1] <= values[1:] * close).all()


@RUNS
@given(models, *loads)
def test_more_nodes_are_never_slower(model, prompt, answer, requests):
    """More of one kind make nothing slower at all; what waits is only carried to the other kind."""
    readers = SOLVE(model, H100, prompt, answer, requests, NODES, 2, profile="tuned")
    answerers = SOLVE(model, H100, prompt, answer, requests, 2, NODES, profile="tuned")
    for found in (readers, answerers):
        assert rising(found.tokens_per_second) and rising(found.e2e_latency[::-1])
    assert rising(readers.ttft[::-1]) and rising(answerers.itl[::-1])
    assert rising(answerers.ttft) and rising(readers.itl), "who has to wait waits where it is slow"


@RUNS
@given(models, *loads, st.integers(1, 32), st.integers(1, 32))
def test_every_request_is_somewhere(model, prompt, answer, requests, readers, nodes):
    """They wait for a node that reads, are read and sent, or decode."""
    r = SOLVE(model, H100, prompt, answer, requests, readers, nodes, profile="tuned")
    rate = r.tokens_per_second / answer
    first = r.given["asked"].first
    assert r.waiting + rate * first + r.decoding_per_node * nodes == pytest.approx(requests, rel=1e-6)
    assert rate * r.values["e2e_latency"] == pytest.approx(requests, rel=1e-6)
    assert r.values["ttft"] >= first * (1 - 1e-9)
    assert 0 < r.prefill_utilization <= 1 and 0 <= r.decode_utilization <= 1 + 1e-9


def test_a_step_is_that_of_the_requests_which_decode():
    """Both sides of the fixed point agree, with prompts that wait and without."""
    r = SOLVE(LLAMA, H100, 4096, 256, [1, 8, 64, 512, 4096], 2, 3, profile="tuned")
    for requests, itl in zip(r.decoding_per_node, r.values["itl"], strict=True):
        step = r.given["asked"].step(max(requests, 1.0))
        assert itl == pytest.approx(step, rel=1e-5)
    assert r.values["itl"][0] == r.given["asked"].step(1.0), "one request decodes alone"


def test_many_nodes_that_read_keep_nobody_waiting():
    many = SOLVE(LLAMA, H100, 2048, 256, 64, 10_000, 4, profile="tuned")
    alone = ServingModel().solve(LLAMA, H100, 2048, profile="tuned", decode_hardware=H100)
    assert many.waiting == pytest.approx(0, abs=1e-6)
    assert many.values["ttft"] == pytest.approx(alone.values["ttft"], rel=1e-9)
    long = SOLVE(LLAMA, H100, 16, 4096, 64, 100, 4, profile="tuned")
    assert long.decoding_per_node == pytest.approx(64 / 4, rel=0.01), "and nearly all decode"


def test_requests_that_come_at_once_are_read_one_after_the_other():
    """Five nodes and batches of four of 2,048 tokens: 100 requests are five rounds, one after the other."""
    r = SOLVE(LLAMA, H100, 2048, 256, [5, 100], 5, 8, profile="tuned")
    batch = ServingModel().solve(LLAMA, H100, 2048, 4, profile="tuned").values["ttft"]
    first = r.given["asked"].first
    assert r.values["ttft_burst"] == pytest.approx([first, first + batch * np.mean(range(5))], rel=1e-9)


def test_one_request_is_that_of_a_batch_of_one():
    one = SOLVE(LLAMA, H100, 2048, 256, 1, profile="tuned", decode_hardware=H200)
    apart = ServingModel().solve(LLAMA, H100, 2048, output_len=256, profile="tuned", decode_hardware=H200)
    for name in ("ttft", "itl", "e2e_latency"):
        assert one.value(name) == pytest.approx(apart.value(name), rel=1e-9), name


def test_an_answer_of_one_token_needs_no_node_that_decodes():
    r = SOLVE(LLAMA, H100, 2048, 1, 64)
    assert r.decoding_per_node == 0 and r.values["e2e_latency"] == r.values["ttft"]


def test_groups_read_a_prompt_each_and_wait_for_one_another():
    r = SOLVE(MIXTURE, H100, 8192, 256, [1, 4096], 1, 64, profile="tuned", attention_data_parallel=4,
              decode_attention_data_parallel=1)
    four = ServingModel().solve(MIXTURE, H100, 8192, 4, profile="tuned", attention_data_parallel=4).values["ttft"]
    sent = ServingModel().solve(MIXTURE, H100, 8192).values["kv_cache_size"] / 100e9
    assert r.values["ttft"][0] == pytest.approx(four + sent, rel=1e-9)
    assert r.tokens_per_second[1] == pytest.approx(256 * 4 / four, rel=1e-9), "prompts are what binds"


def test_which_nodes_bind_and_what_cannot_be_known():
    few, many = SOLVE(LLAMA, H100, 8192, 256, 64, 1, 1), SOLVE(LLAMA, H100, 2048, 256, 64, 8, 1)
    assert few.bottleneck == SIDES[0] and few.waiting > 1 and few.prefill_utilization == pytest.approx(1)
    assert many.bottleneck == SIDES[1] and many.waiting == pytest.approx(0, abs=1e-6)
    assert "Bound by prefill nodes: " in few.constraint_trace[2] and "Bound by decode" in many.constraint_trace[2]
    said = " ".join(few.constraint_trace)
    assert all(word in said for word in ("routed", "bursts", "order of the queue", "MTP"))
    both = SOLVE(LLAMA, H100, 8192, 256, 64, [1, 64], 1)
    assert both.bottleneck.tolist() == [0, 1] and "at 50% of the points" in both.constraint_trace[2]


def test_memory_of_both_kinds_of_nodes_counts():
    fits = SOLVE(LLAMA, H100, 2048, 256, 64)
    assert fits.feasible and fits.values["headroom"] == fits.values["decode_headroom"]
    crowded = SOLVE(LLAMA, H100, 2048, 8192, 2048)
    assert not crowded.feasible and "More decode nodes" in crowded.constraint_trace[1]
    assert SOLVE(LLAMA, H100, 2048, 8192, 2048, 1, 64).feasible
    wide = SOLVE(Models.Llama3_70B, H100, 2048, 256, 8, decode_tensor_parallel=8)
    assert wide.values["prefill_headroom"] < 0 < wide.values["decode_headroom"] and not wide.feasible


@RUNS
@given(models, *loads, st.integers(1, 8), st.integers(1, 8))
def test_nothing_is_below_the_floor(model, prompt, answer, requests, readers, nodes):
    r = SOLVE(model, H100, prompt, answer, requests, readers, nodes, profile="tuned")
    for name in ("ttft", "itl", "e2e_latency"):
        assert r.floor.value(name) <= r.value(name) * CLOSE, name
    assert r.floor.tokens_per_second >= r.tokens_per_second / CLOSE


def test_nodes_that_decode_are_as_those_that_read_unless_said():
    told = SOLVE(MIXTURE, H100, 2048, 256, 64, attention_data_parallel=8, expert_parallel=8)
    asked = told.given["asked"]
    assert asked.node.chips == 8 and asked.node.expert_parallel == 8
    with pytest.raises(ValueError, match="decode_expert_parallel is 8"):
        SOLVE(MIXTURE, H100, 2048, 256, 64, attention_data_parallel=8, expert_parallel=8,
              decode_attention_data_parallel=4)
    with pytest.raises(ValueError, match="decode_tensor_parallel is 3"):
        SOLVE(LLAMA, H100, 2048, 256, 64, decode_tensor_parallel=3)


def test_a_band_is_given_only_where_rows_were_counted():
    r = SOLVE(LLAMA, H100, 2048, 256, 64)
    assert r.band("itl") is None and r.band("ttft") is None and r.band("waiting") is None


def test_rates_that_nobody_publishes_make_times_unknown():
    r = SOLVE(LLAMA, Hardware.Workstation.M2_Ultra, 2048, 256, 8)
    assert np.isnan(r.values["ttft"]) and np.isnan(r.tokens_per_second)
    assert any("unknown, for nobody publishes" in said for said in r.constraint_trace)
