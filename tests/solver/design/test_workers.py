"""Work on workers: the same to the bit, whoever does it, and done when some of them die."""

from __future__ import annotations

import os
import pathlib
import pickle
import signal
from concurrent.futures import Executor, Future, ProcessPoolExecutor, ThreadPoolExecutor

import numpy as np
import pytest

from solver import Q_, Hardware, Models, Pipeline, ServingModel, explore
from solver.design.spaces.workers import LostWorkersError, answers

SPACE = {"model": Models.Llama3_8B, "hardware": [Hardware.Cloud.A100, Hardware.Cloud.H100],
         "precision": ["fp16", "fp8"],
         "batch_size": range(1, 65), "seq_len": [512, 2048, 100000], "output_len": 256, "tensor_parallel": [1, 2, 3],
         "network_bandwidth": Q_("10 GB/s")}
GOALS = {"tokens_per_second": "max", "ttft": "min", "headroom": "max"}


def explored(**options):
    return explore(ServingModel(), SPACE, GOALS, {"itl": "<= 20 ms"}, **options)


@pytest.fixture(scope="module")
def alone():
    return explored()


def same(one, other) -> bool:
    """Whether two explorations are the same to the bit."""
    assert one.reasons == other.reasons and list(one.reasons) == list(other.reasons)
    assert one.sentences == other.sentences and one.front.index.tobytes() == other.front.index.tobytes()
    for name in one.fields:
        assert one.fields[name].tobytes() == other.fields[name].tobytes(), name
    return one.codes.tobytes() == other.codes.tobytes()


def test_processes(alone):
    with ProcessPoolExecutor(2) as pool:
        assert same(explored(executor=pool), alone)
        front = explored(executor=pool, keep="front")
    assert front.front.index.tolist() == alone.front.index.tolist()
    assert all(np.array_equal(front.front.fields[name], alone.front.fields[name]) for name in alone.fields)


def test_threads(alone):
    with ThreadPoolExecutor(2) as pool:
        assert same(explored(executor=pool), alone)


def test_a_function_that_makes_a_pool_has_it_closed(alone):
    made = []

    def make():
        made.append(ThreadPoolExecutor(2))
        return made[-1]

    assert same(explored(executor=make), alone)
    with pytest.raises(RuntimeError, match="after shutdown"):
        made[0].submit(abs, 1)


class Backwards(Executor):
    """Does what it has in the wrong order, all at once when it has three."""

    def __init__(self):
        self.waiting = []

    def submit(self, work, portion):
        self.waiting.append((work, portion, Future()))
        future = self.waiting[-1][2]
        if len(self.waiting) == 3 or portion.start + portion.space.points == 2304:
            while self.waiting:
                work, portion, one = self.waiting.pop()
                one.set_result(work(portion))
        return future


def test_the_order_in_which_portions_come_changes_nothing(alone):
    assert len(alone) == 2304
    assert same(explored(executor=Backwards()), alone)


class Client:
    """What is asked of a client of Dask: submit with its own options, and futures."""

    def __init__(self):
        self.pool, self.options = ThreadPoolExecutor(2), []

    def submit(self, work, portion, **options):
        self.options.append(options)
        return self.pool.submit(work, portion)

    def ncores(self):
        return {"tcp://one": 40, "tcp://other": 40}


def test_a_client_of_dask_is_recognized_by_what_it_can(alone):
    client = Client()
    assert same(explored(executor=client), alone) and set(map(str, client.options)) == {"{'pure': False}"}


class Deadly:
    """A model whose process is killed, as often as there are files to be used up."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def solve(self, x, chips=1):
        if np.ndim(x) and 500 in x:
            for file in sorted(self.folder.iterdir())[:1]:
                file.unlink()
                os.kill(os.getpid(), signal.SIGKILL)
        return {"y": np.sin(x) * chips}


def deadly(tmp_path, times) -> Deadly:
    for i in range(times):
        (tmp_path / f"{i}").touch()
    return Deadly(tmp_path)


DEADLY_SPACE = {"x": range(1000), "chips": [1, 2]}


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="processes are killed another way here")
def test_a_killed_process(tmp_path):
    expected = explore(deadly(tmp_path, 0), DEADLY_SPACE, "y")
    with ProcessPoolExecutor(2) as pool, pytest.raises(LostWorkersError, match="Give executor a function that makes"):
        explore(deadly(tmp_path, 1), DEADLY_SPACE, "y", executor=pool)
    again = explore(deadly(tmp_path, 2), DEADLY_SPACE, "y", executor=lambda: ProcessPoolExecutor(2))
    assert same(again, expected) and not list(tmp_path.iterdir())
    with pytest.raises(LostWorkersError, match="4 pools of workers were lost one after another"):
        explore(deadly(tmp_path, 5), DEADLY_SPACE, "y", executor=lambda: ProcessPoolExecutor(1), chunk=2000)


def test_what_cannot_be_sent():
    with ProcessPoolExecutor(1) as pool, pytest.raises(TypeError, match="Define model and functions by name"):
        explore(lambda x: {"y": x}, {"x": [1, 2]}, "y", executor=pool)


def slip(x):
    if np.ndim(x):
        raise KeyError("oops")
    return {"y": x}


def test_a_slip_on_a_worker_is_raised_here():
    with ProcessPoolExecutor(1) as pool, pytest.raises(KeyError, match="oops"):
        explore(slip, {"x": range(1000)}, "y", executor=pool)


def test_dask_that_gives_up():
    class KilledWorker(Exception):  # noqa: N818
        pass

    class Lost(Client):
        def submit(self, work, portion, **options):
            future = Future()
            future.set_exception(KilledWorker("solved-1"))
            return future

    with pytest.raises(LostWorkersError, match="Dask gave up on a portion"):
        explored(executor=Lost())


def test_answers_of_nothing():
    with ThreadPoolExecutor(1) as pool:
        assert list(answers(abs, [], pool)) == list(answers(abs, [])) == []
        assert sorted(answers(abs, range(-100, 0), pool)) == list(range(1, 101))


def test_results_records_and_quantities_are_sent():
    result = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, 2048, profile="modern")
    again = pickle.loads(pickle.dumps(result))
    assert repr(again) == repr(result) and again.constraint_trace == result.constraint_trace
    for sent in (Models.Llama3_8B, Hardware.Cloud.H100, Pipeline([("one", ServingModel())])):
        assert repr(pickle.loads(pickle.dumps(sent))) == repr(sent)
    assert pickle.loads(pickle.dumps(Q_("3 GB/s"))) == Q_("3 GB/s")
