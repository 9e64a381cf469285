"""A run that was killed goes on where it was: nothing is lost, nothing double, and the bytes are those of one run."""

from __future__ import annotations

import collections
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from graded import GradedClass
from large_class import large_class
from paths import ROOT

MOST_SECONDS = 60.0  # for 10,000 notebooks on two cores that have nothing else to do
KILLED_AT = (0.25, 0.6)


def written(out):
    """All that a teacher gets, by name."""
    return {file.relative_to(out).as_posix(): file.read_bytes() for file in sorted(out.rglob("*"))
            if file.is_file() and ".grading" not in file.parts}


def kept_ids(out):
    """The students in the journal, each as often as a line has them."""
    [journal] = (out / ".grading").glob("*.jsonl")
    return collections.Counter(json.loads(line)[1][0] for line in journal.read_bytes().splitlines())


def interrupted(at):
    """Progress that ends the run."""
    def told(done, total):
        if done == at:
            raise KeyboardInterrupt
    return told


def test_a_run_that_was_interrupted_twice_writes_what_one_run_writes(tmp_path):
    class_, worth = large_class(tmp_path, 50)
    class_.graded(tmp_path / "whole")
    for at in (17, 40):
        with pytest.raises(KeyboardInterrupt):
            class_.graded(progress=interrupted(at))
        [journal] = (class_.out / ".grading").glob("*.jsonl")
        journal.write_bytes(journal.read_bytes() + b'["cut off", ["s00049", [')
    asked = []
    class_.graded(progress=lambda done, total: asked.append(done))
    assert written(class_.out) == written(tmp_path / "whole")
    assert kept_ids(class_.out) == dict.fromkeys(worth, 1)
    class_.graded()
    assert written(class_.out) == written(tmp_path / "whole") and kept_ids(class_.out) == dict.fromkeys(worth, 1)


def test_what_has_changed_is_graded_again_and_the_rest_is_not(tmp_path):
    class_, _ = large_class(tmp_path, 20)
    class_.graded()
    other = class_.handed / "s00003.ipynb"
    other.write_bytes((class_.handed / "s00004.ipynb").read_bytes())
    (class_.out / "feedback" / "s00005.md").unlink()
    (class_.handed / "s00006.ipynb").unlink()
    (class_.out / "feedback" / "stranger.html").write_text("old")
    class_.graded()
    assert {id for id, count in kept_ids(class_.out).items() if count > 1} == {"s00003", "s00005"}
    class_.graded(tmp_path / "new")
    assert written(class_.out) == written(tmp_path / "new")


def test_workers_write_what_one_process_writes(tmp_path):
    class_, _ = large_class(tmp_path, 40)
    class_.graded()
    from concurrent.futures import ThreadPoolExecutor

    class_.graded(tmp_path / "threads", executor=lambda: ThreadPoolExecutor(2))
    assert written(class_.out) == written(tmp_path / "threads")


def test_grades_are_not_written_among_other_things(tmp_path):
    class_ = GradedClass(tmp_path)
    class_.out.mkdir()
    (class_.out / "mine.txt").write_text("mine")
    with pytest.raises(ValueError, match="name a new folder"):
        class_.graded()


def run_of(class_, out):
    """The command, as a terminal runs it."""
    words = ["-m", "mlsysim_labs.commands.app", "grade", str(class_.handed), "-o", str(out), "--course",
             str(class_.course), "--roster", str(class_.folder / "roster.csv"), "--executor", "processes:2"]
    return subprocess.Popen([sys.executable, *words], cwd=ROOT, start_new_session=True)


@pytest.mark.soak
def test_ten_thousand_notebooks_with_two_kills(tmp_path):
    class_, worth = large_class(tmp_path, 10_000)
    spent = 0.0
    for share in (*KILLED_AT, None):
        begin, run = time.monotonic(), run_of(class_, class_.out)
        while run.poll() is None:
            files = list((class_.out / ".grading").glob("*.jsonl"))
            if share and files and files[0].read_bytes().count(b"\n") > share * len(worth):
                os.killpg(run.pid, signal.SIGKILL)
                run.wait()
            time.sleep(0.1)
        spent += time.monotonic() - begin
        assert run.returncode == (-signal.SIGKILL if share else 0)
    assert kept_ids(class_.out) == dict.fromkeys(worth, 1)
    made = class_.graded()
    assert {id: sum(one.points for one in mark.labs) for id, mark in made.marks.items()} == pytest.approx(worth)
    print(f"{len(worth):,} notebooks, killed twice: {spent:.1f} s")
    assert spent < MOST_SECONDS
