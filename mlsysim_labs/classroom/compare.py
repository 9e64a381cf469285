"""What other keys, weights or attempts change: two lists of grades, cell by cell.

>>> old, new = "id,name,token,total\\n1,Ada,0,3\\n2,Bob,1,4\\n", "id,name,token,total\\n1,Ada,1,4\\n2,Bob,1,4\\n"
>>> for change in grade_changes(old, new): print(*change)
1 Ada token 0 1
1 Ada total 3 4
"""

from __future__ import annotations

import csv
import io
import pathlib
from collections.abc import Iterator
from typing import NamedTuple

from mlsysim_labs.classroom.spreadsheet import csv_text

NOT_COMPARED = ("id", "name")


class GradeChange(NamedTuple):
    """One cell that is another one now."""

    id: str
    name: str
    column: str
    before: str
    after: str


def grade_changes(before: str, after: str) -> Iterator[GradeChange]:
    """The cells that differ, student by student as the newer list has them; a column that was not there is empty."""
    old, new = ({row["id"]: row for row in csv.DictReader(io.StringIO(text))} for text in (before, after))
    for id in [*new, *(id for id in old if id not in new)]:
        was, is_ = old.get(id, {}), new.get(id, {})
        for column in dict.fromkeys([*is_, *was]):
            if column not in NOT_COMPARED and (was.get(column) or "") != (is_.get(column) or ""):
                yield GradeChange(id, (is_ or was)["name"], column, was.get(column) or "", is_.get(column) or "")


def changes_text(changes: list[GradeChange]) -> str:
    """The changes as a list for a spreadsheet."""
    return csv_text([["id", "name", "column", "before", "after"], *map(list, changes)])


def kept_grades(out: pathlib.Path) -> str:
    """The list of grades in the folder of an earlier run; ValueError where there is none."""
    try:
        return (out / "grades.csv").read_text(encoding="utf-8")
    except OSError:
        raise ValueError(f"there is no grades.csv in {out}: name the folder of an earlier run.") from None
