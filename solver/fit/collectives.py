"""The fit of all-reduces in CUDA graphs, by what joins the chips.

Between chips of a link both ways are fitted, and the rise of the bus with the chips where switches add up on the way
(NVLink since Hopper: without it the 90th percentile on halves not fitted grows from 20 to 24 %). Over PCIe all data
pass the host, and one way is enough.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

import numpy as np

from solver.fit.file import Fit, FittedTable
from solver.fit.search import Figures, Parameter, by_kind, fitted_to
from solver.formulas.collectives import AllReduceShares
from solver.validate.kernels import ALL_REDUCE_FILE, Reduced, all_reduces_of, timed_all_reduce
from solver.validate.tables import Row
from solver.zoo.records import Source

LATENCY, GROWTH = Parameter("latency", 5.0, 1.0, 100.0, "us"), Parameter("growth", 0.1, 0.001, 2.0)
DIRECT = Parameter("direct", 0.5, 0.01, 1.0)
SWITCHED = (Parameter("start", 8.0, 0.1, 200.0, "us"), Parameter("bus", 0.6, 0.05, 1.0))
RISE = Parameter("rise", 0.2, 0.001, 1.0)
WITHOUT_SUMS = ("Ampere",)  # whose switches pass data on and do not add up


def link_parameters(kind: str) -> list[Parameter]:
    """What is fitted for a kind of link."""
    if kind.startswith("PCIe"):
        return [LATENCY, DIRECT, *([GROWTH] if kind == "PCIe" else [])]
    return [LATENCY, GROWTH, DIRECT, *SWITCHED, *([] if kind in WITHOUT_SUMS else [RISE])]


def all_reduce_ratios(figures: Figures, cases: Sequence[Reduced]) -> np.ndarray:
    """Predicted times over measured ones."""
    every = all_reduces_of(cases)
    return np.asarray(every.time(AllReduceShares(**figures)) / every.seconds)


def link_tables(rows: Mapping[str, Sequence[Row]], seed: int) -> list[FittedTable]:
    """A table for each kind of link."""
    made = []
    for kind, cases in by_kind(rows.get(ALL_REDUCE_FILE, []), timed_all_reduce).items():
        found = fitted_to(cases, link_parameters(kind), all_reduce_ratios, seed)
        made.append(FittedTable("collectives", kind, found.figures, "aiconfigurator-all-reduces",
                          LINK_FIT.origin(found, seed)))
    return made


LINK_FIT = Fit("collectives", (ALL_REDUCE_FILE,), {"aiconfigurator-all-reduces": Source(
    "NVIDIA, aiconfigurator: all-reduces in CUDA graphs timed with vLLM 0.14 and 0.24",
    "https://github.com/ai-dynamo/aiconfigurator/tree/main/aic-core/src/aiconfigurator_core/systems/data",
    datetime.date(2026, 7, 13))}, link_tables)
