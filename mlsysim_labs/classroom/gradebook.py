"""One column of a teacher's gradebook filled, and every other byte of it as it was.

The gradebook is what Canvas or Moodle exports, or any list with an id or a name for each student. Cells are found
where they stand in the text, and only theirs are written anew, with the quotes, the decimal comma and the encoding of
the file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from mlsysim_labs.classroom.roster import COLUMN_WORDS, ID_KINDS, Roster, header_of, known_columns
from mlsysim_labs.classroom.spreadsheet import Cell, Spreadsheet, sheet_of
from solver.text import nearest

DECIMAL_COMMA = re.compile(r"-?[0-9]{1,6},[0-9]{1,2}")
WORD_PATTERN = re.compile(r"[^\W_]+")


@dataclass(frozen=True)
class FilledGradebook:
    """The gradebook's bytes, the heading of the column, whose cells were filled, and lines that name nobody known."""

    data: bytes
    column: str
    filled: tuple[str, ...]
    unknown: tuple[str, ...]


def filled_gradebook(data: bytes, roster: Roster, grades: Mapping[str, str], column: str = "",
                     titles: Sequence[str] = (), encoding: str = "") -> FilledGradebook:
    """Write grades, by the roster's id, into one column; a student without one keeps what stands there.

    `column` : its heading; else the one that has the words of one of the `titles`, or that is called Grade
    ValueError where it cannot be told which column is meant, or which ones name the students.

    >>> from mlsysim_labs.classroom.roster import roster_of
    >>> ada = roster_of(b"id,name\\n17,Ada Lovelace\\n")
    >>> filled_gradebook(b"Vorname;Nachname;ID-Nummer;Punkte\\r\\nAda;Lovelace;17;\\r\\n", ada, {"17": "7.5"}).data
    b'Vorname;Nachname;ID-Nummer;Punkte\\r\\nAda;Lovelace;17;7,5\\r\\n'
    """
    sheet = sheet_of(data, encoding)
    rows = [row for row in sheet.rows if row]
    if len(rows) < 2:
        raise ValueError("the gradebook has no line of a student: export it anew.")
    begins, columns = header_of(rows)
    heads = [cell.text.strip() for cell in rows[max(begins - 1, 0)]]
    at = grade_column(heads, column, titles)
    points = _number_format(sheet, rows[begins:], at)
    changes: list[tuple[Cell, str]] = []
    filled, unknown = [], []
    for row in rows[begins:]:
        whose = student_of_row(row, columns, roster)
        if whose is None:
            unknown.append(row[0].text)
        elif whose in grades and grades[whose] and at < len(row):
            changes.append((row[at], points(grades[whose])))
            filled.append(whose)
    return FilledGradebook(_changed(sheet, changes), heads[at], tuple(filled), tuple(unknown))


def grade_column(heads: Sequence[str], column: str, titles: Sequence[str]) -> int:
    """Which column is to be filled.

    >>> heads = ["Student", "ID", "Lab 3: KV cache (1234)", "Final Score"]
    >>> grade_column(heads, "", ["03_kv_cache"]), grade_column(heads, "final score", [])
    (2, 3)
    """
    plain = [head.casefold() for head in heads]
    if column:
        found = [i for i, head in enumerate(plain) if head == column.casefold()] or [
            i for i, head in enumerate(plain) if head.startswith(column.casefold())]
        if len(found) != 1:
            raise ValueError(f"the gradebook has {len(found) or 'no'} column {column!r}. {nearest(column, heads)}")
        return found[0]
    known = {place for kind, place in known_columns(heads).items() if kind != "grade"}
    for title in titles:
        wanted = set(WORD_PATTERN.findall(title.casefold())) - {"the", "a", "of"}
        wanted = {word.lstrip("0") or "0" for word in wanted}
        having = [i for i, head in enumerate(plain) if i not in known and wanted <= {
            word.lstrip("0") or "0" for word in WORD_PATTERN.findall(head)}]
        having = having or [i for i, head in enumerate(plain) if i not in known and _letters(wanted) and _letters(
            wanted) <= set(WORD_PATTERN.findall(head))]
        if len(having) == 1:
            return having[0]
    graded = [i for i, head in enumerate(plain) if head in COLUMN_WORDS["grade"]]
    if len(graded) == 1:
        return graded[0]
    raise ValueError(f"I cannot tell which column of the gradebook is meant: name it with --column. "
                     f"It has {', '.join(map(repr, heads[:12]))}.")


def _letters(words: set[str]) -> set[str]:
    return {word for word in words if not word.isdigit()}


def student_of_row(row: Sequence[Cell], columns: Mapping[str, int], roster: Roster) -> str | None:
    """Whose row it is, by any of the ids in it, else by the name; None where that is nobody, or one of several."""
    def text(kind: str) -> str:
        return row[columns[kind]].text.strip() if columns.get(kind, len(row)) < len(row) else ""
    name = text("name") or f"{text('first')} {text('last')}"
    called = roster.named(name)
    for kind in ID_KINDS:
        participant = re.sub(r"\D", "", text(kind)) if kind == "participant" else text(kind)
        found = roster.by_id(participant) if participant else None
        if found and (found in called or not called):  # a number of Canvas may be another student's number here
            return found.id
    return called[0].id if len(called) == 1 else None


def _number_format(sheet: Spreadsheet, rows: Sequence[Sequence[Cell]], at: int) -> Callable[[str], str]:
    """How grades are written: with a comma where the file has numbers with one, or lists by semicolons."""
    others = [cell.text for row in rows for i, cell in enumerate(row) if i != at]
    has_comma = any(DECIMAL_COMMA.fullmatch(text) for text in others)
    has_point = any(re.fullmatch(r"-?[0-9]+\.[0-9]+", text) for text in others)
    return _CommaText() if has_comma or (sheet.delimiter == ";" and not has_point) else str


class _CommaText:
    """A number with a decimal comma."""

    def __call__(self, text: str) -> str:
        return text.replace(".", ",")


def _changed(sheet: Spreadsheet, changes: Sequence[tuple[Cell, str]]) -> bytes:
    """The table with some cells anew, in the quotes that they had."""
    parts, at = [], 0
    for cell, text in sorted(changes, key=lambda change: change[0].start):
        old = sheet.text[cell.start:cell.end]
        quoted = old.lstrip().startswith('"') or sheet.delimiter in text
        parts += [sheet.text[at:cell.start], f'"{text}"' if quoted else text]
        at = cell.end
    return "".join([*parts, sheet.text[at:]]).encode(sheet.encoding)
