"""The one place that judges what a person gave: a sentence with the value, the limit and the next move.

Each function takes the argument's name and value and returns it plain: a float or an array in base units, or a
record. A value that is not known yet (a symbol that a trace follows, a Dask array) passes unseen.
"""

from __future__ import annotations

import functools
import inspect
import math
from collections.abc import Callable
from typing import Any, NoReturn, TypeVar

import numpy as np
from pint import DimensionalityError

from .convnet import ConvNet
from .hardware import Accelerator
from .models import Transformer
from .precision import precision_named
from .records import is_quantity, nearest
from .units import Q_, Quantity, number_text

F = TypeVar("F", bound=Callable[..., Any])
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
    """A number or an array of them, in base units; of a quantity, its magnitude in `unit`."""
    if type(value) in (int, float):
        return value
    if is_quantity(value):
        value = magnitude(name, Q_(value), unit)
        return value if unknown(value) else number(name, value, "")
    if isinstance(value, (list, tuple)):
        value = _array(name, value)
    if not isinstance(value, (np.ndarray, np.number)) or value.dtype.kind not in "iuf":
        _refuse_kind(name, value)
    if not value.size:
        raise ValueError(f"{name} is empty: give a number, or an array with at least one.")
    return value.astype(float)


def _array(name: str, value: Any) -> np.ndarray:
    """An array of a list; one that is ragged, or that mixes in what is no number, is refused."""
    try:
        found = np.array(value)
    except (ValueError, TypeError):
        _refuse_kind(name, value)
    flat = np.array(value, object).ravel()
    return _refuse_kind(name, value) if any(isinstance(v, (bool, np.bool_)) for v in flat) else found


def magnitude(name: str, value: Quantity, unit: str) -> Any:
    """The number of base units; a quantity of another kind is refused with what was wanted."""
    if unit == "token" and "[request]" in value.dimensionality:
        value = value * Q_(1, "request")  # a context is counted in tokens per request
    try:
        return value.magnitude * conversion(value.units, unit)
    except DimensionalityError as error:
        wanted = unit or "a number without a unit"
        raise DimensionalityError(error.units1, error.units2, error.dim1, error.dim2,
                                  f": {name} is {value}, and should be in {wanted}.") from None


@functools.cache
def conversion(given: Any, wanted: str) -> float:
    """How many of the unit `wanted` one of the unit `given` is."""
    return float(Q_(1.0, given).m_as(wanted))


def _unseen(name: str, value: Any, unit: str) -> Any:
    """A value that cannot be judged now, but by its type: an array of numbers, or a symbol."""
    value = magnitude(name, value, unit) if is_quantity(value) else value
    if not symbolic(value) and value.dtype.kind not in "iuf":
        raise TypeError(f"{name} should be an array of numbers, but it is one of {value.dtype}.")
    return value


def _refuse_kind(name: str, value: Any) -> NoReturn:
    what = {bool: "a yes or no", np.bool_: "a yes or no", str: "a text", type(None): "nothing"}.get(
        type(value), f"a {type(value).__name__}")
    shown = repr(value) if len(repr(value)) <= 40 else "it"
    raise TypeError(f"{name} should be a number, or an array of numbers, but {shown} is {what}.")


def _each(name: str, value: Any, good: Callable[[Any], Any], sentence: Callable[[float], str]) -> Any:
    """`value`, if all of it is good; else the sentence about its first bad element, named by index."""
    if isinstance(value, (int, float)):
        if not good(value):
            raise ValueError(f"{name} is {_shown(value)}: {sentence(value)}")
        return value
    with np.errstate(invalid="ignore"):
        bad = np.argwhere(~good(value))
    if len(bad):
        place = tuple(int(i) for i in bad[0])
        index = f"[{', '.join(map(str, place))}]" if place else ""
        raise ValueError(f"{name}{index} is {_shown(value[place])}: {sentence(float(value[place]))}")
    return value


def _shown(value: Any) -> str:
    value = float(value)
    return f"{value:,.0f}" if value.is_integer() and abs(value) < 1e15 else f"{value:.12g}"


def count(name: str, value: Any, unit: str, least: int = 1) -> Any:
    """A whole number of `unit`, at least `least`."""
    if unknown(value):
        return _unseen(name, value, unit)

    def sentence(bad: float) -> str:
        if bad > MOST:
            return f"that is beyond this model; give at most {MOST:,.0f} {unit}s."
        if bad > least:
            return f"{unit}s come whole; try {math.floor(bad):,} or {math.ceil(bad):,}."
        return f"give a whole number of {unit}s, at least {least}."

    return _each(name, number(name, value, unit),
                 lambda v: (v >= least) & (v <= MOST) & (np.floor(v) == v) if isinstance(v, np.ndarray)
                 else least <= v <= MOST and v == math.floor(v), sentence)


