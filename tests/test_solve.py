"""The classes with `solve`: signatures, results, arrays, symbols, Dask, trips to other processes."""

from __future__ import annotations

import inspect
import pickle

import dask.array
import numpy as np
import pytest
from formulas import CHIPS, TRANSFORMERS

from mlsysim_labs.trace import Choice, Symbol, program, run, symbol
from solver import Q_, ContinuousBatchingModel, Engine, Hardware, Models, Quantity, ServingModel, max_users

LLAMA, H100 = Models.Llama3_8B, Hardware.Cloud.H100
SERVING, BATCHING = ServingModel(), ContinuousBatchingModel()
SIGNATURES = {
    ServingModel.solve: {
        "model": ..., "hardware": ..., "seq_len": ..., "batch_size": 1, "precision": "fp16", "efficiency": 0.5,
        "decode_hardware": None, "network_bandwidth": Q_("100 GB/s"), "draft_model": None,
        "draft_acceptance_rate": 0.7, "cached_prefix_len": 0, "prefill_chunk_tokens": None,
        "output_len": None, "tensor_parallel": 1, "kv_precision": None, "reserve": 0.0, "profile": None,
        "draft_len": 4, "overlap_transfer": False},
    ContinuousBatchingModel.solve: {
        "model": ..., "hardware": ..., "seq_len": ..., "max_batch_size": 1, "page_size": 16, "precision": "fp16",
        "efficiency": 0.5},
    Engine.solve: {
        "model": ..., "hardware": ..., "batch_size": 1, "precision": "fp16", "efficiency": 0.5, "raise_errors": False,
        "is_training": False, "seq_len": 2048, "zero_stage": 0, "dp_size": 1, "is_lora": False,
        "activation_recomputation": False, "profile": None}}
FIELDS = {
    "ServingResult": "feasible constraint_trace ttft itl kv_cache_size model_weights_size total_memory_required "
                     "memory_utilization prompt_cache_hit_ratio prefill_chunks prefill_chunk_time decode_stall_bound",
    "ContinuousBatchingResult": "throughput_tokens_per_sec max_active_requests memory_fragmentation_pct ttft itl "
                                "speedup_vs_static"}
CALLS = {
    "serving": lambda **a: SERVING.solve(seq_len=a.pop("context"), batch_size=a.pop("batch"), **a),
    "chunked": lambda **a: SERVING.solve(seq_len=a.pop("context"), batch_size=a.pop("batch"),
                                         prefill_chunk_tokens=512, **a),
    "speculative": lambda **a: SERVING.solve(seq_len=a.pop("context"), batch_size=a.pop("batch"),
                                             draft_model=Models.Llama3_8B, **a),
    "disaggregated": lambda **a: SERVING.solve(seq_len=a.pop("context"), batch_size=a.pop("batch"),
                                               decode_hardware=Hardware.Cloud.H200, **a),
    "batching": lambda **a: BATCHING.solve(seq_len=a.pop("context"), max_batch_size=a.pop("batch"), **a),
    "engine": lambda **a: Engine.solve(seq_len=a.pop("context"), batch_size=a.pop("batch"), **a),
    "training": lambda **a: Engine.solve(seq_len=a.pop("context"), batch_size=a.pop("batch"), is_training=True,
                                         zero_stage=2, dp_size=8, activation_recomputation=True, **a)}
every_call = pytest.mark.parametrize("call", CALLS.values(), ids=CALLS.keys())


@pytest.mark.parametrize("solve, wanted", SIGNATURES.items(), ids=lambda v: getattr(v, "__qualname__", ""))
def test_signatures_are_those_of_the_sources(solve, wanted):
    found = inspect.signature(solve).parameters
    assert [name for name in found if name != "self"] == list(wanted)
    for name, default in wanted.items():
        assert found[name].default == (inspect.Parameter.empty if default is ... else default)


def test_every_documented_field_is_there():
    results = {type(r).__name__: r for r in (SERVING.solve(LLAMA, H100, 2048), BATCHING.solve(LLAMA, H100, 2048))}
    for kind, names in FIELDS.items():
        for name in names.split():
            assert getattr(results[kind], name) is not None


