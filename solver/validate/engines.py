"""Studies of engines: TensorRT-LLM, an eager framework (Splitwise), vLLM and FasterTransformer."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import replace

from solver.formulas.lengths import Fixed
from solver.validate.baselines import (
    DEFAULT,
    MATRIX_ONLY,
    RECOMMENDED,
    REFITTED_OVERLAPPED,
    ROOFLINE,
    Case,
    decodes_on_vector_units,
    default,
    tuned,
    version,
    without_vector,
)
from solver.validate.kernels import MODERN
from solver.validate.loads import Load, Widths, full_load
from solver.validate.names import chip_named, plain_transformer, precision_in, transformer_named
from solver.validate.serving import full_finding, loaded_finding
from solver.validate.study import Finding, Study
from solver.validate.tables import DoubtfulError, OutOfScopeError, Row
from solver.zoo.precision import PRECISIONS
from solver.zoo.profiles import Profile, Profiles
from solver.zoo.recipes import Recipes

TUNED, EAGER = "tuned profile", "eager profile"
CONTINUOUS = (1, 0)  # since release 1.0 its tables are of continuous batching


def case(row: Row, batch: str, prompt: str, answer: str | None = None) -> Case:
    """A row of TensorRT-LLM: the KV cache of an 8-bit row is at 8 bits too."""
    kind = precision_in(row["precision"])
    device = chip_named(row["gpu"])
    if math.isnan(device.peak[kind.rate]):
        raise OutOfScopeError(f"the registry has no {kind} rate of {device}")
    return Case(transformer_named(row["model"]), device, kind, kind.cached_as, row.tensor_parallel,
                row.positive(batch), row.positive(prompt), row.positive(answer) if answer else 0.0)


def tuned_forms(release: tuple[int, int] | None, wanted: Case) -> dict[str, Profile]:
    """The tuned profile and its variants, for that release."""
    vector = decodes_on_vector_units(release, wanted.model)
    return {ROOFLINE: Profiles.ideal, DEFAULT: default(), "max+vec": without_vector(REFITTED_OVERLAPPED, vector),
            "quad, no vec": MATRIX_ONLY, RECOMMENDED: tuned(vector)}


def first_tokens(row: Row) -> Finding:
    """TensorRT-LLM's first-token latency of a static batch."""
    if row["precision"].strip() not in ("FP8", "FP16"):
        raise OutOfScopeError(f"{row['precision'].strip() or 'no'} weights: the profile was fitted to FP8 and FP16")
    wanted = case(row, "batch", "input_len")
    forms = tuned_forms(version(row["version"]), wanted)
    return wanted.finding("ttft", row.positive("ttft_ms") / 1e3, forms, RECOMMENDED)


def static_batch(row: Row) -> Finding:
    """TensorRT-LLM's throughput of a static batch; tables per chip are taken times the chips."""
    release = version(row["version"])
    if row["precision"].strip() not in ("FP8", "FP16"):
        raise OutOfScopeError(f"{row['precision'].strip() or 'no'} weights: the profile was fitted to FP8 and FP16")
    if row["scope"].strip() == "per_gpu (header says total)":
        raise DoubtfulError("per chip or in total: the source contradicts itself")
    if release == (0, 7):
        raise OutOfScopeError("release 0.7: tables with and without its new attention kernel")
    wanted = case(row, "batch", "input_len", "output_len")
    measured = row.positive("value") * (row.positive("n_gpu") if row["scope"].startswith("per_gpu") else 1)
    return wanted.finding("tokens_per_second", measured, tuned_forms(release, wanted), RECOMMENDED)


def continuous_batching(row: Row) -> Finding:
    """TensorRT-LLM's throughput since release 1.0, with requests always waiting."""
    load = full_load(row)
    if load.precision.rate not in ("fp8", "fp4"):
        raise OutOfScopeError(f"{row['precision'].strip()} weights: the tables are of FP8 and FP4")
    measured = row.positive("value") * (row.positive("n_gpu") if row["scope"].startswith("per_gpu") else 1)
    return full_finding(load, measured, {TUNED: Profiles.tuned, MODERN: Profiles.modern}, MODERN)


def splitwise(row: Row, batch: str, prompt: str) -> Case:
    """A row of Splitwise's profiles, which are at 16 bits."""
    if row["notes"].startswith("SUSPECT"):
        raise DoubtfulError("batch 64: the source itself doubts these rows")
    half = PRECISIONS["fp16"]
    return Case(transformer_named(row["model"]), chip_named(row["gpu"]), half, half, row.tensor_parallel,
                row.positive(batch), row.positive(prompt))


