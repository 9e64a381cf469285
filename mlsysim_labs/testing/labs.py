"""What holds of every lab, proven by one battery.

>>> check_lab("03_kv_cache", points=3)
"""

from __future__ import annotations

import json
import os
import pathlib
import re
from typing import Any

import numpy as np

from mlsysim_labs.lab import Lab
from mlsysim_labs.marking.answers import AnswerError
from mlsysim_labs.marking.variants import Variant
from mlsysim_labs.places.notebooks import new_lab, notebook_of, tagged_cells
from mlsysim_labs.questions.explore_items import DesignItem
from mlsysim_labs.questions.task_items import TaskItem
from mlsysim_labs.testing.draws import check_draws, variants_of, whose
from mlsysim_labs.testing.silence import check_silence
from solver.text import number_text

LONGEST_CELL = 25  # lines
MOST_KNOBS, MOST_VIEWS = 5, 2  # in sight; other knobs lie in the drawer, and the last view is the table
DOORS = {"solver", "solver.formulas", "mlsysim_labs"}  # what a notebook imports of these packages
IMPORTED = re.compile(r"^(?:from|import) ((?:solver|mlsysim_labs)[\w.]*)", re.MULTILINE)


def check_lab(lab: str | os.PathLike[str], points: int = 20, kernel_only: tuple[str, ...] = ()) -> None:
    """Prove what holds of every lab of the notebook at that path, or of that slug.

    `points` : random settings at which formulas and program are compared
    `kernel_only` : names of functions that are meant to follow the kernel, such as a simulation's
    """
    notebook = notebook_of(lab)
    check_cells(notebook)
    opened = open_lab(notebook)
    check_program(opened, points, kernel_only)
    check_rhythm(opened, notebook.stem)
    check_draws(opened)
    check_secrets(opened, notebook)
    check_stage(opened)
    check_reveals(opened)
    check_modes(shown_lab(notebook, "demo"), shown_lab(notebook, "exam"), shown_lab(notebook, "learn"))
    check_silence(notebook)


def shown_lab(notebook: str | os.PathLike[str], mode: str) -> Lab:
    """A lab of one's own in a mode, with all on its page that may be seen."""
    lab = new_lab(notebook, mode)
    lab.box  # noqa: B018 - showing it is what publishes
    return lab


def open_lab(notebook: str | os.PathLike[str]) -> Lab:
    """The same with everything open, and every key shown."""
    lab = shown_lab(notebook, "demo")
    lab.unlock()
    return lab


def check_cells(notebook: pathlib.Path) -> None:
    """A notebook is what a student opens: no outputs, short cells, folded, the public doors, and submitting last."""
    cells = [cell for cell in json.loads(notebook.read_bytes())["cells"] if cell["cell_type"] == "code"]
    sources = ["".join(cell["source"]) for cell in cells]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells), "there are stored outputs"
    assert sources[-1].strip() == "lab.submit()", "the last cell is lab.submit()"
    lab = tagged_cells(notebook)
    for place, source in lab:
        lines = sum(bool(line.strip()) for line in source.splitlines())
        assert lines <= LONGEST_CELL, f"cell {place} has {lines} lines, and {LONGEST_CELL} are the most"
        last = source.strip().splitlines()[-1]
        assert not re.match(r"lab\.(slider|choice|toggle)\(.*\)$", last), (
            f"cell {place} shows the knob that its last line makes: end that line with a semicolon")
        folded = json.loads(notebook.read_bytes())["cells"][place - 1]["metadata"].get("jupyter", {})
        assert folded.get("source_hidden"), f"cell {place} shows its code: fold it"
    used = {door for source in sources for door in IMPORTED.findall(source)}
    assert used <= DOORS, f"imports {', '.join(sorted(used - DOORS))}: take the name from {', '.join(sorted(DOORS))}"


def check_program(lab: Lab, points: int = 20, kernel_only: tuple[str, ...] = ()) -> None:
    """The browser draws what the formulas say, by itself, within a frame."""
    late = {name: said for name, said in lab.kernel_only.items() if name not in kernel_only}
    assert not late, next(iter(late.values()))
    assert not lab.too_long, next(iter(lab.too_long.values()))
    lab.check(points)


def check_rhythm(lab: Lab, slug: str) -> None:
    """Predict, explore, decide, reflect; few knobs in sight; a picture that moves from the first moment."""
    asked = lab.questions
    assert lab.progress.slug == slug, f"the slug is {lab.progress.slug!r}, and the notebook is called {slug!r}"
    assert asked.predictions, "nothing is predicted"
    assert asked.tasks, "there is no task"
    assert "reflection" in asked, "there is no reflection at the end"
    assert asked.explored, "there is nothing to explore: give lab.explore a line to do and one to notice"
    assert any(isinstance(task, DesignItem) for task in asked.tasks.values()), "there is no plan to make: lab.design"
    start = lab.page.start_functions
    assert start, "no picture moves before the lock: pose a prediction, or give a picture start=True"
    assert lab.wiring.needed(start), "no knob moves before the lock"
    assert {one.view for one in lab.pictures.values()} - {""}, "no picture has a view: give one a name"
    views = sum(bool(one.view) for one in lab.pictures.values())
    assert views <= MOST_VIEWS, f"{views} views, and the table: {MOST_VIEWS} are the most"
    sight = [name for name in lab.controls if name not in lab.page.advanced]
    assert len(sight) <= MOST_KNOBS, f"{len(sight)} knobs are in sight: mark some as advanced"
    for name, task in tasks_of(lab).items():
        assert task.hints, f"the task {name} has no hint"


