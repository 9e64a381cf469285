"""Weights that stream in: published figures of a wafer, mlsysim's slip, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import CLOSE, RUNS
from hypothesis import given
from hypothesis import strategies as st

from mlsysim_labs.reactive.trace import program, run, symbol
from solver import Hardware, Models, ServingModel, Transformer, WeightStreamingModel, changed

STREAMING, CS3, H100 = WeightStreamingModel(), Hardware.Wafer.CS3, Hardware.Cloud.H100
LLAMA, LARGE = Models.Llama3_8B, Models.Llama3_70B
chips = st.sampled_from([CS3, H100, Hardware.Cloud.L4])
models = st.sampled_from([model for model in Models if isinstance(model, Transformer)])
contexts = st.integers(1, 32768)


def test_models_of_20b_fit_on_one_wafer_and_of_70b_on_four():
    """Cerebras 2024-08-27, "Introducing Cerebras Inference: AI at Instant Speed": at 16 bits, 20B models fit on a
    single CS-3, 70B models on as few as four. https://www.cerebras.ai/blog/introducing-cerebras-inference-ai-at-instant-speed
    """
    assert STREAMING.solve(Models.GPT_OSS_20B, CS3, 2048).streamed_weights.magnitude == 0
    memories = [STREAMING.solve(LARGE, changed(CS3, memory=n * CS3.memory), 2048).streamed_weights for n in (3, 4)]
    assert memories[0].magnitude > 0 and memories[1].magnitude == 0


def test_the_peers_bus_is_eight_times_too_fast():
    """mlsysim 0.3.0 says 3.43 token/s of GPT-3 on CS-3 at batch 1: 350 GB at 1.2 TB/s, nothing kept on the wafer. At
    1.2 Tbit/s, which is what the wafer has, it is an eighth of that; what stays on the wafer brings back a little."""
    bare = changed(CS3, memory="16 GB")  # of which 12 GB are two layers and a cache
    theirs = STREAMING.solve(Models.GPT3, changed(bare, host="1.2 TB/s"), 1024)
    assert theirs.throughput_tokens_per_sec == pytest.approx(3.43, rel=0.02)
    ours = STREAMING.solve(Models.GPT3, bare, 1024)
    assert ours.throughput_tokens_per_sec == pytest.approx(3.43 / 8, rel=0.02)
    assert STREAMING.solve(Models.GPT3, CS3, 1024).throughput_tokens_per_sec == pytest.approx(0.473, abs=0.001)


def test_what_streams_at_150_gb_a_second_is_little_for_a_token():
    """1.2 Tbit/s at 800 token/s: 0.18 GB of weights a token, as a reader of Hacker News reckons (item 47001147)."""
    r = STREAMING.solve(LARGE, CS3, 2048)
    tokens, streamed = r.throughput_tokens_per_sec, r.streamed_weights.m_as("GB")
    assert tokens / 800 == pytest.approx(0.1875 / streamed, rel=0.05)
    assert r.bottleneck == "Injection" and "come in for each pass, at 150 GB/s" in r.constraint_trace[1]


def test_the_best_batch_of_decoding_does_not_fit_and_that_of_prefill_does():
    decode = STREAMING.solve(LARGE, CS3, 2048)
    assert decode.optimal_batch_size > 50_000 > 100 > decode.max_batch_size
    assert decode.constraint_trace[3].startswith("Best batch: 50,148, of which 60 fit.")
    prefill = STREAMING.solve(LARGE, CS3, 2048, phase="prefill")
    assert prefill.optimal_batch_size <= prefill.max_batch_size
    at_best = STREAMING.solve(LARGE, CS3, 2048, prefill.optimal_batch_size, phase="prefill")
    assert at_best.bottleneck == "Compute" and at_best.feasible


def test_a_cache_that_does_not_fit_is_a_state():
    r = STREAMING.solve(LARGE, CS3, [8192, 131072])
    assert r.feasible.tolist() == [True, False]
    assert r.wafer_memory_utilization[1] > 1 and r.headroom[1].magnitude < 0
    assert "does not fit" in r.constraint_trace[0]


def test_energy_is_board_power_by_time():
    """SemiAnalysis 2026: a wafer takes 25 kW."""
    r = STREAMING.solve(LARGE, CS3, 2048, 4)
    assert r.energy.m_as("J") == pytest.approx(25_000 * r.pass_time.m_as("s"))
    assert r.energy_per_token.m_as("J") == pytest.approx(25_000 / r.throughput_tokens_per_sec)


def test_a_chip_without_a_bus_says_so():
    r = STREAMING.solve(LARGE, Hardware.Cloud.TPUv5p, 2048, precision="bf16")
    assert np.isnan(r.throughput_tokens_per_sec) and r.bottleneck == "Unknown" and np.isnan(r.optimal_batch_size)
    assert sum("has no known bus to a host" in said for said in r.constraint_trace) == 1
    small = STREAMING.solve(LLAMA, Hardware.Cloud.TPUv5p, 2048, precision="bf16")
    assert small.throughput_tokens_per_sec > 0 and not any("no known bus" in said for said in small.constraint_trace)


def test_a_rate_that_nobody_publishes_leaves_the_best_batch_open():
    r = STREAMING.solve(LARGE, Hardware.Workstation.M2_Ultra, 2048)
    assert r.throughput_tokens_per_sec > 0 and r.constraint_trace[3] == "Best batch: unknown."


@RUNS
@given(chips, models, contexts, st.integers(1, 4096), st.sampled_from(["decode", "prefill"]))
def test_throughput_grows_with_the_batch_up_to_the_best(chip, model, context, batch, phase):
    """Of models that do not fit by themselves; of others, caches displace weights, and it falls where these stream."""
    alone = STREAMING.solve(model, chip, context, phase=phase)
    best = min(alone.optimal_batch_size, 5e8)
    batches = [batch, batch + 1, best, 2 * best]
    one, more, at_best, beyond = STREAMING.solve(model, chip, context, batches, phase=phase).throughput_tokens_per_sec
    if alone.streamed_weights.magnitude > 0:
        assert one <= more * CLOSE
        if phase == "decode" and best < 5e8:
            assert beyond == pytest.approx(at_best, rel=1e-6 + 1 / best) and one <= beyond * (1 + 1e-6)


@RUNS
@given(chips, models, contexts, st.integers(1, 64))
def test_what_fits_is_not_streamed(chip, model, context, batch):
    r, serving = STREAMING.solve(model, chip, context, batch), ServingModel().solve(model, chip, context, batch)
    v = r.values
    assert v["resident_weights"] + v["streamed_weights"] == pytest.approx(r.given["asked"].weights)
    assert min(v["streamed_weights"], v["resident_weights"]) >= 0
    assert (v["streamed_weights"] == 0) == (v["layer_injection_time"] == 0)
    assert r.feasible == (v["headroom"] >= 0)
    if v["streamed_weights"] == 0:
        assert v["pass_time"] == pytest.approx(serving.value("itl"), rel=1e-12)
    assert v["pass_time"] >= serving.value("itl") / CLOSE


@RUNS
@given(models, contexts, st.integers(1, 64), st.floats(1.1, 8))
def test_a_faster_bus_brings_a_layer_sooner(model, context, batch, times):
    faster = changed(CS3, host=times * CS3.host)
    slow, quick = (STREAMING.solve(model, chip, context, batch).values for chip in (CS3, faster))
    assert slow["layer_injection_time"] == pytest.approx(times * quick["layer_injection_time"])
    assert quick["pass_time"] <= slow["pass_time"] <= times * quick["pass_time"] * CLOSE


def test_the_browser_says_the_same():
    traced = STREAMING.solve(LARGE, CS3, symbol("context"), symbol("batch"))
    code = program({name: traced.value(name) for name in traced.fields()})
    exact = STREAMING.solve(LARGE, CS3, 3000, 7)
    found = run(code, {"context": 3000, "batch": 7})
    for name in exact.fields():
        np.testing.assert_allclose(found[name], float(exact.value(name)), rtol=1e-12, err_msg=name)
    assert traced.constraint_trace == []


@pytest.mark.parametrize("wrong, says", [
    ({"phase": "train"}, "phase 'train' is not known.*decode"), ({"batch_size": 0}, "batch_size is 0"),
    ({"precision": "fp8"}, "Cerebras CS-3 has no fp8 rate.*w8a16"), ({"reserve": 1.5}, "reserve is 1.5")])
def test_bad_input_gets_a_sentence(wrong, says):
    with pytest.raises((ValueError, TypeError), match=says):
        STREAMING.solve(LARGE, CS3, 2048, **wrong)
