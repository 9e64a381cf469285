"""Recipes of checkpoints: what each part takes and costs, and names as people type them."""

from __future__ import annotations

import datetime
import math

import pytest

from mlsysim_labs import Lab
from solver import (
    PRECISIONS,
    Accelerator,
    Engine,
    Hardware,
    Models,
    Node,
    Precision,
    Profiles,
    Recipes,
    ServingModel,
    kv_capacity,
    max_users,
    precision_named,
    recipe,
)
from solver.formulas.memory import weights_bytes
from solver.formulas.transformer import decode_time, prefill_time, slowed_work, streamed_bytes
from solver.zoo.precision import WIDE
from solver.zoo.recipes import LAYER_PARTS
from solver.zoo.records import Source, read

SOLVE, H100, B200, LLAMA = ServingModel().solve, Hardware.Cloud.H100, Hardware.Cloud.B200, Models.Llama3_8B
GIB, FP8, FP16 = 2**30, PRECISIONS["fp8"], PRECISIONS["fp16"]
TRANSFORMERS = [model for model in Models if hasattr(model, "vocab")]


def test_every_recipe_has_a_source():
    tables = dict(read("recipes.toml"))
    sources = tables.pop("sources")
    assert {table["source"] for table in tables.values()} == set(sources)
    for source in (Source(**table) for table in sources.values()):
        assert source.url.startswith("https://")
        assert datetime.date(2022, 1, 1) < source.date <= datetime.date(2026, 11, 20)


@pytest.mark.parametrize("model, kind, gib, tolerance", [
    ("GPT_OSS_120B", "GPT_OSS", 60.8, 0.003), ("GPT_OSS_20B", "GPT_OSS", 12.8, 0.003),  # arXiv 2508.10925, table 1
    # llama.cpp, tools/quantize/README.md: 8B in GiB, the larger ones in GB.
    ("Llama3_8B", "Q4_K_M", 4.58, 0.002), ("Llama3_8B", "Q5_K_M", 5.33, 0.002), ("Llama3_8B", "Q6_K", 6.14, 0.002),
    ("Llama3_8B", "Q8_0", 7.95, 0.002), ("Llama3_70B", "Q4_K_M", 43.1e9 / GIB, 0.003),
    ("Llama3_405B", "Q4_K_M", 249.1e9 / GIB, 0.004)])
def test_files_are_as_large_as_published(model, kind, gib, tolerance):
    assert weights_bytes(Models[model], precision_named(kind)) / GIB == pytest.approx(gib, rel=tolerance)


def test_gpt_oss_streams_more_than_its_experts():
    """By hand: 1.90 GB of experts, 1.94 of attention and routers, 1.16 of lm_head."""
    model, kind = Models.GPT_OSS_120B, Recipes.GPT_OSS
    assert streamed_bytes(model, 1, kind) + model.lm_head * kind.wide_size == pytest.approx(5.0e9, rel=0.001)
    plain = PRECISIONS["mxfp4"]
    assert streamed_bytes(model, 1, plain) + model.lm_head * plain.wide_size == pytest.approx(3.57e9, rel=0.01)


@pytest.mark.parametrize("model", TRANSFORMERS, ids=str)
@pytest.mark.parametrize("name", ["fp16", "fp8"])
def test_a_recipe_of_one_format_is_that_format(model, name):
    kind = PRECISIONS[name]
    same = recipe("same", kind, **dict.fromkeys(LAYER_PARTS, kind))
    one, two = (Node(H100, p, FP16, Profiles.tuned, 2.0) for p in (kind, same))
    assert weights_bytes(model, same) == weights_bytes(model, kind)
    assert decode_time(one, model, 8, 1000) == decode_time(two, model, 8, 1000)
    assert prefill_time(one, model, 8, 100, 900) == prefill_time(two, model, 8, 100, 900)


@pytest.mark.parametrize("model", TRANSFORMERS, ids=str)
def test_parts_are_all_that_every_token_passes(model):
    """In 16 bits, part by part, a model is one in 16 bits but for its routed experts."""
    wide = recipe("wide", FP8, attention=WIDE, router=WIDE, shared=WIDE, feed_forward=WIDE)
    routed = sum(mix.experts * mix.expert for mix in model.feed_forward if mix.experts > 1)
    assert weights_bytes(model, FP16) - weights_bytes(model, wide) == pytest.approx(routed + model.vectors, rel=1e-9)
    assert sum(model.parts[part] for part in LAYER_PARTS[:4]) + routed == pytest.approx(
        model.parameters - model.embeddings - model.vectors, rel=1e-12)
    assert recipe("ends", FP8, feed_forward=WIDE, ends=WIDE).parts[1].more == 0


def test_ends_are_two_layers_where_they_are_no_mixtures():
    llama, seek = Models.Llama3_405B, Models.DeepSeek_V3
    assert llama.parts["ends"] == pytest.approx(2 / 126 * llama.parts["feed_forward"])
    assert seek.parts["ends"] == pytest.approx(1 / 3 * seek.parts["feed_forward"])
    assert Models.Mixtral_8x7B.parts["ends"] == 0


def test_wide_parts_are_multiplied_at_the_wide_rate():
    """By hand: without loss FP8 runs twice as fast, so what stays at 16 bits counts twice."""
    model, kind = Models.Llama3_405B, Recipes.Llama3_405B_FP8
    kept = model.parts["attention"] + model.parts["ends"]
    ratio = H100.fp8 / H100.fp16
    assert slowed_work(Node(H100, kind), model) == pytest.approx(model.token_work + 2 * kept * (ratio - 1), rel=1e-12)
    assert slowed_work(Node(H100, FP8), model) == model.token_work
    fp16, fp8, mixed = (SOLVE(model, H100, 4096, precision=p, tensor_parallel=8).ttft for p in (FP16, FP8, kind))
    assert fp8 < mixed < fp16


