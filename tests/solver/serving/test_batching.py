"""Continuous batching: spreads of lengths against chance, the parts of a speed-up, floor and band."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import RUNS, models
from hypothesis import given
from hypothesis import strategies as st

from solver import (
    BOTTLENECKS,
    PRECISIONS,
    ContinuousBatchingModel,
    Exponential,
    Fixed,
    Hardware,
    Models,
    Node,
    Uniform,
    simulate,
)
from solver.formulas.blocks import cache_room
from solver.formulas.lengths import exponential_integral
from solver.formulas.paging import mean_cached, mean_pages

LLAMA, H100 = Models.Llama3_8B, Hardware.Cloud.H100
SOLVE = ContinuousBatchingModel().solve
CHANCES = (np.arange(200_000) + 0.5) / 200_000
SPREADS = [Fixed(), Uniform(), Uniform(low=0.4), Exponential(0.1), Exponential(0.25), Exponential(3.0)]
every_spread = pytest.mark.parametrize("lengths", SPREADS, ids=str)


@every_spread
def test_means_are_those_of_what_is_drawn(lengths):
    """Every closed form against a sum over equally likely lengths."""
    window, drawn = 1000.0, 1000.0 * lengths.quantile(CHANCES)
    assert lengths.mean(window) == pytest.approx(drawn.mean(), rel=1e-4)
    assert lengths.age(window) == pytest.approx((drawn**2).mean() / (2 * drawn.mean()), rel=1e-4)
    for cap in (1.0, 90.0, 399.0, 500.0, 2000.0):
        assert lengths.kept(window, cap) == pytest.approx(np.minimum(drawn, cap).mean(), rel=1e-4)
    for first, page, count in ((0.0, 16.0, 63.0), (7.0, 100.0, 10.0), (0.0, 1000.0, 1.0), (450.0, 5.0, 20.0)):
        marks = first + page * np.arange(count)
        passed = (drawn[:, None] > marks).sum(axis=1).mean()
        assert lengths.passed(window, first, page, count) == pytest.approx(passed, abs=2e-3)


@every_spread
@pytest.mark.parametrize("requests", [1, 2, 8, 64, 1024])
def test_the_longest_is_that_of_what_is_drawn(lengths, requests):
    """The chance that the longest of n stays below a length is the n-th power of one's."""
    longest = 1000 * lengths.quantile(CHANCES ** (1 / requests))
    assert lengths.longest(1000.0, requests) == pytest.approx(longest.mean(), rel=6e-3)


def test_exponential_integral():
    """Values of the handbook's table 5.1."""
    for x, value in ((0.5, 0.559773595), (1.0, 0.219383934), (2.0, 0.048900511), (5.0, 0.001148296)):
        assert exponential_integral(x) == pytest.approx(value, rel=1e-4)


@every_spread
def test_random_lengths_are_whole_and_in_the_window(lengths, rng):
    drawn = lengths.drawn(rng, 500, 20_000)
    assert drawn.min() >= 1 and drawn.max() <= 500 and drawn.dtype.kind == "i"
    assert drawn.mean() == pytest.approx(lengths.mean(500.0) + 0.5 * (lengths != Fixed()), rel=0.02)


@RUNS
@given(models, st.sampled_from(SPREADS), st.integers(2, 8192), st.data())
def test_pages_hold_what_is_cached(model, lengths, window, data):
    page, grown = data.draw(st.integers(1, window)), data.draw(st.integers(0, 4096))
    pages, cached = (f(model, window, *more, lengths) for f, more in ((mean_pages, (page, grown)),
                                                                      (mean_cached, (grown,))))
    assert cached <= pages * page * (1 + 1e-9), "pages hold all of it"
    assert pages * page <= (cached + page) * (1 + 1e-9), "and waste less than a page"


def test_lengths_that_vary_are_what_paging_lives_on():
    """Where all requests fill their window, a static server wastes nothing, and there is nothing to win."""
    fixed = SOLVE(LLAMA, H100, 4096, 512, lengths=Fixed())
    assert fixed.speedup_vs_static == 1 and fixed.static_fragmentation_pct == fixed.memory_fragmentation_pct == 0
    uniform, skewed = (SOLVE(LLAMA, H100, 4096, 512, lengths=s) for s in (Uniform(), Exponential(0.1)))
    assert 1 < uniform.speedup_vs_static < skewed.speedup_vs_static
    assert uniform.max_active_requests < skewed.max_active_requests
    assert skewed.static_requests == uniform.static_requests, "windows are reserved whatever is in them"


