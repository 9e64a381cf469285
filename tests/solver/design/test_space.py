"""Exploring a design space: what is left, what is best, and why other points are left out."""

from __future__ import annotations

import numpy as np
import pint
import pytest

from solver import (
    Q_,
    ContinuousBatchingModel,
    DisaggregatedModel,
    Engine,
    Hardware,
    Models,
    ServingModel,
    explore,
    pareto_front,
)

LLAMA, H100, A100, T4 = Models.Llama3_8B, Hardware.Cloud.H100, Hardware.Cloud.A100, Hardware.Cloud.T4
SPACE = {"model": LLAMA, "hardware": [T4, A100, H100], "precision": ["fp16", "fp8"], "tensor_parallel": [1, 2, 3],
         "batch_size": [1, 8, 64, 512], "seq_len": [512, 2048, 8192], "output_len": 256}
GOALS = {"tokens_per_second": "max", "ttft": "min"}


@pytest.fixture(scope="module")
def found():
    return explore(ServingModel(), SPACE, GOALS, {"itl": "<= 20 ms"}, columns=["headroom"])


def solved_alone(arguments):
    """The result of a single point, or the sentence by which it is refused."""
    try:
        return ServingModel().solve(**arguments)
    except (ValueError, TypeError) as refused:
        return str(refused)


def test_every_point_is_what_solve_says_of_it_alone(found):
    assert len(found) == 3 * 2 * 3 * 4 * 3
    for row in range(len(found)):
        alone = solved_alone(found.point(row).arguments)
        if isinstance(alone, str):
            assert found.reason(row) == alone and np.isnan(found["ttft"][row])
            continue
        assert found["ttft"][row].m_as("s") == pytest.approx(alone.ttft.m_as("s"), rel=1e-12)
        assert found.value("headroom")[row] == pytest.approx(alone.headroom.m_as("byte"), rel=1e-12)
        if not alone.feasible:
            assert found.reason(row) == "feasible is False, and should be True."
        elif alone.itl > Q_("20 ms"):
            assert found.reason(row) == f"itl is {alone.itl}, and should be <= 20 ms."
        else:
            assert found.reason(row) == "" and not found.excluded[row]


def test_counts_add_up(found):
    rows = [found.reason(row) for row in range(len(found))]
    assert found.kept == rows.count("") == np.sum(~found.excluded)
    assert sum(found.reasons.values()) + found.kept == len(found)
    assert list(found.reasons.values()) == sorted(found.reasons.values(), reverse=True)
    assert found.reasons["feasible is False"] == rows.count("feasible is False, and should be True.")
    assert found.reasons["fails itl <= 20 ms"] == sum(row.startswith("itl is") for row in rows)
    assert sum("has no fp8 rate" in reason for reason in found.reasons) == 2, "of T4 and A100, each with its sentence"


def test_the_front_is_of_the_points_that_are_left(found):
    kept = np.flatnonzero(~found.excluded)
    rows = np.stack([found.value("tokens_per_second"), -found.value("ttft")], axis=1)[kept]
    assert sorted(found.front.index) == kept[pareto_front(rows)].tolist()
    rates = found.front["tokens_per_second"]
    assert np.all(np.diff(rates) <= 0), "the best in the first objective comes first"
    assert found.best.index == found.front.index[0] and found.best["tokens_per_second"] == rates[0]
    assert found.best.result.ttft == found.best["ttft"] and found.best.result.feasible


def test_columns_are_quantities_on_access(found):
    assert found.columns == ("hardware", "precision", "tensor_parallel", "batch_size", "seq_len", "tokens_per_second",
                             "ttft", "itl", "headroom")
    assert str(found["ttft"].units) == "millisecond" and found.value("ttft").dtype == float
    assert np.allclose(found["ttft"].m_as("s"), found.value("ttft"), equal_nan=True)
    assert set(found["hardware"]) == {T4, A100, H100} and len(found["hardware"]) == len(found)
    assert found["seq_len"][:3].tolist() == [512, 2048, 8192] and found["batch_size"].dtype == int
    assert found[0].arguments["hardware"] is T4 and found[-1]["batch_size"] == 512
    assert len(list(found.front)) == len(found.front)
    with pytest.raises(KeyError, match="no column 'tft'"):
        found["tft"]
    with pytest.raises(KeyError, match="has no 'tft'"):
        found[0]["tft"]
    with pytest.raises(IndexError, match="no row 216: there are 216"):
        found[216]


