"""Plots: marks of bqplot that are made once, axes that people can read; in JupyterLab title, legend and colours."""

from __future__ import annotations

import json

import ipywidgets
import numpy as np
import pytest
from bare_page import FRAME, Shown
from live_jupyter import errors_in_cells, run_all, wear
from waiting import until_holds

from mlsysim_labs import Lab, Plot, said
from mlsysim_labs.pictures.plot import PlotTitle
from mlsysim_labs.reactive.trace import run

X = np.array([1.0, 10.0, 100.0])
ALL = {"lines": {"line": (X, 5 * X)}, "steps": {"steps": (X, X)}, "points": {"you": (10.0, 50.0)},
       "limits": {"target": 20.0}, "regions": {"too slow": (X, X, np.inf)}}
LAB = """
import numpy as np
from mlsysim_labs import Lab, Plot, said

CONTEXTS = np.geomspace(512, 131072, 65)
lab = Lab()
lab.slider("context", 512, 131072, start=8192, unit="token", scale="log2")
plot = Plot("context [token]", "users", (512, 131072), (1, 10_000), "log", colours={"most that fit": "cache"})

@lab.picture(plot)
def users(context):
    return {"lines": {"most that fit": (CONTEXTS, 4e5 / CONTEXTS)}, "points": {"you": (context, 60.0)},
            "regions": {"does not fit": (CONTEXTS, 4e5 / CONTEXTS, np.inf)}, "limits": {"target": 3.0},
            "says": said(context > 6667, "{context:,} tokens: they fit.", "{context:,} tokens: too long.",
                         context=context)}

lab
"""
TITLE = {"x": "context [token]", "y": "users of 8 bit [request]", "legend": [["line", "cache", "dashed"]],
         "names": ["you", "gone"], "places": [8192.0, 8.0, float("nan"), float("nan")], "says": "", "said": [],
         "said_names": "", "said_units": "{}"}


def plot(**more):
    return Plot("x [token]", "y [ms]", (1, 1000), (1, 1000), scale="log", **more)


def numbers(made, data, kind):
    """What goes to each mark of bqplot of a kind."""
    return [(target.trait, np.asarray(target.value).tolist()) for target in made.targets(data)
            if type(target.widget).__name__ == kind]


def test_marks_are_made_once_and_lie_in_the_order_of_their_kinds():
    made = plot()
    first = [t.widget for t in made.targets(ALL)]
    assert [t.widget for t in made.targets(ALL)] == first
    kinds = [type(mark).__name__ for mark in made.figure.marks]
    assert kinds == ["Lines", "Label", "Lines", "Label", "Lines", "Lines", "Scatter", "Label", "Label"]
    assert [mark.interpolation for mark in made.figure.marks if type(mark).__name__ == "Lines"][-1] == "step-after"
    assert made.widget.children[0].legend == [["line", "cache", "solid"], ["steps", "weights", "dashed"]]


def test_what_a_function_leaves_out_is_not_seen_and_what_is_new_is_added():
    made = plot()
    made.targets({"lines": {"line": (X, X)}})
    line = made.figure.marks[0]
    made.targets(ALL)
    assert line in made.figure.marks, "a program may have been written for it"
    gone = made.targets({})
    assert {(t.widget, t.trait) for t in gone} >= {(mark, axis) for mark in made.figure.marks for axis in "xy"}
    assert not any(t.vital for t in gone)
    assert all(np.max(t.value) < 1 for t in gone if type(t.widget).__name__ in ("Lines", "Scatter", "Label"))


def test_numbers_that_an_axis_has_no_place_for():
    made = plot()
    assert numbers(made, {"lines": {"line": (X, np.array([0.0, 5.0, np.inf]))}}, "Lines")[1][1] == [1e-3, 5.0, 1e6]
    for point, place in ((5.0, 1e9), (5.0, 1000.0)), ((0.0, 5.0), (1.0, 5.0)), ((np.nan, 5.0), (1e-3, 5.0)):
        assert numbers(plot(), {"points": {"you": point}}, "Scatter") == [("x", place[0]), ("y", place[1])]


def test_a_point_is_named_where_there_is_room():
    def named(x, y, **others):
        made = plot()
        made.targets({"points": {"you": (x, y)} | others})
        return [value for _, value in numbers(made, {"points": {"you": (x, y)} | others}, "Label")]

    right, up, left, _ = named(10.0, 30.0)
    assert right == 10 and left < 1 and up > 30
    assert named(900.0, 30.0)[2] == 900 and named(900.0, 30.0)[0] < 1, "on the left"
    assert named(10.0, 999.0)[1] < 999, "below it, at the upper end"
    assert named(10.0, 30.0, other=(10.0, 40.0))[1] < 30, "below the other one"
    both = named(10.0, 30.0, other=(10.0, 30.0))
    assert both[1] > 30 > both[5]


