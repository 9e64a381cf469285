"""The least hardware for a target: asked like any other chip, it takes just the target, and less of it takes longer."""

from __future__ import annotations

import math

import numpy as np
import pytest
from drawn import RUNS, TRANSFORMERS, models, profiles, shares
from hypothesis import assume, given
from hypothesis import strategies as st

from solver import Q_, Accelerator, Engine, Models, ServingModel, SynthesisSolver, changed
from solver.formulas.requirements import remaining_time
from solver.formulas.roofline import smooth_max

LLAMA, EXACT = Models.Llama3_8B, 1e-9
FORMATS = st.sampled_from(["fp16", "bf16", "fp8", "int8", "w4a16", "nvfp4", "mxfp4", "q8_0"])
ratios = st.none() | st.floats(1, 1000).map(lambda value: Q_(value, "FLOP/byte"))


def time_of(chip, phase, model, **given):
    served = ServingModel().solve(model, chip, given.pop("seq_len", 2048), **given)
    return served.value("ttft" if phase == "prefill" else "itl"), served


@RUNS
@given(models, st.floats(1e-4, 10), FORMATS, profiles, st.sampled_from(["decode", "prefill"]), st.integers(1, 512),
       st.integers(1, 16384), st.integers(1, 1024), st.floats(0, 0.5), ratios)
def test_the_chip_takes_just_the_target(model, target, kind, profile, phase, batch, context, answer, reserve, ratio):
    given = {"batch_size": batch, "seq_len": context, "output_len": answer, "precision": kind, "profile": profile,
             "reserve": reserve}
    r = SynthesisSolver().solve(model, Q_(target, "s"), phase=phase, ratio=ratio, **given)
    assume(r.feasible)
    time, served = time_of(r.chip, phase, model, **given)
    assert time == pytest.approx(target, rel=EXACT)
    assert served.feasible
    for figure, slower in (("bandwidth", 0.5), (tuple(r.rates), 0.5)):
        names = figure if isinstance(figure, tuple) else (figure,)
        worse = changed(r.chip, **{name: slower * getattr(r.chip, name) for name in names})
        assert time_of(worse, phase, model, **given)[0] >= target * (1 - EXACT)


@RUNS
@given(st.sampled_from([one for one in TRANSFORMERS if not one.mixture_layers]), shares, st.integers(1, 512))
def test_no_chip_makes_it_with_less(model, efficiency, batch):
    """Each figure alone: with the other without limit the target is just made; with both it is not."""
    r = SynthesisSolver().solve(model, Q_("20 ms"), efficiency=efficiency, batch_size=batch)
    for bandwidth, rate in ((r.least_bw, math.inf), (Q_(1e30, "B/s"), r.least_flops)):
        chip = Accelerator("one", memory="1 TB", bandwidth=bandwidth, fp16=rate, fp32=rate)
        assert time_of(chip, "decode", model, batch_size=batch, efficiency=efficiency)[0] == pytest.approx(0.02)
    assert r.required_bw >= r.least_bw * (1 - EXACT) and r.required_bw <= 2 * r.least_bw
    both = Accelerator("both", memory="1 TB", bandwidth=r.least_bw, fp16=r.least_flops, fp32=r.least_flops)
    assert time_of(both, "decode", model, batch_size=batch, efficiency=efficiency)[0] >= 0.02 * (1 - EXACT)


def test_figures_typed_by_hand_make_the_same_chip():
    r = SynthesisSolver().solve(LLAMA, Q_("20 ms"), batch_size=64)
    chip = Accelerator.declared("mine", memory=r.required_memory, bandwidth=r.required_bw, fp16=r.required_flops,
                                fp32=0.5 * r.required_flops)
    time, served = time_of(chip, "decode", LLAMA, batch_size=64)
    assert time == pytest.approx(0.02, rel=EXACT) and served.feasible


def test_the_bandwidth_for_a_70b_model_in_50_ms():
    """All weights but the embedding, 139.0 GB, and a cache of 0.67 GB are read in 50 ms: 2.79 TB/s."""
    r = SynthesisSolver().solve(Models.Llama3_70B, Q_("50 ms"))
    assert r.least_bw.m_as("GB/s") == pytest.approx((139.0 + 0.671) / 0.05, rel=1e-3)
    assert r.model_size.m_as("GB") == pytest.approx(141.1, rel=1e-3)
    assert r.required_memory.m_as("GB") == pytest.approx(141.1 + 0.671, rel=1e-3)


