"""One formula, four readers: quantities, arrays, Dask arrays here; the browser in test_parity."""

from __future__ import annotations

import dask.array
import numpy as np
import pytest
from formulas import RECORDS, arguments, formulas, hints, parameters, unit

from solver import Q_, Hardware
from solver.zoo.records import Dimensioned

FORMULAS = formulas()
every_formula = pytest.mark.parametrize("function", FORMULAS.values(), ids=FORMULAS.keys())


def test_all_formulas_are_found():
    assert len(FORMULAS) >= 30
    assert {"memory.kv_cache_bytes", "transformer.decode_time", "paging.fragmentation"} <= set(FORMULAS)


@every_formula
def test_every_formula_shows_an_example(function):
    """`make test` runs them all."""
    assert ">>>" in function.__doc__


@every_formula
def test_dimensions_are_proven_on_quantities(function, rng):
    """Given quantities, a formula adds no bytes to FLOP, and what comes out has the unit that it promises."""
    for _ in range(3):
        given = arguments(function, rng)
        wanted = parameters(function)
        plain = function(**given)
        measured = function(**{name: Dimensioned(value) if wanted[name] in RECORDS else Q_(value, unit(wanted[name]))
                               for name, value in given.items()})
        promised = unit(hints(function)["return"])
        measured = measured if hasattr(measured, "m_as") else Q_(measured, "")
        np.testing.assert_allclose(measured.m_as(promised), plain, rtol=1e-9)


@every_formula
def test_array_equals_loop_of_scalars(function, rng):
    given = arguments(function, rng, size=40)
    with np.errstate(all="ignore"):
        whole = np.broadcast_to(function(**given), 40)
        each = [function(**{name: value[i] if isinstance(value, np.ndarray) else value
                            for name, value in given.items()}) for i in range(40)]
    np.testing.assert_allclose(whole, np.array(each, float), rtol=1e-12)


@every_formula
def test_dask_arrays_pass_through(function, rng):
    given = arguments(function, rng, size=40)
    lazy = {name: dask.array.from_array(value, chunks=7) if isinstance(value, np.ndarray) else value
            for name, value in given.items()}
    with np.errstate(all="ignore"):
        result = function(**lazy)
        if any(isinstance(value, dask.array.Array) for value in lazy.values()):
            assert isinstance(result, dask.array.Array), "computed too early"
            result = result.compute()
        np.testing.assert_allclose(result, function(**given), rtol=1e-12)


def test_a_formula_with_a_slip_would_be_caught():
    """The proof bites: work over bandwidth is not a time."""
    def slip(device, work):
        return work / device.bandwidth + work / device.fp16

    with pytest.raises(Exception, match="Cannot convert"):
        slip(Dimensioned(Hardware.Cloud.H100), Q_(1e12, "FLOP"))
