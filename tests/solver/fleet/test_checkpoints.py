"""Checkpoints: their size against one that was published, what storage makes of them, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import CHIPS, RUNS, TRANSFORMERS
from hypothesis import given
from hypothesis import strategies as st

from mlsysim_labs.reactive.trace import program, run, symbol
from solver import Q_, CheckpointModel, Hardware, Models, changed

SOLVE = CheckpointModel().solve
LLAMA, H100 = Models.Llama3_70B, Hardware.Cloud.H100
hours = st.floats(0.05, 100)


def test_the_checkpoint_of_bloom():
    """BigScience 176B Model, https://bigscience.notion.site/ad073ca07cdf479398d5f95d88e218c4, 2022: "only the bf16
    weights are 329GB, the full checkpoint with optimizer states is 2.3TB", counted in powers of 1,024."""
    whole = SOLVE(Models.Bloom_176B, Hardware.Cloud.A100, precision="bf16")
    assert whole.checkpoint_size.m_as("TiB") == pytest.approx(2.3, rel=0.03)


@pytest.mark.parametrize("optimizer, size", [("adam", 14), ("momentum", 10), ("sgd", 6)])
def test_bytes_of_a_parameter(optimizer, size):
    """Rajbhandari et al. 2020, "ZeRO", section 3.1: 2 for the weight, 12 for Adam's state, of which 4 are a copy."""
    r = SOLVE(Models.GPT3, H100, optimizer)
    assert r.checkpoint_size.m_as("byte") / Models.GPT3.parameters == pytest.approx(size)


def test_who_binds():
    """An H100 has 64 GB/s to its host (PCIe 5.0 x16): eight writers send 512 GB/s, more than 500."""
    r = SOLVE(LLAMA, H100, n_writers=[1, 7, 8])
    assert r.storage_bottleneck.tolist() == [False, False, True]
    assert r.max_bandwidth_required.m_as("GB/s").tolist() == [64, 448, 512]
    assert r.write_bandwidth.m_as("GB/s").tolist() == [64, 448, 500]
    assert "the file system binds at 33 % of the points" in r.constraint_trace[0]
    assert "the writers bind" in SOLVE(LLAMA, H100).constraint_trace[0]
    assert "the file system binds" in SOLVE(LLAMA, H100, filesystem_limit_gbs=1).constraint_trace[0]


def test_the_penalty_is_in_percent():
    """Two minutes after each 18 of work are a tenth of the time."""
    r = SOLVE(LLAMA, H100, checkpoint_interval_hours=0.3, checkpoint_time_s=120)
    assert (r.paused_share, r.mfu_penalty_pct) == (pytest.approx(0.1), pytest.approx(10))
    assert r.waste == r.paused_share and np.isnan(r.least_waste) and "nothing fails" in r.constraint_trace[1]
    assert not r.feasible and "more than the 5 % that may be" in r.constraint_trace[1]


def test_with_failures():
    """2-minute checkpoints and a failure in 3.05 h: 14.1 % of all time is lost at the best interval, 25.7 min."""
    r = SOLVE(LLAMA, H100, checkpoint_time_s=120, mtbf=Q_("3.05 hour"))
    assert r.optimal_checkpoint_interval.m_as("min") == pytest.approx(25.7, abs=0.05)
    assert r.least_waste == pytest.approx(0.141, abs=5e-4) and r.waste > r.least_waste
    assert r.constraint_trace[2] == "Interval: the best, 25.7 min, loses 14.1 %."


def test_a_bus_that_nobody_publishes():
    unknown = changed(H100, host=float("nan"))
    r = SOLVE(LLAMA, unknown)
    assert np.isnan(r.write_time_seconds.magnitude) and "Give write_bandwidth" in r.constraint_trace[0]
    assert SOLVE(LLAMA, unknown, write_bandwidth=Q_("2 GB/s")).write_time_seconds.m_as("s") == pytest.approx(494, abs=1)


@RUNS
@given(st.sampled_from(TRANSFORMERS), st.sampled_from([c for c in CHIPS if c.host > 0]), hours, st.integers(1, 4096))
def test_laws(model, chip, interval, writers):
    one, two = (SOLVE(model, chip, checkpoint_interval_hours=interval, n_writers=n) for n in (writers, 2 * writers))
    assert two.write_time_seconds <= one.write_time_seconds
    assert one.write_bandwidth == min(one.max_bandwidth_required, Q_("500 GB/s"))
    assert one.storage_bottleneck == (one.write_bandwidth < one.max_bandwidth_required)
    assert 0 < one.paused_share < 1
    enough = SOLVE(model, chip, checkpoint_interval_hours=interval, filesystem_limit_gbs=1e9,
                   write_bandwidth=one.bandwidth_needed)
    assert enough.paused_share == pytest.approx(0.05), "the bandwidth that is needed keeps the limit"


def test_knobs_are_followed():
    r = SOLVE(LLAMA, H100, n_writers=symbol("writers"), mtbf=Q_("3 hour"))
    said = run(program({"time": r.write_time_seconds, "least": r.least_waste}), {"writers": 4})
    known = SOLVE(LLAMA, H100, n_writers=4, mtbf=Q_("3 hour"))
    assert r.constraint_trace == [] and said["least"] == pytest.approx(known.least_waste)
    assert said["time"] == pytest.approx(known.write_time_seconds.m_as("s"))


@pytest.mark.parametrize("asked, says", [
    ({"precision": "fp8"}, "weights are trained at 16 bits or more"), ({"n_writers": 0}, "writers, at least 1"),
    ({"checkpoint_interval_hours": 0}, "a number of hour above 0"), ({"mtbf": 3}, "mtbf is 3, without a unit"),
    ({"optimizer": "lion"}, "choose one of adam, momentum, sgd")])
def test_bad_input_is_answered(asked, says):
    with pytest.raises((ValueError, TypeError), match=says):
        SOLVE(LLAMA, H100, **asked)
