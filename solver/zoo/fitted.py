"""Fitted figures: what `make fit` wrote into ``zoo/fitted.toml``, in rooms of tables."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from solver.zoo.records import R, Source, read

FILE = "fitted.toml"


def fitted(room: str, make: Callable[[dict, Mapping[str, Source]], R]) -> dict[str, R]:
    """The records of a room of that file: `make` builds one from its table and all sources.

    How well a table was fitted stands in it under ``fit``, and is no figure of the record.
    """
    tables = read(FILE)
    sources = {key: Source(**table) for key, table in tables.get("sources", {}).items()}
    return {key: make({name: value for name, value in table.items() if name != "fit"}, sources)
            for key, table in tables.get(room, {}).items()}
