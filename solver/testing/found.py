"""Every formula and every `solve` of this package, found by what they are."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import typing
from collections.abc import Callable, Iterator
from types import ModuleType
from typing import Any

import solver
from solver.formulas import subjects


def formulas() -> dict[str, Callable[..., Any]]:
    """Public functions of `solver.formulas` whose result has a unit, by subject and name.

    >>> formulas()["memory.kv_cache_bytes"].__name__
    'kv_cache_bytes'
    """
    return {f"{subject}.{name}": member for subject, module in subjects().items()
            for name, member in _own(module) if inspect.isfunction(member) and unit_in(_hint(member)) is not None}


def solvers() -> dict[str, Any]:
    """Classes with `solve`, and functions with declared arguments, of all of the package, by module and name.

    >>> sorted(name for name in solvers() if name.startswith("serving.capacity"))
    ['serving.capacity.kv_capacity', 'serving.capacity.max_users']
    """
    return {f"{module.__name__.partition('.')[2]}.{name}": member for module in _modules()
            for name, member in _own(module)
            if (inspect.isclass(member) and hasattr(member, "solve"))
            or (inspect.isfunction(member) and hasattr(member, "arguments"))}


def unit_in(hint: Any) -> str | None:
    """The unit in an annotation; None where it has none."""
    found = getattr(hint, "__metadata__", (None,))[0]
    return found if isinstance(found, str) else None


def _hint(function: Callable[..., Any]) -> Any:
    return typing.get_type_hints(function, include_extras=True).get("return")


def _own(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """What is public in a module, and its own."""
    return ((name, member) for name, member in vars(module).items()
            if not name.startswith("_") and getattr(member, "__module__", "") == module.__name__)


def _modules() -> Iterator[ModuleType]:
    """All modules of the package but its commands and its batteries."""
    for found in pkgutil.walk_packages(solver.__path__, "solver."):
        if not found.name.endswith(".__main__") and not found.name.startswith("solver.testing"):
            yield importlib.import_module(found.name)
