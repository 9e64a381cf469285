"""Every formula of the solver, found by its annotations, and arguments for it: what the four readers are tested on."""

from __future__ import annotations

import importlib
import inspect
import typing
from collections.abc import Callable
from typing import Any

import numpy as np

from solver import PRECISIONS, Accelerator, Hardware, Models, Node, Precision, Profiles, Transformer
from solver.zoo.convnet import ConvNet

ROOMS = ("roofline", "memory", "attention", "transformer", "work", "chunking", "speculation", "requests", "paging",
         "blocks", "images", "training", "kernels", "pipeline")
CHIPS = list(Hardware)
TRANSFORMERS = [model for model in Models if isinstance(model, Transformer)]
ABLE = [chip for chip in CHIPS if not np.isnan(chip.fp16) and not np.isnan(chip.interconnect)]
NODES = [Node(chip, PRECISIONS[name], PRECISIONS["fp8"], profile, tensor_parallel)
         for chip in ABLE for name in ("fp16", "int8", "w4a16") if name in chip.precisions
         for profile in Profiles for tensor_parallel in (1, 2, 8)]
RECORDS: dict[Any, list[Any]] = {
    Accelerator: CHIPS, Transformer: TRANSFORMERS, Transformer | ConvNet: TRANSFORMERS,
    ConvNet: [model for model in Models if isinstance(model, ConvNet)], Precision: list(PRECISIONS.values()),
    Node: NODES}
# Ranges of numbers by unit, and by name where a name says more.
RANGES = {"": (0.05, 1.0), "request": (1, 512), "token": (1, 2**20), "token/request": (1, 2**17), "byte": (1e6, 1e12),
          "byte/token": (1e3, 1e6), "byte/second": (1e11, 1e13), "FLOP": (1e9, 1e15), "FLOP/second": (1e13, 1e16),
          "FLOP*request/token**2": (1e4, 1e7), "second": (1e-4, 1.0)}
NAMED = {"zero_stage": (0, 3), "replicas": (1, 64), "requests": (1, 512), "new": (1, 2**14), "chunk": (16, 8192),
         "read": (0, 2**16), "length": (1, 16), "layers": (1, 128), "answer": (0, 4096), "page": (1, 512),
         "scored": (1, 64), "reserve": (0.0, 0.5)}


def formulas() -> dict[str, Callable[..., Any]]:
    """Public functions of the rooms whose result has a unit, by their full name."""
    found = {}
    for room in ROOMS:
        module = importlib.import_module(f"solver.formulas.{room}")
        for name, member in vars(module).items():
            own = inspect.isfunction(member) and member.__module__ == module.__name__
            if own and not name.startswith("_") and unit(hints(member).get("return")) is not None:
                found[f"{room}.{name}"] = member
    return found


def hints(function: Callable[..., Any]) -> dict[str, Any]:
    return typing.get_type_hints(function, include_extras=True)


def unit(hint: Any) -> str | None:
    """The unit in an annotation; None for records and constants."""
    return hint.__metadata__[0] if hasattr(hint, "__metadata__") else None


def parameters(function: Callable[..., Any]) -> dict[str, Any]:
    """What a reader varies: every parameter that is a record or has a unit."""
    return {name: hint for name, hint in hints(function).items()
            if name != "return" and (hint in RECORDS or unit(hint) is not None)}


def amounts(name: str, hint: Any, rng: np.random.Generator, size: int | None = None) -> Any:
    """Random numbers that such a parameter may have: whole where things are counted."""
    low, high = NAMED.get(name, RANGES[unit(hint) or ""])
    if isinstance(low, int):
        drawn = np.exp(rng.uniform(np.log(max(low, 0.5)), np.log(high + 0.49), size))
        return np.maximum(np.rint(drawn), low)
    return rng.uniform(low, high, size)


def arguments(function: Callable[..., Any], rng: np.random.Generator, size: int | None = None) -> dict[str, Any]:
    """Random arguments: records, and numbers (or arrays of `size` numbers)."""
    return {name: RECORDS[hint][rng.integers(len(RECORDS[hint]))] if hint in RECORDS else amounts(name, hint, rng, size)
            for name, hint in parameters(function).items()}
