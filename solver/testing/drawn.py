"""Random arguments for a formula: records, and numbers that its annotations allow."""

from __future__ import annotations

import functools
import typing
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from solver.testing.found import unit_in
from solver.zoo.convnet import ConvNet
from solver.zoo.hardware import Accelerator, Hardware
from solver.zoo.models import Models, Transformer
from solver.zoo.networks import FeedForward
from solver.zoo.node import Node
from solver.zoo.precision import PRECISIONS, Precision
from solver.zoo.profiles import Profiles
from solver.zoo.recipes import Recipes
from solver.zoo.site.datacenter import Datacenter, Datacenters
from solver.zoo.site.fabric import Fabric, Fabrics
from solver.zoo.site.fleet import Fleet
from solver.zoo.site.grid import Grid, Grids
from solver.zoo.site.server import Server, Servers

# Ranges of numbers by unit, and by name where a name says more. Whole limits: it is counted.
RANGES: dict[str, tuple[float, float]] = {
    "": (0.05, 1.0), "request": (1, 512), "token": (1, 2**20), "token/request": (1, 2**17), "byte": (1e6, 1e12),
    "byte/token": (1e3, 1e6), "byte/second": (1e11, 1e13), "FLOP": (1e9, 1e15), "FLOP/second": (1e13, 1e16),
    "FLOP*request/token**2": (1e4, 1e7), "second": (1e-4, 1.0)}
NAMED: dict[str, tuple[float, float]] = {
    "zero_stage": (0, 3), "replicas": (1, 64), "requests": (1, 512), "new": (1, 2**14), "chunk": (16, 8192),
    "read": (0, 2**16), "length": (1, 16), "layers": (1, 128), "answer": (0, 4096), "page": (1, 512),
    "scored": (1, 64), "reserve": (0.0, 0.5), "experts": (16, 256), "held": (1, 8), "active": (1, 8), "groups": (1, 8),
    "loss": (1.9, 3.0), "irreducible": (1.0, 1.8), "alpha": (0.2, 0.5), "beta": (0.2, 0.5), "servers": (1, 4096),
    "parts": (1, 1000), "gang": (1, 64)}
ELSE = (0.5, 100.0)  # of units that are not above
# Chips of a node: tensor_parallel, expert_parallel and attention_data_parallel.
WIDTHS = ((1.0, 1.0, 1.0), (2.0, 1.0, 1.0), (8.0, 8.0, 1.0), (1.0, 8.0, 8.0), (2.0, 1.0, 16.0), (16.0, 1.0, 1.0))


@functools.cache
def random_records() -> dict[Any, list[Any]]:
    """The records that a formula may ask for, by their class."""
    transformers = [model for model in Models if isinstance(model, Transformer)]
    return {Accelerator: list(Hardware), Transformer: transformers, Transformer | ConvNet: transformers,
            ConvNet: [model for model in Models if isinstance(model, ConvNet)],
            FeedForward: [mix for model in transformers for mix in model.feed_forward],
            Precision: [*PRECISIONS.values(), *Recipes], Node: nodes(), Fabric: list(Fabrics), Grid: list(Grids),
            Server: list(Servers), Datacenter: list(Datacenters), Fleet: fleets()}


def nodes() -> list[Node]:
    """Nodes of every chip that can be one, in several formats, profiles and sizes."""
    able = [chip for chip in Hardware if not np.isnan(chip.fp16) and not np.isnan(chip.interconnect)]
    kinds = [(chip, PRECISIONS[name], PRECISIONS["fp8"], profile)
             for chip in able for name in ("fp16", "int8", "w4a16") if name in chip.precisions for profile in Profiles]
    return [Node(*kind, *widths) for place, kind in enumerate(kinds) for widths in WIDTHS[place % 2::2]]


def fleets() -> list[Fleet]:
    """Fleets of every kind of server, small and large, on each network in turn."""
    return [Fleet(server, count, fabric) for count in (1.0, 2.0, 128.0)
            for server, fabric in zip(Servers, [*Fabrics] * len(Servers), strict=False)]


def hints(function: Callable[..., Any]) -> dict[str, Any]:
    """The annotations of a function, its result's included."""
    return typing.get_type_hints(function, include_extras=True)


def parameters(function: Callable[..., Any]) -> dict[str, Any]:
    """What a reader varies: every parameter that is a record or has a unit."""
    return {name: hint for name, hint in hints(function).items()
            if name != "return" and (hint in random_records() or unit_in(hint) is not None)}


def amounts(name: str, hint: Any, rng: np.random.Generator, size: int | None = None,
            within: tuple[float, float] | None = None) -> Any:
    """Random numbers that such a parameter may have: whole where things are counted."""
    low, high = within or NAMED.get(name) or RANGES.get(unit_in(hint) or "", ELSE)
    if isinstance(low, int):
        drawn = np.exp(rng.uniform(np.log(max(low, 0.5)), np.log(high + 0.49), size))
        return np.maximum(np.rint(drawn), low)
    return rng.uniform(low, high, size)


def random_arguments(function: Callable[..., Any], rng: np.random.Generator, size: int | None = None,
              choices: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """Random arguments: records, and numbers (or arrays of `size` numbers), of `choices` where these name one."""
    choices, drawn = choices or {}, {}
    for name, hint in (dict.fromkeys(choices) | parameters(function)).items():
        within = choices.get(name)
        options = within if isinstance(within, list) else random_records().get(hint)
        drawn[name] = options[rng.integers(len(options))] if options else amounts(name, hint, rng, size, within)
    return drawn
