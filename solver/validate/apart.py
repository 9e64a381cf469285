"""The studies of nodes apart: TTFT and TPOT of a closed loop from the numbers of nodes and requests alone.

A steady state is far off: it is 91 % too short (median; 99 % at the ninth decile), on 98 rows. Hardly a request waits
there, for the nodes that read are mostly idle, and in the measurements they wait for seconds: a load test sends all of
its requests at once, and answers of nearly one length bring them back in waves. The form "all at once" has them come
so every time, and is off by 72 %, more often too long than too short. `ttft_load_test` lies between the two and adds
what router and transfer take, both fitted to these rows: 39 % off, and 41 % (92 % at the ninth decile) on rows that it
was not fitted to. How long waves last depends on how a test was run, which the rows do not say, and two rows have half
a minute with a handful of requests, which is an engine that starts. TPOT is off by 7 % (24 % at the ninth decile) from
the same numbers, for nearly all requests decode: the study of a loop's steps.
"""

from __future__ import annotations

import re
from typing import Any

from solver.serving.apart import DisaggregatedModel
from solver.serving.apart_result import DisaggregatedResult
from solver.validate.baselines import DEFAULT, ROOFLINE, default
from solver.validate.kernels import MODERN
from solver.validate.loads import DRAWN, cache_beside, loaded_widths, named_requests, weights_format
from solver.validate.names import chip_named, transformer_named
from solver.validate.serving import DECODED
from solver.validate.study import Finding, Study, answered, every_row
from solver.validate.tables import DoubtfulError, Row
from solver.zoo.profiles import Profiles

FIRST_APART = "serving 2026 disaggregated TTFT"
LOOP_STEPS = "serving 2026 disaggregated TPOT of a loop"
STEADY, BURST = "steady state", "all at once"


def loop_requests(row: Row) -> float:
    """How many requests were under way."""
    in_name = re.search(r"_c(\d+)_", row["id"])
    if found := named_requests(row) or (in_name and float(in_name[1])):
        return found
    groups = loaded_widths(row, "decode_").groups  # what each of the groups of each node had
    return row.positive("decode_batch_size") * groups * row.positive("decode_num_workers")


def apart_load(row: Row) -> dict[str, Any]:
    """What a row asks, in the arguments of `DisaggregatedModel.solve`, all but the profile."""
    if not (row.has("prefill_num_workers") and row.has("decode_num_workers")):
        raise DoubtfulError("the row does not say how many nodes read prompts, and how many decode")
    model = transformer_named(row["model_path"])
    weights = weights_format(row, model)
    reading, decoding = loaded_widths(row, "prefill_"), loaded_widths(row, "decode_")
    return {"model": model, "hardware": chip_named(row["system"]), "precision": weights,
            "kv_precision": cache_beside(weights), "seq_len": round(row.positive("isl") * DRAWN.mean(1.0)),
            "output_len": round(row.positive("osl") * DRAWN.mean(1.0)), "concurrency": loop_requests(row),
            "prefill_nodes": row.positive("prefill_num_workers"), "decode_nodes": row.positive("decode_num_workers"),
            **reading.arguments, **{f"decode_{name}": chips for name, chips in decoding.arguments.items()}}


def loops(row: Row) -> dict[str, DisaggregatedResult]:
    """What the solver says of a row by each form."""
    asked = apart_load(row)
    return {form: answered(DisaggregatedModel().solve, **asked, profile=profile) for form, profile in (
        (ROOFLINE, Profiles.ideal), (DEFAULT, default()), (MODERN, Profiles.modern))}


def loop_step(row: Row) -> Finding:
    """TPOT by each form, from the numbers of nodes and requests."""
    found = loops(row)
    return Finding(row.positive("silicon_tpot_ms") / 1e3, {form: float(r.values["itl"]) for form, r in found.items()},
                   band=found[MODERN].interval("itl"), floor=float(found[MODERN].floor.values["itl"]))


def first_token(row: Row) -> Finding:
    """TTFT of a load test by each form, and of the chosen one in a steady state and if all requests come at once."""
    found = loops(row)
    chosen = found[MODERN]
    predicted = {form: float(r.values["ttft_load_test"]) for form, r in found.items()}
    others = {STEADY: float(chosen.values["ttft"]), BURST: float(chosen.values["ttft_burst"])}
    return Finding(row.positive("silicon_ttft_ms") / 1e3, predicted | others,
                   band=chosen.interval("ttft_load_test"), floor=float(chosen.floor.values["ttft"]))


def apart_studies() -> list[Study]:
    """The studies. That of steps whose batch is given is another's."""
    return [Study(FIRST_APART, DECODED, every_row, first_token, MODERN, part_of=True),
            Study(LOOP_STEPS, DECODED, every_row, loop_step, MODERN, part_of=True)]
