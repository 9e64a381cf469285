"""A lab without a browser: controls, wiring, what is shipped to the page, and what is said when something is wrong."""

from __future__ import annotations

import json

import ipywidgets
import numpy as np
import pytest

from mlsysim_labs import Heatmap, Lab, Lanes, Plot, Roofline, Vessel
from mlsysim_labs.page.controls import octaves
from mlsysim_labs.pictures.parts.picture import WidgetPicture, as_picture
from mlsysim_labs.reactive.graph import NodeError
from mlsysim_labs.reactive.trace import run
from solver import Hardware


@pytest.fixture
def lab():
    lab = Lab("A lab")
    lab.choice("device", Hardware.Cloud, start=Hardware.Cloud.H100)
    lab.slider("context", 512, 131072, start=8192, unit="token", scale="log2")
    lab.slider("share", 0, 1, start=0.5, step=0.1)
    lab.toggle("doubled")

    @lab.derive
    def amount(context, share, doubled):
        return context * share * np.where(doubled, 2.0, 1.0)

    return lab


def scene(lab):
    """What is on the stage of a lab without questions."""
    return lab.page.runner.scenes[""]


def progress(lab, function="bar"):
    """A picture of one number, on an ordinary widget."""
    bar = ipywidgets.FloatProgress()

    def drawn(amount):
        return {"value": amount}

    drawn.__name__ = function
    lab.picture(bar)(drawn)
    return bar


def test_controls_are_ordinary_widgets(lab):
    assert isinstance(lab.controls["context"], ipywidgets.SelectionSlider)
    assert isinstance(lab.controls["device"], ipywidgets.Dropdown)
    assert lab["context"] == 8192 and lab["device"] is Hardware.Cloud.H100 and lab["doubled"] is False
    lab.controls["context"].value = 1024
    assert lab["context"] == 1024 and lab["amount"] == 512
    ipywidgets.link((lab.controls["share"], "value"), (ipywidgets.FloatSlider(value=1.0, max=1.0), "value"))
    assert all(f"lab-control-{name}" in widget._dom_classes for name, widget in lab.controls.items())


def test_set_moves_controls_and_computes_once(lab):
    heard = []
    lab.observe(heard.append, "amount")
    lab.set(context=2048, share=1.0, device="NVIDIA L4")
    assert heard == [2048.0] and lab["device"] is Hardware.Cloud.L4
    assert lab.controls["context"].value == 2048


def test_log_sliders_stop_where_a_person_would():
    assert octaves(512, 2048) == [512, 640, 768, 896, 1024, 1280, 1536, 1792, 2048]
    assert octaves(1, 6) == [1, 2, 3, 4, 5, 6]
    assert octaves(3, 100)[0] == 3 and octaves(3, 100)[-1] == 100


@pytest.mark.parametrize("act, error, says", [
    (lambda lab: lab.set(context=1000), ValueError, "the nearest one is 1,024"),
    (lambda lab: lab.set(device="h100"), ValueError, "Did you mean NVIDIA H100 SXM or NVIDIA H100 PCIe"),
    (lambda lab: lab.set(contxt=1024), KeyError, "Did you mean context"),
    (lambda lab: lab.set(share=3), ValueError, "choose from 0.0 to 1.0"),
    (lambda lab: lab.slider("x", 5, 1), ValueError, "give low < high"),
    (lambda lab: lab.slider("x", 1, 5, start=9), ValueError, "a start between"),
    (lambda lab: lab.slider("x", 0.5, 5, scale="log2"), ValueError, "whole numbers"),
    (lambda lab: lab.slider("x", 1, 5, scale="log"), ValueError, "Did you mean log2"),
    (lambda lab: lab.slider("two words", 1, 5), ValueError, "a Python name"),
    (lambda lab: lab.choice("x", []), ValueError, "nothing to choose"),
    (lambda lab: lab.slider("amount", 1, 5), ValueError, "is a function here"),
    (lambda lab: lab.slider("guess", 1, 5), ValueError, "is what a learner guesses"),
    (lambda lab: lab.explore("Do.", "Notice.", show={"contxt": 5}), KeyError, "Did you mean context"),
    (lambda lab: lab["amont"], KeyError, "Did you mean amount")])
def test_mistakes_are_explained(lab, act, error, says):
    with pytest.raises(error, match=says):
        act(lab)


def test_nothing_is_shipped_before_the_lab_is_shown(lab):
    progress(lab)
    assert lab.page.runner.scenes == {}
    lab.box  # noqa: B018 - showing it is what publishes
    assert scene(lab)["program"]["code"]


def test_the_program_draws_what_the_formula_says(lab):
    progress(lab)
    lab.box  # noqa: B018
    raw = {"device": 0, "context": 3, "share": 0.5, "doubled": True}
    said = run(scene(lab)["program"], raw)
    context = lab.wiring.controls["context"].table[3]
    assert set(said.values()) == {context * 0.5 * 2}, "in the picture and in its table"
    lab.check()


def test_a_replaced_function_changes_its_followers(lab):
    progress(lab)

    @lab.derive
    def amount(context):
        return 3.0 * context

    lab.box  # noqa: B018
    assert next(iter(run(scene(lab)["program"], {"context": 0}).values())) == 1536


