"""Where to run a fleet: what it costs and emits in each of several regions, and which is best at a tax on carbon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.base.declared import declared
from solver.base.fleets import FleetOf
from solver.base.forward import ForwardModel
from solver.fleet.arguments import ChipPower, Days, Mfu, PowerShare
from solver.fleet.placement_result import PlacementResult, picked
from solver.fleet.regions import CarbonTax, EveryPrice, FixedCost, Regions, Site, site_of
from solver.formulas.fleet.carbon import cooling_water, emitted_carbon, fleet_work, it_energy, site_energy
from solver.formulas.fleet.costs import electricity_cost, taxed_cost, turning_tax, work_cost
from solver.units import Q_

NO_COST = Q_("0 USD")


@dataclass(frozen=True, eq=False)
class SiteCase:
    """A fleet at one site, judged: plain numbers, or symbols."""

    fleet: Any
    time: Any
    site: Site
    tax: Any
    mfu: Any
    power: Any  # None: the board power
    share: Any
    fixed: Any

    def field_values(self) -> dict[str, Any]:
        """The fields of a result, in base units."""
        with np.errstate(all="ignore"):
            site, power = self.site, self.fleet.device.power if self.power is None else self.power
            machines = it_energy(self.fleet, power, self.time, self.share)
            energy = site_energy(machines, site.datacenter.pue)
            electricity, carbon = electricity_cost(energy, site.price), emitted_carbon(energy, site.grid.carbon)
            cost = self.fixed + electricity
            taxed = taxed_cost(cost, carbon, self.tax)
            return {"energy": energy, "electricity_cost": electricity, "tco": cost, "taxed_tco": taxed,
                    "carbon_footprint": carbon, "pue": site.datacenter.pue,
                    "water": cooling_water(machines, site.datacenter.wue), "carbon_intensity": site.grid.carbon,
                    "cost_of_work": work_cost(taxed, fleet_work(self.fleet, self.mfu, self.time))}


@dataclass(frozen=True, eq=False)
class PlacementCase:
    """A fleet at each of several sites."""

    cases: tuple[SiteCase, ...]
    tax: Any

    def field_values(self) -> dict[str, Any]:
        """The fields of a result, in base units; those of the best site are picked when they are asked for."""
        return self.best_of([case.field_values() for case in self.cases])

    def best_of(self, sites: list[dict[str, Any]]) -> dict[str, Any]:
        """The best of the sites at that tax, and from which tax to which it is; unknown where no cost is known."""
        with np.errstate(all="ignore"):
            total = sites[0]["taxed_tco"]
            place = 0.0 * total
            for other, found in enumerate(sites[1:], 1):
                better = (found["taxed_tco"] < total) | np.isnan(total)
                place = np.where(better, other + 0.0 * found["taxed_tco"], place)
                total = np.where(better, found["taxed_tco"], total)
            low, high = self._reach(picked(place, sites, "tco"), picked(place, sites, "carbon_footprint"), sites)
            lost = np.isnan(total)
            low, high = np.where(lost, np.nan, low), np.where(lost, np.nan, high)
        return {"best_place": place, "best_from_tax": low, "best_to_tax": high}

    def _reach(self, cost: Any, carbon: Any, sites: list[dict[str, Any]]) -> tuple[Any, Any]:
        """The taxes between which no other site is cheaper."""
        low: Any = 0.0 * self.tax
        high: Any = np.inf
        for found in sites:
            tax = turning_tax(cost, carbon, found["tco"], found["carbon_footprint"]) + 0.0  # no -0
            cleaner = found["carbon_footprint"] < carbon
            low = np.where((tax <= self.tax) & ~cleaner, np.maximum(low, tax), low)
            high = np.where((tax >= self.tax) & cleaner, np.minimum(high, tax), high)
        return low, high


class PlacementOptimizer(ForwardModel):
    """The best of several regions for a fleet.

    >>> from solver import Fleet, Servers
    >>> r = PlacementOptimizer().solve(Fleet(Servers.DGX_H100, 128), 30, ["Texas", "Quebec", "Finland"])
    >>> print(r.best_region, r.lowest_tco, r.carbon_footprint)
    Quebec 32,586 USD 27.8 t
    """

    question = "In which region should a fleet stand?"

    @declared
    def solve(self, fleet: FleetOf, duration_days: Days, regions: Regions = ("US_Average", "Quebec", "Iowa"),
              carbon_tax_per_ton: CarbonTax = 100, mfu: Mfu = 1, *, power: ChipPower = None,
              power_share: PowerShare = 1, kwh_price: EveryPrice = None,
              fixed_cost: FixedCost = NO_COST) -> PlacementResult:
        """What a fleet costs and emits in each region, and in which cost and tax together are least.

        Numbers may be arrays, which broadcast.

        Parameters
        ----------
        fleet : fleet
            The fleet, such as `Fleet(Servers.DGX_H100, 128)`. Its data center is moved to each grid, PUE and all.
        duration_days : days
            Days that it runs.
        regions : list of regions
            Regions to choose from: grids or data centers, by name or as records. A data center keeps its own PUE, water
            and grid.
        carbon_tax_per_ton : USD/t
            USD for each ton of CO2 that is emitted.
        mfu : share
            Share of the chips' 16-bit rate that is reached, for the work that is done; it moves no watt.
        power : quantity, optional
            What a chip draws on average while it is used; if not given, its board power.
        power_share : share
            Share of that power that it draws.
        kwh_price : USD/kWh, optional
            USD for a kilowatt-hour in every region; if not given, each region's own price.
        fixed_cost : quantity
            What else the fleet costs, wherever it stands. It moves no choice.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        mlsysim 0.3.0 takes watts from the MFU by constants without a source; here they are what is given.

        A region of which no price is known cannot be the best, however little it emits: the constraint_trace names
        it. The regions that are taken if none are given are mlsysim's, whose grids are not all of one scope; with
        "USA" in place of "US_Average" those of the USA and of Quebec are.

        Leaves out what latency, law and the price of land say, and what moving a fleet costs.

        Examples
        --------
        >>> from solver import Fleet, Servers
        >>> r = PlacementOptimizer().solve(Fleet(Servers.DGX_H100, 128), 30, ["Iowa", "California"], 0)
        >>> print(r.best_region, r.best_to_tax, r.by_region["California"].carbon_footprint)
        Iowa 526 USD/t 154 t
        """
        cases = tuple(SiteCase(fleet, duration_days, site_of(fleet, one, kwh_price), carbon_tax_per_ton, mfu, power,
                               power_share, fixed_cost) for one in regions)
        asked, sites = PlacementCase(cases, carbon_tax_per_ton), [case.field_values() for case in cases]
        return PlacementResult(asked.best_of(sites), {"asked": asked, "sites": sites})
