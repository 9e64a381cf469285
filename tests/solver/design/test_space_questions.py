"""Every class that answers a question can be explored: also where some of the points are refused."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest

import solver
from solver import DistributedModel, Fleet, Models, Servers, explore
from solver.base.declared import REQUIRED
from solver.base.forward import ForwardModel, result_kind
from solver.base.kinds import Amount, Number
from solver.design.sensitivity_arguments import main_field
from solver.testing.odd import good_value

ASKED = {name: found for name in solver.__all__ if inspect.isclass(found := getattr(solver, name))
         and issubclass(found, ForwardModel) and found.question}


def usual_question(model: Any) -> dict[str, Any]:
    """What it has to be asked, as its declarations have it."""
    return {name: one.usual for name, one in model.solve.arguments.items()
            if one.default is REQUIRED or one.example is not None}


def bad_and_good_axes(model: Any) -> dict[str, list[Any]]:
    """Two good values of each of its first two number arguments, and one out of range."""
    found = [one for one in model.solve.arguments.values() if isinstance(one, Number) and one.low is not None]
    return {one.name: [good_value(one), one.beside(good_value(one)), -good_value(one) if isinstance(one, Amount)
                       else one.low - 1] for one in found[:2]}


def answer_alone(model: Any, arguments: dict[str, Any], name: str) -> Any:
    """A field of a single point, or the sentence by which it is refused."""
    try:
        return model().solve(**arguments).value(name)
    except (ValueError, TypeError) as refused:
        return str(refused)


@pytest.mark.parametrize("model", ASKED.values(), ids=ASKED.keys())
def test_points_that_are_refused_leave_the_others(model):
    """All in one portion, so that each refusal has to be found among points that are answered."""
    name, axes = main_field(result_kind(model)), bad_and_good_axes(model)
    found = explore(model, usual_question(model) | axes, name, {name: "any"}, chunk=None)
    assert len(found) == 3 ** len(axes)
    for row in range(len(found)):
        alone = answer_alone(model, found.point(row).arguments, name)
        if isinstance(alone, str):
            assert found.reason(row) == alone
        else:
            assert found.value(name)[row] == pytest.approx(float(alone), nan_ok=True)


def test_a_plan_whose_batch_cannot_be_shared_out_is_refused_for_every_length():
    fleet = Fleet(Servers.DGX_H100, 16)
    found = explore(DistributedModel, {"model": Models.Llama3_8B, "fleet": fleet, "batch_size": 1024, "zero_stage": 1,
                                       "microbatch_count": [8, 16], "seq_len": np.arange(128, 1728, 16)},
                    "effective_throughput")
    assert found.kept == 100 and list(found.reasons.values()) == [100]
    assert next(iter(found.reasons)).startswith("batch_size is 1,024: 128 replicas of 16 micro-batches each")
