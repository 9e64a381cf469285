"""The start page as we have it: our labs, their cards, the words, and how a browser shows it."""

from __future__ import annotations

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from live_jupyter import errors_in_cells, run_all
from played import listen
from waiting import until_still

from mlsysim_labs import lab_of
from mlsysim_labs.marking.answers import answer_of
from mlsysim_labs.places.cards import card_picture
from mlsysim_labs.places.catalogue import Catalogue, steps_in
from solver.units import factor

START = "00_start_here.ipynb"
TO_CARDS = "jupyterapp.shell.currentWidget.content.scrollToItem(2, 'start')"  # what is far off is not in the page
NAMES = {"NVIDIA", "AMD", "SXM", "GPU", "GPUs"}  # of things, not words of the field


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
        assert [name for _, name in steps_in(source)] == list(lab_of(file).questions)
        assert len(steps_in(source)) == found[file.stem].steps


def test_each_of_ours_has_a_picture_that_moves(root):
    for lab in Catalogue(root / "labs").labs:
        assert re.search("lab-card-(pops|runs)", lab.card()), lab.slug
        assert not re.search(r">[^<]*[0-9][^<]*<", card_picture(lab.slug)), "no number, which could be an answer"


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
        asked = re.findall(r"@lab\.(?:task|predict|design)\((.*?)^def ", source, re.MULTILINE | re.DOTALL)
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
    page.evaluate(TO_CARDS)
    check_cards(page)
    page.locator(".lab-card-next a").focus()
    page.keyboard.press("Enter")
    page.wait_for_function("name => jupyterapp.shell.currentWidget?.context?.path === name",
                           arg=Catalogue(jupyter.folder).next.link)


def check_cards(page) -> None:
    """They move when one points at them, stand still where motion is not wanted, and axe finds nothing."""
    moving = "document.querySelector('.lab-cards').getAnimations({subtree: true}).length"
    page.locator(".lab-card").last.hover()
    page.wait_for_function(f"{moving} > 0")
    page.emulate_media(reduced_motion="reduce")
    page.wait_for_function(f"{moving} === 0")
    found = Axe().run(page, context=".lab-catalogue")
    assert found.violations_count == 0, found.generate_report()
    page.emulate_media(reduced_motion="no-preference")
