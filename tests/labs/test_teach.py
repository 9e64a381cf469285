"""The teachers' pages: one for each lab, whose keys are what the solver computes now."""

from __future__ import annotations

import pictures
import pytest
import teach

LABS = [file for file in sorted(pictures.LABS.glob("*.ipynb")) if not file.stem.startswith("00_")]


@pytest.mark.parametrize("notebook", LABS, ids=lambda file: file.stem)
def test_a_page_has_the_keys_of_its_lab(notebook):
    """`make teach` writes them anew."""
    page = (teach.PAGES / f"{notebook.stem}.md").read_text(encoding="utf-8")
    assert page == teach.with_key(page, pictures.lab_of(notebook))


@pytest.mark.parametrize("notebook", LABS, ids=lambda file: file.stem)
def test_no_mistake_is_right(notebook):
    """A wrong formula that gives the right number teaches nothing, and is never recognized."""
    lab = pictures.lab_of(notebook)
    for task in (task for task in lab._tasks.values() if hasattr(task, "formula")):
        for said, formula in task.mistakes.items():
            from mlsysim_labs.questions.items import truth_in_unit, value_at

            wrong = truth_in_unit(value_at(task.lab, formula, task.at), task.unit)
            text = wrong if isinstance(wrong, str) else f"{int(wrong) if task.whole else wrong} {task.unit}"
            assert not (task._of_option if task.options else task._of_number)(text)[0], (task.name, said)
