"""The arguments of everything that asks about waiting: how much comes, how long it takes, and how that is spread."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, TypeAlias

from solver.base.kinds import Named, Number, Whole

ARRIVALS = Named("Requests that come in a second on average, at random (Poisson).", "request/second", low=0, above=True,
                 bare="request/second", example=8, other=4)
SERVICE = Named("Time that a server takes for a request on average.", "second", low=0, above=True, bare="ms",
                example=100, other=50)
SPREAD = Number("Standard deviation of service times over their mean: 0 all equal, 1 exponential.", "", low=0,
                good=lambda v: (v >= 0) & (v <= 100), high=100,
                says="give a coefficient of variation from 0 (all take the same time) to 100; 1 is exponential.")
SERVERS = Whole("Servers that share one line.", "", word="server")

Arrivals: TypeAlias = Annotated[Any, ARRIVALS]
ServiceTime: TypeAlias = Annotated[Any, SERVICE]
ServiceSpread: TypeAlias = Annotated[Any, SPREAD]
QueueServers: TypeAlias = Annotated[Any, SERVERS]
Quantile: TypeAlias = Annotated[Any, Number(
    "Share of the requests that have to be done within a time for it to count.", "", low=0, high=1, above=True,
    good=lambda v: (v > 0) & (v < 1), says="give a share above 0 and below 1, such as 0.99 for 99 %.", other=0.95)]
JobSpread: TypeAlias = Annotated[Any, replace(
    SPREAD, sentence="Standard deviation of durations over their mean: 0 all equal, 1 exponential.")]
