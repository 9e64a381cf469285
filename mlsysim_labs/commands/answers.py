"""What a question answered, for people, for programs and for spreadsheets: every figure with its unit."""

from __future__ import annotations

import dataclasses
import json
import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from solver.base.result import Result, field_text, value_text
from solver.units import unit_text

STATE_FIELDS = ("feasible", "is_feasible", "is_stable")  # fields that say whether there is an answer at all


@dataclasses.dataclass(frozen=True)
class ToldAnswer:
    """An answer that is put together here: figures by name, what each means, and sentences."""

    figures: Mapping[str, Any]
    meanings: Mapping[str, str]
    sentences: tuple[str, ...] = ()


def figures_of(answer: Any) -> dict[str, Any]:
    """The figures of an answer by name: fields of a result, and what binds it; of a bare number, itself.

    >>> from solver import Hardware, Models, max_users
    >>> figures_of(max_users(Models.Llama3_8B, Hardware.Cloud.H100, 8192))
    {'answer': 65}
    """
    if isinstance(answer, ToldAnswer):
        return dict(answer.figures)
    if isinstance(answer, Result):
        bound = [name for name in dir(type(answer)) if name.endswith("bottleneck") and name not in answer.fields()]
        return {name: getattr(answer, name) for name in [*answer.fields(), *bound]}
    if isinstance(answer, Mapping):
        return dict(answer)
    if dataclasses.is_dataclass(answer) and not isinstance(answer, type):
        return {one.name: getattr(answer, one.name) for one in dataclasses.fields(answer)}
    return {"answer": answer}


def meaning_of(answer: Any, name: str) -> str:
    """What a figure is, in the words of its declaration."""
    if isinstance(answer, ToldAnswer):
        return answer.meanings.get(name, "")
    if not isinstance(answer, Result):
        return ""
    text = getattr(getattr(type(answer), name, None), "__doc__", None)
    said = " ".join((text or "").partition("\n\n")[0].split())
    return said if name in answer.fields() else said.partition(":")[0].rstrip(".")


def sentences_of(answer: Any) -> list[str]:
    """What the answer says of itself: what fits, what binds, what is left out."""
    if isinstance(answer, ToldAnswer):
        return list(answer.sentences)
    has = not isinstance(answer, Result) or hasattr(type(answer), "constraint_trace")
    return [str(one) for one in (getattr(answer, "constraint_trace", None) if has else None) or []]


def is_infeasible(answer: Any) -> bool:
    """Whether the answer is that it cannot be."""
    if isinstance(answer, Result):
        return any(name in answer.fields() and not np.any(getattr(answer, name)) for name in STATE_FIELDS)
    found = figures_of(answer)
    return any(name in found and not np.any(found[name]) for name in STATE_FIELDS)


def figure_text(value: Any) -> str:
    """A figure as people read it."""
    if isinstance(value, (bool, np.bool_)):
        return "yes" if value else "no"
    if value is None:
        return "-"
    if isinstance(value, type):
        return value.__name__
    if isinstance(value, int):
        return f"{value:,}"
    if isinstance(value, (list, tuple)):
        return ", ".join(map(figure_text, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {figure_text(one)}" for name, one in value.items())
    return field_text(value) if isinstance(value, (float, np.ndarray)) else value_text(value)


def unit_of_figure(value: Any) -> str:
    """Its unit as people write it; nothing for a bare number."""
    return unit_text(value.units) if hasattr(value, "units") else ""


def bare_figure(value: Any) -> Any:
    """Its number alone, in that unit; what is no number as it is."""
    value = value.magnitude if hasattr(value, "units") else value
    return value.item() if isinstance(value, np.generic) else value


def json_figure(value: Any) -> Any:
    """A figure as JSON has it: its value and its unit, and why there is no value where it is not finite.

    >>> json_figure(math.inf), json_figure(True)
    ({'value': None, 'unit': '', 'why': 'infinite'}, {'value': True, 'unit': ''})
    """
    bare, unit = bare_figure(value), unit_of_figure(value)
    if isinstance(bare, Mapping):
        return {str(name): json_figure(one) for name, one in bare.items()}
    if isinstance(bare, Result) or (dataclasses.is_dataclass(bare) and not isinstance(bare, type) and not str(bare)):
        return json_answer(bare)
    if isinstance(bare, (list, tuple, np.ndarray)):
        return _json_several(list(bare), unit)
    if isinstance(bare, float) and not math.isfinite(bare):
        return {"value": None, "unit": unit, "why": _why(bare)}
    return {"value": bare if isinstance(bare, (bool, int, float, str, type(None))) else str(bare), "unit": unit}


def _json_several(values: list[Any], unit: str) -> dict[str, Any]:
    each = [json_figure(one) for one in values]
    whys = [one["why"] for one in each if "why" in one]
    units = {one.get("unit") for one in each}
    if units - {""} and not unit:
        return {"values": each}
    plain = {"value": [one.get("value", one) for one in each], "unit": unit}
    return plain | ({"why": ", ".join(dict.fromkeys(whys))} if whys else {})


def _why(value: float) -> str:
    return "not known, or there is none: see constraint_trace" if math.isnan(value) else (
        "infinite" if value > 0 else "infinite, below zero")


def json_answer(answer: Any) -> dict[str, Any]:
    """An answer as JSON has it: every figure, and the sentences about it.

    >>> from solver import Hardware, Models, ServingModel
    >>> json_answer(ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, 2048, 4096))["feasible"]
    {'value': False, 'unit': ''}
    """
    found = {name: _with_meaning(json_figure(value), meaning_of(answer, name))
             for name, value in figures_of(answer).items()}
    said = sentences_of(answer)
    return found | ({"constraint_trace": said} if said else {})


def _with_meaning(figure: dict[str, Any], meaning: str) -> dict[str, Any]:
    """A bare number says what it counts, such as tokens a second: its unit does not."""
    value = figure.get("value", "")
    bare = figure.get("unit") == "" and not isinstance(value, (bool, str))
    return figure | {"meaning": meaning} if bare and meaning else figure


def json_text(data: Any) -> str:
    """Data as JSON that every program reads: no NaN, no infinity."""
    return json.dumps(data, indent=2, ensure_ascii=False, allow_nan=False)
