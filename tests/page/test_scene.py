"""The frame of a lab in a real JupyterLab: each step fits on the screen, and a guess lives in its picture."""

from __future__ import annotations

import math
import os
import pathlib

import nbformat
import played
import pytest
from live_jupyter import Jupyter
from small_lab import CROSSOVER, LONG, PLAN, TOLD, USERS, small_lab
from waiting import until_holds, until_still

from mlsysim_labs.reactive.trace import run

pytestmark = pytest.mark.browser

NAME, SLUG = "small.ipynb", "99_small"
SOURCE = """
import sys
sys.path.insert(0, {tests!r})
from small_lab import small_lab
lab = small_lab()
lab
"""
SMALL, ACROSS, HIGH, MOST_BUTTONS = {"width": 1366, "height": 768}, 934, 622, 24
LONGEST = 1500  # [ms] within which a truth stands on the stage
CARDS = [("Predict", 1), ("Explore", 1), ("Decide", 1), ("Decide", 2), ("Decide", 3), ("Reflect", 1), ("Hand in", 1)]
# What sticks out of the lab, or of the window: its class and how far.
WIDE = """() => {
    const lab = document.querySelector(".lab-box").getBoundingClientRect(), found = [];
    for (const e of document.querySelectorAll(".lab-box *")) {
        const b = e.getBoundingClientRect();
        const cut = e.closest("svg") || e.closest(".lab-live, .lab-drawing-live, [hidden]") || !e.checkVisibility();
        if (!cut && b.width && b.height && (b.right > lab.right + 1 || b.left < lab.left - 1))
            found.push(`${e.className}: ${b.left - lab.left} to ${b.right - lab.left} of ${lab.width}`);
    }
    return found;
}"""
# What of the card that is seen is cut, by whatever hides what flows over.
CUT = """() => {
    const cards = document.querySelector(".lab-cards"), found = [];
    const [needs, has] = [cards.scrollHeight, cards.clientHeight];
    if (needs > has + 1) found.push(`all of it: ${needs} of ${has}`);
    const edge = cards.getBoundingClientRect();
    for (const e of cards.querySelectorAll(".lab-act *")) {
        const b = e.getBoundingClientRect();
        if (e.checkVisibility() && b.height && (b.bottom > edge.bottom + 1 || b.right > edge.right + 1))
            found.push(`${e.className}: ${b.bottom} under ${edge.bottom}`);
    }
    return found;
}"""
BUTTONS = """() => [...document.querySelectorAll(".lab-box :is(button, select, input, textarea, .noUi-handle)")]
    .filter((e) => e.checkVisibility({ visibilityProperty: true })).length"""
# What the vessel that is seen says in its drawing.
WORDS = """() => [...document.querySelectorAll(".lab-shown svg text")].map((e) => e.textContent).join(" ")"""
# Where the knobs stand, as one reads it.
KNOBS = """() => Object.fromEntries([...document.querySelectorAll(".lab-controls > *")].map((e) => [
    [...e.classList].find((name) => name.startsWith("lab-control-")).slice(12),
    e.querySelector("select")?.value ?? e.querySelector(".widget-readout, .mod-active")?.textContent]))"""
# When the drawing that is seen changes from now on, and how often it is another one.
WATCH = """() => {
    const seen = window.seen = [], all = document.querySelector(".lab-pictures");
    const look = () => {
        const now = all.querySelector(".lab-shown svg").innerHTML;
        if (now !== seen.at(-1)?.[1]) seen.push([performance.now(), now]);
    };
    look();
    new MutationObserver(look).observe(all, { subtree: true, childList: true, attributes: true, characterData: true });
}"""
# What widgets hold that have all of these traits, as the notebook keeps them.
HELD = """async (names) => {
    let metadata = {};
    for (let i = 0; i < 10 && !metadata.widgets; i++) { // the first of these is a switch
        await jupyterapp.commands.execute("@jupyter-widgets/jupyterlab-manager:saveWidgetState");
        await jupyterapp.commands.execute("docmanager:save");
        ({ metadata } = jupyterapp.shell.currentWidget.context.model.toJSON());
    }
    const states = Object.values(metadata.widgets["application/vnd.jupyter.widget-state+json"].state);
    return states.map(({ state }) => state).filter((state) => names.every((name) => name in state))
        .map((state) => Object.fromEntries(names.map((name) => [name, state[name]])));
}"""


