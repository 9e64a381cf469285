"""The committed pictures of the labs: there, small, safe, and made from what the labs show now."""

from __future__ import annotations

import pathlib
import xml.etree.ElementTree as ET

import pictures
import pytest

from mlsysim_labs import lab_of
from mlsysim_labs.places.notebooks import tagged_cells
from mlsysim_labs.widgets.still import MOST_BYTES, drawing_of

NOTEBOOKS = sorted(pictures.LABS.glob("[0-9]*.ipynb"))
REFERENCES = [(notebook, name) for notebook in NOTEBOOKS for name in pictures.wanted(notebook)]


@pytest.mark.parametrize("notebook, name", REFERENCES, ids=lambda value: getattr(value, "stem", value))
def test_a_picture_is_not_stale(notebook, name):
    """`make pictures` draws them anew."""
    text = (pictures.PICTURES / f"{name}.svg").read_text(encoding="utf-8")
    assert pictures.STAMP.search(text)[1] == pictures.stamp(lab_of(notebook), name.partition("__")[2])


@pytest.mark.parametrize("file", sorted(pictures.PICTURES.glob("*.svg")), ids=lambda file: file.stem)
def test_a_picture_is_a_small_drawing_that_runs_nothing(file: pathlib.Path):
    assert file.stem in [name for _, name in REFERENCES], "a notebook shows it"
    assert file.stat().st_size < MOST_BYTES / 2
    text = file.read_text(encoding="utf-8")
    ET.fromstring(text)
    assert "hidden" not in text and "Drag" not in text, "nobody can"
    assert "<script" not in text and "http" not in text.replace("http://www.w3.org", "")


@pytest.mark.parametrize("notebook", [*filter(tagged_cells, NOTEBOOKS)], ids=lambda file: file.stem)
def test_a_lab_has_one_that_stands_for_it(notebook, tmp_path, monkeypatch):
    """Also where its notebook stands alone."""
    monkeypatch.chdir(tmp_path)
    assert drawing_of(notebook.stem).startswith("<svg")


def test_labs_show_pictures_that_give_nothing_away():
    """Only what moves before the lock stands above a lab."""
    for notebook, name in REFERENCES:
        assert name.partition("__")[2] in lab_of(notebook).page.start_pictures, name
