"""A lab: controls, functions of them, and pictures that the browser redraws by itself.

    lab = Lab("KV cache: the hidden tax")
    lab.choice("device", Hardware.Cloud)
    lab.slider("context", 512, 131072, start=8192, unit="token", scale="log2")

    @lab.derive
    def cache(context): ...              # asks for a control, or another function, by name

    @lab.picture(Tank())
    def memory(device, cache): ...       # returns what the picture shows

Each function is traced once; what the pictures need becomes a program that the browser runs on every move. The kernel
is told of the moves too, but only forgets what it knew: a value is computed there when somebody asks for it.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import ipywidgets
import numpy as np

from . import controls as make
from .controls import Control
from .graph import Graph
from .pictures.picture import as_picture
from .stage import Stage
from .values import difference
from .wiring import Wiring


class Lab:
    """Controls, functions and pictures in one box. Display it as the last line of a cell."""

    def __init__(self, title: str = "") -> None:
        self._wiring = Wiring(self._settled)
        self._stage = Stage()
        self._presets: list[tuple[str, dict[str, Any]]] = []
        heading = [ipywidgets.HTML(title)] if title else []
        for widget in heading:
            widget.add_class("lab-title")
        self._knobs = ipywidgets.Box([])
        self._knobs.add_class("lab-controls")
        self._frames = ipywidgets.VBox([])
        self._box = ipywidgets.VBox([*heading, self._knobs, self._stage.runner, self._frames])
        self._box.add_class("lab-box")
        self._shown = False

    @property
    def box(self) -> Any:
        """All of the lab as one widget."""
        if not self._shown:
            self._shown = True
            self._publish()
        return self._box

    # controls ---------------------------------------------------------------------------------------------------

    @property
    def controls(self) -> dict[str, Any]:
        """The widgets by name: ordinary ipywidgets, to observe, link or place elsewhere."""
        return {name: control.widget for name, control in self._wiring.controls.items()}

    def slider(self, name: str, low: float, high: float, start: float | None = None, unit: str = "",
               scale: str = "linear", step: float | None = None) -> Any:
        """A number; scale="log2" gives whole numbers, four stops an octave."""
        return self._add(make.slider(name, low, high, start, unit, scale, step))

    def choice(self, name: str, options: Any, start: Any = None) -> Any:
        """One of several records, numbers or texts."""
        return self._add(make.choice(name, options, start))

    def toggle(self, name: str, start: bool = False) -> Any:
        """Yes or no."""
        return self._add(make.toggle(name, start))

    def _add(self, control: Control) -> Any:
        self._wiring.add(control)
        self._knobs.children = tuple(self.controls.values())
        self._retrace()
        return control.widget

    def preset(self, name: str, **values: Any) -> None:
        """A button that sets several controls, with or without a kernel."""
        raw = self._wiring.raw_of(values)
        self._presets = [(known, was) for known, was in self._presets if known != name] + [(name, raw)]
        self._publish()

    def set(self, **values: Any) -> None:
        """Move controls; what follows is computed once."""
        self._wiring.move(self._wiring.raw_of(values))

    def hold(self) -> AbstractContextManager[None]:
        """Compute once for many changes."""
        return self._wiring.hold()

    # functions --------------------------------------------------------------------------------------------------

    @property
    def graph(self) -> Graph:
        """The values of controls and functions by name."""
        return self._wiring.graph

    @property
    def late(self) -> dict[str, str]:
        """Functions that follow the kernel instead of the hand, and why."""
        return self._wiring.late

    def __getitem__(self, name: str) -> Any:
        """The present value of a control or a function."""
        return self.graph[name]

    def observe(self, call: Callable[[Any], Any], name: str) -> Callable[[], None]:
        """Call `call` with the value of `name` after each change; returns a function that ends it."""
        return self.graph.observe(call, name)

    def derive(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function of controls and other functions, whose parameters name what it asks for. Returns it unchanged."""
        self._wiring.derive(function)
        self._retrace()
        reason = self.late.get(function.__name__)
        if reason:
            print(f"{reason} Until then it follows the kernel, not the hand.")
        return function

    def picture(self, thing: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """The function below returns what a picture shows, or the traits of a widget by name."""
        picture = as_picture(thing)

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            self._stage.frame(function.__name__, picture)
            self._frames.children = tuple(shown.frame for shown in self._stage.pictures.values())
            return self.derive(function)
        return decorate

    def _retrace(self) -> None:
        self._wiring.retrace(self._stage.traced)
        self._publish()

    # the browser ------------------------------------------------------------------------------------------------

    def program(self) -> dict[str, Any]:
        """What the browser runs: the instructions for all that the pictures show."""
        return self._stage.program(list(self._stage.pictures))

    def _publish(self) -> None:
        """Give the browser all that it needs, in one message; nothing before the lab is shown."""
        if self._shown:
            presets = [*self._presets, ("Reset", self._wiring.start)]
            self._stage.publish(self._wiring, presets, list(self._stage.pictures), list(self.controls))

    def _settled(self) -> None:
        self._stage.send_late(self._wiring, list(self._stage.pictures))

    def check(self, points: int = 50, seed: int = 0) -> None:
        """Compare formulas and program at random settings; AssertionError with the first setting where they differ.

        It finds what a trace cannot see: a question of what type a value has, hidden state, chance.
        """
        rng = np.random.default_rng(seed)
        for _ in range(points):
            raw = {name: control.sample(rng) for name, control in self._wiring.controls.items()}
            said = difference(self._wiring, raw)
            if said:
                raise AssertionError(said)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.box)
