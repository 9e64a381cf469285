"""A prediction: what a student expects before the lab shows it, locked once and kept.

    guess = Prediction(name="users", question="How many users fit?", unit="users", low=1, high=1000, whole=True,
                       on_lock=save)
    guess.reveal(4)      # after the lock: both stand on one scale, with a sentence

The truth is given when it is revealed, and not before: until then no trait, message or page has anything of it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import traitlets

from mlsysim_labs.marking.answers import count_text
from mlsysim_labs.marking.predictions import comparison
from mlsysim_labs.questions.acts import ActWidget, checked_options
from mlsysim_labs.widgets.assets import script, style
from solver.text import nearest, number_text


class Prediction(ActWidget):
    """A question that is answered once, before exploring: a number on a logarithmic scale, or one of a few options.

    `kind` : "number" or "choice"
    `unit` : as people read it, such as "users"
    `low`, `high` : ends of the scale; constants of the author, as `options` are
    `whole` : only whole numbers
    `locked` : {} or what was locked, ``{"value", "unit", "time"}``
    `truth` : {} until it is revealed, then ``{"value", "text", "sentence"}``
    `on_lock` : called with what is locked; whatever it raises is the reason why it is not
    """

    _esm = script("questions/acts.js", "questions/predict.js")
    _css = style("questions/acts.css", "questions/predict.css")
    kind = traitlets.Enum(["number", "choice"], "number").tag(sync=True)
    unit = traitlets.Unicode().tag(sync=True)
    low = traitlets.Float(1.0).tag(sync=True)
    high = traitlets.Float(1000.0).tag(sync=True)
    whole = traitlets.Bool(False).tag(sync=True)
    options = traitlets.List(traitlets.Unicode()).tag(sync=True)
    locked: Any = traitlets.Dict().tag(sync=True)
    truth: Any = traitlets.Dict().tag(sync=True)

    def __init__(self, *, on_lock: Callable[[dict[str, Any]], object], **traits: Any) -> None:
        super().__init__(**traits)
        self._on_lock = on_lock
        if self.kind == "choice":
            checked_options(self.options, f"the prediction {self.name!r}")
        elif not 0 < self.low < self.high < math.inf:
            raise ValueError(f"the prediction {self.name!r} has a logarithmic scale: it goes from a low above 0 to a "
                             f"higher high, not from {self.low:g} to {self.high:g}.")

    def reveal(self, truth: Any, sentence: str | None = None) -> None:
        """Show the truth, a number or an option, beside what was locked."""
        if not self.locked:
            raise RuntimeError(f"the prediction {self.name!r} is not locked yet: the truth is shown after that.")
        if self.kind == "number":
            truth = float(truth)
            if not math.isfinite(truth):
                raise ValueError(f"{truth} cannot stand on a scale: the truth is a finite number.")
            text = count_text(number_text(truth), self.unit)
        elif truth in self.options:
            text = truth
        else:
            raise ValueError(f"{truth!r} is no option of the prediction {self.name!r}. {nearest(truth, self.options)}")
        said = comparison(self.locked["value"], truth, self.unit)
        self.truth = {"value": truth, "text": text, "sentence": said if sentence is None else sentence}

    def restore(self, locked: dict[str, Any]) -> None:
        """Show what was locked before, as a record has it; it is checked, but not saved again."""
        value = self._checked(locked.get("value"))
        self.locked = {"value": value, "unit": self.unit, "time": str(locked.get("time", ""))}

    def _do(self, kind: Any, value: Any) -> None:
        if kind != "lock":
            raise ValueError(f"a prediction can be locked, but not {kind!r}.")
        if self.locked:
            return  # the first one is kept
        locked = {"value": self._checked(value), "unit": self.unit,
                  "time": datetime.now(UTC).isoformat(timespec="seconds")}
        self._on_lock(dict(locked))
        self.locked = locked

    def _checked(self, value: Any) -> Any:
        """A value that this prediction can have, or a sentence for the student."""
        if self.kind == "choice":
            if not isinstance(value, str) or value not in self.options:
                raise ValueError(f"Choose one of {', '.join(self.options)}.")
            return value
        # JSON has NaN and whole numbers of any length: compared before one becomes a float
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not self.low <= value <= self.high:
            raise ValueError("Give a number from " + count_text(
                f"{number_text(self.low)} to {number_text(self.high)}", self.unit) + ".")
        if self.whole and value % 1:
            raise ValueError(f"This one comes in whole numbers: {math.floor(value)} or {math.ceil(value)}?")
        return float(value)
