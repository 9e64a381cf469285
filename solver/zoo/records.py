"""Records: named sets of numbers with units and sources, read from ``zoo/*.toml`` when first asked for.

A record is a frozen dataclass of floats in base units. What unit a field or property has stands in its
annotation (``bandwidth: Bandwidth``), so that prose, tests and axes can ask `unit_of`. A `Zoo` holds records
by name and answers an unknown name with the nearest known ones.
"""

from __future__ import annotations

import dataclasses
import datetime
import functools
import pathlib
import typing
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Generic, TypeVar

import numpy as np
import pint

from solver.text import SHORT_LIST, given_text, nearest
from solver.units import Q_, factor, in_unit, is_quantity

FOLDER = pathlib.Path(__file__).parent
R = TypeVar("R")


@dataclasses.dataclass(frozen=True)
class Source:
    """Where a figure was published."""

    title: str
    url: str
    date: datetime.date

    def __str__(self) -> str:
        return f"{self.title} ({self.date}), {self.url}"


@functools.cache
def units(kind: Any) -> dict[str, str]:
    """The unit of every annotated field and property of a record class, by name.

    >>> from solver import Accelerator
    >>> units(Accelerator)["bandwidth"]
    'byte/second'
    """
    found = {}
    hints = typing.get_type_hints(kind, include_extras=True)
    for name in dir(kind):
        member = getattr(kind, name, None)
        getter = getattr(member, "fget", None) or getattr(member, "func", None)
        if getter is not None:
            hints[name] = typing.get_type_hints(getter, include_extras=True).get("return")
    for name, hint in hints.items():
        if hasattr(hint, "__metadata__"):
            found[name] = hint.__metadata__[0]
    return found


def unit_of(record: Any, name: str) -> str:
    """The base unit of the figure `name` of a record; ``""`` for a bare number."""
    kind: Any = type(record)
    return units(kind).get(name, "")


def make_plain(record: Any) -> None:
    """Make the quantities among the fields of a new record floats in base units (for ``__post_init__``)."""
    kind: Any = type(record)
    for name, unit in units(kind).items():
        value = vars(record).get(name)
        if isinstance(value, str):
            object.__setattr__(record, name, base_value(value, unit))
        elif is_quantity(value):
            object.__setattr__(record, name, in_unit(Q_(value), unit))


def judge_figures(record: Any, **limits: tuple[float, float, str]) -> None:
    """Refuse figures that make no sense: yes or no, infinities, and bare numbers far from any real figure, which were
    meant in another unit. `limits` are the least, the most, and an example; what may be unknown is NaN by default."""
    for name, (least, most, example) in limits.items():
        value = getattr(record, name)
        if isinstance(value, (bool, np.bool_)):
            raise TypeError(f"{name} of {record.name!r} is {given_text(value)}: give a figure, such as {example}.")
        if isinstance(value, (int, float)) and not least <= value <= most and not _may_be_unknown(record, name, value):
            unit = f" {unit_of(record, name)}" if unit_of(record, name) else ""
            raise ValueError(f"{name} of {record.name!r} is {value:.6g}{unit}: give a figure from {least:.6g} to "
                             f"{most:.6g}{unit}, or one with its unit, such as {example}.")


def _may_be_unknown(record: Any, name: str, value: float) -> bool:
    default = type(record).__dataclass_fields__[name].default
    return bool(value != value and default != default)


class Dimensioned:
    """A record whose figures are quantities: what proves the dimensions of a formula that reads them."""

    def __init__(self, record: Any) -> None:
        self._record = record

    def __getattr__(self, name: str) -> Any:
        value = getattr(self._record, name)
        if dataclasses.is_dataclass(value):
            return Dimensioned(value)
        if isinstance(value, tuple):
            return tuple(map(Dimensioned, value))
        if isinstance(value, (int, float, np.ndarray, np.number, Mapping)):
            return as_quantity(value, unit_of(self._record, name))
        return value


def as_quantity(value: Any, unit: str) -> Any:
    """`value`, or each value of a mapping, as a quantity in `unit`; a bare number stays one."""
    if isinstance(value, Mapping):
        return type(value)((key, as_quantity(v, unit)) for key, v in value.items())  # type: ignore[call-arg]
    return Q_(value, unit) if unit else value


