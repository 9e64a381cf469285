"""The page of a lab: its pictures in their frames, its knobs, the scenes that they make, and what of it may be seen."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mlsysim_labs.page.layout import Layout
from mlsysim_labs.page.measured_line import MeasuredLine
from mlsysim_labs.page.rail import Rail
from mlsysim_labs.page.runner import Runner
from mlsysim_labs.page.scenes import Frames, PictureFrame, Scene
from mlsysim_labs.pictures.parts.picture import Target, as_picture
from mlsysim_labs.reactive.wiring import Wiring


@dataclass(frozen=True)
class Asked:
    """A prediction as the stage knows it.

    `pose` : the function that draws a guess; `picture` : whose picture that is, and where the truth is shown
    `show` : raw settings at which the truth is shown
    `scale` : how a guess is counted
    `revealed` : whether its truth stands on the stage
    """

    name: str
    widget: Any
    pose: str
    picture: str
    show: Mapping[str, Any]
    scale: Mapping[str, Any]
    guess: float
    locked: bool
    revealed: bool


class Page:
    """What is on the page, in one box. Nothing is sent before it is `shown`."""

    def __init__(self, title: str, slug: str) -> None:
        self.frames = Frames()
        self.rail = Rail(title=title, slug=slug, runner=self.frames.runner)
        self.layout = Layout(title, self.rail, self.frames.runner)
        self.advanced: set[str] = set()  # controls in the drawer
        self.measured: dict[str, MeasuredLine] = {}  # by the function that says where
        self.shown = False

    @property
    def runner(self) -> Runner:
        """The widget that plays the scenes: what the browser is given."""
        return self.frames.runner

    @property
    def pictures(self) -> dict[str, PictureFrame]:
        """The pictures by name, in the order in which they were declared."""
        return self.frames.pictures

    def add_picture(self, name: str, thing: Any, view: str, start: bool | str, exam: bool) -> None:
        """A frame for a picture, which is called `view` on its segment."""
        self.frames.frame(name, as_picture(thing), view, start, exam)

    def add_pose(self, name: str, picture: str) -> None:
        """A function that draws a picture while a prediction is open."""
        self.frames.poses[name] = picture

    def watch(self, name: str, targets: Callable[[Any], list[Target]]) -> None:
        """A function that fills a widget which is no picture."""
        self.frames.watchers[name] = targets

    def add_measured(self, name: str, picture: str, profile: Any) -> None:
        """A function that says where measurements stand in a picture; only when all is open anybody computes it."""
        line = MeasuredLine(picture, self.pictures[picture].widget, profile)
        self.measured[name] = line
        self.watch(name, line.targets)

    @property
    def functions(self) -> list[str]:
        """All functions that something on the page follows."""
        return [*self.pictures, *self.frames.poses, *self.frames.watchers]

    @property
    def start_pictures(self) -> list[str]:
        """The pictures that may be seen before the predictions are locked."""
        return [name for name, one in self.pictures.items() if one.start or name in self.frames.poses.values()]

    @property
    def start_functions(self) -> list[str]:
        """Functions whose pictures move before the predictions are locked."""
        return [*(name for name, one in self.pictures.items() if one.start), *self.frames.poses]

    def open_pictures(self, exam: bool) -> list[str]:
        """The pictures that may be seen when all predictions are locked."""
        return [name for name, one in self.pictures.items() if one.start != "only" and (one.exam or not exam)]

    # scenes -----------------------------------------------------------------------------------------------------

    def scenes(self, wiring: Wiring, asked: Sequence[Asked], is_open: bool, exam: bool = False) -> dict[str, Scene]:
        """What may be on the stage now, by name."""
        found = {one.name: self._asked_scene(wiring, one) for one in asked}
        if is_open:
            names = self.open_pictures(exam)
            watchers = [] if exam else self.frames.watchers  # a tick would be a verdict, and what was measured a hint
            free = {"": self._scene(wiring, [*names, *watchers], names, wiring.controls)}
            return free | found if exam else free  # in an exam a guess stays alone in its picture
        return found if asked else {"": self._scene(wiring, [], [], [])}

    def _scene(self, wiring: Wiring, functions: Sequence[str], pictures: Sequence[str], knobs: Any) -> Scene:
        drawer = [name for name in knobs if name in self.advanced]
        first = next((name for name in pictures if self.pictures[name].view), next(iter(pictures), ""))
        return Scene(self.frames.targets(functions), pictures, list(knobs), drawer, first)

    def _asked_scene(self, wiring: Wiring, one: Asked) -> Scene:
        """Before its lock what its pose knows; after that its picture with the truth, which stands still."""
        if one.revealed and one.picture:
            raw = wiring.start | dict(one.show) | {"guess": one.guess}
            data = wiring.values_at(raw, [one.picture]).get(one.picture)
            if data is not None:
                return Scene(self.frames.frozen(one.picture, data), [one.picture], first=one.picture)
        start = [name for name, picture in self.pictures.items() if picture.start]
        functions = [one.pose] if one.pose else start
        knobs = [name for name in wiring.controls if name in wiring.needed(functions)]
        return self._scene(wiring, functions, [one.picture] if one.pose else start, knobs)

    def publish(self, wiring: Wiring, asked: Sequence[Asked], is_open: bool, steps: Sequence[Any],
                line: Sequence[Any], exam: bool = False, reveal: str = "") -> None:
        """Give the browser all that may be seen, in one message for each part of the page."""
        scenes = self.scenes(wiring, asked, is_open, exam)
        pictures = {name: None for scene in scenes.values() for name in scene.pictures}
        knobs = {name for scene in scenes.values() for name in scene.knobs}
        widgets = {name: control.widget for name, control in wiring.controls.items() if name in knobs}
        told = is_open and not exam  # what was measured could be a hint
        self.layout.arrange(
            line=line, frames=[self.pictures[name].frame for name in pictures],
            knobs=[widget for name, widget in widgets.items() if name not in self.advanced],
            drawer=[widget for name, widget in widgets.items() if name in self.advanced],
            cards=[step.widget for step in steps],
            views=self.measured.values() if told else [])
        for measured in self.measured.values():
            measured.show(told)
        self.rail.start = wiring.start
        self.rail.tell(steps, is_open)
        with self.runner.hold_sync():
            self.runner.guesses = {one.name: {"widget": one.widget, "show": dict(one.show), "picture": one.picture,
                                              **one.scale} for one in asked}
            if reveal:
                self.runner.reveal = {"number": self.runner.reveal.get("number", 0) + 1, "prediction": reveal}
            self.frames.publish(wiring, scenes)
