"""The arguments that only waiting for servers asks for: quantiles, fan-out, limits of latency, and searches."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, TypeAlias

import numpy as np

from solver.base.arguments import PROMPT, WINDOW
from solver.base.declared import Seen
from solver.base.kinds import Named, Whole
from solver.base.numbers import limited_number
from solver.base.queues import ARRIVALS, SERVERS, SPREAD

MOST_SEARCHED = 65_536
TIME_LIMIT = Named("Time that a share `quantile` of the requests may take at most.", "second", low=0, above=True,
                   bare="ms", other=1000)


def _answered(name: str, value: Any, seen: Seen) -> Any:
    """A part of a request, of which the prompt has at least one token."""
    return limited_number(name, value, "mean_request_tokens", seen["mean_request_tokens"], np.less, "below",
                          "prompt and answer share a request, and a prompt has at least one token")


def _at_most_longest(name: str, value: Any, seen: Seen) -> Any:
    """The average of requests, none of which is longer than the longest."""
    return limited_number(name, value, "max_seq_len", seen["max_seq_len"], np.less_equal, "at most",
                          "no request is longer than that; choose one that is no larger")


def _of_lengths(seen: Seen) -> Any:
    """Exponential service times where requests differ in length, equal ones where all are as long as the longest."""
    return np.where(seen["mean_request_tokens"] < seen["max_seq_len"], 1.0, 0.0)


FanOut: TypeAlias = Annotated[Any, Whole(
    "Parts of a request, each served by a queue like this one; the request has to wait for all of them.", "",
    word="part", other=100)]
Slo: TypeAlias = Annotated[Any, TIME_LIMIT]
P99Limit: TypeAlias = Annotated[Any, replace(
    TIME_LIMIT, sentence="Time that 99 % of the requests may take at most.", example=5000, other=3000)]
Demand: TypeAlias = Annotated[Any, replace(ARRIVALS, example=20, other=40)]
OfferedRate: TypeAlias = Annotated[Any, replace(ARRIVALS, example=4, other=8)]
ModelCopies: TypeAlias = Annotated[Any, replace(
    SERVERS, sentence="Copies of the model, each on a node of its own, that share one line.", word="replica")]
LongestRequest: TypeAlias = Annotated[Any, replace(
    WINDOW, sentence="The longest request that a replica admits: prompt and answer together.", example=None)]
RequestTokens: TypeAlias = Annotated[Any, Whole(
    "Tokens of a request on average, prompt and answer together; if not given, all are as long as max_seq_len.",
    "token", other=1024, asks=_at_most_longest, otherwise=lambda seen: seen["max_seq_len"])]
OutputTokens: TypeAlias = Annotated[Any, Whole(
    "Tokens of an answer on average, a part of the request.", "token", asks=_answered)]
LengthSpread: TypeAlias = Annotated[Any, replace(
    SPREAD, sentence="Standard deviation of service times over their mean: 0 all equal, 1 exponential. If not given, 1 "
    "where mean_request_tokens is below max_seq_len, else 0.", otherwise=_of_lengths, other=1)]
AnswerOf: TypeAlias = Annotated[Any, replace(
    PROMPT, sentence="Tokens of the answer, on average.", example=None)]
MostReplicas: TypeAlias = Annotated[Any, Whole(
    "Replicas at most.", "", word="replica", high=1_000_000, other=1, single="replicas up to it are searched",
    beyond="give at most 1,000,000 replicas.")]
MostSearched: TypeAlias = Annotated[Any, Whole(
    "The largest batch that is tried.", "request", high=MOST_SEARCHED, other=4, single="all batches up to it are tried",
    beyond=f"give at most {MOST_SEARCHED:,}; no chip has room for more.")]
