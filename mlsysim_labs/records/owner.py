"""Whose entries they are: each session says its student in an `opened` entry, which the chain of hashes covers."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from mlsysim_labs.records.event import Event
from mlsysim_labs.records.json_data import RecordError

OPENED_KIND = "opened"


class OtherStudentError(RecordError):
    """Two records are of two students, so they are not merged; `owner` says whose the other one is."""

    def __init__(self, mine: str, owner: str) -> None:
        super().__init__(f"One record belongs to {mine} and the other to {owner}: they stay apart. Each student "
                         f"works in a folder of their own.")
        self.owner = owner


def openings(events: Iterable[Event]) -> list[Event]:
    """The entries that say who opened the lab, as they were written."""
    return [event for event in events if event.kind == OPENED_KIND and "mode" in event.value and event.verifies]


def students(events: Iterable[Event]) -> dict[str, str]:
    """The student of each session that has said one, the session of the last entry last."""
    found: dict[str, str] = {}
    for event in openings(events):
        if name := str(event.value.get("student") or "").strip():
            found.pop(event.session, None)
            found[event.session] = name
    return found


def is_one_person(one: str, other: str) -> bool:
    """Whether two names may be those of one person; who has not said a name may be anybody.

    >>> is_one_person("Ada  Lovelace", "ada lovelace"), is_one_person("Ada", ""), is_one_person("Ada", "Bob")
    (True, True, False)
    """
    return not one or not other or name_key(one) == name_key(other)


def name_key(name: str) -> str:
    """A name without what people write differently.

    >>> name_key("Ada  Lovelace ")
    'ada lovelace'
    """
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())


def events_of(events: tuple[Event, ...], student: str) -> tuple[Event, ...]:
    """Without the sessions that somebody else has opened."""
    others = {session for session, name in students(events).items() if not is_one_person(name, student)}
    return tuple(event for event in events if event.session not in others) if others else events
