"""What the labs draw for each student: enough of it, nothing on the page, and what is said of it is true."""

from __future__ import annotations

import json
import os
from unittest import mock

import pytest

from mlsysim_labs import lab_of
from mlsysim_labs.marking.variants import Variant
from mlsysim_labs.places.notebooks import new_lab
from mlsysim_labs.questions.setting import Setting
from mlsysim_labs.testing import tasks_of
from mlsysim_labs.testing.draws import variants_of
from solver import PRECISIONS, Hardware, Models, ServingModel, max_users
from solver.formulas import forward_traffic, kv_bytes_per_token, weights_bytes

LABS = ("01_memory_wall", "02_two_phases", "03_kv_cache")
LLAMA, QWEN, FP16 = Models.Llama3_8B, Models.Qwen3_30B_A3B, PRECISIONS["fp16"]
LONG = 131072


def seeded(slug: str, seed: int):
    """A lab as a student with that seed has it on the page."""
    with mock.patch("mlsysim_labs.places.notebooks.Setting", lambda mode, keeps: Setting(mode, keeps=keeps, seed=seed)):
        lab = new_lab(slug, "learn")
    lab.box  # noqa: B018 - showing it is what publishes
    return lab


@pytest.mark.parametrize("slug", LABS)
def test_each_task_with_a_number_has_some_thirty_keys(slug):
    lab = lab_of(slug)
    for name, task in tasks_of(lab).items():
        assert len({task.key(variant) for variant in variants_of(lab)}) >= 28, name


@pytest.mark.parametrize("slug", LABS)
def test_a_seed_changes_what_tasks_ask_and_nothing_that_moves(slug):
    lab, own = lab_of(slug), seeded(slug, 7)
    assert own.variant == Variant(7) and json.dumps(own.program()) == json.dumps(lab.program())
    assert own.start_program() == lab.start_program() and own.wiring.start == lab.wiring.start
    for name, item in own.questions.predictions.items():
        assert item.shown.question == lab.questions[name].shown.question and item.truth == lab.questions[name].truth
    other = [name for name, task in tasks_of(own).items() if task.key(own.variant) != tasks_of(lab)[name].key(None)]
    assert len(other) >= 3, "a class predicts one thing, and works out what each one has"


