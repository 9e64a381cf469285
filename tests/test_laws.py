"""Laws that hold for every chip, model and amount."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
from formulas import CHIPS, TRANSFORMERS
from hypothesis import given, settings
from hypothesis import strategies as st

from solver import PRECISIONS, ContinuousBatchingModel, Node, Profiles, ServingModel
from solver.batching import drained_share, fragmentation, mean_cached, mean_pages
from solver.bounds import forward_compute_time, forward_memory_time
from solver.chunking import chunked_prefill_time, mixed_step_time, slowest_chunk_time
from solver.memory import kv_bytes_per_token, kv_cache_bytes, paged_kv_bytes, users_that_fit, weights_bytes
from solver.profiles import efficient
from solver.roofline import smooth_max
from solver.speculation import accepted_tokens, best_draft_length, break_even_batch, speculative_speedup
from solver.transformer import (
    decode_time,
    distinct_experts,
    exchange_time,
    head_time,
    launch_time,
    linear_time,
    prefill_layers_time,
    prefill_time,
    streamed_bytes,
)

# The same examples at each run, unless `make soak` asks for many new ones.
EXAMPLES = int(os.environ.get("LAW_EXAMPLES", "0"))
RUNS = settings(max_examples=EXAMPLES or 150, derandomize=not EXAMPLES, deadline=None)
models = st.sampled_from(TRANSFORMERS)
formats = st.sampled_from([PRECISIONS["fp16"], PRECISIONS["int8"]])
chips = st.sampled_from([c for c in CHIPS if {"fp16", "int8"} <= set(c.precisions)])
batches = st.integers(1, 4096)
tokens = st.integers(1, 131072)
shares = st.floats(0.05, 1.0)
profiles = st.sampled_from(list(Profiles)) | st.builds(efficient, shares)
sizes = st.sampled_from([PRECISIONS[name] for name in ("fp16", "fp8", "int4")])
CLOSE = 1 + 1e-12
nodes = st.builds(Node, chips, formats, sizes, profiles, st.sampled_from([1.0, 2.0, 4.0, 8.0])).filter(
    lambda node: node.alone or node.device.interconnect > 0)


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
        besides = exchange_time(node, model, batch * new) + launch_time(node, model)
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
    profile = node.profile
    double = replace(node, device=replace(node.device, **rates),
                     profile=replace(profile, launch=profile.launch / 2, latency=profile.latency / 2))
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
    one = replace(node, ways=1.0)
    for time in (lambda n: decode_time(n, model, batch, context), lambda n: prefill_time(n, model, batch, context, 0)):
        assert time(node) * node.ways >= time(one) / CLOSE
    free = replace(with_profile(node, launch=0.0, latency=0.0), device=replace(node.device, link=np.inf, host=np.inf))
    if model.attention.kv_heads >= node.ways and node.profile.vector == 0:
        assert decode_time(free, model, batch, context) * node.ways == pytest.approx(
            decode_time(replace(free, ways=1.0), model, batch, context), rel=1e-9)
    assert exchange_time(one, model, batch) == 0
    assert exchange_time(node, model, batch + 1) >= exchange_time(node, model, batch)


@RUNS
@given(nodes, models, batches)
def test_decode_stays_below_both_roofs(node, model, batch):
    """However large the batch: tokens a second never need more FLOP/s than there are, nor more bytes."""
    rate = batch / decode_time(node, model, batch, 1)
    assert rate * (model.token_work / node.matmul_rate + model.head_work / node.head_rate) <= CLOSE
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
    """A prompt of one token is a decode step with nothing in cache, but for half a pair of attention."""
    assert prefill_time(node, model, batch, 1, 0) == pytest.approx(decode_time(node, model, batch, 0), rel=1e-2)


@RUNS
@given(nodes, models)
def test_attention_is_quadratic_in_the_end(node, model):
    """TTFT / S^2 tends to half of the pairs' work, over the rate of attention."""
    far = 1e12
    full = 1 - model.attention.windowed * np.isfinite(model.attention.window)
    if full:
        limit = full * model.prefill_pair_work / 2 / node.attention_rate
        assert prefill_time(node, model, 1, far, 0) / far**2 == pytest.approx(limit, rel=1e-2)


