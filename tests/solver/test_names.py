"""The public names: each is found when it is asked for, and what nobody asks for is not imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

import solver


@pytest.mark.parametrize("name", solver.__all__)
def test_every_name_is_found(name):
    assert getattr(solver, name) is not None
    assert name in dir(solver)


def test_an_unknown_name_is_none_of_them():
    with pytest.raises(AttributeError, match="no attribute 'Servingmodel'"):
        _ = solver.Servingmodel


def test_what_nobody_asks_for_is_not_imported():
    question = "import sys; from solver import Hardware; print(*(n for n in sys.modules if n.startswith('solver.')))"
    found = subprocess.run([sys.executable, "-c", question], capture_output=True, text=True, check=True).stdout
    assert "solver.zoo.hardware" in found
    assert "solver.serving" not in found and "solver.compute" not in found
