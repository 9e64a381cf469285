"""How many blocks, tokens and users fit: exact counts of engines' logs, and laws."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import CHIPS, RUNS, TRANSFORMERS, models, tokens
from hypothesis import given
from hypothesis import strategies as st

from mlsysim_labs.reactive.trace import Symbol, symbol
from solver import PRECISIONS, Q_, Hardware, Models, Node, kv_capacity, max_users
from solver.formulas.blocks import cached_tokens, request_blocks, users_in_blocks, whole_blocks, whole_request_blocks
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
    half = kv_capacity(Models.GPT_OSS_20B, H100, 1280)
    assert half.max_concurrency == half.blocks / (80 + 8), "a block is of one of two groups of layers"
    assert half.tokens == half.blocks // 2 * 16
    mistral = kv_capacity(Models.Mistral_7B, H100, 32768)
    assert mistral.max_concurrency == mistral.blocks / 256, "all layers slide: no more than the window is kept"
    assert mistral.headroom == kv_capacity(Models.Mistral_7B, H100, 4096).headroom
    assert kv_capacity(Models.Mistral_7B, H100, 32768, batched_tokens=2048).max_concurrency == pytest.approx(
        mistral.blocks / 384)


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
    assert r.tokens == r.blocks // sum(kind.groups for kind in model.kinds) * block
    assert r.blocks == np.floor(r.blocks) >= 0
    assert r.blocks * r.block_size.m_as("byte") <= max(r.kv_cache_size.m_as("byte"), 0) + 1


NOTHING = Q_("0 GiB")


@pytest.mark.parametrize("model", TRANSFORMERS, ids=str)
def test_a_capacity_agrees_with_itself_and_with_users(model):
    """Of every chip and model: feasible where one full request is there, and as many as `max_users` finds."""
    contexts = np.array([1, 17, 1000, 4096, 8191, 32768, 131072])[:, None]
    for chip in CHIPS:
        for kind in ("fp16", "w4a16"):
            utilization, block = 0.9, 16
            r = kv_capacity(model, chip, contexts, kind, utilization=utilization, block_size=[block, 4 * block],
                            activation=NOTHING)
            assert np.array_equal(r.feasible, r.max_concurrency >= 1), (chip, kind)
            users = max_users(model, chip, contexts, kind, reserve=1 - utilization, page_size=[block, 4 * block])
            taken = whole_request_blocks(Node(chip, PRECISIONS[kind]), model, contexts, np.array([block, 4 * block]))
            assert np.array_equal(taken, np.rint(taken)), "blocks come whole"
            assert np.array_equal(r.blocks // taken, users), (chip, kind)
            assert np.all(np.floor(r.max_concurrency) >= users), "a last block that is half empty costs users"


@RUNS
@given(models, st.sampled_from(CHIPS), tokens, st.sampled_from([1, 16, 128]), st.floats(0.05, 1), st.data())
def test_so_it_does_on_chips_that_share(model, chip, context, block, utilization, data):
    able = [n for n in (1, 2, 4, 8, 16) if all(kind.attention.heads % n == 0 for kind in model.kinds)]
    shared = data.draw(st.sampled_from(able if chip.interconnect > 0 else [1]))
    r = kv_capacity(model, chip, context, utilization=utilization, block_size=block, activation=NOTHING,
                    tensor_parallel=shared)
    users = max_users(model, chip, context, reserve=1 - utilization, page_size=block, tensor_parallel=shared)
    taken = whole_request_blocks(Node(chip, PRECISIONS["fp16"], tensor_parallel=shared), model, context, block)
    assert r.feasible == (r.max_concurrency >= 1) == (users >= 1)
    assert r.blocks // taken == users


@pytest.mark.parametrize("model", TRANSFORMERS, ids=str)
def test_a_step_of_more_tokens_leaves_no_more_room(model):
    r = kv_capacity(model, Hardware.Cloud.B200, 131072, "w4a16", batched_tokens=[1, 2, 2048, 8192, 131072])
    assert np.all(np.diff(r.max_concurrency) <= 0)
    if model.whole_cache:
        assert np.all(r.max_concurrency == r.tokens / 131072), "which only windows feel"


def test_advice_names_what_is_left_to_change():
    """Each alone mends it, or it is not named."""
    def said(**options):
        given = {"max_len": 131072, "precision": "w4a16", "kv_precision": "fp8", "tensor_parallel": 1} | options
        return kv_capacity(Models.Llama3_70B, given.pop("hardware", Hardware.Cloud.L40S), **given).constraint_trace[0]

    full = said(utilization=1)
    assert "A shorter context, more chips or a chip with more memory would help." in full
    assert "larger share" in said(utilization=0.9) and "narrower" in said(kv_precision="fp16")
    assert "more chips" not in said(hardware=Hardware.Workstation.M1_Max)
    assert "shorter" not in said(hardware=Hardware.Workstation.RTX_4090)
    given = said(kv_cache_size=Q_("1 GiB"))
    assert "more memory for the cache would help" in given and "share of" not in given


def test_contexts_beyond_the_trained_one_are_counted():
    r = kv_capacity(LLAMA, H100, [131072, 131073, 10**6])
    assert r.within_context.tolist() == [True, False, False] and "1,000,000 tokens are more" in r.constraint_trace[1]
    assert max_users(LLAMA, H100, 10**6) == 0 < max_users(LLAMA, H100, 200_000)
