"""How often a fleet fails, and what checkpoints save of its work."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.base.declared import declared
from solver.base.fleets import FleetOf
from solver.base.forward import ForwardModel
from solver.base.interruptions import CheckpointTime, ChipMttf, JobHours, RecoveryTime, WorkInterval
from solver.base.numbers import unknown
from solver.base.recorded import figure_of
from solver.base.result import Result, field
from solver.fleet.arguments import WasteLimit
from solver.fleet.sentences import extreme_text, power_sentence, share_text
from solver.formulas.fleet.carbon import it_energy
from solver.formulas.fleet.reliability import (
    best_interval,
    dalys_interval,
    failure_chance,
    failure_count,
    first_order_waste,
    fleet_mtbf,
    goodput,
    longest_checkpoint,
    youngs_interval,
)

FAR_OFF = 0.1  # by so much may first order and exact differ before it is said


class ReliabilityResult(Result):
    """What `ReliabilityModel.solve` found. Its fields broadcast with the arrays that were given."""

    feasible = field(None, "whether no more than waste_limit of the time is lost", bool)
    fleet_mtbf = field("hour", "mean time between failures of the fleet")
    expected_failures = field(None, "failures that are expected in the job")
    failure_probability = field(None, "chance of at least one of them")
    checkpoint_interval = field("min", "work between two checkpoints: as given, or the best that the job has room for")
    optimal_checkpoint_interval = field("min", "the one that loses least, for failures at a constant rate")
    young_interval = field("min", "Young's, to first order")
    daly_interval = field("min", "Daly's, to higher order")
    waste = field(None, "share of the time that is lost at that interval, exact for failures at a constant rate")
    waste_first_order = field(None, "the same to first order: checkpoints, work done again, and recoveries")
    goodput_ratio = field(None, "share of the time that is work which lasts")
    useful_time = field("hour", "work of the job that lasts")
    completion_time = field("hour", "time that as much work as the job has hours takes")
    longest_checkpoint = field("s", "with which no more than waste_limit is lost, at the best interval")
    energy = field("MWh", "energy of the chips in that time, by their board power at most")
    energy_lost = field("MWh", "the part of it that brought no work that lasts")

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        v, asked = self.values, self.given["asked"]
        one = extreme_text(v["fleet_mtbf"], "hour", np.min)
        return [f"Failures: one in {one} on average.", self._interval(), *self._waste(), *self._record(),
                power_sentence(asked.fleet, None),
                "Left out: failures that come in bunches or take longer to find, planned stops, and spare chips."]

    def _interval(self) -> str:
        v = self.values
        best = extreme_text(v["optimal_checkpoint_interval"], "min", np.min)
        if self.given["asked"].interval is None:
            short = np.any(v["optimal_checkpoint_interval"] > v["checkpoint_interval"])
            return f"Interval: the best, {best}{', where the job is as long' if short else ''}."
        return f"Interval: as given; the best would be {best}."

    def _waste(self) -> list[str]:
        v, limit = self.values, share_text(self.given["asked"].waste_limit, np.min)
        said = f"Waste: {share_text(v['waste'])} of the time is lost"
        if np.all(v["feasible"]):
            found = [f"{said}."]
        elif np.any(np.isnan(v["longest_checkpoint"])):
            found = [f"{said}, and recoveries alone take more than the {limit} that may be."]
        else:
            found = [f"{said}, more than the {limit} that may be. A checkpoint of "
                     f"{extreme_text(v['longest_checkpoint'], 's', np.min)} would do, at its best interval."]
        if np.any(v["waste_first_order"] - v["waste"] > FAR_OFF):
            found.append(f"First order: {share_text(v['waste_first_order'])}, which is far off, as it adds up losses "
                         f"that are not small.")
        return found

    def _record(self) -> list[str]:
        given = self.given["asked"].mttf
        return [] if figure_of(given, "mttf") is given else [
            f"Mean time to failure: as {given} was interrupted, whatever the cause, shared out to its chips."]


@dataclass(frozen=True, eq=False)
class ReliabilityCase:
    """What `ReliabilityModel` was asked, judged: plain numbers, or symbols."""

    fleet: Any
    job: Any
    checkpoint: Any
    recovery: Any
    mttf: Any
    interval: Any  # None: the best
    waste_limit: Any

    def field_values(self) -> dict[str, Any]:
        """The fields of a result, in base units."""
        with np.errstate(all="ignore"):
            mtbf = fleet_mtbf(figure_of(self.mttf, "mttf"), self.fleet.chips)
            best = best_interval(self.checkpoint, mtbf)
            interval = np.minimum(best, self.job) if self.interval is None else self.interval
            kept = goodput(interval, self.checkpoint, self.recovery, mtbf)
            energy = it_energy(self.fleet, self.fleet.device.power, self.job)
            return {
                "feasible": 1 - kept <= self.waste_limit, "fleet_mtbf": mtbf,
                "expected_failures": failure_count(self.job, mtbf),
                "failure_probability": failure_chance(self.job, mtbf), "checkpoint_interval": interval,
                "optimal_checkpoint_interval": best, "young_interval": youngs_interval(self.checkpoint, mtbf),
                "daly_interval": dalys_interval(self.checkpoint, mtbf), "waste": 1 - kept,
                "waste_first_order": first_order_waste(interval, self.checkpoint, self.recovery, mtbf),
                "goodput_ratio": kept, "useful_time": self.job * kept, "completion_time": self.job / kept,
                "longest_checkpoint": longest_checkpoint(self.waste_limit, self.recovery, mtbf),
                "energy": energy, "energy_lost": energy * (1 - kept)}


class ReliabilityModel(ForwardModel):
    """Failures of a fleet, and how often to take a checkpoint.

    >>> from solver import Q_, Fleet, Servers
    >>> fleet = Fleet(Servers.DGX_H100, 2048)
    >>> r = ReliabilityModel().solve(fleet, 1296, 120, 0, mttf=Q_("50000 hour"))
    >>> print(r.fleet_mtbf, r.young_interval, r.daly_interval, round(r.waste, 3))
    3.05 h 27.1 min 25.7 min 0.141
    """

    question = "How often to checkpoint, and how much is lost to failures?"

    @declared
    def solve(self, fleet: FleetOf, job_duration_hours: JobHours, checkpoint_time_s: CheckpointTime = 60,
              avg_recovery_time_s: RecoveryTime = 300, *, mttf: ChipMttf = "Llama_3_405B",
              interval: WorkInterval = None, waste_limit: WasteLimit = 0.05) -> ReliabilityResult:
        """Failures of a job on all chips of a fleet, each of which stops it, and what is lost to them.

        Numbers may be arrays, which broadcast.

        Parameters
        ----------
        fleet : fleet
            The fleet, such as `Fleet(Servers.DGX_H100, 128)`.
        job_duration_hours : hours
            Hours that the fleet runs for the job, failures included.
        checkpoint_time_s : seconds
            Seconds that a checkpoint pauses all work.
        avg_recovery_time_s : seconds
            Seconds from a failure until work goes on from the last checkpoint. The work since then is done again.
        mttf : quantity, or failure rate
            Mean time to failure of a chip: a quantity, or a record of `FailureRates` or its name.
        interval : quantity, optional
            Work between two checkpoints, no longer than the job; if not given, the interval that loses least.
        waste_limit : share
            Share of time that may be lost.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        mlsysim 0.3.0 leaves the work that is done again, half an interval for each failure, out of its goodput; here
        it is in it, and so are failures during checkpoints and recoveries (Daly 2006, complete form). Its optimal
        interval is Young's, here young_interval.

        Leaves out failures that come in bunches or take longer to find, planned stops, and spare chips. Failures come
        at a constant rate; chips that were shared out the failures of all else (network, hosts, software) bring these
        in proportion to their number.

        Examples
        --------
        >>> from solver import Fleet, Servers
        >>> r = ReliabilityModel().solve(Fleet(Servers.DGX_H100, 2048), 1296, [60, 10], mttf="Llama_3_405B")
        >>> print(r.fleet_mtbf, r.optimal_checkpoint_interval, r.goodput_ratio.round(3))
        3.09 h [18.6, 7.75] min [0.876 0.933]
        """
        asked = ReliabilityCase(fleet, job_duration_hours, checkpoint_time_s, avg_recovery_time_s, mttf, interval,
                                waste_limit)
        return ReliabilityResult(asked.field_values(), {"asked": asked})
