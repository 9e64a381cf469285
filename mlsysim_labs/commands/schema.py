"""``schema``: what classes are asked and what they answer, as JSON."""

from __future__ import annotations

from typing import Any

import typer

from mlsysim_labs.commands.answers import json_text
from mlsysim_labs.commands.names import question_named, questions
from solver.base.forward import ForwardModel


class _Function(ForwardModel):
    """Stands for a function, which has declared arguments and no class."""


def schema_of(name: str, member: Any) -> dict[str, Any]:
    """The schema of a class with `solve`; of a function, the same from its declarations."""
    if isinstance(member, type) and issubclass(member, ForwardModel):
        return member.schema()
    solve = getattr(member, "solve", member)
    stand_in: Any = type(name, (_Function,), {"solve": staticmethod(solve), "__doc__": member.__doc__})
    found: dict[str, Any] = stand_in.schema()
    return found


def print_schema(name: str | None) -> None:
    """One of them, or all by name."""
    if name is None:
        typer.echo(json_text({key: schema_of(key, member) for key, member in questions().items()}))
    else:
        typer.echo(json_text(schema_of(*question_named(name))))
