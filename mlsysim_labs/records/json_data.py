"""Plain data: what JSON carries unchanged, through Python, a browser and a saved notebook, and within limits.

Numbers are kept as JavaScript writes them, or the hash of an event would change when a browser saves the notebook.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Mapping
from typing import Any

VALUE_LIMIT = 100_000  # characters of JSON
NAME_LIMIT = 200
DEPTH = 32
SLUG = re.compile(r"[a-z0-9_][a-z0-9_-]{0,49}")  # with the title it fits in one line of text
DEVICES = re.compile(r"con|nul|aux|prn|(com|lpt)[0-9]")  # to Windows, whatever stands behind them


class RecordError(ValueError):
    """This is no record, or cannot be part of one; the sentence says what to do."""


class NewerRecordError(RecordError):
    """The record was written by a later version, so it is sound but cannot be read here."""


def checked_slug(text: Any) -> str:
    """The name of a lab, safe in the name of a file; RecordError for others.

    >>> checked_slug("03_kv_cache")
    '03_kv_cache'
    """
    if not isinstance(text, str) or not SLUG.fullmatch(text):
        raise RecordError(f"A lab can't be called {str(text)[:60]!r}. Use at most 50 lower-case letters, digits, _ and "
                          f"-, for example 03_kv_cache.")
    if DEVICES.fullmatch(text):
        raise RecordError(f"A lab can't be called {text!r}, because Windows keeps that name for a device. Use another "
                          f"name, for example {text + '_lab'!r}.")
    return text


def file_word(name: str) -> str:
    """A name as a part of a file's: readable, and another one for each name.

    >>> file_word("Ada Lovelace"), file_word("李雷")
    ('ada_lovelace_7674', '_3a47')
    """
    letters = re.sub(r"[^a-z0-9]+", "_", name.casefold()).strip("_")[:30]
    return f"{letters}_{hashlib.sha256(name.encode('utf-8', 'replace')).hexdigest()[:4]}"


def canonical(value: Any) -> str:
    """The one JSON text of a value."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False)


def limited_dict(value: Any, what: str) -> dict[str, Any]:
    """A copy of a dict that JSON can hold and a record has room for."""
    if not isinstance(value, Mapping):
        raise RecordError(f"I need a dict under {what!r}, not a {type(value).__name__}.")
    plain: dict[str, Any] = as_json(value)
    if len(canonical(plain)) > VALUE_LIMIT:
        raise RecordError(f"What is under {what!r} has more than {VALUE_LIMIT} characters. Make it shorter.")
    return plain


def plain_text(value: Any, what: str) -> str:
    """A text that fits one line of a table."""
    if not isinstance(value, str) or len(value) > NAME_LIMIT:
        raise RecordError(f"The {what} of an event must be a text of at most {NAME_LIMIT} characters.")
    return repaired_text(value)


def as_json(value: Any, depth: int = DEPTH) -> Any:
    """A copy of a value that comes back the same from every JSON reader, JavaScript's included.

    >>> as_json({"value": 1.7e10, "users": (1, True)})
    {'value': 17000000000, 'users': [1, True]}
    """
    if depth == 0:
        raise RecordError(f"A value is nested more than {DEPTH} deep. Make it flatter.")
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return repaired_text(value)
    if isinstance(value, (int, float)):
        return json_number(value)
    if isinstance(value, (list, tuple)):
        return [as_json(part, depth - 1) for part in value]
    if isinstance(value, Mapping) and all(isinstance(key, str) for key in value):
        return {repaired_text(key): as_json(part, depth - 1) for key, part in value.items()}
    if hasattr(value, "tolist"):  # numpy
        return as_json(value.tolist(), depth - 1)
    raise RecordError(f"JSON can't hold a {type(value).__name__}. Use texts, numbers, lists and dicts.")


def json_number(value: float) -> float:
    """The number as JavaScript writes it back: 1.0 comes back as 1, and an int beyond 2^53 as the nearest float."""
    try:
        near = float(value)
    except OverflowError:
        near = math.inf
    if not math.isfinite(near):
        raise RecordError("JSON can't hold NaN, infinity or a number above 1.8e308. Write it as a text.")
    return int(near) if near.is_integer() and abs(near) <= 2**53 else near


def repaired_text(text: str) -> str:
    """The text with halves of characters replaced: one half alone, and a whole notebook cannot be saved."""
    if text.isascii():
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
