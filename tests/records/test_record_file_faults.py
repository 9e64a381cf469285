"""The file of a record: whatever happens to process, disk or lock, a saved event is there afterwards, and once."""

from __future__ import annotations

import errno
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

import pytest
from paths import ROOT
from record_files import LAB, asides, ids, kept, litter

from mlsysim_labs.records import atomic
from mlsysim_labs.records import record_file as module
from mlsysim_labs.records.atomic import NotSaved
from mlsysim_labs.records.record import Record
from mlsysim_labs.records.record_file import RecordFile

# Save one event after another; print the id of each when its save has returned.
SAVER = """
import sys
from mlsysim_labs.records.record import Record
from mlsysim_labs.records.record_file import RecordFile
record_file, (who, count) = RecordFile("03_kv_cache", sys.argv[1]), sys.argv[2:]
for i in range(int(count)):
    record_file.save(Record("03_kv_cache").added("answer", "users", {"text": "x" * 200}, id=f"{who}-{i}"))
    print(f"{who}-{i}", flush=True)
"""


# when writing fails ---------------------------------------------------------------------------------------------

def failing(code):
    def fail(*args, **kwargs):
        raise OSError(code, os.strerror(code))
    return fail


@pytest.mark.parametrize("code, says", [
    (errno.ENOSPC, "disk is full"), (errno.EDQUOT, "disk is full"), (errno.EROFS, "you can't write there"),
    (errno.EACCES, "you can't write there"), (errno.ENOENT, "folder is gone"), (errno.EIO, "the system says")])
@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_failed_save_says_why_and_leaves_the_file(record_file, record, monkeypatch, call, code, says):
    record_file.save(record)
    before = record_file.file.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing(code))
        with pytest.raises(NotSaved, match=f"{says}.*save again|{says}.*Save again") as said:
            record_file.save(record.added("hint", "", {}, id="c"))
    assert "still here" in str(said.value) and isinstance(said.value.__cause__, OSError)
    assert record_file.file.read_bytes() == before and litter(record_file) == []
    assert ids(record_file.save(record.added("hint", "", {}, id="d"))) == ["a", "b", "d"]


def test_a_disk_that_fills_amid_a_file_leaves_the_old_one(record_file, record, monkeypatch):
    record_file.save(record)
    opened = pathlib.Path.open

    def half(path, mode="r", *args, **kwargs):
        handle = opened(path, mode, *args, **kwargs)
        if "x" in mode:
            handle.write(b"half")
            monkeypatch.setattr(os, "fsync", failing(errno.ENOSPC))
        return handle

    monkeypatch.setattr(pathlib.Path, "open", half)
    with pytest.raises(NotSaved, match="disk is full"):
        record_file.save(record.added("hint", "", {}))
    assert kept(record_file) == record and litter(record_file) == []


def test_a_folder_that_is_gone_or_a_file_says_so(tmp_path, record):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "gone", tmp_path / "file"):
        with pytest.raises(NotSaved, match="the folder is gone"):
            RecordFile(LAB, folder).save(record)
    assert RecordFile(LAB, tmp_path / "gone").load() == Record(LAB)


def test_a_file_that_cannot_be_read_is_not_overwritten(record_file, record, monkeypatch):
    record_file.save(record)
    with monkeypatch.context() as patch:
        patch.setattr(module, "read_file", failing(errno.EIO))
        with pytest.raises(NotSaved, match="system says"):
            record_file.save(Record(LAB).added("hint", "", {}))
        assert record_file.load() == Record(LAB) and "cannot be read" in record_file.notes[0]
    read = module.read_file
    monkeypatch.setattr(module, "read_file", lambda file: failing(errno.EIO)() if file == record_file.file
                        else read(file))
    assert record_file.load() == record
    monkeypatch.undo()
    assert kept(record_file) == record


def test_a_backup_that_fails_is_a_note_only(record_file, record, monkeypatch):
    put = module.put
    monkeypatch.setattr(module, "put", lambda file, data, flush=True:
                        put(file, data) if flush else failing(errno.ENOSPC)())
    assert record_file.save(record) == record == kept(record_file)
    assert "not its backup: the disk is full" in record_file.notes[0]


