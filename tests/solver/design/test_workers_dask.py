"""A local Dask cluster, one worker of which is killed while it works."""

from __future__ import annotations

import os
import signal
import time

import numpy as np
import pytest

from solver import Hardware, Models, ServingModel, explore

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.slow

SPACE = {"model": Models.Llama3_8B, "hardware": [Hardware.Cloud.A100, Hardware.Cloud.H100],
         "precision": ["fp16", "fp8"],
         "batch_size": np.arange(1, 257), "seq_len": np.arange(512, 16384, 128), "output_len": 256}


def slowed(**arguments):
    """The model, slow enough for somebody to be killed while it works."""
    time.sleep(0.02)
    result = ServingModel().solve(**arguments)
    return {name: getattr(result, name) for name in ("feasible", "tokens_per_second", "ttft", "itl")}


def explored(**options):
    return explore(slowed, SPACE, {"tokens_per_second": "max", "ttft": "min"}, {"itl": "<= 20 ms"}, **options)


@pytest.fixture(scope="module")
def client():
    """Two workers, each a process of its own with a nanny, on ports that are free."""
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None,
                                  scheduler_port=0) as cluster, distributed.Client(cluster) as client:
        yield client


def test_a_worker_is_killed_while_it_works(client):
    killed = []

    def kill(done, total):
        if not killed and done > total / 4:
            killed.append(next(iter(client.run(os.getpid).values())))
            os.kill(killed[0], signal.SIGKILL)

    alone = explored()
    found = explored(executor=client, progress=kill)
    assert killed and killed[0] not in client.run(os.getpid).values()
    assert found.reasons == alone.reasons and found.front.index.tolist() == alone.front.index.tolist()
    assert found.codes.tobytes() == alone.codes.tobytes()
    assert all(found.fields[name].tobytes() == alone.fields[name].tobytes() for name in alone.fields)


def test_the_executor_of_a_client(client):
    pool = client.get_executor()
    assert explored(executor=pool).front.index.tolist() == explored().front.index.tolist()
