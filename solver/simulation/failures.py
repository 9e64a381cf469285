"""A seeded run of a job on a fleet that fails: what the closed forms of `reliability` are means of."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from solver.base.declared import declared
from solver.base.fleets import FleetOf
from solver.base.interruptions import CheckpointTime, ChipMttf, JobHours, RecoveryTime, WorkInterval
from solver.base.numbers import single_number
from solver.base.recorded import figure_of
from solver.base.result import Result, field
from solver.formulas.fleet.carbon import it_energy
from solver.formulas.fleet.reliability import best_interval, fleet_mtbf, goodput
from solver.simulation.arguments import Seed
from solver.simulation.tape import FailureTape, Stretches, drawn_failures

ONE_RUN = "a simulation follows one run: call simulate_failures for each case"
MOST_PIECES = 5_000_000  # of a tape


class FailureRun(Result):
    """What `simulate_failures` found: what became of the time of one run."""

    def computed(self) -> dict[str, Any]:
        """What was counted: no formula gave it."""
        return dict(self.values)

    failures = field(None, "how often the run failed", int)
    checkpoints = field(None, "checkpoints that were finished", int)
    useful_time = field("hour", "work that lasts")
    checkpoint_time = field("hour", "time of checkpoints")
    lost_time = field("hour", "what was done since the last checkpoint when a failure came")
    recovery_time = field("hour", "time from failures until work went on")
    waste = field(None, "share of the time that was lost")
    goodput_ratio = field(None, "share of the time that is work which lasts")
    expected_waste = field(None, "share of the time that is lost on average, over many such runs")
    checkpoint_interval = field("min", "work between two checkpoints")
    longest_uptime = field("hour", "longest time without a failure")
    energy = field("MWh", "energy of the chips in that time, by their board power at most")

    @cached_property
    def tape(self) -> FailureTape:
        """What the run did when: pieces of work, checkpoints, lost work and recoveries, as arrays."""
        return self.given["stretches"].tape()

    @property
    def failure_times(self) -> np.ndarray:
        """Seconds from the start at which failures came."""
        return self.given["stretches"].failures

    @property
    def constraint_trace(self) -> list[str]:
        """What came of it, in sentences."""
        v = self.values
        return [f"Failures: {v['failures']:,.0f}. Of the time {100 * v['waste']:.3g} % was lost; on average it is "
                f"{100 * v['expected_waste']:.3g} %, and a run with few failures may be far from that.",
                "Left out: failures that come in bunches or take longer to find, planned stops, and spare chips."]


@declared(single=ONE_RUN)
def simulate_failures(fleet: FleetOf, job_duration_hours: JobHours, checkpoint_time_s: CheckpointTime = 60,
                      avg_recovery_time_s: RecoveryTime = 300, *, mttf: ChipMttf = "Llama_3_405B",
                      interval: WorkInterval = None, seed: Seed = 0) -> FailureRun:
    """One run of a job on all chips of a fleet, each of which stops it when it fails.

    Arguments that `ReliabilityModel.solve` has too mean the same, but are single values.

    Parameters
    ----------
    fleet : fleet
        The fleet, such as `Fleet(Servers.DGX_H100, 128)`.
    job_duration_hours : hours
        Hours that the fleet runs for the job, failures included.
    checkpoint_time_s : seconds
        Seconds that a checkpoint pauses all work.
    avg_recovery_time_s : seconds
        Seconds from a failure until work goes on from the last checkpoint. Each recovery takes as long; a failure in it
        begins another.
    mttf : quantity, or failure rate
        Mean time to failure of a chip: a quantity, or a record of `FailureRates` or its name.
    interval : quantity, optional
        Work between two checkpoints, no longer than the job; if not given, the interval that loses least.
    seed : int
        A whole number; the same gives the same result, bit for bit.

    Raises
    ------
    ValueError, TypeError, DimensionalityError
        In a sentence that names the argument, its limit and the next move.

    Notes
    -----
    Over many failures it loses what `ReliabilityModel` says, exactly: in a run of a thousand failures the share that is
    lost is off by some hundredths of itself by chance. A year on 16,384 chips takes a millisecond.

    Leaves out failures that come in bunches or take longer to find, planned stops, and spare chips. The first work
    needs no recovery; what the job ends in the middle of is kept.

    Examples
    --------
    >>> from solver import Q_, Fleet, Servers
    >>> r = simulate_failures(Fleet(Servers.DGX_H100, 2048), 1296, 120, 0, mttf=Q_("50000 hour"))
    >>> r.failures, round(r.waste, 3), round(r.expected_waste, 3), len(r.tape.kind)
    (382, 0.132, 0.141, 5628)
    """
    single_number("count of the fleet", fleet.count, ONE_RUN)
    job, pause, recovery = float(job_duration_hours), float(checkpoint_time_s), float(avg_recovery_time_s)
    mtbf = float(fleet_mtbf(float(figure_of(mttf, "mttf")), fleet.chips))
    work = min(float(best_interval(pause, mtbf)), job) if interval is None else float(interval)
    pieces = 2 * job / (work + pause) + 3 * job / mtbf
    if pieces > MOST_PIECES:
        raise ValueError(f"job_duration_hours is {job / 3600:,.6g}: its tape would have {pieces:,.0f} pieces. Give a "
                         f"job {pieces / MOST_PIECES:,.3g} times as short, or a longer interval.")
    found = Stretches(drawn_failures(np.random.default_rng(int(seed)), mtbf, job), job, work, pause, recovery)
    useful, paused, lost, recovered = found.spent
    return FailureRun({
        "failures": found.failures.size, "checkpoints": int(found.cycles.sum()), "useful_time": useful,
        "checkpoint_time": paused, "lost_time": lost, "recovery_time": recovered, "goodput_ratio": useful / job,
        "waste": 1 - useful / job, "expected_waste": 1 - float(goodput(work, pause, recovery, mtbf)),
        "checkpoint_interval": work, "longest_uptime": float(found.length.max()),
        "energy": it_energy(fleet, fleet.device.power, job)}, {"stretches": found})
