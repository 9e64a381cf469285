"""What a student's answer is told: right, or wrong in which way, without ever telling a wrong one the truth.

Known mistakes are looked for in turn: another kind of unit, what cannot be done at all, the author's misconceptions, GB
for GiB, another unit of the same kind, a clean factor, a count that is one off. What a teacher would ask back about,
such as a number without its unit, is an AnswerError and no verdict: it is no try.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType

from mlsysim_labs.marking.answers import INFEASIBLE, Answer, answer_of
from mlsysim_labs.marking.question import EXACT, Question, answer_to, comma_question, kind_text
from mlsysim_labs.marking.spellings import PREFIXES, UNIT_TABLE, count_text
from mlsysim_labs.marking.tables import SENTENCES, AnswerError, in_quotes, sentence
from solver.text import number_text

OTHER: dict[str, str] = UNIT_TABLE["other"]
FACTORS: dict[str, str] = SENTENCES["factors"]


@dataclass(frozen=True)
class Verdict:
    """Whether an answer is right, in what way (a code for records), and a sentence for the student.

    Apart from one another: `number` is "right" or "wrong" as it was written, `unit` is "right", "wrong" (another one of
    the kind) or "wrong kind", `magnitude` is "right" or such as "10^3 off", and `misconception` names a known mistake:
    an author's by its sentence. Each is empty where nothing can be said of it.

    >>> verdict_on("never", "infeasible", "GB")
    Verdict(right=True, code='right', sentence='Right: it cannot be done.')
    >>> wrong = verdict_on("17.2 GiB", 17.2, "GB")
    >>> wrong.number, wrong.unit, wrong.magnitude, wrong.misconception
    ('right', 'wrong', 'right', 'GiB for GB')
    """

    right: bool
    code: str
    sentence: str
    number: str = field(default="", repr=False)
    unit: str = field(default="", repr=False)
    magnitude: str = field(default="", repr=False)
    misconception: str = field(default="", repr=False)


def verdict_on(answer_text: str, truth: float | str, unit: str, tolerance: float = 0.02,
               misconceptions: Mapping[str, float] = MappingProxyType({}), whole: bool = False, *,
               asked_before: bool = False) -> Verdict:
    """What to say about an answer, where `truth` is a number of `unit`, or "infeasible"; AnswerError asks back.

    `misconceptions` are sentences, each with what one gets (in `unit`) who thinks so; the nearest one within the
    tolerance is said. A `whole` truth is rounded down and has to be met exactly. No wrong answer is told the truth.
    A comma that would be right if it were of the other kind is asked about, unless that has been `asked_before`.

    >>> verdict_on("16 s", 44.2, "GB").sentence
    '“16 s” measures time, but the question asks for memory.'
    >>> verdict_on("354 GB", 44.2, "GB").code, verdict_on("44200 MB", 44.2, "GB").sentence
    ('factor', 'Right: 44.2 GB.')
    """
    question = Question(truth, unit, tolerance, misconceptions, whole)
    try:
        answer = answer_to(answer_of(answer_text), question.unit, question.whole)
    except AnswerError as problem:
        if problem.code == "range" and whole:  # of a count that is no number at all
            return Verdict(False, "range", sentence("one count", text=in_quotes(answer_text)), "wrong")
        raise
    verdict = _of_kind(answer, question) or _of_feasibility(answer, question) or _of_number(answer, question)
    if not verdict.right and not asked_before and not math.isnan(answer.other):
        turned = replace(answer, value=answer.value * answer.other / answer.number, number=answer.other)
        if verdict.code not in ("wrong kind", "infeasible") and _of_number(turned, question).right:
            raise comma_question(answer)
    return verdict


def _of_kind(answer: Answer, question: Question) -> Verdict | None:
    """Whether the answer measures what is asked for."""
    if answer.kind in (question.asked.kind, INFEASIBLE) or math.isinf(answer.number):
        return None
    wanted, found = kind_text(question.asked.kind), kind_text(answer.kind)
    said = sentence("wrong kind", text=in_quotes(answer.text), found=found, wanted=wanted)
    return Verdict(False, "wrong kind", said, "right" if question.near(answer.number) else "", "wrong kind")


def _of_feasibility(answer: Answer, question: Question) -> Verdict | None:
    """Whether it can be done at all; where things are counted, none of them is as good as impossible."""
    refused, impossible = answer.kind == INFEASIBLE, question.truth == INFEASIBLE
    if not refused and not impossible:
        return None
    none = question.is_count and (answer.value == 0 or question.goal == 0)
    if (refused and impossible) or none:
        return Verdict(True, "right", sentence("cannot"), "right")
    code = "feasible" if refused else "infeasible"
    return Verdict(False, code, sentence(code), "wrong")


def _of_number(answer: Answer, question: Question) -> Verdict:
    """Whether the number is right, and which known mistake it comes from if it is not."""
    number, goal = answer.value / question.asked.factor, question.goal
    if question.whole and math.isfinite(number) and abs(number - math.floor(number + 0.5)) > EXACT * abs(number):
        return _wrong("fraction", sentence("fraction"), number, question)
    if question.accepts(number, answer.half / question.asked.factor, answer.places):
        shown = f"{goal:,}" if question.whole else number_text(goal)
        text = count_text(shown, question.unit)
        return Verdict(True, "right", sentence("right", text=text), "right", "right", "right")
    mistakes = (mistake(number, answer, question) for mistake in MISTAKES)
    return next(filter(None, mistakes), None) or _wrong("wrong", sentence("wrong"), number, question)


def _wrong(code: str, said: str, number: float, question: Question, misconception: str = "") -> Verdict:
    """A wrong number in a right unit."""
    off = question.powers_off(number)
    digits = "right" if off and question.near(number * float(f"1e{-off}")) else "wrong"
    magnitude = "" if off is None else f"10^{abs(off)} off" if off else "right"
    return Verdict(False, code, said, digits, "right", magnitude, misconception)


def _coarse(number: float, answer: Answer, question: Question) -> Verdict | None:
    """The right number, with a single digit."""
    return _wrong("coarse", sentence("coarse"), number, question) if question.near(number) else None


def _misconception(number: float, answer: Answer, question: Question) -> Verdict | None:
    """The author's sentence on the mistake whose number is nearest."""
    off = {name: abs(number - known) for name, known in question.misconceptions.items() if question.near(number, known)}
    if not off:
        return None
    said = min(off, key=off.__getitem__)
    return _wrong("misconception", said, number, question, said)


