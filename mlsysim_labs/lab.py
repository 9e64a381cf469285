"""A lab: controls, functions of them, and pictures that the browser redraws by itself; what to predict, and tasks.

    lab = Lab("KV cache: the hidden tax")
    lab.choice("device", Hardware.Cloud)
    lab.slider("context", 512, 131072, start=8192, unit="token", scale="log2")

    @lab.picture(Vessel(), view="Memory")
    def memory(model, device, context, users, guess): ...  # asks for a control, another function, or the guess, by name

    @lab.predict("How many users of 128K fit at once?", unit="users", at={"context": LONG}, show={"users": GUESS})
    def users_at_128k(model, device, context): ...         # the truth: computed when a student has locked a number

    @lab.pose(users_at_128k, memory)
    def shared_out(model, device, guess): ...              # how a guess looks in that picture; it knows no truth

    lab.explore("Drag context to 128K.", notice="Each tile grows; the weights stay.", show={"context": LONG})

    @lab.task("Where does one user's cache weigh as much as the model?", unit="token")
    def crossover(model): ...                              # the key

    @lab.design("Make 8 users of 128K fit.")
    def plan(users, context, fit): ...                     # named conditions, judged where the knobs stand

Each function is traced once; what the pictures need becomes a program that the browser runs on every move. The kernel
is told of the moves too, but only forgets what it knew: a value is computed there when somebody asks for it. Until all
predictions are locked, only poses and pictures marked ``start=True`` are on the page, and only what moves them.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from types import MappingProxyType
from typing import Any

import numpy as np

from mlsysim_labs.page import controls as make
from mlsysim_labs.page.page import Asked, Page
from mlsysim_labs.page.rail import Step
from mlsysim_labs.page.scenes import PictureFrame
from mlsysim_labs.questions.items import Formula, PredictionItem
from mlsysim_labs.questions.progress import Progress, slug_of
from mlsysim_labs.questions.questions import Decorator, Questions
from mlsysim_labs.questions.setting import setting_of
from mlsysim_labs.reactive.control import Control
from mlsysim_labs.reactive.graph import Graph
from mlsysim_labs.reactive.values import difference
from mlsysim_labs.reactive.wiring import GUESS, Wiring
from solver.text import nearest


class Lab:
    """Controls, functions, pictures and questions in one box. Display it as the last line of a cell.

    `slug` names the file of what a student does, beside the notebook; it follows from the title if it is not given
    `mode` : "learn", "demo" (all is shown, nothing kept) or "exam" (answers are kept and not judged)
    `course`, `student`, `key` : draw each student's own parameters, see `variant`

    What a lab is made of can be read: `wiring` (controls and functions), `page`, `questions`, `progress`.
    """

    def __init__(self, title: str = "", slug: str | None = None, mode: str | None = None, course: str = "",
                 student: str = "", key: str | None = None) -> None:
        self._page = Page(title, slug or slug_of(title))
        self._wiring = Wiring(self._settled, self._page.frames.traced)
        made = setting_of(mode, course, student, key)
        self._questions = Questions(self._wiring, slug or slug_of(title), made, self._publish)
        self._poses: dict[str, tuple[str, str]] = {}  # function and picture, by prediction

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

    # questions --------------------------------------------------------------------------------------------------

    def predict(self, question: str, *, given: str = "", unit: str = "", at: Mapping[str, Any] | None = None,
                show: Mapping[str, Any] | None = None, why: str = "", **look: Any) -> Decorator:
        """The function below is the truth of a prediction: a number of `unit`, or one of `options`; or what each option
        comes to, by option, of which the largest is meant.

        `given` : the conditions, apart from the question
        `at` : settings of controls that the question states; the others stand where they start
        `show` : where the knobs go when the truth is shown, besides `at`; GUESS is the student's own number
        `why` : the reason, with the lab's names in its places: "One user keeps {user:GB}."
        `low`, `high`, `whole` : ends of the logarithmic scale, and whether only whole numbers make sense
        `options` : of a choice, at most four
        """
        def decorate(function: Formula) -> Formula:
            self._questions.predict(question, function, at or {}, unit, given, look, show or {}, why)
            return function
        return decorate

    def pose(self, prediction: Formula, picture: Formula) -> Decorator:
        """The function below draws a guess in that picture before its lock: of what is on the screen, and `guess`."""
        def decorate(function: Formula) -> Formula:
            item = self._questions.predictions[prediction.__name__]
            self._poses[item.name] = function.__name__, picture.__name__
            item.shown.posed = True
            self._page.add_pose(function.__name__, picture.__name__)
            return self.derive(function)
        return decorate

    def explore(self, do: str, notice: str, *, show: Mapping[str, Any] | None = None, view: str = "",
                watch: Formula | None = None) -> None:
        """Something to try, and what to notice. It is done when the knobs have been at `show`, by hand or by button.

        `view` : the segment to look at; `watch` : a picture that plays, which is to be seen to its end
        """
        names = {one.view: name for name, one in self.pictures.items()}
        if view and view not in names:
            raise KeyError(f"there is no view {view!r}. {nearest(view, filter(None, names))}")
        watched = self.pictures[watch.__name__].widget if watch else None
        self._questions.explore(do, notice, show or {}, names.get(view, "") if view else "", watched, self._page.runner)

    def task(self, question: str, *, given: str = "", unit: str = "", at: Mapping[str, Any] | None = None,
             tolerance: float = 0.02, whole: bool = False, options: Sequence[str] = (), means: str = "",
             hints: Sequence[str] = (), mistakes: Mapping[str, Formula] | None = None) -> Decorator:
        """The function below is the key of a task: a number of `unit`, a quantity, "infeasible", or one of `options`.

        A bare number is one of `unit`: of a result take the quantity, ``r.ttft``, or divide. Hints, known mistakes and
        the derivation can follow in lines of their own, see `hint`, `mistake` and `derivation`.

        `means` : one sentence on what a right answer says; all texts may have the lab's names in places, "{free:GB}"
        `hints` : shown one by one; `mistakes` : wrong formulas, each under the sentence that tells who made it
        """
        def decorate(function: Formula) -> Formula:
            self._questions.task(question, function, at or {}, unit, given, tolerance, whole, options, means, hints,
                                 mistakes or {})
            return function
        return decorate

    def design(self, question: str, *, given: str = "", means: str = "") -> Decorator:
        """The function below returns the conditions of a plan by name; it is judged by where the knobs stand."""
        def decorate(function: Formula) -> Formula:
            item = self._questions.design(question, function, given, means)
            self._page.watch(function.__name__, item.targets)
            return self.derive(function)
        return decorate

    def derivation(self, task: Formula, text: str) -> None:
        """How a task is worked out: for whoever is right and asks, and for whoever has tried three times."""
        self._questions.task_of(task).derivation = text

    def after(self, text: str) -> None:
        """What may be read when the predictions are locked, beside the reflection."""
        self._questions.after(text)

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
        self._questions.check_start(self._page.start_functions)
        return self._page.frames.program(self._page.start_functions)

    def unlock(self) -> None:
        """Open everything with its keys, for tools that need all of a lab; nothing is kept."""
        self._questions.unlock()

    def _publish(self, reveal: str = "") -> None:
        """Show what may be seen; nothing before the lab is shown."""
        if not self._page.shown:
            return
        asked = self._questions
        asked.check_start(self._page.start_functions)
        asked.ready()
        exam = self.mode == "exam"
        self._page.rail.kinds = asked.kinds
        self._page.publish(self._wiring, [self._asked(one) for one in asked.predictions.values()], asked.is_open,
                           [Step(*card) for card in asked.steps()], asked.lines, exam, "" if exam else reveal)

    def _asked(self, one: PredictionItem) -> Asked:
        """A prediction as the stage knows it."""
        pose, picture = self._poses.get(one.name, ("", ""))
        return Asked(one.name, one.shown, pose, picture, one.raw_show(), one.scale, one.guess, one.locked, one.revealed)

    def _settled(self) -> None:
        frames = self._page.frames
        frames.send_kernel_state(self._wiring, self._page.open_pictures(False) if self.is_open else
                                 self._page.start_functions)

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

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(self.box)
        self._questions.show_record()
