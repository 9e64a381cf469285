"""Heads that draft: they have as many parameters as published ones, and what their model lends them is not counted."""

from __future__ import annotations

import pytest

from solver import PRECISIONS, Models, Recipes
from solver.formulas.memory import kv_bytes_per_token, weights_bytes

FP8, FP16 = PRECISIONS["fp8"], PRECISIONS["fp16"]


def test_the_head_of_deepseek_v3_has_the_parameters_of_its_files():
    """684,531,386,000 numbers, less 41,540,496 scales, less the model, less the head's copies of embedding and lm_head
    (Hugging Face, and README_WEIGHTS.md of DeepSeek-V3: 14 billion with the copies, 1.5 active with lm_head)."""
    model = Models.DeepSeek_V3
    head = model.mtp_head
    assert head.parameters == 684_531_386_000 - 41_540_496 - model.parameters - 2 * 129280 * 7168
    assert (head.active_parameters + head.lm_head) / 1e9 == pytest.approx(1.5, abs=0.12)
    assert Models.DeepSeek_R1.mtp_head.parameters == head.parameters


@pytest.mark.parametrize("name, heads, kv_heads, head_dim, width, vocab", [
    ("Llama3_8B", 32, 8, 128, 14336, 32000), ("Qwen3_4B", 32, 8, 128, 9728, 32000),
    ("Qwen3_32B", 64, 8, 128, 25600, 32000), ("Qwen3_235B_A22B", 64, 4, 128, 24576, 32000),
    ("GPT_OSS_120B", 64, 8, 64, 17280, 32000), ("Gemma3_1B", 4, 1, 256, 6912, 32000)])
def test_eagle_heads_are_those_of_specforge(name, heads, kv_heads, head_dim, width, vocab):
    """https://github.com/sgl-project/SpecForge/tree/main/configs, as of 2026-08-08."""
    hidden = Models[name].hidden
    attention = 2 * hidden * head_dim * (heads + 2 * kv_heads) + heads * head_dim * hidden
    matrices = 3 * hidden**2 + attention + 3 * hidden * width
    head = Models[name].eagle_head
    assert head.parameters == matrices + vocab * hidden + 4 * hidden and head.dense + head.feed_forward[0].expert == (
        matrices)


def test_beside_latent_attention_and_experts_a_head_is_of_a_usual_size():
    """SpecForge's for DeepSeek-V3: 56 heads, 8 of K and V, and a width of 40,960, here six times hidden."""
    head = Models.DeepSeek_V3.eagle_head
    assert (head.attention.heads, head.attention.kv_heads, head.attention.head_dim) == (56, 8, 128)
    assert head.feed_forward[0].expert == pytest.approx(3 * 7168 * 40960, rel=0.06)


@pytest.mark.parametrize("name, elements", [
    ("DeepSeek_R1", 576), ("Qwen3_Next_80B_A3B", 2 * 2 * 256), ("GPT_OSS_20B", 2 * 8 * 64), ("GLM_4_5", 2 * 8 * 128),
    ("Gemma4_E2B", 2 * 1 * 512)])
def test_a_head_is_one_layer_that_caches_the_whole_context(name, elements):
    """Of a model with several kinds the last that caches, with its experts."""
    model = Models[name]
    for head in (model.mtp_head, model.eagle_head):
        assert head.layers == 1 and head.head == 1 and head.whole_cache == 1 and head.context == model.context
    assert kv_bytes_per_token(model.mtp_head, FP16) == 2 * elements
    assert model.mtp_head.feed_forward[0].experts == model.feed_forward[-1].experts and model.head == 0


@pytest.mark.parametrize("precision", [FP16, FP8, PRECISIONS["w4a16"], PRECISIONS["q4_0"], Recipes.Q4_K_M])
def test_what_its_model_lends_a_head_is_not_counted_again(precision):
    """Embedding and lm_head are the model's, in whatever format; an EAGLE-3 head has a small lm_head of its own."""
    model = Models.Llama3_8B
    mtp, eagle = (weights_bytes(head, precision) for head in (model.mtp_head, model.eagle_head))
    more = [sum(head.parts[part.name] * part.more for part in precision.parts)
            for head in (model.mtp_head, model.eagle_head)]
    assert mtp == pytest.approx(model.mtp_head.parameters * precision.size + more[0])
    own = 32000 * 4096
    assert eagle == pytest.approx((model.eagle_head.parameters - own) * precision.size + own * precision.wide_size
                                  + more[1])


def test_one_layer_is_both_ends():
    """A recipe that keeps first and last layer in a wide format counts a head once."""
    head = Models.Llama3_405B.eagle_head
    assert head.parts["ends"] == head.parts["feed_forward"]


def test_the_zoo_says_which_models_have_a_head():
    assert {name for name in list(Models.keys()) if getattr(Models[name], "mtp_layers", 0)} == {
        "DeepSeek_V3", "DeepSeek_R1", "DeepSeek_V3_1", "DeepSeek_V3_2", "GLM_4_5", "GLM_4_5_Air", "GLM_5", "GLM_5_1",
        "Qwen3_Next_80B_A3B", "Qwen3_5_27B", "Qwen3_5_35B_A3B", "Qwen3_5_122B_A10B", "Qwen3_5_397B_A17B", "Qwen3_6_27B",
        "Qwen3_6_35B_A3B"}
