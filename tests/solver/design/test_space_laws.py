"""Laws of exploring: the front is exact, no point is lost, and a grid is as its points are alone."""

from __future__ import annotations

import numpy as np
import pytest
from drawn import CHIPS, RUNS, chips, models
from hypothesis import given
from hypothesis import strategies as st

from solver import ContinuousBatchingModel, Models, ServingModel, explore

NUMBERS = st.one_of(st.integers(0, 4).map(float), st.sampled_from([np.nan, np.inf, -np.inf]))


class Looked:
    """A model that looks its answers up in tables, and refuses where one of them says so."""

    def __init__(self, shape, rows, refused):
        self.a, self.b, self.c = (np.reshape(column, shape) for column in np.array(rows).T)
        self.refused = np.reshape(refused, shape)

    def solve(self, i, j):
        if np.any(self.refused[i, j]):
            raise ValueError(f"no {np.min(i)}, {np.min(j)}")
        return {"a": self.a[i, j], "b": self.b[i, j], "c": self.c[i, j], "feasible": self.c[i, j] != 4}


@st.composite
def looked(draw):
    shape = draw(st.tuples(st.integers(1, 5), st.integers(1, 5)))
    size = shape[0] * shape[1]
    rows = draw(st.lists(st.tuples(NUMBERS, NUMBERS, NUMBERS), min_size=size, max_size=size))
    refused = draw(st.lists(st.booleans(), min_size=size, max_size=size) | st.just([False] * size))
    return shape, Looked(shape, rows, refused)


OBJECTIVES = [{"a": "max"}, {"a": "max", "b": "min"}, {"a": "min", "b": "min", "c": "max"}]


@RUNS
@given(looked(), st.sampled_from(OBJECTIVES), st.integers(1, 30), st.sampled_from(["all", "front"]))
def test_no_point_is_lost_and_the_front_is_exact(drawn, goals, chunk, keep):
    shape, model = drawn
    found = explore(model, {"i": range(shape[0]), "j": range(shape[1])}, goals, {"c": "<= 3"}, chunk=chunk, keep=keep)
    i, j = np.unravel_index(range(len(found)), shape)
    a, b, c = model.a[i, j], model.b[i, j], model.c[i, j]
    signs = {name: 1 if aim == "max" else -1 for name, aim in goals.items()}
    rows = np.stack([signs[name] * {"a": a, "b": b, "c": c}[name] for name in goals], axis=1)
    left = ~model.refused[i, j] & (c <= 3) & ~np.isnan(rows).any(axis=1)
    beaten = [any(left[k] and np.all(rows[k] >= row) and np.any(rows[k] > row) for k in range(len(rows)))
              for row in rows]
    assert sorted(found.front.index) == np.flatnonzero(left & ~np.array(beaten)).tolist()
    assert found.kept == left.sum() and found.kept + sum(found.reasons.values()) == len(found)
    assert len(found.front) > 0 or found.kept == 0
    if keep == "all":
        assert found.excluded.tolist() == (~left).tolist()
        said = [found.reason(row) for row in range(len(found))]
        assert [bool(one) for one in said] == (~left).tolist(), "every point is left or has a reason"
        refused = [f"no {one}, {other}" for one, other in zip(i, j, strict=True)]
        assert all(said[k] == refused[k] for k in range(len(said)) if model.refused[i[k], j[k]])
        assert all((said[k] == "feasible is False, and should be True.") == bool(c[k] == 4)
                   for k in range(len(said)) if not model.refused[i[k], j[k]])


AXES = {"batch_size": st.integers(1, 512), "seq_len": st.integers(1, 20000), "output_len": st.integers(0, 2000),
        "tensor_parallel": st.sampled_from([1, 2, 3, 4, 8]), "cached_prefix_len": st.integers(0, 4000),
        "efficiency": st.sampled_from([0.3, 0.5, 1.0]), "reserve": st.sampled_from([0.0, 0.1, 0.5])}


@st.composite
def serving_spaces(draw):
    some = draw(st.lists(st.sampled_from(sorted(AXES)), unique=True, max_size=3))
    space = {name: draw(st.lists(AXES[name], min_size=1, max_size=4)) for name in dict.fromkeys([*some, "seq_len"])}
    return space | {"model": draw(st.lists(models, min_size=1, max_size=2)),
                    "hardware": draw(st.lists(chips, min_size=1, max_size=2)),
                    "precision": draw(st.lists(st.sampled_from(["fp16", "fp8", "int4"]), min_size=1, max_size=2))}


@RUNS
@given(serving_spaces(), st.data())
def test_a_grid_is_as_its_points_are_alone(space, data):
    found = explore(ServingModel(), space, {"tokens_per_second": "max", "ttft": "min"}, {"itl": "<= 50 ms"}, chunk=None)
    for _ in range(4):
        row = data.draw(st.integers(0, len(found) - 1))
        try:
            alone = ServingModel().solve(**found.point(row).arguments)
        except (ValueError, TypeError) as refused:
            assert found.reason(row) == str(refused)
            continue
        for name in ("tokens_per_second", "ttft", "itl"):
            assert found.value(name)[row] == pytest.approx(alone.value(name), rel=1e-12, nan_ok=True)
        if not alone.feasible:
            assert found.reason(row).startswith("feasible is False")
        elif abs(alone.value("itl") - 0.05) > 1e-9:
            known = not np.isnan(alone.value("ttft"))
            assert found.excluded[row] == (not alone.value("itl") <= 0.05 or not known)


@pytest.mark.parametrize("names", [["seq_len", "page_size", "max_batch_size", "hardware"],
                                   ["hardware", "max_batch_size", "page_size", "seq_len"],
                                   ["page_size", "hardware", "seq_len", "max_batch_size"]])
def test_the_order_of_axes_changes_no_design(names):
    values = {"seq_len": [512, 8192], "page_size": [16, 600], "max_batch_size": [1, 64], "hardware": list(CHIPS)[:6]}
    goals = {"throughput_tokens_per_sec": "max", "headroom": "max"}
    found, other = (explore(ContinuousBatchingModel, {name: values[name] for name in order} | {
        "model": Models.Llama3_8B}, goals) for order in (names, sorted(names)))
    assert found.reasons == other.reasons and len(found) == 48

    def designs(one):
        return sorted((str(point["hardware"]), *(point[name] for name in sorted(values) if name != "hardware"))
                      for point in one.front)

    assert designs(found) == designs(other)
