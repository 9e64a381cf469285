"""The half of a lab that asks: predictions before exploring, tasks after it, and what a student has done of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from mlsysim_labs.questions.items import Formula, PredictionItem, ReflectionItem, TaskItem
from mlsysim_labs.questions.progress import Progress, mode_of
from mlsysim_labs.reactive.wiring import Wiring

Decorator = Callable[[Formula], Formula]


class Questions:
    """What a lab asks, and the record of what it was told."""

    def __init__(self, wired: Wiring, slug: str, mode: str | None, whose: tuple[str, str, str | None]) -> None:
        self.mode = mode_of(mode)
        self._wiring, self._slug, self._whose = wired, slug, whose
        self._predictions: dict[str, PredictionItem] = {}
        self._tasks: dict[str, TaskItem | ReflectionItem] = {}
        self._kept: Progress | None = None

    @property
    def progress(self) -> Progress:
        """What the student has done, and where it is kept."""
        if self._kept is None:
            self._kept = Progress(self._slug, self.mode, *self._whose)
        return self._kept

    @property
    def variant(self) -> Any:
        """Draws this student's own parameters; None where all have the same."""
        return self.progress.variant

    def predict(self, question: str, *, unit: str = "", at: Mapping[str, Any] | None = None,
                **look: Any) -> Decorator:
        """The function below is the truth of a prediction: a number of `unit`, or one of `options`.

        `at` : settings of controls that the question states; the others stand where they start
        `low`, `high`, `whole` : ends of the logarithmic scale, and whether only whole numbers make sense
        `options` : of a choice, at most four
        """
        def decorate(function: Formula) -> Formula:
            one = PredictionItem(self._wiring, self.progress, question, function, at or {}, unit, look)
            one.shown.observe(lambda change: self._publish(), "locked")
            self._predictions[one.name] = one
            self._publish()
            return function
        return decorate

    def task(self, question: str, *, unit: str = "", at: Mapping[str, Any] | None = None, tolerance: float = 0.02,
             whole: bool = False, options: Sequence[str] = (), hints: Sequence[str] = (),
             mistakes: Mapping[str, Formula] | None = None) -> Decorator:
        """The function below is the key of a task: a number of `unit`, a quantity, "infeasible", or one of `options`.

        A bare number is one of `unit`: of a result take the quantity, ``r.ttft``, or divide.

        `hints` : shown one by one; `mistakes` : wrong formulas, each under the sentence that tells who made it
        """
        def decorate(function: Formula) -> Formula:
            one = TaskItem(self._wiring, self.progress, question, function, at or {}, unit, tolerance, whole, options,
                            hints, mistakes or {})
            self._tasks[one.name] = one
            self._publish()
            return function
        return decorate

    def reflect(self, question: str) -> None:
        """Two sentences of the student's own, at the end."""
        self._tasks["reflection"] = ReflectionItem(self.progress, question)
        self._publish()

    def submit(self) -> None:
        """Show what will be handed in, what is missing, and where it is."""
        self.progress.show()

    # what may be seen -------------------------------------------------------------------------------------------

    def _ready(self, start: Sequence[str]) -> None:
        """Restore what the record has, and show the truth of what is locked."""
        self._check_start(start)
        for one in self._predictions.values():
            one.ready()
        if self._is_open:
            for task in self._tasks.values():
                task.ready()

    @property
    def _is_open(self) -> bool:
        """Whether everything may be seen."""
        return all(one.locked for one in self._predictions.values())

    @property
    def _asked(self) -> list[Any]:
        return [one.shown for one in self._predictions.values()]

    @property
    def _given(self) -> list[Any]:
        return [one.shown for one in self._tasks.values()]

    @property
    def _lines(self) -> list[Any]:
        return [] if self._kept is None else [self._kept.line]

    def _check_start(self, start: Sequence[str]) -> None:
        """A picture that moves before the lock must not compute what the truth is computed from."""
        for name in start:
            for one in self._predictions.values():
                common = sorted(self._wiring.ancestors([name]) & one.functions())
                if common:
                    raise ValueError(f"{name} moves before the prediction {one.name} is locked, and both need "
                                     f"{', '.join(common)}: give the picture functions of its own, or no start.")

    def _publish(self) -> None:
        """Show what may be seen."""
        raise NotImplementedError
