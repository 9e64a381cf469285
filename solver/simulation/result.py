"""What `simulate` found: fields of the steady middle, what became of each request, and what happened in each step."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.base.numbers import each, number, single_number
from solver.base.result import Result, field
from solver.simulation.arguments import ONE_SERVER
from solver.simulation.server import Report
from solver.text import nearest
from solver.units import quantity

FULL = 0.9  # of the most requests that ever run: from then on a server counts as filled
PERCENTS = (50, 99)


@dataclass(frozen=True, eq=False)
class RequestLog:
    """An array for each figure of the requests, in the order of their arrival; times are in seconds from the start."""

    prompt: np.ndarray
    answer: np.ndarray
    arrival: np.ndarray
    admitted: np.ndarray
    first: np.ndarray
    finish: np.ndarray
    preemptions: np.ndarray


class Simulation(Result):
    """What `simulate` found. Rates, shares and gaps are of the steady middle, times of requests are of all of them.

    The steady middle begins when all those are done that first filled the server, for they began together; it ends
    when the last request is admitted, for then slots fall empty. Where too few requests leave none, it is all steps.
    """

    def computed(self) -> dict[str, Any]:
        """What was counted: no formula gave it."""
        return dict(self.values)

    throughput_tokens_per_sec = field(None, "answered tokens a second")
    ttft = field("ms", "mean time from a request's arrival to its first token, waiting included")
    ttft_p50 = field("ms", "half of the requests have their first token by then")
    ttft_p99 = field("ms", "99 % of the requests have their first token by then")
    itl = field("ms", "mean time from one token of an answer to the next, of all tokens")
    itl_p50 = field("ms", "half of the tokens come within that time after the one before")
    itl_p99 = field("ms", "99 % of the tokens come within that time after the one before")
    e2e_latency = field("ms", "mean time from a request's arrival to its last token")
    e2e_latency_p50 = field("ms", "half of the requests are done by then")
    e2e_latency_p99 = field("ms", "99 % of the requests are done by then")
    memory_fragmentation_pct = field(None, "percent of the allocated pages that holds nothing")
    mean_running = field(None, "requests that run at once on average, those included that pad a static batch")
    max_running = field(None, "most requests that ever run at once", int)
    prefill_share = field(None, "share of the busy time that chunks of prompts add to steps")
    preemptions = field(None, "how often a request gave its blocks back and was read again", int)
    makespan = field("s", "time until the last token of all")
    within_context = field(None, "whether the model was trained for a context as long as the window", bool)

    @property
    def requests(self) -> RequestLog:
        """What became of each request."""
        return self.given["requests"]

    @property
    def steps(self) -> Report:
        """What happened in each step: arrays."""
        return self.given["steps"]

    @property
    def gaps(self) -> np.ndarray:
        """Seconds of each token, in the order of steps, since the one before of its answer; NaN for first ones."""
        return self.given["gaps"]

    def percentile(self, name: str, percent: Any) -> Any:
        """The time that so many percent of the samples stay within: of "ttft", "itl" or "e2e_latency"."""
        if name not in self.given["samples"]:
            raise ValueError(f"name is {name!r}. {nearest(name, self.given['samples'])}")
        single_number("percent", percent, ONE_SERVER)
        percent = each("percent", number("percent", percent, ""), lambda v: 0 <= v <= 100,
                       lambda bad: "give a number from 0 to 100, such as 99.")
        return quantity(sample_percentile(self.given["samples"][name], percent), "ms")


def sample_percentile(samples: np.ndarray, percent: float) -> float:
    """The sample that so many percent are no larger than; not a number without samples."""
    return float(np.percentile(samples, percent)) if samples.size else float("nan")


def steady_interval(requests: RequestLog, steps: Report) -> tuple[float, float]:
    """Beginning and end of the steady middle, in seconds."""
    full = steps.end[np.argmax(steps.running >= FULL * steps.running.max())]
    begin, end = requests.finish[requests.admitted < full].max(), requests.admitted.max()
    return (begin, end) if np.any((steps.end > begin) & (steps.end <= end)) else (0.0, steps.end[-1])


def simulated_values(requests: RequestLog, steps: Report, gaps: np.ndarray,
                     page: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """All fields of a simulation, in base units, and the samples that times are means of."""
    begin, end = steady_interval(requests, steps)
    steady = (steps.end > begin) & (steps.end <= end)
    gaps = gaps[np.repeat(steady, steps.new_tokens)]
    samples = {"ttft": requests.first - requests.arrival, "itl": gaps[~np.isnan(gaps)],
               "e2e_latency": requests.finish - requests.arrival}
    found = _step_values(steps, steady, end - begin, page)
    for name, values in samples.items():
        found[name] = float(np.mean(values)) if values.size else float("nan")
        found |= {f"{name}_p{percent}": sample_percentile(values, percent) for percent in PERCENTS}
    return found, samples


def _step_values(steps: Report, steady: np.ndarray, time: float, page: int) -> dict[str, Any]:
    """The fields that are of steps: rates and means of the steady ones, which take `time`, and counts of all."""
    duration = steps.duration[steady]
    held, used = (float(np.sum(column[steady] * duration)) for column in (steps.cached_tokens, steps.used_blocks))
    return {
        "throughput_tokens_per_sec": steps.new_tokens[steady].sum() / time,
        "memory_fragmentation_pct": 100 * (1 - held / (used * page)),
        "mean_running": float(np.sum(steps.running[steady] * duration)) / time,
        "max_running": int(steps.running.max()),
        "prefill_share": float(np.sum(steps.reading[steady])) / float(np.sum(duration)),
        "preemptions": int(steps.preemptions.sum()), "makespan": float(steps.end[-1])}
