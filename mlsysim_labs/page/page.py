"""The page of a lab: its pictures in their frames, its knobs and presets, and what of them may be seen."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from mlsysim_labs.page.frames import Frames, PictureFrame
from mlsysim_labs.page.layout import Layout
from mlsysim_labs.page.runner import Runner
from mlsysim_labs.pictures.parts.picture import as_picture
from mlsysim_labs.reactive.wiring import Wiring


class Page:
    """What is on the page, in one box. Nothing is sent before it is `shown`."""

    def __init__(self, title: str) -> None:
        self.frames = Frames()
        self.layout = Layout(title, self.frames.runner)
        self.presets: dict[str, dict[str, Any]] = {}  # raw settings by name
        self.advanced: set[str] = set()  # controls in the drawer
        self.shown = False

    @property
    def runner(self) -> Runner:
        """The widget that runs the program: what the browser is given."""
        return self.frames.runner

    @property
    def pictures(self) -> dict[str, PictureFrame]:
        """The pictures by name, in the order in which they were declared."""
        return self.frames.pictures

    def add_picture(self, name: str, thing: Any, start: bool | str) -> None:
        """A frame for a picture; with `start` it moves before the lock, with "only" it leaves after that."""
        self.frames.frame(name, as_picture(thing), start)

    @property
    def start_pictures(self) -> list[str]:
        """The pictures that move before the predictions are locked."""
        return [name for name, picture in self.pictures.items() if picture.start]

    @property
    def leaving(self) -> list[str]:
        """Those of them that make room then."""
        return [name for name, picture in self.pictures.items() if picture.start == "only"]

    def seen(self, is_open: bool) -> list[str]:
        """The pictures that may be seen."""
        if not is_open:
            return self.start_pictures
        return [name for name in self.pictures if name not in self.leaving]

    def publish(self, wiring: Wiring, is_open: bool, lines: Iterable[Any], predictions: Iterable[Any],
                tasks: Iterable[Any]) -> None:
        """Give the browser all that may be seen, in one message."""
        pictures = self.seen(is_open)
        needed, gone = wiring.needed(pictures), wiring.needed(self.leaving)
        knobs = [name for name in wiring.controls if name in needed or (is_open and name not in gone)]
        drawer = [name for name in knobs if name in self.advanced]
        presets = [*self.presets.items(), ("Reset", wiring.start)] if is_open else []
        widgets = {name: control.widget for name, control in wiring.controls.items()}
        self.layout.arrange(
            line=lines, predictions=predictions, knobs=[widgets[n] for n in knobs if n not in drawer],
            drawer=[widgets[n] for n in drawer], frames=[self.pictures[n].frame for n in pictures], tasks=tasks)
        self.frames.publish(wiring, presets, pictures, knobs, bool(drawer))
