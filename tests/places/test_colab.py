"""Colab's old widgets: the first cell changes nothing that is installed there, and a lab runs in notebook 6.5."""

from __future__ import annotations

import json
import pathlib
import re
import shutil
import tomllib
from types import SimpleNamespace

import notebooks
import played
import pytest
from classic_notebook import ClassicNotebook, errors_in_cells, find_python, kept_environment, run, run_all
from on_paper import pins, plain, resolved
from paths import ENVIRONMENTS, ROOT
from waiting import until_still

from mlsysim_labs import lab_of
from solver.text import number_text

LAB = "03_kv_cache.ipynb"
RUN_CELL = ("import sys; from IPython.core.interactiveshell import InteractiveShell as Shell; "
            "Shell.instance().run_cell(sys.stdin.read()).raise_error()")
PINS = ENVIRONMENTS / "colab.txt"
VERSION = "3.13"  # Colab's
PINT_NEEDS = {"flexcache", "flexparser"}  # and what is there


@pytest.fixture(scope="module")
def colab() -> pathlib.Path:
    """An environment like Colab's, without the labs; built once."""
    python = find_python(VERSION, "3.12", "3.11")  # IPython 7 runs on these three
    if not python:
        pytest.skip("an environment like Colab's needs Python 3.11, 3.12 or 3.13, and none is on this machine")
    folder = ROOT / ".venv-colab"
    kept_environment(folder, python, "-r", str(PINS), made_of=(PINS, ROOT / "pyproject.toml"))
    return folder


def first_cell(python: str, *folders: pathlib.Path) -> str:
    """What the first cell prints in IPython; the checkout stands in for the repository's address."""
    address = f"git+{notebooks.repository()}@{notebooks.BRANCH}"
    cell = "".join(notebooks.first_cell())
    assert address in cell
    return run(python, "-P", "-c", RUN_CELL, text=cell.replace(address, ROOT.as_uri()),
               PYTHONPATH=":".join(map(str, folders)), PIP_DISABLE_PIP_VERSION_CHECK="1",
               PIP_NO_CACHE_DIR="1")  # a wheel of that version that was built before is not this checkout


def freeze(python: str) -> dict[str, str]:
    """Every installed distribution and its version or origin."""
    lines = run(python, "-m", "pip", "freeze").splitlines()
    return {plain(name): rest for name, rest in (re.split(r"==| @ ", line, maxsplit=1) for line in lines)}


@pytest.fixture(scope="module")
def installed(colab, tmp_path_factory):
    """A copy of that environment in which the first cell has run, beside a stand-in for google.colab."""
    folder = tmp_path_factory.mktemp("colab")
    google = folder / "fake" / "google" / "colab"
    google.mkdir(parents=True)
    (google / "output.py").write_text("def enable_custom_widget_manager():\n    print('custom widgets are on')\n")
    shutil.copytree(colab, folder / "env", symlinks=True)
    python = str(folder / "env" / "bin" / "python")
    before, said = freeze(python), first_cell(python, folder / "fake")
    yield SimpleNamespace(python=python, google=folder / "fake", before=before, after=freeze(python), said=said)
    shutil.rmtree(folder / "env")


@pytest.mark.slow
def test_on_paper_the_labs_upgrade_nothing_of_colabs():
    """With the pins for an environment, what the labs need adds pint and what that brings, and moves no pin."""
    there = PINS.read_text(encoding="utf-8")
    needs = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["dependencies"]
    found = resolved(VERSION, "\n".join([there, *needs]))
    assert set(found) - set(pins(there)) == {"pint"} | PINT_NEEDS
    assert (found | pins(there)).items() >= found.items()


@pytest.mark.release
def test_the_environment_is_colabs(colab):
    """What the pins promise is there, and the labs are not."""
    found = freeze(str(colab / "bin" / "python"))
    assert "mlsysim-labs" not in found and "pint" not in found
    assert (found["ipywidgets"], found["traitlets"], found["notebook"]) == ("7.7.1", "5.7.1", "6.5.7")


@pytest.mark.release
def test_the_first_cell_upgrades_nothing(installed):
    """It adds the labs, pint and what pint needs."""
    assert {name: installed.after.get(name) for name in installed.before} == installed.before
    new = set(installed.after) - set(installed.before)
    assert new == {"mlsysim-labs", "pint"} | PINT_NEEDS
    assert "No broken requirements" in run(installed.python, "-m", "pip", "check")


@pytest.mark.release
def test_the_first_cell_turns_widgets_on_and_then_does_nothing_more(installed):
    """On Colab it enables custom widgets each time; elsewhere, where the labs are installed, it is silent."""
    assert installed.said.splitlines()[-1] == "custom widgets are on"
    assert first_cell(installed.python, installed.google) == "custom widgets are on\n"
    assert first_cell(installed.python) == ""


@pytest.mark.browser
@pytest.mark.release
def test_a_lab_runs_with_the_old_widgets(installed, page, tmp_path):
    """Opened in notebook 6.5 and run from top to bottom, with nothing hidden: no error, and pictures that move."""
    said = played.listen(page)
    with played.mode("demo"), ClassicNotebook(installed.python, ROOT / "labs", tmp_path) as server:
        server.open(page, LAB)
        run_all(page)
        page.get_by_role("button", name="Just let me play").click()
        page.locator(".lab-control-context .ui-slider-handle").wait_for()
        until_still(page)  # a widget draws itself, or says that it cannot, after its cell has run
        assert errors_in_cells(page) == []
        handle = page.locator(".lab-control-context .ui-slider-handle")
        assert handle.get_attribute("aria-label").startswith("context")
        tank = page.locator(".lab-picture-memory figure")
        before = tank.inner_text()
        handle.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_function("([e, text]) => e.innerText !== text", arg=[tank.element_handle(), before])
        assert said == []


@pytest.mark.browser
@pytest.mark.release
@pytest.mark.parametrize("notebook", ["01_memory_wall.ipynb", "02_two_phases.ipynb", "03_kv_cache.ipynb"])
def test_predictions_are_locked_and_a_task_answered_with_the_old_widgets(installed, page, tmp_path, notebook):
    """In notebook 6.5, with the keyboard alone: what the page says is saved is in the record beside the notebook."""
    lab = lab_of(notebook[:-6])
    with ClassicNotebook(installed.python, ROOT / "labs", tmp_path) as server:
        server.open(page, notebook)
        run_all(page)
        player = played.Player(page, lab, played.listen(page))
        page.locator(".lab-picture.lab-shown").wait_for()
        until_still(page)
        assert errors_in_cells(page) == [] and page.locator(".lab-rail button:enabled").count() == 1
        page.locator(".lab-rail button").first.focus()  # a click into the lab: from a cell no key leads there
        for name, one in lab.questions.predictions.items():
            guess = one.truth if isinstance(one.truth, str) else number_text(one.truth)
            assert re.match("Yes: |You said .*, and it is ", player.lock(name, guess))
        assert page.locator(".lab-rail button:disabled").count() == 0
        task, key = next(iter(played.keys(lab).items()))
        assert player.answer(task, key)[0] == "Right"
        record = json.loads((tmp_path / "labs" / f"{lab.progress.slug}.record.json").read_text(encoding="utf-8"))
        done = [one["name"] for one in record["entries"] if one["kind"] != "opened"]
        assert done == [*lab.questions.predictions, task]
        assert player.said == []
