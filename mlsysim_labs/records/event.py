"""One thing that a student did in a lab: when, in which window, after what, with a hash of all that."""

from __future__ import annotations

import datetime
import functools
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlsysim_labs.records.json_data import RecordError, canonical, limited_dict, plain_text

TITLE = "mlsysim-labs record"
FORMAT = 2
FORMATS_READ = (1, 2)  # that can be read: an entry of format 1 does not say of which lab it is
TIME = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
HASH = re.compile(r"[0-9a-f]{64}")
NAMES = ("id", "kind", "name", "value", "time", "session", "previous", "hash", "lab")


@dataclass(frozen=True, eq=False)
class Event:
    """One thing that a student did. Two events are equal if their text is: 1 is not True here.

    `lab` is empty in events of format 1, which do not have it.
    """

    id: str
    kind: str  # "opened", "prediction", "answer", "plan", "hint", "explored", "reflection", "played", "restarted" ...
    name: str  # of which prediction or task
    value: dict[str, Any]
    time: str  # UTC to the millisecond, so that texts sort as times do
    session: str
    previous: str
    hash: str
    lab: str = ""

    def __post_init__(self) -> None:
        """Make all fields plain, or raise RecordError. Whether the hash is true is another question."""
        for name in NAMES:
            made = limited_dict(self.value, "value") if name == "value" else plain_text(getattr(self, name), name)
            object.__setattr__(self, name, made)
        if not (self.id and self.kind):
            raise RecordError("An event has no id or no kind.")
        if not (HASH.fullmatch(self.hash) and HASH.fullmatch(self.previous)):
            raise RecordError("The hash of an event is not a hash.")
        moment(self.time)

    @classmethod
    def of_json(cls, found: Any) -> Event:
        """An event of parsed JSON; RecordError if it is none."""
        if not isinstance(found, Mapping) or set(found) | {"lab"} != set(NAMES):
            raise RecordError("An event has a field missing, or one too many.")
        return cls(**found)

    @functools.cached_property
    def line(self) -> str:
        """The event as canonical JSON."""
        return canonical(self._fields())

    @functools.cached_property
    def digest(self) -> str:
        """The hash of all but the hash."""
        rest = {name: value for name, value in self._fields().items() if name != "hash"}
        return hashlib.sha256(canonical(rest).encode("ascii")).hexdigest()

    def _fields(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in NAMES if name != "lab" or self.lab}

    @property
    def verifies(self) -> bool:
        """Whether it is as it was written."""
        return self.hash == self.digest

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Event) and self.line == other.line

    def __hash__(self) -> int:
        return hash(self.line)


def root(lab: str, version: int = FORMAT) -> str:
    """What the first event of a lab follows: so an event cannot pass for one of another lab."""
    return hashlib.sha256(f"{TITLE} {version} {lab}".encode()).hexdigest()


def place(event: Event) -> tuple[str, str, str, str]:
    """Where an event stands in its record."""
    return event.time, event.id, event.hash, event.line


def stamp(time: datetime.datetime) -> str:
    """A time as events hold it.

    >>> stamp(datetime.datetime(2026, 11, 20, 9, 30))
    '2026-11-20T09:30:00.000Z'
    """
    return time.replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def now() -> str:
    return stamp(datetime.datetime.now(datetime.UTC))


def moment(time: str) -> datetime.datetime:
    """The time of an event; RecordError if it is none."""
    try:
        if not TIME.fullmatch(time):
            raise ValueError(time)
        return datetime.datetime.fromisoformat(time)
    except ValueError:
        raise RecordError("I cannot read the time of an event. It looks like this: 2026-11-20T09:30:00.000Z.") from None


def later(time: str, than: str) -> str:
    """`time`, or the next millisecond after `than`: many events in one millisecond keep their order.

    >>> later("2026-11-20T09:30:00.000Z", than="2026-11-20T09:30:00.000Z")
    '2026-11-20T09:30:00.001Z'
    """
    try:
        return max(time, stamp(moment(than) + datetime.timedelta(milliseconds=1)))
    except OverflowError:  # somebody's clock stood at the end of time
        return than
