"""Heads that draft while a model is served: what they cost, what they bring, and what is said of them."""

from __future__ import annotations

import numpy as np
import pytest

from mlsysim_labs.reactive.trace import Choice, program, run, symbol
from solver import Hardware, Models, Node, Profiles, ServingModel, precision_named
from solver.formulas.memory import kv_cache_bytes, weights_bytes
from solver.formulas.transformer import decode_time

SERVING, R1, H200 = ServingModel(), Models.DeepSeek_R1, Hardware.Cloud.H200
FP8 = precision_named("fp8")


def r1(batch=1, **options):
    """DeepSeek-R1 in FP8 on eight H200s, 1,024 tokens in and 256 out."""
    return SERVING.solve(R1, H200, 1024, batch, "fp8", tensor_parallel=8, output_len=256, profile="tuned", **options)


def test_a_head_runs_on_all_chips_of_its_model():
    """The whole step by hand: two passes of the head at the same eight chips, then one of the model over three."""
    node = Node(H200, FP8, FP8, Profiles.tuned, 8)
    step = 2 * decode_time(node, R1.mtp_head, 4, 1152) + decode_time(node, R1, 4, 1152, 3.0)
    r = r1(4, draft_model="mtp", draft_len=2, draft_acceptance_rate=0.8)
    assert r.tokens_per_step == pytest.approx(1 + 0.8 + 0.8 * 0.8 * 0.95)
    assert r.itl.m_as("s") == pytest.approx(step / r.tokens_per_step, rel=1e-12)
    assert r.draft_speedup == pytest.approx((r1(4).itl / r.itl).m_as(""))


def test_its_weights_and_its_cache_count_on_the_chips_that_decode():
    plain, drafted = r1(16), r1(16, draft_model="mtp")
    more = (drafted.total_memory_required - plain.total_memory_required).m_as("byte")
    cache = kv_cache_bytes(R1.mtp_head, 16, 1280, FP8)
    assert more == pytest.approx(R1.mtp_head.parameters + cache) and weights_bytes(R1.mtp_head, FP8) + cache == (
        pytest.approx(more))
    assert cache == pytest.approx(drafted.kv_cache_size.m_as("byte") / 61)
    assert (plain.headroom - drafted.headroom).m_as("byte") == pytest.approx(R1.mtp_head.parameters / 8 + cache)
    apart = [r1(16, decode_hardware=Hardware.Cloud.B200, draft_model=draft) for draft in (None, "mtp")]
    assert apart[0].headroom == apart[1].headroom, "the node that reads the prompt is the fuller one, and has no head"


def test_names_and_records_are_the_same():
    llama = Models.Llama3_8B
    for names, record in ((("mtp", "MTP"), llama.mtp_head), (("eagle3", "EAGLE-3"), llama.eagle_head)):
        exact = SERVING.solve(llama, H200, 2048, draft_model=record)
        for name in names:
            assert repr(SERVING.solve(llama, H200, 2048, draft_model=name)) == repr(exact)


def test_a_small_head_beats_a_small_model():
    """At the same acceptance: one layer and 32,000 scores against sixteen layers and 128,256."""
    big = Models.Llama3_70B
    itl = [SERVING.solve(big, H200, 2048, tensor_parallel=4, profile="tuned", draft_model=draft).itl
           for draft in (None, Models.Llama3_2_1B, "eagle3")]
    assert itl[0] > itl[1] > itl[2]


def test_a_head_that_nobody_publishes_is_said_to_be_one():
    said = [SERVING.solve(model, H200, 2048, draft_model=draft).constraint_trace
            for model, draft in ((Models.Llama3_8B, "mtp"), (Models.Llama3_8B, "eagle3"), (Models.GLM_4_5_Air, "mtp"))]
    assert [sum(one.startswith("Draft:") for one in trace) for trace in said] == [1, 0, 0]
    assert "Llama 3.1 8B is published without a head for multi-token prediction" in " ".join(said[0])
    beyond = SERVING.solve(Models.GLM_4_5_Air, H200, 200_000, draft_model="mtp")
    assert not beyond.within_context and sum(one.startswith("Context") for one in beyond.constraint_trace) == 1


@pytest.mark.parametrize("asked", [{"draft_model": None}, {"draft_model": Models.Llama3_2_1B}])
def test_without_a_draft_a_step_brings_one_token(asked):
    r = SERVING.solve(Models.Llama3_8B, H200, 2048, [1, 8], **asked)
    drafted = asked["draft_model"] is not None
    assert (r.tokens_per_step > 1) == drafted and np.all((np.asarray(r.draft_speedup) != 1) == drafted)
    assert r.band("draft_speedup") is None


@pytest.mark.parametrize("kind", ["mtp", "eagle3"])
def test_heads_of_a_model_chosen_later(kind):
    models = [R1, Models.Llama3_8B, Models.Qwen3_Next_80B_A3B, Models.GPT_OSS_20B]
    traced = SERVING.solve(Choice(symbol("model"), models), H200, symbol("context"), 4, draft_model=kind,
                           draft_len=symbol("length"), draft_acceptance_rate=symbol("acceptance"), profile="tuned")
    code = program({name: traced.value(name) for name in traced.fields()})
    for place, model in enumerate(models):
        said = run(code, {"model": place, "context": 999, "length": 3, "acceptance": 0.6})
        exact = SERVING.solve(model, H200, 999, 4, draft_model=kind, draft_len=3, draft_acceptance_rate=0.6,
                              profile="tuned")
        for name in exact.fields():
            np.testing.assert_allclose(said[name], float(exact.value(name)), rtol=1e-12, err_msg=f"{name} {model}")


def test_a_head_or_a_model_is_chosen_later():
    llama = Models.Llama3_70B
    drafts = [llama.eagle_head, Models.Llama3_2_1B]
    traced = SERVING.solve(llama, H200, 2048, tensor_parallel=4, draft_model=Choice(symbol("draft"), drafts))
    code = program({"itl": traced.itl, "headroom": traced.headroom})
    for place, draft in enumerate(drafts):
        exact = SERVING.solve(llama, H200, 2048, tensor_parallel=4, draft_model=draft)
        said = run(code, {"draft": place})
        assert said["itl"] == pytest.approx(exact.value("itl"), rel=1e-12)
        assert said["headroom"] == pytest.approx(exact.value("headroom"), rel=1e-12)
