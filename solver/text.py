"""Numbers and names as people read them."""

from __future__ import annotations

import typing
from typing import Any

import numpy as np

ALIKE = str.maketrans("oil", "011", "_- ")

def nearest(name: Any, known: typing.Iterable[str]) -> str:
    """The end of an error sentence: which known names are like `name`, or all of them.

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
    return f"Did you mean {' or '.join(close)}?" if close else f"Known are: {', '.join(known)}."


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
