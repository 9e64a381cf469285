"""Declared arguments: signatures stay, judging goes in order, and the declaration can be read."""

from __future__ import annotations

import inspect
import pickle
from typing import Annotated, Any

import numpy as np
import pytest

from mlsysim_labs.reactive.trace import Symbol, symbol
from solver import ContinuousBatchingModel, Engine, Hardware, Models, ServingModel, kv_capacity, max_users, simulate
from solver.base.arguments import Model, Prompt, Requests, Reserve
from solver.base.declared import REQUIRED, declared
from solver.base.kinds import Number
from solver.zoo.profiles import EFFICIENCY

LLAMA, H100 = Models.Llama3_8B, Hardware.Cloud.H100
ALL = (ServingModel.solve, ContinuousBatchingModel.solve, Engine.solve, simulate, kv_capacity, max_users)


@declared
def tokens(model: Model, seq_len: Prompt, batch_size: Requests = 1, *, reserve: Reserve = 0.0) -> Any:
    return seq_len * batch_size * (1 - reserve)


Seed = Annotated[Any, Number("A seed.", "", low=0, single="one seed makes one run")]


def seeded(batch_size: Requests = 1, seed: Seed = 0) -> Any:
    return batch_size + seed


@pytest.mark.parametrize("solve", ALL, ids=lambda solve: solve.__qualname__)
def test_arguments_are_those_of_the_signature(solve):
    signature = {name: p for name, p in inspect.signature(solve).parameters.items() if name != "self"}
    assert list(solve.arguments) == list(signature)
    for name, argument in solve.arguments.items():
        assert argument.name == name and argument.default is signature[name].default
        assert argument.sentence.endswith(".") and argument.values


def test_units_and_ranges_can_be_read():
    found = ServingModel.solve.arguments
    assert (found["seq_len"].unit, found["seq_len"].low, found["seq_len"].default) == ("token", 1, REQUIRED)
    assert (found["draft_len"].low, found["draft_len"].high) == (1, 16)
    assert found["draft_len"].values == "whole, from 1 to 16"
    assert found["efficiency"].values == "above 0 to 1" and found["efficiency"].default is EFFICIENCY
    assert found["network_bandwidth"].unit == "byte/second" and found["model"].unit is None
    with pytest.raises(TypeError):
        found["seq_len"] = None


def test_help_shows_names_order_and_defaults():
    assert str(inspect.signature(tokens)) == (
        "(model: 'Model', seq_len: 'Prompt', batch_size: 'Requests' = 1, *, reserve: 'Reserve' = 0.0) -> 'Any'")


def test_judging_goes_in_the_order_of_the_signature():
    with pytest.raises(TypeError, match="model is 3"):
        tokens(3, -1, -1)
    with pytest.raises(ValueError, match="seq_len is -1"):
        tokens(LLAMA, -1, -1)
    with pytest.raises(ValueError, match="batch_size is -1"):
        tokens(LLAMA, 10**6, -1)


@pytest.mark.parametrize("call, says", [
    (lambda: tokens(LLAMA), "missing 1 required positional argument: 'seq_len'"),
    (lambda: tokens(LLAMA, 1, 2, 3), "takes from 2 to 3 positional arguments but 4"),
    (lambda: tokens(LLAMA, 1, seq_len=2), "multiple values for argument 'seq_len'"),
    (lambda: tokens(LLAMA, 1, reserv=0.5), r"tokens has no argument 'reserv'. Did you mean reserve\?")])
def test_what_cannot_be_called_so_is_said(call, says):
    with pytest.raises(TypeError, match=says):
        call()


def test_an_argument_without_a_declaration_is_refused_at_once():
    with pytest.raises(TypeError, match="bare does not declare size"):
        @declared
        def bare(batch_size: Requests, size: int = 3) -> int:
            return size


def test_a_default_that_its_declaration_refuses_is_refused_at_once():
    with pytest.raises(ValueError, match="batch_size is 0: give a whole number of requests"):
        @declared
        def none(batch_size: Requests = 0) -> int:
            return batch_size


def test_one_argument_alone_can_be_a_single_value():
    run = declared(seeded)
    assert run([1, 2], 3).tolist() == [4, 5]
    with pytest.raises(TypeError, match="seed should be a single value that is known, since one seed makes one run"):
        run(1, [3, 4])


def test_what_is_given_arrives_plain():
    assert tokens(LLAMA, [1, 2], np.array([[3], [4]]), reserve=0.5).tolist() == [[1.5, 3.0], [2.0, 4.0]]
    assert isinstance(tokens(symbol("model"), symbol("context"), 2), Symbol)


def test_results_and_functions_still_travel():
    assert pickle.loads(pickle.dumps(max_users)) is max_users


def test_a_result_knows_what_was_asked_and_can_be_asked_again():
    r = ServingModel().solve(LLAMA, H100, seq_len=2048, batch_size=8)
    assert (r.inquiry.plain["batch_size"], r.inquiry.plain["hardware"]) == (8, H100)
    assert list(r.inquiry.plain) == list(ServingModel.solve.arguments)
    again = r.inquiry.again(batch_size=64.0)
    assert again.value("itl") == ServingModel().solve(LLAMA, H100, 2048, 64).value("itl") and again.inquiry is None
    assert pickle.loads(pickle.dumps(r)).inquiry.again().value("itl") == r.value("itl")
    assert kv_capacity(LLAMA, H100, 4096).inquiry.function is kv_capacity and r.floor.inquiry is None


def test_what_was_not_given_follows_anew_when_the_same_is_asked_otherwise():
    """The cache of an 8-bit model is at 8 bits, and nothing that was asked says so."""
    r = ServingModel().solve(LLAMA, H100, 2048, precision="fp8")
    assert r.inquiry.given == {"model": LLAMA, "hardware": H100, "seq_len": 2048, "precision": "fp8"}
    wide = r.inquiry.instead({**r.inquiry.given, "precision": "fp16"})
    assert wide.value("kv_cache_size") == 2 * r.value("kv_cache_size")
    assert r.inquiry.again(precision=wide.inquiry.plain["precision"]).value("kv_cache_size") == r.value("kv_cache_size")


def test_a_refusal_says_what_it_rests_on():
    """The argument that is refused, and those that its declaration looks at, as they were given."""
    solve, many = ServingModel().solve, np.arange(1, 5)
    cases = [({"seq_len": 0, "batch_size": many}, {"seq_len"}),
             ({"seq_len": 8, "tensor_parallel": many}, {"tensor_parallel", "hardware", "model"}),
             ({"seq_len": many, "cached_prefix_len": 2, "batch_size": many}, {"cached_prefix_len", "seq_len"})]
    for given, names in cases:
        given |= {"model": LLAMA, "hardware": H100}
        with pytest.raises(ValueError) as refused:
            solve(**given)
        assert {name for name in refused.value.about if name in given} == set(refused.value.about) == names
        assert all(given[name] is value for name, value in refused.value.about.items())
