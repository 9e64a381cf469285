"""Laws of training on a fleet: what more chips, micro-batches and parts bring, and that no time or work gets lost."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import CLOSE, RUNS, models
from hypothesis import given
from hypothesis import strategies as st

from solver import Q_, DistributedModel, Fleet, Hardware, Models, Server, Servers
from solver.training.distributed_result import STEP_PARTS

SOLVE = DistributedModel().solve
speeds = st.sampled_from([{"profile": "fsdp"}, {"profile": "megatron"}, {"efficiency": 0.4}, {"efficiency": 1.0}])
stages_of_zero = st.integers(0, 3)
lengths = st.sampled_from([512, 2048, 8192])
again = st.sampled_from([{}, {"activation_recomputation": True}, {"activation_checkpointing": "selective"}])


def sizes(model):
    """Tensor-parallel chips that share the model's heads."""
    heads = [int(kind.attention.heads) for kind in model.kinds]
    return [n for n in (1, 2, 4, 8, 16) if all(count % n == 0 for count in heads)]


@RUNS
@given(models, speeds, stages_of_zero, lengths, again, st.booleans(), st.integers(1, 4), st.data())
def test_more_replicas_never_lower_the_throughput(model, speed, zero, length, repeated, overlap, batch, data):
    """At a fixed batch for each, once replicas lie in two servers: the second server brings an exchange over the NICs,
    which may take longer than a step of few tokens, and a third hardly makes it longer."""
    tensor = data.draw(st.sampled_from(sizes(model)))
    servers = 2 * max(tensor // 8, 1) * np.array([1, 2, 4, 32, 256])
    r = SOLVE(model, Fleet(Servers.DGX_H100, servers), 8 * servers // tensor * batch, tp_size=tensor, zero_stage=zero,
              seq_len=length, overlap_comm=overlap, **speed, **repeated)
    assert (np.diff(r.effective_throughput) >= 0).all()
    assert (np.diff(r.scaling_efficiency) <= 1e-9).all()


@RUNS
@given(models, speeds, stages_of_zero, lengths, again, st.floats(1, 2), st.data())
def test_no_time_and_no_work_gets_lost(model, speed, zero, length, repeated, straggler, data):
    tensor = data.draw(st.sampled_from(sizes(model)))
    stages = data.draw(st.sampled_from([n for n in (1, 2, 4) if n <= model.layers]))
    many = data.draw(st.sampled_from([1, 4]))
    fleet = Fleet(Servers.DGX_A100, 16, "HDR")
    r = SOLVE(model, fleet, 512, tp_size=tensor, pp_size=stages, microbatch_count=many, zero_stage=zero,
              seq_len=length, straggler_factor=straggler, **speed, **repeated)
    v = r.values
    assert v["step_latency_total"] == pytest.approx(sum(v[name] for name in STEP_PARTS))
    assert all(v[name] >= 0 for name in STEP_PARTS)
    assert 0 < v["mfu"] <= v["hfu"] * CLOSE <= CLOSE and 0 < v["scaling_efficiency"] <= CLOSE
    assert v["flops_per_chip"] * 128 * v["step_latency_total"] == pytest.approx(r.given["asked"].done)
    assert v["effective_throughput"] * v["step_latency_total"] == pytest.approx(512 * length)
    assert v["flops_per_chip"] <= v["compute_rate"] * CLOSE
    assert r.value("energy") == pytest.approx(128 * 400 * v["step_latency_total"])


@RUNS
@given(models.filter(lambda model: model.layers >= 8), speeds, st.sampled_from([2, 4, 8]))
def test_the_bubble_falls_with_micro_batches_and_parts(model, speed, stages):
    """At a fixed batch; it is the same share for any model."""
    fleet, many = Fleet(Servers.DGX_H100, 1), np.array([1, 2, 8, 64])
    r = SOLVE(model, fleet, 4096, pp_size=stages, microbatch_count=many, **speed)
    assert (np.diff(r.bubble_fraction) < 0).all() and (np.diff(r.pipeline_bubble_latency.m) < 0).all()
    parts = np.arange(1, np.ceil(model.layers / stages) + 1)
    woven = SOLVE(model, fleet, 4096, pp_size=stages, v_stages=parts, microbatch_count=8, **speed)
    assert (np.diff(woven.bubble_of_work) < 0).all()
    assert woven.bubble_of_work == pytest.approx((stages - 1) / (8 * parts))


@RUNS
@given(models, lengths, st.sampled_from([1, 2, 8]), st.floats(0.05, 0.8))
def test_what_is_achieved_comes_back(model, length, stages, share):
    stages = min(stages, int(model.layers))
    asked = {"pp_size": stages if 64 % stages == 0 else 1, "microbatch_count": 4, "seq_len": length}
    fleet = Fleet(Servers.DGX_H100, 8)
    first = SOLVE(model, fleet, 1024, efficiency=share, **asked)
    second = SOLVE(model, fleet, 1024, achieved=first.flops_per_chip, **asked)
    assert second.step_latency_total.m == pytest.approx(first.step_latency_total.m, rel=1e-6)
    assert second.compute_rate.m == pytest.approx(first.compute_rate.m, rel=1e-6)


@pytest.mark.parametrize("name", ["link", "peak", "network"])
def test_whatever_is_twice_as_fast_is_never_slower(name):
    chip = Hardware.Cloud.H100
    faster = Hardware.Cloud.B200 if name == "peak" else chip

    def time(device, fabric):
        return SOLVE(Models.Llama3_70B, Fleet(Server("Eight", device, 8), 16, fabric), 128, tp_size=8, pp_size=2,
                     microbatch_count=16, zero_stage=1).step_latency_total.m

    assert time(faster, "XDR" if name == "network" else "NDR") <= time(chip, "NDR")


def test_twice_the_rates_are_half_the_time():
    """Of arithmetic, and of exchange; latencies apart."""
    one = SOLVE(Models.Llama3_8B, Fleet(Servers.DGX_H100, 4), 64, compute_rate=Q_("200 TFLOP/s"))
    two = SOLVE(Models.Llama3_8B, Fleet(Servers.DGX_H100, 4), 64, compute_rate=Q_("400 TFLOP/s"))
    assert two.compute_latency.m == pytest.approx(one.compute_latency.m / 2)
    slow = SOLVE(Models.Llama3_8B, Fleet(Servers.DGX_H100, 4), 64, congestion_factor=2)
    assert one.dp_communication_latency.m < slow.dp_communication_latency.m < 2 * one.dp_communication_latency.m
