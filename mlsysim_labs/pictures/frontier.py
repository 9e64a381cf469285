"""What a chip makes against what each user gets: the curve that the batch traces, and where the knobs stand on it.

The function of a lab returns up to four curves by label, a point, and where there is one the least rate for a user::

    {"curves": {"floor": (1 / floor.itl, batches / floor.itl), "tuned engine": (1 / r.itl, batches / r.itl)},
     "here": (1 / itl, batch / itl), "slo": 20.0}

A point beyond an axis stands at its end, with an arrow.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets

from mlsysim_labs.pictures.parts.drawing import Drawing
from mlsysim_labs.pictures.parts.picture import Target
from mlsysim_labs.widgets.assets import script, style

PARTS = ("curves", "here", "slo", "chip")


def line_trait() -> Any:
    return traitlets.List(traitlets.Float()).tag(sync=True)


def limits_trait(low: float, high: float) -> Any:
    return traitlets.Tuple(traitlets.Float(), traitlets.Float(), default_value=(low, high)).tag(sync=True)


class Frontier(Drawing):
    """Throughput of a chip over the rate for each user, both in token/s: curves, the present point, and a limit.

    `x0`, `y0` to `x3`, `y3`, `labels` : the curves; a place that has no value is left out
    `here_x`, `here_y` : the point; NaN, ∞ or 0 dims the picture, and so does a lack of curves
    `slo` : the least rate for a user, with slower ones shaded; 0 or NaN is none
    `chip` : its name
    `x`, `y`, `scale`, `x_limits`, `y_limits` : names of the axes, "log" or "linear", and their ends, for good

    >>> Frontier(scale="linear", x_limits=(0, 100), y_limits=(0, 5000)).x_limits
    (0.0, 100.0)
    """

    _esm = script("pictures/parts/drawing.js", "pictures/parts/axes.js", "pictures/parts/labels.js",
                  "pictures/frontier.js")
    _css = style("pictures/parts/drawing.css", "pictures/frontier.css")
    x0, x1, x2, x3 = line_trait(), line_trait(), line_trait(), line_trait()
    y0, y1, y2, y3 = line_trait(), line_trait(), line_trait(), line_trait()
    here_x = traitlets.Float().tag(sync=True)
    here_y = traitlets.Float().tag(sync=True)
    slo = traitlets.Float().tag(sync=True)
    chip = traitlets.Unicode().tag(sync=True)
    x = traitlets.Unicode("rate for each user [token/s]").tag(sync=True)
    y = traitlets.Unicode("throughput of a chip [token/s]").tag(sync=True)
    scale = traitlets.Enum(["log", "linear"], default_value="log").tag(sync=True)
    x_limits: Any = limits_trait(1, 1000)
    y_limits: Any = limits_trait(10, 1e5)

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        self._otherwise = {"slo": self.slo, "chip": self.chip}  # what a function leaves out
        for name in ("x_limits", "y_limits"):  # with all traits known: what ends an axis has depends on its scale
            low, high = getattr(self, name)
            apart = low > 0 and 10 * low <= high if self.scale == "log" else low < high
            if not (apart and math.isfinite(low) and math.isfinite(high)):
                rule = "positive and at least ten times apart" if self.scale == "log" else "finite, the low one first"
                raise ValueError(f"{name} of a Frontier are {rule}, not {low:g} and {high:g}.")

    @classmethod
    def example(cls) -> tuple[Frontier, dict[str, Any]]:
        """One curve, the point that is chosen, and the least rate that users bear."""
        rates = np.array([10.0, 50.0, 200.0])
        return cls(), {"curves": {"H100": (rates, 4e4 / rates)}, "here": (50.0, 800.0), "slo": 20.0}

    def targets(self, data: Mapping[str, Any]) -> list[Target]:
        """Curves by label, in the order in which the function returns them, the point and the limit."""
        self.known(data, *PARTS)
        curves, (x, y) = self._curves(data), self._point(data)
        self.labels = list(curves)
        found = [Target(self, "here_x", x), Target(self, "here_y", y)]
        for place, both in enumerate(curves.values()):
            found += [Target(self, f"{axis}{place}", part, array=True) for axis, part in zip("xy", both, strict=True)]
        return found + [Target(self, name, data.get(name, default), vital=False)
                        for name, default in self._otherwise.items()]

    def table(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The point, the limit, and each curve as columns."""
        curves, (x, y) = self._curves(data), self._point(data)
        found = {f"here: {self.x}": x, f"here: {self.y}": y}
        if "slo" in data:
            found[f"limit: {self.x}"] = data["slo"]
        for label, (xs, ys) in curves.items():
            found |= {f"{label}: {self.x}": xs, f"{label}: {self.y}": ys}
        return found

    def _curves(self, data: Mapping[str, Any]) -> Mapping[str, tuple[Any, Any]]:
        curves: Mapping[str, tuple[Any, Any]] = data.get("curves", {})
        self.known(curves)
        for label, both in curves.items():
            if not isinstance(both, tuple) or [np.ndim(part) for part in both] != [1, 1]:
                raise TypeError(f"{label!r} in a Frontier is (x, y), each an array.")
            if np.shape(both[0]) != np.shape(both[1]):
                raise TypeError(f"{label!r} in a Frontier has {np.size(both[0])} rates and {np.size(both[1])} "
                                f"throughputs.")
        return curves

    def _point(self, data: Mapping[str, Any]) -> tuple[Any, Any]:
        here = data.get("here")
        if not isinstance(here, tuple) or len(here) != 2 or any(map(np.ndim, here)):
            raise TypeError("'here' in a Frontier is (x, y), each a single number.")
        return here
