"""The sound entries in a file that is no whole record any more: cut short, merged by git, joined from two copies.

An entry verifies by itself, so whatever stands around it, it can be told from what somebody changed. The search takes
time in proportion to the file, whoever made it.

>>> from mlsysim_labs.records.record import Record
>>> record = Record("03_kv_cache").added("hint", "users", {"number": 1})
>>> sound_events(b"<<<<<<< HEAD" + record.data[:-20], "03_kv_cache") == record.events
True
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from mlsysim_labs.records.event import FORMATS_READ, NAMES, Event, place, root
from mlsysim_labs.records.json_data import RecordError

LONGEST_ENTRY = 1_000_000  # characters of an entry, with all the blanks that a notebook puts into it
READ_IN_VAIN = 20_000_000  # characters to read in vain, of a short text too
BEGINNING = re.compile(rf'\{{\s*"(?:{"|".join(NAMES)})"\s*:')  # of an entry, in whatever order its fields are
CONFLICT = re.compile(rb"^(<{7} |={7}$|>{7} )", re.MULTILINE)
GIVES_UP = 10_000  # characters that a parser has read when it gives up for depth, and what else a failure costs
BYTE_MARKS = {codecs.BOM_UTF8: "utf-8-sig", codecs.BOM_UTF16_LE: "utf-16", codecs.BOM_UTF16_BE: "utf-16"}


def sound_events(data: bytes, lab: str, rooted: bool = False) -> tuple[Event, ...]:
    """All entries of a lab in these bytes that verify, once each and in order.

    An entry of format 1 says of no lab that it is one of its: with `rooted` it counts if it follows, from one entry to
    the next, the beginning of this lab.
    """
    found = {event.hash: event for event in _verified(_text(data)) if event.lab in ("", lab)}
    known = {root(lab, version) for version in FORMATS_READ}
    kept = []
    for event in sorted(found.values(), key=place):
        if event.lab or not rooted or event.previous in known:
            known.add(event.hash)
            kept.append(event)
    return tuple(kept)


def is_conflict(data: bytes) -> bool:
    """Whether git has left the marks of a merge there."""
    return CONFLICT.search(data) is not None


def _text(data: bytes) -> str:
    """The text of a file, also of one that an editor has saved in its own way."""
    encoding = next((name for mark, name in BYTE_MARKS.items() if data.startswith(mark)), "utf-8")
    return data.decode(encoding, "replace")


def _verified(text: str) -> Iterator[Event]:
    """Each entry that verifies; what begins like an entry and is none costs a share of the text, all in all."""
    decoder, at, left = json.JSONDecoder(), 0, 8 * len(text) + READ_IN_VAIN
    while left > 0 and (begins := BEGINNING.search(text, at)):
        start, at = begins.start(), begins.end()
        try:  # of a part: where parsing fails, Python counts the lines before that
            made, length = decoder.raw_decode(text[start:start + LONGEST_ENTRY])
        except (ValueError, RecursionError) as problem:  # a number of 5000 digits, nested too deeply
            left -= getattr(problem, "pos", 0) + GIVES_UP
            continue
        if event := _event(made):
            yield event
            at = start + length
        else:
            left -= length


def _event(made: Any) -> Event | None:
    with suppress(RecordError):
        event = Event.of_json(made)
        return event if event.verifies else None
    return None
