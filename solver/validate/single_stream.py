"""Studies of single streams: llama.cpp, TinyChat and ExLlamaV2, which read all weights for each token."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

from solver.formulas.kernels import stream_time
from solver.formulas.memory import kv_bytes_per_token
from solver.formulas.transformer import streamed_bytes
from solver.validate.baselines import DEFAULT, PEER, ROOFLINE, Case
from solver.validate.names import chip_named, precision_in, transformer_named, weights_of
from solver.validate.study import Finding, Study
from solver.validate.tables import OutOfScopeError, Row
from solver.zoo.hardware import Accelerator
from solver.zoo.models import Transformer
from solver.zoo.node import Node
from solver.zoo.precision import PRECISIONS
from solver.zoo.profiles import Profile, Profiles, Shares

GIB, HALF = 2**30, PRECISIONS["fp16"]
FORM_A, FORM_C = "A: eta/class + 0.10ms/layer", "C: + eta_kv, apple layer"
ONE, F16, CUDA = "llama.cpp tg, tok/s, 1 GPU", "- F16 only", "- CUDA only"
EVERY, SPARK = "- all incl. layer-split multi-GPU", "llama.cpp tg, GB10"
FILE_ROOFLINE, PROMPT = "roofline (file+KV)", "eta_c/class, eta_a=.083"
# Bytes of an entry of the embedding table, which is looked up and not streamed, by format of the file.
EMBEDDING = {"F16": 2.0, "Q4_K_M": 4.5 / 8, "Q8_0": 8.5 / 8}
# Variant C: shares of bandwidth for weights by kind of memory, one for the KV cache, more time a layer on Apple.
C_WEIGHTS, C_CACHE = {"GDDR": 0.94, "HBM": 0.51, "Unified": 0.85}, 0.45
C_LAYER, C_APPLE_LAYER = 93e-6, 350e-6
# Prompts in the build of May 2024, without flash attention: shares of the rate with FP16 accumulation.
PROMPT_SHARES, PROMPT_Q4 = {"GDDR": 0.50, "HBM": 0.36, "Unified": 0.83}, 0.8
# Apple prints no 16-bit rate; the FP32 rate of the GPU of each (TFLOP/s) is what matrix products run at.
APPLE_RATES = {"Apple M1 8 GB": 2.3e12, "Apple M1 Max 64 GB": 10.4e12, "Apple M3 Max 64 GB": 14.2e12}


def profile_on(profile: Profile, device: Accelerator) -> Profile:
    """The profile on that chip: unified memory reaches Apple's share on Apple's chips alone."""
    if device.memory_kind == "Unified" and device.family != "Apple":
        return replace(profile, memory=Shares(profile.memory.default))
    return profile


def at(device: Accelerator, profile: Profile) -> Node:
    return Node(device, HALF, HALF, profile_on(profile, device))


def llama_bench(row: Row) -> tuple[Transformer, Accelerator, float]:
    """Model, chip and size of the file of a row of llama-bench."""
    if row["quant"] not in EMBEDDING:
        raise OutOfScopeError(f"files in {row['quant'] or 'no format'} are not modelled")
    found, device = transformer_named(row["model"]), chip_named(row["gpu"])
    return found, device, row.positive("model_size_gib") * GIB - found.lm_head * EMBEDDING[row["quant"]]


def tokens(row: Row) -> Finding:
    """llama.cpp's generation; several cards take layers in turn, which is no faster than one."""
    network, device, weights = llama_bench(row)
    context = row.leading("context_depth") + row.positive("n_tokens") / 2
    whole = row.positive("model_size_gib") * GIB  # a roofline that knows no more than the file's size
    times = {FILE_ROOFLINE: stream_time(at(device, Profiles.ideal), network, whole, context),
             FORM_A: stream_time(at(device, Profiles.llama_cpp), network, weights, context),
             FORM_C: variant_c(device, network, weights, context),
             PEER: peer_time(row["quant"], network, device, context)}
    rates = {form: 1 / float(time) for form, time in times.items()}
    return Finding(row.positive("tok_per_s"), rates, parts(row, device))


