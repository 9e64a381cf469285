"""What serving, batching and training answer: each option does what it says, in numbers."""

from __future__ import annotations

import dask.array
import numpy as np
import pytest
from drawn import CHIPS

from mlsysim_labs.reactive.trace import Choice, Symbol, program, run, symbol
from solver import (
    PRECISIONS,
    Q_,
    ContinuousBatchingModel,
    Engine,
    Hardware,
    Models,
    Profiles,
    ServingModel,
    max_users,
    simulate,
)
from solver.formulas.work import BOTTLENECKS

LLAMA, H100 = Models.Llama3_8B, Hardware.Cloud.H100
SERVING, BATCHING = ServingModel(), ContinuousBatchingModel()


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


@pytest.mark.parametrize("batch", [1, 2])
def test_a_report_of_the_head_of_deepseek_r1(batch):
    """vllm-project/vllm#12755: at one request a second, with an acceptance of 81 to 82.3 %, 55.47 become 33.99 ms."""
    r = SERVING.solve(Models.DeepSeek_R1, Hardware.Cloud.H200, 1024, batch, "fp8", tensor_parallel=8, output_len=256,
                      profile="tuned", draft_model="mtp", draft_len=1, draft_acceptance_rate=0.82)
    assert r.tokens_per_step == pytest.approx(1.82, abs=0.01)
    assert r.draft_speedup == pytest.approx(55.47 / 33.99, rel=0.15)
    assert r.feasible


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
        l4.usable_memory - SERVING.solve(LLAMA, l4, 2048).total_memory_required.m_as("byte"))
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


@pytest.mark.slow
def test_profiles_formats_and_chips_can_all_be_chosen_later():
    """A lab's knobs: what a program of the browser says for every choice is what solve says."""
    names, formats, tensor_parallel = Profiles.keys(), ["fp16", "int8", "w4a16"], 4
    chips = [c for c in CHIPS if {"fp16", "int8"} <= set(c.precisions) and not np.isnan(c.interconnect)]
    traced = SERVING.solve(
        LLAMA, Choice(symbol("device"), chips), symbol("context"), symbol("batch"),
        precision=Choice(symbol("precision"), [PRECISIONS[f] for f in formats]), output_len=symbol("answer"),
        profile=Choice(symbol("profile"), list(Profiles)), tensor_parallel=symbol("tensor_parallel"),
        reserve=symbol("reserve"))
    code = program({name: traced.value(name) for name in traced.fields()})
    for d, chip in enumerate(chips):
        for f, kind in enumerate(formats):
            for p, name in enumerate(names):
                told = {"device": d, "precision": f, "profile": p, "context": 999, "batch": 5, "answer": 100,
                        "tensor_parallel": tensor_parallel, "reserve": 0.1}
                said = run(code, told)
                exact = SERVING.solve(LLAMA, chip, 999, 5, kind, output_len=100, profile=name,
                                      tensor_parallel=tensor_parallel, reserve=0.1)
                for figure in exact.fields():
                    np.testing.assert_allclose(said[figure], float(exact.value(figure)), rtol=1e-9,
                                               err_msg=f"{figure} {chip} {kind} {name}")


def test_floor_band_and_bottleneck():
    r = SERVING.solve(LLAMA, H100, 2048, [8, 64], profile="tuned", output_len=100)
    for name in ("ttft", "itl", "e2e_latency"):
        low, high = r.band(name)
        assert (r.floor.values["ttft"] <= r.values["ttft"]).all()
        value, floor = getattr(r, name), getattr(r.floor, name)
        assert (floor <= low).all() and (low <= value).all() and (value < high).all()
    low, high = r.band("tokens_per_second")
    assert (low < r.tokens_per_second).all() and (r.tokens_per_second <= high).all()
    one = SERVING.solve(LLAMA, H100, 2048, profile="tuned")
    assert one.band("itl") is None, "no row of one request"
    assert any(said.startswith("No band: time between tokens has none") for said in one.constraint_trace)
    assert SERVING.solve(LLAMA, H100, 2048).band("ttft") is None, "efficiency alone was measured nowhere"
    assert SERVING.solve(LLAMA, H100, 2048).bottleneck == "Memory"
    assert SERVING.solve(LLAMA, H100, 2048).prefill_bottleneck == "Compute"
    codes = SERVING.solve(LLAMA, H100, 2048, [1, 4096]).prefill_bottleneck
    assert [BOTTLENECKS[code] for code in codes] == ["Compute", "Compute"]
    tiny = SERVING.solve(Models.GPT2_Small, H100, 16, profile="eager", tensor_parallel=2)
    assert tiny.bottleneck == "Launches" and "launches" in tiny.constraint_trace[2]


def test_an_answer_takes_its_tokens():
    r = SERVING.solve(LLAMA, H100, 1000, 4, output_len=200)
    at_mean = SERVING.solve(LLAMA, H100, 1100, 4)
    assert r.itl == at_mean.itl and r.kv_cache_size == SERVING.solve(LLAMA, H100, 1200, 4).kv_cache_size
    assert r.e2e_latency.m_as("s") == pytest.approx((r.ttft + 199 * r.itl).m_as("s"))
    assert r.tokens_per_second == pytest.approx(4 * 200 / (r.ttft + 200 * r.itl).m_as("s"))
    bare = SERVING.solve(LLAMA, H100, 1000, 4)
    assert bare.e2e_latency == bare.ttft and bare.tokens_per_second == pytest.approx(4 / bare.itl.m_as("s"))


