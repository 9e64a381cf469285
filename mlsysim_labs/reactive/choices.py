"""Choices: one of several records, not known yet which. What is read from it is a table to pick from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from mlsysim_labs.reactive.symbols import Symbol, Untraceable, constant, refuse, stack


class Choice:
    """One of several records, not known yet which. A number that is read from it is a symbol of a table."""

    is_symbol = True
    __hash__ = None  # type: ignore[assignment]

    def __init__(self, index: Symbol, options: Sequence[Any]) -> None:
        self._index, self._options = index, list(options)

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return choose(self._index, [getattr(option, name) for option in self._options])

    def __getitem__(self, key: Any) -> Any:
        if isinstance(key, Choice):
            both = [option[k] for option in self._options for k in key._options]
            return choose(self._index * len(key._options) + key._index, both)
        return choose(self._index, [option[key] for option in self._options])

    def __iter__(self) -> Iterator[Any]:
        """Of records in a row, a choice for each place; the shorter rows end in what their records call absent."""
        rows = self._options
        if not all(isinstance(row, tuple) for row in rows) or not any(rows):
            raise Untraceable("which record is chosen is not known yet, so there is nothing to go through one by one")
        longest = max(rows, key=len)
        padded = [(*row, *[one.absent for one in longest[len(row):]]) for row in rows]
        return iter([choose(self._index, [row[place] for row in padded]) for place in range(len(longest))])

    def chosen_from(self, table: Mapping[Any, Any]) -> Any:
        """What is found in a known table under a key that is this choice."""
        return choose(self._index, [table[key] for key in self._options])

    def with_fields(self, changed: Callable[..., Any], fields: Mapping[str, Any]) -> Choice:
        """The same choice of records that are `changed`, each in these fields; a field may be a symbol."""
        return Choice(self._index, [changed(option, **fields) for option in self._options])

    __eq__ = __bool__ = refuse("which record is chosen is not known yet; "
                               "put the difference into the records as a number")
    __str__ = __format__ = refuse("text needs the value now; return the number and let the picture write it")

    def __repr__(self) -> str:
        return f"<choice of {len(self._options)} records>"


def choose(index: Symbol, options: Sequence[Any]) -> Any:
    """What ``options[index]`` will be: a number where all have the same one, else a symbol, or a choice of records."""
    first = options[0]
    if index.shape:
        raise Untraceable("a choice is made by a single number")
    if callable(first) and not isinstance(first, type):
        name = getattr(first, "__qualname__", first)
        raise Untraceable(f"{name} is a method of a choice; make it a property, or a function")
    if any(isinstance(option, Symbol) for option in options):  # of records that were changed
        same = all(option is first for option in options)
        return first if same else Symbol("pick", (index, stack(list(options))))
    if not isinstance(first, (bool, int, float, np.ndarray, np.number)):
        return first if all(option is first for option in options) else Choice(index, options)
    table = np.array(options, float)  # options of different shapes fail here
    if np.array_equal(table, np.broadcast_to(table[0], table.shape), equal_nan=True):
        return first
    truth = all(isinstance(option, (bool, np.bool_)) for option in options)
    return Symbol("pick", (index, constant(table)), table.shape[1:], truth)
