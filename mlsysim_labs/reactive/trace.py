"""From a formula to instructions: a list that JSON carries and `run`, or reactive/program.js, carries out.

    {"code": [["input", "context"], ["const", 131072], ["multiply", 0, 1]], "outputs": {"cache": 2}}

An instruction is an operation and its arguments, which are numbers of earlier instructions (or, for a few, plain
values). Every distinct computation stands once, and nothing that no output needs. The instruction set is that of
`symbols`: numpy's element-wise functions by their names, folds along an axis, ``view``, ``stack`` and ``pick``.
"""

from __future__ import annotations

import math
import traceback
from collections.abc import Callable, Mapping
from dataclasses import is_dataclass
from typing import Any

import numpy as np

from mlsysim_labs.reactive.choices import Choice
from mlsysim_labs.reactive.symbols import FOLDS, Symbol, Untraceable, constant

Program = dict[str, Any]


def symbol(name: str, shape: tuple[int, ...] = ()) -> Symbol:
    """An input of the program, called `name`."""
    return Symbol("input", (name,), shape)


def trace(function: Callable[..., Any], **inputs: Any) -> Any:
    """What `function` makes of symbols; if it cannot be followed, Untraceable names its line and what to do.

    >>> trace(lambda context: 2 * context, context=symbol("context"))
    <symbol of multiply, shape ()>
    """
    try:
        return function(**inputs)
    except Exception as problem:  # whatever a formula raises on symbols, the reason is that it had symbols
        raise Untraceable(f"{name_of(function)} cannot be followed by the browser{line_of(function, problem)}: "
                          f"{problem}.") from problem


def name_of(function: Callable[..., Any]) -> str:
    return getattr(function, "__name__", type(function).__name__)


def line_of(function: Callable[..., Any], problem: BaseException) -> str:
    """Where in `function` the problem arose, as the end of a sentence."""
    home = getattr(getattr(function, "__code__", None), "co_filename", None)
    frames = [f for f in traceback.extract_tb(problem.__traceback__) if f.filename == home]
    if not frames:
        return ""
    return f", line {frames[-1].lineno}" + (f" ({frames[-1].line})" if frames[-1].line else "")


def program(outputs: Mapping[str, Any]) -> Program:
    """The instructions that compute `outputs`, which are symbols, choices or plain numbers by name.

    >>> program({"cache": symbol("context") * 131072})["code"]
    [['input', 'context'], ['const', 131072], ['multiply', 0, 1]]
    """
    code: list[list[Any]] = []
    places: dict[str, int] = {}  # an instruction, as text, to its number: the same computation stands once
    seen: dict[int, int] = {}
    kept = {name: _as_symbol(value) for name, value in outputs.items()}  # kept alive: `seen` knows them by id
    waiting = list(reversed(kept.values()))  # a stack of our own: a long formula is deeper than Python's
    while waiting:
        value = waiting[-1]
        needed = [a for a in value.args if isinstance(a, Symbol) and id(a) not in seen]
        if needed:
            waiting += reversed(needed)
            continue
        waiting.pop()
        if id(value) not in seen:
            line = [value.op, *(seen[id(a)] if isinstance(a, Symbol) else _written(a) for a in value.args)]
            seen[id(value)] = places.setdefault(repr(line), len(code))
            if seen[id(value)] == len(code):
                code.append(line)
    return {"code": code, "outputs": {name: seen[id(value)] for name, value in kept.items()}}


def size(made: Any) -> int:
    """How many instructions a program of all that a function returned would have, at most.

    >>> size({"cache": symbol("context") * 131072})
    3
    """
    waiting, seen = [made], set[int]()
    while waiting:
        value = waiting.pop()
        if isinstance(value, Mapping):
            waiting += value.values()
        elif isinstance(value, tuple):
            waiting += value
        elif isinstance(value, Choice):
            waiting.append(value._index)
        elif isinstance(value, Symbol) and id(value) not in seen:
            seen.add(id(value))
            waiting += value.args
    return len(seen)


def _written(value: Any) -> Any:
    """An argument that is no symbol, as JSON has it."""
    return json_numbers(value) if isinstance(value, np.ndarray) else value


def _as_symbol(value: Any) -> Symbol:
    """A record, chosen or fixed, is given out as the text of its name."""
    if isinstance(value, Choice):
        return Symbol("pick", (value._index, Symbol("text", ([str(option) for option in value._options],))))
    if isinstance(value, str) or is_dataclass(value):
        return Symbol("text", (str(value),))
    return constant(value)


def json_numbers(array: np.ndarray) -> Any:
    """An array as lists that JSON can carry: it knows neither infinity nor NaN, but JavaScript reads their names."""
    if array.ndim:
        return [json_numbers(part) for part in array]
    value = float(array)
    if not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    whole = value.is_integer() and abs(value) < 2**53 and (value or math.copysign(1, value) > 0)  # -0.0 is not 0
    return int(value) if whole else value


def run(program: Program, inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Carry a program out, as the browser does: what shows that the instructions say what the formula says.

    >>> print(run(program({"cache": symbol("context") * 131072}), {"context": 2})["cache"])
    262144.0
    """
    values: list[Any] = []
    with np.errstate(all="ignore"):
        for line in program["code"]:
            values.append(_carry_out(line, values, inputs))
    return {name: values[place] for name, place in program["outputs"].items()}


def _carry_out(line: list[Any], values: list[Any], inputs: Mapping[str, Any]) -> Any:
    op, *args = line
    match op:
        case "input":
            return np.asarray(inputs[args[0]], float)[()]
        case "const":
            return np.asarray(args[0], float)[()]
        case "text":
            return args[0]
        case "pick":
            return values[args[1]][int(values[args[0]])]
        case "view":
            source, start, shape, strides = args
            flat = np.ravel(values[source])[start:]
            return np.lib.stride_tricks.as_strided(flat, shape, [flat.itemsize * s for s in strides]).astype(float)[()]
        case "stack":
            return np.stack([values[a] for a in args])
        case _ if op in FOLDS.values():
            source, before, count, *_ = args
            return getattr(np, op)(values[source], axis=axis_of(np.shape(values[source]), before, count)) * 1.0
        case _ if op.startswith("logical"):
            return getattr(np, op)(*(np.asarray(values[a], bool) for a in args)).astype(float)
        case _:
            return getattr(np, op)(*(values[a] for a in args)) * 1.0


def axis_of(shape: tuple[int, ...], before: int, count: int) -> int:
    """The axis of a shape before which `before` elements stand, and along which `count`.

    >>> axis_of((2, 3, 4), before=2, count=3)
    1
    """
    return next(k for k, length in enumerate(shape) if (math.prod(shape[:k]), length) == (before, count))


__all__ = ["Choice", "Program", "Symbol", "Untraceable", "program", "run", "symbol", "trace"]
