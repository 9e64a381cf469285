"""``solve``, ``eval``, ``serve``, ``optimize``: one question and its answer, as a table, as JSON or as CSV."""

from __future__ import annotations

import csv
import io
import pathlib
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Optional

import typer

from mlsysim_labs.commands.answers import (
    bare_figure,
    figure_text,
    figures_of,
    is_infeasible,
    json_answer,
    json_text,
    meaning_of,
    sentences_of,
    unit_of_figure,
)
from mlsysim_labs.commands.asking import Answering, NamedQuestion, given_texts, question_asked, values_of
from mlsysim_labs.commands.layout import bold, page_width, sentences_text, table_of

AS_JSON = Annotated[bool, typer.Option("--json", help="Print JSON: every figure with its value and its unit.")]
AS_CSV = Annotated[Optional[pathlib.Path], typer.Option(  # noqa: UP045 - typer reads it
    "--csv", metavar="FILE", help="Write the figures into a file, for a spreadsheet.")]
WORKING_OF = Annotated[Optional[str], typer.Option(  # noqa: UP045
    "--working", metavar="FIGURE", help="Show how a figure comes about: its equation with the numbers in it.")]
ANSWER_OUTPUTS: dict[str, Any] = {"as_json": (AS_JSON, False), "as_csv": (AS_CSV, None), "working": (WORKING_OF, None)}


def answer_question(question: NamedQuestion, words: Sequence[str], texts: Mapping[str, Any], as_json: bool,
                    as_csv: pathlib.Path | None, working: str | None) -> None:
    """Ask, show the answer, and end with status 1 where it is that it cannot be."""
    given = values_of(question, given_texts(question, words, texts))
    answer = question.solve(**given)
    if as_csv:
        write_figures(as_csv, csv_rows(answer))
    if as_json:
        typer.echo(json_text(json_answer(answer)))
    elif working:
        typer.echo(str(answer.working(working)) if hasattr(answer, "working") else f"{question.name} shows no working.")
    else:
        typer.echo(answer_text(question, given, answer))
    if is_infeasible(answer):
        raise typer.Exit(1)


def answer_text(question: NamedQuestion, given: Mapping[str, Any], answer: Any) -> str:
    """An answer as people read it: what was asked, each figure with what it means, and what the answer says."""
    page = page_width()
    asked = ", ".join(f"{name} {figure_text(value)}" for name, value in given.items())
    rows = [[name, figure_text(value), meaning_of(answer, name)] for name, value in figures_of(answer).items()]
    table = table_of(["figure", "value", "what it is"], rows, page, kept=2) if rows[0][2] else table_of(
        ["figure", "value"], [row[:2] for row in rows], page)
    parts = [bold(sentences_text([f"{question.name}: {asked}"], page)), table,
             sentences_text(sentences_of(answer), page)]
    return "\n\n".join(part for part in parts if part)


def csv_rows(answer: Any) -> list[list[Any]]:
    """One figure a row."""
    rows = [[name, bare_figure(value), unit_of_figure(value)] for name, value in figures_of(answer).items()]
    return [["figure", "value", "unit"], *rows]


def write_figures(path: pathlib.Path, rows: Sequence[Sequence[Any]]) -> None:
    """Write a table for spreadsheets."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    path.write_text(text.getvalue(), encoding="utf-8")


def solving(words: Sequence[str], usual: str, ending: str = "") -> Answering:
    """The question that the words name, who answers it, with which options, and the words that are left."""
    question, rest = question_asked(words, usual, ending)
    return question, answer_question, ANSWER_OUTPUTS, rest
