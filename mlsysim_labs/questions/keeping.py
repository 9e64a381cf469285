"""The record of one student in one lab, saved at every step, and what it says of who plays and how.

Before its first act each kernel writes an `opened` entry: student, course, mode, seed, versions, and the edition, which
is a hash of all that is asked. A folder with an exam stays an exam, however the lab is opened, until the teacher
releases it. A record without a name is anybody's; with one it is that student's, and nobody else's gets into it.

Where nothing can be written a student may go on without saving: then the record is in this kernel's memory, and every
step tries again to save all of it.
"""

from __future__ import annotations

import dataclasses
import pathlib
import platform
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import solver
from mlsysim_labs.marking.variants import Variant, variant_seed
from mlsysim_labs.questions.setting import Setting
from mlsysim_labs.records.atomic import NotSaved
from mlsysim_labs.records.json_data import checked_slug
from mlsysim_labs.records.opened import RELEASED_KIND, is_exam, is_opened_anew, is_sealed_by, was_exam
from mlsysim_labs.records.owner import OPENED_KIND, OtherStudentError
from mlsysim_labs.records.record import SESSION, Record
from mlsysim_labs.records.record_file import RecordFile, Unkept

UNSAVED: dict[pathlib.Path, tuple[Record, str]] = {}  # what could not be written and why: cells may be run again
PLAYED_IN = "notebook"
STATED = ("student", "course", "mode", "seed")  # of the last entry, whoever wrote it


class Keeping:
    """`setting` is what was asked for, with the student's name if the record alone has it; `mode` is what holds."""

    def __init__(self, slug: str, setting: Setting) -> None:
        self.slug, self.setting = checked_slug(slug), setting
        self.edition: Callable[[], str] = str  # of the questions
        self._load()
        if setting.release:
            with suppress(NotSaved):  # it is released all the same, and the next act keeps it
                self.unseal(setting.release)

    def _load(self) -> None:
        """The record of this student, as it is known on disk, in the notebook and in this kernel."""
        setting = self.setting
        self.record_file = (RecordFile if setting.keeps else Unkept)(self.slug, student=setting.student)
        unsaved, self.unkept = UNSAVED.get(self.record_file.file, (Record(self.slug), ""))  # why nothing is kept, if so
        self._goes_on = bool(self.unkept)  # without saving
        self.record = self.record_file.load()
        with suppress(OtherStudentError):  # what another student did in this kernel waits for that one
            self.record = self.record.merged(unsaved)
        if not setting.student and self.record.owner:
            self.setting = dataclasses.replace(setting, student=self.record.owner)
            self.record_file.student = self.record.owner

    @property
    def mode(self) -> str:
        """"learn", "demo" or "exam": where a record has an exam, that one, until it is released."""
        if is_exam(self.record):
            return "exam"
        return "learn" if self.setting.mode == "exam" and was_exam(self.record) else self.setting.mode

    @property
    def seed(self) -> int | None:
        """Of this student's parameters; None where all have the same, as outside of courses."""
        of = self.setting
        if of.seed is not None or not of.own_numbers:
            return of.seed
        return variant_seed(of.course, of.student, self.slug) if of.course and of.student else None

    @property
    def variant(self) -> Variant | None:
        """What this student's parameters are drawn from; None where all have the same."""
        seed = self.seed
        return None if seed is None else Variant(seed)

    # saving ------------------------------------------------------------------------------------------------------

    def keep_entry(self, kind: str, name: str, value: Mapping[str, Any], act: str | None = None) -> None:
        """One more entry for good, after one that says who opened the lab; NotSaved if that cannot be."""
        self.record = self._saved(self._opened().added(kind, name, dict(value), id=act))

    def _opened(self) -> Record:
        """The record, with an entry that says who has opened the lab and how, if that is not yet in it."""
        says = self._statement()
        anew = is_opened_anew(self.record, SESSION, says)
        return self.record.added(OPENED_KIND, "lab", says) if anew else self.record

    def _statement(self) -> dict[str, Any]:
        setting = self.setting
        mode = self.mode if setting.mode == "exam" else setting.mode  # of a released exam "learn", as it is played
        versions = {"mlsysim-labs": solver.__version__, "python": platform.python_version()}
        says = {"student": setting.student, "course": setting.course, "mode": mode, "seed": self.seed,
                "place": PLAYED_IN, "versions": versions, "edition": self.edition()}
        return says | ({"seal": setting.seal} if setting.seal and mode == "exam" else {})

    def note_opening(self) -> None:
        """Say in a record that is there who opens it now, if that is another one, or in another way."""
        last, says = self.record.parameters, self._statement()
        is_other = any(last.get(name) != says[name] for name in STATED)
        if self.setting.keeps and self.record.events and is_other and self.mode != "demo":
            with suppress(NotSaved):  # the next act says it
                self.record = self.record_file.save(self._opened())

    def _saved(self, record: Record) -> Record:
        """The record as it is on disk, or why that cannot be."""
        try:
            record = self.record_file.save(record)
        except NotSaved as problem:
            if not self._goes_on:
                raise
            self.unkept = str(problem)
            UNSAVED[self.record_file.file] = record, self.unkept
        else:
            self._goes_on, self.unkept = False, ""
            UNSAVED.pop(self.record_file.file, None)
        return record

    def go_on(self) -> None:
        """Go on where nothing can be written, as the student has asked for; until something can."""
        self._goes_on = True

    # exams and names ---------------------------------------------------------------------------------------------

    def unseal(self, code: str) -> bool:
        """Release an exam by the code of its seal, or by any where it has none; whether that was the code."""
        if is_exam(self.record):
            if not is_sealed_by(self.record, code):
                return False
            self.record = self._opened().added(RELEASED_KIND, "lab", {"code": code})
            self.record = self._saved(self.record)
        return True

    @property
    def needs_name(self) -> bool:
        """Whether the course wants a name that nobody has given yet."""
        setting = self.setting
        return bool(setting.course and setting.keeps and not setting.student) and self.mode != "demo"

    def take_name(self, name: str) -> None:
        """Whose record it is from now on, said once."""
        self.setting = dataclasses.replace(self.setting, student=name)
        self._load()
        self.record = self._saved(self._opened())
