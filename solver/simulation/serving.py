"""A seeded simulation of one server, step by step: what the closed forms of `batching` are means of.

Requests of random lengths wait in a line, or come at random; a `SimulatedServer` schedules every step, and the formulas
of `transformer` time it. In steady state that agrees with `ContinuousBatchingModel` as `simulate` says: within 5 % for
most loads, and less well where few requests run or where many prompts are read.
"""

from __future__ import annotations

import math
from dataclasses import fields
from typing import Any

import numpy as np

from solver.base.arguments import (
    CacheFormat,
    Chip,
    Chips,
    Efficiency,
    ExpertChips,
    Groups,
    Model,
    MostRequests,
    NodeFabric,
    Reached,
    Reserve,
    WindowPage,
)
from solver.base.declared import declared
from solver.formulas.blocks import cache_room, chip_bytes_per_token, chip_state_bytes, whole_blocks
from solver.formulas.lengths import UNIFORM, Lengths, Spread
from solver.formulas.memory import context_margin
from solver.simulation.arguments import (
    ONE_SERVER,
    ArrivalRate,
    Budget,
    HalfAnswer,
    Policy,
    RequestsInAll,
    Seed,
    ServedFormat,
    ServedWindow,
)
from solver.simulation.result import RequestLog, Simulation, simulated_values
from solver.simulation.server import Report, ServedRequest, SimulatedServer, StepTimes
from solver.zoo.node import Node
from solver.zoo.profiles import EFFICIENCY


def random_requests(lengths: Lengths, prompt: int, answer: int, rate: float | None, count: int,
                    seed: int) -> list[ServedRequest]:
    """Requests of random lengths, that are all there at once or come at random, `rate` of them a second on average."""
    rng = np.random.default_rng(seed)
    prompts, answers = (lengths.drawn(rng, window, count).tolist() for window in (prompt, answer))
    gaps = np.zeros(count) if rate is None else rng.exponential(1 / rate, count)
    return [ServedRequest(*each) for each in zip(prompts, answers, np.cumsum(gaps).tolist(), strict=True)]


def all_steps(server: SimulatedServer, requests: list[ServedRequest]) -> tuple[Report, np.ndarray]:
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


def server_for(node: Any, model: Any, policy: str, window: int, page: int, limit: int, budget: int,
               reserve: float) -> SimulatedServer:
    """A server with room for a whole window."""
    block = chip_bytes_per_token(node, model) * page
    blocks, state = int(whole_blocks(cache_room(node, model, reserve), block)), chip_state_bytes(node, model) / block
    server = SimulatedServer(StepTimes(node, model, window), policy, blocks, page, limit, budget, window, state)
    if server.sizes[-1] > server.total:
        taken = math.ceil(server.sizes[-1] / server.parts)
        raise ValueError(
            f"seq_len is {window:,}: a single request of that length takes {taken:,} blocks of {page:,} tokens, and "
            f"beside the weights of {model} there is room for {blocks:,} on {node.device}. Shorten it, or choose a "
            f"chip with more memory, more chips (tensor_parallel) or a narrower number format.")
    return server


