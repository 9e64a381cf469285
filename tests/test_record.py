"""A record: entries that verify, merging that loses nothing in any order, text that survives the post."""

from __future__ import annotations

import base64
import dataclasses
import json
import random
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlsysim_labs.entry import Entry, root
from mlsysim_labs.plain import NewerRecordError, RecordError
from mlsysim_labs.record import Record
from mlsysim_labs.record_text import END, TEXT_LIMIT, checksum

LAB = "03_kv_cache"
KINDS = st.sampled_from(["opened", "prediction", "answer", "hint"])
JSON = st.recursive(st.none() | st.booleans() | st.integers(-2**70, 2**70) | st.text(max_size=8)
                    | st.floats(allow_nan=False, allow_infinity=False),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
                    max_leaves=6)
VALUES = st.dictionaries(st.text(max_size=5), JSON, max_size=3)
ADDED = st.tuples(KINDS, st.sampled_from("ab"), VALUES, st.integers(0, 9).map(str),
                  st.integers(0, 5).map("2026-11-20T09:30:00.00{}Z".format))


@st.composite
def records(draw):
    """The view of one of several windows: they share ids, times and names, so they collide as much as they can."""
    record = Record(LAB, {"solver": draw(st.sampled_from("12"))}, draw(VALUES))
    for kind, name, value, id, time in draw(st.lists(ADDED, max_size=5)):
        record = record.added(kind, name, value, id=id, time=time)
    return record


@st.composite
def changed_records(draw):
    """A record in which somebody may have changed an entry and left its hash."""
    record = draw(records())
    if record.entries and draw(st.booleans()):
        place = draw(st.integers(0, len(record.entries) - 1))
        return changed(record, place, draw(VALUES))
    return record


def changed(record, place, value):
    entries = list(record.entries)
    entries[place] = dataclasses.replace(entries[place], value=value)
    return dataclasses.replace(record, entries=tuple(entries))


@pytest.fixture
def record():
    return (Record(LAB, {"solver": "0.1.0"}, {"device": "H100"})
            .added("opened", "", {})
            .added("prediction", "users", {"text": "16 GiB", "value": 1.7e10, "unit": "GiB"}, id="a")
            .added("prediction", "users", {"text": "64 GiB"}, id="b")
            .added("answer", "users", {"text": "Größe: 64 GiB 🙂"}))


# entries --------------------------------------------------------------------------------------------------------

def test_entries_stand_in_a_chain(record):
    assert record.entries[0].previous == root(LAB)
    assert [e.previous for e in record.entries[1:]] == [e.hash for e in record.entries[:-1]]
    assert record.problems() == []


def test_one_id_is_one_entry(record):
    assert record.added("answer", "users", {"text": "again"}, id="a") is record


def test_the_first_prediction_stands_and_later_ones_are_kept(record):
    assert record.prediction("users").value["text"] == "16 GiB"
    assert [e.id for e in record.all("prediction", "users")] == ["a", "b"]
    assert record.last("prediction", "users").id == "b"
    assert record.prediction("tokens") is record.last("hint") is None
    assert len(record.all("prediction")) == 2


def test_entries_of_one_millisecond_and_of_a_clock_gone_back_keep_their_order():
    times = ["2026-11-20T09:30:00.000Z", "2026-11-20T09:30:00.000Z", "2020-01-01T00:00:00.000Z"]
    record = Record(LAB)
    for i, time in enumerate(times):
        record = record.added("prediction", "users", {"i": i}, time=time)
    assert [e.value["i"] for e in record.entries] == [0, 1, 2]
    assert record.prediction("users").value == {"i": 0} and record.problems() == []


def test_a_clock_at_the_end_of_time_stops_nobody():
    record = Record(LAB).added("opened", "", {}, time="9999-12-31T23:59:59.999Z").added("opened", "", {})
    assert len(record.entries) == 2 and record.problems() == []


def test_a_value_is_a_copy():
    mine = {"parts": [1]}
    record = Record(LAB).added("answer", "users", mine)
    mine["parts"].append(2)
    record.json["entries"][0]["value"]["parts"].append(3)
    assert record.entries[0].value == {"parts": [1]} and record.problems() == []


def test_numpy_and_halves_of_characters_become_plain():
    given = {"right": np.bool_(True), "value": np.float32(2), "all": np.arange(2), "text": "\ud83d"}
    record = Record(LAB).added("answer", "\udc00", given, id="\ud83d").added("hint", "", {}, id="\ud83d")
    assert record.entries[0].value == {"right": True, "value": 2, "all": [0, 1], "text": "\ufffd"}
    assert len(record.entries) == 1 and record.problems() == []


@given(VALUES)
def test_what_javascript_writes_back_still_verifies(value):
    """A notebook goes through a browser, which writes 1.0 as 1 and 10^20 as a whole number."""
    record = Record(LAB).added("answer", "users", value)
    back = json.loads(json.dumps(record.json), parse_float=javascript, parse_int=javascript)
    assert Record.of_json(back) == record and not Record.of_json(back).problems()


def javascript(digits):
    number = float(digits)
    return int(number) if number.is_integer() and abs(number) < 1e21 else number


@pytest.mark.parametrize("value", [[1], None, {"x": float("nan")}, {"x": 10**400}, {"x": {1, 2}}, {1: "x"},
                                   {"x": "y" * 200_000}], ids=str)
def test_what_cannot_be_kept_is_refused_in_a_sentence(value):
    with pytest.raises(RecordError, match=r"\.$"):
        Record(LAB).added("answer", "users", value)


# merging --------------------------------------------------------------------------------------------------------