def test_it_is_shown_plainly(found, capsys):
    text = repr(found)
    assert text.startswith("ServingModel.solve: 216 points\n  hardware: 3 values, NVIDIA T4, NVIDIA A100 SXM 80 GB")
    assert "  batch_size: 4 values, 1 to 512 request\n" in text
    assert f"{len(found.front)} on the front of max tokens_per_second, min ttft\nbest is point" in text
    found.table(rows=2, columns=["batch_size", "ttft"])
    table = capsys.readouterr().out
    assert table.startswith("batch_size") and f"and {len(found.front) - 2} more" in table
    assert repr(found.front).startswith(f"{len(found.front)} designs\nhardware")


@pytest.mark.parametrize("chunk", [1, 7, 64, 10**6, None])
def test_how_large_a_chunk_is_changes_nothing(found, chunk):
    again = explore(ServingModel(), SPACE, GOALS, {"itl": "<= 20 ms"}, columns=["headroom"], chunk=chunk)
    assert [again.reason(row) for row in range(len(again))] == [found.reason(row) for row in range(len(found))]
    assert again.front.index.tolist() == found.front.index.tolist() and again.reasons == found.reasons
    for name in ("ttft", "headroom"):
        assert np.allclose(again.value(name), found.value(name), rtol=1e-12, equal_nan=True)


def test_the_front_alone(found):
    front = explore(ServingModel(), SPACE, GOALS, {"itl": "<= 20 ms"}, columns=["headroom"], keep="front", chunk=16)
    assert len(front) == len(found) and front.reasons == found.reasons and front.kept == found.kept
    assert front.front.index.tolist() == found.front.index.tolist()
    assert np.allclose(front.front.value("headroom"), found.front.value("headroom"), rtol=1e-12)
    assert front.best["ttft"] == found.best["ttft"] and "216 points" in repr(front)
    for asked in (lambda: front["ttft"], lambda: front.reason(0), lambda: front.excluded):
        with pytest.raises(ValueError, match='explore it with keep="all"'):
            asked()


@pytest.mark.parametrize(("constraint", "holds"), [
    ({}, lambda r: r.feasible), ({"feasible": True}, lambda r: r.feasible), ({"feasible": "any"}, lambda r: True),
    ({"feasible": False}, lambda r: not r.feasible),
    ({"batch_size": "<= 8"}, lambda r: r.given["asked"].batch <= 8),
    ({"batch_size": "<=8 request"}, lambda r: r.given["asked"].batch <= 8),
    ({"ttft": "< 1 s", "batch_size": "!= 8"}, lambda r: r.ttft < Q_("1 s") and r.given["asked"].batch != 8),
    ({"memory_utilization": "<= 22 %"}, lambda r: r.memory_utilization <= 0.22),
    ({"memory_utilization": ">= 0.22", "itl": "> 0"}, None),
    ({"memory_utilization": ">= .22", "feasible": "any"}, lambda r: r.memory_utilization >= 0.22),
    ({"quick": lambda r: r.ttft + 100 * r.itl <= Q_("1 s")}, lambda r: r.ttft + 100 * r.itl <= Q_("1 s"))])
def test_constraints(constraint, holds):
    given = {"model": LLAMA, "hardware": H100, "seq_len": 2048}
    if holds is None:
        with pytest.raises(ValueError, match="The constraint of itl is '> 0', without a unit: write '> 0 ms'"):
            explore(ServingModel(), given, "-ttft", constraint)
        return
    found = explore(ServingModel(), given | {"batch_size": [1, 4, 8, 16, 200, 512]}, ("-ttft",), constraint)
    kept = [holds(ServingModel().solve(**given, batch_size=batch)) for batch in found["batch_size"]]
    assert found.excluded.tolist() == [not one for one in kept] and found.kept > 0


def test_a_point_whose_objective_is_unknown_is_left_out():
    found = explore(lambda x: {"y": np.where(np.asarray(x) > 2, np.nan, x)}, {"x": [1, 2, 3]}, "y")
    assert found.reasons == {"y is unknown": 1} and found.best["x"] == 2
    assert found.reason(2) == "y is unknown here, so it cannot be compared."


def test_a_constraint_on_what_is_unknown_is_not_kept():
    found = explore(lambda x: {"y": np.where(np.asarray(x) > 2, np.nan, x), "z": x}, {"x": [1, 2, 3]}, "z",
                    {"y": ">= 0"})
    assert found.reason(2) == "y is unknown, and should be >= 0." and found.best["x"] == 2


