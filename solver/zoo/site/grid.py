"""Grids: what a kilowatt-hour of electricity emits, and what it costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from solver.units import DollarPerJoule, KilogramPerJoule
from solver.zoo.hardware import NONE
from solver.zoo.records import Source, Zoo, base_value, judge_figures, make_plain, records


@dataclass(frozen=True, eq=False)
class Grid:
    """The electricity of a region: the `carbon` that its kilowatt-hour emits, as CO2 or its equivalent, in a year.

    `price` is what industry pays; NaN where it is not known. `scope` says whether the plants' own emissions are counted
    ("direct") or those of building them and of their fuel too ("lifecycle"): compare grids of one scope.

    >>> round(Grid("Mine", carbon="400 g/kWh", price="0.08 USD/kWh").carbon * 3.6e9)   # g/kWh
    400
    """

    name: str
    carbon: KilogramPerJoule
    price: DollarPerJoule = NONE
    year: int = 0
    scope: str = ""
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        make_plain(self)
        if np.any(self.carbon < 0) or np.any(self.price < 0):
            raise ValueError(f"grid {self.name!r} has a carbon intensity of {self.carbon!r} kg/J and a price of "
                             f"{self.price!r} USD/J: give both from 0 on, such as '400 g/kWh' and '0.08 USD/kWh'.")
        judge_figures(self, carbon=(0.0, 1e-3, "'400 g/kWh'"), price=(0.0, 1e-5, "'0.08 USD/kWh'"))

    def __str__(self) -> str:
        return self.name


def grid_record(table: dict, sources: Mapping[str, Source]) -> Grid:
    """The record of one table of ``zoo/site/grids.toml``, each figure with its source."""
    figures: dict[str, Any] = {k: base_value(v) for k, v in table.items() if k in ("carbon", "price")}
    elsewhere = table.get("elsewhere", {})
    return Grid(table["name"], **figures, year=table["year"], scope=table["scope"],
                sources={k: sources[elsewhere.get(k, table["source"])] for k in figures})


Grids: Zoo[Grid] = Zoo("Grids", lambda: records("site/grids.toml", grid_record))
