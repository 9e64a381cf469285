"""The page to start from: which labs there are, how far a student is, and what comes next."""

from __future__ import annotations

import json
import re

import pytest

from mlsysim_labs import Lab
from mlsysim_labs.places.catalogue import Catalogue, Listed, marks_of
from mlsysim_labs.records.record import MIME, Record
from mlsysim_labs.records.record_file import RecordFile

LAB = """lab = Lab("Roof", slug="{slug}")
@lab.derive
def size(x): return x
@lab.predict("How many?", at={{"x": 1}},
             unit="users")
def users(size): return size
@lab.task("And now?", mistakes={{"No.": lambda: 1}})
def more(size): return size
lab.reflect("Why?")"""
PROSE = "# Roof\n\n**How high?** It is high.\n\n**How *high* is\nit?**\n\nSee."
STEPS = [("prediction", "users"), ("answer", "more"), ("reflection", "reflection")]


def notebook(slug: str = "01_roof", prose: str = PROSE, source: str = LAB, tag: str = "lab", **about) -> str:
    cells = [{"cell_type": "markdown", "metadata": {}, "source": prose.splitlines(keepends=True)},
             {"cell_type": "code", "metadata": {"tags": [tag]}, "source": source.format(slug=slug), "outputs": []}]
    return json.dumps({"cells": cells, "metadata": {"mlsysim_labs": about} if about else {}})


