"""The roofline in a real browser: positions on logarithmic axes, sentences, labels with room, hostile numbers."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from bare_page import NOTHING, Shown
from drawings import B200, ENGINE, FOUR, H100

from mlsysim_labs import Lab
from mlsysim_labs.pictures.roofline import Roofline
from mlsysim_labs.reactive.trace import run
from solver import PRECISIONS, Hardware
from solver.formulas.roofline import peak

CORNER = {"labels": ["decode", "prefill", "a", "b"], "intensity": [1e-3, 1e7, 8e4, 8e4],
          "rate": [1e9, 4.5e15, 4.5e15, 4.4e15]}
TOGETHER = {"intensity": [100.0] * 4, "rate": [20e12] * 4, "labels": ["one", "two", "three", "four"]}
ALWAYS = ("peak", "bandwidth", "engine_peak", "engine_bandwidth", "ghost_peak", "ghost_bandwidth", "engine", "chip",
          "intensity", "rate", "says")  # are written, whatever a function leaves out
SENTENCES = [
    ({"labels": ["decode"]}, "Decode is memory-bound: 1.0 FLOP/B, left of the ridge at 295."),
    ({"labels": ["prefill"], "intensity": [1847.0], "rate": [989.4e12]},
     "Prefill is compute-bound: 1,847 FLOP/B, right of the ridge at 295."),
    ({"labels": ["mixed"], "intensity": [295.2], "rate": [600e12]},
     "Mixed is balanced: 295 FLOP/B, on the ridge at 295."),
    (FOUR, "Decode is memory-bound.\nPrefill is memory-bound."),
    ({"intensity": [1.0, None]}, "Decode is memory-bound.\nPrefill has no value."),
    ({"labels": []}, "The ridge is at 295 FLOP/B."),
    ({"says": "Half of {n:,}.", "said": [2.0], "said_names": "n"}, "Half of 2."),
]


@pytest.fixture
def roofline(page):
    shown = Shown(page, Roofline, **H100)
    yield shown
    assert shown.errors == []


def scales(shown):
    """Where a number is along each axis, from the grid lines of powers of ten."""
    lines = shown.page.evaluate("""() => [...document.querySelectorAll(".lab-drawing-grid")].map(
        (e) => e.getAttribute("d").match(/[-.\\d]+/g).map(Number).slice(0, 2))""")
    (left, top), (right, _), (_, bottom) = lines[0], lines[6], lines[7]
    return (lambda x: left + (math.log10(x) + 1) / 6 * (right - left),
            lambda y: bottom - (math.log10(y) - 11) / 5 * (bottom - top))


def roof(shown, part="roof"):
    return shown.at(f".lab-roofline-{part}")[0]


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1400])
def test_roof_and_points_are_where_their_numbers_are(roofline, width):
    roofline.resize(width)
    for traits in ({}, ENGINE, B200):
        v = H100 | traits
        roofline.set(**v)
        px, py = scales(roofline)
        corner = (px(v["peak"] / v["bandwidth"]), py(v["peak"]))
        assert roof(roofline) == pytest.approx(corner, abs=0.1) == roof(roofline, "corner")
        points = roofline.at(".lab-roofline-point")[:2]
        assert points == [pytest.approx((px(x), py(y)), abs=0.1)
                          for x, y in zip(v["intensity"], v["rate"], strict=True)]
        assert roofline.seen(".lab-roofline-engine") == [traits is ENGINE]
    roofline.set(**(H100 | ENGINE))
    assert roof(roofline, "engine") == pytest.approx((px(640 / 2.7), py(640e12)), abs=0.1)
    slope = roofline.page.locator(".lab-roofline-roof").get_attribute("d")
    x, y = map(float, slope.split("L")[0].removeprefix("M").split())
    assert -y / x == pytest.approx((py(1e11) - py(1e12)) / (px(10) - px(1))), "a decade up for each to the right"


@pytest.mark.browser
def test_what_is_named(roofline):
    roofline.set(**ENGINE)
    said = {text.split(": ", 1)[1] for text in roofline.texts()}
    assert {"NVIDIA H100 SXM", "attained [TFLOP/s]", "arithmetic intensity [FLOP/B]", "memory-bound", "compute-bound",
            "ridge 295 FLOP/B", "989 TFLOP/s", "3.35 TB/s (turned)", "tuned engine", "decode: 2.7 TFLOP/s",
            "prefill: 630 TFLOP/s", "10,000", "0.1"} <= said
    assert roofline.page.locator(".lab-roofline-area").count() == 1, "what can be attained is filled"
    shapes = roofline.page.evaluate("[...document.querySelectorAll('.lab-roofline-point')]"
                                    ".map((e) => [e.getAttribute('d'), getComputedStyle(e).fill])")
    assert all(len(set(look)) == 4 for look in zip(*shapes, strict=True)), "apart by shape, and by colour"


@pytest.mark.browser
def test_points_have_the_colours_of_their_meaning(page):
    shown = Shown(page, Roofline, **(H100 | {"colours": {"decode": "multiply", "prefill": "cache"}}))
    fills = page.evaluate("[...document.querySelectorAll('.lab-roofline-point')].map((e) => getComputedStyle(e).fill)")
    assert fills[:2] == ["rgb(230, 159, 0)", "rgb(0, 158, 115)"] and shown.errors == []


@pytest.mark.browser
@pytest.mark.parametrize("width", [340, 560])
def test_a_chip_as_it_was_sold_is_a_ghost_with_its_name(roofline, width):
    roofline.resize(width)
    for flops, bandwidth in (494.7e12, 3.352e12), (989.4e12, 1.676e12), (494.7e12, 1.676e12), (1e18, 1e10):
        roofline.set(ghost_peak=flops, ghost_bandwidth=bandwidth)
        px, py = scales(roofline)
        assert roof(roofline, "ghost") == pytest.approx((px(flops / bandwidth), py(flops)), abs=0.1)
        assert roofline.seen(".lab-roofline-ghost") == [True]
        assert "as sold" in {text.split(": ", 1)[1] for text in roofline.texts()}
        roofline.assert_texts_inside_and_apart()
    for none in (0.0, float("nan"), None, 989.4e12):
        roofline.set(ghost_peak=none, ghost_bandwidth=3.352e12)
        assert roofline.seen(".lab-roofline-ghost") == [False], "none, or the same"


@pytest.mark.browser
@pytest.mark.parametrize("width, height", [(340, 232), (560, 300), (1400, 300)])
def test_it_is_as_high_as_other_pictures(roofline, width, height):
    roofline.resize(width)
    assert roofline.page.locator("#picture svg").get_attribute("height") == str(height)


@pytest.mark.browser
def test_sentences(roofline):
    for traits, sentence in SENTENCES:
        roofline.set(**(H100 | traits))
        assert roofline.sentence == sentence


@pytest.mark.browser
def test_what_is_no_roof_dims_the_picture_until_it_is_one(roofline):
    before = roof(roofline)
    hostile = [float("nan"), float("inf"), -1.0, 0.0, None, "nan"]
    for trait, value in [*itertools.product(["peak", "bandwidth"], hostile), ("intensity", [0.0, -1.0]),
                         ("rate", [float("nan"), None]), ("rate", [])]:
        roofline.set(**{trait: value})
        assert (roofline.sentence, roofline.dim) == (NOTHING, True), (trait, value)
        assert roof(roofline) == before, "what was drawn stays, dimmed"
        roofline.set(**{trait: H100[trait]})
        assert roofline.sentence.startswith("Decode is memory-bound") and not roofline.dim


@pytest.mark.browser
def test_a_point_or_a_second_roof_without_a_value_is_left_out(roofline):
    for value in (float("nan"), float("inf"), -1.0, 0.0, None):
        roofline.set(intensity=[1.0, value], engine_peak=value, engine_bandwidth=1e12)
        assert roofline.seen(".lab-roofline-point") == [True, False, False, False]
        assert roofline.seen(".lab-roofline-engine") == [False]
        assert not roofline.dim


@pytest.mark.browser
def test_numbers_beyond_the_axes_stand_at_their_ends(roofline):
    roofline.set(**CORNER)
    px, py = scales(roofline)
    assert roofline.at(".lab-roofline-point")[:2] == [pytest.approx((px(0.1), py(1e11))),
                                                      pytest.approx((px(1e5), py(4.5e15)), abs=0.1)]
    said = " ".join(roofline.texts())
    assert "decode: 0.0010 TFLOP/s ←↓" in said and "prefill: 4,500 TFLOP/s →" in said
    for traits in itertools.product([1e300, 1e-300, 5e-324], repeat=2):
        roofline.set(peak=traits[0], bandwidth=traits[1], rate=[1e300, 1e-300, 1.0, 1.0], **ENGINE)
        assert not roofline.dim
        roofline.assert_texts_inside_and_apart()
        assert all(map(math.isfinite, roof(roofline)))


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 800, 1400])
def test_texts_stay_inside_and_apart(roofline, width):
    roofline.resize(width)
    for traits in ({}, ENGINE, ENGINE | FOUR, B200 | CORNER, ENGINE | TOGETHER,
                   {"chip": "a chip whose name is longer than a telephone is wide", "labels": ["decode" * 20]}):
        roofline.set(**(H100 | traits))
        roofline.assert_texts_inside_and_apart()


@pytest.mark.browser
def test_labels_keep_apart_while_points_move(roofline):
    roofline.resize(360)
    for batch in np.geomspace(1, 512, 12):
        rate = min(2.6e12 * batch, 600e12)
        roofline.set(**ENGINE, intensity=[float(batch), 8.0 * batch], rate=[rate, min(8 * rate, 610e12)])
        roofline.assert_texts_inside_and_apart()


@pytest.mark.browser
def test_axes_of_other_decades(page):
    shown = Shown(page, Roofline, **(H100 | {"x_limits": (1e-8, 1e12), "y_limits": (1e6, 1e10), "peak": 1e9,
                                             "bandwidth": 1e8, "rate": [1e8, 9e8], "chip": ""}))
    shown.resize(360)
    shown.assert_texts_inside_and_apart()
    assert "attained [MFLOP/s]" in " ".join(shown.texts()) and shown.errors == []


def test_a_lab_writes_roof_and_points():
    lab, picture = Lab(), Roofline()
    lab.choice("device", Hardware.Cloud, start=Hardware.Cloud.H100)
    lab.slider("batch", 1, 64, start=1, scale="log2")

    @lab.picture(picture)
    def roof(device, batch):
        rate = np.minimum(batch * device.bandwidth, peak(device, PRECISIONS["fp16"]))
        return {"chip": device, "peak": peak(device, PRECISIONS["fp16"]), "bandwidth": device.bandwidth,
                "points": {"decode": (batch, rate), "prefill": (2048.0, rate)}}

    lab.check()
    assert picture.labels == ["decode", "prefill"] and lab.pictures["roof"].picture.widget is picture
    said = run(lab.program(), {"device": 0, "batch": 0})
    assert [len(said[f"0.{trait}.array"]) for trait in ("intensity", "rate")] == [2, 2]
    assert picture.traits(sync=True).keys() >= set(ALWAYS) <= {t.trait for t in picture.targets({"peak": 1.0})}
    assert {target.trait for target in lab.pictures["roof"].targets if target.vital} == {
        "peak", "bandwidth", "intensity", "rate"}


@pytest.mark.parametrize("act, error, says", [
    (lambda: Roofline(peek=1.0), TypeError, "a Roofline has no 'peek'.*peak"),
    (lambda: Roofline(x_limits=(0, 1)), ValueError, "x_limits of a Roofline are positive"),
    (lambda: Roofline(y_limits=(1.0, float("inf"))), ValueError, "ten times apart"),
    (lambda: Roofline(colours={"decode": "wieghts"}), ValueError, "'decode' in a Roofline .*weights"),
    (lambda: Roofline(labels=list("abcde")), ValueError, "at most 4, not 5"),
    (lambda: Roofline().targets({"point": {}}), TypeError, "Did you mean points"),
    (lambda: Roofline().targets([1.0]), TypeError, "a dict of peak.*returned list"),
    (lambda: Roofline().targets({"points": {"a": (1.0, np.ones(3))}}), TypeError, r"'a' .* \(intensity, rate\)"),
    (lambda: Roofline().targets({"points": {"a": 1.0}}), TypeError, "each a single number"),
    (lambda: Roofline().targets({"points": [1.0]}), TypeError, "a dict of labels")])
def test_mistakes_are_explained(act, error, says):
    with pytest.raises(error, match=says):
        act()
