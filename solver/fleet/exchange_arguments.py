"""The arguments of exchanges among chips: what is sent, by whom, which way, and by which library."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

import numpy as np

from solver.base.declared import Seen
from solver.base.kinds import Amount, Whole, Word
from solver.base.numbers import each, symbolic, unknown
from solver.formulas.collectives import IN_GRAPHS
from solver.formulas.training.collective_exchange import near_chips
from solver.text import number_text
from solver.units import Q_

RINGS = ("ring", "rails", "hierarchical")
# By collective, the ways there are, in the order in which they are preferred where they are equally fast.
WAYS = {"all_reduce": (*RINGS, "tree", "direct"), "reduce_scatter": RINGS, "all_gather": RINGS,
        "all_to_all": ("direct", "hierarchical"), "send": ("direct",)}
ALGORITHMS = ("auto", *WAYS["all_reduce"])
LIBRARIES = ("ideal", "graph", "nccl", "eager")


class QuickerLibrary(str):
    """The name of a library whose every latency is so many times less: what is asked about what latencies matter."""

    quicker: Any = 1.0

    @classmethod
    def of(cls, name: str, quicker: Any) -> QuickerLibrary:
        """That library, so many times quicker than it is, or was already."""
        made = cls(name)
        made.quicker = getattr(name, "quicker", 1.0) * quicker
        return made


def _possible(name: str, value: Any, seen: Seen) -> Any:
    """A way that there is for that collective."""
    ways = WAYS[seen["collective"]]
    if value != "auto" and value not in ways:
        raise ValueError(f"{name} is {value!r}, and {seen['collective']} goes by auto or {' or '.join(ways)}: choose "
                         f"one of those.")
    return value


def _within(name: str, value: Any, seen: Seen) -> Any:
    """As many chips as the fleet has, filling the servers that they are of."""
    fleet = seen["fleet"]
    if unknown(value) or symbolic(fleet) or unknown(fleet.chips):
        return value
    most, joined = float(np.max(fleet.chips)), float(near_chips(fleet))
    each(name, value, lambda v: v <= most, lambda bad: f"the fleet has {number_text(most)} chips; give no more.")
    return each(name, value, lambda v: (v <= joined) | (v % joined == 0), lambda bad: (
        f"a server joins {number_text(joined)} chips; give no more than that, or a multiple of it."))


def _fitted(name: str, value: Any, seen: Seen) -> Any:
    """A library whose all-reduces were fitted on chips of that kind."""
    fleet = seen["fleet"]
    if value != "graph" or symbolic(fleet):
        return value
    kind = fleet.device.link_kind
    if kind not in IN_GRAPHS:
        raise ValueError(f"{name} is 'graph', and no all-reduces in CUDA graphs were fitted on {fleet.device}: choose "
                         f"ideal, or chips of {', '.join(IN_GRAPHS.keys())}.")
    if kind == "PCIe" and seen["algorithm"] not in ("auto", "direct"):
        raise ValueError(f"{name} is 'graph', and over PCIe only the algorithm direct was fitted; choose auto.")
    return value


Message: TypeAlias = Annotated[Any, Amount(
    "Data that each chip holds before an all-reduce, a reduce-scatter or an all-to-all, or after an all-gather.",
    "byte", sample="1 GB", example=Q_("1 GB"))]
Collective: TypeAlias = Annotated[Any, Word("What chips do together.", choices=tuple(WAYS))]
Algorithm: TypeAlias = Annotated[Any, Word(
    "The way in which they do it; \"auto\" is the fastest.", choices=ALGORITHMS, asks=_possible)]
Exchanging: TypeAlias = Annotated[Any, Whole(
    "Chips that take part, of as few servers as they fill; if not given, all of the fleet.", "", word="chip", other=16,
    asks=_within, otherwise=lambda seen: seen["fleet"].chips)]
LibraryWord: TypeAlias = Annotated[Any, Word(
    "What runs it: \"ideal\" loses nothing, the others reach what was measured.", choices=LIBRARIES, asks=_fitted)]
LinkLatency: TypeAlias = Annotated[Any, Amount(
    "Time that each step over the link takes besides what it moves.", "second", sample="2 us", other=Q_("2 us"))]
NetworkLatency: TypeAlias = Annotated[Any, Amount(
    "Time that each step between servers takes besides what it moves; if not given, the library's.", "second",
    sample="5 us", other=Q_("5 us"), otherwise=lambda seen: None)]
