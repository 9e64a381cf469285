"""How much of a chip works: a thousand squares, each a thousandth of its multipliers.

The function of a lab returns a share of one, and what was guessed of it::

    {"share": 0.0034, "guess": 0.5, "posed": 0}
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import traitlets

from mlsysim_labs.pictures.parts.drawing import Drawing
from mlsysim_labs.pictures.parts.picture import Target
from mlsysim_labs.pictures.parts.sentence import Speaks
from mlsysim_labs.widgets.assets import script, style
from mlsysim_labs.widgets.traits import perhaps


class Multipliers(Drawing, Speaks):
    """The share of a chip's multipliers that works, as squares of a thousand; below 1 % the first ten are enlarged.

    `share` : what works, from 0 to 1; NaN dims the picture
    `guess` : what the learner believes, NaN for none; `posed` : 1 while it is the guess that is drawn, and to fill
    `of`, `note`, `hint` : for good, where the squares stand for something else: what one is ("token"), and both lines

    >>> Multipliers(share=0.0034).share
    0.0034
    """

    _esm = script("pictures/parts/drawing.js", "pictures/parts/sentence.js", "pictures/parts/squares.js",
                  "pictures/multipliers.js")
    _css = style("pictures/parts/drawing.css", "pictures/multipliers.css")
    share = perhaps()
    guess = perhaps()
    posed = traitlets.Float().tag(sync=True)
    of = traitlets.Unicode().tag(sync=True)
    note = traitlets.Unicode("Each square: 0.1 % of the multipliers.").tag(sync=True)
    hint = traitlets.Unicode("Drag over the squares: how many work?").tag(sync=True)

    @classmethod
    def example(cls) -> tuple[Multipliers, dict[str, Any]]:
        """One user on an H100, and a guess of half of it."""
        return cls(), {"share": 0.0034, "guess": 0.5}

    def targets(self, data: Mapping[str, Any]) -> list[Target]:
        """The share, and the guess beside it."""
        share, guess, posed = self._read(data)
        return [Target(self, "share", share, vital=not (isinstance(posed, (int, float)) and posed)),
                Target(self, "guess", guess, vital=False), Target(self, "posed", posed, vital=False),
                *self.said_targets(data.get("says"))]

    def table(self, data: Mapping[str, Any]) -> dict[str, Any]:
        """Both as percent, or as how many they are."""
        share, guess, _ = self._read(data)
        size, names = (1000, (f"{self.of}s", "your guess")) if self.of else (100, ("at work [%]", "your guess [%]"))
        found = {names[0]: size * share} if "share" in data else {}
        return found | ({names[1]: size * guess} if "guess" in data else {})

    def _read(self, data: Mapping[str, Any]) -> tuple[Any, Any, Any]:
        self.known(data, "share", "guess", "posed", "says")
        if "share" not in data and not data.get("posed"):
            raise TypeError("a Multipliers shows 'share', a number from 0 to 1.")
        nan = float("nan")
        return data.get("share", nan), data.get("guess", nan), data.get("posed", 0)
