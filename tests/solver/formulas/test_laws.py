"""Laws of a single pass that hold for every chip, model, engine and amount."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn import CLOSE, RUNS, batches, chips, models, nodes, tokens, with_besides
from hypothesis import given
from hypothesis import strategies as st

from solver import PRECISIONS, Node, Profiles
from solver.formulas.collectives import IN_GRAPHS
from solver.formulas.exchange import exchange_time
from solver.formulas.kernels import KERNELS_2026, KernelShares, Product, all_reduce_time, kernel_time
from solver.formulas.memory import kv_bytes_per_token
from solver.formulas.roofline import smooth_max
from solver.formulas.transformer import decode_time, launch_time, prefill_time, scheduling_time, streamed_bytes
from solver.formulas.work import forward_compute_time, forward_memory_time
from solver.zoo.layers import LatentAttention


def with_profile(node, **changes):
    return replace(node, profile=replace(node.profile, **changes))


@RUNS
@given(nodes, models, batches, tokens)
def test_time_grows_with_batch_and_context(node, model, batch, context):
    for time in (decode_time(node, model, np.array([batch, batch + 1]), context),
                 decode_time(node, model, batch, np.array([context, context + 1])),
                 prefill_time(node, model, batch, np.array([context, context + 1]), 0),
                 prefill_time(node, model, batch, 16, np.array([context, context + 1]))):
        assert time[0] <= time[1] * CLOSE


@RUNS
@given(nodes, models, batches, tokens)
def test_nothing_beats_the_floor(node, model, batch, context):
    assert decode_time(node.ideal, model, batch, context) <= decode_time(node, model, batch, context) * CLOSE
    assert prefill_time(node.ideal, model, batch, context, 0) <= prefill_time(node, model, batch, context, 0) * CLOSE


@RUNS
@given(nodes, models, batches, tokens)
def test_no_pass_beats_either_roof(node, model, batch, context):
    """Between the larger of its parts and their sum."""
    for new, past, pair in ((1, context, model.decode_pair_work), (context, 0, model.prefill_pair_work)):
        time = decode_time(node, model, batch, past) if past else prefill_time(node, model, batch, new, past)
        compute = forward_compute_time(node, model, pair, batch, new, past, 1)
        memory = forward_memory_time(node, model, batch, new, past)
        besides = exchange_time(node, model, batch * new) + launch_time(node, model, 1.0) + scheduling_time(node, batch)
        assert max(compute, memory) <= time * CLOSE
        vector = pair * batch * (past + 1) / node.vector_rate if past else 0
        assert time <= (compute + memory + besides + vector) * CLOSE


@RUNS
@given(st.floats(0, 1e6), st.floats(0, 1e6), st.floats(1, 50), st.floats(1, 50))
def test_a_smooth_maximum_lies_between_maximum_and_sum(a, b, p, q):
    low, high = sorted((p, q))
    with np.errstate(invalid="ignore"):
        soft, hard = smooth_max(a, b, low), smooth_max(a, b, high)
        assert max(a, b) <= hard * CLOSE and hard <= soft * CLOSE and soft <= (a + b) * CLOSE
        assert smooth_max(a, b) == max(a, b) and smooth_max(a, b, 1.0) == a + b
        assert smooth_max(a, b, np.array([2.0, np.inf])) == pytest.approx([np.hypot(a, b), max(a, b)], rel=1e-9)
        assert smooth_max(2 * a, 2 * b, low) == pytest.approx(2 * soft, rel=1e-9)


@RUNS
@given(nodes, models, batches, tokens)
def test_twice_the_chip_takes_half_the_time(node, model, batch, context):
    rates = {name: 2 * getattr(node.device, name) for name in ("bandwidth", "link", "host", *CHIP_RATES)}
    double = replace(node, device=replace(node.device, **rates), profile=with_besides(node.profile, 0.5))
    assert decode_time(double, model, batch, context) == pytest.approx(
        decode_time(node, model, batch, context) / 2, rel=1e-12)
    assert prefill_time(double, model, batch, context, 0) == pytest.approx(
        prefill_time(node, model, batch, context, 0) / 2, rel=1e-12)


CHIP_RATES = ("fp32", "tf32", "fp16", "bf16", "fp8", "int8", "fp4", "int4")


@RUNS
@given(nodes, models, batches, tokens, st.floats(1.0, 4.0))
def test_a_better_chip_or_engine_is_never_slower(node, model, batch, context, gain):
    rates = {name: gain * getattr(node.device, name) for name in CHIP_RATES}
    better = [replace(node, device=replace(node.device, **rates)),
              replace(node, device=replace(node.device, bandwidth=gain * node.device.bandwidth)),
              replace(node, device=replace(node.device, link=gain * node.device.link, host=gain * node.device.host)),
              with_profile(node, launch=node.profile.launch / gain), with_profile(node, norm=node.profile.norm * gain),
              with_profile(node, latency=node.profile.latency / gain)]
    for one in better:
        assert decode_time(one, model, batch, context) <= decode_time(node, model, batch, context) * CLOSE
        assert prefill_time(one, model, batch, context, 0) <= prefill_time(node, model, batch, context, 0) * CLOSE


@RUNS
@given(nodes, models, batches, tokens)
def test_chips_share_the_work_at_best(node, model, batch, context):
    """T(t) >= T(1) / t; equal where nothing is exchanged or launched and there are KV heads enough."""
    one = replace(node, tensor_parallel=1.0)
    for time in (lambda n: decode_time(n, model, batch, context), lambda n: prefill_time(n, model, batch, context, 0)):
        assert time(node) * node.tensor_parallel >= time(one) / CLOSE
    free = replace(node, profile=with_besides(node.profile, 0.0), device=replace(node.device, link=np.inf, host=np.inf))
    heads = min(kind.attention.kv_heads for kind in model.kinds)
    if heads >= node.tensor_parallel and node.profile.vector == 0:
        assert decode_time(free, model, batch, context) * node.tensor_parallel == pytest.approx(
            decode_time(replace(free, tensor_parallel=1.0), model, batch, context), rel=1e-9)
    assert exchange_time(one, model, batch) == 0
    assert exchange_time(node, model, batch + 1) >= exchange_time(node, model, batch)


@RUNS
@given(nodes, models, batches)
def test_decode_stays_below_both_roofs(node, model, batch):
    """However large the batch: tokens a second never need more FLOP/s than there are, nor more bytes."""
    rate = batch / decode_time(node, model, batch, 1)
    assert rate * (model.token_work / node.matmul_rate + model.lm_head_work / node.lm_head_rate) <= CLOSE
    assert rate <= batch * node.bandwidth / streamed_bytes(model, batch, node.precision) * CLOSE


@RUNS
@given(nodes, models, tokens)
def test_no_first_token_before_one_read_of_the_weights(node, model, prompt):
    streamed = streamed_bytes(model, prompt, node.precision)
    assert prefill_time(node, model, 1, prompt, 0) * CLOSE >= streamed / node.bandwidth
    assert prefill_time(node, model, 1, 1, prompt) * CLOSE >= streamed_bytes(model, 1, node.precision) / node.bandwidth


@RUNS
@given(nodes, models, batches)
def test_first_and_next_token_agree_at_the_border(node, model, batch):
    """A prompt of one token is a decode step with nothing in cache, but for half a pair of attention, and for what
    engines do for a request and for a prompt."""
    node = with_profile(node, reading=0.0, request=0.0)
    assert prefill_time(node, model, batch, 1, 0) == pytest.approx(decode_time(node, model, batch, 0), rel=2e-2)


@RUNS
@given(nodes, models)
def test_attention_is_quadratic_in_the_end(node, model):
    """TTFT / S^2 tends to half of the pairs' work, over the rate of attention."""
    far = 1e12
    full = sum(kind.pair_share for kind in model.kinds if np.isinf(kind.attention.window))
    if full:
        limit = full * model.prefill_pair_work / 2 / node.attention_rate
        assert prefill_time(node, model, 1, far, 0) / far**2 == pytest.approx(limit, rel=1e-2)


