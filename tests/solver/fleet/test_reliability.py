"""Failures of fleets: published figures, the best interval, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import RUNS
from hypothesis import given
from hypothesis import strategies as st

from mlsysim_labs.reactive.trace import program, run, symbol
from solver import Q_, FailureRates, Fleet, Hardware, ReliabilityModel, Server, Servers

SOLVE = ReliabilityModel().solve
LLAMA = Fleet(Servers.DGX_H100, 2048)  # 16,384 chips
ONE = Fleet(Server("One", Hardware.Cloud.H100, 1), 1)
HOURS_50000 = Q_("50000 hour")
seconds = st.floats(1, 3000)
mtbfs = st.floats(600, 1e6)


def test_failure_is_routine():
    """50,000 h of a chip on 16,384 of them, and checkpoints of two minutes. Young 1974 and Daly 2006."""
    r = SOLVE(LLAMA, 1296, 120, 0, mttf=HOURS_50000)
    assert r.fleet_mtbf.m_as("hour") == pytest.approx(3.05, abs=0.005)
    assert r.young_interval.m_as("min") == pytest.approx(27.1, abs=0.05)
    assert r.daly_interval.m_as("min") == pytest.approx(25.7, abs=0.05)
    assert r.optimal_checkpoint_interval.m_as("min") == pytest.approx(25.7, abs=0.05)
    young = SOLVE(LLAMA, 1296, 120, 0, mttf=HOURS_50000, interval=r.young_interval)
    assert young.waste_first_order == pytest.approx(0.148, abs=5e-4)
    assert (young.waste, r.waste) == (pytest.approx(0.141, abs=5e-4), pytest.approx(0.141, abs=5e-4))


def test_of_1024_chips():
    r = SOLVE(Fleet(Servers.DGX_H100, 128), 1296, 120, 0, mttf=HOURS_50000)
    young = SOLVE(Fleet(Servers.DGX_H100, 128), 1296, 120, 0, mttf=HOURS_50000, interval=r.young_interval)
    assert r.fleet_mtbf.m_as("hour") == pytest.approx(48.8, abs=0.05)
    assert r.young_interval.m_as("min") == pytest.approx(108, abs=0.5)
    assert young.waste_first_order == pytest.approx(0.037, abs=5e-4)


def test_llama_3():
    """Grattafiori et al. 2024, table 5: 419 unexpected interruptions in 54 days on 16,384 chips."""
    r = SOLVE(LLAMA, Q_("54 day"), mttf=FailureRates.Llama_3_405B)
    assert r.fleet_mtbf.m_as("hour") == pytest.approx(3.09, abs=0.005) and r.expected_failures == pytest.approx(419)
    assert any("as Llama 3 405B was interrupted" in said for said in r.constraint_trace)


@pytest.mark.parametrize("servers, hours", [(2048, 1.8), (16384, 0.23)])
def test_metas_clusters(servers, hours):
    """Kokolis et al. 2024: 6.50 failures in 1,000 node-days; "1.8 hours" at 16,384 GPUs, "0.23 hours" at 131,072."""
    r = SOLVE(Fleet(Servers.DGX_A100, servers), 100, mttf="RSC_1")
    assert r.fleet_mtbf.m_as("hour") == pytest.approx(hours, abs=0.01)


@pytest.mark.parametrize("mtbf, minutes", [("24 hour", 117), ("6 hour", 57), ("15 min", 9.1)])
def test_dalys_own_examples(mtbf, minutes):
    """Daly 2006, figures 3 to 5: checkpoints of 5 min, recoveries of 10 min, a job of 500 h."""
    r = SOLVE(ONE, 500, Q_("5 min"), Q_("10 min"), mttf=Q_(mtbf))
    assert r.daly_interval.m_as("min") == pytest.approx(minutes, rel=0.006)
    assert r.optimal_checkpoint_interval.m_as("min") == pytest.approx(minutes, rel=0.02)


def test_the_longest_checkpoint():
    """To first order 5 % are lost with 13.7 s (0.05^2 / 2 of 3.05 h); exactly with a little more."""
    r = SOLVE(LLAMA, 1296, 120, 0, mttf=HOURS_50000)
    assert r.longest_checkpoint.m_as("s") == pytest.approx(14.2, abs=0.05) and not r.feasible
    just = SOLVE(LLAMA, 1296, r.longest_checkpoint, 0, mttf=HOURS_50000)
    assert just.waste == pytest.approx(0.05)
    none = SOLVE(LLAMA, 1296, 120, 900, mttf=HOURS_50000)
    assert np.isnan(none.longest_checkpoint.magnitude) and "recoveries alone" in none.constraint_trace[2]
    assert SOLVE(ONE, 1296, 1, 0, mttf=HOURS_50000).feasible


@RUNS
@given(seconds, st.floats(0, 3000), mtbfs, st.floats(0.2, 5))
def test_waste_is_least_at_the_best_interval(checkpoint, recovery, mtbf, other):
    asked = ONE, 1e6, checkpoint, recovery
    best = SOLVE(*asked, mttf=Q_(mtbf, "second"))
    there = SOLVE(*asked, mttf=Q_(mtbf, "second"), interval=other * best.checkpoint_interval)
    assert best.waste <= there.waste + 1e-12
    near = SOLVE(*asked, mttf=Q_(mtbf, "second"), interval=best.checkpoint_interval * np.array([0.999, 1, 1.001]))
    assert np.argmin(near.waste) == 1, "and least of its neighbours"
    daly, young = (SOLVE(*asked, mttf=Q_(mtbf, "second"), interval=one) for one in (
        best.daly_interval, best.young_interval))
    assert daly.waste <= young.waste + 1e-12 or checkpoint > mtbf / 2, "Daly's is nearer"
    assert best.daly_interval <= best.young_interval or checkpoint > mtbf / 2


@RUNS
@given(st.floats(1, 1e3), mtbfs)
def test_youngs_comes_to_dalys_for_small_checkpoints(checkpoint, mtbf):
    small = SOLVE(ONE, 1e6, [checkpoint, 1e-3 * checkpoint, 1e-6 * checkpoint], mttf=Q_(mtbf, "second"))
    apart = np.abs(small.young_interval.magnitude / small.daly_interval.magnitude - 1)
    assert apart[0] > apart[1] > apart[2] and apart[2] < 1e-3
    exact = np.abs(small.optimal_checkpoint_interval.magnitude / small.daly_interval.magnitude - 1)
    assert exact[2] < 1e-6


@RUNS
@given(st.integers(1, 4096), seconds, seconds, st.floats(0.01, 10))
def test_more_chips_and_slower_checkpoints_lose_more(servers, checkpoint, recovery, interval):
    fleets = [Fleet(Servers.DGX_H100, n) for n in (servers, 2 * servers)]
    few, many = (SOLVE(one, 1e4, checkpoint, recovery, mttf=HOURS_50000) for one in fleets)
    assert many.fleet_mtbf.m_as("s") == pytest.approx(few.fleet_mtbf.m_as("s") / 2)
    assert many.expected_failures == pytest.approx(2 * few.expected_failures)
    assert 0 < few.waste <= many.waste <= 1 and 0 <= few.failure_probability <= many.failure_probability <= 1
    assert few.waste + few.goodput_ratio == pytest.approx(1) and few.useful_time <= Q_("1e4 hour")
    slower = SOLVE(fleets[0], 1e4, 2 * checkpoint, recovery, mttf=HOURS_50000)
    later = SOLVE(fleets[0], 1e4, checkpoint, 2 * recovery, mttf=HOURS_50000)
    assert slower.waste > few.waste and later.waste > few.waste
    assert few.energy_lost <= few.energy < many.energy


@RUNS
@given(seconds, st.floats(0, 100), st.floats(1e5, 1e7))
def test_first_order_is_near_where_little_is_lost(checkpoint, recovery, mtbf):
    r = SOLVE(ONE, 1e6, checkpoint, recovery, mttf=Q_(mtbf, "second"))
    assert r.waste <= r.waste_first_order, "which leaves out that lost time is not lost again"
    assert r.waste_first_order - r.waste <= 2 * r.waste**2 + 1e-9


def test_an_interval_longer_than_the_job_is_refused():
    with pytest.raises(ValueError, match="interval is 2 h, and job_duration_hours 1 h: the job would be over before"):
        SOLVE(LLAMA, 1, mttf=HOURS_50000, interval=Q_("2 hour"))
    with pytest.raises(ValueError, match="job_duration_hours 1 h"):
        SOLVE(LLAMA, [1, 5], mttf=HOURS_50000, interval=Q_([1.5, 0.5], "hour"))
    short = SOLVE(ONE, 1, mttf=HOURS_50000)
    assert short.checkpoint_interval.m_as("hour") == pytest.approx(1) and "is as long" in short.constraint_trace[1]
    assert short.optimal_checkpoint_interval > short.checkpoint_interval


def test_a_fleet_that_never_gets_anywhere():
    r = SOLVE(LLAMA, 1e4, Q_("1 day"), Q_("30 day"), mttf=Q_("100 hour"))
    assert r.goodput_ratio == 0 and r.completion_time.magnitude == np.inf and r.waste == 1
    assert any("far off" in said for said in r.constraint_trace)


@pytest.mark.parametrize("asked, says", [
    ({"mttf": 50000}, "mttf is 50000, without a unit: write Q_"), ({"mttf": "Llama"}, "Did you mean Llama_3_405B"),
    ({"mttf": Servers.DGX_H100}, "mttf is DGX H100"), ({"mttf": Q_("0 hour")}, "mttf is 0"),
    ({"mttf": HOURS_50000, "checkpoint_time_s": 0}, "checkpoint_time_s is 0: give a number of second above 0"),
    ({"mttf": HOURS_50000, "fleet": Hardware.Cloud.H100}, "a chip: write Fleet")])
def test_bad_input_is_answered(asked, says):
    with pytest.raises((ValueError, TypeError), match=says):
        SOLVE(**{"fleet": LLAMA, "job_duration_hours": 100} | asked)


def test_knobs_are_followed():
    fleet = Fleet(Servers.DGX_H100, symbol("servers"))
    r = SOLVE(fleet, 1296, symbol("checkpoint"), 0, mttf=HOURS_50000)
    said = run(program({"best": r.optimal_checkpoint_interval, "waste": r.waste}), {"servers": 2048, "checkpoint": 120})
    known = SOLVE(LLAMA, 1296, 120, 0, mttf=HOURS_50000)
    assert said["waste"] == pytest.approx(known.waste) and r.constraint_trace == []
    assert said["best"] == pytest.approx(known.optimal_checkpoint_interval.m_as("s"))


def test_by_hand():
    r = SOLVE(LLAMA, 1296, 120, 0, mttf=HOURS_50000)
    assert r.working("young_interval").splitlines()[1:] == [
        "mtbf = mttf / chips = 1.8e8 s / 16,384 = 10,986 s",
        "young_interval = (2 · 120 s · 10,986 s)^0.5 = 1,624 s = 27.06 min"]