def test_an_interrupt_leaves_the_old_file_and_no_litter(record_file, record, monkeypatch):
    record_file.save(record)

    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        record_file.save(record.added("hint", "", {}))
    assert kept(record_file) == record and litter(record_file) == []


def test_what_another_program_writes_in_between_is_merged(record_file, record, monkeypatch):
    """As on a file system without locks."""
    put, other = module.put, Record(LAB).added("hint", "", {}, id="other")
    late = [other.data]

    def overtaken(file, data, flush=True):
        put(file, data, flush)
        if late:
            file.write_bytes(late.pop())

    monkeypatch.setattr(module, "put", overtaken)
    assert sorted(ids(record_file.save(record))) == sorted(ids(kept(record_file))) == ["a", "b", "other"]


def test_a_disk_that_does_not_keep_what_is_written_is_named(record_file, record, monkeypatch):
    put = module.put
    monkeypatch.setattr(module, "put", lambda file, data, flush=True: put(file, data + b" ", flush))
    with pytest.raises(NotSaved, match="Another program or the disk"):
        record_file.save(record)


def test_file_systems_without_locks_or_flushing_of_folders_will_do(record_file, record, monkeypatch):
    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setattr(fcntl, "flock", failing(errno.ENOLCK))
    fsync, calls = os.fsync, []
    monkeypatch.setattr(os, "fsync", lambda handle: failing(errno.EINVAL)() if calls else calls.append(fsync(handle)))
    assert record_file.save(record) == record == kept(record_file)


def test_old_litter_is_removed_and_new_is_not(record_file, record):
    old, new = (record_file.folder / f".{LAB}.record.json.{name}.part" for name in ("old", "new"))
    for part in (old, new):
        part.write_text("half")
    os.utime(old, (time.time() - 100,) * 2)
    record_file.load()
    assert litter(record_file) == [new.name]


# windows --------------------------------------------------------------------------------------------------------

def test_a_lock_held_too_long_is_named(record_file, record, monkeypatch):
    monkeypatch.setattr(atomic, "PATIENCE", 0.05)
    with module.lock_held(record_file.lock), pytest.raises(NotSaved, match="another window"):
        record_file.save(record)
    record_file.save(record)


def test_threads_lose_nothing(tmp_path):
    def work(who):
        record_file, record = RecordFile(LAB, tmp_path), Record(LAB)
        for i in range(10):
            record = record.added("answer", "users", {}, id=f"{who}-{i}")
            record_file.save(record)

    threads = [threading.Thread(target=work, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ids(RecordFile(LAB, tmp_path).load())) == sorted(f"{who}-{i}" for who in range(4) for i in range(10))


def saver(folder, who, count):
    root = str(ROOT)
    return subprocess.Popen([sys.executable, "-c", SAVER, folder, who, str(count)], stdout=subprocess.PIPE, text=True,
                            env={**os.environ, "PYTHONPATH": root})


@pytest.mark.slow
def test_two_processes_lose_nothing(tmp_path):
    running = [saver(tmp_path, who, 60) for who in "ab"]
    said = [process.communicate(timeout=120)[0].split() for process in running]
    assert [len(each) for each in said] == [60, 60]
    record = RecordFile(LAB, tmp_path).load()
    assert sorted(ids(record)) == sorted(said[0] + said[1]) and record.problems() == []


@pytest.mark.soak
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is of POSIX")
def test_a_process_killed_at_any_moment_loses_nothing(tmp_path):
    chance, record_file, acknowledged = random.Random(20261120), RecordFile(LAB, tmp_path), set()
    for turn in range(20):
        process = saver(tmp_path, f"t{turn}", 10_000)
        acknowledged.add(process.stdout.readline().strip())
        time.sleep(chance.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        acknowledged |= set(process.communicate(timeout=60)[0].split())
        record = kept(record_file)
        assert acknowledged <= set(ids(record)) and len(set(ids(record))) == len(record.events)
        assert record.problems() == []
    assert len(acknowledged) > 20 and asides(record_file) == []