def variant_c(device: Accelerator, network: Transformer, weights: float, context: float) -> float:
    """A share of its own for the KV cache, and more time a layer on Apple's chips."""
    share = C_WEIGHTS.get(device.memory_kind, 0.94)
    cache = kv_bytes_per_token(network, HALF) * context / C_CACHE
    layer = C_APPLE_LAYER if device.family == "Apple" else C_LAYER
    return (weights / share + cache) / device.bandwidth + network.layers * layer


def peer_time(quant: str, network: Transformer, device: Accelerator, context: float) -> float:
    """Another tool's decode step, which has 4-bit weights for 4-bit files, and a cache as narrow."""
    kind = HALF if quant == "F16" else PRECISIONS["int8" if quant == "Q8_0" else "int4"]
    return Case(network, device, kind, kind).peer.itl(context)


def parts(row: Row, device: Accelerator) -> tuple[str, ...]:
    """The data sets that a row of generation counts in."""
    everywhere = (EVERY,)
    if row.number("n_gpu") != 1:
        return everywhere
    narrow = (F16,) * (row["quant"] == "F16") + (CUDA,) * (device.family != "Apple")
    return (ONE, *narrow, *everywhere)


def prompts(row: Row) -> Finding:
    """llama.cpp's prompt processing: arithmetic alone."""
    if row.number("n_gpu") != 1:
        raise OutOfScopeError("several cards work on a prompt as a pipeline, which is not modelled")
    network, device, _ = llama_bench(row)
    if row["quant"] == "F16" and (device.name, "SXM" in row["gpu"]) in (("NVIDIA A100 SXM 80 GB", True),
                                                                       ("NVIDIA L40S", False)):
        raise OutOfScopeError("F16 prompts on A100 SXM and L40S: outliers of the source")
    length = row.positive("n_tokens")
    share = PROMPT_SHARES.get(device.memory_kind, 0.50) * (PROMPT_Q4 if row["quant"] == "Q4_K_M" else 1.0)
    rate = prompt_rate(device)
    shares = {ROOFLINE: (1.0, 1.0), DEFAULT: (0.5, 0.5), PROMPT: (share, 0.083)}
    return Finding(length / row.positive("tok_per_s"), {
        form: stream_prompt_time(network, length, rate * products, rate * pairs)
        for form, (products, pairs) in shares.items()})


def prompt_rate(device: Accelerator) -> float:
    """The rate with FP16 accumulation: twice the printed one on consumer cards of NVIDIA."""
    if device.family == "Apple":
        if device.name not in APPLE_RATES:
            raise OutOfScopeError(f"no rate of {device} is published")
        return APPLE_RATES[device.name]
    return device.half * (2 if re.match(r"NVIDIA RTX \d0\d0", device.name) and "Ada" not in device.name else 1)


def stream_prompt_time(network: Transformer, length: float, products: float, pairs: float) -> float:
    work = network.token_work * length / products + network.lm_head_work / products
    return work + network.prefill_pair_work * length**2 / 2 / pairs


def spark_tokens(row: Row) -> Finding:
    """llama.cpp on a GB10: files of MXFP4 experts with the rest in Q8_0, or of Q8_0."""
    if row["test"] != "tg":
        raise OutOfScopeError("prompts on a GB10: no rows of that kind of memory to fit to")
    return spark(row, "batch", row["quant"], row.leading("context_depth") + row.positive("n_tokens") / 2,
                 row.positive("tok_per_s"))


def spark_steps(row: Row) -> Finding:
    """The same, given as time between tokens."""
    context = row.leading("context_len") + (row.positive("output_len") / 2 if row.has("output_len") else 0.0)
    return spark(row, "batch_or_conc", row["precision"], context, 1e3 / row.positive("itl_ms"))


