"""What a picture says of itself in an author's words: a sentence of several, chosen by the numbers that fill it.

    return {..., "says": said(fits, "{out:user} wait outside.", "All {users:user} fit.", out=out, users=users)}
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import traitlets

from mlsysim_labs.pictures.parts.picture import Target
from mlsysim_labs.reactive.choices import choose
from mlsysim_labs.reactive.symbols import Symbol
from mlsysim_labs.words.templates import PLACE, filled, is_countable, names_in
from solver.text import nearest
from solver.units import factor


@dataclass(frozen=True)
class Said:
    """A template, which may be a choice not made yet, and the numbers for its places by name."""

    template: Any
    values: dict[str, Any]
    units: dict[str, float]

    def __str__(self) -> str:
        return filled(str(self.template), self.values)


def said(which: Any, *templates: str, **values: Any) -> Said:
    """The sentence of number `which` (0 or False is the first), with `values` in its places; see `words.templates`.

    >>> print(said(True, "{out:user} wait.", "All {users:user} fit.", out=0, users=8))
    All 8 users fit.
    """
    for template in templates:
        for name in names_in(template):
            if name not in values:
                raise KeyError(f"the sentence {template!r} asks for {name!r}. {nearest(name, values)}")
    kinds = {kind for template in templates for _, kind in PLACE.findall(template)}
    sized = (kind for kind in kinds if kind not in ("", ",", "%", "time") and not is_countable(kind))
    units = {kind: float(factor(kind)) for kind in sized}
    index = which * 1 if isinstance(which, Symbol) else int(which)
    chosen = choose(index, templates) if isinstance(index, Symbol) else templates[index]
    return Said(chosen, dict(values), units)


class Speaks(traitlets.HasTraits):
    """Traits of a widget that says a `Said`: the template, its numbers, their names with blanks between, and sizes of
    units as JSON. All of it goes through the program, since a pose and a truth say different things on one widget.
    """

    says = traitlets.Unicode().tag(sync=True)
    said: Any = traitlets.List(traitlets.Float()).tag(sync=True)
    said_names = traitlets.Unicode().tag(sync=True)
    said_units = traitlets.Unicode("{}").tag(sync=True)

    def said_targets(self, said: Said | None) -> list[Target]:
        """Where a sentence goes; none is given as an empty one."""
        if said is None:
            return [Target(self, "says", "", vital=False)]
        texts = {"says": said.template, "said_names": " ".join(said.values), "said_units": json.dumps(said.units)}
        found = [Target(self, name, text, vital=False) for name, text in texts.items()]
        if said.values:
            numbers = [value if hasattr(value, "is_symbol") else np.asarray(value, float)
                       for value in said.values.values()]
            found.append(Target(self, "said", np.stack(numbers), array=True, vital=False))
        return found
