"""The arguments that only a simulation asks for: how many requests come and when, and what its server does."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, TypeAlias

from solver.base.arguments import WEIGHT_FORMAT, WINDOW, below_window
from solver.base.chosen import published
from solver.base.declared import Seen
from solver.base.kinds import Number, Rate, Whole, Word
from solver.simulation.server import POLICIES
from solver.units import Q_

ONE_SERVER = "a simulation follows one server: call simulate for each case"
MOST_REQUESTS = 100_000
LONGEST_WINDOW = 2**20


def _half_window(seen: Seen) -> Any:
    return below_window("output_len", max(int(seen["seq_len"]) // 2, 1), seen)


def _halved(name: str, value: Any, seen: Seen) -> Any:
    """A window that leaves at least one token each to prompt and answer."""
    _half_window({name: value})
    return value


ServedFormat: TypeAlias = Annotated[Any, replace(
    WEIGHT_FORMAT, asks=lambda name, value, seen: published(value, seen["hardware"]))]
ServedWindow: TypeAlias = Annotated[Any, replace(
    WINDOW, asks=_halved, high=LONGEST_WINDOW,
    beyond=f"a simulation keeps a table of every context; give at most {LONGEST_WINDOW:,}.")]
HalfAnswer: TypeAlias = Annotated[Any, Whole(
    "The window of answers, a part of seq_len; half of it if not given.", "token", other=256, asks=below_window,
    otherwise=_half_window)]
RequestsInAll: TypeAlias = Annotated[Any, Whole(
    "Requests in all.", "request", high=MOST_REQUESTS, example=60,
    beyond=f"give at most {MOST_REQUESTS:,}; a few thousand settle every mean.")]
ArrivalRate: TypeAlias = Annotated[Any, Rate(
    "Requests that come in a second on average, at random (Poisson).", "request/second", sample="5 request/s",
    other=Q_("5 request/s"))]
Policy: TypeAlias = Annotated[Any, Word("Who is admitted.", choices=POLICIES, other="static")]
Budget: TypeAlias = Annotated[Any, Whole("Tokens of a step at most, which \"static\" does not look at.", "token")]
Seed: TypeAlias = Annotated[Any, Number(
    "A whole number; the same gives the same result, bit for bit.", "", low=0, whole=True, other=1,
    good=lambda v: (v >= 0) & (v % 1 == 0),
    says="give a whole number from 0 on; each stands for other requests, always the same ones.")]
