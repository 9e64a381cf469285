"""Units as people write them: with slashes or "per", abbreviated rates, prefixes apart, and numbers under the line."""

from __future__ import annotations

import difflib
import functools
from collections.abc import Sequence
from dataclasses import replace

from mlsysim_labs.marking.spellings import FOLDED, PREFIXES, SPELLINGS, UNIT_TABLE, AnswerUnit
from mlsysim_labs.marking.tables import READING_RULES, AnswerError, asked, in_quotes, pattern, sentence
from mlsysim_labs.marking.wording import Piece, cleaned, pieces

RATE_NAMES: dict[str, str] = UNIT_TABLE["rates"]
BITS_OR_BYTES, JOINED = pattern(READING_RULES["bitsOrBytes"]), pattern(READING_RULES["joined"])
AMOUNT_OR_RATE, AMOUNT = pattern(READING_RULES["amountOrRate"]), pattern(READING_RULES["amount"])
SAME_KINDS: dict[str, str] = UNIT_TABLE["same"]
HOLDERS = set(UNIT_TABLE["holders"].split())
ARTICLES = {"article", "each"}
ROUND = UNIT_TABLE["round"]  # how many of a thing may stand under the line
BARE = UNIT_TABLE["bare"].split()  # prefixes that people write with nothing after


@functools.lru_cache(maxsize=1024)
def known_unit(spelled: str) -> AnswerUnit:
    """The unit that a spelling means; AnswerError, with what is like it, if it is not known.

    >>> known_unit("tokens per second").kind, known_unit("Gbps").factor
    ('token/second', 125000000.0)
    """
    return unit_made(pieces(cleaned(spelled)), spelled)


def unit_made(line: Sequence[Piece], spelled: str) -> AnswerUnit:
    """The unit that pieces make: parts between slashes, of which only those below the line may have a number."""
    parts: list[list[Piece]] = [[]]
    for i, token in enumerate(line):
        if token.kind == "/" or (token.kind in ARTICLES and i + 1 < len(line) and (parts[-1] or token.kind == "each")):
            parts.append([])
        elif token.kind not in ARTICLES and token.kind != "-":
            parts[-1].append(token)
    name = spelling_of(line)
    if name in RATE_NAMES:
        return known_unit(RATE_NAMES[name])
    first = parts[0][0].text if len(parts[0]) == 1 and parts[0][0].kind == "word" else ""
    below = [_simple(part, spelled, True) for part in parts[1:]]
    is_alone = all(one.kind in HOLDERS for one in below)
    if rate := _rate(first, is_alone):
        return _under(known_unit(rate), below)
    if is_alone and AMOUNT_OR_RATE.fullmatch(first) and not AMOUNT.fullmatch(first):
        raise asked("amount or rate", text=in_quotes(first))
    return _under(_simple(parts[0], spelled, False), below)


def _under(head: AnswerUnit, below: list[AnswerUnit]) -> AnswerUnit:
    """A unit over others."""
    under = sorted([*head.below, *((one.kind, one.factor) for one in below if one.kind or one.factor != 1)])
    size = head.factor
    for one in below:
        size /= one.factor
    kind = "/".join([head.head, *(kind for kind, _ in under if kind)])
    if kind in SAME_KINDS:  # a context is counted in tokens of one request, say
        kind, under = SAME_KINDS[kind], []
    return replace(head, kind=kind, factor=size, below=tuple(under))


def _rate(name: str, is_alone: bool) -> str:
    """What an abbreviation of a rate stands for, if it is one: TFLOPS is TFLOP/s, unless /s or /B follows it."""
    for ending, meant in RATE_NAMES.items():
        if name.endswith(ending) and (is_alone or ending != "FLOPS"):
            stem = name.removesuffix(ending) + meant.partition("/")[0]
            if stem in SPELLINGS or stem.lower() in FOLDED:
                return name.removesuffix(ending) + meant
    return ""


def _simple(part: list[Piece], spelled: str, is_below: bool) -> AnswerUnit:
    """A unit without a slash."""
    times = 1.0
    while part and (part[0].kind == "scale" or (is_below and part[0].kind == "n")):
        if part[0].value not in ROUND:
            raise asked("unclear", text=in_quotes(spelled))
        times, part = times * part[0].value, part[1:]
    if not part:
        return AnswerUnit("", times)
    name = spelling_of(part)
    if len(part) == 2 and SPELLINGS.get(part[0].text, 0) == SPELLINGS.get(part[1].text, 1):
        name = part[0].text
    if len(part) == 2 and JOINED.fullmatch(part[0].text):
        name = part[0].text + part[1].text
    if any(one.kind not in ("word", "×") for one in part):
        raise _unknown(name)
    if BITS_OR_BYTES.fullmatch(name):
        raise asked("bits or bytes", text=in_quotes(name), bits=name + "it", bytes=name[:-1] + "B")
    if name in BARE:
        return AnswerUnit("", PREFIXES[name][1] * times, name)
    found = SPELLINGS.get(name) or FOLDED.get(name.lower())
    if found is None:
        raise _unknown(name)
    return replace(found, factor=found.factor * times) if times != 1 else found


def _unknown(name: str) -> AnswerError:
    """What is said of a unit that is not known."""
    alike = [known for known in SPELLINGS if known.lower() == name.lower()]
    close = alike or difflib.get_close_matches(name, SPELLINGS, n=2)
    move = sentence("did you mean", names=" or ".join(close)) if close else sentence("use one like")
    problem = asked("unknown unit", text=in_quotes(name))
    problem.args = (f"{problem} {move}",)
    return problem


def spelling_of(line: Sequence[Piece]) -> str:
    """Pieces as they were spelled.

    >>> spelling_of(pieces("of tokens / s"))
    'tokens / s'
    """
    return "".join(" " * (token.gap and i > 0) + token.text for i, token in enumerate(line))
