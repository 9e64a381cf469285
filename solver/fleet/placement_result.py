"""What `PlacementOptimizer.solve` found: the best region, and what each of them costs and emits."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.fleet.sentences import extreme_text, power_sentence, work_sentences

UNKNOWN_REGION = "Unknown"


class SiteResult(Result):
    """A fleet in one region. Its fields broadcast with the arrays that were given."""

    tco = field("USD", "electricity, and what the fleet costs wherever it stands")
    taxed_tco = field("USD", "the same with the tax on carbon")
    electricity_cost = field("USD", "electricity, with cooling and power supply")
    carbon_footprint = field("t", "what the grid emits for it, as CO2 or its equivalent")
    carbon_intensity = field("g/kWh", "what the grid emits for a kilowatt-hour")
    water = field("l", "water that the site takes; unknown where its WUE is")
    pue = field(None, "energy of the data center over that of its machines")
    energy = field("MWh", "energy of the data center for the chips")
    cost_of_work = field("USD/EFLOP", "cost and tax for the arithmetic that is done, at that MFU")


SITE_FIELDS = frozenset(SiteResult.fields())


def picked(place: Any, sites: list[dict[str, Any]], name: str) -> Any:
    """A field of the site at that place; that of the first where no place is known."""
    found = sites[0][name]
    for other, one in enumerate(sites[1:], 1):
        found = np.where(place == other, one[name], found)
    return found


class PlacementResult(SiteResult):
    """What `PlacementOptimizer.solve` found: the fields of the best region. `by_region` has those of each."""

    best_place = field(None, "which of the regions is best, by its place among them, from 0", int)
    lowest_tco = field("USD", "what the best region costs, without the tax",
                       lazy=lambda result: result.value("tco"))
    best_from_tax = field("USD/t", "the tax from which it is the best: below it another one is")
    best_to_tax = field("USD/t", "the tax up to which it is the best: above it another one is; infinite if none")

    def value(self, name: str) -> Any:
        """A field in base units; one of the best region is picked now."""
        if name not in self.values and name in SITE_FIELDS:
            self.values[name] = picked(self.values["best_place"], self.given["sites"], name)
        return super().value(name)

    @property
    def by_region(self) -> dict[str, SiteResult]:
        """The result of each region, by its name."""
        cases = self.given["asked"].cases
        return {case.site.name: SiteResult(dict(values), {"asked": case})
                for case, values in zip(cases, self.given["sites"], strict=True)}

    @property
    def best_region(self) -> Any:
        """The name of the best region, or an array of names; "Unknown" where no cost is known."""
        names = np.array([*(case.site.name for case in self.given["asked"].cases), UNKNOWN_REGION])
        place = np.asarray(self.values["best_place"], float)
        found = names[np.where(np.isnan(place), len(names) - 1, place).astype(int)]
        return found if np.ndim(found) else str(found)

    @property
    def constraint_trace(self) -> list[str]:
        """Which region is best, why, and what is unknown, in sentences."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        first = self.given["asked"].cases[0]
        return [*self._best(), *self._unpriced(), *self._scopes(), power_sentence(first.fleet, first.power),
                *work_sentences(first.mfu)]

    def _best(self) -> list[str]:
        v = self.values
        if np.all(np.isnan(v["best_place"])):
            return ["Best: unknown, for no region has a known cost."]
        if np.size(v["best_place"]) > 1:
            return [f"Best: {', '.join(sorted(set(map(str, np.ravel(self.best_region)))))}, by the point."]
        low, high = v["best_from_tax"], v["best_to_tax"]
        until = f"up to a tax of {extreme_text(high, 'USD/t')}"
        if low > 0:
            until = f"from {extreme_text(low, 'USD/t')} {'on, at any higher tax' if np.isinf(high) else until}"
        return [f"Best: {self.best_region}, {'at any tax' if low <= 0 and np.isinf(high) else until}."]

    def _unpriced(self) -> list[str]:
        lost = [name for name, site in self.by_region.items() if np.any(np.isnan(site.values["tco"]))]
        known = [name for name, site in self.by_region.items() if not np.any(np.isnan(site.values["energy"]))]
        if not lost or not known:
            return []
        said = (f"Cost: unknown in {', '.join(lost)}, of which no price of electricity is known: left out of the "
                f"choice. Give kwh_price, or a grid of your own with a price.")
        return [f"{said}{self._cleaner(lost)}"]

    def _cleaner(self, lost: list[str]) -> str:
        """Which of the regions that are left out emit less than the best one."""
        best = np.asarray(self.value("carbon_footprint"))
        found = [name for name in lost if np.all(self.by_region[name].values["carbon_footprint"] < best)]
        return f" Less is emitted in {', '.join(found)} than in the best of the others." if found else ""

    def _scopes(self) -> list[str]:
        """That grids are counted differently, where they are."""
        scopes = {case.site.grid.scope for case in self.given["asked"].cases} - {""}
        return [] if len(scopes) < 2 else [
            "Carbon: some of these grids count what plants emit as they run, some their building and fuel too, which "
            "is more. Compare grids of one scope: for the USA, Grids.USA counts all, US_Average the plants' own."]
