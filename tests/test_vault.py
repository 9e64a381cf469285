"""The vault: whatever happens to process, disk or file, a saved entry is there afterwards, and once."""

from __future__ import annotations

import errno
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import threading
import time

import pytest

from mlsysim_labs import vault as module
from mlsysim_labs.plain import RecordError
from mlsysim_labs.record import MIME, Record
from mlsysim_labs.vault import NotSaved, Vault, notebook_path, of_notebook

LAB = "03_kv_cache"
# Save one entry after another; print the id of each when its save has returned.
SAVER = """
import sys
from mlsysim_labs.record import Record
from mlsysim_labs.vault import Vault
vault, (who, count) = Vault("03_kv_cache", sys.argv[1]), sys.argv[2:]
for i in range(int(count)):
    vault.save(Record("03_kv_cache").added("answer", "users", {"text": "x" * 200}, id=f"{who}-{i}"))
    print(f"{who}-{i}", flush=True)
"""


@pytest.fixture
def vault(tmp_path):
    return Vault(LAB, tmp_path)


@pytest.fixture
def record():
    return Record(LAB).added("opened", "", {}, id="a").added("prediction", "users", {"text": "16 GiB"}, id="b")


def ids(record):
    return [entry.id for entry in record.entries]


def kept(vault):
    """What the file itself holds, without the help of the backup."""
    return Record.of_data(vault.file.read_bytes())


def litter(vault):
    return [file.name for file in vault.folder.iterdir() if file.name.endswith(".part")]


# saving and loading ---------------------------------------------------------------------------------------------

def test_what_is_saved_is_there(vault, record):
    assert vault.save(record) == record == vault.load() == Vault(LAB, vault.folder).load() == kept(vault)
    assert vault.notes == [] and litter(vault) == []


def test_nothing_there_is_an_empty_record(vault):
    assert vault.load() == Record(LAB) and vault.notes == []
    assert list(vault.folder.iterdir()) == []


def test_saving_merges_and_repeats_nothing(vault, record):
    other = Record(LAB).added("hint", "users", {}, id="c")
    vault.save(record)
    assert sorted(ids(vault.save(other))) == ["a", "b", "c"]
    assert sorted(ids(vault.save(record))) == ["a", "b", "c"]


def test_the_folder_is_that_of_the_start(tmp_path, monkeypatch, record):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    vault = Vault(LAB)
    monkeypatch.chdir("elsewhere")
    vault.save(record)
    assert (tmp_path / "03_kv_cache.record.json").exists()


@pytest.mark.parametrize("slug", ["", "../x", "a/b", "A", "a.b", "x" * 60, "a\n", "\u00e9", "C:", None, 5])
def test_other_slugs_are_refused_in_a_sentence(tmp_path, slug):
    with pytest.raises(RecordError, match="lower-case letters"):
        Vault(slug, tmp_path)
    with pytest.raises(RecordError, match="lower-case letters"):
        of_notebook(tmp_path / "x.ipynb", slug)


def test_the_record_of_another_lab_is_refused(vault):
    with pytest.raises(RecordError, match="04_batching"):
        vault.save(Record("04_batching"))


# damage ---------------------------------------------------------------------------------------------------------

def asides(vault):
    return sorted(vault.folder.glob("03_kv_cache.record.damaged-*.json"))


@pytest.mark.parametrize("harm", [
    lambda data: data[:-40], lambda data: b"", lambda data: b"\x00" * len(data), lambda data: b"[]",
    lambda data: data.replace(b"03_kv_cache", b"04_batching"), lambda data: data.replace(b'"kind"', b'"kin"', 1),
    lambda data: b"[" * 10**5], ids=["cut", "empty", "zeros", "a list", "another lab", "a field", "deep"])
