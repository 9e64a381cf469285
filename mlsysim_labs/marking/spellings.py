"""Every spelling of every unit, and what each measures; counts in the plural."""

from __future__ import annotations

from dataclasses import dataclass, field

from mlsysim_labs.marking.tables import marking_table

UNIT_TABLE = marking_table("units")
PREFIXES: dict[str, tuple[str, float]] = UNIT_TABLE["prefixes"]
COUNTS, PLURALS = set(UNIT_TABLE["counts"].split()), set(UNIT_TABLE["plurals"].split())


@dataclass(frozen=True)
class AnswerUnit:
    """What a unit measures in base units, how many of them, and the prefix and stem that it is made of.

    `below` : what stands under the line, each kind with its size

    >>> SPELLINGS["KiB"]
    AnswerUnit(kind='byte', factor=1024.0, prefix='Ki', stem='B')
    """

    kind: str
    factor: float
    prefix: str = ""
    stem: str = ""
    below: tuple[tuple[str, float], ...] = field(default=(), repr=False)

    @property
    def head(self) -> str:
        """What stands above the line."""
        return self.kind.partition("/")[0]

    @property
    def is_bare(self) -> bool:
        """Whether there is none: not even a sign for a ratio."""
        return not self.prefix and not self.stem and not self.kind


def _spellings() -> dict[str, AnswerUnit]:
    """Every spelling of every unit without a slash."""
    found: dict[str, AnswerUnit] = {}
    for kind, name, size, prefixes, words in UNIT_TABLE["units"]:
        for prefix in ["", *prefixes.split()]:
            long, times = PREFIXES[prefix] if prefix else ("", 1.0)
            made = AnswerUnit(kind, float(size * times), "k" if prefix == "K" else prefix, name)
            for word in words.split():
                found[prefix + word] = made
                if len(word) > 2 and (long or not prefix):
                    found[long + word] = made
    return found


def _folded() -> dict[str, AnswerUnit]:
    """Spellings whose capitals can be mixed up: ms is never a megasecond, but mJ might be MJ."""
    found: dict[str, set[AnswerUnit]] = {}
    for name, one in SPELLINGS.items():
        found.setdefault(name.lower(), set()).add(one)
    return {name: ones.pop() for name, ones in found.items() if len(ones) == 1}


SPELLINGS = _spellings()
FOLDED = _folded()


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
