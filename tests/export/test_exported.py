"""The text of a lab's page: what it holds, what it holds back, what it is refused for, and that it is small."""

from __future__ import annotations

import gzip
import json
import re
import sys
from unittest import mock

import ipywidgets
import pytest
from page_script import SLUGS, clear_data, element, page_text, parts_of
from secrets_of import secrets, texts_of
from terminal import refused, terminal

from mlsysim_labs import lab_of
from mlsysim_labs.export.exported import exported_page, written_page
from mlsysim_labs.export.scripts import shortened
from mlsysim_labs.export.widgets import ExportError
from mlsysim_labs.places.notebooks import notebook_of
from mlsysim_labs.questions.items import PredictionItem
from mlsysim_labs.questions.task_items import TaskItem

try:
    import minify
except ImportError:
    minify = None

SMALL = '''
from mlsysim_labs import GUESS, Lab, Vessel
lab = Lab("A lab", slug="97_page")
lab.slider("users", 1, 9)
{more}
@lab.picture(Vessel(), view="Memory")
def memory(users{needs}):
    return {{"capacity": 8.0, "weights": 1.0, "cache": users * 1.0{uses}, "reserve": 0.0, "users": users}}
@lab.predict("How many?", unit="users", high=9)
def most():
    return 3
'''
every_lab = pytest.mark.parametrize("slug", SLUGS)


def notebook(folder, more="", needs="", uses=""):
    """A small lab as a notebook."""
    cells = [SMALL.format(more=more, needs=needs, uses=uses), "lab"]
    file = folder / "97_page.ipynb"
    file.write_text(json.dumps({"cells": [{"cell_type": "code", "metadata": {"tags": ["lab"]}, "source": [cell]}
                                          for cell in cells]}), encoding="utf-8")
    return file


@every_lab
def test_nothing_of_an_answer_can_be_read_in_a_page(slug):
    lab, text = lab_of(slug), page_text(slug)
    told = json.dumps(parts_of(text), ensure_ascii=False)
    assert all(json.dumps(one, ensure_ascii=False)[1:-1] in told for one in texts_of(lab)), "it is all there, packed"
    assert [one for one in secrets(lab) if one in text] == []


@every_lab
def test_an_exam_has_nothing_of_an_answer_anywhere(slug):
    text, lab = page_text(slug, "exam"), lab_of(slug)
    parts = parts_of(text)
    everything = text + json.dumps(parts, ensure_ascii=False)
    assert list(parts) == [""] and [one for one in secrets(lab) if one in everything] == []
    assert not {"truth", "mistakes", "hints", "derivation", "program", "key", "after"} & {
        name for item in parts[""]["items"] for name in item}
    assert "made" not in parts[""] and "def " not in everything.replace("undef ", "")


@every_lab
def test_what_is_clear_does_not_depend_on_a_truth(slug):
    """The same page but for its packed parts, whatever the truths and the keys are."""
    truth, answer = PredictionItem.truth.fget, TaskItem.answer_of
    other = property(lambda item: next(o for o in item.shown.options if o != truth(item)) if item.shown.options
                     else 3 * truth(item))
    with mock.patch.object(PredictionItem, "truth", other), mock.patch.object(
            TaskItem, "answer_of", lambda item, formula: 3 * answer(item, formula) if not item.options else
            answer(item, formula)):
        changed = exported_page(slug)
    assert parts_of(changed) != parts_of(page_text(slug))
    for text in (page_text(slug), changed):
        assert element(text, "page-packed")
    assert without_secrets(changed) == without_secrets(page_text(slug))


def without_secrets(text):
    return re.sub(r'data-whole="\w+"', "", text.replace(element(text, "page-packed"), ""))


@every_lab
def test_a_page_asks_nobody_and_is_the_same_twice(slug):
    text = page_text(slug)
    assert text == exported_page(slug)
    loading = re.findall(r'(?:src|href)="(?!https?://)([^"]*)"|@import|url\((?!#)', text)
    assert all(place.startswith("data:") for place in loading) and "<link rel=\"stylesheet" not in text
    assert "Run All Cells" not in text and "mybinder" not in text and "colab" not in text


MOST_BYTES = {"learn": 93_000, "exam": 78_000}  # of a page, packed as servers do: a fifth reads and judges answers


