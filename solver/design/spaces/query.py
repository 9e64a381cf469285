"""What is explored: a class with `solve`, a pipeline or a function, with its arguments and what its results have."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.base.declared import Argument
from solver.base.result import Result
from solver.design.stages import Pipeline, solve_of
from solver.text import nearest
from solver.units import Q_, is_quantity

FEASIBLE = "feasible"


@dataclass(frozen=True, eq=False)
class Query:
    """A call that answers with a result, or with a mapping of numbers."""

    call: Callable[..., Any]
    title: str
    arguments: Mapping[str, Argument]  # those that are declared
    known: tuple[str, ...] | None  # the names of all; None where it takes any
    required: tuple[str, ...]

    def check(self, space: Mapping[str, Any]) -> None:
        """Refuse a space that names an argument which there is not, or lacks one that is required."""
        for name in space:
            if self.known is not None and name not in self.known:
                raise TypeError(f"{self.title} has no argument {name!r}. {nearest(name, self.known)}")
        missing = [name for name in self.required if name not in space]
        if missing:
            raise TypeError(f"space lacks {' and '.join(missing)}, which {self.title} needs: give one value or "
                            f"several.")


def query_of(model: Any) -> Query:
    """What a person asks to be explored."""
    if isinstance(model, Pipeline):
        known = tuple(model.arguments) if all(stage.arguments for stage in model.stages) else None
        return Query(model.run, "Pipeline.run", model.arguments, known, model.required)
    model = solve_of(model)
    if not callable(model):
        raise TypeError(f"model is {model!r}, and should be a class with solve, such as ServingModel, or a function of "
                        f"keyword arguments.")
    kinds = inspect.Parameter
    parameters = inspect.signature(model).parameters.values()
    own = [one for one in parameters if one.kind in (kinds.POSITIONAL_OR_KEYWORD, kinds.KEYWORD_ONLY)]
    takes_any = any(one.kind is kinds.VAR_KEYWORD for one in parameters)
    return Query(model, getattr(model, "__qualname__", type(model).__name__), getattr(model, "arguments", {}),
                 None if takes_any else tuple(one.name for one in own),
                 tuple(one.name for one in own if one.default is kinds.empty))


def field_names(result: Any) -> Iterator[str]:
    """The names of what a result has; of a mapping of results "stage.field"."""
    if isinstance(result, Result):
        yield from result.fields()
    elif isinstance(result, Mapping):
        for name, part in result.items():
            nested = isinstance(part, (Result, Mapping))
            yield from (f"{name}.{field}" for field in field_names(part)) if nested else [str(name)]
    else:
        raise AnswerTypeError(f"The model answers {result!r}, and should answer a result, or a mapping of names to "
                              f"numbers and quantities.")


class AnswerTypeError(TypeError):
    """A model's answer is nothing that has fields."""


def field_of(result: Any, name: str, beside: Iterable[str] = ()) -> tuple[Any, str]:
    """A field in base units, and the unit that people read it in ("" for none). `beside` are other names to choose."""
    if name not in field_names(result):
        raise ValueError(f"There is no field {name!r}. {nearest(name, [*field_names(result), *beside])}")
    if isinstance(result, Result):
        return result.value(name), getattr(type(result), name).unit or ""
    if name in result:
        return _plain(result[name])
    stage, _, field = name.partition(".")
    return field_of(result[stage], field)


def _plain(value: Any) -> tuple[Any, str]:
    if not is_quantity(value):
        return value, ""
    value = Q_(value)
    return value.to_root_units().magnitude, format(value.units, "D")


def feasibility(result: Any) -> list[str]:
    """The fields that say whether a design works at all: of a pipeline one for each stage that has it."""
    return [name for name in field_names(result) if name.rpartition(".")[2] == FEASIBLE]


def flat_array(name: str, value: Any, shape: tuple[int, ...]) -> np.ndarray:
    """A field at every point of a grid: numbers, yes and no, or else objects."""
    array = np.asarray(value)
    array = array if array.dtype.kind in "biuf" else array.astype(object)
    try:
        return np.broadcast_to(array, shape).reshape(-1)
    except ValueError:
        raise AnswerTypeError(f"{name} has the shape {array.shape} where {shape} was asked for: a model that is given "
                              f"arrays answers one value for each point. Have it work element by element.") from None
