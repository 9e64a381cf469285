"""Classes that are made up: students who play labs in known ways, and what a learning system makes of their files.

Each student's work is a list of acts with what a careful human gives for it; nothing of the package's marking is asked.
"""

from __future__ import annotations

import base64
import dataclasses
import datetime
import io
import json
import random
import zipfile
from collections.abc import Iterable, Sequence
from typing import Any

from mlsysim_labs.records.event import stamp
from mlsysim_labs.records.record import MIME, Record

COURSE = "CS249r 2026"
SLUG = "03_kv_cache"
BEGIN = datetime.datetime(2026, 11, 20, 9, 0)
FIRST = ("Ada", "Bob", "Chen", "Dana", "Émile", "Farah", "Grace", "Hỏa", "Ines", "José", "Kofi", "Lena", "Mia", "Noor")
LAST = ("Lovelace", "Byte", "Wei", "Müller-Lüdenscheidt", "Núñez", "O'Neill", "van der Berg", "Ødegaard", "李", "Stone")


@dataclasses.dataclass
class Played:
    """What a student does, in order: kind, name and value of each act."""

    id: str
    name: str
    acts: list[tuple[str, str, dict[str, Any]]]
    right: dict[str, float] = dataclasses.field(default_factory=dict)  # the share that a careful human gives


def record_of(played: Played, slug: str = SLUG, *, course: str = COURSE, mode: str = "learn", seed: int | None = None,
              edition: str = "", begin: datetime.datetime = BEGIN, seconds: float = 40.0, session: str = "") -> Record:
    """The record that a lab would keep of it."""
    record, at, session = Record(slug), begin, session or f"session of {played.id}"
    says = {"student": played.name, "course": course, "mode": mode, "seed": seed, "place": "notebook",
            "versions": {"mlsysim-labs": "0.1.0"}, "edition": edition}
    for number, (kind, name, value) in enumerate([("opened", "lab", says), *played.acts]):
        record = record.added(kind, name, value, id=f"{played.id}-{slug}-{number}", session=session, time=stamp(at))
        at += datetime.timedelta(seconds=seconds)
    return record


def notebook_with(records: Iterable[Record], filler: int = 0) -> bytes:
    """A notebook that carries records in its outputs, as one that was saved does; `filler` characters more."""
    outputs = [{"output_type": "display_data", "metadata": {}, "data": {MIME: record.json, "text/plain": "the lab"}}
               for record in records]
    cells = [{"cell_type": "code", "id": "lab", "execution_count": 1, "metadata": {"tags": ["lab"]}, "source": "lab",
              "outputs": outputs},
             {"cell_type": "markdown", "id": "notes", "metadata": {}, "source": "x = 1 \n" * (filler // 7)}]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}, indent=1).encode()


def mail_with(record: Record) -> bytes:
    """A mail with the text of a record, quoted, and another part in base64."""
    body = "".join(f"> {line}\n" for line in record.text.splitlines())
    return f"From: ada@example.org\nSubject: my lab\n\nHere it is:\n\n{body}\nBye\n".encode()


def attachment_mail(data: bytes) -> bytes:
    """A mail with an attached file."""
    lines = base64.encodebytes(data).decode()
    return ("From: ada@example.org\nMIME-Version: 1.0\nContent-Type: multipart/mixed; boundary=XX\n\n--XX\n"
            "Content-Type: text/plain\n\nHello\n--XX\nContent-Type: application/x-ipynb+json\n"
            f"Content-Transfer-Encoding: base64\n\n{lines}\n--XX--\n").encode()


def page_with(record: Record) -> bytes:
    """A page that carries a record as text."""
    return f"<!doctype html><html><body><h1>Lab</h1><pre>{record.text}</pre></body></html>".encode()


def zip_with(files: dict[str, bytes]) -> bytes:
    """An archive of these."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in files.items():
            archive.writestr(zipfile.ZipInfo(name, (2026, 11, 20, 9, 0, 0)), data)
    return out.getvalue()


def canvas_name(name: str, number: int, file: str, late: bool = False) -> str:
    """How Canvas calls what somebody handed in: the last name first, without spaces and signs."""
    first, _, last = name.partition(" ")
    plain = "".join(letter for letter in f"{last}{first}".lower() if letter.isalnum())
    return f"{plain}_{'LATE_' if late else ''}{number}_{number + 7000}_{file}"


def moodle_name(name: str, number: int, file: str, group: str = "") -> str:
    """How Moodle calls it, with a folder for each student."""
    return f"{group}{'-' if group else ''}{name}_{number}_assignsubmission_file_/{file}"


def roster_csv(class_: Sequence[Played]) -> bytes:
    """The class as a list of ids and names."""
    return "".join(["id,name\n", *(f"{one.id},{one.name}\n" for one in class_)]).encode()


def names(count: int, rng: random.Random) -> list[str]:
    """Names that differ."""
    every = [f"{first} {last}" for first in FIRST for last in LAST]
    rng.shuffle(every)
    return [every[i] if i < len(every) else f"{every[i % len(every)]} {i // len(every) + 1}nd" for i in range(count)]


def course_toml(*labs: str, secret: bool = False, more: str = "") -> str:
    """A course of these labs."""
    said = f'course = "{COURSE}"\n' + ('secret = "secret.txt"\n' if secret else "")
    return said + "".join(f'\n[[lab]]\nnotebook = "{lab}"\n{more}' for lab in labs or (SLUG,))
