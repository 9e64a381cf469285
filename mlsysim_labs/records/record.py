"""What a student did in one lab: events in a chain of hashes, which merge, verify, and travel as text.

Each event holds the hash of the one before it, and the first one that of the lab's name, so that a changed or missing
event shows. A record is a set of events, and merging is their union: windows, files and notebooks merge in any order
and as often as one likes. Two windows make a fork, which is no fault. A new event is dated after all that its window
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
import functools
import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from mlsysim_labs.records.event import FORMAT, FORMATS_READ, Event, later, now, place, root
from mlsysim_labs.records.json_data import (
    NewerRecordError,
    RecordError,
    as_json,
    canonical,
    checked_slug,
    limited_dict,
    plain_text,
)
from mlsysim_labs.records.owner import OtherStudentError, events_of, is_one_person, openings, students
from mlsysim_labs.records.text import NEWER, packed_in, packed_lines, unpacked_bytes

MIME = "application/vnd.mlsysim.record+json"
HEAD_NAMES = ("parameters", "versions")
EVENTS_LIMIT = 100_000
SESSION = uuid.uuid4().hex  # this kernel


@dataclass(frozen=True)
class Record:
    """The events of one lab, in order of time.

    `head` : what a record of format 1 says of itself beside them, "versions" and "parameters"; no hash covers it
    """

    lab: str
    head: dict[str, Any] = field(default_factory=dict)
    events: tuple[Event, ...] = ()

    def __post_init__(self) -> None:
        """Make all fields plain and put the events in order, or raise RecordError."""
        checked_slug(self.lab)
        if not isinstance(self.head, Mapping) or not set(self.head) <= set(HEAD_NAMES):
            raise RecordError(f"The head of a record can have {' and '.join(HEAD_NAMES)}, and nothing else.")
        object.__setattr__(self, "head", {name: limited_dict(self.head[name], name) for name in sorted(self.head)})
        if not isinstance(self.events, tuple) or any(type(event) is not Event for event in self.events):
            raise RecordError("The events of a record must be a tuple of events.")
        object.__setattr__(self, "events", tuple(sorted(self.events, key=place)))

    def added(self, kind: str, name: str, value: dict[str, Any], *, id: str | None = None,
              session: str = SESSION, time: str | None = None) -> Record:
        """The record with one more event; the same record, if it has an event of that id."""
        id = plain_text(id or uuid.uuid4().hex, "id")
        if any(event.id == id for event in self.events):
            return self
        time, previous = time or now(), root(self.lab)
        if self.events:
            last = self.events[-1]
            time, previous = later(time, last.time), last.hash
        draft = Event(id, kind, name, value, time, session, previous, hash=previous, lab=self.lab)
        event = dataclasses.replace(draft, hash=draft.digest)
        return dataclasses.replace(self, events=(*self.events, event))

    def all(self, kind: str, name: str | None = None) -> tuple[Event, ...]:
        """The events of that kind and name, or of any name, in order; of one id, the first."""
        found: dict[str, Event] = {}
        for event in self.events:
            if event.kind == kind and name in (None, event.name):
                found.setdefault(event.id, event)
        return tuple(found.values())

    def last(self, kind: str, name: str | None = None) -> Event | None:
        """The latest of `all`, or None."""
        return next(reversed(self.all(kind, name)), None)

    def prediction(self, name: str) -> Event | None:
        """The first prediction of that name: what a student said before seeing the answer stands for ever."""
        return next(iter(self.all("prediction", name)), None)

    def merged(self, other: Record) -> Record:
        """The events of both. Of two that claim one hash, the true one; the head of the newer."""
        if self.lab != other.lab:
            raise RecordError(f"This record belongs to {other.lab!r}, and this lab is {self.lab!r}. Open it there.")
        if not is_one_person(self.owner, other.owner):
            raise OtherStudentError(self.owner, other.owner)
        kept: dict[str, Event] = {}
        for event in (*self.events, *other.events):
            known = kept.setdefault(event.hash, event)
            if known is not event and known != event:  # somebody changed one of them
                kept[event.hash] = max(known, event, key=lambda e: (e.verifies, e.line))
        newer = max(self, other, key=Record._newness)
        return dataclasses.replace(newer, events=tuple(kept.values()))

    def _newness(self) -> tuple[Any, ...]:
        """A total order that merging does not disturb: it asks the true events only, which are never dropped."""
        last = next((place(event) for event in reversed(self.events) if event.verifies), ("", "", ""))
        head = canonical(self.head)
        return last, len(head), head

    def problems(self) -> list[str]:
        """What does not verify, a sentence each; nothing, if all is well."""
        times = {event.hash: event.time for event in self.events} | {root(self.lab, one): "" for one in FORMATS_READ}
        said = []
        for event in self.events:
            one = f"The {event.kind} {event.name!r} of {event.time}"
            if not event.verifies:
                said.append(f"{one} was changed after it was written.")
            if event.lab not in ("", self.lab):
                said.append(f"{one} belongs to another lab, {event.lab!r}.")
            elif event.previous not in times:
                said.append(f"{one} follows an event that is missing here or belongs to another lab.")
            elif times[event.previous] > event.time:
                said.append(f"{one} has an earlier time than the event before it.")
        return said

    @property
    def json(self) -> dict[str, Any]:
        """The record as JSON can hold it; a copy, to change freely."""
        return {**self._head(), "entries": [json.loads(event.line) for event in self.events]}

    def _head(self) -> dict[str, Any]:
        return {"record": FORMAT, "lab": self.lab, **as_json(self.head)}

    def part_of(self, student: str) -> Record:
        """Without what others have done in it; OtherStudentError where it is somebody else's altogether.

        A file that was joined from two students' copies holds both; of a student without a name it is its owner's.
        """
        names = list(students(self.events).values()) or [self.owner]
        mine = student or names[-1]
        if not any(is_one_person(name, mine) for name in names):
            raise OtherStudentError(mine, names[-1])
        return dataclasses.replace(self, events=events_of(self.events, mine))

    @property
    def owner(self) -> str:
        """The student whose record it is: the last name in it; nothing where nobody has given one."""
        names = list(students(self.events).values())
        return names[-1] if names else str(self.head.get("parameters", {}).get("student") or "").strip()

    @property
    def versions(self) -> dict[str, Any]:
        """What the lab ran with when it was last opened."""
        said = self._opened.get("versions", {}) if self._opened else self.head.get("versions", {})
        return said if isinstance(said, dict) else {}

    @property
    def parameters(self) -> dict[str, Any]:
        """Student, course, mode, seed and place when the lab was last opened."""
        return self._opened or self.head.get("parameters", {})

    @property
    def _opened(self) -> dict[str, Any]:
        opened = openings(self.events)
        return opened[-1].value if opened else {}

    @classmethod
    def of_json(cls, found: Any) -> Record:
        """A record of parsed JSON, whoever wrote it; RecordError if it is none."""
        if not isinstance(found, Mapping) or type(found.get("record")) is not int:
            raise RecordError("This is not a record of a lab.")
        if found["record"] not in FORMATS_READ:
            raise NewerRecordError(NEWER)
        events = found.get("entries")
        if not isinstance(events, (list, tuple)) or len(events) > EVENTS_LIMIT:
            raise RecordError("The events of this record are not a list, or the list is too long.")
        head = {name: found[name] for name in HEAD_NAMES if name in found}
        return cls(found.get("lab"), head, tuple(map(Event.of_json, events)))  # type: ignore[arg-type]

    @property
    def data(self) -> bytes:
        """The record as a file holds it: JSON, an event on each line."""
        events = ",\n".join(event.line for event in self.events)
        return f'{{"entries":[\n{events}\n],{canonical(self._head())[1:]}\n'.encode("ascii")

    @classmethod
    def of_data(cls, data: bytes) -> Record:
        """The record in a file; RecordError if the file is damaged."""
        try:
            found = json.loads(data)
        except (ValueError, RecursionError):  # not JSON, not Unicode, a number of 5000 digits, nested too deeply
            raise RecordError("This is not a whole record: some of it is missing or damaged.") from None
        return cls.of_json(found)

    @property
    def text(self) -> str:
        """The record as lines to copy, mail and paste."""
        return packed_lines(self.lab, self.data)

    @classmethod
    def of_text(cls, text: str) -> Record:
        """The record in a text that was copied: wrapped, quoted, amid other words, through a course's site.

        Several of one lab are merged; RecordError if there is none, or if they are of several labs or students.
        """
        first, *others = cls.all_of_text(text)
        labs = dict.fromkeys(record.lab for record in (first, *others))
        if len(labs) > 1:
            raise RecordError(f"This text holds the records of several labs: {', '.join(labs)}. Copy one at a time.")
        return functools.reduce(Record.merged, others, first)

    @classmethod
    def all_of_text(cls, text: str) -> list[Record]:
        """All whole records in a text, at least one, in their order; RecordError if there is none."""
        found = []
        for lab, packed in packed_in(text):
            record = cls.of_data(unpacked_bytes(packed))
            if record.lab != lab:
                raise RecordError(f"The first line says {lab!r}, but the record says {record.lab!r}. Copy it again.")
            found.append(record)
        return found
