"""`sweep`, `compare` and `explore`: many answers, each of them that of the class itself."""

from __future__ import annotations

import csv
import sys

import pytest
from terminal import data, refused, terminal, wide_lines

from mlsysim_labs.commands import sweep
from mlsysim_labs.commands.answers import json_answer
from solver import Engine, Hardware, Models, ServingModel

LLAMA, H100 = Models.Llama3_8B, Hardware["H100"]


def test_a_sweep_is_a_solve_at_each_point():
    found = data("sweep", "llama3-8b", "h100", "--batch-size", "1..256")
    assert [point["given"]["batch_size"]["value"] for point in found] == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert found[3]["given"]["batch_size"] == {"value": 8, "unit": "request"}
    for point in found:
        own = ServingModel().solve(LLAMA, H100, 2048, point["given"]["batch_size"]["value"])
        assert point["found"] == json_answer(own)


def test_two_arguments_span_a_grid():
    found = data("sweep", "Llama3_8B", "H100", "--seq-len", "2048,8192", "--precision", "fp16,fp8")
    assert [(point["given"]["seq_len"]["value"], point["given"]["precision"]["value"]) for point in found] == [
        (2048, "fp16"), (2048, "fp8"), (8192, "fp16"), (8192, "fp8")]
    assert found[3]["found"] == json_answer(ServingModel().solve(LLAMA, H100, 8192, precision="fp8"))


def test_a_class_is_swept_by_its_name():
    found = data("sweep", "Engine", "Llama3_8B", "H100", "--batch-size", "1,64")
    assert [point["found"] for point in found] == [json_answer(Engine.solve(LLAMA, H100, batch)) for batch in (1, 64)]


def test_chips_are_compared_side_by_side():
    found = data("compare", "Llama3_8B", "H100", "h200", "MI300X", "--batch-size", "64")
    assert [point["given"]["hardware"]["value"] for point in found] == ["H100", "H200", "MI300X"]
    assert found[1]["found"] == json_answer(ServingModel().solve(LLAMA, Hardware["H200"], 2048, 64))
    lines = terminal("compare", "Llama3_8B", "H100", "h200", "MI300X", "--show", "itl").out.splitlines()
    assert lines[2].split() == ["figure", "H100", "H200", "MI300X"] and lines[4].split()[0] == "itl"


def test_models_are_compared_and_both_at_once():
    assert len(data("compare", "Llama3_8B", "Llama3_70B", "H200")) == 2
    assert len(data("compare", "H100", "Llama3_8B", "H200", "Llama2_7B")) == 4, "in any order"
    assert len(data("compare", "Llama3_8B", "H100", "--profile", "ideal,tuned")) == 2


@pytest.mark.parametrize("words", [
    ["sweep", "Llama3_8B", "H100", "--batch-size", "1..1024"],
    ["sweep", "Llama3_8B", "H100", "--batch-size", "1..1024", "--seq-len", "128,131072"],
    ["compare", "Llama3_8B", *list(Hardware.keys())[:20]], ["compare", "Llama3_70B", "H100", "H200"],
    ["sweep", "Llama3_8B", "H100", "--batch-size", "1..64", "--chart"],
    ["sweep", "Llama3_8B", "H100", "--show", "ttft,itl,energy,headroom,kv_cache_size,e2e_latency", "--seq-len",
     "1..65536"]])
def test_tables_fold_at_80_columns_and_cut_nothing(words):
    done = terminal(*words)
    assert done.status == 0 and wide_lines(done.out) == [] and "…" not in done.out and "\033" not in done.out


def test_every_number_of_a_folded_table_is_whole():
    chips = [key for key in Hardware.keys() if Hardware[key].fp16 > 0][:20]  # noqa: SIM118 - a zoo has records
    out = terminal("compare", "Llama3_8B", *chips, "--show", "itl").out
    assert all(chip in out.split() for chip in chips)
    for chip in chips:
        itl = ServingModel().solve(LLAMA, Hardware[chip], 2048).itl
        assert str(itl) in out or "unknown" in str(itl)


