"""The fit of engines of 2025-26: the profiles `modern` and `pcie`.

All rows of servers are fitted together: closed loops, nodes that decode alone, and full servers, for their figures are
those of one engine. A figure starts where kernels are, and is held near it unless rows pull it away (`PULL`): a share
that few rows know of stays what a kernel reaches. Errors are shares of the measurement, as people judge them.
"""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from solver.fit.file import Fit, FittedTable
from solver.fit.search import Figures, Fitted, Parameter, least_squares
from solver.formulas.unpublished import known_decode_time
from solver.serving.batching import Batching
from solver.validate.loads import Load, decoding_load, full_load, served_load
from solver.validate.serving import (
    DECODED,
    FILLED,
    FULL_2024,
    FULL_PCIE,
    SERVED,
    full_part,
    is_doubtful,
)
from solver.validate.tables import OutOfScopeError, Row
from solver.zoo.node import Node
from solver.zoo.profiles import Profile, Shares
from solver.zoo.records import Source

SEARCHES = 15  # of a search: later ones move no figure by a hundredth
SOFT, PULL = 0.07, 0.4  # errors beyond 7 % count less and less; a figure may be half as large again at little cost
DENSE = 8.0  # rows of mixtures that one of a dense model counts as: they are more, and vary more from run to run
BLOCK = 16.0
EXPERT_KINDS = ("Hopper 16 bit", "Hopper 8 bit", "Hopper 4-bit weights", "Blackwell 16 bit", "Blackwell 8 bit",
                "Blackwell 4 bit", "Blackwell 4-bit weights", "Ampere 16 bit")
GROUPED = (0.7, 0.5, 0.3, 0.5, 0.25, 0.8, 0.3, 0.7)  # where those of EXPERT_KINDS begin
ROUTING = (20, 50, 28, 14, 35, 8, 35, 20)
SCOPE_2026 = ("TensorRT-LLM 0.20 to 1.3, vLLM and SGLang of 2025-26 on H100, H200 and Blackwell, joined by NVLink; "
              "16-bit mixtures on Ampere of 2024")
SCOPE_PCIE = "TensorRT-LLM 0.14 on A100 PCIe and L40S, which share a host's bus"
SAID = ("name", "years", "scope")  # of a profile, which are not figures
FITTED_UNITS = {"launch": "us", "routing": "us", "latent": "us", "index": "us", "state": "us", "reading": "us",
                "request": "us/request", "latency": "us", "hop": "us"}


def _of(field: str, start: float, low: float, high: float, kind: str = "") -> Parameter:
    return Parameter(f"{field}.{kind}" if kind else field, start, low, high, FITTED_UNITS.get(field, ""))


MODERN_PARAMETERS = [
    _of("compute", 0.75, 0.2, 0.82, "Hopper 16-bit"), _of("compute", 0.6, 0.2, 0.8, "Hopper 8-bit"),
    _of("compute", 0.7, 0.2, 0.78, "Blackwell 16-bit"), _of("compute", 0.6, 0.2, 0.8, "Blackwell 8-bit"),
    _of("compute", 0.42, 0.2, 0.8, "Blackwell 4-bit"), _of("compute", 0.65, 0.2, 0.82, "Ampere 16-bit"),
    _of("attention", 0.6, 0.2, 0.9), _of("memory", 0.9, 0.5, 0.98),
    *(_of("cache", 0.75, 0.3, 1.0, family) for family in ("Hopper", "Blackwell", "Ampere")),
    *(_of("experts", 0.85, 0.3, 1.0, kind) for kind in EXPERT_KINDS),
    *(_of("grouped", start, 0.05, 1.0, kind) for kind, start in zip(EXPERT_KINDS, GROUPED, strict=True)),
    *(_of("routing", start, 1.0, 200.0, kind) for kind, start in zip(EXPERT_KINDS, ROUTING, strict=True)),
    _of("launch", 55.0, 5.0, 200.0), _of("latent", 20.0, 1.0, 200.0), _of("index", 50.0, 1.0, 300.0),
    _of("state", 20.0, 1.0, 200.0), _of("reading", 50.0, 1.0, 300.0), _of("request", 10.0, 0.5, 100.0),
    _of("latency", 4.0, 0.5, 40.0), _of("hop", 0.4, 0.05, 5.0),
    _of("bus", 0.65, 0.1, 0.95, "Hopper"), _of("bus", 0.4, 0.1, 0.95, "Blackwell"),
    _of("bus", 0.6, 0.1, 0.95, "Ampere")]
PCIE_PARAMETERS = [
    _of("compute", 0.65, 0.2, 0.82, "Ampere 16-bit"), _of("compute", 0.55, 0.2, 0.82, "Ada 8-bit"),
    _of("memory", 0.9, 0.5, 0.98), *(_of("cache", 0.8, 0.3, 1.0, family) for family in ("Ampere", "Ada")),
    _of("launch", 60.0, 5.0, 300.0), _of("request", 10.0, 0.5, 200.0), _of("latency", 30.0, 1.0, 300.0),
    _of("bus", 0.6, 0.05, 0.95),
    _of("crowding", 1.0, 0.05, 2.5)]


