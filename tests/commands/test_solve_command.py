"""`solve`, `eval`, `serve`, `optimize`: the answers of the classes themselves, in three forms, and how they end."""

from __future__ import annotations

import csv
import json
import shlex
from typing import Annotated, Any

import pytest
from terminal import data, refused, terminal, wide_lines

import solver
from mlsysim_labs.commands.answers import json_answer, json_text
from mlsysim_labs.commands.asking import NamedQuestion, example_of, typed_value
from mlsysim_labs.commands.names import questions
from mlsysim_labs.commands.values import option
from solver import (
    Q_,
    EconomicsModel,
    Engine,
    Fleet,
    ForwardModel,
    Grids,
    Hardware,
    Models,
    Prices,
    ReliabilityModel,
    SensitivitySolver,
    Servers,
    ServingModel,
    TopologyModel,
)
from solver.base.arguments import Requests
from solver.base.declared import REQUIRED, Argument, declared
from solver.base.result import Result, field

QUESTIONS = questions()
RENTED = ["solve", "EconomicsModel", "2xDGX_H100", "30", "--chip-hour"]
FAILING = ["solve", "ReliabilityModel", "2xDGX_H100", "1296", "--mttf"]
LLAMA, H100 = Models.Llama3_8B, Hardware["H100"]


def solve_of(name):
    member = QUESTIONS[name]
    return member().solve if isinstance(member, type) else member


@pytest.mark.parametrize("name", QUESTIONS)
def test_solve_of_every_class_answers_as_the_class(name):
    """With its usual arguments, which are made from its declarations: nothing is listed here."""
    solve = solve_of(name)
    usual = {key: one.usual for key, one in solve.arguments.items()
             if one.default is REQUIRED or one.example is not None}
    words = [word for key, value in usual.items() for word in (option(key), typed_value(value))]
    own = json.loads(json_text(json_answer(solve(**usual))))
    done = terminal("solve", name, *words, "--json")
    assert done.status in (0, 1) and json.loads(done.out) == own
    shown = terminal("solve", name, *words)
    assert shown.status == done.status and wide_lines(shown.out) == []
    assert wide_lines(terminal("solve", name, "--help").out) == []


@pytest.mark.parametrize("name", QUESTIONS)
def test_the_example_in_the_help_of_every_class_has_an_answer(name):
    example = example_of(f"solve {name}", NamedQuestion(name, QUESTIONS[name], {}))
    assert example in " ".join(terminal("solve", name, "--help").out.split())
    assert terminal(*shlex.split(example)[1:]).status in (0, 1)


def test_words_stand_for_what_has_to_be_given():
    by_words = data("solve", "ServingModel", "llama3-8b", "h100", "2048")
    by_names = data("solve", "ServingModel", "--hardware", "H100", "--seq-len", "2048", "--model", "Llama3_8B")
    mixed = data("solve", "servingmodel", "H100", "--model", "Llama3_8B", "--seq-len", "2 Kitoken")
    assert by_words == by_names
    assert mixed["kv_cache_size"] == by_names["kv_cache_size"]


@pytest.mark.parametrize("text", ["H100_Lambda", "h100-lambda", "H100 at Lambda", "3.99 USD/hour"])
def test_a_price_is_a_quantity_or_a_record_by_its_name(text):
    own = EconomicsModel().solve(Fleet(Servers.DGX_H100, 2), 30, chip_hour=Prices.H100_Lambda)
    assert data(*RENTED, text)["rented_usd"]["value"] == pytest.approx(own.rented_usd.m_as("USD"), rel=1e-12)


@pytest.mark.parametrize("text", ["Llama_3_405B", "llama-3"])
def test_a_mean_time_to_failure_is_named_after_a_run(text):
    own = ReliabilityModel().solve(Fleet(Servers.DGX_H100, 2), 1296, mttf="Llama_3_405B")
    assert data(*FAILING, text)["fleet_mtbf"]["value"] == own.fleet_mtbf.magnitude


@pytest.mark.parametrize("text", ["NDR", "ndr", "NDR InfiniBand"])
def test_a_network_stands_alone_where_a_fleet_or_one_is_asked_for(text):
    assert data("solve", "TopologyModel", text) == json_answer(TopologyModel().solve("NDR"))
    assert data("solve", "TopologyModel", f"8xDGX_H100/{text.split()[0]}")["effective_bw"]["value"] > 0


def test_a_class_and_its_arguments_by_name_are_given_in_one_word_each():
    own = SensitivitySolver().solve(LLAMA, H100, solver=ServingModel, given={"seq_len": 2048, "batch_size": 64},
                                    figures=["power", "link"])
    for name in ("serving", "ServingModel", "servingmodel"):
        assert data("solve", "SensitivitySolver", "llama3-8b", "h100", "--solver", name, "--given",
                    "seq_len=2048,batch-size=64", "--figures", "power,link") == json_answer(own)
    assert data("solve", "SensitivitySolver", "llama3-8b", "h100", "--given", "is_training=yes", status=1)["feasible"]


