"""Energy: board power by time, shared out; unknown where nobody publishes the power."""

from __future__ import annotations

import numpy as np
import pytest

from mlsysim_labs.reactive.trace import Symbol, program, run, symbol
from solver import ContinuousBatchingModel, Hardware, Models, ServingModel, changed

SERVING, BATCHING, LLAMA, H100 = ServingModel(), ContinuousBatchingModel(), Models.Llama3_8B, Hardware.Cloud.H100


def test_a_request_takes_its_share_of_the_batch():
    r = SERVING.solve(Models.Llama3_70B, H100, 2048, 8, output_len=200, tensor_parallel=4, profile="tuned")
    assert r.energy.m_as("J") == pytest.approx(4 * 700 * r.e2e_latency.m_as("s") / 8)
    assert r.energy_per_token.m_as("J") == pytest.approx(r.energy.m_as("J") / 200)
    assert r.floor.energy < r.energy and r.band("energy") is None and r.band("energy_per_token") is None


def test_without_an_answer_it_is_of_the_prompt_and_of_decoding():
    r = SERVING.solve(LLAMA, H100, 2048, [1, 64])
    np.testing.assert_allclose(r.energy.m_as("J"), 700 * r.ttft.m_as("s") / [1, 64])
    np.testing.assert_allclose(r.energy_per_token.m_as("J"), 700 / r.tokens_per_second)
    assert r.energy_per_token[1] < r.energy_per_token[0] / 20, "weights that are read for many"


def test_two_nodes_count_each_for_its_time():
    b200 = Hardware.Cloud.B200
    r = SERVING.solve(LLAMA, H100, 2048, 4, output_len=100, decode_hardware=b200)
    both = 700 * r.ttft.m_as("s") + 1000 * 99 * r.itl.m_as("s")
    assert r.energy.m_as("J") == pytest.approx(both / 4) and b200.power == 1000


def test_a_server_spends_its_power_on_its_tokens():
    r = BATCHING.solve(LLAMA, H100, 4096, [8, 256], output_len=1024, tensor_parallel=2, profile="tuned")
    np.testing.assert_allclose(r.energy_per_token.m_as("J"), 1400 / r.throughput_tokens_per_sec)
    assert BATCHING.solve(Models.Llama3_70B, H100, 4096).energy_per_token.m_as("J") == float("inf"), "no token is made"


def test_power_that_nobody_publishes_is_unknown():
    tpu = Hardware.Cloud.TPUv5p
    r, b = SERVING.solve(LLAMA, tpu, 2048, precision="bf16"), BATCHING.solve(LLAMA, tpu, 2048, precision="bf16")
    apart = SERVING.solve(LLAMA, H100, 2048, precision="bf16", decode_hardware=tpu)
    for result in (r, b, apart):
        assert np.isnan(result.energy_per_token.magnitude) and "energy_per_token = unknown" in repr(result)
        assert sum(said == "Energy: unknown, for nobody publishes the board power of Google TPU v5p."
                   for said in result.constraint_trace) == 1
    known = changed(tpu, power="400 W")
    assert SERVING.solve(LLAMA, known, 2048, precision="bf16").energy.m_as("J") == pytest.approx(
        400 * r.ttft.m_as("s"))


def test_power_may_be_a_knob():
    r = SERVING.solve(LLAMA, changed(H100, power=symbol("power")), 2048)
    assert r.ttft.m_as("s") > 0 and isinstance(r.energy, Symbol) and r.constraint_trace == []
    said = run(program({"energy": r.energy}), {"power": 300})["energy"]
    assert said == pytest.approx(300 * r.ttft.m_as("s")) and "energy = <symbol" in repr(r)