@every_spread
@pytest.mark.parametrize("answer", [None, 256, 4000])
def test_both_causes_make_the_speedup(lengths, answer):
    r = SOLVE(LLAMA, H100, 4096, [1, 8, 64, 512], lengths=lengths, output_len=answer, profile="tuned")
    np.testing.assert_allclose(r.speedup_memory * r.speedup_scheduling, r.speedup_vs_static, rtol=1e-9)
    rates = r.throughput_tokens_per_sec / r.static_tokens_per_sec
    np.testing.assert_allclose(rates, r.speedup_vs_static, rtol=1e-9)
    assert (r.speedup_memory >= 1 - 1e-9).all() and (r.speedup_scheduling >= 1 - 1e-9).all()
    assert (r.throughput_tokens_per_sec[:-1] <= r.throughput_tokens_per_sec[1:] * (1 + 1e-9)).all()


def test_prompts_take_their_share_of_the_time():
    apart, together = (SOLVE(LLAMA, H100, 4096, 64, output_len=o, profile="tuned") for o in (None, 128))
    assert apart.prefill_share == 0 and 0 < together.prefill_share < 1
    assert together.itl > apart.itl * 1.5, "short answers mean many prompts"
    longer = SOLVE(LLAMA, H100, 4096, 64, output_len=2048, profile="tuned")
    assert longer.prefill_share < together.prefill_share


def test_floor_band_bottleneck_and_sentences():
    r = SOLVE(LLAMA, H100, 4096, 64, output_len=512, profile="modern")
    assert r.floor.itl < r.itl and r.floor.throughput_tokens_per_sec > r.throughput_tokens_per_sec
    low, high = r.band("itl")
    assert low < r.itl < high and any(said.startswith("Band of the time between tokens") for said in r.constraint_trace)
    assert r.band("throughput_tokens_per_sec") is None, "measured of full servers alone"
    assert any(said.startswith("No band: throughput has none") for said in r.constraint_trace)
    full = SOLVE(LLAMA, H100, 4096, 1024, output_len=512, profile="modern")
    low, high = full.band("throughput_tokens_per_sec")
    assert low < full.throughput_tokens_per_sec < high
    assert r.band("max_active_requests") is None and SOLVE(LLAMA, H100, 4096).band("itl") is None
    assert SOLVE(LLAMA, H100, 4096, 64, profile="modern").band("itl") is None, "prompts are read elsewhere"
    assert r.bottleneck == "Memory" and r.constraint_trace[1] == "Running requests: limited by max_batch_size."
    codes = SOLVE(LLAMA, H100, 4096, [1, 512], profile="tuned").bottleneck
    assert {BOTTLENECKS[code] for code in codes} <= set(BOTTLENECKS)
    assert "limited by memory" in SOLVE(LLAMA, H100, 131072, 512).constraint_trace[1]


def test_chips_formats_and_reserve_count():
    one = SOLVE(LLAMA, H100, 32768, 4096).max_active_requests
    assert SOLVE(LLAMA, H100, 32768, 4096, tensor_parallel=2).max_active_requests > 2 * one
    assert SOLVE(LLAMA, H100, 32768, 4096, kv_precision="fp8").max_active_requests >= 2 * one
    assert SOLVE(LLAMA, H100, 32768, 4096, reserve=0.2).max_active_requests < one


def test_a_request_keeps_its_states_whatever_its_length():
    """Short windows: nearly all that a request of Qwen3.6 27B keeps is its states, and the simulation agrees."""
    model, h200 = Models.Qwen3_6_27B, Hardware.Cloud.H200
    short = SOLVE(model, h200, 64, 10_000, precision="fp8")
    assert short.max_active_requests == pytest.approx(cache_room(Node(h200, PRECISIONS["fp8"]), model) / model.state,
                                                      rel=0.02)
    counted = SOLVE(model, h200, 1024, 1024, precision="fp8")
    served = simulate(model, h200, 1024, 1024, precision="fp8", requests=800)
    assert served.max_running == pytest.approx(counted.max_active_requests, rel=0.05)
    assert served.memory_fragmentation_pct == pytest.approx(counted.memory_fragmentation_pct, abs=0.5)
