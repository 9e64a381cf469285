"""The roofline of a chip: what it can attain at an arithmetic intensity, and where pieces of work are under it.

The function of a lab returns the roof, the points by label, and where there is one a second, lower roof::

    {"chip": device, "peak": peak(device, precision), "bandwidth": device.bandwidth,
     "engine_peak": node.matmul_rate, "engine_bandwidth": node.bandwidth,
     "points": {"decode": (work / traffic, work / itl), "prefill": (intensity, rate)}}

`ghost_peak` and `ghost_bandwidth` are the roof of the chip as it was sold. A point beyond an axis stands at its end,
with an arrow. Without `says` the title tells what binds the first two points.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets

from mlsysim_labs.pictures.parts.drawing import Drawing
from mlsysim_labs.pictures.parts.marks import checked_colours
from mlsysim_labs.pictures.parts.picture import Target
from mlsysim_labs.pictures.parts.sentence import Speaks
from mlsysim_labs.widgets.assets import script, style

FIGURES = ("peak", "bandwidth", "engine_peak", "engine_bandwidth", "ghost_peak", "ghost_bandwidth", "engine", "chip")


class Roofline(Drawing, Speaks):
    """Attained FLOP/s over FLOP per byte, both logarithmic: the roof, its ridge point, and up to four points.

    `peak` [FLOP/s], `bandwidth` [byte/s] : the roof; NaN, ∞ or 0 dims the picture
    `engine_peak`, `engine_bandwidth` : a second roof, dashed, and `engine` its name; 0 or NaN is none
    `intensity` [FLOP/byte], `rate` [FLOP/s], `labels` : the points; one that has no value is not drawn
    `ghost_peak`, `ghost_bandwidth` : the roof of the chip as it was sold; 0 or NaN is none
    `chip` : its name
    `colours` : by label of a point what it is about: weights, cache, multiply, short, you, ink or soft
    `x_limits`, `y_limits` : ends of the axes, for good

    >>> Roofline(y_limits=(1e9, 1e13)).y_limits
    (1000000000.0, 10000000000000.0)
    """

    _esm = script("pictures/parts/drawing.js", "pictures/parts/axes.js", "pictures/parts/labels.js",
                  "pictures/parts/sentence.js", "pictures/roofline.js")
    _css = style("pictures/parts/drawing.css", "pictures/roofline.css")
    peak = traitlets.Float().tag(sync=True)
    bandwidth = traitlets.Float().tag(sync=True)
    engine_peak = traitlets.Float().tag(sync=True)
    engine_bandwidth = traitlets.Float().tag(sync=True)
    ghost_peak = traitlets.Float().tag(sync=True)
    ghost_bandwidth = traitlets.Float().tag(sync=True)
    colours: Any = traitlets.Dict().tag(sync=True)
    engine = traitlets.Unicode("tuned engine").tag(sync=True)
    intensity: Any = traitlets.List(traitlets.Float()).tag(sync=True)
    rate: Any = traitlets.List(traitlets.Float()).tag(sync=True)
    chip = traitlets.Unicode().tag(sync=True)
    x_limits: Any = traitlets.Tuple(traitlets.Float(), traitlets.Float(), default_value=(0.1, 1e5)).tag(sync=True)
    y_limits: Any = traitlets.Tuple(traitlets.Float(), traitlets.Float(), default_value=(1e11, 1e16)).tag(sync=True)

    @traitlets.validate("x_limits", "y_limits")
    def _decades(self, proposal: Any) -> Any:
        low, high = proposal.value
        if not (low > 0 and 10 * low <= high and math.isfinite(high)):
            raise ValueError(f"{proposal.trait.name} of a Roofline are positive and at least ten times apart, "
                             f"not {low:g} and {high:g}.")
        return proposal.value

    def __init__(self, **traits: Any) -> None:
        super().__init__(**traits)
        checked_colours("Roofline", self.colours)
        self._otherwise = {name: getattr(self, name) or math.nan for name in FIGURES[:-2]}  # what a function leaves out
        self._otherwise |= {"engine": self.engine, "chip": self.chip}

    @classmethod
    def example(cls) -> tuple[Roofline, dict[str, Any]]:
        """Both phases on one chip."""
        return cls(), {"peak": 989e12, "bandwidth": 3.35e12, "points": {"decode": (1.0, 3e12), "prefill": (2e3, 5e14)}}

    def targets(self, data: Mapping[str, Any]) -> list[Target]:
        """The roofs and names by trait, and the points by label."""
        self.known(data, *FIGURES, "points", "says")
        figures = [Target(self, name, data.get(name, default), vital=name in ("peak", "bandwidth"))
                   for name, default in self._otherwise.items()]
        nothing = [Target(self, name, np.array([]), array=True, vital=False) for name in ("intensity", "rate")]
        points = self.columns(data.get("points", {}), "intensity", "rate") or nothing
        return [*figures, *points, *self.said_targets(data.get("says"))]

    def table(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """The roof, and how high each point is under it."""
        found = {"peak [TFLOP/s]": data["peak"] / 1e12, "bandwidth [GB/s]": data["bandwidth"] / 1e9,
                 "ridge point [FLOP/B]": data["peak"] / data["bandwidth"]}
        for label, (intensity, rate) in data.get("points", {}).items():
            found |= {f"{label}: intensity [FLOP/B]": intensity, f"{label}: rate [TFLOP/s]": rate / 1e12,
                      f"{label}: share of the peak [%]": 100 * rate / data["peak"]}
        return found
