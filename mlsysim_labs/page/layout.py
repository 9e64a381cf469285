"""Where things stand on a lab's page: a head with the steps, the stage on the left, the script on the right.

What a student may not see yet is not on the page: neither the widgets nor anything that would fill them.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import ipywidgets

from mlsysim_labs.widgets.fallback import NamedBox, quoted


def box(kind: type, *names: str, children: Iterable[Any] = ()) -> Any:
    """A box with class names."""
    made = kind(list(children))
    for name in names:
        made.add_class(name)
    return made


class Layout:
    """The boxes of a lab, and what is in each.

    `frames`, `knobs`, `drawer`, `cards`, `line` are filled, and `views` with what was measured; segments and the way
    through the steps have places of their own, which the rail fills in the browser.
    """

    def __init__(self, title: str, rail: Any, runner: Any) -> None:
        row, column = ipywidgets.Box, ipywidgets.VBox
        self.line, self.frames = box(column, "lab-foot"), box(column, "lab-pictures")
        self.knobs, self.drawer = box(row, "lab-controls"), box(row, "lab-controls", "lab-drawer")
        self.cards = box(column, "lab-cards")
        self.views = box(row, "lab-views")
        stage = box(column, "lab-stage", children=[self.frames, self.views, self.knobs, self.drawer])
        self.script = box(column, "lab-script", children=[box(row, "lab-where"), self.cards, box(row, "lab-way")])
        self.body = box(row, "lab-body", children=[stage, self.script])
        frame = box(column, "lab-frame", children=[rail, self.body, self.line, runner])
        self.box = NamedBox([frame], f"the lab{quoted(title)}")
        self.box.add_class("lab-box")

    def arrange(self, **widgets: Iterable[Any]) -> None:
        """Put widgets into the boxes of these names; a box that stays as it is sends nothing."""
        for name, inside in widgets.items():
            box, children = getattr(self, name), tuple(inside)
            if children != box.children:
                box.children = children
