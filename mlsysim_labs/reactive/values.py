"""Structures of numbers that a lab's functions return: their leaves, by path."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from typing import Any

import numpy as np

from mlsysim_labs.reactive.choices import Choice
from mlsysim_labs.reactive.symbols import Symbol
from mlsysim_labs.reactive.trace import json_numbers, program, run, symbol
from solver.units import is_quantity


def leaves(value: Any, make: Callable[[str, Any], Any], path: str) -> Any:
    """The same structure of dicts and tuples, with ``make(path, leaf)`` in place of every leaf."""
    if isinstance(value, Mapping):
        return {key: leaves(part, make, f"{path}.{key}") for key, part in value.items()}
    if isinstance(value, tuple):  # a list of numbers is an array
        return tuple(leaves(part, make, f"{path}.{i}") for i, part in enumerate(value))
    return make(path, bare_leaf(value))


def bare_leaf(leaf: Any) -> Any:
    """A leaf as the browser has it: of a quantity the number of base units."""
    return leaf.to_root_units().magnitude if is_quantity(leaf) else leaf


def kernel_symbols(name: str, value: Any) -> Any:
    """Symbols in the shape of a value that the kernel computed: inputs that the browser gets later."""
    return leaves(value, lambda path, leaf: symbol(path, np.shape(leaf)) if is_numeric_leaf(leaf) else leaf, name)


def flat_values(name: str, value: Any) -> dict[str, Any]:
    """The numbers of a value by path, as JSON carries them."""
    found = by_path(name, value)
    return {path: json_numbers(np.asarray(leaf, float)) for path, leaf in found.items() if is_numeric_leaf(leaf)}


def by_path(name: str, value: Any) -> dict[str, Any]:
    """The leaves of a value by path."""
    found: dict[str, Any] = {}
    leaves(value, found.__setitem__, name)
    return found


def is_numeric_leaf(leaf: Any) -> bool:
    """Whether a leaf is a number or an array of them."""
    return not is_dataclass(leaf) and np.asarray(leaf).dtype.kind in "biuf"


def difference(wiring: Any, raw: Mapping[str, Any]) -> str:
    """Where formulas and program of a lab differ at a setting of its controls, in a sentence; else nothing."""
    values, inputs = wiring.values_at(raw), {"guess": math.nan, **raw}
    for name in wiring.kernel_only.keys() & values.keys():
        inputs |= flat_values(name, values[name])
    for name in wiring.functions.keys() & values.keys():
        traced, exact = by_path(name, wiring.symbols[name]), by_path(name, values[name])
        outputs = {path: leaf for path, leaf in traced.items() if isinstance(leaf, (Symbol, Choice))}
        for path, said in run(program(outputs), inputs).items():
            if not alike(said, exact.get(path)):
                settings = ", ".join(f"{n} = {values.get(n)}" for n in raw)
                return f"{path}: the browser would show {said}, the formula says {exact.get(path)} at {settings}."
    return ""


def alike(said: Any, exact: Any) -> bool:
    """Whether a program's output is what the formula gave: to 1e-9, or the same text."""
    if isinstance(said, str):
        return said == str(exact)
    return bool(np.allclose(said, np.asarray(exact, float), rtol=1e-9, atol=0, equal_nan=True))
