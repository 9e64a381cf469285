"""What every class with `solve` is: a question with declared arguments, that is answered by a result."""

from __future__ import annotations

import inspect
import typing
from collections.abc import Callable
from typing import Any, ClassVar

from solver.base.declared import REQUIRED, Argument
from solver.base.result import Result


class ForwardModel:
    """The base of all classes with `solve`: `schema()` says what one is asked and what it answers, as plain data.

    >>> from solver import ServingModel
    >>> schema = ServingModel.schema()
    >>> schema["arguments"]["batch_size"]
    {'unit': 'request', 'values': 'whole, from 1', 'meaning': 'Requests that are served together.', 'default': '1'}
    >>> schema["fields"]["ttft"]["unit"]
    'ms'
    """

    question: ClassVar[str] = ""  # what a person asks who needs it
    solve: ClassVar[Callable[..., Any]]

    @classmethod
    def schema(cls) -> dict[str, Any]:
        """Arguments and fields, each with its unit and its meaning; what JSON can hold."""
        arguments = getattr(cls.solve, "arguments", {})
        kind = result_kind(cls)
        found = {name: getattr(kind, name) for name in kind.fields()} if kind else {}
        return {"name": cls.__name__, "question": cls.question, "meaning": _sentence(cls),
                "arguments": {name: _described(one) for name, one in arguments.items()},
                "fields": {name: {"unit": one.unit or "", "meaning": one.__doc__} for name, one in found.items()}}


def result_kind(model: type[ForwardModel]) -> type[Result] | None:
    """The class of results of a class with `solve`, as its annotation says."""
    solve = inspect.unwrap(model.solve)
    kind = typing.get_type_hints(solve).get("return")
    return kind if isinstance(kind, type) and issubclass(kind, Result) else None


def _described(argument: Argument) -> dict[str, str]:
    """One argument; without a default it is required."""
    said = {"unit": argument.counted_in, "values": argument.values, "meaning": argument.sentence}
    return said if argument.default is REQUIRED else said | {"default": str(argument.default)}


def _sentence(cls: type) -> str:
    return " ".join((inspect.getdoc(cls) or "").partition("\n\n")[0].split())