@pytest.mark.slow
@given(changed_records(), changed_records(), changed_records())
def test_merging_is_a_union(a, b, c):
    assert a.merged(a) == a
    assert a.merged(b) == b.merged(a)
    assert a.merged(b).merged(c) == a.merged(b.merged(c))
    assert {e.hash for e in a.merged(b).entries} == {e.hash for e in (*a.entries, *b.entries)}


@pytest.mark.slow
@given(records(), records())
def test_a_merge_of_honest_records_verifies_and_goes_on(a, b):
    both = a.merged(b).added("answer", "users", {}, id="new")
    assert both.problems() == [] and both.entries[-1].id == "new"


def test_a_fork_keeps_the_prediction_that_was_first(record):
    one = Record(LAB).added("prediction", "users", {"n": 1}, time="2026-11-20T09:30:02.000Z")
    two = Record(LAB).added("prediction", "users", {"n": 2}, time="2026-11-20T09:30:01.000Z")
    assert one.merged(two).prediction("users").value == two.merged(one).prediction("users").value == {"n": 2}


def test_one_id_in_two_windows_is_shown_once():
    one, two = (Record(LAB).added("answer", "users", {}, id="a", session=session) for session in "ab")
    both = one.merged(two)
    assert len(both.entries) == 2 and len(both.all("answer", "users")) == 1 and both.problems() == []


def test_a_changed_entry_gives_way_to_the_true_one(record):
    forged = changed(record, 1, {"text": "64 GiB"})
    assert forged.problems() and forged.merged(record) == record.merged(forged) == record


def test_versions_are_those_of_the_newer_record(record):
    newer = dataclasses.replace(record, versions={"solver": "0.2.0"}).added("opened", "", {})
    assert record.merged(newer).versions == newer.merged(record).versions == {"solver": "0.2.0"}
    assert record.merged(Record(LAB)) == record


def test_records_of_two_labs_do_not_merge(record):
    with pytest.raises(RecordError, match="03_kv_cache"):
        record.merged(Record("04_batching"))


# what does not verify -------------------------------------------------------------------------------------------

def test_problems_name_what_was_changed_or_left_out(record):
    assert "'users'" in changed(record, 1, {"text": "64 GiB"}).problems()[0]
    assert "changed" in changed(record, 1, {"text": "64 GiB"}).problems()[0]
    without = dataclasses.replace(record, entries=record.entries[:1] + record.entries[2:])
    assert len(without.problems()) == 1 and "missing" in without.problems()[0]
    elsewhere = dataclasses.replace(record, lab="04_batching")
    assert "another lab" in elsewhere.problems()[0]


def test_problems_name_an_entry_before_its_time(record):
    last = record.entries[-1]
    early = dataclasses.replace(last, time="2001-01-01T00:00:00.000Z")
    early = dataclasses.replace(early, hash=early.digest)
    assert "dated before" in dataclasses.replace(record, entries=(*record.entries[:-1], early)).problems()[0]


@pytest.mark.parametrize("fields", [
    {"lab": "../03"}, {"lab": 5}, {"versions": None}, {"parameters": {"x": float("inf")}}, {"entries": (5,)},
    {"entries": None}, {"entries": "ab"}, {"parameters": {"x": object()}}], ids=str)
def test_nothing_but_a_record_can_be_one(fields):
    with pytest.raises(RecordError, match=r"\.$"):
        dataclasses.replace(Record(LAB), **fields)


@given(changed_records(), st.randoms())
def test_problems_never_raise(record, chance):
    """Each entry that was changed is named, in whatever order and however few of them are there."""
    entries = [entry for entry in record.entries if chance.random() < 0.8]
    chance.shuffle(entries)
    said = dataclasses.replace(record, entries=tuple(entries)).problems()
    assert sum("was changed" in one for one in said) == sum(not entry.verifies for entry in entries)


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
    entries = record.json["entries"]
    entries[1] |= change
    with pytest.raises(RecordError, match=r"\.$"):
        Record.of_json({**record.json, "entries": entries})


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe\x00", b"[" * 10**5, b"9" * 5000, b"null", b"[]",
                                  b'{"record":1}', b'{"record":NaN}', b"\x80abc"], ids=lambda x: str(x)[:20])
def test_hostile_bytes_are_refused_in_a_sentence(data):
    with pytest.raises(RecordError, match=r"\.$"):
        Record.of_data(data)


@given(JSON)
def test_any_json_is_a_record_or_refused(found):
    for try_ in (Record.of_json, Entry.of_json):
        with pytest.raises(RecordError):
            try_(found)


def test_a_value_nested_without_end_is_refused():
    endless = {}
    endless["x"] = endless
    for value in (endless, deep(5000)):
        with pytest.raises(RecordError, match="flatter"):
            Record(LAB).added("answer", "users", value)


def test_a_record_from_the_future_says_update(record):
    with pytest.raises(NewerRecordError, match="update"):
        Record.of_json({**record.json, "record": 2})


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
    (lambda text: text[:200] + "." + text[200:], "midst"), (lambda text: 5, "not the text"),
    (lambda text: text.replace(LAB, "04_batching"), "first line says"),
    (lambda text: text.replace("record 1", "record 2"), "update"),
    (lambda text: "x" * 10**7, "too long"), (lambda text: packed(b" " * 10**8), "longer than"),
    (lambda text: packed(b"[]"), "not a record"), (lambda text: packed(b"["), "cut short"),
    (lambda text: f"mlsysim-labs record 1 x\n{END} {checksum(b'')}", "longer|unpacked"),
], ids=str)
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
    with pytest.raises(RecordError, match="hand in its file"):
        _ = record.text
