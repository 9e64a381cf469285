"""The arguments that only a question about figures asks for: which solver, which of its fields, which figures."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, TypeAlias

from solver.base.arguments import CHIP, WEIGHT_FORMAT
from solver.base.chosen import accelerator, rated
from solver.base.declared import REQUIRED, Argument, Seen
from solver.base.forward import result_kind
from solver.base.kinds import Number, RecordOf, Share
from solver.base.numbers import symbolic
from solver.base.result import Result
from solver.compute.arguments import Network as Network
from solver.compute.engine import Engine
from solver.design.figures import USUAL_FIGURES, asked_chip, given_speeds, judged_figure
from solver.design.parallelism import ParallelismOptimizer
from solver.serving.batching import ContinuousBatchingModel
from solver.serving.model import ServingModel
from solver.text import nearest
from solver.zoo.site.fleet import Fleet

SOLVERS: dict[str, type] = {"engine": Engine, "serving": ServingModel, "batching": ContinuousBatchingModel}
GIVEN_APART = ("model", "hardware", "fleet", "precision", "efficiency")  # what stands beside `given`


def machine(name: str, value: Any) -> Any:
    """An accelerator, or a fleet for those who ask about fleets."""
    return value if isinstance(value, Fleet) else accelerator(name, value)


def asked_solver(name: str, value: Any) -> Any:
    """Somebody with `solve`: an instance, a class, or one of a few by name."""
    if isinstance(value, str):
        value = _solver_named(name, value)
    if not hasattr(value, "solve") or symbolic(value):
        raise TypeError(f"{name} is {value!r}, and should be a class with solve, such as ServingModel, or one of "
                        f"{', '.join(map(repr, SOLVERS))}.")
    made: Any = value() if inspect.isclass(value) else value
    if isinstance(made, ParallelismOptimizer):
        raise TypeError(f"{name} is ParallelismOptimizer, a search: which plan is best jumps from one to another, and "
                        f"has no elasticities. Ask DistributedModel about the plan that it finds.")
    if not getattr(made.solve, "arguments", None) or answer_kind(made) is None:
        raise TypeError(f"{name} is {value!r}, whose solve does not declare its arguments and its result: only one "
                        f"that does says which figures it has.")
    return made


def _solver_named(name: str, value: str) -> Any:
    """One of a few by a short name, or a class of this package by its own."""
    import solver  # which has all classes, and is asked for the one alone

    public: list[str] = vars(solver)["__all__"]
    if value in SOLVERS:
        return SOLVERS[value]
    found = getattr(solver, value) if value in public else None
    if not hasattr(found, "solve"):
        known = [*(one for one in public if hasattr(getattr(solver, one), "solve")), *SOLVERS]
        raise ValueError(f"{name} {value!r} is not known. {nearest(value, known)} Or give a class with solve.")
    return found


def answer_kind(made: Any) -> type[Result] | None:
    """The class of its results."""
    kind: Any = type(made)
    return _answer_kind(kind)


@functools.cache
def _answer_kind(model: Any) -> type[Result] | None:
    return result_kind(model)


def main_field(kind: type[Result]) -> str:
    """The first field of a result that is not a yes or no."""
    return next(name for name in kind.fields() if getattr(kind, name).kind is not bool)


def _measured_field(kind: type[Result]) -> str:
    """The first field that is neither a yes or no nor a count."""
    return next((name for name in kind.fields() if getattr(kind, name).kind not in (bool, int)), main_field(kind))


def _a_field(name: str, value: Any, seen: Seen) -> Any:
    kind: Any = answer_kind(seen["solver"])
    if not isinstance(value, str) or value not in kind.fields():
        raise ValueError(f"{name} is {value!r}, which is no field of {kind.__name__}. {nearest(value, kind.fields())}")
    if getattr(kind, value).kind in (bool, int):
        what = "a count, which comes whole" if getattr(kind, value).kind is int else "a yes or no"
        raise ValueError(f"{name} is {value!r}, {what}, and has no elasticities: compare two runs with explain, or ask "
                         f"for another field, such as {_measured_field(kind)!r}.")
    return value


def _given(name: str, value: Any, seen: Seen) -> Any:
    """The other arguments of the solver, by name; it judges their values itself."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{name} is {value!r}, and should be a mapping of arguments of solve, such as "
                        f"{{'batch_size': 64}}.")
    known = [key for key in arguments_of(seen["solver"]) if key not in GIVEN_APART]
    for key in value:
        if key not in known:
            raise ValueError(f"{name} has {key!r}, which is not for it. {nearest(key, known)}")
    for key in known:
        one = arguments_of(seen["solver"])[key]
        if key not in value and one.default is REQUIRED:
            raise ValueError(f"{type(seen['solver']).__name__} asks for {key} as well: give it in {name}, such as "
                             f"{key}={one.usual}.")
    return dict(value)


