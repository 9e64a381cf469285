"""What a person might give: the sentences, each of which names the value, the limit and the next move.

That every argument refuses what its declaration excludes is proven in test_batteries.
"""

from __future__ import annotations

import dask.array
import numpy as np
import pint
import pytest

from solver import (
    Q_,
    Accelerator,
    ContinuousBatchingModel,
    Engine,
    Exponential,
    Hardware,
    Models,
    ServingModel,
    Uniform,
    kv_capacity,
    max_users,
    simulate,
)

LLAMA, H100, A100 = Models.Llama3_8B, Hardware.Cloud.H100, Hardware.Cloud.A100
OURS = (ValueError, TypeError, pint.DimensionalityError)


def asks(solve):
    """The helper has the arguments of that solve."""
    def marked(call):
        call.arguments = solve.arguments
        return call
    return marked


@asks(ServingModel.solve)
def serve(model=LLAMA, hardware=H100, seq_len=2048, **options):
    return ServingModel().solve(model, hardware, seq_len, **options)


@asks(ContinuousBatchingModel.solve)
def batch(model=LLAMA, hardware=H100, seq_len=2048, **options):
    return ContinuousBatchingModel().solve(model, hardware, seq_len, **options)


@asks(kv_capacity)
def fit(model=LLAMA, hardware=H100, max_len=8192, **options):
    return kv_capacity(model, hardware, max_len, **options)


@asks(Engine.solve)
def step(model=LLAMA, hardware=H100, **options):
    return Engine.solve(model, hardware, **options)


