"""What `EconomicsModel.solve` found: costs of a fleet that is rented or bought, and what is unknown of them."""

from __future__ import annotations

import numpy as np

from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.fleet.sentences import power_sentence, share_text, work_sentences
from solver.zoo.hardware import Hardware
from solver.zoo.site.price import Price


class EconomicsResult(Result):
    """What `EconomicsModel.solve` found. Its fields broadcast with the arrays that were given."""

    rented_usd = field("USD", "rent of all chips while they are used; unknown without chip_hour")
    purchase_usd = field("USD", "price of all that is bought; unknown without chip_price")
    capex_usd = field("USD", "the part of it that this time takes")
    opex_energy_usd = field("USD", "electricity, with cooling and power supply")
    opex_maintenance_usd = field("USD", "upkeep of what was bought")
    total_opex_usd = field("USD", "electricity and upkeep")
    tco_usd = field("USD", "what owning the fleet costs in this time: its part of the purchase, electricity and upkeep")
    rented_per_token = field("USD/Mtoken", "rent of a million tokens; unknown without throughput")
    owned_per_token = field("USD/Mtoken", "what a million tokens cost on chips that were bought")
    rented_per_work = field("USD/EFLOP", "rent for the arithmetic that is done, at that MFU")
    owned_per_work = field("USD/EFLOP", "the same on chips that were bought")
    break_even_utilization = field(None, "share of the time in which the fleet has to be used so that owning costs no "
                                         "more than renting; above 1 it never pays")
    energy = field("MWh", "energy of the data center for the chips, if they were bought")
    work = field("ZFLOP", "arithmetic that the chips do at that MFU of their 16-bit rate, while they are used")

    @property
    def constraint_trace(self) -> list[str]:
        """What was counted, and what is cheaper, in sentences."""
        if self.traced or any(map(unknown, self.values.values())):
            return []
        asked = self.given["asked"]
        return [*self._compared(), *self._rent(), *self._lacking(), power_sentence(asked.fleet, asked.power),
                *work_sentences(asked.mfu), *self._bare(),
                "Left out: interest, staff, storage, traffic, discounts, and what chips are sold for in the end."]

    def _bare(self) -> list[str]:
        """That chips alone are bought, where nothing is said of the rest."""
        bare = np.any(np.asarray(self.given["asked"].multiplier) == 1)
        return ["Left out of the purchase: hosts, network and building, for infrastructure_multiplier is 1. They make "
                "owning dearer, and let it pay only at a higher utilization."] * bool(
                    bare and not np.all(np.isnan(self.values["purchase_usd"])))

    def _compared(self) -> list[str]:
        """Which is cheaper, where both are known."""
        share, v = np.asarray(self.values["break_even_utilization"]), self.values
        if np.any(np.isnan(v["rented_usd"] - v["tco_usd"])):
            return []
        cheaper = np.mean(np.asarray(v["tco_usd"]) < v["rented_usd"])
        which = {0.0: "Renting", 1.0: "Owning"}.get(float(cheaper), f"Owning, at {cheaper:.0%} of the points,")
        if np.all(share > 1):
            return [f"{which} is cheaper. Owning would not pay at any utilization."]
        least = share_text(share, np.min)
        return [f"{which} is cheaper. Owning pays from a utilization of {least} on."]

    def _rent(self) -> list[str]:
        price, device = self.given["asked"].chip_hour, self.given["asked"].fleet.device
        if not isinstance(price, Price):
            return []
        when = f" of {price.date}" if price.date else ""
        other = price.chip in Hardware and Hardware[price.chip].name != device.name
        return [f"Rent: {price}{when}{f', which is not the price of {device}' if other else ''}."]

    def _lacking(self) -> list[str]:
        """What is unknown, and what would make it known."""
        asked, v = self.given["asked"], self.values
        lacks = {"Owned: unknown without chip_price.": v["purchase_usd"],
                 "Rented: unknown without chip_hour.": v["rented_usd"],
                 f"Electricity: no price of {asked.region} is known; give kwh_price.": asked.kwh_price}
        return [said for said, value in lacks.items() if np.any(np.isnan(value))]
