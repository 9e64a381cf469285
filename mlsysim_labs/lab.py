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

from collections.abc import Mapping, Sequence
from typing import Any

from mlsysim_labs.board import Board
from mlsysim_labs.marking.draws import Draw
from mlsysim_labs.marking.variants import Variant
from mlsysim_labs.page.page import Asked
from mlsysim_labs.page.rail import Step
from mlsysim_labs.questions.items import Formula, PredictionItem
from mlsysim_labs.questions.progress import Progress, slug_of
from mlsysim_labs.questions.questions import Decorator, Questions
from mlsysim_labs.questions.setting import setting_of
from mlsysim_labs.widgets.still import Still, drawing_of, silent_view
from solver.text import nearest


class Lab(Board):
    """Controls, functions, pictures and questions in one box. Display it as the last line of a cell.

    `slug` names the file of what a student does, beside the notebook; it follows from the title if it is not given
    `mode` : "learn", "demo" (all is shown, nothing kept) or "exam" (answers are kept and not judged)
    `course`, `student` : of the record; they also draw each student's own numbers, see `draw`. In a course without a
        student the lab asks for the name, once
    `seed` : draws them instead, as `mlsysim_labs.marking.variants` makes it of course, student and a teacher's secret;
        a notebook that students get has the seed, and nothing takes the secret
    `seal`, `release` : an exam's, see `mlsysim-labs seal`; where there was an exam nothing is judged in any mode before
        it is released

    What a lab is made of can be read: `wiring` (controls and functions), `page`, `questions`, `progress`.
    """

    def __init__(self, title: str = "", slug: str | None = None, mode: str | None = None, course: str = "",
                 student: str = "", seal: str = "", release: str = "", seed: int | None = None) -> None:
        super().__init__(title, slug or slug_of(title))
        made = setting_of(mode, course, student, seal, release, seed)
        self._questions = Questions(self._wiring, slug or slug_of(title), made, self._publish)
        self._poses: dict[str, tuple[str, str]] = {}  # function and picture, by prediction
        self._views: dict[str, str] = {}  # the picture that a task's card opens, by task

    # what it is made of -----------------------------------------------------------------------------------------

    @property
    def questions(self) -> Questions:
        """What it asks, by name: predictions, tasks, and the reflection."""
        return self._questions

    @property
    def progress(self) -> Progress:
        """What the student has done, and where it is kept."""
        return self._questions.progress

    @property
    def mode(self) -> str:
        """"learn", "demo" or "exam"; where the record holds an exam that is not released, that."""
        return self._questions.mode

    @property
    def is_open(self) -> bool:
        """Whether everything may be seen: all predictions are locked."""
        return self._questions.is_open

    @property
    def variant(self) -> Variant | None:
        """Draws this student's own numbers; None where all have the same."""
        return self.progress.variant

    @property
    def draws(self) -> dict[str, tuple[Any, ...]]:
        """The options of what is drawn, by name; everybody's without a seed comes first."""
        return {name: draw.options for name, draw in self._questions.draws.items()}

    # questions --------------------------------------------------------------------------------------------------

    def draw(self, name: str, options: Sequence[Any]) -> Draw:
        """A name with a value of each student's own: one of `options`, and the first for everybody without a seed.

        Tasks, predictions and what explains them ask for it by name, as for a knob, and texts show it. It can stand in
        `at`, itself or by its name. Knobs, pictures and plans are everybody's. An option with parts is a dict; then
        ``draw["users"]`` is what stands in `at`, and texts show "{crowd.users:,}".

        >>> lab = Lab("Ask each student something else")
        >>> lab.draw("users", [8, 12, 16, 20]).name, lab.draws
        ('users', {'users': (8, 12, 16, 20)})
        """
        return self._questions.draw(name, options)

    def predict(self, question: str, *, given: str = "", unit: str = "", at: Mapping[str, Any] | None = None,
                show: Mapping[str, Any] | None = None, why: str = "", **look: Any) -> Decorator:
        """The function below is the truth of a prediction: a number of `unit`, or one of `options`; or what each option
        comes to, by option, of which the largest is meant.

        `given` : the conditions, apart from the question
        `at` : settings of controls that the question states, and names that the function alone knows; both may be
            drawn. The other controls stand where they start
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
        watched = self.pictures[watch.__name__].widget if watch else None
        self._questions.explore(do, notice, show or {}, self._viewed(view), watched, self._page.runner)

    def task(self, question: str, *, given: str = "", unit: str = "", at: Mapping[str, Any] | None = None,
             tolerance: float = 0.02, whole: bool = False, options: Sequence[str] = (), means: str = "",
             hints: Sequence[str] = (), mistakes: Mapping[str, Formula] | None = None, view: str = "") -> Decorator:
        """The function below is the key of a task: a number of `unit`, a quantity, "infeasible", or one of `options`.

        A bare number is one of `unit`: of a result take the quantity, ``r.ttft``, or divide. Hints, known mistakes and
        the derivation can follow in lines of their own, see `hint`, `mistake` and `derivation`.

        `means` : one sentence on what a right answer says; all texts may have the lab's names in places, "{free:GB}"
        `hints` : shown one by one; `mistakes` : wrong formulas, each under the sentence that tells who made it
        `view` : the segment that its card opens on the stage
        """
        def decorate(function: Formula) -> Formula:
            self._views[function.__name__] = self._viewed(view)
            self._questions.task(question, function, at or {}, unit, given, tolerance, whole, options, means, hints,
                                 mistakes or {})
            return function
        return decorate

    def design(self, question: str, *, given: str = "", means: str = "", view: str = "") -> Decorator:
        """The function below returns the conditions of a plan by name; it is judged by where the knobs stand.

        `view` : the segment that its card opens on the stage
        """
        def decorate(function: Formula) -> Formula:
            self._views[function.__name__] = self._viewed(view)
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
        asked.check_drawn(self._page.functions)
        asked.ready()
        exam = self.mode == "exam"
        self._page.rail.kinds = asked.kinds
        steps = [Step(*card, self._views.get(card[1], "")) for card in asked.steps()]
        self._page.publish(self._wiring, [self._asked(one) for one in asked.predictions.values()], asked.is_open,
                           steps, asked.lines, exam, "" if exam else reveal)

    def _viewed(self, view: str) -> str:
        """The name of the picture on that segment; none where it is any."""
        names = {one.view: name for name, one in self.pictures.items() if one.view}
        if view and view not in names:
            raise KeyError(f"there is no view {view!r}. {nearest(view, names)}")
        return names.get(view, "")

    def _asked(self, one: PredictionItem) -> Asked:
        """A prediction as the stage knows it."""
        pose, picture = self._poses.get(one.name, ("", ""))
        return Asked(one.name, one.shown, pose, picture, one.raw_show(), one.scale, one.guess, one.locked, one.revealed)

    def _ipython_display_(self) -> None:
        from IPython.display import display

        display(silent_view(self.box), raw=True)
        asked = self._questions
        asked.show_still(Still(self._page.rail.title, asked.first, drawing_of(asked.slug)))
