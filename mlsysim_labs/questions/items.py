"""What a lab asks: a question whose truth is a function of the lab's names, computed when it is needed; predictions.

A truth is asked at fixed settings: where the controls start, but for what the question states. So it is the same at
every moment, and until a prediction is locked nobody has computed it. What a question states may be drawn: then it is
the same for everybody with the same draw, and one item answers for all of them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlsysim_labs.marking.answers import INFEASIBLE, AnswerError, count_text, known_unit
from mlsysim_labs.marking.draws import Draw, settled
from mlsysim_labs.marking.variants import Variant
from mlsysim_labs.questions.class_guesses import ClassPrediction
from mlsysim_labs.questions.predict import Prediction
from mlsysim_labs.questions.progress import Progress
from mlsysim_labs.questions.texts import explained, heads_of, stated
from mlsysim_labs.reactive.graph import needs_of
from mlsysim_labs.reactive.wiring import GUESS, Wiring
from solver.text import nearest, number_text
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

    `at` : of controls, and of names that the formula alone knows; what is drawn stands there as a draw, or as its name
    `given` : the conditions, apart from the question; both may have places for the settings, as `words.templates` has
    `draws` : those of the lab, by name

    A variant is whoever's draws they are: None is everybody without a seed. The properties are those of the student
    who has the lab open.
    """

    wiring: Wiring
    progress: Progress
    question: str
    formula: Formula
    at: Mapping[str, Any]
    unit: str
    given: str
    draws: Mapping[str, Draw]

    kind = "answer"  # of what a record keeps

    def __post_init__(self) -> None:
        self._known: dict[Any, Any] = {}  # judging asks for the same answers and texts again and again
        self._version = self.wiring.version
        self.at = {name: self.draws.get(value, value) if isinstance(value, str) else value
                   for name, value in self.at.items()}
        known = {*self.wiring.controls, *needs_of(self.formula)} - self.wiring.functions.keys()
        for name in self.at.keys() - known:
            raise KeyError(f"{self.name} says {name!r}, which is no control, and nothing that its function asks for. "
                           f"{nearest(name, known)}")

    @property
    def name(self) -> str:
        return self.formula.__name__

    @property
    def truth(self) -> Any:
        """The answer, in the question's unit: a number, "infeasible", or an option."""
        return self.truth_for(self.progress.variant)

    def truth_for(self, variant: Variant | None) -> Any:
        """The answer for a student."""
        return self.answer_for(self.formula, variant)

    def key(self, variant: Variant | None) -> str:
        """The answer for a student as a person reads it, and may type it."""
        return key_text(self.truth_for(variant), self.unit)

    def answer_of(self, formula: Formula) -> Any:
        """What a function of the lab's names answers here, in the question's unit."""
        return self.answer_for(formula, self.progress.variant)

    def answer_for(self, formula: Formula, variant: Variant | None) -> Any:
        """What it answers for a student.

        Only what the function follows from is computed, and once for all who have the same draws: until something is
        declared anew.
        """
        return self._once(formula, lambda: needs_of(formula), variant,
                          lambda at, said: self._in_unit(self.wiring.value_at(formula, at, said=said)))

    def _in_unit(self, value: Any) -> Any:
        return truth_in_unit(value, self.unit)

    # what is drawn ----------------------------------------------------------------------------------------------

    def settings(self, variant: Variant | None) -> tuple[dict[str, Any], dict[str, Any]]:
        """Where the controls stand for a student, and what else is said: what is drawn, and names of this question."""
        at = settled(self.at, variant)
        knobs = {name: value for name, value in at.items() if name in self.wiring.controls}
        return knobs, settled(self.draws, variant) | {name: value for name, value in at.items() if name not in knobs}

    def drawn(self, names: Iterable[str]) -> tuple[Draw, ...]:
        """The draws on which functions and other names depend here."""
        here = {value.name for value in self.at.values() if isinstance(value, Draw)}
        return tuple(self.draws[name] for name in sorted(here | self.wiring.constants_of(names)) if name in self.draws)

    def _once(self, what: Any, names: Callable[[], Iterable[str]], variant: Variant | None,
              found: Callable[[Mapping[str, Any], Mapping[str, Any]], Any]) -> Any:
        """What is `found` at the settings of a student, who has them in common with all of the same draws."""
        if self._version != self.wiring.version:
            self._known.clear()
            self._version = self.wiring.version
        if ("draws", what) not in self._known:
            self._known["draws", what] = self.drawn(names())
        whose = what, *(draw.place(variant) for draw in self._known["draws", what])
        if whose not in self._known:
            self._known[whose] = found(*self.settings(variant))
        return self._known[whose]

    def open_again(self) -> None:
        """As if nobody had been asked."""
        raise NotImplementedError

    def functions(self) -> set[str]:
        """The lab's functions that the truth is made of."""
        return self.wiring.ancestors(needs_of(self.formula))

    # words ------------------------------------------------------------------------------------------------------

    def stated(self, text: str) -> str:
        """A text with the settings of this question in its places: nothing of it is computed."""
        return self.stated_for(text, self.progress.variant)

    def stated_for(self, text: str, variant: Variant | None) -> str:
        """The same for a student."""
        knobs, said = self.settings(variant)
        return stated(self.wiring, knobs, text, said)

    def explained(self, text: str) -> str:
        """A text with anything of the lab's in its places, as it is at the settings of this question."""
        return self.explained_for(text, self.progress.variant)

    def explained_for(self, text: str, variant: Variant | None) -> str:
        """The same for a student."""
        heads = heads_of(text)
        if not heads:
            return text
        return str(self._once(text, lambda: heads, variant, lambda at, said: explained(self.wiring, at, text, said)))

    def refill(self) -> None:
        """Ask in this student's numbers, if the name, or the seed, came after the question."""
        shown: Any = self.shown  # type: ignore[attr-defined]  # what is on the page is each kind's own
        shown.question, shown.given = self.stated(self.question), self.stated(self.given)
        self.progress.expect(self.name, self.kind, shown.question, shown)


@dataclass
class PredictionItem(Item):
    """A prediction on the page, its truth, why it is so, where that is shown, and the record that keeps the guess."""

    look: Mapping[str, Any]
    show: Mapping[str, Any]
    why: str

    kind = "prediction"

    def __post_init__(self) -> None:
        super().__post_init__()
        kind, mode = "choice" if "options" in self.look else "number", self.progress.mode
        check_unit(self.unit, f"the prediction {self.name!r}")
        self.shown = (ClassPrediction if mode == "demo" else Prediction)(
            name=self.name, lab=self.progress.slug, question=self.stated(self.question), given=self.stated(self.given),
            unit=self.unit, kind=kind, mode=mode, on_lock=self._keep, on_play=self.progress.play,
            **self.look)
        self.shown.add_class(f"lab-step-{self.name}")
        self.progress.expect(self.name, self.kind, self.shown.question, self.shown)

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
        variant = self.progress.variant
        show = settled(self.show, variant)
        guessed = [name for name, value in show.items() if value == GUESS]
        stated = {name: value for name, value in (self.settings(variant)[0] | show).items() if name not in guessed}
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
        knobs, said = self.settings(self.progress.variant)
        found = self.wiring.value_at(self.formula, knobs, said=said)
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
