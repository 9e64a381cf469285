"""The wiring computes and traces what it is asked for, and nothing else."""

from __future__ import annotations

import numpy as np
import pytest

from mlsysim_labs import Lab
from mlsysim_labs.reactive.wiring import LONGEST_PROGRAM
from solver import Hardware, ServingModel, changed
from solver.zoo.models import Models


@pytest.fixture
def lab():
    """Two branches of functions, which count their calls: with numbers, and with symbols."""
    lab = Lab("A lab of two branches")
    lab.slider("x", 1, 100, start=10)
    lab.slider("y", 1, 100, start=10)
    lab.calls = []

    def counting(name, body):
        source = f"def {name}({body[0]}):\n    calls.append({name!r})\n    return {body[1]}"
        names = {"calls": lab.calls}
        exec(source, names)
        return lab.derive(names[name])

    counting("twice", ("x", "2 * x"))
    counting("more", ("twice", "twice + 1"))
    counting("other", ("y", "y * y"))
    lab.calls.clear()
    return lab


def test_a_key_computes_its_ancestors_alone_and_once(lab):
    @lab.task("How much more?")
    def key(more):
        return more

    assert lab.questions["key"].truth == 21 and lab.calls == ["twice", "more"]
    assert lab.questions["key"].truth == 21 and lab.calls == ["twice", "more"], "it is kept"
    lab.questions["key"].verdict("21")
    assert lab.calls == ["twice", "more"]


def test_a_key_at_other_settings_and_of_an_older_lab_is_computed_anew(lab):
    @lab.task("How much more?", at={"x": 20})
    def key(more):
        return more

    assert lab.questions["key"].truth == 41

    @lab.derive
    def twice(x):
        return 3 * x

    assert lab.questions["key"].truth == 61


def test_a_mistake_computes_its_own_ancestors_alone(lab):
    @lab.task("How much more?")
    def key(more):
        return more

    @lab.mistake(key, "That is the other branch.")
    def wrong(other):
        return other

    lab.calls.clear()
    assert lab.questions["key"].verdict("100").feedback == "That is the other branch."
    assert sorted(lab.calls) == ["more", "other", "twice"]


def test_declaring_a_function_traces_it_and_its_followers(lab):
    @lab.derive
    def apart(y):
        return -y

    assert lab.calls == []

    @lab.derive
    def twice(x):
        return 4 * x

    assert lab.calls == ["more"]
    assert lab["more"] == 41


def test_a_function_that_heals_is_no_longer_kernel_only(lab, capsys):
    @lab.derive
    def other(y):
        return y if y > 3 else 0

    assert "other" in lab.kernel_only and "np.where" in capsys.readouterr().out

    @lab.derive
    def other(y):  # noqa: F811 - the cell is run again, mended
        return np.where(y > 3, y, 0)

    assert lab.kernel_only == {} and capsys.readouterr().out == ""


def test_a_function_too_long_for_a_frame_is_named_when_it_is_declared(lab, capsys):
    @lab.derive
    def long(x):
        total = 0 * x
        for i in range(LONGEST_PROGRAM):
            total = total + i * x
        return total

    said = capsys.readouterr().out
    assert said.startswith("long takes 60,001 instructions") and "a frame has time for 20,000" in said
    assert list(lab.too_long) == ["long"]

    @lab.derive
    def long(x):  # noqa: F811
        return np.sum(np.arange(LONGEST_PROGRAM) * x)

    assert lab.too_long == {}


def test_a_chosen_chip_can_be_changed_in_a_trace():
    lab = Lab("Purchases")
    lab.choice("device", Hardware.Cloud)
    lab.choice("flops", [1, 2, 4])
    lab.choice("bandwidth", [1, 2, 4])

    @lab.derive
    def bought(device, flops, bandwidth):
        return changed(device, fp16=flops * device.fp16, bandwidth=bandwidth * device.bandwidth)

    @lab.derive
    def served(bought):
        result = ServingModel().solve(Models.Llama3_8B, bought, 2048, 8)
        return {"itl": result.value("itl"), "ttft": result.value("ttft"), "chip": bought}

    assert lab.kernel_only == {}
    lab.check(100)


@pytest.mark.parametrize("act, error, says", [
    (lambda: changed(Hardware.Cloud.H100, bandwith=1.0), TypeError, "no figure 'bandwith'. Did you mean bandwidth?"),
    (lambda: changed("H100", bandwidth=1.0), TypeError, "'H100' is no record: give one such as"),
])
def test_what_cannot_be_changed_is_a_sentence(act, error, says):
    with pytest.raises(error, match=says):
        act()
