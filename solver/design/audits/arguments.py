"""The arguments that only plans ask for: what runs where, what it may take, cost and emit."""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any, TypeAlias

from solver.base.arguments import CHIP, Chips
from solver.base.chosen import accelerator
from solver.base.declared import Seen
from solver.base.fleets import FLEET, REGION
from solver.base.interruptions import MTTF
from solver.base.kinds import Amount
from solver.fleet.arguments import ChipHour, ChipPrice
from solver.text import number_text
from solver.units import Q_
from solver.zoo.site.fleet import Fleet
from solver.zoo.site.server import Servers

RECOVERY, CHECKPOINT_PAUSE = Q_("5 min"), Q_("1 min")


def _its_chip(name: str, value: Any, seen: Seen) -> Any:
    """A fleet, whose chips are the hardware."""
    if seen["hardware"] not in (None, value.device):
        raise ValueError(f"hardware is {seen['hardware']}, and {name} is {value}, which has {value.device}: give one "
                         f"of them.")
    seen["hardware"] = value.device
    return value


def _chip_or_none(name: str, value: Any) -> Any:
    return None if value is None else accelerator(name, value)


def _no_fleet(seen: Seen) -> None:
    if seen["hardware"] is None:
        raise ValueError("hardware and fleet are both missing: give the chip, such as Hardware.Cloud.H100, or a fleet, "
                         "such as Fleet(Servers.DGX_H100, 16).")


def _within_fleet(name: str, value: Any, seen: Seen) -> Any:
    """No more chips than there are."""
    value = SHARED_BY.asks(name, value, seen)
    if seen["fleet"] is not None and value > seen["fleet"].chips:
        raise ValueError(f"{name} is {number_text(value)}, and {seen['fleet']} has {number_text(seen['fleet'].chips)} "
                         f"chips: choose no more.")
    return value


def _bought_alone(name: str, value: Any, seen: Seen) -> Any:
    """What is bought is not rented too."""
    if seen["chip_hour"] is not None:
        raise ValueError(f"chip_hour and {name} are both given: chips are rented or bought, so leave one of them out. "
                         f"EconomicsModel compares both.")
    return value


def _amount(sentence: str, unit: str, sample: str) -> Any:
    """A quantity that need not be given."""
    return Amount(sentence, unit, above=True, sample=sample, otherwise=lambda seen: None, other=Q_(sample))


SHARED_BY: Any = Chips.__metadata__[0]
RENT: Any = ChipHour.__metadata__[0]
PURCHASE: Any = ChipPrice.__metadata__[0]

# Of serving.
PlanChip: TypeAlias = Annotated[Any, replace(
    CHIP, sentence="The accelerator, as many of it as share a layer; None with a fleet.", judge=_chip_or_none)]
PlanFleet: TypeAlias = Annotated[Any, replace(
    FLEET, sentence="The fleet, all of which serves, if more than one model's worth of chips does.", asks=_its_chip,
    otherwise=_no_fleet, pair=lambda: (Fleet(Servers.DGX_H100, 16), Fleet(Servers.DGX_H100, 2)))]
PlanChips: TypeAlias = Annotated[Any, replace(SHARED_BY, asks=_within_fleet)]
FirstTokenTime: TypeAlias = Annotated[Any, _amount("Time that the first token may take.", "second", "200 ms")]
NextTokenTime: TypeAlias = Annotated[Any, _amount("Time that each further token may take.", "second", "50 ms")]
PlanP99: TypeAlias = Annotated[Any, _amount(
    "Time that 99 % of the requests may take at most, waiting included.", "second", "20 s")]
PlanArrivals: TypeAlias = Annotated[Any, _amount("Requests that come in a time.", "request/second", "2 request/s")]
PlanDuration: TypeAlias = Annotated[Any, _amount("How long it runs.", "second", "30 day")]
TokenBudget: TypeAlias = Annotated[Any, _amount(
    "Money that tokens of answers may cost.", "dollar/token", "2 USD/Mtoken")]

# Of training.
PlanDeadline: TypeAlias = Annotated[Any, _amount("Time that the whole training may take.", "second", "30 day")]
PlanCheckpoint: TypeAlias = Annotated[Any, _amount("How long a checkpoint pauses all work.", "second", "10 s")]

# Of both.
PlanMttf: TypeAlias = Annotated[Any, replace(
    MTTF, sentence="Mean time until a chip fails: a quantity, or a record of `FailureRates` or its name.")]
PlanRecovery: TypeAlias = Annotated[Any, _amount(
    "Time from a failure until work goes on where it stopped.", "second", "1 min")]
PlanEnergy: TypeAlias = Annotated[Any, _amount("Energy that it may take.", "joule", "500 MWh")]
PlanCarbon: TypeAlias = Annotated[Any, _amount(
    "Carbon that it may emit, as CO2 or its equivalent.", "kilogram", "100 t")]
PlanBudget: TypeAlias = Annotated[Any, _amount("Money that it may cost.", "dollar", "1e6 dollar")]
PlanRegion: TypeAlias = Annotated[Any, replace(
    REGION, sentence="The grid that feeds it, a record of `Grids` or its name; if not given, the fleet's.")]
PlanRent: TypeAlias = Annotated[Any, RENT]
PlanPurchase: TypeAlias = Annotated[Any, replace(
    PURCHASE, asks=_bought_alone,
    sentence="Price of a chip with its part of hosts and network, if it is bought; written off over three years.")]
