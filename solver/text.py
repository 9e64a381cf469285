"""Numbers and names as people read them."""

from __future__ import annotations

import dataclasses
import reprlib
import typing
from typing import Any

import numpy as np

ALIKE = str.maketrans("oil", "011", "_- ")
MOST_SHOWN = 60  # characters of a value in an error sentence
SHORT_LIST = 70  # and of the names that are known, where it shows a value too


def nearest(name: Any, known: typing.Iterable[str], room: int | None = None) -> str:
    """The end of an error sentence: which known names are like `name`, or all of them, or as many as have room.

    >>> nearest("H10O", ["H100", "H200", "A100"])
    'Did you mean H100?'
    >>> nearest("meta-llama/Llama-3-8B", ["Llama3_8B", "Qwen3_8B"])
    'Did you mean Llama3_8B?'
    """
    import difflib  # only when something went wrong

    known = list(known)
    folded = {_as_seen(one): one for one in known}
    key = _as_seen(name)
    inside = [folded[key]] if key in folded else [one for k, one in folded.items() if len(key) > 2 and key in k]
    close = inside[:3] or [folded[k] for k in difflib.get_close_matches(key, folded, n=3, cutoff=0.6)]
    close = close or sorted((one for k, one in folded.items() if len(k) > 2 and k in key), key=len)[:-4:-1]
    return f"Did you mean {' or '.join(close)}?" if close else _list_text(known, room)


def _list_text(known: list[str], room: int | None) -> str:
    """All that are known, or the first of them and how many more there are."""
    fit = [one for i, one in enumerate(known) if room is None or len(", ".join(known[:i + 1])) <= room]
    more = f" and {len(known) - len(fit)} more" if len(fit) < len(known) else ""
    return f"Known are: {', '.join(fit)}{more}."


def given_text(value: Any) -> str:
    """A value that somebody gave, as an error sentence shows it: short, and a record by its name.

    >>> from solver import Hardware
    >>> given_text("fp99"), given_text([Hardware.Cloud.H100]), len(given_text("x" * 1000))
    ("'fp99'", '[NVIDIA H100 SXM (Accelerator)]', 60)
    """
    return str(_SHORT.repr(value))


class _Short(reprlib.Repr):
    """Representations of at most so many characters."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxlong = MOST_SHOWN

    def repr(self, x: Any) -> str:
        return super().repr(x) if _is_record(x) else _cut(super().repr(x))

    def repr_instance(self, x: Any, level: int) -> str:
        return f"{_cut(str(x))} ({type(x).__name__})" if _is_record(x) else _cut(repr(x))


def _is_record(x: Any) -> bool:
    return dataclasses.is_dataclass(x) and not isinstance(x, type) and hasattr(x, "name")


def _cut(text: str) -> str:
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN - 3]}..."


_SHORT = _Short()


def _as_seen(name: Any) -> str:
    """A name without its case and marks, and with one sign for those that look alike: the letter O and zero."""
    return str(name).casefold().translate(ALIKE)


def number_text(value: float) -> str:
    """Three significant digits, never an exponent where a person would not write one.

    >>> number_text(44.23), number_text(131072), number_text(0.0163), number_text(float("nan"))
    ('44.2', '131,072', '0.0163', 'nan')
    """
    value = float(value)
    if not np.isfinite(value):
        return str(value)
    rounded = float(f"{value:.3g}")
    if 1000 <= abs(rounded) < 1e15:
        return f"{value:,.0f}"
    if rounded == 0 or 1e-4 <= abs(rounded) < 1000:
        return np.format_float_positional(rounded, trim="-")
    return f"{value:.3g}"


def array_text(values: Any) -> str:
    """Each element as `number_text` writes it; the middle of a long array is left out, and nothing is computed."""
    if not isinstance(values, np.ndarray):
        return f"<array of shape {np.shape(values)}, not computed>"
    shown: Any = {"float_kind": number_text, "int_kind": number_text}
    return np.array2string(np.asarray(values), separator=", ", threshold=12, formatter=shown)
