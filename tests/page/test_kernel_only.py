"""A function that only the kernel can compute, in a real JupyterLab: its picture follows, dims, and heals."""

from __future__ import annotations

import nbformat
import pytest
from hand import HANDLE
from live_jupyter import run_all

FOLLOWS = """
import time
from mlsysim_labs import Lab, Vessel
lab = Lab()
lab.slider("context", 1, 8, start=2)
lab.slider("cache", 1, 8, start=2)
lab.slider("other", 1, 8, start=2)

@lab.derive
def simulated(context):
    time.sleep(1)
    return 1e9 * int(context)

@lab.picture(Vessel(), view="Memory")
def memory(simulated, cache):
    return {"capacity": 10e9, "weights": simulated, "cache": 1e9 * cache}

@lab.picture(Vessel(), view="Beside")
def beside(other):
    return {"capacity": 10e9, "weights": 1e9 * other}

lab
"""
RECORD_NOTES = """() => {
    window.said = [];
    const note = document.querySelector(".lab-picture-memory .lab-note");
    new MutationObserver(() => window.said.push(note.textContent.trim())).observe(
        note, { childList: true, subtree: true, characterData: true });
}"""
SOURCE = """
from mlsysim_labs import Lab, Vessel
lab = Lab()
lab.slider("context", 1, 8, start=2)

@lab.picture(Vessel())
def memory(context):
    if context > 6:
        raise RuntimeError("too long for me")
    return {"capacity": 10e9, "weights": 1e9 * float(context)}

lab
"""


def opened(jupyter, page, name, source):
    """A notebook of one cell, run."""
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, jupyter.folder / name)
    jupyter.open(page, name)
    run_all(page)


def moved(page, knob):
    """One stop up, by the keyboard."""
    page.locator(f".lab-control-{knob} {HANDLE}").focus()
    page.keyboard.press("ArrowRight")


@pytest.mark.browser
def test_a_late_picture_follows_the_kernel_and_says_what_failed(jupyter, page):
    opened(jupyter, page, "late.ipynb", SOURCE)
    shown = page.locator(".lab-picture-memory")
    shown.get_by_text("8.00 GB of 10.0 GB are free").first.wait_for()
    assert "np.where" in page.locator(".jp-OutputArea").first.inner_text(), "the advice stands above the lab"
    handle = page.locator(f".lab-control-context {HANDLE}")
    handle.focus()
    page.keyboard.press("ArrowRight")
    shown.get_by_text("7.00 GB of 10.0 GB are free").first.wait_for()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    shown.get_by_text("memory failed: too long for me").wait_for()
    assert "lab-dim" in shown.get_attribute("class")
    page.keyboard.press("ArrowLeft")
    shown.get_by_text("4.00 GB of 10.0 GB are free").first.wait_for()
    assert "lab-dim" not in shown.get_attribute("class")


@pytest.mark.browser
def test_a_picture_waits_for_the_knobs_of_its_simulation_alone(jupyter, page):
    opened(jupyter, page, "follows.ipynb", FOLLOWS)
    shown = page.locator(".lab-picture-memory")
    shown.get_by_text("6.00 GB of 10.0 GB are free").first.wait_for()
    page.evaluate(RECORD_NOTES)
    moved(page, "other")
    page.locator(".lab-control-other .widget-readout", has_text="3").wait_for()
    moved(page, "cache")
    shown.get_by_text("5.00 GB of 10.0 GB are free").first.wait_for()
    assert page.evaluate("window.said") == [], "the simulation asks for neither"
    moved(page, "context")
    shown.get_by_text("Waiting for the kernel").wait_for()
    moved(page, "other")
    shown.get_by_text("4.00 GB of 10.0 GB are free").first.wait_for()
    assert "lab-dim" not in shown.get_attribute("class")
