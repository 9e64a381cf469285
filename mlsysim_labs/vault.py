"""Where a record is kept: a file beside the notebook, a backup of it, and the outputs of the notebook itself.

Saving takes a lock, merges what it finds, writes a new file whole, flushes it, puts it in the place of the old one and
reads it back. So whenever the power fails, the file holds the old record or the new one, and two windows lose nothing.
The lock belongs to the operating system, which frees it when a process dies. Where a file system has none, reading
back finds what another window wrote in between, and both are merged.

>>> import tempfile
>>> vault = Vault("03_kv_cache", tempfile.mkdtemp())
>>> record = vault.save(vault.load().added("reflection", "why", {"text": "The cache grows with users."}))
>>> vault.load().last("reflection", "why").value
{'text': 'The cache grows with users.'}
"""

from __future__ import annotations

import errno
import json
import os
import pathlib
import sys
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from .entry import now
from .plain import NewerRecordError, RecordError, checked_slug
from .record import MIME, Record

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PATIENCE = 10.0  # s to wait for another window; one save takes milliseconds
TRIES = 5
STALE = 60.0  # s after which nobody is still writing a file
BUSY = {errno.EAGAIN, errno.EACCES, errno.EDEADLK}  # the lock is another's
LACKING = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.ENOTSUP, errno.EINVAL}  # this file system cannot
STILL_HERE = "What you did is still here while this notebook's kernel runs."
REASONS = {
    "the disk is full. Free some space there, then save again": {errno.ENOSPC, errno.EDQUOT},
    "nothing may be written there. Open the notebook from a folder of your own, then save again":
        {errno.EACCES, errno.EPERM, errno.EROFS},
    "the folder is gone. Put it back, then save again": {errno.ENOENT, errno.ENOTDIR, errno.ESTALE},
}


class NotSaved(Exception):  # noqa: N818 - a state to tell a student, rarely a mistake
    """The record could not be written; the sentence says why and what to do next."""


class Vault:
    """The file of one lab in one folder. `notes` says what was found wrong, for the student to read.

    To begin afresh, delete both the file and its hidden backup: one of them brings back the other.
    """

    def __init__(self, slug: str, folder: str | os.PathLike[str] | None = None) -> None:
        self.slug = checked_slug(slug)
        self.folder = pathlib.Path(folder or pathlib.Path.cwd()).absolute()  # a notebook may change folders later
        self.file = self.folder / f"{slug}.record.json"
        self.backup = self.folder / f".{slug}.record.backup.json"
        self.lock = self.folder / f".{slug}.record.lock"
        self.notes: list[str] = []
        self._known: tuple[bytes | None, Record] = None, Record(slug)  # written last: to parse it again costs most

    def save(self, record: Record) -> Record:
        """Put the record on disk, merged with what is there, and return both; NotSaved if that cannot be done."""
        if record.lab != self.slug:
            raise RecordError(f"This is the record of {record.lab!r}, and this file is for {self.slug!r}.")
        try:
            with locked(self.lock):
                return self._saved(record)
        except OSError as problem:
            raise NotSaved(f"Not saved in {self.folder}: {reason(problem)}. {STILL_HERE}") from problem

    def load(self, notebook: str | os.PathLike[str] | None = None) -> Record:
        """All that is known: file, backup and notebook (this kernel's, unless one is named), merged.

        It writes nothing, and removes only what a killed kernel left half written.
        """
        self._tidy()
        record, notebook = self._found(), notebook or notebook_path()
        return record.merged(of_notebook(notebook, self.slug)) if notebook else record

    def _saved(self, record: Record) -> Record:
        for _ in range(TRIES):
            merged = record.merged(self._found(repair=True))
            data = merged.data
            put(self.file, data)
            if self.file.read_bytes() == data:
                self._known = data, merged
                self._back_up(data)
                return merged
        raise NotSaved(f"Not saved in {self.folder}: the file reads otherwise than it was written, so another program "
                       f"or the disk changes it. Try another folder. {STILL_HERE}")

    def _found(self, repair: bool = False) -> Record:
        """What file and backup hold. With `repair`, a damaged one is moved aside, and an unreadable one an error."""
        record, sound = Record(self.slug), None
        for file in (self.file, self.backup):
            try:
                data = file.read_bytes()
                if data != sound:
                    record = record.merged(self._known[1] if data == self._known[0] else Record.of_data(data))
            except FileNotFoundError:
                continue
            except OSError as problem:  # it may be sound, so it must not be overwritten
                if repair:
                    raise
                self._note(f"{file.name} cannot be read: {problem.strerror or problem}.")
                continue
            except RecordError as damage:
                self._damaged(file, damage, repair)
                continue
            if sound is None and file is self.backup:
                self._note(f"{self.file.name} was missing or unreadable, so its backup was read. "
                           f"To begin afresh, delete {file.name} too.")
            sound = data
        return record

    def _damaged(self, file: pathlib.Path, problem: RecordError, repair: bool) -> None:
        """Say so, and keep the file under another name: a person may read what a program cannot."""
        if not repair:
            self._note(f"{file.name} cannot be read. {problem}")
        elif isinstance(problem, NewerRecordError):  # not damaged: it stays where the newer version looks for it
            raise NotSaved(f"Not saved in {self.folder}: {file.name} is in the way. {problem} {STILL_HERE}")
        else:
            aside = unused_name(self.folder, f"{self.slug}.record.damaged-")
            file.rename(aside)
            self._note(f"{file.name} was damaged and is now {aside.name}. {problem}")

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


