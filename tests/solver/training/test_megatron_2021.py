"""Weak scaling of Megatron-LM in 2021, from 1.7 billion to a trillion parameters, of which no row was fitted."""

from __future__ import annotations

import pytest

from solver import DistributedModel, Fleet, Servers, Transformer

SOLVE = DistributedModel().solve
# Narayanan et al. 2021, table 1: billions of parameters, heads, hidden size, layers, tensor-parallel chips, stages,
# chips, sequences of a batch, TFLOP/s of a chip; and how many times that the model says, without interleaving and with
# parts of one layer. The paper interleaves, and says neither of how many parts nor of how large micro-batches.
TABLE_1 = [
    (1.7, 24, 2304, 24, 1, 1, 32, 512, 137, 1.32, 1.32),
    (3.6, 32, 3072, 30, 2, 1, 64, 512, 138, 1.25, 1.25),
    (7.5, 32, 4096, 36, 4, 1, 128, 512, 142, 1.12, 1.12),
    (18.4, 48, 6144, 40, 8, 1, 256, 1024, 135, 1.13, 1.13),
    (39.1, 64, 8192, 48, 8, 2, 512, 1536, 138, 1.19, 1.16),
    (76.1, 80, 10240, 60, 8, 4, 1024, 1792, 140, 1.19, 1.20),
    (145.6, 96, 12288, 80, 8, 8, 1536, 2304, 148, 1.15, 1.19),
    (310.1, 128, 16384, 96, 8, 16, 1920, 2160, 155, 1.12, 1.19),
    (529.6, 128, 20480, 105, 8, 35, 2520, 2520, 163, 1.06, 1.13),
    (1008.0, 160, 25600, 128, 8, 64, 3072, 3072, 163, 1.08, 1.13)]


def equation_3(batch, layers, hidden):
    """FLOP of a step as that paper counts it: four passes over the layers, and all of attention's square."""
    return 96 * batch * 2048 * layers * hidden**2 * (1 + 2048 / (6 * hidden) + 51200 / (16 * layers * hidden))


@pytest.mark.parametrize("row", TABLE_1, ids=lambda row: f"{row[0]}B")
def test_steps_of_2021_were_slower_than_the_profile_of_2022(row):
    """Bounds are what the model gives, 0.02 about it: 6 to 20 % more than was measured from 7.5 billion parameters on,
    and up to a third more below, which may be attention's scores: they were written to memory, which is left out."""
    size, heads, hidden, layers, tensor, stages, chips, batch, measured, *expected = row
    model = Transformer.declared("GPT", layers=layers, hidden=hidden, vocab=51200, context="2048 token", tied=True,
                                 attention={"heads": heads, "kv_heads": heads, "head_dim": hidden / heads},
                                 feed_forward={"width": 4 * hidden, "gated": False})
    r = SOLVE(model, Fleet(Servers.DGX_A100, chips / 8, "HDR"), batch, tp_size=tensor, pp_size=stages,
              v_stages=[1, layers // stages if stages > 1 else 1], microbatch_count=batch * tensor * stages // chips,
              activation_recomputation=True, profile="megatron")
    reached = equation_3(batch, layers, hidden) / chips / r.step_latency_total.m_as("s") / 1e12
    print(f"{size} G parameters: {reached.round(1)} TFLOP/s, {measured} measured, {(reached / measured - 1).round(3)}")
    assert reached / measured == pytest.approx(expected, abs=0.02)
    assert r.feasible.all() and model.parameters / 1e9 == pytest.approx(size, rel=0.035)
