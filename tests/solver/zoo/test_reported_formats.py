"""Public reports about number formats, and what the solver says of them: each with where it stands."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from solver import (
    Accelerator,
    Hardware,
    Models,
    Precision,
    Recipes,
    ServingModel,
    kv_capacity,
    max_users,
    precision_named,
)
from solver.zoo.layers import Attention, Layers

SOLVE, H100, LLAMA, QWEN = ServingModel().solve, Hardware.Cloud.H100, Models.Llama3_8B, Models.Qwen3_30B_A3B
GIB, MIB = 2**30, 2**20


def test_a_checkpoint_in_fp8_keeps_its_cache_at_16_bits():
    """98,304 B a token: vllm-project/vllm#34076 has 24.0 GiB for 262,144 tokens of an FP8 checkpoint, and in
    vllm-project/vllm#25350 only the flag doubles the tokens."""
    tokens = 40960
    assert SOLVE(QWEN, H100, tokens, precision=Recipes.FP8_blocks).value("kv_cache_size") / tokens == 98_304
    assert 98_304 * 262_144 / GIB == 24.0


@pytest.mark.parametrize("name", ["nvfp4", "mxfp4", "w4a16", "q4_0", *Recipes.keys()])
def test_formats_with_scales_and_checkpoints_keep_the_cache_at_16_bits(name):
    """As engines do unless told; plain names narrow both."""
    assert precision_named(name).cached_as.size == 2
    assert [precision_named(plain).cached_as.size for plain in ("fp8", "int8", "int4")] == [1, 1, 0.5]


def test_plain_fp8_narrows_the_cache_too_and_says_so():
    for result in (SOLVE(QWEN, H100, 1024, precision="fp8"), kv_capacity(QWEN, H100, 1024, "fp8")):
        assert "KV cache: in fp8, 8 bits a number; kv_precision changes that." in result.constraint_trace
    named = SOLVE(QWEN, H100, 1024, precision="fp8", kv_precision="auto")
    assert named.value("kv_cache_size") == 98_304 * 1024


@pytest.mark.parametrize("kv_precision, mib", [("f16", 1040.0), ("Q8_0", 552.5), ("q4_0", 292.5)])
def test_a_cache_in_q4_0(kv_precision, mib):
    """ggml-org/llama.cpp#21551: a 24B of 40 layers, 8 KV heads of 128, at 6,656 tokens."""
    model = replace(LLAMA, name="24B", kinds=(Layers(40, Attention(5120, 32, 8, 128)),))
    assert SOLVE(model, H100, 6656, kv_precision=kv_precision).value("kv_cache_size") / MIB == mib


def test_a_format_of_ones_own_for_weights_and_for_the_cache():
    """By hand: the layers have 4.5 bits a number, embedding and lm_head 16."""
    mine, chip = Precision("q4_0", 4.5 / 8, "half"), Hardware.Workstation.RTX_4090
    r = SOLVE(LLAMA, chip, 2048, precision=mine)
    layers = r.value("model_weights_size") - 2 * LLAMA.embeddings
    assert 8 * layers / (LLAMA.parameters - LLAMA.embeddings) == 4.5
    assert 0 < r.ttft.magnitude < np.inf and 0 < r.itl.magnitude < np.inf
    odd = Precision("somebody's", 3.44 / 8, "half")
    assert SOLVE(LLAMA, chip, 2048, precision=odd, kv_precision=odd).itl < r.itl
    assert max_users(LLAMA, chip, 2048, odd, kv_precision=odd) > max_users(LLAMA, chip, 2048, mine)
    own_chip = Accelerator("Mine", memory="80 GiB", bandwidth="3 TB/s", bf16="900 TFLOP/s")
    assert own_chip.peak[odd] == own_chip.half == 900e12
    assert SOLVE(replace(LLAMA, name="mine"), own_chip, 2048, precision=odd).ttft.magnitude > 0


def test_int4_on_a_chip_without_int4_units():
    """datawhalechina/llm-algo-leetcode#133 counts INT4 on an H100: time to first token 1.00 times, ITL 3.38."""
    with pytest.raises(ValueError, match=r"NVIDIA H100 SXM has no int4 rate.*w4a16"):
        SOLVE(LLAMA, H100, 2048, precision="int4")
    plain, narrow = (SOLVE(LLAMA, H100, 2048, precision=name) for name in ("fp16", "w4a16"))
    assert (narrow.ttft / plain.ttft).m_as("") == pytest.approx(1.0, abs=0.01)
    assert 2 < (plain.itl / narrow.itl).m_as("") < 3.38  # which counts neither scales nor lm_head at 16 bits


@pytest.mark.parametrize("kv_heads, gib", [(8, 56.71), (16, 57.7)])
def test_weights_of_the_405b_in_fp8(kv_heads, gib):
    """vllm-project/vllm#6746: 57.752 GiB on each of eight chips with the files of July 2024, whose K and V have 16
    heads; 56.71 with 8."""
    model = Models.Llama3_405B
    model = replace(model, kinds=(Layers(model.layers, replace(model.attention, kv_heads=kv_heads)),))
    size = kv_capacity(model, H100, 8192, "llama3-405b-fp8", tensor_parallel=8).value("model_weights_size")
    assert size / GIB == pytest.approx(gib, rel=0.005)
