"""Where a record is kept: a file beside the notebook, a backup of it, and the outputs of the notebook itself.

Saving takes a lock, merges what it finds, writes a new file whole, flushes it, puts it in the place of the old one and
reads it back. So whenever the power fails, the file holds the old record or the new one, and two windows lose nothing.
The lock belongs to the operating system, which frees it when a process dies. Where a file system has none, reading
back finds what another window wrote in between, and both are merged.

>>> import tempfile
>>> record_file = RecordFile("03_kv_cache", tempfile.mkdtemp())
>>> record = record_file.save(record_file.load().added("reflection", "why", {"text": "The cache grows with users."}))
>>> record_file.load().last("reflection", "why").value
{'text': 'The cache grows with users.'}
"""

from __future__ import annotations

import os
import pathlib
import time
from contextlib import suppress

from mlsysim_labs.records.atomic import STILL_HERE, NotSaved, lock_held, put, reason, unused_name
from mlsysim_labs.records.files import LIMIT, Unreadable, read_file
from mlsysim_labs.records.in_notebooks import notebook_path, of_notebook
from mlsysim_labs.records.json_data import NewerRecordError, RecordError, checked_slug, file_word
from mlsysim_labs.records.owner import OtherStudentError
from mlsysim_labs.records.record import Record
from mlsysim_labs.records.sound import is_conflict, sound_events

TRIES = 5
STALE = 60.0  # s after which nobody is still writing a file


class Unkept:
    """The record of one lab that is kept nowhere: what a program makes labs with that nobody plays."""

    def __init__(self, slug: str, student: str = "") -> None:
        self.slug, self.student = checked_slug(slug), student
        self.file = pathlib.Path(f"{slug}.record.json")
        self.notes: list[str] = []

    def save(self, record: Record) -> Record:
        """The record as it is."""
        return record

    def load(self) -> Record:
        """Nothing."""
        return Record(self.slug)


