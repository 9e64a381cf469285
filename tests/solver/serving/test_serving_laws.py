"""Laws of what is built of passes: memory, pages, chunks, drafts, continuous batching."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from drawn import CHIPS, CLOSE, RUNS, TRANSFORMERS, batches, chips, formats, models, nodes, shares, tokens
from hypothesis import given
from hypothesis import strategies as st

from solver import PRECISIONS, ContinuousBatchingModel, Node, Profiles, ServingModel
from solver.formulas.blocks import users_beside_weights
from solver.formulas.chunking import chunked_prefill_time, mixed_step_time, slowest_chunk_time
from solver.formulas.memory import kv_bytes_per_token, kv_cache_bytes, paged_kv_bytes, weights_bytes
from solver.formulas.paging import fragmentation, mean_cached, mean_pages
from solver.formulas.requests import drained_share
from solver.formulas.roofline import smooth_max
from solver.formulas.speculation import accepted_tokens, best_draft_length, break_even_batch, speculative_speedup
from solver.formulas.transformer import (
    decode_time,
    distinct_experts,
    launch_time,
    lm_head_time,
    prefill_layers_time,
    prefill_time,
)
from solver.zoo.bands import counted_families


@RUNS
@given(models, st.integers(1, 10**7))
def test_distinct_experts(model, n):
    for mix in model.feed_forward:
        met = distinct_experts(mix, n)
        assert distinct_experts(mix, 1) == pytest.approx(mix.active)
        assert mix.active / CLOSE <= met <= min(mix.experts, n * mix.active) * CLOSE


@RUNS
@given(chips, models, formats, tokens, st.floats(0, 0.9))
def test_users(chip, model, p, context, reserve):
    def fitting(context, weights, reserve):
        return users_beside_weights(Node(chip, weights, p), model, context, reserve)

    users = fitting(context, p, reserve)
    assert users >= 0 and users == np.floor(users)
    assert fitting(context + 1, p, reserve) <= users
    assert fitting(context, p, min(reserve + 0.1, 1)) <= users
    assert fitting(context, PRECISIONS["int4"], reserve) >= users
    room = chip.usable_memory * (1 - reserve) - weights_bytes(model, p)
    if users:
        assert kv_cache_bytes(model, users, context, p) <= room * CLOSE
    assert kv_cache_bytes(model, users + 1, context, p) * CLOSE > room


@RUNS
@given(models, formats, tokens, st.integers(1, 4096))
def test_pages_waste_less_than_one_each(model, p, context, page):
    exact, paged = kv_cache_bytes(model, 1, context, p), paged_kv_bytes(model, 1, context, page, p)
    assert exact * (1 - 1e-12) <= paged < exact + page * kv_bytes_per_token(model, p)  # shares of kinds are rounded
    assert paged_kv_bytes(model, 1, context, 2 * page, p) >= paged


@RUNS
@given(models, st.integers(1, 32768), st.data())
def test_mean_pages_is_the_average(model, window, data):
    """The closed forms against sums over lengths, taken in the middle of each token."""
    page = data.draw(st.integers(1, window))
    length = np.arange(window) + 0.5
    kept = [(kind.cache_share, np.minimum(length, kind.attention.window)) for kind in model.kinds]
    pages = sum(share * np.ceil(tokens / page) for share, tokens in kept)
    assert mean_pages(model, window, page) == pytest.approx(np.mean(pages), rel=1e-9)
    assert mean_cached(model, window) == pytest.approx(np.mean(sum(share * tokens for share, tokens in kept)), rel=1e-6)
    narrowest = min(kind.attention.window for kind in model.kinds)
    assert -1e-12 <= fragmentation(model, window, page) <= 0.5 + 1e-12 or page > narrowest


@pytest.mark.parametrize("n", [1, 2, 8, 32])
def test_drained_share_is_the_average(n):
    rng = np.random.default_rng(n)
    lengths = rng.uniform(0, 1, (200_000, n))
    assert drained_share(n) == pytest.approx(np.mean(lengths) / np.mean(lengths.max(axis=1)), rel=5e-3)


@RUNS
@given(nodes, models, st.integers(1, 20000), st.integers(0, 20000), st.integers(128, 4096))
def test_chunks_add_up(node, model, new, past, chunk):
    """The closed form against a loop over chunks; lm_head runs once, on the last."""
    head = lm_head_time(node, model, 1)
    total, slowest, done, chunks = head, 0.0, 0, 0
    launches = launch_time(node, model, 1.0)
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
    if all(mix.experts == 1 for mix in model.feed_forward) and model.past_work == 0:
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
    one = replace(node, tensor_parallel=1.0)
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
    uncounted = chip.family not in counted_families()
    assert len(r.constraint_trace) == 4 + uncounted and not np.isnan(r.itl.magnitude)


@RUNS
@given(chips, models, st.integers(1, 1024), batches)
def test_memory_adds_up(chip, model, context, batch):
    r = ServingModel().solve(model, chip, context, batch).values
    assert r["total_memory_required"] == r["model_weights_size"] + r["kv_cache_size"]
    assert r["feasible"] == (r["memory_utilization"] <= 1)
    assert r["headroom"] == pytest.approx(chip.usable_memory - r["total_memory_required"])
