"""What is shared out adds up, to the change and without regard to order; what does nothing gets nothing."""

from __future__ import annotations

import itertools
import math

import pytest
from drawn import RUNS, chips, models, profiles
from hypothesis import given
from hypothesis import strategies as st

from solver import (
    Q_,
    ContinuousBatchingModel,
    Engine,
    Fixed,
    Fleet,
    Hardware,
    Models,
    Profiles,
    Servers,
    ServingModel,
    changed,
    explain,
    kv_capacity,
    max_users,
)
from solver.base.declared import declared
from solver.base.fleets import FleetOf
from solver.base.result import Result, field
from solver.design.shapley import joined_in_orders, joined_players, shapley_values, two_orders

LLAMA, H100, A100 = Models.Llama3_8B, Hardware.Cloud.H100, Hardware.Cloud.A100
ALONE = ((0,), (1,), (2,), (3,))


def serve(chip=H100, **given):
    return ServingModel().solve(given.pop("model", LLAMA), chip, given.pop("seq_len", 2048), **given)


@pytest.fixture
def drawn_game(rng):
    """Worths of all sets of four players, at random."""
    worths = {frozenset(some): float(rng.normal()) for size in range(5)
              for some in itertools.combinations(range(4), size)}
    return worths.__getitem__


def test_shares_are_the_mean_over_all_orders(drawn_game):
    """Another way: every order is gone."""
    gains = [0.0] * 4
    for order in itertools.permutations(range(4)):
        for place, player in enumerate(order):
            came = frozenset(order[:place])
            gains[player] += (drawn_game(came | {player}) - drawn_game(came)) / 24
    assert shapley_values(ALONE, drawn_game) == pytest.approx(gains)


def test_efficiency_symmetry_dummy_and_sums(drawn_game):
    whole = drawn_game(frozenset(range(4))) - drawn_game(frozenset())
    assert sum(shapley_values(ALONE, drawn_game)) == pytest.approx(whole)
    assert sum(two_orders(ALONE, drawn_game)) == pytest.approx(whole)
    alike = shapley_values(ALONE, lambda came: drawn_game(frozenset(range(len(came & {0, 1})))) + 3 * (2 in came))
    assert alike[0] == pytest.approx(alike[1]) and alike[2] == pytest.approx(3) and alike[3] == pytest.approx(0)
    twice = shapley_values(ALONE, lambda came: drawn_game(came) + drawn_game(came))
    assert twice == pytest.approx([2 * one for one in shapley_values(ALONE, drawn_game)])


def test_who_cannot_come_alone_is_joined():
    def together(came):
        return math.nan if (1 in came) != (3 in came) else float(len(came))

    assert joined_players(ALONE, together) == joined_in_orders(ALONE, together) == ((0,), (1, 3), (2,))
    assert shapley_values(((0,), (1, 3), (2,)), together) == pytest.approx([1, 2, 1])


asked = st.builds(dict, model=models, chip=chips, seq_len=st.integers(1, 8192), batch_size=st.integers(1, 256),
                  precision=st.sampled_from(["fp16", "int8", "w4a16"]), profile=profiles)


@RUNS
@given(asked, asked, st.sampled_from(["ttft", "itl", "kv_cache_size", "headroom"]))
def test_causes_add_up_and_turn_round(one, other, name):
    """Two questions that share the model and all but a few arguments."""
    other = one | {key: other[key] for key in ("batch_size", "precision", "seq_len")}
    a, b = serve(**one), serve(**other)
    there, back = explain(a, b, name), explain(b, a, name)
    size = max(abs(there.before), abs(there.after), 1e-30)
    assert sum(there.changes.values()) == pytest.approx(there.change, abs=1e-9 * size)
    assert there.change == pytest.approx(b.value(name) - a.value(name), abs=1e-12 * size)
    for cause, change in there.changes.items():
        assert back.changes[cause] == pytest.approx(-change, abs=1e-9 * size)
    sizes = [abs(cause.change) for cause in there.causes]
    assert sizes == sorted(sizes, reverse=True)


@pytest.mark.parametrize("other", [A100, Hardware.Cloud.B200, Hardware.Cloud.MI300X, Hardware.Cloud.T4])
def test_chips_are_compared_by_their_figures(other):
    there = explain(serve(H100, batch_size=64), serve(other, batch_size=64), "itl")
    assert sum(there.shares.values()) == pytest.approx(1)
    assert {"memory", "board power", "host", "link"} & set(there.changes) <= {
        name for name, change in there.changes.items() if change == 0}


def test_a_single_cause_has_all_of_it():
    """Twice the bandwidth of a step that waits for memory: half the time, all of it bandwidth's."""
    faster = changed(H100, bandwidth=2 * H100.bandwidth)
    found = explain(Engine.solve(LLAMA, H100), Engine.solve(LLAMA, faster))
    assert found.field == "latency" and found.shares == {"bandwidth": 1.0}
    assert found.change == pytest.approx(-found.before / 2) and found.quantity.units == Q_("1 ms").units
    assert "latency falls by 2.28 ms, 100% of the change." in str(found)


def test_a_product_is_shared_out_evenly():
    """Twice the batch and twice the context of a cache of 1: from 1 to 4, 1.5 each."""
    found = explain(serve(), serve(batch_size=2, seq_len=4096), "kv_cache_size")
    one = found.before
    assert found.changes == pytest.approx({"batch_size": 1.5 * one, "seq_len": 1.5 * one})


