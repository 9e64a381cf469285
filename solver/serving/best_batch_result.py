"""What `BatchingOptimizer.solve` found: fields, all batches that were tried, and what binds."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.formulas.energy import board_power
from solver.serving.queue_sentences import approximation_sentences
from solver.text import number_text
from solver.units import Quantity, quantity


class BatchingOptimizerResult(Result):
    """What `BatchingOptimizer.solve` found. Its fields broadcast with the arrays that were given."""

    best_batch_size = field(None, "batch with the most throughput of those that meet the limit; 0 where none does", int)
    is_feasible = field(None, "whether any batch fits in memory and meets the limit", bool)
    feasible = field(None, "the same", bool)
    max_throughput = field(None, "tokens a second that all replicas answer with full batches of that size")
    objective_value = field(None, "what was made as large as possible: max_throughput")
    p99_latency = field("ms", "99 % of the requests take no longer than that, from arrival to last token")
    slo_headroom_ratio = field(None, "share of the limit that is left; negative where it is missed")
    queue_utilization = field(None, "share of the slots that are taken")
    service_latency = field("ms", "time that a request is in its slot, in a full batch")
    ttft = field("ms", "time to first token of a batch that is read together, without waiting")
    itl = field("ms", "inter-token latency of a full batch")
    least_p99_latency = field("ms", "the lowest p99 of all batches, which may have less throughput")
    largest_fitting_batch = field(None, "largest of the batches that fits in memory; 0 where none does", int)
    total_searched = field(None, "batches that were tried", int)
    energy = field("J", "energy of a request, idle slots included: at most, by the board power of the chips, and "
                        "without hosts, network and cooling", lazy=lambda result: _energy(result))

    @property
    def batches(self) -> np.ndarray:
        """All batches that were tried. With `throughputs`, `latencies` and `on_front` the points of a picture."""
        return np.ravel(self.given["asked"].sizes)

    @property
    def throughputs(self) -> Any:
        """Tokens a second of each batch, along the first axis."""
        return self.given["asked"].points["throughput"]

    @property
    def latencies(self) -> Quantity:
        """The p99 of each batch, along the first axis; infinite where it does not fit in memory, or is unstable."""
        return quantity(self.given["asked"].points["latency"], "ms")

    @cached_property
    def on_front(self) -> Any:
        """Of each batch whether none has both more throughput and a lower p99: the Pareto front, as True and False."""
        points = self.given["asked"].points
        order = np.lexsort((points["latency"], -points["rank"]), axis=0)  # the most throughput first
        latency = np.take_along_axis(points["latency"], order, axis=0)
        before = np.minimum.accumulate(latency, axis=0)[:-1]
        lower = np.concatenate([np.isfinite(latency[:1]), latency[1:] < before])
        found = np.zeros_like(lower)
        np.put_along_axis(found, order, lower, axis=0)
        return found

    @property
    def best_config(self) -> dict[str, Any]:
        """What to set, as arguments of `ServingModel`."""
        return {"batch_size": self.best_batch_size}

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences; for arrays, how often."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        asked = self.given["asked"]
        return [self._answer(), self._memory(), "Queue: a server is a slot of a batch, and takes as long as in a full "
                "batch.", *approximation_sentences(asked.cv)]

    def _answer(self) -> str:
        """What the best batch leaves of the limit, or why no batch meets it."""
        values, asked = self.values, self.given["asked"]
        best, size = np.asarray(values["best_batch_size"]), np.size(values["best_batch_size"])
        if np.all(best > 0):
            edge = np.any(best == asked.most)
            more = " It is the largest that was tried: a larger max_search_batch may bring more." if edge else ""
            left = float(np.min(values["slo_headroom_ratio"]))
            batch = f"{number_text(float(np.min(best)))}{' and more' if size > 1 else ''}"
            return f"Best batch: {batch}, whose p99 leaves {left:.0%} of the limit.{more}"
        where = f" at {np.sum(best == 0)} of {size} points" if size > 1 else ""
        return f"Best batch: none meets the limit{where}, for {self._reason(best == 0)} would help."

    def _reason(self, missed: Any) -> str:
        """Why no batch meets the limit, and what would help: more replicas where a batch meets it that never waits."""
        values, asked = self.values, self.given["asked"]
        least = float(np.max(np.where(missed, values["least_p99_latency"], 0.0)))
        if not np.all(np.asarray(values["largest_fitting_batch"]) > 0):
            return "not even one request fits beside the weights. More chips or a narrower number format"
        alone = asked.unwaited
        if not np.any(missed & (alone <= asked.limit)):
            spread, slowest = np.any(np.asarray(asked.cv) > 0), float(np.max(np.where(missed, alone, 0.0)))
            equal = ", answers of more equal length (service_time_cv)" if spread else ""
            return (f"a request that never waits is too slow: 99 % take up to {quantity(slowest, 'ms')}. Shorter "
                    f"answers{equal} or a faster chip")
        if not np.isfinite(least):
            return "more comes than the replicas can do. More of them"
        return f"the lowest p99 is {quantity(least, 'ms')}. More replicas or shorter answers"

    def _memory(self) -> str:
        fitting, asked = float(np.min(self.values["largest_fitting_batch"])), self.given["asked"]
        if fitting == asked.most:
            return "Memory: all of the batches fit."
        return f"Memory: {f'batches up to {fitting:,.0f} fit' if fitting else 'no batch fits'} on {asked.node.device}."


def _energy(result: BatchingOptimizerResult) -> Any:
    asked = result.given["asked"]
    return board_power(asked.node) * asked.replicas / asked.rate
