"""What texts stand for: numbers, quantities, words, names, lists and ranges; and how bad ones are refused."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsysim_labs.commands.asking import typed_value
from mlsysim_labs.commands.values import several_values, single_value
from solver import (
    Q_,
    ContinuousBatchingModel,
    Datacenters,
    Engine,
    Fixed,
    Hardware,
    Models,
    ServingModel,
    Uniform,
    kv_capacity,
)
from solver.base.arguments import PROMPT
from solver.base.declared import declared
from solver.base.fleets import FleetOf
from solver.base.kinds import Number


@declared
def asked_of_fleets(fleet: FleetOf):
    return fleet


ARGUMENTS = {**kv_capacity.arguments, **ContinuousBatchingModel.solve.arguments, **Engine.solve.arguments,
             **ServingModel.solve.arguments, **asked_of_fleets.arguments}


@pytest.mark.parametrize("name, text, value", [
    ("seq_len", "8192", 8192), ("seq_len", " 8_192 ", 8192), ("seq_len", "8 Kitoken", Q_(8, "Kitoken")),
    ("seq_len", "1e3", 1000), ("reserve", "0.1", 0.1), ("reserve", ".1", 0.1), ("seq_len", "-3", -3),
    ("network_bandwidth", "50 GB/s", Q_("50 GB/s")), ("network_bandwidth", "50GB/s", Q_("50 GB/s")),
    ("swap", "2 GiB", Q_("2 GiB")), ("zero_stage", "3", 3), ("is_training", "Yes", True), ("is_training", "off", False),
    ("rule", "TensorRT", "tensorrt-llm"), ("precision", "FP8", "FP8"), ("precision", "bfloat16", "bfloat16"),
    ("profile", "Tuned", "tuned"), ("profile", "tuned-e", "tuned_early"), ("fabric", "hdr", "HDR"),
    ("hardware", "h100", Hardware["H100"]), ("hardware", "NVIDIA H100 SXM", Hardware["H100"]),
    ("hardware", "h100-pc", Hardware["H100_PCIe"]), ("model", "llama3-8b", Models.Llama3_8B),
    ("model", "Llama 3.1 8B", Models.Llama3_8B), ("draft_model", "MTP", "mtp"),
    ("draft_model", "llama3.2-1b", Models.Llama3_2_1B), ("lengths", "fixed", Fixed()),
    ("lengths", "Uniform(low=0.5)", Uniform(0.5)), ("lengths", "uniform(0.5)", Uniform(0.5))])
def test_a_text_stands_for_a_value(name, text, value):
    found = single_value(ARGUMENTS[name], text)
    assert type(found) is type(value) and found == value


@pytest.mark.parametrize("name, text, says", [
    ("seq_len", "8K", "8000 or 8192"), ("seq_len", "131,072", "write 131072"), ("seq_len", "", "should be a number"),
    ("seq_len", "many", "should be a number"), ("network_bandwidth", "100", "'100 GB/s', for example"),
    ("network_bandwidth", "3 parsecs", "'parsecs' is no unit"), ("network_bandwidth", "9 9**9**9", "no unit"),
    ("network_bandwidth", "1 GB*" * 30, "no unit"), ("reserve", "10 GB", "without a unit"),
    ("seq_len", "0x10", "no unit"), ("seq_len", "1..8", "has one value here"), ("hardware", "H100,H200", "one value"),
    ("zero_stage", "5", "--zero-stage '5' is not known. Known are: 0, 1, 2, 3"), ("is_training", "maybe", "yes or no"),
    ("rule", "sglang", "Known are: vllm, tensorrt-llm"), ("hardware", "H10O", "Did you mean H100?"),
    ("hardware", "h", "may be H100, H100_PCIe"), ("model", "llama", "more: write more of it"),
    ("model", "zzz", "mlsysim-labs zoo models"), ("precision", "w8a8", "not one format"), ("precision", "fp9", "fp8"),
    ("hardware", "Llama3_8B", "not known"), ("model", "nowhere.json", "there is no file"),
    ("profile", "tunde", "Did you mean tuned"), ("lengths", "normal", "'normal' is not known"),
    ("lengths", "Uniform(2)", "from 0"), ("lengths", "Uniform(x)", "should be a number"),
    ("fabric", "x.toml", "no file")])
def test_a_bad_text_is_refused_in_a_sentence(name, text, says):
    with pytest.raises((ValueError, TypeError)) as problem:
        single_value(ARGUMENTS[name], text)
    assert says in str(problem.value)


@pytest.mark.parametrize("text, chips, fabric", [
    ("128xDGX_H100", 1024, "NDR InfiniBand"), ("2 x dgx-a100 / hdr", 16, "HDR InfiniBand"),
    ("16x8xH200/XDR/average", 128, "XDR InfiniBand")])
def test_a_fleet_is_a_count_of_servers(text, chips, fabric):
    fleet = single_value(ARGUMENTS["fleet"], text)
    assert (fleet.chips, fleet.fabric.name, fleet.datacenter) == (chips, fabric, Datacenters.Average)


@pytest.mark.parametrize("text, says", [
    ("H100", "128xDGX_H100"), ("DGX_H100", "128xDGX_H100"), ("0xDGX_H100", "servers come whole"),
    ("2xDGX_H10O", "Did you mean DGX_H100"), ("2xDGX_H100/NDX", "not known"), ("2xDGX_H100/NDR/Moon", "not known"),
    ("2x8xH10O", "Did you mean H100"), ("", "128xDGX_H100")])
def test_what_is_no_fleet_is_answered_with_how_one_is_written(text, says):
    with pytest.raises((ValueError, TypeError), match=says):
        single_value(ARGUMENTS["fleet"], text)


def test_files_of_ones_own_are_read(tmp_path):
    chip, model = tmp_path / "mine.toml", tmp_path / "config.json"
    chip.write_text('memory = "96 GiB"\nbandwidth = "4 TB/s"\nfp16 = "900 TFLOP/s"\n')
    assert single_value(ARGUMENTS["hardware"], str(chip)).bandwidth == 4e12
    chip.write_text('memory = "96 GiB"\nbandwidt = "4 TB/s"\n')
    with pytest.raises(TypeError, match="Did you mean bandwidth"):
        single_value(ARGUMENTS["hardware"], str(chip))
    chip.write_text("memory = ")
    with pytest.raises(ValueError, match="is no TOML"):
        single_value(ARGUMENTS["hardware"], str(chip))
    model.write_text("{}")
    with pytest.raises((ValueError, TypeError)):
        single_value(ARGUMENTS["model"], str(model))


@pytest.mark.parametrize("name, text, values", [
    ("batch_size", "1..256", [1, 2, 4, 8, 16, 32, 64, 128, 256]), ("batch_size", "1..6", [1, 2, 4, 6]),
    ("batch_size", "3,1..4,7", [3, 1, 2, 4, 7]), ("reserve", "0..0.3:0.1", [0, 0.1, 0.2, 0.3]),
    ("batch_size", "8", [8]), ("network_bandwidth", "50,100 GB/s", [Q_("50 GB/s"), Q_("100 GB/s")]),
    ("network_bandwidth", "50..200 GB/s", [Q_("50 GB/s"), Q_("100 GB/s"), Q_("200 GB/s")]),
    ("network_bandwidth", "500 GB/s..1 TB/s", [Q_("0.5 TB/s"), Q_("1 TB/s")]),
    ("hardware", "H100,h200", [Hardware["H100"], Hardware["H200"]]), ("precision", "fp16,fp8", ["fp16", "fp8"])])
def test_lists_and_ranges(name, text, values):
    assert several_values(ARGUMENTS[name], text) == values


@pytest.mark.parametrize("text, says", [
    ("", "which is nothing"), ("1,,2", "nothing between two commas"),
    ("0..4", "Give a step"), ("4..1", "to a larger one"), ("1..inf", "larger"),
    ("nan..3", "larger"), ("1..8:0", "step has to be above 0"), ("1..8:1e-9", "10,000 values"), ("..8", "a range is"),
    ("1..", "a range is"), ("1..8:", "a range is"), ("1..x", "should be a number"), ("1..8 GB", "token")])
def test_bad_ranges_are_refused(text, says):
    with pytest.raises((ValueError, TypeError)) as problem:
        several_values(ARGUMENTS["batch_size"] if says != "token" else ARGUMENTS["seq_len"], text)
        PROMPT.plain("seq_len", several_values(ARGUMENTS["seq_len"], text)[0])
    assert says in str(problem.value)


@given(low=st.floats(1e-6, 1e6), factor=st.floats(1.001, 1e6))
def test_a_range_doubles_from_its_first_to_its_last(low, factor):
    argument = Number("A number.", name="x")
    values = several_values(argument, f"{low:.9g}..{low * factor:.9g}")
    assert math.isclose(values[0], low, rel_tol=1e-8) and math.isclose(values[-1], low * factor, rel_tol=1e-8)
    steps = [later / one for one, later in itertools.pairwise(values)]
    assert all(math.isclose(step, 2, rel_tol=1e-9) for step in steps[:-1]) and 1 <= steps[-1] <= 2 * (1 + 1e-9)


@given(st.text(max_size=30))
def test_no_text_makes_anything_but_a_value_or_a_sentence(text):
    for name in ("seq_len", "network_bandwidth", "reserve", "zero_stage", "precision"):
        try:
            several_values(ARGUMENTS[name], text)
        except (ValueError, TypeError) as problem:
            assert str(problem).strip()


@pytest.mark.parametrize("name", sorted(ARGUMENTS))
def test_what_an_argument_usually_is_can_be_typed(name):
    argument = ARGUMENTS[name]
    for value in (argument.usual, argument.moved):
        if isinstance(value, (str, int, float, list)) or hasattr(value, "units"):
            assert single_value(argument, typed_value(value)) == value
