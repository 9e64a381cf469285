"""A function that only the kernel can compute, in a real JupyterLab: its picture follows, dims, and heals."""

from __future__ import annotations

import nbformat
import pytest
from hand import HANDLE
from live_jupyter import run_all

SOURCE = """
from mlsysim_labs import Lab, Tank
lab = Lab()
lab.slider("context", 1, 8, start=2)

@lab.picture(Tank())
def memory(context):
    if context > 6:
        raise RuntimeError("too long for me")
    return {"capacity": 10e9, "weights": 1e9 * float(context)}

lab
"""


@pytest.mark.browser
def test_a_late_picture_follows_the_kernel_and_says_what_failed(jupyter, page):
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(SOURCE)])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, jupyter.folder / "late.ipynb")
    jupyter.open(page, "late.ipynb")
    run_all(page)
    shown = page.locator(".lab-picture-memory")
    shown.get_by_text("Fits: 8.00 GB free").first.wait_for()
    assert "np.where" in page.locator(".jp-OutputArea").first.inner_text(), "the advice stands above the lab"
    handle = page.locator(f".lab-control-context {HANDLE}")
    handle.focus()
    page.keyboard.press("ArrowRight")
    shown.get_by_text("Fits: 7.00 GB free").first.wait_for()
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    shown.get_by_text("memory failed: too long for me").wait_for()
    assert "lab-dim" in shown.get_attribute("class")
    page.keyboard.press("ArrowLeft")
    shown.get_by_text("Fits: 4.00 GB free").first.wait_for()
    assert "lab-dim" not in shown.get_attribute("class")
