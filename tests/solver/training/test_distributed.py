"""Time of training on a fleet, against what was published of large runs, and what a plan must not be."""

from __future__ import annotations

import numpy as np
import pytest

from mlsysim_labs.reactive.trace import Choice, Symbol, program, run, symbol
from solver import Q_, DistributedModel, Fleet, Hardware, Models, Server, Servers, TrainingProfiles, Transformer
from solver.training.distributed_result import STEP_PARTS

SOLVE = DistributedModel().solve
LLAMA, LARGE = Models.Llama3_8B, Models.Llama3_405B
EIGHT = Fleet(Servers.DGX_H100, 1)


def selene(chips):
    """So many chips of NVIDIA's Selene: DGX A100s on HDR InfiniBand."""
    return Fleet(Servers.DGX_A100, chips / 8, "HDR")


def gpt(layers, hidden, heads):
    """A model of GPT-3's kind, with Megatron-LM's vocabulary."""
    return Transformer.declared("GPT", layers=layers, hidden=hidden, vocab=51200, context="2048 token", tied=True,
                                attention={"heads": heads, "kv_heads": heads, "head_dim": hidden / heads},
                                feed_forward={"width": 4 * hidden, "gated": False})


def test_a_trillion_parameters_take_84_days():
    """Narayanan et al. 2021, section 5.1: 450 G tokens at 163 TFLOP/s on 3,072 A100, 84 days."""
    r = SOLVE(gpt(128, 25600, 160), selene(3072), 3072, tp_size=8, pp_size=64, microbatch_count=512,
              activation_recomputation=True, achieved=Q_("163 TFLOP/s"), tokens=450e9)
    assert r.training_time.m_as("day") == pytest.approx(84, rel=0.02)
    assert r.flops_per_chip.m_as("TFLOP/s") == pytest.approx(163) and r.feasible


def test_gpt_3_takes_34_days():
    """The same: 300 G tokens at 140 TFLOP/s on 1,024 A100, 34 days."""
    r = SOLVE(Models.GPT3, selene(1024), 1536, tp_size=8, pp_size=8, microbatch_count=96,
              activation_recomputation=True, achieved=Q_("140 TFLOP/s"), tokens=300e9)
    assert r.training_time.m_as("day") == pytest.approx(34, rel=0.02)


@pytest.mark.parametrize("shape, chips, batch, stages, parts, seconds", [
    ((105, 20480, 128), 280, 280, 35, 3, 37.83), ((128, 25600, 160), 512, 512, 64, 1, 71.49)])
def test_iterations_of_megatron(shape, chips, batch, stages, parts, seconds):
    """Korthikanti et al. 2022, table 5: with sequence parallelism and selective recomputation."""
    r = SOLVE(gpt(*shape), selene(chips), batch, tp_size=8, pp_size=stages, v_stages=parts, microbatch_count=batch,
              sequence_parallel=True, activation_checkpointing="selective", profile="megatron")
    assert r.step_latency_total.m_as("s") == pytest.approx(seconds, rel=0.1)
    assert r.feasible and r.mfu < r.hfu < 0.6


@pytest.mark.parametrize("shape, batch, stages, parts, chips, full, present", [
    ((48, 6144, 64), 4, 1, 1, 8, 1.42, 1.10), ((96, 12288, 96), 64, 8, 3, 64, 18.13, 13.75)])
def test_iterations_of_megatron_that_were_not_fitted(shape, batch, stages, parts, chips, full, present):
    """The same table: 22 and 175 billion parameters, of which no row was fitted."""
    asked = {"tp_size": 8, "pp_size": stages, "v_stages": parts, "microbatch_count": 64 if stages > 1 else 1}
    again = SOLVE(gpt(*shape), selene(chips), batch, activation_recomputation=True, profile="megatron", **asked)
    theirs = SOLVE(gpt(*shape), selene(chips), batch, activation_checkpointing="selective", sequence_parallel=True,
                   profile="megatron", **asked)
    assert again.step_latency_total.m_as("s") == pytest.approx(full, rel=0.1)
    assert theirs.step_latency_total.m_as("s") == pytest.approx(present, rel=0.1)


@pytest.mark.parametrize("overlap, parts", [(False, 8), (True, 8), (True, 4)])
def test_llama_3_on_twice_the_chips_and_with_long_sequences(overlap, parts):
    """Grattafiori et al. 2024, table 4: 430 TFLOP/s a chip on 8,192 H100; 400 on twice as many with the same batch, 380
    with sequences of 131,072 tokens. What the first says of a chip while it computes, the others have too."""
    plan = {"tp_size": 8, "pp_size": 16, "v_stages": parts, "zero_stage": 2, "sequence_parallel": True,
            "overlap_comm": overlap, "precision": "bf16"}
    first = SOLVE(LARGE, Fleet(Servers.DGX_H100, 1024), 2048, seq_len=8192, microbatch_count=32, dp_size=64,
                  achieved=Q_("430 TFLOP/s"), **plan)
    twice = Fleet(Servers.DGX_H100, 2048)
    second = SOLVE(LARGE, twice, 2048, seq_len=8192, microbatch_count=16, dp_size=128, compute_rate=first.compute_rate,
                   **plan)
    third = SOLVE(LARGE, twice, 128, seq_len=131072, microbatch_count=16, dp_size=8, cp_size=16,
                  compute_rate=first.compute_rate, **plan)
    assert second.flops_per_chip.m_as("TFLOP/s") == pytest.approx(400, rel=0.04)
    assert third.flops_per_chip.m_as("TFLOP/s") == pytest.approx(380, rel=0.08)
    assert second.feasible and third.feasible and first.feasible == (parts == 8)  # as it had
    assert third.parallelism == f"TP 8 × CP 16 × PP 16 ({parts} parts each) × DP 8"


