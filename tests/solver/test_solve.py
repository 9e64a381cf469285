"""The classes with `solve`: signatures, results, arrays, symbols, Dask, trips to other processes."""

from __future__ import annotations

import inspect
import pickle

import dask.array
import numpy as np
import pytest
from drawn import CHIPS, TRANSFORMERS

from mlsysim_labs.reactive.trace import Choice, Symbol, program, run, symbol
from solver import Q_, ContinuousBatchingModel, Engine, Hardware, Models, Quantity, ServingModel, Uniform

LLAMA, H100 = Models.Llama3_8B, Hardware.Cloud.H100
SERVING, BATCHING = ServingModel(), ContinuousBatchingModel()
WIDTHS = {"attention_data_parallel": 1, "expert_parallel": 1, "fabric": None}
SIGNATURES = {
    ServingModel.solve: {
        "model": ..., "hardware": ..., "seq_len": ..., "batch_size": 1, "precision": "fp16", "efficiency": 0.5,
        "decode_hardware": None, "network_bandwidth": Q_("100 GB/s"), "draft_model": None,
        "draft_acceptance_rate": 0.7, "cached_prefix_len": 0, "prefill_chunk_tokens": None,
        "output_len": None, "tensor_parallel": 1, "kv_precision": None, "reserve": 0.0, "profile": None,
        "draft_len": 4, "overlap_transfer": False, **WIDTHS},
    ContinuousBatchingModel.solve: {
        "model": ..., "hardware": ..., "seq_len": ..., "max_batch_size": 1, "page_size": 16, "precision": "fp16",
        "efficiency": 0.5, "lengths": Uniform(), "output_len": None, "tensor_parallel": 1, "kv_precision": None,
        "reserve": 0.0, "profile": None, **WIDTHS},
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
    "own head": lambda **a: SERVING.solve(seq_len=a.pop("context"), batch_size=a.pop("batch"), draft_model="mtp", **a),
    "other head": lambda **a: SERVING.solve(seq_len=a.pop("context"), batch_size=a.pop("batch"), draft_model="eagle3",
                                            **a),
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


@pytest.mark.slow
@every_call
def test_every_class_can_be_traced(call):
    """Given symbols, solve skips checks and units; the program says what solve says, on every chip and with every
    model: each with every eighth of the other, in turn."""
    traced = call(model=Choice(symbol("model"), TRANSFORMERS), hardware=Choice(symbol("device"), CHIPS),
                  context=symbol("context"), batch=symbol("batch"))
    assert isinstance(traced.itl if hasattr(type(traced), "itl") else traced.latency, Symbol)
    code = program({name: traced.value(name) for name in traced.fields()})
    for m, model in enumerate(TRANSFORMERS):
        for d, device in list(enumerate(CHIPS))[m % 8::8]:
            if np.isnan(device.reading.fp16):
                continue
            context = min(777, int(model.context))
            said = run(code, {"model": m, "device": d, "context": context, "batch": 3})
            exact = call(model=model, hardware=device, context=context, batch=3)
            for name in exact.fields():
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
    name = "itl" if "itl" in lazy.fields() else "latency"
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
