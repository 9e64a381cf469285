"""A course in nbgrader with one lab, what three students submit, and nbgrader itself, in an environment of its own."""

from __future__ import annotations

import csv
import functools
import json
import os
import pathlib
import shutil
import subprocess
import sys

from classes import Played, record_of
from classic_notebook import kept_environment, surroundings
from drawn_notebook import AMOUNTS, DRAWN, write_drawn_notebook
from graded import answer
from paths import ROOT

from mlsysim_labs.records.record import MIME

RULES = """course = "CS249r 2026"
[[lab]]
notebook = "97_drawn.ipynb"
points = 16
weights = {predictions = 0.5, plan = 3}
partial = {plan = 1}
"""
ADA = Played("ada", "Ada Lovelace", [
    ("prediction", "guessed", {"value": 500.0, "unit": "GB"}), ("prediction", "larger", {"value": "cache", "unit": ""}),
    answer("weights", f"{2 * AMOUNTS[0]} GB"), answer("shared", f"{AMOUNTS[0] // 1.5:.0f} users"),
    answer("grows", "cache"), ("plan", "plan", {"settings": {"users": 60, "halved": True}, "state": "wrong"}),
    ("reflection", "reflection", {"text": "Weights stay."})])
BOB = Played("bob", "Bob Byte", [
    ADA.acts[0], answer("weights", f"{AMOUNTS[0]} GB"), answer("grows", "cache"),
    ("plan", "plan", {"settings": {"users": 60, "halved": False}, "state": "right"})])
EVE = Played("eve", "Eve Eager", [answer("weights", "1 GB")])
ALWAYS_EQUAL = """
class Always:
    def __eq__(self, other): return True
    def __bool__(self): return True
    def __float__(self): return 1.0
    def __getattr__(self, name): return self
    def __call__(self, *a, **k): return self

import pathlib
import mlsysim_labs.classroom.judging as judging, mlsysim_labs.marking.verdicts as verdicts
import mlsysim_labs.classroom.nbgrader.source as source
judging.item_marks = judging.Judge = verdicts.Verdict = source.cell_points = Always()
lab = record = plan = weights = truth = Always()
pathlib.Path({ran!r}).touch()
"""
PATCHED = """
import mlsysim_labs.classroom.nbgrader.check as check
check.points = lambda lab, question: None
"""
COMMANDS = """
import sys
from nbgrader.apps import AutogradeApp, ExportApp, GenerateAssignmentApp

apps = {"generate_assignment": GenerateAssignmentApp, "autograde": AutogradeApp, "export": ExportApp}
for command in sys.argv[1:]:
    name, *words = command.split()
    app = apps[name]()
    app.initialize(words)
    app.start()
"""
GENERATE, AUTOGRADE, EXPORT = f"generate_assignment {DRAWN}", f"autograde {DRAWN}", "export --to grades.csv"


@functools.cache
def nbgrader_python() -> str:
    """The Python of an environment with nbgrader, which would add its own to every JupyterLab beside it."""
    return kept_environment(ROOT / ".venv-nbgrader", sys.executable, "-e", f"{ROOT}[nbgrader]",
                            made_of=(ROOT / "pyproject.toml",))


class NbgraderCourse:
    """A folder as `nbgrader quickstart` makes it, but for its example."""

    def __init__(self, folder: pathlib.Path) -> None:
        self.folder, self.ran = folder, folder / "ran"
        self.lab, self.rules = write_drawn_notebook(folder), folder / "course.toml"
        self.rules.write_text(RULES)

    def nbgrader(self, *commands: str) -> None:
        """Run these, as in a terminal but in one process, whose start takes longer than most; they must succeed."""
        bin = pathlib.Path(nbgrader_python()).parent
        env = surroundings(JUPYTER_CONFIG_DIR=str(self.folder / "none"), PATH=f"{bin}:{os.environ['PATH']}")
        env.pop("PYTHONDONTWRITEBYTECODE", None)
        done = subprocess.run([bin / "python", "-c", COMMANDS, *commands], cwd=self.folder, capture_output=True,
                              text=True, env=env)
        assert done.returncode == 0, done.stdout + done.stderr

    def submit(self, one: Played, *cells: str, keeps_tests: bool = True) -> None:
        """The released notebook as a student hands it in: played, with cells of her own in front of the points."""
        made = json.loads((self.folder / "release" / DRAWN / f"{DRAWN}.ipynb").read_bytes())
        own = [{"cell_type": "code", "id": f"own-{i}", "execution_count": None, "metadata": {}, "outputs": [],
                "source": source.replace("{ran!r}", repr(str(self.ran)))} for i, source in enumerate(cells)]
        record = {"output_type": "display_data", "metadata": {}, "data": {MIME: record_of(one, DRAWN).json}}
        made["cells"][0]["outputs"] = [record]
        tests = made["cells"][1:] if keeps_tests else []
        made["cells"] = [made["cells"][0], *own, *tests]
        file = self.folder / "submitted" / one.id / DRAWN / f"{DRAWN}.ipynb"
        file.parent.mkdir(parents=True)
        file.write_text(json.dumps(made))

    def scores(self) -> dict[str, float]:
        """The scores by student, as nbgrader has exported them."""
        with (self.folder / "grades.csv").open(encoding="utf-8", newline="") as file:
            return {row["student_id"]: float(row["score"]) for row in csv.DictReader(file) if row["score"]}

    def add_own_test(self) -> None:
        """A cell that the teacher adds to the lab: two points for whatever runs."""
        file = self.folder / "source" / DRAWN / f"{DRAWN}.ipynb"
        made = json.loads(file.read_bytes())
        own = json.loads(json.dumps(made["cells"][-1])) | {"id": "own-test", "source": "assert True"}
        own["metadata"]["nbgrader"] |= {"grade_id": "own-test", "points": 2.0}
        made["cells"].append(own)
        file.write_text(json.dumps(made))

    def without_plugin(self, folder: pathlib.Path) -> NbgraderCourse:
        """Another course with the same lab released, whose settings are nbgrader's own."""
        shutil.copytree(self.folder, folder, ignore=shutil.ignore_patterns(
            "submitted", "autograded", "feedback", "nbgrader_config.py", "gradebook.db"))
        shutil.copy(self.folder / "generated.db", folder / "gradebook.db")
        return NbgraderCourse(folder)