def test_functions_are_explored():
    def price(chips, hours):
        if hours > 30:  # which an array cannot answer
            raise ValueError(f"hours is {hours}: that is too long.")
        return {"price": Q_(chips * hours, "USD"), "speed": chips**0.5}

    found = explore(price, {"chips": range(1, 5), "hours": [10, 20, 40]}, ("speed", "-price"), {"price": "< 70 USD"})
    assert found.reasons == {"hours is 40: that is too long.": 4, "fails price < 70 USD": 1}
    assert found.reason(10) == "price is 80 USD, and should be < 70 USD."
    assert str(found.best["price"]) == "40 USD" and len(found.front) == 4
    assert explore(price, {"chips": range(1, 4), "hours": 10}, "speed").best["chips"] == 3


def test_quantities_are_axes():
    given = {"model": LLAMA, "hardware": A100, "decode_hardware": [None, H100], "seq_len": 2048}
    for rates in (Q_(np.array([10.0, 100.0]), "GB/s"), [Q_("10 GB/s"), Q_("1e5 MB/s")]):
        found = explore(ServingModel, given | {"network_bandwidth": rates}, "-ttft")
        assert found["network_bandwidth"].m_as("GB/s") == pytest.approx([10, 100] * 2)
        assert found.value("network_bandwidth") == pytest.approx([1e10, 1e11] * 2)
        slow, fast = (ServingModel().solve(**given | {"decode_hardware": H100}, network_bandwidth=Q_(rate, "GB/s")).ttft
                      for rate in (10, 100))
        assert found["ttft"].m_as("s")[2:] == pytest.approx([slow.m_as("s"), fast.m_as("s")], rel=1e-12)
    limited = explore(ServingModel, given | {"network_bandwidth": rates}, "-ttft", {"network_bandwidth": "<= 50 GB/s"})
    assert limited.reasons == {"fails network_bandwidth <= 50 GB/s": 2}
    assert limited.reason(1) == "network_bandwidth is 100 GB/s, and should be <= 50 GB/s."


def test_other_solvers():
    engine = explore(Engine, {"model": [LLAMA, Models.ResNet50], "hardware": [A100, H100], "batch_size": range(1, 33),
                              "zero_stage": [0, 3], "is_training": [False, True]}, {"throughput": "max"})
    assert engine.best["model"] is Models.ResNet50 and engine.best["hardware"] is H100 and len(engine) == 512
    pages = explore(ContinuousBatchingModel, {"model": LLAMA, "hardware": H100, "seq_len": 8192, "max_batch_size": 64,
                                              "page_size": [16, 256, 4096]}, "throughput_tokens_per_sec")
    assert pages.best["page_size"] in (16, 256)
    apart = explore(DisaggregatedModel, {"model": LLAMA, "hardware": H100, "seq_len": 2048, "output_len": 256,
                                         "concurrency": [1, 8, 64], "decode_nodes": [1, 2]}, ("-itl",))
    assert apart.best["concurrency"] == 1 and len(apart) == 6


def test_a_group_of_records_is_an_axis():
    found = explore(ServingModel, {"model": LLAMA, "hardware": Hardware.Cloud, "seq_len": 2048}, ("-itl",))
    assert len(found) == len(list(Hardware.Cloud)) and found.kept > 10
    fastest = max((chip for chip in found["hardware"][~found.excluded]), key=lambda chip: chip.bandwidth)
    assert found.best["hardware"].bandwidth == fastest.bandwidth


def test_nothing_is_left():
    found = explore(ServingModel, {"model": LLAMA, "hardware": T4, "precision": "fp8", "seq_len": [8, 16]}, "-ttft")
    assert len(found.front) == found.kept == 0 and np.isnan(found.value("ttft")).all() and "0 kept" in repr(found)
    with pytest.raises(ValueError, match="No design is left: all 2 are left out, 2 of them for this reason: NVIDIA T4"):
        print(found.best)


def test_arguments_that_look_at_one_another():
    """Prefixes have to be shorter than prompts: that is found on these two axes, and not asked of each batch."""
    space = {"model": LLAMA, "hardware": H100, "seq_len": [512, 1024], "cached_prefix_len": [0, 512, 600, 1024, 2000],
             "batch_size": range(1, 50), "reserve": [0.0, 0.5, 1.5]}
    found = explore(ServingModel, space, "-ttft")
    assert len(found) == 2 * 5 * 49 * 3
    for row in range(0, len(found), 7):
        alone = solved_alone(found.point(row).arguments)
        assert found.reason(row) == (alone if isinstance(alone, str) else "" if alone.feasible else found.reason(row))
    assert found.reasons["reserve is 1.5: give a share from 0 to 1, such as 0.5 for 50 %."] == 49 * 4
    assert found.reasons["cached_prefix_len is 600 and must be below seq_len, which is 512: at least one token has to "
                         "be new."] == 49 * 3


