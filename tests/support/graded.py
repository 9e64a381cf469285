"""A small class graded in a test: files by name, and what came of them."""

from __future__ import annotations

import csv
import pathlib
from typing import Any

from classes import COURSE, Played, record_of, roster_csv
from drawn_notebook import DRAWN, write_drawn_notebook
from simulated import SECRET, seed_of

from mlsysim_labs.classroom.course import course_of
from mlsysim_labs.classroom.grading import Graded, grade
from mlsysim_labs.classroom.marked_labs import marked_lab

ADA, BOB = Played("s1", "Ada Lovelace", []), Played("s2", "Bob Byte", [])


class GradedClass:
    """A folder with a course, a roster and what is handed in."""

    def __init__(self, folder: pathlib.Path, students: list[Played] | None = None, more: str = "") -> None:
        self.folder, self.students = folder, students or [ADA, BOB]
        self.handed, self.out = folder / "in", folder / "out"
        self.handed.mkdir()
        write_drawn_notebook(folder)
        (folder / "secret.txt").write_text(SECRET)
        self.course = folder / "course.toml"
        said = f'course = "{COURSE}"\nsecret = "secret.txt"\n[[lab]]\nnotebook = "{DRAWN}.ipynb"\n'
        self.course.write_text(said + more)
        (folder / "roster.csv").write_bytes(roster_csv(self.students))
        self.edition = marked_lab(course_of(self.course).labs[0]).edition

    def record(self, one: Played, *acts: Any, **options: Any) -> Any:
        """What an honest lab keeps of a student."""
        one = Played(one.id, one.name, [*one.acts, *acts])
        return record_of(one, DRAWN, **{"seed": seed_of(one.id, DRAWN), "edition": self.edition} | options)

    def hand_in(self, name: str, data: bytes) -> pathlib.Path:
        """One file."""
        file = self.handed / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return file

    def graded(self, out: pathlib.Path | None = None, **options: Any) -> Graded:
        """Grade what is there."""
        return grade(self.handed, out or self.out, course=self.course, roster=self.folder / "roster.csv", **options)

    def rows(self) -> dict[str, dict[str, str]]:
        """The grades by id, graded now."""
        self.graded()
        with (self.out / "grades.csv").open(encoding="utf-8", newline="") as file:
            return {row["id"]: row for row in csv.DictReader(file)}

    def log(self) -> dict[str, tuple[str, str]]:
        """What became of each file, graded now."""
        self.graded()
        with (self.out / "log.csv").open(encoding="utf-8", newline="") as file:
            return {row["file"]: (row["outcome"], row["why"]) for row in csv.DictReader(file)}


def answer(task: str, text: str) -> tuple[str, str, dict[str, Any]]:
    """One answer, as it was typed."""
    return "answer", task, {"text": text, "state": "wrong"}


def codes(notes: str) -> set[str]:
    """The codes of some notes."""
    return {note.partition(":")[0] for note in notes.split("; ")} - {""}
