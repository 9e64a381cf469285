"""Jobs that wait for a fleet."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import RUNS
from hypothesis import given
from hypothesis import strategies as st

from solver import Q_, Fleet, OrchestrationModel, Servers, simulate_queue

FLEET = Fleet(Servers.DGX_H100, 16)


def wait(jobs=2, days=0.4, fleet=FLEET, **options):
    return OrchestrationModel().solve(fleet, jobs, days, **options)


def test_a_job_that_takes_all_is_the_queue_of_one_server():
    """M/D/1 at 0.8: 0.8 / (2 * 0.2) = 2 durations, Pollaczek 1930 and Khinchine 1932."""
    r = wait()
    assert r.cluster_utilization == pytest.approx(0.8) and r.gangs == 1 and r.fragmentation_loss == 0
    assert r.avg_wait_time_days == pytest.approx(0.8) and r.avg_queue_length == pytest.approx(1.6)
    assert r.mean_turnaround.m_as("day") == pytest.approx(1.2) and r.max_jobs_per_day == pytest.approx(2.5)
    assert wait(fleet=Fleet(Servers.DGX_H100, 2)).avg_wait_time_days == r.avg_wait_time_days


@pytest.mark.parametrize("chips, gangs, lost", [(3, 32, 0.25), (8, 16, 0), (12, 8, 0.25), (64, 2, 0), (96, 1, 0.25)])
def test_gangs_and_what_they_leave_idle(chips, gangs, lost):
    """By hand, on 16 servers of 8 chips: two jobs of 3 chips a server, 12 chips take two servers."""
    r = wait(chips_per_job=chips)
    assert (r.gangs, r.fragmentation_loss) == (gangs, lost)
    assert r.cluster_utilization == pytest.approx(2 * 0.4 * chips / 128)
    assert any((f"{lost:.0%} of the chips" if lost else "every chip") in said for said in r.constraint_trace)


def test_jobs_on_gangs_wait_as_simulated():
    """Sixteen places, exponential durations, 0.9."""
    r = wait(36, 0.4, chips_per_job=8, duration_cv=1)
    counted = simulate_queue(36, 400, 16, 1, requests=400_000, seed=3)  # a second for a day
    assert r.avg_wait_time_days == pytest.approx(counted.mean_wait.m_as("s"), rel=0.05)
    assert r.wait_p99.m_as("day") == pytest.approx(counted.wait_p99.m_as("s"), rel=0.07)


@RUNS
@given(st.floats(0.1, 10), st.floats(0.001, 0.09), st.floats(0, 3), st.integers(1, 64))
def test_jobs_obey_the_laws_of_queues(jobs, days, cv, chips):
    one, more = wait(jobs, days, duration_cv=cv, chips_per_job=chips), wait(1.1 * jobs, days, duration_cv=cv,
                                                                          chips_per_job=chips)
    assert one.is_stable and one.mean_wait <= more.mean_wait
    twice = wait(jobs / 2, 2 * days, duration_cv=cv, chips_per_job=chips)
    assert twice.mean_wait.m_as("day") == pytest.approx(2 * one.mean_wait.m_as("day"), rel=1e-9, abs=1e-290)
    assert one.avg_queue_length == pytest.approx(jobs * one.avg_wait_time_days, rel=1e-9, abs=1e-290)
    larger = wait(jobs, days, Fleet(Servers.DGX_H100, 32), duration_cv=cv, chips_per_job=chips)
    assert larger.mean_wait <= one.mean_wait


@pytest.mark.parametrize("jobs, days", [(2.5, 0.4), (3, 0.4), (10**6, 1)])
def test_too_many_jobs_are_a_state(jobs, days):
    r = wait(jobs, days)
    assert not r.is_stable and not r.feasible
    assert r.avg_wait_time_days == r.avg_queue_length == r.mean_wait.magnitude == r.wait_p99.magnitude == np.inf
    assert "unstable" in r.constraint_trace[0] and r.wait_probability == pytest.approx(1)


def test_a_job_larger_than_the_fleet_waits_for_ever():
    r = wait(chips_per_job=[64, 256])
    assert r.gangs.tolist() == [2, 0] and r.is_stable.tolist() == [True, False] and r.avg_wait_time_days[1] == np.inf
    assert "at some of the points a job needs more chips than 16 × DGX H100 has" in r.constraint_trace[0]
    assert "up to 2 jobs" in r.constraint_trace[1] and "use every chip" in r.constraint_trace[1]
    alone = wait(chips_per_job=256).constraint_trace
    assert alone[0] == "Queue: a job needs more chips than 16 × DGX H100 has, and waits for ever."
    assert not any("jobs run at once" in said or "100%" in said for said in alone)


def test_energy_is_that_of_its_chips():
    """By hand: 64 chips of 700 W for a day are 1,075.2 kWh."""
    assert wait(1, 1, chips_per_job=64).energy.m_as("kWh") == pytest.approx(1075.2)


def test_quantities_are_as_good_as_bare_numbers():
    assert wait(Q_("1 request/hour"), Q_("1 hour")).gang_utilization == pytest.approx(1)
    assert wait(Q_("14 request/day"), Q_("1 hour")).gang_utilization == pytest.approx(14 / 24)


@pytest.mark.parametrize("given, says", [
    ({"jobs": 0}, "arrival_rate_jobs_per_day is 0"), ({"days": float("nan")}, "avg_job_duration_days is nan"),
    ({"chips_per_job": 0}, "whole number of chips"), ({"duration_cv": -0.5}, "give a coefficient of variation")])
def test_bad_input(given, says):
    with pytest.raises(ValueError, match=says):
        wait(**given)
