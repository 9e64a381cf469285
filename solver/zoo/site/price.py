"""Prices: what a provider asks for an hour of a chip."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from solver.units import DollarPerSecond
from solver.zoo.records import Source, Zoo, base_value, judge_figures, make_plain, records


@dataclass(frozen=True)
class Price:
    """The `rate` that a `provider` asked for one `chip` on a `date`, on demand.

    >>> Price("Mine", rate="2.50 USD/hour").rate * 3600   # USD for an hour
    2.5
    """

    name: str
    rate: DollarPerSecond
    chip: str = ""  # a key of `Hardware`
    provider: str = ""
    date: datetime.date | None = None
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        make_plain(self)
        if isinstance(self.rate, (int, float)) and not self.rate > 0:
            raise ValueError(f"price {self.name!r} is {self.rate!r} USD/s: give what an hour costs, above 0, such as "
                             f"'2.50 USD/hour'.")
        judge_figures(self, rate=(1e-9, 0.1, "'2.50 USD/hour'"))

    def __str__(self) -> str:
        return self.name


def price_record(table: dict, sources: Mapping[str, Source]) -> Price:
    """The record of one table of ``zoo/site/prices.toml``, with its source."""
    figures: dict[str, Any] = {"rate": base_value(table["rate"])}
    return Price(table["name"], **figures, chip=table["chip"], provider=table["provider"], date=table["date"],
                 sources=dict.fromkeys(figures, sources[table["source"]]))


Prices: Zoo[Price] = Zoo("Prices", lambda: records("site/prices.toml", price_record))
