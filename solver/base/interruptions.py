"""The arguments of whoever asks how often a fleet fails, and what that costs a job."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import numpy as np

from solver.base.declared import Seen
from solver.base.kinds import Named, Rate
from solver.base.numbers import together, unknown
from solver.base.recorded import Recorded
from solver.units import Q_, quantity
from solver.zoo.site.failures import FailureRate, FailureRates


def no_longer_than_job(name: str, value: Any, seen: Seen) -> Any:
    """An interval with at least one checkpoint in the job."""
    job = seen["job_duration_hours"]
    if unknown(value) or unknown(job):
        return value
    together(**{name: value, "job_duration_hours": job})
    if np.any(np.asarray(value) > job):
        longest, shortest = quantity(np.max(value), "hour"), quantity(np.min(job), "hour")
        raise ValueError(f"{name} is {longest}, and job_duration_hours {shortest}: the job would be over before its "
                         f"first checkpoint. Give an interval of that at most, or leave it out.")
    return value


MTTF = Recorded(
    "Mean time to failure of a chip: a quantity, or a record of `FailureRates` or its name.", "second",
    sample="50000 hour", example=Q_("50000 hour"), kind=FailureRate, zoo=lambda: FailureRates, figure="mttf",
    named_as="FailureRates.Llama_3_405B")
INTERVAL = Rate(
    "Work between two checkpoints, no longer than the job; if not given, the interval that loses least.", "second",
    sample="30 min", other=Q_("30 min"), asks=no_longer_than_job)
CHECKPOINT = Named(
    "Seconds that a checkpoint pauses all work.", "second", bare="second", low=0, above=True)

JobHours: TypeAlias = Annotated[Any, Named(
    "Hours that the fleet runs for the job, failures included.", "second", bare="hour", low=0, above=True,
    example=1296)]
CheckpointTime: TypeAlias = Annotated[Any, CHECKPOINT]
RecoveryTime: TypeAlias = Annotated[Any, Named(
    "Seconds from a failure until work goes on from the last checkpoint.", "second", bare="second", low=0)]
ChipMttf: TypeAlias = Annotated[Any, MTTF]
WorkInterval: TypeAlias = Annotated[Any, INTERVAL]