@pytest.mark.parametrize("micro_batches, share", [(8, 0.467), (32, 0.179)])
def test_the_bubble_of_eight_stages(micro_batches, share):
    """7 / (7 + micro-batches): Narayanan et al. 2021, section 2.2, (p - 1) / m of the time that stages work."""
    r = SOLVE(LLAMA, EIGHT, micro_batches, pp_size=8, microbatch_count=micro_batches)
    assert r.bubble_fraction == pytest.approx(share, abs=5e-4)
    assert r.ideal_bubble_fraction == pytest.approx(r.bubble_fraction)
    assert r.bubble_of_work == pytest.approx(7 / micro_batches)


def test_a_tenth_needs_63_micro_batches():
    r = SOLVE(LLAMA, EIGHT, np.array([62, 63]), pp_size=8, microbatch_count=np.array([62, 63]))
    assert r.bubble_fraction[0] > 0.1 >= r.bubble_fraction[1] - 1e-12


def test_a_second_of_work_and_an_all_reduce_of_14_gb():
    """A ring on 1,024 chips with NICs of 50 GB/s: 2 · 1023/1024 · 14 GB / 50 GB/s is 0.559 s; 1 / 1.559 is 0.64."""
    model = Transformer.declared("7B", layers=32, hidden=4096, vocab=32768, context="4096 token", tied=False,
                                 attention={"heads": 32, "kv_heads": 32, "head_dim": 128},
                                 feed_forward={"width": 11678, "gated": True})
    alone = Fleet(Server("One", Hardware.Cloud.H100, 1), 1024)
    r = SOLVE(model, alone, 1024, seq_len=8192, compute_rate=Q_("390.6 TFLOP/s"))
    assert r.compute_latency.m_as("s") == pytest.approx(1, rel=0.005)
    assert r.dp_communication_latency.m_as("s") == pytest.approx(0.559, abs=0.002)
    assert r.scaling_efficiency == pytest.approx(0.64, abs=0.005)
    hidden = SOLVE(model, alone, 1024, seq_len=8192, compute_rate=Q_("390.6 TFLOP/s"), overlap_comm=True)
    assert hidden.scaling_efficiency == pytest.approx(0.92, abs=0.01)


def test_tensor_parallelism_beyond_a_server_goes_over_the_network():
    inside, beyond = (SOLVE(LARGE, Fleet(Servers.DGX_H100, 16), 128, tp_size=t) for t in (8, 16))
    assert beyond.tp_communication_latency.m > 3 * inside.tp_communication_latency.m
    assert any("16 chips are more than the 8" in said for said in beyond.constraint_trace)
    faster = SOLVE(LARGE, Fleet(Servers.DGX_H100, 16, "XDR"), 128, tp_size=16)
    assert faster.tp_communication_latency.m < beyond.tp_communication_latency.m


def test_uneven_stages_are_computed_by_the_longest():
    """126 layers on 16 stages: 8 in the longest, where the mean is 7.875 and a share of lm_head."""
    r = SOLVE(LARGE, Fleet(Servers.DGX_H100, 16), 128, tp_size=8, pp_size=16, microbatch_count=128)
    assert r.given["asked"].uneven == pytest.approx(8 * 16 / (126 + 0.65), rel=0.002)
    assert any("126 layers" in said for said in r.constraint_trace)


def test_what_is_achieved_and_what_chips_reach_are_one():
    plan = {"tp_size": 4, "pp_size": 4, "v_stages": 2, "microbatch_count": 8, "seq_len": 4096, "straggler_factor": 1.1,
            "zero_stage": 1, "overlap_comm": True}
    fleet = Fleet(Servers.DGX_H100, 16)
    first = SOLVE(LLAMA, fleet, 512, achieved=Q_("200 TFLOP/s"), **plan)
    again = SOLVE(LLAMA, fleet, 512, compute_rate=first.compute_rate, **plan)
    assert again.flops_per_chip.m == pytest.approx(first.flops_per_chip.m) == pytest.approx(200)
    assert again.step_latency_total.m == pytest.approx(first.step_latency_total.m)


def test_a_plan_that_exchanges_too_much_cannot_achieve_it():
    slow = SOLVE(LLAMA, Fleet(Servers.DGX_H100, 128), 1024, seq_len=512, achieved=Q_("500 TFLOP/s"))
    assert not slow.feasible and np.isinf(slow.compute_rate.m)
    assert "cannot reach it" in slow.constraint_trace[2]
    near = SOLVE(LARGE, Fleet(Servers.DGX_H100, 16), 16, tp_size=8, pp_size=16, microbatch_count=16,
                 achieved=Q_("700 TFLOP/s"))
    assert not near.feasible and "more than their peak" in " ".join(near.constraint_trace)