@RUNS
@given(nodes, models, tokens, batches)
def test_narrow_weights_help_decoding_at_most_by_their_size(node, model, context, batch):
    wide, narrow = (replace(node, precision=PRECISIONS[name]) for name in ("fp16", "w4a16"))
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
    fp16, a = PRECISIONS["fp16"], model.attention
    if hasattr(a, "head_dim"):
        ratio = kv_bytes_per_token(model.multi_head, fp16) / kv_bytes_per_token(model, fp16)
        assert ratio == pytest.approx(a.heads / a.kv_heads)


@RUNS
@given(models, st.integers(1, 10**7))
def test_distinct_experts(model, n):
    mlp = model.feed_forward
    met = distinct_experts(model, n)
    assert distinct_experts(model, 1) == pytest.approx(mlp.active)
    assert mlp.active / CLOSE <= met <= min(mlp.experts, n * mlp.active) * CLOSE


@RUNS
@given(chips, models, formats, tokens, st.floats(0, 0.9))
def test_users(chip, model, p, context, reserve):
    users = users_that_fit(chip, model, context, p, p, reserve)
    assert users >= 0 and users == np.floor(users)
    assert users_that_fit(chip, model, context + 1, p, p, reserve) <= users
    assert users_that_fit(chip, model, context, p, p, min(reserve + 0.1, 1)) <= users
    assert users_that_fit(chip, model, context, p, PRECISIONS["int4"], reserve) >= users
    room = chip.memory * (1 - reserve) - weights_bytes(model, p)
    if users:
        assert kv_cache_bytes(model, users, context, p) <= room * CLOSE
    assert kv_cache_bytes(model, users + 1, context, p) * CLOSE > room


@RUNS
@given(models, formats, tokens, st.integers(1, 4096))
def test_pages_waste_less_than_one_each(model, p, context, page):
    exact, paged = kv_cache_bytes(model, 1, context, p), paged_kv_bytes(model, 1, context, page, p)
    assert exact <= paged < exact + page * kv_bytes_per_token(model, p)
    assert paged_kv_bytes(model, 1, context, 2 * page, p) >= paged


@RUNS
@given(models, st.integers(1, 32768), st.data())
def test_mean_pages_is_the_average(model, window, data):
    """The closed forms against sums over lengths, taken in the middle of each token."""
    page = data.draw(st.integers(1, window))
    kept = np.minimum(np.arange(window) + 0.5, model.attention.window)
    assert mean_pages(model, window, page) == pytest.approx(np.mean(np.ceil(kept / page)), rel=1e-9)
    assert mean_cached(model, window) == pytest.approx(np.mean(kept), rel=1e-6)
    assert -1e-12 <= fragmentation(model, window, page) <= 0.5 + 1e-12 or page > model.attention.window


@pytest.mark.parametrize("n", [1, 2, 8, 32])
def test_drained_share_is_the_average(n):
    rng = np.random.default_rng(n)
    lengths = rng.uniform(0, 1, (200_000, n))
    assert drained_share(n) == pytest.approx(np.mean(lengths) / np.mean(lengths.max(axis=1)), rel=5e-3)


@RUNS
@given(nodes, models, st.integers(1, 20000), st.integers(0, 20000), st.integers(128, 4096))
def test_chunks_add_up(node, model, new, past, chunk):
    """The closed form against a loop over chunks; lm_head runs once, on the last."""
    head = head_time(node, model, 1)
    total, slowest, done, chunks = head, 0.0, 0, 0
    launches = launch_time(node, model)
    while done < new:
        size = min(chunk, new - done)
        one = prefill_layers_time(node, model, 1, size, past + done)
        total, done, chunks = total + one, done + size, chunks + 1
        work = one + (head if done == new else 0)
        slowest = max(slowest, smooth_max(work, launches, node.profile.overlap))
    total = smooth_max(total, chunks * launches, node.profile.overlap)
    closed = chunked_prefill_time(node, model, 1, new, past, chunk)
    assert closed == pytest.approx(total, rel=0.012)
    assert closed <= total * CLOSE
    assert slowest_chunk_time(node, model, 1, new, past, chunk) == pytest.approx(slowest, rel=1e-9)


