"""Solvers in a row: each stage gets what the stages before it found.

>>> from solver import Engine, Hardware, Models, Pipeline, ServingModel
>>> pipeline = Pipeline([
...     ("serving", ServingModel(), {"seq_len": 2048}),
...     ("step", Engine, lambda so_far: {"batch_size": 2 * so_far.given["batch_size"]})])
>>> found = pipeline.run(model=Models.Llama3_8B, hardware=Hardware.Cloud.H100, batch_size=8)
>>> print(found.serving.itl, found.step.latency)
5.12 ms 5.76 ms
"""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.base.declared import REQUIRED, Argument
from solver.text import nearest

FITTING = ("feasible", "is_stable")  # the fields that say whether a design works at all


class InfeasibleStageError(ValueError):
    """A stage of a pipeline found that the design does not work. `results` are those so far, its own included."""

    def __init__(self, sentence: str, results: StageResults) -> None:
        super().__init__(sentence)
        self.results = results

    def __reduce__(self) -> tuple[Any, ...]:
        return type(self), (str(self), self.results)


class StageResults(dict[str, Any]):
    """Results by the name of their stage, as attributes too. `given` has what the pipeline was given, `seconds` how
    long each stage took."""

    def __init__(self, given: Mapping[str, Any] = {}) -> None:
        super().__init__()
        self.__dict__.update(given=dict(given), seconds={})

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__") or name not in self:
            raise AttributeError(f"There is no result of a stage {name!r} so far. {nearest(name, self)}")
        return self[name]

    def __repr__(self) -> str:
        return "\n".join(f"{name} ({1e3 * self.seconds[name]:.2g} ms): {result!r}" for name, result in self.items())


@dataclass(frozen=True, eq=False)
class Stage:
    """A solver with a name, and its own arguments: a mapping, or a function that makes one of the results so far."""

    name: str
    solve: Callable[..., Any]
    own: Any

    @property
    def arguments(self) -> Mapping[str, Argument]:
        """The arguments that its solver declares."""
        found: Mapping[str, Argument] = getattr(self.solve, "arguments", {})
        return found

    @property
    def names(self) -> list[str]:
        """The names of the solver's arguments."""
        return list(self.arguments or inspect.signature(self.solve).parameters)

    def takes(self, name: str) -> bool:
        """Whether the solver has an argument of that name, or takes any."""
        if self.arguments or name in self.names:
            return name in self.names
        return any(one.kind is one.VAR_KEYWORD for one in inspect.signature(self.solve).parameters.values())

    def given(self, so_far: StageResults) -> dict[str, Any]:
        """What it is given: of what the pipeline was given that which it asks for, and its own before that."""
        own = self.own(so_far) if callable(self.own) else self.own
        if not isinstance(own, Mapping):
            raise TypeError(f"The function of the stage {self.name!r} returned {own!r}, and should return a mapping of "
                            f"arguments.")
        return {name: value for name, value in so_far.given.items() if self.takes(name)} | dict(own)


