"""The notebooks: written by the tool that writes them, and opened by a person in a real JupyterLab.

What each of them says and asks, and how it is played to its end, is in `tests/labs`.
"""

from __future__ import annotations

import sys

import notebooks
import pytest
from live_jupyter import errors_in_cells, run_all
from played import listen

BOOKS = sorted(file.name for file in (notebooks.ROOT / "labs").glob("*.ipynb"))
LABS = [book for book in BOOKS if not book.startswith("00_")]  # that one leads to the others


def test_badges_and_first_cells_are_as_the_tool_writes_them():
    for file, text in notebooks.targets().items():
        assert file.read_text(encoding="utf-8") == text, f"{file.name}: run `make notebooks`"


def test_the_first_cell_goes_on_where_it_had_to_install_the_labs(monkeypatch):
    import mlsysim_labs

    cell = "".join(line if "%pip" not in line else "    install()\n" for line in notebooks.first_cell())
    monkeypatch.setitem(sys.modules, "mlsysim_labs", None)  # importing it fails, as where it is not installed
    names = {"install": lambda: sys.modules.update(mlsysim_labs=mlsysim_labs)}
    exec(compile(cell, "first cell", "exec"), names)
    assert names["mlsysim_labs"] is mlsysim_labs


def test_every_lab_has_tests_of_its_own(root):
    assert LABS and [lab for lab in LABS if not (root / "tests" / "labs" / f"test_{lab[:-6]}.py").exists()] == []


@pytest.mark.browser
@pytest.mark.parametrize("book", sorted({*BOOKS} - {*LABS}))  # a walk goes through each lab
def test_all_cells_run_in_jupyterlab(jupyter, page, book):
    """Opened, run from top to bottom: no error in a cell or in the console, nothing asked for outside."""
    said = listen(page)
    jupyter.open(page, book)
    run_all(page)
    assert errors_in_cells(page) == []
    assert said == []
    assert page.locator(".lab-box .lab-picture").count() >= (book in LABS)
    assert page.locator(".lab-box .lab-dim").count() == 0, "what a student sees first has numbers"