def test_a_region_goes_around_and_is_named_where_it_is_tall():
    made = plot()
    x = np.geomspace(1, 1000, 7)
    data = {"regions": {"too slow": (x, x, np.inf)}}
    (_, around), (_, heights) = numbers(made, data, "Lines")
    assert around == [*x, *x[::-1]] and heights == [*x, *[1e6] * 7]
    (_, across), (_, up) = numbers(made, data, "Label")
    assert across == pytest.approx(10) and up == pytest.approx(100)
    flat = numbers(plot(), {"regions": {"too slow": (x, 0 * x, 1.1)}}, "Label")
    assert flat[0][1] < 1, "no room for a name"


def test_both_axes_have_a_scale_of_their_own():
    made = Plot("x", "y", (0, 1), (1, 10), scale=("linear", "log"))
    assert [type(axis.scale).__name__ for axis in made.figure.axes] == ["LinearScale", "LogScale"]


@pytest.mark.skipif(ipywidgets.__version__.startswith("7"), reason="it knows no colours of a page")
def test_colours_are_those_of_their_meaning(monkeypatch):
    made = plot(colours={"line": "multiply", "you": "ink"})
    made.targets(ALL)
    colours = [mark.colors[0] for mark in made.figure.marks]
    assert colours[0] == "var(--short)" and "var(--multiply)" in colours and colours[6] == "var(--ink)"
    monkeypatch.setattr("ipywidgets.__version__", "7.7.1")
    old = plot()
    old.targets(ALL)
    assert all(mark.colors[0].startswith("#") for mark in old.figure.marks), "which knows no colours of a page"


@pytest.mark.parametrize("data, says", [
    (3, "returns a dict"), ({"line": {}}, "Did you mean lines"), ({"lines": {"a": 3}}, r"'a' among the lines .*, y\)"),
    ({"lines": {"a": (1.0, 2.0)}}, "of arrays"), ({"points": {"a": (X, X)}}, "of single numbers"),
    ({"limits": {"a": (1.0, 2.0)}}, "'a' among the limits"), ({"regions": {"a": (X, X)}}, r"\(x, low, high\)")])
def test_what_is_no_plot_is_a_sentence(data, says):
    with pytest.raises(TypeError, match=says):
        plot().targets(data)


@pytest.mark.parametrize("more, says", [({"scale": "loglog"}, "linear or log"), ({"scale": ("log",)}, "linear or log"),
                                        ({"colours": {"a": "cash"}}, "'a' in a Plot is no 'cash'.*cache")])
def test_mistakes_are_explained(more, says):
    with pytest.raises(ValueError, match=says):
        Plot("x", "y", (1, 2), (1, 2), **more)


@pytest.mark.parametrize("low, high, marks", [
    (0, 100, [0, 20, 40, 60, 80, 100]), (3, 47, [10, 20, 30, 40]), (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1]),
    (-0.3, 0.3, [-0.2, 0, 0.2]), (1e6, 5e6, [1e6, 2e6, 3e6, 4e6, 5e6]),
    (0.5, 0.75, [0.5, 0.55, 0.6, 0.65, 0.7, 0.75])])
def test_linear_axes_are_marked_with_round_numbers_inside_their_limits(low, high, marks):
    made = Plot("x", "y", (low, high), (low, high))
    for axis in made.figure.axes:
        assert axis.tick_values.tolist() == marks, "bqplot's own end where a point has room: -0.895"


@pytest.mark.parametrize("scale, limits", [("linear", (5, 5)), ("linear", (5, 1)), ("log", (0, 5)), ("log", (5, 1))])
def test_an_axis_without_room_is_a_sentence(scale, limits):
    with pytest.raises(ValueError, match=r"the axis 'y' goes from .* give a low end below the high one"):
        Plot("x", "y", (1, 2), limits, scale=scale)


def test_a_lab_writes_all_of_it():
    lab, made = Lab(), plot()
    lab.slider("n", 1, 64, start=8, scale="log2")

    @lab.picture(made)
    def drawn(n):
        return {"lines": {"line": (X, n * X)}, "steps": {"steps": (X, X / n)}, "points": {"you": (n, 2 * n)},
                "limits": {"target": n}, "regions": {"too slow": (X, n * X, np.inf)}, "says": said(0, "{n:,}.", n=n)}

    lab.check()
    written = [np.asarray(value).tolist() for value in run(lab.program(), {"n": 0}).values()]
    assert 2.0 in written and [1.0, 10.0, 100.0, 1e6, 1e6, 1e6] in written


@pytest.fixture
def title(page):
    shown = Shown(page, PlotTitle, **TITLE)
    yield shown
    assert shown.errors == []