class Pipeline:
    """Named stages, which run one after another.

    Each stage is a name, a solver (a class with solve, or a function), and its own arguments: a mapping, or a function
    that makes one of the results so far. What `run` is given goes to every stage that asks for it and has no own.

    `callbacks` has one or several objects (or mappings) with `before(name, arguments)` and
    `after(name, arguments, result, seconds)`, or one of them. With `stop_infeasible` it stops at a stage whose result
    is feasible nowhere, with that stage's name.
    """

    def __init__(self, stages: Sequence[Any], *, callbacks: Any = (), stop_infeasible: bool = False) -> None:
        self.stages = tuple(map(_stage, stages))
        names = [stage.name for stage in self.stages]
        if not names:
            raise ValueError("The pipeline has no stages: give at least one, such as (\"serving\", ServingModel()).")
        twice = [name for place, name in enumerate(names) if name in names[:place]]
        if twice:
            raise ValueError(f"Two stages are called {twice[0]!r}: give each a name of its own.")
        self.watchers = tuple(map(_watcher, _listed(callbacks)))
        self.stop_infeasible = stop_infeasible

    @property
    def arguments(self) -> dict[str, Argument]:
        """The arguments that its stages declare, the first stage's before the others'."""
        return {name: one for stage in reversed(self.stages) for name, one in stage.arguments.items()}

    @property
    def names(self) -> list[str]:
        """The names of all arguments of its stages."""
        return list(dict.fromkeys(name for stage in self.stages for name in stage.names))

    @property
    def required(self) -> tuple[str, ...]:
        """What `run` has to be given at least, as far as that can be known before."""
        return tuple({name: None for stage in self.stages if not callable(stage.own)
                      for name, one in stage.arguments.items() if one.default is REQUIRED and name not in stage.own})

    def run(self, **given: Any) -> StageResults:
        """The results of all stages, by name."""
        for name in given:
            if not any(stage.takes(name) for stage in self.stages):
                raise TypeError(f"No stage has an argument {name!r}. {nearest(name, self.names)}")
            if not any(stage.takes(name) and name not in _fixed(stage) for stage in self.stages):
                raise TypeError(f"{name} is given, and every stage that asks for it has its own: leave one out.")
        so_far = StageResults(given)
        for stage in self.stages:
            try:
                self._run(stage, so_far)
            except Exception as problem:
                problem.add_note(f"In the stage {stage.name!r} of the pipeline.")
                raise
        return so_far

    def _run(self, stage: Stage, so_far: StageResults) -> None:
        """Run one stage, and tell whoever watches."""
        arguments = stage.given(so_far)
        for before, _ in self.watchers:
            before(stage.name, arguments)
        begin = time.perf_counter()
        result = stage.solve(**arguments)
        seconds = time.perf_counter() - begin
        so_far[stage.name], so_far.seconds[stage.name] = result, seconds
        for _, after in self.watchers:
            after(stage.name, arguments, result, seconds)
        if self.stop_infeasible and fails_everywhere(result):
            raise InfeasibleStageError(f"The stage {stage.name!r} is infeasible{_why(result)}", so_far)

    def __repr__(self) -> str:
        said = (f"{stage.name} ({getattr(stage.solve, '__qualname__', stage.solve)})" for stage in self.stages)
        return f"Pipeline: {' -> '.join(said)}"


def fails_everywhere(result: Any) -> bool:
    """Whether a result says that it is feasible, or stable, at no point."""
    found = (result.get(name) if isinstance(result, Mapping) else getattr(result, name, None) for name in FITTING)
    return any(value is not None and not np.any(value) for value in found)


def _why(result: Any) -> str:
    """What the result itself says of it, as the end of a sentence."""
    trace = getattr(result, "constraint_trace", None)
    return f": {trace[0]}" if trace else "."


def _fixed(stage: Stage) -> Iterable[str]:
    return () if callable(stage.own) else stage.own


def _stage(given: Any) -> Stage:
    """A stage as it is written: a name, a solver and its own arguments, which may be left out."""
    if not isinstance(given, (tuple, list)) or len(given) not in (2, 3) or not isinstance(given[0], str):
        raise TypeError(f"A stage is {given!r}, and should be a name, a solver and its arguments, such as "
                        f"(\"serving\", ServingModel(), {{\"seq_len\": 2048}}).")
    name, model, own = (*given, {})[:3]
    model = solve_of(model)
    if not callable(model):
        raise TypeError(f"The stage {name!r} has {model!r}, and should have a class with solve or a function.")
    if not isinstance(own, Mapping) and not callable(own):
        raise TypeError(f"The stage {name!r} has the arguments {own!r}, and should have a mapping, or a function that "
                        f"makes one of the results so far.")
    stage = Stage(name, model, own)
    for argument in _fixed(stage):
        if not stage.takes(argument):
            raise TypeError(f"The stage {name!r} has no argument {argument!r}. {nearest(argument, stage.names)}")
    return stage


def solve_of(model: Any) -> Any:
    """The solve of a class or of one that is made; whatever has none stays what it is."""
    if not hasattr(model, "solve"):
        return model
    return model().solve if isinstance(model, type) else model.solve


def _listed(callbacks: Any) -> list[Any]:
    if callbacks is None:
        return []
    return list(callbacks) if isinstance(callbacks, (list, tuple)) else [callbacks]


def _watcher(given: Any) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """What is called before and after each stage."""
    found = [given.get(name) if isinstance(given, Mapping) else getattr(given, name, None)
             for name in ("before", "after")]
    if not any(found):
        raise TypeError(f"A callback is {given!r}, and should have before(name, arguments), or "
                        f"after(name, arguments, result, seconds), or both.")
    before, after = (one or _nothing for one in found)
    return before, after


def _nothing(*told: Any) -> None:
    """Nobody listens."""
