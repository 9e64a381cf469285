"""The sides of an equation, with what stands in brackets and beside it, and which of them counts."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from mlsysim_labs.marking.readings import Reading, reading
from mlsysim_labs.marking.tables import AnswerError, asked, in_quotes
from mlsysim_labs.marking.units import spelling_of, unit_made
from mlsysim_labs.marking.wording import Piece

EQUAL, ARROW, BESIDE = {"=", "~"}, {"→", "arrow"}, {",", ";", "or"}
LINKS = EQUAL | ARROW | BESIDE | {":"}
EQUAL_WITHIN = 1e-9  # relative


@dataclass
class Side:
    """Pieces between two links, and the link before them; "(" is in brackets."""

    link: str
    line: list[Piece] = field(default_factory=list)

    @property
    def has_number(self) -> bool:
        """Whether there is a number in it."""
        return any(one.kind == "n" for one in self.line)


def sides_of(line: Sequence[Piece]) -> list[Side]:
    """The sides of an answer in order, empty ones left out.

    >>> from mlsysim_labs.marking.wording import pieces
    >>> [(side.link, len(side.line)) for side in sides_of(pieces("answer: 17.2 GB (16 GiB)"))]
    [(':', 2), ('(', 2)]
    """
    found, outer, at = [Side("")], 0, 0
    while at < len(line):
        one, later = line[at], line[at + 1].kind if at + 1 < len(line) else ""
        if one.kind == "function":
            if later == "(":
                number, at = _whole(line, at)
                found[-1].line.append(number)
        elif one.kind == "(":
            outer = len(found) - 1 if found[-1].link != "(" else outer
            found.append(Side("("))
        elif one.kind == ")":
            found.append(Side(")", found[outer].line))  # what follows belongs to what stood before
        elif one.kind in LINKS and not (one.kind == ":" and _is_quotient(line, at)):
            found.append(Side("(" if found[-1].link == "(" else one.kind))
        else:
            found[-1].line.append(one)
        at += 1
    return [side for side in found if side.line and side.link != ")"]


def _is_quotient(line: Sequence[Piece], at: int) -> bool:
    """Whether a colon stands between two numbers."""
    return 0 < at < len(line) - 1 and line[at - 1].kind == line[at + 1].kind == "n"


def _whole(line: Sequence[Piece], at: int) -> tuple[Piece, int]:
    """The number of a function's call, and where that ends; what cannot be worked out is a sign that nobody reads."""
    end = next((i for i in range(at, len(line)) if line[i].kind == ")"), len(line))
    inner = line[at + 2:end]
    unclear = Piece("unclear", line[at].text, gap=line[at].gap)
    try:
        value = reading(inner, "").number if any(one.kind == "n" for one in inner) else math.nan
    except AnswerError:
        value = math.nan
    if not math.isfinite(value):
        return unclear, end
    name = line[at].text.lower()
    whole = math.ceil(value) if name.startswith("ceil") else math.floor(value + 0.5 * (name == "round"))
    return Piece("n", name, float(whole), gap=line[at].gap), end


def result(found: Sequence[Side], typed: str) -> Reading:
    """The reading that counts: the last of an equation, the first of what stands side by side.

    >>> from mlsysim_labs.marking.wording import pieces
    >>> result(sides_of(pieces("4.07 → 4 users")), "").number
    4.0
    """
    numbers = [side for side in found if side.has_number]
    if not numbers:
        raise _numberless(typed)
    kept: Reading | None = None
    problem: AnswerError | None = None
    for side in numbers:
        try:
            one = reading(side.line, typed)
        except AnswerError as error:
            problem = error
            continue
        if side.link in EQUAL | ARROW:
            problem = None  # what cannot be read was only the way here
        kept = one if kept is None or side.link in ARROW else _joined(kept, one, side.link, typed)
    if problem is not None or kept is None:
        raise problem or asked("unclear", text=in_quotes(typed))
    for side in found:
        if not side.has_number:
            kept = _with_unit(kept, side.line, side is found[0], typed)
    return kept


def _numberless(typed: str) -> AnswerError:
    """What is said where there is no number."""
    return asked("no number", text=in_quotes(typed)) if typed else asked("empty")


def _joined(kept: Reading, one: Reading, link: str, typed: str) -> Reading:
    """The one of two that counts, if they agree; what is in brackets may be a remark on something else."""
    kept, one = _in_unit_of(kept, one), _in_unit_of(one, kept)
    if kept.read.head == one.read.head:
        for a, b in ((a, b) for a in _readings(kept) for b in _readings(one)):
            if _agree(a, b):
                return b if link in EQUAL else a
    elif link == "(":
        return kept
    raise asked("range" if link == "or" else "differ", text=in_quotes(typed))


def _in_unit_of(one: Reading, other: Reading) -> Reading:
    """A reading in the unit of another if it has none itself."""
    return one if one.has_unit else one._replace(read=other.read, spelled=other.spelled)


def _readings(one: Reading) -> list[Reading]:
    """A reading, and what it is if its comma is of the other kind."""
    if math.isnan(one.other):
        return [one]
    turned = one._replace(number=one.other, half=one.half * one.other / one.number, other=math.nan)
    return [one, turned]


def _agree(a: Reading, b: Reading) -> bool:
    """Whether one of two may be the other, rounded."""
    open_ = max(a.half * a.read.factor, b.half * b.read.factor) + EQUAL_WITHIN * max(abs(a.value), abs(b.value))
    return a.value == b.value or abs(a.value - b.value) <= open_


def _with_unit(kept: Reading, line: Sequence[Piece], is_label: bool, typed: str) -> Reading:
    """The reading with a unit that stands apart from it; AnswerError if it has another one behind it."""
    try:
        read = unit_made(line, typed)
    except AnswerError:
        return kept  # a remark
    if not read.head or kept.read == read or (is_label and kept.has_unit):
        return kept
    if kept.has_unit:
        raise asked("two units", text=in_quotes(typed))
    return kept._replace(read=read, spelled=spelling_of(line))