def test_a_damaged_file_is_kept_aside_and_nothing_is_lost(vault, record, harm):
    vault.save(record)
    damaged = harm(vault.file.read_bytes())
    vault.file.write_bytes(damaged)
    fresh = Vault(LAB, vault.folder)
    assert fresh.load() == record and vault.file.read_bytes() == damaged and "cannot be read" in fresh.notes[0]
    assert ids(fresh.save(Record(LAB).added("hint", "", {}, id="c"))) == ["a", "b", "c"]
    assert [file.read_bytes() for file in asides(vault)] == [damaged]
    assert any(asides(vault)[0].name in note for note in fresh.notes)
    assert ids(kept(vault)) == ["a", "b", "c"]


def test_both_files_damaged_are_both_kept(vault, record):
    vault.save(record)
    vault.file.write_text("x")
    vault.backup.write_text("y")
    assert vault.save(Record(LAB)) == Record(LAB) == kept(vault)
    assert {file.read_text() for file in asides(vault)} == {"x", "y"}


def test_a_file_that_is_gone_comes_back_from_its_backup(vault, record):
    vault.save(record)
    vault.file.unlink()
    assert vault.load() == record and "delete .03_kv_cache.record.backup.json too" in vault.notes[0]
    vault.backup.unlink()
    assert vault.load() == Record(LAB)


def test_an_older_copy_put_back_loses_nothing(vault, record):
    vault.save(record)
    older = vault.file.read_bytes()
    newer = vault.save(record.added("hint", "", {}))
    vault.file.write_bytes(older)
    assert Vault(LAB, vault.folder).load() == newer


def test_a_file_of_a_newer_version_stays_where_it_is(vault, record):
    vault.save(record)
    newer = vault.file.read_bytes().replace(b'"record":1', b'"record":2')
    vault.file.write_bytes(newer)
    with pytest.raises(NotSaved, match="update"):
        vault.save(record)
    assert vault.file.read_bytes() == newer and asides(vault) == [] and vault.load() == record


def test_a_changed_entry_is_loaded_and_named(vault, record):
    vault.save(record)
    vault.backup.unlink()
    vault.file.write_bytes(vault.file.read_bytes().replace(b"16 GiB", b"64 GiB"))
    assert "changed" in vault.load().problems()[0]
    assert vault.save(record).problems() == []


# when writing fails ---------------------------------------------------------------------------------------------

def failing(code):
    def fail(*args, **kwargs):
        raise OSError(code, os.strerror(code))
    return fail


@pytest.mark.parametrize("code, says", [
    (errno.ENOSPC, "disk is full"), (errno.EDQUOT, "disk is full"), (errno.EROFS, "nothing may be written"),
    (errno.EACCES, "nothing may be written"), (errno.ENOENT, "folder is gone"), (errno.EIO, "the system says")])
@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_failed_save_says_why_and_leaves_the_file(vault, record, monkeypatch, call, code, says):
    vault.save(record)
    before = vault.file.read_bytes()
    with monkeypatch.context() as patch:
        patch.setattr(os, call, failing(code))
        with pytest.raises(NotSaved, match=f"{says}.*save again|{says}.*Save again") as said:
            vault.save(record.added("hint", "", {}, id="c"))
    assert "still here" in str(said.value) and isinstance(said.value.__cause__, OSError)
    assert vault.file.read_bytes() == before and litter(vault) == []
    assert ids(vault.save(record.added("hint", "", {}, id="d"))) == ["a", "b", "d"]


def test_a_disk_that_fills_amid_a_file_leaves_the_old_one(vault, record, monkeypatch):
    vault.save(record)
    opened = pathlib.Path.open

    def half(path, mode="r", *args, **kwargs):
        handle = opened(path, mode, *args, **kwargs)
        if "x" in mode:
            handle.write(b"half")
            monkeypatch.setattr(os, "fsync", failing(errno.ENOSPC))
        return handle

    monkeypatch.setattr(pathlib.Path, "open", half)
    with pytest.raises(NotSaved, match="disk is full"):
        vault.save(record.added("hint", "", {}))
    assert kept(vault) == record and litter(vault) == []


def test_a_folder_that_is_gone_or_a_file_says_so(tmp_path, record):
    (tmp_path / "file").touch()
    for folder in (tmp_path / "gone", tmp_path / "file"):
        with pytest.raises(NotSaved, match="the folder is gone"):
            Vault(LAB, folder).save(record)
    assert Vault(LAB, tmp_path / "gone").load() == Record(LAB)


