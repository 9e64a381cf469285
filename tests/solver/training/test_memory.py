"""Memory of training, against the figures of those who measured or derived it; and its laws."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import RUNS, models
from hypothesis import given
from hypothesis import strategies as st

from solver import Hardware, Models, TrainingMemoryModel, Transformer

SOLVE = TrainingMemoryModel().solve
A100, H100 = Hardware.Cloud.A100, Hardware.Cloud.H100


def gpt(name, layers, hidden, heads, vocab=51200):
    """A model of GPT-2's kind: multi-head attention, a feed-forward part four times as wide."""
    size = {"heads": heads, "kv_heads": heads, "head_dim": hidden / heads}
    return Transformer.declared(name, layers=layers, hidden=hidden, vocab=vocab, context="2048 token", tied=True,
                                attention=size, feed_forward={"width": 4 * hidden, "gated": False})


def test_zero_shares_out_as_its_authors_show():
    """Rajbhandari et al. 2020, ZeRO, figure 1: 7.5 billion parameters on 64 chips."""
    model = gpt("7.5B", 36, 4096, 32, vocab=61_500)
    sizes = [SOLVE(model, H100, 1, dp_size=64, zero_stage=stage).states.m_as("GB") for stage in range(4)]
    assert sizes == pytest.approx([120, 31.4, 16.6, 1.9], rel=0.015)


def test_states_of_llama_2_7b():
    """16 bytes for each of 6.74e9 parameters, by Rajbhandari et al. 2020, ZeRO, section 3."""
    sizes = [SOLVE(Models.Llama2_7B, H100, 1, dp_size=64, zero_stage=stage).states.m_as("GB") for stage in range(4)]
    assert sizes == pytest.approx([107.8, 28.2, 15.0, 1.68], rel=0.005)


def test_how_many_h100_hold_the_states_of_70b():
    """By the same 16 bytes: 14 chips with stage 3, and no number of them with less."""
    found = SOLVE(Models.Llama3_70B, H100, 1, dp_size=[13, 14, 64], zero_stage=3)
    assert found.states_feasible.tolist() == [False, True, True]
    for stage in (0, 1, 2):
        many = SOLVE(Models.Llama3_70B, H100, 1, dp_size=[14, 1024, 1_000_000], zero_stage=stage)
        assert not many.states_feasible.any() and not many.feasible.any()
        assert f"zero_stage {stage} replicas share out" in many.constraint_trace[2]


@pytest.mark.parametrize("recomputed, each", [("none", 114), ("selective", 34), ("full", 2)])
def test_activations_of_a_layer(recomputed, each):
    """Korthikanti et al. 2022, equation 1 and table 2: s b h (34 + 5 a s / h), where 5 a s / h is 80 for GPT-3."""
    one = SOLVE(Models.GPT3, A100, 1, activation_checkpointing=recomputed)
    assert one.layer_activations.m_as("byte") == pytest.approx(25_165_824 * each)  # 2,048 tokens of 12,288 numbers


@pytest.mark.parametrize("tensor, sequence, recomputed, each", [
    (8, False, "none", 23), (8, True, "none", 14.25), (8, False, "selective", 13), (8, True, "selective", 4.25)])
def test_activations_of_a_layer_on_many_chips(tensor, sequence, recomputed, each):
    """Equations 2 and 4, and table 2: 10 + 24 / t + 5 a s / h t, and (34 + 5 a s / h) / t with sequence parallelism."""
    one = SOLVE(Models.GPT3, A100, 1, activation_checkpointing=recomputed, tp_size=tensor, sequence_parallel=sequence)
    assert one.layer_activations.m_as("byte") == pytest.approx(25_165_824 * each)


@pytest.mark.parametrize("shape, batch, stages, parts, before, after", [
    ((48, 6144, 64), 4, 1, 1, 59.25, 9.5625), ((96, 12288, 96), 1, 8, 3, 66.84375, 12.3515625),
    ((105, 20480, 128), 1, 35, 3, 114.0234375, 23.076171875), ((128, 25600, 160), 1, 64, 1, 131.25, 26.5625)])
