"""What a notebook shows in the place of a lab for readers where it can't live: a picture of its start, and a sentence.

A notebook shows a lab in two outputs. The first is the widget, and says nothing where no widget can be. The second is a
still: HTML that needs no kernel, script or style sheet, so that it outlives what readers take away of a notebook that
nobody trusts. A living lab hides it (lab.css). Where styles are kept, the still waits a moment for the lab to come to
life, and hides what ipywidgets says of one that can't.
"""

from __future__ import annotations

import base64
import html
import pathlib
from dataclasses import dataclass
from typing import Any

from mlsysim_labs.widgets.assets import notebooks_folder, style
from mlsysim_labs.widgets.fallback import plain_title

VIEW = "application/vnd.jupyter.widget-view+json"
MOST_BYTES = 30_000  # of a picture: it is in each notebook that was run
SEEN = "This is a picture of the lab. Run its cells to move the knobs."
UNSEEN = "Run its cells to see the lab and move the knobs."
IMAGE_LOOK = "max-width: 100%; height: auto; border-radius: 6px"


@dataclass(frozen=True)
class Still:
    """A lab that stands still.

    `question` : what it asks first; `drawing` : an SVG of its start, where nothing is answered yet
    """

    title: str
    question: str = ""
    drawing: str = ""

    def text(self, how_far: str = "") -> str:
        """The sentence of readers that show no picture.

        >>> Still("KV cache", "How many fit?").text("3 of 9 steps done")
        'KV cache. How many fit? 3 of 9 steps done. Run its cells to see the lab and move the knobs.'
        """
        return " ".join([*self._said(how_far), UNSEEN])

    def page(self, how_far: str = "") -> str:
        """The picture, and the sentence below it, as HTML.

        >>> Still("KV cache", drawing="<svg/>").page().count("<img")
        1
        """
        title, *rest = map(html.escape, self._said(how_far))
        told = " ".join([f"<b>{title}</b>", *rest, SEEN if self.drawing else UNSEEN])
        return f"<div class='lab-still'><style>{style('widgets/still.css')}</style>{self._image()}<p>{told}</p></div>"

    def bundle(self, how_far: str = "") -> dict[str, Any]:
        """Both, as the output of a cell.

        >>> sorted(Still("KV cache").bundle())
        ['text/html', 'text/plain']
        """
        return {"text/html": self.page(how_far), "text/plain": self.text(how_far)}

    def show(self) -> None:
        """Display it below a cell."""
        from IPython.display import display

        display(self.bundle(), raw=True)

    def _said(self, how_far: str) -> list[str]:
        parts = (plain_title(self.title) or "A lab", plain_title(self.question), how_far)
        return [part if part[-1] in ".?!" else f"{part}." for part in parts if part]

    def _image(self) -> str:
        if not self.drawing:
            return ""
        data = base64.b64encode(self.drawing.encode()).decode()
        return f"<img src='data:image/svg+xml;base64,{data}' alt='The lab before the first guess' style='{IMAGE_LOOK}'>"


def silent_view(widget: Any) -> dict[str, Any]:
    """A widget as the output of a cell that says nothing where the widget can't be."""
    view = {"version_major": 2, "version_minor": 0, "model_id": widget.model_id}
    return {VIEW: view, "text/html": "<span hidden></span>"}


def drawing_of(slug: str) -> str:
    """The picture of a lab, as `make pictures` or a menu saved it: beside the notebook, or else the package's own.

    It is empty where there is none.

    >>> drawing_of("no_such_lab")
    ''
    """
    for folder in (pathlib.Path(), notebooks_folder()):
        try:
            for file in sorted((folder / "pictures").glob(f"{slug}__*.svg")):
                if file.is_file() and file.stat().st_size <= MOST_BYTES:
                    return file.read_text(encoding="utf-8")
        except (OSError, ValueError):  # one that can't be read is none
            continue
    return ""
