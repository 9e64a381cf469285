"""What people reported of engines and chips, each with its public source, asked through the public classes."""

from __future__ import annotations

import numpy as np
import pytest

from solver import Q_, Accelerator, Hardware, Models, ServingModel, Transformer, kv_capacity
from solver.zoo.layers import Attention, Layers, StateAttention
from solver.zoo.networks import FeedForward

SERVING, H100 = ServingModel(), Hardware.Cloud.H100
MIB, GIB = 2**20, 2**30


def test_full_requests_where_half_of_the_layers_slide():
    """Start-up log of a public Kaggle notebook: gpt-oss-120b, FP8 cache of 11.23 GiB, "7.77x" at 81,920 tokens."""
    r = kv_capacity(Models.GPT_OSS_120B, H100, 81_920, "mxfp4", kv_precision="fp8", batched_tokens=2048,
                    kv_cache_size=Q_("11.23 GiB"))
    assert r.max_concurrency == pytest.approx(7.77, rel=0.03) and r.feasible
    alone = kv_capacity(Models.GPT_OSS_120B, H100, 81_920, "mxfp4", kv_precision="fp8", kv_cache_size=Q_("11.23 GiB"))
    assert alone.max_concurrency == pytest.approx(7.97, rel=0.005), "without the tokens of a step, the window alone"


def test_full_requests_where_all_layers_slide():
    """By hand: 6.61 GiB / (4,096 tokens of 131,072 bytes); Mistral 7B v0.1."""
    r = kv_capacity(Models.Mistral_7B, H100, 32_768, kv_cache_size=Q_("6.61 GiB"))
    assert r.max_concurrency == pytest.approx(13.22, rel=0.01)


def test_tokens_of_a_cache():
    """github.com/vllm-project/vllm/issues/25350: Qwen3-30B-A3B, FP8 cache of 10.55 GiB, 230,528 tokens."""
    r = kv_capacity(Models.Qwen3_30B_A3B, H100, 32_768, "fp8", kv_precision="fp8", kv_cache_size=Q_("10.55 GiB"))
    assert r.tokens == pytest.approx(230_528, rel=0.001) and r.kv_cache_size == Q_("10.55 GiB")


def test_a_context_beyond_the_trained_one():
    """github.com/vllm-project/vllm/issues/25350: 221,000 tokens need 10.12 GiB; later releases are trained for it."""
    r = SERVING.solve(Models.Qwen3_30B_A3B, H100, 221_000, precision="fp8", kv_precision="fp8")
    assert r.kv_cache_size.m_as("GiB") == pytest.approx(10.12, rel=0.002) and not r.within_context
    assert any("221,000 tokens are more than the 40,960" in said for said in r.constraint_trace)


def hybrid() -> Transformer:
    """64 layers as in Qwen3.6 27B: each fourth attends to everything, the others keep a state (gated DeltaNet)."""
    hidden = 5120.0
    full = Attention(hidden, 24.0, 4.0, 256.0)
    linear = StateAttention(hidden, 48.0, 128.0, 128.0, matrices=1.2e8, convolved=3 * 10_240.0)
    return Transformer("Hybrid", (Layers(16.0, full), Layers(48.0, linear)), hidden, 248_320.0, 262_144.0,
                       FeedForward(64 * 3 * hidden * 17_408))


def test_a_state_does_not_grow():
    """github.com/lmstudio-ai/lmstudio-bug-tracker/issues/1862: 16,384.00 MiB of one request, states of four 598.50."""
    model, chip = hybrid(), Hardware.Cloud.MI300X

    def cache(tokens, requests=1):
        return SERVING.solve(model, chip, tokens, requests).kv_cache_size.m_as("MiB")

    growing = 2 * (cache(262_144) - cache(131_072))
    assert growing == pytest.approx(16_384, rel=0.001)
    assert cache(262_144, 4) - 4 * growing == pytest.approx(598.5, rel=0.001)
    r = kv_capacity(model, chip, 262_144)
    taken = 262_144 / 16 + np.ceil(cache(262_144) - growing)  # blocks of a MiB: 16 tokens of 64 KiB
    assert r.block_size.m_as("MiB") == 1 and r.max_concurrency == r.blocks / taken


