"""What a vessel says: titles, what to try first, captions; that texts stand apart; and how it looks in the dark."""

from __future__ import annotations

import pytest
from vessels import EMPTY, FITS, FULL, GB, GIB, POSED, TOO_BIG, Shown, users_of

SENTENCES = [
    ({"cache": 0, "users": 0}, "61.2 GB of 85.9 GB are free."),
    ({"cache": 137.6 * GB, "users": 0}, "The KV cache does not fit: short by 76.4 GB."),
    ({"cache": GB, "users": 0}, "60.2 GB of 85.9 GB are free."),
    ({}, "All 8 users fit, with 44.0 GB to spare."),
    (users_of(2, 17.2), "Both users fit, with 26.8 GB to spare."),
    (users_of(1, 17.2), "1 user fits, with 44.0 GB to spare."),
    ({"weights": 60.11 * GB}, "All 8 users fit, with nothing to spare."),
    ({"weights": 61 * GB}, "7 users fit; 1 waits outside, short by 0.890 GB."),
    (users_of(40, 17.2), "3 users fit; 37 wait outside, short by 627 GB."),
    (users_of(2, 40), "1 user fits; 1 waits outside, short by 18.8 GB."),
    ({"users": 1, "cache": 70 * GB}, "Nobody fits; 1 waits outside, short by 8.79 GB."),
    ({"users": 1e4, "cache": 1e13}, "61 users fit; 9,939 wait outside, short by 9,940 GB."),
    (TOO_BIG, "The weights alone do not fit: 55.9 GB are missing."),
    (TOO_BIG | POSED, "The weights alone do not fit: 55.9 GB are missing."),
    ({"weights": 80 * GB}, "Weights and reserve together are 2.69 GB too large."),
    ({"weights": 0, "reserve": 0, "capacity": 0.3 * GB, "cache": 3 * (0.1 * GB), "users": 3},
     "All 3 users fit, with nothing to spare."),  # 3 * 0.1 is more than 0.3
    ({"capacity": 80 * GIB, "weights": 15 * GIB, "reserve": 8 * GIB, "cache": 32 * GIB, "unit": "GiB"},
     "All 8 users fit, with 25.0 GiB to spare."),
    (EMPTY, "An H100 with Llama 3.1 8B in it, and nobody served yet."),
    (EMPTY | {"chip": "NVIDIA V100 SXM2 32 GB"}, "A V100 with Llama 3.1 8B in it, and nobody served yet."),
    (EMPTY | {"chip": "", "model": ""}, "A chip with its weights in it, and nobody served yet."),
    (POSED, "40 users would keep 1.53 GB each."),
    (POSED | {"guess": 1.0}, "1 user would keep all 61.2 GB."),
    (POSED | {"guess": 0.0}, "Nobody would fit."),
]
CHIP = "Try a chip with more memory, several chips, or narrower weights."
FEWER = "Try fewer users at once, or a shorter context."
SHORTER = "Try a shorter context."
REMEDIES = [
    ({}, []), ({"weights": 60.11 * GB}, []), (POSED, []), (FULL, [FEWER]), ({"users": 1, "cache": 70 * GB}, [SHORTER]),
    (users_of(4, 70), [SHORTER]), (TOO_BIG, [CHIP]), ({"weights": 80 * GB}, [CHIP]), (TOO_BIG | EMPTY, [CHIP]),
    ({"weights": 77.31 * GB, "cache": GB, "users": 1}, [CHIP])]
STATES = [
    {}, FULL, TOO_BIG, EMPTY, POSED, users_of(0, 0), users_of(3, 17.2), users_of(40, 17.2), users_of(228, 0.268),
    users_of(3000, 0.067), users_of(1e6, 0.268), users_of(4, 70), POSED | {"guess": 1.0}, POSED | {"guess": 1000.0},
    users_of(40, 17.2) | {"guess": 40.0}, users_of(700, 0.268) | {"guess": 1000.0}, {"weights": 0.25 * GB} | FULL,
    POSED | {"weights": 0.25 * GB, "guess": 900.0}, {"weights": 70 * GB} | POSED, {"weights": 80 * GB},
    {"reserve": 0.0} | POSED, {"reserve": 0.5 * 85.9 * GB} | EMPTY, {"caption": "The model as it is"} | FULL,
    {"chip": "c" * 99, "model": "m" * 99} | EMPTY, {"beside": "b " * 99} | users_of(8, 2)]


@pytest.fixture
def vessel(page):
    shown = Shown(page)
    shown.resize(576)
    yield shown
    assert shown.errors == []


@pytest.mark.browser
def test_sentences_stay_within_two_lines(vessel):
    vessel.resize(546)
    for traits, sentence in SENTENCES:
        vessel.set(**(FITS | traits))
        assert vessel.sentence == sentence
        title = vessel.page.locator(".lab-drawing-says").bounding_box()
        assert title["width"] <= 530 and title["height"] <= 2 * 1.3 * 20 + 1


@pytest.mark.browser
def test_what_to_try_first(vessel):
    for traits, says in REMEDIES:
        vessel.set(**(FITS | traits))
        assert [word for word in vessel.words() if word.startswith("Try")] == says


@pytest.mark.browser
def test_captions_tell_vessels_apart(vessel):
    assert {"of 8 users fit", "Llama 3.1 8B on H100"} <= set(vessel.words())
    vessel.set(caption="The model as it is", **users_of(8, 2))
    assert {"The model as it is", "if every head were a KV head"} <= set(vessel.words())


@pytest.mark.browser
@pytest.mark.parametrize("width", [336, 356, 400, 500, 576, 950])
def test_texts_stay_inside_and_apart(vessel, width):
    vessel.resize(width)
    heights = set()
    for traits in STATES:
        vessel.set(**(FITS | traits))
        vessel.assert_texts_inside_and_apart()
        heights.add(vessel.page.locator("#picture svg").bounding_box()["height"])
    assert heights == {232 if width < 496 else 300}, "the page does not jump"


def contrast(one: str, other: str) -> float:
    """Of two colours, as a page computes them."""
    def light(colour):
        parts = [int(part) / 255 for part in colour[4:-1].split(",")]
        linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2] + 0.05
    low, high = sorted((light(one), light(other)))
    return high / low


@pytest.mark.browser
@pytest.mark.parametrize("dark", [False, True])
def test_marks_are_seen_in_light_and_dark(vessel, dark):
    paper = "rgb(17, 17, 17)" if dark else "rgb(255, 255, 255)"
    vessel.page.evaluate("""([dark, paper]) => {
        document.body.dataset.jpThemeLight = String(!dark);
        document.body.style.setProperty("--jp-layout-color0", paper);
        document.body.style.setProperty("--jp-ui-font-color1", dark ? "rgb(222, 222, 222)" : "rgb(30, 30, 30)");
    }""", [dark, paper])
    vessel.set(**(FITS | FULL | {"guess": 40.0}))
    paints = {"weights": "fill", "users": "fill", "grip": "fill", "waits": "stroke", "wall": "stroke"}
    looks = {kind: vessel.page.locator(f".lab-vessel-{kind}").first.evaluate(
        "(e, paint) => getComputedStyle(e)[paint]", paint) for kind, paint in paints.items()}
    assert all(contrast(colour, paper) >= (2.9 if kind == "grip" else 3) for kind, colour in looks.items()), looks
    assert len(set(looks.values())) == 5
