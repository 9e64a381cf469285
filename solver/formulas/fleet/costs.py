"""Costs of a fleet: rented or bought, its electricity, and what a tax on carbon makes of them."""

from __future__ import annotations

import numpy as np

from solver.units import (
    Dollar,
    DollarPerFlop,
    DollarPerJoule,
    DollarPerKilogram,
    DollarPerSecond,
    DollarPerToken,
    Flop,
    Joule,
    Kilogram,
    PerSecond,
    Scalar,
    Second,
    TokenRate,
)
from solver.zoo.site.fleet import Fleet


def rented_cost(fleet: Fleet, rate: DollarPerSecond, time: Second, used: Scalar = 1.0) -> Dollar:
    """What a fleet costs that is rented for a time, and paid for while it is used.

        cost = chips * rate * time * used

    `rate` is that of a chip. Storage, traffic and discounts are left out. By definition.

    >>> from solver import Fleet, Servers
    >>> rented_cost(Fleet(Servers.DGX_H100, 1), 2.5 / 3600, 3600)   # USD for an hour
    20.0
    """
    return fleet.chips * rate * time * used


def purchase_cost(fleet: Fleet, price: Dollar, multiplier: Scalar = 1.0) -> Dollar:
    """What a fleet costs that is bought.

        cost = chips * price * multiplier

    `price` is that of a chip, `multiplier` what all that is bought costs over the chips alone. By definition.

    >>> from solver import Fleet, Servers
    >>> purchase_cost(Fleet(Servers.DGX_H100, 16), 25_000, 1.5)   # USD
    4800000.0
    """
    return fleet.chips * price * multiplier


def amortized_cost(price: Dollar, time: Second, life: Second) -> Dollar:
    """The part of a price that a time takes, where each year of a life bears the same.

        cost = price * time / life

    Interest, and what it is sold for, are left out; beyond its life it is bought anew. By definition.

    >>> amortized_cost(300.0, 1.0, 3.0)
    100.0
    """
    return price * time / life


def maintenance_cost(price: Dollar, time: Second, share: PerSecond) -> Dollar:
    """Upkeep of what was bought: a share of its price in each unit of time.

        cost = price * share * time

    By definition.

    >>> maintenance_cost(1000.0, 2.0, 0.05)
    100.0
    """
    return price * share * time


def electricity_cost(energy: Joule, price: DollarPerJoule) -> Dollar:
    """What an energy costs.

        cost = energy * price

    At one price for all hours, and without one for the peak. By definition.

    >>> round(electricity_cost(3.6e9, 0.08 / 3.6e6))   # USD for 1 MWh at 0.08 USD/kWh
    80
    """
    return energy * price


def token_cost(cost: Dollar, rate: TokenRate, time: Second, used: Scalar = 1.0) -> DollarPerToken:
    """What each token costs that a fleet answers in the part of a time in which it is used.

        each = cost / (rate * time * used)

    `rate` is that of the whole fleet. By definition.

    >>> token_cost(20.0, 1000.0, 20.0)   # USD
    0.001
    """
    return cost / (rate * time * used)


def work_cost(cost: Dollar, work: Flop) -> DollarPerFlop:
    """What each piece of arithmetic costs.

        each = cost / work

    By definition.

    >>> work_cost(20.0, 1e19)   # USD/FLOP
    2e-18
    """
    return cost / work


def break_even_share(fixed: Dollar, energy: Dollar, rented: Dollar, idle: Scalar = 1.0) -> Scalar:
    """Share of the time that a fleet has to be used for so that owning costs as much as renting; inf if it never does.

        share = (fixed + idle * energy) / (rented - (1 - idle) * energy)

    `energy` and `rented` are costs of all the time, and `idle` the share of that energy which unused chips take. A
    rented fleet is paid for while it is used, an owned one always. Above 1 renting is cheaper whatever is done.
    By definition.

    >>> break_even_share(60.0, 20.0, 100.0)
    array(0.8)
    """
    saved = rented - (1 - idle) * energy  # by every hour of use
    return np.where(saved <= 0 * rented, np.inf, (fixed + idle * energy) / saved)


def taxed_cost(cost: Dollar, carbon: Kilogram, tax: DollarPerKilogram) -> Dollar:
    """A cost, and a tax on what is emitted.

        total = cost + carbon * tax

    By definition.

    >>> taxed_cost(1000.0, 500.0, 0.1)
    1050.0
    """
    return cost + carbon * tax


def turning_tax(cost: Dollar, carbon: Kilogram, other_cost: Dollar, other_carbon: Kilogram) -> DollarPerKilogram:
    """The tax at which two choices cost the same; NaN where they emit the same.

        tax = (other_cost - cost) / (carbon - other_carbon)

    Above it the one that emits less is the cheaper. A negative one says that it is cheaper without a tax too.
    By definition.

    >>> turning_tax(1000.0, 500.0, 1040.0, 100.0)   # USD/kg
    array(0.1)
    """
    less = carbon - other_carbon
    return np.where(less == 0 * carbon, np.nan, np.divide(other_cost - cost, less))