@pytest.mark.browser
def test_a_title_names_the_axes_or_says_a_sentence_and_reads_it_aloud_after_a_pause(title):
    says, live = (title.page.locator(css) for css in (".lab-drawing > .lab-drawing-says", "[aria-live=polite]"))
    assert says.inner_text() == "Users of 8 bit over context"
    assert title.page.locator(".lab-plot-legend > span").all_inner_texts() == ["↑ users of 8 bit [request]", "line"]
    title.page.wait_for_function("document.querySelector('[aria-live=polite]').textContent")
    assert live.inner_text() == "Users of 8 bit over context. you: 8,192, 8"
    title.set(says="All {n:user} fit.", said=[3.0], said_names="n")
    assert says.inner_text() == "All 3 users fit."
    assert live.inner_text() != "All 3 users fit.", "it waits for the hand"
    title.page.wait_for_function("document.querySelector('[aria-live=polite]').textContent === 'All 3 users fit.'")
    title.page.evaluate("picture.stop()")
    assert title.page.evaluate("picture.held()") == [] and live.count() == 0


def looked_at(page, sentence):
    """Title, names and sizes at the present width, and that no text lies on another."""
    assert page.locator(".lab-plot .lab-drawing-says").inner_text() == sentence
    figure = page.locator(".lab-plot .bqplot")
    assert figure.get_attribute("role") == "img"
    assert figure.get_attribute("aria-label") == f"{sentence} Lines: most that fit."
    boxes = [(e.text_content(), e.bounding_box()) for e in page.locator(".lab-plot .bqplot svg text:visible").all()
             if e.text_content()]
    inside = figure.bounding_box()
    boxes = [(text, b) for text, b in boxes if b and b["x"] + b["width"] > inside["x"] + 1]  # the rest is out of sight
    for i, (one, a) in enumerate(boxes):
        assert a["x"] + a["width"] <= inside["x"] + inside["width"] + 1, one
        for other, b in boxes[:i]:
            apart = (a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"]
                     or a["y"] + a["height"] <= b["y"] + 2 or b["y"] + b["height"] <= a["y"] + 2)
            assert apart, f"{one} | {other}"
    sizes = page.evaluate("""[...document.querySelectorAll(".lab-plot .bqplot .tick text")]
        .map((e) => parseFloat(getComputedStyle(e).fontSize))""")
    assert min(sizes) >= 13


COLOURS = """() => ({
    line: getComputedStyle(document.querySelectorAll(".lab-plot .curve .line")[2]).stroke,
    dot: getComputedStyle(document.querySelector(".lab-plot .dot")).fill,
    rim: getComputedStyle(document.querySelector(".lab-plot .dot")).stroke,
    tick: getComputedStyle(document.querySelector(".lab-plot .tick text")).fill,
    axis: getComputedStyle(document.querySelector(".lab-plot .axislabel")).fill })"""


@pytest.mark.browser
def test_the_plot_in_a_page(jupyter, page):
    """One visit: title and names, the height of all pictures, a telephone's width, and the colours of both themes."""
    cell = {"cell_type": "code", "id": "lab", "metadata": {}, "source": LAB, "outputs": [], "execution_count": None}
    (jupyter.folder / "plot.ipynb").write_text(json.dumps({
        "nbformat": 4, "nbformat_minor": 5, "cells": [cell],
        "metadata": {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}}))
    jupyter.open(page, "plot.ipynb")
    run_all(page)
    assert errors_in_cells(page) == []
    page.wait_for_selector(".lab-plot .dot")
    wear(page, "Light")
    until_holds(page, lambda: looked_at(page, "8,192 tokens: too long."))
    height = "document.querySelector('.lab-plot').getBoundingClientRect().height"
    assert page.evaluate(height) == pytest.approx(356, abs=1)
    light = page.evaluate(COLOURS)
    assert (light["line"], light["dot"]) == ("rgb(0, 158, 115)", "rgb(204, 121, 167)")
    assert light["rim"] == "rgb(255, 255, 255)"
    wear(page, "Dark")
    until_holds(page, lambda: _is_dark(page.evaluate(COLOURS)))
    page.evaluate("document.querySelector('.lab-plot').style.width = '340px'")
    page.evaluate(f"async () => {{ {FRAME} }}")
    until_holds(page, lambda: looked_at(page, "8,192 tokens: too long."))
    assert page.evaluate(height) == pytest.approx(288, abs=1)


def _is_dark(colours):
    assert (colours["line"], colours["dot"]) == ("rgb(43, 189, 140)", "rgb(227, 156, 195)")
    assert colours["tick"] == colours["axis"] and colours["rim"] != "rgb(255, 255, 255)"
