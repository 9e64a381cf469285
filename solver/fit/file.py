"""The file of fitted figures: its tables and sources, in the text that `make fit` writes."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from solver.fit.search import Fitted
from solver.validate.tables import Row
from solver.zoo.records import Source

HEAD = """\
# Written by `make fit DIR=folder` (tools/fit.py); change no figure by hand, but run it on measurements again.
# Each table was fitted by `solver/fit/NAME.py` to the rows of a file that its fit can speak about, with a seed: `fit`
# says which. Its `median` and `p90` are absolute errors on the half that was not fitted, in three drawings of halves.
"""


@dataclass(frozen=True)
class FittedTable:
    """A table of the file: in what room, its name there, its figures, and the key of its source."""

    room: str
    key: str
    figures: Mapping[str, Any]
    source: str
    fit: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Fit:
    """What fits some tables: its name (that of its file), the files that it reads, its sources, and how.

    `tables` gets the rows of each file, and a seed; a file that a folder lacks has no rows.
    """

    name: str
    files: tuple[str, ...]
    sources: Mapping[str, Source]
    tables: Callable[[Mapping[str, Sequence[Row]], int], list[FittedTable]]

    def origin(self, found: Fitted, seed: int) -> dict[str, Any]:
        """What a table says of how it was fitted."""
        return {"by": self.name, "of": self.files[0], "seed": seed, "rows": found.rows,
                "median": round(found.median, 4), "p90": round(found.p90, 4)}


def tables_of(read: Mapping[str, Any]) -> tuple[list[FittedTable], dict[str, Source]]:
    """Tables and sources of a file that was written before."""
    made = [FittedTable(room, key, {name: value for name, value in table.items() if name not in ("source", "fit")},
                  table.get("source", ""), table["fit"])
            for room, tables in read.items() if room != "sources" for key, table in tables.items()]
    return made, {key: Source(**table) for key, table in read.get("sources", {}).items()}


def file_text(tables: Sequence[FittedTable], sources: Mapping[str, Source]) -> str:
    """The file: tables room by room, and the sources that they name."""
    used = {table.source for table in tables}
    parts = [HEAD.rstrip()]
    for key, source in sorted(sources.items()):
        if key in used:
            parts.append(_section("sources", key, {"title": source.title, "url": source.url, "date": source.date}))
    for room in dict.fromkeys(table.room for table in tables):
        parts += [_section(room, table.key, {**table.figures, **_origin(table)})
                  for table in tables if table.room == room]
    return "\n\n".join(parts) + "\n"


def _origin(table: FittedTable) -> dict[str, Any]:
    """Where a table's figures are from; a count is of the rows that it names."""
    return ({"source": table.source} if table.source else {}) | {"fit": table.fit}


def _section(room: str, key: str, values: Mapping[str, Any]) -> str:
    return "\n".join([f"[{room}.{_key(key)}]", *(f"{_key(name)} = {_value(value)}" for name, value in values.items())])


def _key(name: str) -> str:
    return name if name.replace("_", "").replace("-", "").isalnum() else f'"{name}"'


def _value(value: Any) -> str:
    if isinstance(value, Mapping):
        inside = ", ".join(f"{_key(name)} = {_value(one)}" for name, one in value.items())
        return f"{{ {inside} }}" if inside else "{}"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(_value, value))}]"
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, float) and not math.isfinite(value):
        return {math.inf: "inf", -math.inf: "-inf"}.get(value, "nan")
    return repr(value)
