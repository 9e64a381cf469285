"""The invisible widget that plays a lab's scenes in the browser: it reads the controls and writes the pictures."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets
from ipywidgets import widget_serialization

from mlsysim_labs.widgets.assets import script


class Runner(anywidget.AnyWidget):
    """One writer of pictures. Everything it needs is in these traits, so it works in a saved notebook too.

    `controls` : [name, trait, widget, labels] of each control, the labels of a table's stops being read aloud
    `views` : the widgets that outputs of programs go to; an output is called ``"view.trait"``, with ``".array"``
        where the trait is an array even if the value is a number
    `scenes` : by name, each with its program, its pictures (name, frame, note, table, segment, vital outputs, and the
        controls for which it waits for the kernel), its knobs, and the picture that is seen first; the one without a
        name is that in which everything moves
    `guesses` : by prediction its widget, the raw settings that its truth is shown at, and how its guess is counted
    `reveal` : what has just been locked: number and prediction; the stage goes to the truth when this changes
    `kernel_state` : values that only the kernel can compute, the settings that they were computed for, and the
        sentences of functions that failed

    In the browser alone, and never sent: `scene` and `view`, the step and the picture that are looked at.
    """

    # one module: a page cannot import a file of the kernel's
    _esm = script("reactive/program.js", "page/hand.js", "page/runner.js")
    controls: Any = traitlets.List().tag(sync=True, **widget_serialization)
    views: Any = traitlets.List().tag(sync=True, **widget_serialization)
    scenes: Any = traitlets.Dict().tag(sync=True, **widget_serialization)
    guesses: Any = traitlets.Dict().tag(sync=True, **widget_serialization)
    reveal: Any = traitlets.Dict().tag(sync=True)
    kernel_state: Any = traitlets.Dict().tag(sync=True)
    scene = traitlets.Unicode().tag(sync=True)
    view = traitlets.Unicode().tag(sync=True)
