"""Pipelines: what each stage gets, who is told, and where it stops."""

from __future__ import annotations

import pickle

import numpy as np
import pytest

from solver import (
    ContinuousBatchingModel,
    Engine,
    Hardware,
    InfeasibleStageError,
    Models,
    Pipeline,
    ServingModel,
    StageResults,
    explore,
)

LLAMA, H100 = Models.Llama3_8B, Hardware.Cloud.H100
GIVEN = {"model": LLAMA, "hardware": H100, "seq_len": 2048}


def waiting(service, cores=2.0):
    """A function as a stage."""
    return {"waiting": service / cores}


def chain(**options) -> Pipeline:
    return Pipeline([("serving", ServingModel(), {"batch_size": 8}),
                     ("waiting", waiting, lambda so_far: {"service": so_far.serving.ttft}),
                     ("step", Engine, lambda so_far: {"batch_size": so_far["serving"].given["asked"].batch})],
                    **options)


def test_each_stage_gets_what_it_asks_for():
    found = chain().run(**GIVEN)
    alone = ServingModel().solve(**GIVEN, batch_size=8)
    assert list(found) == ["serving", "waiting", "step"]
    assert found.serving.ttft == alone.ttft and found["waiting"]["waiting"] == alone.ttft / 2
    assert found.step.latency == Engine.solve(LLAMA, H100, 8, seq_len=2048).latency
    assert found.given == GIVEN and all(seconds > 0 for seconds in found.seconds.values())


def test_what_is_given_goes_to_every_stage_without_its_own():
    stages = [("one", ServingModel(), {"batch_size": 8}), ("other", ServingModel)]
    found = Pipeline(stages).run(**GIVEN, batch_size=64)
    assert [found[name].given["asked"].batch for name in ("one", "other")] == [8, 64]


def test_arrays_go_through():
    found = chain().run(**GIVEN | {"seq_len": np.array([512, 2048])})
    assert found.step.latency.shape == (2,) and found.step.latency[1] == chain().run(**GIVEN).step.latency


class Recorder:
    """Writes down what it is told."""

    def __init__(self):
        self.told = []

    def before(self, name, arguments):
        self.told.append(("before", name, sorted(arguments)))

    def after(self, name, arguments, result, seconds):
        self.told.append(("after", name, result))
        assert (seconds >= 0 and "model" in arguments) or name == "waiting"


def test_callbacks_are_told_before_and_after_each_stage():
    recorder, seconds = Recorder(), []
    timer = {"after": lambda name, arguments, result, took: seconds.append(took)}
    found = chain(callbacks=[recorder, timer]).run(**GIVEN)
    assert recorder.told[0] == ("before", "serving", ["batch_size", "hardware", "model", "seq_len"])
    assert [(when, name) for when, name, _ in recorder.told] == [
        (when, name) for name in found for when in ("before", "after")]
    assert [told for when, _, told in recorder.told if when == "after"] == list(found.values())
    assert seconds == list(found.seconds.values())


def test_it_stops_at_a_stage_that_works_nowhere_if_asked():
    large = GIVEN | {"model": Models.Llama3_70B}
    assert not chain().run(**large).serving.feasible, "otherwise what fails is a state like others"
    with pytest.raises(InfeasibleStageError, match="stage 'serving' is infeasible: Memory: does not fit") as stopped:
        chain(stop_infeasible=True).run(**large)
    assert list(stopped.value.results) == ["serving"]
    somewhere = chain(stop_infeasible=True).run(**GIVEN | {"seq_len": np.array([2048, 10**6])})
    assert somewhere.serving.feasible.tolist() == [True, False], "one point that works is enough to go on"


def test_a_bad_argument_names_its_stage():
    with pytest.raises(ValueError, match="seq_len is 0") as refused:
        chain().run(**GIVEN | {"seq_len": 0})
    assert refused.value.__notes__ == ["In the stage 'serving' of the pipeline."]


@pytest.mark.parametrize(("stages", "says"), [
    ([], "no stages"),
    ([("one", ServingModel()), ("one", Engine)], "Two stages are called 'one'"),
    ([("one",)], "should be a name, a solver and its arguments"),
    ([(ServingModel(), "one")], "should be a name, a solver and its arguments"),
    ([("one", H100)], "should have a class with solve"),
    ([("one", ServingModel(), ["seq_len"])], "should have a mapping"),
    ([("one", ServingModel(), {"seqlen": 8})], "'one' has no argument 'seqlen'. Did you mean seq_len?"),
    ([("one", waiting, {"servce": 8})], "Did you mean service?"),
])
def test_stages_that_are_none(stages, says):
    with pytest.raises((TypeError, ValueError), match=says.replace("?", r"\?")):
        Pipeline(stages)


@pytest.mark.parametrize(("given", "says"), [
    (GIVEN | {"seqlen": 8}, "No stage has an argument 'seqlen'. Did you mean seq_len?"),
    (GIVEN | {"servce": 8}, "Did you mean service or reserve?"),
])
def test_arguments_that_no_stage_has(given, says):
    with pytest.raises(TypeError, match=says.replace("?", r"\?")):
        chain().run(**given)


def test_an_argument_that_would_reach_no_stage():
    with pytest.raises(TypeError, match="batch_size is given, and every stage that asks for it has its own"):
        Pipeline([("serving", ServingModel(), {"batch_size": 8})]).run(**GIVEN, batch_size=64)


def test_other_slips():
    with pytest.raises(TypeError, match="callback is 3"):
        chain(callbacks=3)
    with pytest.raises(TypeError, match="returned 3, and should return a mapping"):
        Pipeline([("one", ServingModel(), lambda so_far: 3)]).run(**GIVEN)
    with pytest.raises(AttributeError, match="no result of a stage 'serve' so far"):
        print(chain().run(**GIVEN).serve)


def test_results_are_shown_and_sent():
    pipeline = Pipeline([("serving", ServingModel(), {"batch_size": 8}), ("batching", ContinuousBatchingModel())])
    found = pipeline.run(**GIVEN)
    assert repr(pipeline) == ("Pipeline: serving (ServingModel.solve) -> batching (ContinuousBatchingModel.solve)")
    assert "serving (" in repr(found) and "ttft = " in repr(found)
    again = pickle.loads(pickle.dumps(found))
    assert isinstance(again, StageResults) and again.serving.ttft == found.serving.ttft
    assert again.seconds == found.seconds and again.given["seq_len"] == 2048


def test_a_pipeline_is_explored_like_a_solver():
    pipeline = Pipeline([("serving", ServingModel()), ("step", Engine)])
    found = explore(pipeline, GIVEN | {"batch_size": [1, 8, 64], "seq_len": [512, 10**6]},
                    {"step.throughput": "max", "serving.ttft": "min"}, {"serving.itl": "<= 20 ms"})
    assert found.reasons == {"feasible is False": 3} and len(found.front) == 3
    assert found.best["serving.ttft"] == ServingModel().solve(LLAMA, H100, 512, 64).ttft
    with pytest.raises(ValueError, match=r"no field 'serving\.tft'"):
        explore(pipeline, GIVEN, "-serving.tft")
    with pytest.raises(TypeError, match="space lacks model"):
        explore(pipeline, {"hardware": H100, "seq_len": 8}, "-serving.ttft")
