"""What `DataModel.solve` and `TransformationModel.solve` found: fields, and what keeps chips waiting."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.text import number_text
from solver.units import quantity

PATH = ("Storage", "Network", "Host bus")


class DataResult(Result):
    """What `DataModel.solve` found. Its fields broadcast with the arrays that were given."""

    demand = field("GB/s", "data that the chips take if they never wait")
    supply = field("GB/s", "data that reaches them: the least of storage, network and bus")
    utilization = field(None, "demand over supply: above 1 the chips wait")
    is_stalled = field(None, "whether they wait for data", bool)
    margin = field("GB/s", "supply left over; negative where they wait")
    stall_share = field(None, "share of the time that they wait")

    @property
    def bottleneck(self) -> Any:
        """"Storage", "Network" or "Host bus": the slowest part; an array of them for arrays. "Unknown" where it is."""
        path = np.stack(np.broadcast_arrays(*self.given["asked"].parts))
        named = np.where(np.isnan(path).any(axis=0), "Unknown", np.array(PATH)[np.argmin(path, axis=0)])
        return named if named.ndim else str(named)

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        device, stalled = self.given["asked"].hardware, float(np.max(self.values["stall_share"]))
        if np.isnan(stalled):
            return [f"Supply: unknown, for {device} has no known bus to a host. Chips that share the host's memory "
                    f"need none: give others theirs, as in changed(chip, host='64 GB/s')."]
        slowest = " or ".join(sorted({str(name).casefold() for name in np.ravel(self.bottleneck)}))
        least = quantity(float(np.min(self.values["supply"])), "GB/s")
        waits = f"Chips wait up to {stalled:.0%} of the time." if stalled else "Chips never wait for it."
        return [f"Supply: {least}{' at least' if np.ndim(self.values['supply']) else ''}, limited by the {slowest}.",
                waits]


class TransformationResult(Result):
    """What `TransformationModel.solve` found. Its fields broadcast with the arrays that were given."""

    transform_time = field("ms", "time to prepare a batch")
    step_time = field("ms", "time of a step that is fed so")
    accelerator_utilization = field(None, "share of the time that the accelerator works")
    slowdown_factor = field(None, "how many times longer a step takes than on data that is there")
    stall_share = field(None, "share of the time that the accelerator waits")
    is_stalled = field(None, "whether it waits", bool)
    samples_per_second = field(None, "samples a second")
    workers_needed = field(None, "workers that prepare a batch in the time of a step", int)

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        stalled, needed = float(np.max(self.values["stall_share"])), float(np.max(self.values["workers_needed"]))
        if not stalled:
            return ["Preparing: hides behind the accelerator's work."]
        more = needed > float(np.min(self.given["asked"].workers))
        way = (f"{number_text(needed)} workers would keep up, if they prepare ahead." if more else
               "Workers keep up: prepare batches ahead, and the wait is gone.")
        return [f"Preparing: the accelerator waits up to {stalled:.0%} of the time. {way}"]
