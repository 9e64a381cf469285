"""Whether the package that Python finds under the name `solver` is the one that comes with these labs.

Another package on PyPI installs a `solver` too, and a file solver.py beside a notebook hides ours.
"""

from __future__ import annotations

import importlib


def require_own_solver(version: str) -> None:
    """Raise ImportError, naming the file in the way, unless `solver` belongs to this version of mlsysim-labs."""
    try:
        solver = importlib.import_module("solver")
    except ModuleNotFoundError as problem:
        if problem.name != "solver":
            raise
        raise ImportError("The package solver, which comes with mlsysim-labs, is gone. "
                          "Install both again: pip install --force-reinstall mlsysim-labs") from None
    place = getattr(solver, "__file__", None) or next(iter(getattr(solver, "__path__", [])), "somewhere")
    if getattr(solver, "__distribution__", None) != "mlsysim-labs":
        raise ImportError(f"The labs need their own package solver, but Python finds another one first: {place}. "
                          f"Rename or uninstall that, then: pip install --force-reinstall mlsysim-labs")
    if solver.__version__ != version:
        raise ImportError(f"mlsysim_labs is version {version}, but solver is version {solver.__version__}: {place}. "
                          f"Install both again: pip install --force-reinstall mlsysim-labs")
