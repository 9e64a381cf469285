"""Utilization: what kernels of attention reach, and that nothing is lost twice."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import CLOSE, RUNS, chips, models, profiles
from hypothesis import given
from hypothesis import strategies as st

from mlsysim_labs.reactive.trace import program, run, symbol
from solver import EfficiencyModel, Hardware, Models, Profiles, ServingModel, changed

EFFICIENCY, LLAMA, H100, A100 = EfficiencyModel(), Models.Llama3_8B, Hardware.Cloud.H100, Hardware.Cloud.A100
passes = st.sampled_from(["ffn", "attention", "prefill", "decode"])


def test_flash_attention_reaches_what_its_authors_measured():
    """Shah et al. 2024, "FlashAttention-3": up to 740 TFLOP/s, 75 % of an H100, FlashAttention-2 35 % there; Dao 2023,
    "FlashAttention-2": 50 to 73 % of an A100. Engines' shares, which are of all lengths, lie in between."""
    for chip, low, high in ((H100, 0.35, 0.75), (A100, 0.50, 0.73)):
        assert low <= EFFICIENCY.solve(LLAMA, chip, "attention", True, seq_len=8192).mfu <= high


def test_scores_that_leave_the_chip_wait_for_memory():
    """Dao et al. 2022, "FlashAttention", figure 1: 7.6 times as fast as PyTorch's attention on GPT-2, on an A100."""
    size = {"seq_len": 1024, "batch_size": 64}
    bare, flash = (EFFICIENCY.solve(Models.GPT2, A100, "attention", fused, **size) for fused in (False, True))
    assert (bare.time / flash.time).m_as("") == pytest.approx(7.6, rel=0.15)
    assert max(bare.overhead_breakdown, key=bare.overhead_breakdown.get) == "memory"
    assert "go to memory and back twice" in bare.constraint_trace[1] and len(flash.constraint_trace) == 1
    products = [EFFICIENCY.solve(LLAMA, A100, "ffn", fused).values for fused in (False, True)]
    assert products[0] == products[1]


def test_a_product_of_one_token_reaches_thousandths():
    """mlsysim says 0.30 to 0.60 whatever the number of tokens."""
    one, many = EFFICIENCY.solve(LLAMA, H100, "ffn", seq_len=[1, 16384]).mfu
    assert one < 0.004 and many == pytest.approx(0.82, abs=0.01)  # the share of the profile, fitted to products


def test_what_nobody_measured_is_unknown():
    apple = EFFICIENCY.solve(LLAMA, Hardware.Workstation.M2_Ultra, "prefill")
    assert np.isnan(apple.mfu) and "Lost: unknown." in apple.constraint_trace and "nan" not in str(
        apple.constraint_trace)


def test_passes_are_those_of_serving():
    serving = ServingModel().solve(LLAMA, H100, 4096, 8, profile="modern")
    size = {"batch_size": 8, "seq_len": 4096}
    found = [EFFICIENCY.solve(LLAMA, H100, work, True, **size).time for work in ("prefill", "decode")]
    assert found[0].m_as("s") == pytest.approx(serving.ttft.m_as("s"), rel=1e-12)
    assert found[1].m_as("s") == pytest.approx(serving.itl.m_as("s"), rel=1e-12)


def test_an_efficiency_takes_the_place_of_a_profile():
    r = EFFICIENCY.solve(LLAMA, H100, "ffn", efficiency=0.3, seq_len=65536)
    assert r.mfu == pytest.approx(0.3)
    assert EFFICIENCY.solve(LLAMA, H100).given["asked"].node.profile is Profiles.modern
    with pytest.raises(ValueError, match="efficiency and profile are both given"):
        EFFICIENCY.solve(LLAMA, H100, efficiency=0.3, profile="tuned")


def test_energy_is_board_power_by_time():
    r = EFFICIENCY.solve(LLAMA, H100, "prefill", tensor_parallel=2)
    assert r.energy.m_as("J") == pytest.approx(2 * 700 * r.time.m_as("s"))
    assert r.peak_flops.m_as("TFLOP/s") == pytest.approx(2 * 989.4)


@RUNS
@given(chips, models, profiles, passes, st.booleans(), st.integers(1, 32768), st.integers(1, 64))
def test_nothing_is_lost_twice(chip, model, profile, work, fused, context, batch):
    r = EFFICIENCY.solve(model, chip, work, fused, seq_len=context, batch_size=batch, profile=profile)
    assert 0 <= r.mfu <= CLOSE
    assert sum(r.overhead_breakdown.values()) + r.mfu == pytest.approx(1, abs=1e-9)
    assert min(r.overhead_breakdown.values()) >= -1e-12
    assert r.value("achievable_flops") == pytest.approx(r.mfu * r.value("peak_flops"))


@RUNS
@given(chips, models, passes, st.integers(1, 16384), st.integers(1, 64))
def test_flash_attention_never_loses(chip, model, work, context, batch):
    size = {"seq_len": context, "batch_size": batch}
    bare, flash = (EFFICIENCY.solve(model, chip, work, fused, **size) for fused in (False, True))
    assert flash.mfu * CLOSE >= bare.mfu


@RUNS
@given(chips, models, st.integers(1, 16384), st.integers(1, 8), st.floats(1, 4))
def test_more_bandwidth_or_more_tokens_lose_less(chip, model, context, batch, times):
    faster = changed(chip, bandwidth=times * chip.bandwidth)
    one = EFFICIENCY.solve(model, chip, "ffn", seq_len=context, batch_size=[batch, 2 * batch])
    assert EFFICIENCY.solve(model, faster, "ffn", seq_len=context, batch_size=batch).mfu * CLOSE >= one.mfu[0]
    if model.mixture_layers == 0:
        assert one.mfu[1] * CLOSE >= one.mfu[0]


@pytest.mark.parametrize("work", ["ffn", "attention", "prefill", "decode"])
def test_the_browser_says_the_same(work):
    traced = EFFICIENCY.solve(LLAMA, H100, work, seq_len=symbol("context"), batch_size=symbol("batch"))
    code = program({name: traced.value(name) for name in traced.fields() if not isinstance(traced.value(name), float)})
    exact = EFFICIENCY.solve(LLAMA, H100, work, seq_len=3000, batch_size=7)
    for name, value in run(code, {"context": 3000, "batch": 7}).items():
        np.testing.assert_allclose(value, float(exact.value(name)), rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("wrong, says", [
    ({"workload_type": "conv"}, "'conv' is not known.*ffn, attention"), ({"efficiency": 0}, "efficiency is 0"),
    ({"use_flash_attention": 1}, "should be True or False"), ({"precision": "int4"}, "has no int4 rate")])
def test_bad_input_gets_a_sentence(wrong, says):
    with pytest.raises((ValueError, TypeError), match=says):
        EFFICIENCY.solve(LLAMA, H100, **wrong)
