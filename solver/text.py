"""Numbers and names as people read them."""

from __future__ import annotations

import typing
from typing import Any

import numpy as np


def nearest(name: Any, known: typing.Iterable[str]) -> str:
    """The end of an error sentence: which known names are like `name`, or all of them.

    >>> nearest("H10O", ["H100", "H200", "A100"])
    'Did you mean H100?'
    """
    import difflib  # only when something went wrong

    known = list(known)
    folded = {k.casefold().replace("_", "").replace("-", ""): k for k in known}
    key = str(name).casefold().replace("_", "").replace("-", "").replace(" ", "")
    inside = [name for k, name in folded.items() if len(key) > 2 and key in k]
    close = inside[:3] or [folded[k] for k in difflib.get_close_matches(key, folded, n=3, cutoff=0.6)]
    return f"Did you mean {' or '.join(close)}?" if close else f"Known are: {', '.join(known)}."


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