def changed(record: R, **fields: Any) -> R:
    """A record with other figures: what a chip would be with twice its bandwidth.

    A record that is chosen but not known yet, as in a trace, is changed whichever it will be.

    >>> from solver import Hardware
    >>> h100 = Hardware.Cloud.H100
    >>> twice = changed(h100, bandwidth=2 * h100.bandwidth, name="H100 with 2× bandwidth")
    >>> twice.bandwidth / h100.bandwidth, str(twice)
    (2.0, 'H100 with 2× bandwidth')
    """
    if hasattr(record, "with_fields"):  # not known yet
        return record.with_fields(changed, fields)
    if not dataclasses.is_dataclass(record) or isinstance(record, type):
        raise TypeError(f"{given_text(record)} is no record: give one such as Hardware.Cloud.H100.")
    known = [field.name for field in dataclasses.fields(record)]
    for name in fields:
        if name not in known:
            raise TypeError(f"{record} has no figure {name!r}. {nearest(name, known)}")
    made = dataclasses.replace(record, **fields)
    for name, value in fields.items():
        if hasattr(made, "judge"):
            made.judge(name, value)
    return made


class ByName(dict[str, Any]):
    """Figures by name. A key that is not known yet (a symbol) makes the choice itself."""

    def __getitem__(self, key: Any) -> Any:
        return key.chosen_from(self) if hasattr(key, "chosen_from") else super().__getitem__(key)


class Zoo(Generic[R]):
    """Records by name: ``zoo.H100``, ``zoo["H100"]``, ``for record in zoo``; groups of them are attributes too.

    `load` gives the records. It is called when the first of them is asked for, so that importing costs nothing.
    """

    def __init__(self, title: str, load: Callable[[], dict[str, R]], **groups: Any) -> None:
        self.__dict__.update(_title=title, _load=load, _groups=groups, **groups)

    @functools.cached_property
    def _records(self) -> dict[str, R]:
        load: Callable[[], dict[str, R]] = vars(self)["_load"]
        return load()

    def __getitem__(self, name: str) -> R:
        try:
            return self._records[name]
        except (KeyError, TypeError):
            raise KeyError(self._unknown(name)) from None

    def __getattr__(self, name: str) -> R:
        if name.startswith("_"):
            raise AttributeError(name)
        try:
            return self._records[name]
        except KeyError:
            raise AttributeError(self._unknown(name)) from None

    def _unknown(self, name: Any) -> str:
        return f"{self._title} has no {name!r}. {nearest(name, self._records)}"

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{self._title} is read-only: build your own record and pass it to solve instead.")

    def __iter__(self) -> Iterator[R]:
        return iter(self._records.values())

    def __len__(self) -> int:
        return len(self._records)

    def __contains__(self, name: object) -> bool:
        return name in self._records

    def keys(self) -> list[str]:
        """The names, in the order of the file."""
        return list(self._records)

    def __dir__(self) -> list[str]:
        return [*vars(self)["_groups"], *self._records, "keys"]

    def __repr__(self) -> str:
        return f"{self._title}: {', '.join(self._records)}"


def record_named(name: str, value: Any, kind: type, zoo: Zoo[Any], example: str) -> Any:
    """The record of that name, or that record; a symbol stands for one that is chosen later, and passes."""
    if isinstance(value, kind) or getattr(type(value), "is_symbol", False):
        return value
    if not isinstance(value, str):
        raise TypeError(f"{name} is {given_text(value)}, and should be a record such as {example}, or its name. "
                        f"{nearest(value, zoo.keys(), SHORT_LIST)}")
    if value not in zoo:
        raise ValueError(f"{name} {given_text(value)} is not known. {nearest(value, zoo.keys(), SHORT_LIST)}")
    return zoo[value]


def records(file: str, make: Callable[[dict, Mapping[str, Source]], R]) -> dict[str, R]:
    """The records of a file of the zoo: `make` builds one from its table and all sources."""
    tables = dict(read(file))
    sources = {key: Source(**table) for key, table in tables.pop("sources").items()}
    return {key: make(table, sources) for key, table in tables.items()}


@functools.cache
def read(file: str) -> dict[str, Any]:
    """A table of the zoo, as TOML gives it; a record that is `like` another has the other's figures, and its own."""
    import tomllib

    tables = tomllib.loads((FOLDER / file).read_text(encoding="utf-8"))
    return {key: tables.get(table.get("like"), {}) | table for key, table in tables.items()}


def base_value(text: str | float, base: str = "") -> float:
    """A figure of the zoo ("80 GiB", or a bare number) in base units, which are those of `base` if it is given.

    >>> base_value("80 GiB", "byte") == 80 * 2**30
    True
    """
    if not isinstance(text, str):
        return float(text)
    number, _, unit = text.partition(" ")
    try:
        if "*" in text:  # pint would evaluate it, and 9**9**9 never ends
            raise ValueError(text)
        return float(number) * (in_unit(Q_(1.0, unit), base) if base else factor(unit))
    except (ValueError, pint.DimensionalityError, pint.UndefinedUnitError):
        wanted = f" in {base}" if base else ""
        raise ValueError(f"{text!r} is not a figure{wanted}: write a number and a unit, such as '80 GiB'.") from None
