"""What holds of every formula: one text for all readers, proven on quantities, arrays and Dask, and well said."""

from __future__ import annotations

import ast
import inspect
import re
import textwrap
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import numpy as np

from solver.testing.drawn import hints, parameters, random_arguments, random_records
from solver.testing.found import unit_in
from solver.units import Q_
from solver.zoo.records import Dimensioned

REFUSED = (ast.If, ast.IfExp, ast.While, ast.Raise, ast.Assert, ast.BoolOp, ast.Try)
CALLS = {"min", "max", "float", "int", "abs", "round", "isinstance"}
SIZE = 16  # of the arrays that it is tried on


def check_formula(function: Callable[..., Any], **choices: Any) -> None:
    """Prove that a function is a formula as `solver.formulas` has them, or raise AssertionError with what is wrong.

    Its annotations have units (`solver.units`), its docstring has a sentence, an equation, an example and a source (or
    the words "by definition"), its text holds nothing that a trace cannot follow. Given quantities, the result has the
    promised unit; given arrays, it is that of each element; given Dask arrays, it is not computed.

    `choices` name ranges of numbers, or lists of records, for arguments whose unit says too little.

    >>> from solver.units import Byte, FlopRate, Second
    >>> def slip(size: Byte, rate: FlopRate) -> Second:
    ...     return size / rate
    >>> check_formula(slip)
    Traceback (most recent call last):
    AssertionError: slip has no docstring: one sentence, the equation, an example (>>>) and the source.
    """
    _check_annotations(function, choices)
    for fault in _faults_of_docstring(inspect.getdoc(function) or ""):
        _fail(function, fault)
    _check_text(function)
    rng = np.random.default_rng(20261126)
    for _ in range(2):
        _check_dimensions(function, random_arguments(function, rng, None, choices))
    given = random_arguments(function, rng, SIZE, choices)
    with np.errstate(all="ignore"):
        _check_arrays(function, given)
        _check_lazy(function, given)


def _fail(function: Callable[..., Any], fault: str, cause: BaseException | None = None) -> NoReturn:
    raise AssertionError(f"{function.__name__} {fault}") from cause


def _check_annotations(function: Callable[..., Any], choices: dict[str, Any]) -> None:
    if unit_in(hints(function).get("return")) is None:
        _fail(function, "has no unit in the annotation of its result: write -> Second, or another of solver.units.")
    known = parameters(function)
    for name, parameter in inspect.signature(function).parameters.items():
        if name not in known and name not in choices and parameter.default is parameter.empty:
            _fail(function, f"has an argument {name} whose annotation is neither a unit of solver.units nor a record.")


def _faults_of_docstring(doc: str) -> Iterator[str]:
    """What is missing in what a formula says of itself."""
    if not doc:
        yield "has no docstring: one sentence, the equation, an example (>>>) and the source."
    prose = "\n".join(line for line in doc.splitlines() if not line.lstrip().startswith((">>>", "...")))
    if not re.search(r"\.$", doc.partition("\n\n")[0]):
        yield "does not begin with a sentence that ends in a full stop."
    if not re.search(r"^ +\w+ = ", prose, re.MULTILINE):
        yield "does not give its equation, indented: result = ..."
    if ">>>" not in doc:
        yield "shows no example: a line that begins with >>> and the number that comes out."
    if not re.search(r"\bSources?:|\bby definition\b", doc, re.IGNORECASE):
        yield "names no source: write \"Source: ...\", or \"by definition\" where it needs none."


def _check_text(function: Callable[..., Any]) -> None:
    for node in ast.walk(ast.parse(textwrap.dedent(inspect.getsource(function)))):
        called = node.func.id if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) else ""
        if isinstance(node, REFUSED) or called in CALLS:
            what = called or type(node).__name__.lower()
            _fail(function, f"uses {what} (line {getattr(node, 'lineno', 0)} of it), which needs the value now: "
                            f"arithmetic and numpy functions serve all readers, such as np.where and np.maximum.")


def _check_dimensions(function: Callable[..., Any], given: dict[str, Any]) -> None:
    """Given quantities it adds no bytes to FLOP, and what comes out has the unit that it promises."""
    wanted, promised = parameters(function), unit_in(hints(function)["return"]) or ""
    quantities = {name: _dimensioned(value, wanted.get(name)) for name, value in given.items()}
    plain = function(**given)
    try:
        measured = function(**quantities)
        measured = (measured if hasattr(measured, "m_as") else Q_(measured, "")).m_as(promised)
    except Exception as error:
        _fail(function, f"has a slip in its dimensions: {error}", error)
    if not np.allclose(measured, plain, rtol=1e-9, atol=0, equal_nan=True):
        _fail(function, f"gives {measured} {promised} for quantities, and {plain} for the same as floats.")


def _dimensioned(value: Any, hint: Any) -> Any:
    if hint in random_records():
        return Dimensioned(value)
    return value if unit_in(hint) is None else Q_(value, unit_in(hint))


def _check_arrays(function: Callable[..., Any], given: dict[str, Any]) -> None:
    """An array of results is that of each element."""
    try:
        whole = np.broadcast_to(function(**given), SIZE)
    except Exception as error:
        _fail(function, f"does not take arrays: {error}", error)
    each = [function(**{name: value[i] if isinstance(value, np.ndarray) else value for name, value in given.items()})
            for i in range(SIZE)]
    if not np.allclose(whole, np.array(each, float), rtol=1e-12, atol=0, equal_nan=True):
        _fail(function, "gives something else for an array than for each of its elements.")


def _check_lazy(function: Callable[..., Any], given: dict[str, Any]) -> None:
    """Dask arrays pass through, and are computed later; left out where there is no Dask."""
    try:
        import dask.array as lazy
    except ImportError:
        return
    later = {name: lazy.from_array(value, chunks=11) if isinstance(value, np.ndarray) else value
             for name, value in given.items()}
    result = function(**later)
    if any(isinstance(value, lazy.Array) for value in later.values()):
        if not isinstance(result, lazy.Array):
            _fail(function, "computes a Dask array too early: what comes out is no Dask array.")
        result = result.compute(optimize_graph=False, scheduler="synchronous")  # small: the quickest way
    if not np.allclose(result, function(**given), rtol=1e-12, atol=0, equal_nan=True):
        _fail(function, "gives something else for a Dask array than for numpy's.")
