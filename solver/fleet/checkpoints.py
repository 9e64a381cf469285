"""One checkpoint after another: how large they are, how long they take, and what share of the time they cost."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.base.declared import declared
from solver.base.forward import ForwardModel
from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.fleet.arguments import (
    MOMENTS,
    CheckpointedFormat,
    CheckpointedModel,
    FilesystemLimit,
    IntervalHours,
    MomentKeeper,
    Mtbf,
    Pause,
    WasteLimit,
    WriterRate,
    Writers,
    WritingChip,
)
from solver.fleet.sentences import extreme_text, share_text
from solver.formulas.fleet.checkpoints import checkpoint_bytes, checkpoint_rate, needed_rate, paused_share, write_time
from solver.formulas.fleet.reliability import best_interval, goodput


class CheckpointResult(Result):
    """What `CheckpointModel.solve` found. Its fields broadcast with the arrays that were given."""

    feasible = field(None, "whether no more than waste_limit of the time is lost at that interval", bool)
    checkpoint_size = field("GB", "weights, their 32-bit copy and the optimizer's moments")
    write_time_seconds = field("s", "time until all writers have stored their parts")
    checkpoint_time = field("s", "time that work waits for it")
    max_bandwidth_required = field("GB/s", "what all writers together send at most, if nothing holds them up")
    write_bandwidth = field("GB/s", "what they do send: no more than the file system takes")
    storage_bottleneck = field(None, "whether the file system takes less than the writers could send", bool)
    bandwidth_needed = field("GB/s", "with which checkpoints alone take no more than waste_limit of the time")
    paused_share = field(None, "share of the time that work waits for checkpoints")
    mfu_penalty_pct = field(None, "the same in percent: so much of an MFU is lost to checkpoints")
    waste = field(None, "share of the time that is lost, with the work that failures destroy; needs mtbf for that")
    optimal_checkpoint_interval = field("min", "work between two checkpoints that loses least; unknown without mtbf")
    least_waste = field(None, "share of the time that is lost at that interval")
    energy = field("MJ", "energy of the writers' chips while work waits for a checkpoint, by their board power at most")

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        return [*self._storage(), *self._waste(),
                "Left out: slow writers, opening of files, the network between chip and storage, and recoveries."]

    def _storage(self) -> list[str]:
        v, asked = self.values, self.given["asked"]
        if np.any(np.isnan(v["write_time_seconds"])):
            return [f"Storage: unknown, for nobody publishes the bus of {asked.hardware} to its host. Give "
                    f"write_bandwidth."]
        bound = 100 * float(np.mean(v["storage_bottleneck"]))
        said = {0.0: "the writers bind", 100.0: "the file system binds"}.get(
            bound, f"the file system binds at {bound:.0f} % of the points")
        return [f"Storage: {said}. A checkpoint is written in {extreme_text(v['write_time_seconds'], 's')}."]

    def _waste(self) -> list[str]:
        v, asked = self.values, self.given["asked"]
        lost = share_text(v["waste"])
        over = "" if np.all(v["feasible"]) else f", more than the {share_text(asked.waste_limit, np.min)} that may be"
        if asked.mtbf is None:
            return [f"Waste: {lost} of the time is lost to checkpoints{over}. Without mtbf nothing fails."]
        best, least = extreme_text(v["optimal_checkpoint_interval"], "min", np.min), share_text(v["least_waste"])
        return [f"Waste: {lost} of the time is lost to checkpoints and failures{over}.",
                f"Interval: the best, {best}, loses {least}."]


@dataclass(frozen=True, eq=False)
class CheckpointCase:
    """What `CheckpointModel` was asked, judged: plain numbers, or symbols."""

    model: Any
    hardware: Any
    precision: Any
    moments: Any
    interval: Any
    writers: Any
    limit: Any
    rate: Any  # of a writer
    pause: Any  # None: all of the write time
    mtbf: Any  # None: nothing fails
    waste_limit: Any

    def field_values(self) -> dict[str, Any]:
        """The fields of a result, in base units."""
        with np.errstate(all="ignore"):
            size = checkpoint_bytes(self.model, self.precision, self.moments)
            sent = np.multiply(self.rate, self.writers)
            stored = checkpoint_rate(self.rate, self.writers, self.limit)
            written = write_time(size, stored)
            pause = written if self.pause is None else self.pause
            share = paused_share(pause, self.interval)
            waste, best, least = self._failing(pause, share)
            return {"feasible": waste <= self.waste_limit, "checkpoint_size": size, "write_time_seconds": written,
                    "checkpoint_time": pause, "max_bandwidth_required": sent, "write_bandwidth": stored,
                    "storage_bottleneck": sent > self.limit, "paused_share": share, "mfu_penalty_pct": 100 * share,
                    "bandwidth_needed": needed_rate(size, self.interval, self.waste_limit), "waste": waste,
                    "optimal_checkpoint_interval": best, "least_waste": least,
                    "energy": self.hardware.power * self.writers * pause}

    def _failing(self, pause: Any, share: Any) -> tuple[Any, Any, Any]:
        """What is lost, the best interval, and what that loses; recoveries are left out."""
        if self.mtbf is None:
            return share, np.nan, np.nan
        best = best_interval(pause, self.mtbf)
        return (1 - goodput(self.interval, pause, 0 * self.mtbf, self.mtbf), best,
                1 - goodput(best, pause, 0 * self.mtbf, self.mtbf))


class CheckpointModel(ForwardModel):
    """Checkpoints of a training job, and the storage that takes them.

    >>> from solver import Hardware, Models
    >>> r = CheckpointModel().solve(Models.Llama3_70B, Hardware.Cloud.H100, n_writers=16)
    >>> print(r.checkpoint_size, r.write_time_seconds, r.storage_bottleneck)
    988 GB 1.98 s True
    """

    question = "How large is a checkpoint, and how long does it take to write?"

    @declared
    def solve(self, model: CheckpointedModel, hardware: WritingChip, optimizer: MomentKeeper = "adam",
              checkpoint_interval_hours: IntervalHours = 4, n_writers: Writers = 1,
              filesystem_limit_gbs: FilesystemLimit = 500, *, precision: CheckpointedFormat = "fp16",
              write_bandwidth: WriterRate = None, checkpoint_time_s: Pause = None, mtbf: Mtbf = None,
              waste_limit: WasteLimit = 0.05) -> CheckpointResult:
        """Size and time of a checkpoint, and the share of the time that checkpoints cost.

        Numbers may be arrays, which broadcast.

        Parameters
        ----------
        model : transformer or convolutional network
            The model that is trained, a record such as `Models.Llama3_8B`.
        hardware : accelerator
            The accelerator, a record such as `Hardware.Cloud.H100`. Its bus to the host is what a writer has.
        optimizer : 'adam', 'momentum', 'sgd'
            What keeps moments of each parameter. Two, one and none, of 32 bits each.
        checkpoint_interval_hours : hours
            Hours of work between two checkpoints. The checkpoint comes on top.
        n_writers : writers
            Chips that write a part of the checkpoint each. Replicas hold the same, and need not write.
        filesystem_limit_gbs : GB/s
            GB/s that the file system takes from all writers together.
        precision : name of a format
            Number format that the weights are trained in.
        write_bandwidth : quantity, optional
            At which a writer stores its part; if not given, the chip's bus to the host.
        checkpoint_time_s : seconds, optional
            Seconds that a checkpoint pauses all work; if not given, until it is written. One that is copied to the
            host first, and written while work goes on, pauses it for less.
        mtbf : quantity, optional
            Mean time between failures of the whole job; if not given, nothing fails.
        waste_limit : share
            Share of time that may be lost.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        mlsysim 0.3.0 gives mfu_penalty_pct as a fraction; here it is in percent, and paused_share is the fraction. Its
        penalty is the write time over the interval, here over interval and write time together.

        Leaves out slow writers, opening of files, the network between chip and storage, and recoveries. Failures come
        at a constant rate.

        Examples
        --------
        >>> from solver import Q_, Hardware, Models
        >>> r = CheckpointModel().solve(Models.Llama3_405B, Hardware.Cloud.H100, checkpoint_interval_hours=0.5,
        ...                             checkpoint_time_s=120, mtbf=Q_("3.05 hour"))
        >>> print(r.checkpoint_size, round(r.waste, 3), r.optimal_checkpoint_interval)
        5,682 GB 0.142 25.7 min
        """
        rate = hardware.host if write_bandwidth is None else write_bandwidth
        asked = CheckpointCase(model, hardware, precision, MOMENTS[optimizer], checkpoint_interval_hours, n_writers,
                               filesystem_limit_gbs, rate, checkpoint_time_s, mtbf, waste_limit)
        return CheckpointResult(asked.field_values(), {"asked": asked})
