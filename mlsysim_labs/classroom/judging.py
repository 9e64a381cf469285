"""Marks of a record: the truth of each question is computed anew from the student's own numbers, and compared.

What a record says of its answers, such as that they are right, is not looked at. Entries that somebody has changed do
not count, nor do answers to an exam after its release.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any

from mlsysim_labs.classroom.marked_labs import MarkedLab
from mlsysim_labs.classroom.marks import ItemMark
from mlsysim_labs.marking.answers import AnswerError, count_text
from mlsysim_labs.marking.predictions import comparison
from mlsysim_labs.marking.variants import Variant
from mlsysim_labs.marking.verdicts import Verdict
from mlsysim_labs.questions.explore_items import DesignItem
from mlsysim_labs.questions.items import PredictionItem
from mlsysim_labs.questions.predict import is_finite_number
from mlsysim_labs.questions.progress import PLAYED
from mlsysim_labs.questions.task_items import TaskItem
from mlsysim_labs.reactive.control import Control
from mlsysim_labs.records.event import Event, place
from mlsysim_labs.records.opened import RELEASED_KIND
from mlsysim_labs.records.record import Record
from solver.text import number_text

MOST_TRIES, LONGEST_SHOWN = 200, 200  # answers to one question that are judged, and characters of one that are shown
UNREAD = "unread"  # code of an answer that no lab keeps: it would have asked back
MARKED_KINDS = {"predictions": "prediction", "tasks": "answer", "plans": "plan", "reflection": "reflection",
                "explored": "explored"}


def item_marks(marked: MarkedLab, events: Iterable[Event], variant: Variant | None) -> list[ItemMark]:
    """What each question got, of the entries of one student."""
    counted = counted_events(events)
    record = Record(marked.slug, events=counted)
    return [_item_mark(marked, name, item, record, variant) for name, item in marked.items.items()]


def counted_events(events: Iterable[Event]) -> tuple[Event, ...]:
    """Entries as they were written, of an exam those before its release."""
    sound = sorted((event for event in events if event.verifies), key=place)
    released = next((place(event) for event in sound if event.kind == RELEASED_KIND), None)
    return tuple(event for event in sound if released is None or place(event) < released)


def _item_mark(marked: MarkedLab, name: str, item: Any, record: Record, variant: Variant | None) -> ItemMark:
    if isinstance(item, PredictionItem):
        return _prediction_mark(item, record, variant)
    if isinstance(item, (TaskItem, DesignItem)):
        kind = "answer" if isinstance(item, TaskItem) else "plan"
        return _answer_mark(marked, item, record.all(kind, name), len(record.all("hint", name)), variant)
    kind = "reflection" if name == "reflection" else "explored"
    said = [shown_answer(event.value.get("text", event.value.get("by", ""))) for event in record.all(kind, name)]
    written = [text for text in said if text.strip()]
    return ItemMark(name, 1.0, "done", written[-1]) if written else ItemMark(name, 0.0, "open")


# predictions ----------------------------------------------------------------------------------------------------


def _prediction_mark(item: PredictionItem, record: Record, variant: Variant | None) -> ItemMark:
    """The first guess counts, whatever it is, if nothing had been shown before."""
    guess, played = record.prediction(item.name), record.all(PLAYED)
    truth = item.truth_for(variant)
    if guess is None:
        return ItemMark(item.name, 0.0, "open", truth=truth)
    own = _taken_guess(item, guess.value.get("value"))
    if own is None:
        return ItemMark(item.name, 0.0, "wrong", shown_answer(guess.value.get("value")),
                        "This is no guess that the lab takes.", 1, truth=truth)
    text = own if isinstance(own, str) else count_text(number_text(own), item.unit)
    if played and place(played[0]) < place(guess):
        return ItemMark(item.name, 0.0, "wrong", text, "The lab was opened without a guess before this one.", 1,
                        value=own, truth=truth)
    return ItemMark(item.name, 1.0, "done", text, _compared(own, truth, item.unit), 1, value=own, truth=truth)


def _taken_guess(item: PredictionItem, own: Any) -> str | float | None:
    """A guess that the lab takes, an option or a number of its scale; None of another."""
    if item.shown.kind == "choice":
        return own if isinstance(own, str) and own in item.shown.options else None
    return float(own) if is_finite_number(own) and item.shown.low <= own <= item.shown.high else None


def _compared(own: Any, truth: Any, unit: str) -> str:
    """The sentence of the lab; none where truth and guess are of two kinds."""
    if isinstance(own, str) != isinstance(truth, str) and truth != "infeasible":
        return ""
    return comparison(own, truth, unit)


# tasks and plans ------------------------------------------------------------------------------------------------


def _answer_mark(marked: MarkedLab, item: TaskItem | DesignItem, answers: tuple[Event, ...], hints: int,
                 variant: Variant | None) -> ItemMark:
    """What the best, or the latest, of the answers that count got."""
    rules = marked.rules
    counted = answers[:rules.tries or len(answers)]
    key = item.key(variant) if isinstance(item, TaskItem) else None
    if not counted:
        return ItemMark(item.name, 0.0, "open", hints=hints, truth=key)
    judge = Judge(item, variant, rules.partial)
    found = [judge.verdict(event.value) for event in (*counted[:MOST_TRIES - 1], counted[-1])]
    shares = [judge.share(verdict) for verdict, _ in found]
    at = len(counted) - 1 if rules.attempt == "latest" else max(range(len(shares)), key=lambda i: (shares[i], i == 0))
    at = min(at, len(shares) - 1)
    if rules.attempt == "best" and shares[at] == 0:
        at = len(shares) - 1  # of wrong ones, the last
    verdict, text = found[at]
    state = "right" if verdict.right else "partly" if shares[at] else "wrong"
    tries = at + 1 if verdict.right and rules.attempt == "best" else len(counted)
    mistakes = dict.fromkeys(filter(None, (judge.mistake(one) for one, _ in found)))
    return ItemMark(item.name, shares[at], state, text, verdict.sentence, tries, tuple(mistakes), hints, truth=key)


class Judge:
    """Judges the answers of one student to one question; each text once, however often it was sent."""

    def __init__(self, item: TaskItem | DesignItem, variant: Variant | None, partial: Mapping[str, float]) -> None:
        self.item, self.variant, self.partial = item, variant, partial
        self._known: dict[str, Verdict] = {}
        self._met: dict[str, float] = {}  # the share of conditions that hold, by the sentence on those that do not

    def verdict(self, value: Mapping[str, Any]) -> tuple[Verdict, str]:
        """What an entry is told, and its answer as a text."""
        made = value.get("settings") if isinstance(self.item, DesignItem) else value.get("text")
        text = shown_answer(self._on_knobs(made))
        known = repr(made) if len(shown_answer(made)) < LONGEST_SHOWN else ""
        if known not in self._known:
            found = self._of_settings(made) if isinstance(self.item, DesignItem) else self._of_text(made)
            if not known:
                return found, text
            self._known[known] = found
        return self._known[known], text

    def _of_text(self, made: Any) -> Verdict:
        if not isinstance(made, str):
            return Verdict(False, UNREAD, "The record has no text here.")
        try:
            assert isinstance(self.item, TaskItem)
            return self.item.judged(made, self.variant)
        except AnswerError as problem:
            return Verdict(False, UNREAD, str(problem))
        except (ArithmeticError, ValueError) as problem:  # whoever wrote the record, it was no lab
            return Verdict(False, UNREAD, f"This cannot be judged: {problem}")

    def _on_knobs(self, made: Any) -> Any:
        """A plan as its knobs show it; whatever else it is, as it is."""
        if not isinstance(self.item, DesignItem) or not self._is_plan(made):
            return made
        return " · ".join(control.shown(made[name]) for name, control in self.item.wiring.controls.items())

    def _is_plan(self, made: Any) -> bool:
        controls = self.item.wiring.controls
        return isinstance(made, Mapping) and all(is_reachable(one, made.get(name)) for name, one in controls.items())

    def _of_settings(self, made: Any) -> Verdict:
        if not self._is_plan(made):
            return Verdict(False, UNREAD, "No knob of the lab stands there.")
        try:
            assert isinstance(self.item, DesignItem)
            found, holds = self.item.judged(made, self.variant), [*self.item.conditions(made).values()]
            self._met[found.sentence] = sum(holds) / len(holds) if holds else 0.0
            return found
        except (AnswerError, ArithmeticError, ValueError) as problem:
            return Verdict(False, UNREAD, str(problem))

    def share(self, verdict: Verdict) -> float:
        """What of the question is right."""
        if verdict.right:
            return 1.0
        if verdict.number == "right" and verdict.unit == "wrong":
            return self.partial.get("unit", 0.0)
        if verdict.number == "right" and verdict.magnitude.endswith("off"):
            return self.partial.get("magnitude", 0.0)
        if verdict.code == "plan":
            return self.partial.get("plan", 0.0) * self._met[verdict.sentence]
        return 0.0

    def mistake(self, verdict: Verdict) -> str:
        """The known mistake that an answer shows, by the name that its author gave it, or by its code."""
        if verdict.right or verdict.code in ("wrong", "plan", UNREAD):
            return ""
        if isinstance(self.item, TaskItem):
            for known in self.item.mistakes:
                if verdict.sentence == self.item.explained_for(known.sentence, self.variant):
                    return known.name
        return "" if verdict.code in ("option", "misconception") else verdict.misconception or verdict.code


def is_reachable(control: Control, raw: Any) -> bool:
    """Whether a knob can stand there: a record may say anything, and a plan with less than nothing kept back holds."""
    if control.table is not None:
        return type(raw) is int and 0 <= raw < len(control.table)
    if isinstance(control.raw, bool):
        return isinstance(raw, bool)
    if isinstance(raw, bool) or not isinstance(raw, (int, float)) or not math.isfinite(raw):
        return False
    return bool(control.widget.min <= raw <= control.widget.max)


def shown_answer(made: Any) -> str:
    """What a record has as an answer, as a text to show; of a long one the beginning.

    >>> shown_answer("16 GB"), shown_answer({"users": 8}), shown_answer(None)
    ('16 GB', 'users: 8', '')
    """
    if isinstance(made, Mapping):
        made = ", ".join(f"{name}: {value}" for name, value in list(made.items())[:20])
    text = "" if made is None else str(made)
    return text if len(text) <= LONGEST_SHOWN else text[:LONGEST_SHOWN - 1] + "…"