@every_lab
@pytest.mark.parametrize("mode", MOST_BYTES)
def test_a_page_is_small(slug, mode):
    pytest.importorskip("minify")
    assert len(gzip.compress(page_text(slug, mode).encode(), 9)) <= MOST_BYTES[mode]


@pytest.mark.parametrize("module, version", [(None, "2.23.9"), (minify, "2.24.12")])
def test_where_nothing_shortens_it_a_program_is_as_it_was(monkeypatch, module, version):
    """Versions 2.24 put a constant before what it is made of."""
    code = "(()=>{const bandwidth=2;console.log(bandwidth)})()"
    assert minify is None or len(shortened(code)) < len(code)
    monkeypatch.setitem(sys.modules, "minify", module)
    monkeypatch.setattr("importlib.metadata.version", lambda name: version)
    assert shortened(code) == code


def test_before_the_lock_there_are_models_of_what_moves_alone():
    data = clear_data(page_text("03_kv_cache"))
    kinds = {model["kind"] for model in data["models"].values()}
    assert "FigureModel" not in kinds and "SelectionSliderModel" not in kinds
    assert {model["state"]["name"] for model in data["models"].values() if "locked" in model["state"]} == {
        "users_at_128k", "best_change"}
    assert all(not model["state"].get("truth") for model in data["models"].values())


def test_an_authors_record_stays_out(tmp_path, monkeypatch, record_file):
    monkeypatch.chdir(tmp_path)
    record_file.save(record_file.load().added("prediction", "users_at_128k", {"value": 777.0, "unit": "users"}))
    assert exported_page("03_kv_cache") == page_text("03_kv_cache")
    assert [file.name for file in tmp_path.iterdir() if "record" not in file.name] == []


def test_a_function_that_needs_a_kernel_is_named(tmp_path):
    steps = "@lab.derive\ndef simulated(users):\n    return 1.0 if users > 3 else 2.0"
    with pytest.raises(ExportError, match=r"simulated needs a kernel whenever users moves.*line 7"):
        exported_page(notebook(tmp_path, steps, ", simulated", " * simulated"))


def test_what_no_knob_moves_is_computed_once(tmp_path):
    """However it is computed: a page has it as a number."""
    once = "@lab.derive\ndef simulated():\n    return sum(1.0 if i % 2 else 2.0 for i in range(3)) / 2"
    text = exported_page(notebook(tmp_path, once, ", simulated", " * simulated"))
    program = parts_of(text)[""]["models"][clear_data(text)["runner"]]["state"]["scenes"][""]["program"]
    assert ["const", 2.5] in program["code"]


def test_a_widget_that_pages_do_not_know_is_named(tmp_path):
    more = "import ipywidgets\nlab.controls['users'].layout.width = '3px'\n" \
           "lab.page.layout.box.children += (ipywidgets.Textarea(),)"
    with pytest.raises(ExportError, match="A page has no Textarea"):
        exported_page(notebook(tmp_path, more))
    assert isinstance(ipywidgets.Textarea(), ipywidgets.Widget)


def test_the_command_writes_a_page_and_says_what_it_is(tmp_path):
    file = tmp_path / "kv.html"
    done = terminal("export", "03_kv_cache", "-o", str(file))
    assert done.status == 0 and file.read_text(encoding="utf-8") == page_text("03_kv_cache")
    assert "without a kernel" in done.out and "honour" in done.out and list(tmp_path.iterdir()) == [file]
    assert "No truth, key or hint" in terminal("export", "03_kv_cache", "-o", str(file), "--mode", "exam").out


@pytest.mark.parametrize("words, says", [
    (["3_kv_cache"], "Did you mean 03_kv_cache?"), (["00_start_here"], "has no lab"),
    (["03_kv_cache", "--mode", "exm"], "Did you mean exam?"), (["03_kv_cache", "-o", "no/where.html"], "no folder no"),
    (["03_kv_cache", "-o", "."], "Name a file in it")])
def test_what_cannot_be_exported_is_said_in_a_sentence(words, says, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert says in refused("export", *words)
    assert list(tmp_path.iterdir()) == []


def test_a_page_is_written_whole_or_not_at_all(tmp_path):
    file = tmp_path / "page.html"
    file.write_text("before")
    with pytest.raises(ValueError):
        written_page("no_lab", file)
    assert file.read_text() == "before" and notebook_of("03_kv_cache").is_file()
