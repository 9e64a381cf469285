"""The fit of llama.cpp on Apple's chips: the profile `apple`, and what a core of their GPUs does of a prompt.

Files whose blocks have one scale (and F16) are read at one share of the bandwidth, which rows of ten chips give with
the time of a layer; K-quants, which are slower to make wide, have a share of their own from another table.
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from solver.fit.file import Fit, FittedTable
from solver.fit.search import Figures, Fitted, Parameter, by_kind, fitted_to
from solver.validate.apple import (
    APPLE_FILE,
    K_QUANTS,
    OTHER_FILE,
    Stream,
    generation,
    on_apple,
    other_stream,
    rows_of,
    stream_rates,
    timed_stream,
)
from solver.validate.tables import Row
from solver.zoo.profiles import Profile, Shares
from solver.zoo.records import Source

MEMORY, LAUNCH = Parameter("memory", 0.85, 0.1, 1.0), Parameter("launch", 100.0, 1.0, 1000.0, "us")
CORE = Parameter("core", 0.3, 0.01, 10.0, "TFLOP/s")
APPLE_SCOPE = ("generation at batch 1 on Apple's chips, with files of F16, Q8_0 and Q4_0; K-quants have a share of "
               "their own")


@dataclass(frozen=True)
class OfKind:
    """A stream, or a prompt, and its kind: that of its file, or the generation of its chip."""

    kind: str
    what: Stream | float


def streams(rows: Sequence[Row]) -> list[OfKind]:
    """Generation on the ten chips."""
    found = by_kind([row for row in rows if rows_of("tg")(row)], lambda row: OfKind("tg", timed_stream(row)))
    return found.get("tg", [])


def k_quants(rows: Sequence[Row]) -> list[OfKind]:
    """Generation with K-quants."""
    def case(row: Row) -> OfKind:
        stream = other_stream(row)
        return OfKind(stream[2], stream)

    return by_kind([row for row in rows if on_apple(row)], case).get(K_QUANTS, [])


def stream_ratios(figures: Figures, cases: Sequence[OfKind]) -> np.ndarray:
    """Predicted rates over measured ones."""
    profile = Profile("apple", memory=Shares(figures["memory"]), launch=figures["launch"], norm=2.0)
    found: list = [case.what for case in cases]
    return np.array(stream_rates(found, profile)) / np.array([stream[-1] for stream in found])


def profile_table(found: Fitted, launch: float, rows: Sequence[Row], seed: int) -> FittedTable:
    """The profile: K-quants take as long a layer, and are read at their own share."""
    shares: dict[str, str | float] = {"default": found.figures["memory"]}
    if cases := k_quants(rows):
        def narrow_ratios(figures: Figures, some: Sequence[OfKind]) -> np.ndarray:
            return stream_ratios({**figures, "launch": launch}, some)

        shares[K_QUANTS] = fitted_to(cases, [MEMORY], narrow_ratios, seed).figures["memory"]
    figures = {"name": "llama.cpp on Apple's chips", "years": "2023-26", "scope": APPLE_SCOPE, "memory": shares,
               "launch": found.figures["launch"], "norm": 2.0}
    return FittedTable("profiles", "apple", figures, "llama-cpp-apple", APPLE_FIT.origin(found, seed))


def core_ratios(figures: Figures, cases: Sequence[OfKind]) -> np.ndarray:
    """Predicted rates of prompts over measured ones."""
    measured: list = [case.what for case in cases]
    return figures["core"] / np.array(measured)


def apple_tables(rows: Mapping[str, Sequence[Row]], seed: int) -> list[FittedTable]:
    """The profile, and a table for each generation of chips."""
    made = []
    if cases := streams(rows.get(APPLE_FILE, [])):
        found = fitted_to(cases, [MEMORY, LAUNCH], stream_ratios, seed)
        launch = float(str(found.figures["launch"]).split()[0]) * LAUNCH.base
        made.append(profile_table(found, launch, rows.get(OTHER_FILE, []), seed))
    prompts = [row for row in rows.get(APPLE_FILE, []) if rows_of("pp")(row)]
    for name, measured in by_kind(prompts, lambda row: OfKind(*generation(row))).items():
        found = fitted_to(measured, [CORE], core_ratios, seed)
        made.append(FittedTable("prompts", name, found.figures, "llama-cpp-apple", APPLE_FIT.origin(found, seed)))
    return made


APPLE_FIT = Fit("apple", (APPLE_FILE, OTHER_FILE), {"llama-cpp-apple": Source(
    "llama.cpp, discussion 4167: performance on Apple silicon, Llama 2 7B with build 8e672ef",
    "https://github.com/ggml-org/llama.cpp/discussions/4167", datetime.date(2023, 11, 22))}, apple_tables)
