"""The command as a whole: what opens the labs, what is a slip, what help says, and what starting loads."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib

import pytest
from paths import ROOT
from terminal import refused, terminal, wide_lines

import solver
from mlsysim_labs.commands import labs
from mlsysim_labs.commands.app import exit_status

NAMES = ["labs", "export", "serve", "fit", "eval", "solve", "compare", "sweep", "explore", "optimize", "zoo", "audit",
         "schema", "validate", "seal", "assign", "nbgrader", "grade", "collect"]
LOADED = "import sys; from mlsysim_labs.commands.app import exit_status; exit_status({words!r}); print(*sys.modules)"


@pytest.fixture
def opened(monkeypatch):
    """What the labs are opened with."""
    calls = []
    monkeypatch.setattr(labs, "main", lambda words: calls.append(words) or 0)
    return calls


@pytest.mark.parametrize("words", [
    [], ["mine"], ["mine", "--copy-only"], ["--here", "labs", "--", "--port=1"], ["--copy-only"], ["/proc/nowhere"],
    ["mine", "--", "--port=8899", "--no-browser"], ["--here", "nowhere"]])
def test_without_a_command_it_opens_the_labs(opened, words):
    assert terminal(*words).status == 0
    assert terminal("labs", *words).status == 0
    assert opened == [words, words]


def test_the_status_of_the_labs_is_that_of_the_command(monkeypatch):
    monkeypatch.setattr(labs, "main", lambda words: 1)
    assert terminal("mine").status == 1


@pytest.mark.parametrize("word, near", [("srve", "serve"), ("Serv", "serve"), ("comprae", "compare"), ("zo", "zoo")])
def test_a_slip_is_no_folder(opened, word, near):
    assert near in refused(word) and opened == []


def test_words_after_an_unknown_one_make_it_a_slip(opened):
    assert "No such command 'ask'" in refused("ask", "Llama3_8B", "H100") and opened == []


def test_a_folder_that_is_there_is_meant(opened, monkeypatch, tmp_path):
    (tmp_path / "serv").mkdir()
    monkeypatch.chdir(tmp_path)
    assert terminal("serv").status == 0 and opened == [["serv"]]


def test_version():
    assert terminal("--version").out.strip() == solver.__version__


def test_the_entry_point_is_this_one(monkeypatch):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert project["scripts"]["mlsysim-labs"] == f"{exit_status.__module__}:{exit_status.__name__}"
    assert exit_status(["zoo", "fabrics"]) == 0 and exit_status(["zoo", "nowhere"]) == 2


def test_help_names_every_command_on_a_line_of_its_own():
    done = terminal("--help")
    listed = [line.split() for line in done.out.partition("Commands:")[2].splitlines() if line.strip()]
    assert sorted(words[0] for words in listed) == sorted(NAMES) and wide_lines(done.out) == []
    assert not any(words[-1].endswith("...") for words in listed), "a line that is cut says nothing"


@pytest.mark.parametrize("name", [name for name in NAMES if name != "labs"])
def test_every_command_has_help_with_an_example(name):
    done = terminal(name, "--help")
    assert done.status == 0 and wide_lines(done.out) == []
    assert f"Example: mlsysim-labs {name}" in done.out and "<list" not in done.out and "Models." not in done.out


def test_help_of_the_labs_is_its_own(capsys):
    done = terminal("labs", "--help")
    assert done.status == 0 and "--copy-only" in done.out


def loaded(*words: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", LOADED.format(words=list(words))], capture_output=True, text=True,
                          check=True)
    return {name.partition(".")[0] for name in done.stdout.splitlines()[-1].split()}


def test_a_question_loads_no_widget_and_help_no_numpy():
    widgets = {"ipywidgets", "anywidget", "bqplot", "traitlets", "IPython", "matplotlib", "pandas"}
    asked = loaded("serve", "Llama3_8B", "H100")
    assert "pint" in asked and not asked & widgets
    assert not loaded("--help") & {*widgets, "numpy", "pint"}


def test_a_reader_that_has_seen_enough_is_no_error():
    command = f"{sys.executable} -m mlsysim_labs.commands.app zoo models | head -n 1"
    done = subprocess.run(command, shell=True, capture_output=True, text=True, cwd=ROOT,
                          env=os.environ | {"PYTHONPATH": str(ROOT)})
    assert done.stdout.startswith("name") and done.stderr == ""