def _raised(name: str, value: Any, seen: Seen) -> Any:
    if isinstance(value, str) or not isinstance(value, (list, tuple)) or not value:
        raise TypeError(f"{name} is {value!r}, and should be a list of figures, such as {list(USUAL_FIGURES[:2])}.")
    return tuple(judged_figure(one, arguments_of(seen["solver"]), asked_of(seen)) for one in value)


def _usual(seen: Seen) -> tuple[str, ...]:
    """The usual figures, and the speeds that somebody gave."""
    return *USUAL_FIGURES, *(name for name in given_speeds(seen["given"], arguments_of(seen["solver"])))


def arguments_of(made: Any) -> Mapping[str, Argument]:
    """What a solver is asked."""
    found: Mapping[str, Argument] = made.solve.arguments
    return found


def asked_of(seen: Mapping[str, Any]) -> dict[str, Any]:
    """What the solver is asked: those of the common arguments that it takes, and what is given besides."""
    common = {name: seen[name] for name in ("model", "hardware", "precision", "efficiency")}
    common["fleet"] = common["hardware"]
    known = arguments_of(seen["solver"])
    return {name: value for name, value in common.items() if name in known} | seen["given"]


def _rated(name: str, value: Any, seen: Seen) -> Any:
    return rated(value, asked_chip(seen["hardware"]))


AT_LARGE_BATCH = {"given": lambda: {"batch_size": 1024}}  # a step that arithmetic binds

Machine: TypeAlias = Annotated[Any, replace(
    CHIP, sentence="The accelerator, a record such as `Hardware.Cloud.H100`; a fleet for those who ask about fleets.",
    judge=machine, of="accelerator or fleet")]
MachineFormat: TypeAlias = Annotated[Any, replace(WEIGHT_FORMAT, asks=_rated)]
Reach: TypeAlias = Annotated[Any, Share(
    "Share of the peak FLOP/s that is reached, without a profile; bandwidth is then reached whole.", "", above=True,
    company=AT_LARGE_BATCH)]
Perturbation: TypeAlias = Annotated[Any, Number(
    "By how many percent a figure is raised for its change.", "", low=-100, above=True, good=lambda v: (v > -100) & (
        v < float("inf")), says="give a number of percent above -100, such as 10.")]
AnySolver: TypeAlias = Annotated[Any, RecordOf(
    "Who is asked: 'engine', 'serving', 'batching', or any class with solve, its name, or one that was made.",
    judge=asked_solver, of="class with solve, or its name", pair=lambda: ("engine", "batching"),
    company={"given": lambda: {"seq_len": 2048}})]
AnyField: TypeAlias = Annotated[Any, RecordOf(
    "The field of its result; if not given, the first that is neither a yes or no nor a count.", of="name of a field",
    asks=_a_field, otherwise=lambda seen: _measured_field(answer_kind(seen["solver"])),
    pair=lambda: ("latency", "throughput"))]
Given: TypeAlias = Annotated[Any, RecordOf(
    "The other arguments of its solve, by name.", of="mapping", asks=_given,
    otherwise=lambda seen: _given("given", {}, seen),
    pair=lambda: ({"batch_size": 1}, {"batch_size": 256}))]
Raised: TypeAlias = Annotated[Any, RecordOf(
    "The figures that are raised; if not given, the usual ones, and the speeds that are given.", of="list of names",
    asks=_raised, otherwise=_usual, pair=lambda: (USUAL_FIGURES, ("power",)))]