def test_eval_is_the_engine_unless_a_class_is_named():
    assert data("eval", "Llama3_8B", "H100", "--batch-size", "8") == json_answer(Engine.solve(LLAMA, H100, 8))
    assert data("solve", "Llama3_8B", "H100") == data("eval", "Engine", "Llama3_8B", "H100")


def test_serve_takes_a_prompt_where_none_is_given():
    found = data("serve", "Llama3_8B", "H100")
    assert found == json_answer(ServingModel().solve(LLAMA, H100, 2048))
    assert "seq_len 2,048" in terminal("serve", "Llama3_8B", "H100").out


def test_every_value_has_its_unit():
    found = data("serve", "Llama3_8B", "H100", "--batch-size", "8", "--network-bandwidth", "50 GB/s")
    answer = ServingModel().solve(LLAMA, H100, 2048, 8, network_bandwidth=Q_("50 GB/s"))
    assert found["ttft"] == {"value": answer.ttft.m_as("ms"), "unit": "ms"}
    assert found["feasible"] == {"value": True, "unit": ""} and found["bottleneck"]["value"] == "Memory"
    assert found["constraint_trace"] == answer.constraint_trace
    assert all({"value", "unit"} <= one.keys() for name, one in found.items() if name != "constraint_trace")


def test_a_bare_number_says_what_it_counts():
    found = data("solve", "ContinuousBatchingModel", "Llama3_8B", "H100", "2048")
    assert found["throughput_tokens_per_sec"]["meaning"] == "answered tokens a second of all running requests"
    assert "meaning" not in found["feasible"] and found["itl"].keys() == {"value", "unit"}
    for one in found.values():
        assert not isinstance(one, dict) or one["unit"] or isinstance(one["value"], (bool, str)) or one["meaning"]


def test_what_is_not_known_is_null_and_says_so():
    chip = next(key for key in Hardware.keys() if "fp16" in Hardware[key].unpublished  # noqa: SIM118
                or "bf16" in Hardware[key].unpublished)
    found = data("serve", "Llama3_2_1B", chip)
    assert found["ttft"]["value"] is None and found["ttft"]["unit"] == "ms" and "not known" in found["ttft"]["why"]
    assert "ttft                    unknown" in terminal("serve", "Llama3_2_1B", chip).out


@pytest.mark.parametrize("words", [["serve", "Llama3_405B", "H100"], ["eval", "Llama3_70B", "H100"],
                                   ["serve", "Llama3_8B", "H100", "--batch-size", "4096"]])
def test_what_cannot_be_ends_with_one_and_says_why(words):
    done = terminal(*words)
    assert done.status == 1 and done.err == ""
    assert "feasible" in done.out and "Memory: does not fit" in done.out
    assert data(*words, status=1)["feasible"]["value"] is False


def test_an_error_for_want_of_memory_is_such_an_answer():
    done = terminal("eval", "Llama3_8B", "H100", "--raise-errors", "--batch-size", "1000000")
    assert done.status == 1 and done.out == "" and "does not fit" in done.err


def test_a_figure_shows_its_working():
    done = terminal("serve", "Llama3_8B", "H100", "8192", "--batch-size", "8", "--working", "kv_cache_size")
    assert "131,072 B/token · 8,192 tokens · 8 = 8.59 GB" in done.out


def test_figures_go_into_a_file(tmp_path):
    file = tmp_path / "out.csv"
    assert terminal("serve", "Llama3_8B", "H100", "--csv", str(file)).status == 0
    with file.open(newline="") as lines:
        rows = {row["figure"]: row for row in csv.DictReader(lines)}
    assert rows["ttft"]["unit"] == "ms"
    assert float(rows["ttft"]["value"]) == ServingModel().solve(LLAMA, H100, 2048).ttft.m_as("ms")


