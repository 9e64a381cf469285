"""A lab: controls, functions of them, and pictures that the browser redraws by itself; what to predict, and tasks.

    lab = Lab("KV cache: the hidden tax")
    lab.choice("device", Hardware.Cloud)
    lab.slider("context", 512, 131072, start=8192, unit="token", scale="log2")

    @lab.predict("How many users fit at 128K?", unit="users", high=1000)
    def users_at_128k(device): ...       # asked at the start settings; shown when the student has locked a number

    @lab.derive
    def cache(model, context): ...       # asks for a control, or another function, by name

    @lab.picture(Vessel())
    def memory(device, cache): ...       # returns what the picture shows

    @lab.task("Where does one user's cache weigh as much as the model?", unit="token")
    def crossover(model): ...            # the key

Each function is traced once; what the pictures need becomes a program that the browser runs on every move. The kernel
is told of the moves too, but only forgets what it knew: a value is computed there when somebody asks for it. Until all
predictions are locked, only pictures marked ``start=True`` are on the page, and only what moves them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any

import numpy as np

from mlsysim_labs.page import controls as make
from mlsysim_labs.page.frames import PictureFrame
from mlsysim_labs.page.page import Page
from mlsysim_labs.questions.items import Formula
from mlsysim_labs.questions.progress import Progress, slug_of
from mlsysim_labs.questions.questions import Decorator, Questions
from mlsysim_labs.questions.setting import setting_of
from mlsysim_labs.reactive.control import Control
from mlsysim_labs.reactive.graph import Graph
from mlsysim_labs.reactive.values import difference
from mlsysim_labs.reactive.wiring import Wiring


class Lab:
    """Controls, functions, pictures and questions in one box. Display it as the last line of a cell.

    `slug` names the file of what a student does, beside the notebook; it follows from the title if it is not given
    `mode` : "learn", "demo" (all is shown, nothing kept) or "exam" (answers are kept and not judged)
    `course`, `student`, `key` : draw each student's own parameters, see `variant`

    What a lab is made of can be read: `wiring` (controls and functions), `page`, `questions`, `progress`.
    """

    def __init__(self, title: str = "", slug: str | None = None, mode: str | None = None, course: str = "",
                 student: str = "", key: str | None = None) -> None:
        self._page = Page(title)
        self._wiring = Wiring(self._settled, self._page.frames.traced)
        made = setting_of(mode, course, student, key)
        self._questions = Questions(self._wiring, slug or slug_of(title), made, self._publish)

    # what it is made of -----------------------------------------------------------------------------------------

    @property
    def wiring(self) -> Wiring:
        """Its controls and functions, as values and as symbols."""
        return self._wiring

    @property
    def page(self) -> Page:
        """Its pictures and knobs, as they are laid out."""
        return self._page

    @property
    def questions(self) -> Questions:
        """What it asks, by name: predictions, tasks, and the reflection."""
        return self._questions

    @property
    def pictures(self) -> Mapping[str, PictureFrame]:
        """Its pictures by name, in their frames."""
        return MappingProxyType(self._page.pictures)

    @property
    def progress(self) -> Progress:
        """What the student has done, and where it is kept."""
        return self._questions.progress

    @property
    def mode(self) -> str:
        """"learn", "demo" or "exam"."""
        return self._questions.setting.mode

    @property
    def is_open(self) -> bool:
        """Whether everything may be seen: all predictions are locked."""
        return self._questions.is_open

    @property
    def variant(self) -> Any:
        """Draws this student's own parameters; None where all have the same."""
        return self.progress.variant

    @property
    def box(self) -> Any:
        """All of the lab as one widget."""
        if not self._page.shown:
            self._page.shown = True
            self._publish()
        return self._page.layout.box

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
            self._page.advanced.add(control.name)
        self._publish()
        return control.widget

    def preset(self, name: str, **values: Any) -> None:
        """A button that sets several controls, with or without a kernel."""
        raw = self._wiring.raw_of(values)
        self._page.presets.pop(name, None)
        self._page.presets[name] = raw
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

    def picture(self, thing: Any, start: bool | str = False) -> Decorator:
        """The function below returns what a picture shows, or the traits of a widget by name.

        With `start` it moves before the predictions are locked, and with ``start="only"`` it leaves after that; no
        truth may need a function that it needs.
        """
        def decorate(function: Formula) -> Formula:
            self._page.add_picture(function.__name__, thing, start)
            return self.derive(function)
        return decorate

    # questions --------------------------------------------------------------------------------------------------

    def predict(self, question: str, *, unit: str = "", at: Mapping[str, Any] | None = None,
                **look: Any) -> Decorator:
        """The function below is the truth of a prediction: a number of `unit`, or one of `options`.

        `at` : settings of controls that the question states; the others stand where they start
        `low`, `high`, `whole` : ends of the logarithmic scale, and whether only whole numbers make sense
        `options` : of a choice, at most four
        """
        def decorate(function: Formula) -> Formula:
            self._questions.predict(question, function, at or {}, unit, look)
            return function
        return decorate

    def task(self, question: str, *, unit: str = "", at: Mapping[str, Any] | None = None, tolerance: float = 0.02,
             whole: bool = False, options: Sequence[str] = (), hints: Sequence[str] = (),
             mistakes: Mapping[str, Formula] | None = None) -> Decorator:
        """The function below is the key of a task: a number of `unit`, a quantity, "infeasible", or one of `options`.

        A bare number is one of `unit`: of a result take the quantity, ``r.ttft``, or divide. Hints and known mistakes
        can follow in lines of their own, see `hint` and `mistake`.

        `hints` : shown one by one; `mistakes` : wrong formulas, each under the sentence that tells who made it
        """
        def decorate(function: Formula) -> Formula:
            self._questions.task(question, function, at or {}, unit, tolerance, whole, options, hints, mistakes or {})
            return function
        return decorate

    def hint(self, task: Formula, *hints: str) -> None:
        """Hints of a task, which is named by its function; they are shown one by one."""
        self._questions.task_of(task).add_hints(*hints)

    def mistake(self, task: Formula, said: str | Formula) -> Decorator:
        """The function below is a wrong formula of a task; who made that mistake is told the sentence `said`.

        Its name is the mistake's, in records and reports. For a mistake that another task has too, give its function
        instead of the sentence.
        """
        def decorate(function: Formula) -> Formula:
            self._questions.mistake(task, said, function)
            return function
        return decorate

    def reflect(self, question: str) -> None:
        """Two sentences of the student's own, at the end."""
        self._questions.reflect(question)

    def submit(self) -> None:
        """Show what will be handed in, what is missing, and where it is."""
        self.progress.show()

    # the browser ------------------------------------------------------------------------------------------------

    def program(self) -> dict[str, Any]:
        """What the browser runs: the instructions for all that the pictures show."""
        return self._page.frames.program(list(self.pictures))

    def start_program(self) -> dict[str, Any]:
        """What it runs until the predictions are locked; nothing of their truths is in it."""
        self._questions.check_start(self._page.start_pictures)
        return self._page.frames.program(self._page.start_pictures)

    def _publish(self) -> None:
        """Show what may be seen; nothing before the lab is shown."""
        if not self._page.shown:
            return
        asked = self._questions
        asked.check_start(self._page.start_pictures)
        asked.ready()
        self._page.publish(self._wiring, asked.is_open, asked.lines,
                           [one.shown for one in asked.predictions.values()], asked.shown_tasks)

    def _settled(self) -> None:
        self._page.frames.send_kernel_state(self._wiring, self._page.seen(self.is_open))

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
        self._questions.show_record()
