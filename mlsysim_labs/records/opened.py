"""What the `opened` entries of a record say: in which mode a lab was played, and whether an exam is released.

Each kernel writes one before its first act, and one more whenever one of its statements changes. They stand in the
chain of hashes, so who played in which mode cannot be changed afterwards without a trace.
"""

from __future__ import annotations

import hashlib
from typing import Any

from mlsysim_labs.records.event import place
from mlsysim_labs.records.json_data import as_json
from mlsysim_labs.records.owner import openings
from mlsysim_labs.records.record import Record

RELEASED_KIND = "released"  # kind of event
ANEW = ("student", "course", "mode", "seed", "edition")  # what changes only with another entry
SEAL_DIGITS = 16


def is_exam(record: Record) -> bool:
    """Whether it holds an exam that no teacher has released.

    >>> exam = Record("03_kv_cache").added("opened", "lab", {"mode": "exam"})
    >>> is_exam(exam), is_exam(exam.added("released", "lab", {}))
    (True, False)
    """
    exams = [place(event) for event in openings(record.events) if event.value["mode"] == "exam"]
    if not exams and record.head.get("parameters", {}).get("mode") == "exam":
        exams = [("", "", "", "")]
    released = [place(event) for event in record.all(RELEASED_KIND) if event.verifies]
    return bool(exams) and (not released or max(exams) > max(released))


def was_exam(record: Record) -> bool:
    """Whether it holds an exam that a teacher has released."""
    return not is_exam(record) and record.last(RELEASED_KIND) is not None


def seal_in(record: Record) -> str:
    """The seal of its last exam; nothing where that has none."""
    seals = [str(event.value.get("seal") or "") for event in openings(record.events) if event.value["mode"] == "exam"]
    return seals[-1] if seals else ""


def is_sealed_by(record: Record, code: str) -> bool:
    """Whether that code opens the seal of its exam; any does where there is none."""
    seal = seal_in(record)
    return not seal or seal == seal_of(code)


def seal_of(code: str) -> str:
    """The seal that a code opens: the exam carries the seal, and the teacher hands out the code afterwards.

    >>> seal_of("k7 QM-2xw"), seal_of("K7QM2XW")
    ('28ef2d48b1f88150', '28ef2d48b1f88150')
    """
    plain = "".join(letter for letter in code.casefold() if letter.isalnum())
    return hashlib.sha256(f"mlsysim-labs seal 1 {plain}".encode()).hexdigest()[:SEAL_DIGITS]


def is_opened_anew(record: Record, session: str, says: dict[str, Any]) -> bool:
    """Whether that session has to write an entry: its first one, or one of its statements has changed."""
    own = [event.value for event in openings(record.events) if event.session == session]
    plain = as_json(says)
    return not own or any(own[-1].get(name) != plain.get(name) for name in ANEW)
