"""Studies: one kind of published measurement each, with the rows that can be predicted and why others cannot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from solver.validate.tables import OutOfScopeError, Row


@dataclass(frozen=True)
class Finding:
    """A measurement and its predictions, by form.

    `parts` are the data sets that it counts in, if they are not the study's own. `passed` is how an exact test ended.
    """

    measured: float
    predicted: dict[str, float]
    parts: tuple[str, ...] = ()
    passed: bool | None = None


@dataclass
class Study:
    """One data set: what of a file belongs to it, and how a row of it is predicted.

    `find` raises `OutOfScopeError` for a row that the model does not speak about. `form` is the one that is
    recommended, `band` how far 8 of 10 rows may be off, `unit` what figures show, `parts` the data sets that a
    finding may count in instead.
    """

    name: str
    file: str
    belongs: Callable[[Row], bool]
    find: Callable[[Row], Finding]
    form: str = ""
    band: float = 0.2
    unit: str = "s"
    parts: tuple[str, ...] = ()


@dataclass
class Outcome:
    """Measurements and predictions of one data set under each form, and the reasons of rows left out."""

    study: Study
    pairs: dict[str, list[tuple[float, float]]] = field(default_factory=dict)
    reasons: Counter[str] = field(default_factory=Counter)
    passed: list[bool] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        for form, value in finding.predicted.items():
            self.pairs.setdefault(form, []).append((finding.measured, value))
        if finding.passed is not None:
            self.passed.append(finding.passed)

    def errors(self, form: str) -> dict[str, Any]:
        """Rows and errors of a form, as shares; of an exact test also how many rows pass it."""
        error = np.array([predicted / measured - 1 for measured, predicted in self.pairs.get(form, [])])
        passed = {"passed": sum(self.passed)} if self.passed else {}
        return {"rows": len(error), "skipped": self.reasons.total(), **passed,
                "median_abs_error": percentile(np.abs(error), 50), "median_error": percentile(error, 50),
                "p90_abs_error": percentile(np.abs(error), 90),
                "within_band": float(np.mean(np.abs(error) <= self.study.band)) if len(error) else None}


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
                    found.setdefault(name, Outcome(study))
                _judge(study, row, found)
    return found


def _judge(study: Study, row: Row, found: dict[str, Outcome]) -> None:
    try:
        finding = study.find(row)
    except OutOfScopeError as reason:
        found[study.name].reasons[str(reason)] += 1
        return
    for name in finding.parts or (study.name,):
        found[name].add(finding)


def unclaimed(studies: Iterable[Study], tables: dict[str, list[Row]]) -> dict[str, int]:
    """Rows of each file that no study speaks about."""
    studies = list(studies)
    return {file: count for file, rows in tables.items()
            if (count := sum(not any(s.file == file and s.belongs(row) for s in studies) for row in rows))}