def test_chips_share_weights_and_cache():
    one, four = (SERVING.solve(Models.Llama3_70B, H100, 2048, 8, tensor_parallel=t, profile="tuned") for t in (1, 4))
    assert not one.feasible and four.feasible and four.kv_cache_size == one.kv_cache_size
    assert four.memory_utilization == pytest.approx(one.memory_utilization / 4)
    mla = SERVING.solve(Models.DeepSeek_V3, Hardware.Cloud.H200, 2048, 8, "fp8", tensor_parallel=8, profile="tuned")
    cache = mla.kv_cache_size.m_as("byte")
    weights = mla.model_weights_size.m_as("byte")
    assert mla.memory_utilization * Hardware.Cloud.H200.memory == pytest.approx(weights / 8 + cache)
    halved = SERVING.solve(LLAMA, H100, 2048, 8, kv_precision="fp8")
    assert halved.kv_cache_size == SERVING.solve(LLAMA, H100, 2048, 8).kv_cache_size / 2
    narrow = SERVING.solve(LLAMA, H100, 2048, 8, "w4a16")
    assert narrow.kv_cache_size == SERVING.solve(LLAMA, H100, 2048, 8).kv_cache_size, "scales are for weights"
    full = SERVING.solve(LLAMA, H100, 131072, 4)
    assert full.feasible and not SERVING.solve(LLAMA, H100, 131072, 4, reserve=0.1).feasible


def test_a_cache_can_be_sent_while_the_prompt_is_read():
    apart, overlapped = (SERVING.solve(LLAMA, H100, 8192, decode_hardware=Hardware.Cloud.H200,
                                       network_bandwidth=Q_("10 GB/s"), overlap_transfer=o) for o in (False, True))
    alone = SERVING.solve(LLAMA, H100, 8192)
    sent = apart.ttft - alone.ttft
    assert sent.m_as("s") == pytest.approx(apart.kv_cache_size.m_as("B") / 10e9)
    longer, shorter = sorted([sent.m_as("s"), alone.ttft.m_as("s")], reverse=True)
    assert overlapped.ttft.m_as("s") == pytest.approx(longer + shorter / 32)


def test_contexts_beyond_the_trained_one_are_computed():
    """Prompt and answer together, of the model and of one that drafts; each says so, and none refuses."""
    r = SERVING.solve(LLAMA, H100, [131072, 131073])
    assert r.within_context.tolist() == [True, False] and r.ttft[1] > r.ttft[0]
    assert not SERVING.solve(LLAMA, H100, 131072, output_len=1).within_context
    drafted = SERVING.solve(LLAMA, H100, 2048, draft_model=Models.GPT2)
    said = [said for said in drafted.constraint_trace if said.startswith("Context")]
    assert not drafted.within_context and len(said) == 1
    assert "2,048 tokens are more than the 1,024 that GPT-2" in said[0]
    assert not Engine.solve(Models.GPT2, H100).within_context and Engine.solve(Models.ResNet50, H100).within_context
    batched = ContinuousBatchingModel().solve(Models.GPT2, H100, [1024, 2048], 8)
    assert batched.within_context.tolist() == [True, False] and "Context" in batched.constraint_trace[-2]
    runs = [simulate(Models.GPT2, H100, window, 8, requests=20) for window in (1024, 2048)]
    assert [run.within_context for run in runs] == [True, False]


def test_advice_offers_what_can_help():
    """Where weights alone are too large nobody is told to send fewer requests, nor to shorten a single token."""
    large = SERVING.solve(Models.Llama3_70B, H100, 2048, 8).constraint_trace[0]
    assert "A narrower number format or a chip with more memory would help." in large
    many = SERVING.solve(LLAMA, H100, 8192, 512, "w4a16", kv_precision="fp8").constraint_trace[0]
    assert "Fewer requests, a shorter context or a chip with more memory would help." in many
    assert "Fewer" not in SERVING.solve(LLAMA, Hardware.Cloud.T4, 131072).constraint_trace[0]
    trained = Engine.solve(LLAMA, H100, 64, is_training=True).constraint_trace[0]
    assert "Sharding or a chip with more memory would help." in trained, "training state has no batch in it"
    fits = Engine.solve(LLAMA, H100, is_training=True, zero_stage=3, dp_size=64).constraint_trace[0]
    assert fits.endswith("to spare. This is without activations: ask TrainingMemoryModel.")
    assert "activations" not in Engine.solve(LLAMA, H100).constraint_trace[0]


@pytest.mark.parametrize("chip, shared, banded", [
    ("H100", 8, True), ("H100", 16, False), ("L40S", 1, True), ("L40S", 2, False), ("TPUv5p", 32, False)])
def test_a_band_is_of_chips_that_their_link_joins(chip, shared, banded):
    kind = "bf16" if chip == "TPUv5p" else "fp16"
    r = SERVING.solve(LLAMA, Hardware.Cloud[chip], 2048, 8, precision=kind, tensor_parallel=shared, profile="tuned")
    assert (r.band("itl") is not None) == (r.band("ttft") is not None) == banded
    apart = shared > r.given["asked"].node.device.domain
    assert any(said.startswith("Chips: ") for said in r.constraint_trace) == apart
    assert any(said.startswith("No band: ") for said in r.constraint_trace) != banded
    assert np.isfinite(r.itl.magnitude), "no error: the times stand without a band"