@pytest.fixture(scope="module")
def server(root, tmp_path_factory):
    """A JupyterLab of its own, with the small lab."""
    source, folder = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("scene")
    cells = [nbformat.v4.new_markdown_cell("# A lab"),
             nbformat.v4.new_code_cell(SOURCE.format(tests=str(root / "tests" / "support"))),
             nbformat.v4.new_code_cell("lab.submit()"), nbformat.v4.new_markdown_cell("## Sources\n\n" + 9 * "1\n\n")]
    book = nbformat.v4.new_notebook(cells=cells)
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, source / NAME)
    with Jupyter(source, folder) as running:
        yield running


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """The same lab in this process."""
    before = pathlib.Path.cwd()
    os.chdir(tmp_path_factory.mktemp("here"))
    try:
        yield small_lab()
    finally:
        os.chdir(before)


@pytest.fixture
def player(server, page, lab):
    """A student who has run all of it on a small laptop, as nobody has before."""
    played.forget(server, NAME, SLUG)
    page.set_viewport_size(SMALL)
    yield played.walk_in(server, page, NAME, lab)


def test_a_lab_that_has_run_is_in_view(player, page):
    """Though the notebook scrolls to its last cell."""
    def in_view():
        top, bottom = page.evaluate("""() => { const b = document.querySelector(".lab-frame").getBoundingClientRect();
            return [b.top, b.bottom]; }""")
        view = page.locator(".jp-WindowedPanel-outer").first.bounding_box()
        assert view["y"] - 1 <= top and bottom <= view["y"] + view["height"] + 1
    until_holds(page, in_view, 10)


def check_frame(page, where):
    """The frame is not larger than a small screen has room for, and nothing of the card is cut."""
    box = page.locator(".lab-frame").bounding_box()
    assert box["width"] <= ACROSS and box["height"] <= HIGH, f"{where}: {box['width']} × {box['height']}"
    assert page.evaluate(CUT) == [], where
    assert page.evaluate(WIDE) == [], where
    assert page.evaluate(BUTTONS) <= MOST_BUTTONS, where
    return box["height"]


def test_each_step_fits_before_and_after_the_lock(player, page):
    heights = {check_frame(page, "before")}
    player.guess(USERS, "40")
    heights.add(check_frame(page, "guessed"))
    player.lock(USERS, "40")
    heights.add(check_frame(page, "locked"))
    for kind, number in CARDS:
        player.enter(kind, number)
        heights.add(check_frame(page, f"{kind} {number}"))
    assert max(heights) - min(heights) <= 1, "its height does not jump from step to step"


def test_a_card_with_all_that_it_can_say_fits(player, page):
    player.lock(USERS, "40")
    player.hint(CROSSOVER)
    player.hint(CROSSOVER)
    player.answer(CROSSOVER, "30633 tokens")
    check_frame(page, "hints and a mistake")
    player.answer(CROSSOVER, "122500 tokens")
    check_frame(page, "right")
    player.plan(PLAN)
    check_frame(page, "plan")


def test_where_there_is_little_room_nothing_is_wider_than_the_lab(player, page):
    page.set_viewport_size({"width": 800, "height": 768})
    until_still(page)
    width = page.locator(".lab-box").bounding_box()["width"]
    assert 340 <= width <= 400 and page.evaluate(WIDE) == []
    player.lock(USERS, "40")
    assert page.evaluate(WIDE) == []
    for kind, number in CARDS:
        player.enter(kind, number)
        assert page.evaluate(WIDE) == [] and page.evaluate(BUTTONS) <= MOST_BUTTONS, kind
    assert page.locator(".lab-box").bounding_box()["width"] == width

PHONE, KNOBS_AND_BUTTONS = {"width": 390, "height": 664}, ".lab-body :is(.noUi-handle, select, button, input)"
# Whether the picture that is seen, and the middle of a control, are where nothing covers them.
TOGETHER = """(control) => {
    control.scrollIntoView({ block: "nearest" });
    const inView = (e, x, y) => e.contains(document.elementFromPoint(x, y));
    const picture = document.querySelector(".lab-picture.lab-shown"), [a, b] = [picture, control]
        .map((e) => e.getBoundingClientRect());
    return inView(picture, a.left + a.width / 2, a.top + 40) && inView(picture, a.left + 40, a.bottom - 60)
        && inView(control, b.left + b.width / 2, b.top + b.height / 2);
}"""


