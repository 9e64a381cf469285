"""What a student did in one lab: entries in a chain of hashes, which merge, verify, and travel as text.

Each entry holds the hash of the one before it, and the first one that of the lab's name, so that a changed or missing
entry shows. A record is a set of entries, and merging is their union: windows, files and notebooks merge in any order
and as often as one likes. Two windows make a fork, which is no fault. A new entry is dated after all that its window
knows, so the order by time is the order in which things happened even where a clock went back.

>>> record = Record("03_kv_cache").added("prediction", "users", {"text": "16 GiB"}, id="a")
>>> record.added("prediction", "users", {"text": "64 GiB"}).prediction("users").value
{'text': '16 GiB'}
>>> record.added("prediction", "users", {"text": "sent twice"}, id="a") == record
True
>>> Record.of_text(record.text) == record
True
"""

from __future__ import annotations

import dataclasses
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mlsysim_labs.records.event import FORMAT, Entry, later, now, place, root
from mlsysim_labs.records.json_data import (
    NewerRecordError,
    RecordError,
    as_json,
    canonical,
    checked_slug,
    limited,
    plain_text,
)
from mlsysim_labs.records.text import NEWER, packed_in, packed_lines, unpacked

MIME = "application/vnd.mlsysim.record+json"
ENTRIES_LIMIT = 100_000
SESSION = uuid.uuid4().hex  # this kernel


@dataclass(frozen=True)
class Record:
    """The entries of one lab, in order of time, and what it ran with."""

    lab: str
    versions: dict[str, Any] = field(default_factory=dict)
    parameters: dict[str, Any] = field(default_factory=dict)
    entries: tuple[Entry, ...] = ()

    def __post_init__(self) -> None:
        """Make all fields plain and put the entries in order, or raise RecordError."""
        checked_slug(self.lab)
        for name in ("versions", "parameters"):
            object.__setattr__(self, name, limited(getattr(self, name), name))
        if not isinstance(self.entries, tuple) or any(type(entry) is not Entry for entry in self.entries):
            raise RecordError("The entries of a record must be a tuple of entries.")
        object.__setattr__(self, "entries", tuple(sorted(self.entries, key=place)))

    def added(self, kind: str, name: str, value: dict[str, Any], *, id: str | None = None,
              session: str = SESSION, time: str | None = None) -> Record:
        """The record with one more entry; the same record, if it has an entry of that id."""
        id = plain_text(id or uuid.uuid4().hex, "id")
        if any(entry.id == id for entry in self.entries):
            return self
        time, previous = time or now(), root(self.lab)
        if self.entries:
            last = self.entries[-1]
            time, previous = later(time, last.time), last.hash
        draft = Entry(id, kind, name, value, time, session, previous, hash=previous)
        entry = dataclasses.replace(draft, hash=draft.digest)
        return dataclasses.replace(self, entries=(*self.entries, entry))

    def all(self, kind: str, name: str | None = None) -> tuple[Entry, ...]:
        """The entries of that kind and name, or of any name, in order; of one id, the first."""
        found: dict[str, Entry] = {}
        for entry in self.entries:
            if entry.kind == kind and name in (None, entry.name):
                found.setdefault(entry.id, entry)
        return tuple(found.values())

    def last(self, kind: str, name: str | None = None) -> Entry | None:
        """The latest of `all`, or None."""
        return next(reversed(self.all(kind, name)), None)

    def prediction(self, name: str) -> Entry | None:
        """The first prediction of that name: what a student said before seeing the answer stands for ever."""
        return next(iter(self.all("prediction", name)), None)

    def merged(self, other: Record) -> Record:
        """The entries of both. Of two that claim one hash, the true one; versions and parameters of the newer."""
        if self.lab != other.lab:
            raise RecordError(f"This is the record of {other.lab!r}, and this lab is {self.lab!r}: open it there.")
        kept: dict[str, Entry] = {}
        for entry in (*self.entries, *other.entries):
            known = kept.setdefault(entry.hash, entry)
            if known is not entry and known != entry:  # somebody changed one of them
                kept[entry.hash] = max(known, entry, key=lambda e: (e.verifies, e.line))
        newer = max(self, other, key=Record._newness)
        return dataclasses.replace(newer, entries=tuple(kept.values()))

    def _newness(self) -> tuple[Any, ...]:
        """A total order that merging does not disturb: it asks the true entries only, which are never dropped."""
        last = next((place(entry) for entry in reversed(self.entries) if entry.verifies), ("", "", ""))
        ran_with = canonical(self._head())
        return last, len(ran_with), ran_with

    def problems(self) -> list[str]:
        """What does not verify, a sentence each; nothing, if all is well."""
        times = {entry.hash: entry.time for entry in self.entries} | {root(self.lab): ""}
        said = []
        for entry in self.entries:
            one = f"The {entry.kind} {entry.name!r} of {entry.time}"
            if not entry.verifies:
                said.append(f"{one} was changed after it was written.")
            if entry.previous not in times:
                said.append(f"{one} follows an entry that is missing here, or one of another lab.")
            elif times[entry.previous] > entry.time:
                said.append(f"{one} is dated before the entry that it follows.")
        return said

    @property
    def json(self) -> dict[str, Any]:
        """The record as JSON can hold it; a copy, to change freely."""
        return {**self._head(), "entries": [json.loads(entry.line) for entry in self.entries]}

    def _head(self) -> dict[str, Any]:
        return {"record": FORMAT, "lab": self.lab, "versions": as_json(self.versions),
                "parameters": as_json(self.parameters)}

    @classmethod
    def of_json(cls, found: Any) -> Record:
        """A record of parsed JSON, whoever wrote it; RecordError if it is none."""
        if not isinstance(found, Mapping) or type(found.get("record")) is not int:
            raise RecordError("This is not a record of a lab.")
        if found["record"] != FORMAT:
            raise NewerRecordError(NEWER)
        entries = found.get("entries")
        if not isinstance(entries, (list, tuple)) or len(entries) > ENTRIES_LIMIT:
            raise RecordError("The entries of this record are not a list, or too long a list.")
        return cls(found.get("lab"), found.get("versions"), found.get("parameters"),  # type: ignore[arg-type]
                   tuple(map(Entry.of_json, entries)))

    @property
    def data(self) -> bytes:
        """The record as a file holds it: JSON, an entry on each line."""
        entries = ",\n".join(entry.line for entry in self.entries)
        return f'{{"entries":[\n{entries}\n],{canonical(self._head())[1:]}\n'.encode("ascii")

    @classmethod
    def of_data(cls, data: bytes) -> Record:
        """The record in a file; RecordError if the file is damaged."""
        try:
            found = json.loads(data)
        except (ValueError, RecursionError):  # not JSON, not Unicode, a number of 5000 digits, nested too deeply
            raise RecordError("This is not a record: it is cut short or garbled.") from None
        return cls.of_json(found)

    @property
    def text(self) -> str:
        """The record as lines to copy, mail and paste."""
        return packed_lines(self.lab, self.data)

    @classmethod
    def of_text(cls, text: str) -> Record:
        """The record in a text that was copied: wrapped, quoted, amid other words; RecordError if there is none."""
        lab, packed = packed_in(text)
        record = cls.of_data(unpacked(packed))
        if record.lab != lab:
            raise RecordError(f"The first line says {lab!r} and the record {record.lab!r}: copy it again, unchanged.")
        return record