def test_activations_of_the_first_stage(shape, batch, stages, parts, before, after):
    """Korthikanti et al. 2022, figure 1: GiB a chip, with tensor parallelism alone and with all of their work."""
    asked = {"tp_size": 8, "pp_size": stages, "v_stages": parts}
    plain = SOLVE(gpt("GPT", *shape), A100, batch, activation_checkpointing="none", **asked)
    present = SOLVE(gpt("GPT", *shape), A100, batch, sequence_parallel=True, **asked)
    assert plain.activations.m_as("GiB") == pytest.approx(before, rel=1e-3)
    assert present.activations.m_as("GiB") == pytest.approx(after, rel=1e-3)


def test_what_a_llama_keeps_of_a_hidden_state():
    """Q and output 4 h, K and V h, three matrices of 3.5 h each 21 h, and 10 h as in GPT-3 but for masks of 2 h."""
    one = SOLVE(Models.Llama3_8B, H100, 1)
    assert one.layer_activations.m_as("byte") == pytest.approx(34 * 2048 * 4096, rel=1e-6)


def test_no_more_micro_batches_are_under_way_than_there_are():
    """Interleaved, 8 stages of 3 parts begin 8 (1 + 7 / 24), if there are so many: Korthikanti et al. 2022, 4.2.3."""
    asked = {"pp_size": 8, "microbatch_count": [4, 8, 10, 11, 64]}
    plain, woven = (SOLVE(Models.Llama3_70B, H100, 1, v_stages=parts, **asked) for parts in (1, 5))
    one = plain.activations.m_as("byte")[1] / 8
    assert plain.activations.m_as("byte") / one == pytest.approx([4, 8, 8, 8, 8])
    assert woven.activations.m_as("byte") / one == pytest.approx([4, 8, 9.4, 9.4, 9.4])
    assert SOLVE(Models.Llama3_70B, H100, 1, v_stages=5, pp_size=8).activations.m == woven.activations.m[-1]


def test_models_since_llama_keep_no_masks_of_dropout():
    """Two masks at 8 bits: 34 of GPT-3 (Korthikanti et al. 2022, equation 2) are 32 where a network has a gate."""
    size = {"layers": 96, "hidden": 12288, "vocab": 50257, "context": "2048 token", "tied": True,
            "attention": {"heads": 96, "kv_heads": 96, "head_dim": 128}}
    gated, plain = (SOLVE(Transformer.declared("One", feed_forward={"width": width, "gated": gate}, **size), A100, 1)
                    for width, gate in ((2 * 12288 * 4 / 3, True), (4 * 12288, False)))
    assert plain.layer_activations.m_as("byte") == pytest.approx(25_165_824 * 34)
    assert gated.layer_activations.m_as("byte") == pytest.approx(25_165_824 * 32)


@pytest.mark.parametrize("zero, parts, micro_batches, length, context, replicas, fits", [
    (2, 8, 32, 8192, 1, 64, True), (2, 8, 16, 8192, 1, 128, True), (2, 8, 16, 131072, 16, 8, True),
    (1, 8, 32, 8192, 1, 64, False), (1, 8, 16, 8192, 1, 128, True), (2, 4, 32, 8192, 1, 64, False)])
def test_llama_3_405b_fits_as_it_ran(zero, parts, micro_batches, length, context, replicas, fits):
    """Grattafiori et al. 2024, section 3.3.2 and table 4: the optimizer's state and gradients are shared out, a part of
    a stage is one of 128 places for layers, nothing is computed again, and H100s have 80 GB."""
    r = SOLVE(Models.Llama3_405B, H100, 1, length, "bf16", tp_size=8, pp_size=16, dp_size=replicas, cp_size=context,
              v_stages=parts, microbatch_count=micro_batches, zero_stage=zero, sequence_parallel=True)
    assert bool(r.feasible) is fits
    assert 0.85 < r.memory_utilization < 1.1


