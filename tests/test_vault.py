"""The vault: what is saved is there, once, whatever happened to its files."""

from __future__ import annotations

import json
import time

import pytest
from vaults import LAB, asides, ids, kept, litter

from mlsysim_labs.records.atomic import NotSaved
from mlsysim_labs.records.in_notebooks import notebook_path, of_notebook
from mlsysim_labs.records.json_data import RecordError
from mlsysim_labs.records.record import MIME, Record
from mlsysim_labs.records.record_file import Vault

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
