"""Widgets that refuse a slip of the pen: ipywidgets takes any keyword, and is silent on one that it does not know."""

from __future__ import annotations

from typing import Any

import anywidget

from mlsysim_labs.widgets.fallback import run_to_see
from solver.text import nearest


class Strict(anywidget.AnyWidget):
    """A widget that knows all of its traits; TypeError, with the nearest, for others."""

    def __init__(self, **traits: Any) -> None:
        for name in traits:
            if not self.has_trait(name):
                raise TypeError(f"a {type(self).__name__} has no {name!r}. {nearest(name, self.trait_names())}")
        super().__init__(**traits)

    def __repr__(self) -> str:
        return run_to_see(f"this {type(self).__name__}")
