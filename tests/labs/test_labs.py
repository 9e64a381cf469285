"""What holds of every lab: its size, its parts, its formulas, and that nothing gives an answer away."""

from __future__ import annotations

import json

import ipywidgets
import numpy as np
import pictures
import played
import pytest
from small_lab import Recorder

from mlsysim_labs.questions.items import PredictionItem

LABS = [file for file in sorted(pictures.LABS.glob("*.ipynb")) if not file.stem.startswith("00_")]
every_lab = pytest.mark.parametrize("notebook", LABS, ids=lambda file: file.stem)


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of its own: records of one test are none of another's."""
    monkeypatch.chdir(tmp_path)


@every_lab
def test_formulas_and_program_agree(notebook):
    lab = pictures.lab_of(notebook)
    lab.check(20)
    assert lab.kernel_only == {}, "every picture follows the hand"


@every_lab
def test_the_rhythm(notebook):
    """Predict, explore, decide, reflect; three knobs in sight; a name of the lab's own."""
    lab = pictures.lab_of(notebook)
    assert lab.progress.slug == notebook.stem
    assert 1 <= len(lab._predictions) <= 2 and len(lab._tasks) >= 6 and "reflection" in lab._tasks
    assert len(set(lab.controls) - lab._advanced) <= 3 and lab._start
    assert all(task.hints for task in lab._tasks.values() if hasattr(task, "hints"))


@every_lab
def test_modes(notebook):
    """A demo shows all, an exam hides what is right, and before the lock a student sees start pictures alone."""
    demo, exam, learn = (pictures.lab_of(notebook, mode) for mode in ("demo", "exam", "learn"))
    assert demo._is_open and all(task.shown.state == "right" for task in demo._tasks.values() if hasattr(task, "truth"))
    assert not exam._is_open and not learn._is_open
    assert [p["name"] for p in learn._frames.runner.pictures] == learn._start


def heard(monkeypatch, notebook, change, rng):
    """What a lab sends until its predictions are locked, and with that."""
    with monkeypatch.context() as patch:
        truth = PredictionItem.truth.fget
        patch.setattr(PredictionItem, "truth", property(lambda one: change(one, truth(one))))
        recorder = Recorder(patch)
        lab = pictures.lab_of(notebook, "learn")
        for name in lab._wiring.needed(lab._start):
            widget = lab.controls[name]
            trait = lab._wiring.controls[name].trait
            setattr(widget, trait, lab._wiring.controls[name].sample(rng))
        before = len(recorder.said)
        for one in lab._predictions.values():
            value = one.look["options"][0] if "options" in one.look else one.shown.low
            one.shown._hear(one.shown, {"kind": "lock", "id": one.name, "value": value, "time": ""}, [])
        for file in lab.progress.record_file.folder.glob(f"*{lab.progress.slug}*"):
            file.unlink()
        return recorder.said[:before], recorder.said[before:]


def another(one, truth):
    """Another answer to the same question."""
    if isinstance(truth, str):
        return next(option for option in one.look["options"] if option != truth)
    return truth * 3


@pytest.mark.skipif(ipywidgets.__version__.startswith("7"), reason="ipywidgets 7 opens its comms otherwise")
@every_lab
def test_until_the_lock_nothing_depends_on_the_truth(monkeypatch, notebook):
    (first, shown), (second, other) = (heard(monkeypatch, notebook, change, np.random.default_rng(1))
                                       for change in (lambda one, truth: truth, another))
    assert len(first) > 20 and first == second
    assert shown != other, "the test bites"


@every_lab
def test_a_notebook_is_small_and_whole(notebook):
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    code = ["".join(c["source"]) for c in cells if c["cell_type"] == "code"]
    assert sum(bool(line.strip()) for text in code[1:] for line in text.splitlines()) < 100, "without the first cell"
    assert code[-1] == "lab.submit()"


@pytest.mark.browser
@every_lab
def test_axe_finds_nothing_before_and_after_the_lock(jupyter, page, notebook):
    from axe_playwright_python.sync_playwright import Axe

    lab = pictures.lab_of(notebook)
    played.forget(jupyter, notebook.name, notebook.stem)
    player = played.walk_in(jupyter, page, notebook.name, lab)
    before = Axe().run(page, context=".lab-box")
    for name, one in lab._predictions.items():
        player.lock(name, one.look["options"][0] if "options" in one.look else str(int(one.shown.high)))
    page.get_by_role("button", name="Table").first.click()
    if page.get_by_role("button", name="More knobs").count():
        page.get_by_role("button", name="More knobs").click()
    page.wait_for_timeout(500)
    after = Axe().run(page, context=".lab-box")
    played.forget(jupyter, notebook.name, notebook.stem)
    assert before.violations_count == 0, before.generate_report()
    assert after.violations_count == 0, after.generate_report()
    assert player.said == []
