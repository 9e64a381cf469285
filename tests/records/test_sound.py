"""Files that others have touched: each sound entry comes back, what is wrong is said, and the file itself is kept."""

from __future__ import annotations

import dataclasses
import json
import random
import time

import pytest
from record_files import LAB, asides, ids
from records_drawn import changed, sample

from mlsysim_labs.records.event import root
from mlsysim_labs.records.in_notebooks import of_notebook
from mlsysim_labs.records.json_data import RecordError
from mlsysim_labs.records.record import MIME, Record
from mlsysim_labs.records.record_file import RecordFile
from mlsysim_labs.records.sound import sound_events


def two_branches():
    """A record, and how two copies of it went on."""
    when = "2026-11-20T09:30:00.000Z"
    common = Record(LAB).added("opened", "lab", {"mode": "learn"}, id="a", time=when)
    common = common.added("prediction", "users", {"value": 40}, id="b", time=when)
    return (common, common.added("answer", "memory", {"text": "16 GB"}, id="c", time=when),
            common.added("answer", "memory", {"text": "17.2 GB"}, id="d", time=when))


def conflicted():
    """The file that git leaves where two branches have one entry more each."""
    common, one, two = two_branches()
    head, last = common.data.split(b"\n")[:-2], common.data.split(b"\n")[-2:]
    return b"\n".join([*head[:-1], head[-1] + b",", b"<<<<<<< HEAD", one.events[-1].line.encode(), b"=======",
                       two.events[-1].line.encode(), b">>>>>>> other", *last])


def test_a_file_with_marks_of_a_merge_gives_back_both_sides(record_file):
    """After reports of notebooks that git had merged."""
    for file in (record_file.file, record_file.backup):
        file.write_bytes(conflicted())
    assert ids(record_file.load()) == ["a", "b", "c", "d"]
    assert "marks of two versions that git has merged. 4 of its entries are sound" in record_file.notes[0]
    again = record_file.save(record_file.load().added("prediction", "users", {"value": 4}, id="e"))
    assert again.prediction("users").value == {"value": 40} and again.problems() == []
    assert ids(RecordFile(LAB, record_file.folder).load()) == ["a", "b", "c", "d", "e"]
    assert [file.read_bytes() for file in asides(record_file)] == [conflicted()]


@pytest.mark.parametrize("harm", [
    lambda data: data + data, lambda data: b"\xef\xbb\xbf" + data + b"x", lambda data: data[:-5],
    lambda data: data.decode().encode("utf-16") + b"x\x00", lambda data: data.replace(b"\n", b"\r\n")[1:],
    lambda data: json.dumps(json.loads(data), indent=4).encode()[5:], lambda data: b"lost" + data[9:],
    lambda data: b"".join(reversed(data.splitlines(keepends=True))), lambda data: b'{"hash":' * 1000 + data,
], ids=["twice", "BOM", "end", "utf-16", "windows", "formatted", "begin", "reversed", "nested"])
def test_all_entries_come_back_whatever_stands_around_them(harm):
    record = sample()
    assert sound_events(harm(record.data), LAB) == record.events


def test_a_file_cut_anywhere_gives_back_each_whole_entry():
    record = sample()
    data, sizes = record.data, []
    ends = [data.index(event.line.encode()) + len(event.line) for event in record.events]
    for length in range(0, len(data), 7):
        found = sound_events(data[:length], LAB)
        assert found == record.events[:sum(end <= length for end in ends)]
        sizes.append(len(found))
    assert max(sizes) == len(record.events) - (ends[-1] > length)


def test_what_somebody_changed_is_not_sound():
    record = sample()
    forged = changed(record, 1, {"text": "64 GiB"})
    assert len(sound_events(forged.data[:-9], LAB)) == len(record.events) - 1
    assert sound_events(record.data, "04_batching") == ()


def test_entries_of_another_lab_do_not_get_in(record_file, record):
    record_file.file.write_bytes(record.data + Record("04_batching").added("hint", "x", {}).data)
    assert record_file.load() == record


def notebook_data(*records, indent=1):
    outputs = [{"output_type": "display_data", "data": {MIME: one.json}, "metadata": {}} for one in records]
    tight = (",", ":") if indent is None else None
    return json.dumps({"cells": [{"cell_type": "code", "outputs": outputs, "source": "lab"}], "metadata": {}},
                      indent=indent, sort_keys=True, separators=tight).encode()


@pytest.mark.parametrize("indent", [None, 1])
def test_a_notebook_that_is_cut_gives_back_the_record_in_it(tmp_path, indent):
    record, path = sample(), tmp_path / "lab.ipynb"
    path.write_bytes(notebook_data(record, Record("04_batching").added("hint", "x", {}), indent=indent)[:-30])
    assert of_notebook(path, LAB).events == record.events
    path.write_bytes(b"<<<<<<< HEAD\n" + notebook_data(record) + b"=======\n" + notebook_data(record) + b">>>>>>> x")
    assert of_notebook(path, LAB).events == record.events


