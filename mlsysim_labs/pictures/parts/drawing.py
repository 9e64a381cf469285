"""What the pictures in SVG share: the browser draws them from the traits, and nothing else writes them.

`drawing.js` has the figure, its sentence and its redrawing; a picture's own file says where things go. All
positions and texts are attributes and text of the SVG; paint and fonts come from the style sheet with the theme's
colours, and ``export.js`` writes those into a copy that is to look the same elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import traitlets

from mlsysim_labs.pictures.parts.picture import Target
from mlsysim_labs.widgets.strict import Strict
from solver.text import nearest

MOST_SERIES = 4  # rows or points; as many as there are hues, shapes and dashes


class Drawing(Strict):
    """A picture in SVG of a few things, each of which has a label and a number in each of several array traits."""

    labels: Any = traitlets.List(traitlets.Unicode()).tag(sync=True)

    @traitlets.validate("labels")
    def _few(self, proposal: Any) -> Any:
        if len(proposal.value) > MOST_SERIES:
            raise ValueError(f"a {type(self).__name__} shows at most {MOST_SERIES}, not {len(proposal.value)}: "
                             f"{', '.join(proposal.value)}.")
        return proposal.value

    @property
    def widget(self) -> Any:
        return self

    def known(self, data: Any, *names: str) -> None:
        """TypeError unless `data` is a mapping of some of `names`."""
        kind = type(self).__name__
        if not isinstance(data, Mapping):
            raise TypeError(f"the function of a {kind} returns a dict of {', '.join(names) or 'labels'}, "
                            f"but this one returned {type(data).__name__}.")
        for name in data if names else ():
            if name not in names:
                raise TypeError(f"a {kind} has no {name!r}. {nearest(name, names)}")

    def columns(self, things: Mapping[str, Any], *traits: str) -> list[Target]:
        """An array for each of `traits`, from a tuple of numbers for each label."""
        self.known(things)
        for label, parts in things.items():
            if not isinstance(parts, tuple) or len(parts) != len(traits) or any(map(np.ndim, parts)):
                raise TypeError(f"{label!r} in a {type(self).__name__} is ({', '.join(traits)}), each a single number.")
        self.labels = list(things)
        if not things:
            return []
        return [Target(self, trait, np.stack(column), array=True)
                for trait, column in zip(traits, zip(*things.values(), strict=True), strict=True)]
