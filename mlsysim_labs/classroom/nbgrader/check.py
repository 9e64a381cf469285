"""What an autograded cell calls: the points of a question, from the record in what was submitted.

    points("03_kv_cache", "plan")

Nothing of the kernel is asked, in which a student's cells have run: another Python reads the submission as data, works
out each truth anew, and says what the points are. But the call itself is made in that kernel, and a cell can put
another function in its place; `plugin` marks without running any cell.
"""

from __future__ import annotations

import functools
import json
import os
import pathlib
import subprocess
import sys

from mlsysim_labs.classroom.integrity import joined_entries, own_events
from mlsysim_labs.classroom.judging import item_marks
from mlsysim_labs.classroom.marked_labs import MarkedLab
from mlsysim_labs.classroom.marks import ItemMark
from mlsysim_labs.classroom.nbgrader.source import cell_points, marked_source, source_of
from mlsysim_labs.classroom.one_student import HandedIn
from mlsysim_labs.classroom.roster import Roster, Student
from mlsysim_labs.classroom.spreadsheet import HIDDEN
from mlsysim_labs.classroom.submissions import submissions_in

RUNNING = "NBGRADER_EXECUTION"  # what nbgrader is at, as it tells a kernel
AUTOGRADED, SUBMITTED, SOURCE = "autograded", "submitted", "source"  # folders of a course


def points(lab: str, question: str) -> float | None:
    """The points of a question, while nbgrader autogrades; None anywhere else, since nothing is graded there.

    >>> points("03_kv_cache", "plan")
    """
    if os.environ.get(RUNNING) != "autograde":
        return None
    got, said = _marked_apart(str(pathlib.Path.cwd()), lab)[question]
    print(said)
    return float(got)


@functools.cache
def _marked_apart(folder: str, lab: str) -> dict[str, tuple[float, str]]:
    """Points and a line on each question, as a Python says that has nothing of this kernel."""
    done = subprocess.run([sys.executable, "-I", "-m", __name__, folder, lab], capture_output=True, text=True)
    if done.returncode:
        raise ValueError(done.stderr.strip().rpartition("\n")[2])
    return {name: (got, said) for name, got, said in json.loads(done.stdout)}


def marks_in(folder: pathlib.Path, lab: str) -> list[tuple[str, float, str]]:
    """Name, points and a line for each question; `folder` is the one that nbgrader autogrades a submission in."""
    step, student, assignment = folder.parts[-3:]
    if step != AUTOGRADED:
        raise ValueError(f"{folder} is no folder {AUTOGRADED}/STUDENT/ASSIGNMENT: use the plugin, which knows yours.")
    course = folder.parents[2]
    source = source_of(course / SOURCE / assignment, lab)
    worth = cell_points(source.read_bytes())
    marks = submitted_marks(marked_source(source), course / SUBMITTED / student / assignment, student)
    return [(name, mark.share * worth[lab, name], mark_line(mark)) for name, mark in marks.items()]


def submitted_marks(marked: MarkedLab, folder: pathlib.Path, student: str) -> dict[str, ItemMark]:
    """What each question of a lab got, from all files that a student submitted; all have the same numbers."""
    handed, who = HandedIn({marked.slug: marked}), Student(student, student)
    for submission in submissions_in(folder, lambda part: True):
        handed.read(submission)
    events, _ = own_events(joined_entries(handed.records.get(marked.slug, [])), who, Roster([who]))
    return {mark.name: mark for mark in item_marks(marked, events, None)}


def mark_line(mark: ItemMark) -> str:
    """What a student reads of a question: the answer, and what is said of it.

    >>> mark_line(ItemMark("token", 0.0, "wrong", "131", "Which unit?")), mark_line(ItemMark("plan", 0.0, "open"))
    ('131: Which unit?', 'nothing in the record')
    """
    parts = [HIDDEN.sub(" ", part) for part in (mark.text, mark.said) if part]
    return ": ".join(parts) if parts else "nothing in the record"


if __name__ == "__main__":
    try:
        print(json.dumps(marks_in(pathlib.Path(sys.argv[1]), sys.argv[2])))
    except (ValueError, OSError) as problem:
        sys.exit(str(problem))
