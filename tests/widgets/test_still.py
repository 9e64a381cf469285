"""What stands for a lab where it can't live: a picture of its start and a sentence, in two outputs of a cell."""

from __future__ import annotations

import base64
import re

import pytest
from small_lab import small_lab, step

from mlsysim_labs import Lab
from mlsysim_labs.records.record import MIME
from mlsysim_labs.widgets.still import MOST_BYTES, VIEW, Still, drawing_of

DRAWING = "<svg xmlns='http://www.w3.org/2000/svg'><text>µ</text></svg>"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "pictures").mkdir()
    return tmp_path


@pytest.fixture
def outputs(folder, monkeypatch):
    """What cells display, as bundles."""
    shown = []
    monkeypatch.setattr("IPython.display.display", lambda data, raw, display_id=None: shown.append(data))
    return shown


def test_a_lab_is_two_outputs_of_which_one_speaks(folder, outputs):
    (folder / "pictures" / "99_small__memory.svg").write_text(DRAWING, encoding="utf-8")
    lab = small_lab()
    lab._ipython_display_()
    view, still = outputs
    assert view[VIEW]["model_id"] == lab.box.model_id and view["text/html"] == "<span hidden></span>"
    assert still[MIME]["lab"] == "99_small" and "0 of 6 steps done. This is a picture" in still["text/html"]
    data = re.search(r"<img src='data:image/svg\+xml;base64,([^']+)'", still["text/html"])[1]
    assert base64.b64decode(data).decode() == DRAWING
    assert still["text/plain"].endswith("0 of 6 steps done. Run its cells to see the lab and move the knobs.")


def test_it_follows_every_step(folder, outputs):
    lab = small_lab()
    lab._ipython_display_()
    step(lab, "users_at_128k", "lock", 40.0)
    assert "1 of 6 steps done" in lab.progress.bundle(silent=True)["text/html"]


def test_before_a_class_nothing_is_counted(folder, outputs):
    small_lab(mode="demo")._ipython_display_()
    said = outputs[1]["text/plain"]
    assert "steps done" not in said and "How many users of 128K fit at once?" in said


def test_a_lab_that_asks_nothing_has_one_and_no_record(outputs):
    Lab("A <i>small</i> thing?", slug="nothing")._ipython_display_()
    _, still = outputs
    assert sorted(still) == ["text/html", "text/plain"]
    assert still["text/plain"] == "A small thing? Run its cells to see the lab and move the knobs."


def test_no_title_and_no_html_of_others():
    assert Still("").text().startswith("A lab. Run its cells")
    assert "<script" not in Still("a & b", "1 < 2 <script>?").page() and "a &amp; b" in Still("a & b").page()


@pytest.mark.parametrize("harm", [b"\xff\xfe", b"<svg>" + b"x" * MOST_BYTES, None])
def test_a_picture_that_cannot_be_shown_is_none(folder, harm):
    file = folder / "pictures" / "99_small__memory.svg"
    if harm is None:
        file.mkdir()
    else:
        file.write_bytes(harm)
    assert drawing_of("99_small") == ""


def test_the_notebook_s_own_picture_comes_before_the_package_s(folder):
    assert drawing_of("03_kv_cache").startswith("<svg")
    (folder / "pictures" / "03_kv_cache__memory.svg").write_text(DRAWING, encoding="utf-8")
    assert drawing_of("03_kv_cache") == DRAWING
