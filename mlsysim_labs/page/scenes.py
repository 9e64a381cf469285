"""Pictures in their frames, and the scenes that the browser plays with them: programs, and what they write.

A *scene* is what is on the stage: before the lock one for each prediction, which knows nothing of its truth; when a
prediction is locked its picture with the truth, as numbers that stand still; and when all are locked a single one, in
which everything moves. All of it goes through one invisible widget, the runner.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import ipywidgets

from mlsysim_labs.page.runner import Runner
from mlsysim_labs.pictures.parts.picture import Picture, Target
from mlsysim_labs.pictures.parts.table import Table
from mlsysim_labs.reactive.trace import program
from mlsysim_labs.reactive.wiring import Wiring

Targets = Callable[[Any], list[Target]]


@dataclass
class PictureFrame:
    """A picture in its frame, with the line that says why it is dimmed.

    `view` : what its segment is called; nothing for one that is seen at its prediction alone
    `start` : whether it moves before the predictions are locked; "only": and leaves after that
    `exam` : whether it may be seen in an exam
    """

    picture: Picture
    frame: Any
    note: Any
    table: Table
    view: str = ""
    start: bool | str = False
    exam: bool = True
    targets: list[Target] = field(default_factory=list)

    @property
    def widget(self) -> Any:
        """The picture itself."""
        return self.picture.widget

    def targets_of(self, data: Any) -> list[Target]:
        """Where the parts of `data` go: into the picture, and into its table."""
        return [*self.picture.targets(data), *self.table.targets(self.picture.table(data))]


@dataclass
class Scene:
    """What is on the stage: where outputs go by the functions that give them, and the knobs that move it."""

    targets: Mapping[str, list[Target]]  # by function
    pictures: Sequence[str]
    knobs: Sequence[str] = ()
    drawer: Sequence[str] = ()
    first: str = ""  # the picture that is seen first


class Frames:
    """The pictures of a lab by name, in the order in which they were declared; and what else its functions fill."""

    def __init__(self) -> None:
        self.runner = Runner()
        self.pictures: dict[str, PictureFrame] = {}
        self.poses: dict[str, str] = {}  # the picture that a function draws while its prediction is open
        self.watchers: dict[str, Targets] = {}  # widgets that are no pictures, by the function that fills them
        self._filled: dict[str, list[Target]] = {}  # by a pose, or for a watcher

    def frame(self, name: str, picture: Picture, view: str = "", start: bool | str = False, exam: bool = True) -> None:
        """A frame for a picture; a second one of that name takes the first one's place."""
        note = ipywidgets.HTML("")
        note.add_class("lab-note")
        table = Table(name=name, speaks=getattr(picture, "silent", False))
        table.add_class("lab-numbers")
        picture.widget.add_class("lab-drawn")
        frame = ipywidgets.VBox([note, picture.widget, table])
        for kind in ("lab-picture", f"lab-picture-{name}"):
            frame.add_class(kind)
        self.pictures[name] = PictureFrame(picture, frame, note, table, view, start, exam)

    def traced(self, name: str, made: Any) -> None:
        """What a function was traced to goes to its picture, if it has one."""
        if name in self.pictures:
            self.pictures[name].targets = self.pictures[name].targets_of(made)
        elif name in self.poses:
            self._filled[name] = self.pictures[self.poses[name]].picture.targets(made)  # the table waits for the lock
        elif name in self.watchers:
            self._filled[name] = self.watchers[name](made)

    def targets(self, names: Iterable[str]) -> dict[str, list[Target]]:
        """Where the outputs of these functions go."""
        return {name: self.pictures[name].targets if name in self.pictures else self._filled[name] for name in names}

    def frozen(self, name: str, data: Any) -> dict[str, list[Target]]:
        """A picture that stands still, with numbers instead of symbols."""
        return {name: self.pictures[name].targets_of(data)}

    def program(self, names: Iterable[str]) -> dict[str, Any]:
        """What the browser runs: the instructions for all that these functions fill."""
        found = self.targets(names)
        return program(outputs_of(found, views_of([found])))

    def publish(self, wiring: Wiring, scenes: Mapping[str, Scene]) -> None:
        """Give the browser all that it needs for these scenes, in one message."""
        runner, views = self.runner, views_of([scene.targets for scene in scenes.values()])
        knobs = {name for scene in scenes.values() for name in scene.knobs}
        shown = [wiring.controls[name] for name in wiring.controls if name in knobs]
        with runner.hold_sync():
            runner.controls = [[c.name, c.trait, c.widget, list(c.labels)] for c in shown]
            runner.views = views
            self.send_kernel_state(wiring, [name for scene in scenes.values() for name in scene.targets])
            runner.scenes = {name: self.described(scene, views, wiring) for name, scene in scenes.items()}

    def described(self, scene: Scene, views: list[Any], wiring: Wiring) -> dict[str, Any]:
        """A scene as the runner knows it, whose outputs go to these widgets by their places."""
        return {"program": program(outputs_of(scene.targets, views)), "knobs": list(scene.knobs),
                "drawer": list(scene.drawer), "first": scene.first,
                "pictures": [self._picture(name, scene, views, wiring) for name in scene.pictures]}

    def _picture(self, name: str, scene: Scene, views: list[Any], wiring: Wiring) -> dict[str, Any]:
        """A picture of a scene as the runner knows it."""
        shown = self.pictures[name]
        drawn = next(function for function in scene.targets if self.poses.get(function, function) == name)
        outputs = outputs_of({drawn: scene.targets[drawn]}, views, by_target=True)
        return {"name": name, "frame": shown.frame, "note": shown.note, "table": shown.table, "view": shown.view,
                "follows": wiring.followed(drawn), "vital": [key for key, target in outputs.items() if target.vital],
                "outputs": list(outputs), "classes": ["lab-picture", f"lab-picture-{name}"]}

    def send_kernel_state(self, wiring: Wiring, names: Sequence[str]) -> None:
        """What only the kernel can compute of what is shown."""
        if not wiring.kernel_only.keys().isdisjoint(wiring.ancestors(names)):
            self.runner.kernel_state = wiring.kernel_state(names)


def views_of(scenes: Iterable[Mapping[str, list[Target]]]) -> list[Any]:
    """The widgets that are written, once each."""
    found: dict[int, Any] = {}
    for targets in scenes:
        for target in (t for filled in targets.values() for t in filled):
            found.setdefault(id(target.widget), target.widget)
    return list(found.values())


def outputs_of(targets: Mapping[str, list[Target]], views: list[Any], by_target: bool = False) -> dict[str, Any]:
    """The values of targets, or they themselves, by the name of the program's output: "view.trait"."""
    place = {id(view): i for i, view in enumerate(views)}
    return {f"{place[id(t.widget)]}.{t.trait}" + (".array" if t.array else ""): t if by_target else t.value
            for filled in targets.values() for t in filled}
