"""A lab: controls, functions of them, and pictures that the browser redraws by itself; what to predict, and tasks.

    lab = Lab("KV cache: the hidden tax")
    lab.choice("device", Hardware.Cloud)
    lab.slider("context", 512, 131072, start=8192, unit="token", scale="log2")

    @lab.predict("How many users fit at 128K?", unit="users", high=1000)
    def users_at_128k(device): ...       # asked at the start settings; shown when the student has locked a number

    @lab.derive
    def cache(model, context): ...       # asks for a control, or another function, by name

    @lab.picture(Tank())
    def memory(device, cache): ...       # returns what the picture shows

    @lab.task("Where does one user's cache weigh as much as the model?", unit="token")
    def crossover(model): ...            # the key

Each function is traced once; what the pictures need becomes a program that the browser runs on every move. The kernel
is told of the moves too, but only forgets what it knew: a value is computed there when somebody asks for it. Until all
predictions are locked, only pictures marked ``start=True`` are on the page, and only what moves them.
"""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import numpy as np

from mlsysim_labs.page import controls as make
from mlsysim_labs.page.frames import Frames
from mlsysim_labs.page.layout import Layout
from mlsysim_labs.pictures.parts.picture import as_picture
from mlsysim_labs.questions.progress import slug_of
from mlsysim_labs.questions.questions import Decorator, Formula, Questions
from mlsysim_labs.reactive.control import Control
from mlsysim_labs.reactive.graph import Graph
from mlsysim_labs.reactive.values import difference
from mlsysim_labs.reactive.wiring import Wiring


class Lab(Questions):
    """Controls, functions, pictures and questions in one box. Display it as the last line of a cell.

    `slug` names the file of what a student does, beside the notebook; it follows from the title if it is not given
    `mode` : "learn", "demo" (all is shown, nothing kept) or "exam" (answers are kept and not judged)
    `course`, `student`, `key` : draw each student's own parameters, see `variant`
    """

    def __init__(self, title: str = "", slug: str | None = None, mode: str | None = None, course: str = "",
                 student: str = "", key: str | None = None) -> None:
        super().__init__(Wiring(self._settled), slug or slug_of(title), mode, (course, student, key))
        self._frames = Frames()
        self._layout = Layout(title, self._frames.runner)
        self._presets: list[tuple[str, dict[str, Any]]] = []
        self._advanced: set[str] = set()
        self._start: list[str] = []  # pictures that move before the predictions are locked
        self._leaves: set[str] = set()  # those of them that make room then
        self._shown = False

    @property
    def box(self) -> Any:
        """All of the lab as one widget."""
        if not self._shown:
            self._shown = True
            self._publish()
        return self._layout.box

    # controls ---------------------------------------------------------------------------------------------------

    @property
    def controls(self) -> dict[str, Any]:
        """The widgets by name: ordinary ipywidgets, to observe, link or place elsewhere."""
        return {name: control.widget for name, control in self._wiring.controls.items()}

    def slider(self, name: str, low: float, high: float, start: float | None = None, unit: str = "",
               scale: str = "linear", step: float | None = None, advanced: bool = False) -> Any:
        """A number; scale="log2" gives whole numbers, four stops an octave. An `advanced` one lies in a drawer."""
        return self._add(make.slider(name, low, high, start, unit, scale, step), advanced)

    def choice(self, name: str, options: Any, start: Any = None, advanced: bool = False) -> Any:
        """One of several records, numbers or texts."""
        return self._add(make.choice(name, options, start), advanced)

    def toggle(self, name: str, start: bool = False, advanced: bool = False) -> Any:
        """Yes or no."""
        return self._add(make.toggle(name, start), advanced)

    def _add(self, control: Control, advanced: bool) -> Any:
        self._wiring.add(control)
        if advanced:
            self._advanced.add(control.name)
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
    def kernel_only(self) -> dict[str, str]:
        """Functions that follow the kernel instead of the hand, and why."""
        return self._wiring.kernel_only

    def __getitem__(self, name: str) -> Any:
        """The present value of a control or a function."""
        return self.graph[name]

    def observe(self, call: Callable[[Any], Any], name: str) -> Callable[[], None]:
        """Call `call` with the value of `name` after each change; returns a function that ends it."""
        return self.graph.observe(call, name)

    def derive(self, function: Formula) -> Formula:
        """A function of controls and other functions, whose parameters name what it asks for. Returns it unchanged."""
        self._wiring.derive(function)
        self._retrace()
        reason = self.kernel_only.get(function.__name__)
        if reason:
            print(f"{reason} Until then it follows the kernel, not the hand.")
        return function

    def picture(self, thing: Any, start: bool | str = False) -> Decorator:
        """The function below returns what a picture shows, or the traits of a widget by name.

        With `start` it moves before the predictions are locked, and with ``start="only"`` it leaves after that; no
        truth may need a function that it needs.
        """
        picture = as_picture(thing)

        def decorate(function: Formula) -> Formula:
            self._frames.frame(function.__name__, picture)
            if start and function.__name__ not in self._start:
                self._start.append(function.__name__)
            if start == "only":
                self._leaves.add(function.__name__)
            return self.derive(function)
        return decorate

    def _retrace(self) -> None:
        self._wiring.retrace(self._frames.traced)
        self._publish()

    # the browser ------------------------------------------------------------------------------------------------

    def program(self) -> dict[str, Any]:
        """What the browser runs: the instructions for all that the pictures show."""
        return self._frames.program(list(self._frames.pictures))

    def _publish(self) -> None:
        """Give the browser all that may be seen, in one message; nothing before the lab is shown."""
        if not self._shown:
            return
        self._ready(self._start)
        names, order = self._names, list(self.controls)
        needed, gone = self._wiring.needed(names), self._wiring.needed(self._leaves)
        knobs = [name for name in order if name in needed or (self._is_open and name not in gone)]
        presets = [*self._presets, ("Reset", self._wiring.start)] if self._is_open else []
        drawer = [name for name in knobs if name in self._advanced]
        self._layout.arrange(
            line=self._lines, predictions=self._asked, knobs=[self.controls[n] for n in knobs if n not in drawer],
            drawer=[self.controls[n] for n in drawer], frames=[self._frames.pictures[n].frame for n in names],
            tasks=self._given if self._is_open else [])
        self._frames.publish(self._wiring, presets, names, knobs, bool(drawer))

    @property
    def _names(self) -> list[str]:
        """The pictures that may be seen."""
        hidden = self._leaves if self._is_open else set(self._frames.pictures) - set(self._start)
        return [name for name in self._frames.pictures if name not in hidden]

    def _settled(self) -> None:
        self._frames.send_kernel_state(self._wiring, self._names)

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
        if self._kept is not None:
            self._kept.show()
