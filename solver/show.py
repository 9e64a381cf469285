"""Showing numbers to people: `table` and `info` write quantities with their units, aligned.

In a terminal both print text. In a notebook a table is one of the page's own, which keeps its shape in a narrow window.
"""

from __future__ import annotations

import html
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from typing import Any

from solver.base.result import value_text


def width(text: str) -> int:
    """Columns that a text takes in a terminal: two for a wide (East Asian) character."""
    return sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def is_plain_number(text: str) -> bool:
    """Whether a cell reads as a number, with or without a unit: such columns are aligned right."""
    return text.lstrip("-")[:1].isdigit() or text.startswith(("nan", "inf", "-inf", "unknown"))


def cells(headers: Sequence[Any], rows: Iterable[Sequence[Any]]) -> tuple[list[str], list[list[str]], list[bool]]:
    """Headers and rows as text, and which columns are numbers."""
    head = [str(h) for h in headers]
    body = [[value_text(cell) for cell in row] for row in rows]
    for row in body:
        if len(row) != len(head):
            raise ValueError(f"a row has {len(row)} cells and the table {len(head)} columns: {row}")
    return head, body, [bool(body) and all(is_plain_number(row[i]) for row in body) for i in range(len(head))]


def table_text(headers: Sequence[Any], rows: Iterable[Sequence[Any]]) -> str:
    """A table as aligned text; a column of numbers is aligned right.

    >>> print(table_text(["Batch", "Fits"], [[1, "OK"], [128, "OOM"]]))
    Batch  Fits
    -----  ----
        1  OK
      128  OOM
    """
    head, body, right = cells(headers, rows)
    widths = [max(map(width, column)) for column in zip(head, *body, strict=True)]

    def line(row: Sequence[str]) -> str:
        gaps = [" " * (w - width(cell)) for cell, w in zip(row, widths, strict=True)]
        padded = (gap + cell if r else cell + gap for cell, gap, r in zip(row, gaps, right, strict=True))
        return "  ".join(padded).rstrip()

    return "\n".join([line(head), line(["-" * w for w in widths]), *map(line, body)])


def table_html(headers: Sequence[Any], rows: Iterable[Sequence[Any]]) -> str:
    """The same as a table of a page; colours and lines are the host's.

    >>> table_html(["Fits"], [["OK"]])[:52]
    '<table><thead><tr><th style="text-align:left">Fits</'
    """
    head, body, right = cells(headers, rows)

    def line(row: Sequence[str], tag: str) -> str:
        made = (f'<{tag} style="text-align:{"right" if r else "left"}">{html.escape(cell)}</{tag}>'
                for cell, r in zip(row, right, strict=True))
        return f"<tr>{''.join(made)}</tr>"

    lines = "".join(line(row, "td") for row in body)
    return f"<table><thead>{line(head, 'th')}</thead><tbody>{lines}</tbody></table>"


def in_notebook() -> bool:
    """Whether the text goes to a notebook; IPython is asked only if somebody else has loaded it."""
    ipython = sys.modules.get("IPython")
    return hasattr(ipython.get_ipython(), "kernel") if ipython else False


def table(headers: Sequence[Any], rows: Iterable[Sequence[Any]]) -> None:
    """Show a table with those headers and rows; cells may be numbers, texts or quantities."""
    rows = list(rows)
    if not in_notebook():
        print(table_text(headers, rows))
        return
    from IPython.display import display

    display({"text/plain": table_text(headers, rows), "text/html": table_html(headers, rows)}, raw=True)


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
        print(f"  {name}{' ' * (widest - width(name))}  {value_text(value)}")
