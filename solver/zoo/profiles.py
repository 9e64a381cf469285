"""Profiles: how much of a chip's figures an engine reaches, and what it adds of its own.

A profile is a handful of numbers, each measured or fitted and each open to be set: ``replace(Profiles.tuned,
launch=30e-6)`` is the tuned engine with 30 us a layer. To find yours, measure one decode step at batch 1 and divide
by the layers what it takes beyond its floor.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from solver.units import Scalar, Second
from solver.zoo.fitted import fitted
from solver.zoo.records import Source, Zoo, base_value, make_plain, records

EFFICIENCY = float("0.5")  # an object of its own, so that a default is told from a 0.5 that was given


class Shares:
    """Shares of a figure that are reached, by kind of chip: "Hopper 8-bit", else "Hopper", else the default.

    >>> shares = Shares(0.7, {"Ada": 0.58, "Hopper 8-bit": 0.55})
    >>> shares["Hopper 16-bit"], shares["Hopper 8-bit"], shares["Ada 8-bit"]
    (0.7, 0.55, 0.58)
    """

    def __init__(self, default: Any, named: Mapping[str, Any] | None = None) -> None:
        self.default, self.named = default, dict(named or {})

    def __getitem__(self, kind: Any) -> Any:
        if not self.named:
            return self.default
        if hasattr(kind, "chosen_from"):  # not known yet
            return kind.chosen_from(self)
        return self.named.get(kind, self.named.get(kind.partition(" ")[0], self.default))

    def __repr__(self) -> str:
        return " ".join([f"{self.default}", *(f"({kind}: {share})" for kind, share in self.named.items())])


@dataclass(frozen=True)
class Profile:
    """What an engine makes of a chip.

    `compute`, `attention` : shares of the peak FLOP/s that matrix products and the attention of a prompt reach
    `memory` : share of the bandwidth that weights and KV cache are read at
    `launch` : time that every layer of every pass costs besides, and `overlap` how it adds up with the rest:
        1 is a sum, infinity a maximum (launches go on while the chip works)
    `latency`, `bus` : fixed time of an all-reduce, and the share of the link's rate that it reaches
    `norm` : how arithmetic and memory traffic add up: infinity is a maximum (perfect overlap), 2 "in quadrature"
    `vector` : share of the FP32 rate that attention gets while decoding, in engines that do it without matrix units;
        0 where it has them
    `band` : how far a measurement may be off, as a share, in 8 of 10 cases
    `scope` : what it was fitted to

    The first three are a share, or `Shares` by kind of chip.
    """

    name: str
    compute: Any = 1.0
    attention: Any = 1.0
    memory: Any = 1.0
    launch: Second = 0.0
    overlap: Scalar = 1.0
    latency: Second = 0.0
    bus: Scalar = 1.0
    norm: Scalar = math.inf
    vector: Scalar = 0.0
    band: Scalar = math.nan
    scope: str = ""
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        make_plain(self)
        for name in ("compute", "attention", "memory"):
            value = getattr(self, name)
            if not isinstance(value, Shares):
                object.__setattr__(self, name, Shares(value))

    def __str__(self) -> str:
        return self.name


def efficiency_profile(efficiency: Any) -> Profile:
    """The profile that one number makes: that share of the peak FLOP/s, all of the bandwidth, nothing besides."""
    return Profile("efficiency", compute=efficiency, attention=efficiency)


SOURCES = efficiency_profile(EFFICIENCY)  # made once: it is what most calls ask for


def profile_record(table: Mapping[str, Any], sources: Mapping[str, Source]) -> Profile:
    """The record of one table of ``zoo/profiles.toml``, or of a room of ``zoo/fitted.toml``."""
    values = {name: value for name, value in table.items() if name not in ("name", "scope", "source")}
    for name, value in values.items():
        if isinstance(value, Mapping):
            values[name] = Shares(value["default"], {k: v for k, v in value.items() if k != "default"})
        else:
            values[name] = base_value(value)
    origin = dict.fromkeys(values, sources[table["source"]])
    return Profile(table["name"], **values, scope=table["scope"], sources=origin)


Profiles: Zoo[Profile] = Zoo("Profiles", lambda: records("profiles.toml", profile_record)
                             | fitted("profiles", profile_record))
