"""Long answers: the integral over the context against sums of steps, what branches share, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import CLOSE, RUNS, chips, models
from hypothesis import given
from hypothesis import strategies as st

from mlsysim_labs.reactive.trace import program, run, symbol
from solver import Engine, Hardware, InferenceScalingModel, Models, ServingModel

REASONING, LLAMA, H100 = InferenceScalingModel(), Models.Llama3_8B, Hardware.Cloud.H100
counts = st.integers(1, 64)


def test_it_is_a_request_of_serving_with_a_long_answer():
    r = REASONING.solve(LLAMA, H100, 8, 2048, tokens_per_step=50, profile="tuned")
    s = ServingModel().solve(LLAMA, H100, 2048, output_len=400, profile="tuned")
    for name, other in (("total_reasoning_time", "e2e_latency"), ("ttft", "ttft"), ("energy_per_query", "energy")):
        assert r.value(name) == pytest.approx(s.value(other), rel=1e-9), name
    assert r.headroom == s.headroom and r.serving_detail.e2e_latency == s.e2e_latency
    assert r.tokens_generated == 400 and r.reasoning_steps == 8


@pytest.mark.parametrize("model", ["Llama3_8B", "GPT_OSS_20B", "Gemma3_27B", "DeepSeek_V2_Lite", "Qwen3_Next_80B_A3B"])
def test_the_mean_is_that_of_all_steps(model):
    """Engine's decode step at each context, one by one: windows and states bend the line, and cost a percent."""
    past, grown = 512, 20_000
    steps = Engine.solve(Models[model], Hardware.Cloud.B200, 4, seq_len=past + np.arange(grown), profile="modern")
    r = REASONING.solve(Models[model], Hardware.Cloud.B200, 20, past, tokens_per_step=1000, branches=4,
                        profile="modern")
    assert r.itl.m_as("s") == pytest.approx(np.mean(steps.latency.m_as("s")), rel=0.01)
    assert r.itl_first <= r.itl <= r.itl_last


def test_a_constant_time_between_tokens_is_far_off_where_answers_are_long():
    """mlsysim multiplies the time at the prompt. DeepSeek-AI 2025, "DeepSeek-R1", section 3: answers of up to
    32,768 tokens in its benchmarks; here 16 of them at once."""
    r = REASONING.solve(LLAMA, H100, 64, 1024, tokens_per_step=512, branches=16)
    assert r.tokens_generated == 16 * 32_768
    assert r.itl / r.itl_first > 2.5 and "longer than at first" in r.constraint_trace[1]


def test_branches_share_the_prompt_and_the_weights():
    one, many = (REASONING.solve(LLAMA, H100, 4, 32768, branches=n, tensor_parallel=2) for n in (1, 16))
    assert many.ttft == one.ttft and many.tokens_generated == 16 * one.tokens_generated
    assert many.headroom > many.serving_detail.headroom, "the prompt's cache is kept once, not 16 times"
    assert one.headroom == one.serving_detail.headroom
    assert one.total_reasoning_time < many.total_reasoning_time < 16 * one.total_reasoning_time
    assert many.energy_per_token < one.energy_per_token


def test_a_model_that_does_not_fit_is_a_state():
    r = REASONING.solve(Models.Llama3_70B, H100)
    assert not r.feasible and r.memory_utilization > 1 and r.total_reasoning_time.m_as("s") > 0
    assert "does not fit" in r.constraint_trace[0]
    long = REASONING.solve(LLAMA, H100, 1000, 131072, tokens_per_step=1000)
    assert not long.within_context and any("was trained for" in said for said in long.constraint_trace)


def test_a_rate_that_nobody_publishes_leaves_the_prompt_open():
    r = REASONING.solve(LLAMA, Hardware.Workstation.M2_Ultra, profile="llama_cpp")
    assert np.isnan(r.total_reasoning_time.magnitude) and r.itl.m_as("s") > 0 and r.time_per_step.m_as("s") > 0
    assert "nan" not in " ".join(r.constraint_trace)


@RUNS
@given(chips, models, counts, st.integers(1, 32768), st.integers(1, 512), counts)
def test_more_steps_take_longer(chip, model, steps, context, tokens, branches):
    given = {"context_length": context, "branches": branches, "tokens_per_step": tokens}
    r = REASONING.solve(model, chip, [steps, 2 * steps], **given)
    total, answer = r.value("total_reasoning_time"), r.value("total_reasoning_time") - r.value("ttft")
    assert total[0] <= total[1] * CLOSE and 2 * answer[0] <= answer[1] * (1 + 1e-9)
    np.testing.assert_array_equal(2 * r.tokens_generated[0], r.tokens_generated[1])
    assert r.headroom[1] <= r.headroom[0] and r.value("energy_per_query")[1] >= r.value("energy_per_query")[0]


@RUNS
@given(chips, models, counts, st.integers(1, 32768), counts)
def test_branches_cost_less_than_answers_one_by_one(chip, model, steps, context, branches):
    r = REASONING.solve(model, chip, steps, context, branches=[1, branches])
    total = r.value("total_reasoning_time")
    assert total[0] <= total[1] * CLOSE and total[1] <= branches * total[0] * (1 + 1e-9)
    assert r.value("headroom")[1] >= r.serving_detail.value("headroom")[1] - 1  # a byte


def test_the_browser_says_the_same():
    traced = REASONING.solve(LLAMA, H100, symbol("steps"), symbol("context"), branches=symbol("branches"))
    code = program({name: traced.value(name) for name in traced.fields()})
    exact = REASONING.solve(LLAMA, H100, 12, 3000, branches=5)
    for name, value in run(code, {"steps": 12, "context": 3000, "branches": 5}).items():
        np.testing.assert_allclose(value, float(exact.value(name)), rtol=1e-12, err_msg=name)


@pytest.mark.parametrize("wrong, says", [
    ({"reasoning_steps": 0}, "reasoning_steps is 0"), ({"tokens_per_step": 1.5}, "tokens come whole"),
    ({"branches": -1}, "branches is -1"), ({"context_length": True}, "a yes or no"),
    ({"tensor_parallel": 3}, "tensor_parallel is 3")])
def test_bad_input_gets_a_sentence(wrong, says):
    with pytest.raises((ValueError, TypeError), match=says):
        REASONING.solve(LLAMA, H100, **wrong)
