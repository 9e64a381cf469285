"""What a validation says: a table, the reasons of rows left out, and the same figures for programs."""

from __future__ import annotations

import pathlib
from typing import Any

from solver.show import table_text
from solver.validate.apart import apart_studies
from solver.validate.apple import apple_studies
from solver.validate.capacity import capacity_studies
from solver.validate.components import component_studies, products
from solver.validate.engines import engine_studies
from solver.validate.kernels import kernel_studies
from solver.validate.serving import serving_studies
from solver.validate.single_stream import stream_studies
from solver.validate.study import Outcome, Study, outcomes, unclaimed
from solver.validate.tables import Row, tables

HEADERS = ["Data set", "Form", "Rows", "Left out", "Median |error|", "Median error", "90 % below", "In band"]
SHOWN = 20  # lines of doubtful rows that are named
# Why no study takes the other rows of a file.
OTHERS = {
    "prefill_ttft.csv": "other engines: under load a first token waits in a queue, which is not modelled",
    "throughput.csv": "other engines, under load",
    "decode_itl.csv": "other engines, or an architecture that is not certain",
    "e2e_latency.csv": "Splitwise (the same runs as its first tokens and steps), Megatron-LM (eager, on another host)",
    "training_mfu.csv": "8-bit training, mixtures of experts, offload and TPUs: bound by communication or memory",
    "llamacpp_tg.csv": "other engines",
    "kv_capacity.csv": "the log prints no two figures that follow from one another",
}


def all_studies(rows: dict[str, list[Row]]) -> list[Study]:
    """All studies, in the order of the report."""
    return [*products(rows.get("operator_times_vidur.csv", [])), *engine_studies(), *stream_studies(),
            *component_studies(rows), *capacity_studies(), *serving_studies(), *apart_studies(),
            *kernel_studies(), *apple_studies()]


def validation(folder: pathlib.Path) -> tuple[dict[str, Outcome], dict[str, int]]:
    """What every study finds in a folder, and how many rows of each file none of them takes."""
    rows = tables(folder)
    every = all_studies(rows)
    return outcomes(every, rows), unclaimed(every, rows)


def errors(found: dict[str, Outcome]) -> dict[str, dict[str, Any]]:
    """Rows and errors by data set and form, as shares; a data set without usable rows has no form but its own."""
    return {name: {form: outcome.errors(form) for form in outcome.pairs or [outcome.study.form]}
            for name, outcome in found.items()}


def percent(share: float | None, sign: str = "") -> str:
    return "-" if share is None else f"{100 * share:{sign}.1f} %"


def lines(found: dict[str, Outcome]) -> list[list[str]]:
    """A line for each data set and form; exact tests say how many rows pass."""
    made = []
    for name, forms in errors(found).items():
        for form, figure in forms.items():
            label = f"{form}: {figure['passed']}/{figure['rows']} pass" if "passed" in figure else form
            made.append([name, label, str(figure["rows"]), str(figure["skipped"]), percent(figure["median_abs_error"]),
                         percent(figure["median_error"], "+"), percent(figure["p90_abs_error"]),
                         percent(figure["within_band"])])
    return made


def reasons(found: dict[str, Outcome], others: dict[str, int]) -> list[str]:
    """Why rows were left out, with how many."""
    said = [f"{name}: {count} left out: {reason}" for name, outcome in found.items()
            for reason, count in sorted(outcome.reasons.items(), key=lambda item: -item[1])]
    return said + doubts(found) + [f"{file}: {count} rows of no data set: {OTHERS.get(file, 'not modelled')}"
                   for file, count in others.items()]


def doubts(found: dict[str, Outcome]) -> list[str]:
    """Doubtful rows, by what is doubtful, with where they stand."""
    return [f"{name}: {len(rows)} doubtful: {why} ({_places(rows)})" for name, outcome in found.items()
            for why, rows in outcome.doubtful.items()]


def _places(rows: list[Row]) -> str:
    """Lines of a file, the first of many."""
    lines = ", ".join(str(row.line) for row in rows[:SHOWN])
    return f"{rows[0].file}, lines {lines}{' and others' if len(rows) > SHOWN else ''}"


def text(found: dict[str, Outcome], others: dict[str, int]) -> str:
    """The report as it is printed."""
    body = table_text(HEADERS, lines(found)) if found else "No row belongs to a data set that is modelled."
    return "\n".join([body, "", "Error = prediction / measurement - 1.", *reasons(found, others)])
