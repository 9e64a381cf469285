"""Dual numbers: values that carry along how fast they change, so that a formula gives exact derivatives too.

A formula that is called with dual numbers does its arithmetic and its numpy functions as ever; each step adds the rule
of its derivative. What comes out knows its value and its slopes in every direction that a figure was seeded in. Where a
minimum or a maximum turns from one side to the other, the slopes for less and for more of a figure differ: both are
kept. A floor jumps at a whole number: there the slope on the side of the jump is infinite, and nothing elsewhere.
Source: Griewank, Walther 2008, "Evaluating Derivatives", chapters 3 and 14.

>>> x = seeds("x")["x"]
>>> (3 * x * x).slopes.tolist()   # for less and for more of x, at 1
[6.0, 6.0]
>>> np.maximum(x, 1).slopes.tolist()
[0.0, 1.0]
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

TIED = 1e-13  # how close two numbers are, as a share, that are the same but for rounding

CONDITIONS = {"less", "less_equal", "greater", "greater_equal", "equal", "not_equal", "logical_and", "logical_or",
         "logical_not", "isfinite", "isnan", "bitwise_and", "bitwise_or", "invert"}  # a condition holds, or not
SMOOTH: dict[str, Callable[..., Any]] = {  # the derivative, of the argument and of the value
    "negative": lambda x, y: -1.0, "positive": lambda x, y: 1.0, "sqrt": lambda x, y: 0.5 / y,
    "square": lambda x, y: 2.0 * x, "exp": lambda x, y: y, "expm1": lambda x, y: y + 1.0, "log": lambda x, y: 1.0 / x,
    "log1p": lambda x, y: 1.0 / (1.0 + x), "log2": lambda x, y: 1.0 / (x * math.log(2.0)),
    "log10": lambda x, y: 1.0 / (x * math.log(10.0))}
# Where they jump: 1 at an argument that more of makes jump, -1 where less does, 0 elsewhere.
JUMPS: dict[str, Callable[..., Any]] = {
    "floor": lambda x, y: -1.0 * (x == y), "ceil": lambda x, y: 1.0 * (x == y),
    "rint": lambda x, y: np.sign(x - y) * (np.abs(x - y) == 0.5), "trunc": lambda x, y: -np.sign(x) * (x == y)}
SAME_RULES = {"true_divide": "divide", "fabs": "absolute", "float_power": "power", "mod": "remainder"}


class NotDifferentiable(TypeError):  # noqa: N818 - reads as what it says of a formula
    """Something was done to a dual number that has no rule here."""


class Dual(np.lib.mixins.NDArrayOperatorsMixin):
    """A number or an array, with its slopes in each direction, along a last axis: for less first, then for more."""

    __slots__ = ("slopes", "value")
    __hash__ = object.__hash__
    is_symbol = True  # the checks of solve pass it on: it was judged when it was a plain number

    def __init__(self, value: Any, slopes: np.ndarray) -> None:
        self.value, self.slopes = value, slopes

    @property
    def shape(self) -> tuple[int, ...]:
        return np.shape(self.value)

    @property
    def ndim(self) -> int:
        return np.ndim(self.value)

    @property
    def size(self) -> int:
        return int(np.size(self.value))

    @property
    def full(self) -> np.ndarray:
        """The slopes of every element."""
        return np.broadcast_to(self.slopes, (*self.shape, self.slopes.shape[-1]))

    @property
    def elasticities(self) -> tuple[np.ndarray, np.ndarray]:
        """Slopes as shares of the value, for less and for more; of a value that is 0 and stays it, 0."""
        with np.errstate(all="ignore"):
            found = np.where(self.full == 0, 0.0 * wide(self.value), self.full / wide(self.value))
        half = found.shape[-1] // 2
        return found[..., :half], found[..., half:]

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        if method != "__call__" or options:
            raise NotDifferentiable(f"np.{ufunc.__name__}.{method} of dual numbers has no rule: write it with numpy's "
                                    f"functions of whole arrays.")
        return by_rule(ufunc, *inputs)

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Sequence[Any],
                           options: Mapping[str, Any]) -> Any:
        return chosen(*args) if function is np.where else array_rule(function.__name__)(*args, **options)

    def __bool__(self) -> bool:
        return bool(self.value)

    def __float__(self) -> float:
        return float(self.value)  # for those who ask whether it is a number at all

    def __add__(self, other: Any) -> Any:
        return by_rule(np.add, self, other)

    def __mul__(self, other: Any) -> Any:
        return by_rule(np.multiply, self, other)

    def __truediv__(self, other: Any) -> Any:
        return by_rule(np.divide, self, other)

    __radd__, __rmul__ = __add__, __mul__

    def __getitem__(self, index: Any) -> Dual:
        parts = index if isinstance(index, tuple) else (index,)
        parts = parts if Ellipsis in parts else (*parts, ...)
        return Dual(self.value[parts], self.full[(*parts, slice(None))])

    def __repr__(self) -> str:
        return f"Dual({self.value!r})"

    @property
    def T(self) -> Dual:
        order = (*reversed(range(self.ndim)), self.ndim)
        return Dual(np.transpose(self.value), self.full.transpose(order))

    def reshape(self, *shape: Any) -> Dual:
        value = np.reshape(self.value, shape[0] if len(shape) == 1 else shape)
        return Dual(value, self.full.reshape(*value.shape, self.slopes.shape[-1]))

    def sum(self, axis: int | None = None) -> Any:
        return array_rule("sum")(self, axis)

    def max(self, axis: int | None = None) -> Any:
        return array_rule("max")(self, axis)

    def min(self, axis: int | None = None) -> Any:
        return array_rule("min")(self, axis)


def seeds(*names: str) -> dict[str, Dual]:
    """A factor of 1 for each name, which changes in a direction of its own: what is multiplied by it has the slope of
    a logarithm."""
    rows = np.eye(len(names))
    return {name: Dual(1.0, np.concatenate([row, row])) for name, row in zip(names, rows, strict=True)}


@functools.cache
def sides(count: int) -> np.ndarray:
    """-1 for each direction of less, 1 for each of more."""
    return np.repeat([-1.0, 1.0], count // 2)


def wide(value: Any) -> Any:
    """Values beside slopes: an array gets an axis for them."""
    return value[..., None] if isinstance(value, np.ndarray) and value.ndim else value


def plain(value: Any) -> Any:
    """The value alone."""
    return value.value if isinstance(value, Dual) else value


def slopes_of(value: Any) -> Any:
    """The slopes; 0 of what does not change."""
    return value.slopes if isinstance(value, Dual) else 0.0


def by_rule(ufunc: np.ufunc, *inputs: Any) -> Any:
    """An operation on each element, with the rule of its derivative."""
    name = SAME_RULES.get(ufunc.__name__, ufunc.__name__)
    rule = RULES_OF_TWO.get(name)
    if rule is not None:
        return rule(*inputs)
    values = [plain(one) for one in inputs]
    value = ufunc(*values)
    if name in CONDITIONS:
        return value
    if name in SMOOTH:
        steep = wide(SMOOTH[name](*values, value))
        return Dual(value, np.where(steep == 0, 0.0, steep * inputs[0].slopes))  # exp(-infinity) is level
    if name in JUMPS:
        return Dual(value, jumps(wide(JUMPS[name](*values, value)), inputs[0].slopes))
    raise NotDifferentiable(f"np.{name} has no rule for dual numbers.")


def jumps(where: Any, slopes: np.ndarray) -> np.ndarray:
    """Slopes of what jumps where it is said, and is level elsewhere."""
    return np.where(where * slopes * sides(slopes.shape[-1]) > 0, np.copysign(np.inf, slopes), 0.0)


def dual_product(one: Any, other: Any) -> Dual:
    """(x y)' = y x' + x y', the known factor's part left out."""
    x, y = plain(one), plain(other)
    if not isinstance(other, Dual):
        return Dual(x * y, wide(y) * one.slopes)
    if not isinstance(one, Dual):
        return Dual(x * y, wide(x) * other.slopes)
    return Dual(x * y, wide(y) * one.slopes + wide(x) * other.slopes)


def dual_quotient(one: Any, other: Any) -> Dual:
    """(x / y)' = (x' - x / y y') / y."""
    x, y = plain(one), plain(other)
    if not isinstance(other, Dual):
        return Dual(np.divide(x, y), one.slopes / wide(y))
    value = np.divide(x, y)
    return Dual(value, (slopes_of(one) - wide(value) * other.slopes) / wide(y))