def test_figures_that_do_not_change_are_left_out_unless_named():
    out = terminal("sweep", "Llama3_8B", "H100", "--batch-size", "1,2").out
    assert "model_weights_size" not in out and "ttft [ms]" in out and "Figures that --show adds: " in out
    assert "model_weights_size [GB]" in terminal("sweep", "Llama3_8B", "H100", "--batch-size", "1,2", "--show",
                                                 "model-weights").out


def test_points_that_cannot_be_say_why_and_the_others_stand():
    done = terminal("sweep", "Llama3_8B", "H100", "--batch-size", "64..1024")
    assert done.status == 0 and "512: Memory: does not fit, by" in done.out
    assert terminal("sweep", "Llama3_405B", "H100", "--batch-size", "1,2").status == 1


def test_points_that_are_refused_say_why_and_the_others_stand():
    words = ["sweep", "Llama3_8B", "H100", "--tensor-parallel", "1,2,3"]
    done = terminal(*words, "--show", "itl")
    assert done.status == 0 and "3: tensor_parallel is 3:" in " ".join(done.out.split())
    found = data(*words)
    assert "choose a divisor" in found[2]["refused"] and "found" not in found[2] and found[1]["found"]
    assert "choose a divisor" in refused("sweep", "Llama3_8B", "H100", "--tensor-parallel", "3,5")
    assert "nan: batch_size is nan" in terminal("sweep", "Llama3_8B", "H100", "--batch-size", "nan,1").out


def test_bars_are_drawn_in_the_terminal():
    out = terminal("sweep", "Llama3_8B", "H100", "--batch-size", "1,1024", "--chart", "--show", "itl").out
    one, many = (line for line in out.splitlines() if "█" in line)
    assert one.split()[:3] == ["1", "4.56", "ms"] and many.count("█") > 8 * one.count("█")


@pytest.mark.parametrize("words", [
    ["sweep", "Llama3_8B", "H100", "--batch-size", "1..64"], ["compare", "Llama3_8B", "H100", "H200", "--show", "itl"],
    ["sweep", "Llama3_8B", "H100", "--batch-size", "1..8", "--precision", "fp16,fp8", "--show", "itl,ttft"]])
def test_a_picture_and_a_table_go_into_files(words, tmp_path):
    picture, table = tmp_path / "out.svg", tmp_path / "out.csv"
    done = terminal(*words, "--plot", str(picture), "--csv", str(table))
    assert done.status == 0 and "<svg" in picture.read_text()
    with table.open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    assert len(rows) == len(data(*words)) and float(rows[0]["itl [ms]"]) > 0 and rows[0]["refused"] == ""


@pytest.mark.parametrize("shown, parts", [
    ([], 6), (["--show", "ttft,itl,energy_per_token,headroom,e2e,feasible,bottleneck,tokens_per_second"], 6),
    (["--show", "model_weights,ttft,itl,energy_per_token,headroom,e2e,tokens_per_second"], 7)])
def test_a_picture_has_what_differs_or_all_that_is_named(shown, parts, monkeypatch, tmp_path):
    saved = []
    monkeypatch.setattr(sweep, "save_plot", lambda points, names, path: saved.append((points, names)))
    out = terminal("compare", "Llama3_8B", "H100", "MI300X", "--plot", str(tmp_path / "x.svg"), *shown).out
    (points, names), = saved
    assert len(names) == parts and ("--show draws others: " in out) == (not shown)
    assert shown or all(len({str(getattr(point.answer, name)) for point in points}) == 2 for name in names)


def test_without_matplotlib_a_sentence(monkeypatch, tmp_path):
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    said = refused("sweep", "Llama3_8B", "H100", "--batch-size", "1,2", "--plot", str(tmp_path / "x.png"))
    assert "pip install 'mlsysim-labs[plot]'" in said


