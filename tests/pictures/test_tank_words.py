"""What a tank says: sentences, what is short and what to try first, a caption, and what a screen reader hears."""

from __future__ import annotations

import itertools
import json

import pytest
from bare_page import NOTHING
from tanks import FITS, FULL, GB, GIB, TOO_BIG, Shown

from mlsysim_labs.pictures.tank import Tank
from mlsysim_labs.reactive.trace import program, symbol
from solver import PRECISIONS, Hardware, Models, max_users
from solver.formulas.memory import headroom_bytes

SENTENCES = [
    ({"cache": 0, "users": 0}, "Fits: 61.2 GB free."),
    ({"cache": 137.6 * GB, "users": 0}, "Out of memory by 76.4 GB."),
    ({"weights": 60.11 * GB}, "Fits: 0 GB free, no room for one more user of this context."),
    ({"weights": 57 * GB}, "Fits: 3.11 GB free, room for 1 more user of this context."),
    ({"weights": 61 * GB}, "Out of memory by 0.890 GB: 1 of 8 users does not fit."),
    ({"users": 1, "cache": 70 * GB}, "Out of memory by 8.79 GB: 1 of 1 user does not fit."),
    ({"users": 1e4, "cache": 1e13}, "Out of memory by 9,940 GB: 9,939 of 10,000 users do not fit."),
    ({"capacity": 80 * GIB, "weights": 15 * GIB, "reserve": 8 * GIB, "cache": 32 * GIB, "unit": "GiB"},
     "Fits: 25.0 GiB free, room for 6 more users of this context."),
    ({"weights": 0, "reserve": 0, "capacity": 0.3 * GB, "cache": 3 * (0.1 * GB), "users": 3},
     "Fits: 0 GB free, no room for one more user of this context."),  # 3 * 0.1 is more than 0.3
]
MORE = "a chip with more memory, several chips, or narrower weights"
LESS = "a shorter context, or fewer bits for the cache"
KEPT = "has 85.9 GB (8.59 GB of it reserved): short by"
MISSING = [
    ({}, ""), ({"weights": 60.11 * GB}, ""),
    (FULL, f"needs 154 GB, {KEPT} 76.4 GB. First remedy: fewer users at once (room for 3), {LESS}."),
    (FULL | {"reserve": 0}, "needs 154 GB, has 85.9 GB: short by 67.8 GB. First remedy: fewer users at once (room for "
                            f"4), {LESS}."),
    ({"users": 1, "cache": 70 * GB}, f"needs 86.1 GB, {KEPT} 8.79 GB. First remedy: {LESS}."),
    ({"users": 4, "cache": 4 * 70 * GB}, f"needs 296 GB, {KEPT} 219 GB. First remedy: {LESS}."),
    ({"users": 0, "cache": 70 * GB}, f"needs 86.1 GB, {KEPT} 8.79 GB. First remedy: {LESS}."),
    (TOO_BIG, f"needs 159 GB, {KEPT} 81.7 GB. First remedy: {MORE}."),
    ({"weights": 80 * GB}, f"needs 97.2 GB, {KEPT} 19.9 GB. First remedy: {MORE}."),
    ({"weights": 77.31 * GB, "cache": GB, "users": 1}, f"needs 78.3 GB, {KEPT} 1.00 GB. First remedy: {MORE}."),
    ({"capacity": 80 * GIB, "weights": 15 * GIB, "reserve": 8 * GIB, "cache": 8 * 16 * GIB, "unit": "GiB"},
     "needs 143 GiB, has 80.0 GiB (8.00 GiB of it reserved): short by 71.0 GiB. First remedy: fewer users at once "
     f"(room for 3), {LESS}."),
]


@pytest.mark.browser
def test_sentences(tank):
    for traits, sentence in SENTENCES:
        tank.set(**(FITS | traits))
        assert tank.sentence == sentence