def dual_power(base: Any, exponent: Any) -> Dual:
    """(x^y)' = y x^(y - 1) x' + x^y log(x) y'; where the power is 0, its second part is too."""
    x, y = plain(base), plain(exponent)
    value, slopes = np.power(x, y), 0.0
    if isinstance(base, Dual):
        slopes = wide(y * np.power(x, y - 1.0)) * base.slopes
    if isinstance(exponent, Dual):
        slopes = slopes + wide(np.where(value == 0, 0.0, value * np.log(np.where(value == 0, 1.0, x)))) * (
            exponent.slopes)
    return Dual(value, np.asarray(slopes))


def larger(one: Any, other: Any, sign: float = 1.0) -> Any:
    """The larger of two, or with -1 the smaller; where both are the same, the one that each side goes on with."""
    x, y = plain(one), plain(other)
    value = np.maximum(x, y) if sign > 0 else np.minimum(x, y)
    tied = (x == y) | (np.abs(x - y) <= TIED * np.minimum(np.abs(x), np.abs(y)))
    first, second = slopes_of(one), slopes_of(other)
    ahead = x > y if sign > 0 else x < y
    slopes = np.where(wide(ahead), first, second)
    if np.any(tied):
        side = sign * sides(slopes.shape[-1])
        slopes = np.where(wide(tied), side * np.maximum(side * first, side * second), slopes)
    return Dual(value, slopes)


