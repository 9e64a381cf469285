"""A request that plays: sent, paused, scrubbed, slowed, and stopped by what changes it."""

from __future__ import annotations

import pytest
from bare_page import FRAME, Shown
from drawings import NAN, REQUEST, STEP, slots
from waiting import until_holds

from mlsysim_labs.pictures.lanes import Lanes

SHORT = {"lengths": slots((0.004, 0.02)), "finish": 0.024, "tokens": [64.0, 5.0], "ticks": 0.005}


@pytest.fixture
def played(page):
    page.set_viewport_size({"width": 560, "height": 500})
    shown = Shown(page, Lanes, **STEP | REQUEST | SHORT | {"slow": 20.0, "playing": False, "played": False})
    page.add_style_tag(content="body { margin: 0; }")
    page.evaluate(f"async () => {{ {FRAME} }}")  # it has seen its width
    yield shown
    assert shown.errors == []


def press(shown, name):
    shown.page.get_by_role("button", name=name, exact=True).click()


def words(shown):
    return [text.split(": ", 1)[1] for text in shown.texts()]


def filled(shown):
    """How many squares of prompt and answer are filled."""
    return shown.page.evaluate("""() => ["multiply", "weights"].map((kind) => {
        const d = document.querySelector(`path[fill$="square-${kind})"]`)?.getAttribute("d") ?? "";
        return [...d.matchAll(/h([\\d.]+)v([\\d.]+)/g)].reduce((sum, [, w, h]) => sum + w * h / 64, 0);
    })""")


def reached(shown, name, value):
    def check():
        assert shown.page.evaluate("(name) => picture.read(name)", name) is value
    until_holds(shown.page, check)


@pytest.mark.browser
def test_at_rest_all_is_there(played):
    assert {"24.0 ms", "done", "prompt · 64 tokens", "answer · 5 tokens"} <= set(words(played))
    assert filled(played) == [64, 5]


@pytest.mark.browser
def test_sent_it_plays_to_the_end_and_says_so(played):
    press(played, "Send")
    reached(played, "playing", True)
    assert played.page.evaluate("picture.read('played')") is False
    reached(played, "played", True)
    assert (played.told("playing"), played.told("played")) == ([True, False], [False, True])
    assert "done" in words(played) and filled(played) == [64, 5]


@pytest.mark.browser
def test_it_can_be_started_and_stopped_from_outside(played):
    played.set(**REQUEST)
    played.set(playing=True)
    played.page.get_by_role("button", name="Pause").wait_for()
    played.set(playing=False)
    played.page.get_by_role("button", name="Go on").wait_for()
    played.set(**SHORT)
    played.set(playing=True)
    reached(played, "played", True)
    assert played.page.evaluate("picture.read('playing')") is False


@pytest.mark.browser
def test_space_pauses_and_goes_on(played):
    played.set(**REQUEST)
    played.page.get_by_role("button", name="Send").focus()
    played.page.keyboard.press("Space")
    reached(played, "playing", True)
    played.page.wait_for_timeout(100)
    played.page.keyboard.press("Space")
    reached(played, "playing", False)
    before = words(played)
    played.page.wait_for_timeout(100)
    assert words(played) == before and "reading the prompt" in before
    assert filled(played)[1] == 0
    press(played, "20× slower")
    press(played, "Go on")
    reached(played, "played", True)


@pytest.mark.browser
def test_a_change_stops_it_and_shows_the_new_playedwhole(played):
    played.set(**REQUEST)
    press(played, "Send")
    reached(played, "playing", True)
    played.set(says="A sentence alone is no other request.")
    assert played.page.evaluate("picture.read('playing')") is True
    played.set(lengths=slots((0.12, 1.16)), finish=1.28)
    reached(played, "playing", False)
    assert {"1.28 s", "done", "Send"} <= {*words(played), played.page.get_by_role("button").first.inner_text()}
    assert True not in played.told("played")
    last = played.page.locator("rect.lab-paint-plain").last
    assert float(last.get_attribute("width")) == pytest.approx(1.22 / 2 * 560), "the last request stays as a bar"


@pytest.mark.browser
def test_the_cursor_is_dragged(played):
    played.set(**SHORT)
    mouse, end = played.page.mouse, 0.05
    grip = played.page.locator("circle.lab-lanes-grip").bounding_box()
    y = grip["y"] + 8
    mouse.move(grip["x"] + 8, y)
    mouse.down()
    for t, squares, said in [(0.00201, [32, 0], "reading the prompt"), (0.0045, [64, 1], "1 token written"),
                             (0.0145, [64, 3], "3 tokens written"), (0.04, [64, 5], "done"), (-1, [0, 0], "0 ms")]:
        mouse.move(max(0.0, t) / end * 560, y)
        assert filled(played) == squares and said in words(played)
    mouse.up()
    assert played.told("grabbed") == [], "time is of this view alone"


@pytest.mark.browser
def test_with_less_motion_it_is_at_its_end_at_once(played):
    played.page.emulate_media(reduced_motion="reduce")
    press(played, "Send")
    assert (played.told("playing"), played.told("played")) == ([True, False], [False, True])


@pytest.mark.browser
def test_more_tokens_than_room_are_several_a_square(played):
    played.set(tokens=[65536.0, 256.0])
    assert {"prompt · 65,536 tokens, 256 a square", "answer · 256 tokens, 256 a square"} <= set(words(played))
    played.set(tokens=[NAN, 0.0])
    assert not any("prompt" in text for text in words(played))
    played.page.evaluate("picture.stop()")
    assert played.page.get_by_role("button").count() == 0 and played.page.evaluate("picture.held()") == []
