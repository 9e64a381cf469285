"""Simulated runs of fleets that fail: they lose what the closed form says, and their time adds up."""

from __future__ import annotations

import time

import numpy as np
import pytest
from drawn import RUNS
from hypothesis import given
from hypothesis import strategies as st

from solver import Q_, Fleet, Hardware, ReliabilityModel, Server, Servers, simulate_failures
from solver.simulation.tape import PIECES

LLAMA = Fleet(Servers.DGX_H100, 2048)
ONE = Fleet(Server("One", Hardware.Cloud.H100, 1), 1)


def test_two_minute_checkpoints_of_16384_chips():
    """14.1 % of all time, in ten years of a failure every 3.05 h."""
    asked = LLAMA, Q_("10 year"), 120, 0
    r = simulate_failures(*asked, mttf=Q_("50000 hour"), seed=1)
    assert r.waste == pytest.approx(0.141, abs=0.002) and r.expected_waste == pytest.approx(0.141, abs=5e-4)
    assert r.failures == pytest.approx(28_728, rel=0.02)


@pytest.mark.parametrize("checkpoint, recovery, mtbf, interval", [
    (120, 0, 10986, None), (300, 600, 21600, None), (300, 600, 900, None), (60, 3000, 3000, "20 min"),
    (10, 1, 1e5, "30 hour"), (500, 0, 400, "1 min")])
def test_many_failures_lose_what_the_closed_form_says(checkpoint, recovery, mtbf, interval):
    """Daly 2006, the complete form: within four standard errors of 20 runs of two thousand failures each."""
    asked = ONE, Q_(2000 * mtbf, "second"), checkpoint, recovery
    more = {"mttf": Q_(mtbf, "second")} | ({} if interval is None else {"interval": Q_(interval)})
    wastes = [simulate_failures(*asked, **more, seed=seed).waste for seed in range(20)]
    expected = ReliabilityModel().solve(*asked, **more).waste
    assert abs(np.mean(wastes) - expected) < 4 * np.std(wastes) / np.sqrt(20) + 1e-3


@RUNS
@given(st.floats(1, 300), st.floats(0, 2000), st.floats(500, 1e5), st.floats(20, 1e4), st.integers(0, 99))
def test_time_adds_up(checkpoint, recovery, mtbf, interval, seed):
    job = Q_("30 hour")
    r = simulate_failures(ONE, job, checkpoint, recovery, mttf=Q_(mtbf, "second"), interval=Q_(interval, "second"),
                          seed=seed)
    tape = r.tape
    spent = np.bincount(tape.kind, tape.end - tape.begin, len(PIECES)) / 3600
    fields = [r.useful_time, r.checkpoint_time, r.lost_time, r.recovery_time]
    np.testing.assert_allclose(spent, [one.m_as("hour") for one in fields], rtol=1e-9, atol=1e-9)
    assert spent.sum() == pytest.approx(30) and tape.begin[0] == 0 and (tape.end > tape.begin).all()
    np.testing.assert_allclose(tape.begin[1:], tape.end[:-1], atol=1e-6)
    assert r.waste + r.goodput_ratio == pytest.approx(1) and r.failures == len(r.failure_times)
    length = tape.end - tape.begin
    assert (length[tape.kind == 0] <= interval + 1e-6).all()
    assert (length[tape.kind == 2] <= interval + checkpoint + 1e-6).all(), "no more is lost than a cycle"
    ended = tape.end[np.searchsorted(tape.end, r.failure_times - 1e-6)]
    np.testing.assert_allclose(ended, r.failure_times, atol=2e-6, err_msg="each failure ends a piece")


def test_the_same_seed_is_the_same_run():
    asked = {"fleet": LLAMA, "job_duration_hours": 1296, "mttf": "Llama_3_405B"}
    one, again, other = (simulate_failures(**asked, seed=seed) for seed in (7, 7, 8))
    assert np.array_equal(one.failure_times, again.failure_times) and one.values == again.values
    assert one.failures != other.failures or one.waste != other.waste
    assert len(one.constraint_trace) == 2 and "no working" in one.working("waste")


def test_a_run_without_a_failure():
    r = simulate_failures(ONE, 10, 60, mttf=Q_("1e9 hour"), interval=Q_("3 hour"))
    assert (r.failures, r.checkpoints, r.lost_time.magnitude, r.recovery_time.magnitude) == (0, 3, 0, 0)
    assert [PIECES[kind] for kind in r.tape.kind] == ["work", "checkpoint"] * 3 + ["work"]
    assert r.useful_time.m_as("hour") == pytest.approx(9.95) and r.longest_uptime.m_as("hour") == 10


def test_failures_during_recoveries():
    """A recovery as long as three mean times between failures is done once in e^3 tries."""
    r = simulate_failures(ONE, 1e5, 60, Q_("3 hour"), mttf=Q_("1 hour"), seed=3)
    kind = r.tape.kind
    tries, done = (kind == 3).sum(), ((kind[:-1] == 3) & (kind[1:] != 3)).sum()
    assert done / tries == pytest.approx(np.exp(-3), rel=0.05)


def test_a_year_is_quick():
    started = time.perf_counter()
    r = simulate_failures(LLAMA, Q_("1 year"), 120, 300, mttf="Llama_3_405B")
    assert len(r.tape.kind) > 30_000 and time.perf_counter() - started < 0.5


@pytest.mark.parametrize("asked, says", [
    ({"job_duration_hours": 1e9}, "its tape would have"), ({"interval": Q_("200 hour")}, "before its first checkpoint"),
    ({"fleet": Fleet(Servers.DGX_H100, np.array([1.0, 2.0]))}, "count of the fleet should be a single value"),
    ({"checkpoint_time_s": [1, 2]}, "a simulation follows one run"), ({"seed": -1}, "a whole number from 0 on")])
def test_bad_input_is_answered(asked, says):
    with pytest.raises((ValueError, TypeError), match=says):
        simulate_failures(**{"fleet": LLAMA, "job_duration_hours": 100, "mttf": "Llama_3_405B"} | asked)
