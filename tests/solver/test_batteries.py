"""The batteries on all that is found; and that they bite: a fault that is planted is named."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
import pytest

import solver
from solver import (
    Q_,
    DistributedModel,
    Fleet,
    Hardware,
    Models,
    ParallelismOptimizer,
    Profiles,
    Servers,
    TrainingMemoryModel,
    TrainingProfiles,
)
from solver.base.arguments import Chip, Requests
from solver.base.declared import REQUIRED, declared
from solver.base.kinds import Share, YesNo
from solver.testing import check_formula, check_solver, formulas, solvers
from solver.units import Byte, FlopRate, Scalar, Second
from solver.zoo.hardware import Accelerator

FORMULAS, SOLVERS = formulas(), solvers()


@pytest.mark.parametrize("function", FORMULAS.values(), ids=FORMULAS.keys())
def test_every_formula(function):
    check_formula(function)


@pytest.mark.parametrize("solve", SOLVERS.values(), ids=SOLVERS.keys())
def test_every_solver(solve):
    check_solver(solve)


def test_all_are_found():
    assert {"memory.kv_cache_bytes", "transformer.decode_time", "lengths.exponential_integral"} <= set(FORMULAS)
    assert {"compute.engine.Engine", "serving.model.ServingModel", "serving.batching.ContinuousBatchingModel",
            "serving.apart.DisaggregatedModel",
            "serving.capacity.kv_capacity", "serving.capacity.max_users", "simulation.serving.simulate"} <= set(SOLVERS)


def documented(function: Any, *lines: str) -> Any:
    """The function with a docstring that lacks nothing, or with these lines."""
    function.__doc__ = "\n".join(lines or (
        "Time to read.", "", "    time = size / bandwidth", "", "By definition.", "", ">>> 1 + 1", "2"))
    return function


def sum_of_unlike(device: Accelerator, size: Byte) -> Second:
    return size / device.bandwidth + size / device.fp16


def with_if(device: Accelerator, size: Byte) -> Second:
    return size / device.bandwidth if device.bandwidth else 0 * size / device.fp32


def with_max(device: Accelerator, size: Byte) -> Second:
    return max(size / device.bandwidth, 0 * size / device.bandwidth)


def without_unit(device: Accelerator, size: Byte):
    return size / device.bandwidth


def of_the_wrong_unit(device: Accelerator, size: Byte) -> FlopRate:
    return size / device.bandwidth


def of_the_mean(device: Accelerator, size: Byte) -> Second:
    return size / device.bandwidth - np.mean(size) / device.bandwidth + size / device.bandwidth


def computed_at_once(size: Byte, other: Byte) -> Scalar:
    return np.asarray(size / other)


def of_a_stranger(device: Accelerator, size: bytes) -> Second:
    return size / device.bandwidth


@pytest.mark.parametrize("function, says", [
    (sum_of_unlike, "slip in its dimensions"), (with_if, "uses ifexp"), (with_max, "uses max"),
    (without_unit, "no unit in the annotation of its result"), (of_the_wrong_unit, "slip in its dimensions"),
    (of_the_mean, "something else for an array"), (of_a_stranger, "argument size whose annotation"),
    (computed_at_once, "computes a Dask array too early")])
@pytest.mark.filterwarnings("ignore:The unit of the quantity is stripped")
def test_a_slip_in_a_formula_is_named(function, says):
    with pytest.raises(AssertionError, match=f"{function.__name__} .*{says}"):
        check_formula(documented(function))


@pytest.mark.parametrize("lost, says", [
    ("Time to read.", "begin with a sentence"), ("    time = size / bandwidth", "equation"), (">>> 1 + 1", "example"),
    ("By definition.", "names no source")])
def test_what_a_formula_does_not_say_is_named(lost, says):
    def read_time(device: Accelerator, size: Byte) -> Second:
        return size / device.bandwidth

    whole = documented(read_time).__doc__.splitlines()
    check_formula(read_time)
    with pytest.raises(AssertionError, match=f"read_time .*{says}"):
        check_formula(documented(read_time, *[line for line in whole if line != lost]))


DOC = """Time to read records.

Parameters
----------
hardware : accelerator
    The accelerator, a record such as `Hardware.Cloud.H100`.
batch_size : requests
    Requests that are served together.
spare : share
    Share that is left alone. Nothing of it is read.
twice : bool
    Whether all is read twice.

Raises
------
ValueError, TypeError, DimensionalityError
    In a sentence.

Notes
-----
Leaves out all else.

Examples
--------
>>> 1 + 1
2
"""
Spare = Annotated[Any, Share("Share that is left alone.", "")]
Twice = Annotated[Any, YesNo("Whether all is read twice.")]


@dataclass
class Reading:
    """What an outside author's class found."""

    time: Any
    feasible: Any


def reader(body: Any = None, doc: str = DOC, spare: Any = Spare, **options: Any) -> Any:
    """A class of an outside author, with that body."""
    def read(hardware, batch_size, spare, twice):
        return Reading(batch_size * (1 - spare) * (1 + twice) / hardware.bandwidth, batch_size > 0)

    class Reader:
        def solve(self, hardware: Chip, batch_size: Requests = 1, spare: spare = 0.0, twice: Twice = False):
            return (body or read)(hardware, batch_size, spare, twice)

    Reader.solve.__doc__ = doc
    Reader.solve.__annotations__["spare"] = spare
    Reader.solve = declared(Reader.solve, **options) if not options else declared(**options)(Reader.solve)
    return Reader


