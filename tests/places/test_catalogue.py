"""The page to start from: which labs there are, how far a student is, and what comes next."""

from __future__ import annotations

import json
import re

import pytest
from live_jupyter import errors_in_cells, run_all
from played import listen
from waiting import until_still

from mlsysim_labs import lab_of
from mlsysim_labs.marking.answers import answer_of
from mlsysim_labs.places.catalogue import ASKED, Catalogue, Listed
from mlsysim_labs.records.record import MIME, Record
from mlsysim_labs.records.record_file import RecordFile
from solver.units import factor

START = "00_start_here.ipynb"
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
NAMES = {"NVIDIA", "AMD", "SXM", "GPU", "GPUs"}  # of things, not words of the field


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
        record = record.added(kind, name, {"text": "1"}).added(kind, name, {"text": "2"})
    RecordFile(slug, folder).save(record)


def test_a_new_lab_appears_by_itself(put):
    put("01_roof")
    assert Catalogue().labs == [Listed("01_roof", "Roof", "How high is it?", 35, 3, 0, "01_roof.ipynb")]


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
    assert found.notes == ["broken.ipynb is not a notebook that can be read."] and found.notes[0] in found._repr_html_()


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
    assert [lab.state for lab in Catalogue().labs] == ["◐ 2 of 3 steps", "○ not begun"]
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before
    do("01_roof", tmp_path, 3)
    assert Catalogue().labs[0].state == "● 3 of 3 steps"


def test_steps_of_another_version_do_not_count(put, tmp_path):
    put("01_roof")
    do("01_roof", tmp_path, 3, [("answer", "renamed"), ("prediction", "more"), STEPS[0]])
    assert Catalogue().labs[0].done == 1


def test_steps_that_metadata_count_are_taken_as_they_are_kept(put, tmp_path):
    put(a=notebook(source='lab = mine.made(slug="{slug}")\nlab', steps=4))
    do("01_roof", tmp_path, 3)
    assert Catalogue().labs[0].state == "◐ 3 of 4 steps"


def test_the_record_in_the_notebook_counts(put):
    found = json.loads(notebook())
    found["cells"][1]["outputs"] = [{"data": {MIME: Record("01_roof").added("answer", "more", {"text": "1"}).json}}]
    put(**{"01_roof": json.dumps(found)})
    assert Catalogue().labs[0].done == 1


def test_a_damaged_record_is_said_and_hides_nothing(put, tmp_path):
    put("01_roof", "02_two")
    (tmp_path / "01_roof.record.json").write_text("{")
    assert [lab.done for lab in Catalogue().labs] == [0, 0]
    assert "01_roof.record.json cannot be read" in Catalogue()._repr_html_()


@pytest.mark.parametrize("one, two, says", [
    (0, 0, "Begin with: 01_roof, about 35 minutes"), (3, 0, "Next: 02_two, about 35 minutes"),
    (0, 1, "Go on with 02_two: 1 of 3 steps are done"), (1, 1, "Go on with 01_roof: 1 of 3 steps are done"),
    (3, 3, "All labs are done: lab.submit(), at the end of each, shows what to hand in.")])
def test_what_comes_next(put, tmp_path, one, two, says):
    put(**{slug: notebook(slug, title=slug) for slug in ("01_roof", "02_two")})
    do("01_roof", tmp_path, one)
    do("02_two", tmp_path, two)
    said = re.search(r"<p class='lab-next'>(.*?)</p>", Catalogue()._repr_html_())[1]
    assert re.sub("<[^>]*>", "", said) == says


def test_what_notebooks_say_is_text(put):
    put(**{"a b": notebook(title="<script>x</script>", question='"><img src=x>\'')})
    shown = Catalogue()._repr_html_()
    assert "<script" not in shown and "<img" not in shown and "href='a%20b.ipynb'" in shown


def test_the_table_has_a_caption_and_heads(put):
    put("01_roof")
    shown = Catalogue()._repr_html_()
    assert "<caption>1 labs" in shown and shown.count("scope='col'") == 3 and shown.count("scope='row'") == 1
    assert not re.search(r"#[0-9a-f]{3,6}\b|color: (?!inherit)", shown), "no colour of its own, but of lines"
    assert repr(Catalogue()) == "01_roof: Roof (35 minutes), ○ not begun"


