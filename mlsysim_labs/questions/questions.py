"""What a lab asks: predictions before exploring, things to try, tasks and plans after it, and a reflection."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from mlsysim_labs.marking.draws import Draw
from mlsysim_labs.questions.edition import edition_of
from mlsysim_labs.questions.explore_items import DesignItem, ExploreItem
from mlsysim_labs.questions.hand_in import HandIn
from mlsysim_labs.questions.items import Formula, Item, PredictionItem
from mlsysim_labs.questions.progress import Progress
from mlsysim_labs.questions.setting import Setting
from mlsysim_labs.questions.task_items import Mistake, ReflectionItem, TaskItem
from mlsysim_labs.questions.who import NameCard
from mlsysim_labs.reactive.wiring import Wiring
from mlsysim_labs.widgets.still import Still
from solver.text import nearest

Decorator = Callable[[Formula], Formula]
AnyItem = PredictionItem | TaskItem | DesignItem | ExploreItem | ReflectionItem
TO_HAND_IN = "This is what you hand in."
WHO = "What is your name?"


class Questions(Mapping[str, AnyItem]):
    """The items of a lab by name: predictions, things to try, tasks and plans, the reflection.

    `changed` is called when there is something else to be seen, with the name of a prediction that was just locked.
    """

    def __init__(self, wiring: Wiring, slug: str, setting: Setting, changed: Callable[[str], None]) -> None:
        self.slug, self.setting = slug, setting
        self.predictions: dict[str, PredictionItem] = {}
        self.explored: dict[str, ExploreItem] = {}
        self.tasks: dict[str, TaskItem | DesignItem | ReflectionItem] = {}
        self.draws: dict[str, Draw] = {}
        self.hand_in: HandIn | None = None
        self._wiring, self._changed = wiring, changed
        self._progress: Progress | None = None
        self._after: list[str] = []
        self._settling = False  # while what is kept is shown, which is no act
        self._unlocked = False
        self._who: NameCard | None = None

    def __getitem__(self, name: str) -> AnyItem:
        found = self.predictions.get(name) or self.explored.get(name) or self.tasks.get(name)
        if found is None:
            raise KeyError(f"The lab asks nothing that is called {name!r}. {nearest(name, list(self))}")
        return found

    def __iter__(self) -> Iterator[str]:
        return iter([*self.predictions, *self.explored, *self.tasks])

    def __len__(self) -> int:
        return len(self.predictions) + len(self.explored) + len(self.tasks)

    @property
    def progress(self) -> Progress:
        """What the student has done, and where it is kept; a lab that asks nothing keeps no record."""
        if self._progress is None:
            self._progress = Progress(self.slug, self.setting)
            self._progress.changed.append(self._started_over)
            self._progress.edition = lambda: edition_of(self.values(), self.draws)
        return self._progress

    @property
    def mode(self) -> str:
        """In which the lab is played: of a lab that asks something the record knows."""
        return self.setting.mode if self._progress is None else self._progress.mode

    # what is asked ----------------------------------------------------------------------------------------------

    def draw(self, name: str, options: Sequence[Any]) -> Draw:
        """One more name with a value of each student's own."""
        if isinstance(options, (str, bytes, Mapping)) or not isinstance(options, Sequence):
            raise TypeError(f"the options of the draw {name!r} are a {type(options).__name__}: give a list, with "
                            f"everybody's first.")
        one = Draw(name, tuple(options))
        self._wiring.fix(name, one.of(None))
        self.draws[name] = one
        return one

    def predict(self, question: str, formula: Formula, at: Mapping[str, Any], unit: str, given: str,
                look: Mapping[str, Any], show: Mapping[str, Any], why: str) -> None:
        """One more prediction."""
        one = PredictionItem(self._wiring, self.progress, question, formula, at, unit, given, self.draws, look, show,
                             why)
        one.shown.observe(lambda change: self._locked(one), "locked")
        self.predictions[one.name] = one
        self._changed("")

    def explore(self, do: str, notice: str, show: Mapping[str, Any], view: str, watched: Any, stage: Any) -> None:
        """One more thing to try."""
        number = len(self.explored) + 1
        one = ExploreItem(self._wiring, self.progress, number, do, notice, show, view, watched, stage)
        self.explored[one.name] = one
        self._changed("")

    def task(self, question: str, formula: Formula, at: Mapping[str, Any], unit: str, given: str, tolerance: float,
             whole: bool, options: Sequence[str], means: str, hints: Sequence[str],
             mistakes: Mapping[str, Formula]) -> None:
        """One more task."""
        known = [Mistake(wrong, sentence) for sentence, wrong in mistakes.items()]
        one = TaskItem(self._wiring, self.progress, question, formula, at, unit, given, self.draws, tolerance, whole,
                       options, means, list(hints), known, others=lambda: map(self.task_of, self._judged()))
        self._add(one)

    def design(self, question: str, formula: Formula, given: str, means: str) -> DesignItem:
        """One more plan to make."""
        one = DesignItem(self._wiring, self.progress, question, formula, given, means)
        self._add(one)
        return one

    def reflect(self, question: str) -> None:
        """The reflection."""
        self._add(ReflectionItem(self.progress, question))

    def after(self, text: str) -> None:
        """What may be read once the predictions are locked."""
        self._after.append(text)
        self._changed("")

    def _add(self, one: TaskItem | DesignItem | ReflectionItem) -> None:
        self.tasks[one.name] = one
        self._changed("")

    def _judged(self) -> list[str]:
        return [name for name, task in self.tasks.items() if isinstance(task, TaskItem)]

    def task_of(self, formula: Formula | str) -> TaskItem:
        """The task whose key that function is."""
        name = getattr(formula, "__name__", str(formula))
        found = self.tasks.get(name)
        if not isinstance(found, TaskItem):
            raise KeyError(f"There is no task {name!r} yet: declare the task first. {nearest(name, self._judged())}")
        return found

    def mistake(self, task: Formula, said: str | Formula, wrong: Formula) -> None:
        """One more wrong formula of a task; `said` is its sentence, or another mistake that has the same one."""
        item = self.task_of(task)
        item.mistakes = [known for known in item.mistakes if known.name != wrong.__name__]
        item.mistakes.append(Mistake(wrong, said if isinstance(said, str) else self._sentence_of(said)))

    def _sentence_of(self, wrong: Formula) -> str:
        known = [mistake for name in self._judged() for mistake in self.task_of(name).mistakes]
        for mistake in known:
            if mistake.formula is wrong:
                return mistake.sentence
        name = getattr(wrong, "__name__", str(wrong))
        raise KeyError(f"{name!r} is no mistake of a task yet: give its sentence. "
                       f"{nearest(name, [mistake.name for mistake in known])}")

    # what may be seen -------------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether everything may be seen: nothing is left to predict, or somebody plays without a guess."""
        played = self._progress is not None and self._progress.played
        return played or self._unlocked or all(one.locked for one in self.predictions.values())

    @property
    def lines(self) -> list[Any]:
        """The line that says what is kept, once there is something to keep."""
        return [] if self._progress is None else [self._progress.line]

    def steps(self) -> list[tuple[str, str, Any, str]]:
        """Step of the rail, name, widget and question of each card that may be seen."""
        if self.needs_name:
            return [("Predict", "name", self._name_card(), WHO)]
        cards = [("Predict", one.name, one.shown, one.shown.question) for one in self.predictions.values()]
        if not self.is_open or not len(self):
            return cards
        cards += [("Explore", one.name, one.shown, one.shown.question) for one in self.explored.values()]
        cards += [("Reflect" if isinstance(one, ReflectionItem) else "Decide", one.name, one.shown, one.shown.question)
                  for one in self.tasks.values()]
        return [*cards, ("Hand in", "hand_in", self._handed_in(), TO_HAND_IN)]

    @property
    def needs_name(self) -> bool:
        """Whether everything waits for the student's name."""
        return self._progress is not None and self._progress.needs_name

    def _name_card(self) -> NameCard:
        """The card that asks for it."""
        course = self.setting.course
        if self._who is None:
            self._who = NameCard(name="name", lab=self.slug, question=WHO, given=f"This lab is part of {course}.",
                                 mode=self.mode, on_name=self.progress.take_name)
            self._who.add_class("lab-step-name")
        return self._who

    @property
    def kinds(self) -> list[str]:
        """The steps of the rail that this lab has."""
        reflected = any(isinstance(one, ReflectionItem) for one in self.tasks.values())
        has = {"Predict": self.predictions, "Explore": self.explored, "Decide": len(self.tasks) > reflected,
               "Reflect": reflected, "Hand in": len(self)}
        return [kind for kind, there in has.items() if there]

    def ready(self) -> None:
        """Restore what the record has, and show the truth of what is locked."""
        if self._progress is not None:
            self._progress.open()
        self._settling = True
        try:
            for one in self.predictions.values():
                one.ready()
            if self.is_open:
                for item in (*self.explored.values(), *self.tasks.values()):
                    item.ready()
                self._show_after()
        finally:
            self._settling = False

    def unlock(self) -> None:
        """Open everything with its keys, for tools that need all of a lab; nothing is kept."""
        if self.mode == "exam":
            raise RuntimeError("This is an exam: its keys are not shown before the teacher releases it.")
        self._unlocked = True
        for one in self.predictions.values():
            one.shown.show(one.truth, one.explained(one.why))
        for name in self._judged():
            self.task_of(name).show_key()
        self._changed("")

    def _locked(self, one: PredictionItem) -> None:
        if not self._settling:
            self._changed(one.name if one.locked else "")

    def _started_over(self) -> None:
        """Everything as if it were new, and again what has been done since; in the numbers of whoever it is now."""
        for one in self.values():
            if isinstance(one, Item):
                one.refill()
        if not self.progress.played:
            self._settling = True
            for item in self.values():
                item.shown.mode = self.mode  # which a name or a release may have changed
                item.open_again()
            self._settling = False
        self._changed("")

    @property
    def afterwards(self) -> str:
        """All that may be read beside the reflection."""
        return "\n\n".join(self._after)

    def _show_after(self) -> None:
        reflection = self.tasks.get("reflection")
        if isinstance(reflection, ReflectionItem) and self.mode != "exam":
            reflection.shown.derivation = self.afterwards

    def _handed_in(self) -> HandIn:
        """The card of the last step, as things stand."""
        if self.hand_in is None:
            self.hand_in = HandIn(name="hand_in", lab=self.slug, question=TO_HAND_IN, on_restart=self.progress.restart,
                                  on_release=self.progress.release)
            self.hand_in.add_class("lab-step-hand_in")
            self.progress.told.append(self._tell_hand_in)
        self._tell_hand_in()
        return self.hand_in

    def _tell_hand_in(self) -> None:
        progress, card = self.progress, self.hand_in
        if card is not None:
            with card.hold_sync():
                card.rows, card.where, card.text = progress.rows(), progress.where(), progress.text()
                card.may_restart, card.sealed = progress.may_play, progress.is_sealed

    def check_start(self, functions: Sequence[str]) -> None:
        """What moves before the lock must not compute what the truth is computed from."""
        for name in functions:
            for one in self.predictions.values():
                common = sorted(self._wiring.ancestors([name]) & one.functions())
                if common:
                    raise ValueError(f"{name} moves before the prediction {one.name} is locked, and both need "
                                     f"{', '.join(common)}: give the picture functions of its own, or no start.")

    def check_drawn(self, functions: Iterable[str]) -> None:
        """What is on the page is everybody's, and follows no draw."""
        for name in functions:
            if drawn := sorted(self._wiring.constants_of([name])):
                raise ValueError(f"{name} is on the page, which is the same for everybody, and it needs the draw "
                                 f"{', '.join(drawn)}. Ask for draws in tasks, predictions and what explains them.")

    @property
    def first(self) -> str:
        """What it asks first; nothing, if it asks nothing."""
        return next((one.shown.question for one in self.values()), "")

    def show_still(self, still: Still) -> None:
        """Put the still below the lab, and have it carry the record; it follows every act."""
        if self._progress is None:
            still.show()
        else:
            self._progress.still = still
            self._progress.show(silent=True)