def test_a_class_of_an_outside_author_is_proven():
    check_solver(reader())
    check_solver(reader()().solve)
    check_solver(reader(single="a reader reads one thing"))
    assert reader()().solve(Hardware.Cloud.H100, 3).feasible


@pytest.mark.parametrize("faulty, says", [
    (reader(lambda h, b, s, t: {"time": b * (1 + t) / h.bandwidth}), "spare changes nothing"),
    (reader(lambda h, b, s, t: {"time": b * (1 - s) / h.bandwidth}), "twice changes nothing"),
    (reader(lambda h, b, s, t: {"time": np.mean(b) * (1 - s) * (1 + t) / h.bandwidth}), "that element alone"),
    (reader(lambda h, b, s, t: {"time": b * (1 - s) * (1 + t) / h.bandwith}), "should be good values, but"),
    (reader(doc=DOC.replace("spare : share\n    Share that", "spar : share\n    Share that")), "lists .*spar,"),
    (reader(doc=DOC.replace("served together", "here")), "says of batch_size"),
    (reader(doc=DOC.replace("Raises", "Rises")), "lacks Raises"),
    (reader(spare=Annotated[Any, Share("Share that is left alone.", "", other=7)]), "should be good values, but"),
])
def test_a_fault_in_a_class_is_named(faulty, says):
    with pytest.raises(AssertionError, match=rf"solve: .*{says}"):
        check_solver(faulty)


def test_a_judge_that_lets_things_pass_is_named():
    class Loose(Share):
        def plain(self, name, value):
            return value if isinstance(value, float) else super().plain(name, value)

    class Mute(Share):
        def plain(self, name, value):
            if isinstance(value, str):
                raise ValueError("no")
            return super().plain(name, value)

    class Crashing(Share):
        def plain(self, name, value):
            return super().plain(name, value.real)

    for kind, says in ((Loose, "spare=nan is taken"), (Mute, "'no', which is no sentence"),
                       (Crashing, "raises AttributeError")):
        with pytest.raises(AssertionError, match=says):
            check_solver(reader(spare=Annotated[Any, kind("Share that is left alone.", "")]))


def test_a_class_without_declarations_is_named():
    class Silent:
        def solve(self, batch_size=1):
            return batch_size

    with pytest.raises(AssertionError, match=r"Silent.solve has no declared arguments"):
        check_solver(Silent)


ASKED = {name: getattr(solver, name) for name in solver.__all__
         if hasattr(getattr(solver, name), "question") and hasattr(getattr(solver, name), "solve")}


def usual_arguments(solve: Any) -> dict[str, Any]:
    return {name: one.usual for name, one in solve.arguments.items()
            if one.default is REQUIRED or one.example is not None}


@pytest.mark.parametrize("name", ASKED)
def test_every_field_of_every_class_has_a_working_or_says_that_it_has_none(name):
    solve = ASKED[name]().solve
    r = solve(**usual_arguments(solve))
    for field in r.fields():
        text = r.working(field)
        assert text.startswith((f"{field} = ", f"{field} has no working: ", f"{field} is unknown, and has no "))


FLEET = Fleet(Servers.DGX_H100, 4)


@pytest.mark.parametrize("ask", [
    lambda: DistributedModel().solve(Models.Llama3_8B, FLEET, 512, tp_size=4, pp_size=2, microbatch_count=16,
                                     zero_stage=1, tokens=1e12, activation_recomputation=True, seq_len=4096),
    lambda: DistributedModel().solve(Models.Llama3_8B, FLEET, 512, achieved=Q_("300 TFLOP/s")),
    lambda: ParallelismOptimizer().solve(Models.Llama3_8B, FLEET, 512, zero_stage=3),
    lambda: ParallelismOptimizer().solve(Models.Llama3_70B, Fleet(Servers.DGX_H100, 1), 512),
    lambda: TrainingMemoryModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, 1, pp_size=4, zero_stage=1, dp_size=8)])
def test_trainings_have_workings_that_give_the_field(ask):
    r = ask()
    for field in r.fields():
        assert r.working(field)
    again = r.computed() if np.isfinite(r.value("headroom")) else {}
    assert all(np.array_equal(again[name], r.value(name), equal_nan=True) for name in again)


WRONG = {"chips": [Hardware.Cloud.H100, Hardware.Cloud.A100], "profile": Profiles.modern, "fleet": FLEET,
         "server": Servers.DGX_H100, "training": next(iter(TrainingProfiles)), "model": Models.Llama3_8B,
         "chip": Hardware.Cloud.H100, "zoo": Hardware, "table": {"a": Hardware.Cloud.H100}, "text": "x" * 500,
         "array": np.full(9, Hardware.Cloud.H100)}
OWN_WORDS = {"SensitivitySolver"}  # takes the arguments of other classes, and says their words


@pytest.mark.parametrize("name", sorted(set(ASKED) - OWN_WORDS))
def test_a_wrong_record_is_answered_in_a_short_sentence(name):
    solve = ASKED[name]().solve
    for argument in solve.arguments:
        for wrong in WRONG.values():
            try:
                solve(**usual_arguments(solve) | {argument: wrong})
            except (ValueError, TypeError) as error:
                assert len(str(error)) <= 250, str(error)
