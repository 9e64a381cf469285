"""The arguments that only jobs on a fleet ask for: how many come, how long they run, and on how many chips."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from solver.base.declared import Seen
from solver.base.kinds import Named, Whole


def _whole_fleet(seen: Seen) -> Any:
    return seen["fleet"].chips


JobArrivals: TypeAlias = Annotated[Any, Named(
    "Jobs that come in a day on average, at random (Poisson).", "request/second", low=0, above=True, bare="request/day",
    example=2, other=1)]
JobDuration: TypeAlias = Annotated[Any, Named(
    "Days that a job runs on average, once it has its chips.", "second", low=0, above=True, bare="day", example=0.4,
    other=0.2)]
Gang: TypeAlias = Annotated[Any, Whole(
    "Chips that a job needs at once; if not given, all of the fleet.", "", word="chip", other=8,
    otherwise=_whole_fleet)]
