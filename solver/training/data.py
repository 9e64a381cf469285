"""Data that chips are fed with: whether storage, network and bus bring it, and processors prepare it in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.base.declared import declared
from solver.base.forward import ForwardModel
from solver.formulas.training.data import (
    batch_bytes,
    fed_time,
    needed_workers,
    path_rate,
    preparing_time,
    stalled_share,
)
from solver.training.data_arguments import (
    Ahead,
    FedChip,
    FedChips,
    NetworkRate,
    Samples,
    SampleSize,
    StepTime,
    StorageRate,
    Throughput,
    Wanted,
    Workers,
)
from solver.training.data_result import DataResult, TransformationResult
from solver.zoo.hardware import Accelerator


class DataModel(ForwardModel):
    """The way of data to the chips: storage, network, and the bus to each of them.

    >>> from solver import Q_, Hardware
    >>> r = DataModel().solve(Q_("20 GB/s"), Hardware.Cloud.H100, chips=8, storage_bandwidth=Q_("5 GB/s"))
    >>> print(r.supply, r.is_stalled, r.stall_share, r.bottleneck)
    5 GB/s True 0.75 Storage
    """

    question = "Does reading the data keep up with the chips?"

    @declared
    def solve(self, workload_data_rate: Wanted, hardware: FedChip, *, chips: FedChips = 1,
              storage_bandwidth: StorageRate = None, network_bandwidth: NetworkRate = None) -> DataResult:
        """Whether data comes as fast as the chips take it, and what share of the time they wait for it.

        Numbers may be arrays, which broadcast.

        Parameters
        ----------
        workload_data_rate : quantity
            Data that the chips take if they never wait, all of them together.
        hardware : accelerator
            The accelerator, a record such as `Hardware.Cloud.H100`.
        chips : int
            Chips that are fed, each over a bus of its own.
        storage_bandwidth : quantity, optional
            What storage reads; if not given, it is no limit.
        network_bandwidth : quantity, optional
            What the network to the storage carries; if not given, it is no limit.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        Leaves out gusts, which reading ahead evens out, other traffic on the same path, and what preparing takes:
        `TransformationModel` has that. Rates are in one direction. mlsysim knows no network.

        Examples
        --------
        >>> from solver import Q_, Hardware
        >>> r = DataModel().solve(Q_("40 GB/s"), Hardware.Cloud.A100, network_bandwidth=Q_([25, 50], "GB/s"))
        >>> print(r.supply, r.utilization, r.stall_share, r.bottleneck)
        [25, 32] GB/s [1.6  1.25] [0.375 0.2  ] ['Network' 'Host bus']
        """
        asked = DataPath(workload_data_rate, hardware, chips, storage_bandwidth, network_bandwidth)
        return DataResult(asked.field_values(), {"asked": asked})


class TransformationModel(ForwardModel):
    """Samples that processors prepare for the chip: decoded, cut, turned.

    >>> from solver import Q_
    >>> r = TransformationModel().solve(256, Q_("110 kB"), Q_("250 MB/s"), Q_("90 ms"), workers=1)
    >>> print(r.transform_time, round(r.accelerator_utilization, 2), round(r.slowdown_factor, 2), r.workers_needed)
    113 ms 0.8 1.25 2
    """

    question = "Does preparing the data keep up with the chips?"

    @declared
    def solve(self, batch_size: Samples, sample_size_bytes: SampleSize, cpu_throughput: Throughput,
              accelerator_step_time: StepTime, *, overlap: Ahead = 1.0, workers: Workers = 1) -> TransformationResult:
        """Time to prepare a batch, and how far it holds up the chip.

        Numbers may be arrays, which broadcast.

        Parameters
        ----------
        batch_size : samples
            Samples of a step.
        sample_size_bytes : bytes, or a quantity
            Bytes of a sample before it is prepared.
        cpu_throughput : quantity
            Data that a worker prepares, counted as it was before.
        accelerator_step_time : quantity
            Time of a step on the accelerator, if its batch is there.
        overlap : share
            How far a batch is prepared while the chip works on another: 1 wholly ahead, 0 one after the other.
        workers : int
            Workers that prepare samples at once, such as processor cores.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        Leaves out that workers share caches and memory, and so gain less than their number; samples that take unlike
        time; and the way to the chip, which `DataModel` has. mlsysim does not say whether it prepares ahead: here
        `overlap` does.

        Examples
        --------
        >>> from solver import Q_
        >>> r = TransformationModel().solve(256, 110_000, Q_("250 MB/s"), Q_("90 ms"), overlap=[0, 1])
        >>> print(r.step_time, r.accelerator_utilization.round(2), r.samples_per_second.round())
        [203, 113] ms [0.44 0.8 ] [1263. 2273.]
        """
        asked = Preparation(
            batch_size, sample_size_bytes, cpu_throughput, accelerator_step_time, overlap, workers)
        return TransformationResult(asked.field_values(), {"asked": asked})


@dataclass(frozen=True, eq=False)
class DataPath:
    """What `DataModel.solve` was asked, judged: plain numbers, or symbols."""

    demand: Any
    hardware: Accelerator
    chips: Any
    storage: Any
    network: Any

    @property
    def parts(self) -> tuple[Any, Any, Any]:
        """What storage, network and the buses let through."""
        return self.storage, self.network, self.hardware.host * self.chips

    def field_values(self) -> dict[str, Any]:
        """All fields of a result, in base units."""
        with np.errstate(all="ignore"):
            demand, supply = self.demand, path_rate(*self.parts)
            return {"demand": demand, "supply": supply, "utilization": demand / supply, "is_stalled": demand > supply,
                    "margin": supply - demand, "stall_share": stalled_share(demand, supply)}


@dataclass(frozen=True, eq=False)
class Preparation:
    """What `TransformationModel.solve` was asked, judged: plain numbers, or symbols."""

    batch: Any
    sample: Any
    throughput: Any
    step: Any
    overlap: Any
    workers: Any

    def field_values(self) -> dict[str, Any]:
        """All fields of a result, in base units."""
        with np.errstate(all="ignore"):
            size, step = batch_bytes(self.batch, self.sample), self.step
            prepared = preparing_time(size, self.throughput, self.workers)
            time = fed_time(prepared, step, self.overlap)
            return {"transform_time": prepared, "step_time": time, "accelerator_utilization": step / time,
                    "slowdown_factor": time / step, "stall_share": 1 - step / time, "is_stalled": time > step,
                    "samples_per_second": self.batch / time,
                    "workers_needed": needed_workers(size, self.throughput, step)}