@pytest.mark.parametrize("call, error, says", [
    (lambda: serve(seq_len=0), ValueError, "seq_len is 0: .*at least 1"),
    (lambda: serve(seq_len=2048.7), ValueError, "tokens come whole; try 2,048 or 2,049"),
    (lambda: serve(seq_len="2048"), TypeError, "'2048' is a text"),
    (lambda: serve(seq_len=True), TypeError, "True is a yes or no"),
    (lambda: serve(seq_len=None), TypeError, "None is nothing"),
    (lambda: serve(seq_len=[]), ValueError, "seq_len is empty"),
    (lambda: serve(seq_len=10**10), ValueError, "beyond this model; give at most 1,000,000,000 tokens"),
    (lambda: serve(seq_len=[512, 10**10]), ValueError, r"seq_len\[1\] is 10,000,000,000"),
    (lambda: serve(seq_len=np.array([[1, 2], [3, -4]])), ValueError, r"seq_len\[1, 1\] is -4"),
    (lambda: serve(seq_len=Q_("3 s")), pint.DimensionalityError, "seq_len is 3 s, and should be in token"),
    (lambda: serve(seq_len=Q_("3 GB")), pint.DimensionalityError, "should be in token"),
    (lambda: serve(seq_len=pint.Quantity(3, "meter")), ValueError, "meter"),
    (lambda: serve(batch_size=1.5), ValueError, "requests come whole; try 1 or 2"),
    (lambda: serve(batch_size=Q_(8, "token")), pint.DimensionalityError, "should be in request"),
    (lambda: serve(precision="fp7"), ValueError, "Did you mean fp8"),
    (lambda: serve(precision=16), TypeError, "should be a name"),
    (lambda: serve(precision=None), TypeError, "should be a name"),
    (lambda: serve(precision="int4"), ValueError, "has no int4 rate: it has fp32, tf32, fp16, bf16, fp8, int8"),
    (lambda: serve(hardware=A100, precision="fp8"), ValueError, "A100 SXM 80 GB has no fp8"),
    (lambda: serve(decode_hardware=A100, precision="fp8"), ValueError, "A100 SXM 80 GB has no fp8"),
    (lambda: serve(efficiency=0), ValueError, "efficiency is 0"),
    (lambda: serve(efficiency=[0.5, -1]), ValueError, r"efficiency\[1\] is -1"),
    (lambda: serve(network_bandwidth=100), TypeError, "without a unit: write Q_"),
    (lambda: serve(network_bandwidth=Q_("5 W")), pint.DimensionalityError, "network_bandwidth is 5 W"),
    (lambda: serve(network_bandwidth=Q_("0 GB/s")), ValueError, "positive rate"),
    (lambda: serve(network_bandwidth=Q_(float("inf"), "GB/s")), ValueError, "positive rate"),
    (lambda: serve(cached_prefix_len=2048), ValueError, "must be below seq_len"),
    (lambda: serve(draft_model=Models.ResNet50), TypeError, "convolutional"),
    (lambda: serve(draft_model="mpt"), ValueError, "'mpt' is no kind of heads .* Did you mean mtp.* Models.Llama3"),
    (lambda: serve(draft_model="eagle"), ValueError, "Did you mean eagle3"),
    (lambda: serve(draft_model=Models.DeepSeek_V3.mtp_head), ValueError,
     "reads 7,168 numbers of a token, and Llama 3.1 8B has 4,096: .* by the name mtp or eagle3"),
    (lambda: serve(model=LLAMA.eagle_head), TypeError, "answers nobody by itself: give its model here"),
    (lambda: step(model=LLAMA.mtp_head), TypeError, "answers nobody by itself"),
    (lambda: serve(model=Models.ResNet50), TypeError, "no KV cache: choose a transformer"),
    (lambda: serve(model=None), TypeError, "Models.Llama3_8B"),
    (lambda: serve(model="Llama3_8B"), TypeError, "Models.Llama3_8B"),
    (lambda: serve(model=H100, hardware=LLAMA), TypeError, "swapped"),
    (lambda: serve(hardware=LLAMA), TypeError, "swapped"),
    (lambda: serve(hardware="H100"), TypeError, "Hardware.Cloud.H100"),
    (lambda: serve(hardware=None), TypeError, "Hardware.Cloud.H100"),
    (lambda: serve(batchsize=8), TypeError, "Did you mean batch_size"),
    (lambda: serve(context=8), TypeError, "no argument 'context'"),
    (lambda: serve(efficiency=0.5, profile="tuned"), ValueError, "both given"),
    (lambda: serve(profile="tunde"), ValueError, "Did you mean tuned"),
    (lambda: serve(profile=3), TypeError, "should be a record such as Profiles.tuned"),
    (lambda: serve(output_len=1.5), ValueError, "try 1 or 2"),
    (lambda: serve(tensor_parallel=3), ValueError, "has 32 heads, .* choose a divisor"),
    (lambda: serve(tensor_parallel=[1, 2, 5]), ValueError, r"tensor_parallel\[2\] is 5"),
    (lambda: serve(hardware=Accelerator("Mine", "80 GiB", "2 TB/s", fp16=1e15), tensor_parallel=2), ValueError,
     "no known link"),
    (lambda: serve(kv_precision="fp9"), ValueError, "Did you mean fp8"),
    (lambda: serve(kv_precision=8), TypeError, "should be a name"),
    (lambda: serve(draft_len=17), ValueError, "draft_len is 17: .*1 to"),
    (lambda: serve(overlap_transfer=1), TypeError, "True or False"),
    (lambda: serve(seq_len=[1, 2, 3], efficiency=[0.5, 0.6]), ValueError, "efficiency has"),
    (lambda: serve(output=3), TypeError, "Did you mean output_len"),
    (lambda: batch(page_size=2.5), ValueError, "try 2 or 3"),
    (lambda: batch(page_size=10000), ValueError, "must be at most seq_len, which is 2,048"),
    (lambda: batch(batch_size=3), TypeError, "Did you mean max_batch_size"),
    (lambda: step(zero_stage=4), ValueError, "zero_stage is 4: choose one of 0, 1, 2, 3"),
    (lambda: step(zero_stage=[1]), ValueError, "zero_stage"),
    (lambda: step(is_training="yes"), TypeError, "should be True or False"),
    (lambda: step(is_training=True, precision="fp8"), ValueError, "trained at 16 bits"),
    (lambda: step(dp_size=0), ValueError, "dp_size is 0: give a whole number of replicas"),
    (lambda: step(dp_size=1.5), ValueError, "replicas come whole; try 1 or 2"),
    (lambda: serve(seq_len=[2000, 10], cached_prefix_len=[1000, 10]), ValueError,
     r"cached_prefix_len\[1\] is 10 and must be below seq_len, which is 10"),
    (lambda: serve(hardware=Accelerator("Mine", "80 GiB", "2 TB/s", int8=1e15), precision="int8"), ValueError,
     "none for 16 bits"),
    (lambda: serve(hardware=Accelerator("Mine", "80 GiB", "2 TB/s")), ValueError, "no fp16 rate: it has none at all"),
    (lambda: step(model=Models.Llama3_70B, raise_errors=True), ValueError, "does not fit, by 55.9 GB"),
    (lambda: max_users(LLAMA, H100, 0), ValueError, "context is 0"),
    (lambda: max_users(LLAMA, H100, 2048, reserve=1.5), ValueError, "reserve is 1.5"),
    (lambda: max_users(H100, LLAMA, 2048), TypeError, "swapped"),
    (lambda: max_users(LLAMA, H100, 2048, tensor_parallel=7), ValueError, "32 heads, .*choose a divisor"),
    (lambda: batch(lengths="uniform"), TypeError, "should be a spread: Uniform"),
    (lambda: batch(output_len=2048), ValueError, "output_len is 2,048 and must be below seq_len"),
    (lambda: batch(output_len=[5, 4000]), ValueError, r"output_len\[1\] is 4,000"),
    (lambda: batch(page_size=4096), ValueError, "page_size is 4,096 and must be at most seq_len"),
    (lambda: Uniform(low=1), ValueError, "low is 1: .*Fixed"),
    (lambda: Exponential(0), ValueError, "mean_share is 0: give the mean as a share"),
    (lambda: fit(rule="vlm"), ValueError, "rule is 'vlm': choose one of vllm"),
    (lambda: fit(activation=2), TypeError, "activation is 2, without a unit"),
    (lambda: fit(activation=Q_("2 s")), pint.DimensionalityError, "should be in byte"),
    (lambda: fit(non_torch=Q_("-2 GiB")), ValueError, "is no memory"),
    (lambda: fit(max_len=10**10), ValueError, "max_len is 10,000,000,000: .*beyond this model"),
    (lambda: fit(batched_tokens=0), ValueError, "batched_tokens is 0"),
    (lambda: fit(kv_cache_size=10), TypeError, "kv_cache_size is 10, without a unit"),
    (lambda: serve(hardware=Hardware.Workstation.M2_Ultra, precision="fp8"), ValueError, "has no fp8 rate"),
    (lambda: simulate(LLAMA, Hardware.Workstation.M2_Ultra, 2048), ValueError, "nobody publishes its fp16 rate"),
])
def test_bad_values_get_a_sentence(call, error, says):
    with pytest.raises(error, match=says) as caught:
        call()
    assert str(caught.value).rstrip().endswith((".", "?")) or error is pint.DimensionalityError


