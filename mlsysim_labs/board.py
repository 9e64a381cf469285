"""A board: controls, functions of them, and pictures that the browser redraws by itself. With questions it is a lab."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any

import numpy as np

from mlsysim_labs.page import controls as make
from mlsysim_labs.page.page import Page
from mlsysim_labs.page.scenes import PictureFrame
from mlsysim_labs.questions.items import Formula
from mlsysim_labs.questions.questions import Decorator
from mlsysim_labs.reactive.control import Control
from mlsysim_labs.reactive.graph import Graph
from mlsysim_labs.reactive.values import difference
from mlsysim_labs.reactive.wiring import GUESS, Wiring


class Board:
    """Controls, functions and pictures. What it is made of can be read: `wiring` and `page`."""

    def __init__(self, title: str, slug: str) -> None:
        self._page = Page(title, slug)
        self._wiring = Wiring(self._settled, self._page.frames.traced)

    @property
    def wiring(self) -> Wiring:
        """Its controls and functions, as values and as symbols."""
        return self._wiring

    @property
    def page(self) -> Page:
        """Its pictures and knobs, as they are laid out."""
        return self._page

    @property
    def pictures(self) -> Mapping[str, PictureFrame]:
        """Its pictures by name, in their frames."""
        return MappingProxyType(self._page.pictures)

    @property
    def is_open(self) -> bool:
        """Whether everything may be seen."""
        return True

    @property
    def box(self) -> Any:
        """All of it as one widget."""
        if not self._page.shown:
            self._page.shown = True
            self._page.rail.born = time.time() * 1000
            self._publish()
        return self._page.layout.box

    # controls ---------------------------------------------------------------------------------------------------

    @property
    def controls(self) -> dict[str, Any]:
        """The widgets by name: ordinary ipywidgets, to observe, link or place elsewhere."""
        return {name: control.widget for name, control in self._wiring.controls.items()}

    def slider(self, name: str, low: float, high: float, start: float | None = None, unit: str = "",
               scale: str = "linear", step: float | None = None, advanced: bool = False, colour: str = "",
               label: str = "") -> Any:
        """A number; scale="log2" gives whole numbers, four stops an octave, and "digits" all of two digits.

        An `advanced` one lies in a drawer. `colour` is that of what it moves: "weights", "cache", "multiply" or "you".
        """
        return self._add(make.slider(name, low, high, start, unit, scale, step), advanced, label, colour)

    def choice(self, name: str, options: Any, start: Any = None, advanced: bool = False, label: str = "") -> Any:
        """One of several records, numbers or texts."""
        return self._add(make.choice(name, options, start), advanced, label)

    def toggle(self, name: str, start: bool = False, advanced: bool = False) -> Any:
        """Yes or no."""
        return self._add(make.toggle(name, start), advanced)

    def _add(self, control: Control, advanced: bool, label: str = "", colour: str = "") -> Any:
        self._wiring.add(control)
        control.widget.description = label or control.widget.description
        if colour:
            control.widget.add_class(f"lab-knob-{colour}")
        if advanced:
            self._page.advanced.add(control.name)
        self._publish()
        return control.widget

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
    def kernel_only(self) -> dict[str, str]:
        """Functions that follow the kernel instead of the hand, and why."""
        return self._wiring.kernel_only

    @property
    def too_long(self) -> dict[str, str]:
        """Functions whose program takes longer than a frame, in a sentence each."""
        return self._wiring.too_long

    def __getitem__(self, name: str) -> Any:
        """The present value of a control or a function."""
        return self.graph[name]

    def observe(self, call: Callable[[Any], Any], name: str) -> Callable[[], None]:
        """Call `call` with the value of `name` after each change; returns a function that ends it."""
        return self.graph.observe(call, name)

    def derive(self, function: Formula) -> Formula:
        """A function of controls and other functions, whose parameters name what it asks for. Returns it unchanged."""
        name = function.__name__
        self._wiring.derive(function)
        self._publish()
        if name in self.kernel_only:
            print(f"{self.kernel_only[name]} Until then it follows the kernel, not the hand.")
        if name in self.too_long:
            print(self.too_long[name])
        return function

    def picture(self, thing: Any, view: str = "", start: bool | str = False, exam: bool = True) -> Decorator:
        """The function below returns what a picture shows, or the traits of a widget by name.

        `view` : what its segment is called; one without is seen at the prediction that it is posed for
        `start` : it moves before the predictions are locked, and with ``start="only"`` it leaves after that; no truth
            may need a function that it needs
        `exam` : whether it may be seen in an exam
        """
        def decorate(function: Formula) -> Formula:
            self._page.add_picture(function.__name__, thing, view, start, exam)
            return self.derive(function)
        return decorate

    def measured(self, picture: Formula, profile: Any = "modern") -> Decorator:
        """The function below says where somebody measured: by row of `Measurements`, whether the knobs stand there, and
        the place of its mark on the axes of that picture, if it has one.

        The page tells how far the model is from each, asked with an engine of that `profile`; nothing of it is there
        before all predictions are locked.
        """
        def decorate(function: Formula) -> Formula:
            self._page.add_measured(function.__name__, picture.__name__, profile)
            return self.derive(function)
        return decorate

    # the browser ------------------------------------------------------------------------------------------------

    def program(self) -> dict[str, Any]:
        """What the browser runs: the instructions for all that the pictures show."""
        return self._page.frames.program(list(self.pictures))

    def _publish(self, reveal: str = "") -> None:
        """Show what may be seen; nothing before it is shown."""
        raise NotImplementedError

    def _settled(self) -> None:
        page = self._page
        shown = page.open_pictures(False) if self.is_open else page.start_functions
        page.frames.send_kernel_state(self._wiring, shown)

    def check(self, points: int = 50, seed: int = 0) -> None:
        """Compare formulas and program at random settings; AssertionError with the first setting where they differ.

        It finds what a trace cannot see: a question of what type a value has, hidden state, chance.
        """
        rng = np.random.default_rng(seed)
        for _ in range(points):
            raw = {name: control.sample(rng) for name, control in self._wiring.controls.items()}
            raw[GUESS] = float(rng.choice([np.nan, 0.5, 3.0, 40.0]))
            said = difference(self._wiring, raw)
            if said:
                raise AssertionError(said)
