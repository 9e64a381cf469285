"""A seeded simulation of one server, step by step: what the closed forms of `batching` are means of.

Requests of random lengths wait in a line, or come at random; a `Server` schedules every step, and the formulas of
`transformer` time it. In steady state that agrees with `ContinuousBatchingModel` as `simulate` says: within 5 % for
most loads, and less well where few requests run or where many prompts are read.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from solver.base import arguments as check
from solver.base.numbers import each, limited_number, number
from solver.base.result import Result, field
from solver.formulas.blocks import cache_room, chip_bytes_per_token, whole_blocks
from solver.formulas.lengths import UNIFORM, Lengths, spread
from solver.simulation.server import POLICIES, Report, ServedRequest, Server, StepTimes
from solver.text import nearest
from solver.units import quantity
from solver.zoo.profiles import EFFICIENCY

MOST_REQUESTS = 100_000
FULL = 0.9  # of the most requests that ever run: from then on a server counts as filled
PERCENTS = (50, 99)


@dataclass(frozen=True, eq=False)
class Requests:
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

    @property
    def requests(self) -> Requests:
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
        _single(percent=percent)
        percent = each("percent", number("percent", percent, ""), lambda v: 0 <= v <= 100,
                       lambda bad: "give a number from 0 to 100, such as 99.")
        return quantity(sample_percentile(self.given["samples"][name], percent), "ms")


def sample_percentile(samples: np.ndarray, percent: float) -> float:
    """The sample that so many percent are no larger than; not a number without samples."""
    return float(np.percentile(samples, percent)) if samples.size else float("nan")


def steady_interval(requests: Requests, steps: Report) -> tuple[float, float]:
    """Beginning and end of the steady middle, in seconds."""
    full = steps.end[np.argmax(steps.running >= FULL * steps.running.max())]
    begin, end = requests.finish[requests.admitted < full].max(), requests.admitted.max()
    return (begin, end) if np.any((steps.end > begin) & (steps.end <= end)) else (0.0, steps.end[-1])


def simulated_values(requests: Requests, steps: Report, gaps: np.ndarray,
            page: int) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """All figures of a simulation, in base units, and the samples that times are means of."""
    begin, end = steady_interval(requests, steps)
    steady = (steps.end > begin) & (steps.end <= end)
    duration = steps.duration[steady]
    held, used = (float(np.sum(column[steady] * duration)) for column in (steps.cached_tokens, steps.used_blocks))
    gaps = gaps[np.repeat(steady, steps.new_tokens)]
    samples = {"ttft": requests.first - requests.arrival, "itl": gaps[~np.isnan(gaps)],
               "e2e_latency": requests.finish - requests.arrival}
    found: dict[str, Any] = {
        "throughput_tokens_per_sec": steps.new_tokens[steady].sum() / (end - begin),
        "memory_fragmentation_pct": 100 * (1 - held / (used * page)),
        "mean_running": float(np.sum(steps.running[steady] * duration)) / (end - begin),
        "max_running": int(steps.running.max()),
        "prefill_share": float(np.sum(steps.reading[steady])) / float(np.sum(duration)),
        "preemptions": int(steps.preemptions.sum()), "makespan": float(steps.end[-1])}
    for name, values in samples.items():
        found[name] = float(np.mean(values)) if values.size else float("nan")
        found |= {f"{name}_p{percent}": sample_percentile(values, percent) for percent in PERCENTS}
    return found, samples


def random_requests(lengths: Lengths, prompt: int, answer: int, rate: float | None, count: int,
                    seed: int) -> list[ServedRequest]:
    """Requests of random lengths, that are all there at once or come at random, `rate` of them a second on average."""
    rng = np.random.default_rng(seed)
    prompts, answers = (lengths.drawn(rng, window, count).tolist() for window in (prompt, answer))
    gaps = np.zeros(count) if rate is None else rng.exponential(1 / rate, count)
    return [ServedRequest(*each) for each in zip(prompts, answers, np.cumsum(gaps).tolist(), strict=True)]


def all_steps(server: Server, requests: list[ServedRequest]) -> tuple[Report, np.ndarray]:
    """All steps until the last of the requests is done, and the gaps before the tokens that they made."""
    reports: list[Report] = []
    gaps: list[float] = []
    come = 0
    while come < len(requests) or server.waiting or server.running:
        if not server.waiting and not server.running:  # idle until the next one comes
            server.clock = max(server.clock, requests[come].arrival)
        while come < len(requests) and requests[come].arrival <= server.clock:
            server.waiting.append(requests[come])
            come += 1
        report, new_gaps = server.step()
        reports.append(report)
        gaps += new_gaps
    return Report(*map(read_only_array, zip(*reports, strict=True))), read_only_array(gaps)


def read_only_array(values: Any) -> np.ndarray:
    """An array that cannot be changed."""
    array = np.array(values)
    array.setflags(write=False)
    return array


def _single(**given: Any) -> None:
    """Refuse what is several values, or none yet: a simulation follows one server."""
    for name, value in given.items():
        if check.unknown(value) or isinstance(value, (list, tuple)) or np.ndim(getattr(value, "magnitude", value)):
            raise TypeError(f"{name} should be a single value that is known, since a simulation follows one server: "
                            f"call simulate for each case.")


def _policy(value: Any) -> str:
    if value not in POLICIES:
        raise ValueError(f"policy {value!r} is not known. {nearest(value, POLICIES)}")
    return value


def _server(node: Any, model: Any, policy: str, window: int, page: int, limit: int, budget: int,
            reserve: float) -> Server:
    """A server with room for a whole window."""
    blocks = int(whole_blocks(cache_room(node, model, reserve), chip_bytes_per_token(node, model) * page))
    server = Server(StepTimes(node, model, window), policy, blocks, page, limit, budget, window)
    if server.sizes[-1] > server.total:
        taken = math.ceil(server.sizes[-1] / server.parts)
        raise ValueError(
            f"seq_len is {window:,}: a single request of that length takes {taken:,} blocks of {page:,} tokens, and "
            f"beside the weights of {model} there is room for {blocks:,} on {node.device}. Shorten it, or choose a "
            f"chip with more memory, more chips (tensor_parallel) or a narrower number format.")
    return server


@check.explained
def simulate(model: Any, hardware: Any, seq_len: Any, max_batch_size: Any = 256, page_size: Any = 16,
             precision: Any = "fp16", efficiency: Any = EFFICIENCY, *, lengths: Any = UNIFORM, output_len: Any = None,
             tensor_parallel: Any = 1, kv_precision: Any = None, reserve: Any = 0.0, profile: Any = None,
             requests: Any = 1000, arrival_rate: Any = None, policy: Any = "preempt", budget: Any = 8192,
             seed: Any = 0) -> Simulation:
    """A server, from its first request to its last.

        step = with_launches(linear_time(tokens) + exchange_time + attention of each request + lm_head_time),
        tokens = one for each request that answers, and chunks of prompts up to `budget` in all

    Arguments that `ContinuousBatchingModel.solve` has too mean the same, but are single values: a simulation follows
    one server. Besides:

    output_len : the window of answers; half of seq_len if not given
    requests : how many, at most 100,000. Means need ten times as many as run at once, and so do cohorts of `Fixed`
        lengths, which keep step with one another (or take a multiple of max_batch_size)
    arrival_rate : requests a second on average, at random (Poisson), such as Q_("5 request/s"). Without it all wait
        from the beginning: the server is saturated, and TTFT is mostly waiting
    policy : "preempt" admits what fits now, and lets the latest give way; "reserve" admits for the final length;
        "static" runs whole batches with whole windows, and reads each in one step
    budget : tokens of a step at most, not for "static". A smaller one makes shorter steps, and later first tokens
    seed : a whole number; the same gives the same result, bit for bit

    Against the closed forms (over many requests, for uniform, fixed and exponential lengths, with sliding windows
    too): "reserve" runs as many requests within 2 % (where 8 run, within 8 %), with a throughput within 5 %; that of
    "static" is within 5 %; fragmentation is within half a page for each request. Where one step in five or more
    reads a prompt, throughput is up to 17 % above: prompts are read in the steps of answers here, and both share the
    reading of weights. "preempt" runs up to 40 % more. A run of a thousand requests is off by 3 to 7 % by chance,
    and takes about a second for a million answered tokens.

    Leaves out scheduling, sampling and prefix caching, and swaps nothing to the host. All of a prompt's blocks are
    given when it is admitted. Raises ValueError, TypeError or DimensionalityError, in a sentence.
    Sources: Yu et al. 2022, "ORCA"; Kwon et al. 2023, "PagedAttention"; Agrawal et al. 2024, "Sarathi-Serve".

    >>> from solver import Hardware, Models
    >>> r = simulate(Models.Llama3_8B, Hardware.Cloud.H100, 2048, 64, output_len=256, requests=300, profile="tuned")
    >>> r.max_running, r.preemptions, len(r.gaps), sum(r.requests.answer.tolist())
    (64, 0, 39357, 39357)
    >>> print(r.itl, r.itl_p50, r.itl_p99)
    20.4 ms 11.6 ms 69.7 ms
    """
    _single(**locals())
    model = check.transformer("model", model)
    node = check.node("hardware", hardware, model, precision, kv_precision, tensor_parallel, profile, efficiency)
    window, page = int(check.context("seq_len", seq_len, model)), check.count("page_size", page_size, "token")
    answer = check.count("output_len", max(window // 2, 1) if output_len is None else output_len, "token")
    limited_number("output_len", answer, "seq_len", window, np.less, "below",
             "prompt and answer share that window, and a prompt has at least one token")
    limit, tokens = check.count("max_batch_size", max_batch_size, "request"), check.count("budget", budget, "token")
    count = each("requests", check.count("requests", requests, "request"), lambda v: v <= MOST_REQUESTS,
                 lambda bad: f"give at most {MOST_REQUESTS:,}; a few thousand settle every mean.")
    each("seed", number("seed", seed, ""), lambda v: v >= 0 and v % 1 == 0,
         lambda bad: "give a whole number from 0 on; each stands for other requests, always the same ones.")
    rate = None if arrival_rate is None else check.rate("arrival_rate", arrival_rate, "request/second", "5 request/s")
    server = _server(node, model, _policy(policy), window, int(check.at_most("page_size", page, "seq_len", window)),
                     int(limit), int(tokens), float(check.share("reserve", reserve)))
    waiting = random_requests(spread(lengths), window - int(answer), int(answer), rate, int(count), int(seed))
    steps, gaps = all_steps(server, waiting)
    log = Requests(*(read_only_array([getattr(request, column.name) for request in waiting])
                     for column in fields(Requests)))
    found, samples = simulated_values(log, steps, gaps, int(page))
    return Simulation(found, {"requests": log, "steps": steps, "gaps": gaps, "samples": samples})
