"""Tasks with their keys, known mistakes and hints; and the reflection, which no machine judges."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace

from mlsysim_labs.marking.answers import INFEASIBLE, answer_of
from mlsysim_labs.marking.question import kept_sentence
from mlsysim_labs.marking.spellings import count_text
from mlsysim_labs.marking.tables import AnswerError, sentence
from mlsysim_labs.marking.units import known_unit
from mlsysim_labs.marking.variants import Variant
from mlsysim_labs.marking.verdicts import Verdict, verdict_on
from mlsysim_labs.marking.wording import trimmed
from mlsysim_labs.questions.items import Formula, Item, check_unit, key_text
from mlsysim_labs.questions.progress import Progress
from mlsysim_labs.questions.tasks import Reply, Task

PATIENT = 3  # tries, before the derivation may be read
VAGUE = 2  # tries, before a wrong answer is told on which side it is


@dataclass(frozen=True)
class Mistake:
    """A wrong formula by name, and the sentence that tells who made it."""

    formula: Formula
    sentence: str

    @property
    def name(self) -> str:
        return self.formula.__name__


@dataclass
class TaskItem(Item):
    """A task on the page, its key, known mistakes, hints, what it means, and the record that keeps the answers.

    `others` : the other tasks of the lab, whose keys are known mistakes here
    """

    tolerance: float
    whole: bool
    options: Sequence[str]
    means: str = ""
    hints: list[str] = field(default_factory=list)
    mistakes: list[Mistake] = field(default_factory=list)
    derivation: str = ""
    others: Callable[[], Iterable[TaskItem]] = tuple

    def __post_init__(self) -> None:
        super().__post_init__()
        self._asked_about = ""  # the text whose comma was asked about last
        kind, mode = "choice" if self.options else "number", self.progress.mode
        check_unit(self.unit, f"the task {self.name!r}")
        hint = f"such as {count_text('7', self.unit)}" if kind == "number" and self.unit else ""
        self.shown = Task(name=self.name, lab=self.progress.slug, question=self.stated(self.question),
                          given=self.stated(self.given), kind=kind, unit_hint=hint, options=list(self.options),
                          mode=mode, on_answer=self._keep, on_hint=self._hint, on_key=self.show_key)
        self.shown.add_class(f"lab-step-{self.name}")
        self._show_hints(0)
        self.progress.expect(self.name, self.kind, self.shown.question, self.shown)

    def key(self, variant: Variant | None) -> str:
        """The answer for a student as a person reads it, and may type it."""
        return key_text(self.truth_for(variant), self.unit, self.whole)

    def add_hints(self, *hints: str) -> None:
        """More hints, after those that there are."""
        self.hints += hints
        self._show_hints(len(self.shown.hints))

    def ready(self) -> None:
        """Show what the record has, judged anew."""
        if self.shown.state != "open":
            return
        answers = self.progress.events("answer", self.name)
        if answers:
            texts = [str(event.value.get("text", "")) for event in answers]
            self.shown.answer, self.shown.tries = texts[-1], len(texts)
            if self.progress.mode == "exam":
                self.shown.state = "kept"
            with suppress(AnswerError):  # it was given to another version of the question
                verdict = self.verdict(texts[-1], len(texts))
                self.shown.state, self.shown.feedback = verdict.state, verdict.feedback
            self.shown.solved = any(map(self._is_right, texts))
            self._show_meaning()
        self._show_hints(len(self.progress.events("hint", self.name)))

    def show_key(self) -> None:
        """The key itself, as a class may see it."""
        self.shown.answer, self.shown.solved = self.key(self.progress.variant), True
        self.shown.state, self.shown.feedback = "right", "The key, from the solver."
        self._show_meaning()

    def open_again(self) -> None:
        """As if nobody had answered."""
        self.shown.open_again()
        self._show_hints(0)

    def _is_right(self, text: str) -> bool:
        with suppress(AnswerError):
            return self.verdict(text).state == "right"
        return False

    def _keep(self, text: str) -> Reply:
        tries = self.shown.tries + 1
        try:
            verdict = self.verdict(text, tries, asked_before=trimmed(text) == self._asked_about)
        except AnswerError as problem:  # what is asked back about is no try
            self._asked_about = trimmed(text) if problem.code == "comma" else self._asked_about
            raise
        self.progress.keep("answer", self.name, {"text": text, "state": verdict.state}, self.shown.act)
        self._show_meaning(verdict.state == "right", tries)
        return verdict

    def _show_meaning(self, right: bool = False, tries: int = 0) -> None:
        """What it means to whoever is right, and the derivation to them and to whoever has tried often."""
        if self.progress.mode == "exam":
            return
        solved = right or self.shown.solved
        self.shown.means = self.explained(self.means) if solved else ""
        if solved or max(tries, self.shown.tries) >= PATIENT:
            self.shown.derivation = self.explained(self.derivation)

    def verdict(self, text: str, tries: int = 1, asked_before: bool = True) -> Reply:
        """What an answer is told at that try; in an exam, that it is kept, and as what.

        `asked_before` : whether its comma has been asked about, as that of each text in a record has; an exam asks
        by the text alone, and what it says does not depend on the truth
        """
        if self.progress.mode == "exam":
            if self.options:
                return Reply("kept", sentence("later"))
            return Reply("kept", kept_sentence(text, self.unit, self.whole, asked_before=asked_before))
        found = self.judged(text, self.progress.variant, tries, asked_before)
        return Reply("right" if found.right else "wrong", found.sentence)

    def judged(self, text: str, variant: Variant | None, tries: int = 1, asked_before: bool = True) -> Verdict:
        """Whether an answer is right for a student, in what way, and what to say; AnswerError asks back.

        It is the same in every mode; an exam's answers are judged when it is over.
        """
        if self.options:
            return self._of_option(text, variant)
        return self._of_number(text, variant, tries, asked_before)

    def _of_option(self, text: str, variant: Variant | None) -> Verdict:
        """Whether it is the right option; else the sentence on the mistake that leads to it."""
        if text == self.truth_for(variant):
            return Verdict(True, "right", "Right.")
        wrong = (self.explained_for(m.sentence, variant) for m in self.mistakes
                 if self.answer_for(m.formula, variant) == text)
        return Verdict(False, "option", next(wrong, "Not that one. Try it with the knobs."))

    def _of_number(self, text: str, variant: Variant | None, tries: int, asked_before: bool) -> Verdict:
        """Whether it is the right number with its unit, and what to say."""
        known = {self.explained_for(mistake.sentence, variant): self.answer_for(mistake.formula, variant)
                 for mistake in self.mistakes}
        numbers = {said: value for said, value in known.items() if not isinstance(value, str)}
        truth = self.truth_for(variant)
        found = verdict_on(text, truth, self.unit, self.tolerance, numbers, self.whole, asked_before=asked_before)
        if found.right or found.code not in ("wrong", "factor"):
            return found
        value = answer_of(text).value
        if value < 0:
            said = "That's below zero. Did you subtract the wrong way round?"
            return replace(found, code="negative", sentence=said)
        if other := self._other(text, variant):
            said = f"That answers another question: “{other.stated_for(other.question, variant)}”"
            return replace(found, code="other task", sentence=said)
        if found.code == "wrong" and tries >= VAGUE and not isinstance(truth, str):
            high = value > truth * known_unit(self.unit).factor
            return replace(found, sentence=f"Too {'high' if high else 'low'}. {found.sentence}")
        return found

    def _other(self, text: str, variant: Variant | None) -> TaskItem | None:
        """The task that this answer is the key of."""
        for task in self.others():
            if task is self or task.options or task.unit != self.unit or task.truth_for(variant) == INFEASIBLE:
                continue
            with suppress(AnswerError):
                truth = task.truth_for(variant)
                if verdict_on(text, truth, task.unit, task.tolerance, {}, task.whole, asked_before=True).right:
                    return task
        return None

    def _hint(self) -> None:
        shown = len(self.shown.hints)
        self.progress.keep("hint", self.name, {"number": shown + 1}, self.shown.act)
        self._show_hints(shown + 1)

    def _show_hints(self, count: int) -> None:
        if self.progress.mode != "exam":
            self.shown.hints = [self.explained(hint) for hint in self.hints[:count]]
            self.shown.more_hints = count < len(self.hints)


class ReflectionItem:
    """Two sentences of one's own, kept and never judged by a machine."""

    name = "reflection"

    def __init__(self, progress: Progress, question: str) -> None:
        self.progress, self.question = progress, question
        self.shown = Task(name="reflection", lab=progress.slug, question=question, kind="text", on_answer=self._keep)
        self.shown.add_class("lab-step-reflection")
        progress.expect("reflection", "reflection", question, self.shown)

    def ready(self) -> None:
        """Show what the record has."""
        kept = self.progress.events("reflection", "reflection")
        if kept and self.shown.state == "open":
            self.shown.answer, self.shown.state = str(kept[-1].value.get("text", "")), "kept"
            self.shown.feedback = ""

    def open_again(self) -> None:
        """As if nothing had been written."""
        self.shown.open_again()

    def _keep(self, text: str) -> Reply:
        self.progress.keep("reflection", "reflection", {"text": text}, self.shown.act)
        who = "Your teacher reads this." if self.progress.setting.course else "This isn't graded by a machine."
        return Reply("kept", who)
