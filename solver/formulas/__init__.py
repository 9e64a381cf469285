"""Every formula and nothing else, one subject a file: ``from solver.formulas import kv_cache_bytes``.

A file that is put here is found by itself: its public names are given here, the tests prove its formulas, and the
reference lists them. Nothing is imported before a name is asked for.

>>> from solver.formulas import smooth_max
>>> float(smooth_max(3.0, 4.0, norm=2.0))
5.0
"""

from __future__ import annotations

import functools
import importlib
import inspect
import pkgutil
from types import ModuleType
from typing import Any

from solver.text import nearest


@functools.cache
def subjects() -> dict[str, ModuleType]:
    """The files of this folder and of its rooms, imported, by name: "memory", "training.pipeline"."""
    return {found.name.removeprefix(f"{__name__}."): importlib.import_module(found.name)
            for found in pkgutil.walk_packages(__path__, f"{__name__}.") if not found.ispkg}


@functools.cache
def _names() -> dict[str, Any]:
    """What is public in any subject and its own: functions, classes, and constants in capitals."""
    return {name: value for module in subjects().values() for name, value in vars(module).items()
            if not name.startswith("_") and (_is_own(value, module) or name.isupper())}


def _is_own(value: Any, module: ModuleType) -> bool:
    return (inspect.isfunction(value) or inspect.isclass(value)) and value.__module__ == module.__name__


def __getattr__(name: str) -> Any:
    if name.startswith("_"):
        raise AttributeError(name)
    if name not in _names():
        raise AttributeError(f"solver.formulas has no {name!r}. {nearest(name, _names())}")
    return _names()[name]


def __dir__() -> list[str]:
    return sorted(["subjects", *_names()])
