"""Profiles: how much of a chip's figures an engine reaches, and what it adds of its own.

A profile is a handful of numbers, each measured or fitted and each open to be set: ``replace(Profiles.tuned,
launch=30e-6)`` is the tuned engine with 30 us a layer. To find yours, measure one decode step at batch 1 and divide
by the layers what it takes beyond its floor.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from solver.units import Scalar, Second, SecondPerRequest
from solver.zoo.fitted import fitted
from solver.zoo.records import Source, Zoo, base_value, make_plain, records

SHARED = ("compute", "attention", "memory", "cache", "experts", "grouped", "routing", "bus")  # a number, or by kind
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

    Of work and traffic:
    `compute`, `attention` : shares of the peak FLOP/s that matrix products and attention reach
    `memory` : share of the bandwidth that weights are read at
    `cache` : how fast the KV cache is read, as a share of how fast weights are
    `experts`, `grouped` : how fast routed experts are read and multiplied, a group of tokens for each, as shares of how
        fast other weights are; by kind of weights ("Hopper 4-bit weights")
    `norm` : how arithmetic and memory traffic add up: infinity is a maximum (perfect overlap), 2 "in quadrature"
    `vector` : share of the FP32 rate that attention gets while decoding, in engines that do it without matrix units;
        0 where it has them

    Of what each layer of each pass costs besides:
    `launch` : time of a layer, and `overlap` how it adds up with the rest: 1 is a sum, infinity a maximum (launches
        go on while the chip works)
    `routing` : what a layer with a mixture takes more, by kind of weights
    `latent`, `index`, `state` : what a layer takes more with latent attention, with an indexer, with a state
    `reading` : what a layer takes more in a pass that reads prompts, which engines seldom have in a graph
    `mixed` : 1 where a step that reads prompts answers too, and reads the weights once for both; 0 where prompts have
        passes of their own
    `request` : time of a step for each running request: scheduling, sampling, turning tokens into text

    Of chips that exchange data:
    `latency`, `hop` : fixed time of an exchange, and what each chip beyond two adds to it
    `bus` : share of the link's rate that it reaches, by family of chips, "PCIe" where they have no link of their own
    `crowding` : how that share falls with more chips on one bus, as (2 / chips)^crowding; 0 where they have a switch

    Of load tests of nodes apart, which send all requests at once:
    `waves` : share of such a test in which requests still come together
    `handover` : what router, transfer and scheduling add to a first token

    `years` : of the engines that it was fitted to, and `scope` what that was

    How far measurements were off is in `bands`, by quantity.

    A share is a number, or `Shares` by kind of chip.
    """

    name: str
    compute: Any = 1.0
    attention: Any = 1.0
    memory: Any = 1.0
    cache: Any = 1.0
    experts: Any = 1.0
    grouped: Any = 1.0
    launch: Second = 0.0
    overlap: Scalar = 1.0
    routing: Any = 0.0
    latent: Second = 0.0
    index: Second = 0.0
    state: Second = 0.0
    reading: Second = 0.0
    mixed: Scalar = 0.0
    request: SecondPerRequest = 0.0
    latency: Second = 0.0
    hop: Second = 0.0
    bus: Any = 1.0
    crowding: Scalar = 0.0
    waves: Scalar = 0.0
    handover: Second = 0.0
    norm: Scalar = math.inf
    vector: Scalar = 0.0
    years: str = ""
    scope: str = ""
    sources: Mapping[str, Source] = field(default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        make_plain(self)
        for name in SHARED:
            value = getattr(self, name)
            if not isinstance(value, Shares):
                object.__setattr__(self, name, Shares(value))

    @property
    def bands(self) -> Any:
        """Records of how far measurements were off, by quantity ("ServingModel.itl"); none of what was not measured."""
        from solver.zoo.bands import bands_of  # which are read when the first is asked for

        return bands_of(self.name)

    def __str__(self) -> str:
        return self.name


def efficiency_profile(efficiency: Any) -> Profile:
    """The profile that one number makes: that share of the peak FLOP/s, all of the bandwidth, nothing besides."""
    return Profile("efficiency", compute=efficiency, attention=efficiency)


SOURCES = efficiency_profile(EFFICIENCY)  # made once: it is what most calls ask for


def profile_record(table: Mapping[str, Any], sources: Mapping[str, Source]) -> Profile:
    """The record of one table of ``zoo/profiles.toml``, or of a room of ``zoo/fitted.toml``."""
    words = {name: table[name] for name in ("years", "scope") if name in table}
    values = {name: value for name, value in table.items() if name not in ("name", "source", *words)}
    for name, value in values.items():
        if isinstance(value, Mapping):
            plain = {kind: base_value(share) for kind, share in value.items()}
            values[name] = Shares(plain.pop("default"), plain)
        else:
            values[name] = base_value(value)
    origin = dict.fromkeys(values, sources[table["source"]])
    return Profile(table["name"], **values, **words, sources=origin)


def _fitted_profiles() -> dict[str, Profile]:
    """Those that `make fit` wrote, with what it found of load tests later."""
    found = fitted("profiles", profile_record)
    for key, figures in fitted("load_tests", _load_test_figures).items():
        found[key] = replace(found[key], **figures)
    return found


def _load_test_figures(table: Mapping[str, Any], sources: Mapping[str, Source]) -> dict[str, Any]:
    return {name: base_value(value) for name, value in table.items() if name != "source"}


Profiles: Zoo[Profile] = Zoo("Profiles", lambda: records("profiles.toml", profile_record) | _fitted_profiles())
