"""What was measured beside a picture: a line that says how far the model is from it, and marks in the picture.

The function of a lab returns, by the row of `solver.Measurements`, whether the knobs stand where that was measured, and
its place on the axes of the picture, if it has one::

    {row: (row.stands(gpu, batch_size=users), row.value) for row in ROWS}

Before all predictions are locked nothing of it is on the page: the kernel keeps the texts, and no program has the
places. A page tells of rows that were measured elsewhere, too, so that one can go there.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets
from ipywidgets import widget_serialization

from mlsysim_labs.pictures.of_measured import told
from mlsysim_labs.pictures.parts.picture import Target
from mlsysim_labs.widgets.assets import script, style
from mlsysim_labs.widgets.strict import Strict
from solver import Measurement

PLACE_PARTS = 3  # numbers of a row in `places`: whether it is seen, and where on both axes


class MeasuredLine(Strict):
    """The line, the card that it opens, and the marks. The browser draws marks on whatever tells of its axes.

    `picture`, `drawn` : the name of the picture, as a page calls its frame, and its widget
    `rows` : texts of each row by their names; none while they may not be seen
    `places` : three numbers a row: 1 where the knobs stand where it was measured, and the place of its mark, or NaN
    """

    _esm = script("page/measured_line.js")
    _css = style("page/measured_line.css")
    picture = traitlets.Unicode().tag(sync=True)
    drawn: Any = traitlets.Any().tag(sync=True, **widget_serialization)
    rows: Any = traitlets.List().tag(sync=True)
    places: Any = traitlets.List(traitlets.Float()).tag(sync=True)

    def __init__(self, picture: str, drawn: Any, profile: Any) -> None:
        super().__init__(picture=picture, drawn=drawn)
        self._profile = profile
        self._measured: list[Measurement] = []
        self._texts: list[dict[str, str]] | None = None
        self.add_class(f"lab-measured-of-{picture}")
        for kind in ("lab-measured-beside", "lab-off"):  # until its picture is on the stage
            self.add_class(kind)

    @property
    def texts(self) -> list[dict[str, str]]:
        """What is said of each row, once somebody may read it."""
        if self._texts is None:
            self._texts = [told(row, self._profile) for row in self._measured]
        return self._texts

    def show(self, yes: bool) -> None:
        """Whether it may be seen."""
        self.rows = self.texts if yes else []

    def targets(self, data: Any) -> list[Target]:
        """Where the numbers go; TypeError, with what is expected, where that is nothing measured."""
        if not isinstance(data, Mapping) or not all(isinstance(row, Measurement) for row in data):
            raise TypeError(f"what is measured beside {self.picture} is a dict by rows of Measurements, "
                            f"but its function returned {type(data).__name__}.")
        if list(data) != self._measured:
            self._measured, self._texts = list(data), None
        numbers = [part for row, place in data.items() for part in place_of(row, place)]
        places = np.stack([x if hasattr(x, "is_symbol") else np.asarray(x, float) for x in numbers or [math.nan]])
        return [Target(self, "places", places, array=True, vital=False)]


def place_of(row: Measurement, place: Any) -> tuple[Any, Any, Any]:
    """Whether a row is seen, as a number, and its place on two axes; NaN where it has none."""
    parts = place if isinstance(place, tuple) else (place,)
    if not 0 < len(parts) <= PLACE_PARTS or any(map(np.ndim, parts)):
        raise TypeError(f"the place of {row} is whether it is measured there, and up to two numbers, "
                        f"not {len(parts)} parts.")
    seen, x, y = (*parts, math.nan, math.nan)[:PLACE_PARTS]
    return seen * 1.0, x, y
