"""Printing for people: `table` and `info` write quantities with their units, aligned."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from .result import shown_text


def width(text: str) -> int:
    """Columns that a text takes in a terminal: two for a wide (East Asian) character."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def is_number(text: str) -> bool:
    """Whether a cell reads as a number, with or without a unit: such columns are aligned right."""
    return text[:1].isdigit() or text[:2] in ("-0", "-1", "-2", "-3", "-4", "-5", "-6", "-7", "-8", "-9")


def table_text(headers: Sequence[Any], rows: Iterable[Sequence[Any]]) -> str:
    """A table as aligned text; a column of numbers is aligned right.

    >>> print(table_text(["Batch", "Fits"], [[1, "OK"], [128, "OOM"]]))
    Batch  Fits
    -----  ----
        1  OK
      128  OOM
    """
    head = [str(h) for h in headers]
    body = [[shown_text(cell) for cell in row] for row in rows]
    for row in body:
        if len(row) != len(head):
            raise ValueError(f"a row has {len(row)} cells and the table {len(head)} columns: {row}")
    columns = list(zip(head, *body, strict=True))
    widths = [max(map(width, column)) for column in columns]
    right = [bool(body) and all(map(is_number, column[1:])) for column in columns]

    def line(cells: Sequence[str]) -> str:
        padded = (" " * (w - width(c)) + c if r else c + " " * (w - width(c))
                  for c, w, r in zip(cells, widths, right, strict=True))
        return "  ".join(padded).rstrip()

    return "\n".join([line(head), line(["-" * w for w in widths]), *map(line, body)])


def table(headers: Sequence[Any], rows: Iterable[Sequence[Any]]) -> None:
    """Print a table with those headers and rows; cells may be numbers, texts or quantities."""
    print(table_text(headers, rows))


def info(title: str, **figures: Any) -> None:
    """Print named figures under a title; an underscore in a name is shown as a space.

    >>> from solver import Q_
    >>> info("Memory", Model_weights=Q_(16.06, "GB"), Fits="yes")
    Memory
      Model weights  16.1 GB
      Fits           yes
    """
    names = [name.replace("_", " ") for name in figures]
    widest = max(map(width, names), default=0)
    print(title)
    for name, value in zip(names, figures.values(), strict=True):
        print(f"  {name}{' ' * (widest - width(name))}  {shown_text(value)}")
