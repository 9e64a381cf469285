"""For whom a lab is made: the mode, the student, and whether a record is kept.

A notebook takes these from its arguments and the environment. A program that makes labs for itself, such as a grader,
says them, and then neither environment nor records are looked at::

    with setting(Setting("exam", keeps=False)):
        lab = Lab("KV cache")
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, replace
from typing import Any

from mlsysim_labs.marking.variants import Variant
from solver.text import nearest

MODES = ("learn", "demo", "exam")


@dataclass(frozen=True)
class Setting:
    """`mode` : "learn", "demo" (all is shown, nothing kept) or "exam" (answers are kept and not judged)

    `course`, `student` : draw each student's own parameters; where there is a `seed`, that draws them
    `keeps` : whether there is a record, read and written
    `seal` : of an exam, what `mlsysim-labs seal` prints; `release` : the code that opens it when the exam is over
    `own_numbers` : whether the numbers are drawn at all; if not, they are everybody's, also in a course
    `plays` : whether one may explore without a guess, and start over; if nothing is said, outside of courses
    """

    mode: str = "learn"
    course: str = ""
    student: str = ""
    keeps: bool = True
    plays: bool | None = None
    seal: str = ""
    release: str = ""
    seed: int | None = None
    own_numbers: bool = True

    def __post_init__(self) -> None:
        if self.seed is not None:
            Variant(self.seed)  # or it says what is wrong with it
        if self.mode not in MODES:
            raise ValueError(f"the mode of a lab is {self.mode!r}. {nearest(self.mode, MODES)}")

    @property
    def may_play(self) -> bool:
        """Whether one may explore without a guess, and start over: never in an exam."""
        return self.mode != "exam" and (not self.course if self.plays is None else self.plays)


_said: ContextVar[Setting | None] = ContextVar("setting", default=None)
_assigned: dict[str, Any] = {}  # of this kernel, whose cells may each have a context of their own


@contextmanager
def setting(said: Setting) -> Iterator[None]:
    """Labs that are made meanwhile are made so, whatever their notebook and the environment say."""
    token = _said.set(said)
    try:
        yield
    finally:
        _said.reset(token)


def setting_of(mode: str | None, course: str = "", student: str = "", seal: str = "", release: str = "",
               seed: int | None = None) -> Setting:
    """What a program has said, else what is assigned, else the arguments, else the variables MLSYSIM_LABS_MODE,
    _COURSE, _STUDENT, _SEED, _SEAL, _RELEASE and _PLAY.

    A teacher who wants play in a course sets MLSYSIM_LABS_PLAY to 1, and one who wants none at all to 0.

    >>> setting_of("exam").mode
    'exam'
    """
    return _said.get() or replace(Setting(
        mode or _of_environment("MODE") or "learn", course or _of_environment("COURSE"),
        (student or _of_environment("STUDENT")).strip(), seal=seal or _of_environment("SEAL"),
        release=release or _of_environment("RELEASE"),
        plays={"1": True, "0": False}.get(_of_environment("PLAY")),
        seed=_seed_of_environment() if seed is None else seed), **_assigned)


def assign_to(student: str = "", *, course: str = "", seed: int | None = None, mode: str = "", seal: str = "") -> None:
    """Labs that are made from here on are this student's, whatever else their notebook and the environment say.

    It is the line that `mlsysim-labs assign` writes into a notebook. Without a seed the numbers are everybody's; what
    else is left out stays as it is. Nothing at all takes it back.

    >>> assign_to("Ada Lovelace", course="CS249r 2026", seed=4115078932644748)
    >>> setting_of("exam").student, setting_of("exam").mode
    ('Ada Lovelace', 'exam')
    >>> assign_to()
    """
    made = {"student": student.strip(), "course": course, "mode": mode, "seal": seal}
    Setting(mode or "learn", seed=seed)  # or it says what is wrong with one of them
    _assigned.clear()
    if any(made.values()) or seed is not None:
        _assigned.update({name: value for name, value in made.items() if value}, seed=seed,
                         own_numbers=seed is not None)


def _seed_of_environment() -> int | None:
    text = _of_environment("SEED").strip()
    if text and not (text.isascii() and text.isdigit()):
        raise ValueError(f"MLSYSIM_LABS_SEED is {text!r}: set the whole number that your teacher gave to you, or "
                         f"nothing.")
    return int(text) if text else None


def _of_environment(name: str) -> str:
    return os.environ.get(f"MLSYSIM_LABS_{name}", "")