@declared(single=ONE_SERVER)
def simulate(model: Model, hardware: Chip, seq_len: ServedWindow, max_batch_size: MostRequests = 256,
             page_size: WindowPage = 16, precision: ServedFormat = "fp16", efficiency: Efficiency = EFFICIENCY, *,
             lengths: Spread = UNIFORM, output_len: HalfAnswer = None, tensor_parallel: Chips = 1,
             kv_precision: CacheFormat = None, reserve: Reserve = 0.0, profile: Reached = None,
             requests: RequestsInAll = 1000, arrival_rate: ArrivalRate = None, policy: Policy = "preempt",
             budget: Budget = 8192, seed: Seed = 0, attention_data_parallel: Groups = 1,
             expert_parallel: ExpertChips = 1, fabric: NodeFabric = None) -> Simulation:
    """A server, from its first request to its last.

        step = with_launches(linear_time(tokens) + exchange_time + attention of each request + lm_head_time),
        tokens = one for each request that answers, and chunks of prompts up to `budget` in all

    Arguments that `ContinuousBatchingModel.solve` has too mean the same, but are single values: a simulation follows
    one server.

    Parameters
    ----------
    model : transformer
        The transformer, a record such as `Models.Llama3_8B`.
    hardware : accelerator
        The accelerator, a record such as `Hardware.Cloud.H100`.
    seq_len : tokens
        The window of a request: prompt and answer together.
    max_batch_size : requests
        Requests that run at once, at most.
    page_size : tokens
        Tokens of a page of KV cache. A page is at most the window.
    precision : name of a format
        Number format of the weights, which the accelerator has a rate for.
    efficiency : share
        Share of the peak FLOP/s that is reached, without a profile; bandwidth is then reached whole.
    lengths : spread
        How prompts, and independently of them answers, are spread over their windows.
    output_len : tokens, optional
        The window of answers, a part of seq_len; half of it if not given.
    tensor_parallel : chips
        Chips that share each layer, a divisor of the model's heads.
    kv_precision : name of a format, optional
        Number format of the KV cache; not given: the weights' if that is plain (fp8, int4), else 16 bits.
    reserve : share
        Share of the memory that is kept for driver and activations.
    profile : profile, optional
        What the engine reaches of the chip, a record of `Profiles` or its name.
    requests : requests
        Requests in all. Means need ten times as many as run at once, and so do cohorts of `Fixed` lengths, which keep
        step with one another (or take a multiple of max_batch_size).
    arrival_rate : quantity, optional
        Requests that come in a second on average, at random (Poisson). Without it all wait from the beginning: the
        server is saturated, and TTFT is mostly waiting.
    policy : str
        Who is admitted. "preempt" takes what fits now, and lets the latest give way; "reserve" takes what fits at its
        final length; "static" runs whole batches with whole windows, and reads each in one step.
    budget : tokens
        Tokens of a step at most, which "static" does not look at. A smaller one makes shorter steps, and later first
        tokens.
    seed : int
        A whole number; the same gives the same result, bit for bit.
    attention_data_parallel : groups
        Groups of tensor_parallel chips that each do the attention of their own requests, and share experts. Each
        holds all other weights.
    expert_parallel : chips
        Chips that hold whole experts, each some of them; with 1 all share each expert. It decides what groups of
        chips send one another; experts are taken as equally busy.
    fabric : fabric, optional
        Over which chips exchange data that their link does not join, a record of `Fabrics` or its name.

    Raises
    ------
    ValueError, TypeError, DimensionalityError
        In a sentence that names the argument, its limit and the next move.

    Notes
    -----
    Against the closed forms (over many requests, for uniform, fixed and exponential lengths, with sliding windows
    too): "reserve" runs as many requests within 2 % (where 8 run, within 8 %), with a throughput within 5 %; that of
    "static" is within 5 %; fragmentation is within half a page for each request. Where one step in five or more
    reads a prompt, throughput is up to 17 % above: prompts are read in the steps of answers here, and both share the
    reading of weights. "preempt" runs up to 40 % more. A run of a thousand requests is off by 3 to 7 % by chance,
    and takes about a second for a million answered tokens.

    Leaves out scheduling, sampling and prefix caching, and swaps nothing to the host. All of a prompt's blocks are
    given when it is admitted.
    Sources: Yu et al. 2022, "ORCA"; Kwon et al. 2023, "PagedAttention"; Agrawal et al. 2024, "Sarathi-Serve".

    Examples
    --------
    >>> from solver import Hardware, Models
    >>> r = simulate(Models.Llama3_8B, Hardware.Cloud.H100, 2048, 64, output_len=256, requests=300, profile="tuned")
    >>> r.max_running, r.preemptions, len(r.gaps), sum(r.requests.answer.tolist())
    (64, 0, 39357, 39357)
    >>> print(r.itl, r.itl_p50, r.itl_p99)
    20.4 ms 11.6 ms 69.7 ms
    """
    node = Node(hardware, precision, kv_precision, profile, tensor_parallel, expert_parallel, attention_data_parallel,
                fabric)
    window, page, answer = int(seq_len), int(page_size), int(output_len)
    server = server_for(node, model, policy, window, page, int(max_batch_size), int(budget), float(reserve))
    waiting = random_requests(lengths, window - answer, answer, arrival_rate, int(requests), int(seed))
    steps, gaps = all_steps(server, waiting)
    log = RequestLog(*(read_only_array([getattr(request, column.name) for request in waiting])
                     for column in fields(RequestLog)))
    found, samples = simulated_values(log, steps, gaps, page)
    found["within_context"] = bool(context_margin(model, window) >= 0)
    return Simulation(found, {"requests": log, "steps": steps, "gaps": gaps, "samples": samples})
