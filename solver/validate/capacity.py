"""Exact tests: start-up logs of engines print bytes, blocks and tokens of the KV cache, which have to follow.

Logs print GiB to two digits, so a test of whole numbers asks whether the logged one lies in the interval that the
rounding leaves.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from functools import partial

from solver.formulas.memory import kv_bytes_per_token
from solver.validate.names import transformer_named
from solver.validate.study import Finding, Study
from solver.validate.tables import OutOfScopeError, Row
from solver.zoo.layers import LatentAttention
from solver.zoo.precision import PRECISIONS

GIB, EXACT = 2**30, "exact"
ROUNDING = 0.005 * GIB  # half of the last digit that is printed
PAD = 128  # vLLM's first engine, which had blocks on the CPU, padded latent vectors to a multiple of this
LARGEST_SWAP = 64  # GiB; it is a whole number


def token_bytes(row: Row) -> float:
    """KV cache of a token on one chip: from the registry, else from the architecture that the table gives."""
    kind = PRECISIONS["fp8" if row["kv_dtype"] == "fp8" else "fp16"]
    try:
        network = transformer_named(row["model"])
    except OutOfScopeError:
        if not row.has("arch_kv_bytes_per_token_per_gpu"):
            raise OutOfScopeError("the architecture is not known") from None
        return row.positive("arch_kv_bytes_per_token_per_gpu")
    whole = float(kv_bytes_per_token(network, kind))
    shape = network.attention
    if isinstance(shape, LatentAttention) and row.has("cpu_blocks"):
        whole *= math.ceil(shape.kv_elements / PAD) * PAD / shape.kv_elements
    tensor_parallel = row.positive("tp") if row.has("tp") else 1.0
    return whole / min(tensor_parallel, shape.kv_heads)


def blocks(row: Row) -> Finding:
    """Blocks of KV cache on a chip: as many as its bytes hold."""
    logged, size = row.positive("gpu_blocks"), row.positive("block_size") * token_bytes(row)
    cache = row.positive("kv_gib_per_gpu") * GIB
    low, high = ((cache + half) // size for half in (-ROUNDING, ROUNDING))
    return Finding(logged, {EXACT: cache // size}, passed=low <= logged <= high)


def tokens_of_blocks(row: Row) -> Finding:
    made = row.positive("gpu_blocks") * row.positive("block_size")
    return Finding(row.positive("kv_tokens"), {EXACT: made}, passed=made == row.number("kv_tokens"))


def host_blocks(row: Row) -> Finding:
    """Blocks in the memory of the host: of some whole number of GiB."""
    logged, size = row.positive("cpu_blocks"), row.positive("block_size") * token_bytes(row)
    swap = round(logged * size / GIB) or 1
    nearest = min(LARGEST_SWAP, swap) * GIB // size
    return Finding(logged, {EXACT: nearest}, passed=nearest == logged)


def concurrency(row: Row) -> Finding:
    logged, users = row.positive("max_concurrency_x"), row.positive("kv_tokens") / row.positive("max_model_len")
    return Finding(logged, {EXACT: users}, passed=abs(users - logged) <= 0.005 + 1e-9)


def longest(row: Row) -> Finding:
    """Cache that one request of the longest context needs."""
    logged, need = row.positive("kv_needed_for_max_len_gib"), row.positive("max_model_len") * token_bytes(row) / GIB
    return Finding(logged, {EXACT: need}, passed=abs(need - logged) <= 0.06)


def tokens_of_bytes(row: Row) -> Finding:
    """Tokens that the bytes of a chip hold, to a block."""
    size, cache = token_bytes(row), row.positive("kv_gib_per_gpu") * GIB
    block, logged = row.number("block_size") if row.has("block_size") else 16.0, row.positive("kv_tokens")
    low, high = (cache - ROUNDING) / size - block, (cache + ROUNDING) / size + block
    return Finding(logged, {EXACT: cache / size}, passed=low <= logged <= high)


def budget(row: Row) -> Finding:
    """What is left of the memory that may be used, when everything that the log names is taken off."""
    usable = printed_amount(row, r"(?:= |can use )([\d.]+) ?GiB")
    other = printed_amount(row, r"non_torch(?:_memory)?(?: takes)? ([\d.]+) ?GiB")
    peak = printed_amount(row, r"activation peak(?: memory takes)? ([\d.]+) ?GiB")
    left, logged = usable - row.positive("weights_gib") - other - peak, row.positive("kv_gib_per_gpu")
    return Finding(logged, {EXACT: left}, passed=abs(left - logged) <= 0.03 + 1e-9)


def printed_amount(row: Row, pattern: str) -> float:
    """The GiB that a log prints after some words."""
    found = re.search(pattern, row["quote"])
    if found is None:
        raise OutOfScopeError("the log does not print all parts of the budget")
    return float(found[1])


def refuse_hybrids(row: Row) -> None:
    """Hybrid models have several kinds of cache, and one table is computed, not logged."""
    text = f"{row['model']} {row['notes']}"
    if "hybrid" in text.lower() or "DeepSeek-V4" in text or "Step-3.7" in text:
        raise OutOfScopeError("a hybrid model: its cache is not linear in tokens")
    if "DistServe" in f"{row['engine']} {text}":
        raise OutOfScopeError("a computed table, not a log")


def scoped_test(test: Callable[[Row], Finding]) -> Callable[[Row], Finding]:
    """The test, of rows that the model speaks about."""
    def find(row: Row) -> Finding:
        refuse_hybrids(row)
        return test(row)

    return find


def has_all(columns: list[str], row: Row) -> bool:
    return all(map(row.has, columns))


def capacity_studies() -> list[Study]:
    """The exact tests, of the rows that log what they need."""
    tests = {
        "KV blocks from KV bytes": (blocks, "gpu_blocks block_size kv_gib_per_gpu"),
        "KV tokens from blocks": (tokens_of_blocks, "gpu_blocks block_size kv_tokens"),
        "KV blocks on the host": (host_blocks, "cpu_blocks block_size"),
        "KV concurrency at the longest context": (concurrency, "kv_tokens max_model_len max_concurrency_x"),
        "KV bytes of the longest context": (longest, "kv_needed_for_max_len_gib max_model_len"),
        "KV tokens from KV bytes": (tokens_of_bytes, "kv_gib_per_gpu kv_tokens"),
        "KV budget": (budget, "weights_gib kv_gib_per_gpu"),
    }
    return [Study(name, "kv_capacity.csv", partial(has_all, needs.split()), scoped_test(test), EXACT, "")
            for name, (test, needs) in tests.items()]