@pytest.fixture
def put(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def write(*slugs: str, **texts: str) -> None:
        for name, text in ({slug: notebook(slug) for slug in slugs} | texts).items():
            (tmp_path / f"{name}.ipynb").write_text(text, encoding="utf-8")
    return write


def do(slug: str, folder, count: int, kinds=STEPS) -> None:
    record = Record(slug).added("opened", "lab", {}).added("hint", "more", {"number": 1})
    for kind, name in kinds[:count]:
        record = record.added(kind, name, {"text": "1", "state": "wrong"})
        record = record.added(kind, name, {"text": "2", "state": "right"})
    RecordFile(slug, folder).save(record)


def test_a_new_lab_appears_by_itself(put):
    put("01_roof")
    assert Catalogue().labs == [Listed("01_roof", "Roof", "How high is it?", 35, ("open",) * 3, "01_roof.ipynb")]


def test_metadata_go_first(put):
    put(a=notebook(title="Other", question="Which?", minutes=20, steps=7))
    lab, = Catalogue().labs
    assert (lab.title, lab.question, lab.minutes, lab.steps) == ("Other", "Which?", 20, 7)
    put(a=notebook(minutes=20))
    assert [(one.title, one.minutes, one.steps) for one in Catalogue().labs] == [("Roof", 20, 3)]


def test_what_is_no_lab_is_not_listed(put):
    put("01_roof", notes=notebook(tag="mine"), empty=notebook(source=""))
    assert [lab.slug for lab in Catalogue().labs] == ["01_roof"] and Catalogue().notes == []


@pytest.mark.parametrize("text", ["", "{", "[]", '{"cells": 1}', "null", '{"cells": [{}]}', notebook("Not a slug"),
                                  notebook(minutes="long"), "[" * 100_000])
def test_what_cannot_be_read_is_named_and_hides_no_other(put, text):
    put("02_two", broken=text)
    found = Catalogue()
    assert [lab.slug for lab in found.labs] == ["02_two"]
    assert found.notes == ["broken.ipynb cannot be read as a notebook."] and found.notes[0] in found._repr_html_()


def test_a_lab_without_words_or_questions_has_a_name(put):
    put(mine=notebook(prose="", source="lab = Lab()\nlab"))
    lab, = Catalogue().labs
    assert (lab.slug, lab.title, lab.question, lab.steps, Catalogue().next) == ("mine", "mine", "", 0, None)


def test_of_copies_the_one_with_the_name_of_the_lab_counts(put):
    texts = {name: notebook(title=name) for name in ("01_roof", "01_roof-0.9.0", "01_roof-Copy1", "00_mine")}
    put(**texts)
    assert [lab.link for lab in Catalogue().labs] == ["01_roof.ipynb"]


def test_where_no_labs_are_those_that_are_installed_are_listed(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    found = Catalogue().labs
    assert "03_kv_cache" in [lab.slug for lab in found]
    assert all(lab.link == "" or lab.link.startswith("https://colab.research.google.com/") for lab in found)
    assert all("target='_blank'" in lab.anchor for lab in found)


def test_nothing_at_all(tmp_path, monkeypatch):
    monkeypatch.setattr("mlsysim_labs.places.catalogue.notebooks_folder", lambda: tmp_path)
    found = Catalogue(tmp_path)
    assert found.labs == [] and "There are no labs here" in found._repr_html_() and repr(found) == ""


def test_steps_are_counted_once_and_nothing_is_written(put, tmp_path):
    put("01_roof", "02_two")
    do("01_roof", tmp_path, 2)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    assert [lab.state for lab in Catalogue().labs] == ["2 of 3 done", "Not started"]
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    do("01_roof", tmp_path, 3)
    assert Catalogue().labs[0].state == "3 of 3 done"


def test_steps_of_another_version_do_not_count(put, tmp_path):
    put("01_roof")
    do("01_roof", tmp_path, 3, [("answer", "renamed"), ("prediction", "more"), STEPS[0]])
    assert Catalogue().labs[0].done == 1


def test_steps_that_metadata_count_are_taken_as_they_are_kept(put, tmp_path):
    put(a=notebook(source='lab = mine.made(slug="{slug}")\nlab', steps=4))
    do("01_roof", tmp_path, 3)
    assert Catalogue().labs[0].state == "3 of 4 done"


def test_the_record_in_the_notebook_counts(put):
    found, right = json.loads(notebook()), Record("01_roof").added("answer", "more", {"text": "1", "state": "right"})
    found["cells"][1]["outputs"] = [{"data": {MIME: right.json}}]
    put(**{"01_roof": json.dumps(found)})
    assert Catalogue().labs[0].done == 1


def test_a_damaged_record_is_said_and_hides_nothing(put, tmp_path):
    put("01_roof", "02_two")
    (tmp_path / "01_roof.record.json").write_text("{")
    assert [lab.done for lab in Catalogue().labs] == [0, 0]
    assert "01_roof.record.json cannot be read" in Catalogue()._repr_html_()


def test_marks_are_those_of_the_lab_itself(put, tmp_path):
    """Done, tried or open: of each kind of step, in the order of the rail, since the lab was last started over."""
    asks = ('lab.reflect("Why?")\n@lab.task("A?")\ndef a(): ...\n@lab.design("B?")\ndef b(): ...\n'
            'lab.explore("Look.", "So?")\n@lab.predict("C?")\ndef c(): ...')
    put(two=notebook(source=f'lab = Lab("Two", slug="two")\n{asks}'))
    record = Record("two").added("prediction", "c", {}).added("answer", "a", {"text": "1", "state": "wrong"})
    record = record.added("plan", "b", {"state": "right"}).added("plan", "b", {"state": "wrong"})
    RecordFile("two", tmp_path).save(record)
    assert Catalogue().labs[0].marks == ("done", "open", "tried", "done", "open")
    assert "aria-label='2 done, 1 tried, 2 open'>●○◐●○<" in Catalogue()._repr_html_()
    record = record.added("restarted", "lab", {}).added("explored", "explore_1", {"by": "hand"})
    RecordFile("two", tmp_path).save(record)
    assert Catalogue().labs[0].marks == ("open", "done", "open", "open", "open")


def test_a_lab_says_the_same_marks(tmp_path, monkeypatch):
    """Of what is played in a lab itself."""
    monkeypatch.chdir(tmp_path)
    lab = Lab("Roof", slug="01_roof")
    lab.slider("x", 1, 10)
    lab.task("How many?")(four)
    lab.reflect("Why?")
    lab.progress.keep("answer", "four", {"text": "5", "state": "wrong"})
    lab.progress.keep("reflection", "reflection", {"text": "So."})
    kept = marks_of(lab.progress.record)
    assert [kept[lab.progress.steps[name][0], name] for name in lab.progress.steps] == ["tried", "done"]
    assert [lab.progress.mark(name) for name in lab.progress.steps] == ["tried", "done"]


def four():
    return 4


@pytest.mark.parametrize("one, two, says", [
    (0, 0, "Start here 03_kv_cache"), (3, 0, "Next 02_two"), (0, 1, "Go on here 02_two"), (1, 1, "Go on here 01_roof"),
    (3, 3, "Next 03_kv_cache")])
def test_what_comes_next(put, tmp_path, one, two, says):
    put(**{slug: notebook(slug, title=slug) for slug in ("01_roof", "02_two", "03_kv_cache")})
    do("01_roof", tmp_path, one)
    do("02_two", tmp_path, two)
    assert large(Catalogue()) == says


def large(found: Catalogue) -> str:
    """What the large card calls, and its title."""
    card = re.search(r"lab-card-call'>(.*?</div>.*?)</div>", found._repr_html_())[1]
    return re.sub("(<[^>]*>)+", " ", card).strip()


def test_without_the_door_one_begins_with_the_first(put):
    put("01_roof", "02_two")
    assert large(Catalogue()) == "Start here Roof"


def test_when_all_is_done_no_card_is_large(put, tmp_path):
    put("01_roof")
    do("01_roof", tmp_path, 3)
    shown = Catalogue()._repr_html_()
    assert "You have done all the labs." in shown and "class='lab-card-call'" not in shown and shown.count("<li") == 1


def test_a_card_has_a_picture_that_moves_or_the_one_of_its_lab(put, tmp_path):
    put("03_kv_cache", "01_roof", "02_two")
    (tmp_path / "pictures").mkdir()
    (tmp_path / "pictures" / "01_roof__a b.svg").write_text("<svg/>")
    shown = Catalogue()._repr_html_()
    assert shown.count("<svg class='lab-card-picture'") == 1 and shown.count("<img") == 1
    assert "src='pictures/01_roof__a%20b.svg' alt=''" in shown


def test_what_notebooks_say_is_text(put):
    put(**{"a b": notebook(title="<script>x</script>", question='"><img src=x>\'')})
    shown = Catalogue()._repr_html_()
    assert "<script" not in shown and "<img" not in shown and "href='a%20b.ipynb'" in shown


def test_without_the_sheet_it_is_a_list_of_links(put):
    """As in a saved notebook that nobody trusts yet."""
    put("01_roof")
    shown = re.sub(r"<(style|svg).*?</\1>", "", Catalogue()._repr_html_(), flags=re.DOTALL)
    assert "<a href='01_roof.ipynb'>Roof</a>" in shown and "How high is it?" in shown and "35&nbsp;min" in shown
    assert repr(Catalogue()) == "01_roof: Roof (35 minutes), Not started"


def test_its_colours_are_those_of_the_pictures(put):
    put("01_roof")
    sheet = re.search("<style>(.*)</style>", Catalogue()._repr_html_(), re.DOTALL)[1]
    assert "--cache: #009e73" in sheet and ".lab-drawing svg" not in sheet, "pictures in the same page keep their own"
    own = sheet[sheet.index("/* The colours are those"):]
    assert not re.search(r"#[0-9a-f]{3,6}\b", own) and "animation:" not in own.partition("@media")[0]


def test_in_a_shared_folder_each_student_sees_how_far_she_is(put, tmp_path, monkeypatch):
    put("01_roof")
    for student, count in (("Bob", 2), ("Ada", 3)):
        record = Record("01_roof").added("opened", "lab", {"mode": "learn", "student": student}, session=student)
        for kind, name in STEPS[:count]:
            record = record.added(kind, name, {"text": "2", "state": "right"}, session=student)
        RecordFile("01_roof", tmp_path, student).save(record)
    for student, done in (("Bob", 2), ("Ada", 3), ("", 2)):
        monkeypatch.setenv("MLSYSIM_LABS_STUDENT", student)
        assert Catalogue().labs[0].done == done
