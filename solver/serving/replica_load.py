"""Replicas of a model under load: how many requests run at once in each, how long each is there, and who waits.

The longer requests are in a replica the more of them run, and the more run the longer each takes. By Little's law so
many run as come in the time that one is there: the rate, running / time, grows with the running requests, and a table
of it, read backwards, says how many run at a given rate.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from solver.base.pieces import in_pieces
from solver.formulas.waiting.queues import column, erlang_c, mean_wait, wait_quantile
from solver.formulas.waiting.tails import P99, late_share, pause_spread, response_quantile
from solver.serving.batching import Batching

POINTS = np.linspace(0.0, 1.0, 32)  # of the table: from one request to as many as fit, on a logarithmic scale


@dataclass(frozen=True, eq=False)
class ReplicaLoad:
    """What so many replicas do: requests that run in each, time between tokens, and the queue before their slots."""

    slots: Any
    utilization: Any
    running: Any
    time: Any  # that a request is in its slot
    itl: Any
    cv: Any  # of that time

    @property
    def queue(self) -> tuple[Any, Any, Any, Any]:
        """What formulas of queues ask for."""
        return self.slots, self.utilization, self.time, self.cv

    def field_values(self) -> dict[str, Any]:
        """The fields that depend on the number of replicas, in base units."""
        return {"utilization": self.utilization, "mean_running": self.running, "itl": self.itl,
                "base_request_latency": self.time, "mean_wait": mean_wait(*self.queue),
                "queue_wait_p99": in_pieces(wait_quantile, *self.queue, P99),
                "estimated_p99_latency": in_pieces(response_quantile, *self.queue, P99),
                "wait_probability": erlang_c(self.slots, self.utilization)}


@dataclass(frozen=True, eq=False)
class ReplicaSet:
    """What a solve was asked, judged: plain numbers, or symbols."""

    batching: Batching  # one replica, with requests of average length
    rate: Any  # of requests, at all replicas together
    target: Any
    cv: Any  # of service times, for lengths differ
    most: int

    @cached_property
    def full(self) -> dict[str, Any]:
        """What a replica does when as many requests run as can."""
        return self.batching.field_values()

    @property
    def slots(self) -> Any:
        """Requests that run at once in a replica, at most."""
        return self.full["max_active_requests"]

    @cached_property
    def capacity(self) -> Any:
        """Requests a second of a replica, at most."""
        return self.full["throughput_tokens_per_sec"] / self.batching.answer

    @cached_property
    def table(self) -> tuple[Any, Any, Any]:
        """Running requests along an axis of their own, with their rate and the time between tokens."""
        points = column(POINTS, self.capacity, self.full["itl"], self.rate, self.target, self.cv)
        running = np.maximum(self.slots, 1.0) ** points
        found = replace(self.batching, limit=running).field_values()
        return running, found["throughput_tokens_per_sec"] / self.batching.answer, found["itl"]

    def load(self, count: Any) -> ReplicaLoad:
        """What `count` replicas do, each with its share of the requests."""
        running, rates, steps = self.table
        rate = self.rate / count
        below, stable = rates < rate, rate < self.capacity
        low, high = _ends(below, rates, 0.0, self.capacity)
        fewer, more = _ends(below, running, 0.0, self.slots)
        quicker, slower = _ends(below, steps, steps[0], self.full["itl"])
        share = np.where(high <= low, 1.0, (rate - low) / (high - low))
        found = np.where(stable, fewer + share * (more - fewer), self.slots)
        time = np.where(stable, found / rate, self.slots / self.capacity)
        paused = pause_spread(np.minimum(rate, self.capacity), self.full["ttft"], time)  # others' prompts are read
        return ReplicaLoad(self.slots * count, np.where(stable, found / self.slots, rate / self.capacity), found,
                    np.where(self.slots > 0, time, np.inf),
                    np.where(stable, quicker + share * (slower - quicker), self.full["itl"]),
                    np.maximum(self.cv, np.where(self.slots > 0, paused, 0.0)))

    def meets(self, count: Any) -> Any:
        """Whether so many replicas keep the p99 within the target."""
        return in_pieces(late_share, self.target, *self.load(count).queue) <= 1 - P99

    @cached_property
    def required(self) -> Any:
        """The fewest replicas that do, by halving the range; one more than the most where none do."""
        low, high = 0.0 * self.capacity, self.most + 1 + 0.0 * self.capacity
        for _ in range(int(self.most).bit_length()):
            middle = np.floor((low + high) / 2)
            enough = self.meets(np.maximum(middle, 1.0)) & (middle > 0)
            low, high = np.where(enough, low, middle), np.where(enough, middle, high)
        return high


def _ends(below: Any, values: Any, first: Any, last: Any) -> tuple[Any, Any]:
    """The entries of a rising table between which a rate lies: the last that is below it, and the next."""
    return np.max(np.where(below, values, first), axis=0), np.min(np.where(below, last, values), axis=0)
