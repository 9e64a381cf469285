"""What was typed, in plain signs, and as pieces: numbers, signs, and words with the part that they play.

A word plays a part if a table says so, in any of the languages there: "about" is idle, "pro" is "/", "四" is a number.
All other words are left to whoever reads units. `reading.js` does the same in a page.
"""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from mlsysim_labs.marking.spellings import SPELLINGS
from mlsysim_labs.marking.tables import READING_RULES, asked, in_quotes, marking_table, pattern, rewritings

READING_WORDS = marking_table("words")
UNFINISHED = READING_RULES["unfinished"]  # numbers only where something follows, such as "no"
NUMERAL = {"number", "tens", "share"}
MOST_WORDS = 4  # of a phrase that plays a part
KIND_OF_SIGN: dict[str, str] = {sign: kind for kind, signs in READING_RULES["kindOfSign"].items() for sign in signs}
LEFT_OUT = ("", "idle")
SPACES, ASIAN, POINT, AMBIGUOUS = (pattern(READING_RULES[name]) for name in ("spaces", "asian", "point", "ambiguous"))
RAISED_RUN = pattern("[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+")
RAISED = str.maketrans(*READING_RULES["raised"])
PLAIN_SIGNS = {ord(sign): plain for plain, signs in READING_RULES["signs"].items() for sign in signs} | {
    ord(zero) + i: str(i) for zero in READING_RULES["zeros"] for i in range(10)}
EARLY, LATE = rewritings(READING_RULES["early"]), rewritings(READING_RULES["late"])
NEXT_PIECE = pattern("({number})(?:{exponent})?|({symbol})|({word})|( )|.".format_map(READING_RULES))
THOUSANDS = [(pattern(shape), mark, "") for shape, mark in READING_RULES["thousands"]] + [
    (pattern(shape), mark, ",") for shape, mark in READING_RULES["europeanThousands"]]


class Piece(NamedTuple):
    """A piece of an answer.

    `kind` : "n" of a number, "word" of what may be a unit, else the part it plays, or the sign itself
    `half` : half of a number's last digit, within which it may have been rounded
    `places` : how many digits stand behind its point
    `other` : what a number is if its comma, or point, is of the other kind; NaN if that is clear
    `gap` : whether something stands between it and the token before

    >>> pieces("about 17,180 GB")[0].other
    17.18
    """

    kind: str
    text: str
    value: float = 0.0
    half: float = 0.0
    places: int = 0
    other: float = math.nan
    gap: bool = False


def listed(text: str) -> Iterator[str]:
    """The entries of a list: words, and after the first comma phrases.

    >>> list(listed("max most, at most, up to"))
    ['max', 'most', 'at most', 'up to']
    """
    words, *phrases = text.split(", ")
    yield from words.split()
    yield from phrases


def _parts() -> dict[str, tuple[str, Any]]:
    """Words and phrases, the part that each plays, and its value."""
    found: dict[str, tuple[str, Any]] = {}
    for kind in READING_RULES["listed"].split():
        found |= {entry: (kind, 0.0) for text in READING_WORDS[kind].values() for entry in listed(text)}
    for kind in READING_RULES["valued"].split():
        for value, text in READING_WORDS[kind].items():
            found |= {entry: (kind, value if kind == "unit" else float(value)) for entry in listed(text)}
    return found


ROLES = _parts()
UNSPACED = pattern("|".join(sorted((one for one in ROLES if ASIAN.match(one)), key=lambda one: (-len(one), one))))


def trimmed(text: str) -> str:
    """A text without the spaces at its ends; one that is far too long stays as it is.

    >>> trimmed("\\u3000 4 GB\\t")
    '4 GB'
    """
    first, last = 0, len(text)
    if last > READING_RULES["hopeless"]:
        return text
    while first < last and SPACES.match(text[first]):
        first += 1
    while last > first and SPACES.match(text[last - 1]):
        last -= 1
    return text[first:last]


def cleaned(text: str) -> str:
    """A text with one sign for each thing: 10⁹ is 10^9, every dash a minus, and digits are 0 to 9.

    >>> cleaned("１７.２ GB → 1.72×10¹⁰ B"), cleaned("١٧٫٢ GB"), cleaned("1.7\\\\times10^{10}")
    ('17.2 GB → 1.72×10^10 B', '17.2 GB', '1.7 × 10^10')
    """
    longest = READING_RULES["longest"]
    typed = trimmed(text)
    if len(typed) <= longest:
        typed = RAISED_RUN.sub(lambda found: "^" + found[0].translate(RAISED), typed)
        for old, new in EARLY:
            typed = old.sub(new, typed)
        typed = unicodedata.normalize("NFKC", typed)
    if len(typed) > longest:  # looked at again, since one character can stand for many
        raise asked("long", count=f"{len(typed):,}", longest=longest)
    plain = typed.translate(PLAIN_SIGNS)
    for old, new in LATE:
        plain = old.sub(new, plain)
    return SPACES.sub(" ", plain).strip(" ").rstrip(READING_RULES["edge"])


