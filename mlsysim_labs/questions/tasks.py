"""A task: an answer that is judged, or in an exam only kept, with hints one by one; and the reflection at the end.

    task = Task(name="memory", question="How much do the weights take?", unit_hint="with its unit, such as 16 GiB",
                more_hints=True, on_answer=judge, on_hint=next_hint)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple, Protocol

import traitlets

from mlsysim_labs.marking.answers import LONGEST_ANSWER, AnswerError
from mlsysim_labs.questions.acts import ActWidget, checked_options
from mlsysim_labs.widgets.assets import script, style

LONGEST = {"number": LONGEST_ANSWER, "choice": 200, "text": 2000}


class Judged(Protocol):
    """What `on_answer` returns: anything with these two."""

    @property
    def state(self) -> str:
        """One of "right", "wrong" and "kept"."""

    @property
    def feedback(self) -> str:
        """A sentence for the student."""


class Reply(NamedTuple):
    """What becomes of an answer: "right", "wrong", or "kept" without being judged, and a sentence."""

    state: str
    feedback: str = ""


class Task(ActWidget):
    """A question with an answer that may be given again.

    `kind` : "number", with its unit, as a text; "choice"; or "text", the reflection
    `unit_hint` : what stands beside the field, such as "with its unit, such as 16 GiB"
    `options` : of a choice
    `answer`, `state`, `feedback`, `tries` : the last answer that was saved, what became of it, and how many there were
    `solved` : whether any answer was right, whatever was tried after it
    `means`, `derivation` : what a right answer says of the world, and how it is worked out; empty until it may be read
    `hints`, `more_hints` : those shown so far, and whether there are more
    `on_answer` : called with the answer, saves it and judges it; whatever it raises is the reason why it is not saved
    `on_hint` : asked for a hint; sets `hints` and `more_hints`
    """

    _esm = script("questions/acts.js", "questions/task.js", LONGEST=LONGEST)
    _css = style("questions/acts.css", "questions/task.css")
    kind = traitlets.Enum(["number", "choice", "text"], "number").tag(sync=True)
    unit_hint = traitlets.Unicode().tag(sync=True)
    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    answer = traitlets.Unicode().tag(sync=True)
    state = traitlets.Enum(["open", "right", "wrong", "kept"], "open").tag(sync=True)
    feedback = traitlets.Unicode().tag(sync=True)
    hints = traitlets.List(traitlets.Unicode()).tag(sync=True)
    more_hints = traitlets.Bool(False).tag(sync=True)
    tries = traitlets.Int(0).tag(sync=True)
    solved = traitlets.Bool(False).tag(sync=True)
    means = traitlets.Unicode().tag(sync=True)
    derivation = traitlets.Unicode().tag(sync=True)

    def __init__(self, *, on_answer: Callable[[str], Judged], on_hint: Callable[[], object] | None = None,
                 on_key: Callable[[], object] | None = None, **traits: Any) -> None:
        super().__init__(**traits)
        if self.kind == "choice":
            checked_options(self.options, f"the task {self.name!r}")
        self._on_answer, self._on_hint, self._on_key = on_answer, on_hint, on_key

    def open_again(self) -> None:
        """As if nobody had answered."""
        with self.hold_sync():
            self.answer, self.state, self.feedback, self.tries, self.solved = "", "open", "", 0, False
            self.hints, self.means, self.derivation = [], "", ""

    def _do(self, kind: Any, value: Any) -> None:
        if kind == "hint":
            if self._on_hint is not None and self.more_hints:
                self._on_hint()
        elif kind == "key" and self.mode == "demo" and self._on_key is not None:
            self._on_key()
        elif kind == "answer":
            self._take(self._checked(value))
        else:
            raise ValueError(f"a task can be answered, but not {kind!r}.")

    def _take(self, text: str) -> None:
        verdict = self._on_answer(text)
        with self.hold_sync():  # one message: an answer never stands beside the verdict on another
            self.answer, self.state, self.feedback = text, verdict.state, verdict.feedback
            self.tries += 1
            self.solved = self.solved or verdict.state == "right"

    def _checked(self, value: Any) -> str:
        """An answer that can be saved, or a sentence for the student."""
        if not isinstance(value, str) or not value.strip():
            raise AnswerError("Write your answer first.")
        if len(value) > LONGEST[self.kind]:
            raise AnswerError(f"That is {len(value):,} characters, and there is room for {LONGEST[self.kind]:,}.")
        if self.kind == "choice" and value not in self.options:
            raise AnswerError(f"Choose one of {', '.join(self.options)}.")
        return value.encode("utf-8", "replace").decode()  # half a character, as a page can send, fits into no file
