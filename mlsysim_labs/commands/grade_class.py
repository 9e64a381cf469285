"""``mlsysim-labs grade DIR_OR_ZIP -o OUT``: a class graded, and a line on what came of it."""

from __future__ import annotations

import functools
import os
from typing import Any

from mlsysim_labs.classroom.course import ATTEMPTS
from mlsysim_labs.classroom.grading import Graded, grade
from mlsysim_labs.classroom.one_student import GRADED
from mlsysim_labs.commands.layout import page_width, sentences_text
from solver.text import nearest

WORDS = ("processes", "none")


def grade_class(source: str, out: str, course: str, roster: str, attempt: str, lab: str, executor: str,
                encoding: str) -> None:
    """Grade, and say how many were."""
    if attempt and attempt not in ATTEMPTS:
        raise ValueError(f"--attempt is {attempt!r}. {nearest(attempt, ATTEMPTS)}")
    made = grade(source, out, course=course, roster=roster, attempt=attempt, lab=lab, encoding=encoding,
                 executor=executor_of(executor))
    print(sentences_text([summary_text(made)], page_width()))


def summary_text(made: Graded) -> str:
    """What came of it, in a few sentences."""
    graded = sum(bool(mark.labs) for mark in made.marks.values())
    reported = sum(line.outcome != GRADED for line in made.log)
    rest = len(made.roster.students) - graded
    files = f"{reported} of {len(made.log)} files could not be graded: log.csv says why." if reported else \
        f"All {len(made.log)} files could be graded."
    return (f"{graded} of {len(made.roster.students)} students are graded, and {rest} have nothing that could be. "
            f"{files} The grades are in {made.out / 'grades.csv'}.")


def executor_of(text: str) -> Any:
    """What a word says of who does the work: processes, as many as there are cores or as it says; or a Dask cluster.

    >>> executor_of("none") is None
    True
    """
    word, _, count = text.partition(":")
    if word == "none" and not count:
        return None
    if word == "processes" and (not count or (count.isdigit() and int(count) > 0)):
        from concurrent.futures import ProcessPoolExecutor

        return functools.partial(ProcessPoolExecutor, int(count) if count else os.cpu_count())
    if "://" in text:
        try:
            from distributed import Client
        except ImportError:
            raise ValueError("a Dask cluster needs its package: pip install 'mlsysim-labs[dask]'.") from None
        return Client(text)
    raise ValueError(f"--executor is {text!r}. {nearest(text, WORDS)} Or give the address of a Dask scheduler, such as "
                     f"tcp://10.0.0.1:8786.")
