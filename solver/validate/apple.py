"""Studies of llama.cpp on Apple's chips: ten of them with one model and one build, and the few of another table."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from solver.formulas.kernels import stream_time
from solver.validate.baselines import ROOFLINE
from solver.validate.kernels import MODERN
from solver.validate.names import chip_named, transformer_named
from solver.validate.single_stream import FORM_A, GIB, at, bench, llama_bench, stream_prompt_time
from solver.validate.study import Finding, Study
from solver.validate.tables import OutOfScopeError, Row
from solver.zoo.fitted import fitted
from solver.zoo.hardware import Accelerator
from solver.zoo.models import Transformer
from solver.zoo.precision import PRECISIONS
from solver.zoo.profiles import Profile, Profiles, Shares
from solver.zoo.records import Zoo, base_value

APPLE, APPLE_PROMPT, APPLE_2024 = "llama.cpp Apple", "llama.cpp Apple, prompt", "llama.cpp Apple, 2024"
APPLE_FILE, OTHER_FILE = "llamacpp_apple.csv", "llamacpp_tg.csv"
K_QUANTS = "K-quants"  # of which a block has several scales: dequantizing is then the limit, not reading
# Formats of files, and the size of an element of the embedding table, which is looked up and not streamed.
FILES = {"F16": PRECISIONS["fp16"].size, "Q8_0": PRECISIONS["q8_0"].size, "Q4_0": PRECISIONS["q4_0"].size}
# FLOP/s of a core of the GPU on prompts, by generation of chips ("M2"): Apple prints no rate of most.
PROMPT_CORES: Zoo[float] = Zoo("PROMPT_CORES", lambda: fitted("prompts", lambda table, _: base_value(table["core"])))

Stream = tuple[Transformer, Accelerator, str, float, float, float]  # kind of file, weights, context, tokens a second


def apple_chip(row: Row) -> Accelerator:
    """The chip of a row: one with as many cores where the registry has it, else the one of that name."""
    bare = re.sub(r"(?<=[a-z]) \d+$", "", row["chip"].strip())
    try:
        return chip_named(f"{bare} {row.positive('gpu_cores'):g}")
    except OutOfScopeError:
        return chip_named(row["chip"])


def timed_stream(row: Row) -> Stream:
    """Generation of a row of the ten chips."""
    if row["quant"] not in FILES:
        raise OutOfScopeError(f"files in {row['quant'] or 'no format'} are not modelled")
    network = transformer_named(row["model"])
    weights = row.positive("model_size_gib") * GIB - network.lm_head * FILES[row["quant"]]
    length = float(re.sub(r"\D", "", row["test"]) or 0)
    return network, apple_chip(row), row["quant"], weights, length / 2, row.positive("tok_per_s")


def other_stream(row: Row) -> Stream:
    """Generation of a row of the other table."""
    network, device, weights = llama_bench(row)
    if device.family != "Apple" or row.number("n_gpu") != 1:
        raise OutOfScopeError("another chip than Apple's")
    kind = K_QUANTS if "_K" in row["quant"] else row["quant"]
    context = row.leading("context_depth") + row.positive("n_tokens") / 2
    return network, device, kind, weights, context, row.positive("tok_per_s")


def on_files(profile: Profile, kind: str) -> Profile:
    """The profile with the share of bandwidth that files of that kind are read at."""
    return replace(profile, memory=Shares(profile.memory[kind]))


def stream_rate(stream: Stream, profile: Profile) -> float:
    """Tokens a second of a stream."""
    network, device, kind, weights, context, _ = stream
    return 1 / float(stream_time(at(device, on_files(profile, kind)), network, weights, context))


def stream_rates(streams: Sequence[Stream], profile: Profile) -> list[float]:
    return [stream_rate(stream, profile) for stream in streams]


def found_stream(stream: Stream) -> Finding:
    """What both profiles make of a stream; the older one has one share for all files."""
    if "apple" not in Profiles:
        raise OutOfScopeError("no profile of Apple's chips was fitted")
    older = replace(Profiles.llama_cpp, memory=Shares(Profiles.llama_cpp.memory["Unified"]))
    forms = {ROOFLINE: Profiles.ideal, FORM_A: older, MODERN: Profiles.apple}
    return Finding(stream[-1], {form: stream_rate(stream, profile) for form, profile in forms.items()})


def generation(row: Row) -> tuple[str, float]:
    """Generation of the chip ("M2"), and FLOP/s of one core at which a prompt would run as fast as it did."""
    network, cores = transformer_named(row["model"]), row.positive("gpu_cores")
    length = float(re.sub(r"\D", "", row["test"]) or 0)
    work = stream_prompt_time(network, length, 1.0, 1.0)
    return row["chip"].split()[1], work * row.positive("tok_per_s") / length / cores


def prompt_finding(row: Row) -> Finding:
    """llama.cpp's prompt processing, which arithmetic binds: as many cores, as much faster."""
    name, measured = generation(row)
    if name not in PROMPT_CORES:
        raise OutOfScopeError(f"no prompts on {name} were fitted")
    rate = row.positive("tok_per_s")
    return Finding(rate, {MODERN: rate * PROMPT_CORES[name] / measured})


def rows_of(word: str) -> Any:
    """Rows of that test of the ten chips."""
    return lambda row: row["test"].startswith(word)


def on_apple(row: Row) -> bool:
    """Generation on one of Apple's chips in the other table."""
    return bench("tg")(row) and re.match(r"M\d", row["gpu"]) is not None


def apple_studies() -> list[Study]:
    """The studies of Apple's chips."""
    return [
        Study(APPLE, APPLE_FILE, rows_of("tg"), lambda row: found_stream(timed_stream(row)), MODERN, "token/s"),
        Study(APPLE_PROMPT, APPLE_FILE, rows_of("pp"), prompt_finding, MODERN, "token/s"),
        Study(APPLE_2024, OTHER_FILE, on_apple, lambda row: found_stream(other_stream(row)), MODERN, "token/s"),
    ]