def test_a_file_that_cannot_be_read_is_not_overwritten(vault, record, monkeypatch):
    vault.save(record)
    with monkeypatch.context() as patch:
        patch.setattr(pathlib.Path, "read_bytes", failing(errno.EIO))
        with pytest.raises(NotSaved, match="system says"):
            vault.save(Record(LAB).added("hint", "", {}))
        assert vault.load() == Record(LAB) and "cannot be read" in vault.notes[0]
    read = pathlib.Path.read_bytes
    monkeypatch.setattr(pathlib.Path, "read_bytes", lambda file: failing(errno.EIO)() if file == vault.file
                        else read(file))
    assert vault.load() == record
    monkeypatch.undo()
    assert kept(vault) == record


def test_a_backup_that_fails_is_a_note_only(vault, record, monkeypatch):
    put = module.put
    monkeypatch.setattr(module, "put", lambda file, data, flush=True:
                        put(file, data) if flush else failing(errno.ENOSPC)())
    assert vault.save(record) == record == kept(vault)
    assert "not its backup: the disk is full" in vault.notes[0]


def test_an_interrupt_leaves_the_old_file_and_no_litter(vault, record, monkeypatch):
    vault.save(record)

    def interrupted(*args):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "replace", interrupted)
    with pytest.raises(KeyboardInterrupt):
        vault.save(record.added("hint", "", {}))
    assert kept(vault) == record and litter(vault) == []


def test_what_another_program_writes_in_between_is_merged(vault, record, monkeypatch):
    """As on a file system without locks."""
    put, other = module.put, Record(LAB).added("hint", "", {}, id="other")
    late = [other.data]

    def overtaken(file, data, flush=True):
        put(file, data, flush)
        if late:
            file.write_bytes(late.pop())

    monkeypatch.setattr(module, "put", overtaken)
    assert sorted(ids(vault.save(record))) == sorted(ids(kept(vault))) == ["a", "b", "other"]


def test_a_disk_that_does_not_keep_what_is_written_is_named(vault, record, monkeypatch):
    put = module.put
    monkeypatch.setattr(module, "put", lambda file, data, flush=True: put(file, data + b" ", flush))
    with pytest.raises(NotSaved, match="another program or the disk"):
        vault.save(record)


def test_file_systems_without_locks_or_flushing_of_folders_will_do(vault, record, monkeypatch):
    fcntl = pytest.importorskip("fcntl")
    monkeypatch.setattr(fcntl, "flock", failing(errno.ENOLCK))
    fsync, calls = os.fsync, []
    monkeypatch.setattr(os, "fsync", lambda handle: failing(errno.EINVAL)() if calls else calls.append(fsync(handle)))
    assert vault.save(record) == record == kept(vault)


def test_old_litter_is_removed_and_new_is_not(vault, record):
    old, new = (vault.folder / f".{LAB}.record.json.{name}.part" for name in ("old", "new"))
    for part in (old, new):
        part.write_text("half")
    os.utime(old, (time.time() - 100,) * 2)
    vault.load()
    assert litter(vault) == [new.name]


# windows --------------------------------------------------------------------------------------------------------

def test_a_lock_held_too_long_is_named(vault, record, monkeypatch):
    monkeypatch.setattr(module, "PATIENCE", 0.05)
    with module.locked(vault.lock), pytest.raises(NotSaved, match="another window"):
        vault.save(record)
    vault.save(record)


