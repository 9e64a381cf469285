"""The timeline in a real browser: blocks and ticks to scale, sentences, hostile numbers."""

from __future__ import annotations

import itertools

import pytest
from bare_page import NOTHING, Shown
from drawings import ONE, TWO

from mlsysim_labs import Lab
from mlsysim_labs.pictures.timeline import Timeline
from mlsysim_labs.reactive.trace import run

SENTENCES = [
    (ONE, "4.14 s in all: 60 ms until the first token, then 255 steps of 16 ms: 99 % is decode."),
    ({"tokens": [2.0]}, "76 ms in all: 60 ms until the first token, then 1 step of 16 ms: 21 % is decode."),
    ({"tokens": [1.0]}, "60 ms in all: prefill alone."),
    ({"tokens": [0.0]}, "60 ms in all: prefill alone."),
    ({"ttft": [0.0]}, "4.08 s in all: 0 ms until the first token, then 255 steps of 16 ms: 100 % is decode."),
    ({"ttft": [120.0], "itl": [0.0]},
     "120 s in all: 120 s until the first token, then 255 steps of 0 ms: 0 % is decode."),
    ({"tokens": [100_000.0]},
     "1,600 s in all: 60 ms until the first token, then 99,999 steps of 16 ms: 100 % is decode."),
    (TWO, "At best: 4.14 s in all: 60 ms until the first token, then 255 steps of 16 ms: 99 % is decode.\n"
          "Tuned engine: 6.24 s in all, 1.51 times as long as at best: 120 ms until the first token, then 255 steps of "
          "24 ms: 98 % is decode."),
    (TWO | {"itl": [0.016, 0.001]},
     "At best: 4.14 s in all: 60 ms until the first token, then 255 steps of 16 ms: 99 % is decode.\n"
     "Tuned engine: 375 ms in all, 9.1 % as long as at best: 120 ms until the first token, then 255 steps of 1.0 ms: "
     "68 % is decode."),
    (TWO | {"itl": [None, 0.024]},
     "At best: no value.\n"
     "Tuned engine: 6.24 s in all: 120 ms until the first token, then 255 steps of 24 ms: 98 % is decode."),
]


@pytest.fixture
def timeline(page):
    shown = Shown(page, Timeline, **ONE)
    yield shown
    assert shown.errors == []


def blocks(shown):
    """Left edge and width of prefill and decode of each row that is seen, as shares of the axis."""
    return shown.page.evaluate("""() => {
        const [, left, right] = document.querySelector("svg > .lab-drawing-axis").getAttribute("d")
            .match(/M([-.\\d]+) .*H([-.\\d]+)/).map(Number);
        const rows = [...document.querySelectorAll(".lab-timeline-row")];
        return rows.filter((row) => getComputedStyle(row).visibility === "visible").map((row) => ["prefill", "decode"]
            .flatMap((part) => {
                const e = row.querySelector(".lab-timeline-" + part);
                const [x, w] = ["x", "width"].map((name) => +e.getAttribute(name));
                return [(x - left) / (right - left), w / (right - left)];
            }));
    }""")


def ticks(shown, row=0):
    d = shown.page.locator(".lab-timeline-ticks").nth(row).get_attribute("d")
    return [float(piece.split()[0]) for piece in d.split("M")[1:]]


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1400])
def test_blocks_are_drawn_to_scale(timeline, width):
    timeline.resize(width)
    for traits in (ONE, TWO, {"tokens": [16.0, 16.0]}, {"ttft": [1.2, 12.8]}, {"tokens": [1.0, 0.0]}):
        timeline.set(**traits)
        state = timeline.page.evaluate("Object.fromEntries(['ttft', 'itl', 'tokens'].map((k) => [k, picture.read(k)]))")
        rows = list(zip(*state.values(), strict=True))
        ends = [ttft + max(tokens - 1, 0) * itl for ttft, itl, tokens in rows]
        expected = [[0, ttft / max(ends), ttft / max(ends), (end - ttft) / max(ends)]
                    for (ttft, *_), end in zip(rows, ends, strict=True)]
        assert blocks(timeline) == [pytest.approx(row, abs=1e-4) for row in expected]


@pytest.mark.browser
def test_each_token_has_a_tick_and_crowded_ones_are_thinned_in_all_rows_alike(timeline):
    timeline.set(tokens=[64.0])
    left, right = 8, timeline.page.locator("#picture svg").bounding_box()["width"] - 8
    total = 0.06 + 63 * 0.016
    assert ticks(timeline) == [pytest.approx(left + (0.06 + n * 0.016) / total * (right - left), abs=0.06)
                               for n in range(1, 64)]
    assert "a tick is a token" in " ".join(timeline.texts())
    timeline.set(tokens=[5000.0])
    total = 0.06 + 4999 * 0.016
    assert ticks(timeline) == [pytest.approx(left + (0.06 + (n - 1) * 0.016) / total * (right - left), abs=0.06)
                               for n in range(100, 5001, 100)]
    assert "a tick is 100 tokens" in " ".join(timeline.texts())
    timeline.set(**(TWO | {"tokens": [2000.0, 500.0]}))
    assert "a tick is 10 tokens" in " ".join(timeline.texts())
    assert (len(ticks(timeline)), len(ticks(timeline, 1))) == (200, 50)
    timeline.set(tokens=[1e6, 2.0], itl=[0.01, 0.01])
    assert "a tick is 10,000 tokens" in " ".join(timeline.texts()) and ticks(timeline, 1) == []


