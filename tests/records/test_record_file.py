"""The file of a record: what is saved is there, once, whatever happened to its files."""

from __future__ import annotations

import json
import time

import pytest
from record_files import LAB, asides, ids, kept, litter

from mlsysim_labs.records.atomic import NotSaved
from mlsysim_labs.records.in_notebooks import notebook_path, of_notebook
from mlsysim_labs.records.json_data import RecordError
from mlsysim_labs.records.record import MIME, Record
from mlsysim_labs.records.record_file import RecordFile

# saving and loading ---------------------------------------------------------------------------------------------

def test_what_is_saved_is_there(record_file, record):
    assert record_file.save(record) == record == record_file.load() == kept(record_file)
    assert RecordFile(LAB, record_file.folder).load() == record
    assert record_file.notes == [] and litter(record_file) == []


def test_nothing_there_is_an_empty_record(record_file):
    assert record_file.load() == Record(LAB) and record_file.notes == []
    assert list(record_file.folder.iterdir()) == []


def test_saving_merges_and_repeats_nothing(record_file, record):
    other = Record(LAB).added("hint", "users", {}, id="c")
    record_file.save(record)
    assert sorted(ids(record_file.save(other))) == ["a", "b", "c"]
    assert sorted(ids(record_file.save(record))) == ["a", "b", "c"]


def test_the_folder_is_that_of_the_start(tmp_path, monkeypatch, record):
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    record_file = RecordFile(LAB)
    monkeypatch.chdir("elsewhere")
    record_file.save(record)
    assert (tmp_path / "03_kv_cache.record.json").exists()


@pytest.mark.parametrize("slug", ["", "../x", "a/b", "A", "a.b", "x" * 60, "a\n", "\u00e9", "C:", None, 5])
def test_other_slugs_are_refused_in_a_sentence(tmp_path, slug):
    with pytest.raises(RecordError, match="lower-case letters"):
        RecordFile(slug, tmp_path)
    with pytest.raises(RecordError, match="lower-case letters"):
        of_notebook(tmp_path / "x.ipynb", slug)


@pytest.mark.parametrize("slug", ["con", "nul", "aux", "prn", "com1", "lpt9"])
def test_devices_of_windows_name_no_lab(tmp_path, slug):
    with pytest.raises(RecordError, match=rf"Windows keeps that name for a device.*for example '{slug}_lab'\."):
        RecordFile(slug, tmp_path)
    assert RecordFile(f"{slug}_lab", tmp_path).slug and RecordFile(f"{slug}x", tmp_path).slug


def test_the_record_of_another_lab_is_refused(record_file):
    with pytest.raises(RecordError, match="04_batching"):
        record_file.save(Record("04_batching"))


# damage ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("harm", [
    lambda data: data[:-40], lambda data: b"", lambda data: b"\x00" * len(data), lambda data: b"[]",
    lambda data: data.replace(b"03_kv_cache", b"04_batching"), lambda data: data.replace(b'"kind"', b'"kin"', 1),
    lambda data: b"[" * 10**5], ids=["cut", "empty", "zeros", "a list", "another lab", "a field", "deep"])
def test_a_damaged_file_is_kept_aside_and_nothing_is_lost(record_file, record, harm):
    record_file.save(record)
    damaged = harm(record_file.file.read_bytes())
    record_file.file.write_bytes(damaged)
    fresh = RecordFile(LAB, record_file.folder)
    assert fresh.load() == record and record_file.file.read_bytes() == damaged and "cannot be read" in fresh.notes[0]
    assert ids(fresh.save(Record(LAB).added("hint", "", {}, id="c"))) == ["a", "b", "c"]
    assert [file.read_bytes() for file in asides(record_file)] == [damaged]
    assert any(asides(record_file)[0].name in note for note in fresh.notes)
    assert ids(kept(record_file)) == ["a", "b", "c"]


def test_both_files_damaged_are_both_kept(record_file, record):
    record_file.save(record)
    record_file.file.write_text("x")
    record_file.backup.write_text("y")
    assert record_file.save(Record(LAB)) == Record(LAB) == kept(record_file)
    assert {file.read_text() for file in asides(record_file)} == {"x", "y"}


def test_a_file_that_is_gone_comes_back_from_its_backup(record_file, record):
    record_file.save(record)
    record_file.file.unlink()
    assert record_file.load() == record and "delete .03_kv_cache.record.backup.json too" in record_file.notes[0]
    record_file.backup.unlink()
    assert record_file.load() == Record(LAB)


def test_an_older_copy_put_back_loses_nothing(record_file, record):
    record_file.save(record)
    older = record_file.file.read_bytes()
    newer = record_file.save(record.added("hint", "", {}))
    record_file.file.write_bytes(older)
    assert RecordFile(LAB, record_file.folder).load() == newer


def test_a_file_of_a_newer_version_stays_where_it_is(record_file, record):
    record_file.save(record)
    newer = record_file.file.read_bytes().replace(b'"record":2', b'"record":3')
    record_file.file.write_bytes(newer)
    with pytest.raises(NotSaved, match="Update"):
        record_file.save(record)
    assert record_file.file.read_bytes() == newer and asides(record_file) == [] and record_file.load() == record


def test_a_changed_entry_is_loaded_and_named(record_file, record):
    record_file.save(record)
    record_file.backup.unlink()
    record_file.file.write_bytes(record_file.file.read_bytes().replace(b"16 GiB", b"64 GiB"))
    assert "changed" in record_file.load().problems()[0]
    assert record_file.save(record).problems() == []


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
    assert len(of_notebook(path, "04_batching").events) == 1


@pytest.mark.parametrize("text", ["", "{", "[]", "5", '{"cells": 3}', '{"cells": [{"outputs": null}]}', "[" * 10**5,
                                  '{"cells": [{"outputs": [{"data": []}]}]}'], ids=lambda text: text[:20])
def test_broken_notebooks_hold_nothing(tmp_path, text):
    (tmp_path / "x.ipynb").write_text(text)
    assert of_notebook(tmp_path / "x.ipynb", LAB) == of_notebook(tmp_path / "gone.ipynb", LAB) == Record(LAB)


def test_loading_brings_file_and_notebook_together(record_file, record, monkeypatch):
    record_file.save(record)
    path = notebook(record_file.folder / "lab.ipynb", {MIME: Record(LAB).added("hint", "", {}, id="c").json})
    monkeypatch.setenv("JPY_SESSION_NAME", str(path))
    assert sorted(ids(record_file.load())) == ["a", "b", "c"]
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert record_file.load() == record and sorted(ids(record_file.load(notebook=path))) == ["a", "b", "c"]


def test_the_notebook_is_that_of_the_kernel(tmp_path, monkeypatch):
    path = notebook(tmp_path / "lab.ipynb")
    for name, found in ((path, path), (tmp_path / "gone.ipynb", None), (tmp_path, None), ("console-1", None)):
        monkeypatch.setenv("JPY_SESSION_NAME", str(name))
        assert notebook_path() == found
    monkeypatch.delenv("JPY_SESSION_NAME")
    assert notebook_path() is None


# time -----------------------------------------------------------------------------------------------------------

def test_five_hundred_entries_are_saved_at_once(record_file):
    """Best of five: how long the disk takes is not ours."""
    record, took = Record(LAB), []
    for i in range(500):
        record = record.added("answer", f"task{i}", {"text": "16 GiB", "value": 1.7e10, "unit": "GiB"})
    for _ in range(5):
        record, start = record.added("hint", "", {}), time.perf_counter()
        record_file.save(record)
        took.append(time.perf_counter() - start)
    assert min(took) < 0.05
