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

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import ipywidgets
import numpy as np

from . import controls as make
from .controls import Control
from .graph import Graph, NodeError
from .pictures.picture import Picture, Target, as_picture
from .runner import Runner
from .trace import Untraceable, program, trace
from .values import difference, flat_values, late_symbols


@dataclass
class Shown:
    """A picture in its frame, with the line that says why it is dimmed."""

    picture: Picture
    frame: Any
    note: Any
    targets: list[Target] = field(default_factory=list)


class Lab:
    """Controls, functions and pictures in one box. Display it as the last line of a cell."""

    def __init__(self, title: str = "") -> None:
        self.graph = Graph()
        self.late: dict[str, str] = {}  # functions that follow the kernel, and why
        self._controls: dict[str, Control] = {}
        self._symbols: dict[str, Any] = {}
        self._functions: dict[str, Callable[..., Any]] = {}
        self._pictures: dict[str, Shown] = {}
        self._presets: list[tuple[str, dict[str, Any]]] = []
        self._held = 0
        self._runner = Runner()
        heading = [ipywidgets.HTML(title)] if title else []
        for widget in heading:
            widget.add_class("lab-title")
        self._knobs = ipywidgets.Box([])
        self._knobs.add_class("lab-controls")
        self._frames = ipywidgets.VBox([])
        self._box = ipywidgets.VBox([*heading, self._knobs, self._runner, self._frames])
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
        return {name: control.widget for name, control in self._controls.items()}

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
        name = control.name
        if not name.isidentifier():
            raise ValueError(f"{name!r} cannot be a control: functions ask for it by name, so give a Python name.")
        self.graph.add(name, control.read(control.raw))
        self._controls[name], self._symbols[name] = control, control.symbol
        control.widget.observe(lambda change: self._moved(control), control.trait)
        control.widget.add_class(f"lab-control-{name}")
        self._knobs.children = tuple(self.controls.values())
        self._retrace()
        return control.widget

    def preset(self, name: str, **values: Any) -> None:
        """A button that sets several controls, with or without a kernel."""
        raw = {control: self._control(control).raw_of(value) for control, value in values.items()}
        self._presets = [(known, was) for known, was in self._presets if known != name] + [(name, raw)]
        self._publish()

    def set(self, **values: Any) -> None:
        """Move controls; what follows is computed once."""
        raw = {name: self._control(name).raw_of(value) for name, value in values.items()}
        with self.hold():
            for name, value in raw.items():
                setattr(self._controls[name].widget, self._controls[name].trait, value)

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Compute once for many changes."""
        self._held += 1
        try:
            with self.graph.hold():
                yield
        finally:
            self._held -= 1
            self._send_late()

    def _control(self, name: str) -> Control:
        if name not in self._controls:
            from solver.records import nearest

            raise KeyError(f"There is no control {name!r}. {nearest(name, self._controls)}")
        return self._controls[name]

    def _moved(self, control: Control) -> None:
        with self.hold():
            self.graph.set(**{control.name: control.read(control.raw)})

    # functions --------------------------------------------------------------------------------------------------

    def __getitem__(self, name: str) -> Any:
        """The present value of a control or a function."""
        return self.graph[name]

    def observe(self, call: Callable[[Any], Any], name: str) -> Callable[[], None]:
        """Call `call` with the value of `name` after each change; returns a function that ends it."""
        return self.graph.observe(call, name)

    def derive(self, function: Callable[..., Any]) -> Callable[..., Any]:
        """A function of controls and other functions, whose parameters name what it asks for. Returns it unchanged."""
        self.graph.derive(function)
        self._functions[function.__name__] = function
        self._retrace()
        reason = self.late.get(function.__name__)
        if reason:
            print(f"{reason} Until then it follows the kernel, not the hand.")
        return function

    def picture(self, thing: Any) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """The function below returns what a picture shows, or the traits of a widget by name."""
        picture = as_picture(thing)

        def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
            name = function.__name__
            note = ipywidgets.HTML("")
            note.add_class("lab-note")
            frame = ipywidgets.VBox([note, picture.widget])
            for kind in ("lab-picture", f"lab-picture-{name}"):
                frame.add_class(kind)
            self._pictures[name] = Shown(picture, frame, note)
            self._frames.children = tuple(shown.frame for shown in self._pictures.values())
            return self.derive(function)
        return decorate

    def _retrace(self) -> None:
        """Follow every function again, in order: a replaced one changes what its followers are made of."""
        self.late.clear()
        for name, function in self._functions.items():
            try:
                made = trace(function, **{need: self._symbols[need] for need in self.graph.needs(name)})
                if name in self._pictures:
                    self._pictures[name].targets = self._pictures[name].picture.targets(made)
            except Untraceable as problem:
                self.late[name] = str(problem)
                made = self._late_symbols(name)
            self._symbols[name] = made
        self._publish()

    def _late_symbols(self, name: str) -> Any:
        """Symbols in the shape of what the kernel computes; nothing, while it cannot."""
        try:
            made = late_symbols(name, self.graph[name])
        except NodeError:
            return None
        if name in self._pictures:
            self._pictures[name].targets = self._pictures[name].picture.targets(made)
        return made

    # the browser ------------------------------------------------------------------------------------------------

    def program(self) -> dict[str, Any]:
        """What the browser runs: the instructions for all that the pictures show."""
        return program({key: target.value for _, targets in self._outputs() for key, target in targets.items()})

    def _views(self) -> list[Any]:
        """The widgets that are written, once each."""
        found: dict[int, Any] = {}
        for shown in self._pictures.values():
            for target in shown.targets:
                found.setdefault(id(target.widget), target.widget)
        return list(found.values())

    def _outputs(self) -> list[tuple[str, dict[str, Target]]]:
        """For each picture, its targets by the name of the program's output."""
        place = {id(view): i for i, view in enumerate(self._views())}
        return [(name, {f"{place[id(t.widget)]}.{t.trait}" + (".array" if t.array else ""): t for t in shown.targets})
                for name, shown in self._pictures.items()]

    def _publish(self) -> None:
        """Give the browser all that it needs, in one message; nothing before the lab is shown."""
        if not self._shown:
            return
        start = {name: control.start for name, control in self._controls.items()}
        with self._runner.hold_sync():
            self._runner.controls = [[c.name, c.trait, c.widget, list(c.labels)] for c in self._controls.values()]
            self._runner.views = self._views()
            self._runner.pictures = [
                {"name": name, "frame": shown.frame, "note": shown.note, "late": self._waits(name),
                 "vital": [output for output, target in outputs.items() if target.vital],
                 "classes": ["lab-picture", f"lab-picture-{name}"]}
                for (name, outputs), shown in zip(self._outputs(), self._pictures.values(), strict=True)]
            self._runner.presets = [list(preset) for preset in [*self._presets, ("Reset", start)]]
            self._send_late()
            self._runner.program = self.program() if self._pictures else {}

    def _waits(self, name: str) -> bool:
        """Whether a function, or one before it, follows the kernel."""
        return name in self.late or any(self._waits(need) for need in self.graph.needs(name))

    def _send_late(self) -> None:
        """What only the kernel can compute, the settings it is true for, and what failed."""
        if self._held or not self.late:
            return
        values: dict[str, Any] = {}
        for name in self.late:
            if self.graph.problem(name) is None:
                values |= flat_values(name, self.graph[name])
        problems = {name: self.graph.problem(name) for name in self._pictures if self._waits(name)}
        self._runner.late = {
            "values": values, "at": {name: control.raw for name, control in self._controls.items()},
            "problems": {name: said for name, said in problems.items() if said}}

    def check(self, points: int = 50, seed: int = 0) -> None:
        """Compare formulas and program at random settings; AssertionError with the first setting where they differ.

        It finds what a trace cannot see: a question of what type a value has, hidden state, chance.
        """
        rng = np.random.default_rng(seed)
        for _ in range(points):
            raw = {name: control.sample(rng) for name, control in self._controls.items()}
            said = difference(self, raw)
            if said:
                raise AssertionError(said)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.box)