def _prefix(number: float, answer: Answer, question: Question) -> Verdict | None:
    """GB for GiB, or the other way round."""
    used = answer.read
    if used.stem != "B" or used.prefix not in OTHER:
        return None
    other = OTHER[used.prefix]
    if not question.near(number * PREFIXES[other][1] / PREFIXES[used.prefix][1]):
        return None
    small, large = sorted((used.prefix, other), key=len)
    ratio = PREFIXES[large][1] / PREFIXES[small][1]
    said = sentence("wrong prefix", meant=f"{other}B", wrote=f"{used.prefix}B", large=f"{large}B", small=f"{small}B",
                    ratio=f"{ratio:.3f}")
    name = f"{used.prefix}B for {other}B"
    return Verdict(False, name, said, "right", "wrong", "right", name)


def _unit(number: float, answer: Answer, question: Question) -> Verdict | None:
    """The right number in another unit of the same kind."""
    if not answer.unit or not question.near(answer.number):
        return None
    off = question.powers_off(number)
    magnitude = "" if off is None else f"10^{abs(off)} off" if off else "right"
    said = sentence("wrong unit", unit=question.unit, wrote=answer.unit)
    return Verdict(False, "wrong unit", said, "right", "wrong", magnitude, "wrong unit")


def _factor(number: float, answer: Answer, question: Question) -> Verdict | None:
    """A clean factor too much or too little; which of the two is left to find."""
    if number == 0 or question.goal == 0 or not math.isfinite(number):
        return None
    ratio = max(number / question.goal, question.goal / number)
    clean = min(FACTORS, key=lambda known: abs(ratio / int(known) - 1))
    if not abs(ratio / int(clean) - 1) <= max(EXACT, min(question.tolerance, 0.02)):
        return None
    said = sentence("factor", factor=clean, advice=FACTORS[clean])
    return _wrong("factor", said, number, question, f"factor {clean}")


def _rounding(number: float, answer: Answer, question: Question) -> Verdict | None:
    """A count that is one off, or right but for its last digits."""
    if not question.whole or not abs(number - question.goal) <= max(1, question.tolerance * abs(question.goal)):
        return None
    return _wrong("rounding", sentence("rounding"), number, question, "rounding")


MISTAKES = (_coarse, _misconception, _prefix, _unit, _factor, _rounding)
