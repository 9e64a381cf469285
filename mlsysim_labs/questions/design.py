"""A task for the knobs: its conditions are ticked as they move, and a plan is judged by where they stand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import traitlets
from ipywidgets import widget_serialization

from mlsysim_labs.questions.acts import ActWidget
from mlsysim_labs.questions.tasks import Judged
from mlsysim_labs.widgets.assets import script, style


class Design(ActWidget):
    """A plan to make.

    `conditions` : what the plan has to meet, in words; `met` : 1 for those that it meets now, which the page writes
    `knobs` : [name, trait, widget] of all that make a plan
    `state`, `feedback`, `tries`, `solved`, `means` : as of a task
    `on_plan` : judges raw settings by name, and saves them
    """

    _esm = script("questions/acts.js", "questions/design.js")
    _css = style("questions/acts.css", "questions/design.css")
    conditions: Any = traitlets.List(traitlets.Unicode()).tag(sync=True)
    met: Any = traitlets.List(traitlets.Float()).tag(sync=True)
    knobs: Any = traitlets.List().tag(sync=True, **widget_serialization)
    state = traitlets.Enum(["open", "right", "wrong", "kept"], "open").tag(sync=True)
    feedback = traitlets.Unicode().tag(sync=True)
    tries = traitlets.Int(0).tag(sync=True)
    solved = traitlets.Bool(False).tag(sync=True)
    means = traitlets.Unicode().tag(sync=True)

    def __init__(self, *, on_plan: Callable[[Mapping[str, Any]], Judged], **traits: Any) -> None:
        super().__init__(**traits)
        self._on_plan = on_plan

    def open_again(self) -> None:
        """As if nobody had planned."""
        with self.hold_sync():
            self.state, self.feedback, self.tries, self.solved, self.means = "open", "", 0, False, ""

    def _do(self, kind: Any, value: Any) -> None:
        if kind != "plan" or not isinstance(value, Mapping):
            raise ValueError(f"a plan can be handed in, but not {kind!r}.")
        verdict = self._on_plan(value)
        with self.hold_sync():
            self.state, self.feedback = verdict.state, verdict.feedback
            self.tries += 1
            self.solved = self.solved or verdict.state == "right"
