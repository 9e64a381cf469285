"""What a student typed, read: `answer_of` gives a number with its unit, which `mlsysim_labs.verdicts` judges.

Nothing typed is evaluated: one regular expression finds a number at the start, a table of spellings knows the unit, and
more than 40 characters are refused unread. Whoever shows a sentence shows it as text, not as HTML.

Numbers: 1,234.5 and 1_000 and 1e3 and 2.5·10^3 and 10⁹. A comma stands for thousands where three digits follow it
(1,234 is above a thousand); any other single comma is a decimal one (4,8 and 0,125). Capitals matter where they tell
units apart: FLOPs are an amount, FLOPS a rate; gb is read as GB, but Gb is asked about. KB is 1000 bytes. Counts, of
tokens or chips say, and ratios need no unit; all else does.
"""

from __future__ import annotations

import difflib
import math
import re
import unicodedata
from dataclasses import dataclass, replace

from solver.units import factor

LONGEST_ANSWER = 40  # characters
INFEASIBLE = "infeasible"
IMPOSSIBLE = {INFEASIBLE, "not feasible", "impossible", "not possible", "does not fit", "doesn't fit", "none", "never"}
COUNTED = {"token", "request", "user", "GPU", "chip", "accelerator", "page", "block", "stage", "layer"}
PLURALS = COUNTED | {"second", "minute", "hour", "day", "year"}
PREFIXES = {"n": "nano", "u": "micro", "m": "milli", "k": "kilo", "M": "mega", "G": "giga", "T": "tera", "P": "peta",
            "E": "exa", "Ki": "kibi", "Mi": "mebi", "Gi": "gibi", "Ti": "tebi", "Pi": "pebi"}
UNITS = (  # what it measures, its name in the solver's registry, the prefixes in use, the spellings
    ("second", "s", "n u m", "s sec secs second seconds"),
    ("second", "minute", "", "min mins minute minutes"),
    ("second", "hour", "", "h hr hrs hour hours"),
    ("second", "day", "", "d day days"),
    ("second", "year", "", "yr yrs year years"),
    ("byte", "B", "k M G T P Ki Mi Gi Ti Pi", "B byte bytes"),
    ("byte", "bit", "k M G T P", "bit bits"),
    ("token", "token", "k M G T Ki Mi Gi", "token tokens tok toks"),
    ("request", "request", "k M", "request requests req reqs user users"),
    ("chip", "", "", "GPU GPUs chip chips accelerator accelerators"),  # what formulas count as plain numbers
    ("block", "", "", "block blocks page pages"),
    ("stage", "", "", "stage stages"),
    ("layer", "", "", "layer layers"),
    ("FLOP", "FLOP", "k M G T P E", "FLOP FLOPs"),
    ("dollar", "USD", "", "$ USD dollar dollars"),
    ("joule", "J", "m k M", "J joule joules"),
    ("joule", "Wh", "k M", "Wh"),
    ("kilogram", "g", "m k", "g gram grams"),
    ("kilogram", "t", "k", "t tonne tonnes"),
    ("watt", "W", "k M", "W watt watts"),
    ("", "", "", "x × times fold"),
    ("", "percent", "", "% percent"),
)
PLAIN = str.maketrans("−–‐‑’μ", "----'u")
RAISED = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁺", "0123456789-+")
DIGITS = r"[0-9][0-9_,.]*|\.[0-9]+"
NUMBER = re.compile(rf"""[~≈=]?\s*(?P<money>\$?)\s*(?P<sign>[+-]?)\s*
    (?:(?:(?P<times>{DIGITS})\s*[x×*·⋅]\s*)?10(?:\^|\*\*)(?P<power>[+-]?[0-9]+)
      |(?P<digits>{DIGITS})(?:[eE](?P<exponent>[+-]?[0-9]+))?)""", re.VERBOSE)
DECIMAL_POINT = re.compile(r"[0-9]+(_[0-9]+)*(\.[0-9]*)?|\.[0-9]+")
THOUSANDS = re.compile(r"[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?")
DECIMAL_COMMA = re.compile(r"[0-9]+,[0-9]+")
ENDINGS = {r"FLOPS$": "FLOP/s", r"Bps$": "B/s", r"(?<=[kMGTP])bps$": "bit/s"}


class AnswerError(ValueError):
    """A text that cannot be read as an answer; its message is one sentence to the student.

    >>> raise AnswerError("Nothing is written here. Write a number and its unit, for example 12 ms.")
    Traceback (most recent call last):
    mlsysim_labs.marking.answers.AnswerError: Nothing is written here. Write a number and its unit, for example 12 ms.
    """


@dataclass(frozen=True)
class AnswerUnit:
    """What a unit measures in base units, how many of them, and the prefix and stem that it is made of.

    >>> known_unit("KiB per token")
    AnswerUnit(kind='byte/token', factor=1024.0, prefix='Ki', stem='B')
    """

    kind: str
    factor: float
    prefix: str = ""
    stem: str = ""


@dataclass(frozen=True)
class Answer:
    """What was typed: its value in base units, the unit, and the number as it stands; "infeasible" has NaN for both.

    >>> answer_of("1,234.5 ms")
    Answer(value=1.2345, unit='ms', kind='second', text='1,234.5 ms', number=1234.5)
    """

    value: float
    unit: str
    kind: str
    text: str
    number: float


