"""``explore``: the best designs of a space, from options or from a file, and why the others are left out."""

from __future__ import annotations

import functools
import pathlib
import re
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Optional

import typer

from mlsysim_labs.commands.answers import ToldAnswer, json_text
from mlsysim_labs.commands.asking import Answering, NamedQuestion, complete_texts, question_asked, texts_of_table
from mlsysim_labs.commands.layout import bold, page_width, sentences_text
from mlsysim_labs.commands.named_records import toml_of
from mlsysim_labs.commands.names import question_named
from mlsysim_labs.commands.pictures import chart_text, save_front
from mlsysim_labs.commands.points import SolvedPoint, json_points, texts_with_words
from mlsysim_labs.commands.solve import AS_JSON
from mlsysim_labs.commands.sweep import CHART_WANTED, sweep_table
from mlsysim_labs.commands.values import several_values
from solver.base.forward import result_kind

CONSTRAINT_TEXT = re.compile(r"\s*([A-Za-z]\w*)\s*((?:<=|>=|==|!=|<|>).+)", re.S)
PLAN_KEYS = ("solve", "maximize", "minimize", "constraints", "space")
REPEATED = Optional[list[str]]  # noqa: UP045 - typer reads it
ONE_FILE = Optional[pathlib.Path]  # noqa: UP045
EXPLORE_OUTPUTS: dict[str, Any] = {
    "maximize": (Annotated[REPEATED, typer.Option("--maximize", metavar="FIGURE", help="What is to be large.")], None),
    "minimize": (Annotated[REPEATED, typer.Option("--minimize", metavar="FIGURE", help="What is to be small.")], None),
    "constraint": (Annotated[REPEATED, typer.Option(
        "--constraint", metavar="LIMIT", help="What has to hold, such as 'itl <= 20 ms'.")], None),
    "rows": (Annotated[int, typer.Option("--rows", min=1, help="Designs to show at most.")], 20),
    "as_json": (AS_JSON, False),
    "as_csv": (Annotated[ONE_FILE, typer.Option("--csv", metavar="FILE", help="Write every point into a file.")], None),
    "plot": (Annotated[ONE_FILE, typer.Option("--plot", metavar="FILE", help="Draw the best into a file.")], None),
    "chart": (CHART_WANTED, False)}


def answer_exploration(question: NamedQuestion, words: Sequence[str], texts: Mapping[str, Any], *,
                       plan: Mapping[str, Any], maximize: list[str] | None, minimize: list[str] | None,
                       constraint: list[str] | None, rows: int, as_json: bool, as_csv: pathlib.Path | None,
                       plot: pathlib.Path | None, chart: bool) -> None:
    """The designs that no other beats; status 1 where none is left."""
    from solver.design.spaces.space import explore

    goals = aims(_list(plan, "maximize") + (maximize or []), _list(plan, "minimize") + (minimize or []))
    limits = dict(plan.get("constraints", {})) | dict(map(_limit, constraint or []))
    found = explore(question.member, design_values(question, words, texts), goals, limits)
    if as_csv:
        found.to_csv(as_csv)
    meanings = _meanings(question)
    front = [_design(found.front.point(place), meanings) for place in range(min(len(found.front), rows))]
    if plot and front:
        save_front(front, list(goals), plot)
    page = page_width()
    typer.echo(json_text(_json_exploration(question, found, front)) if as_json else
               chart_text(front, next(iter(goals)), page) if chart and front else
               exploration_text(question, found, front, page))
    if not front:
        raise typer.Exit(1)


def design_values(question: NamedQuestion, words: Sequence[str], texts: Mapping[str, Any]) -> dict[str, Any]:
    """The values of each argument: one, or several."""
    asked = complete_texts(question, texts_with_words(question, words, texts))
    values = {name: [text] if isinstance(text, bool) else several_values(question.arguments[name], text)
              for name, text in asked.items()}
    return {name: several[0] if len(several) == 1 else several for name, several in values.items()}


def aims(maximize: Sequence[str], minimize: Sequence[str]) -> dict[str, str]:
    """What is to be large and what small."""
    names = [name for one in (*maximize, *minimize) for name in one.split(",")]
    if not names:
        raise ValueError("it is not said what is best: write --maximize tokens_per_second or --minimize ttft, for "
                         "example; both may be given, and more than once.")
    large = {name.strip() for one in maximize for name in one.split(",")}
    return {name.strip(): "max" if name.strip() in large else "min" for name in names}


def _list(plan: Mapping[str, Any], key: str) -> list[str]:
    found = plan.get(key, [])
    return [found] if isinstance(found, str) else list(found)


def _limit(text: str) -> tuple[str, Any]:
    """A constraint: the name of a figure, and its limit."""
    found = CONSTRAINT_TEXT.fullmatch(text)
    if not found:
        raise ValueError(f"--constraint is {text!r}: write a figure, a comparison and a limit, such as "
                         f"'itl <= 20 ms'.")
    return found[1], found[2].strip()


def _meanings(question: NamedQuestion) -> dict[str, str]:
    """What each figure of its answers is."""
    kind: Any = result_kind(question.member) if isinstance(question.member, type) else None
    return {name: getattr(kind, name).__doc__ for name in kind.fields()} if kind else {}


def _design(point: Any, meanings: Mapping[str, str]) -> SolvedPoint:
    return SolvedPoint(point.chosen, ToldAnswer(point.fields, meanings))


def exploration_text(question: NamedQuestion, found: Any, front: Sequence[SolvedPoint], page: int) -> str:
    """How many points there are, why most are left out, and the best."""
    left_out = len(found) - found.kept
    said = [f"{question.name}: {len(found):,} points, {found.kept:,} kept, {left_out:,} left out."]
    said += [f"  {count:,}: {reason}" for reason, count in list(found.reasons.items())[:8]]
    parts = [bold(sentences_text(said[:1], page)), sentences_text(said[1:], page)]
    if front:
        names = list(front[0].answer.figures)
        more = f", of which the first {len(front)}" if len(found.front) > len(front) else ""
        parts += [f"No other design beats these {len(found.front):,}{more}:", sweep_table(front, names, page)]
    else:
        parts.append("No design is left.")
    return "\n\n".join(part for part in parts if part)


def _json_exploration(question: NamedQuestion, found: Any, front: Sequence[SolvedPoint]) -> dict[str, Any]:
    return {"points": len(found), "kept": found.kept, "reasons": dict(found.reasons),
            "front": json_points(front, question)}


def exploring(words: Sequence[str], usual: str, ending: str = "") -> Answering:
    """As `solving`: over a space of options, or of the file that the first word names."""
    if not words or not words[0].endswith(".toml"):
        question, rest = question_asked(words, usual, ending)
        return question, functools.partial(answer_exploration, plan={}), EXPLORE_OUTPUTS, rest
    plan = toml_of(pathlib.Path(words[0]))
    unknown = [key for key in plan if key not in PLAN_KEYS]
    if unknown:
        raise ValueError(f"{words[0]} has {unknown[0]!r}: a space has {', '.join(PLAN_KEYS)}.")
    name, member = question_named(plan.get("solve", usual))
    question = NamedQuestion(name, member, {})
    question = NamedQuestion(name, member, texts_of_table(question, plan.get("space", {}), words[0]))
    return question, functools.partial(answer_exploration, plan=plan), EXPLORE_OUTPUTS, list(words[1:])
