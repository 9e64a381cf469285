"""Numbers that a person gives, made plain: floats and arrays in base units, or a sentence on what is wrong with them.

A sentence has the value, the limit and the next move. Each function takes the argument's name and value. A value that
is not known yet (a symbol that a trace follows, a Dask array) is judged by its type alone.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np
from pint import DimensionalityError

from solver.text import given_text
from solver.units import Q_, Quantity, UnlikeUnitError, in_unit, is_quantity

MOST = 1e9  # of anything that is counted: beyond it a float is as good as infinite, and no machine is


def symbolic(value: Any) -> bool:
    """Whether a value is a symbol: something that stands for a value not known yet.

    A class says so of itself with ``is_symbol = True``; the tracer of the browser's program does.
    """
    return getattr(type(value), "is_symbol", False)


def unknown(value: Any) -> bool:
    """Whether a value cannot be judged now: a symbol, or an array that Dask has still to compute."""
    if type(value) in (int, float):
        return False
    value = value.magnitude if is_quantity(value) else value
    return symbolic(value) or type(value).__module__.startswith("dask.")


def number(name: str, value: Any, unit: str) -> Any:
    """A number or an array of them; of quantities, how many of `unit` they are."""
    if type(value) in (int, float):
        return value
    if is_quantity(value):
        return number(name, magnitude(name, Q_(value), unit), "")
    if isinstance(value, (list, tuple)):
        value = _array(name, value, unit)
    if not isinstance(value, (np.ndarray, np.number)) or value.dtype.kind not in "iuf":
        _refuse_kind(name, value)
    if not value.size:
        raise ValueError(f"{name} is empty: give a number, or an array with at least one.")
    return value.astype(float)


def _array(name: str, value: Any, unit: str) -> np.ndarray:
    """An array of a list; one that is ragged, or that mixes in what is no number, is refused."""
    try:
        items = [magnitude(name, Q_(item), unit) if is_quantity(item) else item for item in value]
        found = np.array(items)
        flat = np.array(items, object).ravel()
    except (ValueError, TypeError) as problem:
        if isinstance(problem, DimensionalityError):
            raise
        _refuse_kind(name, value)
    return _refuse_kind(name, value) if any(isinstance(v, (bool, np.bool_)) for v in flat) else found


def magnitude(name: str, value: Quantity, unit: str) -> Any:
    """How many of `unit` a quantity is; one of another kind is refused with what was wanted."""
    try:
        found = value.magnitude * _conversion(value.units, unit)
    except DimensionalityError as error:
        wanted = f"in {unit}" if unit else "a number without a unit"
        raise UnlikeUnitError(error.units1, error.units2, error.dim1, error.dim2,
                              f"{name} is {value}, and should be {wanted}.") from None
    return found


@functools.cache
def _conversion(given: Any, wanted: str) -> float:
    return in_unit(Q_(1.0, given), wanted)


def _refuse_kind(name: str, value: Any) -> NoReturn:
    what = {bool: "a yes or no", np.bool_: "a yes or no", str: "a text", type(None): "nothing"}.get(
        type(value), f"a {type(value).__name__}")
    shown = repr(value) if len(repr(value)) <= 40 else "it"
    raise TypeError(f"{name} should be a number, or an array of numbers, but {shown} is {what}.")


def unseen(name: str, value: Any, unit: str) -> Any:
    """A value that cannot be judged now, but by its type: an array of numbers, or a symbol."""
    value = magnitude(name, value, unit) if is_quantity(value) else value
    if not symbolic(value) and value.dtype.kind not in "iuf":
        raise TypeError(f"{name} should be an array of numbers, but it is one of {value.dtype}.")
    return value


def each(name: str, value: Any, good: Callable[[Any], Any], sentence: Callable[[float], str]) -> Any:
    """`value`, if all of it is good; else the sentence about its first bad element, named by index."""
    if isinstance(value, (int, float)):
        if not good(value):
            raise ValueError(f"{name} is {exact_text(value)}: {sentence(value)}")
        return value
    with np.errstate(invalid="ignore"):
        bad = np.argwhere(~good(value))
    if len(bad):
        place = tuple(int(i) for i in bad[0])
        raise ValueError(f"{element_name(name, place)} is {exact_text(value[place])}: {sentence(float(value[place]))}")
    return value


def element_name(name: str, place: tuple[int, ...]) -> str:
    """The name of an argument's element."""
    return f"{name}[{', '.join(map(str, place))}]" if place else name


