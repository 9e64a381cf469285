"""``mlsysim-labs collect DIR``: a class's predictions as they come in, on a page that follows, with a line a change."""

from __future__ import annotations

import pathlib
import time
from collections.abc import Callable

from mlsysim_labs.classroom.collected.folder import WatchedFolder
from mlsysim_labs.classroom.collected.guesses import class_marks, most_frequent_lab, predictions_of
from mlsysim_labs.classroom.collected.page import class_page, waiting_page
from mlsysim_labs.classroom.marked_labs import MarkedLab
from mlsysim_labs.commands.layout import number_with
from mlsysim_labs.records.atomic import put
from mlsysim_labs.widgets.assets import notebooks_folder

BETWEEN_LOOKS = 2.0  # seconds between two looks
USUAL_PAGE_FILE = "collected.html"


class Collecting:
    """A folder, the lab whose predictions are collected, and the page that is written of them.

    Without a `lab` it is the one that most people have a record of, among the package's own.
    """

    def __init__(self, source: pathlib.Path, out: pathlib.Path, lab: str = "", question: str = "",
                 settled: float | None = None) -> None:
        self.out, self.question = out, question
        self.known = sorted(file.stem for file in notebooks_folder().glob("*.ipynb"))
        self.is_named = bool(lab)
        self.marked: MarkedLab | None = predictions_of(lab, question) if lab else None
        labs = [self.marked.slug] if self.marked else self.known
        self.folder = WatchedFolder(source, labs) if settled is None else WatchedFolder(source, labs, settled)
        self.count = 0
        self._is_written = False

    def look(self, now: float) -> str:
        """Look into the folder; if anything has changed, write the page anew and say so, else nothing."""
        if not self.folder.look(now) and self._is_written:
            return ""
        self._is_written = False  # until it is
        acts = list(self.folder.acts)
        if not self.is_named:
            self._choose(most_frequent_lab(acts, self.known, self.marked.slug if self.marked else ""))
        marks = class_marks(acts, self.marked) if self.marked else []
        more = len(marks) - self.count
        self.count = len(marks)
        others = sorted({one.lab for one in acts} - {self.marked.slug if self.marked else ""})
        said = f"{number_with(self.count, 'person', 'people')} · {self.folder.said()}"
        if others:
            said += f" · also records of {', '.join(others[:3])}{' and others' * (len(others) > 3)}"
        clock = time.strftime("%H:%M:%S")
        text = class_page(self.marked, marks, f"{said} · as of {clock}") if self.marked else waiting_page(said)
        put(self.out, text.encode("utf-8", "replace"), flush=False)
        self._is_written = True
        return f"{clock}  {said}{f' ({more:+d})' if more else ''}"

    def _choose(self, slug: str) -> None:
        if slug and (self.marked is None or self.marked.slug != slug):
            self.marked = predictions_of(slug, self.question)


def collect_class(source: str, lab: str, question: str, once: bool, output: str,
                  pause: Callable[[float], object] = time.sleep) -> None:
    """Collect until somebody ends it, or once."""
    folder, out = pathlib.Path(source), page_file(source, output)
    collecting = Collecting(folder, out, lab, question, 0.0 if once else None)
    print(collecting.look(time.monotonic()))
    print(f"Show {out.resolve().as_uri()} in a browser: it follows by itself." * (not once) or f"It is in {out}.",
          flush=True)
    while not once:
        try:
            pause(BETWEEN_LOOKS)
            said = look_again(collecting)
        except KeyboardInterrupt:
            print(f"Ended. The page stays: {out}")
            return
        if said:
            print(said, flush=True)


def look_again(collecting: Collecting) -> str:
    """What has changed; where folder or page cannot be reached at the moment, the sentence that it is tried again."""
    try:
        return collecting.look(time.monotonic())
    except OSError as problem:
        return f"{problem.filename or collecting.out}: {problem.strerror or problem}. I keep trying."
    except ValueError as problem:
        return f"{problem} I keep what I have, and keep trying."


def page_file(source: str, output: str) -> pathlib.Path:
    """Where the page goes: not to where the class could read the truth."""
    out = pathlib.Path(output or USUAL_PAGE_FILE)
    if not out.resolve().parent.is_dir() or out.is_dir():
        raise ValueError(f"there is no folder {out.parent}: make it, or name another file with -o.")
    if out.resolve().is_relative_to(pathlib.Path(source).resolve()):
        raise ValueError(f"{out} would lie among what the class hands in, and the page holds the truth: name a file "
                         f"elsewhere with -o.")
    return out
