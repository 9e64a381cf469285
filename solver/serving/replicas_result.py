"""What `ServingCapacityModel.solve` found: fields, and what binds them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.formulas.energy import board_power
from solver.formulas.waiting.queues import FULL_LOAD
from solver.serving.batching_result import ContinuousBatchingResult
from solver.serving.queue_sentences import approximation_sentences
from solver.text import number_text
from solver.units import quantity


class ServingCapacityResult(Result):
    """What `ServingCapacityModel.solve` found. Its fields broadcast with the arrays that were given.

    Where no number of replicas up to max_replicas is enough, the other fields are those of max_replicas.
    """

    required_replicas = field(None, "fewest replicas that meet the target; 0 where none up to max_replicas do", int)
    feasible = field(None, "whether that many replicas exist, and the longest request fits beside the weights", bool)
    qps_target = field(None, "requests a second that come")
    qps_capacity = field(None, "requests a second that the replicas can do, if no one minded waiting")
    per_replica_qps_capacity = field(None, "the same of one replica, all of its slots taken")
    utilization = field(None, "share of the slots that are taken; from 1 on more comes than the replicas can do")
    target_p99_latency = field("ms", "the target")
    estimated_p99_latency = field("ms", "99 % of the requests take no longer than that, from arrival to last token")
    base_request_latency = field("ms", "mean time that a request runs, from its prompt to its last token, at that load")
    queue_wait_p99 = field("ms", "99 % of the requests wait no longer than that for a slot")
    mean_wait = field("ms", "mean time that a request waits for a slot")
    wait_probability = field(None, "chance that a request finds all slots taken")
    active_batch_size = field(None, "requests that a replica runs at once, at most", int)
    mean_running = field(None, "requests that a replica runs at once on average")
    ttft = field("ms", "time to first token of a request that does not wait: its prompt is read")
    itl = field("ms", "inter-token latency at that load, others' prompts included")
    headroom = field("GB", "memory left on each chip beside the weights and the longest request")
    within_context = field(None, "whether the model was trained for a context as long as the longest request", bool)
    energy = field("J", "energy of a request, idle replicas included: at most, by the board power of the chips, and "
                        "without hosts, network and cooling", lazy=lambda result: _energy(result))

    @cached_property
    def replica(self) -> ContinuousBatchingResult:
        """What one replica does with all of its slots taken, as `ContinuousBatchingModel` says."""
        asked = self.given["asked"]
        return ContinuousBatchingResult(asked.replicas.full, {"asked": asked.replicas.batching})

    @property
    def bottleneck(self) -> Any:
        """What a decode step of a full replica is bound by: a name, or for arrays codes, places in `BOTTLENECKS`."""
        return self.replica.bottleneck

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences; for arrays, how often."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        return [*self._answers(), "Queue: a server is a slot of a replica's batch, and all slots share one line.",
                *approximation_sentences(self.given["asked"].replicas.cv), *self._unfit(),
                *self.replica.constraint_trace]

    def _answers(self) -> list[str]:
        """How many replicas are enough, or why none are."""
        needed, asked = self.values["required_replicas"], self.given["asked"]
        if np.all(np.asarray(needed) > 0):
            tightest = float(np.min(self.values["target_p99_latency"] - self.values["estimated_p99_latency"]))
            most = f"{number_text(float(np.max(needed)))}{' at most' if np.size(needed) > 1 else ''}"
            return [f"Replicas: {most} meet the target, with {quantity(tightest, 'ms')} to spare."]
        where = f" at {np.sum(np.asarray(needed) == 0)} of {np.size(needed)} points" if np.size(needed) > 1 else ""
        return [f"Replicas: no number up to {asked.replicas.most:,} meets the target{where}. {self._reason()} "
                f"The other fields are those of {asked.replicas.most:,}."]

    def _reason(self) -> str:
        """Why no number of replicas is enough."""
        values, none = self.values, np.asarray(self.values["required_replicas"]) == 0
        if np.any(none & (np.asarray(values["active_batch_size"]) == 0)):
            return "Not even one request fits beside the weights: take more chips or a narrower number format."
        if np.any(none & ~(np.asarray(values["utilization"]) < FULL_LOAD)):
            return "More comes than they can do: allow more replicas."
        spread = np.any(none & (np.asarray(self.given["asked"].replicas.cv) > 0))
        equal = "Shorter answers, answers of more equal length (service_time_cv)" if spread else "Shorter answers"
        slowest = quantity(float(np.max(np.where(none, values["estimated_p99_latency"], 0.0))), "ms")
        return (f"A request that never waits is too slow: 99 % take up to {slowest}. {equal} or a faster chip would "
                f"help.")

    def _unfit(self) -> list[str]:
        """That the longest request does not fit, where an average one does."""
        short = np.asarray(self.values["headroom"]) < 0
        return ["Longest request: it does not fit beside the weights; lower max_seq_len."] if np.any(short) else []


def _energy(result: ServingCapacityResult) -> Any:
    asked = result.given["asked"].replicas
    count = np.where(result.values["required_replicas"] > 0, result.values["required_replicas"], np.nan)
    return board_power(asked.batching.node) * count / asked.rate