def spark(row: Row, batch: str, quant: str, context: float, measured: float) -> Finding:
    """Tokens a second of one stream on a GB10."""
    if row.has(batch) and row.number(batch) > 1:
        raise OutOfScopeError("batches on a GB10: their kernels were not fitted")
    network, device = transformer_named(row["model"]), chip_named(row["gpu"])
    weights = spark_weights(network, quant.upper())
    forms = {FILE_ROOFLINE: Profiles.ideal, FORM_A: Profiles.llama_cpp}
    return Finding(measured, {
        form: 1 / float(stream_time(at(device, profile), network, weights, context))
        for form, profile in forms.items()})


def spark_weights(network: Transformer, quant: str) -> float:
    """Bytes that a token streams."""
    if "Q8_0" not in quant and "MXFP4" not in quant:
        raise OutOfScopeError(f"files in {quant or 'no format'} are not modelled")
    rest = PRECISIONS["q8_0"]
    active = sum(mix.active * mix.expert for mix in network.feed_forward)
    narrow = PRECISIONS["mxfp4"] if "MXFP4" in quant else rest
    return active * narrow.size + (network.dense + network.lm_head) * rest.size


def chat(row: Row) -> Finding:
    """TinyChat: its tables are of four tokens of context."""
    kind = precision_in(row["precision"])
    return stream(row, Profiles.tinychat, kind.size, row.leading("context_len"), 1e3 / row.positive("itl_ms"), False)


def exllama(row: Row) -> Finding:
    """ExLlamaV2: GPTQ with groups of 128, or the mean bits of an EXL2 file; the context is short."""
    found = re.search(r"([\d.]+) bpw", row["quant"])
    bits = float(found[1]) if found else 4.25
    return stream(row, Profiles.exllamav2, bits / 8, 0.0, row.positive("tok_per_s"), True)


def stream(row: Row, profile: Profile, size: float, context: float, measured: float, rate: bool) -> Finding:
    """One stream of a model whose layers have `size` bytes a weight and whose lm_head has two."""
    network, device = transformer_named(row["model"]), chip_named(row["gpu"])
    kind = weights_of(8 * size) if size < 2 else HALF
    weights = streamed_bytes(network, 1.0, kind) + network.lm_head * 2
    times = {ROOFLINE: stream_time(at(device, Profiles.ideal), network, weights, context),
             profile.name: stream_time(at(device, profile), network, weights, context),
             PEER: Case(network, device, kind, kind).peer.itl(context)}
    if rate:
        return Finding(measured, {form: 1 / float(time) for form, time in times.items()})
    return Finding(1 / measured, {form: float(time) for form, time in times.items()})


def on_spark(row: Row) -> bool:
    return row["framework"].startswith("llama.cpp") and "GB10" in row["gpu"]


def bench(test: str) -> Callable[[Row], bool]:
    """Rows of llama-bench of that test, on other chips than a GB10."""
    return lambda row: row["framework"].startswith("llama.cpp") and row["test"] == test and not on_spark(row)


def stream_studies() -> list[Study]:
    """The studies of single streams, in the order of the report."""
    file = "llamacpp_tg.csv"
    return [
        Study(ONE, file, bench("tg"), tokens, FORM_A, "token/s",
              (F16, CUDA, EVERY)),
        Study("llama.cpp prompt, 1 GPU", file, bench("pp"), prompts, PROMPT),
        Study(SPARK, file, on_spark, spark_tokens, FORM_A, "token/s"),
        Study(SPARK, "decode_itl.csv", on_spark, spark_steps, FORM_A, "token/s"),
        Study("TinyChat ITL", "decode_itl.csv", lambda row: row["framework"].startswith("TinyChat"), chat,
              Profiles.tinychat.name),
        Study("ExLlamaV2 tg", file, lambda row: row["framework"].startswith("exllamav2"), exllama,
              Profiles.exllamav2.name, "token/s"),
    ]
