"""A server that schedules every step: which requests take part, which blocks they hold, and who has to give way.

One rule serves reading and answering: a request knows so many tokens, has fewer in cache, and each step brings some of
the rest; when all are there, one more token is made. Sources: Yu et al. 2022, "ORCA" (a schedule for every step);
Kwon et al. 2023, "PagedAttention" (blocks; the latest request gives way and is read again); Agrawal et al. 2024,
"Sarathi-Serve" (a budget of tokens a step, so that prompts come in chunks beside answers).
"""

from __future__ import annotations

import functools
import math
from collections import deque
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from solver.formulas.attention import attention_time, decode_attention_time, expansion_time
from solver.formulas.blocks import request_blocks
from solver.formulas.exchange import exchange_time
from solver.formulas.memory import cached_context
from solver.formulas.transformer import linear_time, lm_head_time, scheduling_time, with_launches
from solver.units import Scalar, Second
from solver.zoo.models import Transformer
from solver.zoo.node import Node

POLICIES = ("reserve", "preempt", "static")
WATERMARK = 0.01  # of all blocks: kept free when a request is admitted that may have to give way, as in vLLM


@dataclass(eq=False, slots=True)
class ServedRequest:
    """A request on its way: `cached` of the tokens that it knows are in its `held` blocks, `made` are of its answer.

    Times are in seconds: when it came, was first admitted, had its first, its `latest` and its last token.
    """

    prompt: int
    answer: int
    arrival: float = 0.0
    cached: int = 0
    made: int = 0
    held: int = 0
    preemptions: int = 0
    admitted: float = math.nan
    first: float = math.nan
    finish: float = math.nan
    latest: float = math.nan

    @property
    def missing(self) -> int:
        """Tokens that have to come into the cache before the next one can be made."""
        return self.prompt + self.made - self.cached

    def answered(self, clock: float) -> float:
        """One more token is there: how long after the one before it, which is not a number for the first."""
        gap, self.latest = clock - self.latest, clock
        if not self.made:
            self.first = clock
        self.made += 1
        if self.made == self.answer:
            self.finish = clock
        return gap


@dataclass(slots=True)
class Plan:
    """What a step does: a token for each of the `contexts`, `chunks` of (new, past) tokens, and whose answers grow."""

    left: int  # of the budget
    contexts: list[int] = field(default_factory=list)
    chunks: list[tuple[int, int]] = field(default_factory=list)
    growing: list[ServedRequest] = field(default_factory=list)
    preempted: int = 0

    def bring(self, request: ServedRequest, missing: int) -> None:
        """As many of the missing tokens as the budget allows come into the cache."""
        new = missing if missing < self.left else self.left
        if missing == 1:
            self.contexts.append(request.cached)
        else:
            self.chunks.append((new, request.cached))
        if new == missing:
            self.growing.append(request)
        request.cached += new
        self.left -= new


class Report(NamedTuple):
    """A step at its end, before those that are done leave; of many steps, an array in each field. Times in seconds."""

    end: Second
    duration: Second
    reading: Second  # what the chunks of prompts add to the duration
    running: Scalar
    waiting: Scalar
    used_blocks: Scalar  # in a layer on average, and so are tokens
    cached_tokens: Scalar
    chunk_tokens: Scalar
    new_tokens: Scalar
    preemptions: Scalar


class StepTimes:
    """Times of steps, from the formulas of `transformer`; what depends on one request's context is a table."""

    def __init__(self, node: Node, model: Transformer, window: int) -> None:
        self.node, self.model = node, model
        self.attention: list[float] = decode_attention_time(node, model, 1.0, 1.0, np.arange(window + 1.0)).tolist()
        self.kept: list[float] = cached_context(model, np.arange(window + 1.0)).tolist()
        # The same counts come again and again.
        self._products = functools.cache(self._products_time)
        self._head = functools.cache(lambda scored: float(lm_head_time(node, model, float(scored))) if scored else 0.0)
        self._chunk = functools.cache(self._chunk_time)

    def _products_time(self, tokens: int) -> float:
        node, model = self.node, self.model
        return float(linear_time(node, model, float(tokens)) + exchange_time(node, model, float(tokens)))

    def _chunk_time(self, new: int, past: int) -> float:
        attention = attention_time(self.node, self.model, self.model.prefill_pair_work, 1.0, float(new), float(past))
        return float(attention + expansion_time(self.node, self.model, 1.0, float(past)))

    def _pass(self, tokens: int, scored: int, attention: float, answering: int, read: float = 0.0) -> float:
        work = self._products(tokens) + self._head(scored) + attention
        return float(with_launches(self.node, self.model, work, read) + scheduling_time(self.node, float(answering)))

    def time(self, contexts: list[int], chunks: list[tuple[int, int]], ended: int) -> tuple[float, float]:
        """Seconds of a step, and how many of them it would not take without its chunks, `ended` of which are the last
        of what a request has to read: a pass over all tokens, that scores one of each request whose answer grows."""
        count, attention = len(contexts), sum([self.attention[n] for n in contexts])
        decoding = self._pass(count, count, attention, count) if count else 0.0
        if not chunks:
            return decoding, 0.0
        tokens, reading = count + sum([new for new, _ in chunks]), sum([self._chunk(*chunk) for chunk in chunks])
        duration = self._pass(tokens, count + ended, attention + reading, count, 1.0)
        return duration, duration - decoding


