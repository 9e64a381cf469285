"""The fit of matrix products: shares of a chip by its kind and the number format, for each the figures that pay.

What a figure is worth was tried on halves not fitted: without `step` the median error of all rows grows from 5 to 7 %,
without `narrowing` the 90th percentile of FP8 on Hopper from 9 to 14 %, without `cached` that of FP8 on Ada from 28 to
39 %. Waves of tiles, counted with the multiprocessors that a chip has, would give half a point; no chip of the zoo has
that figure.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence

import numpy as np

from solver.fit.file import Fit, FittedTable
from solver.fit.search import Figures, Parameter, by_kind, fitted_to
from solver.formulas.kernels import KernelShares
from solver.validate.kernels import CACHES, GEMM_FILE, Timed, products_of, timed_product
from solver.validate.tables import Row
from solver.zoo.records import Source

NORM = 2.0
EVERY = (Parameter("compute", 0.7, 0.1, 1.0), Parameter("memory", 0.8, 0.1, 1.0),
         Parameter("launch", 5.0, 0.1, 50.0, "us"), Parameter("step", 0.5, 0.001, 5.0, "ns"))
NARROW, CACHED = Parameter("narrowing", 0.5, 0.05, 5.0), Parameter("cached", 2.0, 1.0, 20.0)


def kernel_parameters(kind: str) -> list[Parameter]:
    """What is fitted for a kind of chip and number format."""
    family, _, bits = kind.partition(" ")
    return [*EVERY, *([NARROW] if bits != "16-bit" else []), *([CACHED] if family in CACHES else [])]


def product_ratios(figures: Figures, cases: Sequence[Timed]) -> np.ndarray:
    """Predicted times over measured ones."""
    every = products_of(cases)
    return np.asarray(every.time(KernelShares(norm=NORM, **figures)) / every.seconds)


def kernel_tables(rows: Mapping[str, Sequence[Row]], seed: int) -> list[FittedTable]:
    """A table for each kind of chip and number format."""
    made = []
    for kind, cases in by_kind(rows.get(GEMM_FILE, []), timed_product).items():
        found = fitted_to(cases, kernel_parameters(kind), product_ratios, seed)
        made.append(FittedTable("kernels", kind, {**found.figures, "norm": NORM}, "aiconfigurator-products",
                          KERNEL_FIT.origin(found, seed)))
    return made


KERNEL_FIT = Fit("kernels", (GEMM_FILE,), {"aiconfigurator-products": Source(
    "NVIDIA, aiconfigurator: matrix products timed with TensorRT-LLM 1.0 and 1.3 and SGLang 0.5.14",
    "https://github.com/ai-dynamo/aiconfigurator/tree/main/aic-core/src/aiconfigurator_core/systems/data",
    datetime.date(2026, 7, 13))}, kernel_tables)
