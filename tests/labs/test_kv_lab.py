"""The pictures of the KV-cache lab in a real JupyterLab: they follow the hand, near, far, and without a kernel.

The lab is in demo mode here, so that all of it is there after Run All; how a student comes to see it is in
`test_03_kv_cache`.
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

LAB, DEMO = "03_kv_cache.ipynb", "03_demo.ipynb"
TANK = ".lab-picture-memory figure"


@pytest.fixture(scope="module")
def lab(root):
    """The lab itself, in this process."""
    return new_lab("03_kv_cache")


@pytest.fixture
def demo(jupyter):
    """The notebook with a cell before all others that asks for the demo mode."""
    book = json.loads((jupyter.source / LAB).read_text(encoding="utf-8"))
    asks = 'import os\nos.environ["MLSYSIM_LABS_MODE"] = "demo"'
    book["cells"].insert(0, {"cell_type": "code", "id": "mode", "metadata": {}, "source": asks, "outputs": [],
                             "execution_count": None})
    (jupyter.folder / DEMO).write_text(json.dumps(book), encoding="utf-8")
    yield jupyter
    jupyter.restart_kernels()
    (jupyter.folder / DEMO).unlink()


def test_it_is_small(lab, root):
    assert len(json.dumps(lab.program(), separators=(",", ":"))) < 10_000
    assert len(script("reactive/program.js", "page/runner.js")) + len(script("pictures/tank.js")) < 15_000


def test_the_numbers_are_those_of_the_question(lab):
    lab.set(context=131072, users=1, weights="16 bit", kv_cache="16 bit", reserve="a tenth", model="Llama 3.1 8B")
    assert lab["memory"]["cache"] == pytest.approx(17.179869184e9) and lab["multi_head"]["cache"] == 2**36
    assert lab["concurrency"]["you are here"] == (131072, 1)
    assert [line[1][-1] for line in list(lab["concurrency"].values())[:2]] == [3, 0]
    lab.set(reserve="nothing")
    assert [line[1][-1] for line in list(lab["concurrency"].values())[:2]] == [4, 1]


def walk_in(jupyter, page, port=None):
    page.said = played.listen(page)
    jupyter.open(page, DEMO, port)
    run_all(page)
    assert errors_in_cells(page) == []
    ready(page)
    return page


def ready(page):
    page.wait_for_selector(TANK)
    page.wait_for_selector(f".lab-control-context {HANDLE}[aria-label]")
    until_still(page)


def tank(page) -> str:
    return page.locator(TANK).inner_text()


@pytest.mark.browser
def test_the_pictures_follow_a_hand_a_keyboard_and_presets_and_need_no_kernel(demo, page):
    """One walk: each part goes on where the one before it ended."""
    opened = walk_in(demo, page)
    start = tank(opened)
    follow_a_drag(opened)
    follow_the_keyboard(opened)
    wear_a_ring(opened)
    fill_overflow_and_reset(opened, start)
    assert opened.said == []
    follow_without_a_kernel(demo, opened)


def follow_a_drag(opened):
    """The tank follows without a reversal."""
    x, y, width = grip(opened, "context")
    opened.evaluate(WATCH, TANK)
    for step in range(1, 16):
        opened.mouse.move(x + step * width / 34, y)
        opened.wait_for_timeout(40)
    opened.mouse.up()
    free = [float(s.split("Fits: ")[1].split(" GB")[0]) for s in opened.evaluate("handWatch.states") if "Fits: " in s]
    assert len(set(free)) >= 8 and free == sorted(free, reverse=True)


def follow_the_keyboard(opened):
    """The keys move the knob and leave the cells alone."""
    handle = opened.locator(f".lab-control-context {HANDLE}")
    assert handle.get_attribute("aria-label") == "context [token]"
    cells = opened.locator(".jp-Cell").count()
    handle.focus()
    before = tank(opened)
    for key in ("ArrowRight", "ArrowDown", "ArrowRight", "ArrowRight", "d", "d", "x", "a"):
        opened.keyboard.press(key)
    until_still(opened)
    assert tank(opened) != before
    assert opened.locator(".jp-Cell").count() == cells
    assert "," in handle.get_attribute("aria-valuetext")


def wear_a_ring(opened):
    """All that Tab reaches wears a ring, and is exempt from the notebook's shortcuts."""
    opened.focus(".lab-controls select")
    reached = []
    opened.keyboard.press("Tab")  # a ring is for those who came by keyboard
    while opened.evaluate("!!document.activeElement.closest('.lab-box')") and len(reached) < 30:
        reached.append(opened.evaluate("(e => [getComputedStyle(e).outlineStyle, e.dataset.lmSuppressShortcuts])"
                                       "(document.activeElement)"))
        opened.keyboard.press("Tab")
    assert len(reached) >= 10
    assert reached == [["solid", "true"]] * len(reached)


def fill_overflow_and_reset(opened, start):
    """Presets fill the tank and overflow it, and Reset mends it."""
    opened.get_by_role("button", name="Too much").click()
    opened.wait_for_function(f"document.querySelector('{TANK}').innerText.includes('Out of memory')")
    assert "5 of 8 users do not fit" in tank(opened)
    opened.get_by_role("button", name="Reset").click()
    opened.wait_for_function(f"document.querySelector('{TANK}').innerText.includes('Fits')")
    assert tank(opened) == start


def follow_without_a_kernel(jupyter, opened):
    """Killed, it is not missed."""
    assert kill_kernels(jupyter)
    opened.locator(".jp-Dialog").get_by_role("button", name="Ok").click()  # it says, in a box over all, that it died
    opened.get_by_role("button", name="Long document").click()
    opened.wait_for_function(f"document.querySelector('{TANK}').innerText.includes('17.2')")
    x, y, width = grip(opened, "users")
    opened.mouse.move(x + width / 2, y)
    opened.mouse.up()
    opened.wait_for_function(f"document.querySelector('{TANK}').innerText.includes('Out of memory')")


@pytest.mark.browser
def test_sixty_moves_far_from_the_kernel_show_sixty_states(demo, page):
    """150 ms from the server: thirty stops up, thirty down, and the picture takes each of them in order."""
    with relay(demo.port, 0.15) as port:
        walk_in(demo, page, port)
        x, y, width = grip(page, "context")
        left = x - width / 2  # it starts in the middle of its table
        page.mouse.move(left, y)
        until_still(page)
        page.evaluate(WATCH, TANK)
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


def save_with_widgets(demo, page):
    """Save; the states of the widgets are in the file once JupyterLab has gathered them."""
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    saved = json.loads((demo.folder / DEMO).read_text(encoding="utf-8"))
    assert "application/vnd.jupyter.widget-state+json" in saved["metadata"].get("widgets", {})


@pytest.mark.browser
def test_a_saved_notebook_is_alive_before_any_cell_is_run(demo, page):
    opened = walk_in(demo, page)
    opened.get_by_role("button", name="Long document").click()
    opened.wait_for_function(f"document.querySelector('{TANK}').innerText.includes('17.2')")
    opened.evaluate("jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState')")
    until_holds(opened, lambda: save_with_widgets(demo, opened))
    demo.restart_kernels()
    demo.open(opened, DEMO)
    ready(opened)
    opened.get_by_role("button", name="Too much").click()
    opened.wait_for_function(f"document.querySelector('{TANK}').innerText.includes('Out of memory')")
