"""Colab's old widgets: the first cell changes nothing that is installed there, and a lab runs in notebook 6.5."""

from __future__ import annotations

import json
import pathlib
import re
import shutil
from types import SimpleNamespace

import notebooks
import played
import pytest
from classic_notebook import ClassicNotebook, errors_in_cells, find_python, kept_environment, run, run_all
from paths import ENVIRONMENTS, ROOT

from mlsysim_labs import lab_of
from solver.text import number_text

pytestmark = pytest.mark.slow

LAB = "03_kv_cache.ipynb"
RUN_CELL = ("import sys; from IPython.core.interactiveshell import InteractiveShell as Shell; "
            "Shell.instance().run_cell(sys.stdin.read()).raise_error()")
NEEDS = "import json; from importlib.metadata import requires; print(json.dumps(requires('pint')))"
SETTLE = 1000  # ms; a widget draws itself, or says that it cannot, after its cell has run


@pytest.fixture(scope="module")
def colab() -> pathlib.Path:
    """An environment like Colab's, without the labs; built once."""
    python = find_python("3.13", "3.12", "3.11")  # Colab's first; IPython 7 runs on these three
    if not python:
        pytest.skip("an environment like Colab's needs Python 3.11, 3.12 or 3.13, and none is on this machine")
    folder, pins = ROOT / ".venv-colab", ENVIRONMENTS / "colab.txt"
    kept_environment(folder, python, "-r", str(pins), made_of=(pins, ROOT / "pyproject.toml"))
    return folder


def first_cell(python: str, *folders: pathlib.Path) -> str:
    """What the first cell prints in IPython; the checkout stands in for the repository's address."""
    address = f"git+{notebooks.repository()}@{notebooks.BRANCH}"
    cell = "".join(notebooks.first_cell())
    assert address in cell
    return run(python, "-c", RUN_CELL, text=cell.replace(address, ROOT.as_uri()),
               PYTHONPATH=":".join(map(str, folders)), PIP_DISABLE_PIP_VERSION_CHECK="1")


def freeze(python: str) -> dict[str, str]:
    """Every installed distribution and its version or origin."""
    lines = run(python, "-m", "pip", "freeze").splitlines()
    return {plain(name): rest for name, rest in (re.split(r"==| @ ", line, maxsplit=1) for line in lines)}


def plain(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


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


def test_the_environment_is_colabs(colab):
    """What the pins promise is there, and the labs are not."""
    found = freeze(str(colab / "bin" / "python"))
    assert "mlsysim-labs" not in found and "pint" not in found
    assert (found["ipywidgets"], found["traitlets"], found["notebook"]) == ("7.7.1", "5.7.1", "6.5.7")


def test_the_first_cell_upgrades_nothing(installed):
    """It adds the labs, pint and what pint needs."""
    needs = {plain(re.match(r"[\w.-]+", need)[0]) for need in json.loads(run(installed.python, "-c", NEEDS))}
    assert {name: installed.after.get(name) for name in installed.before} == installed.before
    new = set(installed.after) - set(installed.before)
    assert {"mlsysim-labs", "pint"} <= new <= {"mlsysim-labs", "pint"} | needs
    assert "No broken requirements" in run(installed.python, "-m", "pip", "check")


def test_the_first_cell_turns_widgets_on_and_then_does_nothing_more(installed):
    """On Colab it enables custom widgets each time; elsewhere, where the labs are installed, it is silent."""
    assert installed.said.splitlines()[-1] == "custom widgets are on"
    assert first_cell(installed.python, installed.google) == "custom widgets are on\n"
    assert first_cell(installed.python) == ""


@pytest.mark.browser
@pytest.mark.soak
def test_a_lab_runs_with_the_old_widgets(installed, page, tmp_path):
    """Opened in notebook 6.5 and run from top to bottom, with nothing hidden: no error, and pictures that move."""
    said = played.listen(page)
    with played.mode("demo"), ClassicNotebook(installed.python, ROOT / "labs", tmp_path) as server:
        server.open(page, LAB)
        run_all(page)
        shown = page.locator("#notebook .output").locator("table, svg, canvas, .jupyter-widgets")
        shown.first.wait_for(state="visible")
        page.wait_for_timeout(SETTLE)
        assert errors_in_cells(page) == []
        handle = page.locator(".lab-control-context .ui-slider-handle")
        assert handle.get_attribute("aria-label") == "context [token]"
        tank = page.locator(".lab-picture-memory figure")
        before = tank.inner_text()
        handle.focus()
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(SETTLE)
        assert tank.inner_text() != before, "the picture follows the hand"
        assert said == []


@pytest.mark.browser
@pytest.mark.parametrize("notebook", ["01_memory_wall.ipynb", "02_two_phases.ipynb", "03_kv_cache.ipynb"])
def test_predictions_are_locked_and_a_task_answered_with_the_old_widgets(installed, page, tmp_path, notebook):
    """In notebook 6.5, with the keyboard alone: what the page says is saved is in the record beside the notebook."""
    lab = lab_of(notebook[:-6])
    with ClassicNotebook(installed.python, ROOT / "labs", tmp_path) as server:
        server.open(page, notebook)
        run_all(page)
        player = played.Player(page, lab, played.listen(page))
        page.locator(".lab-picture").wait_for()
        page.wait_for_timeout(SETTLE)
        assert errors_in_cells(page) == [] and page.locator(".lab-picture").count() == 1
        page.locator(".lab-box input").first.focus()  # a click into the lab: from a cell no key leads there
        for name, one in lab.questions.predictions.items():
            guess = one.truth if isinstance(one.truth, str) else number_text(one.truth)
            assert player.lock(name, guess).startswith("Right")
        page.locator(".lab-picture").nth(1).wait_for()
        task, key = next(iter(played.keys(lab).items()))
        assert player.answer(task, key)[0] == "Right"
        record = json.loads((tmp_path / "labs" / f"{lab.progress.slug}.record.json").read_text(encoding="utf-8"))
        assert [one["name"] for one in record["entries"]] == [*lab.questions.predictions, task]
        assert player.said == []
