"""What the pictures in SVG share: calm redrawing in the same elements, sentences aloud, export, nothing left behind."""

from __future__ import annotations

import base64
import itertools

import pytest
from bare_page import FRAME, Shown
from drawings import B200, ENGINE, FEW, FLAG, FOUR, H100, NAN, REQUEST, STEP

from mlsysim_labs.pictures.lanes import Lanes
from mlsysim_labs.pictures.multipliers import Multipliers
from mlsysim_labs.pictures.roofline import Roofline
from mlsysim_labs.widgets.assets import PACKAGE

SQUARES = FEW | {"of": "", "note": "", "hint": ""}
ALONE = H100 | {"labels": ["decode"]}
STATES = {Roofline: [ALONE, ENGINE, B200 | FOUR, {"peak": NAN}, {"labels": []}, ALONE],
          Lanes: [STEP, {"ghost": [5e-3, 1e-3, NAN]}, FLAG, {"finish": NAN}, REQUEST, STEP],
          Multipliers: [SQUARES, {"share": 0.6}, {"posed": 1.0, "guess": NAN}, {"posed": 0.0, "share": NAN}, SQUARES]}
OTHER = {Roofline: B200 | FOUR, Lanes: FLAG, Multipliers: {"share": 0.2}}  # than the first two
MOVES = {Roofline: ("bandwidth", 1e12, 1e11), Lanes: ("finish", 5e-3, 1e-4), Multipliers: ("share", 0.1, 0.002)}


@pytest.fixture(params=STATES, ids=lambda kind: kind.__name__)
def picture(request, page):
    shown = Shown(page, request.param, **STATES[request.param][0])
    shown.kind, shown.states = request.param, STATES[request.param]
    yield shown
    assert shown.errors == []


@pytest.mark.browser
def test_many_changes_are_one_redraw_in_the_same_elements(picture):
    made = picture.page.evaluate_handle("[...document.querySelectorAll('body *')]")
    drawn = picture.page.evaluate(f"""async ([one, other]) => {{
        const says = document.querySelector(".lab-drawing-says"), before = says.textContent;
        let frames = 0;
        new MutationObserver(() => {{ frames++; }}).observe(says, {{childList: true}});
        for (let i = 0; i < 50; i++) window.picture.say(i % 2 ? one : other);
        const same = says.textContent === before;
        {FRAME}
        return [same, frames];
    }}""", [OTHER[picture.kind], picture.states[1]])
    assert drawn == [True, 1], "not at each change, but once after them"
    for state, width in itertools.product(picture.states, (1400, 360)):
        picture.set(**state)
        picture.resize(width)
    assert made.evaluate("(old) => { const now = [...document.querySelectorAll('body *')];"
                         "return now.length === old.length && now.every((n, i) => n === old[i]); }")


@pytest.mark.browser
def test_arrays_may_come_from_a_program_or_a_saved_notebook(picture):
    said, drawn = picture.sentence, picture.page.locator("#picture").inner_html()
    for form in ("Float64Array.from(v)", "new DataView(Float64Array.from(v).buffer)", "{...v}"):
        picture.page.evaluate(f"""async (state) => {{
            const arrays = Object.entries(state).filter(([, v]) => Array.isArray(v) && typeof v[0] === "number");
            picture.say(Object.fromEntries(arrays.filter(([k]) => !k.includes("limits")).map(([k, v]) => [k, {form}])));
            {FRAME} }}""", picture.states[0])
        assert (picture.sentence, picture.page.locator("#picture").inner_html()) == (said, drawn), form


@pytest.mark.browser
def test_a_picture_of_nothing_says_so(page):
    for kind in STATES:
        empty = kind()
        shown = Shown(page, kind, **{name: getattr(empty, name) for name in empty.trait_names(sync=True)
                                     if name[0] != "_" and name not in ("layout", "tabbable", "tooltip")})
        assert shown.dim and shown.errors == []


@pytest.mark.browser
def test_a_sentence_is_read_aloud_after_a_pause_and_the_last_one_is_not_lost(picture):
    heard = picture.page.evaluate("""async ([trait, start, step]) => {
        const live = document.querySelector("[aria-live=polite]"), heard = [];
        new MutationObserver(() => heard.push([performance.now(), live.textContent])).observe(live, {childList: true});
        const end = performance.now() + 1500;
        for (let now = start; performance.now() < end; now += step) {
            window.picture.say({[trait]: now});
            await new Promise((done) => setTimeout(done, 30));
        }
        await new Promise((done) => setTimeout(done, 1300));
        return heard;
    }""", list(MOVES[picture.kind]))
    assert 2 <= len(heard) <= 4
    assert all(later[0] - sooner[0] >= 690 for sooner, later in itertools.pairwise(heard))
    assert heard[-1][1] == picture.sentence
    assert picture.page.locator("figure [aria-live]").count() == 0, "inside an image nothing is read"


@pytest.mark.browser
def test_cleaning_up_leaves_nothing(picture):
    before = picture.sentence
    held = {name.removeprefix("change:") for name in picture.page.evaluate("picture.held()")}
    assert held - {"settled", "reach"} == set(picture.states[0])
    picture.page.evaluate("(state) => { picture.say(state); picture.stop(); }", picture.states[1])
    picture.set(**picture.states[2])
    box = picture.page.locator("#picture svg").get_attribute("viewBox")
    picture.resize(500)
    assert picture.page.evaluate("picture.held()") == []
    assert picture.page.locator("[aria-live]").count() == 0
    assert picture.sentence == before, "a redrawing that was asked for does not happen any more"
    assert picture.page.locator("#picture svg").get_attribute("viewBox") == box


@pytest.mark.browser
def test_a_copy_for_a_file_looks_the_same_without_the_page(picture):
    """As in a dark theme: the theme's colours are in the file."""
    page = picture.page
    theme = "--jp-layout-color0: #111; --jp-ui-font-color1: #eee; background: #111"
    page.add_style_tag(content=f"body {{ margin: 0; {theme} }}")
    picture.resize(800)
    export = (PACKAGE / "pictures/parts/export.js").read_text(encoding="utf-8")
    text = page.evaluate("""async (source) => {
        const url = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
        return (await import(url)).standalone(document.querySelector("#picture svg"));
    }""", export)
    assert not any(word in text for word in ("var(", "class=", "--", "color-mix", "CanvasText", "http://www.w3.org/1999"))
    shot = page.locator("#picture svg").screenshot()
    width, height = (page.locator("#picture svg").bounding_box()[side] for side in ("width", "height"))
    page.set_content("<body style='margin:0'></body>")
    off = page.evaluate("""async ([text, shot, width, height]) => {
        const pixels = async (url) => {
            const image = new Image(), canvas = document.createElement("canvas");
            image.src = url;
            await image.decode();
            [canvas.width, canvas.height] = [Math.round(width), Math.round(height)];
            const pen = canvas.getContext("2d");
            pen.drawImage(image, 0, 0, canvas.width, canvas.height);
            return pen.getImageData(0, 0, canvas.width, canvas.height).data;
        };
        const a = await pixels("data:image/svg+xml," + encodeURIComponent(text));
        const b = await pixels("data:image/png;base64," + shot);
        return a.reduce((n, x, i) => n + (Math.abs(x - b[i]) > 60), 0) / a.length;
    }""", [text, base64.b64encode(shot).decode(), width, height])
    assert off < 0.01
