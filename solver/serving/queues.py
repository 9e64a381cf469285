"""Latency under load: how long requests wait for a server, and how long the slowest of them take.

Sources: Dean and Barroso 2013, "The Tail at Scale"; the queues in `solver.formulas.waiting.queues` and `tails`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.base.declared import declared
from solver.base.forward import ForwardModel
from solver.base.numbers import unknown
from solver.base.pieces import in_pieces
from solver.base.queues import Arrivals, Quantile, QueueServers, ServiceSpread, ServiceTime
from solver.base.result import Result, field
from solver.formulas.waiting.queues import (
    FULL_LOAD,
    erlang_c,
    mean_wait,
    part_quantile,
    queue_length,
    queue_utilization,
    slow_share,
    wait_quantile,
)
from solver.formulas.waiting.tails import P99, highest_utilization, response_quantile
from solver.serving.queue_arguments import FanOut, Slo
from solver.serving.queue_sentences import approximation_sentences, limit_sentence, stability_sentence


@dataclass(frozen=True, eq=False)
class Queue:
    """What a solve was asked, judged: plain numbers, or symbols."""

    arrivals: Any
    service: Any
    servers: Any
    cv: Any
    quantile: Any
    parts: Any
    limit: Any

    @property
    def utilization(self) -> Any:
        return queue_utilization(self.arrivals, self.service, self.servers)

    @property
    def largest_load(self) -> Any:
        """The largest utilization that is stable, and meets the limit where there is one."""
        if self.limit is None:
            return 1.0
        return in_pieces(highest_utilization, self.limit, self.servers, self.service, self.cv,
                                   part_quantile(self.quantile, self.parts))

    def latency(self, quantile: Any) -> Any:
        """Time that such a share of the requests stays within, all of their parts done."""
        return in_pieces(response_quantile, self.servers, self.utilization, self.service, self.cv,
                                 part_quantile(quantile, self.parts))

    def wait(self, quantile: Any) -> Any:
        """Time that such a share of the parts waits no longer than."""
        return in_pieces(wait_quantile, self.servers, self.utilization, self.service, self.cv, quantile)

    def field_values(self) -> dict[str, Any]:
        """All fields of a result that are not lazy, in base units."""
        with np.errstate(all="ignore"):
            load = self.utilization
            wait = mean_wait(self.servers, load, self.service, self.cv)
            return {"queue_utilization": load, "is_stable": load < FULL_LOAD, "mean_wait": wait,
                    "mean_latency": wait + self.service, "queue_length": queue_length(self.arrivals, wait),
                    "wait_probability": erlang_c(self.servers, load),
                    "slow_share": slow_share(self.quantile, self.parts)}


class TailLatencyResult(Result):
    """What `TailLatencyModel.solve` found. Its fields broadcast with the arrays that were given."""

    p50_latency = field("ms", "half of the requests take no longer than that, waiting and service together",
                        lazy=lambda result: result.given["asked"].latency(0.5))
    p99_latency = field("ms", "99 % of the requests take no longer than that",
                        lazy=lambda result: result.given["asked"].latency(P99))
    tail_latency = field("ms", "a share `quantile` of the requests takes no longer than that",
                         lazy=lambda result: result.given["asked"].latency(result.given["asked"].quantile))
    queue_utilization = field(None, "share of the time that servers are busy; from 1 on more comes than they can serve")
    is_stable = field(None, "whether the line stays finite", bool)
    feasible = field(None, "whether the queue is stable, and the limit met if there is one", bool,
                     lazy=lambda result: _met(result))
    slo_headroom_ratio = field(None, "share of the limit that is left; negative where it is missed",
                               lazy=lambda result: _headroom(result))
    mean_wait = field("ms", "mean time that a request waits before it is served")
    wait_p99 = field("ms", "99 % of the requests, or of the parts, wait no longer than that",
                     lazy=lambda result: result.given["asked"].wait(P99))
    mean_latency = field("ms", "mean time from arrival to the end of service, of a single part")
    queue_length = field(None, "requests that wait at any moment, on average")
    wait_probability = field(None, "chance that whoever comes has to wait")
    slow_share = field(None, "share of requests with a part that is slower than a share `quantile` of the parts")
    max_utilization = field(None, "largest utilization that is stable and meets the limit, if there is one",
                            lazy=lambda result: result.given["asked"].largest_load)

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences; for arrays, how often."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        asked, load = self.given["asked"], self.values["queue_utilization"]
        limits = [] if asked.limit is None else [limit_sentence(
            self.value("tail_latency"), asked.limit, asked.quantile, self.value("max_utilization"))]
        return [stability_sentence(load, asked.servers), *limits,
                *approximation_sentences(asked.cv, asked.parts)]


def _headroom(result: TailLatencyResult) -> Any:
    limit = result.given["asked"].limit
    return np.nan if limit is None else 1 - result.value("tail_latency") / limit


def _met(result: TailLatencyResult) -> Any:
    stable, limit = result.values["is_stable"], result.given["asked"].limit
    return stable if limit is None else stable & (result.value("tail_latency") <= limit)


class TailLatencyModel(ForwardModel):
    """Waiting for a server: latency against load, and its tail.

    >>> print(TailLatencyModel().solve([10, 16, 19], 50).p99_latency)
    [461, 1,151, 4,605] ms
    """

    question = "How slow are the slowest requests under load?"

    @declared
    def solve(self, arrival_rate_qps: Arrivals, service_latency_ms: ServiceTime, num_replicas: QueueServers = 1,
              service_time_cv: ServiceSpread = 1, *, quantile: Quantile = 0.99, fan_out: FanOut = 1,
              slo_ms: Slo = None) -> TailLatencyResult:
        """Steady state of a queue: equal servers behind one line, first come, first served.

        Numbers may be arrays, which broadcast. Where more comes than the servers can do, times are infinite.

        Parameters
        ----------
        arrival_rate_qps : requests a second
            Requests that come in a second on average, at random (Poisson). With a fan_out each brings a part to this
            queue, and others to others.
        service_latency_ms : milliseconds
            Time that a server takes for a request on average.
        num_replicas : servers
            Servers that share one line.
        service_time_cv : number
            Standard deviation of service times over their mean: 0 all equal, 1 exponential.
        quantile : share
            Share of the requests that have to be done within a time for it to count.
        fan_out : parts
            Parts of a request, each served by a queue like this one; the request has to wait for all of them.
        slo_ms : milliseconds, optional
            Time that a share `quantile` of the requests may take at most.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        Exact for service_time_cv = 1 (the queue M/M/c), and the mean wait of one server for all spreads. Else the mean
        wait is Lee and Longton's approximation, and quantiles assume a fixed part of service and an exponential one,
        beyond 1 a mixture of two. In simulations with service times of a gamma distribution (1 to 32 servers, cv from
        0 to 2, utilization from 0.5 to 0.9) the p99 was within 14 %; most off for equal services and one server. With
        a lognormal one at cv = 2 it was up to 35 % too low.
        mlsysim adds the mean service to a quantile of the wait, and so forgets that services vary; its
        slo_headroom_ratio is what the wait takes of the limit, ours what the latency leaves of it.
        Leaves out bursts of arrivals, time-outs, repeated requests, and balancing over several lines. An LLM server
        batches, which makes its service time depend on its load: `ServingCapacityModel` and `BatchingOptimizer`
        say what they count as a server.

        Examples
        --------
        >>> from solver import Q_
        >>> r = TailLatencyModel().solve(16, 50, slo_ms=Q_("1 s"))
        >>> print(r.p99_latency, round(r.slo_headroom_ratio, 2), round(r.max_utilization, 3))
        1,151 ms -0.15 0.77
        >>> round(TailLatencyModel().solve(1, 10, fan_out=100).slow_share, 2)
        0.63
        """
        asked = Queue(arrival_rate_qps, service_latency_ms, num_replicas, service_time_cv, quantile, fan_out, slo_ms)
        return TailLatencyResult(asked.field_values(), {"asked": asked})
