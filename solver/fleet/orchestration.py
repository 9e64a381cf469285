"""Jobs that wait for a fleet: each needs its chips all at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.base.declared import declared
from solver.base.fleets import FleetOf
from solver.base.forward import ForwardModel
from solver.base.numbers import unknown
from solver.base.pieces import in_pieces
from solver.base.queues import JobSpread
from solver.base.result import Result, field
from solver.fleet.queue_arguments import Gang, JobArrivals, JobDuration
from solver.formulas.waiting.queues import (
    FULL_LOAD,
    erlang_c,
    gangs_at_once,
    mean_wait,
    queue_length,
    queue_utilization,
    unusable_share,
    wait_quantile,
)
from solver.text import number_text
from solver.units import factor
from solver.zoo.site.fleet import Fleet


@dataclass(frozen=True, eq=False)
class Jobs:
    """What a solve was asked, judged: plain numbers, or symbols."""

    fleet: Fleet
    arrivals: Any
    duration: Any
    gang: Any
    cv: Any

    @property
    def queue(self) -> tuple[Any, Any, Any, Any]:
        """What formulas of queues ask for."""
        gangs = gangs_at_once(self.fleet, self.gang)
        return gangs, queue_utilization(self.arrivals, self.duration, gangs), self.duration, self.cv

    def field_values(self) -> dict[str, Any]:
        """All fields of a result that are not lazy, in base units."""
        with np.errstate(all="ignore"):
            gangs, load, *_ = queue = self.queue
            wait, lost = mean_wait(*queue), unusable_share(self.fleet, self.gang)
            return {
                "cluster_utilization": load * (1 - lost), "avg_wait_time_days": wait / factor("day"),
                "avg_queue_length": queue_length(self.arrivals, wait), "is_stable": load < FULL_LOAD,
                "feasible": load < FULL_LOAD,
                "gang_utilization": load, "gangs": gangs, "fragmentation_loss": lost, "mean_wait": wait,
                "mean_turnaround": wait + self.duration, "wait_p99": in_pieces(wait_quantile, *queue, 0.99),
                "wait_probability": erlang_c(gangs, load),
                "max_jobs_per_day": gangs / self.duration * factor("day")}


class OrchestrationResult(Result):
    """What `OrchestrationModel.solve` found. Its fields broadcast with the arrays that were given."""

    cluster_utilization = field(None, "share of the chips that jobs keep busy; what would be, where it is unstable")
    avg_wait_time_days = field(None, "days that a job waits on average")
    avg_queue_length = field(None, "jobs that wait at any moment, on average")
    is_stable = field(None, "whether the line stays finite", bool)
    feasible = field(None, "the same", bool)
    gang_utilization = field(None, "share of the places for jobs that are taken; from 1 on more comes than can run")
    gangs = field(None, "jobs that run at once, at most", int)
    fragmentation_loss = field(None, "share of the chips that are idle even then, for no job fits in what is left")
    mean_wait = field("day", "mean time that a job waits for its chips")
    mean_turnaround = field("day", "mean time from a job's arrival to its end")
    wait_p99 = field("day", "99 % of the jobs wait no longer than that")
    wait_probability = field(None, "chance that a job has to wait")
    max_jobs_per_day = field(None, "jobs that the fleet can do in a day")
    energy = field("kWh", "energy of a job: at most, by the board power of its chips, and without hosts, network and "
                          "cooling", lazy=lambda result: _energy(result))

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences; for arrays, how often."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        return [self._line(), *self._fragments(), *self._spread(),
                "Left out: jobs of different sizes, priorities, backfilling, and machines that fail."]

    def _line(self) -> str:
        """Whether the fleet keeps up, at the busiest of the points."""
        loads = np.ravel(self.values["gang_utilization"])
        if np.any(np.asarray(self.values["gangs"]) == 0):
            where = "" if np.size(self.values["gangs"]) == 1 else "at some of the points "
            return f"Queue: {where}a job needs more chips than {self.given['asked'].fleet} has, and waits for ever."
        if np.all(loads < FULL_LOAD):
            busiest = number_text(float(np.max(loads)))
            return f"Queue: stable, at a utilization of {busiest}{' at most' if loads.size > 1 else ''}."
        where = f" at {np.sum(loads >= FULL_LOAD)} of {loads.size} points" if loads.size > 1 else ""
        return (f"Queue: unstable{where}, for {number_text(float(np.max(loads)))} times as many jobs come as can run: "
                f"the line grows without end. Fewer or shorter jobs, fewer chips for each, or more servers would help.")

    def _fragments(self) -> list[str]:
        """Where jobs run, and what they leave idle."""
        gangs, losses = np.broadcast_arrays(self.values["gangs"], self.values["fragmentation_loss"])
        if not np.any(gangs):
            return []  # no job runs at all, as the sentence before says
        lost = float(np.max(losses[gangs > 0]))
        left = f"{lost:.0%} of the chips cannot be used then" if lost else "they use every chip"
        return [f"Gangs: up to {number_text(float(np.max(gangs)))} jobs run at once, small ones within a server, large "
                f"ones on servers of their own; {left}."]

    def _spread(self) -> list[str]:
        cv, gangs = self.given["asked"].cv, self.values["gangs"]
        exact = np.all((np.asarray(cv) == 1) | (np.asarray(gangs) == 1))
        return [] if exact else ["Approximation: the mean wait is Lee and Longton's; where few jobs have to wait it "
                                 "was up to 21 % too low in simulations of 8 places with equal durations."]


def _energy(result: OrchestrationResult) -> Any:
    asked = result.given["asked"]
    return asked.fleet.device.power * asked.gang * asked.duration


class OrchestrationModel(ForwardModel):
    """A fleet and the line of jobs before it.

    >>> from solver import Fleet, Servers
    >>> r = OrchestrationModel().solve(Fleet(Servers.DGX_H100, 16), 2, 0.4)
    >>> round(r.cluster_utilization, 3), round(r.avg_wait_time_days, 3), round(r.avg_queue_length, 3)
    (0.8, 0.8, 1.6)
    """

    question = "How long do jobs wait for a cluster?"

    @declared
    def solve(self, fleet: FleetOf, arrival_rate_jobs_per_day: JobArrivals, avg_job_duration_days: JobDuration, *,
              chips_per_job: Gang = None, duration_cv: JobSpread = 0) -> OrchestrationResult:
        """Steady state of the line: jobs of one size, first come, first served.

        Numbers may be arrays, which broadcast. Where more comes than can run, waits are infinite.

        Parameters
        ----------
        fleet : fleet
            The fleet, such as `Fleet(Servers.DGX_H100, 128)`.
        arrival_rate_jobs_per_day : jobs a day
            Jobs that come in a day on average, at random (Poisson).
        avg_job_duration_days : days
            Days that a job runs on average, once it has its chips.
        chips_per_job : chips, optional
            Chips that a job needs at once; if not given, all of the fleet. Jobs of no more chips than a server has run
            within one; larger ones have their servers for themselves.
        duration_cv : number
            Standard deviation of durations over their mean: 0 all equal, 1 exponential.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        Without chips_per_job each job takes the whole fleet, and with equal durations that is the queue M/D/1, exact. A
        server of the queue is a place for a job; chips where no job fits are `fragmentation_loss`. The mean wait is
        exact for one place, and for duration_cv = 1; else it is Lee and Longton's approximation. mlsysim has one place
        however large the fleet is, and nothing but equal durations.
        Leaves out jobs of different sizes, priorities, backfilling, preemption, and machines that fail.

        Examples
        --------
        >>> from solver import Fleet, Servers
        >>> r = OrchestrationModel().solve(Fleet(Servers.DGX_H100, 16), 30, 0.4, chips_per_job=[8, 12], duration_cv=1)
        >>> r.gangs.tolist(), r.gang_utilization.round(2).tolist(), r.fragmentation_loss.tolist(), r.is_stable.tolist()
        ([16.0, 8.0], [0.75, 1.5], [0.0, 0.25], [True, False])
        """
        asked = Jobs(fleet, arrival_rate_jobs_per_day, avg_job_duration_days, chips_per_job, duration_cv)
        return OrchestrationResult(asked.field_values(), {"asked": asked})
