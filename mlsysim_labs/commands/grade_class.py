"""``mlsysim-labs grade DIR_OR_ZIP -o OUT``: a class graded, and a line on what came of it."""

from __future__ import annotations

import functools
import os
import pathlib
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from mlsysim_labs.classroom.compare import changes_text, grade_changes, kept_grades
from mlsysim_labs.classroom.course import ATTEMPTS
from mlsysim_labs.classroom.dask_client import EXAMPLE_ADDRESS, dask_client
from mlsysim_labs.classroom.feedback import lab_title
from mlsysim_labs.classroom.gradebook import filled_gradebook
from mlsysim_labs.classroom.grades import total_text
from mlsysim_labs.classroom.grading import Graded, grade
from mlsysim_labs.classroom.one_student import GRADED
from mlsysim_labs.commands.layout import number_with, page_width, sentences_text
from mlsysim_labs.records.atomic import put
from solver.text import nearest

EXECUTORS = ("processes", "none")


def grade_class(source: str, out: str, course: str, roster: str, attempt: str, lab: str, executor: str,
                gradebook: str, column: str, compare: str, encoding: str) -> None:
    """Grade, and say how many were."""
    before = kept_grades(pathlib.Path(compare)) if compare else ""
    if gradebook:
        read_gradebook(gradebook)
    if attempt and attempt not in ATTEMPTS:
        raise ValueError(f"--attempt is {attempt!r}. {nearest(attempt, ATTEMPTS)}")
    with executor_of(executor) as workers:
        made = grade(source, out, course=course, roster=roster, attempt=attempt, lab=lab, encoding=encoding,
                     executor=workers)
    said = [summary_text(made)]
    if gradebook:
        said.append(_fill(made, gradebook, column, encoding))
    if compare:
        said.append(_compare(made, before))
    print(sentences_text(said, page_width()))


def read_gradebook(file: str) -> bytes:
    """What the learning system exported."""
    try:
        return pathlib.Path(file).read_bytes()
    except OSError as problem:
        raise ValueError(f"the gradebook {file} cannot be read: {problem.strerror}.") from None


def _fill(made: Graded, gradebook: str, column: str, encoding: str) -> str:
    """Write the filled gradebook beside the grades, and say what was filled."""
    grades = {id: total_text(mark) for id, mark in made.marks.items()}
    titles = [name for lab in made.labs.values() for name in (lab_title(lab), lab.slug)]
    found = filled_gradebook(read_gradebook(gradebook), made.roster, grades, column, titles, encoding)
    file = made.out / f"filled_{pathlib.Path(gradebook).name}"
    put(file, found.data)
    unknown = number_with(len(found.unknown), "line is", "lines are")
    others = f" {unknown} of nobody on the roster." if found.unknown else ""
    filled = number_with(len(found.filled), "grade is", "grades are")
    return f"{filled} in the column {found.column!r} of {near_path(file)}, ready to be imported.{others}"


def _compare(made: Graded, before: str) -> str:
    """Write what is another grade now, and say how many totals are."""
    changes = list(grade_changes(before, (made.out / "grades.csv").read_text(encoding="utf-8")))
    put(made.out / "changes.csv", changes_text(changes).encode())
    totals = sum(change.column == "total" for change in changes)
    students = number_with(totals, "student has", "students have")
    return f"{students} another total than before: {near_path(made.out / 'changes.csv')} has each change."


def near_path(file: pathlib.Path) -> pathlib.Path:
    """A file as one names it from here, if it is below.

    >>> near_path(pathlib.Path.cwd() / "graded" / "grades.csv").parts
    ('graded', 'grades.csv')
    """
    here = pathlib.Path.cwd().resolve()
    return file.relative_to(here) if file.is_relative_to(here) else file


def summary_text(made: Graded) -> str:
    """What came of it, in a few sentences."""
    graded = sum(bool(mark.labs) for mark in made.marks.values())
    reported = sum(line.outcome != GRADED for line in made.log)
    rest = len(made.roster.students) - graded
    files = f"{reported:,} of {len(made.log):,} files could not be graded: log.csv says why." if reported else \
        f"All {len(made.log):,} files could be graded."
    others = f", and {number_with(rest, 'has', 'have')} nothing that could be" if rest else ""
    return (f"{graded} of {len(made.roster.students)} students are graded{others}. {files} The "
            f"grades are in {near_path(made.out / 'grades.csv')}.")


def executor_of(text: str) -> AbstractContextManager[Any]:
    """What a word says of who does the work: processes, as many as there are cores or as it says; or a Dask cluster.

    >>> with executor_of("none") as workers: print(workers)
    None
    """
    word, _, count = text.partition(":")
    if word == "none" and not count:
        return nullcontext()
    if word == "processes" and (not count or (count.isdigit() and int(count) > 0)):
        from concurrent.futures import ProcessPoolExecutor

        return nullcontext(functools.partial(ProcessPoolExecutor, int(count) if count else os.cpu_count()))
    if "://" in text:
        return dask_client(text)
    raise ValueError(f"--executor is {text!r}. {nearest(text, EXECUTORS)} Or give the address of a Dask scheduler, "
                     f"such as {EXAMPLE_ADDRESS}.")
