"""What an answer is compared with, and what a question asks back before it judges."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from mlsysim_labs.marking.answers import INFEASIBLE, Answer, answer_of
from mlsysim_labs.marking.spellings import COUNTS, UNIT_TABLE, AnswerUnit, count_text
from mlsysim_labs.marking.tables import AnswerError, asked, in_quotes, sentence
from mlsysim_labs.marking.units import known_unit

KINDS: dict[str, str] = UNIT_TABLE["kinds"]
EXACT = 1e-12  # what floats may differ by and be the same number
HUNDREDTH = 0.01
ONE_DIGIT = 19.9  # halves of the last digit: a number below has one digit
COARSE, ROUNDED = 0.5, 1.5  # of the tolerance: for one digit, and for decimals that are rounded well


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
    def is_count(self) -> bool:
        """Whether things are counted."""
        return self.asked.kind in COUNTS

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

    def accepts(self, number: float, half: float, places: int) -> bool:
        """Whether a number is right as it is written, with half of its last digit and so many decimals.

        A single digit has to be nearer than others, and decimals that are rounded well may be a little further off.
        Within 2 % of 3.04, 3 is too coarse; and 0.12 million is right of 122,532, though 120,000 is not.
        """
        off = abs(number - self.goal)
        if self.whole or not half:
            return self.near(number)
        if abs(number) < ONE_DIGIT * half:
            return off <= max(EXACT, self.tolerance * COARSE) * abs(self.goal)
        rounded = places > 0 and off <= half and off <= self.tolerance * ROUNDED * abs(self.goal)
        return rounded or self.near(number)

    def powers_off(self, number: float) -> int | None:
        """How many powers of ten a number is too high; None where none can be told."""
        goal = self.goal
        if not math.isfinite(number) or not math.isfinite(goal) or number == 0 or goal == 0:
            return None
        return math.floor(math.log10(abs(number)) - math.log10(abs(goal)) + 0.5)


def kind_text(kind: str) -> str:
    """What a unit measures, in words.

    >>> kind_text("token/second"), kind_text("")
    ('tokens per time', 'a ratio')
    """
    if kind.startswith("/"):
        return f"a number{''.join(f' per {KINDS[part]}' for part in kind[1:].split('/'))}"
    return " per ".join(KINDS[part] for part in kind.split("/"))


def answer_to(answer: Answer, unit: str, whole: bool = False) -> Answer:
    """An answer as a question in that unit takes it; AnswerError where a teacher would ask back, whatever the truth.

    A bare number is one of what is counted; what is counted may stand under the line though nobody asked for it.

    >>> answer_to(answer_of("131 kB per token"), "kB").kind, answer_to(answer_of("122.5k"), "token").value
    ('byte', 122500.0)
    """
    wanted, text = known_unit(unit), in_quotes(answer.text)
    if answer.kind == INFEASIBLE or math.isinf(answer.number):
        return answer
    is_count = whole or wanted.kind in COUNTS
    if (answer.bound == "most" and not is_count) or (answer.bound == "least" and wanted.kind != "chip"):
        raise asked("beyond", text=text)
    answer = _without_counts(answer, wanted)
    read = answer.read
    if read.prefix and not read.stem:
        return _of_prefix(answer, wanted, unit)
    if read.is_bare:
        return _of_bare(answer, wanted, unit)
    if not answer.kind and wanted.kind in COUNTS and read.factor == 1:
        raise asked("ratio", text=text, wanted=kind_text(wanted.kind))
    missing, more = _without(wanted.below, read.below), _without(read.below, wanted.below)
    if read.head != wanted.head or not missing or not _are_counts(missing):
        return answer
    if len(missing) == len(more) == 1 and not more[0][0]:  # $0.25 per million: of what is asked for
        return replace(answer, kind=wanted.kind)
    if more:
        return answer
    raise asked("no per", text=text, unit=unit)


Below = Sequence[tuple[str, float]]


def _without(below: Below, taken: Below) -> list[tuple[str, float]]:
    """What stands under the line, but for what another has there too, of whatever size."""
    left = list(below)
    for kind, _ in taken:
        left = _without_first(left, kind)
    return left


def _without_first(below: Below, kind: str) -> list[tuple[str, float]]:
    at = next((i for i, (known, _) in enumerate(below) if known == kind), len(below))
    return [*below[:at], *below[at + 1:]]


def _are_counts(below: Below) -> bool:
    """Whether all of it counts things."""
    return all(kind in COUNTS for kind, _ in below)


def _without_counts(answer: Answer, wanted: AnswerUnit) -> Answer:
    """An answer without what it counts one by one, under the line, where the question does not."""
    read, kept = answer.read, answer.read.below
    for kind, size in _without(read.below, wanted.below):
        if kind in COUNTS and size == 1:
            kept = tuple(_without_first(kept, kind))
    if kept == read.below:
        return answer
    kind = "/".join([read.head, *(kind for kind, _ in kept)])
    return replace(answer, kind=kind, read=replace(read, kind=kind, below=kept))


def _of_prefix(answer: Answer, wanted: AnswerUnit, unit: str) -> Answer:
    """A number with a prefix alone: so many of what is counted, and Gi is GiB."""
    if not answer.kind and (wanted.kind in COUNTS or not wanted.kind):
        return replace(answer, kind=wanted.kind)
    if not answer.kind and wanted.kind == "byte" and answer.read.prefix.endswith("i"):
        return replace(answer, kind="byte", read=replace(answer.read, kind="byte", stem="B"))
    raise asked("prefix", text=in_quotes(answer.text), example=unit)


def _of_bare(answer: Answer, wanted: AnswerUnit, unit: str) -> Answer:
    """A number without a unit: so many of what is counted, or a ratio; 50 might be a percentage."""
    if wanted.kind in COUNTS and wanted.factor == 1:
        return replace(answer, kind=wanted.kind)
    if wanted.kind or (wanted.factor == HUNDREDTH and abs(answer.number) > 1):
        raise asked("no unit", wanted=kind_text(wanted.kind), unit=unit)
    return answer


def comma_question(answer: Answer) -> AnswerError:
    """What is asked about an answer whose comma, or point, can be of either kind.

    >>> print(comma_question(answer_of("17,180 GB")))
    “17,180 GB” can be 17180 GB or 17.18 GB. Write the one that you mean, or send it again for 17180 GB.
    """
    first, second = (count_text(digits_text(number), answer.unit) for number in (answer.number, answer.other))
    return asked("comma", text=in_quotes(answer.text), first=first, second=second)


def kept_sentence(answer_text: str, unit: str, whole: bool = False, *, asked_before: bool = False) -> str:
    """What an exam says of an answer: how it was read; AnswerError asks back, whatever the truth.

    >>> kept_sentence("17,180 GB", "GB", asked_before=True)
    'Kept. I read it as 17180 GB. Answers are judged after the exam.'
    """
    answer = answer_to(answer_of(answer_text), unit, whole)
    if abs(answer.other) < abs(answer.number) and known_unit(unit).kind not in COUNTS and not asked_before:
        raise comma_question(answer)
    said = INFEASIBLE if answer.kind == INFEASIBLE else count_text(digits_text(answer.number), answer.unit or unit)
    return sentence("kept", text=in_quotes(said)[1:-1])


def guess_of(text: str, unit: str) -> float:
    """A guess as a number of `unit`, which stands beside its field and need not be typed; AnswerError asks back.

    >>> guess_of("about four", "users"), guess_of("40 GiB", "GB"), guess_of("122.5k", "tokens"), guess_of("50", "%")
    (4.0, 42.94967296, 122500.0, 50.0)
    """
    answer = answer_of(text)
    if answer.kind == INFEASIBLE or math.isinf(answer.number):
        raise asked("guess")
    wanted = known_unit(unit)
    if _without_counts(answer, wanted).read.is_bare:
        return answer.number
    answer = answer_to(replace(answer, bound=""), unit)
    if answer.kind != wanted.kind:
        found, asked_for = kind_text(answer.kind), kind_text(wanted.kind)
        raise asked("wrong kind", text=in_quotes(answer.text), found=found, wanted=asked_for)
    return answer.value / wanted.factor


def digits_text(number: float) -> str:
    """A number with all its digits, ungrouped; an exponent where there would be many zeros.

    >>> digits_text(17180.0), digits_text(0.25), digits_text(1e300), digits_text(5e-9), digits_text(math.inf)
    ('17180', '0.25', '1e300', '5e-9', '∞')
    """
    if math.isinf(number):
        return "∞" if number > 0 else "-∞"
    mantissa, _, exponent = f"{number + 0.0:.15g}".partition("e")
    return f"{mantissa}e{int(exponent)}" if exponent else mantissa
