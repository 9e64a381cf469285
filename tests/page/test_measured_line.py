"""What was measured beside a picture: nothing before the lock, and after it a line, a card and marks."""

from __future__ import annotations

import json
import math

import pytest
from small_lab import USERS, small_lab, step

from mlsysim_labs import Lab, Lanes, Plot
from mlsysim_labs.page.measured_line import MeasuredLine
from mlsysim_labs.pictures.of_measured import told
from mlsysim_labs.reactive.trace import run
from solver import Hardware, Measurements

ROW, OTHER = Measurements.room_80gb, Measurements.torchao_h100


def measured_lab(**options):
    """The small lab, and what was measured beside its first picture."""
    lab = small_lab(**options)

    def room(device):
        return {ROW: (device.memory == ROW.hardware.memory, 0.2)}

    memory = lab.wiring.functions["memory"]
    lab.measured(memory)(room)
    lab.box  # noqa: B018 - showing it is what publishes
    return lab


@pytest.fixture(autouse=True)
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def line_of(lab) -> MeasuredLine:
    return lab.page.measured["room"]


def test_before_the_lock_nothing_of_it_is_on_the_page():
    lab = measured_lab()
    assert line_of(lab).rows == [] and line_of(lab) not in lab.page.layout.views.children
    views = lab.page.runner.views
    assert line_of(lab) not in views and "room" not in lab.page.start_functions
    step(lab, USERS, "lock", 40.0)
    assert line_of(lab).rows == [told(ROW)] and line_of(lab) in lab.page.layout.views.children
    assert line_of(lab) in lab.page.runner.views


def test_who_starts_over_sees_it_no_more():
    lab = measured_lab()
    step(lab, USERS, "lock", 40.0)
    step(lab, "hand_in", "restart", None)
    assert not lab.is_open and line_of(lab).rows == []


def test_an_exam_does_not_tell():
    lab = measured_lab(mode="exam")
    step(lab, USERS, "lock", 40.0)
    assert lab.is_open and line_of(lab).rows == [] and lab.page.layout.views.children == ()


def places(lab, **knobs) -> list[float]:
    """What the browser's program says of the rows, where the knobs stand."""
    raw = lab.wiring.start | lab.wiring.raw_of(knobs)
    scene = lab.page.runner.scenes[""]
    which = lab.page.runner.views.index(line_of(lab))
    return list(run(scene["program"], raw | {"guess": math.nan})[f"{which}.places.array"])


def test_it_follows_the_knobs():
    lab = measured_lab(mode="demo")
    lab.unlock()
    lab.check(points=5)
    seen, x, y = places(lab)
    assert (seen, x) == (1.0, 0.2) and math.isnan(y)
    assert places(lab, device=Hardware.Cloud.L4)[0] == 0.0


@pytest.mark.parametrize("made, says", [
    ([ROW], "a dict by rows of Measurements"), ({"room": 1}, "a dict by rows of Measurements"),
    ({ROW: (1, 2, 3, 4)}, "up to two numbers"), ({ROW: ()}, "up to two numbers")])
def test_what_is_no_place_is_answered(made, says):
    with pytest.raises(TypeError, match=says):
        MeasuredLine("memory", None, "tuned").targets(made)


def test_a_row_may_have_no_place():
    target, = MeasuredLine("memory", None, "tuned").targets({ROW: True, OTHER: (False, 7.0)})
    assert target.value.tolist()[:1] == [1.0] and target.value.tolist()[3:5] == [0.0, 7.0]


def test_a_board_without_questions_tells_at_once():
    lab = Lab()
    lab.slider("users", 1, 8)

    @lab.picture(Lanes())
    def token(users):
        return {"lanes": {"read": (("weights", 4e-3 * users),)}}

    @lab.measured(token, profile="ideal")
    def tokens(users):
        return {OTHER: (users == 1, OTHER.value)}

    lab.box  # noqa: B018
    assert lab.page.measured["tokens"].rows == [told(OTHER, "ideal")]
    json.dumps(lab.program(), allow_nan=False)


# in a browser ---------------------------------------------------------------------------------------------------------

PAGE = """<style>.lab-box [hidden] {{ display: none !important; }} {style}</style>
<div class="lab-box" style="container-type: inline-size; --ink: #111; --paper: #fff; --soft: #555">
<div class="lab-picture-token"><figure class="lab-drawing">
<svg width="500" height="300" viewBox="0 0 500 300" {axes}></svg>
</figure></div><div class="lab-views"><div id="line" style="flex: 1"></div></div></div>"""
START = """async ([source, state]) => {
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    const made = (state) => {
        let held = [];
        return { state, get: (name) => state[name], held: () => held.length,
            on: (names, f) => names.split(" ").forEach((name) => held.push([name, f])),
            off: (names, f) => { held = held.filter(([name, g]) => g !== f || !names.includes(name)); },
            set(name, value) { state[name] = value; held.forEach(([n, f]) => n === "change:" + name && f()); } };
    };
    window.drawn = made({});
    window.model = made(state);
    model.widget_manager = { get_model: async () => drawn };
    const { default: widget } = await import(url);
    window.stop = widget.render({ model, el: document.querySelector("#line") });
    await new Promise((done) => setTimeout(done, 50));
}"""
TIME, ROOF = 'data-time="0.01,250,40"', """data-axes='[["log",1,1000,50,450],["linear",0,10,280,20]]'"""
LATER = "(change) => new Promise((done) => { model.set(...change); setTimeout(done, 50); })"


