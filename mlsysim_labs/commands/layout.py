"""Text for a terminal: tables that fold at its width and never cut a number, sentences, and colour nowhere else."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence

USUAL_PAGE = 80  # columns where nothing says how many there are
NARROWEST, PROSE_WIDTH = 40, 24  # columns of a page, and of a column of sentences
BETWEEN = "  "


def page_width() -> int:
    """Columns of the terminal; of a file or a pipe, 80."""
    asked = os.environ.get("COLUMNS", "")
    there = shutil.get_terminal_size((USUAL_PAGE, 24)).columns if asked.isdigit() or sys.stdout.isatty() else USUAL_PAGE
    return max(there, NARROWEST)


def colourful() -> bool:
    """Whether somebody looks at it who may like colour: a terminal, and no NO_COLOR (no-color.org)."""
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def bold(text: str) -> str:
    """The text as a heading."""
    return f"\033[1m{text}\033[0m" if colourful() else text


def sentences_text(sentences: Sequence[str], page: int) -> str:
    """Sentences, one below the other."""
    return "\n".join(textwrap.fill(one, page, subsequent_indent="  ", break_long_words=False,
                                   break_on_hyphens=False) for one in sentences)


def table_of(head: Sequence[str], rows: Sequence[Sequence[str]], page: int, kept: int = 1) -> str:
    """A table as text, no wider than the page: sentences in its last column fold; other columns that do not fit go
    below, each part with the first `kept` columns.

    >>> print(table_of(["chip", "memory"], [["H100", "80 GiB"], ["H200", "141 GB"]], 80))
    chip  memory
    ----  ------
    H100  80 GiB
    H200  141 GB
    """
    from solver.show import is_plain_number, width

    columns = [[str(cell) for cell in column] for column in zip(head, *rows, strict=True)]
    right = [len(column) > 1 and all(is_plain_number(cell) or cell in ("", "-") for cell in column[1:])
             for column in columns]
    widths = [max(map(width, column)) for column in columns]
    room = page - sum(widths[:-1]) - len(BETWEEN) * (len(widths) - 1)
    longest = max(width(word) for cell in columns[-1] for word in cell.split() or [""])
    if len(widths) > 1 and max(PROSE_WIDTH, longest) <= room < widths[-1] and not right[-1]:
        widths[-1] = room
    return "\n\n".join(_part(columns, widths, right, places) for places in _parts(widths, page, kept))


def columns_that_fit(head: Sequence[str], rows: Sequence[Sequence[str]], page: int, kept: int) -> int:
    """How many columns stand side by side, those that are kept and one more at least."""
    from solver.show import width

    taken = 0
    for place, column in enumerate(zip(head, *rows, strict=True)):
        taken += max(map(width, column)) + len(BETWEEN) * bool(place)
        if taken > page and place > kept:
            return place
    return len(head)


def _parts(widths: Sequence[int], page: int, kept: int) -> Iterator[list[int]]:
    """Which columns stand side by side: as many as fit, and one at least."""
    first = list(range(kept))
    places, taken = list(first), sum(widths[:kept]) + len(BETWEEN) * kept
    for place in range(kept, len(widths)):
        used = sum(widths[at] + len(BETWEEN) for at in places[kept:])
        if len(places) > kept and taken + used + widths[place] > page:
            yield places
            places = list(first)
        places.append(place)
    yield places


def _part(columns: list[list[str]], widths: list[int], right: list[bool], places: list[int]) -> str:
    lines = []
    for row in zip(*(columns[at] for at in places), strict=True):
        cells = [_wrapped(cell, widths[at]) or [""] if at == places[-1] and len(places) > 1
                 else [cell] for cell, at in zip(row, places, strict=True)]
        for at_line in range(max(map(len, cells))):
            said = [cell[at_line] if at_line < len(cell) else "" for cell in cells]
            lines.append(_line(said, [widths[at] for at in places], [right[at] for at in places]))
    rule = _line(["-" * widths[at] for at in places], [widths[at] for at in places], [False] * len(places))
    return "\n".join([bold(lines[0]), rule, *lines[1:]])


def _wrapped(cell: str, room: int) -> list[str]:
    return textwrap.wrap(cell, room, break_long_words=False, break_on_hyphens=False)


def _line(cells: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> str:
    from solver.show import width

    padded = (" " * (room - width(cell)) + cell if aligned else cell + " " * (room - width(cell))
              for cell, room, aligned in zip(cells, widths, right, strict=True))
    return BETWEEN.join(padded).rstrip()


def number_with(count: int, one: str, several: str) -> str:
    """A number with the words that go with it.

    >>> number_with(1, "grade is", "grades are"), number_with(0, "grade is", "grades are")
    ('1 grade is', '0 grades are')
    """
    return f"{count:,} {one if count == 1 else several}"