def answer_of(text: str) -> Answer:
    """The answer that a text is; AnswerError, with one sentence, if it is none.

    >>> answer_of("$0.25 per Mtoken").kind, answer_of("Does not fit.").kind
    ('dollar/token', 'infeasible')
    """
    typed = text.strip()
    plain = _plain(typed) if len(typed) <= LONGEST_ANSWER else typed
    if len(plain) > LONGEST_ANSWER:  # looked at twice, since one character can stand for many
        raise AnswerError(f"This has {len(plain):,} characters, and I read at most {LONGEST_ANSWER}. Write just "
                          f"a number and its unit, for example 12 ms.")
    if plain.casefold().removeprefix("it ") in IMPOSSIBLE:
        return Answer(math.nan, "", INFEASIBLE, typed, math.nan)
    number, spelled = _number_and_unit(typed, plain)
    found = known_unit(spelled)
    if not math.isfinite(number * found.factor):
        raise AnswerError(f"{typed!r} is more than I can count. Check the power of ten.")
    return Answer(number * found.factor, spelled, found.kind, typed, number)


def _plain(typed: str) -> str:
    """The text with one sign for each thing: 10⁹ is 10^9, every dash is a minus, and µ is u."""
    raised = re.sub("[⁻⁺]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda found: "^" + found[0].translate(RAISED), typed)
    return unicodedata.normalize("NFKC", raised).translate(PLAIN).rstrip(" .!")


def _number_and_unit(typed: str, plain: str) -> tuple[float, str]:
    """The number at the start, and what follows it."""
    found = NUMBER.match(plain)
    if not found:
        late = f"{typed!r} doesn't start with a number."
        what = late if re.search("[0-9]", plain) else f"I see no number in {repr(typed) if typed else 'your answer'}."
        raise AnswerError(f"{what} Write a number and its unit, or the word infeasible.")
    rest = plain[found.end():]
    if re.search("[0-9]", rest):
        raise AnswerError(f"I see more than one number in {typed!r}. Work it out and write just the result.")
    digits, power = found["digits"] or found["times"] or "1", found["exponent"] or found["power"] or "0"
    return float(f"{found['sign']}{_decimal(typed, digits)}e{power}"), (found["money"] + rest).strip()


def _decimal(typed: str, digits: str) -> str:
    """Digits as Python reads them, without marks of thousands and with a point."""
    if DECIMAL_POINT.fullmatch(digits):
        return digits
    if THOUSANDS.fullmatch(digits):
        return digits.replace(",", "")
    if DECIMAL_COMMA.fullmatch(digits):
        return digits.replace(",", ".")
    raise AnswerError(f"I can read {typed!r} in more than one way. Write one decimal point, for example 1234.5.")


def count_text(number: str, unit: str) -> str:
    """A number's text with its unit, in the plural where things are counted.

    >>> count_text("1", "users"), count_text("4,096", "token"), count_text("17.2", "GB")
    ('1 user', '4,096 tokens', '17.2 GB')
    """
    stem = unit.removesuffix("s")
    if stem in PLURALS:
        unit = stem + "s" * (number != "1")
    return f"{number} {unit}".strip()


def is_counted(unit: str) -> bool:
    """Whether there are many or few of a unit, and not much or little.

    >>> is_counted("GPUs"), is_counted("GB")
    (True, False)
    """
    return unit.removesuffix("s") in PLURALS


def known_unit(spelled: str) -> AnswerUnit:
    """The unit that a spelling means; AnswerError, with what is like it, if it is not known.

    >>> known_unit("tokens per second").kind, known_unit("Gbps").factor
    ('token/second', 125000000.0)
    """
    name = re.sub(r"\s*/\s*|(?:^|\s+)per\s+", "/", spelled.strip())
    if "/" not in name:
        for ending, meant in ENDINGS.items():
            name = re.sub(ending, meant, name)
        if re.search("(?i:flops)$", name) and not name.endswith("FLOPs"):
            raise AnswerError(f"{name!r} can mean an amount or a rate. Write FLOP or FLOP/s.")
    head, *below = [_simple(part) for part in name.split("/")]
    kind = "/".join([head.kind, *sorted(part.kind for part in below if part.kind)])
    kind = "token" if kind == "token/request" else kind  # a context is counted in tokens of one request
    return replace(head, kind=kind, factor=head.factor / math.prod(part.factor for part in below))


def _simple(name: str) -> AnswerUnit:
    """A unit without a slash."""
    if re.fullmatch("[KMGTP]b", name):
        raise AnswerError(f"{name!r} can mean bits or bytes. Write {name}it or {name[:-1]}B.")
    found = SPELLINGS.get(name) or FOLDED.get(name.casefold())
    if found is None:
        alike = [known for known in SPELLINGS if known.casefold() == name.casefold()]
        close = alike or difflib.get_close_matches(name, SPELLINGS, n=2)
        move = f"Did you mean {' or '.join(close)}?" if close else "Use one like s, GB, token, FLOP/s or $/Mtoken."
        raise AnswerError(f"I don't know the unit {name!r}. {move}")
    return found


def _spellings() -> dict[str, AnswerUnit]:
    """Every spelling of every unit without a slash."""
    found: dict[str, AnswerUnit] = {"": AnswerUnit("", 1.0)}
    for kind, name, prefixes, words in UNITS:
        for prefix in ["", *prefixes.split()]:
            made = AnswerUnit(kind, factor(prefix + name), prefix, name)
            for word in words.split():
                found[prefix + word] = made
                if len(word) > 2:
                    found[PREFIXES.get(prefix, "") + word] = made
    return found


def _folded() -> dict[str, AnswerUnit]:
    """Spellings whose capitals can be mixed up: ms is never a megasecond, but mJ might be MJ."""
    found: dict[str, set[AnswerUnit]] = {}
    for name, one in SPELLINGS.items():
        found.setdefault(name.casefold(), set()).add(one)
    return {name: ones.pop() for name, ones in found.items() if len(ones) == 1}


SPELLINGS = _spellings()
FOLDED = _folded()