@pytest.mark.parametrize("key, shown", [("L40S", 44.99), ("L4", 22.49)])
def test_memory_that_an_engine_can_use(key, shown):
    """nvidia-smi: 46,068 MiB of an L40S (github.com/vllm-project/vllm/issues/15196 has 44.31 GiB beside the context of
    CUDA), 23,034 MiB of an L4."""
    chip = Hardware.Cloud[key]
    assert chip.usable_memory / GIB == pytest.approx(shown, rel=0.005)
    r = kv_capacity(Models.Llama3_8B, chip, 8192, utilization=1, activation=Q_("0 GiB"))
    used = r.kv_cache_size + r.model_weights_size
    assert used.m_as("GiB") == pytest.approx(shown, rel=0.005)
    said = r.constraint_trace[0]
    assert f"Of the {chip.memory / GIB:g} GiB installed in {chip}, " in said and "error correction keeps" in said


def test_two_nodes_have_no_band():
    """github.com/tenstorrent/tt-inference-server/issues/356: DeepSeek-R1 FP8 on two nodes of 8 H100, 31.2 ms a token;
    it has the layers of V3. Over one node's links alone it would be far faster, so no band is said."""
    two = SERVING.solve(Models.DeepSeek_V3, H100, 128, precision="fp8", output_len=128, tensor_parallel=16,
                        profile="tuned")
    assert two.band("itl") is None and two.band("ttft") is None and two.band("e2e_latency") is None
    assert any("16 of NVIDIA H100 SXM are more than the 8 that its link joins" in said for said in two.constraint_trace)
    one = SERVING.solve(Models.DeepSeek_V3, H100, 128, precision="fp8", tensor_parallel=[8, 16], profile="tuned")
    low, high = one.band("ttft")
    assert np.isfinite(high.magnitude).tolist() == np.isfinite(low.magnitude).tolist() == [True, False]


def test_generation_on_a_chip_whose_rate_nobody_publishes():
    """github.com/ggml-org/llama.cpp/discussions/4167: Llama 2 7B F16 on an M2 Ultra with 76 cores, 41.0 token/s."""
    ultra = Hardware.Workstation.M2_Ultra
    r = SERVING.solve(Models.Llama2_7B, ultra, 64, profile="llama_cpp")
    assert r.tokens_per_second == pytest.approx(41, rel=0.35) and r.bottleneck == "Memory"
    assert np.isnan(r.ttft.magnitude) and str(r.ttft) == "unknown" and "ttft = unknown" in repr(r)
    assert "nan" not in " ".join([repr(r), *r.constraint_trace]).lower()
    said = [said for said in r.constraint_trace if "nobody publishes" in said]
    assert said == [f"Time to first token: unknown, for nobody publishes the 16-bit rate of {ultra}."]
    many = SERVING.solve(Models.Llama2_7B, ultra, 64, [1, 4, 64])
    assert np.isnan(many.itl.magnitude).tolist() == [False, False, True], "arithmetic may be what takes long"
    assert str(many.itl).endswith("unknown] ms") and "nan" not in repr(many)
    assert many.kv_cache_size.magnitude[2] > 0 and "unknown at 33% of the points" in many.constraint_trace[2]


def test_advice_where_weights_alone_are_too_large():
    """github.com/vllm-project/vllm/issues/13882: Qwen2.5 7B in 4 bits on 8 GiB, 0 blocks, 4,681 on the host."""
    chip = Accelerator("8 GiB", memory="8 GiB", bandwidth="300 GB/s", fp16="40 TFLOP/s")
    r = kv_capacity(Models.Qwen2_5_7B, chip, 4096, "w4a16", utilization=0.7, non_torch=Q_("0.03 GiB"),
                    activation=Q_("1.42 GiB"), swap=Q_("4 GiB"))
    assert (r.blocks, r.cpu_blocks, r.feasible) == (0, 4681, False)
    said = r.constraint_trace[0].lower()
    assert "context" not in said and "request" not in said and "format" not in said and "more chips" not in said
    assert said.endswith("a larger share of the memory or a chip with more memory would help.")
