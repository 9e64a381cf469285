"""Results: what `solve` computed, in base units, shown with a unit when it is asked for.

Making a quantity costs more than computing its value, and so do sentences; both are made on access. A figure of a
result that was traced with symbols is the bare symbol.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from solver.base.inquiry import Inquiry
from solver.base.numbers import symbolic, unknown
from solver.text import nearest, number_text
from solver.units import UNKNOWN_TEXT, is_quantity, quantity

if TYPE_CHECKING:
    from solver.base.working import Working


class field:
    """A field of a result: its unit for people (``None`` for a plain number) and what it means."""

    def __init__(self, unit: str | None, meaning: str, kind: Callable[[Any], Any] | None = None,
                 lazy: Callable[[Any], Any] | None = None) -> None:
        self.unit, self.kind, self.lazy, self.__doc__ = unit, kind, lazy, meaning

    def __set_name__(self, owner: type, name: str) -> None:
        self.name = name

    def __get__(self, result: Any, owner: type) -> Any:
        if result is None:
            return self
        value = result.value(self.name)
        if result.traced or symbolic(value):
            return value
        if self.unit is not None:
            return quantity(value, self.unit)
        if unknown(value) or np.ndim(value):
            return value
        return self.kind(value) if self.kind and np.isfinite(value) else float(value)


class Result:
    """Named fields. `values` has them as computed, in base units; `given` what they were computed from; `inquiry` what
    was asked, if a declared function made it."""

    inquiry: Inquiry | None = None

    def __init__(self, values: dict[str, Any], given: dict[str, Any]) -> None:
        self.__dict__.update(values=values, given=given)

    @cached_property
    def traced(self) -> bool:
        """Whether it was computed from symbols: then every field is a bare one, in base units."""
        return any(map(symbolic, [*self.values.values(), *self.given.values()]))

    def value(self, name: str) -> Any:
        """A field in base units; one that few ask for is computed now."""
        if name not in self.values:
            with np.errstate(all="ignore"):
                self.values[name] = getattr(type(self), name).lazy(self)
        return self.values[name]

    def computed(self) -> dict[str, Any]:
        """The values once more, for whoever watches."""
        values: dict[str, Any] = self.given["asked"].field_values()
        return values

    def working(self, name: str, step: str | None = None) -> Working:
        """How a field comes about: its formula's equation and the numbers in it, to be redone by hand.

        Each number that another formula made has a line of its own, as far as there is room; `step` names one of them
        to be shown instead. Where no formula gives the field it says so.

        >>> from solver import Hardware, Models, ServingModel
        >>> r = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=8192, batch_size=8)
        >>> r.working("kv_cache_size")
        kv_cache_size = kv_bytes_per_token * cached_context * batch + state * batch
        kv_bytes_per_token = 2 * layers * kv_heads * head_dim * size = 2 · 32 · 8 · 128 · 2 B = 131,072 B/token
        kv_cache_size = 131,072 B/token · 8,192 tokens · 8 = 8.59 GB
        >>> print(r.working("itl", "streamed_bytes").splitlines()[-1])
        streamed_bytes = (1.342e9 + 5.637e9) · 2 B = 13.96 GB
        """
        from solver.base.working import working  # only when somebody asks

        return working(self, name, step)

    @classmethod
    def fields(cls) -> list[str]:
        """The names of all fields, in order."""
        return [name for base in reversed(cls.__mro__) for name, found in vars(base).items()
                if isinstance(found, field)]

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f"{type(self).__name__} has no {name!r}. {nearest(name, self.fields())}")

    def __setattr__(self, name: str, value: Any) -> None:
        raise AttributeError(f"{type(self).__name__} is read-only: call solve again with other arguments.")

    def __repr__(self) -> str:
        shown = (f"  {name} = {field_text(getattr(self, name))}" for name in self.fields())
        return "\n".join([f"{type(self).__name__}(", *shown, ")"])


def value_text(value: Any) -> str:
    """A field as people read it."""
    if symbolic(value) or (unknown(value) and not is_quantity(value)):
        return repr(value)
    return number_text(value) if isinstance(value, float) else str(value)


def field_text(value: Any) -> str:
    """A field of a result as people read it: what is not a number is unknown."""
    if isinstance(value, float):
        return UNKNOWN_TEXT if np.isnan(value) else number_text(value)
    return str(value).replace("nan", UNKNOWN_TEXT) if isinstance(value, np.ndarray) else value_text(value)


def interval(result: Any, name: str, down: Any, up: Any) -> tuple[Any, Any]:
    """A field less and more a share of itself, in base units, but nowhere below its floor (a rate: above)."""
    value, floor = result.value(name), result.floor.value(name)
    if getattr(type(result), name).unit is None:  # a rate is an inverse time
        return value / (1 + up), np.minimum(value / np.maximum(1 - down, 1e-300), floor)
    return np.maximum(value * (1 - down), floor), value * (1 + up)


def band_of(result: Any, name: str, ends: tuple[Any, Any]) -> tuple[Any, Any] | None:
    """The ends of an interval as people read them; None where there is none at any point, NaN at points without one."""
    unit = getattr(type(result), name).unit
    known = np.isfinite(ends[1])
    if not np.any(known):
        return None
    ends = ends if np.all(known) else (np.where(known, ends[0], np.nan), ends[1])
    return ends if unit is None else (quantity(ends[0], unit), quantity(ends[1], unit))
