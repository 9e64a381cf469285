"""The one registry of units, and quantities that print for people.

Pint's default registry counts bytes as plain numbers (``16 GB + 1`` passes) and knows no FLOP. This one,
read from ``units.txt``, has byte, FLOP, token, request and dollar as dimensions. Formulas work on floats in
base units (those, and the second); a quantity is made where a person reads a result, and taken where one is given.

>>> print(Q_(44.23, "GB"), Q_("80 GiB").to("GB"))
44.2 GB 85.9 GB
>>> Q_("1 GiB") == Q_("1 GB")
False
"""

from __future__ import annotations

import functools
import pathlib
from typing import Annotated, Any, TypeAlias

import numpy as np
import pint
import pint.registry

from solver.text import array_text, given_text, nearest, number_text

# What a formula takes and returns: a float, an array or a symbol, in the base unit that is named.
Scalar: TypeAlias = Annotated[Any, ""]
Byte: TypeAlias = Annotated[Any, "byte"]
Flop: TypeAlias = Annotated[Any, "FLOP"]
Token: TypeAlias = Annotated[Any, "token"]
Request: TypeAlias = Annotated[Any, "request"]
Second: TypeAlias = Annotated[Any, "second"]
Context: TypeAlias = Annotated[Any, "token/request"]
PerToken: TypeAlias = Annotated[Any, "1/token"]
BytePerRequest: TypeAlias = Annotated[Any, "byte/request"]
BytePerToken: TypeAlias = Annotated[Any, "byte/token"]
FlopPerToken: TypeAlias = Annotated[Any, "FLOP/token"]
FlopPerRequest: TypeAlias = Annotated[Any, "FLOP/request"]
FlopPerPair: TypeAlias = Annotated[Any, "FLOP*request/token**2"]
BytePerPair: TypeAlias = Annotated[Any, "byte*request/token**2"]
Pairs: TypeAlias = Annotated[Any, "token**2/request"]
FlopPerByte: TypeAlias = Annotated[Any, "FLOP/byte"]
FlopRate: TypeAlias = Annotated[Any, "FLOP/second"]
SecondPerRequest: TypeAlias = Annotated[Any, "second/request"]
Bandwidth: TypeAlias = Annotated[Any, "byte/second"]
TokenRate: TypeAlias = Annotated[Any, "token/second"]
RequestRate: TypeAlias = Annotated[Any, "request/second"]
Watt: TypeAlias = Annotated[Any, "watt"]
Joule: TypeAlias = Annotated[Any, "joule"]
Kilogram: TypeAlias = Annotated[Any, "kilogram"]
KilogramPerJoule: TypeAlias = Annotated[Any, "kilogram/joule"]
Liter: TypeAlias = Annotated[Any, "liter"]
LiterPerJoule: TypeAlias = Annotated[Any, "liter/joule"]
Dollar: TypeAlias = Annotated[Any, "dollar"]
DollarPerJoule: TypeAlias = Annotated[Any, "dollar/joule"]
DollarPerSecond: TypeAlias = Annotated[Any, "dollar/second"]
DollarPerToken: TypeAlias = Annotated[Any, "dollar/token"]
DollarPerFlop: TypeAlias = Annotated[Any, "dollar/FLOP"]
DollarPerKilogram: TypeAlias = Annotated[Any, "dollar/kilogram"]
FlopPerJoule: TypeAlias = Annotated[Any, "FLOP/joule"]
PerSecond: TypeAlias = Annotated[Any, "1/second"]
JoulePerRequest: TypeAlias = Annotated[Any, "joule/request"]
JoulePerToken: TypeAlias = Annotated[Any, "joule/token"]


UNKNOWN_TEXT = "unknown"  # what people read of a quantity that is not a number


class Quantity(pint.registry.UnitRegistry.Quantity):
    """A number with its unit. ``str`` is for people (three digits); ``repr`` and ``magnitude`` are exact."""

    def __str__(self) -> str:
        return format(self, "")

    def __format__(self, spec: str) -> str:
        if spec:
            return super().__format__(spec).rstrip()
        shown = self.to("") if self.dimensionless and str(self.units) != "percent" else self
        value = shown.magnitude
        if not np.ndim(value) and np.isnan(value):
            return UNKNOWN_TEXT
        number = array_text(value).replace("nan", UNKNOWN_TEXT) if np.ndim(value) else number_text(value)
        return f"{number} {unit_text(shown.units)}".rstrip()

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(str(self))

    _repr_html_ = _repr_latex_ = None  # type: ignore[assignment]  # Jupyter shows the text above instead

    def __reduce__(self) -> tuple[Any, ...]:
        # Pint unpickles into whatever registry the new process has; a worker that imported nothing has none.
        return Q_, (self.magnitude, str(self.units))


