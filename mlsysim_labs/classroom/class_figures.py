"""What a class did in one lab, as numbers: how each question went, what was believed, and what is alike."""

from __future__ import annotations

import math
import statistics
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from mlsysim_labs.classroom.marks import ItemMark, LabMark

OUTCOMES = ("first try", "later", "partly", "wrong", "open")
MISTAKES_SHOWN = 12
CLOSE_RATIO = 1.5  # between guess and truth


class TaskFigures(NamedTuple):
    """How one task or plan went: how many students by outcome, and what it took them."""

    name: str
    outcomes: Mapping[str, int]
    tries: float  # the median of those who answered
    hints: float  # the mean of all

    @property
    def share_right(self) -> float:
        """Of all who handed in."""
        return (self.outcomes["first try"] + self.outcomes["later"]) / max(sum(self.outcomes.values()), 1)


class Alike(NamedTuple):
    """A wrong answer that several students have whose right answers differ, and whose right answer it is."""

    question: str
    text: str
    ids: tuple[str, ...]
    right_for: tuple[str, ...]


def task_figures(marks: Sequence[LabMark], names: Iterable[str]) -> list[TaskFigures]:
    """Each of these tasks, the hardest first.

    >>> marks = [LabMark("lab", 1, 1, (ItemMark("token", 1.0, "right", "131 kB", tries=3, hints=1),))]
    >>> task_figures(marks, ["token"])[0].outcomes["later"]
    1
    """
    found = []
    for name in names:
        items = [item for mark in marks for item in mark.items if item.name == name]
        counts = Counter(_outcome(item) for item in items)
        tries = [item.tries for item in items if item.tries]
        found.append(TaskFigures(name, {outcome: counts[outcome] for outcome in OUTCOMES},
                                 statistics.median(tries) if tries else 0.0,
                                 statistics.fmean(item.hints for item in items) if items else 0.0))
    return sorted(found, key=lambda one: (one.share_right, one.name))


def _outcome(item: ItemMark) -> str:
    if item.state in ("right", "done"):
        return "first try" if item.tries <= 1 else "later"
    return item.state


def mistake_counts(marks: Sequence[LabMark]) -> list[tuple[str, str, int]]:
    """Question, known mistake, and how many students made it; the most frequent first."""
    counts = Counter((item.name, mistake) for mark in marks for item in mark.items for mistake in item.mistakes)
    rows = [(name, mistake, count) for (name, mistake), count in counts.items()]
    return sorted(rows, key=lambda row: (-row[2], row[:2]))[:MISTAKES_SHOWN]


def guess_pairs(marks: Sequence[LabMark], name: str) -> list[tuple[float, float | str]]:
    """Each guess that is a number, with the truth of whoever made it: a number, or that it cannot be done."""
    items = [item for mark in marks for item in mark.items if item.name == name]
    return [(float(item.value), item.truth) for item in items if isinstance(item.value, (int, float))]


def guess_ratios(marks: Sequence[LabMark], name: str) -> list[float]:
    """How many times the truth each guess is, in order; the truth may be another number for each student."""
    pairs = [(value, truth) for value, truth in guess_pairs(marks, name) if isinstance(truth, (int, float))]
    return sorted(value / truth for value, truth in pairs if value > 0 and truth > 0 and math.isfinite(value / truth))


def ratios_said(ratios: Sequence[float]) -> str:
    """A sentence on guesses as multiples of the truth.

    >>> ratios_said([0.9, 13.0, 20.0])
    'Guesses as multiples of the truth: the median is 13×, and 1 of 3 are within a factor of 1.5.'
    """
    close = sum(1 / CLOSE_RATIO <= ratio <= CLOSE_RATIO for ratio in ratios)
    return (f"Guesses as multiples of the truth: the median is {statistics.median(ratios):.2g}×, and {close} of "
            f"{len(ratios)} are within a factor of {CLOSE_RATIO}.")


def option_counts(marks: Sequence[LabMark], name: str, options: Iterable[str]) -> list[tuple[str, int, int]]:
    """Each option, how many chose it, and for how many it is right."""
    items = [item for mark in marks for item in mark.items if item.name == name]
    chosen, right = (Counter(str(getattr(item, field)) for item in items) for field in ("value", "truth"))
    return [(option, chosen[option], right[option]) for option in options]


def alike_answers(marks: Mapping[str, LabMark]) -> list[Alike]:
    """Wrong answers that two or more students have in common though their right answers differ.

    >>> ada, bob, eve = (LabMark("lab", 0, 1, (ItemMark("q", s, state, text, truth=key),)) for s, state, text, key in (
    ...     (1.0, "right", "16 GB", "16 GB"), (0.0, "wrong", "16 GB", "24 GB"), (0.0, "wrong", "16gb", "32 GB")))
    >>> alike_answers({"1": ada, "2": bob, "3": eve})
    [Alike(question='q', text='16 GB', ids=('2', '3'), right_for=('1',))]
    """
    said: dict[tuple[str, str], list[tuple[str, ItemMark]]] = defaultdict(list)
    for id, mark in marks.items():
        for item in mark.items:
            text = "".join(item.text.casefold().split())
            if item.truth is not None and item.value is None and any(letter.isdigit() for letter in text):
                said[item.name, text].append((id, item))
    found = []
    for (name, _), several in sorted(said.items(), key=lambda one: one[0]):
        wrong = [(id, item) for id, item in several if item.state == "wrong"]
        right = [id for id, item in several if item.state == "right"]
        keys = {str(item.truth) for _, item in wrong}
        if wrong and (right or (len(wrong) > 1 and len(keys) > 1)):
            found.append(Alike(name, wrong[0][1].text, tuple(id for id, _ in wrong), tuple(right)))
    return sorted(found, key=lambda one: -len(one.ids))
