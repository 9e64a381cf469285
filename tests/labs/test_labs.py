"""What holds of every lab, and that the battery which proves it bites."""

from __future__ import annotations

import json

import ipywidgets
import pytest
import teach

from mlsysim_labs import lab_of
from mlsysim_labs.places.notebooks import notebook_of, notebooks_folder, tagged_cells
from mlsysim_labs.testing import check_lab

LABS = [file for file in sorted(notebooks_folder().glob("*.ipynb")) if tagged_cells(file)]
SLUGS = [lab.stem for lab in LABS]


@pytest.mark.parametrize("slug", SLUGS)
def test_what_holds_of_every_lab(slug):
    check_lab(slug)


@pytest.mark.parametrize("slug", SLUGS)
def test_a_teachers_page_has_the_keys_of_its_lab(slug):
    """`make teach` writes them anew."""
    page = (teach.PAGES / f"{slug}.md").read_text(encoding="utf-8")
    assert page == teach.with_key(page, lab_of(slug))


def changed(tmp_path, *changes):
    """The KV-cache lab with some of its text changed, as a notebook of its own."""
    text = notebook_of("03_kv_cache").read_text(encoding="utf-8")
    for before, after in changes:
        before, after = (json.dumps(part, ensure_ascii=False)[1:-1] for part in (before, after))
        assert before in text, before
        text = text.replace(before, after, 1)
    path = tmp_path / "03_kv_cache.ipynb"
    path.write_text(text, encoding="utf-8")
    return path


@pytest.mark.parametrize("before, after, says", [
    ("token(shape) / 2", "token(shape)", "token: '131.072 kB', of the mistake 'keys_alone', is right"),
    ("(LLAMA, **here, users=users) |", "(LLAMA, **here, users=users if users > 1 else 1) |", "cannot be followed"),
    ("reserve=TENTH) |", "reserve=TENTH if isinstance(device, Accelerator) else 0) |", "the browser would show"),
    ('slug="03_kv_cache"', 'slug="03_cache"', "the slug is"),
    ("Divide one by the other.", "It is 131 kB a token.", "the key of token, 131 kB, stands there"),
    ("from solver.formulas import", "from solver.formulas.memory import", "imports solver.formulas.memory"),
    ('lab.choice("weights"', 'lab.toggle("more")\nlab.choice("weights"', "6 knobs are in sight"),
    ('lab.hint(room_left, "Set', '(lambda task, hint: None)(room_left, "Set', "the task room_left has no hint"),
    ("LONG, TENTH = 131072, 0.1\n", 26 * "LONG, TENTH = 131072, 0.1\n", "25 are the most"),
    ('lab.reflect("Eight', '(lambda question: None)("Eight', "there is no reflection"),
    ('lab.slider("context"', 'lab.pose = lambda *names: lambda function: function\nlab.slider("context"',
     "no picture moves before the lock"),
    pytest.param(
        'lab.reflect("Eight', 'lab.controls["users"].description = str(lab.questions["users_at_128k"].truth)\n'
        'lab.reflect("Eight', "before the lock depends on the truth",
        marks=pytest.mark.skipif(ipywidgets.__version__.startswith("7"), reason="its comms open otherwise")),
])
def test_a_fault_is_named(tmp_path, before, after, says):
    notebook = changed(tmp_path, (before, after), ("import Hardware, ", "import Accelerator, Hardware, "))
    with pytest.raises(AssertionError) as problem:
        check_lab(notebook)
    assert says in str(problem.value)
