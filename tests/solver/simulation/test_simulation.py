"""The simulation of a server: nothing gets lost in it, and in steady state it is what the closed forms say."""

from __future__ import annotations

import numpy as np
import pint
import pytest
from drawn import EXAMPLES
from hypothesis import given, settings
from hypothesis import strategies as st

from solver import PRECISIONS, Q_, ContinuousBatchingModel, Hardware, Models, Node, Profiles, changed
from solver.formulas.blocks import request_blocks
from solver.formulas.lengths import UNIFORM, Exponential, Fixed
from solver.formulas.transformer import decode_time, prefill_time
from solver.simulation.server import POLICIES, ServedRequest, SimulatedServer, StepTimes
from solver.simulation.serving import simulate

LLAMA, H100, L4, A100 = Models.Llama3_8B, Hardware.Cloud.H100, Hardware.Cloud.L4, Hardware.Cloud.A100
WINDOW = 64
NODE = Node(H100, PRECISIONS["fp16"], profile=Profiles.tuned)
TIMES = {name: StepTimes(NODE, Models[name], WINDOW) for name in ("Llama3_8B", "GPT_OSS_20B")}
SMALL = settings(max_examples=EXAMPLES or 40, derandomize=not EXAMPLES, deadline=None)
policies = st.sampled_from(POLICIES)