def test_on_a_phone_the_picture_stays_beside_the_control_in_hand(player, page):
    """One above the other, it is in sight with whatever control one scrolls to."""
    player.play()
    page.evaluate("jupyterapp.shell.collapseLeft()")
    page.set_viewport_size(PHONE)
    for kind, number in CARDS[1:]:
        player.enter(kind, number)
        seen = [control for control in page.locator(KNOBS_AND_BUTTONS).all() if control.is_visible()]
        apart = [control.inner_text() for control in seen if not control.evaluate(TOGETHER)]
        assert len(seen) >= 5 and apart == [], f"{kind} {number}"


def test_a_card_opens_the_picture_that_it_talks_of(player, page):
    pressed = page.locator(".lab-segments [aria-pressed=true]")
    player.lock(USERS, "40")
    player.at(CROSSOVER)
    assert pressed.inner_text() == "Weights"
    player.press("Memory")
    player.answer(CROSSOVER, "30633 tokens")
    assert pressed.inner_text() == "Memory", "what one looks at stays, whatever is answered"
    player.at(CROSSOVER)
    player.press("Table")
    player.at(PLAN)
    assert pressed.inner_text() == "Memory"


# a guess in its picture ---------------------------------------------------------------------------------------------

def test_the_picture_follows_the_field_and_nothing_is_locked(player, server, page):
    nothing = page.evaluate(WORDS)
    player.guess(USERS, "40")
    forty = page.evaluate(WORDS)
    player.guess(USERS, "8")
    assert len({nothing, forty, page.evaluate(WORDS)}) == 3 and "?" in nothing
    assert played.record(server, SLUG) == []


def test_a_drag_in_the_picture_is_a_guess(player, page):
    until_still(page)  # a lab that brings itself into view takes its picture along
    room = page.locator(".lab-picture.lab-shown .lab-vessel-room").bounding_box()
    x, top, floor = room["x"] + room["width"] / 2, room["y"], room["y"] + room["height"]

    def dragged(y, wanted):
        page.mouse.move(x, y, steps=3)
        page.wait_for_function("(v) => document.querySelector('.lab-predict-field').value === v", arg=wanted)

    page.mouse.move(x, floor - room["height"] / 2)
    page.mouse.down()
    dragged(floor - room["height"] / 4, "4")  # a quarter of the room for each
    assert page.get_by_role("button", name="Lock my guess").is_enabled()
    dragged(top - 50, "1")  # both ends of the scale can be reached
    dragged(floor + 50, "1,000")
    page.mouse.up()


# the reveal ---------------------------------------------------------------------------------------------------------

def test_wherever_the_knobs_were_all_of_the_stage_says_the_truth(player, lab, page):
    """Title, picture, knobs and verdict; the picture has what the program gives there."""
    player.choose("device", lab.wiring.controls["device"].labels[2])
    player.move("reserve", "ArrowRight", "ArrowRight")
    assert player.lock(USERS, "40") == TOLD
    assert player.why(USERS) == "At 131,072 tokens not more than 3 fit."
    assert page.evaluate(KNOBS) == {"device": lab.wiring.controls["device"].labels[0], "context": "131,072 tokens",
                                    "users": "40", "reserve": "0.10"}
    assert player.title.startswith("3 users fit; 37 wait") and "37 wait" in page.evaluate(WORDS)
    shown, = (state for state in page.evaluate(HELD, list(program_at_40(lab))) if state["guess"] == 40)
    assert shown == program_at_40(lab)


def program_at_40(lab):
    """What the program gives the picture where the truth is shown to who has guessed 40, by trait."""
    where = {name: lab.wiring.controls[name].raw_of(value) for name, value in (("context", LONG), ("users", 40))}
    said = run(lab.page.frames.program(["memory"]), lab.wiring.start | where | {"guess": 40.0})
    own = [target.trait for target in lab.pictures["memory"].targets
           if target.widget is lab.pictures["memory"].widget]
    values = {name: said[f"0.{name}"] for name in own}
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    numbers = {name: pytest.approx(value, rel=1e-12) for name, value in values.items() if name not in texts}
    return texts | {name: value for name, value in numbers.items() if not math.isnan(value.expected)}