class RecordFile:
    """The file of one lab in one folder. `notes` says what was found wrong, for the student to read.

    A file that another student has there stays as it is, and `student` gets one of their own beside it. To begin
    afresh, delete both the file and its hidden backup: one of them brings back the other.
    """

    def __init__(self, slug: str, folder: str | os.PathLike[str] | None = None, student: str = "") -> None:
        self.slug, self.student = checked_slug(slug), student
        self.folder = pathlib.Path(folder or pathlib.Path.cwd()).absolute()  # a notebook may change folders later
        self.lock = self.folder / f".{slug}.record.lock"
        self._name("")
        self.notes: list[str] = []
        self._known: tuple[bytes | None, Record] = None, Record(slug)  # written last: to parse it again costs most

    def _name(self, whose: str) -> None:
        """Name the file and its backup; after a student only where another one has a file here."""
        self.file = self.folder / f"{self.slug}{whose}.record.json"
        self.backup = self.folder / f".{self.slug}{whose}.record.backup.json"

    def save(self, record: Record) -> Record:
        """Put the record on disk, merged with what is there, and return both; NotSaved if that cannot be done."""
        if record.lab != self.slug:
            raise RecordError(f"This record belongs to {record.lab!r}, and this file is for {self.slug!r}.")
        try:
            with lock_held(self.lock):
                return self._saved(record)
        except OSError as problem:
            raise NotSaved(f"Not saved in {self.folder}: {reason(problem)}. {STILL_HERE}") from problem

    def load(self, notebook: str | os.PathLike[str] | None = None) -> Record:
        """All that is known: file, backup and notebook (this kernel's, unless one is named), merged.

        It writes nothing, and removes only what a killed kernel left half written.
        """
        self._tidy()
        record, notebook = self._found(), notebook or notebook_path()
        if not notebook:
            return record
        return record.merged(self._carried(notebook, self.student or record.owner))

    def _carried(self, notebook: str | os.PathLike[str], student: str) -> Record:
        """What a notebook's outputs hold of a student; where it cannot be read, nothing and a note."""
        name = pathlib.Path(notebook).name
        try:
            return of_notebook(notebook, self.slug, student)
        except Unreadable as problem:
            self._note(f"{name} was not searched for a record: {problem.strerror}.")
        except OtherStudentError as problem:
            self._note(f"{name} carries the record of {problem.owner}, which stays apart from yours.")
        return Record(self.slug)

    def _saved(self, record: Record) -> Record:
        for _ in range(TRIES):
            merged = record.merged(self._found(repair=True))
            data = merged.data
            if len(data) > LIMIT:
                raise NotSaved(f"Not saved in {self.folder}: the record would be larger than {LIMIT / 1e6:.0f} MB, and "
                               f"I read no more. Hand in {self.file.name}, then move it away. {STILL_HERE}")
            put(self.file, data)
            if read_file(self.file) == data:
                self._known = data, merged
                self._back_up(data)
                return merged
        raise NotSaved(f"Not saved in {self.folder}: the file is not what I wrote. Another program or the disk changes "
                       f"it. Try another folder. {STILL_HERE}")

    def _found(self, repair: bool = False) -> Record:
        """What file and backup hold. With `repair`, a damaged one is moved aside, and an unreadable one an error."""
        try:
            return self._both(repair)
        except OtherStudentError as problem:
            theirs = self.file.name
            self._name(f".{file_word(self.student)}")
            self._note(f"{theirs} belongs to {problem.owner} and stays as it is. Yours is {self.file.name}.")
            return self._both(repair)

    def _both(self, repair: bool) -> Record:
        record, used = Record(self.slug), None
        for file in (self.file, self.backup):
            try:
                data = read_file(file)
            except FileNotFoundError:
                continue
            except OSError as problem:  # it may be sound, so it must not be overwritten
                if repair:
                    raise
                self._note(f"{file.name} cannot be read: {problem.strerror or problem}.")
                continue
            if data == used:
                continue
            found = self._read(file, data, repair)
            if file is self.backup and used is None and found.events:
                self._note(f"{self.file.name} was missing or unreadable, so I used its backup. "
                           f"To start afresh, delete {file.name} too.")
            record, used = record.merged(found), data if found.events else used
        return record

    def _read(self, file: pathlib.Path, data: bytes, repair: bool) -> Record:
        """The record in a file, or what is sound of it; OtherStudentError if it is not this student's."""
        if data == self._known[0]:
            return self._known[1]
        try:
            record = Record.of_data(data)
            if record.lab != self.slug:
                raise RecordError(f"It says that it belongs to {record.lab!r}.")
        except RecordError as damage:
            record = Record(self.slug, events=sound_events(data, self.slug))
            mine = record.part_of(self.student)
            self._damaged(file, data, damage, repair, mine)
            return mine
        mine = record.part_of(self.student)
        if len(mine.events) < len(record.events):
            self._damaged(file, data, RecordError("Two students have entries in it."), repair, mine)
        return mine

    def _damaged(self, file: pathlib.Path, data: bytes, problem: RecordError, repair: bool, sound: Record) -> None:
        """Say so, and keep the file under another name: a person may read what a program cannot."""
        why = "It has the marks of two versions that git has merged." if is_conflict(data) else str(problem)
        count = len(sound.events)
        read = f"{count} of its entries are sound, and I use them." if count else "No entry in it is sound."
        if not repair:
            self._note(f"{file.name} cannot be read as a whole. {why} {read}")
        elif isinstance(problem, NewerRecordError):  # not damaged: it stays where the newer version looks for it
            raise NotSaved(f"Not saved in {self.folder}: {file.name} is in the way. {problem} {STILL_HERE}")
        else:
            aside = unused_name(self.folder, f"{self.slug}.record.damaged-")
            file.rename(aside)
            self._note(f"{file.name} was damaged and is now called {aside.name}. {why} {read}")

    def _back_up(self, data: bytes) -> None:
        """A second copy, in case a program or a person damages the first; the work is safe without it."""
        try:
            put(self.backup, data, flush=False)
        except OSError as problem:
            self._note(f"The record is saved, but not its backup: {reason(problem)}.")

    def _tidy(self) -> None:
        with suppress(OSError):
            for part in self.folder.glob(f".{self.slug}.record.*.part"):
                if part.stat().st_mtime < time.time() - STALE:
                    part.unlink()

    def _note(self, said: str) -> None:
        if said not in self.notes:
            self.notes.append(said)
