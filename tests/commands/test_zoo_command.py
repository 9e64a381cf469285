"""`zoo`, `fit`, `schema` and `validate`: what there is, whether it fits, what can be asked, and how good it is."""

from __future__ import annotations

import pytest
from terminal import data, refused, terminal, wide_lines

from mlsysim_labs.commands.names import questions, records_in, zoos
from solver import Hardware, Models, ServingModel, max_users
from solver.zoo.records import base_value

LLAMA, H100 = Models.Llama3_8B, Hardware["H100"]


def test_alone_it_lists_every_zoo():
    out = terminal("zoo").out
    assert all(title in out for title in zoos()) and wide_lines(out) == []


def test_alone_as_json_it_counts_and_names_their_records():
    found = data("zoo")
    assert found.keys() == zoos().keys() and "H100_Lambda" in found["prices"]["names"]
    assert all(one["count"] == len(one["names"]) == len(records_in(zoos()[title])) for title, one in found.items())


@pytest.mark.parametrize("words, line", [
    (["prices"], "H100_Lambda 3.99 USD/h H100 Lambda 2026-09-25"),
    (["failurerates"], "Llama_3_405B 419 16,384 54 d H100 50,677 h 2024-07-31"),
    (["grids"], "Quebec 35 g/kWh 0.041 USD/kWh 2024 lifecycle")])
def test_figures_have_the_units_that_people_use_and_dates(words, line):
    assert line in [" ".join(one.split())[:len(line)] for one in terminal("zoo", *words).out.splitlines()]


def test_a_price_has_its_date():
    found = data("zoo", "prices", "H100_Lambda")["H100_Lambda"]
    assert found["date"]["value"] == "2026-09-25" and found["rate"]["value"] == 3.99
    assert found["rate"]["unit"] == "USD/h"


@pytest.mark.parametrize("title", zoos())
def test_a_zoo_is_a_table_of_its_records(title):
    done = terminal("zoo", title)
    assert done.status == 0 and wide_lines(done.out) == []
    begun = [line.split()[0] for line in done.out.splitlines() if line.strip()]
    assert all(name in begun for name in records_in(zoos()[title]))
    assert set(data("zoo", title)) == set(records_in(zoos()[title]))


@pytest.mark.parametrize("title", zoos())
def test_a_record_shows_each_figure_with_unit_and_source(title):
    name = next(iter(records_in(zoos()[title])))
    done = terminal("zoo", title, name)
    assert done.status == 0 and wide_lines(done.out) == [] and "figure" in done.out


def test_figures_are_those_of_the_data_sheet():
    found = data("zoo", "hardware", "h100")["H100"]
    assert found["memory"]["value"] == 80 and found["memory"]["unit"] == "GiB"
    assert found["bandwidth"]["source"]["url"] == H100.sources["bandwidth"].url
    for name in ("memory", "bandwidth", "fp16", "fp8", "link", "power"):
        shown = f"{found[name]['value']} {found[name]['unit']}"
        assert base_value(shown) == pytest.approx(getattr(H100, name), rel=1e-11)
    out = terminal("zoo", "h100").out
    assert "bandwidth      [1]      3,352 GB/s" in out and H100.sources["bandwidth"].url in out


def test_a_model_says_what_is_derived():
    out = terminal("zoo", "models", "Llama3_8B").out
    assert "8,030,261,248" in out and "derived" in out and "131,072 token" in out
    assert "8.03 billion" in terminal("zoo", "models").out


@pytest.mark.parametrize("words, says", [
    (["nowhere"], "List them with: mlsysim-labs zoo"), (["hardware", "H10O"], "Did you mean H100?"),
    (["H10O"], "Did you mean H100?"), (["hardware", "h"], "may be H100"),
    (["models", "zzzzzz"], "mlsysim-labs zoo models"), (["hardwear", "H100"], "Did you mean hardware"),
    (["models", "Llama3_8B", "more"], "one word too many")])
def test_unknown_names_are_answered(words, says):
    assert says in refused("zoo", *words)


def test_fit_counts_users_as_the_solver_does():
    found = data("fit", "Llama3_8B", "H100", "--context", "131072", "--reserve", "0.1")
    assert found["users"]["value"] == max_users(LLAMA, H100, 131072, reserve=0.1) == 3
    assert found["feasible"]["value"] is True and found["blocks"]["value"] > 0
    assert "users" in terminal("fit", "Llama3_8B", "H100").out


def test_what_does_not_fit_ends_with_one_and_says_why():
    done = terminal("fit", "Llama3_70B", "H100")
    assert done.status == 1 and "no user of 8,192 tokens fits beside the weights" in done.out
    assert data("fit", "Llama3_70B", "H100", "--precision", "w4a16")["feasible"]["value"] is True


@pytest.mark.parametrize("words, says", [(["Llama3_8B"], "hardware is missing"), (["Llama3_8B", "H100", "-1"], ""),
                                         (["Llama3_8B", "H100", "--context", "0"], "at least 1")])
def test_a_bad_fit_is_refused(words, says):
    assert says in refused("fit", *words)


def test_schema_is_that_of_the_class():
    import json

    assert json.loads(terminal("schema", "servingmodel").out) == json.loads(json.dumps(ServingModel.schema()))
    assert data("schema", "servingmodel") == json.loads(terminal("schema", "servingmodel").out)
    every = json.loads(terminal("schema").out)
    assert set(every) == set(questions())
    assert every["kv_capacity"]["arguments"]["max_len"]["unit"] == "token"
    assert "Did you mean ServingModel" in refused("schema", "ServingModl")


def test_validate_is_that_of_the_solver(tmp_path):
    done = terminal("validate", str(tmp_path / "nowhere"))
    assert done.status == 2 and "nowhere" in done.err
    (tmp_path / "decode_itl.csv").write_text("nonsense\n1\n")
    done = terminal("validate", str(tmp_path), "--strict", "--json", str(tmp_path / "x.json"))
    assert done.status in (1, 2) and done.err and "Traceback" not in done.err
