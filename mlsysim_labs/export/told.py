"""What a page tells at a lock and after it: truths and reasons, keys, known mistakes and hints, as constants; and where
a guess or a plan counts, as programs.

What follows from no guess is computed here, once. What does, the page computes by the program that the pictures of the
lab have: the truth of a prediction beside the guess that was locked, and whether a plan meets its conditions.
"""

from __future__ import annotations

from typing import Any

from mlsysim_labs.export.widgets import ExportError, Widgets
from mlsysim_labs.lab import Lab
from mlsysim_labs.page.scenes import Scene, views_of
from mlsysim_labs.questions.explore_items import DesignItem, ExploreItem
from mlsysim_labs.questions.items import PredictionItem
from mlsysim_labs.questions.task_items import TaskItem
from mlsysim_labs.reactive.control import Control
from mlsysim_labs.reactive.trace import program
from mlsysim_labs.reactive.wiring import GUESS


def check_followed(lab: Lab) -> None:
    """ExportError where something on the page would wait for a kernel. What no knob moves is in the page as it is."""
    wiring, frames = lab.wiring, lab.page.frames
    shown = wiring.ancestors([*lab.pictures, *frames.poses, *frames.watchers])
    for name in (name for name in wiring.functions if name in wiring.kernel_only and name in shown):
        moved = ", ".join(sorted(wiring.needed([name]))) or "a guess"
        raise ExportError(f"{name} needs a kernel whenever {moved} moves, and a page has none. "
                          f"{wiring.kernel_only[name]}")


def guessed_knobs(lab: Lab, item: PredictionItem) -> dict[str, Any]:
    """The knobs that go to what was guessed: the numbers of their stops, or where they begin, end, and their step."""
    names = [name for name, value in item.show.items() if isinstance(value, str) and value == GUESS]
    return {name: stops_of(lab.wiring.control(name)) for name in names}


def stops_of(control: Control) -> dict[str, Any]:
    """Where a knob can stand."""
    if control.table is not None:
        return {"table": [float(number) for number in control.table]}
    widget = control.widget
    return {"min": widget.min, "max": widget.max, "step": widget.step}


class ToldLater:
    """What is told of a lab whose predictions are all locked. `views` are the widgets that its scenes fill before."""

    def __init__(self, lab: Lab, widgets: Widgets, views: list[Any]) -> None:
        self._lab, self._widgets = lab, widgets
        self._pictures = {name: given["picture"] for name, given in lab.page.runner.guesses.items()}
        self._scenes = {name: self._scene(picture) for name, picture in self._pictures.items() if picture}
        self._views = list({id(one): one for one in [*views, *views_of([s.targets for s in self._scenes.values()])]}
                           .values())

    def of_prediction(self, item: PredictionItem) -> dict[str, Any]:
        """Truth, reason, what each option comes to; and the picture that shows it."""
        told = {key: value for key, value in item.shown.truth.items() if key != "sentence" or "value" not in
                item.shown.truth}
        if "value" not in told or item.name not in self._scenes:
            return {"told": told}
        frames = self._lab.page.frames
        scene = frames.described(self._scenes[item.name], self._views, self._lab.wiring)
        return {"told": told, "scene": self._widgets.refer(scene), "views": self._widgets.refer(self._views)}

    def of_items(self) -> list[dict[str, Any]]:
        """All that is asked, in the order in which it counts."""
        items: dict[str, Any] = dict(self._lab.questions)
        return [{"name": name, "kind": kind, "id": self._widgets.name(items[name].shown), **self._keys(items[name])}
                for name, (kind, _) in self._lab.progress.steps.items()]

    def _scene(self, picture: str) -> Scene:
        return Scene(self._lab.page.frames.targets([picture]), [picture], first=picture)

    def _keys(self, item: Any) -> dict[str, Any]:
        """What judges one of them; nothing in an exam."""
        if isinstance(item, ExploreItem):
            return {"shows": item.shows}
        asked = self._asked(item) if isinstance(item, TaskItem) else {}
        if self._lab.mode == "exam" or isinstance(item, PredictionItem):
            return asked
        if isinstance(item, TaskItem):
            return asked | self._of_task(item)
        if isinstance(item, DesignItem):
            return self._of_design(item)
        return {"after": self._lab.questions.afterwards}

    def _asked(self, item: TaskItem) -> dict[str, Any]:
        """How an answer is read."""
        return {"question": item.shown.question, "unit": item.unit, "whole": item.whole,
                **({"options": list(item.options)} if item.options else {})}

    def _of_task(self, item: TaskItem) -> dict[str, Any]:
        wrong = [[item.explained(mistake.sentence), item.answer_of(mistake.formula)] for mistake in item.mistakes]
        shown = {"key": item.key} if self._lab.mode == "demo" else {}
        hints = [item.explained(hint) for hint in item.hints]
        return {"truth": item.truth, "tolerance": item.tolerance, "mistakes": wrong, "hints": hints,
                "means": item.explained(item.means), "derivation": item.explained(item.derivation), **shown}

    def _of_design(self, item: DesignItem) -> dict[str, Any]:
        target, = self._lab.page.frames.targets([item.name])[item.name]
        return {"program": program({"met": target.value}), "means": item.meaning}
