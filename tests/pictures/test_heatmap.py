"""The heat map: what a program writes into it, and in a real JupyterLab the colours, the hatching and the point."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
from live_jupyter import errors_in_cells, run_all, wear
from waiting import until_holds

from mlsysim_labs import Lab
from mlsysim_labs.page.scenes import views_of
from mlsysim_labs.pictures.heatmap import Heatmap
from mlsysim_labs.reactive.trace import run

LAB = """
import numpy as np
from mlsysim_labs import Lab
from mlsysim_labs.page.scenes import views_of
from mlsysim_labs.pictures.heatmap import Heatmap

COLUMNS, ROWS = 512 * 2.0 ** np.arange(9), 2.0 ** np.arange(9)
lab = Lab()
lab.slider("context", 512, 131072, start=8192, unit="token", scale="log2")
lab.slider("users", 1, 256, start=8, unit="request", scale="log2")
lab.slider("memory", 1, 1024, start=16, scale="log2")
heatmap = Heatmap("context [token]", "users [request]", "memory in use [%]", columns=COLUMNS, rows=ROWS,
                  value_limits=(0, 100), infeasible="out of memory", scale="log")

@lab.picture(heatmap)
def grid(context, users, memory):
    used = 100 * ROWS[:, None] * COLUMNS / (memory * 2.0**15)
    return {"values": np.where(used <= 100, used, np.nan), "here": (context, users)}

