"""The time of a request, to scale: prefill until the first token, then one step for each token more.

The function of a lab returns a row for each request, by label::

    {"at best": (r.floor.ttft, r.floor.itl, answer), "tuned engine": (r.ttft, r.itl, answer)}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets

from mlsysim_labs.pictures.parts.drawing import Drawing
from mlsysim_labs.pictures.parts.picture import Target
from mlsysim_labs.widgets.assets import script, style


class Timeline(Drawing):
    """One request, or up to four to compare, on one axis of time that ends with the longest.

    `ttft` [s] : time to first token of each row
    `itl` [s] : time between tokens, in the mean
    `tokens` : of the answer; the first comes with TTFT, so that ``ttft + (tokens - 1) * itl`` is all of the time
    `labels` : names of the rows

    A row in which something is NaN, ∞ or negative, or which takes no time, is left out; without any the picture dims.

    >>> Timeline(ttft=[0.06], itl=[0.016], tokens=[256], labels=["Llama 3.1 8B"]).tokens
    [256.0]
    """

    _esm = script("pictures/parts/drawing.js", "pictures/timeline.js")
    _css = style("pictures/parts/drawing.css", "pictures/timeline.css")
    ttft: Any = traitlets.List(traitlets.Float()).tag(sync=True)
    itl: Any = traitlets.List(traitlets.Float()).tag(sync=True)
    tokens: Any = traitlets.List(traitlets.Float()).tag(sync=True)

    @classmethod
    def example(cls) -> tuple[Timeline, dict[str, Any]]:
        """One request, at best and as expected."""
        return cls(), {"at best": (0.03, 0.0046, 256), "expected": (0.047, 0.0086, 256)}

    def targets(self, data: Mapping[str, tuple[Any, Any, Any]]) -> list[Target]:
        """Rows by label, in the order in which the function returns them."""
        return self.columns(data, "ttft", "itl", "tokens")

    def table(self, data: Mapping[str, tuple[Any, Any, Any]]) -> dict[str, Any]:
        """Both phases of each row, and all of its time."""
        found: dict[str, Any] = {}
        for label, (ttft, itl, tokens) in data.items():
            decode = (tokens - 1) * itl
            found |= {f"{label}: TTFT [ms]": 1e3 * ttft, f"{label}: ITL [ms]": 1e3 * itl,
                      f"{label}: tokens": tokens, f"{label}: in all [s]": ttft + decode,
                      f"{label}: decode [%]": 100 * decode / (ttft + decode)}
        return found