@pytest.mark.parametrize("words, says", [
    (["serve"], "model is missing. The transformer, a record such as Llama3_8B. Write --model Llama3_8B"),
    (["serve", "Llama3_8B"], "hardware is missing"), (["serve", "Llama3_8B", "H10O"], "Did you mean H100?"),
    (["serve", "H100", "Llama3_8B"], "--model 'H100' is not known"), (["serve", "ResNet50", "H100"], "convolutional"),
    (["solve", "ServingModel", "Llama3_8B", "H100"], "seq_len is missing. Tokens of the prompt. Write --seq-len 2048"),
    (["serve", "Llama3_8B", "H100", "--seq-len", "nan"], "give a whole number of tokens"),
    (["serve", "Llama3_8B", "H100", "--seq-len", "inf"], "beyond this model"),
    (["serve", "Llama3_8B", "H100", "--seq-len", "2.5"], "try 2 or 3"),
    (["serve", "Llama3_8B", "H100", "--seq-len", "-1"], "at least 1"),
    (["serve", "Llama3_8B", "H100", "--seq-len", "2 GB"], "should be in token"),
    (["serve", "Llama3_8B", "H100", "--batch-size", "1,2"], "has one value here"),
    (["serve", "Llama3_8B", "H100", "--batch-size", "1..8"], "has one value here"),
    (["serve", "Llama3_8B", "H100,H200"], "compare, sweep and explore take several"),
    (["serve", "Llama3_8B", "H100", "--network-bandwidth", "100"], "write '100 GB/s'"),
    (["serve", "Llama3_8B", "H100", "--precision", "fp7"], "Did you mean fp8"),
    (["serve", "Llama3_8B", "H100", "--tensor-parallel", "3"], "choose a divisor"),
    (["serve", "Llama3_8B", "H100", "--efficiency", "0.5", "--profile", "tuned"], "both given"),
    (["serve", "Llama3_8B", "H100", "8", "9"], "'9' is one word too many"),
    (["serve", "Llama3_8B", "H100", "--batchsize", "8"], "--batch-size"),
    (["serve", "Llama3_8B", "H100", "--csv", "/nowhere/out.csv"], "/nowhere/out.csv: No such file"),
    (["solve", "NoSuchModel", "3", "4"], "class 'NoSuchModel' is not known. Did you mean"),
    (["solve", "SensitivitySolver", "llama3_8b", "h100", "--solver", "serving"], "give it in given, such as seq_len="),
    (["solve", "SensitivitySolver", "llama3_8b", "h100", "--solver", "servin"], "or serving?"),
    (["solve", "SensitivitySolver", "llama3_8b", "h100", "--given", "seq_len"], "such as batch_size=256"),
    (["solve", "SensitivitySolver", "llama3_8b", "h100", "--figures", "powr"], "Did you mean power"),
    (["solve", "TopologyModel", "NDX"], "Did you mean NDR?"), (["solve", "TopologyModel", "zzz"], "neither a fleet"),
    (["solve", "TopologyModel", "none.toml"], "there is no file"), (["serve", "Llama3_8B", "h1OO"], "you mean H100?"),
    ([*RENTED, "H100_Lamda"], "Did you mean H100_Lambda"), ([*RENTED, "2.5"], "without a unit"),
    ([*RENTED, "zz"], "mlsysim-labs zoo prices, or write a quantity, such as '2.50 USD/hour'"),
    ([*FAILING, "Llama_4"], "Did you mean Llama_3_405B"),
    (["solve", "ServingModl", "Llama3_8B"], "Did you mean ServingModel"), (["solve", "Hardware"], "is not known"),
    (["serve", "Llama3_8B", "H100", "--working", "nothing"], "nothing")])
def test_a_bad_question_is_answered_in_a_sentence(words, says):
    assert says in refused(*words)


Places = Annotated[Any, Argument("Regions, in a list of names.")]


class LoadResult(Result):
    """What the optimizer of this test found."""

    is_feasible = field(None, "whether any batch will do", bool)
    best_batch_size = field(None, "the best batch", int)
    wait = field("ms", "time in a queue")
    bottleneck = "Arrivals"

    @property
    def constraint_trace(self):
        return [f"The queue {'ends' if self.values['is_feasible'] else 'never ends'}."]


class LoadOptimizer(ForwardModel):
    """The best batch for a load."""

    @declared
    def solve(self, batch_size: Requests, most: Requests = 8, regions: Places = ("US_Average",)) -> LoadResult:
        """The best batch size."""
        assert all(one in Grids for one in regions)
        fits = batch_size <= most
        wait = 0.002 if fits else float("inf")
        return LoadResult({"is_feasible": float(fits), "best_batch_size": 4.0, "wait": wait}, {})


@pytest.fixture
def optimizer(monkeypatch):
    """A class that nobody told the command of."""
    monkeypatch.setattr(solver, "__all__", [*solver.__all__, "LoadOptimizer"])
    monkeypatch.setattr(solver, "LoadOptimizer", LoadOptimizer, raising=False)


def test_a_new_optimizer_needs_nothing_here(optimizer):
    for name in ("load", "LoadOptimizer", "loadopt"):
        found = data("optimize", name, "4")
        assert found["best_batch_size"] == {"value": 4, "unit": "", "meaning": "the best batch"}
        assert found["wait"] == {"value": 2.0, "unit": "ms"}
        assert found["constraint_trace"] == ["The queue ends."]
    assert "--most NUMBER" in terminal("optimize", "load", "--help").out
    assert "LoadOptimizer" in refused("optimize") and "is not known" in refused("optimize", "Serving")


def test_names_in_a_list_are_corrected_like_the_usual_ones(optimizer):
    assert data("optimize", "load", "4", "--regions", "us-av, FRANCE")["best_batch_size"]["value"] == 4
    assert "default US_Average" in terminal("optimize", "load", "--help").out


def test_an_unstable_state_is_an_answer_that_cannot_be(optimizer):
    done = terminal("optimize", "load", "9")
    assert done.status == 1 and "The queue never ends." in done.out and "inf ms" in done.out
    assert data("optimize", "load", "9", status=1)["wait"] == {"value": None, "unit": "ms", "why": "infinite"}


def test_without_an_optimizer_a_sentence(monkeypatch):
    monkeypatch.setattr(solver, "__all__", ["ServingModel"])
    assert "no class whose name ends with Optimizer" in refused("optimize", "batching")
