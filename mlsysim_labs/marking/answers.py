"""What a student typed, read as a careful teacher would: `answer_of` gives a number with its unit.

Nothing typed is evaluated as a program. Tables know words, signs and units in some languages; what they do not know is
asked about, never guessed. Whoever shows a sentence shows it as text, not as HTML.

Numbers: 1,234.5 and 17 180 and 17.180,0 and 1e3 and 2.5·10^3 and 10⁹ and 122.5k and "half a million". A comma before
exactly three digits stands for thousands unless it is told otherwise, any other single one is decimal. Of products and
equations the last result counts, and both sides have to agree. Capitals matter where they tell units apart: FLOPs are
an amount, FLOPS a rate; gb is read as GB, but Gb and kb are asked about. KB is 1000 bytes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from mlsysim_labs.marking.sides import result, sides_of
from mlsysim_labs.marking.spellings import SPELLINGS, AnswerUnit, count_text, is_counted
from mlsysim_labs.marking.tables import READING_RULES, AnswerError, asked, in_quotes, pattern
from mlsysim_labs.marking.units import known_unit
from mlsysim_labs.marking.wording import READING_WORDS, cleaned, pieces, trimmed

__all__ = ["INFEASIBLE", "LONGEST_ANSWER", "SPELLINGS", "Answer", "AnswerError", "AnswerUnit", "answer_of",
           "count_text", "is_counted", "known_unit", "says_infeasible"]
LONGEST_ANSWER: int = READING_RULES["longest"]  # characters
INFEASIBLE = "infeasible"
REMARK = pattern(READING_RULES["remark"])
SPACED = pattern("|".join(
    f"(?:{opening} )*(?:{core})(?: {ending})*" for lang, (opening, core, ending) in READING_WORDS["infeasible"].items()
    if lang not in ("zh", "ja")))
RUN_ON = pattern("|".join(f"{opening}*(?:{core}){ending}*" for opening, core, ending in (
    READING_WORDS["infeasible"]["zh"], READING_WORDS["infeasible"]["ja"])))
DIGIT, NO_LETTERS = pattern("\\d"), pattern(READING_RULES["letterless"])


@dataclass(frozen=True)
class Answer:
    """What was typed: its value in base units, the unit, and the number as it stands; "infeasible" has NaN for both.

    `half`, `places` : half of the number's last digit, in base units, and how many digits stand behind its point
    `other` : the number if a comma, or point, before three digits is of the other kind; NaN if that is clear
    `bound` : "most" or "least" where it says so
    `read` : the unit

    >>> answer_of("1,234.5 ms")
    Answer(value=1.2345, unit='ms', kind='second', text='1,234.5 ms', number=1234.5)
    """

    value: float
    unit: str
    kind: str
    text: str
    number: float
    half: float = field(default=0.0, repr=False)
    places: int = field(default=0, repr=False)
    other: float = field(default=math.nan, repr=False, compare=False)
    bound: str = field(default="", repr=False)
    read: AnswerUnit = field(default=AnswerUnit("", 1.0), repr=False)


def answer_of(text: str) -> Answer:
    """The answer that a text is; AnswerError, with one sentence, if it is none.

    >>> answer_of("$0.25 per Mtoken").kind, answer_of("Does not fit.").kind, answer_of("2*32*128 B = 8192 B").number
    ('dollar/token', 'infeasible', 8192.0)
    """
    typed = trimmed(text)
    plain = cleaned(typed)
    if _is_refused(plain, typed):
        return Answer(math.nan, "", INFEASIBLE, typed, math.nan)
    found = result(sides_of(pieces(plain)), typed)
    if math.isinf(found.value) and (found.half or not math.isinf(found.number)):
        raise asked("too large", text=in_quotes(typed))
    if math.isnan(found.value):
        raise asked("unclear", text=in_quotes(typed))
    return Answer(found.value, found.spelled, found.read.kind, typed, found.number, found.half * found.read.factor,
                  found.places, found.other, found.bound, found.read)


def says_infeasible(plain: str) -> bool:
    """Whether a text says that it cannot be done, and nothing else, in one of the languages of the tables.

    >>> says_infeasible("It doesn't fit!"), says_infeasible("passt nicht"), says_infeasible("放不下")
    (True, True, True)
    """
    letters = NO_LETTERS.sub(" ", plain.lower().replace("'", "")).strip(" ")
    return bool(SPACED.fullmatch(letters) or RUN_ON.fullmatch(letters.replace(" ", "")))


def _is_refused(plain: str, typed: str) -> bool:
    """Whether it says that it cannot be done, perhaps with a remark; AnswerError if it gives a number too."""
    if says_infeasible(plain):
        return True
    found = REMARK.fullmatch(plain)
    sides = [found[1], found[2]] if found else []
    said = [says_infeasible(side) for side in sides]
    if not any(said):
        return False
    other = sides[said.index(True) - 1]
    if not DIGIT.search(other) or _is_zero(other):
        return True
    raise asked("both", text=in_quotes(typed))


def _is_zero(plain: str) -> bool:
    """Whether a text is the number zero."""
    try:
        return result(sides_of(pieces(plain)), plain).number == 0
    except AnswerError:
        return False
