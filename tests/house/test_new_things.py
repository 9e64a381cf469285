"""A new picture and a new lab, put into a copy of the repository, are found and proven by tests that nobody edited."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from paths import ROOT

pytestmark = pytest.mark.slow

DIAL = '''"""A share as a dial."""

from __future__ import annotations

from typing import Any

import traitlets

from mlsysim_labs.pictures.parts.picture import Target
from mlsysim_labs.widgets.assets import script, style
from mlsysim_labs.widgets.strict import Strict


class Dial(Strict):
    """A share of something: `share`, from 0 to 1."""

    _esm = script("pictures/dial.js")
    _css = style("pictures/dial.css")
    share = traitlets.Float().tag(sync=True)

    @property
    def widget(self) -> Any:
        return self

    @classmethod
    def example(cls) -> tuple[Any, Any]:
        return cls(), {"share": 0.3}

    def targets(self, data: Any) -> list[Target]:
        if not isinstance(data, dict) or set(data) != {"share"}:
            raise TypeError("the function of a Dial returns a dict of share.")
        return [Target(self, "share", data["share"])]

    def table(self, data: Any) -> dict[str, Any]:
        return {"share [%]": 100 * data["share"]}
'''
SCRIPT = """export default { render: ({ model, el }) => {
  const draw = () => { el.textContent = `${100 * model.get("share")} %`; };
  model.on("change:share", draw);
  draw();
  return () => model.off("change:share", draw);
} };
"""
LAB = ['''from mlsysim_labs import Dial, Lab

lab = Lab("A new lab", slug="98_new")
lab.slider("used", 1, 100, start=30, unit="GB")


@lab.picture(Dial(), view="Share", start=True)
def dial(used):
    return {"share": used / 100}
''', '''@lab.predict("How much of 100 GB is left?", unit="GB", high=100)
def left(used):
    return 100 - used


@lab.task("Half of what is used?", unit="GB")
def half(used):
    return used / 2


lab.hint(half, "Divide.")


@lab.mistake(half, "That is all of it.")
def all_of_it(used):
    return used


lab.explore("Use 60 GB.", "The dial goes up.", show={"used": 60})


@lab.design("Use more than half of it.")
def plan(used):
    return {"more than half": used > 50}


lab.reflect("What is it good for?")
lab
''']


def notebook(*sources: str) -> str:
    """A notebook whose lab is made by these cells."""
    def cell(source, **metadata):
        return {"cell_type": "code", "id": f"c{abs(hash(source)) % 10**8}", "metadata": metadata, "outputs": [],
                "source": source.splitlines(keepends=True), "execution_count": None}
    folded = {"tags": ["lab"], "jupyter": {"source_hidden": True}}
    cells = [*(cell(source, **folded) for source in sources), cell("lab.submit()", tags=["submit"])]
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5})


@pytest.fixture(scope="module")
def copy(tmp_path_factory):
    """The files that git knows, as they are now, and the new things among them."""
    tracked = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True)
    if tracked.returncode:
        pytest.skip("not a git checkout")
    folder = tmp_path_factory.mktemp("copy")
    for name in tracked.stdout.split():
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    return folder


def fill(folder, changes=()) -> None:
    """Put the new things there, with faults if there are `changes`."""
    files = {"mlsysim_labs/pictures/dial.py": DIAL, "mlsysim_labs/pictures/dial.js": SCRIPT,
             "mlsysim_labs/pictures/dial.css": ".lab-dial { font-size: 20px; }\n",
             "tests/pictures/test_dial.py": '"""A dial."""\n', "tests/labs/test_98_new.py": '"""A lab."""\n',
             "docs/teach/98_new.md": "# A new lab\n\n<!-- key -->\n<!-- /key -->\n"}
    cells = list(LAB)
    for before, after in changes:
        assert any(before in text for text in (*files.values(), *cells)), before
        files = {name: text.replace(before, after) for name, text in files.items()}
        cells = [text.replace(before, after) for text in cells]
    for name, text in (files | {"labs/98_new.ipynb": notebook(*cells)}).items():
        (folder / name).write_text(text, encoding="utf-8")


def surroundings(folder) -> dict:
    """How a command is run on the copy."""
    return {"cwd": folder, "env": os.environ | {"PYTHONPATH": str(folder)}, "capture_output": True, "text": True}


def proven(folder) -> tuple[int, str]:
    """How the tests of all pictures and labs end, of those that the new things are in."""
    where = surroundings(folder)
    done = subprocess.run([sys.executable, "-m", "pytest", "-q", "-rA", "-p", "no:cacheprovider", "-m", "not browser",
                           "-k", "Dial or 98_new", "tests/pictures/test_all_pictures.py", "tests/labs/test_labs.py",
                           "tests/places/test_notebooks.py"], **where)
    return done.returncode, done.stdout + done.stderr


def test_a_picture_and_a_lab_are_found_and_proven(copy):
    fill(copy)
    subprocess.run([sys.executable, "tools/teach.py"], **surroundings(copy), check=False)
    code, said = proven(copy)
    assert code == 0, said
    for proof in ("test_what_holds_of_every_picture[Dial]", "test_its_files_are_small_and_lie_beside_it[Dial]",
                  "test_it_has_tests_of_its_own[Dial]", "test_what_holds_of_every_lab[98_new]",
                  "test_a_teachers_page_has_the_keys_of_its_lab[98_new]"):
        assert f"PASSED {proof}" in said.replace("tests/pictures/test_all_pictures.py::", "").replace(
            "tests/labs/test_labs.py::", ""), proof


@pytest.mark.parametrize("change, says", [
    (('Target(self, "share"', 'Target(self, "shore"'), "Dial: Dial has no 'shore'"),
    (("    return used\n", "    return used / 2\n"), "of the mistake 'all_of_it', is right"),
    (('return {"share": used / 100}', 'return {"share": used / 100 if used > 3 else 0}'), "cannot be followed")])
def test_a_fault_in_them_is_named(copy, change, says):
    fill(copy, [change])
    code, said = proven(copy)
    assert code == 1 and says in said, said
