"""Fabrics: the networks that chips exchange data over where their own link ends."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from solver.text import nearest
from solver.units import Bandwidth, Scalar, Second
from solver.zoo.records import Source, Zoo, base_value, judge_figures, make_plain, records

NUMBERS = ("rate", "latency", "oversubscription", "pod", "dimensions")


@dataclass(frozen=True)
class Topology:
    """The numbers that tell kinds of networks apart.

    `cut` is what crosses the middle as a share of what one half sends, where that does not depend on the size; `stages`
    is 1 where switches form a tree, `hops` the most links between switches where that is fixed, `dimensions` those of
    a torus.
    """

    cut: Scalar = 0.0
    stages: Scalar = 0.0
    hops: Scalar = 0.0
    dimensions: Scalar = 0.0


# Fat tree: Leiserson 1985, as wide above as below. Dragonfly: Kim et al. 2008, balanced (a = 2p = 2h): g groups of 2p
# routers, two of which a link joins, so that g^2 / 4 links cross the middle for the g * 2p * p / 2 of a half, or
# (2p^2 + 1) / 4p^2, which is a half as it grows. A ring is a torus of one dimension.
TOPOLOGIES = {"fat tree": Topology(cut=1.0, stages=1.0), "dragonfly": Topology(cut=0.5, hops=3.0),
              "torus": Topology(dimensions=3.0), "ring": Topology(dimensions=1.0)}


@dataclass(frozen=True)
class Fabric:
    """A network between nodes, each chip with a NIC of its own.

    `rate` is that of a NIC, one direction. `latency` is the time that an exchange takes more than one within a node,
    however small it is, as engines find it: wires and switches are a hundredth of it, launches and protocols the rest.
    `topology` is one of `TOPOLOGIES`; above its pods of `pod` NICs (1: above its leaves) the network has
    1 / `oversubscription` of what the NICs send. A torus has so many `dimensions`, and `rate` is then that of all links
    of a chip together.

    >>> Fabric("Mine", rate="25 GB/s", latency="50 us").rate
    25000000000.0
    """

    name: str
    rate: Bandwidth
    latency: Second = 0.0
    topology: str = "fat tree"
    oversubscription: Scalar = 1.0
    pod: Scalar = 1.0
    dimensions: Scalar = 3.0
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        make_plain(self)
        if self.topology not in TOPOLOGIES:
            raise ValueError(f"topology {self.topology!r} is not known. {nearest(self.topology, TOPOLOGIES)}")
        if np.any(self.oversubscription < 1) or np.any(np.isinf(self.oversubscription)):
            raise ValueError(f"fabric {self.name!r} has an oversubscription of {self.oversubscription!r}: it is what "
                             f"leaves could send over what goes up, so give a number from 1 on, such as 7 for 1:7.")
        for what in ("pod", "dimensions"):
            value = getattr(self, what)
            if isinstance(value, (int, float)) and not (value >= 1 and value == value // 1):
                raise ValueError(f"fabric {self.name!r} has {what} of {value!r}: give a whole number from 1 on.")
        if not self.rate > 0 or not self.latency >= 0:
            raise ValueError(f"fabric {self.name!r} has a rate of {self.rate!r} B/s and a latency of {self.latency!r} "
                             f"s: give a rate above 0, such as '50 GB/s', and a latency from 0 on, such as '60 us'.")
        judge_figures(self, rate=(1e6, 1e30, "'50 GB/s'"), latency=(0.0, 1.0, "'60 us'"),
                      oversubscription=(1.0, 1e4, "7"), pod=(1.0, 1e9, "32"), dimensions=(1.0, 100.0, "3"))

    @cached_property
    def ideal(self) -> Fabric:
        """The same with nothing lost: its rate alone."""
        return replace(self, latency=0.0)

    @cached_property
    def shape(self) -> Topology:
        """The numbers of its topology."""
        found = TOPOLOGIES[self.topology]
        return replace(found, dimensions=self.dimensions) if self.topology == "torus" else found

    def __str__(self) -> str:
        return self.name


def fabric_record(table: dict, sources: Mapping[str, Source]) -> Fabric:
    """The record of one table of ``zoo/site/fabrics.toml``, each figure with its source."""
    figures: dict[str, Any] = {k: base_value(v) for k, v in table.items() if k in NUMBERS}
    elsewhere = table.get("elsewhere", {})
    return Fabric(table["name"], **figures, topology=table.get("topology", "fat tree"),
                  sources={k: sources[elsewhere.get(k, table["source"])] for k in figures})


Fabrics: Zoo[Fabric] = Zoo("Fabrics", lambda: records("site/fabrics.toml", fabric_record))
