"""Cases for the interpreter: a program, points, and what the formula says there; node compares."""

from __future__ import annotations

import json
import pathlib
import subprocess
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import equip
import numpy as np
from paths import ROOT

from mlsysim_labs.reactive.trace import json_numbers, program, run

HERE = pathlib.Path(__file__).parent
INTERPRETER = ROOT / "mlsysim_labs" / "reactive" / "program.js"


def case(formula: Callable[..., Mapping[str, Any]], symbols: Mapping[str, Any], blocks: Iterable[Mapping[str, Any]],
         plain: Mapping[str, Callable[[Any], Any]] | None = None) -> dict[str, Any]:
    """A formula traced with `symbols`, and what it gives at the points of each block.

    A block is one point, or has arrays for inputs of a formula that works element by element: then it is as many
    points. `plain` says what the formula gets for an input of the program: a record for its index, say. Raises
    AssertionError where the Python evaluator and the formula differ by more than 1e-9.
    """
    code = program(formula(**symbols))
    points: dict[str, list[Any]] = {name: [] for name in symbols}
    expected: dict[str, list[Any]] = {name: [] for name in code["outputs"]}
    for block in blocks:
        count = max(np.size(value) for value in block.values())
        with np.errstate(all="ignore"):
            wanted = formula(**{name: (plain or {}).get(name, np.float64)(value) for name, value in block.items()})
        carried = run(code, block)
        for name, value in block.items():
            points[name] += json_numbers(np.broadcast_to(value, count).astype(float))
        for name, value in wanted.items():
            np.testing.assert_allclose(np.ravel(carried[name]), np.ravel(value), rtol=1e-9, err_msg=name)
            expected[name] += (json_numbers(np.broadcast_to(value, count).astype(float)) if count > 1
                               else [json_numbers(np.asarray(value, float))])
    return {"program": code, "points": points, "expected": expected}


def under_node(cases: list[dict[str, Any]], mutants: bool = False) -> dict[str, Any]:
    """What tests/parity.mjs says of the cases."""
    given = json.dumps({"module": INTERPRETER.as_uri(), "cases": cases, "mutants": mutants}, allow_nan=False)
    node = equip.node()
    assert node, "node is needed: see tools/equip.py"
    done = subprocess.run([node, str(HERE / "parity.mjs")], input=given, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
