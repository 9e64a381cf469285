"""Studies of single kernels of 2025-26: matrix products in several number formats, all-reduces in CUDA graphs."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from solver.formulas.collectives import IN_GRAPHS, AllReduceShares
from solver.formulas.kernels import KERNELS_2026, KernelShares, Product
from solver.validate.baselines import ROOFLINE
from solver.validate.collectives import MIB, all_reduced
from solver.validate.names import chip_named, precision_in
from solver.validate.study import Finding, Study, every_row
from solver.validate.tables import OutOfScopeError, Row
from solver.zoo.hardware import Accelerator

MODERN = "modern"
GEMM, ALL_REDUCES = "GEMM 2026", "all-reduce 2026"
LARGE_IN_GRAPHS = "all-reduce 2026 NVLink, >= 1 MiB"
GEMM_FILE, ALL_REDUCE_FILE = "gemm_2026.csv", "allreduce_2026.csv"
# SGLang's products were timed on six of a kind in turn: on a chip with a large cache (L40S: 96 MiB at level 2), small
# ones are read from there. TensorRT-LLM's were timed on as many as the cache does not hold.
IN_TURN, CACHES = 6, {"Ada": 96 * 2**20}
ELEMENT = 2  # byte: the messages of the file are counted in elements of 16 bits, whatever the column is called


@dataclass(frozen=True)
class Timed:
    """A product that was timed in `seconds`, or an array of several: on what chip, and whether its cache held it."""

    kind: str
    one: Product
    rate: float
    bandwidth: float
    cached: float
    seconds: float

    def time(self, shares: KernelShares) -> float:
        """As kernels of those shares would take."""
        found = replace(shares, memory=shares.memory * np.where(self.cached, shares.cached, 1.0))
        return found.time(self.one, self.rate, self.bandwidth)


def timed_product(row: Row) -> Timed:
    """A row of the file."""
    if "block" in row["gemm_dtype"]:
        raise OutOfScopeError(f"{row['gemm_dtype']}: kernels with scales by block were not fitted")
    device, kind = chip_named(row["system"]), precision_in(row["gemm_dtype"])
    if math.isnan(device.peak[kind.rate]):
        raise OutOfScopeError(f"the registry has no {kind} rate of {device}")
    one = Product(row.positive("m"), row.positive("k"), row.positive("n"), kind.size)
    held = IN_TURN * one.traffic <= CACHES.get(device.family, 0) and row["framework"].strip() == "SGLang"
    return Timed(device.kinds[kind.rate], one, device.peak[kind.rate], device.bandwidth, float(held),
                 row.positive("latency_ms") / 1e3)


def product_finding(row: Row) -> Finding:
    """One product, and what its kind of chip and number format makes of it."""
    case = timed_product(row)
    if case.kind not in KERNELS_2026:
        raise OutOfScopeError(f"no kernels of {case.kind} were fitted")
    forms = {ROOFLINE: KernelShares(), MODERN: KERNELS_2026[case.kind]}
    return Finding(case.seconds, {form: float(case.time(shares)) for form, shares in forms.items()})


def products_of(cases: Sequence[Timed]) -> Timed:
    """Products of one kind in one, of arrays."""
    def every(name: str, *of: object) -> np.ndarray:
        return np.array([getattr(one, name) for one in of])

    ones = [case.one for case in cases]
    products: Any = (every(name, *ones) for name in ("rows", "inner", "columns", "size"))
    figures: Any = (every(name, *cases) for name in ("rate", "bandwidth", "cached", "seconds"))
    return Timed(cases[0].kind, Product(*products), *figures)


@dataclass(frozen=True)
class Reduced:
    """An all-reduce of `size` bytes among `chips` chips that was timed in `seconds`, or arrays of several."""

    kind: str
    size: float
    chips: float
    link: float
    seconds: float

    def time(self, shares: AllReduceShares) -> float:
        """As all-reduces of those shares would take."""
        return shares.time(self.size, self.chips, self.link)


def link_kind(device: Accelerator, chips: float) -> str:
    """What joins so many of these chips: two cards write to one another over PCIe, more go through the host."""
    if device.domain > 1:
        return device.family
    return "PCIe 2" if chips == 2 else "PCIe"


def timed_all_reduce(row: Row) -> Reduced:
    """A row of the file."""
    if "graph" not in row["kernel_source"]:
        raise OutOfScopeError(f"{row['kernel_source'] or 'no source'}: only all-reduces in CUDA graphs were fitted")
    device, chips = chip_named(row["system"]), row.positive("num_gpus")
    if device.domain > 1 and chips > device.domain:
        raise OutOfScopeError(f"{chips:g} chips: the link of {device} joins {device.domain:g}")
    if math.isnan(device.interconnect):
        raise OutOfScopeError(f"the registry has no link of {device}")
    return Reduced(link_kind(device, chips), ELEMENT * row.positive("message_bytes"), chips, device.interconnect,
                   row.positive("latency_ms") / 1e3)


def all_reduce_finding(row: Row) -> Finding:
    """One all-reduce, and what its link makes of it."""
    case = timed_all_reduce(row)
    if case.kind not in IN_GRAPHS:
        raise OutOfScopeError(f"no all-reduces of {case.kind} were fitted")
    device, libraries = chip_named(row["system"]), {ROOFLINE: "ideal", MODERN: "graph"}
    large = case.size >= MIB and device.domain > 1
    return Finding(case.seconds, {form: all_reduced(device, case.chips, case.size, library)
                                  for form, library in libraries.items()},
                   (ALL_REDUCES, *([LARGE_IN_GRAPHS] if large else [])))


def all_reduces_of(cases: Sequence[Reduced]) -> Reduced:
    """All-reduces of one kind of link in one, of arrays."""
    figures: Any = (np.array([getattr(case, name) for case in cases]) for name in ("size", "chips", "link", "seconds"))
    return Reduced(cases[0].kind, *figures)


def kernel_studies() -> list[Study]:
    """The studies of kernels of 2025-26."""
    return [Study(GEMM, GEMM_FILE, every_row, product_finding, MODERN),
            Study(ALL_REDUCES, ALL_REDUCE_FILE, every_row, all_reduce_finding, MODERN,
                  parts=(LARGE_IN_GRAPHS,))]
