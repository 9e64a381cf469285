"""What a saved notebook says in the place of a widget where no kernel has made it: a sentence, and not how it is built.

Both ipywidgets 7 and 8 write the first 110 characters of a widget's `repr` beside its view, as plain text.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import ipywidgets

LONGEST_TITLE = 45  # so that the sentence has at most 110 characters


class NamedBox(ipywidgets.VBox):
    """A column that is called what it shows."""

    def __init__(self, children: Iterable[Any], what: str) -> None:
        self._what = what
        super().__init__(list(children))

    def __repr__(self) -> str:
        return run_to_see(self._what)


def run_to_see(what: str) -> str:
    """The sentence.

    >>> run_to_see("this Vessel")
    'Run this cell to see this Vessel: it needs a running kernel.'
    """
    return f"Run this cell to see {what}: it needs a running kernel."


def quoted(title: str) -> str:
    """A title, which may be HTML, in a line and in quotes; nothing if it is empty.

    >>> quoted("<b>KV cache</b>:\\n the hidden tax"), quoted("")
    (' “KV cache: the hidden tax”', '')
    """
    plain = plain_title(title)
    short = plain if len(plain) <= LONGEST_TITLE else plain[:LONGEST_TITLE - 1] + "…"
    return f" “{short}”" if short else ""


def plain_title(title: str) -> str:
    """A title, which may be HTML, in a line.

    >>> plain_title("<b>KV cache</b>:\\n the hidden tax")
    'KV cache: the hidden tax'
    """
    return " ".join(re.sub(r"<[^>]*>", "", title).split())
