"""What a fleet draws for a time, and what that emits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.base.declared import declared
from solver.base.fleets import FleetOf
from solver.base.forward import ForwardModel
from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.fleet.arguments import (
    ChipPower,
    Days,
    EmbodiedCarbon,
    FleetDatacenter,
    FleetRegion,
    Lifetime,
    Mfu,
    PowerShare,
)
from solver.fleet.sentences import power_sentence, work_sentences
from solver.formulas.fleet.carbon import (
    cooling_water,
    embodied_carbon,
    emitted_carbon,
    fleet_work,
    it_energy,
    site_energy,
    work_per_energy,
)

SCOPES = {"direct": "only what plants emit as they run", "lifecycle": "the plants' building and fuel too"}


class SustainabilityResult(Result):
    """What `SustainabilityModel.solve` found. Its fields broadcast with the arrays that were given."""

    it_energy_kwh = field("kWh", "energy of the chips")
    total_energy_kwh = field("kWh", "energy of the data center for them, with cooling and power supply")
    energy = field("MWh", "energy of the data center for the chips, as all results of chips have it")
    carbon_footprint_kg = field("kg", "what the grid emits for it, as CO2 or its equivalent")
    embodied_carbon_kg = field("kg", "what making the chips emitted, by the part of their life that this takes")
    total_carbon_kg = field("kg", "both together")
    water_usage_liters = field("l", "water that the site takes; unknown where its WUE is")
    pue = field(None, "energy of the data center over that of its machines")
    carbon_intensity = field("g/kWh", "what the grid emits for a kilowatt-hour")
    work = field("ZFLOP", "arithmetic that the chips do at that MFU of their 16-bit rate")
    work_per_energy = field("GFLOP/J", "that arithmetic for each joule of the chips")

    @property
    def region_name(self) -> str:
        """The grid."""
        return str(self.given["asked"].region)

    @property
    def constraint_trace(self) -> list[str]:
        """What was counted, in sentences."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        asked = self.given["asked"]
        grid, where = asked.region, asked.datacenter
        counted = SCOPES.get(grid.scope)
        found = [power_sentence(asked.fleet, asked.power),
                 f"Grid: {grid}, {f'of {grid.year}, ' if grid.year else ''}"
                 f"{f'which counts {counted}' if counted else 'as given'}. It is a mean over hours."]
        if np.any(np.isnan(self.values["water_usage_liters"])):
            found.append(f"Water: unknown, for no WUE is known of: {where}.")
        if not np.any(asked.embodied):
            found.append("Embodied carbon: left out; embodied_carbon_per_device has it.")
        return [*found, *work_sentences(asked.mfu)]


@dataclass(frozen=True, eq=False)
class SustainabilityCase:
    """What `SustainabilityModel` was asked, judged: plain numbers, or symbols."""

    fleet: Any
    time: Any
    datacenter: Any
    region: Any
    mfu: Any
    power: Any  # None: the board power
    share: Any
    embodied: Any
    life: Any  # None: all of it counts

    def field_values(self) -> dict[str, Any]:
        """The fields of a result, in base units."""
        with np.errstate(all="ignore"):
            power = self.fleet.device.power if self.power is None else self.power
            machines = it_energy(self.fleet, power, self.time, self.share)
            energy = site_energy(machines, self.datacenter.pue)
            carbon = emitted_carbon(energy, self.region.carbon)
            made = embodied_carbon(self.fleet, self.embodied, self.time, self.time if self.life is None else self.life)
            work = fleet_work(self.fleet, self.mfu, self.time)
            return {"it_energy_kwh": machines, "total_energy_kwh": energy, "energy": energy,
                    "carbon_footprint_kg": carbon, "embodied_carbon_kg": made, "total_carbon_kg": carbon + made,
                    "water_usage_liters": cooling_water(machines, self.datacenter.wue), "pue": self.datacenter.pue,
                    "carbon_intensity": self.region.carbon, "work": work,
                    "work_per_energy": work_per_energy(work, machines)}


class SustainabilityModel(ForwardModel):
    """Energy, carbon and water of a fleet.

    >>> from solver import Fleet, Servers
    >>> r = SustainabilityModel().solve(Fleet(Servers.DGX_H100, 128, datacenter="Google"), 30, region="France")
    >>> print(r.energy, r.carbon_footprint_kg.to("t"), r.water_usage_liters)
    563 MWh 24.9 t 593,510 l
    """

    question = "How much energy, carbon and water does a run take?"

    @declared
    def solve(self, fleet: FleetOf, duration_days: Days, datacenter: FleetDatacenter = None, mfu: Mfu = 1,
              embodied_carbon_per_device: EmbodiedCarbon = 0, *, power: ChipPower = None,
              power_share: PowerShare = 1, region: FleetRegion = None,
              lifetime_years: Lifetime = None) -> SustainabilityResult:
        """Energy that all chips of a fleet draw for a time, what it emits, and the water that the site takes.

        Numbers may be arrays, which broadcast.

        Parameters
        ----------
        fleet : fleet
            The fleet, such as `Fleet(Servers.DGX_H100, 128)`.
        duration_days : days
            Days that it runs.
        datacenter : data center, optional
            The data center, a record of `Datacenters` or its name; if not given, the fleet's.
        mfu : share
            Share of the chips' 16-bit rate that is reached, for the work that is done; it moves no watt.
        embodied_carbon_per_device : kilograms
            Kilograms of CO2 equivalent that making a chip emitted. NVIDIA states 164 for each H100 of an HGX board.
        power : quantity, optional
            What a chip draws on average while it is used; if not given, its board power.
        power_share : share
            Share of that power that it draws.
        region : grid, optional
            The grid that feeds it, a record of `Grids` or its name; if not given, the data center's.
        lifetime_years : years, optional
            Years of use that embodied carbon is spread over; if not given, all of it counts.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        mlsysim 0.3.0 takes 0.3 + 0.7 mfu of the board power, two constants without a source; here power is what is
        given, and mfu says what work was done with it.

        Leaves out hosts, network and storage, unless power has its part of them; what the hour changes of the grid's
        carbon; and the water of power plants.

        Examples
        --------
        >>> from solver import Q_, Fleet, Grid, Hardware, Server
        >>> v100 = Fleet(Server("Azure", Hardware.Cloud.V100, 8), 1250, datacenter="GPT3_Azure")
        >>> gpt3 = SustainabilityModel().solve(v100, 14.8, power=Q_("330 W"), region=Grid("USA 2020", "429 g/kWh"))
        >>> print(gpt3.energy, gpt3.carbon_footprint_kg.to("t"))
        1,289 MWh 553 t
        """
        asked = SustainabilityCase(fleet, duration_days, datacenter, region, mfu, power, power_share,
                                   embodied_carbon_per_device, lifetime_years)
        return SustainabilityResult(asked.field_values(), {"asked": asked})
