"""What a student has done in a lab, in words: each step with its mark, what will be handed in, and where it is kept.

The record lives in a file beside the notebook, in an output of the notebook itself, and as text to copy. What a lab's
author asks is told apart from the answers: the truth of a prediction and the key of a task are computed when they are
needed, by functions of the lab's own names at stated settings of its controls.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Mapping
from typing import Any

import ipywidgets

from mlsysim_labs.marking.answers import AnswerError
from mlsysim_labs.questions.acts import ActWidget
from mlsysim_labs.questions.keeping import Keeping
from mlsysim_labs.questions.setting import Setting
from mlsysim_labs.records.event import Event, place
from mlsysim_labs.records.json_data import RecordError, checked_slug
from mlsysim_labs.records.opened import is_exam, seal_in
from mlsysim_labs.records.record import MIME

PLAYED, RESTARTED = "played", "restarted"  # kinds of events: went on without a guess, started over
SILENT = "<span hidden>The record of this lab: run lab.submit() to read it.</span>"
SIGNS = {"done": "✓", "tried": "◐", "open": "○"}


def slug_of(title: str) -> str:
    """The name of a lab's files, of its title.

    >>> slug_of("KV cache: the hidden tax")
    'kv_cache_the_hidden_tax'
    """
    return checked_slug(re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:50].strip("_") or "lab")


class Progress(Keeping):
    """What a student has done of what there is to do, in words, beside the record that keeps it."""

    def __init__(self, slug: str, setting: Setting) -> None:
        super().__init__(slug, setting)
        self._played = False  # where nothing is kept, as before a class
        self.steps: dict[str, tuple[str, str]] = {}  # what there is to do: its kind and its question, by name
        self.changed: list[Callable[[], object]] = []  # who is told of play, of starting over, and of a name
        self.told: list[Callable[[], object]] = []  # and who of each step
        self._shown: dict[str, ActWidget] = {}
        self.line = ipywidgets.HTML()
        self.line.add_class("lab-saved")
        self.outputs: list[tuple[Any, bool]] = []  # of cells, which follow every step, and whether in silence
        self._told()

    def keep(self, kind: str, name: str, value: Mapping[str, Any], act: str | None = None) -> None:
        """Keep an act for good, or raise NotSaved; of a student who goes on without saving, keep it in memory."""
        if self.mode == "demo":
            self._played = self._played or kind == PLAYED
            return
        self.keep_entry(kind, name, value, act)
        self._shown_again()
        self._told()

    def _shown_again(self) -> None:
        """Have the outputs follow. What fails here is said, and is no failure to save: that has been done."""
        for output, silent in self.outputs:
            try:
                output.update(self.bundle(silent), raw=True)
            except Exception as problem:  # the page's, or that of the way to it
                said = f"The record below a cell could not be shown anew: {str(problem) or type(problem).__name__}"
                self.record_file.notes += [said] * (said not in self.record_file.notes)

    def open(self) -> None:
        """Say in the record who opens it now, if that is another one, or in another way."""
        self.note_opening()
        self._told()

    def take_name(self, name: str) -> None:
        """Whose record it is from now on: all is shown as that student has left it."""
        super().take_name(name)
        self._tell_changed()

    def release(self, code: str) -> None:
        """Release an exam by the code of its seal; AnswerError if that is another one."""
        if not self.unseal(code):
            raise AnswerError("That isn't the code of this exam. Type it as your teacher gave it to you.")
        self._tell_changed()

    # what has been done -----------------------------------------------------------------------------------------

    def events(self, kind: str, name: str | None = None) -> tuple[Event, ...]:
        """What was done of that kind since the lab was last started over."""
        again = self.record.last(RESTARTED)
        return tuple(e for e in self.record.all(kind, name) if again is None or place(e) > place(again))

    def prediction(self, name: str) -> Event | None:
        """What was predicted first since the lab was last started over. What counts is the record's first."""
        return next(iter(self.events("prediction", name)), None)

    def play(self) -> None:
        """Go on without a guess, and keep that."""
        self.keep(PLAYED, "lab", {})
        self._tell_changed()

    @property
    def played(self) -> bool:
        """Whether the lab was opened without a guess."""
        return bool(self.events(PLAYED)) or self._played

    @property
    def is_sealed(self) -> bool:
        """Whether this is an exam that a code releases."""
        return is_exam(self.record) and bool(seal_in(self.record))

    @property
    def may_play(self) -> bool:
        """Whether one may explore without a guess, and start over."""
        return self.mode != "exam" and self.setting.may_play

    def restart(self) -> None:
        """Start over: all is open again, and the record keeps what was done before."""
        self.keep(RESTARTED, "lab", {})
        self._played = False
        self._tell_changed()

    def _tell_changed(self) -> None:
        self._told()
        for call in self.changed:
            call()

    def mark(self, name: str) -> str:
        """How a step stands: "done", "tried" (and not right yet) or "open"."""
        kind, _ = self.steps[name]
        events = self.events(kind, name)
        judged = [e.value.get("state") for e in events]
        if kind in ("answer", "plan") and self.mode != "exam":
            return "done" if {"right", "kept"} & set(judged) else "tried" if judged else "open"
        return "done" if events else "open"

    def done(self, name: str) -> bool:
        """Whether nothing is left to do in a step."""
        return self.mark(name) == "done"

    def expect(self, name: str, kind: str, question: str, shown: ActWidget) -> None:
        """One more step that there is to do, and the widget that asks for it."""
        self.steps[name], self._shown[name] = (kind, question), shown
        shown.go_on = self.go_on
        self._told()

    # what a person sees ------------------------------------------------------------------------------------------

    def _told(self) -> None:
        count = sum(map(self.done, self.steps))
        name = html.escape(self.record_file.file.name)
        where = f"kept in <code>{name}</code>" if self.mode != "demo" and not self.unkept else ""
        warned = [self._warning, *self.record_file.notes] if self.unkept else self.record_file.notes
        notes = "".join(f"<div class='lab-saved-note'>{html.escape(note)}</div>" for note in warned)
        for shown in self._shown.values():
            shown.unkept = bool(self.unkept)
        done = "" if self.mode == "demo" else f"{count} of {len(self.steps)} done"
        said = " · ".join(filter(None, (html.escape(self.setting.student), self._how(), where)))
        self.line.value = f"<span>{said}</span><span>{done}</span>{notes}" if self.steps else ""
        for call in self.told:
            call()

    def _how(self) -> str:
        """How the lab is played, in words."""
        if is_exam(self.record) and self.setting.mode != "exam":
            return "This is an exam: nothing is judged before your teacher releases it"
        return {"learn": "", "demo": "For a class: nothing is kept.", "exam": "Exam"}[self.mode]

    @property
    def _warning(self) -> str:
        return (f"Nothing more is saved. What you do from here on is lost when this kernel ends. {self.unkept} Each "
                f"step tries again to save everything. To keep it, go to Hand in and copy the text.")

    def bundle(self, silent: bool = False) -> dict[str, Any]:
        """The record as the output of a cell: the notebook alone carries it, `silent` or with a table to read."""
        shown = SILENT if silent else self.summary()
        return {MIME: self.record.json, "text/html": shown, "text/plain": self.plain_summary()}

    def show(self, silent: bool = False) -> None:
        """Display the record below a cell; it follows every step."""
        from IPython.display import display

        output = display(self.bundle(silent), raw=True, display_id=True)
        self.outputs += [(output, silent)] if output else []

    def plain_summary(self) -> str:
        """What is done, in a line."""
        return f"{self.slug}: {sum(map(self.done, self.steps))} of {len(self.steps)} steps done"

    def summary(self) -> str:
        """What will be handed in, what is missing, and where it is, as HTML."""
        if not self.record.events:
            return "<p>Nothing is kept yet. Lock your first guess in the lab above.</p>"
        rows = "".join(self._row(name) for name in self.steps)
        said = "".join(f"<p>⚠ {html.escape(problem)}</p>" for problem in self.record.problems())
        return (f"<table><thead><tr><th>Step</th><th>State</th><th>Yours</th></tr></thead><tbody>{rows}</tbody></table>"
                f"{said}<p>{self._where()}{self._as_text()}")

    def _where(self) -> str:
        """Where the record is, as the beginning of a paragraph."""
        if self.unkept:
            return f"⚠ {html.escape(self._warning)} This notebook carries it too, once it is saved. Hand in that"
        return (f"Kept in <code>{html.escape(str(self.record_file.file))}</code>, and in this notebook when it is "
                f"saved. Hand in either")

    def _as_text(self) -> str:
        """The record as text to hand in, or the sentence that it is too long for that; the end of a paragraph."""
        try:
            text = self.record.text
        except RecordError as problem:
            return f".</p><p>{html.escape(str(problem))}</p>"
        return (f", or this text:</p><details><summary>Record as text</summary><pre>{html.escape(text)}</pre>"
                f"</details>")

    def _row(self, name: str) -> str:
        _, question = self.steps[name]
        mark, event = self.mark(name), self.last_own(name)
        when = "" if event is None else f" {event.time[:16].replace('T', ' ')} UTC"
        return (f"<tr><td style='text-align:left'>{html.escape(question)}</td>"
                f"<td>{SIGNS[mark]} {self._state(name)}{when}</td><td>{html.escape(self.own(name))}</td></tr>")

    def last_own(self, name: str) -> Event | None:
        """What counts of a step: the first prediction, a right answer, else the last one."""
        kind, _ = self.steps[name]
        if kind == "prediction":
            return self.record.prediction(name)
        right = [] if self.mode == "exam" else [e for e in self.events(kind, name) if e.value.get("state") == "right"]
        return next(iter(right), next(reversed(self.events(kind, name)), None))

    def own(self, name: str) -> str:
        """A student's own in a step, as text."""
        event = self.last_own(name)
        return "" if event is None else str(event.value.get("text", event.value.get("value", "")))

    def _state(self, name: str) -> str:
        """How a step stands, in words: done, right at which try, not yet, or open."""
        kind, _ = self.steps[name]
        states = [e.value.get("state") for e in self.events(kind, name)]
        if "right" in states and self.mode != "exam":
            return "right" if states[0] == "right" else f"right at try {states.index('right') + 1}"
        return {"done": "done", "tried": "not yet", "open": "open"}[self.mark(name)]

    def rows(self) -> list[list[str]]:
        """Each step with its mark, what it asks, and what is one's own; none before a class."""
        if self.mode == "demo":
            return []
        return [[self.mark(name), question, self.own(name)] for name, (_, question) in self.steps.items()]

    def where(self) -> str:
        """Where it is kept, as a sentence."""
        if self.mode == "demo":
            return "Nothing is kept in front of a class."
        if self.unkept:
            return self._warning
        return (f"Everything is in {self.record_file.file.name}, beside the notebook, and in the notebook once that is "
                f"saved. Hand in either.")

    def text(self) -> str:
        """The record as text; empty where it is too long for that, or where there is none."""
        try:
            return self.record.text if self.record.events else ""
        except RecordError:
            return ""