@pytest.mark.parametrize("asked, says", [
    ({"tp_size": 3}, "32 heads"), ({"pp_size": 33}, "32 layers"), ({"cp_size": 3}, "cannot be cut"),
    ({"tp_size": 8, "pp_size": 3}, "does not divide"), ({"dp_size": 4}, "is not the fleet's 16 chips"),
    ({"ep_size": 2}, "no experts"), ({"microbatch_count": 3}, "multiple of 48"),
    ({"achieved": Q_("1000 TFLOP/s")}, "989 TFLOP/s"),
    ({"achieved": Q_("1 TFLOP/s"), "profile": "fsdp"}, "one of them"),
    ({"efficiency": 0.4, "compute_rate": Q_("1 TFLOP/s")}, "one of them"), ({"profile": "megatro"}, "megatron"),
    ({"model": Models.Mixtral_8x7B, "ep_size": 3}, "8 experts"), ({"batch_size": 1}, "16 replicas"),
    ({"model": Models.Mixtral_8x7B, "ep_size": 8, "pp_size": 4}, "a stage has 4 chips"),
    ({"precision": "fp8"}, "16 bits or more"), ({"tokens": 0}, "above 0"), ({"straggler_factor": 0.5}, "from 1 on")])
def test_what_cannot_be_is_a_sentence(asked, says):
    with pytest.raises(ValueError, match=says):
        SOLVE(**{"model": LLAMA, "fleet": Fleet(Servers.DGX_H100, 2), "batch_size": 64} | asked)


def test_a_profile_hides_what_its_framework_hides_and_knows_its_chips():
    asked = {"zero_stage": 3, "overlap_comm": True, "profile": "fsdp", "seq_len": 2048}
    known = SOLVE(LLAMA, Fleet(Servers.DGX_H100, 4), 64, **asked)
    assert known.given["asked"].overlap == TrainingProfiles.fsdp.overlap
    assert not any("none of its runs" in said for said in known.constraint_trace)
    other = SOLVE(LLAMA, Fleet(Server("Eight", Hardware.Cloud.B200, 8), 4), 64, **asked)
    assert any("none of its runs" in said for said in other.constraint_trace)
    assert other.effective_throughput > known.effective_throughput


def test_days_and_energy_of_a_whole_training():
    r = SOLVE(LLAMA, Fleet(Servers.DGX_H100, 16), 1024, seq_len=8192, tokens=15e12)
    assert r.training_time.m_as("s") * r.effective_throughput == pytest.approx(15e12)
    assert r.training_energy.m_as("MWh") == pytest.approx(128 * 0.7e-3 * r.training_time.m_as("hour"))
    assert np.isnan(SOLVE(LLAMA, Fleet(Servers.DGX_H100, 16), 1024).training_time.m)


def test_an_oversubscribed_ring_makes_experts_wait():
    model, fleet = Models.DeepSeek_V2_Lite, Fleet(Servers.DGX_H100, 16)
    plain = SOLVE(model, fleet, 128, ep_size=64)
    ring = SOLVE(model, fleet, 128, ep_size=64, topology_override="ring")
    crowded = SOLVE(model, fleet, 128, ep_size=64, congestion_factor=2)
    fuller = SOLVE(model, fleet, 128, ep_size=64, moe_routing_imbalance_factor=1.5)
    assert ring.ep_communication_latency.m > 1.5 * plain.ep_communication_latency.m
    assert crowded.ep_communication_latency.m > 1.5 * plain.ep_communication_latency.m
    assert fuller.compute_latency.m > plain.compute_latency.m


def test_a_step_can_be_traced():
    """Given symbols, solve skips checks, and the program says what solve says."""
    fleets = [Fleet(Servers.DGX_H100, 16), Fleet(Servers.DGX_A100, 128, "HDR")]
    plan = {name: symbol(name) for name in ("tp_size", "pp_size", "v_stages", "microbatch_count")}
    traced = SOLVE(Choice(symbol("model"), [LLAMA, LARGE]), Choice(symbol("fleet"), fleets), symbol("batch_size"),
                   zero_stage=1, **plan)
    assert isinstance(traced.step_latency_total, Symbol)
    code = program({name: traced.value(name) for name in (*STEP_PARTS, "mfu", "memory_required", "feasible")})
    sizes = {"tp_size": 4, "pp_size": 8, "v_stages": 2, "microbatch_count": 8, "batch_size": 4096}
    for place, fleet in enumerate(fleets):
        for number, model in enumerate((LLAMA, LARGE)):
            said = run(code, sizes | {"model": number, "fleet": place})
            exact = SOLVE(model, fleet, zero_stage=1, **sizes)
            for name, value in said.items():
                np.testing.assert_allclose(value, float(exact.value(name)), rtol=1e-9, err_msg=name)
