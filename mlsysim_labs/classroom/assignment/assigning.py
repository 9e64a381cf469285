"""A class's notebooks and pages, written: a folder for each student, and a list of the files.

    assign("course.toml", "roster.csv", "handed_out", kinds=("pages",))

Run again it writes the same bytes. A file that is there and is another one is kept: it may have a student's work in it.
"""

from __future__ import annotations

import functools
import os
import pathlib
import re
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, NamedTuple

from ipywidgets import Widget

from mlsysim_labs.classroom.assignment.due_text import due_text
from mlsysim_labs.classroom.assignment.labels import folder_labels
from mlsysim_labs.classroom.assignment.student_notebook import Whose, student_notebook
from mlsysim_labs.classroom.course import Course, CourseLab, course_of, secret_file
from mlsysim_labs.classroom.marked_labs import MarkedLab, marked_labs
from mlsysim_labs.classroom.roster import Roster, Student, roster_of
from mlsysim_labs.classroom.spreadsheet import HIDDEN, csv_text
from mlsysim_labs.export.exported import exported_page
from mlsysim_labs.places.notebooks import notebook_of, tagged_cells
from mlsysim_labs.questions.setting import MODES
from mlsysim_labs.records.atomic import put
from solver.design.spaces.progress import Watching
from solver.design.spaces.workers import answers

HANDOUT_ENDINGS = {"notebooks": ".ipynb", "pages": ".html"}
LIST_NAME = "assigned.csv"
LIST_HEAD = ["id", "name", "email", "lab", "file"]
SECRET_BYTES = 32
MODE_SAID = re.compile(rf"""\bLab\([^)]*\bmode\s*=\s*["']({'|'.join(MODES)})["']""")
FEW_PAGES = 24  # from so many on, starting worker processes is worth it


class Handout(NamedTuple):
    """One file to write: below the folder, of which notebook, and whose."""

    file: str
    notebook: str
    whose: Whose

    def data(self) -> bytes:
        """What is in it."""
        if self.file.endswith(HANDOUT_ENDINGS["pages"]):
            student, course, seed, mode, _, due = self.whose
            return exported_page(self.notebook, mode or "learn", seed, student, course, due).encode("utf-8", "replace")
        return student_notebook(pathlib.Path(self.notebook).read_bytes(), self.whose)


@dataclass(frozen=True)
class Assigned:
    """What came of it: whether each student has files of their own; how many were written, how many were there as they
    should be, and which other ones were kept; and the file of the course's secret, if that was made now.
    """

    out: pathlib.Path
    roster: Roster
    is_own: bool
    written: int
    unchanged: int
    kept: tuple[str, ...]
    new_secret: pathlib.Path | None
    list_name: str = LIST_NAME


def assign(course: str | os.PathLike[str], roster: str | os.PathLike[str], out: str | os.PathLike[str], *,
           kinds: Sequence[str] = ("notebooks",), lab: str = "", force: bool = False, encoding: str = "",
           executor: Any = None, progress: Callable[[int, int], object] | bool | None = None) -> Assigned:
    """Write for each student of a roster what the labs of a course are handed out as.

    `kinds` : "notebooks", "pages" or both; `lab` : only that one of the course
    `force` : write files anew that are there and are other ones
    `encoding` : of the roster; `executor`, `progress` : as of `solver.explore`
    """
    people = roster_of(_bytes_of(pathlib.Path(roster)), encoding)
    made = course_of(pathlib.Path(course), secrets.token_hex(SECRET_BYTES).encode())
    secret = secret_file(pathlib.Path(course))
    new_secret = secret if secret and not secret.exists() else None
    labs = marked_labs(made)
    wanted = {slug: one for slug, one in labs.items() if lab in ("", slug, pathlib.Path(one.rules.notebook).stem)}
    if not wanted:
        raise ValueError(f"the course has no lab {lab!r}: it has {', '.join(labs)}.")
    for one in labs.values():
        check_no_secret(one.rules, made)
    folder = pathlib.Path(out).resolve()
    labels = folder_labels(people, [*labs]) if made.numbers != "same" else {}
    todo = [handout for kind in kinds for handout in handouts(made, people, wanted, kind, labels)]
    if new_secret:
        keep_secret(new_secret, made.secret)
    counts = _write_all(todo, folder, force, executor, progress)
    if labels:
        put(folder / LIST_NAME, csv_text(list_rows(folder, people, [*labs], labels)).encode())
    return Assigned(folder, people, bool(labels), *counts, new_secret)


