"""The head of a lab: its title, the steps, and a menu; in the browser it leads through the steps without a kernel."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import anywidget
import traitlets
from ipywidgets import widget_serialization

from mlsysim_labs.widgets.assets import script, style

STEPS = ("Predict", "Explore", "Decide", "Reflect", "Hand in")


@dataclass(frozen=True)
class Step:
    """A card of the script: to which step of the rail it belongs, its name, what it is about in a few words, and the
    picture that it opens on the stage; empty where it is any."""

    kind: str
    name: str
    widget: Any
    short: str = ""
    view: str = ""


class Rail(anywidget.AnyWidget):
    """Title, steps and menu.

    `steps` : [kind, name, widget, words, view] of each card that may be seen
    `kinds` : the steps of the rail that this lab has, in their order
    `is_open` : whether all steps may be entered
    `start` : raw settings that the knobs go back to
    `born` : when the lab was shown, as the page's clock counts it [ms]: a fresh one brings itself into view
    """

    _esm = script("pictures/parts/export.js", "page/steps.js", "page/knobs.js", "page/menu.js",
                  "page/arrival.js", "page/rail.js")
    _css = style("pictures/parts/drawing.css", "page/lab.css", "page/knobs.css")
    title = traitlets.Unicode().tag(sync=True)
    slug = traitlets.Unicode().tag(sync=True)
    kinds: Any = traitlets.List(traitlets.Unicode()).tag(sync=True)
    steps: Any = traitlets.List().tag(sync=True, **widget_serialization)
    is_open = traitlets.Bool(False).tag(sync=True)
    start: Any = traitlets.Dict().tag(sync=True)
    born = traitlets.Float().tag(sync=True)
    runner: Any = traitlets.Any().tag(sync=True, **widget_serialization)

    def tell(self, steps: Sequence[Step], is_open: bool) -> None:
        """What there is to do now."""
        with self.hold_sync():
            self.steps = [[step.kind, step.name, step.widget, step.short, step.view] for step in steps]
            self.is_open = is_open