def test_a_seed_in_the_environment_is_that_of_the_notebook(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(os.environ, "MLSYSIM_LABS_SEED", "7")
    from mlsysim_labs import Lab

    assert Lab("KV cache").variant == seeded("03_kv_cache", 7).variant


# the memory wall --------------------------------------------------------------------------------------------------

def test_reading_sets_the_pace_on_both_chips_of_a_pair_and_the_model_fits():
    for pair in lab_of("01_memory_wall").draws["pair"]:
        for chip in pair["chips"]:
            assert ServingModel().solve(LLAMA, chip, 16, profile="ideal").bottleneck == "Memory", chip
            assert weights_bytes(LLAMA, FP16) < 0.9 * chip.memory


def test_a_mixture_fits_on_its_gpu_and_reads_less_than_it_has():
    for mix in lab_of("01_memory_wall").draws["mix"]:
        assert weights_bytes(mix["model"], FP16) < 0.95 * mix["chip"].memory, mix["gpu"]
        assert mix["read"] == forward_traffic(mix["model"], 1, 1, 0, FP16, FP16) < weights_bytes(mix["model"], FP16) / 2
        assert float(mix["bandwidth"]) == pytest.approx(mix["bytes"] / 1e12, rel=0.005)


def test_a_card_is_called_what_it_is():
    for card in lab_of("01_memory_wall").draws["card"]:
        sold = Hardware.Cloud[card["gpu"]]
        times = [float(word.rstrip("×")) for word in card["how"].split() if "×" in word] or [1.0]
        more = {"FLOP/s": card["flops"] / sold.fp16, "bandwidth": card["bytes"] / sold.bandwidth}
        assert sorted(more.values()) == pytest.approx(sorted([1, *times])) and card["gpu"] in card["an"]
        assert times == [1] or more[card["how"].split()[-1]] == pytest.approx(times[0])


# two phases -------------------------------------------------------------------------------------------------------

def test_a_long_prompt_fits_and_takes_as_long_as_is_said():
    limits = {"half a second": 0.5, "a second": 1, "two seconds": 2, "five seconds": 5, "ten seconds": 10}
    for long in lab_of("02_two_phases").draws["long"]:
        result = ServingModel().solve(LLAMA, Hardware.Cloud[long["gpu"]], long["prompt"])
        assert limits[long["late"]] < result.value("ttft") == pytest.approx(long["seconds"])
        assert result.value("headroom") > 0


def test_the_chatbot_is_the_slow_one_in_every_pair():
    assert all(one["chat"] > 1.2 * one["other"] for one in lab_of("02_two_phases").draws["talk"])


def test_twice_the_flops_halve_the_reading():
    for one in lab_of("02_two_phases").draws["faster"]:
        assert 1.9 < one["sold_time"] / one["time"] < 2, (one["gpu"], one["prompt"])


def test_a_mixture_reads_its_weights_meanwhile_and_is_sooner_than_llama():
    lab = lab_of("02_two_phases")
    for mix in lab.draws["mix"]:
        first = lab.wiring.values_at(lab.wiring.start, ["facts"], {"mix": mix})["facts"]["qwen_time"]
        assert 2 * QWEN.parameters / mix["chip"].bandwidth < 0.8 * first, (mix["gpu"], mix["prompt"])
        assert first < ServingModel().solve(LLAMA, mix["chip"], mix["prompt"]).value("ttft")


# KV cache ---------------------------------------------------------------------------------------------------------

def test_after_each_crowd_there_is_room_for_one_more_and_a_long_one():
    lab = lab_of("03_kv_cache")
    for crowd in lab.draws["crowd"]:
        raw = lab.wiring.start | lab.wiring.raw_of({name: crowd[name] for name in ("users", "context")})
        left = lab.wiring.values_at(raw, ["left"])["left"]
        assert left["more"] >= 1 and left["long"] >= 1
        assert crowd["said"] == f"{crowd['word'].capitalize()} users of {crowd['context'] // 1024}K"


def test_a_shape_is_that_of_its_model_and_shares_its_heads_evenly():
    words = {3: "Three", 4: "Four", 5: "Five", 6: "Six", 7: "Seven", 8: "Eight", 12: "Twelve", 16: "Sixteen"}
    for shape in lab_of("03_kv_cache").draws["shape"]:
        size = 2 * shape["layers"] * shape["kv_heads"] * shape["numbers"] * float(shape["size"])
        assert size == shape["token"] == kv_bytes_per_token(shape["model"], PRECISIONS[f"int{shape['bits']}"]
                                                            if shape["bits"] == "8" else FP16)
        assert shape["heads"] % shape["kv_heads"] == 0
        assert shape["shared"] == words[shape["heads"] // shape["kv_heads"]]


def test_as_heavy_as_the_model_is_below_the_longest_context():
    lab, (first, *_) = lab_of("03_kv_cache"), lab_of("03_kv_cache").draws["scale"]
    task = lab.questions["crossover"]
    assert 0.9 * LONG < task.truth_for(None) < LONG and first["means"].startswith("Just below 128K")
    assert all(task.truth_for(variant) < LONG for variant in variants_of(lab))


def test_a_house_holds_as_many_as_the_solver_says():
    for house in lab_of("03_kv_cache").draws["house"]:
        chip = Hardware.Cloud[house["gpu"]]
        assert house["said"] == f"{house['context'] // 1024}K" and float(house["gib"]) * 2**30 == chip.memory
        assert max_users(QWEN, chip, house["context"], reserve=0.1) > 10
