"""A bar on work that takes long: on a terminal, in a notebook, or as a function of what is done.

tqdm draws it where somebody has installed it; else it is one line of text.
"""

from __future__ import annotations

import importlib
import sys
import time
from collections.abc import Callable
from typing import Any

from solver.show import in_notebook

SECONDS_UNSHOWN = 2.0  # seconds until a bar appears
SECONDS_BETWEEN = 0.2  # seconds between two drawings
BAR_WIDTH = 30

Told = Callable[[int, int], object]


class LineBar:
    """A bar of one line, which is written anew."""

    def __init__(self, title: str, write: Callable[[str], object]) -> None:
        self.title, self.write, self.begin, self.drawn = title, write, time.monotonic(), 0.0

    def show(self, done: int, total: int) -> None:
        """Draw how much is done, if the last drawing is a while ago."""
        now = time.monotonic()
        if done < total and now - self.drawn < SECONDS_BETWEEN:
            return
        self.drawn = now
        self.write(progress_text(self.title, done, total, now - self.begin))

    def close(self) -> None:
        """Nothing more will be drawn."""


class TerminalBar(LineBar):
    """One on stderr, on one line of the terminal."""

    def __init__(self, title: str) -> None:
        super().__init__(title, self._write)

    def _write(self, text: str) -> None:
        sys.stderr.write(f"\r{text}\033[K")
        sys.stderr.flush()

    def close(self) -> None:
        sys.stderr.write("\n")


class NotebookBar(LineBar):
    """One in a cell's output, of plain text."""

    def __init__(self, title: str) -> None:
        from IPython.display import display

        self.handle: Any = display({"text/plain": title}, raw=True, display_id=True)
        super().__init__(title, lambda text: self.handle.update({"text/plain": text}, raw=True))


class LibraryBar:
    """One that tqdm draws."""

    def __init__(self, title: str, tqdm: Any) -> None:
        self.title, self.tqdm = title, tqdm
        self.bar: Any = None

    def show(self, done: int, total: int) -> None:
        """Draw how much is done."""
        if self.bar is None:
            self.bar = self.tqdm(total=total, desc=self.title, unit="point", unit_scale=True)
        self.bar.update(done - self.bar.n)

    def close(self) -> None:
        """Leave it as it is."""
        if self.bar is not None:
            self.bar.close()


class Watching:
    """Tells how far work is: nobody, a function, or a bar that appears when the work takes long.

    `progress` is a function of what is done and the total, False for silence, True for a bar in any case, and None for
    one where somebody looks at it: on a terminal or in a notebook.
    """

    def __init__(self, progress: Told | bool | None, total: int, title: str) -> None:
        if not (callable(progress) or progress in (None, True, False)):
            raise TypeError(f"progress is {progress!r}, and should be True, False, or a function of two numbers, what "
                            f"is done and the total.")
        self.progress, self.total, self.title, self.done = progress, total, title, 0
        self.bar: Any = None
        self.begin = time.monotonic()
        self.tell(0)

    def tell(self, more: int) -> None:
        """So many more are done."""
        self.done += more
        if callable(self.progress):
            self.progress(self.done, self.total)
        elif self.bar is not None:
            self.bar.show(self.done, self.total)
        elif self.progress is not False and time.monotonic() - self.begin > SECONDS_UNSHOWN and self.done < self.total:
            self.bar = progress_bar(self.title) if self.progress or somebody_looks() else None

    def close(self) -> None:
        """The work has ended, or failed."""
        if self.bar is not None:
            self.bar.close()


def somebody_looks() -> bool:
    """Whether there is a terminal or a notebook to draw in."""
    return in_notebook() or bool(getattr(sys.stderr, "isatty", lambda: False)())


def progress_bar(title: str) -> Any:
    """The bar for where we are."""
    try:
        return LibraryBar(title, importlib.import_module("tqdm.auto").tqdm)
    except ImportError:
        return NotebookBar(title) if in_notebook() else TerminalBar(title)


def progress_text(title: str, done: int, total: int, seconds: float) -> str:
    """The line: what is done, as a bar and in numbers, and about how long the rest takes.

    >>> progress_text("ServingModel.solve", 4_000_000, 10_000_000, 8.0)
    'ServingModel.solve [############                  ] 40 %, 4,000,000 of 10,000,000, 12 s left'
    """
    filled = BAR_WIDTH * done // total
    left = f"{seconds / done * (total - done):,.0f} s left" if done else "beginning"
    return f"{title} [{'#' * filled:<{BAR_WIDTH}}] {100 * done // total} %, {done:,} of {total:,}, {left}"
