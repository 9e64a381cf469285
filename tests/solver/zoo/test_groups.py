"""Models whose layers differ in both halves, declared group by group as ``zoo/models.toml`` does."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from mlsysim_labs import Lab
from solver import PRECISIONS, Hardware, Models, Node, ServingModel
from solver.formulas.memory import weights_bytes
from solver.formulas.transformer import distinct_experts, linear_time, streamed_bytes
from solver.zoo.declared import transformer_record
from solver.zoo.networks import FeedForward
from solver.zoo.records import Source

FP16, H200 = PRECISIONS["fp16"], Hardware.Cloud.H200
SOURCES = {"test": Source("shapes of published models, in this file", "https://example.org", datetime.date(2025, 1, 1))}


def model(name, hidden, vocab, kinds, **more):
    layers = sum(part["count"] for part in kinds)
    return transformer_record({"name": name, "source": "test", "hidden": hidden, "vocab": vocab, "layers": layers,
                               "context": "131072 token", "kinds": kinds, **more}, SOURCES)


def dense(width):
    return {"width": width, "gated": True}


def experts(count, active, width, shared=0):
    return {"count": count, "active": active, "width": width, "shared": shared}


def heads(count, kv_heads, head_dim, **more):
    return {"heads": count, "kv_heads": kv_heads, "head_dim": head_dim, **more}


# Meta, Llama 4 Maverick, config.json and model card (400 billion, 17 billion active): every other layer is a mixture.
MAVERICK = model("Maverick", 5120, 202048, [
    {"count": 24, "feed_forward": dense(16384)}, {"count": 24, "experts": experts(128, 1, 8192, 1)}],
    attention=heads(40, 8, 128))
# Qwen3-Next 80B-A3B, config.json and model card: 36 layers of gated DeltaNet (its matrices by hand), 12 of attention.
NEXT = model("Qwen3-Next", 2048, 151936, [
    {"count": 36, "state_attention": {"heads": 32, "head_dim": 128, "key_dim": 128,
                                      "matrices": 2048 * (2 * 2048 + 3 * 4096 + 64)}},
    {"count": 12, "attention": heads(16, 2, 256)}], experts=experts(512, 10, 512, 1))
# Gemma Team 2025, "Gemma 3 Technical Report", tables 1 and 2: 25,600 million besides 1,416 million of the embedding.
GEMMA = model("Gemma 3 27B", 5376, 262144, [
    {"count": 52, "attention": heads(32, 16, 128, window="1024 token")},
    {"count": 10, "attention": heads(32, 16, 128)}],
    feed_forward=dense(21504), tied=True)
# AI21 2024, "Jamba-1.5", table 1 (52 billion, 12 billion active): one of 8 layers attends, every other is a mixture.
MAMBA = {"heads": 1, "head_dim": 8192, "key_dim": 16,
         "matrices": 4096 * 16384 + 8192 * (256 + 32) + 256 * 8192 + 8192 * 4096}
JAMBA = model("Jamba 1.5 Mini", 4096, 65536, [
    {"count": 12, "state_attention": MAMBA, "feed_forward": dense(14336)},
    {"count": 4, "attention": heads(32, 8, 128), "feed_forward": dense(14336)},
    {"count": 16, "state_attention": MAMBA, "experts": experts(16, 2, 14336)}])


@pytest.mark.parametrize("one, total, active, halves", [
    (MAVERICK, 400e9, 17e9, (1, 2)), (NEXT, 80e9, 3.5e9, (2, 1)), (GEMMA, 27.0e9, 27.0e9, (2, 1)),
    (JAMBA, 52e9, 12e9, (2, 2))], ids=str)
def test_groups_give_the_published_counts(one, total, active, halves):
    assert one.parameters == pytest.approx(total, rel=0.01)
    assert one.active_parameters == pytest.approx(active, rel=0.12)
    assert (len(one.kinds), len(one.feed_forward)) == halves
    assert sum(kind.count for kind in one.kinds) == sum(mix.count for mix in one.feed_forward) == one.layers


@pytest.mark.parametrize("one", [MAVERICK, NEXT, JAMBA], ids=str)
def test_a_pass_reads_each_kind_of_expert_as_often_as_it_is_met(one):
    mixture = one.feed_forward[-1]
    for tokens in (1, 40, 10_000):
        met = one.dense + distinct_experts(mixture, tokens) * mixture.expert
        assert streamed_bytes(one, tokens, FP16) == pytest.approx(2 * met, rel=1e-12)
    assert streamed_bytes(one, 1e9, FP16) == pytest.approx(weights_bytes(one, FP16), rel=0.03)


def test_networks_written_in_two_kinds_are_the_same_model():
    """Two halves of a mixture are met alike; of experts in twice as many layers none is met twice."""
    for one in (Models.Mixtral_8x7B, Models.Llama3_8B):
        whole, = one.feed_forward
        totals = ("expert", "dense", "vectors", "router", "count")
        parts = tuple(replace(whole, **{name: share * getattr(whole, name) for name in totals})
                      for share in (0.25, 0.75))
        split, node = replace(one, feed_forward=parts), Node(H200, FP16)
        assert split.parameters == pytest.approx(one.parameters) and split.token_work == pytest.approx(one.token_work)
        assert linear_time(node, split, 100) == pytest.approx(linear_time(node, one, 100), rel=1e-12)
        assert split.parts["ends"] <= split.parts["feed_forward"]


def test_a_network_of_ones_own_is_of_all_layers():
    mine = replace(Models.Llama3_8B, feed_forward=FeedForward(1e9))
    assert mine.feed_forward[0].count == 32 and mine.feed_forward[0].ends == 2
    assert mine.multi_head.parameters == pytest.approx(mine.parameters)


def test_a_lab_chooses_between_models_of_one_and_two_kinds_of_networks():
    lab = Lab()
    lab.choice("model", [MAVERICK, NEXT, GEMMA, JAMBA, Models.Llama3_8B, Models.DeepSeek_V3])
    lab.slider("context", 512, 65536, scale="log2", start=8192)
    lab.slider("batch", 1, 64, start=8)

    @lab.derive
    def times(model, context, batch):
        r = ServingModel().solve(model, H200, seq_len=context, batch_size=batch, precision="fp8")
        return r.value("itl") + r.value("ttft")

    @lab.derive
    def weights(model):
        return weights_bytes(model, FP16)

    @lab.derive
    def both(weights, times):
        return weights * times

    assert lab.kernel_only == {}
    lab.check(40)
