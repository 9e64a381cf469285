"""Symbols: stand-ins for values that are not known yet, which remember what a formula does to them.

A formula that is called with symbols does its arithmetic and its numpy functions as ever; what comes out is a
symbol that knows its operation and what that was applied to. `mlsysim_labs.trace` writes such symbols as a program.
What needs the value now (``if``, ``float()``, a loop over it) is refused with the advice that mends the formula.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NoReturn

import numpy as np

COMPARISONS = {"less", "less_equal", "greater", "greater_equal", "equal", "not_equal",
               "logical_and", "logical_or", "logical_not", "isfinite", "isnan"}
ELEMENTWISE = COMPARISONS | {
    "add", "subtract", "multiply", "divide", "floor_divide", "remainder", "power", "negative", "absolute", "sign",
    "sqrt", "square", "exp", "expm1", "log", "log1p", "log2", "log10", "ceil", "floor", "rint", "trunc", "maximum",
    "minimum",
    "where"}
FOLDS = {"sum": "sum", "max": "max", "amax": "max", "min": "min", "amin": "min", "cumsum": "cumsum", "argmax": "argmax",
         "argmin": "argmin"}
SAME = {"true_divide": "divide", "fabs": "absolute", "float_power": "power", "mod": "remainder",
        "bitwise_and": "logical_and", "bitwise_or": "logical_or", "invert": "logical_not", "bitwise_not": "logical_not"}


class Untraceable(TypeError):  # noqa: N818 - reads as what it says of a formula
    """Something was done to a value not known yet that cannot be written down for the browser."""


def refuse(advice: str) -> Callable[..., NoReturn]:
    """A method that answers with the advice."""
    def method(self: Any, *_: Any, **__: Any) -> NoReturn:
        raise Untraceable(advice)
    return method


class Symbol(np.lib.mixins.NDArrayOperatorsMixin):
    """A number or array not known yet, of a known shape: an operation and its arguments."""

    __slots__ = ("args", "op", "shape", "truth")
    __hash__ = object.__hash__
    is_symbol = True  # how the solver knows to skip its checks

    def __init__(self, op: str, args: tuple[Any, ...] = (), shape: tuple[int, ...] = (), truth: bool = False) -> None:
        self.op, self.args, self.shape, self.truth = op, args, shape, truth

    @property
    def ndim(self) -> int:
        return len(self.shape)

    @property
    def size(self) -> int:
        return math.prod(self.shape)

    @property
    def T(self) -> Symbol:
        return self.rearranged(lambda places: places.T)

    def rearranged(self, look: Callable[[np.ndarray], np.ndarray]) -> Symbol:
        """The same numbers at other places. `look` is tried on an array of places, and its strides are kept."""
        places = np.arange(self.size).reshape(self.shape)
        seen = look(places)
        start = int(seen.flat[0]) if seen.size else 0
        strides = [step // places.itemsize for step in seen.strides]
        return Symbol("view", (self, start, list(seen.shape), strides), seen.shape, self.truth)

    def reshape(self, *shape: Any) -> Symbol:
        return self.rearranged(lambda places: places.reshape(*shape))

    def __getitem__(self, index: Any) -> Symbol:
        parts = index if isinstance(index, tuple) else (index,)
        if not all(part is None or part is Ellipsis or isinstance(part, (int, np.integer, slice)) for part in parts):
            raise Untraceable("an index has to be made of whole numbers and slices; use np.where for a mask")
        return self.rearranged(lambda places: places[parts if Ellipsis in parts else (*parts, ...)])

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        op = SAME.get(ufunc.__name__, ufunc.__name__)
        if "out" in options:
            raise Untraceable("a value cannot be changed in place; write y = y + x instead of y += x")
        if method != "__call__" or options or op not in ELEMENTWISE:
            called = ufunc.__name__ + ("" if method == "__call__" else f".{method}")
            raise Untraceable(f"np.{called} is not among the functions that the browser knows")
        return elementwise(op, *inputs)

    def __array_function__(self, function: Callable[..., Any], types: Any, args: Sequence[Any],
                           options: Mapping[str, Any]) -> Any:
        name = function.__name__
        if name in FOLDS and not set(options) - {"axis"}:
            return fold(FOLDS[name], *args, **options)
        if name in FUNCTIONS and not options:
            return FUNCTIONS[name](*args)
        if name == "linspace" and not set(options) - {"num"}:
            return linspace(*args, **options)
        raise Untraceable(f"np.{name}({', '.join(options)}) is not among the functions that the browser knows")

    __bool__ = refuse("Python's if, and, or, not, min, max and a < b < c need the value now; "
                      "use np.where, np.minimum, np.maximum, & and |")
    __float__ = __complex__ = refuse("float() and the functions of math need the value now; use those of numpy")
    __int__ = __index__ = refuse("int(), range() and indexing need the value now; use np.floor, or a fixed length")
    __iter__ = __len__ = refuse("a loop needs the length now; use whole-array functions, or loop over a constant")
    __str__ = __format__ = refuse("text needs the value now; return the number and let the picture write it")
    __array__ = refuse("np.array needs the values now; use np.stack for a list of them, and np.where for a mask")

    def __repr__(self) -> str:
        return f"<symbol of {self.op}, shape {self.shape}>"

    def __round__(self) -> Any:
        return np.rint(self)

    def __ceil__(self) -> Any:
        return np.ceil(self)

    def __floor__(self) -> Any:
        return np.floor(self)

    def __trunc__(self) -> Any:
        return np.trunc(self)

    def sum(self, axis: int | None = None) -> Symbol:
        return fold("sum", self, axis)

    def max(self, axis: int | None = None) -> Symbol:
        return fold("max", self, axis)

    def min(self, axis: int | None = None) -> Symbol:
        return fold("min", self, axis)


def constant(value: Any) -> Symbol:
    """A symbol of a value that is known."""
    if isinstance(value, Symbol):
        return value
    if hasattr(value, "magnitude"):
        raise Untraceable(f"{value!r} has a unit, and the browser's numbers have none: use its magnitude in base units")
    if getattr(type(value), "is_symbol", False) or np.asarray(value).dtype.kind not in "biuf":
        raise Untraceable(f"{value!r} stands where a number was expected")
    array = np.asarray(value)
    return Symbol("const", (array.astype(float),), array.shape, array.dtype.kind == "b")


def known_number(value: Symbol) -> float | None:
    """The number that a symbol stands for, if it is a single, known one."""
    return float(value.args[0]) if value.op == "const" and value.shape == () else None


def elementwise(op: str, *inputs: Any) -> Any:
    """An operation on each element; arguments broadcast as in numpy."""
    arguments = [constant(i) for i in inputs]
    truths = all(a.truth for a in (arguments[1:] if op == "where" else arguments))
    if truths and op not in COMPARISONS | {"where"}:
        raise Untraceable("numpy does not count when it reckons with comparisons alone; use np.where(a, 1, 0)")
    if op.startswith("logical") and not truths:
        raise Untraceable("&, | and ~ are for comparisons only")
    shape = np.broadcast_shapes(*(a.shape for a in arguments))
    fitted: tuple[Any, ...] = tuple(a if a.shape in ((), shape) else np.broadcast_to(a, shape) for a in arguments)
    kept = unchanged_argument(op, fitted, shape)
    return Symbol(op, fitted, shape, op in COMPARISONS or truths) if kept is None else kept


def unchanged_argument(op: str, arguments: tuple[Symbol, ...], shape: tuple[int, ...]) -> Symbol | None:
    """The argument that an operation with a known number leaves as it is, if there is one."""
    numbers = [known_number(a) for a in arguments]
    kept = None
    if op == "where" and numbers[0] is not None:
        kept = arguments[1 if numbers[0] else 2]
    elif op in ("multiply", "divide") and numbers[1] == 1:
        kept = arguments[0]
    elif op == "multiply" and numbers[0] == 1:
        kept = arguments[1]
    elif op == "multiply" and 0 in numbers:
        kept = vanished(numbers, arguments)
    elif op in ("add", "subtract") and numbers[1] == 0:
        kept = arguments[0]
    elif op == "add" and numbers[0] == 0:
        kept = arguments[1]
    return kept if kept is not None and kept.shape == shape and not kept.truth else None


def vanished(numbers: list[float | None], arguments: tuple[Symbol, ...]) -> Symbol | None:
    """The known zero of a product, if what it multiplies is one of several known and finite numbers."""
    zero, other = arguments if numbers[0] == 0 else arguments[::-1]
    tables = [argument for argument in other.args if isinstance(argument, Symbol) and argument.op == "const"]
    finite = other.op == "pick" and tables and all(np.all(np.isfinite(table.args[0])) for table in tables)
    return zero if finite else None


def fold(op: str, array: Any, axis: int | None = None) -> Symbol:
    """A sum, maximum and so on along an axis, or of all elements."""
    array = constant(array)
    if axis is None:
        array, axis = array.reshape(-1), 0
    if not -array.ndim <= axis < array.ndim:
        raise Untraceable(f"there is no axis {axis} in an array of shape {array.shape}")
    axis %= array.ndim
    before, count, after = math.prod(array.shape[:axis]), array.shape[axis], math.prod(array.shape[axis + 1:])
    shape = array.shape if op == "cumsum" else array.shape[:axis] + array.shape[axis + 1:]
    truth = array.truth and op in ("max", "min")
    return Symbol(op, (array, before, count, after, len(shape)), shape, truth)


def linspace(start: Any, stop: Any, num: int = 50) -> Any:
    """As numpy's, which ends exactly at `stop`; the number of steps has to be known."""
    if np.ndim(start) or np.ndim(stop):
        raise Untraceable("np.linspace is followed between two single numbers; use broadcasting for more")
    share = np.linspace(0, 1, num)
    return np.where(share == 1, stop, start + (stop - start) * share)


def stack(parts: Sequence[Any]) -> Symbol:
    """Values of one shape, one after another."""
    symbols = tuple(constant(p) for p in parts)
    if len({s.shape for s in symbols}) != 1:
        raise Untraceable("np.stack needs parts of the same shape")
    return Symbol("stack", symbols, (len(symbols), *symbols[0].shape), all(s.truth for s in symbols))


def where(*args: Any) -> Any:
    """As numpy's with three arguments; the places of what is true are not known yet."""
    if len(args) != 3:
        raise Untraceable("np.where needs a condition and two values; the places of what is true are not known yet")
    return elementwise("where", *args)


FUNCTIONS: dict[str, Callable[..., Any]] = {
    "where": where,
    "clip": lambda value, low, high: np.minimum(np.maximum(value, low), high),
    "broadcast_to": lambda value, shape: value.rearranged(lambda places: np.broadcast_to(places, shape)),
    "stack": stack,
    "shape": lambda value: value.shape,
    "ndim": lambda value: value.ndim,
    "size": lambda value: value.size,
}
