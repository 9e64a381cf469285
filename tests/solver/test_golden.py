"""Numbers that are known from elsewhere: published figures, and hand calculations that anybody can repeat."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from solver import Engine, Hardware, Models, Node, Profile, Profiles, ServingModel, max_users, precision_named
from solver.formulas.memory import kv_bytes_per_token
from solver.formulas.roofline import ridge_point
from solver.formulas.transformer import decode_time
from solver.formulas.work import forward_work

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
    assert llama.dense + llama.feed_forward[0].expert + llama.lm_head == 7_504_658_432
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


@pytest.mark.parametrize("model, chip, tensor_parallel, batch, context, ideal, tuned", [
    ("Llama3_8B", "H100", 1, 1, 2048, 4.5578, 8.6377), ("Llama3_8B", "H100", 1, 64, 2048, 9.6030, 14.1482),
    ("Llama3_8B", "H100", 1, 512, 2048, 48.7692, 59.0555),
    ("Llama3_70B", "H100", 4, 1, 2048, 10.426, 25.378), ("Llama3_70B", "H100", 4, 64, 2048, 14.130, 29.946),
    ("Mixtral_8x7B", "A100", 2, 1, 1024, 6.287, 12.378), ("Mixtral_8x7B", "A100", 2, 8, 1024, 20.903, 27.773),
    ("Mixtral_8x7B", "A100", 2, 64, 1024, 25.058, 32.473)])
def test_inter_token_latency(model, chip, tensor_parallel, batch, context, ideal, tuned):
    """Milliseconds worked out apart from this code, to 0.1 %."""
    r = SERVING.solve(Models[model], Hardware.Cloud[chip], context, batch, tensor_parallel=tensor_parallel,
                      profile="tuned")
    assert r.itl.m_as("ms") == pytest.approx(tuned, rel=1e-3)
    assert r.floor.itl.m_as("ms") == pytest.approx(ideal, rel=1e-3)


@pytest.mark.parametrize("model, tensor_parallel, tokens, ideal, tuned", [
    ("Llama3_8B", 1, 2048, 30.3183, 47.0677), ("Llama3_8B", 1, 1, 4.4777, 8.5534),
    ("Llama3_70B", 4, 2048, 90.286, 143.643)])
def test_time_to_first_token(model, tensor_parallel, tokens, ideal, tuned):
    r = SERVING.solve(Models[model], H100, tokens, tensor_parallel=tensor_parallel, profile=Profiles.tuned)
    assert r.ttft.m_as("ms") == pytest.approx(tuned, rel=1e-3)
    assert r.floor.ttft.m_as("ms") == pytest.approx(ideal, rel=1e-3)


@pytest.mark.parametrize("chip, ridge", [
    ("A100", 112.7), ("H100", 217.5), ("H200", 151.9), ("B200", 207.2), ("L40S", 308.7)])
def test_calibrated_ridge_batches(chip, ridge):
    """Tokens a pass at which 16-bit products take as long as their weights, at 0.70 of the rate, 0.95 of bandwidth."""
    engine = replace(Profiles.tuned, compute=0.70)
    node = Node(Hardware.Cloud[chip], FP16, FP16, engine)
    assert node.matmul_rate * FP16.size / (2 * node.bandwidth) == pytest.approx(ridge, rel=1e-3)


@pytest.mark.parametrize("length, speedups", [
    (2, [1.98, 1.92, 1.68, 1.44, 1.22, 1.09]), (4, [2.20, 2.08, 1.64, 1.31, 1.05, 0.91]),
    (8, [1.92, 1.73, 1.21, 0.91, 0.71, 0.60])])
def test_speculation(length, speedups):
    """A 1.2B draft on one H100 for a 70B on four, the first draft token accepted in 8 of 10 steps."""
    batches = np.array([1, 16, 64, 128, 256, 512])
    big = Models.Llama3_70B, H100, 2048, batches
    plain = SERVING.solve(*big, tensor_parallel=4, profile="tuned")
    drafted = SERVING.solve(*big, tensor_parallel=4, profile="tuned", draft_model=Models.Llama3_2_1B,
                            draft_acceptance_rate=0.8, draft_len=length)
    np.testing.assert_allclose((plain.itl / drafted.itl).m_as(""), speedups, atol=0.011)


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
    half = Node(H100, FP16, FP16, Profile("half", compute=0.5, attention=0.5))
    assert itl.m_as("second") == pytest.approx(decode_time(half, Models.Llama3_8B, 8, 2048), rel=1e-12)
