"""How many blocks, tokens and users fit: exact counts of engines' logs, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import RUNS, models
from hypothesis import given
from hypothesis import strategies as st

from mlsysim_labs.reactive.trace import Symbol, symbol
from solver import PRECISIONS, Q_, Hardware, Models, kv_capacity, max_users
from solver.formulas.blocks import cached_tokens, request_blocks, users_in_blocks, whole_blocks
from solver.formulas.memory import kv_bytes_per_token, weights_bytes

LLAMA, H100 = Models.Llama3_8B, Hardware.Cloud.H100
GIB = 2**30


def test_what_logs_say():
    """TensorRT-LLM, github.com/NVIDIA/TensorRT-LLM/issues/1400: Llama 2 7B on an 80 GB A100."""
    per_token = kv_bytes_per_token(Models.Llama2_7B, PRECISIONS["fp16"])
    assert cached_tokens(whole_blocks(69_524_783_104, 64 * per_token), 64) == 132_608


def test_the_arithmetic_of_vllm():
    r = kv_capacity(LLAMA, H100, 8192, utilization=0.9, non_torch=Q_("0.5 GiB"), activation=Q_("1.5 GiB"),
                    swap=Q_("4 GiB"))
    room = H100.memory * 0.9 - weights_bytes(LLAMA, PRECISIONS["fp16"]) - 2 * GIB
    assert r.kv_cache_size.m_as("byte") == pytest.approx(room)
    assert r.blocks == room // (16 * 131072) and r.tokens == 16 * r.blocks
    assert r.max_concurrency == pytest.approx(r.tokens / 8192) and r.cpu_blocks == 4 * GIB // (16 * 131072)
    assert r.feasible and r.headroom.m_as("byte") == pytest.approx(room - 512 * 16 * 131072)


def test_a_share_of_what_is_free():
    whole, free = (kv_capacity(LLAMA, H100, 8192, rule=rule) for rule in ("vllm", "tensorrt-llm"))
    used = weights_bytes(LLAMA, PRECISIONS["fp16"]) + 1.5 * GIB
    assert free.kv_cache_size.m_as("byte") == pytest.approx(0.9 * (H100.memory - used))
    assert free.tokens > whole.tokens, "the same share, of less, but nothing is taken off it"


def test_chips_share_heads_until_there_is_one_each():
    tensor_parallel = kv_capacity(Models.Llama3_70B, H100, 8192, tensor_parallel=[4, 8, 16])
    assert (tensor_parallel.block_size.m_as("byte") / 16).tolist() == [81920, 40960, 40960]
    latent = kv_capacity(Models.DeepSeek_V3, Hardware.Cloud.H200, 8192, "fp8", tensor_parallel=[8, 16])
    assert (latent.block_size.m_as("byte") / 16).tolist() == [35136, 35136], "latent attention is kept on each chip"


def test_nothing_fits():
    r = kv_capacity(Models.Llama3_70B, H100, 8192)
    assert (r.feasible, r.blocks, r.tokens, r.max_concurrency) == (False, 0, 0, 0)
    assert r.kv_cache_size.m_as("byte") < 0 and "does not fit" in r.constraint_trace[0].lower()


def test_a_hybrid_window_takes_fewer_blocks():
    assert request_blocks(Models.GPT_OSS_20B, 1280, 16) == 0.5 * 80 + 0.5 * 8
    mistral = kv_capacity(Models.Mistral_7B, H100, 32768)
    assert mistral.max_concurrency == mistral.tokens / 32768, "engines print it by the whole context all the same"
    assert mistral.headroom > kv_capacity(Models.Mistral_7B, H100, 4096).headroom * 0.999


def test_users_by_pages():
    whole = max_users(LLAMA, H100, 1000)
    assert max_users(LLAMA, H100, 1000, page_size=1) == whole
    assert max_users(LLAMA, H100, 1000, page_size=16) <= whole
    assert max_users(LLAMA, H100, 17, page_size=16) < max_users(LLAMA, H100, 17, page_size=17)
    assert [users_in_blocks(1000 // page, -(-17 // page)) for page in (16, 17)] == [31, 58]
    assert isinstance(max_users(LLAMA, H100, symbol("context"), page_size=16), Symbol)
    assert max_users(Models.Llama3_70B, H100, 1, tensor_parallel=2) > 0 == max_users(Models.Llama3_70B, H100, 1)


@RUNS
@given(models, st.integers(1, 511), st.floats(0, 0.5), st.integers(0, 6))
def test_users_never_grow_with_what_they_need(model, context, reserve, doublings):
    chip, page = Hardware.Cloud.B200, 2**doublings
    users = max_users(model, chip, [context, context + 1], reserve=reserve, page_size=page)
    assert users[0] >= users[1] >= 0
    assert users[0] >= max_users(model, chip, context, reserve=reserve, page_size=2 * page)
    assert users[0] >= max_users(model, chip, context, reserve=min(1, reserve + 0.1), page_size=page)
    assert users[0] <= max_users(model, chip, context, reserve=reserve)


@RUNS
@given(models, st.sampled_from([16, 32, 64]), st.floats(0.05, 1))
def test_tokens_come_in_blocks(model, block, utilization):
    r = kv_capacity(model, Hardware.Cloud.B200, 512, block_size=block, utilization=utilization)
    assert r.tokens == r.blocks * block and r.blocks == np.floor(r.blocks) >= 0
    assert r.blocks * r.block_size.m_as("byte") <= max(r.kv_cache_size.m_as("byte"), 0) + 1
