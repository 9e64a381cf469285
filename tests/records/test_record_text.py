"""A record on its way: JSON, files and text, from friend and foe."""

from __future__ import annotations

import base64
import json
import random
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from records_drawn import JSON, LAB, changed_records, sample

from mlsysim_labs.records.event import Event
from mlsysim_labs.records.json_data import NewerRecordError, RecordError
from mlsysim_labs.records.record import Record
from mlsysim_labs.records.text import END, TEXT_LIMIT, checksum


@pytest.fixture
def record():
    return sample()


# JSON -----------------------------------------------------------------------------------------------------------

def deep(levels):
    value = {}
    for _ in range(levels):
        value = {"x": value}
    return value


@pytest.mark.slow
@given(changed_records())
def test_json_and_files_come_back(record):
    assert Record.of_json(record.json) == Record.of_json(json.loads(json.dumps(record.json))) == record
    assert Record.of_data(record.data) == record


@pytest.mark.parametrize("change", [
    {"record": "1"}, {"record": True}, {"lab": "../../x"}, {"lab": ["x"]}, {"lab": "A"}, {"lab": "x" * 51}, {"lab": ""},
    {"versions": 3}, {"parameters": {"x": float("nan")}}, {"parameters": deep(200)},
    {"parameters": {"x": "y" * 10**6}}, {"entries": {}}, {"entries": [5]}, {"entries": [{}]},
    {"entries": [None] * 200_000}], ids=lambda x: str(x)[:30])
def test_hostile_json_is_refused_in_a_sentence(record, change):
    with pytest.raises(RecordError, match=r"\.$"):
        Record.of_json({**record.json, **change})


@pytest.mark.parametrize("change", [
    {"id": 5}, {"id": ""}, {"kind": None}, {"name": "x" * 1000}, {"value": []}, {"value": deep(200)}, {"hash": "x"},
    {"value": {"x": float("inf")}}, {"time": "now"}, {"time": "2026-99-20T09:30:00.000Z"}, {"time": 5}, {"more": 1},
    {"previous": "A" * 64}, {"session": {}}], ids=lambda x: str(x)[:30])
def test_hostile_entries_are_refused_in_a_sentence(record, change):
    events = record.json["entries"]
    events[1] |= change
    with pytest.raises(RecordError, match=r"\.$"):
        Record.of_json({**record.json, "entries": events})


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe\x00", b"[" * 10**5, b"9" * 5000, b"null", b"[]",
                                  b'{"record":1}', b'{"record":NaN}', b"\x80abc"], ids=lambda x: str(x)[:20])
def test_hostile_bytes_are_refused_in_a_sentence(data):
    with pytest.raises(RecordError, match=r"\.$"):
        Record.of_data(data)


@given(JSON)
def test_any_json_is_a_record_or_refused(found):
    for try_ in (Record.of_json, Event.of_json):
        with pytest.raises(RecordError):
            try_(found)


def test_a_value_nested_without_end_is_refused():
    endless = {}
    endless["x"] = endless
    for value in (endless, deep(5000)):
        with pytest.raises(RecordError, match="flatter"):
            Record(LAB).added("answer", "users", value)


def test_a_record_from_the_future_says_update(record):
    with pytest.raises(NewerRecordError, match="Update"):
        Record.of_json({**record.json, "record": 3})


# text -----------------------------------------------------------------------------------------------------------

@given(changed_records())
def test_text_comes_back(record):
    assert Record.of_text(record.text) == record
    assert max(map(len, record.text.splitlines())) <= 76


@pytest.fixture
def long_record(record):
    words = random.Random(1)
    for i in range(20):
        record = record.added("reflection", f"why{i}", {"text": "".join(words.choices("abcdefgh ijk", k=80))})
    return record


@pytest.mark.parametrize("post", [
    lambda text: text.replace("\n", "\r\n"), lambda text: text.replace("\n", " "), lambda text: "\ufeff" + text,
    lambda text: "Dear tutor,\n\nhere it is:\n" + text + "\n-- \nSam\n",
    lambda text: "\n".join("> > " + line for line in text.splitlines()),
    lambda text: "\n".join("> " + line[:50] + "\n" + line[50:] for line in text.splitlines()),
    lambda text: "\n".join("   \u00a0" + line + "\u200b  " for line in text.splitlines()),
    lambda text: text[:300] + "\n" + text + text,
], ids=["windows", "one line", "mark", "a mail", "quoted", "wrapped", "blanks", "a half before it"])
def test_text_survives_the_post(long_record, post):
    assert Record.of_text(post(long_record.text)) == long_record


def packed(data, lab=LAB, version=1):
    squeezed = zlib.compress(data, 9)
    return f"mlsysim-labs record {version} {lab}\n{base64.b64encode(squeezed).decode()}\n{END} {checksum(squeezed)}\n"


@pytest.mark.parametrize("change, says", [
    (lambda text: "", "no record here"), (lambda text: text[:400], "end of this record is missing"),
    (lambda text: text[:-3], "end of this record is missing"),
    (lambda text: text[:200] + text[204:], "some letters"), (lambda text: text[:200] + text[201:], "some letters"),
    (lambda text: text[:200] + "." + text[200:], "middle"), (lambda text: 5, "not the text"),
    (lambda text: text.replace(LAB, "04_batching"), "first line says"),
    (lambda text: text.replace("record 2", "record 3"), "Update"),
    (lambda text: "x" * 10**7, "too long"), (lambda text: packed(b" " * 10**8), "longer than"),
    (lambda text: packed(b"[]"), "not a record"), (lambda text: packed(b"["), "missing or damaged"),
    (lambda text: f"mlsysim-labs record 1 x\n{END} {checksum(b'')}", "longer|unpacked"),
])
def test_bad_text_says_what_to_do(long_record, change, says):
    with pytest.raises(RecordError, match=says) as said:
        Record.of_text(change(long_record.text))
    assert str(said.value).endswith(".")


@given(st.text(max_size=300))
def test_any_text_is_refused_in_a_sentence(text):
    for hostile in (text, f"mlsysim-labs record 1 x {text} {END} 00000000"):
        with pytest.raises(RecordError):
            Record.of_text(hostile)


def test_one_lost_letter_anywhere_is_noticed(long_record):
    text = long_record.text
    for place in range(0, len(text), 37):
        if text[place] not in "\n ":
            with pytest.raises(RecordError):
                Record.of_text(text[:place] + text[place + 1:])


def test_a_record_too_long_to_copy_says_so(record):
    for _ in range(11):
        record = record.added("reflection", "why", {"text": "x" * 95_000})
    assert len(record.data) > TEXT_LIMIT
    with pytest.raises(RecordError, match="Hand in its file"):
        _ = record.text
