"""What a fleet costs for a time: rented, or bought, and what a token then costs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.base.declared import declared
from solver.base.fleets import FleetOf
from solver.base.forward import ForwardModel
from solver.base.recorded import figure_of
from solver.fleet.arguments import (
    Amortization,
    ChipHour,
    ChipPower,
    ChipPrice,
    CostRegion,
    Days,
    FleetDatacenter,
    FleetThroughput,
    FleetUtilization,
    IdleShare,
    KwhPrice,
    Maintenance,
    Mfu,
    Multiplier,
    PowerShare,
)
from solver.fleet.economics_result import EconomicsResult
from solver.formulas.fleet.carbon import drawn_share, fleet_work, it_energy, site_energy
from solver.formulas.fleet.costs import (
    amortized_cost,
    break_even_share,
    electricity_cost,
    maintenance_cost,
    purchase_cost,
    rented_cost,
    token_cost,
    work_cost,
)

NOT_GIVEN = np.nan


@dataclass(frozen=True, eq=False)
class EconomicsCase:
    """What `EconomicsModel` was asked, judged: plain numbers, or symbols. What is not given is NaN, or None."""

    fleet: Any
    time: Any
    kwh_price: Any
    datacenter: Any
    region: Any
    mfu: Any
    life: Any
    multiplier: Any
    chip_hour: Any  # a Price, or a number
    chip_price: Any
    throughput: Any
    maintenance: Any
    power: Any  # None: the board power
    share: Any
    used: Any
    idle: Any

    def energy(self, used: Any) -> Any:
        """Energy of the data center, if the chips are used for a part of the time."""
        power = self.fleet.device.power if self.power is None else self.power
        share = drawn_share(used, self.share, self.idle * self.share)
        return site_energy(it_energy(self.fleet, power, self.time, share), self.datacenter.pue)

    def field_values(self) -> dict[str, Any]:
        """The fields of a result, in base units."""
        with np.errstate(all="ignore"):
            owned, rate = self._owned(), figure_of(self.chip_hour, "rate")
            rented, tco = rented_cost(self.fleet, rate, self.time, self.used), owned["tco_usd"]
            fixed = owned["capex_usd"] + owned["opex_maintenance_usd"]
            work = fleet_work(self.fleet, self.mfu, self.time * self.used)
            return owned | {
                "rented_usd": rented, "work": work,
                "rented_per_token": token_cost(rented, self.throughput, self.time, self.used),
                "owned_per_token": token_cost(tco, self.throughput, self.time, self.used),
                "rented_per_work": work_cost(rented, work), "owned_per_work": work_cost(tco, work),
                "break_even_utilization": break_even_share(
                    fixed, electricity_cost(self.energy(1.0), self.kwh_price),
                    rented_cost(self.fleet, rate, self.time), self.idle)}

    def _owned(self) -> dict[str, Any]:
        """The fields of a fleet that was bought."""
        energy, bought = self.energy(self.used), purchase_cost(self.fleet, self.chip_price, self.multiplier)
        capex = amortized_cost(bought, self.time, self.life)
        power, upkeep = electricity_cost(energy, self.kwh_price), maintenance_cost(bought, self.time, self.maintenance)
        return {"purchase_usd": bought, "capex_usd": capex, "opex_energy_usd": power, "opex_maintenance_usd": upkeep,
                "total_opex_usd": power + upkeep, "tco_usd": capex + (power + upkeep), "energy": energy}


class EconomicsModel(ForwardModel):
    """Costs of a fleet.

    >>> from solver import Q_, Fleet, Servers
    >>> r = EconomicsModel().solve(Fleet(Servers.DGX_H100, 128), 30, chip_hour="H100_Lambda",
    ...                            chip_price=Q_("25000 USD"), infrastructure_multiplier=1.5)
    >>> print(r.rented_usd, r.tco_usd, round(r.break_even_utilization, 2))
    2,941,747 USD 1,115,395 USD 0.38
    """

    question = "What does a fleet cost, rented or owned, and a million tokens on it?"

    @declared
    def solve(self, fleet: FleetOf, duration_days: Days, kwh_price: KwhPrice = None,
              datacenter: FleetDatacenter = None, grid: CostRegion = None, mfu: Mfu = 1,
              amortization_years: Amortization = 3, infrastructure_multiplier: Multiplier = 1, *,
              chip_hour: ChipHour = None, chip_price: ChipPrice = None, maintenance_share: Maintenance = 0,
              throughput: FleetThroughput = None, power: ChipPower = None, power_share: PowerShare = 1,
              utilization: FleetUtilization = 1, idle_share: IdleShare = 1) -> EconomicsResult:
        """What a fleet costs for a time if it is rented, and if it is bought.

        Numbers may be arrays, which broadcast. What is not given is unknown, and so is what follows from it.

        Parameters
        ----------
        fleet : fleet
            The fleet, such as `Fleet(Servers.DGX_H100, 128)`.
        duration_days : days
            Days that it runs.
        kwh_price : USD/kWh, optional
            USD for a kilowatt-hour; if not given, the price of the grid or the data center.
        datacenter : data center, optional
            The data center, a record of `Datacenters` or its name; if not given, the fleet's.
        grid : grid, optional
            The grid that feeds it, a record of `Grids` or its name; if not given, the data center's.
        mfu : share
            Share of the chips' 16-bit rate that is reached, for the work that is done; it moves no watt.
        amortization_years : years
            Years over which what is bought is written off.
        infrastructure_multiplier : number
            Price of all that is bought over that of its chips: hosts, network, building.
        chip_hour : quantity, or price, optional
            Rent of a chip: a quantity, or a record of `Prices` or its name. Power and cooling are in it.
        chip_price : quantity, optional
            Purchase price of a chip.
        maintenance_share : share in a year
            Upkeep in a year, as a share of the purchase price.
        throughput : quantity, optional
            Tokens a second of the whole fleet while it is used.
        power : quantity, optional
            What a chip draws on average while it is used; if not given, its board power.
        power_share : share
            Share of that power that it draws.
        utilization : share
            Share of the time in which the fleet is used: what is rented is paid for in that alone.
        idle_share : share
            What a chip that is not used draws, as a share of what it draws in use.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        mlsysim 0.3.0 has prices of chips, upkeep and the watts of an MFU as constants; here they are arguments.

        Leaves out interest, staff, storage, traffic, discounts, and what chips are sold for in the end.

        Examples
        --------
        >>> from solver import Q_, Fleet, Hardware, Server
        >>> one = Fleet(Server("One", Hardware.Cloud.H100, 1), 1)
        >>> r = EconomicsModel().solve(one, 1, chip_hour=Q_("2.50 USD/hour"), throughput=Q_([216, 4345], "token/s"))
        >>> print(r.rented_per_token)
        [3.22, 0.16] USD/Mtoken
        """
        rent, price, rate = (NOT_GIVEN if one is None else one for one in (chip_hour, chip_price, throughput))
        if kwh_price is None:
            kwh_price = datacenter.electricity if grid is None else grid.price
        asked = EconomicsCase(fleet, duration_days, kwh_price, datacenter, datacenter.grid if grid is None else grid,
                              mfu, amortization_years, infrastructure_multiplier, rent, price, rate,
                              maintenance_share, power, power_share, utilization, idle_share)
        return EconomicsResult(asked.field_values(), {"asked": asked})