def test_precision_and_rate_that_go_together_are_one_cause():
    """An A100 has no 8-bit floating rate, and nobody knows how fast it would be."""
    found = explain(serve(A100), serve(H100, precision="fp8"), "ttft")
    assert "FLOP/s and precision" in found.changes and sum(found.shares.values()) == pytest.approx(1)


def test_nothing_differs_and_nothing_is_explained():
    a = serve()
    assert explain(a, a).causes == explain(a, serve()).causes == () and explain(a, a).change == 0
    assert "nothing was asked differently" in str(explain(a, a))


def test_what_follows_is_no_cause_and_what_is_given_is():
    """The cache of an 8-bit model is at 8 bits too, if nothing is said."""
    found = explain(serve(batch_size=64), serve(batch_size=64, precision="fp8"), "itl")
    assert found.shares == {"precision": pytest.approx(1)}
    said = explain(serve(batch_size=64), serve(batch_size=64, precision="fp8", kv_precision="fp8"), "itl")
    assert set(said.changes) == {"precision", "kv_precision"} and said.change == found.change
    assert min(said.shares.values()) >= 0 and sum(said.shares.values()) == pytest.approx(1)
    fewer = explain(serve(batch_size=64, kv_precision="fp16"), serve(batch_size=64, precision="fp8",
                                                                     kv_precision="fp16"), "itl")
    assert fewer.shares == {"precision": pytest.approx(1)} and abs(fewer.change) < abs(found.change)


def test_an_efficiency_is_called_so():
    found = explain(serve(efficiency=0.4), serve(efficiency=0.8), "ttft")
    assert [(cause.name, cause.before, cause.after) for cause in found.causes] == [("efficiency", "0.4", "0.8")]
    other = explain(serve(efficiency=0.4), serve(profile="modern"), "ttft")
    assert [(cause.name, cause.before, cause.after) for cause in other.causes] == [
        ("efficiency and profile", "0.4", str(Profiles.modern))]
    same = serve(efficiency=Profiles.modern.compute.default)  # as the profile has it: neither goes with the other
    assert set(explain(same, serve(profile="modern"), "ttft").changes) == {"efficiency and profile"}


MANY = {"seq_len": 4096, "batch_size": 256, "precision": "fp8", "profile": "modern", "tensor_parallel": 2,
        "output_len": 256, "prefill_chunk_tokens": 1024}


def test_with_many_causes_two_orders_are_gone():
    there, back = (explain(*pair, "e2e_latency") for pair in itertools.permutations((serve(A100), serve(H100, **MANY))))
    assert "two orders of 13 causes" in there.method
    assert sum(there.changes.values()) == pytest.approx(there.change)
    assert {name: -change for name, change in back.changes.items()} == pytest.approx(there.changes)


def test_causes_that_do_nothing_do_not_count_as_many():
    quiet = {key: MANY[key] for key in ("seq_len", "batch_size", "output_len", "tensor_parallel")}
    found = explain(serve(A100), serve(H100, reserve=0.1, draft_len=2, **quiet), "ttft")
    assert "Shapley" in found.method and found.changes["reserve"] == found.changes["draft_len"] == 0


@pytest.mark.parametrize("solve, one, other", [
    (lambda **k: ContinuousBatchingModel().solve(LLAMA, H100, 4096, **k), {"max_batch_size": 8},
     {"max_batch_size": 64, "lengths": Fixed()}),
    (lambda **k: kv_capacity(LLAMA, H100, 4096, **k), {}, {"activation": Q_("3 GiB"), "block_size": 32}),
    (lambda **k: Engine.solve(Models.ResNet50, H100, **k), {"batch_size": 1}, {"batch_size": 64})])
def test_every_class_with_solve(solve, one, other):
    found = explain(solve(**one), solve(**other))
    assert sum(found.changes.values()) == pytest.approx(found.change) and found.causes and found.change


class Sent(Result):
    """What a fleet took."""

    time = field("ms", "time to send a byte of every chip")


@declared
def sent(fleet: FleetOf) -> Sent:
    return Sent({"time": fleet.chips / fleet.fabric.rate + 1 / fleet.device.bandwidth}, {})


def test_fleets_are_compared_by_their_parts():
    found = explain(sent(Fleet(Servers.DGX_A100, 16, "HDR")), sent(Fleet(Servers.DGX_H100, 64, "NDR")))
    assert {name for name, change in found.changes.items() if change} == {"bandwidth", "servers", "fabric"}
    assert sum(found.changes.values()) == pytest.approx(found.change)


def test_what_is_not_finite_has_no_shares():
    @declared
    def endless(fleet: FleetOf) -> Sent:
        return Sent({"time": math.inf if fleet.count > 1 else 1.0}, {})

    found = explain(endless(Fleet(Servers.DGX_H100, 1)), endless(Fleet(Servers.DGX_H100, 2)))
    assert found.causes == () and "not finite" in str(found)


@pytest.mark.parametrize("call, says", [
    (lambda: explain(serve(), Engine.solve(LLAMA, H100)), "compare two results of the same solve"),
    (lambda: explain(serve(), 3), "b is a int"), (lambda: explain(max_users(LLAMA, H100, 2048), serve()), "a is a int"),
    (lambda: explain(serve(), serve().floor), "b is a ServingResult, and should be what solve returned"),
    (lambda: explain(serve(), serve(), "itll"), "Did you mean itl"),
    (lambda: explain(serve(), serve(), 3), "field is 3"),
    (lambda: explain(serve(), serve(batch_size=[1, 2]), "itl"), "itl has 2 points")])
def test_bad_comparisons_get_a_sentence(call, says):
    with pytest.raises((TypeError, ValueError), match=says):
        call()
