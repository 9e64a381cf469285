"""The invisible widget that runs a lab's program in the browser: it reads the controls and writes the pictures."""

from __future__ import annotations

from typing import Any

import anywidget
import traitlets
from ipywidgets import widget_serialization

from mlsysim_labs.widgets.assets import script, style


class Runner(anywidget.AnyWidget):
    """One writer of pictures. Everything it needs is in these traits, so it works in a saved notebook too.

    `controls` : [name, trait, widget, labels] of each control, the labels of a table's stops being read aloud
    `views` : the widgets that outputs of the program go to; an output is called ``"view.trait"``, with ``".array"``
        where the trait is an array even if the value is a number
    `pictures` : name, frame and note of each picture, its vital outputs, and the controls for which it waits
        for the kernel
    `kernel_state` : values that only the kernel can compute, the settings that they were computed for, and the
        sentences of functions that failed
    `presets` : settings by name
    `drawer` : whether there are knobs in a drawer, which a button opens
    """

    _esm = script("reactive/program.js", "page/runner.js")  # one module: a page cannot import a file of the kernel's
    _css = style("page/lab.css")
    program: Any = traitlets.Dict().tag(sync=True)
    controls: Any = traitlets.List().tag(sync=True, **widget_serialization)
    views: Any = traitlets.List().tag(sync=True, **widget_serialization)
    pictures: Any = traitlets.List().tag(sync=True, **widget_serialization)
    kernel_state: Any = traitlets.Dict().tag(sync=True)
    presets: Any = traitlets.List().tag(sync=True)
    drawer: Any = traitlets.Bool().tag(sync=True)
