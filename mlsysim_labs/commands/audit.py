"""``audit``: a plan of serving or training in a file, judged as a whole."""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from typing import Any

import typer

from mlsysim_labs.commands.answers import figure_text, json_figure, json_text
from mlsysim_labs.commands.asking import NamedQuestion, complete_texts, texts_of_table, values_of
from mlsysim_labs.commands.layout import bold, page_width, sentences_text, table_of
from mlsysim_labs.commands.named_records import toml_of
from mlsysim_labs.commands.zoo import readable_quantity
from solver.units import Quantity, quantity


def audit_plan(path: str, as_json: bool) -> None:
    """Which wall of a plan binds, and the first remedy; status 1 where the plan does not hold."""
    from solver.design.audits.audit import audit, plan_maker

    plan = toml_of(pathlib.Path(path))
    kind = plan.pop("kind", "serving")
    question = NamedQuestion(f"a plan of {kind}", plan_maker(kind, plan), {})
    found = audit({"kind": kind, **plan_values(question, plan, path)})
    typer.echo(json_text(json_audit(found)) if as_json else audit_text(found, page_width()))
    if not found.feasible:
        raise typer.Exit(1)


def plan_values(question: NamedQuestion, plan: Mapping[str, Any], path: str) -> dict[str, Any]:
    """What the file says, read as it would be typed; a fleet has its chips, so that none need be named."""
    texts = texts_of_table(question, plan, path)
    if "fleet" not in texts or "hardware" not in question.arguments:
        return values_of(question, complete_texts(question, texts))
    named = complete_texts(question, {"hardware": "", **texts})
    return values_of(question, {name: text for name, text in named.items() if text != ""})


def audit_text(found: Any, page: int) -> str:
    """What was found: each wall, the tightest first, and what would help."""
    rows = [[f"{wall.name} ({wall.phase})" if wall.phase else wall.name, *map(figure_text, _sides(wall)),
             f"{wall.margin:.0%}"] for wall in found.walls]
    told = set(map(str, found.walls))
    first, *others = [sentence for sentence in found.constraint_trace if sentence not in told]
    return "\n\n".join([bold(sentences_text([first], page)), table_of(["wall", "needs", "has", "left"], rows, page),
                        sentences_text(others, page)])


def _sides(wall: Any) -> tuple[Quantity, Quantity]:
    """What it needs and what it has, in units of one kind."""
    need, have = (_shown(value, wall.unit) for value in (wall.need, wall.have))
    return need, have


def _shown(value: float, unit: str) -> Quantity:
    from solver.design.audits.walls import wall_unit

    used = wall_unit(value, unit)
    return quantity(value, used) if used else readable_quantity(value, unit, binary=False)


def json_audit(found: Any) -> dict[str, Any]:
    """The same as JSON has it."""
    walls = [{"name": wall.name, "phase": wall.phase, "margin": json_figure(float(wall.margin))} | dict(
        zip(("need", "have"), map(json_figure, _sides(wall)), strict=True)) for wall in found.walls]
    return {"feasible": json_figure(bool(found.feasible)), "binding": json_figure(found.binding.name), "walls": walls,
            "remedy": json_figure(found.remedy), "constraint_trace": list(found.constraint_trace)}
