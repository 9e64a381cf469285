"""A fleet: servers of one kind, the network between them, and the data center around them."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from solver.text import given_text
from solver.units import Byte, Scalar, Watt
from solver.zoo.hardware import Accelerator
from solver.zoo.records import record_named
from solver.zoo.site.datacenter import Datacenter, Datacenters
from solver.zoo.site.fabric import Fabric, Fabrics
from solver.zoo.site.server import Server


@dataclass(frozen=True, eq=False)
class Fleet:
    """`count` servers `node`, joined by `fabric`, in a `datacenter`.

    Chips of a server exchange data over their own link, chips of different servers over the NICs of the fabric.
    A record of a `Fabric` or `Datacenter`, or its name.

    >>> from solver import Fleet, Servers
    >>> fleet = Fleet(Servers.DGX_H100, 2048, "NDR")
    >>> fleet.chips, float(fleet.joined), str(fleet)
    (16384.0, 8.0, '2,048 × DGX H100')
    """

    node: Server
    count: Scalar = 1.0
    fabric: Any = None  # a Fabric, once made
    datacenter: Any = None  # a Datacenter, once made
    name: str = ""

    def __post_init__(self) -> None:
        if isinstance(self.node, Accelerator):
            raise TypeError(f"node is {self.node}, a chip: a fleet has servers. Write Server('Mine', chip, 8) for "
                            f"servers of 8 such chips, or take one of Servers.")
        if not isinstance(self.node, Server):
            raise TypeError(f"node is {given_text(self.node)}, and should be a record such as Servers.DGX_H100.")
        if isinstance(self.count, (list, tuple)):
            object.__setattr__(self, "count", np.array(self.count))
        _judge_count(self.count)
        for name, kind, zoo, usual in (("fabric", Fabric, Fabrics, "NDR"),
                                       ("datacenter", Datacenter, Datacenters, "Average")):
            value = getattr(self, name)
            given = zoo[usual] if value is None else value
            object.__setattr__(self, name, record_named(name, given, kind, zoo, str(zoo[usual])))

    @property
    def device(self) -> Accelerator:
        """The chip."""
        return self.node.device

    @cached_property
    def chips(self) -> Scalar:
        """All of them.

            chips = count * node.chips
        """
        return self.count * self.node.chips

    @cached_property
    def joined(self) -> Scalar:
        """Chips that exchange data over their own link: those of a server, as far as a link joins them.

            joined = min(node.chips, domain)      1 where they have no link of their own
        """
        return np.minimum(self.node.chips, np.maximum(self.device.domain, 1.0)) + 0.0

    @cached_property
    def power(self) -> Watt:
        """What all chips may draw, as their maker states it; hosts, network and cooling come on top."""
        return self.device.power * self.chips

    @cached_property
    def memory(self) -> Byte:
        """Of all chips together, as far as it can be used."""
        return self.device.usable_memory * self.chips

    def __repr__(self) -> str:
        return f"Fleet({self.node}, {self.count!r}, {self.fabric}, {self.datacenter})"

    def __str__(self) -> str:
        return self.name or f"{self.count:,.0f} × {self.node}" if np.ndim(self.count) == 0 else f"Fleet of {self.node}"


def _judge_count(count: Any) -> None:
    if isinstance(count, (bool, np.bool_, str)) or count is None:
        raise TypeError(f"count is {given_text(count)}, and should be a number of servers, such as 16.")
    if isinstance(count, (int, float, np.ndarray)):
        for one in np.ravel(np.asarray(count, float)):
            if not (math.isfinite(one) and one >= 1 and one == math.floor(one)):
                raise ValueError(f"count is {one:.12g}: servers come whole; give a number from 1 on.")
