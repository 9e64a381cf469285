"""Energy of a fleet that runs for a time, and what it emits, drinks and was made with."""

from __future__ import annotations

from solver.units import (
    Flop,
    FlopPerJoule,
    Joule,
    Kilogram,
    KilogramPerJoule,
    Liter,
    LiterPerJoule,
    Scalar,
    Second,
    Watt,
)
from solver.zoo.site.fleet import Fleet


def drawn_share(used: Scalar, busy: Scalar = 1.0, idle: Scalar = 0.0) -> Scalar:
    """Share of its power that a chip draws on average, if it is used for a part of the time.

        share = used * busy + (1 - used) * idle

    `busy` and `idle` are the shares that it draws while it is used, and while it is not. By definition.

    >>> drawn_share(0.5, 1.0, 0.25)
    0.625
    """
    return used * busy + (1 - used) * idle


def it_energy(fleet: Fleet, power: Watt, time: Second, share: Scalar = 1.0) -> Joule:
    """Energy of the machines: what each chip draws, for a time.

        energy = chips * power * share * time

    `power` is that of a chip: of its board alone, or with its part of the host and network, whichever was measured.
    By definition.

    >>> from solver import Fleet, Servers
    >>> it_energy(Fleet(Servers.DGX_A100, 125), 400, 3600) / 3.6e6   # kWh of 1,000 A100 in an hour
    400.0
    """
    return fleet.chips * power * share * time


def site_energy(machines: Joule, pue: Scalar) -> Joule:
    """Energy of a data center for that of its machines: cooling and power supply come on top.

        energy = machines * pue

    By definition of the PUE (power usage effectiveness); that of a year and of all machines is taken for these.

    >>> site_energy(1000.0, 1.1)
    1100.0
    """
    return machines * pue


def emitted_carbon(energy: Joule, carbon: KilogramPerJoule) -> Kilogram:
    """What a grid emits for an energy, as CO2 or its equivalent.

        mass = energy * carbon

    At the mean intensity of a year: hours and what one more megawatt would emit are left out. By definition.

    >>> round(emitted_carbon(3.6e12, 0.4 / 3.6e6))   # kg for 1 GWh at 0.4 kg/kWh
    400000
    """
    return energy * carbon


def cooling_water(energy: Joule, wue: LiterPerJoule) -> Liter:
    """Water that a data center takes for the energy of its machines.

        water = energy * wue

    By definition of the WUE (water usage effectiveness), which counts the site alone: what power plants take is left
    out.

    >>> round(cooling_water(3.6e9, 0.3 / 3.6e6))   # l for 1 MWh at 0.3 l/kWh
    300
    """
    return energy * wue


def embodied_carbon(fleet: Fleet, each: Kilogram, time: Second, life: Second) -> Kilogram:
    """What making the chips emitted, by the part of their life that a job takes.

        mass = chips * each * time / life

    Hosts, network and building are left out, unless `each` has its part of them. By definition.

    >>> from solver import Fleet, Servers
    >>> embodied_carbon(Fleet(Servers.DGX_H100, 1), 164, 1.0, 4.0)   # kg of eight, for a quarter of their life
    328.0
    """
    return fleet.chips * each * time / life


def fleet_work(fleet: Fleet, mfu: Scalar, time: Second) -> Flop:
    """Arithmetic that a fleet does in a time, at a share of its 16-bit rate.

        work = chips * half * mfu * time

    `half` is the dense 16-bit rate of a chip. By definition of the MFU.

    >>> from solver import Fleet, Servers
    >>> round(fleet_work(Fleet(Servers.DGX_H100, 1), 0.4, 1.0) / 1e15, 2)   # PFLOP in a second
    3.17
    """
    return fleet.chips * fleet.device.half * mfu * time


def work_per_energy(work: Flop, energy: Joule) -> FlopPerJoule:
    """Arithmetic for each joule.

        efficiency = work / energy

    By definition.

    >>> work_per_energy(1e12, 4.0)   # FLOP/J
    250000000000.0
    """
    return work / energy
