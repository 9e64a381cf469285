"""The studies of kernels of 2025-26 and of llama.cpp on Apple's chips, on rows as their sources have them."""

from __future__ import annotations

import pytest
from measured import figures, write

from solver import Hardware
from solver.formulas.kernels import Product
from solver.validate.apple import timed_stream
from solver.validate.kernels import LARGE_IN_GRAPHS, link_kind, timed_all_reduce, timed_product
from solver.validate.tables import COLUMNS, OutOfScopeError, Row

GEMM, ALL_REDUCE, APPLE = "gemm_2026.csv", "allreduce_2026.csv", "llamacpp_apple.csv"
# ai-dynamo/aiconfigurator, gemm_perf of TensorRT-LLM 1.0 and 1.3 and of SGLang 0.5.14: microseconds.
PRODUCTS = [("h100_sxm", "bfloat16", 2049, 8192, 4096, 184.9), ("h100_sxm", "fp8", 11, 16384, 8192, 60.9),
            ("h200_sxm", "fp8", 3328, 8192, 12288, 548.0), ("b200_sxm", "bfloat16", 7, 12288, 6144, 30.7),
            ("b200_sxm", "fp8", 1537, 5120, 12288, 98.1), ("b200_sxm", "nvfp4", 4096, 5120, 12288, 155.9),
            ("b200_sxm", "nvfp4", 9, 3584, 10240, 25.5), ("a100_sxm", "bfloat16", 768, 12288, 12288, 883.8)]
# The same, custom_allreduce_perf of vLLM 0.14 and 0.24 in graphs: chips, elements, microseconds.
ALL_REDUCES = [("h100_sxm", 2, 512, 4.18), ("h100_sxm", 8, 4194304, 50.7), ("h200_sxm", 8, 536870912, 3998.6),
               ("b200_sxm", 8, 2048, 7.79), ("b200_sxm", 4, 134217728, 680.6), ("a100_sxm", 4, 512, 5.22),
               ("l40s", 2, 268435456, 27988.0), ("l40s", 4, 8388608, 6676.2), ("l40s", 8, 67108864, 120267.1)]
# ggml-org/llama.cpp, discussion 4167: Llama 2 7B, tokens a second.
STREAMS = [("Apple M2", 10, "F16", 12.55, "tg128", 6.72), ("Apple M3 Pro", 18, "Q8_0", 6.67, "tg128", 17.53),
           ("Apple M2 Max", 30, "Q4_0", 3.56, "tg128", 60.99), ("Apple M2 Ultra 76", 76, "Q4_0", 3.56, "tg128", 94.27),
           ("Apple M4 Max", 40, "F16", 12.55, "tg128", 31.64)]
PROMPTS = [("Apple M2 Ultra 60", 60, "F16", 12.55, "pp512", 1128.59), ("Apple M4", 10, "Q4_0", 3.56, "pp512", 221.29)]


def product_row(system, kind, m, n, k, time, framework="TRTLLM"):
    return {"system": system, "framework": framework, "gemm_dtype": kind, "m": m, "n": n, "k": k,
            "latency_ms": time / 1e3}


def all_reduce_row(system, chips, size, time, how="graph"):
    return {"system": system, "kernel_source": f"vLLM_custom_{how}", "num_gpus": chips, "message_bytes": size,
            "latency_ms": time / 1e3}


def apple_row(chip, cores, quant, size, test, rate):
    return {"model": "Llama 2 7B", "quant": quant, "model_size_gib": size, "chip": chip, "gpu_cores": cores,
            "test": test, "tok_per_s": rate}


def row(file, cells):
    return Row(file, 2, {name: str(cells.get(name, "")) for name in COLUMNS[file].split()})


def test_measured_kernels_are_predicted(tmp_path, capsys):
    write(tmp_path, GEMM, *(product_row(*one) for one in PRODUCTS))
    write(tmp_path, ALL_REDUCE, *(all_reduce_row(*one) for one in ALL_REDUCES))
    write(tmp_path, APPLE, *(apple_row(*one) for one in [*STREAMS, *PROMPTS]))
    found, _ = figures(tmp_path, capsys)
    for name, rows, most in (("GEMM 2026", 8, 0.2), ("all-reduce 2026", 9, 0.2), (LARGE_IN_GRAPHS, 3, 0.2),
                             ("llama.cpp Apple", 5, 0.1), ("llama.cpp Apple, prompt", 2, 0.15)):
        best = found[name]["modern"]
        assert best["rows"] == rows and best["skipped"] == 0, name
        assert best["median_abs_error"] < 0.08 and best["p90_abs_error"] < most, name
    assert found["GEMM 2026"]["roofline"]["median_error"] < -0.3 < 0.2 < found["llama.cpp Apple"]["roofline"][
        "median_error"]


