"""Numbers that are known from elsewhere: published figures, and hand calculations that anybody can repeat."""

from __future__ import annotations

import pytest

from solver import Engine, Hardware, Models, ServingModel, max_users, precision_named
from solver.memory import kv_bytes_per_token
from solver.roofline import ridge_point
from solver.transformer import decode_time, forward_work

H100, FP16 = Hardware.Cloud.H100, precision_named("fp16")
SERVING = ServingModel()


@pytest.mark.parametrize("model, precision, size", [
    # 2 * layers * kv_heads * head_dim * size; vLLM and TensorRT-LLM allocate exactly these
    ("Llama2_7B", "fp16", 524_288), ("Llama3_8B", "fp16", 131_072), ("Llama3_8B", "fp8", 65_536),
    ("Llama3_70B", "fp16", 327_680), ("Qwen2_5_7B", "bf16", 57_344),
    # latent attention: 61 layers * (512 + 64)
    ("DeepSeek_V3", "fp8", 35_136), ("DeepSeek_V3", "bf16", 70_272)])
def test_kv_bytes_per_token(model, precision, size):
    assert kv_bytes_per_token(Models[model], precision_named(precision)) == size


def test_tensorrt_llm_counts_the_same_tokens():
    """NVIDIA/TensorRT-LLM issue 1400: 69,524,783,104 B of cache for Llama-2 7B are 132,608 tokens."""
    assert 69_524_783_104 / kv_bytes_per_token(Models.Llama2_7B, FP16) == 132_608


def test_vllm_loads_the_same_weights():
    """vLLM logs 14.9595 GiB for Llama 3 8B."""
    weights = SERVING.solve(Models.Llama3_8B, H100, 1).model_weights_size
    assert weights.m_as("GiB") == pytest.approx(14.9595, rel=2e-4)


@pytest.mark.parametrize("chip, ridge", [
    ("A100", 153.0), ("H100", 295.2), ("H200", 206.1), ("B200", 281.3), ("L40S", 419.0)])
def test_ridge_points(chip, ridge):
    assert ridge_point(Hardware.Cloud[chip], FP16) == pytest.approx(ridge, abs=0.051)


def test_work_of_a_prompt():
    """Llama 3.1 8B: 13.958643712 GFLOP a token in the layers, 1,099.511627776 in attention over 2,048 tokens."""
    llama = Models.Llama3_8B
    assert llama.token_work == 13_958_643_712
    assert llama.dense + llama.feed_forward.expert + llama.head == 7_504_658_432
    pairs = forward_work(llama, llama.prefill_pair_work, 1, 2048, 0, 0) - 2048 * llama.token_work
    assert pairs == 1_099_511_627_776


@pytest.mark.parametrize("batch, tokens, milliseconds", [(1, 2048, 30.3183), (1, 1, 4.4777)])
def test_ideal_time_to_first_token(batch, tokens, milliseconds):
    r = SERVING.solve(Models.Llama3_8B, H100, tokens, batch, efficiency=1.0)
    assert r.ttft.m_as("ms") == pytest.approx(milliseconds, rel=1e-4)


@pytest.mark.parametrize("batch, milliseconds", [(1, 4.5578), (64, 9.6030), (512, 48.7692)])
def test_ideal_inter_token_latency(batch, milliseconds):
    r = SERVING.solve(Models.Llama3_8B, H100, 2048, batch, efficiency=1.0)
    assert r.itl.m_as("ms") == pytest.approx(milliseconds, rel=1e-4)


def test_the_kv_cache_question():
    """Llama 3.1 8B on an H100 at 128K: 4 users, 3 with a tenth reserved, 1 if every head were a KV head."""
    llama = Models.Llama3_8B
    r = SERVING.solve(llama, H100, 131072)
    assert r.kv_cache_size.m_as("GB") == pytest.approx(17.179869184)
    assert r.model_weights_size.m_as("GB") == pytest.approx(16.060522496)
    assert max_users(llama, H100, 131072) == 4
    assert max_users(llama, H100, 131072, reserve=0.1) == 3
    assert max_users(llama.multi_head, H100, 131072) == 1
    assert SERVING.solve(llama, H100, 65536, 8).feasible
    assert not SERVING.solve(llama, H100, 131072, 8).feasible


def test_a_big_model_does_not_fit_one_chip():
    assert max_users(Models.Llama3_70B, H100, 1) == 0
    assert not Engine.solve(Models.Llama3_70B, H100).feasible


def test_h200_at_full_context():
    """141 GiB hold 7 users of Llama 3.1 8B at 128K in FP16."""
    assert max_users(Models.Llama3_8B, Hardware.Cloud.H200, 131072) == 7


def test_one_decode_step_has_one_answer():
    """Engine, ServingModel and the formula agree."""
    itl = SERVING.solve(Models.Llama3_8B, H100, 2048, 8).itl
    assert Engine.solve(Models.Llama3_8B, H100, batch_size=8, seq_len=2048).latency == itl
    assert itl.m_as("second") == pytest.approx(decode_time(H100, Models.Llama3_8B, 8, 2048, FP16, 0.5), rel=1e-12)