def test_threads_lose_nothing(tmp_path):
    def work(who):
        vault, record = Vault(LAB, tmp_path), Record(LAB)
        for i in range(10):
            record = record.added("answer", "users", {}, id=f"{who}-{i}")
            vault.save(record)

    threads = [threading.Thread(target=work, args=(who,)) for who in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(ids(Vault(LAB, tmp_path).load())) == sorted(f"{who}-{i}" for who in range(4) for i in range(10))


def saver(folder, who, count):
    root = str(pathlib.Path(__file__).parent.parent)
    return subprocess.Popen([sys.executable, "-c", SAVER, folder, who, str(count)], stdout=subprocess.PIPE, text=True,
                            env={**os.environ, "PYTHONPATH": root})


@pytest.mark.slow
def test_two_processes_lose_nothing(tmp_path):
    running = [saver(tmp_path, who, 60) for who in "ab"]
    said = [process.communicate(timeout=120)[0].split() for process in running]
    assert [len(each) for each in said] == [60, 60]
    record = Vault(LAB, tmp_path).load()
    assert sorted(ids(record)) == sorted(said[0] + said[1]) and record.problems() == []


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="SIGKILL is of POSIX")
def test_a_process_killed_at_any_moment_loses_nothing(tmp_path):
    chance, vault, acknowledged = random.Random(20261120), Vault(LAB, tmp_path), set()
    for turn in range(20):
        process = saver(tmp_path, f"t{turn}", 10_000)
        acknowledged.add(process.stdout.readline().strip())
        time.sleep(chance.uniform(0, 0.05))
        process.send_signal(signal.SIGKILL)
        acknowledged |= set(process.communicate(timeout=60)[0].split())
        record = kept(vault)
        assert acknowledged <= set(ids(record)) and len(set(ids(record))) == len(record.entries)
        assert record.problems() == []
    assert len(acknowledged) > 20 and asides(vault) == []


# notebooks ------------------------------------------------------------------------------------------------------

def notebook(path, *bundles, **more):
    outputs = [{"output_type": "display_data", "data": bundle, "metadata": {}} for bundle in bundles]
    path.write_text(json.dumps({"cells": [{"cell_type": "code", "outputs": outputs}], "metadata": {}} | more))
    return path


def test_records_in_outputs_and_metadata_are_found(tmp_path, record):
    one, two = (Record(LAB).added("hint", "", {}, id=id) for id in "cd")
    path = notebook(tmp_path / "lab.ipynb", {MIME: record.json, "text/plain": "x"}, {MIME: one.json}, {MIME: [5]},
                    {MIME: Record("04_batching").added("opened", "", {}).json}, metadata={MIME: two.json})
    assert sorted(ids(of_notebook(path, LAB))) == ["a", "b", "c", "d"]
    assert len(of_notebook(path, "04_batching").entries) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "5", '{"cells": 3}', '{"cells": [{"outputs": null}]}', "[" * 10**5,
                                  '{"cells": [{"outputs": [{"data": []}]}]}'], ids=lambda text: text[:20])
def test_broken_notebooks_hold_nothing(tmp_path, text):
    (tmp_path / "x.ipynb").write_text(text)
    assert of_notebook(tmp_path / "x.ipynb", LAB) == of_notebook(tmp_path / "gone.ipynb", LAB) == Record(LAB)


def test_loading_brings_file_and_notebook_together(vault, record, monkeypatch):
    vault.save(record)
    path = notebook(vault.folder / "lab.ipynb", {MIME: Record(LAB).added("hint", "", {}, id="c").json})
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    assert sorted(ids(vault.load())) == ["a", "b", "c"]
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert vault.load() == record and sorted(ids(vault.load(notebook=path))) == ["a", "b", "c"]


def test_the_notebook_is_that_of_the_kernel(tmp_path, monkeypatch):
    path = notebook(tmp_path / "lab.ipynb")
    for name, found in ((path, path), (tmp_path / "gone.ipynb", None), (tmp_path, None), ("console-1", None)):
        monkeypatch.setenv("JPY_SESSION_NAME", str(name))
        assert notebook_path() == found
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert notebook_path() is None


# time -----------------------------------------------------------------------------------------------------------

def test_five_hundred_entries_are_saved_at_once(vault):
    """Best of five: how long the disk takes is not ours."""
    record, took = Record(LAB), []
    for i in range(500):
        record = record.added("answer", f"task{i}", {"text": "16 GiB", "value": 1.7e10, "unit": "GiB"})
    for _ in range(5):
        record, start = record.added("hint", "", {}), time.perf_counter()
        vault.save(record)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.05
