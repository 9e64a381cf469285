"""The pictures of the KV-cache lab in a real JupyterLab: they follow the hand, near, far, and without a kernel."""

from __future__ import annotations

import json
import re

import played
import pytest
from far import relay
from hand import HANDLE, WATCH, grip
from live_jupyter import errors_in_cells, kill_kernels
from waiting import until_holds, until_still

from mlsysim_labs import lab_of

LAB, SLUG = "03_kv_cache.ipynb", "03_kv_cache"
TITLE = ".lab-picture-memory .lab-drawing-says"

# How many messages the page sends to the server.
COUNT = """() => {
    const send = WebSocket.prototype.send;
    window.sent = 0;
    WebSocket.prototype.send = function (...said) { window.sent++; return send.apply(this, said); };
}"""


@pytest.fixture
def play(jupyter, page):
    """Walks in and opens everything without a guess; nothing is left of it."""
    def walk_in(port=None):
        played.forget(jupyter, LAB, SLUG)
        player = played.walk_in(jupyter, page, LAB, lab_of(SLUG), port)
        player.press("Just let me play")
        page.wait_for_selector(f".lab-control-context {HANDLE}[aria-label]")
        until_still(page)
        return player
    yield walk_in
    played.forget(jupyter, LAB, SLUG)


def title(page) -> str:
    return page.locator(TITLE).inner_text()


def follow_a_drag(page):
    """The room that is left shrinks without a reversal."""
    x, y, width = grip(page, "context")
    page.evaluate(WATCH, TITLE)
    for step in range(1, 9):
        page.mouse.move(x + step * width / 34, y)
        page.wait_for_timeout(40)
    page.mouse.up()
    free = [float(found[1]) for s in page.evaluate("handWatch.states") if (found := re.search(r"with ([\d.]+) GB", s))]
    assert len(set(free)) >= 6 and free == sorted(free, reverse=True)


def follow_the_keyboard(page):
    """The keys move the knob and leave the cells alone; at the end of its way there is room for three."""
    cells = page.locator(".jp-Cell").count()
    page.locator(f".lab-control-context {HANDLE}").focus()
    for key in ("ArrowRight", "d", "d", "x", "a", "End"):
        page.keyboard.press(key)
    page.wait_for_function(f"document.querySelector('{TITLE}').innerText.startsWith('3 users fit; 5 wait')")
    assert page.locator(".jp-Cell").count() == cells


def follow_without_a_kernel(jupyter, page):
    """Killed, it is not missed."""
    assert kill_kernels(jupyter)
    page.locator(".jp-Dialog").get_by_role("button", name="Ok").click()  # it says, in a box over all, that it died
    page.locator(f".lab-control-users {HANDLE}").focus()
    page.keyboard.press("Home")
    page.wait_for_function(f"document.querySelector('{TITLE}').innerText.startsWith('1 user fits, with 44.1 GB')")


@pytest.mark.browser
def test_the_pictures_follow_a_hand_and_a_keyboard_and_need_no_kernel(jupyter, play, page):
    """One walk: each part goes on where the one before it ended."""
    player = play()
    follow_a_drag(page)
    follow_the_keyboard(page)
    assert player.said == errors_in_cells(page) == []
    follow_without_a_kernel(jupyter, page)


@pytest.mark.browser
def test_sixty_moves_far_from_the_kernel_show_sixty_states(jupyter, play, page):
    """150 ms from the server: thirty stops up, thirty down, and the picture takes each of them in order.

    The kernel hears of it when the hand lets go, and its answer leaves the knob where it is.
    """
    with relay(jupyter.port, 0.15) as port:
        play(port)
        x, y, width = grip(page, "context")
        left = x - width / 2  # it starts in the middle of its table
        page.mouse.move(left, y)
        until_still(page)
        page.evaluate(WATCH, TITLE)
        page.evaluate(COUNT)
        for stop in [*range(1, 31), *range(29, -1, -1)]:
            page.mouse.move(left + stop * width / 32, y)
            page.wait_for_timeout(35)
        assert page.evaluate("sent") == 0
        page.mouse.up()
        page.wait_for_function("sent > 0")
        until_still(page)
        assert page.locator(".lab-control-context .widget-readout").inner_text() == "512 tokens"
        states = page.evaluate("handWatch.states")
    seen = [state for state, before in zip(states, [None, *states]) if state != before]  # noqa: B905
    assert len(seen) == 60 and seen[30:] == [*seen[28::-1], seen[-1]]


@pytest.mark.browser
def test_a_saved_notebook_is_alive_before_any_cell_is_run(jupyter, play, page):
    def save():
        """The states of the widgets are in the file once JupyterLab has gathered them."""
        page.evaluate("jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState')")
        page.evaluate("jupyterapp.commands.execute('docmanager:save')")
        saved = json.loads((jupyter.folder / LAB).read_text(encoding="utf-8"))
        assert "application/vnd.jupyter.widget-state+json" in saved["metadata"].get("widgets", {})

    play()
    until_holds(page, save)
    jupyter.restart_kernels()
    jupyter.open(page, LAB)
    page.wait_for_selector(f".lab-control-context {HANDLE}[aria-label]")
    page.locator(f".lab-control-context {HANDLE}").focus()
    page.keyboard.press("End")
    page.wait_for_function(f"document.querySelector('{TITLE}').innerText.startsWith('3 users fit; 5 wait')")