def test_a_bundle_with_a_strange_entry_gives_back_the_others(tmp_path):
    record, path = sample(), tmp_path / "lab.ipynb"
    tree = json.loads(notebook_data(record))
    tree["cells"][0]["outputs"][0]["data"][MIME]["entries"][0] = {"hash": "x"}
    path.write_text(json.dumps(tree))
    assert of_notebook(path, LAB).events == record.events[1:]


# at random ------------------------------------------------------------------------------------------------------

def harmed(data, chance):
    """The same with what people, programs and disks do to a file."""
    data = bytearray(data)
    for _ in range(chance.randint(1, 4)):
        way, at = chance.randrange(7), chance.randrange(len(data) + 1)
        to = min(len(data), at + chance.choice([1, 3, 40, 400]))
        if way == 0:
            del data[at:]
        elif way == 1:
            data[at:to] = b""
        elif way == 2:
            data[at:to] = bytes(chance.randrange(256) for _ in range(to - at))
        elif way == 3:
            data[at:at] = data[at:to] * chance.choice([1, 2, 50])
        elif way == 4:
            data[at:at] = chance.choice([b"<<<<<<< HEAD\n", b'{"hash":"', b"{" * 50, b"\x00", b"\\", b'"', b"[[1e999,"])
        elif way == 5:
            data = data[at:] + data[:at]
        else:
            data[at:at] = b"\n".join(chance.sample(data.split(b"\n"), data.count(b"\n") + 1))
    return bytes(data)


def of_format_1(record):
    """The same as the version before wrote it: no entry says its lab."""
    last, events = root(LAB, 1), []
    for event in record.events:
        draft = dataclasses.replace(event, lab="", previous=last)
        last = draft.digest
        events.append(dataclasses.replace(draft, hash=last))
    return Record(LAB, {"versions": {}, "parameters": {}}, tuple(events))


def whole_entries(record, data):
    """The entries whose line is still in these bytes."""
    return {event.hash for event in record.events if event.line.encode() in data}


def fuzzed(folder, seed):
    """A file or a notebook harmed at random; what is read of it holds all that is whole, or it is said why not."""
    chance = random.Random(seed)
    record = Record(LAB)
    for i in range(chance.randint(1, 6)):
        record = record.added(chance.choice(["prediction", "answer"]), "users", {"text": f"größer {i}"}, id=f"{i}")
    record = of_format_1(record) if chance.random() < 0.2 else record
    data = harmed(record.data, chance)
    if chance.random() < 0.3:
        book = harmed(notebook_data(record, indent=chance.choice([None, 1])), chance)
        (folder / "lab.ipynb").write_bytes(book)
        found = of_notebook(folder / "lab.ipynb", LAB)
        assert {event for event in found.events if event.verifies} <= set(record.events)
        if MIME.encode() in book and record.events[0].lab:
            assert whole_entries(record, book) <= {event.hash for event in found.events}, "in a notebook"
    record_file = RecordFile(LAB, folder)
    record_file.file.write_bytes(data)
    found = record_file.load()
    assert whole_entries(record, data) <= {event.hash for event in found.events}, "a whole entry is lost"
    assert record_file.notes or not found.problems() or all(p.endswith(".") for p in found.problems())
    assert found.events == record.events or found.problems() or record_file.notes or not data.strip()
    text = harmed(record.text.encode(), chance).decode("utf-8", "replace")
    try:
        assert set(Record.of_text(text).events) <= set(record.events)
    except RecordError as problem:
        assert str(problem).endswith(".")
    for file in folder.iterdir():
        file.unlink()


def test_harmed_files_give_back_what_is_whole(tmp_path):
    for seed in range(300):
        fuzzed(tmp_path, seed)


@pytest.mark.soak
def test_ten_thousand_harmed_files_give_back_what_is_whole(tmp_path):
    resource = pytest.importorskip("resource")
    slowest = 0.0
    for seed in range(1000, 11_000):
        began = time.perf_counter()
        fuzzed(tmp_path, seed)
        slowest = max(slowest, time.perf_counter() - began)
    print(f"slowest {slowest:.2f} s, {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.2f} GB")
    assert slowest < 5
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < 1e6, "kB"


@pytest.mark.parametrize("data", [
    b'{"hash":' * 400_000, b'{"hash":"' * 400_000, b'{"hash":[1,' * 300_000, b'{"hash":{"a":"' + b"x" * 3_000_000,
    b'{"hash":' + b"9" * 3_000_000, b'{"hash":"x","a":[' + b'{"hash":[0,' * 200_000], ids=lambda data: str(data[:12]))
def test_hostile_files_take_no_time(data):
    began = time.perf_counter()
    assert sound_events(data, LAB) == ()
    assert time.perf_counter() - began < 3
