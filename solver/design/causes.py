"""What two results were asked differently: arguments, and the figures of chips and fleets among them.

Each cause can be set as the one or as the other result has it, whatever the rest is: so a change is split among them.
Causes are what was given; what was not follows from it, and is none.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from solver.base.declared import Argument
from solver.base.inquiry import Inquiry
from solver.base.term import measured_text
from solver.text import number_text
from solver.units import is_quantity
from solver.zoo.hardware import Accelerator
from solver.zoo.profiles import Profile
from solver.zoo.records import unit_of
from solver.zoo.site.fleet import Fleet
from solver.zoo.site.server import Server

# Figures that go together, by what a person calls them. FLOP/s are all rates of a chip, also those it lacks.
CHIP_PARTS = {
    "memory": ("memory", "ecc"), "bandwidth": ("bandwidth",),
    "FLOP/s": ("fp16", "bf16", "fp32", "tf32", "fp8", "int8", "fp4", "int4", "unpublished"), "link": ("link", "domain"),
    "host": ("host",), "board power": ("power",), "family of chips": ("family", "memory_kind")}
SERVER_PARTS = {"chips of a server": ("chips",), "power of a server": ("power",)}
FLEET_PARTS = {"servers": ("count",), "fabric": ("fabric",), "data center": ("datacenter",)}
INSIDE: dict[type, tuple[Mapping[str, tuple[str, ...]], str]] = {  # parts of a record, and the record inside it
    Accelerator: (CHIP_PARTS, ""), Server: (SERVER_PARTS, "device"), Fleet: (FLEET_PARTS, "node")}


@dataclass(frozen=True, eq=False)
class AskedPart:
    """A part of what was asked: an argument, or figures of a record at the end of a path of fields."""

    name: str
    argument: str
    path: tuple[str, ...] = ()
    figures: tuple[str, ...] = ()
    shown: str = ""  # the figure of several that a person sees

    def taken(self, asked: dict[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
        """What was asked, with this part as the other has it: left out, where that was not given it."""
        if self.argument not in other:
            return {name: value for name, value in asked.items() if name != self.argument}
        own, value = asked.get(self.argument), other[self.argument]
        return {**asked, self.argument: _with_part(own, value, self.path, self.figures)}

    def of(self, plain: Mapping[str, Any]) -> tuple[Any, str]:
        """What a person sees of it, and its unit."""
        record: Any = plain[self.argument]
        for step in self.path:
            record = getattr(record, step)
        return (getattr(record, self.shown), unit_of(record, self.shown)) if self.figures else (record, "")


def asked_values(inquiry: Inquiry) -> dict[str, Any]:
    """What somebody gave, by name: as it was given, but records themselves where there may have been their names."""
    return {name: inquiry.plain[name] if type(inquiry.plain[name]) in INSIDE else value
            for name, value in inquiry.given.items() if value is not None}


def differing_parts(one: Inquiry, other: Inquiry, with_same: bool = False) -> list[AskedPart]:
    """The parts in which two questions to the same solver differ, in the order of its arguments. What was given in one
    of them alone, and is the same in the other all the same, counts `with_same`."""
    mine, theirs = asked_values(one), asked_values(other)
    parts: list[AskedPart] = []
    for name in (name for name in one.plain if name in mine or name in theirs):
        value, its = one.plain[name], other.plain[name]
        if name in mine and name in theirs:
            parts += _parts(name, name, (), value, its)
        elif with_same or not same_value(value, its):
            parts.append(AskedPart(name, name))
    return parts


def _parts(argument: str, name: str, path: tuple[str, ...], value: Any, other: Any) -> Iterator[AskedPart]:
    kind = type(value)
    if kind is not type(other) or kind not in INSIDE:
        if not same_value(value, other):
            yield AskedPart(name, argument, path)
        return
    groups, inner = INSIDE[kind]
    prefix = "" if argument in ("hardware", "fleet") else f"{argument}: "
    for title, figures in groups.items():
        moved = [one for one in figures if not same_value(getattr(value, one), getattr(other, one))]
        if moved:
            yield AskedPart(prefix + title, argument, path, figures, moved[0])
    if inner:
        yield from _parts(argument, inner, (*path, inner), getattr(value, inner), getattr(other, inner))


def efficiency_of(value: Any) -> Any:
    """The efficiency that alone makes a profile."""
    return value.compute.default if isinstance(value, Profile) and value.name == "efficiency" else None


def same_value(one: Any, other: Any) -> bool:
    """Whether two values ask the same; unknown figures do."""
    if one is other:
        return True
    if isinstance(one, float) and isinstance(other, float) and math.isnan(one) and math.isnan(other):
        return True
    if isinstance(one, Profile) and isinstance(other, Profile):
        return repr(one) == repr(other)  # shares are compared by what they are
    return bool(one == other)


def _with_part(value: Any, other: Any, path: tuple[str, ...], figures: tuple[str, ...]) -> Any:
    """A record with figures of the other, where the path leads."""
    if path:
        inner = _with_part(getattr(value, path[0]), getattr(other, path[0]), path[1:], figures)
        return replace(value, **{path[0]: inner})
    return replace(value, **{name: getattr(other, name) for name in figures}) if figures else other


def part_text(part: AskedPart, plain: Mapping[str, Any], arguments: Mapping[str, Argument]) -> str:
    """A part as people read it."""
    value, unit = part.of(plain)
    unit = unit if part.figures else arguments[part.argument].unit or ""
    if efficiency_of(value) is not None:
        return f"efficiency {number_text(efficiency_of(value))}"
    if value is None or value in ("", ()) or (isinstance(value, float) and math.isnan(value)):
        return "none"
    if isinstance(value, bool) or not isinstance(value, (int, float)) or is_quantity(value):
        return str(value)
    return measured_text(value, unit) if unit else number_text(value)
