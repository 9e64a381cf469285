"""The numbers of a picture as a table, which a page shows in its place; `export.js` makes files of both."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import anywidget
import numpy as np
import traitlets

from mlsysim_labs.pictures.parts.picture import Target
from mlsysim_labs.widgets.assets import script, style


class Table(anywidget.AnyWidget):
    """A table that the browser fills with the numbers of a picture, by label.

    Numbers are lines, arrays are columns. With `speaks`, screen readers hear the lines after a change: for pictures
    that have no sentence of their own.
    """

    _esm = script("pictures/parts/export.js", "pictures/parts/table.js")
    _css = style("pictures/parts/table.css")
    name = traitlets.Unicode().tag(sync=True)
    labels = traitlets.List(traitlets.Unicode()).tag(sync=True)
    speaks = traitlets.Bool().tag(sync=True)

    def targets(self, table: Mapping[str, Any]) -> list[Target]:
        """Where the numbers go. Not vital: what a picture dims for, the picture says."""
        if list(table) != self.labels:
            self.labels = list(table)
        return [Target(self, f"v{place}", value, array=np.ndim(value) > 0, vital=False)
                for place, value in enumerate(table.values())]