def test_what_cannot_be_traced_follows_the_kernel(lab, capsys):
    @lab.derive
    def amount(context):
        return 1.0 if context > 2000 else 2.0

    progress(lab)
    lab.box  # noqa: B018
    assert "np.where" in capsys.readouterr().out and "amount" in lab.kernel_only
    assert lab.page.runner.kernel_state["values"] == {"amount": 1}
    assert scene(lab)["pictures"][0]["follows"] == ["context"], "no other knob makes it wait"
    lab.set(context=512)
    assert lab.page.runner.kernel_state["values"] == {"amount": 2}
    assert lab.page.runner.kernel_state["at"]["context"] == 0
    lab.check()


def test_a_late_function_that_fails_is_a_sentence(lab):
    @lab.derive
    def amount(context):
        if context > 100_000:
            raise RuntimeError("too long for me")
        return float(context)

    progress(lab)
    lab.box  # noqa: B018
    lab.set(context=131072)
    assert "too long for me" in lab.page.runner.kernel_state["problems"]["bar"]
    with pytest.raises(NodeError, match="too long for me"):
        lab["amount"]
    lab.set(context=512)
    assert lab.page.runner.kernel_state["problems"] == {}


def test_check_finds_what_a_trace_cannot_see(lab):
    @lab.derive
    def amount(context):
        return context * (2.0 if isinstance(context, int) else 1.0)

    with pytest.raises(AssertionError, match="amount: the browser would show"):
        lab.check()


def test_the_page_knows_where_the_knobs_start(lab):
    progress(lab)
    lab.box  # noqa: B018
    lab.set(context=512)
    assert lab.page.rail.start == lab.wiring.start
    assert lab.page.rail.start["context"] == lab.wiring.controls["context"].raw_of(8192)


def test_short_options_are_buttons_and_names_and_colours_are_those_of_the_author():
    lab = Lab("A lab")
    buttons = lab.choice("bits", {"16 bit": 16, "8 bit": 8}, start=8, label="KV cache")
    knob = lab.slider("users", 1, 1000, start=40, unit="user", scale="digits", colour="you")
    assert isinstance(buttons, ipywidgets.ToggleButtons) and buttons.description == "KV cache" and lab["bits"] == 8
    assert "lab-knob-you" in knob._dom_classes and lab["users"] == 40
    assert lab.wiring.controls["users"].labels[:2] == ["1 user", "2 users"]
    assert [n for n in lab.wiring.controls["users"].table if 98 <= n <= 120] == [98, 99, 100, 110, 120]


def test_a_lab_without_questions_has_no_steps(lab):
    progress(lab)
    lab.box  # noqa: B018
    assert lab.page.rail.kinds == [] and lab.page.rail.steps == [] and lab.is_open
    assert list(lab.page.runner.scenes) == [""]


def test_a_widget_of_ones_own_is_a_picture():
    picture = WidgetPicture(ipywidgets.FloatProgress())
    assert [t.trait for t in picture.targets({"value": 3})] == ["value"]
    with pytest.raises(TypeError, match="Did you mean value"):
        picture.targets({"valu": 3})
    with pytest.raises(TypeError, match="returns a dict"):
        picture.targets(3)


def test_the_state_of_a_lab_is_json(lab):
    progress(lab)
    lab.box  # noqa: B018
    runner = lab.page.runner
    json.dumps(runner.get_state(["scenes", "controls", "views", "guesses", "kernel_state", "reveal"]), allow_nan=False)
    json.dumps(lab.page.rail.get_state(["steps", "start", "kinds"]), allow_nan=False)


def plain(widget, monkeypatch):
    """What stands in a saved notebook for who has no kernel: ipywidgets 7 displays it, 8 returns it."""
    if hasattr(widget, "_repr_mimebundle_"):
        found = widget._repr_mimebundle_()
        bundle = found[0] if isinstance(found, tuple) else found
    else:
        said = []
        monkeypatch.setattr("ipywidgets.widgets.widget.display", lambda data, raw: said.append(data))
        widget._ipython_display_()
        bundle, = said
    assert bundle["application/vnd.jupyter.widget-view+json"]["model_id"] == widget.model_id
    return bundle["text/plain"]


@pytest.mark.parametrize("title, says", [
    ("KV cache: the hidden tax", "Run this cell to see the lab “KV cache: the hidden tax”: it needs a running kernel."),
    ("", "Run this cell to see the lab: it needs a running kernel."),
    ("long " * 40, " long…”: it needs a running kernel."),
    ("<b>\nRoof</b>", "Run this cell to see the lab “Roof”: it needs a running kernel.")])
def test_without_its_state_a_lab_is_one_helpful_sentence(title, says, monkeypatch):
    said = plain(Lab(title, slug="x").box, monkeypatch)
    assert said.endswith(says) and len(said) <= 110 and "VBox" not in said and "\n" not in said


@pytest.mark.parametrize("kind, given", [
    (Vessel, ()), (Roofline, ()), (Lanes, ()), (Plot, ("x", "y", (1, 2), (1, 2))),
    (Heatmap, ("x", "y", "z", [1, 2], [1, 2], (0, 1)))])
def test_without_its_state_a_picture_is_one_too(kind, given, monkeypatch):
    said = plain(as_picture(kind(*given)).widget, monkeypatch)
    assert said == f"Run this cell to see this {kind.__name__}: it needs a running kernel."