def exact_text(value: Any) -> str:
    """A number as a sentence gives it: exact enough to be found again."""
    value = float(value)
    return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.12g}"


def count(name: str, value: Any, unit: str, least: int = 1, word: str = "") -> Any:
    """A whole number of `unit` (in words: of `word`), at least `least`."""
    if unknown(value):
        return unseen(name, value, unit)
    word = word or unit

    def sentence(bad: float) -> str:
        if bad > MOST:
            return f"that is beyond this model; give at most {MOST:,.0f} {word}s."
        if bad > least:
            return f"{word}s come whole; try {math.floor(bad):,} or {math.ceil(bad):,}."
        return f"give a whole number of {word}s, at least {least}."

    return each(name, number(name, value, unit),
                lambda v: (v >= least) & (v <= MOST) & (np.floor(v) == v) if isinstance(v, np.ndarray)
                else least <= v <= MOST and v == math.floor(v), sentence)


def share(name: str, value: Any, zero: bool = True) -> Any:
    """A number from 0 to 1; 0 itself only where it makes sense."""
    if unknown(value):
        return unseen(name, value, "")
    return each(name, number(name, value, ""),
                lambda v: ((v >= 0) if zero else (v > 0)) & (v <= 1),
                lambda bad: f"give a share from {'0' if zero else 'just above 0'} to 1, such as 0.5 for 50 %.")


def rate(name: str, value: Any, unit: str, example: str) -> Any:
    """A positive quantity; a bare number is refused, since its unit can only be guessed."""
    if symbolic(value):
        return value
    if not is_quantity(value):
        raise TypeError(f"{name} is {given_text(value)}, without a unit: write Q_({example!r}), for example.")
    if unknown(value):
        return unseen(name, value, unit)
    return each(name, number(name, value, unit), lambda v: (v > 0) & (v < np.inf),
                lambda bad: f"give a positive rate, such as Q_({example!r}).")


def limited_number(name: str, value: Any, limit_name: str, limit: Any, good: np.ufunc, must: str, why: str) -> Any:
    """`value`, where all of it stands to `limit` as it must; else a sentence about the first that does not."""
    if unknown(value) or unknown(limit):
        return value
    if isinstance(value, (int, float)) and isinstance(limit, (int, float)) and good(value, limit):
        return value
    together(**{name: value, limit_name: limit})
    fine = good(value, limit)
    if not np.all(fine):
        values, limits = np.broadcast_arrays(value, limit)
        place = tuple(int(i) for i in np.argwhere(~fine)[0])
        raise ValueError(f"{element_name(name, place)} is {exact_text(values[place])} and must be {must} {limit_name}, "
                         f"which is {exact_text(limits[place])}: {why}.")
    return value


def single_number(name: str, value: Any, why: str) -> None:
    """Refuse what is several values, or none yet."""
    if unknown(value) or isinstance(value, (list, tuple)) or np.ndim(getattr(value, "magnitude", value)):
        raise TypeError(f"{name} should be a single value that is known, since {why}.")


def together(**arrays: Any) -> None:
    """Arrays whose shapes broadcast."""
    shapes = {name: value.shape for name, value in arrays.items() if isinstance(value, np.ndarray)}
    if len(shapes) < 2:
        return
    try:
        np.broadcast_shapes(*shapes.values())
    except ValueError:
        said = ", ".join(f"{name} has {shape}" for name, shape in shapes.items() if shape)
        raise ValueError(f"These shapes do not go together: {said}. Give arrays of equal length, or turn one into a "
                         f"column with [:, None] to combine each with each.") from None