@pytest.fixture(scope="module")
def cells(root):
    return json.loads((root / "labs" / START).read_text(encoding="utf-8"))["cells"]


@pytest.fixture(scope="module")
def words(cells) -> dict[str, str]:
    rows = re.findall(r"^\| (.+?) \| (.+) \|$", "".join(cells[-1]["source"]), re.MULTILINE)
    return dict(row for row in rows if row[0] not in ("Word", ":--"))


def labs(root):
    """The notebooks that have a lab, and the source of it."""
    for file in sorted((root / "labs").glob("[0-9]*.ipynb")):
        found = json.loads(file.read_text(encoding="utf-8"))["cells"]
        source = "\n".join("".join(cell["source"]) for cell in found if "lab" in cell["metadata"].get("tags", []))
        if source:
            yield file, source, found


def test_all_of_ours_are_listed_with_their_questions(root):
    found = {lab.slug: lab for lab in Catalogue(root / "labs").labs}
    assert list(found) == [file.stem for file, _, _ in labs(root)], "each slug is the name of the file"
    for lab in found.values():
        assert lab.question.endswith("?") and lab.title != lab.slug and 20 <= lab.minutes <= 45


def test_steps_are_those_that_the_labs_count(root):
    found = {lab.slug: lab for lab in Catalogue(root / "labs").labs}
    for file, source, _ in labs(root):
        asked = lab_of(file).questions
        assert len(asked) == found[file.stem].steps
        assert {name for _, name in ASKED.findall(source)} | {"reflection"} == set(asked)


def test_each_word_has_one_sentence(words):
    assert len(words) > 25 and list(words) == sorted(words, key=str.casefold)
    for word, says in words.items():
        assert says.endswith(".") and not re.search(r"[.!?] [A-Z]", says) and len(says) < 130, word
    assert f"one GiB is {factor('GiB') / factor('GB'):.3f} GB" in words["GB, GiB"]


def test_every_short_name_in_the_labs_is_in_the_glossary(root, words):
    """A new one goes into the glossary, or among the names that need no explanation."""
    known = set(re.findall(r"\w+", " ".join([*words, *words.values()]))) | NAMES
    for file, source, found in labs(root):
        prose = [" ".join(cell["source"]) for cell in found if cell["cell_type"] == "markdown"]
        asked = re.findall(r"@lab\.(?:task|predict)\((.*?)^def ", source, re.MULTILINE | re.DOTALL)
        texts = [*prose, *(text for one in asked for text in re.findall(r'"([^"]*)"', one))]
        plain = re.sub(r"`[^`]*`|\]\([^)]*\)|<!--.*?-->|\{[^}]*\}", "", " ".join(texts), flags=re.DOTALL)
        short = set(re.findall(r"(?<![\w-])[A-Z]{2,}s?(?![\w-])", plain)) - known
        assert short == set(), file.name


def test_answers_in_the_page_can_be_read(cells):
    answers = re.findall(r"`(\d[^`]+|infeasible)`", "".join(cells[3]["source"]))
    assert [answer_of(answer).kind for answer in answers] == ["second", "byte", "token/second", "infeasible"]


@pytest.mark.browser
def test_it_opens_the_lab_that_comes_next(jupyter, page):
    said = listen(page)
    jupyter.open(page, START)
    run_all(page)
    assert errors_in_cells(page) == [] and said == []
    page.evaluate("jupyterapp.shell.collapseLeft()")
    for width in (1400, 800, 400):
        page.set_viewport_size({"width": width, "height": 900})
        page.wait_for_function("width => innerWidth === width", arg=width)
        until_still(page)
        assert page.evaluate("(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.lab-catalogue'))"), width
    page.set_viewport_size({"width": 1400, "height": 900})
    page.locator(".lab-next a").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("name => jupyterapp.shell.currentWidget?.context?.path === name",
                           arg=Catalogue(jupyter.folder).next.link)
