"""The arguments that only the simulation of a queue asks for, and those of all queues, as single values."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, TypeAlias

from solver.base.kinds import Number, Whole, Word
from solver.base.queues import ARRIVALS, SERVERS, SERVICE, SPREAD

ONE_QUEUE = "a simulation follows one queue: call simulate_queue for each case"
MOST_ARRIVALS = 10_000_000
MOST_SERVERS = 1_000_000
TIME_SHAPES = ("gamma", "lognormal", "split")

QueueArrivals: TypeAlias = Annotated[Any, ARRIVALS]
QueueService: TypeAlias = Annotated[Any, SERVICE]
QueueSpread: TypeAlias = Annotated[Any, replace(SPREAD, other=0)]
SimulatedServers: TypeAlias = Annotated[Any, replace(
    SERVERS, high=MOST_SERVERS, beyond=f"a simulation keeps a list of its servers; give at most {MOST_SERVERS:,}.")]
ArrivalSpread: TypeAlias = Annotated[Any, replace(
    SPREAD, sentence="Standard deviation of the times between arrivals over their mean: 1 at random (Poisson).",
    other=0)]
ServiceShape: TypeAlias = Annotated[Any, Word(
    "What times are drawn from: which distribution has that mean and spread.", choices=TIME_SHAPES, other="lognormal",
    company={"service_time_cv": 2})]
ArrivalsInAll: TypeAlias = Annotated[Any, Whole(
    "Requests in all, the first tenth of which is not counted.", "request", low=10, high=MOST_ARRIVALS, example=2000,
    beyond=f"give at most {MOST_ARRIVALS:,}; a million settles every mean but those close to a utilization of 1.")]
QueueSeed: TypeAlias = Annotated[Any, Number(
    "A whole number; the same gives the same result, bit for bit.", "", low=0, whole=True, other=1,
    good=lambda v: (v >= 0) & (v % 1 == 0),
    says="give a whole number from 0 on; each stands for other requests, always the same ones.")]