def tasks_of(lab: Lab) -> dict[str, TaskItem]:
    """The tasks that have a key, by name."""
    return {name: task for name, task in lab.questions.tasks.items() if isinstance(task, TaskItem)}


def check_secrets(lab: Lab, notebook: pathlib.Path) -> None:
    """No key stands in the notebook: it is computed."""
    cells = json.loads(notebook.read_bytes())["cells"]
    text = "\n".join("".join(cell["source"]) for cell in cells)
    for name, task in tasks_of(lab).items():
        for key in {task.key(variant) for variant in (None, *variants_of(lab))}:
            if not task.options and is_telling(key):
                number = re.escape(key)
                assert not re.search(rf"(?<![\d.,]){number}(?!\w)", text), f"the key of {name}, {key}, stands there"


def check_stage(lab: Lab) -> None:
    """No key can be read off the start state, where a truth is shown, or where something to try leads.

    Those of everybody are not told by what was measured either: many drawn ones would meet one of its numbers.
    """
    shown = {number_text(x) for raw in stage_settings(lab) for x in numbers_shown(lab, raw)}
    told = told_of(lab)
    for task in tasks_of(lab).values():
        for text, variant in numbers_asked(lab, task).items():
            key = f"the key of {whose(task, variant)}, {text},"
            assert text not in shown, f"{key} stands on the stage before anybody has moved a knob"
            assert variant or text not in told, f"{key} stands in what was measured"


def numbers_asked(lab: Lab, task: TaskItem) -> dict[str, Variant | None]:
    """The keys of a task that would be known again, as numbers, each with somebody whose it is."""
    truths = {task.truth_for(variant): variant for variant in (*variants_of(lab), None)}
    numbers = {number_text(truth): variant for truth, variant in truths.items() if not isinstance(truth, str)}
    return {text: variant for text, variant in numbers.items() if is_telling(text)}


def is_telling(number: str) -> bool:
    """Whether a number has more than two digits; shorter ones stand anywhere."""
    return len(re.sub(r"\D", "", number).strip("0")) > 2


def told_of(lab: Lab) -> set[str]:
    """The numbers in what is told of measurements."""
    texts = [row[name] for line in lab.page.measured.values() for row in line.texts
             for name in ("short", "says", "where", "elsewhere", "band", "note")]
    return set(re.findall(r"[\d.,]*\d", " ".join(texts)))


def check_reveals(lab: Lab) -> None:
    """A reveal says where each knob goes, so what it shows is the same wherever they were left."""
    for name, item in lab.questions.predictions.items():
        assert item.raw_show().keys() == lab.controls.keys(), f"{name}: the reveal leaves knobs where they were"


def stage_settings(lab: Lab) -> list[dict[str, Any]]:
    """Raw settings that a lab itself leads to."""
    shows = [dict(zip(item.shows, item.shown.places, strict=True)) for item in lab.questions.explored.values()]
    goals = [{name: place[-1] for name, place in show.items()} for show in shows]
    return [lab.wiring.start, *(lab.wiring.start | goal for goal in goals),
            *(item.raw_show() for item in lab.questions.predictions.values())]


def numbers_shown(lab: Lab, raw: dict[str, Any]) -> list[float]:
    """What the pictures and their tables show at a setting, as single numbers."""
    found: list[float] = []
    for name, one in lab.pictures.items():
        data = lab.wiring.values_at(raw, [name]).get(name)
        if data is not None:
            found += [float(x) for x in one.picture.table(data).values() if np.ndim(x) == 0]
    return [x for x in found if np.isfinite(x)]


def check_modes(demo: Lab, exam: Lab, learn: Lab) -> None:
    """Before the lock nobody sees more than poses and start pictures, not even a class; an exam judges nothing."""
    for lab in (demo, exam, learn):
        cards = list(lab.page.layout.cards.children)
        assert not lab.is_open, f"{lab.mode}: it is open"
        assert cards == [one.shown for one in lab.questions.predictions.values()], f"{lab.mode}: tasks come later"
        seen = {picture["name"] for scene in lab.page.runner.scenes.values() for picture in scene["pictures"]}
        more = seen - set(lab.page.start_pictures)
        assert not more, f"{lab.mode}: {', '.join(sorted(more))} may be seen before the lock"
    for name, task in tasks_of(exam).items():
        try:
            told = task.verdict(task.key(None))
        except AnswerError as problem:
            raise AssertionError(f"{name}: {problem}") from None
        assert told.state == "kept", f"{name}: an exam says {told.feedback!r}"
