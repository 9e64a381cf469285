"""Fabrics: the networks that chips exchange data over where their own link ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from solver.text import nearest
from solver.units import Bandwidth, Scalar, Second
from solver.zoo.records import Source, Zoo, base_value, make_plain, records

NUMBERS = ("rate", "latency", "oversubscription")
TOPOLOGIES = ("fat tree", "dragonfly", "torus", "ring")


@dataclass(frozen=True)
class Fabric:
    """A network between nodes, each chip with a NIC of its own.

    `rate` is that of a NIC, one direction. `latency` is the time that an exchange takes more than one within a node,
    however small it is, as engines find it: wires and switches are a hundredth of it, launches and protocols the rest.
    `topology` is one of `TOPOLOGIES`; above its leaves the network has 1 / `oversubscription` of what the NICs send.

    >>> Fabric("Mine", rate="25 GB/s", latency="50 us").rate
    25000000000.0
    """

    name: str
    rate: Bandwidth
    latency: Second = 0.0
    topology: str = "fat tree"
    oversubscription: Scalar = 1.0
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        make_plain(self)
        if self.topology not in TOPOLOGIES:
            raise ValueError(f"topology {self.topology!r} is not known. {nearest(self.topology, TOPOLOGIES)}")
        if np.any(self.oversubscription < 1) or np.any(np.isinf(self.oversubscription)):
            raise ValueError(f"fabric {self.name!r} has an oversubscription of {self.oversubscription!r}: it is what "
                             f"leaves could send over what goes up, so give a number from 1 on, such as 7 for 1:7.")
        if not self.rate > 0 or not self.latency >= 0:
            raise ValueError(f"fabric {self.name!r} has a rate of {self.rate!r} B/s and a latency of {self.latency!r} "
                             f"s: give a rate above 0, such as '50 GB/s', and a latency from 0 on, such as '60 us'.")

    @cached_property
    def ideal(self) -> Fabric:
        """The same with nothing lost: its rate alone."""
        return replace(self, latency=0.0)

    def __str__(self) -> str:
        return self.name


def fabric_record(table: dict, sources: Mapping[str, Source]) -> Fabric:
    """The record of one table of ``zoo/fabrics.toml``, each figure with its source."""
    figures: dict[str, Any] = {k: base_value(v) for k, v in table.items() if k in NUMBERS}
    elsewhere = table.get("elsewhere", {})
    return Fabric(table["name"], **figures, topology=table.get("topology", "fat tree"),
                  sources={k: sources[elsewhere.get(k, table["source"])] for k in figures})


Fabrics: Zoo[Fabric] = Zoo("Fabrics", lambda: records("fabrics.toml", fabric_record))