@pytest.mark.browser
def test_the_axis_has_few_round_marks_in_a_fit_unit(timeline):
    def marks():
        texts = [text.split(": ", 1)[1] for text in timeline.texts()]
        return texts[:texts.index(next(t for t in texts if t.startswith("time since")))]

    for total, width, expected in [
            (4.14, 360, ["0", "1", "2", "3", "4", "[s]"]), (0.95, 360, ["0", "200", "400", "600", "800", "[ms]"]),
            (1.2, 800, ["0", "0.2", "0.4", "0.6", "0.8", "1", "1.2", "[s]"]),
            (3000.0, 360, ["0", "1,000", "2,000", "3,000", "[s]"])]:
        timeline.resize(width)
        timeline.set(ttft=[total], tokens=[1.0])
        title = next(text for text in timeline.texts() if "time since the request" in text)
        assert [*marks(), title.split()[-1]] == expected


@pytest.mark.browser
def test_sentences(timeline):
    for traits, sentence in SENTENCES:
        timeline.set(**(ONE | traits))
        assert timeline.sentence == sentence


@pytest.mark.browser
def test_what_is_no_time_dims_the_picture_until_it_is_one(timeline):
    before = blocks(timeline)
    for trait, value in [*itertools.product(["ttft", "itl", "tokens"], [float("nan"), float("inf"), -1.0, None, "nan"]),
                         ("ttft", []), ("labels", [])]:
        timeline.set(**{trait: [value] if value != [] else []})
        assert (timeline.sentence, timeline.dim) == (NOTHING, True), (trait, value)
        assert blocks(timeline) == before, "what was drawn stays, dimmed"
        timeline.set(**{trait: ONE[trait]})
        assert timeline.sentence.startswith("4.14 s in all") and not timeline.dim
    timeline.set(ttft=[0.0], itl=[0.0])
    assert timeline.dim, "no time at all has no scale"


@pytest.mark.browser
def test_numbers_beyond_sense_are_drawn(timeline):
    for ttft, itl, tokens in itertools.product([1e300, 1e-300, 0.0, 5e-324], [1e-300, 1e300, 0.05], [1e300, 2.0, 2.5]):
        timeline.set(ttft=[ttft], itl=[itl], tokens=[tokens])
        if not timeline.dim:
            timeline.assert_texts_inside_and_apart()
            assert len(ticks(timeline)) < 400
    timeline.set(ttft=[1e308], itl=[1e308], tokens=[3.0])
    assert timeline.dim, "the sum is infinite"


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 800, 1400])
def test_texts_stay_inside_and_apart(timeline, width):
    timeline.resize(width)
    for traits in (ONE, TWO, {"ttft": [0.01, 12.8]}, {"ttft": [1.0, 1.0], "tokens": [1.0, 60.0]},
                   {"ttft": [12.8, 0.003, 0.5, 3.0], "itl": [0.01, 0.001, 0.001, None],
                    "tokens": [1.0, 16.0, 2048.0, 1.0],
                    "labels": ["one token", "short", "a label that is longer than a telephone is wide", "d"]}):
        timeline.set(**traits)
        timeline.assert_texts_inside_and_apart()


def test_a_lab_writes_rows():
    lab, picture = Lab(), Timeline()
    lab.slider("answer", 1, 1024, start=256, scale="log2")

    @lab.picture(picture)
    def request(answer):
        return {"at best": (0.03, 0.005, answer), "tuned engine": (0.05, 0.009, answer)}

    lab.check()
    assert picture.labels == ["at best", "tuned engine"] and lab.pictures["request"].picture.widget is picture
    said = run(lab.program(), {"answer": 0})
    assert {key: list(value) for key, value in said.items() if key.startswith("0.")} == {
        "0.ttft.array": [0.03, 0.05], "0.itl.array": [0.005, 0.009], "0.tokens.array": [1.0, 1.0]}


@pytest.mark.parametrize("act, error, says", [
    (lambda: Timeline(tfft=[1.0]), TypeError, "a Timeline has no 'tfft'.*ttft"),
    (lambda: Timeline().targets(dict.fromkeys("abcde", (1, 1, 1))), ValueError, "at most 4, not 5"),
    (lambda: Timeline().targets({"a": (1.0, 2.0)}), TypeError, r"'a' in a Timeline is \(ttft, itl, tokens\)"),
    (lambda: Timeline().targets((1.0, 2.0, 3.0)), TypeError, "a dict of labels, but this one returned tuple")])
def test_mistakes_are_explained(act, error, says):
    with pytest.raises(error, match=says):
        act()