def test_good_values_in_other_clothes_are_taken():
    exact = serve(seq_len=2048, batch_size=8).itl
    for length in (np.int64(2048), 2048.0, np.float32(2048), np.array(2048), Q_(2, "Kitoken")):
        assert serve(seq_len=length, batch_size=8).itl == exact
    assert serve(precision="FP16", batch_size=8).itl == exact
    assert serve(seq_len=(2048, 4096), batch_size=8).itl[0] == exact
    assert serve(network_bandwidth=pint.Quantity(800, "Gbit/s"), batch_size=8, decode_hardware=H100).feasible


def test_what_a_chip_can_do_is_all_that_its_memory_needs():
    """Asking what fits needs no rate: INT4 weights fit on a chip without INT4 arithmetic."""
    assert max_users(LLAMA, H100, 131072, precision="int4") > max_users(LLAMA, H100, 131072)


ODD = [
    0, -1, 1, 2, 3.5, 1e300, -1e300, 10**30, 1j, float("nan"), float("inf"), -float("inf"), True, False, None, ..., "",
    "16", "fp16", "x" * 1000, b"x", [], [1, 2], [1, "a"], [[1], [1, 2]], [float("nan")], (1,), {}, {1: 2}, set(),
    np.array([]), np.array(["a"]), np.array([True]), np.array([None]), np.zeros((2, 2)), np.datetime64("2026-01-01"),
    dask.array.ones(2, chunks=1) > 0, object(), print, int, lambda: 1, iter([1]), range(3), slice(1), np.float64,
    Q_("3 s"), Q_("3 GB"), Q_(3, ""), Q_([1, 2], "token"), Q_("nan token"), Q_("2 request"), pint.Quantity(1, "kg"),
    LLAMA, H100, Models.ResNet50, Hardware, Models]


def test_a_thousand_odd_calls_get_an_answer_or_a_sentence(rng):
    assert answer_odd_calls(rng, pairs=200) > 1000


@pytest.mark.soak
def test_twenty_thousand_odd_calls(rng):
    answer_odd_calls(rng, pairs=7000)


def answer_odd_calls(rng, pairs):
    """Every odd value for every declared argument, and `pairs` of them at once for each solver; how many were refused.

    Never a bare AttributeError, never a crash inside numpy, never NaN that was not asked for."""
    refused = 0
    for call in (serve, batch, fit, step):
        names = list(call.arguments)
        cases = [{name: odd} for name in names for odd in ODD]
        cases += [{str(name): ODD[rng.integers(len(ODD))] for name in rng.choice(names, 2, replace=False)}
                  for _ in range(pairs)]
        refused += sum(is_refused(call, odd) for odd in cases)
    return refused


def is_refused(call, odd):
    """Whether a call is answered with a sentence; an answer has no NaN, and can be shown."""
    try:
        result = call(**odd)
    except OURS as error:
        assert len(str(error)) > 15, (call, odd)
        return True
    for name, value in result.values.items():
        if not type(value).__module__.startswith("dask"):
            assert not np.any(np.isnan(value)), (call, odd, name)
    assert repr(result) and result.constraint_trace is not None
    return False
