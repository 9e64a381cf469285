"""mlsysim-labs grade --executor tcp://…: a Dask cluster does the work, and the same bytes come out."""

from __future__ import annotations

import http.server
import socket
import subprocess
import sys
import threading
import time

import pytest
from classes import Played, notebook_with
from graded import GradedClass, answer
from terminal import refused, terminal

from mlsysim_labs.commands.grade_class import executor_of

distributed = pytest.importorskip("distributed")
pytestmark = pytest.mark.slow

NAMES = ("Ada Lovelace", "Bob Byte", "Chen Wei", "Dana Stone")
COMMAND = "import sys; from mlsysim_labs.commands.app import exit_status; sys.exit(exit_status())"  # as installed


@pytest.fixture(scope="module")
def address():
    """Of a scheduler with two threads, on a port that is free."""
    with distributed.LocalCluster(n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None,
                                  protocol="tcp", scheduler_port=0) as cluster:
        yield cluster.scheduler_address


@pytest.fixture(scope="module")
def class_(tmp_path_factory):
    """Forty students, enough for several portions; one hands in what cannot be read."""
    students = [Played(f"s{i}", f"{NAMES[i % 4]} {i}", []) for i in range(40)]
    class_ = GradedClass(tmp_path_factory.mktemp("class"), students)
    for i, one in enumerate(students[:-1]):
        acts = [answer("weights", f"{2 * (i % 23)} GB"), ("prediction", "guessed", {"value": 5.0 + i, "unit": "GB"})]
        class_.hand_in(f"{one.id}/lab.ipynb", notebook_with([class_.record(one, *acts)]))
    class_.hand_in("s39/lab.ipynb", b'{"cells": [')
    return class_


def words(class_, out, executor):
    return ("grade", str(class_.handed), "-o", str(class_.folder / out), "--course", str(class_.course), "--roster",
            str(class_.folder / "roster.csv"), "--executor", executor)


def files(folder):
    """What teacher and students read; the journal beside it has the order in which portions were done."""
    return {str(file.relative_to(folder)): file.read_bytes() for file in sorted(folder.rglob("*"))
            if file.is_file() and ".grading" not in file.parts}


def test_a_cluster_writes_the_bytes_that_one_process_writes(class_, address):
    """The command runs as installed, where it keeps Dask from whoever would load it unasked."""
    done = subprocess.run([sys.executable, "-c", COMMAND, *words(class_, "cluster", address)], capture_output=True,
                          text=True)
    assert done.returncode == 0 and "39 of 40 students are graded" in " ".join(done.stdout.split()), done
    for executor in ("none", "processes:2"):
        assert terminal(*words(class_, executor[:4], executor)).status == 0
    alone, processes, cluster = (files(class_.folder / out) for out in ("none", "proc", "cluster"))
    assert len(alone) > 80 and alone == processes == cluster
    assert terminal(*words(class_, "cluster", "none")).status == 0 and files(class_.folder / "cluster") == alone


def test_where_nobody_answers_it_is_said_at_once(class_):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        nobody = f"tcp://127.0.0.1:{free.getsockname()[1]}"
    begun = time.monotonic()
    said = refused(*words(class_, "nowhere", nobody))
    assert f"nobody answers at {nobody}" in said and "start a Dask scheduler" in said
    assert time.monotonic() - begun < 3


@pytest.mark.parametrize("address", ["tcp://", "tcp://localhost", "foo://localhost:1", "tcp://localhost:99999",
                                     "http://localhost:8787", "tcp://[::1"])
def test_what_is_no_address_is_said(address):
    with pytest.raises(ValueError, match="is no address of a Dask scheduler: write one such as tcp://"):
        executor_of(address)


def test_another_server_is_no_scheduler(monkeypatch):
    monkeypatch.setattr("mlsysim_labs.classroom.dask_client.ANSWER_TIME", 1.0)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), http.server.SimpleHTTPRequestHandler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        with pytest.raises(ValueError, match="is no Dask scheduler: give the address"):
            executor_of(f"tcp://127.0.0.1:{server.server_port}")
    finally:
        server.shutdown()
        server.server_close()
