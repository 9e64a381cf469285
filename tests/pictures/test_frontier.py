"""The frontier in a real browser: curves and point on both kinds of axes, sentences, the limit, hostile numbers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from bare_page import NOTHING, Shown

from mlsysim_labs import Lab
from mlsysim_labs.pictures.frontier import Frontier
from mlsysim_labs.reactive.trace import run


def curve(first, each):
    """Rates and throughputs of batches whose ITL [s] is a line."""
    batch = np.geomspace(1, 256, 40)
    return (1 / (first + each * batch)).tolist(), (batch / (first + each * batch)).tolist()


FLOOR, ENGINE, OTHER, NEAR = curve(5e-3, 2.5e-5), curve(9e-3, 6e-5), curve(12e-3, 9e-5), curve(5.2e-3, 2.6e-5)
NONE = {"x2": [], "y2": [], "x3": [], "y3": []}
TWO = NONE | {"labels": ["floor", "tuned engine"], "x0": FLOOR[0], "y0": FLOOR[1], "x1": ENGINE[0], "y1": ENGINE[1],
              "here_x": 66.0, "here_y": 4252.0, "slo": 20.0, "chip": "NVIDIA H100 SXM", "scale": "log",
              "x": "rate for each user [token/s]", "y": "throughput of a chip [token/s]",
              "x_limits": (1, 1000), "y_limits": (10, 1e5)}
FOUR = {"labels": ["floor", "tuned engine", "speculative decoding", "8 bit"], "x2": OTHER[0], "y2": OTHER[1],
        "x3": NEAR[0], "y3": NEAR[1], "slo": 80.0}
LINEAR = {"scale": "linear", "x_limits": (0, 220), "y_limits": (0, 150_000), "slo": 50.0}
GETS = "Here each user gets 66 token/s and the chip makes 4,252: as much as 64 such users get."
SENTENCES = [
    ({}, f"{GETS}\nThat is enough: each user needs 20 token/s."),
    ({"slo": 66.0}, f"{GETS}\nThat is enough: each user needs 66 token/s."),
    ({"slo": 80.0}, f"{GETS}\nThat is too slow: each user needs 80 token/s."),
    *(({"slo": none}, GETS) for none in (0.0, -1.0, None, float("nan"), float("inf"))),
    ({"here_y": 66.0, "slo": 0.0}, "Here each user gets 66 token/s and the chip makes 66."),
]


@pytest.fixture
def frontier(page):
    shown = Shown(page, Frontier, **TWO)
    yield shown
    assert shown.errors == []


def ends(shown) -> list[tuple[float, float]]:
    """Where the curves that are seen begin."""
    return [tuple(p) for p in shown.page.evaluate(
        """() => [...document.querySelectorAll("g .lab-frontier-curve")]
            .filter((e) => getComputedStyle(e).visibility === "visible")
            .map((e) => e.getAttribute("d").match(/[-.\\d]+/g).slice(0, 2).map(Number))""")]


def plot(shown) -> tuple[float, float, float, float]:
    """The edges of the plot: left, right, top, bottom."""
    left, top, bottom, right = shown.page.evaluate(
        "document.querySelector('path.lab-drawing-axis').getAttribute('d').match(/[.\\d]+/g).map(Number)")
    return left, right, top, bottom


@pytest.mark.browser
@pytest.mark.parametrize("traits, of", [({}, math.log10), (LINEAR, float)])
def test_curves_and_point_are_where_their_numbers_are(page, traits, of):
    traits = TWO | traits
    shown = Shown(page, Frontier, **traits)
    (x0, x1), (y0, y1) = ([of(end) for end in traits[name]] for name in ("x_limits", "y_limits"))
    for width in (360, 1400):
        shown.resize(width)
        left, right, top, bottom = plot(shown)
        xs = [left + (of(x) - x0) / (x1 - x0) * (right - left) for x in (66, FLOOR[0][0], ENGINE[0][0], traits["slo"])]
        ys = [bottom - (of(y) - y0) / (y1 - y0) * (bottom - top) for y in (4252, FLOOR[1][0], ENGINE[1][0])]
        assert shown.at(".lab-frontier-here") == [pytest.approx((xs[0], ys[0]), abs=0.1)]
        assert ends(shown) == [pytest.approx(place, abs=0.1) for place in zip(xs[1:3], ys[1:3], strict=True)]
        limit = shown.page.locator(".lab-frontier-limit").get_attribute("d")
        assert float(limit[1:].split()[0]) == pytest.approx(xs[3], abs=0.1)
    assert shown.errors == []


@pytest.mark.browser
def test_sentences_and_names(frontier):
    for traits, sentence in SENTENCES:
        frontier.set(**(TWO | traits))
        assert frontier.sentence == sentence and not frontier.dim
        assert frontier.seen(".lab-frontier-area") == ["needs" in sentence]
    frontier.set(**(TWO | {"slo": 80.0}))
    said = {text.split(": ", 1)[1] for text in frontier.texts()}
    assert {"NVIDIA H100 SXM", "throughput of a chip [token/s] ↑ better", "rate for each user [token/s] → better",
            "floor", "tuned engine", "here: 4,252 token/s, too slow", "too slow for each user", "at least 80 token/s",
            "1e5", "10,000"} <= said
    looks = frontier.page.evaluate("""() => [...document.querySelectorAll("g .lab-frontier-curve")].map((e) => {
        const look = getComputedStyle(e); return [look.stroke, look.strokeDasharray]; })""")
    assert all(len(set(look)) == 4 for look in zip(*looks, strict=True)), "apart by colour, and by dash"


@pytest.mark.browser
def test_what_has_no_value_dims_the_picture_until_it_has_one(frontier):
    before = frontier.at(".lab-frontier-here")
    gone = {"x0": [float("nan")] * 40, "y1": [None] * 40}
    for traits in (*({name: value} for name in ("here_x", "here_y")
                     for value in (float("nan"), float("inf"), 0.0, -1.0, None, "nan")), gone, {"labels": []}):
        frontier.set(**(TWO | traits))
        assert (frontier.sentence, frontier.dim) == (NOTHING, True), traits
        assert frontier.at(".lab-frontier-here") == before, "what was drawn stays, dimmed"
        frontier.set(**TWO)
        assert frontier.sentence.startswith("Here") and not frontier.dim
    frontier.set(x0=gone["x0"])
    assert len(ends(frontier)) == 1 and not frontier.dim, "a curve without a value is left out"


@pytest.mark.browser
def test_texts_stay_inside_and_apart(frontier):
    for traits in ({}, FOUR, FOUR | {"slo": 2.0}, {"slo": 1e6}, {"slo": 1e-6}, {"here_x": 1e9, "here_y": 1e-9},
                   {"labels": ["floor" * 40], "chip": "a chip with a name" * 20}):
        frontier.set(**(TWO | traits))
        for width in (360, 800, 1400):
            frontier.resize(width)
            frontier.assert_texts_inside_and_apart()
            left, right, top, bottom = plot(frontier)
            x, y = frontier.at(".lab-frontier-here")[0]
            assert left <= x <= right and top <= y <= bottom
    frontier.set(**(TWO | {"here_x": 1e9, "here_y": 1e-9}))
    assert "here: 1.0e-9 token/s →↓" in " ".join(frontier.texts())
    linear = Shown(frontier.page, Frontier, **(TWO | FOUR | LINEAR))
    linear.resize(360)
    linear.assert_texts_inside_and_apart()
    assert {"1e5", "1.5e5"} & {text.split(": ", 1)[1] for text in linear.texts()} and linear.errors == []


def test_a_lab_writes_curves_and_point():
    lab, picture = Lab(), Frontier()
    lab.slider("batch", 1, 64, start=8, scale="log2")
    lab.slider("slo", 1, 100, start=20, step=1)
    batches = np.geomspace(1, 64, 9)

    def itl(batch):
        return 5e-3 + 2e-5 * batch

    @lab.picture(picture)
    def tradeoff(batch, slo):
        return {"curves": {"floor": (1 / itl(batches), batches / itl(batches)),
                           "at twice the time": (0.5 / itl(batches), batches / itl(batches) / 2 + 0 * batch)},
                "here": (1 / itl(batch), batch / itl(batch)), "slo": slo}

    lab.check()
    assert picture.labels == ["floor", "at twice the time"]
    said = run(lab.program(), {"batch": 0, "slo": 30})
    assert said["0.here_x"] == pytest.approx(1 / 5.02e-3) == said["0.here_y"] and said["0.slo"] == 30
    for place, share in enumerate((1, 0.5)):
        assert said[f"0.x{place}.array"] == pytest.approx(share / itl(batches))
        assert said[f"0.y{place}.array"] == pytest.approx(share * batches / itl(batches))
    assert {t.trait for t in lab.pictures["tradeoff"].targets if t.vital} == {
        "here_x", "here_y", "x0", "y0", "x1", "y1"}
    table = picture.table(tradeoff(8.0, 20.0))
    assert table["here: throughput of a chip [token/s]"] == pytest.approx(8 / itl(8))
    assert table["limit: rate for each user [token/s]"] == 20 and len(table) == 7


LINE = (np.ones(3), np.ones(3))


@pytest.mark.parametrize("act, error, says", [
    (lambda: Frontier(slow=1.0), TypeError, "a Frontier has no 'slow'.*slo"),
    (lambda: Frontier(scale="log2"), Exception, "log"),
    (lambda: Frontier(x_limits=(0, 10)), ValueError, "x_limits of a Frontier are positive"),
    (lambda: Frontier(scale="linear", y_limits=(5, 5)), ValueError, "the low one first"),
    (lambda: Frontier().targets({"curve": {}}), TypeError, "Did you mean curves"),
    (lambda: Frontier().targets([1.0]), TypeError, "a dict of curves.*returned list"),
    (lambda: Frontier().targets({"curves": {"a": LINE}}), TypeError, "'here' in a Frontier"),
    (lambda: Frontier().targets({"curves": {"a": 1.0}, "here": (1.0, 1.0)}), TypeError, "each an array"),
    (lambda: Frontier().targets({"curves": {"a": (np.ones(2), np.ones(3))}}), TypeError, "2 rates and 3"),
    (lambda: Frontier().targets({"curves": {"a": LINE}, "here": (1.0, np.ones(2))}), TypeError, "a single number"),
    (lambda: Frontier().targets({"curves": dict.fromkeys("abcde", LINE), "here": (1.0, 1.0)}), ValueError,
     "at most 4")])
def test_mistakes_are_explained(act, error, says):
    with pytest.raises(error, match=says):
        act()
