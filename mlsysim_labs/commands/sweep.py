"""``sweep`` and ``compare``: many answers in one table, a point a row, or side by side."""

from __future__ import annotations

import pathlib
from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, Any, Optional

import typer

from mlsysim_labs.commands.answers import figure_text, json_text
from mlsysim_labs.commands.asking import Answering, NamedQuestion, complete_texts, question_asked
from mlsysim_labs.commands.layout import bold, columns_that_fit, page_width, sentences_text, table_of
from mlsysim_labs.commands.pictures import chart_text, drawable, save_plot
from mlsysim_labs.commands.points import (
    SolvedPoint,
    csv_points,
    differing,
    figure_at,
    figure_names,
    headed,
    json_points,
    label_of,
    notes_of,
    number_at_point,
    points_of,
    texts_with_words,
    varied_values,
)
from mlsysim_labs.commands.solve import AS_CSV, AS_JSON, write_figures
from solver.text import number_text

SHOWN_FIGURES = Annotated[Optional[str], typer.Option(  # noqa: UP045 - typer reads it
    "--show", metavar="FIGURES", help="The figures to show, such as ttft,itl. Not given: those that differ.")]
PLOT_FILE = Annotated[Optional[pathlib.Path], typer.Option(  # noqa: UP045
    "--plot", metavar="FILE", help="Draw the figures that --show names, or the first six that differ, into a file, "
    "such as out.png or out.svg.")]
CHART_WANTED = Annotated[bool, typer.Option("--chart", help="Draw the first of the figures as bars in the terminal.")]
MOST_DRAWN = 6  # figures in one picture, where nobody named them
SWEEP_OUTPUTS: dict[str, Any] = {
    "show": (SHOWN_FIGURES, None), "as_json": (AS_JSON, False), "as_csv": (AS_CSV, None), "plot": (PLOT_FILE, None),
    "chart": (CHART_WANTED, False)}


def answer_sweep(question: NamedQuestion, words: Sequence[str], texts: Mapping[str, Any], **output: Any) -> None:
    """Answers over one or two arguments, a point a row."""
    asked = complete_texts(question, texts_with_words(question, words, texts))
    fixed, varied = varied_values(question, asked)
    if not 1 <= len(varied) <= 2:
        raise ValueError("a sweep goes over one or two arguments: give one of them several values, such as "
                         "--batch-size 1..64 or --seq-len 2048,8192." if not varied else
                         f"a sweep goes over two arguments at most, and {', '.join(varied)} have several values.")
    _show_points(question, fixed, points_of(question, fixed, varied), sweep_table, **output)


def answer_comparison(question: NamedQuestion, words: Sequence[str], texts: Mapping[str, Any], **output: Any) -> None:
    """Answers side by side."""
    asked = complete_texts(question, texts_with_words(question, words, texts))
    fixed, varied = varied_values(question, asked)
    if not varied:
        raise ValueError("there is one case, and nothing to compare it with: name several chips or models.")
    points = points_of(question, fixed, varied)
    _show_points(question, fixed, points, comparison_table, everything=True, **output)


def _show_points(question: NamedQuestion, fixed: Mapping[str, Any], points: Sequence[SolvedPoint],
                 table: Callable[..., str], show: str | None, as_json: bool, as_csv: pathlib.Path | None,
                 plot: pathlib.Path | None, chart: bool, everything: bool = False) -> None:
    """Write and print what is wanted; status 1 where no point has a good answer."""
    names, page = figure_names(points, show, everything), page_width()
    if as_csv:
        write_figures(as_csv, list(csv_points(points)))
    drawn, left = drawn_figures(points, names, bool(show)) if plot or chart else ([], [])
    if plot:
        save_plot(points, drawn, plot)
    if as_json:
        typer.echo(json_text(json_points(points, question)))
    else:
        asked = ", ".join(f"{name} {label_of(value)}" for name, value in fixed.items())
        body = chart_text(points, drawn[0], page) if chart else table(points, names, page, named=bool(show))
        more = [f"Drawn are {', '.join(drawn)}; --show draws others: {', '.join(left)}."] if plot and left else []
        head, notes = (sentences_text(said, page) for said in (
            [f"{question.name}: {asked}"], [*notes_of(points), *more]))
        typer.echo("\n\n".join(part for part in (bold(head), body, notes) if part))
    if all(point.fails for point in points):
        raise typer.Exit(1)


def drawn_figures(points: Sequence[SolvedPoint], names: Sequence[str], named: bool) -> tuple[list[str], list[str]]:
    """The figures of a picture, and those left out: all that somebody named; else the first of those that differ."""
    found = drawable(points, names if named else differing(points, names) or names)
    return (found, []) if named else (found[:MOST_DRAWN], found[MOST_DRAWN:])


def sweep_table(points: Sequence[SolvedPoint], names: Sequence[str], page: int, named: bool = True) -> str:
    """A point a row. Of figures that nobody named there are as many as stand side by side; the others are listed."""
    head = [*points[0].given, *(headed(points, name) for name in names)]
    rows = [[*map(label_of, point.given.values()), *(_cell(point, name) for name in names)] for point in points]
    kept = len(points[0].given)
    count = len(head) if named else columns_that_fit(head, rows, page, kept)
    table = table_of(head[:count], [row[:count] for row in rows], page, kept)
    more = ", ".join(names[count - kept:])
    return f"{table}\n\n{sentences_text([f'Figures that --show adds: {more}.'], page)}" if more else table


def _cell(point: SolvedPoint, name: str) -> str:
    """A figure without its unit, which stands in the head of its column."""
    value = figure_at(point, name)
    return number_text(number_at_point(point, name)).replace("nan", "unknown") if hasattr(
        value, "units") else figure_text(value)


def comparison_table(points: Sequence[SolvedPoint], names: Sequence[str], page: int, named: bool = True) -> str:
    """A figure a row."""
    rows = [[name, *(figure_text(figure_at(point, name)) for point in points)] for name in names]
    return table_of(["figure", *(point.label for point in points)], rows, page)


def sweeping(words: Sequence[str], usual: str, ending: str = "") -> Answering:
    """As `solving`: over one or two arguments."""
    question, rest = question_asked(words, usual, ending)
    return question, answer_sweep, SWEEP_OUTPUTS, rest


def comparing(words: Sequence[str], usual: str, ending: str = "") -> Answering:
    """As `solving`: side by side."""
    question, rest = question_asked(words, usual, ending)
    return question, answer_comparison, SWEEP_OUTPUTS, rest
