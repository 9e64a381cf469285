"""Data centers: what cooling and power supply take beside the machines, and the grid that feeds it all."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from solver.units import DollarPerJoule, LiterPerJoule, Scalar
from solver.zoo.hardware import NONE
from solver.zoo.records import Source, Zoo, base_value, judge_figures, make_plain, records
from solver.zoo.site.grid import Grids


@dataclass(frozen=True, eq=False)
class Datacenter:
    """A building for machines: `pue` is all of its energy over that of its machines (power usage effectiveness), `wue`
    the water that it takes for each kilowatt-hour of theirs (NaN where nobody publishes it).

    `price` is what its electricity costs; not given, what industry pays for it in that `grid`.

    >>> Datacenter("Mine", pue=1.1, grid="France").grid.name
    'France'
    """

    name: str
    pue: Scalar = 1.0
    wue: LiterPerJoule = NONE
    grid: Any = None  # a Grid, once made
    price: DollarPerJoule = NONE
    year: int = 0
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        make_plain(self)
        grid = Grids.US_Average if self.grid is None else Grids[self.grid] if isinstance(self.grid, str) else self.grid
        object.__setattr__(self, "grid", grid)
        if np.any(self.pue < 1) or np.any(np.isinf(self.pue)):
            raise ValueError(f"data center {self.name!r} has a PUE of {self.pue!r}: it is all energy over that of the "
                             f"machines alone, so give a number from 1 on, such as 1.1.")
        if np.any(self.wue < 0) or np.any(self.price < 0):
            raise ValueError(f"data center {self.name!r} takes {self.wue!r} liter/J of water at {self.price!r} USD/J: "
                             f"give both from 0 on, such as '0.3 liter/kWh' and '0.08 USD/kWh'.")
        judge_figures(self, pue=(1.0, 10.0, "1.1"), wue=(0.0, 1e-4, "'0.3 liter/kWh'"),
                      price=(0.0, 1e-5, "'0.08 USD/kWh'"))

    @property
    def electricity(self) -> DollarPerJoule:
        """What a joule costs: the data center's own price, or its grid's."""
        return np.where(np.isnan(self.price), self.grid.price, self.price)

    def __str__(self) -> str:
        return self.name


def datacenter_record(table: dict, sources: Mapping[str, Source]) -> Datacenter:
    """The record of one table of ``zoo/site/datacenters.toml``, each figure with its source."""
    figures: dict[str, Any] = {k: base_value(v) for k, v in table.items() if k in ("pue", "wue", "price")}
    elsewhere = table.get("elsewhere", {})
    return Datacenter(table["name"], **figures, grid=table.get("grid"), year=table["year"],
                      sources={k: sources[elsewhere.get(k, table["source"])] for k in figures})


Datacenters: Zoo[Datacenter] = Zoo("Datacenters", lambda: records("site/datacenters.toml", datacenter_record))
