"""Numbers of widgets that may have no value: JSON knows no NaN, and a page reads none as well."""

from __future__ import annotations

import math
from typing import Any

import traitlets


def perhaps(default: float = math.nan) -> Any:
    """A number that is sent as nothing where it is NaN or infinite.

    >>> perhaps().metadata["to_json"](math.nan, None), perhaps().metadata["to_json"](2.5, None)
    (None, 2.5)
    """
    return traitlets.Float(default).tag(sync=True, to_json=lambda value, _: value if math.isfinite(value) else None)
