"""The records that a notebook carries in its outputs, and which notebook this kernel's is."""

from __future__ import annotations

import json
import os
import pathlib
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from mlsysim_labs.records.files import Unreadable, read_file
from mlsysim_labs.records.json_data import RecordError, checked_slug
from mlsysim_labs.records.owner import OtherStudentError
from mlsysim_labs.records.record import MIME, Record
from mlsysim_labs.records.sound import sound_events


def notebook_path() -> pathlib.Path | None:
    """The notebook of this kernel, if Jupyter says which it is."""
    path = pathlib.Path(os.environ.get("JPY_SESSION_NAME", ""))
    return path if path.suffix == ".ipynb" and path.is_file() else None


def of_notebook(path: str | os.PathLike[str], slug: str, student: str = "") -> Record:
    """The records of a lab in a notebook's outputs, merged; an empty one if there are none.

    Of a notebook that is cut short or merged by git, and of a record that was changed, what is sound. Unreadable where
    there is no ordinary file, or a very large one; OtherStudentError where it is the record of another `student`.
    """
    record = Record(checked_slug(slug))
    try:
        data = read_file(path)
    except Unreadable:
        raise
    except OSError:
        return record
    if MIME.encode() not in data:  # parsing takes many times the memory
        return record
    try:
        found = list(record_bundles(json.loads(data)))
    except (ValueError, RecursionError):
        found = [Record(slug, events=sound_events(data, slug, rooted=True))]
    theirs: OtherStudentError | None = None
    for made in found:
        part = made if isinstance(made, Record) else record_of_bundle(made, slug)
        try:
            record = record.merged(part.part_of(student or record.owner))
        except OtherStudentError as problem:
            theirs = problem
    if theirs and not record.events:
        raise theirs
    return record


def record_bundles(tree: Any) -> Iterator[Any]:
    """What stands under the type of records, in data or metadata, of an output, a cell or the notebook."""
    rest = [tree]
    while rest:
        part = rest.pop()
        if isinstance(part, dict):
            if MIME in part:
                yield part[MIME]
            rest.extend(part.values())
        elif isinstance(part, list):
            rest.extend(part)


def record_of_bundle(made: Any, slug: str) -> Record:
    """The record of that lab, or what is sound in it; an empty one of another lab, or of no record."""
    with suppress(RecordError):
        record = Record.of_json(made)
        if record.lab == slug:
            return record
    return Record(slug, events=sound_events(json.dumps(made).encode(), slug, rooted=True))