def test_a_solver_inside_a_function_is_not_asked_about_each_point():
    """What it refuses of chips and formats holds for all prompts and batches, by whichever names they are given."""
    calls = []

    def price(hardware, precision, chips, prompt, batch):
        calls.append(1)
        r = ServingModel().solve(LLAMA, hardware, prompt, batch, precision, tensor_parallel=chips)
        return {"feasible": r.feasible, "price": r.ttft * chips / batch}

    space = {"hardware": [T4, H100], "precision": ["fp16", "fp8"], "chips": [1, 2, 3, 5], "prompt": range(1, 101),
             "batch": range(1, 41)}
    found = explore(price, space, "-price", chunk=None)
    assert len(calls) < 40 and len(found) == 2 * 2 * 4 * 100 * 40
    reasons = {reason: count for reason, count in found.reasons.items() if "chips" in reason or "fp8" in reason}
    assert sorted(reasons.values()) == [12_000, 12_000, 16_000], "three and five chips, where T4 has a format at all"
    for row in range(0, len(found), 997):
        point = found.point(row).arguments
        alone = solved_alone({"model": LLAMA, "hardware": point["hardware"], "precision": point["precision"],
                              "tensor_parallel": point["chips"], "seq_len": point["prompt"],
                              "batch_size": point["batch"]})
        assert isinstance(alone, str) == (found.codes[row] < 0)
        assert not isinstance(alone, str) or found.reason(row) == alone


def test_a_function_that_makes_values_itself_is_asked_about_each_point():
    """Refusals of what it made say nothing about other points, even where it loops over an array itself."""
    def each(prompt, cached, looped):
        times = [ServingModel().solve(LLAMA, H100, int(p), cached_prefix_len=cached).ttft.m for p in np.ravel(prompt)]
        halved = ServingModel().solve(LLAMA, H100, 100, cached_prefix_len=np.abs(np.asarray(looped))).ttft.m
        return {"time": np.reshape(times, np.shape(prompt)) + halved}

    space = {"prompt": [2, 3, 5, 9, 4], "cached": [3], "looped": [10, 200, 30]}
    found = explore(each, space, "-time", chunk=None)
    left = [(point["prompt"], point["looped"]) for point in found if not found.excluded[point.index]]
    assert left == [(prompt, looped) for prompt in (5, 9, 4) for looped in (10, 30)]
    assert found.reason(0) == ("cached_prefix_len is 3 and must be below seq_len, which is 2: at least one token has "
                               "to be new.")


@pytest.mark.parametrize(("more", "says"), [
    ({"seqlen": 8}, "ServingModel.solve has no argument 'seqlen'. Did you mean seq_len"),
    ({"seq_len": []}, "seq_len is empty: give at least one value"),
    ({"seq_len": range(0)}, "seq_len is empty"),
    ({"seq_len": np.ones((2, 2))}, "seq_len has 2 dimensions: an axis is a line of values, such as seq_len.ravel"),
    ({"seq_len": {8, 16}}, "seq_len is a set, which has no order: give a list"),
    ({"seq_len": ["8", "16"]}, "seq_len should be a number"),
    ({"seq_len": 0}, "seq_len is 0: give a whole number of tokens, at least 1"),
    ({"hardware": [H100, "H100"]}, "hardware is 'H100', and should be a record"),
    ({"network_bandwidth": [1, 2]}, "network_bandwidth is .*without a unit"),
])
def test_spaces_that_are_slips(more, says):
    with pytest.raises((TypeError, ValueError), match=says):
        explore(ServingModel, {"model": LLAMA, "hardware": H100, "seq_len": [8, 16]} | more, "-ttft")


