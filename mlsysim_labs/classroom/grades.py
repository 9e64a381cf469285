"""The lists that a teacher opens in a spreadsheet: grades with notes, and what became of each file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from mlsysim_labs.classroom.marked_labs import MarkedLab
from mlsysim_labs.classroom.marks import LogLine, StudentMark, number_label
from mlsysim_labs.classroom.roster import Roster
from mlsysim_labs.classroom.spreadsheet import csv_text

NOTHING_HANDED_IN = "nothing was handed in"
UNREADABLE = "nothing in it could be graded: see log.csv"


def grades_text(roster: Roster, labs: Mapping[str, MarkedLab], marks: Mapping[str, StudentMark],
                copies: Mapping[tuple[str, str], str]) -> str:
    """A line for each student of the roster: a column for each question, the total, and notes.

    `copies` : sentences on common entries, by student and lab
    """
    columns = [(slug, name) for slug, lab in labs.items() for name in lab.items]
    heads = [name if len(labs) == 1 else f"{slug} {name}" for slug, name in columns]
    rows = [["id", "name", *heads, "total", "notes"]]
    for student in roster.students:
        mark = marks.get(student.id)
        shares = {(one.slug, item.name): labs[one.slug].points({item.name: item.share})
                  for one in (mark.labs if mark else ()) for item in one.items}
        cells = [number_label(shares[column]) if column in shares else "" for column in columns]
        rows.append([student.id, student.name, *cells, total_text(mark), notes_text(mark, copies, len(labs) > 1)])
    return csv_text(rows)


def total_text(mark: StudentMark | None) -> str:
    """All points of a student; nothing of one who has handed in nothing that can be read."""
    return number_label(sum(one.points for one in mark.labs)) if mark and mark.labs else ""


def notes_text(mark: StudentMark | None, copies: Mapping[tuple[str, str], str], several: bool) -> str:
    """What a human should look into, each with its code first."""
    if mark is None:
        return NOTHING_HANDED_IN
    if not mark.labs:
        return UNREADABLE
    said = []
    for one in mark.labs:
        found = [*one.notes]
        if copy := copies.get((mark.id, one.slug)):
            found.append(("copy", copy))
        said += [f"{one.slug} {code}: {text}" if several else f"{code}: {text}" for code, text in found]
    return "; ".join(said)


def log_text(lines: Iterable[LogLine]) -> str:
    """A line for each file, in order."""
    return csv_text([["file", "outcome", "why"], *map(list, sorted(lines))])
