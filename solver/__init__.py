"""Analytic models of machine-learning systems, checked against published measurements.

>>> from solver import Hardware, Models, ServingModel
>>> result = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, seq_len=131072)
>>> print(result.kv_cache_size)
17.2 GB

The names stand in `__init__.pyi`, each with its home. A home is imported when one of its names is first asked for, so
that whoever asks about queues does not wait for training.
"""

import importlib
import pathlib
import re
from typing import Any

__version__ = "0.1.0"
__distribution__ = "mlsysim-labs"

_NAMES = pathlib.Path(__file__).with_suffix(".pyi").read_text(encoding="utf-8")
_HOMES = {public: (home, name) for home, names in re.findall(r"^from (\S+) import ([^()\n]+|\([^)]+\))", _NAMES, re.M)
          for name, public in re.findall(r"(\w+) as (\w+)", names)}
__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module 'solver' has no attribute {name!r}")
    home, own = _HOMES[name]
    globals()[name] = (importlib.import_module(f"solver.{own}") if home == "solver" else
                       getattr(importlib.import_module(home), own))
    return globals()[name]


def __dir__() -> list[str]:
    return [*globals(), *__all__]
