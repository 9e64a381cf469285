"""Names that people type are completed and corrected; a shell is offered those that begin so."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from mlsysim_labs.commands.app import app
from mlsysim_labs.commands.asking import names_question
from mlsysim_labs.commands.names import begun_names, key_of, meant_name, question_named, questions, zoo_of, zoos
from solver import Datacenters, Fleet, Grids, Hardware, Models, Profiles, Servers, ServingModel, Uniform, kv_capacity

KNOWN = ["H100", "H100_PCIe", "H200", "MI300X", "Llama3_8B", "fp8"]


@pytest.mark.parametrize("text, name", [
    ("H100", "H100"), ("h100", "H100"), ("h100_p", "H100_PCIe"), ("H-200", "H200"), ("mi", "MI300X"), ("FP-8", "fp8"),
    ("llama 3 8b", "Llama3_8B"), ("h100pcie", "H100_PCIe")])
def test_a_name_is_completed(text, name):
    assert meant_name(text, KNOWN, "chip") == name


@pytest.mark.parametrize("text, says", [
    ("h1", "chip 'h1' may be H100 or H100_PCIe: write more of it."), ("H10O", "Did you mean H100"),
    ("h1OO", "Did you mean H100?"), ("Llama-3-8B-Instruct", "Did you mean Llama3_8B?"),
    ("my/H200-NVL", "Did you mean H200?"),
    ("", "chip '' is not known."), ("___", "not known"), ("zzzz", "Known are: H100, H100_PCIe"),
    ("x" * 5000, "not known")])
def test_one_that_is_not_known_is_answered_with_those_near(text, says):
    with pytest.raises(ValueError) as problem:
        meant_name(text, KNOWN, "chip")
    assert says in str(problem.value)


def test_of_many_names_the_command_that_lists_them_is_named():
    with pytest.raises(ValueError, match="List them with: mlsysim-labs zoo models"):
        meant_name("zzzz", Models.keys(), "model", "mlsysim-labs zoo models")


@pytest.mark.parametrize("record, title, name", [
    (Models.Llama3_8B, "models", "Llama3_8B"), (Models.ResNet50, "models", "ResNet50"),
    (Hardware["H100"], "hardware", "H100"), (Servers.DGX_H100, "servers", "DGX_H100"), ("NDR", "fabrics", None),
    (Grids.France, "grids", "France"), (Datacenters.Average, "datacenters", "Average"), ("fp16", "formats", None),
    (Profiles.tuned, "profiles", "tuned"), (Uniform(), "", "Uniform(low=0.0)"),
    (Fleet(Servers.DGX_H100, 4), "", "4 × DGX H100")])
def test_a_record_is_found_in_its_zoo(record, title, name):
    assert zoo_of(record)[0] == title
    assert name is None or key_of(record) == name


def test_every_zoo_is_found():
    assert {"hardware", "models", "fabrics", "profiles", "grids", "datacenters", "servers", "formats"} <= set(zoos())


def test_questions_are_found_by_what_they_are():
    found = questions()
    assert {"Engine", "ServingModel", "ContinuousBatchingModel", "kv_capacity", "simulate"} <= set(found)
    assert not {"ForwardModel", "Hardware", "ServingResult", "changed"} & set(found)


@pytest.mark.parametrize("text, found", [("ServingModel", ServingModel), ("servingmodel", ServingModel),
                                         ("ServingMod", ServingModel), ("kv-capacity", kv_capacity)])
def test_a_question_is_named(text, found):
    assert question_named(text)[1] is found


@pytest.mark.parametrize("text, says", [("ServingModl", "Did you mean ServingModel"), ("Hardware", "not known"),
                                        ("max_user", "max_users")])
def test_an_unknown_question_is_answered(text, says):
    if says == "max_users":
        assert question_named(text)[0] == says
        return
    with pytest.raises(ValueError, match=says):
        question_named(text)


@pytest.mark.parametrize("word, is_one", [
    ("ServingModel", True), ("engine", True), ("ServingModl", True), ("Llama3_8B", False), ("H100", False),
    ("8", False)])
def test_a_first_word_is_a_question_or_a_record(word, is_one):
    assert names_question(word) == is_one


def test_no_record_of_a_model_or_chip_is_taken_for_a_question():
    assert [name for name in (*Models.keys(), *Hardware.keys()) if names_question(name)] == []


def test_what_a_shell_offers_begins_so():
    assert begun_names("h1", KNOWN) == ["H100", "H100_PCIe"] and begun_names("", KNOWN) == KNOWN


def offered(*words: str) -> list[str]:
    """What bash is offered for the last word."""
    settings = {"_MLSYSIM_LABS_COMPLETE": "complete_bash", "COMP_WORDS": " ".join(["mlsysim-labs", *words]),
                "COMP_CWORD": str(len(words))}
    done = CliRunner().invoke(app, [], prog_name="mlsysim-labs", env=settings)
    assert done.exit_code == 0 and done.stderr == "", done.stderr
    return done.stdout.split()


@pytest.mark.parametrize("words, wanted, unwanted", [
    (["se"], "serve", "H100"), (["serve", "Llama3_8"], "Llama3_8B", "H100"),
    (["serve", "--hardware", "H2"], "H200", "H100"), (["sweep", "--hardware", "H100,H2"], "H100,H200", "H100,H100"),
    (["serve", "Llama3_8B", "H100", "--precision", "fp"], "fp8", "int8"), (["eval", "nowhere", "H2"], "H200", "H100"),
    (["solve", "NoSuchModel", ""], "", "nobody"), (["optimize", "x", "--"], "--help", "H100"),
    (["compare", "Llama3_8B", "H100", "H2"], "H200", "H100"),
    (["solve", "ServingModel", "--batch"], "--batch-size", "--reserve"),
    (["zoo", "hardware", "H2"], "H200", "H100"), (["schema", "Serv"], "ServingModel", "Engine")])
def test_a_shell_completes(words, wanted, unwanted):
    found = offered(*words)
    assert (wanted in found or not wanted) and unwanted not in found
