"""Groups of chips that share experts: what each holds, how long it takes, and what is refused."""

from __future__ import annotations

import pytest

from solver import ContinuousBatchingModel, Hardware, Models, Node, Profiles, ServingModel, precision_named
from solver.formulas.memory import chip_weights_bytes

R1, H200 = Models.DeepSeek_R1, Hardware.H200
SOLVE = ServingModel().solve
TOLD = {"precision": "FP8_blocks", "profile": "modern"}


def weights(**widths):
    node = Node(H200, precision_named("fp8"), **{name: float(width) for name, width in widths.items()})
    return float(chip_weights_bytes(node, R1))


def test_experts_are_spread_and_all_else_is_held_by_each_group():
    spread, apart = weights(tensor_parallel=8), weights(attention_data_parallel=8, expert_parallel=8)
    experts = R1.expert_parameters
    assert apart == pytest.approx(weights() - experts * 7 / 8)
    assert spread < apart < weights()


def test_a_latent_cache_is_kept_once_instead_of_eight_times():
    """Latent attention has one head: tensor parallelism keeps its cache on every chip, groups keep their own."""
    shared, apart = (ContinuousBatchingModel().solve(R1, H200, 8192 + 1024, 4096, output_len=1024, **TOLD, **widths)
                     for widths in ({"tensor_parallel": 8}, {"attention_data_parallel": 8, "expert_parallel": 8}))
    assert apart.max_active_requests > 5 * shared.max_active_requests
    assert apart.throughput_tokens_per_sec > shared.throughput_tokens_per_sec


def test_few_requests_are_faster_where_all_chips_share_them():
    shared, apart = (SOLVE(R1, H200, 1024, 8, **TOLD, **widths) for widths in (
        {"tensor_parallel": 8}, {"attention_data_parallel": 8, "expert_parallel": 8}))
    assert shared.itl < apart.itl


@pytest.mark.parametrize("model, widths, said", [
    (Models.Llama3_8B, {"attention_data_parallel": 2}, "has no experts that attention_data_parallel groups"),
    (Models.Llama3_8B, {"expert_parallel": 2}, "has no experts: leave expert_parallel out"),
    (R1, {"attention_data_parallel": 8, "expert_parallel": 3}, "there are 8 chips"),
    (R1, {"attention_data_parallel": 1.5}, "groups come whole"),
    (R1, {"expert_parallel": 0}, "expert_parallel")])
def test_what_cannot_be_is_said(model, widths, said):
    with pytest.raises(ValueError, match=said):
        SOLVE(model, H200, 1024, **widths)


def test_mxfp4_is_multiplied_at_four_bits_where_a_chip_can():
    """It ran at the 16-bit rate on every chip."""
    rates = {chip: Node(Hardware[chip], precision_named("mxfp4")).matmul_rate for chip in ("H100", "B200")}
    assert rates == {"H100": Hardware.H100.fp16, "B200": Hardware.B200.fp4}


def test_what_a_layer_has_more_takes_longer():
    """Latent attention, an indexer, a state and a mixture each have kernels of their own."""
    modern = Profiles.modern
    assert min(modern.latent, modern.index, modern.state, modern.request, modern.reading) > 0
    steps = {model: SOLVE(Models[model], H200, 128, tensor_parallel=4, **TOLD).itl
             for model in ("GLM_4_5", "GLM_5")}
    assert steps["GLM_5"] > steps["GLM_4_5"]
