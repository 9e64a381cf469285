"""Design spaces: which of very many designs are best, and why the others are not.

>>> from solver import Hardware, Models, Q_, ServingModel, explore
>>> found = explore(
...     ServingModel, {"model": Models.Llama3_8B, "hardware": [Hardware.Cloud.A100, Hardware.Cloud.H100],
...                    "batch_size": range(1, 513), "seq_len": 2048, "output_len": 256},
...     objectives={"tokens_per_second": "max", "ttft": "min"}, constraints={"itl": "<= 20 ms"})
>>> len(found), found.kept, len(found.front), found.reasons
(1024, 257, 149, {'feasible is False': 562, 'fails itl <= 20 ms': 205})
>>> print(found.best["hardware"], found.best["batch_size"], found.best["ttft"])
NVIDIA H100 SXM 151 9,062 ms
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from solver.base.declared import Argument
from solver.design.spaces.axes import DesignSpace, SpaceAxis, design_space
from solver.design.spaces.exploration import Exploration
from solver.design.spaces.gathered import AllPoints, FrontAlone
from solver.design.spaces.goals import goals_of, requirements_of
from solver.design.spaces.memory import check_memory
from solver.design.spaces.portion import Portion, WantedFields, solved
from solver.design.spaces.progress import Watching
from solver.design.spaces.query import query_of
from solver.design.spaces.workers import answers

LARGEST_PORTION = 2**16  # points in a portion: their arrays stay in a processor's cache
PORTIONS = 64  # at least, so that there is something to share out, and a bar moves
PROBES = 64  # points that are tried before, until one has an answer
AUTO_SIZE = "auto"


def explore(model: Any, space: Mapping[str, Any], objectives: Any, constraints: Mapping[str, Any] | None = None, *,
            executor: Any = None, progress: Callable[[int, int], object] | bool | None = None,
            chunk: int | str | None = AUTO_SIZE, columns: Sequence[str] = (), keep: str = "all") -> Exploration:
    """The best of all designs of a space, and why the others are left out.

    Every point of the grid is solved: numbers by broadcasting, records and names in a loop. A point that the model
    refuses is left out with its sentence, one that it calls infeasible (`feasible`) with that, one that fails a
    constraint with the first that it fails, one whose objective is not known with that. On the front are the designs
    of the rest that no other beats: equal ones together.

    Parameters
    ----------
    model : class with solve, pipeline or function
        What is asked about each point. A function of keyword arguments returns a result, or a mapping of names to
        numbers or quantities. It is given arrays; where it cannot take them, it is asked point by point.
    space : mapping
        The values of each argument: one, or several as a list, a range, an array, a quantity or a group of records.
    objectives : mapping or names
        Which fields should be large or small: {"tokens_per_second": "max", "ttft": "min"}, or names, with - in front of
        what should be small. The first counts most where one design is to be named the best.
    constraints : mapping, optional
        Limits of fields or arguments as texts ("<= 200 ms"), True or False, "any" for a field that may be anything, or
        functions of the result that say where it holds, under a name of their own.
    executor : executor, client of Dask or function, optional
        Where the work is done: a `concurrent.futures.Executor`, a function that makes one (and another if its processes
        die), or a `dask.distributed.Client`. The result is the same to the bit.
    progress : function or bool, optional
        A function of what is done and the total; False for silence. If not given, a bar appears on a terminal or in a
        notebook when the work takes longer than two seconds.
    chunk : points, optional
        How many points are solved at a time at most. With None all are at once.
    columns : names, optional
        Further fields to keep of each point.
    keep : 'all' or 'front'
        Whether columns and reasons of all points are kept, or of the front alone: then there is no limit to a space.

    Raises
    ------
    ValueError, TypeError, DimensionalityError
        In a sentence, where the space names an unknown argument, lacks one or has one of the wrong kind, and where
        objectives and constraints name unknown fields or other units.

    Examples
    --------
    >>> from solver import Hardware, Models, ServingModel
    >>> found = explore(ServingModel, {"model": Models.Llama3_8B, "hardware": Hardware.Cloud.H100, "precision": ["fp16",
    ...                 "fp8"], "seq_len": 2048, "batch_size": [1, 8, 64]}, ("tokens_per_second", "-itl"))
    >>> print(found.front.table_text(columns=["precision", "batch_size", "tokens_per_second", "itl"]))
    precision  batch_size  tokens_per_second      itl
    ---------  ----------  -----------------  -------
    fp8                64             12,908  4.96 ms
    fp8                 8              2,946  2.72 ms
    fp8                 1                411  2.44 ms
    """
    if not isinstance(space, Mapping):
        raise TypeError(f"space is {space!r}, and should be a mapping of arguments to their values.")
    query = query_of(model)
    query.check(space)
    grid = design_space(space, query.arguments)
    _check_kinds(grid, query.arguments)
    goals, requirements = goals_of(objectives), requirements_of(constraints)
    fields = dict.fromkeys([*(one.name for one in goals), *(one.name for one in requirements if not one.asks_result),
                            *columns])
    wanted = WantedFields(query.call, goals, requirements, tuple(fields), _front_alone(keep))
    size = _portion_size(chunk, grid.points)
    check_memory(grid, wanted, size)
    _probe(grid, wanted)
    kept = (FrontAlone if wanted.front_alone else AllPoints)(grid, wanted)
    watching = Watching(progress, grid.points, query.title)
    portions = (Portion(start, part, wanted) for start, part in grid.portions(size))
    try:
        with contextlib.closing(answers(solved, portions, executor)) as found:
            for some in found:
                kept.add(some)
                watching.tell(some.points)
    finally:
        watching.close()
    return kept.exploration(query.title)


def _front_alone(keep: str) -> bool:
    if keep not in ("all", "front"):
        raise ValueError(f"keep is {keep!r}: write \"all\", or \"front\" for the best designs alone.")
    return keep == "front"


def _portion_size(chunk: int | str | None, points: int) -> int:
    """How many points are solved at a time: whatever is said, or what is quick, and the same with and without workers.
    """
    if chunk == AUTO_SIZE:
        return min(LARGEST_PORTION, -(-points // PORTIONS))
    if chunk is None:
        return points
    if not isinstance(chunk, (int, np.integer)) or isinstance(chunk, bool) or chunk < 1:
        raise ValueError(f"chunk is {chunk!r}: give a whole number of points, at least 1, or None for all at once.")
    return int(chunk)


def _check_kinds(space: DesignSpace, arguments: Mapping[str, Argument]) -> None:
    """Refuse values of the wrong kind, which are a slip: those out of range are points that are left out. A value that
    every point has is to be in range too."""
    for name, value in space.fixed.items():
        if name in arguments and not _is_left_open(arguments[name], value):
            arguments[name].plain(name, value)
    for axis in space.axes:
        if axis.name in arguments:
            _check_axis(axis, arguments[axis.name])


def _check_axis(axis: SpaceAxis, argument: Argument) -> None:
    places = [np.arange(len(axis))] if axis.numeric else range(len(axis))
    for place in places:
        value = axis.given(place)
        try:
            if not _is_left_open(argument, value):
                argument.plain(axis.name, value)
        except ValueError:
            pass


def _is_left_open(argument: Argument, value: Any) -> bool:
    return value is None and argument.default is None


def _probe(space: DesignSpace, wanted: WantedFields) -> None:
    """Solve some points, until one has an answer: what is wrong with objectives and constraints shows at once."""
    wanted = replace(wanted, front_alone=False)
    tried = min(PROBES, space.points)
    for place in range(tried):
        found = solved(Portion(0, space.at(place * space.points // tried), wanted))
        if found.codes[0] >= 0:
            return
