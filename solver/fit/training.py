"""The fit of training frameworks: what llm-foundry (FSDP) and Megatron-LM make of chips, from published runs.

FSDP's runs, of 125 million to 70 billion parameters on two families of chips, tell what products, attention and all
that is bound by memory take. Megatron-LM's four steps are of models so large that products are nearly all: only their
share of the peak is fitted, and the rest is FSDP's on chips of that family.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from solver.fit.file import Fit, FittedTable
from solver.fit.search import Figures, Fitted, Parameter, fitted_to
from solver.training.profiles import TrainingProfile
from solver.training.step import TrainingStep
from solver.validate.tables import OutOfScopeError, Row
from solver.validate.training import TRAINING_FILE, TrainingRun, fsdp_run, is_fsdp, is_megatron, megatron_run
from solver.zoo.profiles import Shares
from solver.zoo.records import Source, base_value

COMPUTE, ATTENTION = Parameter("compute", 0.7, 0.2, 1.0), Parameter("attention", 0.3, 0.02, 1.0)
FAMILIES = ("Ampere", "Hopper")
REST = (Parameter("vector", 50.0, 1.0, 1000.0), Parameter("scores", 7.0, 0.1, 100.0), Parameter("again", 0.7, 0.1, 1.0),
        Parameter("optimizer", 50.0, 1.0, 1000.0, "byte"), Parameter("overlap", 0.1, 0.001, 0.999))
OWNED = {"fsdp": "llm-foundry", "megatron": "megatron-selene"}
SCOPE = {"fsdp": "llm-foundry's FSDP on A100 and H100, 125 million to 70 billion parameters on 8 to 512 chips",
         "megatron": "Megatron-LM on A100, 530 billion and a trillion parameters on 280 and 512 chips"}


@dataclass(frozen=True, eq=False)
class TrainingCase:
    """A run, and its step with any profile."""

    kind: str
    run: TrainingRun
    step: TrainingStep

    def time(self, profile: TrainingProfile) -> float:
        """Of the step, if the framework is so."""
        overlap = profile.overlap if self.run.asked.get("overlap_comm") else 0.0
        return float(replace(self.step, profile=profile, overlap=overlap).times()["step_latency_total"])


def cases_of(rows: Sequence[Row], read: Callable[[Row], TrainingRun]) -> list[TrainingCase]:
    """Rows that can be spoken about."""
    found = []
    for row in rows:
        try:
            run = read(row)
            found.append(TrainingCase(run.kind, run, run.solved().given["asked"]))
        except OutOfScopeError:
            continue
    return found


def of_families(families: Sequence[str]) -> list[Parameter]:
    """What each family of chips has of its own."""
    return [replace(one, name=f"{one.name} {family}") for one in (COMPUTE, ATTENTION) for family in families]


def framework_of(figures: Mapping[str, float]) -> TrainingProfile:
    """The profile of searched figures, by family: "compute Hopper"."""
    shares = {name: {key.partition(" ")[2]: value for key, value in figures.items() if key.startswith(f"{name} ")}
              for name in ("compute", "attention")}
    rest = {name: value for name, value in figures.items() if " " not in name}
    made: dict[str, Any] = {name: Shares(min(found.values()), found) for name, found in shares.items()}
    return TrainingProfile("fitted", **made | rest)


def fsdp_ratios(figures: Figures, cases: Sequence[TrainingCase]) -> np.ndarray:
    """Predicted MFU over measured ones."""
    profile = framework_of(figures)
    return np.array([case.run.reached(case.time(profile)) / case.run.measured for case in cases])


def framework_table(key: str, name: str, years: str, found: Fitted, figures: Mapping[str, object],
                    seed: int) -> FittedTable:
    """A table, with shares by family of chips."""
    shares: dict[str, Any] = {}
    for share in ("compute", "attention"):
        each = {one.partition(" ")[2]: float(str(value)) for one, value in figures.items()
                if one.startswith(f"{share} ")}
        shares[share] = {"default": min(each.values())} | each
    rest = {one: value for one, value in figures.items() if " " not in one}
    told = {"name": name, "years": years, "scope": SCOPE[key]}
    return FittedTable("training", key, told | shares | rest, OWNED[key], TRAINING_FIT.origin(found, seed))


def training_tables(rows: Mapping[str, Sequence[Row]], seed: int) -> list[FittedTable]:
    """A profile for each framework."""
    read = rows.get(TRAINING_FILE, [])
    cases = cases_of([row for row in read if is_fsdp(row)], fsdp_run)
    if not cases:
        return []
    families = [family for family in FAMILIES if any(case.kind == family for case in cases)]
    found = fitted_to(cases, [*of_families(families), *REST], fsdp_ratios, seed)
    made = [framework_table("fsdp", "llm-foundry's FSDP", "2023-24", found, found.figures, seed)]
    steps = cases_of([row for row in read if is_megatron(row)], megatron_run)
    return made + ([megatron_table(steps, found, seed)] if steps and "Ampere" in families else [])


def megatron_table(steps: Sequence[TrainingCase], fsdp: Fitted, seed: int) -> FittedTable:
    """Megatron-LM's share of the peak; all else as FSDP's runs have it."""
    same = {name: value for name, value in fsdp.figures.items() if not name.endswith("Hopper")}
    base = {name: base_value(value) for name, value in same.items()}

    def ratios(figures: Figures, some: Sequence[TrainingCase]) -> np.ndarray:
        profile = framework_of(base | {"compute Ampere": figures["compute"]})
        return np.array([case.time(profile) / case.run.measured for case in some])

    own = fitted_to(steps, [COMPUTE], ratios, seed)
    return framework_table("megatron", "Megatron-LM", "2022", own, same | {"compute Ampere": own.figures["compute"]},
                           seed)


TRAINING_FIT = Fit("training", (TRAINING_FILE,), {
    "llm-foundry": Source("MosaicML, llm-foundry: training benchmarks with FSDP on A100 and H100",
                          "https://github.com/mosaicml/llm-foundry/blob/main/scripts/train/benchmarking/README.md",
                          datetime.date(2024, 1, 6)),
    "megatron-selene": Source("Korthikanti et al. 2022, Reducing Activation Recomputation in Large Transformer Models, "
                              "table 5", "https://arxiv.org/abs/2205.05198", datetime.date(2022, 5, 10))},
    training_tables)
