"""What a student's answer is told: right, or wrong in which way, without ever telling a wrong one the truth.

Known mistakes are looked for in turn: another kind of unit, what cannot be done at all, the author's misconceptions, GB
for GiB, another unit of the same kind, a clean factor, a count that is one off.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from mlsysim_labs.marking.answers import INFEASIBLE, Answer, AnswerError, AnswerUnit, answer_of, count_text, known_unit
from solver.text import number_text
from solver.units import factor

KINDS = {"": "a ratio", "second": "time", "byte": "memory", "token": "tokens", "request": "requests",
         "FLOP": "arithmetic", "dollar": "money", "joule": "energy", "watt": "power", "kilogram": "mass",
         "chip": "chips", "block": "blocks", "stage": "stages", "layer": "layers"}
COUNTS = {"token", "request", "chip", "block", "stage", "layer"}
EXACT = 1e-12  # what floats may differ by and be the same number
OTHER = {"k": "Ki", "M": "Mi", "G": "Gi", "T": "Ti", "P": "Pi", "Ki": "k", "Mi": "M", "Gi": "G", "Ti": "T", "Pi": "P"}
FACTORS = {2: "Did you count something twice, or only half of it?", 4: "Did you mix up 1 byte and 4 bytes?",
           8: "Did you mix up bits and bytes?", 10: "Check the decimal point.", 100: "Check the percentages.",
           1000: "Check the prefixes, such as kilo and mega.", 1024: "Check the prefixes, such as kibi and mebi."}


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, in what way (a code for records), and a sentence for the student.

    >>> verdict_on("never", "infeasible", "GB")
    Verdict(right=True, code='right', sentence='Right: it cannot be done.')
    """

    right: bool
    code: str
    sentence: str


def verdict_on(answer_text: str, truth: float | str, unit: str, tolerance: float = 0.02,
           misconceptions: Mapping[str, float] = MappingProxyType({}), whole: bool = False) -> Verdict:
    """What to say about an answer, where `truth` is a number of `unit`, or "infeasible".

    `misconceptions` are sentences, each with what one gets (in `unit`) who thinks so; the nearest one within the
    tolerance is said. A `whole` truth is rounded down and has to be met exactly. No wrong answer is told the truth.

    >>> verdict_on("16 s", 44.2, "GB").sentence
    "'16 s' measures time, but the question asks for memory."
    >>> verdict_on("354 GB", 44.2, "GB").code, verdict_on("44200 MB", 44.2, "GB").sentence
    ('factor', 'Right: 44.2 GB.')
    """
    question = Question(truth, unit, tolerance, misconceptions, whole)
    answer = answer_of(answer_text)
    if answer.kind == answer.unit == "" and question.asked.kind in COUNTS and question.asked.factor == 1:
        answer = replace(answer, kind=question.asked.kind)
    return _of_kind(answer, question) or _of_feasibility(answer, question) or _of_number(answer, question)


@dataclass(frozen=True)
class Question:
    """What `verdict_on` compares an answer with; ValueError, to its author, if nothing can be compared with it.

    >>> Question(44.2, "GB").near(44.5), Question(44.2, "request", whole=True).near(44)
    (True, True)
    """

    truth: float | str
    unit: str
    tolerance: float = 0.02
    misconceptions: Mapping[str, float] = field(default_factory=dict)
    whole: bool = False

    def __post_init__(self) -> None:
        if self.truth != INFEASIBLE and (isinstance(self.truth, str) or not math.isfinite(self.truth)):
            raise ValueError(f"the truth is {self.truth!r}: give a finite number of {self.unit!r}, or {INFEASIBLE!r}.")
        if not 0 <= self.tolerance < 1:
            raise ValueError(f"the tolerance is {self.tolerance}: give a share from 0 to below 1, such as 0.02.")
        try:
            known_unit(self.unit)
        except AnswerError as problem:
            raise ValueError(f"the question's unit cannot be read: {problem}") from None

    @property
    def asked(self) -> AnswerUnit:
        """The unit, with what it measures."""
        return known_unit(self.unit)

    @property
    def goal(self) -> float:
        """The number that is right; NaN, which nothing is near to, if there is none."""
        if isinstance(self.truth, str):
            return math.nan
        return math.floor(self.truth) if self.whole else float(self.truth)

    def near(self, number: float, target: float | None = None) -> bool:
        """Whether a number is close enough to be taken for the right one, or for that of a misconception."""
        goal = self.goal if target is None else target
        if self.whole and math.isfinite(goal):
            return abs(number - math.floor(goal)) <= EXACT * abs(goal)
        return abs(number - goal) <= max(EXACT, self.tolerance) * abs(goal) < math.inf