def shown(page, axes, rows, places):
    """The line of these rows beside a picture with such axes."""
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.set_viewport_size({"width": 600, "height": 700})
    page.set_content(PAGE.format(style=MeasuredLine._css, axes=axes))
    state = {"picture": "token", "drawn": "IPY_MODEL_x", "rows": [told(row) for row in rows], "places": places}
    page.evaluate(START, [str(MeasuredLine._esm), state])
    return errors


@pytest.mark.browser
def test_a_mark_stands_on_the_axis_of_time_and_the_axis_reaches_to_it(page):
    errors = shown(page, TIME, [OTHER, Measurements.torchao_a100], [1, OTHER.value, math.nan, 0, 0.0105, math.nan])
    assert page.locator(".lab-mark").count() == 1
    sign = page.locator(".lab-mark-sign").get_attribute("transform")
    assert sign == f"translate({500 * OTHER.value / 0.01} 250)"
    assert page.locator(".lab-mark-line").get_attribute("d").endswith("40V250")
    assert page.evaluate("drawn.state.reach") == OTHER.value
    assert page.locator(".lab-measured-words").inner_text() == told(OTHER)["short"]
    page.evaluate(LATER, ["places", [0, OTHER.value, math.nan, 0, 0.0105, math.nan]])
    assert page.locator(".lab-mark").count() == 0 and page.evaluate("drawn.state.reach") == 0
    assert page.locator(".lab-measured-words").inner_text() == "Measured at other settings"
    page.evaluate("stop()")
    assert page.evaluate("model.held()") == 0 and page.locator(".lab-marks").count() == 0 and errors == []


@pytest.mark.browser
def test_a_hand_at_a_mark_hears_of_it_and_a_press_tells_all(page):
    rows = [Measurements.product_h100_8, Measurements.product_h100_33]
    shown(page, ROOF, rows, [1, 10, 5, 1, 1e6, 5])
    boxes = [mark.get_attribute("transform") for mark in page.locator(".lab-mark-sign").all()]
    assert boxes[0].startswith("translate(183.3") and boxes[1].startswith("translate(450 150")
    words, count = page.locator(".lab-measured-words"), page.locator(".lab-measured-count")
    assert (words.inner_text(), count.inner_text()) == (told(rows[0])["short"], "+1")
    page.locator(".lab-mark-hand").nth(1).hover()
    assert (words.inner_text(), count.inner_text()) == (told(rows[1])["short"], "")
    assert page.locator(".lab-mark-pointed").count() == 1
    page.locator(".lab-mark-hand").nth(1).click()
    card = page.locator(".lab-measured-card")
    said = card.locator(".lab-measured-says").all_text_contents()
    assert card.is_visible() and [text.replace("\u00a0", " ") for text in said] == [
        told(row)["says"] for row in reversed(rows)]
    assert card.locator("a").first.get_attribute("href") == rows[1].source.url


@pytest.mark.browser
def test_it_is_read_with_the_keyboard_alone(page):
    shown(page, TIME, [OTHER], [1, OTHER.value, math.nan])
    line, card = page.locator(".lab-measured-line"), page.locator(".lab-measured-card")
    assert told(OTHER)["says"] in line.get_attribute("aria-label") and "torchao" in line.get_attribute("aria-label")
    line.focus()
    page.keyboard.press("Enter")
    assert card.is_visible() and line.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.href") == OTHER.source.url
    page.keyboard.press("Escape")
    assert card.is_hidden() and page.evaluate("document.activeElement.className") == "lab-measured-line"


@pytest.mark.browser
def test_where_nothing_was_measured_it_says_where_it_was(page):
    shown(page, TIME, [OTHER], [0, OTHER.value, math.nan])
    page.locator(".lab-measured-line").click()
    item, = page.locator(".lab-measured-rest li").all()
    assert item.inner_text().replace("\u00a0", " ") == "H100 SXM · 1 user · 5 tokens in, 200 out: 7.88 ms/token"


@pytest.mark.browser
def test_on_paper_all_of_it_is_read(page):
    shown(page, TIME, [OTHER], [1, OTHER.value, math.nan])
    assert page.locator(".lab-measured-card").is_hidden()
    page.emulate_media(media="print")
    assert page.locator(".lab-measured-card").is_visible()
    page.emulate_media(media="screen")


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 368, 800])
def test_it_is_no_wider_than_the_page(page, width):
    shown(page, TIME, [OTHER], [1, OTHER.value, math.nan])
    page.set_viewport_size({"width": width, "height": 700})
    page.locator(".lab-measured-line").click()
    card = page.locator(".lab-measured-card").bounding_box()
    assert card["x"] >= 0 and card["x"] + card["width"] <= width


def test_a_plot_says_what_its_axes_are():
    made, _ = Plot.example()
    assert made.widget.children[0].axes == [["log", 512.0, 8192.0], ["log", 1.0, 1000.0]]