# files ----------------------------------------------------------------------------------------------------------

def put(file: pathlib.Path, data: bytes, flush: bool = True) -> None:
    """Write a file whole or not at all; with `flush`, it outlasts a loss of power."""
    part = file.with_name(f".{file.name.lstrip('.')}.{uuid.uuid4().hex}.part")
    try:
        with part.open("xb") as handle:
            handle.write(data)
            if flush:
                handle.flush()
                os.fsync(handle.fileno())
        os.replace(part, file)  # noqa: PTH105 - named as the guarantee that it is
    except BaseException:  # an interrupted kernel leaves no litter either
        with suppress(OSError):
            part.unlink()
        raise
    if flush and os.name == "posix":
        flush_folder(file.parent)


def flush_folder(folder: pathlib.Path) -> None:
    """Make a new name in a folder outlast a loss of power, where the file system can."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    except OSError as problem:
        if problem.errno not in LACKING:
            raise
    finally:
        os.close(handle)


@contextmanager
def locked(file: pathlib.Path) -> Iterator[None]:
    """Hold the lock of a file that stays when it is freed: to delete it would let two in at once."""
    with file.open("ab") as handle:
        deadline = time.monotonic() + PATIENCE
        while not taken(handle.fileno()):
            if time.monotonic() > deadline:
                raise NotSaved(f"Not saved: another window has held {file.name} for {PATIENCE:.0f} s. Close the other "
                               f"windows of this lab, then save again. {STILL_HERE}")
            time.sleep(0.002)
        yield


def taken(handle: int) -> bool:
    """Take the lock if it is free; closing the file frees it."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as problem:
        if problem.errno in BUSY:
            return False
        if problem.errno not in LACKING:
            raise
    return True


def unused_name(folder: pathlib.Path, start: str) -> pathlib.Path:
    """A name with the time in it that no file has."""
    while (path := folder / f"{start}{now().replace(':', '-')}.json").exists():
        time.sleep(0.001)
    return path


def reason(problem: OSError) -> str:
    """Why nothing was written, and the next move."""
    known = (said for said, codes in REASONS.items() if problem.errno in codes)
    return next(known, f"the system says \"{problem.strerror or problem}\". Save again, or try another folder")


# notebooks ------------------------------------------------------------------------------------------------------

def notebook_path() -> pathlib.Path | None:
    """The notebook of this kernel, if Jupyter says which it is."""
    path = pathlib.Path(os.environ.get("JPY_SESSION_NAME", ""))
    return path if path.suffix == ".ipynb" and path.is_file() else None


def of_notebook(path: str | os.PathLike[str], slug: str) -> Record:
    """The records of a lab in a notebook's outputs, merged; an empty one if there are none or it is broken."""
    record = Record(checked_slug(slug))
    try:
        tree = json.loads(pathlib.Path(path).read_bytes())
    except (OSError, ValueError, RecursionError):
        return record
    rest = [tree]
    while rest:  # the type may stand in data or metadata, of an output, a cell or the notebook
        part = rest.pop()
        if isinstance(part, dict):
            with suppress(KeyError, RecordError):  # nothing, the record of another lab, or no record
                record = record.merged(Record.of_json(part[MIME]))
            rest.extend(part.values())
        elif isinstance(part, list):
            rest.extend(part)
    return record