@pytest.mark.parametrize(("objectives", "constraints", "says"), [
    ("-tft", None, "There is no field 'tft'. Did you mean ttft"),
    ({"ttft": "small"}, None, "The objective ttft is 'small': write 'max' or 'min'"),
    ((), None, "There are no objectives"), (3, None, "objectives are 3"), ((3,), None, "The objective 3 should be"),
    (("ttft", "-ttft"), None, "The objective ttft is given twice"),
    ("-hardware", None, "There is no field 'hardware'"),
    ("-ttft", {"itk": "<= 20 ms"}, "There is no field 'itk'. Did you mean itl"),
    ("-ttft", {"batchsize": "<= 20"}, "Did you mean batch_size"),
    ("-ttft", {"itl": "<= 20 GB"}, "the limit of itl is 20 GB, and should be in ms"),
    ("-ttft", {"itl": "<= 20"}, "The constraint of itl is '<= 20', without a unit: write '<= 20 ms'"),
    ("-ttft", {"itl": "<= 20 mss"}, "'mss' is no unit that is known: write it in ms"),
    ("-ttft", {"itl": "20 ms"}, "The constraint of itl is '20 ms': write a comparison and a limit, such as '<= 200 ms"),
    ("-ttft", {"itl": "<= 9**9**9 s"}, "write a comparison and a limit"),
    ("-ttft", {"itl": True}, "The constraint of itl is True, and it is a number of ms"),
    ("-ttft", {"itl": 20}, "The constraint of itl is 20, and should be a text such as '<= 200 ms'"),
    ("-ttft", ["itl"], "constraints are .'itl'., and should be a mapping"),
    ("-ttft", {"memory_utilization": "<= 20 ms"}, "should be a number without a unit"),
])
def test_objectives_and_constraints_that_are_slips(objectives, constraints, says):
    """They show at once, even where the first of the points are refused."""
    space = {"model": LLAMA, "hardware": [T4, H100], "precision": "fp8", "seq_len": [8, 16], "batch_size": [1, 2]}
    with pytest.raises((TypeError, ValueError, pint.DimensionalityError), match=says):
        explore(ServingModel, space, objectives, constraints)


@pytest.mark.parametrize(("options", "says"), [
    ({"chunk": 0}, "chunk is 0: give a whole number of points"), ({"chunk": "many"}, "chunk is 'many'"),
    ({"keep": "best"}, "keep is 'best'"), ({"executor": 3}, "executor is 3, and should be an executor"),
    ({"progress": "yes"}, "progress is 'yes'"), ({"columns": ["tft"]}, "no field 'tft'"),
])
def test_options_that_are_slips(options, says):
    with pytest.raises((TypeError, ValueError), match=says):
        explore(ServingModel, {"model": LLAMA, "hardware": H100, "seq_len": [8, 16]}, "-ttft", **options)


def test_models_that_are_none():
    with pytest.raises(TypeError, match=r"model is .*and should be a class with solve"):
        explore(H100, {}, "-ttft")
    with pytest.raises(TypeError, match="space lacks hardware and seq_len"):
        explore(ServingModel, {"model": LLAMA}, "-ttft")
    with pytest.raises(TypeError, match="space is 3"):
        explore(ServingModel, 3, "-ttft")
    with pytest.raises(TypeError, match="and should answer a result, or a mapping"):
        explore(lambda x: x, {"x": [1, 2]}, "y")
    with pytest.raises(TypeError, match=r"y has the shape \(3,\) where \(2,\) was asked for"):
        explore(lambda x: {"y": np.ones(3) if np.ndim(x) else 1.0}, {"x": [1, 2]}, "y", chunk=None)
    with pytest.raises(TypeError, match="y is 'a' at some point: objectives and limits are of numbers"):
        explore(lambda x: {"y": "a"}, {"x": [1, 2]}, "y")


@pytest.mark.parametrize(("options", "says"), [
    ({}, r"has 1,000,000,000 points \(1,000,000 batch_size x 1,000 seq_len\), which take about 12 GB to keep, .*"
         r'give fewer values, or keep="front"'),
    ({"chunk": None}, "about 200 GB when 1,000,000,000 of them are solved at once.*leave chunk out"),
])
def test_a_space_that_does_not_fit_in_memory(monkeypatch, options, says):
    monkeypatch.setattr("solver.design.spaces.memory.free_memory", lambda: 8e9)
    space = {"model": LLAMA, "hardware": H100, "batch_size": range(1, 10**6 + 1), "seq_len": range(1, 1001)}
    with pytest.raises(MemoryError, match=says):
        explore(ServingModel, space, "-ttft", **options)


def test_a_slip_in_a_function_of_ones_own_is_not_swallowed():
    with pytest.raises(KeyError, match="oops"):
        explore(lambda x: {}["oops"], {"x": [1, 2]}, "y")
    with pytest.raises(ZeroDivisionError, match="here"):
        explore(ServingModel, {"model": LLAMA, "hardware": H100, "seq_len": [8]}, "-ttft", {"odd": divided_by_zero})


def divided_by_zero(result):
    raise ZeroDivisionError("here")