@st.composite
def crowds(draw):
    """A small server and requests that wait for it: often too many for its blocks."""
    page, policy = draw(st.integers(1, 16)), draw(policies)
    times = TIMES[draw(st.sampled_from(sorted(TIMES)))]
    most = int(np.ceil(request_blocks(times.model, float(WINDOW), float(page))))
    server = SimulatedServer(times, policy, draw(st.integers(most, 4 * most)), page, draw(st.integers(1, 8)),
                    draw(st.integers(1, 80)), WINDOW)
    halves = st.integers(1, WINDOW // 2)
    pairs = draw(st.lists(st.tuples(halves, halves), min_size=1, max_size=20))
    server.waiting += [ServedRequest(*pair) for pair in pairs]
    return server


def held(server):
    return sum(request.held for request in server.running + server.padding)


@SMALL
@given(crowds())
def test_blocks_tokens_and_requests_are_conserved(server):
    everyone, tokens, gaps, preempted = list(server.waiting), 0, 0, 0
    while server.waiting or server.running:
        before, padding = server.clock, len(server.padding)
        oldest = server.running[0] if server.running else server.waiting[0]
        known = oldest.cached + oldest.made
        report, step_gaps = server.step()
        assert oldest.cached + oldest.made > known, "the oldest request gets on in every step"
        assert 0 <= server.free <= server.total and held(server) == server.total - server.free
        assert 0 <= report.used_blocks * server.parts <= server.total
        under_way = sum(not r.finish <= before for r in everyone)
        assert report.running + report.waiting == under_way + padding, "none is lost"
        assert report.running <= server.limit and report.duration > 0 and report.end == before + report.duration
        assert 0 <= report.reading <= report.duration
        assert all(r.held >= server.sizes[r.cached] for r in server.running), "what is cached has its blocks"
        if server.policy != "static":
            decoded = report.new_tokens if not report.chunk_tokens else 0
            assert report.chunk_tokens + decoded <= server.budget, "chunks and answers keep to the budget"
        tokens, gaps, preempted = tokens + report.new_tokens, gaps + len(step_gaps), preempted + report.preemptions
    assert tokens == gaps == sum(r.answer for r in everyone) and all(r.made == r.answer for r in everyone)
    assert server.free == server.total and server.promised == 0 and held(server) == 0
    assert preempted == sum(r.preemptions for r in everyone)
    assert server.policy == "preempt" or not preempted, "whose blocks are promised, none has to give way"
    assert all(0 <= r.admitted < r.first <= r.finish for r in everyone)


@SMALL
@given(policies, st.integers(1, 40), st.integers(0, 5), st.sampled_from([None, 1.0, 20.0, 1000.0]))
def test_a_seed_is_a_result(policy, requests, seed, rate):
    told = {"requests": requests, "policy": policy, "seed": seed, "output_len": 8, "profile": "tuned",
            "arrival_rate": rate and Q_(rate, "request/second")}
    one, other = (simulate(LLAMA, H100, 32, 4, **told) for _ in range(2))
    assert repr(one.values) == repr(other.values)
    for column, same in zip((*one.steps, *vars(one.requests).values(), one.gaps),
                            (*other.steps, *vars(other.requests).values(), other.gaps), strict=True):
        assert column.tobytes() == same.tobytes() and not column.flags.writeable
    assert one.steps.new_tokens.sum() == one.requests.answer.sum() == one.gaps.size
    assert (one.requests.arrival <= one.requests.admitted).all()
    assert one.makespan.m_as("s") == one.requests.finish.max() == one.steps.end[-1]
    assert (np.diff(one.steps.end) >= one.steps.duration[1:] * (1 - 1e-9)).all()


def test_one_request_alone_takes_a_prefill_and_its_decode_steps():
    r = simulate(LLAMA, H100, 1024, 1, output_len=24, lengths=Fixed(), requests=1, profile="tuned")
    assert r.ttft.m_as("s") == pytest.approx(float(prefill_time(NODE, LLAMA, 1.0, 1000.0, 0.0)))
    steps = [float(decode_time(NODE, LLAMA, 1.0, 1000.0 + n)) for n in range(23)]
    assert r.steps.duration[1:] == pytest.approx(steps)
    assert r.e2e_latency.m_as("s") == pytest.approx(r.ttft.m_as("s") + sum(steps))
    assert r.itl.m_as("s") == pytest.approx(np.mean(steps)) and r.itl <= r.itl_p99 == r.percentile("itl", 99)


def test_chunks_keep_steps_short():
    """Sarathi-Serve: a smaller budget trades a later first token for shorter pauses in answers."""
    whole, chunked = (simulate(LLAMA, H100, 4096, 32, output_len=64, lengths=Fixed(), requests=100, profile="tuned",
                               budget=budget) for budget in (8192, 512))
    assert chunked.itl_p99 < whole.itl_p99 / 3
    assert chunked.steps.chunk_tokens.max() <= 512


def test_giving_way_runs_more_requests_and_reads_some_of_them_again():
    promised, given_way = (simulate(LLAMA, L4, 2048, 512, requests=400, policy=policy, profile="tuned", reserve=0.1)
                           for policy in ("reserve", "preempt"))
    assert promised.preemptions == 0 < given_way.preemptions
    assert given_way.mean_running > 1.1 * promised.mean_running
    read = given_way.requests.prompt.sum()
    assert promised.steps.chunk_tokens.sum() <= read < given_way.steps.chunk_tokens.sum()


def test_arrivals_that_are_few_wait_for_nothing():
    slow, fast = (simulate(LLAMA, H100, 1024, 64, output_len=128, requests=300, profile="tuned", seed=3,
                           arrival_rate=Q_(rate, "request/s")) for rate in (2, 200))
    assert slow.mean_running < 3 and slow.ttft.m_as("ms") < 50 and slow.steps.waiting.max() <= 1
    assert slow.throughput_tokens_per_sec == pytest.approx(2 * slow.requests.answer.mean(), rel=0.15)
    assert fast.ttft > 10 * slow.ttft and fast.max_running == 64
    saturated = simulate(LLAMA, H100, 1024, 64, output_len=128, requests=300, profile="tuned", seed=3)
    assert fast.throughput_tokens_per_sec == pytest.approx(saturated.throughput_tokens_per_sec, rel=0.1)


@pytest.mark.parametrize("running, lengths, itl", [(1, Fixed(), 8.89), (4, UNIFORM, 13.5)])
def test_nobody_waits_between_tokens_for_his_own_prompt(running, lengths, itl):
    """8,192 tokens in and 128 out: what the closed form says is what happens, and one request is `ServingModel`'s."""
    server, told = (LLAMA, H100, 8192 + 128, running), {"output_len": 128, "profile": "tuned", "lengths": lengths}
    closed = ContinuousBatchingModel().solve(*server, **told)
    assert closed.itl.m_as("ms") == pytest.approx(itl, rel=0.01)
    assert closed.itl.m_as("ms") == pytest.approx(simulate(*server, **told, requests=200).itl.m_as("ms"), rel=0.02)
    alone = ContinuousBatchingModel().solve(LLAMA, H100, 256 + 128, 1, **told)  # no prompts of others to read along
    assert alone.throughput_tokens_per_sec == pytest.approx(simulate(
        LLAMA, H100, 256 + 128, 1, **told, requests=200).throughput_tokens_per_sec, rel=0.02)


CLOSED = {  # a small chip whose memory binds, and a model that slides a window, with as many as may run
    "Llama": ((LLAMA, changed(L4, ecc=0.0), 2048, 512), 512),
    "Mistral": ((Models.Mistral_7B, A100, 8192, 48), 512),
}


@pytest.mark.slow
@pytest.mark.parametrize("lengths", [UNIFORM, Fixed(), Exponential(0.25)], ids=repr)
@pytest.mark.parametrize("case", CLOSED)
def test_closed_forms(case, lengths):
    """What `simulate` says of its agreement with `ContinuousBatchingModel`."""
    server, answer = CLOSED[case]
    requests = 144 if lengths == Fixed() else 1200  # whole batches, or many: then the mean is settled
    told = {"output_len": answer, "lengths": lengths, "profile": "tuned"}
    closed = ContinuousBatchingModel().solve(*server, **told)
    refilled, static = (simulate(*server, **told, requests=requests, policy=policy, seed=3)
                        for policy in ("reserve", "static"))
    rate, static_rate = refilled.throughput_tokens_per_sec, static.throughput_tokens_per_sec
    assert refilled.mean_running == pytest.approx(closed.max_active_requests, rel=0.04)
    assert static.mean_running == pytest.approx(closed.static_requests, rel=0.001)
    assert rate == pytest.approx(closed.throughput_tokens_per_sec, rel=0.07)
    assert static_rate == pytest.approx(closed.static_tokens_per_sec, rel=0.05)
    assert rate / static_rate == pytest.approx(closed.speedup_vs_static, rel=0.08)
    assert refilled.itl.m_as("ms") == pytest.approx(closed.itl.m_as("ms"), rel=0.08)
    assert refilled.memory_fragmentation_pct == pytest.approx(closed.memory_fragmentation_pct, abs=0.5)
    assert static.memory_fragmentation_pct == pytest.approx(closed.static_fragmentation_pct, abs=3)


def follow(model=LLAMA, hardware=H100, seq_len=64, max_batch_size=4, **options):
    return simulate(model, hardware, seq_len, max_batch_size, **{"requests": 2} | options)


@pytest.mark.parametrize("call, error, says", [
    (lambda: follow(policy="preemt"), ValueError, "'preemt' is not known. Did you mean preempt"),
    (lambda: follow(policy="fifo"), ValueError, "Known are: reserve, preempt, static"),
    (lambda: follow(policy=None), ValueError, "policy None is not known"),
    (lambda: follow(seq_len=[64, 128]), TypeError, "seq_len should be a single value"),
    (lambda: follow(seq_len=[[64], [1, 2]]), TypeError, "seq_len should be a single value"),
    (lambda: follow(efficiency=np.array([0.5, 0.6])), TypeError, "efficiency should be a single value"),
    (lambda: follow(tensor_parallel=Q_([1, 2])), TypeError, "tensor_parallel should be a single value"),
    (lambda: follow(lengths=[UNIFORM]), TypeError, "lengths should be a single value"),
    (lambda: follow(lengths="uniform"), TypeError, "should be a spread"),
    (lambda: follow(seq_len=0), ValueError, "seq_len is 0"),
    (lambda: follow(seq_len=1), ValueError, "output_len is 1 and must be below seq_len"),
    (lambda: follow(seq_len=10**7), ValueError, "a table of every context; give at most 1,048,576"),
    (lambda: follow(output_len=64), ValueError, "output_len is 64 and must be below seq_len"),
    (lambda: follow(page_size=65), ValueError, "page_size is 65 and must be at most seq_len"),
    (lambda: follow(max_batch_size=0), ValueError, "max_batch_size is 0"),
    (lambda: follow(max_batch_size=float("nan")), ValueError, "max_batch_size is nan"),
    (lambda: follow(budget=0.5), ValueError, "budget is 0.5"),
    (lambda: follow(budget=Q_("3 s")), pint.DimensionalityError, "budget is 3 s"),
    (lambda: follow(requests=0), ValueError, "requests is 0"),
    (lambda: follow(requests=10**8), ValueError, "requests is 100,000,000: give at most 100,000"),
    (lambda: follow(seed=-1), ValueError, "seed is -1: give a whole number from 0 on"),
    (lambda: follow(seed=0.5), ValueError, "seed is 0.5"),
    (lambda: follow(seed=float("nan")), ValueError, "seed is nan"),
    (lambda: follow(seed=float("inf")), ValueError, "seed is inf"),
    (lambda: follow(seed=None), TypeError, "seed"),
    (lambda: follow(seed=True), TypeError, "seed"),
    (lambda: follow(arrival_rate=5), TypeError, "without a unit: write Q_"),
    (lambda: follow(arrival_rate=Q_("-1 request/s")), ValueError, "positive rate"),
    (lambda: follow(arrival_rate=Q_(float("nan"), "request/s")), ValueError, "positive rate"),
    (lambda: follow(arrival_rate=Q_("5 token/s")), pint.DimensionalityError, "arrival_rate is 5 token/s"),
    (lambda: follow(reserve=1.5), ValueError, "reserve is 1.5"),
    (lambda: follow(precision="fp7"), ValueError, "Did you mean fp8"),
    (lambda: follow(model=H100, hardware=LLAMA), TypeError, "swapped"),
    (lambda: follow(polici="static"), TypeError, "has no argument 'polici'. Did you mean policy"),
    (lambda: follow(hardware=L4, seq_len=131072), ValueError, "takes 8,192 blocks of 16 tokens, and beside"),
    (lambda: follow(model=Models.Llama3_70B), ValueError, "room for 0 on NVIDIA H100"),
    (lambda: follow().percentile("tft", 50), ValueError, "Did you mean ttft"),
    (lambda: follow().percentile("ttft", 101), ValueError, "percent is 101: give a number from 0 to 100"),
    (lambda: follow().throughput, AttributeError, "Did you mean throughput_tokens_per_sec"),
])
def test_bad_input(call, error, says):
    with pytest.raises(error, match=says):
        call()
