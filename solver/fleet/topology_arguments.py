"""The arguments of networks by themselves: what they join, in which shape, and what is sent over them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, TypeAlias

from solver.base import chosen
from solver.base.fleets import FLEET, fleet
from solver.base.kinds import Amount, Whole, Word
from solver.base.numbers import symbolic
from solver.units import Q_
from solver.zoo.site.fabric import TOPOLOGIES, Fabric

OTHERS_WORDS = {"fat_tree": "fat tree", "torus_3d": "torus"}
ALONE = 64.0  # nodes of a network that is given without a fleet


@dataclass(frozen=True, eq=False)
class Shape(Word):
    """The word of a topology, or one that others have for it."""

    def plain(self, name: str, value: Any) -> Any:
        return super().plain(name, OTHERS_WORDS.get(value, value) if isinstance(value, str) else value)


def _joined(name: str, value: Any) -> Any:
    """A fleet, or a network alone."""
    if isinstance(value, (str, Fabric)):
        return chosen.fabric(name, value)
    return value if symbolic(value) else fleet(name, value)


def network_of(joined: Any) -> Any:
    """The network of a fleet, or that network."""
    return joined if isinstance(joined, Fabric) else joined.fabric


Joined: TypeAlias = Annotated[Any, replace(
    FLEET, sentence="The fleet, or a network alone, a record of `Fabrics` or its name.", of="fleet or fabric",
    judge=_joined)]
TopologyWord: TypeAlias = Annotated[Any, Shape(
    "The shape of the network; if not given, that of the fleet's.", choices=tuple(TOPOLOGIES), other="ring")]
Nodes: TypeAlias = Annotated[Any, Whole(
    "NICs that it joins; if not given, one for each chip of the fleet.", "", word="node", other=64,
    otherwise=lambda seen: ALONE if isinstance(seen["fleet"], Fabric) else seen["fleet"].chips)]
Exchanged: TypeAlias = Annotated[Any, Amount(
    "Data that each node holds before an all-to-all or an all-reduce.", "byte", sample="1 GB")]
Radix: TypeAlias = Annotated[Any, Whole(
    "Ports of a switch of a fat tree.", "", low=4, word="port", other=8)]
HopTime: TypeAlias = Annotated[Any, Amount(
    "Time that each hop takes besides what it moves.", "second", sample="0.2 us", other=Q_("0.2 us"))]