def test_kinds_of_fields():
    r = SERVING.solve(LLAMA, H100, 2048, 8)
    assert all(isinstance(getattr(r, n), Quantity) for n in ("ttft", "itl", "kv_cache_size", "decode_stall_bound"))
    assert r.feasible is True and type(r.memory_utilization) is float and type(r.prefill_chunks) is int
    b = BATCHING.solve(LLAMA, H100, 2048, 8)
    assert type(b.max_active_requests) is int and type(b.throughput_tokens_per_sec) is float
    assert all(isinstance(s, str) and s.endswith(".") for s in [*r.constraint_trace, *b.constraint_trace])


def test_quantities_and_sentences_are_made_when_asked_for():
    r = SERVING.solve(LLAMA, H100, 2048)
    assert not any(isinstance(value, Quantity) for value in r.values.values())


@every_call
def test_arrays_equal_a_loop_of_scalars(call):
    contexts, batches = np.array([16, 17, 512, 4096, 131072]), np.array([[1], [7], [256]])
    whole = call(model=LLAMA, hardware=H100, context=contexts, batch=batches)
    for name in whole.figures():
        table = np.broadcast_to(whole.value(name), (3, 5))
        for i in range(3):
            for j in range(5):
                one = call(model=LLAMA, hardware=H100, context=int(contexts[j]), batch=int(batches[i, 0]))
                np.testing.assert_allclose(float(table[i, j]), float(one.value(name)), rtol=1e-12, err_msg=name)


@every_call
def test_every_class_can_be_traced(call):
    """Given symbols, solve skips checks and units; the program says what solve says, on every chip and model."""
    traced = call(model=Choice(symbol("model"), TRANSFORMERS), hardware=Choice(symbol("device"), CHIPS),
                  context=symbol("context"), batch=symbol("batch"))
    assert isinstance(traced.itl if hasattr(type(traced), "itl") else traced.latency, Symbol)
    code = program({name: traced.value(name) for name in traced.figures()})
    for m, model in enumerate(TRANSFORMERS):
        for d, device in enumerate(CHIPS):
            if np.isnan(device.fp16):
                continue
            context = min(777, int(model.context))
            said = run(code, {"model": m, "device": d, "context": context, "batch": 3})
            exact = call(model=model, hardware=device, context=context, batch=3)
            for name in exact.figures():
                np.testing.assert_allclose(said[name], float(exact.value(name)), rtol=1e-9,
                                           err_msg=f"{name} {model} {device}")


def test_a_trace_dims_what_a_chip_cannot_do():
    itl = SERVING.solve(LLAMA, Choice(symbol("device"), CHIPS), symbol("context"), precision="fp8").itl
    a100, h100 = (next(i for i, c in enumerate(CHIPS) if c is Hardware.Cloud[n]) for n in ("A100", "H100"))
    code = program({"itl": itl})
    assert np.isnan(run(code, {"device": a100, "context": 2048})["itl"])
    assert np.isfinite(run(code, {"device": h100, "context": 2048})["itl"])


@every_call
def test_dask_arrays_are_checked_by_type_only(call):
    lazy = call(model=LLAMA, hardware=H100, context=dask.array.from_array(np.array([512, 4096]), chunks=1), batch=8)
    eager = call(model=LLAMA, hardware=H100, context=np.array([512, 4096]), batch=8)
    name = "itl" if "itl" in lazy.figures() else "latency"
    found = getattr(lazy, name)
    assert isinstance(found.magnitude, dask.array.Array)
    np.testing.assert_allclose(found.magnitude.compute(), getattr(eager, name).magnitude)
    assert lazy.constraint_trace == []


def test_quantities_are_taken_as_counts():
    plain = SERVING.solve(LLAMA, H100, 2048, 8)
    with_units = SERVING.solve(LLAMA, H100, Q_("2.048 ktoken"), Q_(8, "request"))
    assert with_units.itl == plain.itl
    assert SERVING.solve(LLAMA, H100, Q_(2048, "token/request")).itl == SERVING.solve(LLAMA, H100, 2048).itl


def test_results_travel():
    r = SERVING.solve(LLAMA, H100, [2048, 4096], 8)
    back = pickle.loads(pickle.dumps(r))
    assert (back.itl == r.itl).all() and back.constraint_trace == r.constraint_trace
    assert "itl" in repr(back)


def test_results_are_read_only():
    with pytest.raises(AttributeError, match="read-only"):
        SERVING.solve(LLAMA, H100, 2048).itl = 3


@pytest.mark.parametrize("batch, words", [(1, "memory bandwidth"), (60000, "arithmetic"),
                                          ([1, 60000], "memory bandwidth at 50% of the points")])
