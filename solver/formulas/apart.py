"""Prompts and answers on nodes apart: the steady state of a closed loop, in which each request is followed by the next.

Source: Zhong et al. 2024, "DistServe: Disaggregating Prefill and Decoding for Goodput-optimized Large Language Model
Serving"; Denning, Buzen 1978, "The Operational Analysis of Queueing Network Models" (the bounds of a closed loop).
"""

from __future__ import annotations

import numpy as np

from solver.formulas.requests import PREFILL_BUDGET, prompts_together
from solver.formulas.transformer import decode_time, prefill_time
from solver.formulas.unpublished import known_decode_time
from solver.units import Context, Request, RequestRate, Scalar, Second
from solver.zoo.models import Transformer
from solver.zoo.node import Node

HALVINGS = 24  # of the range that a time between tokens lies in: beyond that it is known to seven digits
BESIDE = 1 - 2.0**-16  # of a time: one near it


def lone_prefill_time(node: Node, model: Transformer, prompt: Context, one: Request = 1.0,
                      new: Context = 1.0) -> Second:
    """Time of a node to read a prompt for which nobody waits.

        time = prefill_time

    of as many prompts as the node has groups: each reads one, and they wait for one another. By definition.

    >>> from solver import PRECISIONS, Hardware, Models, Node, Profiles
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], profile=Profiles.tuned)
    >>> round(float(lone_prefill_time(node, Models.Llama3_8B, 2048)) * 1e3)   # ms
    47
    """
    return prefill_time(node, model, node.attention_data_parallel * one, prompt, 0 * prompt, new)


def reading_rate(node: Node, model: Transformer, prompt: Context, nodes: Scalar, concurrency: Request,
                 budget: Context = PREFILL_BUDGET, one: Request = 1.0, new: Context = 1.0) -> RequestRate:
    """Prompts a second that so many nodes read which never wait for one.

        rate = nodes * together / prefill_time(together)

    Short prompts go together, as `prompts_together` says, but no more than there are requests for each node.
    By definition.

    >>> from solver import PRECISIONS, Hardware, Models, Node, Profiles
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], profile=Profiles.tuned)
    >>> [round(float(reading_rate(node, Models.Llama3_8B, 2048, nodes, 64)), 1) for nodes in (1, 2)]   # request/s
    [22.9, 45.7]
    """
    together = prompts_together(node, prompt, concurrency / nodes, 1.0, budget, one)
    return nodes * together / prefill_time(node, model, together, prompt, 0 * prompt, new)


def closed_rate(concurrency: Request, first: Second, answering: Second, reading: RequestRate) -> RequestRate:
    """Requests a second of a closed loop of `concurrency` of them: as many as nobody waits, or as prompts are read.

        rate = min(reading, concurrency / (first + answering))

    `first` is the time of a request until its first token where nothing keeps it, `answering` that of its other tokens,
    `reading` the most prompts a second that are read. No order of the queue, and no spread of arrivals, lets more
    through; chance takes some of it where both are nearly equal.
    Source: Denning, Buzen 1978, "The Operational Analysis of Queueing Network Models" (asymptotic bounds).

    >>> [float(closed_rate(n, 0.5, 1.5, 20)) for n in (4, 400)]   # request/s
    [2.0, 20.0]
    """
    return np.minimum(reading, concurrency / (first + answering))


def waited_time(concurrency: Request, rate: RequestRate, answering: Second) -> Second:
    """Time until the first token in a closed loop: what its requests spend in it beyond answering.

        time = concurrency / rate - answering

    Source: Little 1961, "A Proof for the Queuing Formula: L = lambda W".

    >>> [waited_time(n, 20, 1.5) for n in (40, 400)]   # s
    [0.5, 18.5]
    """
    return concurrency / rate - answering


def burst_time(first: Second, concurrency: Request, together: Request, reading: RequestRate) -> Second:
    """Mean time until the first token of requests that come all at once, as when a load test begins.

        time = first + max(concurrency - together, 0) / (2 * reading)

    `together` are the prompts that all nodes read at a time, `reading` how many they read a second, `first` the time of
    a request that nothing keeps. By definition.

    >>> float(burst_time(0.5, 400, 10, 20))   # s
    10.25
    """
    return first + np.maximum(concurrency - together, 0 * together) / (2 * reading)


def load_test_time(ttft: Second, burst: Second, waves: Scalar, handover: Second) -> Second:
    """Mean time until the first token that a load test measures, which sends all of its requests at once.

        time = ttft + waves * max(burst - ttft, 0) + handover

    Answers of nearly one length bring requests back together: such waves last for `waves` of the test as a burst does.
    `handover` is what router, transfer and scheduling take besides. Both are fitted.
    Source: 98 rows of `aiconfigurator`, systems of 2025-26.

    >>> float(load_test_time(0.5, 10.5, 0.25, 0.1))   # s
    3.1
    """
    return ttft + waves * np.maximum(burst - ttft, 0 * ttft) + handover


def requests_in(rate: RequestRate, time: Second) -> Request:
    """Requests that are somewhere at any moment, if each spends that time there.

        requests = rate * time

    Source: Little 1961, "A Proof for the Queuing Formula: L = lambda W".

    >>> requests_in(20, 1.5)
    30.0
    """
    return rate * time


def waiting_requests(rate: RequestRate, time: Second, least: Second) -> Request:
    """Requests that wait for a node to read their prompt, on average.

        waiting = max(rate * (time - least), 0)

    `time` is what passes until the first token, `least` what passes where nobody waits.
    Source: Little 1961, "A Proof for the Queuing Formula: L = lambda W".

    >>> float(waiting_requests(20, 2.0, 0.5))
    30.0
    """
    return np.maximum(rate * (time - least), 0 * rate * least)


def apart_step_time(node: Node, model: Transformer, context: Context, steps: Scalar, concurrency: Request,
                    nodes: Scalar, first: Second, reading: RequestRate, one: Request = 1.0,
                    new: Context = 1.0) -> Second:
    """Time between tokens on so many nodes that decode alone, where others read the prompts of a closed loop.

        time = decode_time(max(answering / nodes, 1)),
        answering = closed_rate(first, steps * time, reading) * steps * time

    Each side of that depends on the other: a slower step has more requests decode at once, and they slow it. There is
    one time at which both agree, for twice the requests never take twice the time; it is found by halving its range.
    Requests are spread evenly over the nodes, and a node with one decodes it alone. By definition.

    >>> from solver import PRECISIONS, Hardware, Models, Node, Profiles
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], profile=Profiles.tuned)
    >>> step = [float(apart_step_time(node, Models.Llama3_8B, 2176, 255, n, 1, 0.05, 22.0)) for n in (1, 64, 1024)]
    >>> [round(time * 1e3, 1) for time in step]   # ms: of 1,024 requests most wait for their prompt to be read
    [8.6, 14.4, 18.2]
    """
    def decoding(time: Second) -> Request:  # on each node, where a step takes that time
        answering = requests_in(closed_rate(concurrency, first, steps * time, reading), steps * time)
        return np.maximum(answering / nodes, one)

    low, high = (decode_time(node, model, np.maximum(n, one), context, new) for n in (one, concurrency / nodes))
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        short = decode_time(node, model, decoding(middle), context, new) > middle
        low, high = np.where(short, middle, low), np.where(short, high, middle)
    time, beside = (known_decode_time(node, model, decoding(step), context, new) for step in (high, high * BESIDE))
    steepness = (time - beside) / (high - high * BESIDE)  # a last step, by Newton: its slopes are those of the solution
    return high + (time - high) / (1 - steepness)
