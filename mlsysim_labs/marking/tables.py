"""The tables of reading and judging: units, words, rules and sentences, as JSON that Python and JavaScript load alike.

Patterns mean the same in both languages: they are ASCII's own (``\\d`` is 0 to 9), without names, and replacements are
written as JavaScript has them (``$1``). Nothing that is read depends on what is evaluated: the tables hold it all.
"""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any

TABLE_FOLDER = pathlib.Path(__file__).parent / "tables"
BLANK = re.compile(r"\{([a-z]+)\}")


def marking_table(name: str) -> Any:
    """One of the tables.

    >>> marking_table("rules")["longest"]
    60
    """
    return json.loads((TABLE_FOLDER / f"{name}.json").read_text(encoding="utf-8"))


READING_RULES = marking_table("rules")
SENTENCES = marking_table("sentences")


class AnswerError(ValueError):
    """A text that cannot be taken as an answer, and is no try: its message is one sentence that asks back.

    `code` : what is asked about, such as "no unit", for records

    >>> raise AnswerError("empty")
    Traceback (most recent call last):
    mlsysim_labs.marking.tables.AnswerError: empty
    """

    def __init__(self, said: str, code: str = "") -> None:
        super().__init__(said)
        self.code = code


def sentence(name: str, **places: object) -> str:
    """A sentence of the table, with its places filled.

    >>> sentence("right", text="17.2 GB")
    'Right: 17.2 GB.'
    """
    return BLANK.sub(lambda found: str(places[found[1]]), SENTENCES[name])


def asked(name: str, **places: object) -> AnswerError:
    """The error that asks back with one of the sentences.

    >>> asked("no number", text=in_quotes("nan")).code
    'no number'
    """
    return AnswerError(sentence(name, **places), name)


def pattern(text: str) -> re.Pattern[str]:
    """A pattern of the tables.

    >>> pattern("\\\\d+").fullmatch("٣") is None
    True
    """
    return re.compile(text, re.ASCII)


def rewritings(pairs: list[list[str]]) -> list[tuple[re.Pattern[str], str]]:
    """Patterns, each with its replacement as Python writes it.

    >>> [(found, meant)] = rewritings([["(a)b", "$1c"]])
    >>> found.sub(meant, "ab")
    'ac'
    """
    return [(pattern(old), re.sub(r"\$(\d)", r"\\g<\1>", new)) for old, new in pairs]


HIDDEN, HALVES = pattern(READING_RULES["hidden"]), pattern(READING_RULES["halves"])


def in_quotes(text: str) -> str:
    """What was typed, as a sentence quotes it: in one line, and without halves of characters.

    >>> in_quotes("4\\tx")
    '“4 x”'
    """
    return f"“{HALVES.sub(chr(0xFFFD), HIDDEN.sub(' ', text))}”"
