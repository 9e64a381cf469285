"""Regions to choose from: grids, or data centers that stand on one, by name or as records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, TypeAlias

from solver.base.declared import Argument
from solver.base.kinds import Named, Rate
from solver.base.numbers import each, number, symbolic
from solver.text import SHORT_LIST, given_text, nearest
from solver.units import Q_, is_quantity
from solver.zoo.records import Zoo
from solver.zoo.site.datacenter import Datacenter, Datacenters
from solver.zoo.site.grid import Grid, Grids


@dataclass(frozen=True, eq=False)
class RegionsOf(Argument):
    """A list of regions."""

    values = "names of `Grids` or `Datacenters`, or records"

    def plain(self, name: str, value: Any) -> Any:
        if not isinstance(value, (list, tuple, Zoo)) or not len(value):
            raise TypeError(f"{name} is {given_text(value)}, and should be a list of regions, such as "
                            f"['France', 'US_Average'].")
        found = tuple(region(name, one) for one in value)
        names = [one.name for one in found]
        for one in names:
            if names.count(one) > 1:
                raise ValueError(f"{name} has {one} more than once: leave it out, or give the other one a name.")
        return found

    @property
    def moved(self) -> Any:
        return self.other


def region(name: str, value: Any) -> Grid | Datacenter:
    """The grid or the data center of that name, or that record."""
    if isinstance(value, (Grid, Datacenter)):
        return value
    if not isinstance(value, str):
        raise TypeError(f"{name} has {given_text(value)}, and should have names or records such as Grids.France.")
    for zoo in (Grids, Datacenters):
        if value in zoo:
            return zoo[value]
    known = [*Grids.keys(), *Datacenters.keys()]
    raise ValueError(f"{name} has {given_text(value)}, which is not known. {nearest(value, known, SHORT_LIST)}")


class Site(NamedTuple):
    """A data center on a grid, and what it pays for a joule."""

    name: str
    datacenter: Any
    grid: Grid
    price: Any


def site_of(fleet: Any, where: Grid | Datacenter, price: Any) -> Site:
    """A data center as it stands, or the fleet's on another grid, at that grid's price unless one is given."""
    found = (Site(where.name, where, where.grid, where.electricity) if isinstance(where, Datacenter) else
             Site(where.name, fleet.datacenter, where, where.price))
    return found if price is None else found._replace(price=price)


@dataclass(frozen=True, eq=False)
class Sum(Rate):
    """A sum of money, from nothing on."""

    above: bool = False

    def plain(self, name: str, value: Any) -> Any:
        if symbolic(value):
            return value
        if not is_quantity(value):
            raise TypeError(f"{name} is {given_text(value)}, without a unit: write Q_({self.sample!r}), for example.")
        return each(name, number(name, value, self.unit), lambda v: (v >= 0) & (v < float("inf")), lambda bad: (
            f"give a quantity from 0 on, such as Q_({self.sample!r})."))


Regions: TypeAlias = Annotated[Any, RegionsOf(
    "Regions to choose from: grids or data centers, by name or as records.", other=("France", "Poland"))]
CarbonTax: TypeAlias = Annotated[Any, Named(
    "USD for each ton of CO2 that is emitted.", "dollar/kilogram", bare="dollar/tonne", low=0)]
FixedCost: TypeAlias = Annotated[Any, Sum(
    "What else the fleet costs, wherever it stands.", "dollar", sample="1000000 USD", other=Q_("1000000 USD"))]
EveryPrice: TypeAlias = Annotated[Any, Named(
    "USD for a kilowatt-hour in every region; if not given, each region's own price.", "dollar/joule",
    bare="dollar/kWh", low=0, other=0.2)]
