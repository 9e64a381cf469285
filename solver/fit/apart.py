"""The fit of load tests: what they make of first tokens on nodes apart, given how long a prompt takes without them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from solver.fit.engines import ENGINE_FIT
from solver.fit.file import Fit, FittedTable
from solver.fit.search import Figures, Parameter, by_kind, fitted_to
from solver.formulas.apart import load_test_time
from solver.validate.apart import loops
from solver.validate.kernels import MODERN
from solver.validate.serving import DECODED
from solver.validate.tables import Row

PARAMETERS = [Parameter("waves", 0.25, 0.01, 1.0), Parameter("handover", 150.0, 1.0, 1000.0, "ms")]


@dataclass(frozen=True)
class FirstToken:
    """What a load test measured, and what is predicted of a steady state and of a burst."""

    steady: float
    burst: float
    measured: float
    kind: str = "modern"


def first_token_case(row: Row) -> FirstToken:
    """That of a row."""
    found = loops(row)[MODERN].values
    return FirstToken(float(found["ttft"]), float(found["ttft_burst"]), row.positive("silicon_ttft_ms") / 1e3)


def first_token_ratios(figures: Figures, cases: Sequence[FirstToken]) -> np.ndarray:
    """Predictions over measurements."""
    steady, burst, measured = np.array([(one.steady, one.burst, one.measured) for one in cases]).T
    return np.asarray(load_test_time(steady, burst, figures["waves"], figures["handover"]) / measured)


def share_error(ratios: np.ndarray) -> np.ndarray:
    """The error as a share of the measurement: some waited for what is in no model, and their logarithms would rule."""
    return ratios - 1


def load_test_tables(rows: Mapping[str, Sequence[Row]], seed: int) -> list[FittedTable]:
    """The table of engines of 2025-26."""
    made = []
    for kind, cases in by_kind(rows.get(DECODED, []), first_token_case).items():
        found = fitted_to(cases, PARAMETERS, first_token_ratios, seed, share_error)
        made.append(FittedTable("load_tests", kind, found.figures, "aiconfigurator-serving",
                                LOAD_TEST_FIT.origin(found, seed)))
    return made


LOAD_TEST_FIT = Fit("apart", (DECODED,), ENGINE_FIT.sources, load_test_tables)
