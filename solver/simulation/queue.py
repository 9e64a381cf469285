"""A seeded simulation of a queue, request by request: what the formulas of `queues` and `tails` are compared with.

G/G/c: one line before equal servers, first come, first served. Times are drawn by numpy; what is left is the one loop
that a queue of several servers needs, over a heap of the times when servers are free again. A million requests take
about half a second.
"""

from __future__ import annotations

import heapq
from typing import Any

import numpy as np

from solver.base.declared import declared
from solver.base.result import Result, field
from solver.simulation.queue_arguments import (
    ONE_QUEUE,
    ArrivalsInAll,
    ArrivalSpread,
    QueueArrivals,
    QueueSeed,
    QueueService,
    QueueSpread,
    ServiceShape,
    SimulatedServers,
)
from solver.simulation.result import sample_percentile

NOT_COUNTED = 0.1  # of the requests: the queue starts empty


class QueueSimulation(Result):
    """What `simulate_queue` found: means and quantiles of all requests but the first tenth."""

    mean_wait = field("ms", "mean time that a request waits before it is served")
    mean_latency = field("ms", "mean time from arrival to the end of service")
    p50_latency = field("ms", "half of the requests take no longer than that, waiting and service together")
    p99_latency = field("ms", "99 % of the requests take no longer than that")
    wait_p99 = field("ms", "99 % of the requests wait no longer than that")
    wait_probability = field(None, "share of the requests that wait")
    queue_length = field(None, "requests that wait at any moment, on average")
    queue_utilization = field(None, "share of the time that servers are busy")

    def computed(self) -> dict[str, Any]:
        """What was counted: no formula gave it."""
        return dict(self.values)

    @property
    def waits(self) -> np.ndarray:
        """Seconds that each counted request waited, in the order of arrival."""
        return self.given["waits"]

    @property
    def latencies(self) -> np.ndarray:
        """Seconds from arrival to the end of service of each counted request, in the order of arrival."""
        return self.given["latencies"]


@declared(single=ONE_QUEUE)
def simulate_queue(arrival_rate_qps: QueueArrivals, service_latency_ms: QueueService,
                   num_replicas: SimulatedServers = 1, service_time_cv: QueueSpread = 1, *,
                   arrival_cv: ArrivalSpread = 1, shape: ServiceShape = "gamma", requests: ArrivalsInAll = 100_000,
                   seed: QueueSeed = 0) -> QueueSimulation:
    """A queue, from its first request to its last.

    Parameters
    ----------
    arrival_rate_qps : requests a second
        Requests that come in a second on average, at random (Poisson). With an arrival_cv other than 1 they come more
        or less evenly.
    service_latency_ms : milliseconds
        Time that a server takes for a request on average.
    num_replicas : servers
        Servers that share one line.
    service_time_cv : number
        Standard deviation of service times over their mean: 0 all equal, 1 exponential.
    arrival_cv : number
        Standard deviation of the times between arrivals over their mean: 1 at random (Poisson).
    shape : str
        What times are drawn from: which distribution has that mean and spread. "gamma" and "lognormal", or "split", the
        one that our formulas assume: a fixed part and an exponential one, or beyond 1 a mixture of two
        exponential ones.
    requests : requests
        Requests in all, the first tenth of which is not counted.
    seed : int
        A whole number; the same gives the same result, bit for bit.

    Raises
    ------
    ValueError, TypeError, DimensionalityError
        In a sentence that names the argument, its limit and the next move.

    Notes
    -----
    Leaves out whoever gives up, is sent again or goes first. Close to a utilization of 1 a run is off by chance for
    long: at 0.9 a million requests settle the mean wait to about 2 %. At 1 and beyond waits grow with the number of
    requests, and so do all figures here.

    Examples
    --------
    >>> from solver import Q_
    >>> r = simulate_queue(arrival_rate_qps=8, service_latency_ms=Q_("0.1 s"), requests=200_000)
    >>> round(r.queue_utilization, 2), round(r.wait_probability, 2)
    (0.8, 0.8)
    """
    rng, count, servers = np.random.default_rng(int(seed)), int(requests), int(num_replicas)
    gaps = drawn_times(rng, 1 / arrival_rate_qps, arrival_cv, shape, count)
    services = drawn_times(rng, service_latency_ms, service_time_cv, shape, count)
    arrivals = np.cumsum(gaps)
    waits = queue_waits(arrivals, services, servers)
    begin = int(NOT_COUNTED * count)
    time, counted = arrivals[-1] - arrivals[begin - 1], waits[begin:]
    latencies = counted + services[begin:]
    values = {"mean_wait": float(counted.mean()), "mean_latency": float(latencies.mean()),
              "p50_latency": sample_percentile(latencies, 50), "p99_latency": sample_percentile(latencies, 99),
              "wait_p99": sample_percentile(counted, 99), "wait_probability": float(np.mean(counted > 0)),
              "queue_length": float(counted.sum() / time),
              "queue_utilization": float(services[begin:].sum() / (servers * time))}
    return QueueSimulation(values, {"waits": counted, "latencies": latencies})


def queue_waits(arrivals: np.ndarray, services: np.ndarray, servers: int) -> np.ndarray:
    """How long each request waits: it gets the server that is free first.

    >>> queue_waits(np.array([0.0, 1.0, 2.0]), np.array([5.0, 5.0, 5.0]), 2)
    array([0., 0., 3.])
    """
    free, begins = [0.0] * servers, []
    for arrival, service in zip(arrivals.tolist(), services.tolist(), strict=True):
        begin = free[0] if free[0] > arrival else arrival
        heapq.heapreplace(free, begin + service)
        begins.append(begin)
    return np.array(begins) - arrivals


def drawn_times(rng: np.random.Generator, mean: float, cv: float, shape: str, count: int) -> np.ndarray:
    """Random times of that mean and coefficient of variation."""
    if cv == 0:
        return np.full(count, float(mean))
    if shape == "gamma":
        return rng.gamma(1 / cv**2, mean * cv**2, count)
    if shape == "lognormal":
        variance = np.log1p(cv**2)
        return mean * rng.lognormal(-variance / 2, np.sqrt(variance), count)
    if cv <= 1:
        return mean * (1 - cv + rng.exponential(cv, count))
    return mean * _of_two(rng, cv, count)


def _of_two(rng: np.random.Generator, cv: float, count: int) -> np.ndarray:
    """Of two exponential distributions, with the first three moments of a gamma distribution of mean 1."""
    root = np.sqrt((cv**2 - 0.5) / (cv**2 + 1))
    fast, slow = 2 * (1 + root), 2 * (1 - root)
    often = rng.random(count) < fast * (1 - slow) / (fast - slow)
    return rng.exponential(1.0, count) / np.where(often, fast, slow)
