"""The last step: what is kept and what is missing, where it is, and starting over."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from mlsysim_labs.questions.acts import ActWidget
from mlsysim_labs.widgets.assets import script, style

LONGEST_CODE = 100


class HandIn(ActWidget):
    """What will be handed in.

    `rows` : [mark, what, own] of each step: "done", "tried" or "open"
    `where` : where it is kept, in a sentence
    `text` : the record as text to paste; empty where there is none
    `file` : name and text of the record's file, where a page offers it; nothing where it lies beside the notebook
    `may_restart` : whether one may start over; `on_restart` does it
    `sealed` : whether this is an exam that waits for the code of its teacher; `on_release` takes it
    """

    _esm = script("questions/acts.js", "questions/hand_in.js")
    _css = style("questions/acts.css", "questions/hand_in.css")
    rows: Any = traitlets.List().tag(sync=True)
    where = traitlets.Unicode().tag(sync=True)
    text = traitlets.Unicode().tag(sync=True)
    file: Any = traitlets.Dict().tag(sync=True)
    may_restart = traitlets.Bool(False).tag(sync=True)
    sealed = traitlets.Bool(False).tag(sync=True)

    def __init__(self, *, on_restart: Callable[[], object], on_release: Callable[[str], object],
                 **traits: Any) -> None:
        super().__init__(**traits)
        self._on_restart, self._on_release = on_restart, on_release

    def _do(self, kind: Any, value: Any) -> None:
        if kind == "release" and self.sealed:
            self._on_release(str(value)[:LONGEST_CODE])
            return
        if kind != "restart" or not self.may_restart:
            raise ValueError(f"what is handed in can be started over at most, and not {kind!r}.")
        self._on_restart()
