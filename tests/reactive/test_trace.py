"""The trace: what it writes, what it leaves out, and how it answers what it cannot follow."""

from __future__ import annotations

import json
import math

import numpy as np
import pytest
from drawn import CHIPS, TRANSFORMERS

from mlsysim_labs.reactive.trace import Choice, Untraceable, program, run, symbol, trace
from solver import PRECISIONS, Q_, ServingModel

X, Y = symbol("x"), symbol("y")


def test_the_same_computation_stands_once():
    code = program({"a": (X + Y) * (X + Y), "b": X + Y})["code"]
    assert [line[0] for line in code] == ["input", "input", "add", "multiply"]


def test_what_no_output_needs_is_not_written():
    def formula(x):
        np.exp(x)
        return x + 1

    assert [line[0] for line in program({"y": trace(formula, x=X)})["code"]] == ["input", "const", "add"]


def test_what_changes_nothing_is_not_written():
    assert program({"y": 1.0 * X / 1.0})["code"] == [["input", "x"]]
    assert program({"y": np.where(0.0, X, Y)})["code"] == [["input", "y"]]


def test_a_number_that_all_records_share_is_a_constant():
    device = Choice(symbol("device"), CHIPS)
    assert isinstance(Choice(symbol("p"), [PRECISIONS["fp16"], PRECISIONS["bf16"]]).size, float)
    assert device.memory.op == "pick"


def test_programs_are_json():
    text = json.dumps(program({"y": np.where(X > 0, X, np.inf) * np.array([np.nan, 1.5, 1e300])}), allow_nan=False)
    assert run(json.loads(text), {"x": 2.0})["y"].tolist()[1:] == [3.0, 2e300]


def test_a_choice_gives_its_name_as_text():
    code = program({"name": Choice(symbol("device"), CHIPS)})
    assert run(code, {"device": 1})["name"] == str(CHIPS[1])


def test_nested_choices_and_tables():
    device, precision = Choice(symbol("d"), CHIPS), Choice(symbol("p"), list(PRECISIONS.values()))
    code = program({"rate": device.peak[precision.name], "known": CHIPS[4].peak[precision.name]})
    for d, chip in enumerate(CHIPS):
        for p, name in enumerate(PRECISIONS):
            said = run(code, {"d": d, "p": p})
            np.testing.assert_equal(said["rate"], chip.peak[name])
            np.testing.assert_equal(said["known"], CHIPS[4].peak[name])


def branch(x):
    return 1 if x > 0 else 2


def chained(x):
    return np.where(0 < x < 3, 1, 2)


def converted(x):
    return float(x) + 1


def looped(x):
    return sum(range(x))


def by_math(x):
    return math.sqrt(x)


def printed(x):
    return f"{x} tokens"


def masked(x):
    return np.arange(4.0)[np.arange(4.0) > x]


def listed(x):
    return np.array([x, x])


def counted(x):
    return (x > 0) + (x > 1)


def unknown_function(x):
    return np.median(np.stack([x, x, x]))


def reduced(x):
    return np.add.reduce(np.stack([x, x]))


def smallest(x):
    return min(x, 3)


@pytest.mark.parametrize("function, advice", [
    (branch, "np.where"), (chained, "np.where"), (converted, "use those of numpy"), (looped, "fixed length"),
    (by_math, "use those of numpy"), (printed, "let the picture write it"), (masked, "np.where"),
    (listed, "np.stack"), (counted, "np.where"), (unknown_function, "np.median"), (reduced, "np.add.reduce"),
    (smallest, "np.minimum")])
def test_what_cannot_be_followed_is_named_with_line_and_advice(function, advice):
    with pytest.raises(Untraceable) as caught:
        trace(function, x=X)
    said = str(caught.value)
    line = function.__code__.co_firstlineno + 1
    assert f"{function.__name__} cannot be followed by the browser, line {line} (return " in said
    assert advice in said


def test_the_line_is_the_students_even_when_the_solver_refuses():
    def node(model, context):
        size = model.attention.kv_heads
        return ServingModel().solve(model, "H100", context * size)

    with pytest.raises(Untraceable, match=r"node cannot .*ServingModel\(\).solve.*Hardware.Cloud.H100"):
        trace(node, model=Choice(symbol("model"), TRANSFORMERS), context=X)


def test_methods_and_missing_fields_of_a_choice():
    model = Choice(symbol("model"), TRANSFORMERS)
    with pytest.raises(Untraceable, match="has no attribute 'laayers'"):
        trace(lambda model: model.laayers, model=model)
    with pytest.raises(Untraceable, match="put the difference into the records"):
        trace(lambda model: 1 if model == TRANSFORMERS[0] else 2, model=model)
    with pytest.raises(Untraceable, match="where a number was expected"):
        program({"y": X + PRECISIONS["fp16"]})


def test_shapes_are_known():
    grid = np.linspace(0, 1, 5)[:, None] * symbol("row", (3,))
    assert grid.shape == (5, 3) and grid.T.shape == (3, 5) and grid.sum(axis=0).shape == (3,) and grid.sum().shape == ()
    assert np.shape(grid) == (5, 3) and np.ndim(grid) == 2 and np.size(grid) == 15
    with pytest.raises(ValueError, match="broadcast"):
        symbol("a", (3,)) + symbol("b", (4,))


def test_a_long_formula_is_no_deeper_than_a_short_one():
    y = X
    for i in range(3000):
        y = y * 1.01 + i
    assert len(program({"y": y})["code"]) > 6000


@pytest.mark.parametrize("formula, advice", [
    (lambda x: np.stack([x, x])[(0, 1), ], "whole numbers and slices"),
    (lambda x: np.stack([x, x])[range(2)], "whole numbers and slices"),
    (lambda x: np.where(x > 0), "a condition and two values"),
    (lambda x: np.sum(np.stack([x, x]), axis=5), "no axis 5"),
    (lambda x: np.sum(x, axis=0), "no axis 0"),
    (lambda x: np.linspace(np.stack([x, x]), 1), "two single numbers"),
    (lambda x: (x > 1) * (x > 2) + (x > 3), "np.where"),
    (lambda x: np.stack([x > 1, x > 2]).sum() + Q_(3, "GB"), "has a unit"),
    (lambda x: Choice(np.stack([x, x]), CHIPS).memory, "a single number")])
def test_what_would_go_wrong_silently_is_refused(formula, advice):
    with pytest.raises(Untraceable, match=advice):
        trace(formula, x=X)


def test_nothing_is_changed_in_place():
    def formula(x):
        x += 1
        return x

    with pytest.raises(Untraceable, match="write y = y \\+ x instead"):
        trace(formula, x=X)
