"""The loader: a lab of a slug or a path, once a process, without a trace of any student."""

from __future__ import annotations

import json
import os

import pytest

from mlsysim_labs import lab_of
from mlsysim_labs.places.notebooks import new_lab, notebook_of
from mlsysim_labs.records.record import Record


def notebook(path, *sources, tags=("lab",)):
    cells = [{"cell_type": "code", "source": source, "metadata": {"tags": list(tags)}, "outputs": [],
              "execution_count": None} for source in sources]
    path.write_text(json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


SMALL = ("from mlsysim_labs import Lab\nlab = Lab('Small', slug='99_small')\nlab.slider('x', 1, 9)",
         "@lab.predict('How much?', high=100)\ndef twice(x):\n    return 2 * x", "lab.reflect('Why?')\nlab")


def test_a_slug_and_a_path_give_one_lab_that_is_made_once(root):
    assert lab_of("03_kv_cache") is lab_of(root / "labs" / "03_kv_cache.ipynb") is lab_of("03_kv_cache", mode="demo")
    assert new_lab("03_kv_cache") is not lab_of("03_kv_cache")
    assert lab_of("03_kv_cache", "exam").mode == "exam" and not lab_of("03_kv_cache", "exam").is_open


def test_cells_run_in_order_in_one_place_and_a_changed_notebook_is_made_anew(tmp_path):
    path = notebook(tmp_path / "99_small.ipynb", *SMALL)
    lab = lab_of(path)
    assert lab.questions["twice"].truth == 2 and list(lab.questions) == ["twice", "reflection"]
    notebook(path, SMALL[0], SMALL[1].replace("2 *", "3 * "), SMALL[2])
    assert lab_of(path).questions["twice"].truth == 3


def test_no_record_variable_or_folder_is_read_or_changed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLSYSIM_LABS_MODE", "no mode at all")
    monkeypatch.setenv("MLSYSIM_LABS_STUDENT", "somebody")
    path = notebook(tmp_path / "99_small.ipynb", *SMALL)
    record = Record("99_small").added("prediction", "twice", {"value": 50})
    (tmp_path / "99_small.record.json").write_bytes(record.data)
    before, files = dict(os.environ), sorted(tmp_path.iterdir())
    lab = new_lab(path, "learn")
    lab.box  # noqa: B018
    assert not lab.is_open and lab.progress.record.events == () and lab.variant is None
    lab.questions["twice"].shown.hear({"kind": "lock", "id": "a", "value": 4.0})
    assert lab.is_open
    assert dict(os.environ) == before and sorted(tmp_path.iterdir()) == files
    assert (tmp_path / "99_small.record.json").read_bytes() == record.data


def test_where_a_cell_fails_its_line_is_shown(tmp_path):
    path = notebook(tmp_path / "99_small.ipynb", SMALL[0], "lab.slider('y', 5, 1)")
    with pytest.raises(ValueError, match="give low < high") as problem:
        lab_of(path)
    last = [str(entry.path) for entry in problem.traceback if "99_small" in str(entry.path)][-1]
    assert "99_small.ipynb, cell 2" in last


@pytest.mark.parametrize("lab, error, says", [
    ("03_kv_cash", ValueError, "There is no lab '03_kv_cash'. Did you mean 03_kv_cache"),
    ("nowhere.ipynb", FileNotFoundError, "There is no notebook nowhere.ipynb. Give the slug of a lab")])
def test_what_is_not_there_is_a_sentence(lab, error, says):
    with pytest.raises(error, match=says):
        notebook_of(lab)


def test_a_notebook_without_a_lab_is_a_sentence(tmp_path):
    with pytest.raises(ValueError, match=r"has no lab\. Give the cells that make it the tag 'lab'"):
        lab_of(notebook(tmp_path / "x.ipynb", "x = 1"))