def _of_kind(answer: Answer, question: Question) -> Verdict | None:
    """Whether the answer measures what is asked for."""
    if answer.kind in (question.asked.kind, INFEASIBLE):
        return None
    wanted = _words(question.asked.kind)
    if answer.unit:
        sentence = f"{answer.text!r} measures {_words(answer.kind)}, but the question asks for {wanted}."
        return Verdict(False, "wrong kind", sentence)
    return Verdict(False, "no unit", f"Add a unit. The question asks for {wanted}, for example in {question.unit}.")


def _words(kind: str) -> str:
    return " per ".join(KINDS[part] for part in kind.split("/"))


def _of_feasibility(answer: Answer, question: Question) -> Verdict | None:
    """Whether it can be done at all; where things are counted, none of them is as good as impossible."""
    refused, impossible = answer.kind == INFEASIBLE, question.truth == INFEASIBLE
    if not refused and not impossible:
        return None
    none = question.asked.kind in COUNTS and (answer.value == 0 or question.goal == 0)
    if (refused and impossible) or none:
        return Verdict(True, "right", "Right: it cannot be done.")
    if refused:
        return Verdict(False, "feasible", "It can be done. Check each limit again, with a unit next to each number.")
    return Verdict(False, "infeasible", "Before you work out a number, check whether it can be done at all.")


def _of_number(answer: Answer, question: Question) -> Verdict:
    """Whether the number is right, and which known mistake it comes from if it is not."""
    number, goal = answer.value / question.asked.factor, question.goal
    if question.whole and abs(number - round(number)) > EXACT * abs(number):
        return Verdict(False, "fraction", "A count is a whole number. Keep all digits, and round down at the end.")
    if question.near(number):
        shown = f"{goal:,}" if question.whole else number_text(goal)
        return Verdict(True, "right", f"Right: {count_text(shown, question.unit)}.")
    mistakes = (mistake(number, answer, question) for mistake in MISTAKES)
    wrong = "Not this number. Check each step, or take a hint."
    return next(filter(None, mistakes), Verdict(False, "wrong", wrong))


def _misconception(number: float, answer: Answer, question: Question) -> Verdict | None:
    """The author's sentence on the mistake whose number is nearest."""
    off = {name: abs(number - known) for name, known in question.misconceptions.items() if question.near(number, known)}
    return Verdict(False, "misconception", min(off, key=off.__getitem__)) if off else None


def _prefix(number: float, answer: Answer, question: Question) -> Verdict | None:
    """GB for GiB, or the other way round."""
    used = known_unit(answer.unit)
    if used.stem != "B" or used.prefix not in OTHER:
        return None
    wrote, meant = f"{used.prefix}B", f"{OTHER[used.prefix]}B"
    if not question.near(number * factor(meant) / factor(wrote)):
        return None
    small, large = sorted((wrote, meant), key=len)
    ratio = factor(large) / factor(small)
    sentence = f"The number is right in {meant}, but you wrote {wrote}. 1 {large} is {ratio:.3f} {small}."
    return Verdict(False, f"{wrote} for {meant}", sentence)


def _unit(number: float, answer: Answer, question: Question) -> Verdict | None:
    """The right number in another unit of the same kind."""
    if not question.near(answer.number):
        return None
    if not answer.unit:
        return Verdict(False, "no unit", f"The number is right in {question.unit}. Add that unit.")
    return Verdict(False, "wrong unit", f"The number is right in {question.unit}, but you wrote {answer.unit}.")


def _factor(number: float, answer: Answer, question: Question) -> Verdict | None:
    """A clean factor too much or too little; which of the two is left to find."""
    if number == 0 or question.goal == 0:
        return None
    ratio = max(number / question.goal, question.goal / number)
    clean = min(FACTORS, key=lambda known: abs(ratio / known - 1))
    if abs(ratio / clean - 1) > max(EXACT, min(question.tolerance, 0.02)):
        return None
    return Verdict(False, "factor", f"You are off by a factor of {clean}. {FACTORS[clean]}")


def _rounding(number: float, answer: Answer, question: Question) -> Verdict | None:
    """A count that is one off, or right but for its last digits."""
    if not question.whole or abs(number - question.goal) > max(1, question.tolerance * abs(question.goal)):
        return None
    return Verdict(False, "rounding", "Close, but a count has to be exact. Keep all digits, and round down at the end.")


MISTAKES = (_misconception, _prefix, _unit, _factor, _rounding)