@RUNS
@given(st.floats(1e-3, 1), st.integers(1, 256))
def test_half_the_time_needs_twice_the_chip(target, batch):
    once, twice = (SynthesisSolver().solve(LLAMA, Q_(time, "s"), batch_size=batch) for time in (target, target / 2))
    for name, times in (("required_bw", 2), ("required_flops", 2), ("required_memory", 1), ("compute_memory_ratio", 1)):
        assert twice.value(name) == pytest.approx(times * once.value(name))


def test_images():
    r = SynthesisSolver().solve(Models.ResNet50, Q_("10 ms"), batch_size=64)
    assert Engine.solve(Models.ResNet50, r.chip, 64).value("latency") == pytest.approx(0.01, rel=EXACT)
    assert r.value("required_bw") == pytest.approx(r.value("least_bw"))  # one product, no parts that wait
    assert r.value("required_flops") == pytest.approx(r.value("least_flops"))


def test_a_target_below_the_launches_is_a_state():
    """The engine of 2023-24 starts kernels for 3.84 ms."""
    r = SynthesisSolver().solve(LLAMA, Q_("3.8 ms"), profile="tuned")
    assert not r.feasible and np.isinf(r.required_bw.magnitude) and np.isinf(r.required_flops.magnitude)
    assert r.overhead.m_as("ms") == pytest.approx(3.84) and np.isfinite(r.required_memory.magnitude)
    assert "which no chip makes shorter" in r.constraint_trace[0]
    with pytest.raises(ValueError, match="No chip makes it: Target: below what launches"):
        r.chip  # noqa: B018
    rows = SynthesisSolver().solve(LLAMA, Q_([3.8, 20.0], "ms"), profile="tuned")
    assert rows.feasible.tolist() == [False, True] and "at 1 of 2 points" in rows.constraint_trace[0]


def test_a_chip_is_one():
    with pytest.raises(TypeError, match="chip is one for each of several points"):
        SynthesisSolver().solve(LLAMA, Q_("20 ms"), batch_size=[1, 2]).chip  # noqa: B018


def test_a_ratio_is_kept():
    r = SynthesisSolver().solve(LLAMA, Q_("20 ms"), batch_size=64, ratio=Q_("295 FLOP/byte"))
    assert (r.required_flops / r.required_bw).m_as("FLOP/byte") == pytest.approx(295)
    assert r.compute_memory_ratio.m_as("FLOP/byte") == pytest.approx(295)
    other = SynthesisSolver().solve(LLAMA, Q_("20 ms"), batch_size=64)
    assert r.required_bw < other.required_bw and r.required_flops > other.required_flops


@RUNS
@given(st.floats(1e-6, 1e3), st.floats(0, 1e3), st.sampled_from([1.0, 1.5, 2.0, 8.0]))
def test_what_remains_adds_up(total, other, norm):
    left = remaining_time(total, other, norm)
    assert 0 <= left <= total
    if other <= 0.9 * total:
        assert smooth_max(left, other, norm) == pytest.approx(total, rel=1e-6 if norm == 8 else 1e-9)
    assert (left == 0) or other <= total


def test_what_remains_beside_a_shorter_time_is_all():
    assert [float(remaining_time(5.0, other, math.inf)) for other in (0.0, 3.0, 5.0, 5.1)] == [5, 5, 5, 0]


@pytest.mark.parametrize("call, says", [
    (lambda solve: solve(LLAMA, 50), "target_latency is 50, without a unit"),
    (lambda solve: solve(LLAMA, Q_("0 ms")), "target_latency"), (lambda solve: solve(LLAMA, Q_("5 GB")), "second"),
    (lambda solve: solve(LLAMA, Q_("5 ms"), phase="decoding"), "Did you mean decode"),
    (lambda solve: solve(LLAMA, Q_("5 ms"), ratio=300), "ratio is 300, without a unit")])
def test_bad_targets_get_a_sentence(call, says):
    with pytest.raises((ValueError, TypeError), match=says):
        call(SynthesisSolver().solve)
