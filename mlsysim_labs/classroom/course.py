"""The course: its labs with their notebooks, weights, due dates and modes, as a teacher writes them down in TOML.

    course = "CS249r 2026"
    secret = "secret.txt"                # a file beside this one; only the teacher has it

    [[lab]]
    notebook = "03_kv_cache"             # one of the package's own, or the path of the teacher's notebook
    due = 2026-12-05T23:59:00+01:00
    mode = "exam"
    seal = "28ef2d48b1f88150"            # as `mlsysim-labs seal` prints it
    points = 10
    weights = {predictions = 0.5, plan = 3}

The secret makes each student's own numbers out of course, student and lab. Without one all have the same numbers.
"""

from __future__ import annotations

import datetime
import math
import pathlib
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mlsysim_labs.classroom.roster import Student
from mlsysim_labs.marking.variants import Variant, variant_seed
from mlsysim_labs.questions.setting import MODES
from solver.text import nearest

ATTEMPTS = ("best", "latest")
NUMBER_KINDS = ("own", "by name", "same")
PARTIAL = ("unit", "magnitude", "plan")  # what may be half right


@dataclass(frozen=True)
class CourseLab:
    """One lab of a course.

    `notebook` : a slug, or the path of the teacher's own
    `weights` : by question, or by kind: predictions, tasks, plans, reflection, explored
    `points` : of the whole lab; what the weights come to, if it is not said
    `attempt` : of a student's answers the best, or the latest; `tries` : how many of the first ones count, 0 for all
    `partial` : shares for an answer that is right but for its unit or its power of ten; `plan` for conditions met
    `mode`, `seal` : of what is assigned, and what records should say; a seal is an exam's
    `opens`, `due` : between which entries are expected; lateness itself is the learning system's to say
    """

    notebook: str
    weights: Mapping[str, float] = field(default_factory=dict)
    points: float | None = None
    due: datetime.datetime | None = None
    opens: datetime.datetime | None = None
    mode: str = ""
    seal: str = ""
    attempt: str = "best"
    tries: int = 0
    partial: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class Course:
    """A course; `secret` is its key, and `numbers` says whether each student has their own."""

    name: str
    labs: tuple[CourseLab, ...]
    secret: bytes = field(default=b"", repr=False)
    numbers: str = "same"

    def seed(self, student: Student, lab: str) -> int | None:
        """The seed of a student's numbers in a lab, by its slug; None where all have the same.

        >>> Course("CS249r", (), b"sixteen letters!", "own").seed(Student("17", "Ada"), "03_kv_cache")
        4115078932644748
        """
        if self.numbers == "same":
            return None
        who = student.id if self.numbers == "own" else student.name
        return variant_seed(self.name, who, lab, key=self.secret or None)

    def variant(self, student: Student, lab: str) -> Variant | None:
        """What a student's numbers in a lab are drawn from."""
        seed = self.seed(student, lab)
        return None if seed is None else Variant(seed)


def course_of(file: pathlib.Path, new_secret: bytes = b"") -> Course:
    """The course in a file; ValueError, with what to write instead, where something in it cannot be.

    `new_secret` is the secret of a course that names a file with one, where there is no such file yet.
    """
    made = _table_in(file)
    _known(made, ("course", "secret", "numbers", "attempt", "lab"), file.name)
    secret = _secret_of(made.get("secret", ""), file, new_secret)
    numbers = _word(made.get("numbers", "own" if secret else "same"), NUMBER_KINDS, "numbers")
    if numbers == "own" and not secret:
        raise ValueError(f"{file.name} has numbers = \"own\" and no secret: name a file with one, such as "
                         f"python -c \"import secrets; print(secrets.token_hex(16))\" prints.")
    labs = made.get("lab")
    if not isinstance(labs, list) or not labs:
        raise ValueError(f"{file.name} has no [[lab]]: write one, with notebook = \"03_kv_cache\" below it.")
    return Course(_text(made.get("course", ""), "course"),
                  tuple(_lab(one, made.get("attempt", "best"), file) for one in labs), secret, numbers)


def secret_file(file: pathlib.Path) -> pathlib.Path | None:
    """Where a course has its secret, be there one or not yet; None, where it names none."""
    name = _table_in(file).get("secret")
    return file.parent / _text(name, "secret") if name else None


def _table_in(file: pathlib.Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ValueError(f"there is no course file {file}: look at its path.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as problem:
        raise ValueError(f"{file} is no TOML: {problem}.") from None


def _lab(made: Any, attempt: Any, file: pathlib.Path) -> CourseLab:
    if not isinstance(made, dict) or not made.get("notebook"):
        raise ValueError(f"{file.name} has a [[lab]] without a notebook: write notebook = \"03_kv_cache\", or the path "
                         f"of your own.")
    _known(made, tuple(CourseLab.__dataclass_fields__), f"the [[lab]] {made['notebook']!r}")
    weights, partial = (_numbers(made.get(name, {}), name) for name in ("weights", "partial"))
    _known(partial, PARTIAL, "partial")
    if max(partial.values(), default=0) > 1:
        raise ValueError(f"partial is {partial}: give shares from 0 to 1.")
    notebook = _text(made["notebook"], "notebook")
    if notebook.endswith(".ipynb"):
        notebook = str((file.parent / notebook).resolve())
    points = made.get("points")
    return CourseLab(notebook, weights, None if points is None else _numbers({"points": points}, "points")["points"],
                     _moment(made.get("due"), "due"), _moment(made.get("opens"), "opens"),
                     _word(made.get("mode", ""), ("", *MODES), "mode"), _text(made.get("seal", ""), "seal"),
                     _word(made.get("attempt", attempt), ATTEMPTS, "attempt"),
                     int(_numbers({"tries": made.get("tries", 0)}, "tries")["tries"]), partial)


def _secret_of(name: Any, file: pathlib.Path, new: bytes) -> bytes:
    if not name:
        return b""
    path = file.parent / _text(name, "secret")
    if new and not path.exists():
        return new
    try:
        secret = path.read_bytes().strip()
    except OSError as problem:
        raise ValueError(f"the secret {path} cannot be read: {problem.strerror}.") from None
    if not secret:  # without one all would have the same numbers, and nobody would be told
        raise ValueError(f"the secret {path} is empty: put the one there that the numbers were made with.")
    return secret


def _known(made: Mapping[str, Any], names: tuple[str, ...], where: str) -> None:
    for name in made:
        if name not in names:
            raise ValueError(f"{where} has {name!r}, which means nothing there. {nearest(name, names)}")


def _text(value: Any, what: str) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{what} is {value!r}: write a text, in quotes.")
    return value


def _word(value: Any, words: tuple[str, ...], what: str) -> str:
    if value not in words:
        raise ValueError(f"{what} is {value!r}. {nearest(str(value), [word for word in words if word])}")
    return str(value)


def _numbers(found: Any, what: str) -> dict[str, float]:
    """A table of numbers from 0 up."""
    if not isinstance(found, dict):
        raise ValueError(f"{what} is {found!r}: write names with numbers, such as {{plan = 3}}.")
    for name, value in found.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value < math.inf:
            raise ValueError(f"{what} has {name} = {value!r}: give a number, 0 or more.")
    return {name: float(value) for name, value in found.items()}


def _moment(value: Any, what: str) -> datetime.datetime | None:
    """A time in the zone that it names; one without is the teacher's own."""
    if value is None:
        return None
    if not isinstance(value, datetime.datetime):
        raise ValueError(f"{what} is {value!r}: write a date with a time, such as 2026-12-05T23:59:00+01:00.")
    return value if value.tzinfo else value.astimezone()
