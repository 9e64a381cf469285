"""Tables that spreadsheets and learning systems write: any encoding and delimiter, and where each cell stands.

>>> sheet = sheet_of("Name;Punkte\\nAda;\\n".encode("cp1252"))
>>> sheet.rows[1][0].text, sheet.delimiter
('Ada', ';')
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

DELIMITERS = (",", ";", "\t", "|")
ENCODING_MARKS = {codecs.BOM_UTF8: "utf-8", codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}
BOM = "\ufeff"
FORMULA = re.compile(r"(^|[;,|\t])(\s*)(?=[=+\-@＝＋－＠])")  # where one may begin, whatever the delimiter is
HIDDEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]+")  # also what turns the reading direction round
NUMBER = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


class Cell(NamedTuple):
    """What a cell says, and from where to where it stands in the text, with its quotes."""

    text: str
    start: int
    end: int


class Spreadsheet(NamedTuple):
    """A table as it was written: its text, rows of cells, delimiter and encoding."""

    text: str
    rows: list[list[Cell]]
    delimiter: str
    encoding: str


def sheet_of(data: bytes, encoding: str = "") -> Spreadsheet:
    """The table in a file. Encoded again, its text gives the same bytes; ValueError where `encoding` cannot read it.

    Without an `encoding` it is UTF-8 or UTF-16, or else Western European.
    """
    text, used = decoded_text(data, encoding)
    delimiter = delimiter_of(text)
    return Spreadsheet(text, cell_rows(text, delimiter), delimiter, used)


def decoded_text(data: bytes, encoding: str = "") -> tuple[str, str]:
    """A text with the encoding that gives its bytes again; a mark at its beginning stays in it.

    >>> decoded_text("Größe".encode()), decoded_text("Größe".encode("latin-1"))[1]
    (('Größe', 'utf-8'), 'cp1252')
    """
    marked = next((name for mark, name in ENCODING_MARKS.items() if data.startswith(mark)), "")
    for name in [encoding] if encoding else [marked or "utf-8", "cp1252", "latin-1"]:
        try:
            text = data.decode(name)
        except UnicodeDecodeError:
            continue
        except LookupError:
            raise ValueError(f"there is no encoding {encoding!r}: write utf-8, gb18030 or cp1252, for example."
                             ) from None
        if text.encode(name) == data:
            return text, name
    raise ValueError(f"this file cannot be read as {encoding}: leave the encoding out, or name the one that it has.")


def delimiter_of(text: str) -> str:
    """What stands between the cells: what the first lines have alike, and often.

    >>> delimiter_of('name;points\\n"Lovelace, Ada";1,5'), delimiter_of("a")
    (';', ',')
    """
    head = text.lstrip(BOM)[:20_000]

    def score(mark: str) -> tuple[bool, int]:
        counts = [len(row) - 1 for row in cell_rows(head, mark)[:20] if row]
        return bool(counts) and min(counts) == max(counts) and counts[0] > 0, counts[0] if counts else 0
    return max(DELIMITERS, key=score)


def cell_rows(text: str, delimiter: str) -> list[list[Cell]]:
    """The cells of a text, row by row; an empty line has none.

    >>> [cell.text for cell in cell_rows('a,"b ""c"",\\n",d\\r\\n', ",")[0]]
    ['a', 'b "c",\\n', 'd']
    """
    cell = re.compile(rf'[ \ufeff]*("(?:[^"]|"")*")?[^{re.escape(delimiter)}\r\n]*')
    rows: list[list[Cell]] = [[]]
    at = 0
    while at <= len(text):
        found = cell.match(text, at)
        assert found is not None  # it may be empty
        said = found[1][1:-1].replace('""', '"') + text[found.end(1):found.end()] if found[1] else found[0]
        start = at + (text[at:at + 1] == BOM)
        rows[-1].append(Cell(said.strip(BOM), start, found.end()))
        at = found.end()
        if at < len(text) and text[at] != delimiter:
            at += text.startswith("\r\n", at)
            rows.append([])
        at += 1
    return [row if len(row) > 1 or (row and row[0].text.strip()) else [] for row in rows]


def safe_cell(text: str) -> str:
    """A text that no spreadsheet takes for a formula, and that stays on its line.

    >>> safe_cell("=cmd|' /C calc'!A0"), safe_cell("Ada; =1+1"), safe_cell("-2.5"), safe_cell("a\\nb")
    ("'=cmd|' /C calc'!A0", "Ada;' =1+1", '-2.5', 'a b')
    """
    plain = HIDDEN.sub(" ", text).encode("utf-8", "replace").decode()
    return plain if NUMBER.fullmatch(plain) else FORMULA.sub(r"\1'\2", plain)


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Rows as CSV, each cell safe in a spreadsheet.

    >>> print(csv_text([["id", "name"], ["1", "@Ada, Countess"]]), end="")
    id,name
    1,"'@Ada, Countess"
    """
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([safe_cell(cell) for cell in row] for row in rows)
    return out.getvalue()
