"""``zoo``: what there is, as a table; and one record, each figure with its unit and its source."""

from __future__ import annotations

import dataclasses
import datetime
import math
from collections.abc import Mapping, Sequence
from typing import Any

import typer

from mlsysim_labs.commands.answers import figure_text, json_figure, json_text
from mlsysim_labs.commands.layout import bold, columns_that_fit, page_width, sentences_text, table_of
from mlsysim_labs.commands.names import folded_name, meant_name, records_in, zoos
from solver.text import number_text
from solver.units import Q_, Quantity
from solver.zoo.records import units

LEADING_FIGURES = {  # what a list shows, where it matters most
    "hardware": ("memory", "bandwidth", "fp16", "fp8", "power"),
    "models": ("parameters", "active_parameters", "context", "layers")}
SHOWN_IN = {"byte/second": "GB/s", "FLOP/second": "TFLOP/s", "kilogram/joule": "g/kWh", "dollar/joule": "USD/kWh",
            "liter/joule": "liter/kWh", "FLOP": "TFLOP", "dollar/second": "USD/hour"}
NAMED_IN = {"mttf": "hour"}  # a figure that people have in one unit, whatever its size
UNIT_BY_SIZE = {"second": ((86400.0, "day"), (1.0, "s"), (1e-3, "ms"), (0.0, "us")),
                "byte": ((1e9, "GB"), (1e6, "MB"), (0.0, "byte"))}
BIG_COUNTS = ((1e9, "billion"), (1e6, "million"))  # how a list writes them
WIDEST_FIGURE = 24  # columns of a figure that a list still shows


def readable_quantity(value: float, unit: str, binary: bool = True) -> Quantity:
    """A figure in base units as people have it: "80 GiB", unless `binary` is False, "3352 GB/s", "68 us", "54 day"."""
    if unit == "token/request":  # a context is counted in tokens, each request's own
        return Q_(value, "token")
    if binary and unit == "byte" and value and value % 2**30 == 0:
        return Q_(value, unit).to("GiB")
    size = next((name for least, name in UNIT_BY_SIZE.get(unit, ()) if abs(value) >= least), SHOWN_IN.get(unit, unit))
    return _quantity_in(size, value, unit)


def _quantity_in(shown: str, value: float, unit: str) -> Quantity:
    """The published digits, without those of a conversion."""
    return Q_(float(f"{Q_(value, unit).m_as(shown):.12g}"), shown)


def figures_of_record(record: Any) -> dict[str, Any]:
    """Everything that a record says of itself, its own figures first; what it lacks is left out."""
    fields = [one.name for one in dataclasses.fields(record) if one.name not in ("sources", "source")]
    known = units_of(record)
    derived = [name for name in known if name not in fields and not name.startswith("_")]
    found = {name: _figure_of(record, name, known.get(name)) for name in [*fields, *derived]}
    return {name: value for name, value in found.items() if value is not None}


def units_of(record: Any) -> dict[str, str]:
    """The base unit of each of its figures."""
    kind: Any = type(record)
    return units(kind)


def _leading_figures(record: Any, title: str) -> dict[str, Any]:
    """What a list of that zoo shows."""
    names, known = LEADING_FIGURES.get(title), units_of(record)
    if names is None:
        return figures_of_record(record) | _source_date(record)
    return {name: _figure_of(record, name, known.get(name)) for name in names if hasattr(record, name)}


def _source_date(record: Any) -> dict[str, str]:
    """When the last of its figures was published, of a record that has no date of its own."""
    dates = [] if getattr(record, "date", None) else [str(one.date) for one in sources_of(record).values()]
    return {"source date": max(dates)} if dates else {}


def _figure_of(record: Any, name: str, unit: str | None) -> Any:
    value = getattr(record, name)
    if isinstance(value, (bool, str)):
        return value or None
    if isinstance(value, datetime.date):
        return str(value)
    if isinstance(value, (int, float)):
        return None if math.isnan(value) else _readable(name, value, unit) if unit and math.isfinite(value) else value
    if dataclasses.is_dataclass(value) or type(value).__name__ == "Shares":
        return str(value)
    plain = isinstance(value, tuple) and all(isinstance(one, (str, int, float)) for one in value)
    return (", ".join(map(str, value)) or None) if plain else None


def _readable(name: str, value: float, unit: str) -> Quantity:
    return _quantity_in(NAMED_IN[name], value, unit) if name in NAMED_IN else readable_quantity(value, unit)


def sources_of(record: Any) -> Mapping[str, Any]:
    """Where each figure of a record is published; of one with a single source, all of them there."""
    one = getattr(record, "source", None)
    return dict.fromkeys(figures_of_record(record), one) if one else getattr(record, "sources", {})


