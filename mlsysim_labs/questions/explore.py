"""Something to try: one line to do, one to notice. It is done when the learner has been there, by hand or by button."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets
from ipywidgets import widget_serialization

from mlsysim_labs.questions.acts import ActWidget
from mlsysim_labs.widgets.assets import script, style


class Explore(ActWidget):
    """A step of exploring; `question` says what to do.

    `notice` : what to see there
    `places` : [trait, widget, low, high, goal] of each knob: between which raw values one has been there, and the goal
    `view`, `watch` : the picture to look at, and the one that has to be played to its end; empty where it is any
    `stage` : the widget that plays the scenes
    `done` : whether the learner has been there; `on_there` is told how, "hand" or "button", and saves it
    """

    _esm = script("questions/acts.js", "questions/explore.js")
    _css = style("questions/acts.css", "questions/explore.css")
    notice = traitlets.Unicode().tag(sync=True)
    places: Any = traitlets.List().tag(sync=True, **widget_serialization)
    view = traitlets.Unicode().tag(sync=True)
    watch = traitlets.Unicode().tag(sync=True)
    watched: Any = traitlets.Any().tag(sync=True, **widget_serialization)
    stage: Any = traitlets.Any().tag(sync=True, **widget_serialization)
    done = traitlets.Bool(False).tag(sync=True)

    def __init__(self, *, on_there: Callable[[str], object], **traits: Any) -> None:
        super().__init__(**traits)
        self._on_there = on_there

    def open_again(self) -> None:
        """As if nobody had been there."""
        self.done = False

    def _do(self, kind: Any, value: Any) -> None:
        if kind != "there" or value not in ("hand", "button"):
            raise ValueError(f"one can have been somewhere by hand or by button, but not {kind!r}, {value!r}.")
        if not self.done:
            self._on_there(value)
            self.done = True
