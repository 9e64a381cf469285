"""Chips whose rates nobody publishes: what memory alone decides is known, all else is unknown and says so."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import CHIPS, TRANSFORMERS

from mlsysim_labs.reactive.trace import Choice, program, run, symbol
from solver import ContinuousBatchingModel, Engine, Hardware, Models, ServingModel, changed
from solver.zoo.node import LIGHT

SERVING, LLAMA, ULTRA = ServingModel(), Models.Llama2_7B, Hardware.Workstation.M2_Ultra
UNRATED = [chip for chip in CHIPS if chip.unrated["fp16"]]
NEEDS_RATE = {"ttft", "e2e_latency", "prefill_chunk_time", "decode_stall_bound", "itl_with_chunk", "energy"}


@pytest.mark.parametrize("chip, model", [(UNRATED[place % len(UNRATED)], model)  # every chip, and every model
                                         for place, model in enumerate(TRANSFORMERS)], ids=str)
def test_only_what_needs_the_rate_is_unknown(chip, model):
    r = SERVING.solve(model, chip, 64, profile="llama_cpp")
    unknown = {name for name in r.fields() if np.isnan(float(r.value(name)))}
    latent = model.decode_pair_work / model.kv_elements > 2 * 32  # more work a byte than reading can hide
    assert unknown == NEEDS_RATE | ({"itl", "tokens_per_second"} if np.isnan(r.value("itl")) else set()) | (
        {"energy_per_token"} if np.isnan(r.value("itl") * chip.power) else set())
    assert latent or not np.isnan(r.value("itl"))
    assert r.band("ttft") is None
    apple = SERVING.solve(model, chip, 64, profile="apple").band("itl")
    assert (apple is None) == (np.isnan(r.value("itl")) or chip.family != "Apple")
    assert sum("nobody publishes" in said for said in r.constraint_trace) == (
        1 + np.isnan(r.value("itl")) + np.isnan(chip.power))
    assert "nan" not in " ".join([*r.constraint_trace]).lower()


def test_what_is_left_out_is_little():
    """The rate of FP32 is published, and 16-bit numbers can be computed on as such: the time lies in between."""
    rated = changed(ULTRA, fp16=ULTRA.fp32)
    for kind, batch in (("fp16", 1), ("fp16", 4), ("w4a16", 1)):
        known, full = (SERVING.solve(LLAMA, chip, 64, batch, kind, profile="llama_cpp") for chip in (ULTRA, rated))
        assert known.itl <= full.itl <= 1.15 * known.itl
        assert full.bottleneck == known.bottleneck == "Memory"


def test_light_work_hides_on_every_chip():
    ridges = [chip.half / chip.bandwidth for chip in CHIPS if chip.half > 0 and chip.memory_kind != "SRAM"]
    assert min(ridges) > 9 * LIGHT


def test_the_rest_of_the_solver_says_so_too():
    step = Engine.solve(LLAMA, ULTRA, profile="llama_cpp", seq_len=64)
    assert step.latency == SERVING.solve(LLAMA, ULTRA, 64, profile="llama_cpp").itl and step.bottleneck == "Memory"
    training = Engine.solve(LLAMA, ULTRA, is_training=True)
    assert training.bottleneck == "Unknown" and "nobody publishes the 16-bit rate" in training.constraint_trace[1]
    few, many = (ContinuousBatchingModel().solve(LLAMA, ULTRA, 512, limit) for limit in (4, 512))
    assert few.throughput_tokens_per_sec > 0 and np.isnan(few.ttft.magnitude)
    assert np.isnan(many.throughput_tokens_per_sec) and many.bottleneck == "Unknown" and many.max_active_requests == 512
    assert "Time to first token and time between tokens: unknown" in many.constraint_trace[-2]


def test_a_choice_of_chips_knows_as_much():
    """The browser's program says what `solve` says, of a chip without a rate beside one that has it."""
    chips = [Hardware.Cloud.H100, ULTRA]
    traced = SERVING.solve(LLAMA, Choice(symbol("chip"), chips), symbol("context"), symbol("batch"))
    code = program({name: traced.value(name) for name in traced.fields()})
    for place, chip in enumerate(chips):
        for batch in (1, 64):
            found = run(code, {"chip": place, "context": 64, "batch": batch})
            exact = SERVING.solve(LLAMA, chip, 64, batch)
            for name in exact.fields():
                np.testing.assert_allclose(found[name], float(exact.value(name)), rtol=1e-12, err_msg=name)
