"""Studies: one kind of published measurement each, with the rows that can be predicted and why others cannot."""

from __future__ import annotations

import functools
import math
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, TypeVar

import numpy as np

from solver.validate.tables import DoubtfulError, OutOfScopeError, Row
from solver.zoo.bands import Band, band_record
from solver.zoo.fitted import fitted

FASTER = "faster than the floor, which nothing can be"
_R = TypeVar("_R")


def every_row(row: Row) -> bool:
    """A study of all rows of a file."""
    return True


def answered(solve: Callable[..., _R], *asked: Any, **named: Any) -> _R:
    """What a solver says of a row; one that it refuses is out of scope.

    Chips that cannot share a model's heads are the total of several nodes: then it is not known what ran.
    """
    try:
        return solve(*asked, **named)
    except (ValueError, TypeError) as refusal:
        if "share evenly" in str(refusal):
            raise DoubtfulError("these chips cannot share the model's heads evenly: it may be all chips of several "
                                "nodes") from None
        raise OutOfScopeError(str(refusal)) from None


@dataclass(frozen=True)
class Finding:
    """A measurement and its predictions, by form.

    `parts` are the data sets that it counts in, if they are not the study's own. `passed` is how an exact test ended.
    `band` is what a user sees beside the recommended prediction, from where to where; NaN where there is none, and None
    where that prediction is no result's. `floor` is what nothing gets below (a rate: above).
    """

    measured: float
    predicted: dict[str, float]
    parts: tuple[str, ...] = ()
    passed: bool | None = None
    band: tuple[Any, Any] | None = None
    floor: float = math.nan

    def beats(self, rate: bool) -> bool:
        """Whether the measurement beats the floor, which nothing can."""
        return self.measured > self.floor if rate else self.measured < self.floor


@dataclass
class Study:
    """One data set: what of a file belongs to it, and how a row of it is predicted.

    `find` raises `OutOfScopeError` for a row that the model does not speak about. `form` is the one that is
    recommended, `unit` what figures show, `parts` the data sets that a finding may count in instead. One that is
    `part_of` a file leaves its other rows to others, so that what it leaves out says nothing.
    """

    name: str
    file: str
    belongs: Callable[[Row], bool]
    find: Callable[[Row], Finding]
    form: str = ""
    unit: str = "s"
    parts: tuple[str, ...] = ()
    part_of: bool = False


@dataclass
class Outcome:
    """Measurements and predictions of one data set under each form, and the reasons of rows left out.

    `inside` says of each row whether it lies in its band, or that it has none; `doubtful` has rows by which no model
    can be judged, by what is doubtful: those that beat the floor, contradict themselves, or do not say what ran.
    """

    study: Study
    name: str = ""
    pairs: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    passed: list[bool] = field(default_factory=list)
    inside: list[bool | None] = field(default_factory=list)
    doubtful: dict[str, list[Row]] = field(default_factory=dict)

    def add(self, finding: Finding) -> None:
        for form, value in finding.predicted.items():
            self.pairs.setdefault(form, []).append((finding.measured, value))
        if finding.passed is not None:
            self.passed.append(finding.passed)
        elif self.study.form in finding.predicted:
            self.inside.append(self._inside(finding))

    def _inside(self, finding: Finding) -> bool | None:
        """Whether a measurement lies in the band of its prediction."""
        low, high = counted_ends(self, finding.predicted[self.study.form]) if finding.band is None else finding.band
        return None if np.isnan(high) else bool(low <= finding.measured <= high)

    @property
    def rate(self) -> bool:
        """Whether it is of rates, where more is faster."""
        return "/" in self.study.unit

    def errors(self, form: str) -> dict[str, Any]:
        """Rows and errors of a form, as shares; of an exact test also how many rows pass it."""
        error = np.array([predicted / measured - 1 for measured, predicted in self.pairs.get(form, [])])
        passed = {"passed": sum(self.passed)} if self.passed else {}
        doubts = {why: len(rows) for why, rows in self.doubtful.items()}
        return {"rows": len(error), "skipped": self.reasons.total() + sum(doubts.values()),
                "why": dict(self.reasons) | doubts, "doubtful": sum(doubts.values()), **passed,
                "median_abs_error": percentile(np.abs(error), 50), "median_error": percentile(error, 50),
                "p90_abs_error": percentile(np.abs(error), 90), **self._of_band(form)}

    def _of_band(self, form: str) -> dict[str, Any]:
        """How many rows have a band beside the recommended form, and what share of those lies in it."""
        if form != self.study.form:
            return {"banded": None, "within_band": None}
        banded = [inside for inside in self.inside if inside is not None]
        return {"banded": len(banded), "within_band": float(np.mean(banded)) if banded else None}


def counted_ends(outcome: Outcome, predicted: float) -> tuple[float, float]:
    """The ends of the band that was counted on a data set; NaN where there is none."""
    band = data_set_bands().get(outcome.name)
    if band is None:
        return math.nan, math.nan
    if outcome.rate:
        return predicted / (1 + band.up), predicted / max(1 - band.down, 1e-300)
    return predicted * (1 - band.down), predicted * (1 + band.up)


@functools.cache
def data_set_bands() -> dict[str, Band]:
    """The bands that were counted on each data set, by its name; those of a profile are the same for all quantities."""
    return {band.name: band for band in fitted("bands", band_record).values()}


def percentile(values: np.ndarray, share: float) -> float | None:
    """The value that so many percent are below; None of nothing."""
    return float(np.percentile(values, share)) if len(values) else None


def outcomes(studies: Iterable[Study], tables: dict[str, list[Row]]) -> dict[str, Outcome]:
    """What every study finds in the tables, by data set, in order."""
    found: dict[str, Outcome] = {}
    for study in studies:
        for row in tables.get(study.file, []):
            if study.belongs(row):
                for name in (study.name, *study.parts):
                    found.setdefault(name, Outcome(study, name))
                _judge(study, row, found)
    return found


def _judge(study: Study, row: Row, found: dict[str, Outcome]) -> None:
    try:
        finding = study.find(row)
    except DoubtfulError as reason:
        found[study.name].doubtful.setdefault(str(reason), []).append(row)
        return
    except OutOfScopeError as reason:
        found[study.name].reasons[str(reason)] += 1
        return
    for name in finding.parts or (study.name,):
        if finding.beats(found[name].rate):
            found[name].doubtful.setdefault(FASTER, []).append(row)
        else:
            found[name].add(finding)


def unclaimed(studies: Iterable[Study], tables: dict[str, list[Row]]) -> dict[str, int]:
    """Rows of each file that no study speaks about."""
    studies = list(studies)
    return {file: count for file, rows in tables.items()
            if (count := sum(not any(s.file == file and s.belongs(row) for s in studies) for row in rows))}