def test_sentences_name_what_binds(batch, words):
    trace = SERVING.solve(LLAMA, H100, 1, batch).constraint_trace
    assert words in trace[2]


def test_sentences_name_need_and_remedy():
    said = SERVING.solve(LLAMA, H100, 131072, 8).constraint_trace[0]
    assert "does not fit, by 67.6 GB" in said and "Fewer requests" in said
    assert "1 of 2 points" in SERVING.solve(LLAMA, H100, [2048, 131072], 8).constraint_trace[0]
    assert "to spare" in SERVING.solve(LLAMA, H100, 2048).constraint_trace[0]


def test_disaggregation_sends_the_cache_and_frees_the_decoders():
    alone = SERVING.solve(LLAMA, H100, 2048)
    apart = SERVING.solve(LLAMA, H100, 2048, decode_hardware=Hardware.Cloud.H200, network_bandwidth=Q_("50 GB/s"))
    assert (apart.ttft - alone.ttft).m_as("ms") == pytest.approx(5.36870912)
    assert apart.decode_stall_bound.magnitude == 0 and apart.itl < alone.itl
    small = SERVING.solve(Models.Llama2_13B, Hardware.Cloud.T4, 2048, decode_hardware=H100)
    assert not small.feasible, "the node that reads the prompt is too small"


def test_a_cached_prefix_saves_time_and_no_memory():
    cold, warm = SERVING.solve(LLAMA, H100, 4096), SERVING.solve(LLAMA, H100, 4096, cached_prefix_len=3072)
    assert warm.prompt_cache_hit_ratio == 0.75 and warm.ttft < cold.ttft
    assert warm.kv_cache_size == cold.kv_cache_size
    last = SERVING.solve(LLAMA, H100, 131072, cached_prefix_len=131071).ttft
    assert last >= SERVING.solve(LLAMA, H100, 1).ttft, "no token comes before the weights are read once"


def test_chunks_trade_first_token_for_stall():
    whole, chunked = SERVING.solve(LLAMA, H100, 8192), SERVING.solve(LLAMA, H100, 8192, prefill_chunk_tokens=512)
    assert (whole.prefill_chunks, chunked.prefill_chunks) == (1, 16)
    assert chunked.ttft >= whole.ttft * (1 - 1e-12) and chunked.decode_stall_bound < whole.decode_stall_bound / 10


def test_a_draft_model_takes_memory_and_helps_small_batches():
    big, chip = Models.Llama3_70B, Hardware.Cloud.B200
    plain, drafted = (SERVING.solve(big, chip, 2048, draft_model=d) for d in (None, LLAMA))
    assert drafted.itl < plain.itl
    assert drafted.total_memory_required > plain.total_memory_required
    assert SERVING.solve(big, chip, 2048, draft_model=LLAMA, draft_acceptance_rate=0).itl > plain.itl


def test_training_costs_what_it_should():
    forward = Engine.solve(LLAMA, H100, is_training=True, seq_len=512)
    again = Engine.solve(LLAMA, H100, is_training=True, seq_len=512, activation_recomputation=True)
    lora = Engine.solve(LLAMA, H100, is_training=True, seq_len=512, is_lora=True)
    assert (again.latency / forward.latency).m_as("") == pytest.approx(4 / 3)
    assert again.hfu == pytest.approx(forward.hfu) and again.mfu == pytest.approx(forward.mfu * 3 / 4)
    assert (lora.latency / forward.latency).m_as("") == pytest.approx(2 / 3)
    assert lora.memory_footprint == Engine.solve(LLAMA, H100, seq_len=512).values["memory_footprint"] * Q_(1, "B") - (
        SERVING.solve(LLAMA, H100, 512).kv_cache_size)
    sharded = [Engine.solve(LLAMA, H100, is_training=True, zero_stage=z, dp_size=64).memory_footprint for z in range(4)]
    assert sharded == sorted(sharded, reverse=True)


def test_max_users_takes_arrays_and_symbols():
    users = max_users(LLAMA, H100, [2048, 131072])
    assert users.tolist() == [260, 4]
    assert isinstance(max_users(LLAMA, H100, symbol("context"), reserve=0.1), Symbol)