@RUNS
@given(nodes, models, tokens, batches)
def test_narrow_weights_help_decoding_at_most_by_their_size(node, model, context, batch):
    alike = with_profile(node, experts=1.0, grouped=1.0, routing=0.0)  # what kernels make of experts is their own
    wide, narrow = (replace(alike, precision=PRECISIONS[name]) for name in ("fp16", "w4a16"))
    gain = decode_time(wide, model, batch, context) / decode_time(narrow, model, batch, context)
    assert 1 / CLOSE <= gain <= 2 / PRECISIONS["w4a16"].size * CLOSE
    far = prefill_time(wide, model, 64, 8192, 0) / prefill_time(narrow, model, 64, 8192, 0)
    assert far == pytest.approx(1, rel=0.25), "reading a long prompt is arithmetic, which is the same"


@RUNS
@given(chips, models, batches, tokens)
def test_narrow_arithmetic_reads_a_prompt_at_most_as_much_faster(chip, model, batch, prompt):
    wide, narrow = (Node(chip, PRECISIONS[name], PRECISIONS["fp16"], Profiles.ideal) for name in ("fp16", "int8"))
    gain = prefill_time(wide, model, batch, prompt, 0) / prefill_time(narrow, model, batch, prompt, 0)
    assert gain <= max(2, chip.int8 / chip.fp16) * CLOSE


