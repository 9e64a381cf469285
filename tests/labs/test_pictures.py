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
FILES = sorted(pictures.PICTURES.glob("*.svg"))
every_notebook = pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda file: file.stem)


@every_notebook
def test_a_picture_is_not_stale(notebook):
    """`make pictures` draws them anew."""
    for name in pictures.wanted(notebook):
        text = (pictures.PICTURES / f"{name}.svg").read_text(encoding="utf-8")
        assert pictures.STAMP.search(text)[1] == pictures.stamp(lab_of(notebook), name.partition("__")[2])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_picture_is_a_small_drawing_that_runs_nothing(file: pathlib.Path):
    assert file.stat().st_size < MOST_BYTES / 2
    text = file.read_text(encoding="utf-8")
    ET.fromstring(text)
    assert "hidden" not in text and "Drag" not in text, "nobody can"
    assert "<script" not in text and "http" not in text.replace("http://www.w3.org", "")


def test_each_picture_is_shown():
    assert {file.stem for file in FILES} == {name for notebook in NOTEBOOKS for name in pictures.wanted(notebook)}


@every_notebook
def test_a_lab_has_one_that_stands_for_it(notebook, tmp_path, monkeypatch):
    """Also where its notebook stands alone."""
    monkeypatch.chdir(tmp_path)
    assert drawing_of(notebook.stem).startswith("<svg") == bool(tagged_cells(notebook))


@every_notebook
def test_labs_show_pictures_that_give_nothing_away(notebook):
    """Only what moves before the lock stands for a lab, or above it."""
    for name in pictures.wanted(notebook):
        assert name.partition("__")[2] in lab_of(notebook).page.start_pictures, name
