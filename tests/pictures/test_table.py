"""The numbers of a picture in a real browser: as a sheet that is drawn while it can be seen, as text, and in files."""

from __future__ import annotations

import pytest
from bare_page import FRAME, Shown

from mlsysim_labs.pictures.parts.table import Table
from mlsysim_labs.widgets.assets import PACKAGE

NUMBERS = {"name": "memory", "labels": ["free [GB]", "context", "users, at most"], "v0": 48.0518, "v1": [512, 1024],
           "v2": [7.5, float("nan")], "speaks": False}
EXPORT = (PACKAGE / "pictures/parts/export.js").read_text(encoding="utf-8")


def called(page, act: str, state=None):
    """What code says that knows the functions of export.js and `state`."""
    return page.evaluate("""async ([source, act, state]) => {
        const url = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
        const {csvOf, drawingOf, painted} = await import(url);
        return eval(act); }""", [EXPORT, act, state])


@pytest.fixture
def table(page):
    shown = Shown(page, Table, **NUMBERS)
    page.evaluate(f"async () => {{ {FRAME} }}")
    yield shown
    assert shown.errors == []


def cells(page) -> list[list[str]]:
    return [row.locator("th, td").all_inner_texts() for row in page.locator("tr").all()]


@pytest.mark.browser
def test_single_numbers_are_lines_and_arrays_are_columns(table):
    assert cells(table.page) == [["free [GB]", "48.05"], ["context", "users, at most"], ["512", "7.5"], ["1,024", "–"]]
    assert table.page.locator("th[scope=row]").all_inner_texts() == ["free [GB]"]
    assert table.page.locator("th[scope=col]").count() == 2
    looks = table.page.evaluate("""[...document.querySelectorAll("td")].map((e) => {
        const {fontSize, textAlign, fontVariantNumeric} = getComputedStyle(e);
        return [fontSize, textAlign, fontVariantNumeric].join(); })""")
    assert set(looks) == {"15px,right,tabular-nums"}
    assert table.page.locator("button").count() == 0, "what is done with them is in the menu of the lab"


@pytest.mark.browser
def test_it_is_drawn_while_it_can_be_seen(table):
    page = table.page
    page.evaluate("document.querySelector('#picture').style.display = 'none'")
    page.evaluate(f"async () => {{ {FRAME} }}")
    made = page.evaluate_handle("document.querySelector('table')")
    table.set(v0=1.0)
    assert made.evaluate("e => e.isConnected"), "nobody sees it"
    page.evaluate("document.querySelector('#picture').style.display = ''")
    page.evaluate(f"async () => {{ {FRAME} }}")
    assert cells(page)[0] == ["free [GB]", "1"]


@pytest.mark.browser
def test_numbers_as_text(table):
    said = called(table.page, "csvOf({get: (name) => state[name]})", NUMBERS)
    assert said == 'free [GB],48.0518\n\ncontext,"users, at most"\n512,7.5\n1024,NaN'


@pytest.mark.browser
def test_the_file_of_a_drawing_has_its_title_above_it(page):
    page.set_content("""<div class="lab-picture lab-as-table"><div class="lab-drawn"><figure class="lab-drawing">
        <div class="lab-drawing-says">Three users of 128K fit, and five others wait outside of the memory.</div>
        <svg viewBox="0 0 300 200" width="300" height="200"><rect width="9" height="9"/></svg></figure></div></div>""")
    text = called(page, "drawingOf(document.querySelector('.lab-picture'))")
    assert 'viewBox="0 -86 300 286"' in text and 'height="286"' in text, "three lines"
    assert ">Three users of 128K fit," in text
    size = called(page, "painted(state).then((blob) => blob.size)", text)
    assert size > 1000


@pytest.mark.browser
def test_the_file_of_a_picture_that_is_no_drawing_shows_the_picture_while_its_numbers_are_seen(page):
    page.set_content("""<style>.lab-as-table .bqplot { display: none }</style>
        <div class="lab-picture lab-as-table"><div class="lab-drawn">
        <div class="bqplot" style="width: 90px">A figure.</div>
        </div></div>""")
    text = called(page, "drawingOf(document.querySelector('.lab-picture'))")
    assert "foreignObject" in text and "A figure." in text and "width:90px" in text
    assert page.locator(".lab-as-table").count() == 1
