"""Models whose layers are of several kinds of attention."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mlsysim_labs import Lab
from solver import PRECISIONS, Hardware, Models, ServingModel, max_users
from solver.formulas.memory import cached_context, kv_cache_bytes
from solver.formulas.paging import equivalent_context
from solver.zoo.layers import Attention, LatentAttention, Layers, StateAttention

FP16, MIB = PRECISIONS["fp16"], 2**20
FULL, NEAR = Attention(5120, 24, 4, 256), Attention(5120, 24, 4, 256, window=1024)
# lmstudio-ai/lmstudio-bug-tracker#1862: 16 of 64 layers grow to 16,384.00 MiB at 262,144 tokens, the states of four
# requests take 598.50 MiB: 48 heads of 128 x 128 and three steps of a convolution of 10,240 numbers, of 4 B each.
STATE = StateAttention(5120, 48, 128, 128, matrices=1e8, convolved=3 * 10240)
HYBRID = replace(Models.Llama3_8B, name="hybrid", context=262144.0, kinds=(Layers(16, FULL), Layers(48, STATE)))
THREE = replace(HYBRID, name="three", kinds=(Layers(8, FULL), Layers(24, NEAR), Layers(8, STATE)))
LATENT = replace(HYBRID, name="latent", kinds=(Layers(32, LatentAttention(5120, 24, 1536, 512, 128, 64, 128)),))
SEVERAL = [HYBRID, THREE, LATENT, Models.Llama3_8B, Models.GPT_OSS_20B]


def test_a_state_does_not_grow_with_the_context():
    grown = kv_cache_bytes(HYBRID, 1, 262144, FP16) - HYBRID.state
    assert grown / MIB == 16384 and 4 * HYBRID.state / MIB == pytest.approx(598.5, rel=1e-3)
    assert kv_cache_bytes(HYBRID, 4, 0, FP16) == 4 * HYBRID.state


@pytest.mark.parametrize("model", SEVERAL, ids=str)
def test_the_same_layers_written_in_two_groups_are_the_same_model(model):
    halves = tuple(replace(kind, count=kind.count / 2) for kind in model.kinds for _ in range(2))
    split = replace(model, kinds=halves)
    one, two = (ServingModel().solve(m, Hardware.Cloud.H200, seq_len=5000, batch_size=4) for m in (model, split))
    assert split.parameters == pytest.approx(model.parameters)
    for name in ("ttft", "itl", "kv_cache_size", "headroom"):
        assert two.value(name) == pytest.approx(one.value(name), rel=1e-12), name


@pytest.mark.parametrize("model", SEVERAL, ids=str)
@pytest.mark.parametrize("context", [1, 100, 1024, 5000, 100_000])
def test_what_is_cached_leads_back_to_the_context(model, context):
    assert equivalent_context(model, cached_context(model, context)) == pytest.approx(context)


@pytest.mark.parametrize("key, groups", [
    ("Gemma3_27B", [6, 1]),          # 52 and 10 layers: five groups of 10, and one of 2 that is filled up
    ("Gemma3_1B", [6, 1]), ("Llama4_Scout", [3, 1]), ("GPT_OSS_20B", [1, 1]), ("Qwen3_6_27B", [0, 1]),
    ("Llama3_8B", [1])])
def test_layers_are_grouped_as_vllm_does(key, groups):
    """vLLM, `vllm/v1/core/kv_cache_utils.py`: as many layers as the rarest kind has make a group."""
    assert [kind.groups for kind in Models[key].kinds] == groups


def test_nearly_equal_kinds_are_one_group_each():
    """vLLM's own example: 13 full layers and 12 that slide are padded to 13 each."""
    model = replace(Models.GPT_OSS_20B, kinds=(Layers(13, FULL), Layers(12, NEAR)))
    assert model.group == 13 * FULL.kv_elements and [kind.groups for kind in model.kinds] == [1, 1]


def test_a_window_has_room_for_a_token():
    with pytest.raises(ValueError, match="window is 0, and a token attends at least to itself"):
        Attention(4096, 32, 8, 128, window=0)


def test_a_lab_chooses_between_models_of_one_two_and_three_kinds():
    lab = Lab()
    lab.choice("model", SEVERAL)
    lab.slider("context", 512, 65536, scale="log2", start=8192)

    @lab.derive
    def users(model, context):
        return max_users(model, Hardware.Cloud.H200, context, reserve=0.1)

    @lab.derive
    def step(model, context):
        return ServingModel().solve(model, Hardware.Cloud.H200, seq_len=context, batch_size=2).value("itl")

    @lab.derive
    def both(users, step):
        return users + step

    assert lab.kernel_only == {}
    lab.check(40)
