"""What a lab asks: predictions and tasks whose truths are functions of its names, computed when they are needed.

A truth is asked at fixed settings: where the controls start, but for what the question states. So it is the same for
every student and every moment, and until a prediction is locked nobody has computed it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from mlsysim_labs.marking.answers import INFEASIBLE, AnswerError, count_text, known_unit
from mlsysim_labs.marking.verdicts import verdict_on
from mlsysim_labs.questions.predict import Prediction
from mlsysim_labs.questions.progress import Progress
from mlsysim_labs.questions.tasks import Reply, Task
from mlsysim_labs.reactive.graph import needs_of
from mlsysim_labs.reactive.wiring import Wiring
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


@dataclass(frozen=True)
class Mistake:
    """A wrong formula by name, and the sentence that tells who made it."""

    formula: Formula
    sentence: str

    @property
    def name(self) -> str:
        return self.formula.__name__


@dataclass(eq=False)
class Item:
    """A question, the function that answers it, and the settings at which it does."""

    wiring: Wiring
    progress: Progress
    question: str
    formula: Formula
    at: Mapping[str, Any]
    unit: str

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
            self._answers[formula] = truth_in_unit(self.wiring.value_at(formula, self.at), self.unit)
        return self._answers[formula]

    def functions(self) -> set[str]:
        """The lab's functions that the truth is made of."""
        return self.wiring.ancestors(needs_of(self.formula))


@dataclass
class PredictionItem(Item):
    """A prediction on the page, its truth, and the record that keeps it."""

    look: Mapping[str, Any]

    def __post_init__(self) -> None:
        super().__post_init__()
        kind = "choice" if "options" in self.look else "number"
        check_unit(self.unit, f"the prediction {self.name!r}")
        self.shown = Prediction(name=self.name, lab=self.progress.slug, question=self.question, unit=self.unit,
                                kind=kind, on_lock=self._keep, **self.look)
        self.progress.expect(self.name, "prediction", self.question, self.shown)

    @property
    def locked(self) -> bool:
        return bool(self.shown.locked)

    def ready(self) -> None:
        """Lock what the record has, and show the truth beside what is locked."""
        kept = self.progress.prediction(self.name)
        if self.progress.mode == "demo" and not self.locked:
            self.shown.restore({"value": self._within(self.truth)})
        elif kept is not None and not self.locked:
            self.shown.restore({"unit": self.unit, **kept.value, "time": kept.time})
        if self.locked and "value" not in self.shown.truth:
            self._reveal()

    def _reveal(self) -> None:
        try:
            self.shown.reveal(self.truth)
        except Exception as problem:  # the author's; what a student has locked must not shut the lab
            self.shown.excuse(str(problem) or type(problem).__name__)

    def _within(self, truth: Any) -> Any:
        return truth if isinstance(truth, str) else min(max(truth, self.shown.low), self.shown.high)

    def _keep(self, locked: dict[str, Any]) -> None:
        self.progress.keep("prediction", self.name, locked, self.shown.act)


@dataclass
class TaskItem(Item):
    """A task on the page, its key, known mistakes, hints, and the record that keeps the answers."""

    tolerance: float
    whole: bool
    options: Sequence[str]
    hints: list[str] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__post_init__()
        kind = "choice" if self.options else "number"
        check_unit(self.unit, f"the task {self.name!r}")
        hint = f"with its unit, such as {count_text('7', self.unit)}" if kind == "number" and self.unit else ""
        self.shown = Task(name=self.name, lab=self.progress.slug, question=self.question, kind=kind, unit_hint=hint,
                          options=list(self.options), on_answer=self._keep, on_hint=self._hint)
        self._show_hints(0)
        self.progress.expect(self.name, "answer", self.question, self.shown)

    @property
    def key(self) -> str:
        return key_text(self.truth, self.unit, self.whole)

    def add_hints(self, *hints: str) -> None:
        """More hints, after those that there are."""
        self.hints += hints
        self._show_hints(len(self.shown.hints))

    def ready(self) -> None:
        """Show what the record has, judged anew."""
        if self.shown.state != "open":
            return
        answers = self.progress.record.all("answer", self.name)
        if self.progress.mode == "demo":
            self._show_key()
        elif answers:
            self.shown.answer, self.shown.tries = str(answers[-1].value.get("text", "")), len(answers)
            with suppress(AnswerError):  # it was given to another version of the question
                verdict = self.verdict(self.shown.answer)
                self.shown.state, self.shown.feedback = verdict.state, verdict.feedback
        self._show_hints(len(self.progress.record.all("hint", self.name)))

    def _show_key(self) -> None:
        self.shown.answer = self.key
        self.shown.state, self.shown.feedback = "right", "The key, from the solver."

    def _keep(self, text: str) -> Reply:
        verdict = self.verdict(text)  # a text that cannot be read is no try: it raises a sentence
        self.progress.keep("answer", self.name, {"text": text, "state": verdict.state}, self.shown.act)
        return verdict

    def verdict(self, text: str) -> Reply:
        """What an answer is told; in an exam, that it is kept."""
        right, said = self._of_option(text) if self.options else self._of_number(text)
        if self.progress.mode == "exam":
            return Reply("kept", f"{self.progress.word} Answers are judged after the exam.")
        return Reply("right" if right else "wrong", said)

    def _of_option(self, text: str) -> tuple[bool, str]:
        """Whether it is the right option; else the sentence on the mistake that leads to it."""
        if text == self.truth:
            return True, "Right."
        wrong = (mistake.sentence for mistake in self.mistakes if self.answer_of(mistake.formula) == text)
        return False, next(wrong, "Not that one: try it with the knobs.")

    def _of_number(self, text: str) -> tuple[bool, str]:
        """Whether it is the right number with its unit, and what to say."""
        known = {mistake.sentence: self.answer_of(mistake.formula) for mistake in self.mistakes}
        numbers = {said: value for said, value in known.items() if not isinstance(value, str)}
        found = verdict_on(text, self.truth, self.unit, self.tolerance, numbers, self.whole)
        return found.right, found.sentence

    def _hint(self) -> None:
        shown = len(self.shown.hints)
        self.progress.keep("hint", self.name, {"number": shown + 1}, self.shown.act)
        self._show_hints(shown + 1)

    def _show_hints(self, count: int) -> None:
        if self.progress.mode == "learn":
            self.shown.hints = list(self.hints[:count])
            self.shown.more_hints = count < len(self.hints)


class ReflectionItem:
    """Two sentences of one's own, kept and never judged by a machine."""

    name = "reflection"

    def __init__(self, progress: Progress, question: str) -> None:
        self.progress, self.question = progress, question
        self.shown = Task(name="reflection", lab=progress.slug, question=question, kind="text", on_answer=self._keep)
        progress.expect("reflection", "reflection", question, self.shown)

    def ready(self) -> None:
        """Show what the record has."""
        last = self.progress.record.last("reflection", "reflection")
        if last is not None and self.shown.state == "open":
            self.shown.answer, self.shown.state = str(last.value.get("text", "")), "kept"
            self.shown.feedback = self.progress.word

    def _keep(self, text: str) -> Reply:
        self.progress.keep("reflection", "reflection", {"text": text}, self.shown.act)
        return Reply("kept", f"{self.progress.word} Your teacher reads this; no machine judges it.")
