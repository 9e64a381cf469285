"""The example of a Pareto front runs, cell by cell, and says what happens."""

from __future__ import annotations

import json

import pytest

MOST_LINES = 25


@pytest.fixture(scope="module")
def cells():
    from paths import ROOT

    notebook = json.loads((ROOT / "docs" / "examples" / "pareto.ipynb").read_text(encoding="utf-8"))
    assert notebook["nbformat"] == 4
    return notebook["cells"]


def test_cells_are_short_and_have_no_outputs(cells):
    for cell in cells:
        assert len(cell["source"]) <= MOST_LINES or cell["cell_type"] == "markdown"
        assert cell.get("outputs", []) == [] and cell.get("execution_count") is None


def test_it_runs(cells, monkeypatch, capsys):
    matplotlib = pytest.importorskip("matplotlib")
    matplotlib.use("Agg")
    from matplotlib import pyplot

    names: dict = {}
    for place, cell in enumerate(cells):
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), f"cell {place}", "exec"), names)
    said = capsys.readouterr().out
    assert "143 of 241 batches that work are on the front, from 6 to 148" in said
    assert "Best batch: 22, whose p99 leaves 2% of the limit." in said
    assert names["best"].best_batch_size == 22 and names["each"].best_batch_size.tolist() == [0, 7, 15, 22, 53, 115]
    assert len(pyplot.gcf().axes[0].lines) == 4, "batches, front, limit and optimum"
    pyplot.close("all")
