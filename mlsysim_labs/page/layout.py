"""The page of a lab from top to bottom: title, what is kept, predictions, knobs, pictures, tasks.

What a student may not see yet is not on the page: neither the widgets nor anything that would fill them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import ipywidgets

from mlsysim_labs.widgets.fallback import NamedBox, quoted


class Layout:
    """The boxes of a lab in their order, and what is in each."""

    def __init__(self, title: str, runner: Any) -> None:
        heading = [ipywidgets.HTML(title)] if title else []
        for widget in heading:
            widget.add_class("lab-title")
        self.line = ipywidgets.VBox([])
        self.predictions, self.frames, self.tasks = (ipywidgets.VBox([]) for _ in range(3))
        self.knobs, self.drawer = ipywidgets.Box([]), ipywidgets.Box([])
        for box, names in ((self.knobs, ["lab-controls"]), (self.drawer, ["lab-controls", "lab-drawer"]),
                           (self.predictions, ["lab-questions"]), (self.tasks, ["lab-questions"])):
            for name in names:
                box.add_class(name)
        self.box = NamedBox([*heading, self.line, self.predictions, self.knobs, self.drawer, runner, self.frames,
                             self.tasks], f"the lab{quoted(title)}")
        self.box.add_class("lab-box")

    def arrange(self, **widgets: Iterable[Any]) -> None:
        """Put widgets into the boxes of these names; a box that stays as it is sends nothing."""
        for name, inside in widgets.items():
            box, children = getattr(self, name), tuple(inside)
            if children != box.children:
                box.children = children
