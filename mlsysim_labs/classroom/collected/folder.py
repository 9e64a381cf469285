"""A folder into which records fall, looked at again and again; a file is read only when it has changed.

It is asked for times and sizes, since drives on a network tell nobody of changes. Files are read as grading reads them.
One that is not whole, as it is still being written, is left out until it is whole, and what was known of it stays; once
it has stayed the same for a while, what is sound in it counts.
"""

from __future__ import annotations

import pathlib
from collections.abc import Collection, Iterable, Iterator
from typing import NamedTuple

from mlsysim_labs.classroom.archives import ArchiveError
from mlsysim_labs.classroom.found_records import NO_RECORD, ReadLimit, files_found
from mlsysim_labs.classroom.submissions import (
    NOT_HANDED_IN,
    Submission,
    submission_bytes,
    submissions_in,
    unread_reason,
)
from mlsysim_labs.questions.progress import PLAYED
from mlsysim_labs.records.event import Event
from mlsysim_labs.records.files import Unreadable
from mlsysim_labs.records.opened import RELEASED_KIND
from mlsysim_labs.records.owner import OPENED_KIND, name_key, students
from mlsysim_labs.records.record import Record

KEPT_KINDS = {OPENED_KIND, PLAYED, RELEASED_KIND, "prediction"}
SETTLED = 10.0  # seconds after which a file that is not whole will not become so by itself
MOST_FILES, MOST_BYTES = 2000, 400_000_000  # of one archive, which may be that of a whole class

Stamp = tuple[int, int, int]


class PersonActs(NamedTuple):
    """What one person did in one lab, as far as it matters for predictions."""

    person: str
    lab: str
    events: tuple[Event, ...]


class SeenFile(NamedTuple):
    """A file as it was last read.

    `stamp` : times and size then, None where it could not be looked at; `since` : when it was first seen so
    `acts` : what counts, and `sound` : what will, if it stays as it is; `why` : what is wrong with it
    """

    stamp: Stamp | None
    since: float
    acts: tuple[PersonActs, ...] = ()
    sound: tuple[PersonActs, ...] | None = None
    why: str = ""


class WatchedFolder:
    """What is in a folder. `labs` are those whose damaged records count."""

    def __init__(self, folder: pathlib.Path, labs: Collection[str], settled: float = SETTLED) -> None:
        self.folder, self.labs, self.settled = folder, labs, settled
        self.files: dict[str, SeenFile] = {}
        self.read = 0  # files, since the beginning

    def look(self, now: float) -> bool:
        """Read what has changed since the last look; whether anything has. ValueError where there is no folder.

        `now` : in seconds, by any clock that only goes on
        """
        if not self.folder.is_dir():
            raise ValueError(f"there is no folder {self.folder}: name the one into which records fall.")
        found = submissions_in(self.folder, lambda part: True)  # an archive is a file like others
        unread = next((one.why for one in found if one.file == str(self.folder.resolve())), "")
        if unread:
            raise ValueError(f"{self.folder} gives no answer: {unread}.")
        before = self.files
        self.files = {one.file: self._seen(one, now) for one in found if one.why != NOT_HANDED_IN}
        return self.files != before

    def _seen(self, one: Submission, now: float) -> SeenFile:
        known = self.files.get(one.file)
        stamp = None if one.why else stamp_of(one.file)
        if one.why:
            return SeenFile(None, 0.0, why=one.why)
        if known is None or known.stamp != stamp or stamp is None:
            known = self._read(one, stamp, now, () if known is None else known.acts)
        if known.sound is not None and now - known.since >= self.settled:
            known = known._replace(acts=known.sound, sound=None)
        return known

    def _read(self, one: Submission, stamp: Stamp | None, now: float, before: tuple[PersonActs, ...]) -> SeenFile:
        """A file read anew; what it had `before` counts until it is whole."""
        self.read += 1
        try:
            data = submission_bytes(one)
        except (Unreadable, ArchiveError) as problem:
            return SeenFile(stamp, now, why=unread_reason(problem))
        except OSError as problem:  # it may be another program's at the moment: so it is tried again
            return SeenFile(None, 0.0, before, why=unread_reason(problem))
        found = list(files_found(data, one.label, self.labs, ReadLimit(MOST_BYTES, MOST_FILES)))
        acts = tuple(acts_in(record for part in found for record in part.records))
        why = next((part.why for part in found if part.why not in ("", NO_RECORD)), "")
        if why:
            return SeenFile(stamp, now, before, acts, why)
        return SeenFile(stamp, now, acts, why="" if acts else NO_RECORD)

    @property
    def acts(self) -> Iterator[PersonActs]:
        """All that counts, file by file."""
        return (one for file in self.files.values() for one in file.acts)

    def said(self) -> str:
        """The files in a few words, and what is wrong with some of them."""
        waiting = sum(file.sound is not None for file in self.files.values())
        empty = sum(file.why == NO_RECORD for file in self.files.values())
        unread = sum(bool(file.why) for file in self.files.values()) - waiting - empty
        parts = [(waiting, "not whole yet"), (unread, "damaged or not read"), (empty, "without a record")]
        count = len(self.files)
        return ", ".join([f"{count} file{'s' * (count != 1)}", *(f"{n} {what}" for n, what in parts if n)])


def stamp_of(file: str) -> Stamp | None:
    """What changes when somebody writes into a file; None where that cannot be told."""
    try:
        found = pathlib.Path(file).lstat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ctime_ns, found.st_size


def acts_in(records: Iterable[Record]) -> Iterator[PersonActs]:
    """What is in records, by person: by the name that a session has said, else by the session of the first guess.

    >>> record = Record("lab").added("prediction", "users", {"value": 4}, session="a window")
    >>> [(one.person, one.lab, len(one.events)) for one in acts_in([record])]
    [('session a window', 'lab', 1)]
    """
    for record in records:
        names, owner = students(record.events), record.owner
        parted: dict[str, list[Event]] = {}
        for event in record.events:
            if event.kind in KEPT_KINDS and event.lab in ("", record.lab) and event.verifies:
                parted.setdefault(name_key(names.get(event.session, owner)), []).append(event)
        for name, events in parted.items():
            first = next((event.session for event in events if event.kind == "prediction"), "")
            if name or first:
                yield PersonActs(f"name {name}" if name else f"session {first}", record.lab, tuple(events))
