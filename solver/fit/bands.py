"""The count of bands: from where to where 8 of 10 measurements lie, by quantity, regime and generation.

It comes after all fits, and reads the predictions as `python -m solver.validate` makes them. A band leaves out as many
rows on either side; it leaves out a little fewer than it may, since rows that it never saw are off by a little more.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.fit.file import Fit, FittedTable
from solver.validate import apart, apple, components, kernels, report, serving, single_stream
from solver.validate.study import Outcome, outcomes
from solver.validate.tables import Row
from solver.zoo.profiles import Profiles

SIDE = 8.0  # percent of the rows that a band leaves out on either side
FEW = 4  # rows that say too little
LINKED, HOSTED = ("Hopper", "Blackwell"), ("Ampere", "Ada")
APPLE = ("Apple",)
CARDS = ("Ampere", "Ada", "Turing", "Volta")


@dataclass(frozen=True)
class Regime:
    """What a data set says the band of: a quantity of some profiles, and the cases that are like its rows."""

    data_set: str
    quantity: str = ""
    profiles: tuple[str, ...] = ()
    limits: Mapping[str, Any] = ()  # type: ignore[assignment]


def _serving(data_set: str, name: str, *profiles: str, **limits: Any) -> Regime:
    return Regime(data_set, f"ServingModel.{name}", profiles, limits)


def _loaded(data_set: str, name: str, *profiles: str, **limits: Any) -> Regime:
    return Regime(data_set, f"ContinuousBatchingModel.{name}", profiles, limits)


RATE = "throughput_tokens_per_sec"
ANSWERED = "tokens_per_second"
EARLY = {"families": ("Ampere", "Hopper", "Ada")}
DENSE, MIXTURES = {"mixtures": 0.0, "families": LINKED}, {"dense": 0.0, "families": LINKED}
SINGLE = {"most": 1.0}
# A profile's bands, by the data sets that they are counted on. A static batch's rate is nearly that of its steps.
REGIMES = [
    _serving("TRT-LLM TTFT", "ttft", "tuned", "tuned_early", **EARLY),
    _serving("TRT-LLM throughput", ANSWERED, "tuned", "tuned_early", **EARLY, least=8.0),
    _serving("TRT-LLM throughput", "itl", "tuned", "tuned_early", **EARLY, least=8.0),
    _loaded(serving.FULL_2024, RATE, "tuned", mixtures=0.0, families=("Ampere", "Hopper"), least=256.0),
    _serving("FasterTransformer end to end", "e2e_latency", "tuned_early", mixtures=0.0),
    _serving("Splitwise TTFT", "ttft", "eager", families=("Ampere",)),
    _serving("Splitwise ITL", "itl", "eager", families=("Ampere",)),
    _serving(single_stream.CUDA, "itl", "llama_cpp", families=CARDS, **SINGLE, hosted=1.0),
    _serving(apple.APPLE, "itl", "apple", families=APPLE, **SINGLE, hosted=1.0),
    _serving("TinyChat ITL", "itl", "tinychat", families=CARDS, **SINGLE, hosted=1.0),
    _serving("ExLlamaV2 tg", "itl", "exllamav2", families=CARDS, **SINGLE, hosted=1.0),
    _loaded(serving.DENSE, "itl", "modern", **DENSE), _loaded(serving.EXPERTS, "itl", "modern", **MIXTURES),
    _serving(serving.DENSE_STEPS, "itl", "modern", **DENSE),
    _serving(serving.EXPERT_STEPS, "itl", "modern", **MIXTURES, most=256.0),
    _serving(serving.APART, "itl", "modern", **MIXTURES, least=257.0),
    Regime(apart.FIRST_APART, "DisaggregatedModel.ttft_load_test", ("modern",), MIXTURES),
    Regime(apart.LOOP_STEPS, "DisaggregatedModel.itl", ("modern",), MIXTURES),
    _loaded(serving.FULL_DENSE, RATE, "modern", **DENSE, least=512.0),
    _loaded(serving.FULL_EXPERTS, RATE, "modern", dense=0.0, families=("Ampere", "Hopper"), least=512.0),
    _loaded(serving.FULL_PCIE, RATE, "pcie", mixtures=0.0, families=HOSTED, least=256.0, hosted=1.0),
]
# What is no result's: single kernels, collectives, drafts, training, other forms of streams.
BESIDES = [kernels.GEMM, kernels.ALL_REDUCES, kernels.LARGE_IN_GRAPHS, apple.APPLE_PROMPT, apple.APPLE_2024,
          components.LARGE, components.SMALL, "GEMM A100", "GEMM H100", "spec AL(K) from AL(1)",
          "spec AL(K) from AL(3)", "llm-foundry MFU", "Megatron iteration (530B, 1T)", single_stream.ONE,
          single_stream.F16, single_stream.EVERY, single_stream.SPARK, "llama.cpp prompt, 1 GPU",
          "gpt-oss vLLM ITL", "TRT-LLM throughput v1.0"]


def counted_tables(rows: Mapping[str, Sequence[Row]], seed: int) -> list[FittedTable]:
    """A band for each regime, of the rows of its data set."""
    read = {name: list(some) for name, some in rows.items()}
    found = outcomes(report.all_studies(read), read)
    return [table for regime in [*REGIMES, *map(Regime, BESIDES)] if (outcome := found.get(regime.data_set))
            for table in _tables(regime, outcome)]


def _tables(regime: Regime, outcome: Outcome) -> list[FittedTable]:
    pairs = np.array(outcome.pairs.get(outcome.study.form, []))
    if len(pairs) < FEW:
        return []
    off = pairs[:, 1] / pairs[:, 0] if outcome.rate else pairs[:, 0] / pairs[:, 1]  # of times, measured to predicted
    down, up = (max(float(np.ceil(100 * share) / 100), 0.01)
                for share in (1 - np.percentile(off, SIDE), np.percentile(off, 100 - SIDE) - 1))
    held = float(np.mean((off >= 1 - down) & (off <= 1 + up)))
    figures = {"name": regime.data_set, "quantity": regime.quantity, **dict(regime.limits), "down": down, "up": up,
               "rows": len(pairs), "held": round(held, 3)}
    origin = {"by": "bands", "of": outcome.study.file}
    name = f"{regime.data_set}, {regime.quantity}" if regime.quantity else regime.data_set
    return [FittedTable("bands", f"{name}, {profile}" if profile else name, {
        "profile": Profiles[profile].name if profile else "", **figures}, "", origin)
            for profile in regime.profiles or ("",)]


BAND_FIT = Fit("bands", (), {}, counted_tables)
