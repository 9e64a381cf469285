"""What a lab asks: predictions before exploring, tasks after it, and what a student has done of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from mlsysim_labs.questions.items import Formula, Item, Mistake, PredictionItem, ReflectionItem, TaskItem
from mlsysim_labs.questions.progress import Progress
from mlsysim_labs.questions.setting import Setting
from mlsysim_labs.reactive.wiring import Wiring
from solver.text import nearest

Decorator = Callable[[Formula], Formula]


class Questions(Mapping[str, Item | ReflectionItem]):
    """The items of a lab by name: predictions, then tasks, then the reflection.

    `changed` is called when there is something else to be seen.
    """

    def __init__(self, wiring: Wiring, slug: str, setting: Setting, changed: Callable[[], None]) -> None:
        self.slug, self.setting = slug, setting
        self.predictions: dict[str, PredictionItem] = {}
        self.tasks: dict[str, TaskItem | ReflectionItem] = {}
        self._wiring, self._changed = wiring, changed
        self._progress: Progress | None = None

    def __getitem__(self, name: str) -> Item | ReflectionItem:
        found = self.predictions.get(name) or self.tasks.get(name)
        if found is None:
            raise KeyError(f"The lab asks nothing that is called {name!r}. {nearest(name, list(self))}")
        return found

    def __iter__(self) -> Iterator[str]:
        return iter([*self.predictions, *self.tasks])

    def __len__(self) -> int:
        return len(self.predictions) + len(self.tasks)

    @property
    def progress(self) -> Progress:
        """What the student has done, and where it is kept; a lab that asks nothing keeps no record."""
        if self._progress is None:
            self._progress = Progress(self.slug, self.setting)
        return self._progress

    # what is asked ----------------------------------------------------------------------------------------------

    def predict(self, question: str, formula: Formula, at: Mapping[str, Any], unit: str,
                look: Mapping[str, Any]) -> None:
        """One more prediction."""
        one = PredictionItem(self._wiring, self.progress, question, formula, at, unit, look)
        one.shown.observe(lambda change: self._changed(), "locked")
        self.predictions[one.name] = one
        self._changed()

    def task(self, question: str, formula: Formula, at: Mapping[str, Any], unit: str, tolerance: float, whole: bool,
             options: Sequence[str], hints: Sequence[str], mistakes: Mapping[str, Formula]) -> None:
        """One more task."""
        known = [Mistake(wrong, sentence) for sentence, wrong in mistakes.items()]
        one = TaskItem(self._wiring, self.progress, question, formula, at, unit, tolerance, whole, options, list(hints),
                       known)
        self.tasks[one.name] = one
        self._changed()

    def reflect(self, question: str) -> None:
        """The reflection."""
        one = ReflectionItem(self.progress, question)
        self.tasks[one.name] = one
        self._changed()

    def task_of(self, formula: Formula) -> TaskItem:
        """The task whose key that function is."""
        name = getattr(formula, "__name__", str(formula))
        found = self.tasks.get(name)
        if not isinstance(found, TaskItem):
            known = [name for name, task in self.tasks.items() if isinstance(task, TaskItem)]
            raise KeyError(f"There is no task {name!r} yet: declare the task first. {nearest(name, known)}")
        return found

    def mistake(self, task: Formula, said: str | Formula, wrong: Formula) -> None:
        """One more wrong formula of a task; `said` is its sentence, or another mistake that has the same one."""
        item = self.task_of(task)
        item.mistakes = [known for known in item.mistakes if known.name != wrong.__name__]
        item.mistakes.append(Mistake(wrong, said if isinstance(said, str) else self._sentence_of(said)))

    def _sentence_of(self, wrong: Formula) -> str:
        known = [mistake for task in self.tasks.values() if isinstance(task, TaskItem) for mistake in task.mistakes]
        for mistake in known:
            if mistake.formula is wrong:
                return mistake.sentence
        name = getattr(wrong, "__name__", str(wrong))
        raise KeyError(f"{name!r} is no mistake of a task yet: give its sentence. "
                       f"{nearest(name, [mistake.name for mistake in known])}")

    # what may be seen -------------------------------------------------------------------------------------------

    @property
    def is_open(self) -> bool:
        """Whether everything may be seen: nothing is left to predict."""
        return all(one.locked for one in self.predictions.values())

    @property
    def lines(self) -> list[Any]:
        """The line that says what is kept, once there is something to keep."""
        return [] if self._progress is None else [self._progress.line]

    @property
    def shown_tasks(self) -> list[Any]:
        """The widgets of tasks that may be seen."""
        return [one.shown for one in self.tasks.values()] if self.is_open else []

    def ready(self) -> None:
        """Restore what the record has, and show the truth of what is locked."""
        for one in self.predictions.values():
            one.ready()
        if self.is_open:
            for task in self.tasks.values():
                task.ready()

    def check_start(self, pictures: Sequence[str]) -> None:
        """A picture that moves before the lock must not compute what the truth is computed from."""
        for name in pictures:
            for one in self.predictions.values():
                common = sorted(self._wiring.ancestors([name]) & one.functions())
                if common:
                    raise ValueError(f"{name} moves before the prediction {one.name} is locked, and both need "
                                     f"{', '.join(common)}: give the picture functions of its own, or no start.")

    def show_record(self) -> None:
        """Display the record below a cell; it follows every act."""
        if self._progress is not None:
            self._progress.show()
