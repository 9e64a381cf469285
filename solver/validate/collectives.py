"""What `CollectiveModel` says of an exchange that was measured among the chips of one server."""

from __future__ import annotations

from solver.fleet.collective import CollectiveModel
from solver.units import quantity
from solver.validate.study import answered
from solver.zoo.hardware import Accelerator
from solver.zoo.site.fleet import Fleet
from solver.zoo.site.server import Server

MIB = 2**20


def all_reduced(device: Accelerator, chips: float, size: float, library: str) -> float:
    """Time of an all-reduce of `size` bytes among so many chips of a server, as a user is told it."""
    fleet = Fleet(Server(f"{chips:g} {device}", device, chips))
    return float(answered(CollectiveModel().solve, fleet, quantity(size, "byte"), library=library).value("time"))
