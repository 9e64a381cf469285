"""Whoever adds a formula or a solve edits no test: in a scratch copy both are found and proven, faults are named."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.slow

FORMULA = '''"""What it costs."""

from __future__ import annotations

from solver.units import Scalar, Second


def chip_time(time: Second, chips: Scalar = 1.0) -> Second:
    """Time of all chips together.

        total = time * chips

    By definition.

    >>> chip_time(2.0, 8)
    16.0
    """
    return time * chips
'''
SOLVER = '''"""How long chips are paid for."""

from __future__ import annotations

from typing import Annotated, Any, TypeAlias

from solver.base.arguments import Chip, Requests
from solver.base.declared import declared
from solver.base.kinds import Share
from solver.formulas.scratch import chip_time

Idle: TypeAlias = Annotated[Any, Share("Share of the time that nothing is done.", "", other=0.5)]


class ScratchModel:
    """What chips cost."""

    @declared
    def solve(self, hardware: Chip, batch_size: Requests = 1, idle: Idle = 0.0) -> dict[str, Any]:
        """Time that chips are paid for.

        Parameters
        ----------
        hardware : accelerator
            The accelerator, a record such as `Hardware.Cloud.H100`.
        batch_size : requests
            Requests that are served together.
        idle : share
            Share of the time that nothing is done.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence.

        Notes
        -----
        Leaves out all else.

        Examples
        --------
        >>> from solver import Hardware
        >>> sorted(ScratchModel().solve(Hardware.Cloud.H100))
        ['time']
        """
        return {"time": chip_time(batch_size * 1e12 / hardware.bandwidth) * (1 + idle)}
'''


@pytest.fixture(scope="module")
def copy(root, tmp_path_factory):
    """The solver, its batteries and its reference, with one new formula and one new class."""
    copy = tmp_path_factory.mktemp("scratch")
    for name in ("solver", "tests/support", "docs"):
        shutil.copytree(root / name, copy / name, ignore=shutil.ignore_patterns("__pycache__"))
    (copy / "tests/solver").mkdir()
    (copy / "tools").mkdir()
    for name in ("pyproject.toml", "tests/conftest.py", "tests/solver/test_batteries.py", "tools/reference.py"):
        shutil.copy(root / name, copy / name)
    return copy


def ran(copy, *command):
    """What a command says in the copy, and whether it went well."""
    done = subprocess.run([sys.executable, *command], cwd=copy, capture_output=True, text=True,
                          env=os.environ | {"PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"})
    return done.returncode, done.stdout + done.stderr


def proven(copy, formula=FORMULA, solver=SOLVER):
    """The batteries on what was added."""
    (copy / "solver/formulas/scratch.py").write_text(formula)
    (copy / "solver/serving/scratch.py").write_text(solver)
    return ran(copy, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/solver/test_batteries.py", "-k", "scratch")


def test_new_things_are_found_and_proven(copy):
    code, said = proven(copy)
    assert code == 0 and "2 passed" in said, said
    code, said = ran(copy, "tools/reference.py")
    page = (copy / "docs/solver.md").read_text(encoding="utf-8")
    assert code == 0, said
    assert "### `ScratchModel().solve`" in page and "| `idle` |" in page and "- `chip_time(time, chips)`: " in page


@pytest.mark.parametrize("fault, says", [
    (("return time * chips", "return time * chips + chips"), "chip_time has a slip in its dimensions"),
    (("return time * chips", "return time * max(chips, 1)"), "chip_time uses max"),
    (("By definition.", "So it is."), "chip_time names no source")])
def test_a_fault_in_a_new_formula_is_named(copy, fault, says):
    code, said = proven(copy, formula=FORMULA.replace(*fault))
    assert code == 1 and says in said, said


@pytest.mark.parametrize("fault, says", [
    ((" * (1 + idle)", ""), "ScratchModel.solve: idle changes nothing"),
    (("    @declared\n", ""), "ScratchModel.solve has no declared arguments"),
    (("idle : share", "idel : share"), "ScratchModel.solve: its docstring lists"),
    (("(batch_size * 1e12", "(float(sum(batch_size)) * 1e12"), "ScratchModel.solve: ")])
def test_a_fault_in_a_new_solve_is_named(copy, fault, says):
    code, said = proven(copy, solver=SOLVER.replace(*fault))
    assert code == 1 and says in said, said
