"""Pictures in their frames, and what the browser gets to redraw them: a program, the widgets it writes, and
what only the kernel can compute.

All of it goes through one invisible widget, the runner, in one message; nothing before the lab is shown, and only what
may be seen now.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import ipywidgets

from mlsysim_labs.page.runner import Runner
from mlsysim_labs.pictures.parts.picture import Picture, Target
from mlsysim_labs.pictures.parts.table import Table
from mlsysim_labs.reactive.trace import program
from mlsysim_labs.reactive.wiring import Wiring


@dataclass
class PictureFrame:
    """A picture in its frame, with the line that says why it is dimmed."""

    picture: Picture
    frame: Any
    note: Any
    table: Table
    start: bool | str = False  # whether it moves before the predictions are locked; "only": and leaves after that
    targets: list[Target] = field(default_factory=list)

    @property
    def widget(self) -> Any:
        """The picture itself."""
        return self.picture.widget


class Frames:
    """The pictures of a lab by name, in the order in which they were declared."""

    def __init__(self) -> None:
        self.runner = Runner()
        self.pictures: dict[str, PictureFrame] = {}

    def frame(self, name: str, picture: Picture, start: bool | str = False) -> None:
        """A frame for a picture; a second one of that name takes the first one's place."""
        note = ipywidgets.HTML("")
        note.add_class("lab-note")
        table = Table(name=name, speaks=getattr(picture, "silent", False))
        picture.widget.add_class("lab-drawn")
        frame = ipywidgets.VBox([note, picture.widget, table])
        for kind in ("lab-picture", f"lab-picture-{name}"):
            frame.add_class(kind)
        self.pictures[name] = PictureFrame(picture, frame, note, table, start)

    def traced(self, name: str, made: Any) -> None:
        """What a function was traced to goes to its picture, if it has one."""
        if name in self.pictures:
            shown = self.pictures[name]
            shown.targets = [*shown.picture.targets(made), *shown.table.targets(shown.picture.table(made))]

    def program(self, names: Sequence[str]) -> dict[str, Any]:
        """What the browser runs: the instructions for all that these pictures show."""
        return program({key: target.value for name in names for key, target in self._outputs(names)[name].items()})

    def views(self, names: Sequence[str]) -> list[Any]:
        """The widgets that are written, once each."""
        found: dict[int, Any] = {}
        for name in names:
            for target in self.pictures[name].targets:
                found.setdefault(id(target.widget), target.widget)
        return list(found.values())

    def _outputs(self, names: Sequence[str]) -> dict[str, dict[str, Target]]:
        """For each picture, its targets by the name of the program's output."""
        place = {id(view): i for i, view in enumerate(self.views(names))}
        return {name: {f"{place[id(t.widget)]}.{t.trait}" + (".array" if t.array else ""): t
                       for t in self.pictures[name].targets} for name in names}

    def publish(self, wiring: Wiring, presets: Sequence[tuple[str, dict[str, Any]]], names: Sequence[str],
                controls: Sequence[str], drawer: bool = False) -> None:
        """Give the browser all that it needs for these pictures and controls, in one message."""
        runner, shown = self.runner, [wiring.controls[name] for name in controls]
        with runner.hold_sync():
            runner.controls = [[c.name, c.trait, c.widget, list(c.labels)] for c in shown]
            runner.views = self.views(names)
            runner.pictures = [self._described(name, outputs, wiring) for name, outputs in self._outputs(names).items()]
            runner.presets, runner.drawer = [list(preset) for preset in presets], drawer
            self.send_kernel_state(wiring, names)
            runner.program = self.program(names) if names else {}

    def _described(self, name: str, outputs: dict[str, Target], wiring: Wiring) -> dict[str, Any]:
        """A picture as the runner knows it."""
        shown = self.pictures[name]
        return {"name": name, "frame": shown.frame, "note": shown.note, "follows": wiring.followed(name),
                "vital": [output for output, target in outputs.items() if target.vital],
                "classes": ["lab-picture", f"lab-picture-{name}"]}

    def send_kernel_state(self, wiring: Wiring, names: Sequence[str]) -> None:
        """What only the kernel can compute of what is shown."""
        if not wiring.kernel_only.keys().isdisjoint(wiring.ancestors(names)):
            self.runner.kernel_state = wiring.kernel_state(names)
