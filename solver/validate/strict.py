"""What `--strict` asks of a validation: bands that hold, rows that have one, and few that are left out."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from solver.validate.study import Outcome

ENOUGH = 40  # rows of a data set, from which on its share in the band counts
HELD = (0.75, 0.95)  # of them are in the band
MEANT = 0.8  # of the rows a band is meant to hold
SURE = 0.025  # chance on either side that a smaller data set is allowed
BANDED, SKIPPED = 0.9, 0.02  # of scorable rows have a band at least, and are left out at most
CURRENT = ("2026", "Apple")  # in the name of a data set of engines and chips of today


def faults(found: Mapping[str, Outcome]) -> list[str]:
    """A sentence for each thing that does not hold."""
    return [*_bands(found), *_missing(found), *_left_out(found)]


def _bands(found: Mapping[str, Outcome]) -> Iterator[str]:
    for name, outcome in found.items():
        banded = [inside for inside in outcome.inside if inside is not None]
        held = sum(banded)
        if len(banded) >= ENOUGH and not HELD[0] <= held / len(banded) <= HELD[1]:
            yield (f"{name}: {held / len(banded):.1%} of {len(banded)} rows are in the band, and should be "
                   f"{HELD[0]:.0%} to {HELD[1]:.0%}. Count the bands again: make fit DIR=...")
        elif 0 < len(banded) < ENOUGH and not likely(held, len(banded)):
            yield (f"{name}: {held} of {len(banded)} rows are in the band, which a band that holds {MEANT:.0%} would "
                   f"hardly have. Count the bands again: make fit DIR=...")


def likely(held: int, rows: int) -> bool:
    """Whether so many of the rows may be in a band that holds `MEANT` of all."""
    def chance(counts: range) -> float:
        return sum(math.comb(rows, k) * MEANT**k * (1 - MEANT) ** (rows - k) for k in counts)

    return chance(range(held + 1)) > SURE and chance(range(held, rows + 1)) > SURE


def _missing(found: Mapping[str, Outcome]) -> Iterator[str]:
    every = [inside for outcome in found.values() for inside in outcome.inside]
    banded = sum(inside is not None for inside in every)
    if every and banded < BANDED * len(every):
        yield f"{banded} of {len(every)} rows have a band, and {BANDED:.0%} should: more is predicted than was counted."


def _left_out(found: Mapping[str, Outcome]) -> Iterator[str]:
    current = [outcome for name, outcome in found.items()
               if any(word in name for word in CURRENT) and not outcome.study.part_of]
    left = sum(outcome.reasons.total() for outcome in current)
    every = left + sum(len(outcome.pairs.get(outcome.study.form, [])) for outcome in current)
    if left > SKIPPED * every:
        yield (f"{left} of {every} rows of engines and chips of today are left out without being doubtful, and at most "
               f"{SKIPPED:.0%} should be.")