def revealed(player, page):
    """When the drawing changed from the lock on [ms]."""
    player.guess(USERS, "40")
    page.evaluate(WATCH)
    player.press("Lock my guess")
    page.get_by_text(TOLD).wait_for()
    page.wait_for_timeout(LONGEST)
    return [when for when, _ in page.evaluate("seen")][1:]


def test_the_truth_comes_in_motion_and_stands_soon(player, page):
    times = revealed(player, page)
    assert len(times) > 2 and times[-1] - times[0] < LONGEST


def test_who_wants_no_motion_sees_the_truth_at_once(player, page):
    page.emulate_media(reduced_motion="reduce")
    assert len(revealed(player, page)) == 1


# the way ------------------------------------------------------------------------------------------------------------

def test_the_rail_is_walked_with_arrows_and_says_where_one_is(player, page):
    names = page.locator(".lab-rail button").all_inner_texts()
    assert names == ["Predict", "Explore", "Decide", "Reflect", "Hand in"]
    assert page.locator(".lab-rail button:enabled").all_inner_texts() == ["Predict"]
    player.lock(USERS, "40")
    player.rove(page.locator(".lab-rail button").first)
    for name in names[1:]:
        player.page.keyboard.press("ArrowRight")
        player.page.keyboard.press("Enter")
        until_holds(page, lambda name=name: same(player.here[0], name))
        assert page.locator(".lab-live").inner_text().startswith(f"{name}, 1 of ")
        player.rove(page.locator(".lab-rail button", has_text=name))
    assert [button.get_attribute("data-mark") for button in page.locator(".lab-rail button").all()] == [
        "done", "open", "open", "open", "open"]


def same(now, wanted):
    assert now == wanted


def test_what_there_is_to_try_is_shown_and_done(player, server, page):
    player.lock(USERS, "40")
    assert player.explore("explore_1") == "Each user keeps eight times as much."
    assert page.evaluate(KNOBS)["context"] == "65,536 tokens"
    assert [(e["kind"], e["value"]) for e in played.record(server, SLUG)][1:] == [("explored", {"by": "button"})]
    assert page.locator(".lab-rail button", has_text="Explore").get_attribute("data-mark") == "done"


def test_a_plan_is_ticked_as_the_knobs_move(player, page):
    player.lock(USERS, "40")
    player.at(PLAN)
    player.move("users", "Home")
    ticks = page.locator(".lab-design-item")
    assert ticks.all_inner_texts() == ["○ 64 users or more", "✓ all of them fit"]
    assert player.plan(PLAN) == ("Not yet", "Not there yet: 64 users or more.")
    player.move("context", "Home")
    player.move("users", "End", *["PageDown"] * 8)
    assert ticks.all_inner_texts() == ["✓ 64 users or more", "✓ all of them fit"]
    assert player.plan(PLAN)[0] == "It holds (try 2)"


def test_starting_over_asks_once_and_keeps_the_first_prediction(player, server, page):
    player.lock(USERS, "40")
    player.menu("Start over")
    assert player.here[0] == "Hand in"
    player.press("Start over")
    player.press("No, stay")
    assert len(played.record(server, SLUG)) == 1
    player.press("Start over")
    player.press("Yes, start over")
    page.locator(".lab-rail button:disabled").first.wait_for()
    until_still(page)
    assert player.here == ("Predict", 1) and page.locator(".lab-rail button:enabled").count() == 1
    assert player.lock(USERS, "4") == "You said 4 users. It is 3: 1.3× too many."
    kept = [(e["kind"], e["value"].get("value")) for e in played.record(server, SLUG)]
    assert kept == [("prediction", 40), ("restarted", None), ("prediction", 4)]


def test_whoever_just_plays_sees_all_of_it_and_that_is_kept(player, server, page, lab):
    player.play()
    assert page.locator(".lab-rail button:disabled").count() == 0 and player.here[0] == "Explore"
    assert [e["kind"] for e in played.record(server, SLUG)] == ["played"]
    server.restart_kernels()
    again = played.walk_in(server, page, NAME, lab)
    assert page.locator(".lab-rail button:disabled").count() == 0 and again.said == []
