"""``audit``: a plan in a file, judged as a whole."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

import typer

from mlsysim_labs.commands.answers import is_infeasible, json_answer, json_text
from mlsysim_labs.commands.asking import NamedQuestion, complete_texts, texts_of_table, values_of
from mlsysim_labs.commands.named_records import toml_of
from mlsysim_labs.commands.solve import answer_text

NO_AUDIT = "this version cannot audit a plan: solver.design.audit is not there."


def audit_plan(path: str, as_json: bool) -> None:
    """What is wrong with a plan, or that nothing is; status 1 where it cannot be."""
    try:
        from solver.design.audit import audit  # type: ignore[import-not-found, unused-ignore]
    except ImportError:
        raise ValueError(NO_AUDIT) from None
    plan = toml_of(pathlib.Path(path))
    question = NamedQuestion("audit", audit, {})
    given = _given(question, plan, path) if getattr(question.solve, "arguments", None) else plan
    answer = question.solve(**given) if given is not plan else audit(plan)
    if as_json:
        typer.echo(json_text(json_answer(answer)))
    else:
        typer.echo(answer_text(question, {}, answer) if hasattr(answer, "fields") else str(answer))
    if is_infeasible(answer):
        raise typer.Exit(1)


def _given(question: NamedQuestion, plan: Mapping[str, Any], path: str) -> dict[str, Any]:
    """What is declared, read as it would be typed."""
    return values_of(question, complete_texts(question, texts_of_table(question, plan, path)))
