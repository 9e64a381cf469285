"""Laws that hold for every chip, model and amount."""

from __future__ import annotations

import os
from dataclasses import replace

import numpy as np
import pytest
from formulas import CHIPS, TRANSFORMERS
from hypothesis import given, settings
from hypothesis import strategies as st

from solver import PRECISIONS, ContinuousBatchingModel, ServingModel
from solver.batching import drained_share, fragmentation, mean_cached, mean_pages
from solver.memory import kv_bytes_per_token, kv_cache_bytes, paged_kv_bytes, users_that_fit, weights_bytes
from solver.roofline import peak, wide_peak
from solver.serving import accepted_tokens, chunked_prefill_time, slowest_chunk_time, speculative_token_time
from solver.transformer import (
    decode_time,
    distinct_experts,
    forward_compute_time,
    forward_memory_time,
    head_time,
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
CLOSE = 1 + 1e-12


@RUNS
@given(chips, models, formats, batches, tokens, shares)
def test_time_grows_with_batch_and_context(chip, model, p, batch, context, eta):
    for time in (decode_time(chip, model, np.array([batch, batch + 1]), context, p, eta),
                 decode_time(chip, model, batch, np.array([context, context + 1]), p, eta),
                 prefill_time(chip, model, batch, np.array([context, context + 1]), 0, p, eta),
                 prefill_time(chip, model, batch, 16, np.array([context, context + 1]), p, eta)):
        assert time[0] <= time[1] * CLOSE


@RUNS
@given(chips, models, formats, batches, tokens, shares)
def test_no_pass_beats_either_roof(chip, model, p, batch, context, eta):
    for new, past, pair in ((1, context, model.decode_pair_work), (context, 0, model.prefill_pair_work)):
        scored = 1
        time = (decode_time if new == 1 and past else prefill_time)(
            *((chip, model, batch, past, p, eta) if new == 1 and past else (chip, model, batch, new, past, p, eta)))
        compute = forward_compute_time(chip, model, pair, batch, new, past, scored, p, eta)
        memory = forward_memory_time(chip, model, batch, new, past, p)
        assert max(compute, memory) <= time * CLOSE
        assert time <= (compute + memory) * CLOSE


@RUNS
@given(chips, models, formats, batches, tokens, shares)
def test_twice_the_chip_takes_half_the_time(chip, model, p, batch, context, eta):
    rates = {name: 2 * getattr(chip, name) for name in ("bandwidth", *PRECISIONS)}
    double = replace(chip, **rates)
    assert decode_time(double, model, batch, context, p, eta) == pytest.approx(
        decode_time(chip, model, batch, context, p, eta) / 2, rel=1e-12)
    assert prefill_time(double, model, batch, context, 0, p, eta) == pytest.approx(
        prefill_time(chip, model, batch, context, 0, p, eta) / 2, rel=1e-12)


@RUNS
@given(chips, models, formats, batches, shares)
def test_decode_stays_below_the_compute_roof(chip, model, p, batch, eta):
    """However large the batch: tokens a second never need more FLOP/s than the chip has."""
    rate = batch / decode_time(chip, model, batch, 1, p, eta)
    per_token = model.token_work / peak(chip, p) + model.head_work / wide_peak(chip, p)
    assert rate * per_token <= eta * CLOSE


@RUNS
@given(chips, models, formats, tokens)
def test_no_first_token_before_one_read_of_the_weights(chip, model, p, prompt):
    assert prefill_time(chip, model, 1, prompt, 0, p) * CLOSE >= streamed_bytes(model, prompt, p) / chip.bandwidth


@RUNS
@given(chips, models, batches)
def test_first_and_next_token_agree_at_the_border(chip, model, batch):
    """A prompt of one token is a decode step with nothing in cache, but for half a pair of attention."""
    p = PRECISIONS["fp16"]
    assert prefill_time(chip, model, batch, 1, 0, p) == pytest.approx(decode_time(chip, model, batch, 0, p), rel=1e-2)


@RUNS
@given(chips, models)
def test_attention_is_quadratic_in_the_end(chip, model):
    p, far = PRECISIONS["fp16"], 10**9
    if np.isinf(model.attention.window):
        assert prefill_time(chip, model, 1, 2 * far, 0, p) / prefill_time(chip, model, 1, far, 0, p) == pytest.approx(
            4, rel=1e-2)


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
@given(chips, models, formats, st.integers(1, 20000), st.integers(0, 20000), st.integers(128, 4096), shares)
def test_chunks_add_up(chip, model, p, new, past, chunk, eta):
    """The closed form against a loop over chunks; lm_head runs once, on the last."""
    total, slowest, done = head_time(chip, model, 1, p, eta), 0.0, 0
    head = total
    while done < new:
        size = min(chunk, new - done)
        one = prefill_layers_time(chip, model, 1, size, past + done, p, eta)
        total, done = total + one, done + size
        slowest = max(slowest, one + (head if done == new else 0))
    closed = chunked_prefill_time(chip, model, 1, new, past, chunk, p, eta)
    assert closed == pytest.approx(total, rel=0.01)
    assert closed <= total * CLOSE
    assert slowest_chunk_time(chip, model, 1, new, past, chunk, p, eta) == pytest.approx(slowest, rel=1e-9)


@RUNS
@given(st.floats(0, 1), st.integers(1, 12), st.floats(0.8, 1))
def test_accepted_tokens(a, length, decay):
    tokens = accepted_tokens(a, length, decay)
    assert 1 <= tokens <= length + 1
    assert accepted_tokens(a, length + 1, decay) >= tokens
    assert accepted_tokens(a, 1, decay) == pytest.approx(1 + a)
    if a < 0.99:
        assert accepted_tokens(a, length, 1.0) == pytest.approx((1 - a ** (length + 1)) / (1 - a))


@RUNS
@given(chips, models, st.integers(1, 8192), shares)
def test_speculation_gains_at_most_what_is_accepted(chip, model, context, eta):
    p = PRECISIONS["fp16"]
    gain = decode_time(chip, model, 1, context, p) / speculative_token_time(chip, model, model, eta, 1, context, p)
    assert gain <= accepted_tokens(eta) * CLOSE


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
