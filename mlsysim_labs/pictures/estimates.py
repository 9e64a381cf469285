"""A few estimates in numbers: the floor, the estimate and its band, and one click away where the estimate comes from.

The function of a lab returns a row for each estimate, by label with its unit; `estimate` makes one of a result::

    {"ITL [ms]": estimate(r, "itl", "ms"), "TTFT [ms]": estimate(r, "ttft", "ms")}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets

from mlsysim_labs.pictures.parts.drawing import Drawing
from mlsysim_labs.pictures.parts.picture import Target
from mlsysim_labs.widgets.assets import script, style
from solver.zoo.profiles import Profile


class Estimates(Drawing):
    """A table of up to four estimates: at best, expected, and between which ends 8 of 10 measurements lie.

    `profile` says where the expectation comes from.

    `floor`, `expected`, `low`, `high` : a number for each of `labels`; one that has no value is a dash
    `origin`, `links` : what the profile was measured on, and where
    """

    _esm = script("pictures/estimates.js")
    _css = style("pictures/estimates.css")
    floor: Any = traitlets.List(traitlets.Float()).tag(sync=True)
    expected: Any = traitlets.List(traitlets.Float()).tag(sync=True)
    low: Any = traitlets.List(traitlets.Float()).tag(sync=True)
    high: Any = traitlets.List(traitlets.Float()).tag(sync=True)
    origin = traitlets.Unicode().tag(sync=True)
    links: Any = traitlets.Dict().tag(sync=True)
    silent = True

    def __init__(self, profile: Profile | None = None, **traits: Any) -> None:
        if profile is not None:
            found = {source.title: source.url for source in profile.sources.values()}
            traits = {"origin": f"{profile.name}: {profile.scope}." if profile.scope else profile.name,
                      "links": found} | traits
        super().__init__(**traits)

    @classmethod
    def example(cls) -> tuple[Estimates, dict[str, Any]]:
        """Both times of one request."""
        return cls(), {"TTFT [ms]": (30.0, 47.0, 40.0, 56.0), "ITL [ms]": (4.6, 8.6, 4.6, 10.3)}

    def targets(self, data: Mapping[str, tuple[Any, Any, Any, Any]]) -> list[Target]:
        """Rows by label, in the order in which the function returns them."""
        return self.columns(data, "floor", "expected", "low", "high")

    def table(self, data: Mapping[str, tuple[Any, Any, Any, Any]]) -> dict[str, Any]:
        """All numbers, by label."""
        names = ("at best", "expected", "low", "high")
        return {f"{label}: {name}": value for label, row in data.items() for name, value in zip(names, row, strict=True)
                if np.ndim(value) == 0}
