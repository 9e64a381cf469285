"""A prediction: what a student expects before the lab shows it, locked once and kept.

    guess = Prediction(name="users", question="How many users fit?", unit="users", low=1, high=1000, whole=True,
                       on_lock=save)
    guess.reveal(4)      # after the lock: both stand on one scale, with a sentence

The truth is given when it is revealed, and not before: until then no trait, message or page has anything of it.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import traitlets

from mlsysim_labs.marking.answers import INFEASIBLE, AnswerError, count_text
from mlsysim_labs.marking.predictions import comparison
from mlsysim_labs.marking.question import guess_of
from mlsysim_labs.marking.tables import marking_table
from mlsysim_labs.questions.acts import ActWidget, checked_options
from mlsysim_labs.widgets.assets import script, style
from solver.text import nearest, number_text

READING = [f"marking/{name}.js" for name in ("wording", "units", "reading", "answering")]
READING_TABLES = {name: marking_table(name) for name in ("units", "words", "rules", "sentences")}
LONGEST_TEXT = 100  # of what a record may hold in the place of a number


class Prediction(ActWidget):
    """A question that is answered once, before exploring: a number on a logarithmic scale, or one of a few options.

    `kind` : "number" or "choice"
    `unit` : as people read it, such as "users"
    `low`, `high` : ends of the scale; constants of the author, as `options` are
    `whole` : only whole numbers
    `locked` : {} or what was locked, ``{"value", "unit", "time"}``, and what was typed as ``"text"``; a ``"note"`` says
        why something is shown that this version of the question would not take, such as a text where it asks for a
        number
    `truth` : {} until it is revealed, then ``{"value", "text", "sentence", "why"}``, and of a choice ``"values"``, what
        each option comes to, as a share of the largest and in words; the sentence alone where there is none
    `posed` : whether the guess can be seen, and grabbed, in a picture
    `guess` : in the browser alone and never sent: the number, or the option's place, that is guessed at the moment
    `may_play` : whether one may go on without a guess
    `on_play` : called when somebody goes on without a guess
    `on_lock` : called with what is locked; whatever it raises is the reason why it is not
    """

    _esm = script("questions/acts.js", *READING, "questions/scale.js", "questions/alone.js", "questions/predict.js",
                  TABLES=READING_TABLES)
    _css = style("questions/acts.css", "questions/predict.css")
    kind = traitlets.Enum(["number", "choice"], "number").tag(sync=True)
    unit = traitlets.Unicode().tag(sync=True)
    low = traitlets.Float(1.0).tag(sync=True)
    high = traitlets.Float(1000.0).tag(sync=True)
    whole = traitlets.Bool(False).tag(sync=True)
    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    locked: Any = traitlets.Dict().tag(sync=True)
    truth: Any = traitlets.Dict().tag(sync=True)
    posed = traitlets.Bool(False).tag(sync=True)
    guess = traitlets.Float(None, allow_none=True).tag(sync=True)
    may_play = traitlets.Bool(False).tag(sync=True)

    def __init__(self, *, on_lock: Callable[[dict[str, Any]], object], on_play: Callable[[], object] | None = None,
                 **traits: Any) -> None:
        super().__init__(**traits)
        self._on_lock, self._on_play = on_lock, on_play
        if self.kind == "choice":
            checked_options(self.options, f"the prediction {self.name!r}")
        elif not 0 < self.low < self.high < math.inf:
            raise ValueError(f"the prediction {self.name!r} has a logarithmic scale: it goes from a low above 0 to a "
                             f"higher high, not from {self.low:g} to {self.high:g}.")

    def reveal(self, truth: Any, why: str = "", values: dict[str, list[Any]] | None = None) -> None:
        """Show the truth, a number or an option, beside what was locked; and why it is so."""
        if not self.locked:
            raise RuntimeError(f"the prediction {self.name!r} is not locked yet: the truth is shown after that.")
        self._tell(truth, lambda truth, text: self._compared(truth, text, values or {}), why, values)

    def show(self, truth: Any, why: str = "", values: dict[str, list[Any]] | None = None) -> None:
        """Show the truth to somebody who has gone on without a guess."""
        self._tell(truth, lambda truth, text: f"It is {text}.", why, values)

    def _tell(self, truth: Any, said: Callable[[Any, str], str], why: str,
              values: dict[str, list[Any]] | None) -> None:
        truth, text = self._number_shown(truth) if self.kind == "number" else self._option_shown(truth)
        told = {"value": truth, "text": text, "sentence": said(truth, text), "why": why}
        self.truth = told | ({"values": values} if values else {})

    def excuse(self, why: str) -> None:
        """Say why there is no truth to show: the prediction is kept, and the lab goes on."""
        self.truth = {"sentence": f"The answer cannot be computed here: {why.rstrip('.')}. What you locked is kept. "
                                  f"Go on with the lab."}

    def _number_shown(self, truth: Any) -> tuple[float | str, str]:
        """A number as the page shows it; what has no finite number cannot be done, as in a task."""
        if isinstance(truth, str) and truth != INFEASIBLE:
            raise ValueError(f"the truth is {truth!r}: give a number of {self.unit!r}, or {INFEASIBLE!r}.")
        if isinstance(truth, str) or not math.isfinite(truth):
            return INFEASIBLE, INFEASIBLE
        return float(truth), count_text(number_text(truth), self.unit)

    def _option_shown(self, truth: Any) -> tuple[str, str]:
        if truth not in self.options:
            raise ValueError(f"{truth!r} is no option of the prediction {self.name!r}. {nearest(truth, self.options)}")
        return truth, truth

    def _compared(self, truth: float | str, text: str, values: dict[str, list[Any]]) -> str:
        """What is said of own and truth, and of an own value from another version of the question."""
        own, note = self.locked["value"], self.locked.get("note", "")
        is_text = self.kind == "number" and isinstance(own, str)
        said = f"You said {own}. It is {text}." if is_text else comparison(own, truth, self.unit)
        if own != truth and own in values and truth in values:
            said = f"You chose {own}: {values[own][1]}. It is {truth}: {values[truth][1]}."
        return f"{said} {note}" if note else said

    def restore(self, locked: dict[str, Any]) -> None:
        """Show what was locked before, as a record has it. It stays as it was, whatever the question has become."""
        value, note = self._kept(locked.get("value"), str(locked.get("unit", self.unit)))
        shown = {"value": value, "unit": self.unit, "time": str(locked.get("time", ""))}
        self.locked = {**shown, "note": note} if note else shown

    def _kept(self, value: Any, unit: str) -> tuple[Any, str]:
        """What the page can show of a value that was locked, and a sentence where the question has changed since."""
        text = value if isinstance(value, str) else json.dumps(value)
        if self.kind == "choice":
            gone = "Your choice is no longer one of the options. It stays as you locked it."
            return (value, "") if value in self.options else (text[:LONGEST_TEXT], gone)
        if not is_finite_number(value):
            return text[:LONGEST_TEXT], "The record has no number here. This is what it says."
        if count_text("2", unit) != count_text("2", self.unit):
            said = f"You locked this when the question asked for {unit or 'a bare number'}: it stays as you locked it."
            return count_text(number_text(value), unit), said
        if self.low <= value <= self.high and not (self.whole and value % 1):
            return float(value), ""
        return float(value), f"You locked this on another scale: it now goes from {self._ends}, and yours stays."

    @property
    def _ends(self) -> str:
        ends = count_text(f"{number_text(self.low)} to {number_text(self.high)}", self.unit)
        return f"{ends} in whole numbers" if self.whole else ends

    def open_again(self) -> None:
        """As if nobody had guessed."""
        self.truth, self.locked = {}, {}  # in this order: who hears that it is open shows what is not told

    def _do(self, kind: Any, value: Any) -> None:
        if kind == "play" and self.may_play and self._on_play is not None:
            self._on_play()
            return
        if kind != "lock":
            raise ValueError(f"a prediction can be locked, but not {kind!r}.")
        if self.locked:
            return  # the first one is kept
        locked = {"value": self._checked(value), "unit": self.unit,
                  "time": datetime.now(UTC).isoformat(timespec="seconds")}
        if self.kind == "number" and isinstance(value, str):
            locked["text"] = value
        self._on_lock(dict(locked))
        self.locked = locked

    def _checked(self, value: Any) -> Any:
        """A value that this prediction can have, or a sentence for the student."""
        if self.kind == "choice":
            if not isinstance(value, str) or value not in self.options:
                raise AnswerError(f"Choose one of {', '.join(self.options)}.")
            return value
        if isinstance(value, str):
            value = guess_of(value, self.unit)
        # JSON has NaN and whole numbers of any length: compared before one becomes a float
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not self.low <= value <= self.high:
            raise AnswerError(f"Use a number from {self._ends}.")
        if self.whole and value % 1:
            raise AnswerError(f"Use a whole number: {math.floor(value)} or {math.ceil(value)}?")
        return float(value)


def is_finite_number(value: Any) -> bool:
    """Whether something of a record, which anybody may have written, is a number that a page can show."""
    try:
        return not isinstance(value, (bool, str)) and math.isfinite(value)
    except (TypeError, OverflowError):
        return False