@dataclass(frozen=True)
class Measured:
    """What was measured of a load: the time between tokens, or tokens a second where `rate`; of data set `part`."""

    load: Load
    value: float
    part: str
    rate: bool = False

    @property
    def batched(self) -> tuple[Any, ...]:
        """What rows have in common that are predicted in one go."""
        load = self.load
        return (load.model.name, load.device.name, load.precision.name, load.kv_precision.name, load.widths,
                repr(load.lengths), load.alone, self.rate)


@dataclass(frozen=True)
class Bundle:
    """Measurements that differ in numbers alone, as arrays."""

    one: Measured
    prompt: np.ndarray
    answer: np.ndarray
    requests: np.ndarray
    reserve: np.ndarray
    value: np.ndarray
    places: np.ndarray

    def ratios(self, profile: Profile) -> np.ndarray:
        """Predictions over measurements."""
        load, widths = self.one.load, self.one.load.widths
        node = Node(load.device, load.precision, load.kv_precision, profile, widths.tensor, widths.experts,
                    widths.groups)
        if load.alone:
            mean = load.lengths.mean(1.0)
            context = mean * (self.prompt + self.answer / 2)
            return np.asarray(known_decode_time(node, load.model, self.requests, context) / self.value)
        asked = Batching(node, load.model, self.prompt + self.answer, self.answer, self.requests, BLOCK, load.lengths,
                         self.reserve)
        name = "throughput_tokens_per_sec" if self.one.rate else "itl"
        return np.asarray(asked.field_values()[name] / self.value)


def bundles(cases: Sequence[Measured]) -> list[Bundle]:
    """All measurements, in bundles."""
    found: dict[Any, list[int]] = defaultdict(list)
    for place, case in enumerate(cases):
        found[case.batched].append(place)
    return [_bundle([cases[i] for i in places], np.array(places)) for places in found.values()]


def _bundle(cases: Sequence[Measured], places: np.ndarray) -> Bundle:
    prompt, answer, requests, reserve = (np.array([getattr(case.load, name) for case in cases], float)
                                         for name in ("prompt", "answer", "requests", "reserve"))
    return Bundle(cases[0], prompt, answer, requests, reserve, np.array([case.value for case in cases]), places)


def ratios(profile: Profile, some: Sequence[Bundle], count: int) -> np.ndarray:
    """Predictions over measurements, of all bundles."""
    found = np.empty(count)
    for bundle in some:
        found[bundle.places] = bundle.ratios(profile)
    return found


def profile_of(figures: Mapping[str, Any], base: Profile) -> Profile:
    """The profile of fitted figures; a name such as "compute.Ada 8-bit" is a share of a kind."""
    plain: dict[str, Any] = {}
    shares: dict[str, dict[str, Any]] = defaultdict(dict)
    for name, value in figures.items():
        field, dot, kind = name.partition(".")
        if dot:
            shares[field][kind] = value
        else:
            plain[field] = value
    kinds = {field: Shares(float(np.median(list(named.values()))), named) for field, named in shares.items()}
    given: dict[str, Any] = {**plain, **kinds}
    return replace(base, **given)


def searched(cases: Sequence[Measured], parameters: Sequence[Parameter], base: Profile) -> Figures:
    """The figures, in base units, with the least errors of all cases and the least pull away from where they began."""
    some, weights = bundles(cases), np.sqrt([1.0 if case.load.model.mixture_layers else DENSE for case in cases])
    low, high, start = (np.log([getattr(one, name) * one.base for one in parameters])
                        for name in ("low", "high", "start"))

    def named(point: np.ndarray) -> Figures:
        return {one.name: float(value) for one, value in zip(parameters, np.exp(point), strict=True)}

    def faults(point: np.ndarray) -> np.ndarray:
        errors = (ratios(profile_of(named(point), base), some, len(cases)) - 1) / SOFT
        soft = np.sign(errors) * np.sqrt(2 * (np.sqrt(1 + errors**2) - 1))
        return np.concatenate([weights * soft, (point - start) / PULL])

    return named(least_squares()(faults, start, bounds=(low, high), x_scale=0.1, max_nfev=SEARCHES).x)


def unseen_errors(cases: Sequence[Measured], parameters: Sequence[Parameter], base: Profile, seed: int) -> np.ndarray:
    """Errors of rows that were not fitted: each half is predicted with what the other one says."""
    errors, order = np.empty(len(cases)), np.random.default_rng(seed).permutation(len(cases))
    for known, unseen in ((order[::2], order[1::2]), (order[1::2], order[::2])):
        profile = profile_of(searched([cases[i] for i in known], parameters, base), base)
        rest = [cases[i] for i in unseen]
        errors[unseen] = ratios(profile, bundles(rest), len(rest)) - 1
    return errors