class SimulatedServer:
    """Blocks, a line of waiting requests, and those that run, in the order of their admission.

    "reserve" admits a request when blocks for its final length can be promised, so that none has to give way;
    "preempt" when all that it has to read fits now; "static" a whole batch when the last one is done, each request
    with a whole window. A window has to fit in all blocks: then the oldest request always gets on. `state` is what a
    request keeps besides its cache, in blocks.
    """

    def __init__(self, times: StepTimes, policy: str, blocks: int, page: int, limit: int, budget: int,
                 window: int, state: float = 0.0) -> None:
        self.times, self.policy, self.limit = times, policy, limit
        self.budget = budget if policy != "static" else limit * window  # a static batch is read in one pass
        sizes = request_blocks(times.model, np.arange(window + 1.0), float(page))
        # Where some layers slide a window and others do not, a block is counted layer by layer.
        self.parts = 1 if np.all(sizes == np.rint(sizes)) else int(times.model.layers)
        self.state = math.ceil(state * self.parts)  # parts of blocks that a request's state takes, whatever it caches
        self.sizes: list[int] = (np.rint(sizes * self.parts).astype(int) + self.state * (sizes > 0)).tolist()
        self.total = self.free = blocks * self.parts
        self.promised = 0  # parts of blocks that the running requests will have in the end
        self.waiting: deque[ServedRequest] = deque()
        self.running: list[ServedRequest] = []
        self.padding: list[ServedRequest] = []  # those of a static batch that are done: their slots go on all the same
        self.clock = 0.0

    def step(self) -> tuple[Report, list[float]]:
        """One step: what happened in it, and how long each token that was made came after the one before."""
        plan = self._planned()
        if not plan.preempted:  # a request that gave way would be the first to come back
            self._admit(plan)
        padding = [request.cached for request in self.padding]
        started = len(plan.growing) - len(plan.contexts)
        duration, reading = self.times.time(plan.contexts + padding, plan.chunks, started)
        self.clock += duration
        kept, slots = self.times.kept, self.running + self.padding
        report = Report(
            self.clock, duration, reading, len(slots), len(self.waiting),
            (self.total - self.free - self.state * len(slots)) / self.parts,
            sum([kept[request.cached] for request in slots]), sum([new for new, _ in plan.chunks]),
            len(plan.growing), plan.preempted)
        gaps = [request.answered(self.clock) for request in plan.growing]
        self._dismiss([request for request in plan.growing if request.made == request.answer])
        return report, gaps

    def _planned(self) -> Plan:
        """What the running requests get, the oldest first: tokens as the budget allows, and blocks for them."""
        plan, place = Plan(self.budget), 0
        while place < len(self.running) and plan.left:
            request = self.running[place]
            missing = request.missing
            wanted = self.sizes[request.cached + min(missing, plan.left)] - request.held
            if wanted > 0 and not self._granted(request, wanted, plan):
                break
            plan.bring(request, missing)
            place += 1
        return plan

    def _granted(self, request: ServedRequest, wanted: int, plan: Plan) -> bool:
        """Whether a request gets more blocks: the latest give theirs back for it, and at last it gives way itself."""
        while wanted > self.free:
            plan.preempted += 1
            if self._preempted() is request:
                return False
        self._take(request, wanted)
        return True

    def _preempted(self) -> ServedRequest:
        """The latest request, which gives its blocks back and waits in front, to be read again."""
        request = self.running.pop()
        self._leave(request)
        request.cached, request.preemptions = 0, request.preemptions + 1
        self.waiting.appendleft(request)
        return request

    def _admit(self, plan: Plan) -> None:
        """Requests join the running ones in turn, as long as tokens, slots and blocks allow."""
        if self.policy == "static" and self.running:
            return
        while self.waiting and plan.left and len(self.running) < self.limit and self._fits(self.waiting[0]):
            request = self.waiting.popleft()
            if math.isnan(request.admitted):
                request.admitted = self.clock
            self._take(request, self._final(request) if self.policy == "static" else self.sizes[request.missing])
            self.promised += self._final(request)
            self.running.append(request)
            plan.bring(request, request.missing)

    def _fits(self, request: ServedRequest) -> bool:
        if self.policy == "preempt":
            return self.sizes[request.missing] <= self.free - (WATERMARK * self.total if self.running else 0)
        return self.promised + self._final(request) <= self.total

    def _final(self, request: ServedRequest) -> int:
        """Parts of blocks that a request will have in the end; its last token is never cached."""
        return self.sizes[-1 if self.policy == "static" else request.prompt + request.answer - 1]

    def _take(self, request: ServedRequest, count: int) -> None:
        request.held += count
        self.free -= count

    def _leave(self, request: ServedRequest) -> None:
        """A request that runs no more gives its blocks back."""
        self._take(request, -request.held)
        self.promised -= self._final(request)

    def _dismiss(self, done: list[ServedRequest]) -> None:
        """Those that are done leave; of a static batch, when all are."""
        if done:
            self.running = [request for request in self.running if request.made < request.answer]
        if self.policy == "static":
            self.padding += done
            done, self.padding = ([], self.padding) if self.running else (self.padding, [])
        for request in done:
            self._leave(request)
