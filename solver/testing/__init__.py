"""Batteries for whoever adds to the solver: what holds of every formula, and of everything with arguments.

A formula that `check_formula` passes has one text for floats, arrays, Dask and quantities, and says what it is. A
`solve` that `check_solver` passes refuses bad input in sentences, has no argument that changes nothing, and takes
arrays. Both read what you declare, so they serve your own too; a fault is an AssertionError that names it.

`formulas` and `solvers` find all there are in this package: a new file needs no entry anywhere.

>>> from solver import ServingModel
>>> from solver.formulas import kv_cache_bytes
>>> check_formula(kv_cache_bytes)
>>> check_solver(ServingModel)
"""

from solver.testing.formula import check_formula
from solver.testing.found import formulas, solvers
from solver.testing.solve import check_solver

__all__ = ["check_formula", "check_solver", "formulas", "solvers"]