def test_latent_attention_expands_at_the_rate_of_its_matrices():
    node, plain = Node(B200, Recipes.NVFP4_DeepSeek), Node(B200, PRECISIONS["nvfp4"])
    assert node.projection_rate == B200.fp16 and plain.projection_rate == plain.matmul_rate == B200.fp4


@pytest.mark.parametrize("kind", Recipes, ids=str)
def test_a_recipe_keeps_16_bits_in_the_cache_and_runs_everywhere(kind):
    assert kind.cached_as.size == 2
    chip = B200 if kind.rate == "fp4" else H100
    r = SOLVE(Models.Mixtral_8x7B, chip, 1024, 4, kind, profile="tuned", output_len=64)
    assert 0 < r.itl.magnitude < math.inf and r.floor.itl <= r.itl
    assert Engine.solve(Models.ResNet50, chip, precision=kind).feasible
    assert kv_capacity(LLAMA, chip, 1024, kind).blocks > 0
    assert any("in fp16" in said for said in r.constraint_trace)


@pytest.mark.parametrize("typed, name", [
    ("float16", "fp16"), ("half", "fp16"), ("FP16", "fp16"), ("auto", "fp16"), ("bfloat16", "bf16"),
    ("float32", "fp32"), ("fp8_e4m3", "fp8"), ("fp8-e5m2", "fp8"), ("AWQ", "AWQ"), ("awq", "AWQ"), ("gptq", "GPTQ"),
    ("gptq-int8", "GPTQ-Int8"), ("Q4_K_M", "Q4_K_M"), ("q4_k_m", "Q4_K_M"), ("Q4_0", "q4_0"), ("q8-0", "q8_0"),
    ("W4A16", "w4a16"), ("gpt-oss", "GPT-OSS"), ("fp8-blocks", "FP8-blocks"), ("NVFP4", "nvfp4")])
def test_names_as_people_type_them(typed, name):
    assert precision_named(typed).name == name
    assert SOLVE(LLAMA, B200, 1024, precision=typed).ttft.magnitude > 0


@pytest.mark.parametrize("typed, meant", [("w8a8", ["int8", "fp8"]), ("W4-A4", ["int4", "nvfp4"]),
                                          ("4bit", ["w4a16", "int4"]), ("nf4", ["w4a16"]), ("gguf", ["Q4_K_M"])])
def test_what_may_be_two_formats_is_answered_with_both(typed, meant):
    with pytest.raises(ValueError) as said:
        SOLVE(LLAMA, H100, 1024, precision=typed)
    assert all(repr(name) in str(said.value) for name in meant)
    assert "w8a16" not in str(said.value) or typed != "w8a8"


def test_a_recipe_is_no_format_of_a_cache():
    with pytest.raises(ValueError, match=r"kv_precision is 'AWQ', which says how the parts .* such as 'fp16'"):
        max_users(LLAMA, H100, 1024, kv_precision="awq")
    with pytest.raises(ValueError, match=r"kv_precision 'fp17' is not known. Did you mean fp16"):
        SOLVE(LLAMA, H100, 1024, kv_precision="fp17")


def test_a_format_without_a_rate_is_refused_in_a_sentence():
    with pytest.raises(ValueError, match=r"'mine' runs at 'mine', which is no rate .* rate=\"half\""):
        Precision("mine", 0.5)
    with pytest.raises(ValueError, match="give a number above 0"):
        Precision("mine", 0.0, "half")
    with pytest.raises(TypeError, match="a recipe has no part 'experts'"):
        recipe("mine", FP8, experts=WIDE)
    with pytest.raises(ValueError, match=r"no fp4 rate for NVFP4-DeepSeek: .*w4a16"):
        SOLVE(LLAMA, H100, 1024, precision="nvfp4-deepseek")
    with pytest.raises(ValueError, match=r"no fp8 rate.*w8a16"):
        SOLVE(LLAMA, Hardware.Cloud.A100, 1024, precision="fp8")
    with pytest.raises(ValueError, match="is not known"):
        H100.peak["fp17"]
    bare = Accelerator("Bare", memory="80 GiB", bandwidth="3 TB/s", fp8=1e15)
    with pytest.raises(ValueError, match="none for 16 bits"):
        SOLVE(LLAMA, bare, 1024, precision="fp8")


def test_a_lab_chooses_between_formats_plain_and_mixed():
    lab = Lab()
    own = recipe("own", FP8, attention=WIDE, lm_head=FP8)
    formats = [FP16, FP8, Precision("thin", 3.4 / 8, "half"), Recipes.Llama3_405B_FP8, Recipes.GPT_OSS, Recipes.Q4_K_M,
               PRECISIONS["q4_0"], Recipes.FP8_blocks, own]
    lab.choice("model", [LLAMA, Models.GPT_OSS_20B, Models.DeepSeek_V3])
    lab.choice("kind", formats)
    lab.choice("chip", [H100, B200, Hardware.Cloud.H200])
    lab.slider("context", 512, 65536, scale="log2", start=8192)

    @lab.derive
    def users(model, kind, chip, context):
        return max_users(model, chip, context, kind, reserve=0.1)

    @lab.derive
    def times(model, kind, chip, context):
        r = SOLVE(model, chip, context, 4, kind, profile="tuned", prefill_chunk_tokens=1000, cached_prefix_len=100)
        return r.value("ttft") + r.value("itl")

    @lab.derive
    def both(users, times):
        return users + times

    assert lab.kernel_only == {}
    lab.check(60)