def test_kernels_that_nobody_fitted_are_left_out(tmp_path, capsys):
    one = PRODUCTS[0]
    write(tmp_path, GEMM, product_row("h100_sxm", "fp8_block", *one[2:]), product_row("a100_sxm", "fp8", *one[2:]),
          product_row("abacus", *one[1:]), product_row("mi300x", *one[1:]))
    write(tmp_path, ALL_REDUCE, all_reduce_row("h100_sxm", 2, 512, 20.0, "eager"), all_reduce_row("h100_sxm", 16, 1, 9),
          all_reduce_row("mi300x", 8, 512, 9))
    write(tmp_path, APPLE, apple_row("Apple M9", 9, "F16", 12.55, "tg128", 9),
          apple_row("Apple M2", 10, "Q2_K", 2, "tg128", 9), apple_row("Apple M1", 8, "Q4_0", 3.56, "pp512", 117.96))
    found, out = figures(tmp_path, capsys)
    for said in ("GEMM 2026: 1 left out: fp8_block: kernels with scales by block were not fitted",
                 "the registry has no fp8 rate of NVIDIA A100", "chip 'abacus' is not in the registry",
                 "no kernels of CDNA3 16-bit were fitted", "vLLM_custom_eager: only all-reduces in CUDA graphs",
                 "16 chips: the link of NVIDIA H100 SXM joins 8", "no all-reduces of CDNA3 were fitted",
                 "chip 'Apple M9' is not in the registry", "files in Q2_K are not modelled",
                 "no prompts on M1 were fitted"):
        assert said in out
    assert all(forms["modern"]["rows"] == 0 for name, forms in found.items())


def test_a_product_has_the_bytes_of_its_formats():
    case = timed_product(row(GEMM, product_row("b200_sxm", "nvfp4", 64, 4096, 2048, 20.0)))
    assert case.kind == "Blackwell 4-bit" and case.rate == Hardware.Cloud.B200.fp4
    assert case.one.traffic == 4.5 / 8 * (4096 * 2048 + 64 * 2048) + 2 * 64 * 4096  # NVFP4: a scale for 16 numbers
    assert case.one.narrowed == 64 * 2048 * (2 + 4.5 / 8)
    assert Product(64, 2048, 4096).traffic == 2 * (4096 * 2048 + 64 * (2048 + 4096))
    assert Product(64, 2048, 4096).narrowed == 0


@pytest.mark.parametrize("system, framework, columns, held", [
    ("l40s", "SGLang", 1024, True), ("l40s", "SGLang", 16384, False), ("h100_sxm", "TRTLLM", 1024, False)])
def test_small_products_in_turn_lie_in_a_large_cache(system, framework, columns, held):
    case = timed_product(row(GEMM, product_row(system, "fp8", 8, columns, 4096, 20.0, framework)))
    assert case.cached == held


def test_messages_are_counted_in_elements():
    """Else eight H100 would add up at half of what NCCL reaches, and their engine would change its way at 4 MiB."""
    case = timed_all_reduce(row(ALL_REDUCE, all_reduce_row("h100_sxm", 8, 2**20, 20.0)))
    assert case.size == 2 * 2**20 and case.link == Hardware.Cloud.H100.link


def test_what_joins_chips():
    assert link_kind(Hardware.Cloud.B200, 2) == "Blackwell"
    assert [link_kind(Hardware.Cloud.L40S, chips) for chips in (2, 4, 8)] == ["PCIe 2", "PCIe", "PCIe"]


@pytest.mark.parametrize("chip, cores, key", [
    ("Apple M2 Ultra 60", 60, "M2_Ultra"), ("Apple M3 Max", 30, "M3_Max_30"), ("Apple M3 Max", 40, "M3_Max"),
    ("Apple M4 Max 32", "", "M4_Max_32"), ("Apple M1", 8, "M1")])
def test_cores_tell_variants_of_a_chip(chip, cores, key):
    found = timed_stream(row(APPLE, apple_row(chip, cores, "F16", 12.55, "tg128", 9)))
    assert found[1] is Hardware[key]


def test_a_bad_cell_is_no_crash():
    with pytest.raises(OutOfScopeError, match="latency_ms is 0"):
        timed_product(row(GEMM, product_row("l40s", "fp8", 8, 8, 8, 0)))
