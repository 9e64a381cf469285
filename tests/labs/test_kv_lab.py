"""The stage of the KV-cache lab in a real JupyterLab: it follows the hand, near, far, and without a kernel.

It is opened without a guess here, so that everything moves; how a student comes to see it is in `test_03_kv_cache`.
"""

from __future__ import annotations

import json

import played
import pytest
from far import relay
from hand import HANDLE, WATCH, grip
from live_jupyter import errors_in_cells, kill_kernels, run_all
from waiting import until_holds, until_still

from mlsysim_labs.places.notebooks import new_lab
from mlsysim_labs.widgets.assets import script

LAB, SLUG = "03_kv_cache.ipynb", "03_kv_cache"
VESSEL = ".lab-picture-memory figure"


def test_it_is_small():
    """What a page gets before a hand has moved anything, and what the program of the whole lab takes."""
    assert len(json.dumps(new_lab(SLUG).program(), separators=(",", ":"))) < 16_000
    assert len(script("reactive/program.js", "page/runner.js")) < 12_000


@pytest.fixture
def fresh(jupyter):
    """A JupyterLab in which nobody has opened the lab."""
    played.forget(jupyter, LAB, SLUG)
    yield jupyter
    played.forget(jupyter, LAB, SLUG)


def walk_in(jupyter, page, port=None):
    """Open the lab, run it, and play without a guess."""
    page.said = played.listen(page)
    jupyter.open(page, LAB, port)
    run_all(page)
    assert errors_in_cells(page) == []
    page.get_by_role("button", name="Just let me play").first.click()
    ready(page)
    return page


def ready(page):
    page.wait_for_selector(f"{VESSEL}")
    page.wait_for_selector(f".lab-control-context {HANDLE}[aria-label]")
    until_still(page)


def says(page) -> str:
    """The title of the stage."""
    return page.locator(f"{VESSEL} .lab-drawing-says").inner_text()


@pytest.mark.browser
def test_the_stage_follows_a_hand_and_a_keyboard_and_needs_no_kernel(fresh, page):
    """One walk: each part goes on where the one before it ended."""
    opened = walk_in(fresh, page)
    follow_a_drag(opened)
    follow_the_keyboard(opened)
    wear_a_ring(opened)
    assert opened.said == []
    follow_without_a_kernel(fresh, opened)


def follow_a_drag(opened):
    """As the context grows there is less to spare, without a reversal."""
    x, y, width = grip(opened, "context")
    opened.evaluate(WATCH, VESSEL)
    for step in range(1, 16):
        opened.mouse.move(x + step * width / 34, y)
        opened.wait_for_timeout(40)
    opened.mouse.up()
    states = [state.split("\n")[0] for state in opened.evaluate("handWatch.states")]
    spare = [float(s.split(" with ")[1].split(" GB")[0]) for s in states if " to spare" in s]
    assert len(set(spare)) >= 6 and spare == sorted(spare, reverse=True)


def follow_the_keyboard(opened):
    """The keys move the knob and leave the cells alone."""
    handle = opened.locator(f".lab-control-context {HANDLE}")
    assert handle.get_attribute("aria-label") == "context of each user"
    cells = opened.locator(".jp-Cell").count()
    handle.focus()
    before = says(opened)
    for key in ("ArrowRight", "ArrowDown", "ArrowRight", "ArrowRight", "d", "d", "x", "a"):
        opened.keyboard.press(key)
    until_still(opened)
    assert says(opened) != before
    assert opened.locator(".jp-Cell").count() == cells
    assert handle.get_attribute("aria-valuetext").endswith(" tokens")


def wear_a_ring(opened):
    """All that Tab reaches wears a ring, and is exempt from the notebook's shortcuts."""
    opened.focus(".lab-rail button[tabindex='0']")
    reached = []
    opened.keyboard.press("Tab")  # a ring is for those who came by keyboard
    while opened.evaluate("!!document.activeElement.closest('.lab-box')") and len(reached) < 40:
        reached.append(opened.evaluate("(e => [getComputedStyle(e).outlineStyle, e.dataset.lmSuppressShortcuts])"
                                       "(document.activeElement)"))
        opened.keyboard.press("Tab")
    assert len(reached) >= 8
    assert reached == [["solid", "true"]] * len(reached)


def follow_without_a_kernel(jupyter, opened):
    """Killed, it is not missed."""
    assert kill_kernels(jupyter)
    opened.locator(".jp-Dialog").get_by_role("button", name="Ok").click()  # it says, in a box over all, that it died
    x, y, width = grip(opened, "context")
    opened.mouse.move(x + width, y)
    opened.mouse.up()
    x, y, width = grip(opened, "users")
    opened.mouse.move(x + width / 2, y)
    opened.mouse.up()
    opened.wait_for_function(f"document.querySelector('{VESSEL}').innerText.includes('wait outside')")


@pytest.mark.browser
def test_sixty_moves_far_from_the_kernel_show_sixty_states(fresh, page):
    """150 ms from the server: thirty stops up, thirty down, and the picture takes each of them in order."""
    with relay(fresh.port, 0.15) as port:
        walk_in(fresh, page, port)
        x, y, width = grip(page, "context")
        left = x - width / 2  # it starts in the middle of its table
        page.mouse.move(left, y)
        until_still(page)
        page.evaluate(WATCH, VESSEL)
        stops = [*range(1, 31), *range(29, -1, -1)]
        for stop in stops:
            page.mouse.move(left + stop * width / 32, y)
            page.wait_for_timeout(35)
        page.mouse.up()
        until_still(page)
        states = page.evaluate("handWatch.states")
    seen = [state for state, before in zip(states, [None, *states]) if state != before]  # noqa: B905
    assert len(seen) == 60
    assert seen[30:] == [*seen[28::-1], seen[-1]]


@pytest.mark.browser
def test_a_saved_notebook_is_alive_before_any_cell_is_run(fresh, page):
    opened = walk_in(fresh, page)
    opened.evaluate("jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState')")
    until_holds(opened, lambda: save_with_widgets(fresh, opened))
    fresh.restart_kernels()
    fresh.open(opened, LAB)
    ready(opened)
    before = says(opened)
    opened.locator(f".lab-control-context {HANDLE}").focus()
    for _ in range(6):
        opened.keyboard.press("ArrowRight")
    until_still(opened)
    assert says(opened) != before


def save_with_widgets(jupyter, page):
    """Save; the states of the widgets are in the file once JupyterLab has gathered them."""
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    saved = json.loads((jupyter.folder / LAB).read_text(encoding="utf-8"))
    assert "application/vnd.jupyter.widget-state+json" in saved["metadata"].get("widgets", {})