@RUNS
@given(models)
def test_caches_scale_with_their_heads(model):
    fp16 = PRECISIONS["fp16"]
    if not any(isinstance(kind.attention, LatentAttention) for kind in model.kinds):
        ratio = kv_bytes_per_token(model.multi_head, fp16) / kv_bytes_per_token(model, fp16)
        assert ratio == pytest.approx(sum(
            kind.cache_share * kind.attention.heads / kind.attention.kv_heads for kind in model.kinds))


@RUNS
@given(st.sampled_from(KERNELS_2026.keys()), st.integers(1, 8192), st.integers(1, 64), st.integers(1, 64))
def test_kernels_take_no_less_than_their_roofline_and_grow_with_each_side(kind, rows, inner, columns):
    shares, size = KERNELS_2026[kind], float(kind.partition(" ")[2].partition("-")[0]) / 8
    one = Product(rows, 256.0 * inner, 256.0 * columns, size)
    time = shares.time(one, 1e15, 3e12)
    assert KernelShares().time(one, 1e15, 3e12) == kernel_time(one.work, one.traffic, 1e15, 3e12, 0.0, np.inf) <= time
    for side in ("rows", "inner", "columns"):
        assert time <= shares.time(replace(one, **{side: getattr(one, side) + 256}), 1e15, 3e12)


@RUNS
@given(st.sampled_from(IN_GRAPHS.keys()), st.sampled_from([2, 4, 8]), st.floats(0, 32))
def test_all_reduces_in_graphs_take_the_faster_way(kind, chips, power):
    """Never longer than a ring, whose rate only rises, nor than one step; 0 for a chip alone; more for more."""
    shares, size, link = IN_GRAPHS[kind], 2.0**power, 450e9
    time, latency = shares.time(size, chips, link), shares.latency * (chips / 2) ** shares.growth
    ring = all_reduce_time(size, chips, latency + shares.start, link * shares.bus)
    assert latency <= time <= min(ring, latency + (chips - 1) * size / (shares.direct * link)) * CLOSE
    assert shares.time(size, 1, link) == 0 and time <= shares.time(2 * size, chips, link) * CLOSE
