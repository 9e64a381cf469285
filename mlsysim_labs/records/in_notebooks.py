"""The records that a notebook carries in its outputs, and which notebook this kernel's is."""

from __future__ import annotations

import json
import os
import pathlib
from contextlib import suppress

from mlsysim_labs.records.files import Unreadable, read_file
from mlsysim_labs.records.json_data import RecordError, checked_slug
from mlsysim_labs.records.record import MIME, Record


def notebook_path() -> pathlib.Path | None:
    """The notebook of this kernel, if Jupyter says which it is."""
    path = pathlib.Path(os.environ.get("JPY_SESSION_NAME", ""))
    return path if path.suffix == ".ipynb" and path.is_file() else None


def of_notebook(path: str | os.PathLike[str], slug: str) -> Record:
    """The records of a lab in a notebook's outputs, merged; an empty one if there are none or it is broken.

    Unreadable where there is no ordinary file, or a very large one.
    """
    record = Record(checked_slug(slug))
    try:
        data = read_file(path)
        tree = json.loads(data) if MIME.encode() in data else []  # parsing takes many times the memory
    except Unreadable:
        raise
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