def eager_forms() -> dict[str, Profile]:
    return {ROOFLINE: Profiles.ideal, DEFAULT: default(), TUNED: Profiles.tuned_early,  # of its time
            EAGER: Profiles.eager}


def eager_first_tokens(row: Row) -> Finding:
    wanted = splitwise(row, "batch", "input_len")
    return wanted.finding("ttft", row.positive("ttft_ms") / 1e3, eager_forms(), EAGER)


def eager_steps(row: Row) -> Finding:
    wanted = replace(splitwise(row, "batch_or_conc", "context_len"), answer=row.positive("output_len"))
    return wanted.finding("itl", row.positive("itl_ms") / 1e3, eager_forms(), EAGER)


def mixture_steps(row: Row) -> Finding:
    """gpt-oss in vLLM under load: its experts are in MXFP4 whatever the KV cache is in."""
    kv = PRECISIONS["fp8" if "KV FP8" in row["precision"] else "fp16"]
    load = Load(transformer_named(row["model"]), chip_named(row["gpu"]), Recipes.GPT_OSS, kv,
                Widths(row.tensor_parallel), row.positive("context_len"), row.positive("output_len"),
                row.positive("batch_or_conc"), Fixed())
    return loaded_finding(load, row.positive("itl_ms") / 1e3, {TUNED: Profiles.tuned, MODERN: Profiles.modern}, TUNED)


def faster_transformer(row: Row) -> Finding:
    """FasterTransformer's GPT, from prompt to last token; the architecture stands in the notes."""
    if row.has("pp") and row.number("pp") != 1:
        raise OutOfScopeError("pipeline parallelism is not modelled in serving")
    if row.tensor_parallel > 8:
        raise OutOfScopeError("tensor parallelism over more than a node is not modelled")
    shape = {name: float(value) for name, value in re.findall(r"(\w+)=(\d+)", row["notes"])}
    if not {"head_num", "size_per_head", "num_layers", "vocab_size"} <= set(shape):
        raise OutOfScopeError("the notes give no architecture")
    network = plain_transformer("GPT", shape["num_layers"], shape["head_num"] * shape["size_per_head"],
                                shape["head_num"], shape["vocab_size"])
    half = PRECISIONS["fp16"]
    wanted = Case(network, chip_named(row["gpu"]), half, half, row.tensor_parallel, row.positive("batch"),
                  row.positive("input_len"), row.positive("output_len"))
    forms = {ROOFLINE: Profiles.ideal, DEFAULT: default(), TUNED: Profiles.tuned_early}
    return wanted.finding("e2e_latency", row.positive("latency_ms") / 1e3, forms, TUNED)


def starts(column: str, text: str) -> Callable[[Row], bool]:
    """Rows whose cell begins with that text."""
    return lambda row: row[column].startswith(text)


def mixtures(row: Row) -> bool:
    return row["framework"].startswith("vLLM") and "gpt-oss" in row["model"].lower()


def since_one(row: Row) -> bool:
    release = version(row["version"])
    return row["framework"].startswith("TensorRT-LLM") and release is not None and release >= CONTINUOUS


def before_one(row: Row) -> bool:
    return row["framework"].startswith("TensorRT-LLM") and not since_one(row)


def engine_studies() -> list[Study]:
    """The studies of engines, in the order of the report."""
    ttft, thr, itl, e2e = "prefill_ttft.csv", "throughput.csv", "decode_itl.csv", "e2e_latency.csv"
    return [
        Study("TRT-LLM TTFT", ttft, starts("framework", "TensorRT-LLM"), first_tokens, RECOMMENDED),
        Study("TRT-LLM throughput", thr, before_one, static_batch, RECOMMENDED, unit="token/s"),
        Study("TRT-LLM throughput v1.0", thr, since_one, continuous_batching, MODERN, "token/s"),
        Study("Splitwise TTFT", ttft, starts("framework", "Splitwise"), eager_first_tokens, EAGER),
        Study("Splitwise ITL", itl, starts("framework", "Splitwise"), eager_steps, EAGER),
        Study("gpt-oss vLLM ITL", itl, mixtures, mixture_steps, TUNED),
        Study("FasterTransformer end to end", e2e, starts("framework", "FasterTransformer"), faster_transformer, TUNED),
    ]