def test_paging_knows_the_models_own_window():
    """Mistral 7B keeps 4,096 tokens of a context, however long it is."""
    mistral = Models.Mistral_7B
    b = BATCHING.solve(mistral, H100, 32768, 1000)
    assert b.static_requests == max_users(mistral, H100, 32768) == max_users(mistral, H100, 4096)
    assert b.max_active_requests < BATCHING.solve(mistral, H100, 4096, 1000).max_active_requests


def test_where_nothing_fits_nothing_runs():
    b = BATCHING.solve(Models.Llama3_70B, H100, 4096, [1, 64])
    assert b.feasible is False and (b.throughput_tokens_per_sec == 0).all() and (b.speedup_vs_static == 1).all()
    assert np.isfinite(b.itl.magnitude).all() and "does not fit" in b.constraint_trace[0]
    one_paged = BATCHING.solve(LLAMA, Hardware.Cloud.L4, 100_000, 8)
    assert (one_paged.max_active_requests, one_paged.static_requests) == (1, 0)
    assert one_paged.speedup_vs_static == float("inf")


def test_latent_attention_expands_its_prefix_again():
    """DeepSeek-V3: 61 layers * 2 * 512 * 128 * (128 + 128) FLOP for each token in cache."""
    deepseek, chip = Models.DeepSeek_V3, Hardware.Cloud.H200
    assert deepseek.past_work == 61 * 2 * 512 * 128 * (128 + 128)
    warm = SERVING.solve(deepseek, chip, 65536, cached_prefix_len=65024, efficiency=1.0, precision="bf16")
    expansion = deepseek.past_work * 65024 / chip.bf16
    assert warm.ttft.m_as("second") > expansion > 0.1
    assert LLAMA.past_work == 0


def test_a_traced_result_is_all_in_base_units():
    """A ratio of two figures is the same ratio, whether or not one of them needed a symbol."""
    def share(context):
        r = SERVING.solve(LLAMA, H100, context)
        return r.kv_cache_size / r.model_weights_size

    code = program({"share": share(symbol("context"))})
    assert run(code, {"context": 131072})["share"] == pytest.approx(share(131072).m_as(""), rel=1e-12)
    traced = SERVING.solve(LLAMA, H100, symbol("context"))
    assert "symbol" in repr(traced) and traced.model_weights_size == pytest.approx(16060522496)


def test_a_drafted_step_is_judged_by_its_verification():
    big, chip = Models.Llama3_70B, Hardware.Cloud.B200
    plain, drafted = (SERVING.solve(big, chip, 1024, 100, draft_model=d).constraint_trace[2] for d in (None, LLAMA))
    assert "memory bandwidth" in plain and "arithmetic" in drafted


def test_memory_of_two_nodes():
    """The prompt's node holds no draft model; utilization is that of the fuller node."""
    l4 = Hardware.Cloud.L4
    apart = SERVING.solve(LLAMA, l4, 2048, decode_hardware=H100, draft_model=LLAMA)
    assert apart.feasible and apart.headroom.m_as("byte") == pytest.approx(
        l4.memory - SERVING.solve(LLAMA, l4, 2048).total_memory_required.m_as("byte"))
    full = SERVING.solve(Models.Llama2_13B, Hardware.Cloud.T4, 2048, decode_hardware=H100)
    assert not full.feasible and full.memory_utilization > 1


def test_a_result_of_dask_arrays_is_shown_uncomputed():
    computed = []
    lazy = dask.array.from_array(np.array([512.0, 4096.0]), chunks=1).map_blocks(
        lambda block: computed.append(1) or block, dtype=float, meta=np.array([]))
    assert "not computed" in repr(SERVING.solve(LLAMA, H100, lazy)) and computed == []


def test_lists_of_quantities_and_other_registries():
    import decimal

    import pint

    exact = SERVING.solve(LLAMA, H100, [1024, 2048]).itl
    assert (SERVING.solve(LLAMA, H100, [Q_(1024, "token"), Q_("2 Kitoken")]).itl == exact).all()
    half = SERVING.solve(LLAMA, H100, 2048, efficiency=(Q_(50, "percent"),))
    assert half.ttft[0] == SERVING.solve(LLAMA, H100, 2048, efficiency=0.5).ttft
    tens = pint.UnitRegistry(non_int_type=decimal.Decimal)
    tens.formatter.default_format = "L"
    assert SERVING.solve(LLAMA, H100, 8, network_bandwidth=tens.Quantity(decimal.Decimal(8), "Gbit/s")).feasible
