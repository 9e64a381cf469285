"""Recipes: which part of a model a published checkpoint keeps in which number format.

A recipe is a `Precision`: that of its routed experts, or of the ordinary networks where there are none, with the parts
that differ. So whoever reads a number format reads a recipe.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from solver.zoo.precision import PRECISIONS, WIDE, Part, Precision
from solver.zoo.records import Source, Zoo, records

LAYER_PARTS = ("attention", "router", "shared", "feed_forward", "ends")


def recipe(name: str, rest: Precision, *, embedding: Precision = WIDE, lm_head: Precision = WIDE,
           **parts: Precision) -> Precision:
    """A number format by parts of a model: `rest`, but for the parts that are given one of their own.

    Parts are `attention` (its matrices), `router`, `shared` (experts that every token passes), `feed_forward`
    (networks that are no mixtures), `ends` (those of the first and the last layer), `embedding` and `lm_head`, which
    stay at 16 bits unless given. Routed experts are always in `rest`. Norms and biases are too few to tell.

    >>> mine = recipe("mine", PRECISIONS["fp8"], attention=WIDE, ends=WIDE)
    >>> [part.name for part in mine.parts], mine.cached_as.name
    (['attention', 'ends'], 'fp16')
    """
    unknown = sorted(parts.keys() - set(LAYER_PARTS))
    if unknown:
        raise TypeError(f"a recipe has no part {unknown[0]!r}: its parts are {', '.join(LAYER_PARTS)}, "
                        f"embedding and lm_head.")
    others = {"ends": parts.get("feed_forward", rest)}  # what an end would be in, were it not an end
    found = tuple(Part(part, parts[part], parts[part].size - others.get(part, rest).size)
                  for part in LAYER_PARTS if part in parts)
    return Precision(name, rest.size, rest.rate, embedding, lm_head, found)


def recipe_record(table: dict, sources: Mapping[str, Source]) -> Precision:
    """The record of one table of ``zoo/recipes.toml``, where formats are names, or bits of weights alone."""
    formats: dict[str, Any] = {part: _format(value) for part, value in table.items() if part not in ("name", "source")}
    return recipe(table["name"], formats.pop("rest"), **formats)


def _format(value: str | float | dict) -> Precision:
    if isinstance(value, str):
        return WIDE if value == WIDE.name else PRECISIONS[value]
    bits, rate = (value["bits"], value["rate"]) if isinstance(value, dict) else (value, "half")
    return Precision(f"{bits:g} bit", bits / 8, rate)


Recipes: Zoo[Precision] = Zoo("Recipes", lambda: records("recipes.toml", recipe_record))