def size_of(one: Dual) -> Any:
    """The absolute value."""
    return larger(one, -one)


def direction(one: Dual) -> Dual:
    """The sign, which jumps at 0."""
    at_zero = wide(one.value == 0) & (one.slopes != 0)
    return Dual(np.sign(one.value), np.where(at_zero, np.copysign(np.inf, one.slopes), 0.0))


def whole_quotient(one: Any, other: Any) -> Any:
    return by_rule(np.floor, dual_quotient(one, other))


RULES_OF_TWO: dict[str, Callable[..., Any]] = {
    "add": lambda one, other: Dual(plain(one) + plain(other), slopes_of(one) + slopes_of(other)),
    "subtract": lambda one, other: Dual(plain(one) - plain(other), slopes_of(one) - slopes_of(other)),
    "multiply": dual_product, "divide": dual_quotient, "power": dual_power, "maximum": larger, "absolute": size_of,
    "sign": direction, "minimum": functools.partial(larger, sign=-1.0), "floor_divide": whole_quotient,
    "remainder": lambda one, other: one - whole_quotient(one, other) * other}


def chosen(condition: Any, *either: Any) -> Any:
    """As numpy's `where`; a condition is taken as it is at the point."""
    if len(either) != 2:
        raise NotDifferentiable("np.where of dual numbers needs a condition and two values.")
    holds = np.asarray(plain(condition)).astype(bool)
    one, other = either
    if not holds.ndim and not np.ndim(plain(one)) and not np.ndim(plain(other)):
        return one if holds else other
    value = np.where(holds, plain(one), plain(other))
    if not isinstance(one, Dual) and not isinstance(other, Dual):
        return value
    return Dual(value, np.where(wide(holds) if holds.ndim else holds, slopes_of(one), slopes_of(other)))


def array_rule(name: str) -> Callable[..., Any]:
    """What stands for a function of whole arrays."""
    from solver.design.dual_arrays import ARRAY_RULES  # which is made of dual numbers itself

    if name not in ARRAY_RULES:
        raise NotDifferentiable(f"np.{name} has no rule for dual numbers.")
    return ARRAY_RULES[name]
