"""One number with its unit, of the pieces of one side of an answer: products, powers and fractions are worked out."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from mlsysim_labs.marking.spellings import AnswerUnit
from mlsysim_labs.marking.tables import READING_RULES, asked, in_quotes
from mlsysim_labs.marking.units import spelling_of, unit_made
from mlsysim_labs.marking.wording import Piece

LARGEST_POWER: int = READING_RULES["largestPower"]
TIMES_SIGNS = {"x", "X", "×"}
MONEY = {"$", "USD", "usd", "¢"}
BOUNDS = {"most", "least"}


class Reading(NamedTuple):
    """A number, half of its last digit, its decimals, it with a comma of the other kind; its unit, and that as spelled.

    `bound` : "most" or "least" where it says so
    """

    number: float
    half: float
    places: int
    other: float
    read: AnswerUnit
    spelled: str
    bound: str = ""

    @property
    def value(self) -> float:
        """The number in base units."""
        return self.number * self.read.factor

    @property
    def has_unit(self) -> bool:
        """Whether anything is written after the number."""
        return bool(self.spelled)


def reading(line: Sequence[Piece], typed: str) -> Reading:
    """What one side says; AnswerError if that is not one number.

    >>> from mlsysim_labs.marking.wording import pieces
    >>> reading(pieces("131072*131072 B"), "").value
    17179869184.0
    """
    bound = next((one.kind for one in line if one.kind in BOUNDS), "")
    ratio = any(one.kind == "factor" for one in line)
    if any(one.kind == "beyond" for one in line):
        raise asked("beyond", text=in_quotes(typed))
    if money := [one.text for one in line if one.kind == "currency"]:
        raise asked("currency", text=in_quotes(money[0]))
    line = [one for one in line if one.kind not in BOUNDS and one.kind != "factor"]
    first = next(i for i, one in enumerate(line) if one.kind == "n")
    sign = -1.0 if first and line[first - 1].kind == "-" else 1.0
    above, under = _before([one for one in line[:first] if one.kind not in ("-", "+", "article")], typed)
    number, end = _product(line, first, typed, divides=not above)
    number, rest = _scaled(number, _without_error(line[end:]))
    unit = [*above, *_after(rest, typed), *under]
    if ratio and not unit:
        unit = [Piece("word", "x")]
    number = number._replace(value=sign * number.value, other=sign * number.other)
    read = unit_made(unit, typed)
    return Reading(number.value, number.half, number.places, number.other, read, spelling_of(unit), bound)


def _before(line: list[Piece], typed: str) -> tuple[list[Piece], list[Piece]]:
    """What of a unit stands before the number: money, a sign for a ratio, or what belongs under the line."""
    if not line:
        return [], []
    if line[0].kind in ("/", "each"):
        return [], line[len(line) == 1:]
    if len(line) == 1 and (line[0].text in TIMES_SIGNS or line[0].text in MONEY):
        return [line[0]._replace(kind="word")], []
    raise asked("range" if line[0].kind == "to" else "late", text=in_quotes(typed))


def _product(line: Sequence[Piece], at: int, typed: str, divides: bool) -> tuple[Piece, int]:
    """Factors from here on, multiplied and divided, and where they end; powers of ten leave the last digit known."""
    number, at = _power(line, at, typed)
    while at + 1 < len(line) and line[at + 1].kind == "n":
        sign = line[at].text if line[at].text in TIMES_SIGNS else line[at].kind
        if sign not in TIMES_SIGNS and sign != "*" and (sign not in ("/", ":") or not divides):
            break
        is_ten = at + 2 < len(line) and line[at + 2].kind == "^" and line[at + 1].value == 10
        factor, at = _power(line, at + 1, typed)
        if sign in ("/", ":"):
            if not factor.value:
                raise asked("unclear", text=in_quotes(typed))
            number = Piece("n", "", number.value / factor.value)
        elif is_ten and factor.value < 1:
            times = 1 / factor.value
            number = number._replace(value=number.value / times, half=number.half / times, other=number.other / times)
        else:
            half, other = (number.half * factor.value, number.other * factor.value) if is_ten else (0.0, math.nan)
            number = Piece("n", "", number.value * factor.value, half, number.places, other)
    return number, at


def _power(line: Sequence[Piece], at: int, typed: str) -> tuple[Piece, int]:
    """A number, raised where a power follows."""
    base, at = line[at], at + 1
    if at >= len(line) or line[at].kind != "^":
        return base, at
    sign = -1 if at + 1 < len(line) and line[at + 1].kind == "-" else 1
    at += 1 + (sign < 0 or (at + 1 < len(line) and line[at + 1].kind == "+"))
    exponent = line[at].value if at < len(line) and line[at].kind == "n" else math.nan
    chained = at + 1 < len(line) and line[at + 1].kind == "^"
    if not exponent <= LARGEST_POWER or exponent % 1 or chained or (not base.value and sign < 0):
        raise asked("several", text=in_quotes(typed))
    return Piece("n", "", raised(base.value, int(sign * exponent))), at + 1


def raised(base: float, exponent: int) -> float:
    """A power by multiplication alone, which is the same in every language.

    >>> raised(2.0, 34), raised(10.0, -3), raised(10.0, 400)
    (17179869184.0, 0.001, inf)
    """
    if base == 10:
        return float(f"1e{exponent}")
    found = 1.0
    for _ in range(abs(exponent)):
        found *= base
    return found if exponent >= 0 else (1 / found if found else math.inf)


def _scaled(number: Piece, rest: list[Piece]) -> tuple[Piece, list[Piece]]:
    """The number in thousands or millions where that follows."""
    while rest and rest[0].kind == "scale":
        times = rest[0].value
        number = number._replace(value=number.value * times, half=number.half * times, other=number.other * times)
        rest = rest[1:]
    return number, rest


def _without_error(rest: Sequence[Piece]) -> list[Piece]:
    """What follows a number, without ± and its number; with the unit that stands before it, or else after it."""
    at = next((i for i, one in enumerate(rest) if one.kind == "±"), -1)
    if at < 0 or at + 1 >= len(rest) or rest[at + 1].kind != "n":
        return list(rest)
    return list(rest[:at] if at else rest[2:])


def _after(rest: list[Piece], typed: str) -> list[Piece]:
    """What follows a number, if it can be a unit; AnswerError if it has another number."""
    unit: list[Piece] = []
    for i, one in enumerate(rest):
        is_under = i > 0 and rest[i - 1].kind == "/"
        if one.kind == "n" and not is_under:
            raise asked("range" if rest[i - 1].kind in ("-", "to") and i > 0 else "several", text=in_quotes(typed))
        if one.kind == "faster" and unit and unit[-1].text in TIMES_SIGNS | {"times", "fold"}:
            continue
        if one.kind not in ("-", "to"):
            unit.append(one)
    return unit
