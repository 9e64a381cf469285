"""The walls that any plan can run into whose chips run for a time: energy, carbon and cost."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from solver.design.audits.walls import Unreached, Wall, WallKind, counted_text, wall_text
from solver.fleet.economics import EconomicsModel
from solver.fleet.economics_result import EconomicsResult
from solver.fleet.sustainability import SustainabilityModel, SustainabilityResult
from solver.text import number_text
from solver.units import Q_, quantity

ANY_TIME = Q_("1 day")  # what a token costs does not depend on how many are bought


def energy_wall(asked: Any) -> Iterator[Wall | Unreached]:
    """The energy of all chips in the time that they run, with cooling and power supply."""
    if not np.isfinite(asked.duration):
        yield Unreached("energy", "failures let no work last")
    else:
        yield Wall("energy", f"the board power of {_chips(asked)} at a PUE of {_pue(asked)}",
                   float(_drawn(asked).value("energy")), asked.plan.energy_budget, "joule")


def carbon_wall(asked: Any) -> Iterator[Wall | Unreached]:
    """What the grid emits for that energy."""
    if not np.isfinite(asked.duration):
        yield Unreached("carbon", "failures let no work last")
    else:
        found = _drawn(asked)
        yield Wall("carbon", f"the electricity of {_chips(asked)} on the grid of {found.region_name}",
                   float(found.value("carbon_footprint_kg")), asked.plan.carbon_budget, "kilogram")


def cost_wall(asked: Any) -> Iterator[Wall | Unreached]:
    """What all chips cost in the time that they run."""
    if not np.isfinite(asked.duration):
        yield Unreached("cost", "failures let no work last")
    else:
        found = _costs(asked, Q_(asked.duration, "s"))
        yield Wall("cost", f"{_chips(asked)}, {_had(asked)},", float(found.value(_field(asked, "usd"))),
                   asked.plan.budget, "dollar")


def token_cost_wall(asked: Any) -> Iterator[Wall | Unreached]:
    """What a token of an answer costs, by those that are answered."""
    if not asked.answered > 0:
        yield Unreached("cost of tokens", "not even one request fits")
    else:
        found = _costs(asked, ANY_TIME, throughput=Q_(asked.answered, "token/s"))
        chips = counted_text(asked.site.chips, "chip")
        yield Wall("cost of tokens", f"{chips} for {number_text(asked.answered)} tokens/s, {_had(asked)},",
                   float(found.value(_field(asked, "per_token"))), asked.plan.budget_per_token, "dollar/token")


def _drawn(asked: Any) -> SustainabilityResult:
    found: SustainabilityResult = SustainabilityModel().solve(
        asked.site, Q_(asked.duration, "s"), region=asked.plan.region)
    return found


def _costs(asked: Any, time: Any, **more: Any) -> EconomicsResult:
    plan = asked.plan
    found: EconomicsResult = EconomicsModel().solve(
        asked.site, time, grid=plan.region, chip_hour=given_again(plan.chip_hour, "dollar/second"),
        chip_price=given_again(plan.chip_price, "dollar"), **more)
    return found


def given_again(value: Any, unit: str) -> Any:
    """A judged number as the quantity that it was; a record, or nothing, as it is."""
    return Q_(value, unit) if isinstance(value, (int, float)) else value


def _field(asked: Any, ending: str) -> str:
    """The field of a cost, of chips that are rented or bought."""
    rented = "rented" if asked.plan.chip_price is None else {"usd": "tco"}.get(ending, "owned")
    return f"{rented}_{ending}"


def _had(asked: Any) -> str:
    """How the chips come to be there."""
    plan = asked.plan
    if plan.chip_price is not None:
        return "bought"
    rented = isinstance(plan.chip_hour, (int, float))
    return f"rented at {quantity(plan.chip_hour, 'USD/hour')}" if rented else f"rented like {plan.chip_hour}"


def _chips(asked: Any) -> str:
    return f"{counted_text(asked.site.chips, 'chip')} for {wall_text(asked.duration, 'second')}"


def _pue(asked: Any) -> str:
    return number_text(float(asked.site.datacenter.pue))


def site_walls(time: str) -> tuple[WallKind, ...]:
    """Energy, carbon and cost of a plan, by the argument that says for how long it runs."""
    return (WallKind("energy", energy_wall, ("energy_budget", time)),
            WallKind("carbon", carbon_wall, ("carbon_budget", time, "region or fleet")),
            WallKind("cost", cost_wall, ("budget", time, "chip_hour or chip_price")))


TOKEN_WALL = WallKind("cost of tokens", token_cost_wall,
                      ("budget_per_token", "output_len", "chip_hour or chip_price"))
