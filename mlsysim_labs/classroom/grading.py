"""A class graded: from what a learning system gave to lists, feedback and a report.

    grade("submissions.zip", "graded", course="course.toml", roster="roster.csv")

Run again it writes the same bytes; one that was killed goes on where it was.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import pathlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlsysim_labs import __version__
from mlsysim_labs.classroom.feedback import FEEDBACK_FOLDER, feedback_files
from mlsysim_labs.classroom.grades import grades_text, log_text
from mlsysim_labs.classroom.identity import attribution, is_named
from mlsysim_labs.classroom.integrity import copy_notes
from mlsysim_labs.classroom.journal import JOURNAL_FOLDER, Journal
from mlsysim_labs.classroom.marked_labs import MarkedLab, notebooks_data
from mlsysim_labs.classroom.marks import LogLine, StudentMark
from mlsysim_labs.classroom.one_student import REPORTED, Bench, Done, Job, Work, bench_of, graded_portion, job_course
from mlsysim_labs.classroom.report import report_page
from mlsysim_labs.classroom.roster import Roster
from mlsysim_labs.classroom.submissions import Submission, submissions_in
from mlsysim_labs.records.atomic import put
from solver.design.spaces.progress import Watching
from solver.design.spaces.workers import answers

PORTION = 16  # students that a worker gets at once
MARKING = 1  # another number where the same files get other marks


@dataclass(frozen=True)
class Graded:
    """What came of it: the class, its labs, marks by student, a line on each file, and copies by student and lab."""

    out: pathlib.Path
    course: str
    roster: Roster
    labs: Mapping[str, MarkedLab]
    marks: Mapping[str, StudentMark]
    log: tuple[LogLine, ...]
    copies: Mapping[tuple[str, str], str]


def grade(source: str | os.PathLike[str], out: str | os.PathLike[str], *, course: str | os.PathLike[str],
          roster: str | os.PathLike[str], attempt: str = "", lab: str = "", encoding: str = "", executor: Any = None,
          progress: Callable[[int, int], object] | bool | None = None) -> Graded:
    """Grade what is in a folder or a zip archive, and write lists, feedback and report into the folder `out`.

    `attempt` : "best" or "latest", whatever the course says; `lab` : only that one of the course
    `encoding` : of the roster, where it is neither UTF-8 nor Western European
    `executor`, `progress` : as of `solver.explore`
    """
    place = pathlib.Path(out).resolve()
    job = _job(pathlib.Path(course), pathlib.Path(roster), place, attempt, lab, encoding)
    bench = bench_of(job)
    found = submissions_in(pathlib.Path(source), lambda part: is_named(part, bench.roster, bench.labs), place)
    works, unknown = works_of(found, bench)
    _check_out(place)
    journal = Journal(place, job.version)
    with contextlib.closing(journal):
        _grade_all(job, works, journal, executor, progress)
    marks = {work.id: journal.marks[work.id] for work in works}
    made = Graded(place, bench.course.name, bench.roster, bench.labs, marks,
                  (*unknown, *(line for mark in marks.values() for line in mark.log)), copies_in(bench, marks))
    _write(made)
    return made


def _job(course: pathlib.Path, roster: pathlib.Path, out: pathlib.Path, attempt: str, lab: str, encoding: str) -> Job:
    """What is to be done, with a name for all that marks depend on."""
    job = Job(str(course.resolve()), str(roster.resolve()), str(out), "", attempt, lab, encoding)
    said = job_course(job)
    try:
        parts = [course.read_bytes(), said.secret, roster.read_bytes()]
    except OSError as problem:
        raise ValueError(f"{problem.filename} cannot be read: {problem.strerror}.") from None
    books = [part for name, data in sorted(notebooks_data(said).items()) for part in (name.encode(), data)]
    parts += [*books, f"{MARKING} {__version__} {attempt} {lab} {encoding}".encode()]
    made = hashlib.sha256()
    for part in parts:
        made.update(len(part).to_bytes(8, "big") + part)
    return job._replace(version=made.hexdigest()[:16])


def _check_out(out: pathlib.Path) -> None:
    """A folder of one's own: nothing is written among other things."""
    if out.exists() and (not out.is_dir() or (any(out.iterdir()) and not (out / JOURNAL_FOLDER).is_dir())):
        raise ValueError(f"{out} has something else in it: name a new folder for the grades.")


def works_of(found: Sequence[Submission], bench: Bench) -> tuple[list[Work], list[LogLine]]:
    """What each student handed in, in the order of the roster; and lines on the files that nobody can be given."""
    theirs: dict[str, list[Submission]] = {}
    late: set[str] = set()
    log = []
    for one in found:
        whose = attribution(one.parts, bench.roster, bench.labs)
        if whose.student is None or (one.why and one.why.startswith("a file of the system")):
            log.append(LogLine(one.label, REPORTED, one.why or whose.why))
            continue
        theirs.setdefault(whose.student.id, []).append(one)
        late |= {whose.student.id} if whose.is_late else set()
    order = [student.id for student in bench.roster.students if student.id in theirs]
    return [Work(id, tuple(theirs[id]), id in late) for id in order], log


def _grade_all(job: Job, works: Sequence[Work], journal: Journal, executor: Any, progress: Any) -> None:
    """Have each student graded whom the journal does not have as things are."""
    known = [work._replace(known=journal.digests.get(work.id, "")) for work in works]
    portions = ((job, known[i:i + PORTION]) for i in range(0, len(known), PORTION))
    watching = Watching(progress, len(known), "grade")
    try:
        with contextlib.closing(answers(graded_portion, portions, executor)) as done:
            for one in _flat(done):
                if one.mark is not None:
                    journal.keep(one.id, one.digest, one.mark)
                watching.tell(1)
    finally:
        watching.close()


def _flat(portions: Iterator[list[Done]]) -> Iterator[Done]:
    for portion in portions:
        yield from portion


def copies_in(bench: Bench, marks: Mapping[str, StudentMark]) -> dict[tuple[str, str], str]:
    """Whose entries others have too, by student and lab."""
    found = {}
    for slug in bench.labs:
        traces = [(id, bench.roster.student(id).name, (*one.hashes, *one.sessions))
                  for id, mark in marks.items() for one in mark.labs if one.slug == slug]
        found.update({(id, slug): said for id, said in copy_notes(traces).items()})
    return found


def _write(made: Graded) -> None:
    """The lists and the report; and no feedback of anybody else."""
    put(made.out / "grades.csv", grades_text(made.roster, made.labs, made.marks, made.copies).encode())
    page = report_page(made.course, made.roster, made.labs, made.marks, made.copies)
    put(made.out / "report.html", page.encode("utf-8", "replace"))
    put(made.out / "log.csv", log_text(made.log).encode())
    ours = {file for id in made.marks for file in feedback_files(made.out, made.roster.student(id))}
    for file in (made.out / FEEDBACK_FOLDER).glob("*"):
        if file not in ours:
            file.unlink()
