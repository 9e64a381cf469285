"""Designs: points of a space with what was found at them, as columns, as a table, as a file, or one by one."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from solver import show
from solver.base.result import field_text
from solver.design.spaces import files
from solver.design.spaces.axes import DesignSpace
from solver.text import nearest
from solver.units import factor, quantity

ROWS_SHOWN = 20  # rows of a table, if nothing is said
AT_A_TIME = 50_000  # rows that are written to a file together


@dataclass(frozen=True, eq=False)
class DesignPoint:
    """One point: the arguments of its axes, its fields, and all of its result when it is asked for."""

    index: int
    arguments: Mapping[str, Any]  # all that the model is given
    chosen: Mapping[str, Any]  # those of the axes
    fields: Mapping[str, Any]
    call: Callable[..., Any]

    @functools.cached_property
    def result(self) -> Any:
        """What the model answers, solved for this point once more."""
        return self.call(**self.arguments)

    def __getitem__(self, name: str) -> Any:
        known = {**self.fields, **self.arguments}
        if name not in known:
            raise KeyError(f"The point has no {name!r}. {nearest(name, known)}")
        return known[name]

    def __repr__(self) -> str:
        shown = [f"{name} = {field_text(value)}" for name, value in {**self.chosen, **self.fields}.items()]
        return f"point {self.index:,}: {', '.join(shown)}"


class Designs:
    """Points of a space. `index` has their places in it, None for all of them.

    A column is an array on access: of numbers, of quantities where the field has a unit, or of records.
    """

    def __init__(self, space: DesignSpace, call: Callable[..., Any], index: np.ndarray | None,
                 fields: Mapping[str, np.ndarray], units: Mapping[str, str]) -> None:
        self.space, self.call, self.index = space, call, index
        self.fields, self.units = fields, units

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of all columns: axes, then fields."""
        return (*self.space.names, *(name for name in self.fields if name not in self.space.names))

    def __len__(self) -> int:
        return self.space.points if self.index is None else len(self.index)

    def places(self, low: int = 0, high: int | None = None) -> np.ndarray:
        """Where in the space some of the points are."""
        if self.index is None:
            return np.arange(low, len(self) if high is None else min(high, len(self)))
        return self.index[low:high]

    def value(self, name: str) -> np.ndarray:
        """A column of numbers in base units."""
        if name in self.space.names:
            axis = self.space.axis(name)
            places = self.space.places(name, self.places())
            return axis.base(places) if axis.numeric else axis.objects[places]
        if name not in self.fields:
            raise KeyError(f"There is no column {name!r}. {nearest(name, self.columns)}")
        return self.fields[name]

    def __getitem__(self, name: Any) -> Any:
        if isinstance(name, (int, np.integer)):
            return self.point(int(name))
        return self._shown(name, 0, None)

    def _shown(self, name: str, low: int, high: int | None) -> Any:
        """Some rows of a column, as a person gets them."""
        if name in self.space.names:
            axis = self.space.axis(name)
            return axis.shown(self.space.places(name, self.places(low, high)))
        values, unit = self.value(name)[low:high], self.units.get(name, "")
        return quantity(values, unit) if unit and values.dtype != object else values

    def __iter__(self) -> Iterator[DesignPoint]:
        return map(self.point, range(len(self)))

    def point(self, row: int) -> DesignPoint:
        """One of the points, by its row."""
        if not -len(self) <= row < len(self):
            raise IndexError(f"There is no row {row:,}: there are {len(self):,}.")
        row %= len(self)
        index = row if self.index is None else int(self.index[row])
        given = self.space.arguments(index)
        fields = {name: _single(self._shown(name, row, row + 1)) for name in self.fields}
        return DesignPoint(index, given, {name: given[name] for name in self.space.names}, fields, self.call)

    def table_text(self, rows: int = ROWS_SHOWN, columns: Any = None) -> str:
        """The first rows as aligned text; a column that is left out of `columns` is not shown."""
        return show.table_text(*self._cells(rows, columns))

    def table(self, rows: int = ROWS_SHOWN, columns: Any = None) -> None:
        """Show the first rows as a table."""
        show.table(*self._cells(rows, columns))
        if len(self) > rows:
            print(f"and {len(self) - rows:,} more: table(rows={len(self)}) shows them all.")

    def _cells(self, rows: int, columns: Any) -> tuple[list[str], list[list[Any]]]:
        names = list(columns or self.columns)
        for name in names:
            if name not in self.columns:
                raise KeyError(f"There is no column {name!r}. {nearest(name, self.columns)}")
        shown = ({**one.chosen, **one.fields} for one in map(self.point, range(min(rows, len(self)))))
        return names, [[field_text(cells[name]) for name in names] for cells in shown]

    def to_csv(self, path: Any) -> None:
        """Write a tidy file: a row for each point, units in the header, nothing where a value is not known."""
        files.write_csv(path, self.blocks())

    def to_parquet(self, path: Any) -> None:
        """Write the same as a Parquet file, where pyarrow is installed."""
        files.write_parquet(path, self.blocks())

    def blocks(self) -> Iterator[dict[str, files.Column]]:
        """The columns as they are written, so many rows at a time, by their header."""
        for low in range(0, max(len(self), 1), AT_A_TIME):
            yield self.block(low, low + AT_A_TIME)

    def block(self, low: int, high: int) -> dict[str, files.Column]:
        """Some rows of all columns."""
        places, block = self.places(low, high), {}
        for axis in self.space.axes:
            where = self.space.places(axis.name, places)
            block[files.header(axis.name, axis.unit)] = (
                axis.values[where] if axis.numeric else files.Coded(where, [str(value) for value in axis.values]))
        for name in self.columns[len(self.space.axes):]:
            unit, values = self.units.get(name, ""), self.fields[name][low:high]
            block[files.header(name, unit)] = values / factor(unit) if unit else values
        return block

    def __repr__(self) -> str:
        more = f"\nand {len(self) - ROWS_SHOWN:,} more" if len(self) > ROWS_SHOWN else ""
        return f"{len(self):,} design{'s' * (len(self) != 1)}\n{self.table_text()}{more}"


def _single(value: Any) -> Any:
    """The only element of an array."""
    found = value[0]
    return found.item() if isinstance(found, np.generic) else found