lab
"""
HATCHED = "url("
CELLS = """() => [...document.querySelectorAll(".bargroup")].map((column) =>
    [...column.querySelectorAll(".bar")].map((cell) => getComputedStyle(cell).fill))"""
PLACES = """() => {
    const area = document.querySelector(".bqplot .plotarea_background").getBoundingClientRect();
    const share = (e) => { const b = e.getBoundingClientRect();
        return [(b.left + b.width / 2 - area.left) / area.width, (area.bottom - b.top - b.height / 2) / area.height]; };
    const [dot, name] = [".dot", ".object_grp text"].map((css) => document.querySelector(".bqplot " + css));
    return { here: share(dot), name: share(name), words: name.textContent, area: [area.width, area.height] }; }"""


@pytest.fixture
def names():
    found: dict = {}
    exec(LAB, found)
    return found


def used(memory):
    amount = 100 * 2.0 ** np.arange(9)[:, None] * 512 * 2.0 ** np.arange(9) / (memory * 2.0**15)
    return np.where(amount <= 100, amount, np.nan)


def outputs(lab, heatmap, **raw):
    """What the program gives out, by what it goes to."""
    said = run(lab.program(), raw)
    views = views_of([lab.page.frames.targets(lab.pictures)])
    parts = {"cells": heatmap.figure.marks[0], "name": heatmap.figure.marks[1], "here": heatmap.figure.marks[2]}
    return {f"{part}.{trait}": said[f"{views.index(mark)}.{trait}.array"]
            for part, mark in parts.items() for trait in ("xy" if part != "cells" else ["color"])}


def test_the_program_writes_colours_column_by_column(names):
    lab = names["lab"]
    lab.check()
    assert lab.kernel_only == {}
    memory = lab.wiring.controls["memory"]
    for megabytes in (1, 64, 512):
        said = outputs(lab, names["heatmap"], context=16, users=0, memory=memory.raw_of(megabytes))
        np.testing.assert_allclose(said["cells.color"].reshape(9, 9).T, used(megabytes))
        assert (said["here.x"], said["here.y"]) == pytest.approx((4.5, 0.5))
        assert (said["name.x"] < 0) == (np.isnan(used(megabytes)).mean() < 0.15)
        if said["name.x"] > 0:
            cell = int(said["name.y"]), int(said["name.x"])
            assert np.isnan(used(megabytes)[cell]), "the name stands in the region that it names"


def test_the_table_says_where_the_knobs_stand(names):
    heatmap = names["heatmap"]
    table = heatmap.table(names["grid"](8192.0, 8.0, 64.0))
    assert table["here: context [token]"] == 8192 and table["here: users [request]"] == 8
    assert table["nearest cell: memory in use [%]"] == pytest.approx(used(64)[3, 4])
    assert table["share of the grid that is feasible [%]"] == pytest.approx(100 * np.isfinite(used(64)).mean())
    assert table["highest feasible users [request]"].tolist() == [256, 256, 256, 256, 256, 128, 64, 32, 16]
    assert np.isnan(heatmap.table(names["grid"](131072.0, 256.0, 1.0))["nearest cell: memory in use [%]"])
    empty = heatmap.table({"values": np.full((9, 9), np.nan), "here": (512.0, 1.0)})
    assert np.isnan(empty["highest feasible users [request]"]).all()


def test_a_point_stands_between_cells_and_not_beyond_the_last():
    heatmap = Heatmap("x", "y", "value", columns=[1, 10, 1000], rows=[1, 100], value_limits=(0, 1), scale="log")

    def place(x, y):
        targets = heatmap.targets({"values": np.zeros((2, 3)), "here": (x, y)})
        return [t.value for t in targets if t.widget is heatmap.figure.marks[2]]

    assert place(100.0, 10.0) == pytest.approx([2.0, 1.0])
    assert place(1e9, 0.0) == pytest.approx([2.5, 0.5])
    assert place(float("nan"), 10.0)[0] < 0
    vital = [t.value for t in heatmap.targets({"values": np.zeros((2, 3)), "here": (float("nan"), 1.0)}) if t.vital]
    assert len(vital) == 1 and np.isnan(vital[0]), "only a point without a place dims the picture"


GRID = {"columns": [1, 2, 3], "rows": [1, 2], "value_limits": (0, 1)}


def made(**more):
    return Heatmap("x", "y", "value", **(GRID | more))


def returned(**more):
    return made().targets({"values": np.zeros((2, 3)), "here": (1.0, 1.0)} | more)


@pytest.mark.parametrize("act, error, says", [
    (lambda: made(scale="log2"), ValueError, "linear or log"),
    (lambda: made(value_limits=(1, 1)), ValueError, "value_limits of a Heatmap rise"),
    (lambda: made(columns=[1, 1, 2]), ValueError, "columns of a Heatmap .* rise"),
    (lambda: made(rows=[0, 1], scale="log"), ValueError, "rows .* positive"),
    (lambda: made(columns=range(100), rows=range(100)), ValueError, "at most 4,000 cells"),
    (lambda: returned(value=1.0), TypeError, "Did you mean values"),
    (lambda: returned(values=np.zeros((3, 2))), TypeError, r"shape \(2, 3\).*not \(3, 2\)"),
    (lambda: returned(here=1.0), TypeError, "'here' in a Heatmap"),
    (lambda: made().targets(3), TypeError, "values, here, but this one returned int")])
def test_mistakes_are_explained(act, error, says):
    with pytest.raises(error, match=says):
        act()


def test_a_map_is_named_in_its_key_and_a_lab_writes_plain_html():
    heatmap = made(infeasible="<too slow>")
    key = heatmap.widget.children[0]
    assert "&lt;too slow&gt;" in key.value and "value" in key.value
    lab = Lab()
    lab.picture(heatmap)(lambda: {"values": np.zeros((2, 3)), "here": (1.0, 1.0)})
    lab.check()


def painted(page, hatched):
    """The paint of each cell, where those are hatched that should be."""
    cells = page.evaluate(CELLS)
    found = np.array([[fill.startswith(HATCHED) for fill in column] for column in cells]).T
    assert np.array_equal(found, hatched)
    return cells


def laid_out(page):
    """The point, the name and the cells are where they should be at this width."""
    places = page.evaluate(PLACES)
    assert places["here"] == pytest.approx([4.5 / 9, 3.5 / 9], abs=0.02)
    x, y = (int(9 * share) for share in places["name"])
    assert min(x, y) >= 0 and np.isnan(used(16)[y, x]) and places["words"] == "out of memory"
    sizes = page.evaluate("[...document.querySelectorAll('.bargroup')].map((e) => e.getBoundingClientRect().left)")
    assert np.diff(sizes) == pytest.approx(places["area"][0] / 9, abs=0.1), "cells tile the plot"


@pytest.mark.browser
def test_the_map_in_a_page(jupyter, page):
    """One visit: each cell's paint, the name where there is room for it, the point, other widths, another theme."""
    said = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    cell = {"cell_type": "code", "id": "lab", "metadata": {}, "source": LAB, "outputs": [], "execution_count": None}
    (jupyter.folder / "heatmap.ipynb").write_text(json.dumps({
        "nbformat": 4, "nbformat_minor": 5, "cells": [cell],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}}))
    jupyter.open(page, "heatmap.ipynb")
    run_all(page)
    assert errors_in_cells(page) == []
    page.wait_for_function("document.querySelectorAll('.bar').length === 81")
    page.wait_for_function("document.querySelector('.bqplot .dot')")
    cells = until_holds(page, lambda: painted(page, np.isnan(used(16))))
    assert cells[0][0] != cells[4][8] and len({fill for column in cells for fill in column}) >= 8
    rgb = [[int(part) for part in re.findall(r"\d+", cells[column][3])] for column in range(5)]
    assert [sum(colour) for colour in rgb] == sorted(sum(colour) for colour in rgb), "lighter is more"

    for width in (1400, 800, 500):
        page.set_viewport_size({"width": width, "height": 900})
        until_holds(page, lambda: laid_out(page))
    page.set_viewport_size({"width": 1400, "height": 900})
    wear(page, "Dark")
    handle = page.locator(".lab-control-memory :is(.noUi-handle, .ui-slider-handle)")
    handle.focus()
    page.keyboard.press("End")
    until_holds(page, lambda: painted(page, np.zeros((9, 9), bool)))
    assert page.evaluate(PLACES)["name"][0] < 0, "there is no region to name"
    page.keyboard.press("Home")
    until_holds(page, lambda: painted(page, np.isnan(used(1))))
    strokes = page.evaluate("[...document.querySelectorAll('.bar')].map((e) => getComputedStyle(e).stroke)")
    assert set(strokes) == {"none"}
    assert "lab-dim" not in page.locator(".lab-picture-grid").get_attribute("class")
    assert said == []