@pytest.mark.parametrize("words, says", [
    (["sweep", "Llama3_8B", "H100"], "give one of them several values"),
    (["sweep", "Llama3_8B,Llama3_70B", "H100,H200", "--batch-size", "1,2"], "two arguments at most"),
    (["sweep", "Llama3_8B", "H100", "--batch-size", "1..100000:1", "--seq-len", "1..100:1"], "10,000 values"),
    (["sweep", "Llama3_8B", "H100", "--batch-size", "1..5000:1", "--seq-len", "1..100:1"], "500,000 points"),
    (["sweep", "Llama3_8B", "H10O", "--batch-size", "1,2"], "Did you mean H100"),
    (["sweep", "Llama3_8B", "H100", "--batch-size", "1,2", "--show", "tttf"], "Did you mean ttft"),
    (["sweep", "Llama3_8B", "H100", "--batch-size", "1,2", "--plot", "x.nothing"], "nothing"),
    (["sweep", "Llama3_8B", "H100", "--batch-size", "1,2", "--plot", "/nowhere/x.png"], "/nowhere/x.png"),
    (["sweep", "Llama3_8B", "H100", "--batch-size", "1,2", "--chart", "--show", "bottleneck"], "nothing to draw"),
    (["compare", "Llama3_8B", "H100"], "nothing to compare"), (["compare", "Llama3_8B", "H100", "nobody"], "nobody"),
    (["compare"], "model is missing"), (["explore", "Llama3_8B", "H100"], "")])
def test_bad_sweeps_are_refused_in_a_sentence(words, says):
    assert says in refused(*words)



PLAN = """
solve = "ServingModel"
maximize = "tokens_per_second"
minimize = ["itl"]

[space]
model = "Llama3_8B"
hardware = ["A100", "H100"]
batch_size = "1..64"
seq_len = 2048

[constraints]
itl = "<= 12 ms"
"""
BY_OPTIONS = ["explore", "Llama3_8B", "A100", "H100", "--batch-size", "1..64", "--seq-len", "2048", "--maximize",
              "tokens_per_second", "--minimize", "itl", "--constraint", "itl <= 12 ms"]


@pytest.fixture
def plan(tmp_path):
    file = tmp_path / "space.toml"
    file.write_text(PLAN)
    return file


def test_a_space_is_explored_from_options_and_from_a_file(plan):
    by_options, by_file = data(*BY_OPTIONS), data("explore", str(plan))
    assert by_options == by_file and by_file["points"] == 14
    best = by_file["front"][0]
    assert best["given"]["hardware"]["value"] == "H100"
    own = ServingModel().solve(LLAMA, H100, 2048, best["given"]["batch_size"]["value"])
    assert best["found"]["itl"] == {"value": own.itl.m_as("ms"), "unit": "ms"}
    assert best["found"]["tokens_per_second"]["meaning"] == "answered tokens a second of the whole batch"
    assert all(point["found"]["itl"]["value"] <= 12 for point in by_file["front"])


def test_options_come_before_the_file(plan):
    assert data("explore", str(plan), "--hardware", "H200")["points"] == 7


def test_an_exploration_is_shown_and_written(plan, tmp_path):
    picture, table = tmp_path / "front.svg", tmp_path / "all.csv"
    done = terminal("explore", str(plan), "--plot", str(picture), "--csv", str(table), "--rows", "2")
    assert done.status == 0 and wide_lines(done.out) == [] and "of which the first 2" in done.out
    assert "<svg" in picture.read_text() and len(table.read_text().splitlines()) == 15


def test_the_best_designs_are_drawn_in_the_terminal(plan):
    out = terminal("explore", str(plan), "--chart").out
    assert out.startswith("tokens_per_second\n") and out.count("█") > 7 and wide_lines(out) == []


def test_where_no_design_is_left_it_ends_with_one(plan):
    done = terminal("explore", str(plan), "--constraint", "itl <= 1 ms")
    assert done.status == 1 and "No design is left." in done.out and "itl <= 1 ms" in done.out


@pytest.mark.parametrize("change, words, says", [
    (("seq_len", "sequence_len"), [], "Did you mean seq_len"), (("[space]", "[spaces]"), [], "'spaces'"),
    (('"1..64"', "{low = 1}"), [], "should be a value"), (('"<= 12 ms"', '"<= 12 GB"'), [], "GB"),
    (("ServingModel", "ServingModl"), [], "Did you mean ServingModel"), (("maximize =", "minimize ="), [], "TOML"),
    (("H100", "H10O"), [], "Did you mean H100"), (("itl", "itl"), ["--constraint", "itl"], "a comparison and a limit"),
    (("itl", "itl"), ["--minimize", "tttf"], "ttft")])
def test_bad_spaces_are_refused_in_a_sentence(plan, change, words, says):
    plan.write_text(PLAN.replace(*change))
    assert says in refused("explore", str(plan), *words)