def _bytes_of(file: pathlib.Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as problem:
        raise ValueError(f"the roster {file} cannot be read: {problem.strerror}.") from None


def keep_secret(file: pathlib.Path, secret: bytes) -> None:
    """Write the secret of a course, for its owner to read, where there is no such file yet."""
    try:
        handle = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as problem:
        raise ValueError(f"the secret {file} cannot be made: {problem.strerror}.") from None
    with os.fdopen(handle, "wb") as written:
        written.write(secret + b"\n")


def check_no_secret(rules: CourseLab, course: Course) -> None:
    """ValueError where a notebook that is handed out has the course's secret in it."""
    data = notebook_of(rules.notebook).read_bytes()
    if course.secret and course.secret in data:
        raise ValueError(f"{rules.notebook} has the secret of the course in it: take it out, and whoever got that "
                         f"notebook already knows everybody's numbers. Students get their seeds alone.")


def handouts(course: Course, roster: Roster, labs: dict[str, MarkedLab], kind: str, labels: dict[str, str]
             ) -> Iterator[Handout]:
    """All files of one kind, student by student; one for everybody, where all have the same numbers."""
    for student in roster.students if labels else [None]:
        for slug, one in labs.items():
            rules, folder = one.rules, f"{labels[student.id]}/" if student else ""
            notebook = notebook_of(rules.notebook)
            whose = Whose(plain_name(student) if student else "", course.name,
                          course.seed(student, slug) if student else None,
                          rules.mode or notebook_mode(notebook), rules.seal, due_text(rules.due))
            yield Handout(f"{folder}{slug}{HANDOUT_ENDINGS[kind]}", str(notebook), whose)


def plain_name(student: Student) -> str:
    """A student's name as it looks; the id, where there is nothing to be seen.

    >>> plain_name(Student("17", "Ada\\u202e Lovelace"))
    'Ada Lovelace'
    """
    return " ".join(HIDDEN.sub(" ", student.name).split()) or student.id


def notebook_mode(notebook: pathlib.Path) -> str:
    """The mode that the teacher's own notebook gives to its lab; nothing, where it gives none."""
    found = [MODE_SAID.search(source) for _, source in tagged_cells(notebook)]
    return next((one[1] for one in found if one), "")


def _write_all(todo: Sequence[Handout], folder: pathlib.Path, force: bool, executor: Any, progress: Any
               ) -> tuple[int, int, tuple[str, ...]]:
    """How many were written, how many were there already, and which are others and were kept."""
    pages = sum(one.file.endswith(HANDOUT_ENDINGS["pages"]) for one in todo)
    work = made_handout
    if executor is None and pages >= FEW_PAGES:
        executor, work = functools.partial(ProcessPoolExecutor, os.cpu_count()), handout_alone
    written, unchanged, kept = 0, 0, []
    watching = Watching(progress, len(todo), "write")
    try:
        for handout, data in answers(work, todo, executor):
            file = folder / handout.file
            known = _known_bytes(file)
            if known == data:
                unchanged += 1
            elif known is not None and not force:
                kept.append(handout.file)
            else:
                _put(file, data)
                written += 1
            watching.tell(1)
    finally:
        watching.close()
    return written, unchanged, tuple(sorted(kept))


def _put(file: pathlib.Path, data: bytes) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        put(file, data, flush=False)
    except OSError as problem:
        raise ValueError(f"{file} cannot be written: {problem.strerror}. Name another folder.") from None


def made_handout(handout: Handout) -> tuple[Handout, bytes]:
    """A file with what is in it."""
    return handout, handout.data()


def handout_alone(handout: Handout) -> tuple[Handout, bytes]:
    """The same in a process that does nothing else, and can forget a lab's widgets: a page leaves a megabyte."""
    try:
        return made_handout(handout)
    finally:
        Widget.close_all()


def _known_bytes(file: pathlib.Path) -> bytes | None:
    with suppress(FileNotFoundError, NotADirectoryError):
        return file.read_bytes()
    return None


def list_rows(folder: pathlib.Path, roster: Roster, slugs: Iterable[str], labels: dict[str, str]
              ) -> Iterator[list[str]]:
    """A line for each file that is there, of this run or an earlier one; as a mail merge reads it."""
    yield LIST_HEAD
    for student in roster.students:
        for slug in slugs:
            for ending in HANDOUT_ENDINGS.values():
                file = f"{labels[student.id]}/{slug}{ending}"
                if (folder / file).is_file():
                    yield [student.id, student.name, _email_of(student), slug, file]


def _email_of(student: Student) -> str:
    return next((one for one in student.ids if "@" in one), "")
