"""The arguments of everything that asks about many machines: fleets, networks, data centers and grids."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from solver.base.chosen import fabric
from solver.base.kinds import RecordOf
from solver.base.numbers import symbolic
from solver.text import given_text
from solver.zoo.hardware import Accelerator
from solver.zoo.records import record_named
from solver.zoo.site.datacenter import Datacenter, Datacenters
from solver.zoo.site.fabric import Fabrics
from solver.zoo.site.fleet import Fleet
from solver.zoo.site.grid import Grid, Grids
from solver.zoo.site.server import Server, Servers


def fleet(name: str, value: Any) -> Any:
    """A fleet."""
    if symbolic(value) or isinstance(value, Fleet):
        return value
    if isinstance(value, Accelerator):
        raise TypeError(f"{name} is {value}, a chip: write Fleet(Server('Mine', chip, 8), 128) for 128 servers of 8 "
                        f"such chips.")
    if isinstance(value, Server):
        raise TypeError(f"{name} is {value}, one kind of server: write Fleet(Servers.DGX_H100, 128) for 128 of them.")
    raise TypeError(f"{name} is {given_text(value)}, and should be a fleet such as Fleet(Servers.DGX_H100, 128).")


def datacenter(name: str, value: Any) -> Any:
    """The data center of that name, or that record."""
    return record_named(name, value, Datacenter, Datacenters, "Datacenters.Average")


def grid(name: str, value: Any) -> Any:
    """The grid of that region, or that record."""
    return record_named(name, value, Grid, Grids, "Grids.US_Average")


FLEET = RecordOf(
    "The fleet, such as `Fleet(Servers.DGX_H100, 128)`.", of="fleet", judge=fleet,
    pair=lambda: (Fleet(Servers.DGX_H100, 16), Fleet(Servers.DGX_A100, 128, "HDR")))
DATACENTER = RecordOf(
    "The data center, a record of `Datacenters` or its name; if not given, the fleet's.", of="data center",
    judge=datacenter, pair=lambda: (Datacenters.Average, Datacenter("Other", pue=1.1, wue="0.2 liter/kWh",
                                                                  grid="France", price="0.2 USD/kWh")))
REGION = RecordOf(
    "The grid that feeds it, a record of `Grids` or its name; if not given, the data center's.", of="grid", judge=grid,
    pair=lambda: (Grids.US_Average, Grids.France))

FleetOf: TypeAlias = Annotated[Any, FLEET]
DatacenterOf: TypeAlias = Annotated[Any, DATACENTER]
GridOf: TypeAlias = Annotated[Any, REGION]
FabricOf: TypeAlias = Annotated[Any, RecordOf(
    "The network, a record of `Fabrics` or its name.", of="fabric", judge=fabric,
    pair=lambda: (Fabrics.NDR, Fabrics.HDR))]