@RUNS
@given(nodes, models, batches, st.integers(1, 8192), st.integers(1, 4096), st.integers(0, 8192))
def test_a_mixed_step_lies_between_one_and_both(node, model, batch, context, chunk, read):
    """It takes longer than the decode step alone, and no longer than that and the chunk one after the other."""
    mixed = mixed_step_time(node, model, batch, context, chunk, read)
    decode, prefill = decode_time(node, model, batch, context), prefill_time(node, model, 1, chunk, read)
    assert decode <= mixed * CLOSE
    if model.feed_forward.experts == 1 and model.past_work == 0:
        assert mixed <= (decode + prefill) * CLOSE


@RUNS
@given(st.floats(0, 1), st.integers(1, 15), st.floats(0.8, 1))
def test_accepted_tokens(a, length, decay):
    tokens, more = accepted_tokens(a, length, decay), accepted_tokens(a, length + 1, decay)
    assert 1 <= tokens <= length + 1 and tokens <= more
    assert more - tokens <= tokens - accepted_tokens(a, length - 1, decay) + 1e-12, "each further token gains less"
    assert accepted_tokens(a, 1, decay) == pytest.approx(1 + a)
    assert accepted_tokens(0.0, length, decay) == 1
    if a < 0.99:
        assert accepted_tokens(a, length, 1.0) == pytest.approx((1 - a ** (length + 1)) / (1 - a))


@RUNS
@given(nodes, models, st.integers(1, 8192), shares, st.integers(1, 16), batches)
def test_speculation_gains_at_most_what_is_accepted(node, model, context, acceptance, length, batch):
    one = replace(node, ways=1.0)
    gain = speculative_speedup(node, model, one, model, acceptance, batch, context, length)
    assert gain <= accepted_tokens(acceptance, length) * CLOSE


def test_the_best_draft_and_the_batch_where_none_pays(pair):
    batches = np.array([1, 16, 64, 512])
    best = best_draft_length(*pair, 0.8, batches, 2048)
    assert (np.diff(best) <= 0).all() and best[0] >= 3 and best[-1] <= 2
    gains = [speculative_speedup(*pair, 0.8, 1, 2048, k) for k in range(1, 17)]
    assert best[0] == 1 + np.argmax(gains) == best_draft_length(*pair, 0.8, 1, 2048)
    even = break_even_batch(*pair, 0.8, 2048)
    assert speculative_speedup(*pair, 0.8, even - 1, 2048) > 1 >= speculative_speedup(*pair, 0.8, even, 2048)
    assert best_draft_length(*pair, 0.01, 256, 2048) == 0


@pytest.fixture
def pair():
    """A 70B on four chips, a 1B draft on one of them."""
    chip, fp16 = CHIPS[[c.name for c in CHIPS].index("NVIDIA H100 SXM")], PRECISIONS["fp16"]
    big, small = (next(m for m in TRANSFORMERS if m.name == name) for name in ("Llama 3.1 70B", "Llama 3.2 1B"))
    return Node(chip, fp16, fp16, Profiles.tuned, 4.0), big, Node(chip, fp16, fp16, Profiles.tuned), small


@RUNS
@given(chips, models, st.integers(16, 1024), st.integers(1, 512))
def test_paging_never_loses(chip, model, window, limit):
    r = ContinuousBatchingModel().solve(model, chip, window, limit)
    assert r.max_active_requests >= r.static_requests
    assert r.speedup_vs_static >= 1 / CLOSE
    assert r.feasible == (r.max_active_requests > 0) == (r.throughput_tokens_per_sec > 0)
    assert len(r.constraint_trace) == 3 and not np.isnan(r.itl.magnitude)


@RUNS
@given(chips, models, st.integers(1, 1024), batches)
def test_memory_adds_up(chip, model, context, batch):
    r = ServingModel().solve(model, chip, context, batch).values
    assert r["total_memory_required"] == r["model_weights_size"] + r["kv_cache_size"]
    assert r["feasible"] == (r["memory_utilization"] <= 1)
    assert r["headroom"] == pytest.approx(chip.memory - r["total_memory_required"])
