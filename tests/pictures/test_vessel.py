"""The tank in a real browser: widths to scale, sentences, calm redrawing, and nothing left behind."""

from __future__ import annotations

import itertools

import pytest
from bare_page import NOTHING
from tanks import FITS, FULL, GB, TOO_BIG, Shown


def close(shown: Shown, **bytes_at: tuple[float, float]) -> None:
    """Each named part lies where these bytes are, within a pixel, on a scale that ends where all of it ends."""
    end = max(sum(span) for span in bytes_at.values())
    spans, bar = shown.spans(), shown.page.locator(".lab-tank-bar").bounding_box()["width"]
    for name, span in bytes_at.items():
        expected = [x / end * bar for x in span]
        assert spans[name.replace("_", "-")] == pytest.approx(expected, abs=1), name


@pytest.mark.browser
def test_what_fits_is_drawn_to_scale(tank):
    close(tank, weights=(0, 16.1), cache=(16.1, 17.2), reserve=(77.31, 8.59), more_weights=(85.9, 0),
          more_cache=(85.9, 0), box=(0, 85.9))
    assert tank.sentence == "Fits: 44.0 GB free, room for 20 more users of this context."
    assert tank.page.locator(".lab-tank-title").inner_text() == "Llama 3.1 8B on NVIDIA H100 SXM"
    assert tank.page.locator(".lab-tank-limit").inner_text() == "out of memory at 85.9 GB"
    assert tank.legend() == [["weights", "16.1 GB"], ["KV cache", "17.2 GB", "8 × 2.15 GB"], ["reserve", "8.59 GB"],
                             ["free", "44.0 GB"]]


@pytest.mark.browser
def test_cache_that_does_not_fit_hangs_over_the_line(tank):
    tank.set(**FULL)
    held, over = 85.9 - 8.59 - 16.1, 16.1 + 137.6 + 8.59 - 85.9
    close(tank, weights=(0, 16.1), cache=(16.1, held), reserve=(77.31, 8.59), more_weights=(85.9, 0),
          more_cache=(85.9, over), box=(0, 85.9))
    assert tank.sentence == "Out of memory by 76.4 GB: 5 of 8 users do not fit."
    assert tank.legend()[3] == ["does not fit", "76.4 GB"]
    line, box = (tank.page.locator(f".lab-tank-{name}").bounding_box() for name in ("line", "box"))
    assert line["x"] + 1.5 == pytest.approx(box["x"] + box["width"], abs=1)
    looks = [tank.page.locator(f".lab-tank-bar > .lab-tank-{name}").evaluate("e => getComputedStyle(e).backgroundImage")
             for name in ("cache", "more-cache")]
    assert looks[0].count("gradient") == 1 and looks[1].count("gradient") == 2, "another pattern, not only a colour"


@pytest.mark.browser
def test_weights_that_do_not_fit(tank):
    tank.set(**TOO_BIG)
    usable = 85.9 - 8.59
    close(tank, weights=(0, usable), cache=(usable, 0), reserve=(usable, 8.59), more_weights=(85.9, 141.8 - usable),
          more_cache=(85.9 + 141.8 - usable, 17.2), box=(0, 85.9))
    assert tank.sentence == "The weights alone exceed the memory by 55.9 GB."
    tank.set(weights=80 * GB)
    assert tank.sentence == "Weights and reserve alone exceed the memory by 2.69 GB."


@pytest.mark.browser
def test_what_is_no_amount_dims_the_picture_until_it_is_one(tank):
    before = tank.spans()
    for trait, value in itertools.product(list(FITS)[:5], [float("nan"), float("inf"), -1.0, None, "nan"]):
        tank.set(**{trait: value})
        assert (tank.sentence, tank.dim) == (NOTHING, True)
        assert tank.legend()[3] == ["free", "–"]
        assert tank.spans() == before, "what was drawn stays, dimmed"
        tank.set(**{trait: FITS[trait]})
        assert tank.sentence.startswith("Fits: 44.0 GB") and not tank.dim


@pytest.mark.browser
def test_a_tank_without_numbers_says_so(page):
    shown = Shown(page, capacity=0, weights=0, cache=0, reserve=0, users=0, chip="", model="")
    assert (shown.sentence, shown.dim, shown.errors) == (NOTHING, True, [])


@pytest.mark.browser
def test_many_changes_are_one_redraw_in_the_same_elements(tank):
    made = tank.page.evaluate_handle("[...document.querySelectorAll('#picture *')]")
    drawn = tank.page.evaluate("""async ([full, fits]) => {
        const says = document.querySelector(".lab-tank-says"), before = says.textContent;
        let frames = 0;
        new MutationObserver(() => { frames++; }).observe(says, {childList: true});
        for (let i = 0; i < 50; i++) window.picture.say(i % 2 ? fits : full);
        window.picture.say(full);
        const same = says.textContent === before;
        await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
        return [same, frames];
    }""", [FULL, {"cache": FITS["cache"]}])
    assert drawn == [True, 1], "not at each change, but once after them"
    assert tank.sentence.startswith("Out of memory")
    for values in (TOO_BIG, {"users": float("nan")}, FITS):
        tank.set(**values)
    assert made.evaluate("(old) => { const now = [...document.querySelectorAll('#picture *')];"
                         "return now.length === old.length && now.every((n, i) => n === old[i]); }")


@pytest.mark.browser
def test_shares_are_ticked_up_to_64_users(tank):
    def share(name):
        part = tank.page.locator(f".lab-tank-bar > .lab-tank-{name}")
        return part.evaluate("e => e.style.getPropertyValue('--share')")

    assert float(share("cache").rstrip("%")) == pytest.approx(100 / 8)
    tank.set(**FULL)
    assert float(share("cache").rstrip("%")) == pytest.approx(100 * 17.2 / (77.31 - 16.1))
    assert float(share("more-cache").rstrip("%")) == pytest.approx(100 * 17.2 / 76.39)
    tank.set(users=65)
    assert share("cache") == ""


@pytest.mark.browser
def test_cleaning_up_leaves_no_listener(tank):
    assert tank.page.evaluate("window.picture.held()") == sorted(
        f"change:{name}" for name in FITS)
    tank.page.evaluate("([full]) => { window.picture.say(full); window.picture.stop(); }", [FULL])
    tank.set(weights=1.0)
    assert tank.page.evaluate("window.picture.held()") == []
    assert tank.sentence.startswith("Fits: 44.0 GB"), "a frame that was asked for is not drawn any more"


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 800, 1400])
def test_texts_stay_inside_and_apart(tank, width):
    tank.page.set_viewport_size({"width": width, "height": 900})
    for traits in ({}, FULL, TOO_BIG, {"capacity": 1 * GB}):
        tank.set(**(FITS | traits))
        boxes = tank.page.evaluate("""() => [".lab-tank-title", ".lab-tank-limit", ".lab-tank-bar", ".lab-tank-says",
            ".lab-tank-why", ...[1, 2, 3, 4].map((i) => `.lab-tank-item:nth-child(${i})`)].map((name) => {
                const b = document.querySelector(name).getBoundingClientRect();
                return [b.left, b.right, b.top, b.bottom];
            })""")
        assert all(left >= 0 and right <= width for left, right, *_ in boxes)
        for a, b in itertools.combinations(boxes, 2):
            assert a[1] <= b[0] or b[1] <= a[0] or a[3] <= b[2] + 0.1 or b[3] <= a[2] + 0.1
        assert tank.page.evaluate("document.documentElement.scrollWidth") <= width
