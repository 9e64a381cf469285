"""One student graded: all that was handed in under that name, read, joined and marked, with the feedback written.

It is what worker processes do. They read course and roster themselves, once, so that little travels.
"""

from __future__ import annotations

import dataclasses
import functools
import hashlib
import pathlib
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from mlsysim_labs.classroom.archives import ArchiveError
from mlsysim_labs.classroom.course import Course, course_of
from mlsysim_labs.classroom.feedback import feedback_files
from mlsysim_labs.classroom.found_records import ReadLimit, files_found
from mlsysim_labs.classroom.integrity import joined_entries, lab_notes, own_events, seconds_spent
from mlsysim_labs.classroom.judging import item_marks
from mlsysim_labs.classroom.marked_labs import MarkedLab, marked_labs
from mlsysim_labs.classroom.marks import LabMark, LogLine, StudentMark
from mlsysim_labs.classroom.roster import Roster, Student, roster_of
from mlsysim_labs.classroom.submissions import Submission, submission_bytes, unread_reason
from mlsysim_labs.records.atomic import put
from mlsysim_labs.records.owner import openings
from mlsysim_labs.records.record import Record

TRACE = 16  # digits of a hash that are compared with others'
MOST_TRACES = 2000
GRADED, REPORTED = "graded", "reported"


class Job(NamedTuple):
    """What all students have in common; `version` says all that marks depend on, `only` is one lab of the course."""

    course_file: str
    roster_file: str
    out: str
    version: str
    attempt: str = ""
    only: str = ""
    encoding: str = ""


class Work(NamedTuple):
    """One student with what was handed in; `known` is the digest of what has been graded already."""

    id: str
    submissions: tuple[Submission, ...]
    is_late: bool = False
    known: str = ""


class Done(NamedTuple):
    """What became of it; no mark where nothing has changed since."""

    id: str
    digest: str
    mark: StudentMark | None


class Bench(NamedTuple):
    """Where students are graded: the course, its labs, and the class."""

    course: Course
    labs: dict[str, MarkedLab]
    roster: Roster


def bench_of(job: Job) -> Bench:
    """Course, labs and class as files say; ValueError where one of them cannot be read."""
    course = job_course(job)
    labs = marked_labs(course, job.version)
    roster = roster_of(pathlib.Path(job.roster_file).read_bytes(), job.encoding)
    return Bench(course, labs, roster)


def job_course(job: Job) -> Course:
    """The course, with the options of the command."""
    course = course_of(pathlib.Path(job.course_file))
    labs = course.labs
    if job.only:
        labs = tuple(lab for lab in labs if job.only in (lab.notebook, pathlib.Path(lab.notebook).stem))
        if not labs:
            names = ", ".join(pathlib.Path(lab.notebook).stem for lab in course.labs)
            raise ValueError(f"the course has no lab {job.only!r}: it has {names}.")
    if job.attempt:
        labs = tuple(dataclasses.replace(lab, attempt=job.attempt) for lab in labs)
    return dataclasses.replace(course, labs=labs)


_kept_bench = functools.lru_cache(maxsize=1)(bench_of)


def graded_portion(portion: tuple[Job, Sequence[Work]]) -> list[Done]:
    """What became of some students. One that cannot be graded is reported, and holds up nobody."""
    job, works = portion
    bench = _kept_bench(job)
    return [_graded(job, bench, work) for work in works]


def _graded(job: Job, bench: Bench, work: Work) -> Done:
    student = bench.roster.student(work.id)
    files = feedback_files(pathlib.Path(job.out), student)
    if work.known and all(file.exists() for file in files) and _digest(work) == work.known:
        return Done(work.id, work.known, None)
    handed = HandedIn(bench.labs)
    for submission in work.submissions:
        handed.read(submission)
    try:
        mark = StudentMark(work.id, tuple(_lab_mark(bench, student, lab, records, work.is_late)
                                          for lab, records in handed.records.items()), tuple(handed.log))
    except Exception as problem:  # one student's file must not keep the class from its grades
        why = f"it could not be graded: {type(problem).__name__}: {str(problem)[:200]}"
        mark = StudentMark(work.id, (), tuple(LogLine(line.file, REPORTED, why) for line in handed.log))
    variants = {lab: bench.course.variant(student, lab) for lab in bench.labs}
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        put(file, text(student, bench.labs, mark, variants).encode("utf-8", "replace"), flush=False)
    return Done(work.id, handed.digest, mark)


class HandedIn:
    """What is in the files of one student: records by lab, a line on each file, and a digest of all of it."""

    def __init__(self, labs: Mapping[str, MarkedLab]) -> None:
        self.labs = labs
        self.records: dict[str, list[Record]] = {}
        self.log: list[LogLine] = []
        self._budget = ReadLimit()
        self._digest = hashlib.sha256()

    @property
    def digest(self) -> str:
        """Of all that was read."""
        return self._digest.hexdigest()

    def read(self, submission: Submission) -> None:
        """Read one file; only its records are kept."""
        data, why = handed_bytes(submission)
        _add_to(self._digest, submission, data)
        if why:
            self.log.append(LogLine(submission.label, REPORTED, why))
            return
        for found in files_found(data, submission.label, self.labs, self._budget):
            known = [record for record in found.records if record.lab in self.labs]
            for record in known:
                self.records.setdefault(record.lab, []).append(record)
            others = ", ".join(dict.fromkeys(one.lab for one in found.records if one not in known))
            why = f"its record is of {others}, which is not asked for here" if others and not known else found.why
            self.log.append(LogLine(found.label, GRADED if known else REPORTED, why))


def handed_bytes(submission: Submission) -> tuple[bytes, str]:
    """What is in a file, or why it is not read."""
    if submission.why:
        return b"", submission.why
    try:
        return submission_bytes(submission), ""
    except (OSError, ArchiveError) as problem:
        return b"", unread_reason(problem)


def _digest(work: Work) -> str:
    made = hashlib.sha256()
    for submission in work.submissions:
        _add_to(made, submission, handed_bytes(submission)[0])
    return made.hexdigest()


def _add_to(made: Any, submission: Submission, data: bytes) -> None:
    label = submission.label.encode("utf-8", "replace")
    made.update(b"%d %d %s" % (len(label), len(data), label))
    made.update(data)


def _lab_mark(bench: Bench, student: Student, lab: str, records: Sequence[Record], is_late: bool) -> LabMark:
    """What a student got in one lab."""
    marked, found = bench.labs[lab], joined_entries(records)
    events, notes = own_events(found, student, bench.roster)
    items = item_marks(marked, events, bench.course.variant(student, lab))
    notes += lab_notes(found, events, student, marked, bench.course, is_late)
    modes = [str(event.value["mode"]) for event in openings(events)]
    points = marked.points({item.name: item.share for item in items})
    traces = dict.fromkeys(event.hash[:TRACE] for event in found.sound)
    sessions = dict.fromkeys(event.session for event in found.sound)
    return LabMark(lab, points, marked.most, tuple(items), tuple(notes), tuple(traces)[:MOST_TRACES],
                   tuple(sessions)[:MOST_TRACES], seconds_spent(events), modes[-1] if modes else "")