@RUNS
@given(models, st.integers(2, 4096), st.sampled_from(["none", "selective", "full"]), st.integers(1, 8))
def test_memory_falls_with_each_stage_of_zero(model, replicas, recomputed, batch):
    totals = [SOLVE(model, H100, batch, dp_size=replicas, zero_stage=stage, activation_checkpointing=recomputed).values
              for stage in range(4)]
    states = [one["states"] for one in totals]
    assert states[0] > states[1] > states[2] > states[3]
    assert totals[0]["total_memory"] > totals[1]["total_memory"] > totals[2]["total_memory"]
    for one in totals:
        assert one["states"] == pytest.approx(one["weights"] + one["gradients"] + one["optimizer_state"])
        assert one["feasible"] == (one["headroom"] >= 0) == (one["memory_utilization"] <= 1)
        assert not (one["feasible"] and not one["states_feasible"])


@RUNS
@given(models, st.integers(1, 8), st.integers(1, 16384))
def test_more_of_it_computed_again_needs_less(model, batch, length):
    none, some, full = (SOLVE(model, H100, batch, length, activation_checkpointing=word).values["layer_activations"]
                        for word in ("none", "selective", "full"))
    assert none >= some > full
    twice = SOLVE(model, H100, 2 * batch, length, activation_checkpointing="none").values["layer_activations"]
    assert twice == pytest.approx(2 * none)


def test_adapters_need_neither_gradients_nor_an_optimizer():
    r = SOLVE(Models.Llama3_8B, H100, 1, is_lora=True)
    assert r.gradients.m == 0 and r.optimizer_state.m == 0 and r.weights.m_as("GB") == pytest.approx(16.06, rel=1e-3)


@pytest.mark.parametrize("optimizer, size", [("adam", 12), ("adamw", 12), ("adam8bit", 6), ("muon", 8), ("sgd", 4)])
def test_an_optimizer_keeps_so_many_bytes_of_a_parameter(optimizer, size):
    """A 32-bit copy, and moments: Dettmers et al. 2022, 8-bit Optimizers via Block-wise Quantization, section 1."""
    r = SOLVE(Models.Llama2_7B, H100, 1, optimizer=optimizer)
    assert r.optimizer_state.m_as("GB") == pytest.approx(6.7384 * size, rel=1e-3)


def test_experts_are_spread_over_more_chips_than_the_rest():
    """DeepSeek-V3 has 671e9 parameters, and 653e9 of them are experts'."""
    plain = SOLVE(Models.DeepSeek_V3, H100, 1, ep_size=1, dp_size=64).weights
    spread = SOLVE(Models.DeepSeek_V3, H100, 1, ep_size=64, dp_size=64).weights
    assert plain.m_as("GB") == pytest.approx(1342, rel=0.01) and spread.m_as("GB") == pytest.approx(56, rel=0.05)


def test_fewer_micro_batches_than_stages_keep_less():
    few, many = (SOLVE(Models.Llama3_70B, H100, 1, pp_size=8, microbatch_count=n).activations for n in (2, 64))
    assert np.isclose(few.m * 4, many.m)


@pytest.mark.parametrize("asked, says", [
    ({"pp_size": 33}, "32 layers"), ({"tp_size": 3}, "32 heads"), ({"ep_size": 2}, "no experts"),
    ({"cp_size": 3}, "cannot be cut"), ({"precision": "fp8"}, "16 bits or more"),
    ({"v_stages": 2, "pp_size": 32}, "too few"), ({"optimizer": "adan"}, "adam"), ({"zero_stage": 4}, "choose one of")])
def test_what_cannot_be_is_a_sentence(asked, says):
    with pytest.raises(ValueError, match=says):
        SOLVE(Models.Llama3_8B, H100, 1, **asked)