def share(name: str, value: Any, zero: bool = True) -> Any:
    """A number from 0 to 1; 0 itself only where it makes sense."""
    if unknown(value):
        return _unseen(name, value, "")
    return _each(name, number(name, value, ""),
                 lambda v: ((v >= 0) if zero else (v > 0)) & (v <= 1),
                 lambda bad: f"give a share from {'0' if zero else 'just above 0'} to 1, such as 0.5 for 50 %.")


def rate(name: str, value: Any, unit: str, example: str) -> Any:
    """A positive quantity; a bare number is refused, since its unit can only be guessed."""
    if symbolic(value):
        return value
    if not is_quantity(value):
        raise TypeError(f"{name} is {value!r}, without a unit: write Q_({example!r}), for example.")
    if unknown(value):
        return _unseen(name, value, unit)
    return _each(name, number(name, value, unit), lambda v: (v > 0) & (v < np.inf),
                 lambda bad: f"give a positive rate, such as Q_({example!r}).")


def transformer(name: str, value: Any, others: tuple[type, ...] = ()) -> Any:
    """A transformer, or one of the `others`."""
    if symbolic(value) or isinstance(value, (Transformer, *others)):
        return value
    if isinstance(value, ConvNet):
        raise TypeError(f"{name} is {value}, a convolutional network, which has no KV cache: choose a transformer, "
                        f"such as Models.Llama3_8B, or ask Engine.solve.")
    if isinstance(value, Accelerator):
        raise TypeError(f"{name} is {value}, an accelerator: were model and hardware swapped?")
    raise TypeError(f"{name} is {value!r}, and should be a record such as Models.Llama3_8B.")


def accelerator(name: str, value: Any) -> Any:
    """An accelerator."""
    if symbolic(value) or isinstance(value, Accelerator):
        return value
    if isinstance(value, (Transformer, ConvNet)):
        raise TypeError(f"{name} is {value}, a model: were model and hardware swapped?")
    raise TypeError(f"{name} is {value!r}, and should be a record such as Hardware.Cloud.H100.")


def precision(value: Any, *devices: Any) -> Any:
    """The number format of that name, which every one of the devices has a rate for."""
    if symbolic(value):
        return value
    found = precision_named(value)
    for device in devices:
        if not symbolic(device) and math.isnan(device.peak[found.name]):
            raise ValueError(f"{device} has no {found.name} rate: it has {', '.join(device.precisions)}.")
    return found


def context(name: str, value: Any, model: Any) -> Any:
    """A number of tokens that the model was trained for."""
    value = count(name, value, "token")
    if unknown(value) or symbolic(model) or not hasattr(model, "context"):
        return value
    limit = model.context
    return _each(name, value, lambda v: v <= limit,
                 lambda bad: f"{model} was trained for at most {number_text(limit)} tokens; "
                             f"shorten the context, or choose a model with a longer one.")


def below(name: str, value: Any, limit_name: str, limit: Any) -> Any:
    """`value`, where all of it is below `limit`."""
    if unknown(value) or unknown(limit):
        return value
    together(**{name: value, limit_name: limit})
    if np.any(value >= limit):
        raise ValueError(f"{name} is {np.max(value):,.0f} and must be below {limit_name} ({np.min(limit):,.0f}): "
                         f"at least one token has to be new.")
    return value


def at_most(name: str, value: Any, limit_name: str, limit: Any) -> Any:
    """`value`, where all of it is at most `limit`."""
    if unknown(value) or unknown(limit):
        return value
    together(**{name: value, limit_name: limit})
    if np.any(value > limit):
        raise ValueError(f"{name} is {np.max(value):,.0f}, more than {limit_name} ({np.min(limit):,.0f}): "
                         f"choose one that is no larger.")
    return value


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


def one_of(name: str, value: Any, choices: tuple[int, ...]) -> Any:
    """One of a few whole numbers."""
    if not isinstance(value, (int, np.integer)) or isinstance(value, bool) or value not in choices:
        raise ValueError(f"{name} is {value!r}: choose one of {', '.join(map(str, choices))}.")
    return value


def truth(name: str, value: Any) -> bool:
    """True or False, and nothing that merely counts as one of them."""
    if not isinstance(value, (bool, np.bool_)):
        raise TypeError(f"{name} is {value!r}, and should be True or False.")
    return bool(value)


def trainable(name: str, precision: Any) -> None:
    """A number format that weights can be trained in."""
    if not symbolic(precision) and precision.narrow:
        raise ValueError(f"{name} is {precision}: weights are trained at 16 bits or more; choose fp16 or bf16.")


def explained(solve: F) -> F:
    """Answer an unknown keyword with the nearest known ones. The signature stays as it is written."""
    known = [name for name in inspect.signature(solve).parameters if name != "self"]

    @functools.wraps(solve)
    def wrapper(*args: Any, **options: Any) -> Any:
        for name in options:
            if name not in known:
                raise TypeError(f"solve has no argument {name!r}. {nearest(name, known)}")
        return solve(*args, **options)

    return wrapper  # type: ignore[return-value]