def list_zoos(as_json: bool) -> None:
    """Every zoo, with how many records it has."""
    if as_json:
        names = {title: list(zoo.keys()) for title, zoo in zoos().items()}
        typer.echo(json_text({title: {"count": len(found), "names": found} for title, found in names.items()}))
        return
    rows = [[title, str(len(zoo.keys())), ", ".join(list(zoo.keys())[:4])] for title, zoo in zoos().items()]
    typer.echo(table_of(["zoo", "records", "such as"], rows, page_width(), kept=2))


def list_records(title: str, as_json: bool) -> None:
    """The records of a zoo."""
    found = records_in(zoos()[title])
    if as_json:
        typer.echo(json_text({name: json_record(record) for name, record in found.items()}))
        return
    figures = {name: _leading_figures(record, title) for name, record in found.items()}
    columns = list(LEADING_FIGURES.get(title, _common(figures)))
    rows = [[name, *(_short(one.get(column)) for column in columns)] for name, one in figures.items()]
    head, page = ["name", *columns], page_width()
    count = columns_that_fit(head, rows, page, 1)  # one record has them all
    typer.echo(table_of(head[:count], [row[:count] for row in rows], page))
    said = f"One of these {len(found)} with all its figures and their sources: mlsysim-labs zoo {title} {rows[0][0]}"
    typer.echo("\n" + sentences_text([said], page))


def _common(figures: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The figures that most records have, those with long texts aside."""
    every = [name for one in figures.values() for name in one]
    long = {name for one in figures.values() for name, value in one.items() if len(_short(value)) > WIDEST_FIGURE}
    often = [name for name in dict.fromkeys(every) if 2 * every.count(name) >= len(figures)]
    return [name for name in often if name not in {"name", *long}]


def _short(value: Any) -> str:
    """A figure in a list: large counts in words."""
    if isinstance(value, float) and BIG_COUNTS[-1][0] <= abs(value) < math.inf:
        size, word = next(pair for pair in BIG_COUNTS if abs(value) >= pair[0])
        return f"{number_text(value / size)} {word}"
    return str(value) if isinstance(value, int) else figure_text(value)  # a year


def _exact(value: Any) -> str:
    """A figure of one record: whole counts in full."""
    whole = isinstance(value, float) and value.is_integer() and abs(value) < 1e15
    return f"{value:,.0f}" if whole else _short(value)


def show_record(title: str, name: str, as_json: bool) -> None:
    """One record, with its sources."""
    record = records_in(zoos()[title])[name]
    if as_json:
        typer.echo(json_text({name: json_record(record)}))
        return
    sources = sources_of(record)
    order = list(dict.fromkeys(map(str, sources.values())))
    own = {one.name for one in dataclasses.fields(record)}
    rows = [[figure, f"[{order.index(str(sources[figure])) + 1}]" if figure in sources else
             "" if figure in own else "derived", _exact(value)] for figure, value in figures_of_record(record).items()]
    typer.echo(f"{bold(f'{title} {name}')}\n\n{table_of(['figure', 'source', 'value'], rows, page_width(), kept=2)}")
    for place, source in enumerate({str(one): one for one in sources.values()}.values(), 1):
        typer.echo("\n" + sentences_text([f"[{place}] {source.title} ({source.date})"], page_width()))
        typer.echo(f"    {source.url}")  # whole, however long: to be followed


def json_record(record: Any) -> dict[str, Any]:
    """A record as JSON has it: each figure with its unit and its source."""
    told = {key: {"title": one.title, "url": one.url, "date": str(one.date)} for key, one in sources_of(record).items()}
    return {name: json_figure(value) | ({"source": told[name]} if name in told else {})
            for name, value in figures_of_record(record).items()}


def show_zoo(words: Sequence[str], as_json: bool = False) -> None:
    """All zoos, one of them, or a record of one; a record may be named alone."""
    if not words:
        list_zoos(as_json)
        return
    if len(words) > 2:
        raise ValueError(f"{words[2]!r} is one word too many: name a zoo, and one of its records.")
    titles = list(zoos())
    if len(words) == 1 and _is_title(words[0], titles):
        list_records(meant_name(words[0], titles, "zoo"), as_json)
        return
    title = meant_name(words[0], titles, "zoo") if len(words) > 1 else _title_of(words[0], titles)
    name = meant_name(words[-1], zoos()[title].keys(), title, f"mlsysim-labs zoo {title}")
    show_record(title, name, as_json)


def _is_title(word: str, titles: Sequence[str]) -> bool:
    return any(folded_name(title).startswith(folded_name(word)) for title in titles)


def _title_of(word: str, titles: Sequence[str]) -> str:
    """The zoo that has a record of that name."""
    every = {name: title for title in reversed(titles) for name in zoos()[title].keys()}  # noqa: SIM118
    return every[meant_name(word, [*every, *titles], "name", "mlsysim-labs zoo")]