def measurements(rows: Mapping[str, Sequence[Row]]) -> list[Measured]:
    """What the rows of all files say that a model can be asked for."""
    return [*_measured(rows.get(SERVED, []), served_load, "silicon_tpot_ms", "served"),
            *_measured(rows.get(DECODED, []), decoding_load, "silicon_tpot_ms", "decoded"),
            *_measured(rows.get(FILLED, []), full_load, "value", "")]


def _measured(rows: Iterable[Row], load_of: Callable[[Row], Load], column: str, part: str) -> list[Measured]:
    found = []
    for row in rows:
        try:
            load = load_of(row)
            value = row.positive(column) * (1.0 if column == "value" else 1e-3)
            case = Measured(load, value, part or full_part(row), column == "value")
            load.served("ideal")  # refuses what does not fit
            if not is_doubtful(case.load, value, case.rate):
                found.append(case)
        except OutOfScopeError:
            continue
    return found


def modern_cases(cases: Sequence[Measured]) -> list[Measured]:
    """Those of engines of 2025-26, and mixtures on earlier ones."""
    return [case for case in cases if case.load.device.domain > 1 and case.part != FULL_2024]


def pcie_cases(cases: Sequence[Measured]) -> list[Measured]:
    """Those of dense models on cards without a link."""
    return [case for case in cases if case.part == FULL_PCIE]


def engine_tables(rows: Mapping[str, Sequence[Row]], seed: int) -> list[FittedTable]:
    """A table for each profile."""
    cases = measurements(rows)
    made: list[FittedTable] = []
    modern = Profile("engines of 2025-26", norm=2.0, mixed=1.0)
    base = modern
    told = (("modern", modern_cases(cases), MODERN_PARAMETERS, "2025-26", SCOPE_2026, modern.name),
            ("pcie", pcie_cases(cases), PCIE_PARAMETERS, "2024", SCOPE_PCIE, "cards on one host's bus"))
    for key, some, parameters, years, scope, name in told:
        if not some:
            continue
        found = searched(some, parameters, base)
        if key == "modern":
            base = profile_of(found, modern)
        made.append(_table(key, name, years, scope, _written(found, parameters, made), _judged(
            some, parameters, base if key == "pcie" else modern, seed), seed))
    return made


def _written(found: Figures, parameters: Sequence[Parameter], made: Sequence[FittedTable]) -> dict[str, Any]:
    """Figures as the file has them, shares by kind together; of what no row of `pcie` tells, it has those of `modern`.
    """
    figures: dict[str, Any] = {"norm": 2.0, "mixed": 1.0}
    if made:
        figures = {name: value for name, value in made[0].figures.items() if name not in SAID}
    for one in parameters:
        field, dot, kind = one.name.partition(".")
        if not dot:
            figures[field] = one.written(found[one.name])
            continue
        known = figures.get(field)
        figures[field] = {**(known if isinstance(known, dict) else {}), kind: one.written(found[one.name])}
    return {field: _with_default(field, value) for field, value in figures.items()}


def _with_default(field: str, value: Any) -> Any:
    """Shares by kind with that of all others: the middle one."""
    if not isinstance(value, dict):
        return value
    named = {kind: share for kind, share in value.items() if kind != "default"}
    middle = float(np.median([float(str(share).split()[0]) for share in named.values()]))
    unit = f" {FITTED_UNITS[field]}" if field in FITTED_UNITS else ""
    return {"default": f"{middle:.4g}{unit}" if unit else float(f"{middle:.4g}"), **named}


def _judged(cases: Sequence[Measured], parameters: Sequence[Parameter], base: Profile, seed: int) -> Fitted:
    errors = np.abs(unseen_errors(cases, parameters, base, seed))
    return Fitted({}, len(cases), float(np.median(errors)), float(np.percentile(errors, 90)), ())


def _table(key: str, name: str, years: str, scope: str, figures: dict[str, Any], judged: Fitted,
           seed: int) -> FittedTable:
    words = dict(zip(SAID, (name, years, scope), strict=True))
    return FittedTable("profiles", key, {**words, **figures}, "aiconfigurator-serving" if key == "modern" else
                       "tensorrt-llm-full", ENGINE_FIT.origin(judged, seed))


ENGINE_FIT = Fit("engines", (SERVED, DECODED, FILLED), {
    "aiconfigurator-serving": Source(
        "NVIDIA, aiconfigurator: runs of SemiAnalysis InferenceX and of NVIDIA with TensorRT-LLM, vLLM and SGLang",
        "https://github.com/ai-dynamo/aiconfigurator", datetime.date(2026, 4, 27)),
    "tensorrt-llm-full": Source(
        "TensorRT-LLM v0.14, performance overview: full servers on A100 PCIe and L40S",
        "https://github.com/NVIDIA/TensorRT-LLM/blob/v0.14.0/docs/source/performance/perf-overview.md",
        datetime.date(2024, 11, 1))}, engine_tables)
