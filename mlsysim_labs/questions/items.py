"""What a lab asks: a question whose truth is a function of the lab's names, computed when it is needed; predictions.

A truth is asked at fixed settings: where the controls start, but for what the question states. So it is the same for
every student and every moment, and until a prediction is locked nobody has computed it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlsysim_labs.marking.answers import INFEASIBLE, AnswerError, count_text, known_unit
from mlsysim_labs.questions.predict import Prediction
from mlsysim_labs.questions.progress import Progress
from mlsysim_labs.questions.texts import explained, stated
from mlsysim_labs.reactive.graph import needs_of
from mlsysim_labs.reactive.wiring import GUESS, Wiring
from solver.text import number_text
from solver.units import is_quantity

Formula = Callable[..., Any]


def truth_in_unit(value: Any, unit: str) -> float | str:
    """A truth as a number of `unit`, or "infeasible": what has no finite number cannot be done.

    A quantity is converted; a bare number is taken as one of `unit`, so seconds of a formula are not yet milliseconds.
    """
    if isinstance(value, str):
        return value
    if is_quantity(value):
        value = value.to_root_units().magnitude / known_unit(unit).factor
    number = float(np.asarray(value))
    return number if math.isfinite(number) else INFEASIBLE


def key_text(truth: float | str, unit: str, whole: bool = False) -> str:
    """A key as a person reads it, and may type it.

    >>> key_text(122_531.97, "token"), key_text(4.2, "users", whole=True), key_text("infeasible", "users")
    ('122,532 tokens', '4 users', 'infeasible')
    """
    if isinstance(truth, str):
        return truth
    return count_text(f"{math.floor(truth):,}" if whole else number_text(truth), unit)


def check_unit(unit: str, what: str) -> None:
    """ValueError, to the author, if answers in a unit could not be read."""
    try:
        known_unit(unit)
    except AnswerError as problem:
        raise ValueError(f"no answer to {what} could be read. {problem}") from None


@dataclass(eq=False)
class Item:
    """A question, the function that answers it, and the settings at which it does.

    `given` : the conditions, apart from the question; both may have places for the settings, as `words.templates` has
    """

    wiring: Wiring
    progress: Progress
    question: str
    formula: Formula
    at: Mapping[str, Any]
    unit: str
    given: str

    def __post_init__(self) -> None:
        self._answers: dict[Formula, Any] = {}  # by formula, since judging asks for the same ones again and again
        self._version = self.wiring.version

    @property
    def name(self) -> str:
        return self.formula.__name__

    @property
    def truth(self) -> Any:
        """The answer, in the question's unit: a number, "infeasible", or an option."""
        return self.answer_of(self.formula)

    @property
    def key(self) -> str:
        """The truth as a person reads it, and may type it."""
        return key_text(self.truth, self.unit)

    def answer_of(self, formula: Formula) -> Any:
        """What a function of the lab's names answers here, in the question's unit.

        Only what the function follows from is computed, and once: until something is declared anew.
        """
        if self._version != self.wiring.version:
            self._answers.clear()
            self._version = self.wiring.version
        if formula not in self._answers:
            self._answers[formula] = self._in_unit(self.wiring.value_at(formula, self.at))
        return self._answers[formula]

    def _in_unit(self, value: Any) -> Any:
        return truth_in_unit(value, self.unit)

    def open_again(self) -> None:
        """As if nobody had been asked."""
        raise NotImplementedError

    def functions(self) -> set[str]:
        """The lab's functions that the truth is made of."""
        return self.wiring.ancestors(needs_of(self.formula))

    def stated(self, text: str) -> str:
        """A text with the settings of this question in its places: nothing of it is computed."""
        return stated(self.wiring, self.at, text)

    def explained(self, text: str) -> str:
        """A text with anything of the lab's in its places, as it is at the settings of this question."""
        return explained(self.wiring, self.at, text)


@dataclass
class PredictionItem(Item):
    """A prediction on the page, its truth, why it is so, where that is shown, and the record that keeps the guess."""

    look: Mapping[str, Any]
    show: Mapping[str, Any]
    why: str

    def __post_init__(self) -> None:
        super().__post_init__()
        kind, mode = "choice" if "options" in self.look else "number", self.progress.mode
        check_unit(self.unit, f"the prediction {self.name!r}")
        self.shown = Prediction(
            name=self.name, lab=self.progress.slug, question=self.stated(self.question), given=self.stated(self.given),
            unit=self.unit, kind=kind, mode=mode, on_lock=self._keep, on_play=self.progress.play,
            **self.look)
        self.shown.add_class(f"lab-step-{self.name}")
        self.progress.expect(self.name, "prediction", self.shown.question, self.shown)

    @property
    def locked(self) -> bool:
        return bool(self.shown.locked)

    @property
    def revealed(self) -> bool:
        """Whether its truth is on the page."""
        return "value" in self.shown.truth

    @property
    def scale(self) -> dict[str, Any]:
        """How a guess is counted: on a scale of numbers, or by the place of an option."""
        shown = self.shown
        if shown.kind == "choice":
            return {"options": len(shown.options)}
        return {"low": shown.low, "high": shown.high, "whole": shown.whole}

    @property
    def guess(self) -> float:
        """What is locked, as the stage counts it; NaN where that is nothing it can show."""
        own = self.shown.locked.get("value")
        if self.shown.kind == "choice":
            return float(self.shown.options.index(own)) if own in self.shown.options else math.nan
        return float(own) if isinstance(own, (int, float)) else math.nan

    def raw_show(self) -> dict[str, Any]:
        """Where the knobs stand when the truth is shown: as the question says, and at what the student guessed."""
        guessed = [name for name, value in self.show.items() if value == GUESS]
        stated = {name: value for name, value in {**self.at, **self.show}.items() if name not in guessed}
        raw = self.wiring.start | self.wiring.raw_of(stated)
        if math.isfinite(self.guess):
            raw |= {name: self.wiring.control(name).nearest_raw(self.guess) for name in guessed}
        return raw

    def ready(self) -> None:
        """Lock what the record has, and show the truth beside what is locked."""
        kept = self.progress.prediction(self.name)
        self.shown.may_play = self.progress.may_play and not self.progress.played
        if kept is not None and not self.locked:
            self.shown.restore({"unit": self.unit, **kept.value, "time": kept.time})
        if self.progress.mode == "exam" or self.revealed:
            return
        if self.locked or self.progress.played:
            self._reveal(self.shown.reveal if self.locked else self.shown.show)

    def _reveal(self, tell: Callable[..., None]) -> None:
        try:
            tell(self.truth, self.explained(self.why), self._values())
        except Exception as problem:  # the author's; what a student has locked must not shut the lab
            self.shown.excuse(str(problem) or type(problem).__name__)

    def _in_unit(self, value: Any) -> Any:
        """Of what is given for each option, the one with the largest number."""
        return max(value, key=value.__getitem__) if isinstance(value, Mapping) else super()._in_unit(value)

    def _values(self) -> dict[str, list[Any]] | None:
        """What each option comes to, as a share of the largest and in words, where the function says so."""
        found = self.wiring.value_at(self.formula, self.at)
        if not isinstance(found, Mapping):
            return None
        numbers = {option: float(truth_in_unit(value, self.unit)) for option, value in found.items()}
        largest = max(numbers.values()) or 1.0
        return {option: [x / largest, key_text(x, self.unit)] for option, x in numbers.items()}

    def open_again(self) -> None:
        """As if nobody had guessed."""
        self.shown.open_again()

    def _keep(self, locked: dict[str, Any]) -> None:
        self.progress.keep("prediction", self.name, locked, self.shown.act)
