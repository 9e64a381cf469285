"""Lanes of time in a real browser: lengths to scale, an axis that stays under the hand, what is guessed, sentences."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from bare_page import FRAME, NOTHING, Shown
from drawings import DIVIDER, FLAG, NAN, REQUEST, STEP, slots

from mlsysim_labs import Lab
from mlsysim_labs.pictures.lanes import Lanes
from mlsysim_labs.reactive.trace import run

SOLD = {"ghost": [4.5e-3, 3e-3, NAN]}
CACHES = {"lengths": slots((4e-3, 3e-2), (1e-2,)), "finish": 3.4e-2}
WORK = {"lengths": slots((4e-3, 5e-4), (9e-3,)), "finish": 9e-3}


@pytest.fixture
def lanes(page):
    page.set_viewport_size({"width": 560, "height": 500})
    shown = Shown(page, Lanes, **STEP)
    page.add_style_tag(content="body { margin: 0; }")
    page.evaluate(f"async () => {{ {FRAME} }}")  # it has seen its width
    yield shown
    assert shown.errors == []


def bars(shown):
    """Start and width in pixels of what is seen of each lane: intervals, what waits, and the ghost."""
    return shown.page.evaluate("""() => [...document.querySelectorAll(".lab-lanes-lane")]
        .filter((lane) => getComputedStyle(lane).visibility === "visible")
        .map((lane) => [...lane.querySelectorAll("rect")]
            .filter((e) => getComputedStyle(e).visibility === "visible")
            .map((e) => ["x", "width"].map((name) => +e.getAttribute(name))))""")


def axis(shown):
    """The texts of the axis, of which the last has its end."""
    return [text.split(": ", 1)[1] for text, box in shown.texts().items() if box[3] > 275]


def words(shown):
    return [text.split(": ", 1)[1] for text in shown.texts()]


def drag(shown, selector, *places):
    """Take a thing in the middle, and go to places across the picture; what it has asked for."""
    mouse, box = shown.page.mouse, shown.page.locator(selector).bounding_box()
    mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    mouse.down()
    for place in places:
        mouse.move(place, box["y"] + 20)
    mouse.up()
    return shown.told("grabbed")


@pytest.mark.browser
def test_lengths_are_to_scale(lanes):
    for width in (340, 560, 900):
        lanes.resize(width)
        for traits, end in ((CACHES, 5e-2), (WORK, 1e-2), (STEP, 1e-2)):
            lanes.set(**STEP | traits)
            found = (STEP | traits)["lengths"]
            px = [length / end * width for length in found]
            read, multiply = bars(lanes)
            assert read[:2] == [pytest.approx([0, px[0]]), pytest.approx([px[0], px[1]])]
            assert multiply[0] == pytest.approx([0, max(1.5, px[4])])


@pytest.mark.browser
def test_what_is_done_sooner_waits_and_is_hatched(lanes):
    done = 4.5e-3 / 5e-3 * 560
    read, multiply = bars(lanes)
    assert len(read) == 2 and multiply[1] == pytest.approx([0.02 / 5 * 560, done - 0.02 / 5 * 560])
    assert "waiting" in words(lanes)
    lanes.set(**WORK)
    read, multiply = bars(lanes)
    assert len(multiply) == 1 and len(read) == 3
    lanes.set(**STEP | FLAG)
    assert [len(lane) for lane in bars(lanes)] == [1], "a lane alone waits for nobody"


@pytest.mark.browser
def test_the_chip_as_sold_stays_as_an_outline(lanes):
    assert "dashed: as sold" not in words(lanes)
    lanes.set(lengths=slots((2e-3, 5e-4), (2e-5,)), finish=2.5e-3, **SOLD)
    assert [lane[-1][1] for lane in bars(lanes)] == [pytest.approx(4.5 / 5 * 560 - 1), pytest.approx(3 / 5 * 560 - 1)]
    assert "dashed: as sold" in words(lanes)


@pytest.mark.browser
def test_where_it_does_not_fit_nothing_is_ever_done(lanes):
    finish, never = ".lab-lanes-finish", "✗ never done: it does not fit"
    assert lanes.seen(finish) == [True] and never not in words(lanes)
    lanes.set(fits=0.0)
    assert lanes.seen(finish) == [False] and never in words(lanes)
    lanes.set(fits=1.0)
    assert lanes.seen(finish) == [True] and never not in words(lanes)


@pytest.mark.browser
def test_the_axis_does_not_change_under_the_hand(lanes):
    assert axis(lanes) == ["0", "1", "2", "3", "4", "5 ms"]

    def stands_at(finish):
        lanes.set(lengths=slots((finish, 0), (1e-5,)), finish=finish)
        return axis(lanes)[-1]

    lanes.page.mouse.move(300, 20)
    lanes.page.mouse.down()
    assert [stands_at(t) for t in (4.99e-3, 3e-3, 1.7e-3)] == ["5 ms"] * 3
    assert stands_at(5.1e-3) == "10 ms", "what leaves it is shown at once"
    assert [stands_at(t) for t in (4.9e-3, 5.1e-3, 3.4e-3)] == ["10 ms"] * 3, "and it does not go back and forth"
    assert stands_at(3.3e-3) == "5 ms", "nor is a third of it all"
    assert stands_at(1.8e-3) == "5 ms"
    lanes.page.mouse.up()
    lanes.page.wait_for_timeout(400)
    assert axis(lanes) == ["0", "0.5", "1", "1.5", "2 ms"], "when the hand has let go, it settles"


@pytest.mark.browser
def test_a_flag_waits_beside_the_bar_until_it_is_dragged(lanes):
    lanes.set(**STEP | FLAG)
    assert {"?", "Drag the flag to where the token is done.", "4.48 ms", "one token, on the H100 as sold"} <= set(
        words(lanes))
    asked = drag(lanes, ".lab-lanes-flag .lab-hand", 250.88, -40, 900)
    assert [name for name, _ in asked] == ["guess"] * 3
    assert [t for _, t in asked] == pytest.approx([2.24e-3, 5e-3 / 560, 5e-3], rel=1e-3)
    lanes.set(guess=2.24e-3)
    assert "2.24 ms" in words(lanes) and "?" not in words(lanes)
    box = lanes.page.locator(".lab-lanes-flag .lab-hand").bounding_box()
    assert box["width"] >= 44 and box["height"] >= 44
    assert box["x"] + box["width"] / 2 == pytest.approx(250.88, abs=0.1)
    lanes.set(**STEP | {"guess": 2.24e-3, "asked": "guess"})
    assert {"your flag", "token done: 4.50 ms", "read · 4.50 ms", "multiply · 20.0 µs"} <= set(words(lanes))
    assert lanes.seen(".lab-lanes-flag .lab-hand") == [False], "after the lock nothing is dragged"


@pytest.mark.browser
def test_a_divider_waits_in_the_middle_until_it_is_dragged(page):
    shown = Shown(page, Lanes, **STEP | DIVIDER)
    page.set_viewport_size({"width": 560, "height": 500})
    page.add_style_tag(content="body { margin: 0; }")
    assert {"?", "Drag the divider to where reading ends.", "send", "last token"} <= set(words(shown))
    assert axis(shown) == [] and not page.locator(".lab-lanes-play").is_visible(), "no time, which would tell"
    asked = drag(shown, ".lab-lanes-parted .lab-hand", 56, -40, 700)
    assert asked == [["guess_share", pytest.approx(share)] for share in (0.5, 0.1, 0, 1)]
    for share, said in ((0.5, {"reading 50 %", "writing 50 %"}), (0.049, {"reading 4.9 %", "writing 95.1 %"})):
        shown.set(guess_share=share)
        assert said <= set(words(shown)) and "?" not in words(shown)
    shown.set(**STEP | REQUEST | {"guess_share": 0.5})
    assert {"your divider", "writing · 1.16 s", "↑ reading · 60.0 ms", "done", "1.22 s"} <= set(words(shown))
    assert shown.errors == []


@pytest.mark.browser
def test_sentences(lanes):
    assert lanes.sentence == "Everybody waits for the longer lane, read: 4.50 ms."
    lanes.set(**WORK)
    assert lanes.sentence == "Everybody waits for the longer lane, multiply: 9.00 ms."
    lanes.set(says="{n:user}: {wait:time}.", said_names="n wait", said=[3, 4.48e-3])
    assert lanes.sentence == "3 users: 4.48 ms."
    lanes.set(**STEP | FLAG)
    assert lanes.sentence == "One token, on the H100 as sold: 4.48 ms."


@pytest.mark.browser
@pytest.mark.parametrize("width", [340, 560, 900])
def test_texts_stay_inside_and_apart(lanes, width):
    lanes.resize(width)
    flags = [{"asked": "guess", "guess": t} for t in (NAN, 1e-5, 2.4e-3, 4.4e-3)]
    for traits, flag in itertools.product((STEP, SOLD, CACHES, WORK, FLAG), flags):
        lanes.set(**STEP | traits | flag)
        lanes.assert_texts_inside_and_apart()


@pytest.mark.browser
@pytest.mark.parametrize("width", [340, 560, 900])
def test_texts_of_a_request_stay_inside_and_apart(page, width):
    shown = Shown(page, Lanes, **STEP | REQUEST)
    shown.resize(width)
    for lengths, tokens, share in itertools.product([(0.06, 1.16), (6, 0.014), (0.004, 0.05), (0.3, 0.3)],
                                                    [(2048.0, 256.0), (65536.0, 4.0)], [NAN, 0.5, 0.03]):
        shown.set(lengths=slots(lengths), finish=sum(lengths), tokens=list(tokens), guess_share=share)
        shown.assert_texts_inside_and_apart()
    for share in (NAN, 0.001, 0.3, 0.97, 1.0):
        shown.set(**DIVIDER | {"guess_share": share})
        shown.assert_texts_inside_and_apart()
    assert shown.errors == []


@pytest.mark.browser
def test_numbers_beyond_sense_are_borne(lanes):
    odd = [NAN, float("inf"), -1.0, 0.0, 5e-324, 1e-300, 1e300, None]
    stages = itertools.cycle((STEP, FLAG, STEP | REQUEST, DIVIDER, STEP))  # of 5: each value meets another one
    single = itertools.product(odd, ("finish", "guess", "guess_share", "posed"))
    for (value, trait), traits in zip(single, stages, strict=False):
        lanes.set(**STEP | traits | {trait: value})
    for (value, trait), traits in zip(itertools.product(odd, ("lengths", "ghost", "tokens")), stages, strict=False):
        lanes.set(**STEP | traits | {trait: [value] * 12})
    for value, traits in itertools.product(odd, (STEP, DIVIDER)):
        lanes.set(**STEP | traits | {"lengths": [value] * 12, "finish": value, "guess": value, "guess_share": value})
        lanes.set(**STEP | traits | {"ticks": value})
    for trait, traits in itertools.product(("lengths", "ghost", "tokens"), (STEP, FLAG, STEP | REQUEST, DIVIDER)):
        lanes.set(**STEP | traits | {trait: []})
    for trait in ("lanes", "kinds"):
        lanes.set(**STEP | {trait: ""})
    lanes.set(**STEP)
    for value in (NAN, float("inf"), -1.0, 0.0, None):
        lanes.set(finish=value)
        assert (lanes.sentence, lanes.dim) == (NOTHING, True)
    lanes.set(**STEP)
    assert not lanes.dim


# what an author gives ------------------------------------------------------------------------------------------------

STATE = {"lanes": {"read": (("weights", 4e-3), ("cache", 5e-4)), "multiply": (("multiply", 2e-5),)}}


def given(data, **constants):
    return {target.trait: target for target in Lanes(**constants).targets(data)}


def test_pose_and_truth_write_the_same_traits():
    pose = {"lanes": {"one token": [("plain", 4.48e-3)]}, "guess": NAN, "posed": 1}
    posed, true = given(pose), given(STATE | {"ghost": {"multiply": 1e-5}, "guess": 2e-3, "tokens": (3, 4)})
    assert set(posed) == set(true)
    for name in ("lengths", "ghost", "tokens"):
        assert np.shape(posed[name].value) == np.shape(true[name].value)
    assert (posed["kinds"].value, true["kinds"].value) == ("plain", "weights cache\nmultiply")
    assert true["lengths"].value.tolist() == slots((4e-3, 5e-4), (2e-5,))
    assert true["finish"].value == pytest.approx(4.5e-3)
    assert true["ghost"].value.tolist() == pytest.approx([NAN, 1e-5, NAN], nan_ok=True)
    assert not posed["finish"].vital and true["finish"].vital


def test_a_lab_follows_its_numbers():
    lab, picture = Lab(), Lanes()
    lab.slider("batch", 1, 1024, start=1)

    @lab.picture(picture)
    def step(batch):
        return {"lanes": {"read": (("weights", 4e-3), ("cache", 1e-5 * batch)),
                          "multiply": (("multiply", 2e-5 * batch),)}}

    lab.check()
    said = run(lab.program(), {"batch": 1024})
    finish = next(value for name, value in said.items() if name.endswith(".finish"))
    assert finish == pytest.approx(2e-5 * 1024) and "read\nmultiply" in [v for v in said.values() if isinstance(v, str)]


def test_its_table_has_lanes_intervals_finish_and_what_else_there_is():
    assert Lanes().table(STATE | {"guess": 2e-3, "also": {"all users [token/s]": 3.0}}) == pytest.approx({
        "read [ms]": 4.5, "read: weights [ms]": 4, "read: cache [ms]": 0.5, "multiply [ms]": 0.02,
        "token done [ms]": 4.5, "all users [token/s]": 3})
    request = {"lanes": {"a": (("multiply", 1.0), ("weights", 2.0))}, "guess_share": 0.5}
    assert Lanes(done="done", plays=True).table(request) == {"reading [ms]": 1000, "writing [ms]": 2000,
                                                             "done [ms]": 3000}


@pytest.mark.parametrize("data, says", [
    ({}, "'lanes' of a Lanes is a dict of up to 3 lanes"),
    ({"lanes": dict.fromkeys("abcd", (("plain", 1.0),))}, "up to 3 lanes"),
    ({"lanes": {"a": ()}}, "the lane 'a' is up to 4 intervals"),
    ({"lanes": {"a": (("plain", 1.0, 2.0),)}}, r"\(kind, seconds\)"),
    ({"lanes": {"a": (("plain", np.ones(2)),)}}, r"\(kind, seconds\)"),
    ({"lanes": {"a": (("weight", 1.0),)}}, "no interval of 'weight'.*weights"),
    (STATE | {"ghost": {"raed": 1.0}}, "no lane 'raed'.*read"),
    (STATE | {"gess": 1.0}, "has no 'gess'.*guess")])
def test_mistakes_are_explained(data, says):
    with pytest.raises(TypeError, match=says):
        Lanes().targets(data)


@pytest.mark.browser
def test_what_is_too_short_to_see_has_a_lens(lanes):
    lanes.set(lengths=slots((4.48e-3,), (14.9e-6,)), finish=4.48e-3)
    hand = lanes.page.locator(".lab-lanes-lens-hand >> visible=true")
    widths = """() => [...document.querySelectorAll(".lab-lanes-lens rect:not(.lab-hand):not(.lab-lanes-lens-frame)")]
        .filter((e) => getComputedStyle(e).visibility === "visible").map((e) => +e.getAttribute("width"))"""
    assert hand.count() == 1 and lanes.page.evaluate(widths) == []
    hand.click()
    thin = bars(lanes)[1][0][1]
    assert lanes.page.evaluate(widths) == [pytest.approx(100 * 14.9e-6 / 5e-3 * 560)] and thin < 2
    assert "×100" in words(lanes)
    hand.click()
    assert lanes.page.evaluate(widths) == []
    lanes.set(lengths=slots((4.48e-3,), (1e-3,)))
    assert hand.count() == 0