def pieces(plain: str) -> list[Piece]:
    """The pieces of a cleaned text, idle words left out.

    >>> [(one.kind, one.text) for one in pieces("about four tokens per s")]
    [('n', 'four'), ('word', 'tokens'), ('/', 'per'), ('word', 's')]
    """
    found = _pieces(UNSPACED.sub(lambda found: f" {found[0]} ", plain))
    return list(_numerals(_played(list(found))))


def _pieces(plain: str) -> Iterator[Piece]:
    """Numbers, signs and words as they stand."""
    gap = False
    for found in NEXT_PIECE.finditer(plain):
        number, exponent, sign, word, space = found.groups()
        if number:
            yield _number(number, exponent or "0", gap)
        elif sign:
            yield Piece(KIND_OF_SIGN.get(sign, sign), sign, gap=gap)
        elif word:
            yield Piece("word", word, gap=gap)
        gap = bool(space)


def _number(text: str, exponent: str, gap: bool) -> Piece:
    """A number of digits, in the notation of whichever country is recognised."""
    plain = _decimal(text)
    decimals = len(plain.partition(".")[2])
    ambiguous = exponent == "0" and AMBIGUOUS.fullmatch(text) is not None
    other = (text.replace(".", "") if "." in text else text.replace(",", ".")) if ambiguous else "nan"
    half = float(f"5e{max(-999, min(999, int(exponent))) - decimals - 1}")
    return Piece("n", text, float(f"{plain}e{exponent}"), half, decimals, float(other), gap)


def _decimal(text: str) -> str:
    """Digits as Python reads them, without marks of thousands and with a point."""
    if POINT.fullmatch(text):
        return text.replace("_", "")
    for shape, mark, comma in THOUSANDS:
        if shape.fullmatch(text):
            plain = text.replace(mark, "")
            return plain.replace(comma, ".") if comma else plain
    raise asked("two ways", text=in_quotes(text))


def _played(line: list[Piece]) -> Iterator[Piece]:
    """The same with the part that each word plays; idle ones are gone, and leave a gap."""
    at, gap = 0, False
    while at < len(line):
        piece = line[at]
        count, kind, value = 1, piece.kind, piece.value
        if kind == "word" and (piece.text in ROLES or piece.text not in SPELLINGS):
            count, kind, value = _part(line, at)
        if kind in LEFT_OUT:
            gap = True
        elif kind == "unit":
            yield Piece("word", str(value), gap=piece.gap or gap)
        else:
            kind = "/" if kind == "per" else kind
            text = " ".join(one.text for one in line[at:at + count])
            value = math.inf if kind == "infinite" else value
            yield piece._replace(kind=kind, text=text, value=value, gap=piece.gap or gap)
        gap = gap and kind in LEFT_OUT
        at += count


def _part(line: list[Piece], at: int) -> tuple[int, str, Any]:
    """How many words from here on make a phrase that plays a part, which one, and its value."""
    words: list[str] = []
    for piece in line[at:at + MOST_WORDS]:
        if piece.kind != "word":
            break
        words.append(piece.text.lower())
    for count in range(len(words), 1, -1):
        if found := ROLES.get(" ".join(words[:count])):
            return count, *found
    return 1, *(ROLES.get(line[at].text) or ROLES.get(words[0]) or ("word", 0.0))


def _numerals(played: Iterable[Piece]) -> Iterator[Piece]:
    """The same with numbers for what is counted in words: twenty-five, half a million, 四十."""
    line = list(played)
    at = 0
    while at < len(line):
        one = line[at]
        if one.kind in NUMERAL and (one.text.lower() not in UNFINISHED or at + 1 < len(line)):
            end, value = _counted(line, at)
            yield Piece("n", one.text, value, 0.0 if value % 1 else 0.5, gap=one.gap)
            at = end
            continue
        if one.kind == "multiple":
            yield Piece("n", one.text, one.value, 0.5, gap=one.gap)
            yield Piece("word", "x")
        elif one.kind == "infinite":
            yield one._replace(kind="n")
        else:
            yield one
        at += 1


def _counted(line: list[Piece], at: int) -> tuple[int, float]:
    """Where a number in words ends, and what it is."""
    total, current, joined = 0.0, math.nan, False
    while at < len(line):
        kind, value, none = line[at].kind, line[at].value, math.isnan(current)
        if kind == "number" and (none or (current % 10 == 0 and (value < 10 or current % 100 == 0))):
            current = value if none else current + value
        elif kind == "tens":
            current = value if none else current * value
        elif kind == "share":
            current = value if none else current + value if joined else current * value
        elif kind == "scale":
            total, current = total + (1.0 if none else current) * value, math.nan
        elif not _is_between(line, at):
            break
        joined = kind == "word" or (joined and kind == "article")
        at += 1
    return at, total if math.isnan(current) else total + current


def _is_between(line: list[Piece], at: int) -> bool:
    """Whether a word or a dash only joins the numbers beside it, as in twenty-five and two and a half."""
    joins = line[at].kind in ("-", "article") or line[at].text == "and"
    later = next((one.kind for one in line[at + 1:] if one.kind != "article"), "")
    return joins and (later in NUMERAL or later == "scale")
