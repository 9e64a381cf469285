"""Studies of parts: single matrix products, all-reduces, draft tokens; and what `solver.validate.training` has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial

import numpy as np

from solver.formulas.kernels import KERNELS, OVERLAPPED, KernelShares, Product, kernel_time
from solver.formulas.speculation import ACCEPTANCE_DECAY, accepted_tokens
from solver.validate.baselines import DEFAULT, ROOFLINE
from solver.validate.collectives import MIB, all_reduced
from solver.validate.names import chip_key, chip_named
from solver.validate.study import Finding, Study, every_row
from solver.validate.tables import OutOfScopeError, Row
from solver.validate.training import training_studies

QUADRATURE, FITTED_BUS, FALLING = "quad+t0", "alpha 41us, 57% of link", "alpha_i=a*0.95^(i-1)"
LARGE, SMALL = "all-reduce NVLink, >= 1 MiB", "all-reduce NVLink, < 1 MiB"


def product(row: Row) -> Finding:
    """One matrix product at 16 bits."""
    device = chip_named(row["gpu"])
    if device.family not in KERNELS:
        raise OutOfScopeError(f"no kernels of {device} were fitted")
    one = Product(row.positive("num_tokens"), row.positive("k"), row.positive("n"))
    forms = {ROOFLINE: KernelShares(), DEFAULT: KernelShares(compute=0.5), "max+t0": OVERLAPPED[device.family],
             QUADRATURE: KERNELS[device.family]}
    predicted = {form: float(kernel_time(one.work, one.traffic, device.half * part.compute,
                                         device.bandwidth * part.memory, part.launch, part.norm))
                 for form, part in forms.items()}
    return Finding(row.positive("time_ms") / 1e3, predicted, (f"GEMM {chip_key(row['gpu'])}",))


def products(rows: list[Row]) -> list[Study]:
    """A study for each chip; rows of unknown chips are left out of the first."""
    def named(row: Row) -> str:
        try:
            return f"GEMM {chip_key(row['gpu'])}"
        except OutOfScopeError:
            return "GEMM, other chips"

    return [Study(name, "operator_times_vidur.csv", partial(same, named, name), product,
                  QUADRATURE)
            for name in sorted({named(row) for row in rows})]


def all_reduce(row: Row) -> Finding:
    """An all-reduce among all chips of a node."""
    if row["collective"] != "all_reduce":
        raise OutOfScopeError(f"{row['collective']}: only all-reduces are modelled")
    if not row["network"].endswith("_dgx"):
        raise OutOfScopeError("pairs of linked chips: four of them exchange data over the host's bus")
    if row.number("num_workers") != row.number("devices_per_node"):
        raise OutOfScopeError("between nodes: their network is not known")
    device, size, chips = chip_named(row["network"]), row.positive("size"), row.positive("num_workers")
    libraries = {"link rate, alpha 0": "ideal", FITTED_BUS: "eager"}
    predicted = {form: all_reduced(device, chips, size, library) for form, library in libraries.items()}
    return Finding(row.positive("time_ms") / 1e3, predicted, (LARGE if size >= MIB else SMALL,))


def same(named: Callable[[Row], str], name: str, row: Row) -> bool:
    return named(row) == name


Series = tuple[str, ...]


def series(row: Row) -> Series:
    """What a series of draft lengths has in common."""
    return tuple(row[name] for name in ("target_model", "dataset", "temperature_or_mode", "path"))


def acceptance(rows: list[Row], start: int) -> Study:
    """Acceptance lengths of a series, predicted from the one at `start` draft tokens."""
    known: dict[Series, dict[float, float]] = defaultdict(dict)
    for row in rows:
        if row.has("k_draft_tokens") and row.has("acceptance_length_al"):
            known[series(row)][row.positive("k_draft_tokens")] = row.positive("acceptance_length_al")
    name = f"spec AL(K) from AL({start})"
    return Study(name, "spec_decode.csv", every_row, lambda row: accepted_finding(row, known, start), FALLING,
                 "tokens a step")


def accepted_finding(row: Row, known: Mapping[Series, dict[float, float]], start: int) -> Finding:
    """Tokens a step of one row, from the one at `start` draft tokens of the same series."""
    lengths = known.get(series(row), {})
    if len(lengths) < 4 or start not in lengths:
        raise OutOfScopeError("fewer than four draft lengths of the same series, or a ratio to another draft")
    length = row.positive("k_draft_tokens")
    if length == start:
        raise OutOfScopeError("the value that the others are predicted from")
    forms = {"constant alpha": 1.0, FALLING: ACCEPTANCE_DECAY}
    return Finding(row.positive("acceptance_length_al"), {
        form: float(accepted_tokens(first_acceptance(lengths[start], start, decay), length, decay))
        for form, decay in forms.items()})


def first_acceptance(tokens: float, length: int, decay: float) -> float:
    """The acceptance of the first draft token that yields that many tokens a step."""
    shares = np.linspace(0.0, 1.0, 100_001)
    return float(np.interp(tokens, accepted_tokens(shares, length, decay), shares))


def component_studies(tables: Mapping[str, list[Row]]) -> list[Study]:
    """The studies of parts; those of drafts and products depend on what the tables hold."""
    drafts = tables.get("spec_decode.csv", [])
    return [
        Study(LARGE, "collective_times_vidur.csv", every_row, all_reduce, FITTED_BUS, parts=(SMALL,)),
        *(acceptance(drafts, start) for start in (1, 3)),
        *training_studies(),
    ]
