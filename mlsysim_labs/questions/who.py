"""The card that asks for a student's name, once, in a course that wants one: everything else waits for it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import traitlets

from mlsysim_labs.marking.answers import AnswerError
from mlsysim_labs.questions.acts import ActWidget
from mlsysim_labs.widgets.assets import script, style

LONGEST_NAME = 100


class NameCard(ActWidget):
    """A field for the name; `on_name` is called with it, and keeps it.

    `locked` : nothing, as of a prediction that is open: it stands in their place on the rail
    """

    _esm = script("questions/acts.js", "questions/who.js")
    _css = style("questions/acts.css")
    locked: Any = traitlets.Dict().tag(sync=True)

    def __init__(self, *, on_name: Callable[[str], object], **traits: Any) -> None:
        super().__init__(**traits)
        self._on_name = on_name

    def _do(self, kind: Any, value: Any) -> None:
        if kind != "name":
            raise ValueError(f"this card takes a name, and not {kind!r}.")
        name = " ".join(value.split()) if isinstance(value, str) else ""
        if not any(letter.isalnum() for letter in name) or not name.isprintable():
            raise AnswerError("Write your name as your teacher has it on the list.")
        if len(name) > LONGEST_NAME:
            raise AnswerError(f"That name has {len(name)} letters, and there is room for {LONGEST_NAME}.")
        self._on_name(name)