class Unit(pint.registry.UnitRegistry.Unit):
    """A unit that a process which has imported nothing can unpickle."""

    def __reduce__(self) -> tuple[Any, ...]:
        return unit, (format(self, "D"),)

    def __str__(self) -> str:
        return format(self, "D")


class Registry(pint.registry.GenericUnitRegistry[Quantity, Unit]):
    """Pint's registry with the quantities and units above."""

    Quantity: TypeAlias = Quantity
    Unit: TypeAlias = Unit


REGISTRY = Registry(filename=str(pathlib.Path(__file__).with_name("units.txt")))
REGISTRY.formatter.default_format = "~"
REGISTRY.separate_format_defaults = True
PLAIN_UNITS = list(REGISTRY._units)  # before those with prefixes come in
OFTEN = ("byte", "bit", "FLOP", "token", "request", "USD", "s", "min", "h", "day", "week", "year", "W", "J", "Wh", "kg")


class UnlikeUnitError(pint.DimensionalityError):
    """A quantity of another kind than what is asked for, in a sentence of ours."""

    def __str__(self) -> str:
        return self.extra_msg


class UnknownUnitError(pint.UndefinedUnitError):
    """A unit that is not known, with those that are like it."""

    def __str__(self) -> str:
        name = str(self.unit_names[0])
        if name in REGISTRY._prefixes:
            return f"{name!r} is no unit, but goes in front of one: write it in one word, such as '{name}token'."
        if name.endswith("ps") and name[:-2] in REGISTRY:
            return f"{name!r} is no unit that is known. Did you mean {name[:-2]}/s?"
        close = nearest(name, [*PLAIN_UNITS, *(mark + one for mark in REGISTRY._prefixes for one in PLAIN_UNITS
                                               if (len(mark) > 2) == (len(one) > 3) or one in ("FLOP", "token"))])
        return f"{given_text(name)} is no unit that is known. " + (
            close if close.startswith("Did") else f"Give it in {', '.join(OFTEN)} or their multiples.")


@functools.cache
def unit(name: str) -> Any:
    """The unit of that name, parsed once."""
    return REGISTRY.Unit(name)


@functools.cache
def factor(name: str) -> float:
    """How many base units (byte, FLOP, token, request, dollar, second) one `name` is.

    >>> factor("GiB"), factor("ms")
    (1073741824.0, 0.001)
    """
    return float(REGISTRY.Quantity(1.0, name).to_root_units().magnitude)


@functools.cache
def unit_text(unit: Any) -> str:
    """The unit as people write it: ``GB/s``; a percent is ``%``, a bare number is nothing."""
    return "%" if str(unit) == "percent" else f"{unit:~C}".replace("**", "^").replace("*", "·")


def Q_(value: Any, unit: Any = None) -> Quantity:
    """A quantity of this package's registry, from a number and a unit, a text, or another registry's quantity.

    >>> print(Q_("100 GB/s") + Q_(8, "Gbps"))
    101 GB/s
    """
    try:
        return _parsed(value, unit)
    except pint.UndefinedUnitError as error:
        raise UnknownUnitError(error.unit_names) from None


def _parsed(value: Any, unit: Any) -> Quantity:
    if isinstance(value, Quantity):
        return value if unit is None else REGISTRY.Quantity(value, unit)
    if isinstance(value, pint.Quantity):
        try:
            number = value.magnitude if np.ndim(value.magnitude) else float(value.magnitude)
            value = REGISTRY.Quantity(number, format(value.units, "D"))
        except pint.UndefinedUnitError as error:
            raise ValueError(f"{value} has a unit that is not used here, {error.unit_names}: give it in byte, FLOP, "
                             f"token, request, dollar, second or their multiples.") from None
    return REGISTRY.Quantity(value, unit)


def in_unit(value: Quantity, unit: str) -> float:
    """How many of `unit` a quantity is. A context is counted in tokens of one request: either unit will do.

    >>> in_unit(Q_("8 Kitoken"), "token/request"), in_unit(Q_(5, "token/request"), "token")
    (8192.0, 5.0)
    """
    one = Q_(1, "request")
    if unit == "token/request" and value.is_compatible_with("token"):
        value = value / one
    elif unit == "token" and value.is_compatible_with("token/request"):
        value = value * one
    return float(value.m_as(unit))


def quantity(value: Any, display: str) -> Quantity:
    """`value`, in base units, as a quantity in the unit `display`."""
    return REGISTRY.Quantity(value / factor(display), unit(display))


def is_quantity(value: Any) -> bool:
    """Whether `value` is a quantity, of this package's registry or another."""
    return isinstance(value, Quantity) or (hasattr(value, "magnitude") and hasattr(value, "units"))
