"""Figures that somebody could buy more of: those of a chip, what an engine adds, and continuous arguments of a solve.

`multiplied` asks the same question with a figure that many times as high. The factor is a number, or a dual one.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from solver.base import chosen
from solver.base.declared import REQUIRED, Argument
from solver.base.kinds import Amount, Named, Number
from solver.base.numbers import number, symbolic
from solver.fleet.exchange_arguments import QuickerLibrary
from solver.text import nearest
from solver.units import Q_
from solver.zoo.precision import BITS
from solver.zoo.profiles import Shares
from solver.zoo.records import changed
from solver.zoo.site.fabric import Fabrics
from solver.zoo.site.fleet import Fleet

CHIP_RATES = tuple(rate for rate in BITS if rate != "half")
TOGETHER = {"peak_flops": CHIP_RATES, "memory_bandwidth": ("bandwidth",), "memory_capacity": ("memory",),
            "power": ("power",)}
ONE_BY_ONE = (*CHIP_RATES, "bandwidth", "memory", "host")  # figures of a chip by the names of its record
USUAL_FIGURES = ("peak_flops", "memory_bandwidth", "memory_capacity", "link", "host", "overhead", "power")
ALL_SPEEDS = ("peak_flops", "memory_bandwidth", "link", "overhead")  # with all twice as high, all takes half as long
# Arguments that are speeds too, and latencies. The link of `network_bandwidth` is in "link".
GIVEN_SPEEDS = ("compute_rate", "achieved", "write_bandwidth", "filesystem_limit_gbs", "storage_bandwidth",
                "cpu_throughput")
GIVEN_LATENCIES = ("link_latency", "network_latency", "hop_latency")
COUNTS_OF_RECORDS = ("layers", "domain", "chips", "count", "heads", "experts")  # of models, chips and fleets
ENGINE_OVERHEADS = ("launch", "routing", "latent", "index", "state", "reading", "request", "latency", "hop", "handover")
MACHINES = ("hardware", "decode_hardware", "fleet")


def multiplied(asked: Mapping[str, Any], arguments: Mapping[str, Argument], name: str, factor: Any) -> dict[str, Any]:
    """What is asked, with the figure `name` that many times as high; of overheads, that much less."""
    if name == "overhead":
        return {**asked, **_quicker_engine(asked, arguments, factor), **_network(asked, arguments, latency=factor),
                **_sooner(asked, arguments, factor)}
    if name == "link":
        linked = {**asked, **_machines(asked, lambda chip: _with_figures(chip, _exchanged(chip), factor))}
        return {**linked, **_network(linked, arguments, rate=factor), **_sent(asked, arguments, factor)}
    if name in TOGETHER or name in ONE_BY_ONE:
        return {**asked, **_machines(asked, lambda chip: _with_figures(chip, TOGETHER.get(name, (name,)), factor))}
    return {**asked, name: _argument(arguments[name], asked.get(name, arguments[name].default), factor)}


def all_quicker(asked: Mapping[str, Any], arguments: Mapping[str, Argument], factor: Any) -> dict[str, Any]:
    """What is asked, with all speeds that many times as high: each once, though a bus may be a link."""
    found = dict(asked)
    for name in (*ALL_SPEEDS, *given_speeds(asked, arguments)):
        found = multiplied(found, arguments, name, factor)
    return {**found, **_machines(found, lambda chip: _with_figures(
        chip, ("host",) if _exchanged(chip) == ("link",) else (), factor))}


def given_speeds(asked: Mapping[str, Any], arguments: Mapping[str, Argument]) -> tuple[str, ...]:
    """The arguments that are speeds, as far as they have a value."""
    return tuple(name for name in GIVEN_SPEEDS if name in arguments and _value(asked, arguments[name]) is not None)


def _value(asked: Mapping[str, Any], argument: Argument) -> Any:
    """What is asked of an argument, given or not."""
    return asked.get(argument.name, argument.default)


def judged_figure(name: Any, arguments: Mapping[str, Argument], asked: Mapping[str, Any]) -> str:
    """The name of a figure; one that comes whole, or that there is none of, is refused in a sentence."""
    found = arguments.get(name) if isinstance(name, str) else None
    if name in (*USUAL_FIGURES, *ONE_BY_ONE):
        return str(name)
    if name in COUNTS_OF_RECORDS or getattr(found, "whole", False):
        raise ValueError(f"figures has {name!r}, which comes whole: compare two runs with explain.")
    if not isinstance(found, Number):
        numbers = [key for key, one in arguments.items() if isinstance(one, Number) and not one.whole]
        known = [*USUAL_FIGURES, *ONE_BY_ONE, *numbers]
        raise ValueError(f"figures has {name!r}, which is no figure that can be raised. {nearest(name, known)}")
    if asked.get(name, found.default) is None or asked.get(name, found.default) is REQUIRED:
        raise ValueError(f"figures has {name!r}, and nothing is given for it: give it a value first.")
    return str(name)


def asked_chip(machine: Any) -> Any:
    """The chip of a fleet, or the chip itself."""
    return machine.device if isinstance(machine, Fleet) else machine


def _machines(asked: Mapping[str, Any], change: Callable[[Any], Any]) -> dict[str, Any]:
    """Every chip that is asked about, changed."""
    return {name: _with_chip(asked[name], change) for name in MACHINES if asked.get(name) is not None}


def _with_chip(machine: Any, change: Callable[[Any], Any]) -> Any:
    if isinstance(machine, Fleet):
        return replace(machine, node=replace(machine.node, device=change(machine.device)))
    return change(machine)


def _with_figures(chip: Any, names: tuple[str, ...], factor: Any) -> Any:
    """The chip with figures that many times as high; what it lacks, it goes on lacking."""
    known = {name: getattr(chip, name) for name in names}
    return changed(chip, **{name: value * factor for name, value in known.items() if _is_known(value)})


def _is_known(value: Any) -> bool:
    return symbolic(value) or not np.isnan(value)


def _exchanged(chip: Any) -> tuple[str, ...]:
    """What chips exchange data over: their own link, or the bus to the host where they have none."""
    return ("link",) if _is_known(chip.link) else ("host",)


def _quicker_engine(asked: Mapping[str, Any], arguments: Mapping[str, Argument], factor: Any) -> dict[str, Any]:
    """The profile with less of all that it adds besides work and traffic: nothing in training, nor without one."""
    if asked.get("profile") is None:
        return {}
    profile = arguments["profile"].plain("profile", asked["profile"])
    less = {name: _divided(getattr(profile, name), factor) for name in ENGINE_OVERHEADS if hasattr(profile, name)}
    return {"profile": replace(profile, **less)}


def _sooner(asked: Mapping[str, Any], arguments: Mapping[str, Argument], factor: Any) -> dict[str, Any]:
    """Latencies of exchanges, which are given or those of a library."""
    found = {name: _argument(arguments[name], _value(asked, arguments[name]), 1 / factor) for name in GIVEN_LATENCIES
             if name in arguments and _value(asked, arguments[name]) is not None}
    if isinstance(asked.get("library"), str):
        found["library"] = QuickerLibrary.of(asked["library"], factor)
    return found


def _divided(value: Any, factor: Any) -> Any:
    if isinstance(value, Shares):
        return Shares(value.default / factor, {kind: one / factor for kind, one in value.named.items()})
    return value / factor


def _network(asked: Mapping[str, Any], arguments: Mapping[str, Argument], rate: Any = 1.0,
             latency: Any = 1.0) -> dict[str, Any]:
    """The network between nodes, quicker."""
    found: dict[str, Any] = {}
    if "fabric" in arguments:
        fabric = Fabrics.NDR if asked.get("fabric") is None else chosen.fabric("fabric", asked["fabric"])
        found["fabric"] = replace(fabric, rate=fabric.rate * rate, latency=fabric.latency / latency)
    if isinstance(asked.get("fleet"), Fleet):
        fabric = asked["fleet"].fabric
        found["fleet"] = replace(asked["fleet"], fabric=replace(
            fabric, rate=fabric.rate * rate, latency=fabric.latency / latency))
    return found


def _sent(asked: Mapping[str, Any], arguments: Mapping[str, Argument], factor: Any) -> dict[str, Any]:
    """The link that caches are sent over, where prompts are read on nodes of their own."""
    name = "network_bandwidth"
    if name not in arguments or _value(asked, arguments[name]) is None:
        return {}
    return {name: _argument(arguments[name], _value(asked, arguments[name]), factor)}


def _argument(argument: Argument, value: Any, factor: Any) -> Any:
    """An argument that many times as high, as it is given."""
    if symbolic(value):
        return value * factor
    unit = argument.bare if isinstance(argument, Named) else argument.unit or ""
    higher = number(argument.name, value, unit) * factor
    return Q_(higher, unit) if isinstance(argument, Amount) and not symbolic(higher) else higher

