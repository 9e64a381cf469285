"""Pipes and huge files: nobody waits for them, nobody runs out of memory, and a sentence says what is there."""

from __future__ import annotations

import os
import signal

import pytest
from record_files import LAB

from mlsysim_labs.commands.labs import copy_labs
from mlsysim_labs.places.catalogue import Catalogue
from mlsysim_labs.records.atomic import NotSaved
from mlsysim_labs.records.files import LIMIT, Unreadable, read_file
from mlsysim_labs.records.in_notebooks import of_notebook
from mlsysim_labs.records.record import MIME, Record
from mlsysim_labs.records.record_file import RecordFile

PIPE, HUGE = "it is a pipe or a device, not an ordinary file", "it has 200 MB, and I read at most 64 MB"
pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="named pipes are of POSIX")


@pytest.fixture(autouse=True)
def soon():
    """Who opens a pipe may wait for ever: a test that does fails after ten seconds."""
    if not hasattr(signal, "SIGALRM"):
        yield
        return
    before = signal.signal(signal.SIGALRM, lambda *_: pytest.fail("it waits for a pipe"))
    signal.alarm(10)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def put_pipe(path):
    """A pipe that nobody writes into."""
    path.unlink(missing_ok=True)
    os.mkfifo(path)


def put_huge(path):
    """200 MB, of which the disk has none."""
    with path.open("wb") as file:
        file.truncate(200_000_000)


PUTS = [pytest.param(put_pipe, PIPE, marks=pipes, id="pipe"), pytest.param(put_huge, HUGE, id="huge")]


def test_ordinary_files_are_read_whole(tmp_path):
    (tmp_path / "x").write_bytes(b"a\r\n\x00" * 1000)
    assert read_file(tmp_path / "x") == read_file(str(tmp_path / "x")) == b"a\r\n\x00" * 1000
    for missing in ("gone", "."):
        with pytest.raises(OSError):
            read_file(tmp_path / missing)


@pytest.mark.parametrize("put, says", PUTS)
def test_others_are_refused_at_once(tmp_path, put, says):
    put(tmp_path / "x")
    with pytest.raises(Unreadable, match=says):
        read_file(tmp_path / "x")


def test_the_limit_itself_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("mlsysim_labs.records.files.LIMIT", 10)
    (tmp_path / "x").write_bytes(b"0123456789")
    assert len(read_file(tmp_path / "x")) == 10 < LIMIT
    (tmp_path / "x").write_bytes(b"0123456789!")
    with pytest.raises(Unreadable, match="at most"):
        read_file(tmp_path / "x")


@pytest.mark.parametrize("put, says", PUTS)
def test_a_record_file_that_cannot_be_read_is_said_and_left_alone(record_file, record, put, says):
    record_file.save(record)
    put(record_file.file)
    again = RecordFile(LAB, record_file.folder)
    assert again.load() == record, "the backup has it"
    assert f"{record_file.file.name} cannot be read: {says}." in again.notes
    with pytest.raises(NotSaved, match=rf"{record_file.file.name} cannot be read: {says}\. Move it away"):
        again.save(record)
    assert record_file.file.exists()


@pipes
def test_a_lock_that_is_a_pipe_is_waited_for_by_nobody(record_file, record):
    put_pipe(record_file.lock)
    with pytest.raises(NotSaved):
        record_file.save(record)


def test_a_record_too_large_to_be_read_again_is_not_written(record_file, record, monkeypatch):
    record_file.save(record)
    monkeypatch.setattr("mlsysim_labs.records.record_file.LIMIT", len(record.data))
    with pytest.raises(NotSaved, match="the record would be larger than"):
        record_file.save(record.added("hint", "users", {}))
    assert RecordFile(LAB, record_file.folder).load() == record


@pytest.mark.parametrize("put, says", PUTS)
def test_a_notebook_that_cannot_be_read_is_a_note(record_file, record, put, says):
    record_file.save(record)
    put(record_file.folder / "lab.ipynb")
    assert record_file.load(record_file.folder / "lab.ipynb") == record
    assert record_file.notes == [f"lab.ipynb was not searched for a record: {says}."]


def test_a_notebook_without_records_is_not_parsed(tmp_path, monkeypatch):
    """Parsing takes the time and the memory: 4 to 25 times the file's size."""
    (tmp_path / "x.ipynb").write_text('{"cells": []}')
    monkeypatch.setattr("json.loads", lambda data: pytest.fail("parsed"))
    assert of_notebook(tmp_path / "x.ipynb", LAB) == Record(LAB)
    (tmp_path / "x.ipynb").write_text(f'{{"cells": [], "{MIME}": 5}}')
    with pytest.raises(pytest.fail.Exception):
        of_notebook(tmp_path / "x.ipynb", LAB)


@pytest.mark.parametrize("put, says", PUTS)
def test_the_catalogue_names_what_it_cannot_read(tmp_path, put, says):
    put(tmp_path / "01_x.ipynb")
    assert f"01_x.ipynb is left out: {says}." in Catalogue(tmp_path).notes


@pytest.mark.parametrize("put, says", PUTS)
def test_what_stands_in_the_place_of_a_lab_is_kept(tmp_path, put, says):
    source, folder = tmp_path / "labs", tmp_path / "mine"
    source.mkdir()
    (source / "01_x.ipynb").write_text("{}")
    copy_labs(source, folder)
    put(folder / "01_x.ipynb")
    assert copy_labs(source, folder) == ["Kept your 01_x.ipynb."]