@pytest.mark.browser
def test_failure_names_what_is_needed_what_is_there_and_what_to_try_first(tank):
    for traits, said in MISSING:
        tank.set(**(FITS | traits))
        assert (tank.missing, tank.sentence.startswith("Fits")) == (f"Memory: {said}" if said else "", not said)
    tank.set(**(FITS | {"users": float("nan")}))
    assert (tank.sentence, tank.missing) == (NOTHING, "")


@pytest.mark.browser
def test_what_is_below_moves_by_no_line_where_the_remedy_needs_one(tank):
    tank.page.set_viewport_size({"width": 1400, "height": 900})
    places = []
    for traits in ({}, FULL, TOO_BIG):
        tank.set(**(FITS | traits))
        places.append(tank.page.locator(".lab-tank-legend").bounding_box()["y"])
    assert places == pytest.approx([places[0]] * 3, abs=1)


@pytest.mark.browser
def test_a_caption_tells_tanks_apart(page):
    shown = Shown(page)
    assert shown.page.locator(".lab-tank-caption").bounding_box() is None, "without one there is no gap"
    shown.set(caption="Every head a KV head")
    caption, bar = (shown.page.locator(f".lab-tank-{name}") for name in ("caption", "bar"))
    assert caption.inner_text() == "Every head a KV head"
    assert caption.bounding_box()["y"] + caption.bounding_box()["height"] <= bar.bounding_box()["y"]
    label = shown.page.locator("figure").get_attribute("aria-label")
    assert label == "Every head a KV head: Fits: 44.0 GB free, room for 20 more users of this context."
    assert shown.errors == []


@pytest.mark.browser
def test_a_sentence_is_read_aloud_once_a_second_and_the_last_one_is_not_lost(tank):
    heard = tank.page.evaluate("""async (base) => {
        const live = document.querySelector("[aria-live=polite]"), heard = [];
        new MutationObserver(() => heard.push([performance.now(), live.textContent])).observe(live, {childList: true});
        const end = performance.now() + 1500;
        let cache = base;
        while (performance.now() < end) {
            window.picture.say({cache: (cache += 1e8)});
            await new Promise((done) => setTimeout(done, 30));
        }
        await new Promise((done) => setTimeout(done, 1300));
        return heard;
    }""", FITS["cache"])
    assert 2 <= len(heard) <= 3
    assert all(later[0] - sooner[0] >= 990 for sooner, later in itertools.pairwise(heard))
    assert heard[-1][1] == f"{tank.sentence} {tank.missing}".strip()
    assert tank.page.locator("figure [aria-live]").count() == 0, "inside an image nothing is read"


def test_what_fills_it_is_what_the_solver_says():
    """On numbers, and on symbols, where a program says the same."""
    asked = {"context": 131072, "precision": PRECISIONS["int8"], "reserve": 0.1, "kv_precision": "int4"}
    h100, llama = Hardware.Cloud.H100, Models.Llama3_8B
    users = max_users(llama, h100, **asked)
    for count, fits in ((users, True), (users + 1, False)):
        found = Tank.filled_by(llama, h100, **asked, users=count)
        free = found["capacity"] - found["reserve"] - found["weights"] - found["cache"]
        assert (free >= 0) == fits
    plain = Tank.filled_by(llama, h100, 8192, users=3)
    free = plain["capacity"] - plain["weights"] - plain["cache"]
    assert free == pytest.approx(headroom_bytes(h100, llama, 3, 8192, PRECISIONS["fp16"])) and plain["reserve"] == 0
    drawn = Tank.filled_by(llama, h100, symbol("context"), users=symbol("users"))
    assert json.dumps(program({"cache": drawn["cache"]}))


def test_the_traits_and_slips_of_the_pen():
    state = Tank(unit="GiB", capacity=80 * GIB, users=8).get_state()
    assert set(FITS) <= set(state) and (state["unit"], state["users"], state["model"]) == ("GiB", 8.0, "")
    with pytest.raises(TypeError, match=r"no 'capacty'.*capacity"):
        Tank(capacty=1.0)
    with pytest.raises(ValueError, match="GB or GiB, not in 'MB'"):
        Tank(unit="MB")
