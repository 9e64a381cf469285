"""A record: events that verify, and merging that loses nothing in any order."""

from __future__ import annotations

import dataclasses
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from records_drawn import LAB, VALUES, changed, changed_records, records, sample

from mlsysim_labs.records.event import root
from mlsysim_labs.records.json_data import RecordError
from mlsysim_labs.records.record import Record


@pytest.fixture
def record():
    return sample()


def test_entries_stand_in_a_chain(record):
    assert record.events[0].previous == root(LAB)
    assert [e.previous for e in record.events[1:]] == [e.hash for e in record.events[:-1]]
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
    assert [e.value["i"] for e in record.events] == [0, 1, 2]
    assert record.prediction("users").value == {"i": 0} and record.problems() == []


def test_a_clock_at_the_end_of_time_stops_nobody():
    record = Record(LAB).added("opened", "", {}, time="9999-12-31T23:59:59.999Z").added("opened", "", {})
    assert len(record.events) == 2 and record.problems() == []


def test_a_value_is_a_copy():
    mine = {"parts": [1]}
    record = Record(LAB).added("answer", "users", mine)
    mine["parts"].append(2)
    record.json["entries"][0]["value"]["parts"].append(3)
    assert record.events[0].value == {"parts": [1]} and record.problems() == []


def test_numpy_and_halves_of_characters_become_plain():
    given = {"right": np.bool_(True), "value": np.float32(2), "all": np.arange(2), "text": "\ud83d"}
    record = Record(LAB).added("answer", "\udc00", given, id="\ud83d").added("hint", "", {}, id="\ud83d")
    assert record.events[0].value == {"right": True, "value": 2, "all": [0, 1], "text": "\ufffd"}
    assert len(record.events) == 1 and record.problems() == []


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
    assert {e.hash for e in a.merged(b).events} == {e.hash for e in (*a.events, *b.events)}


@pytest.mark.slow
@given(records(), records())
def test_a_merge_of_honest_records_verifies_and_goes_on(a, b):
    both = a.merged(b).added("answer", "users", {}, id="new")
    assert both.problems() == [] and both.events[-1].id == "new"


def test_a_fork_keeps_the_prediction_that_was_first(record):
    one = Record(LAB).added("prediction", "users", {"n": 1}, time="2026-11-20T09:30:02.000Z")
    two = Record(LAB).added("prediction", "users", {"n": 2}, time="2026-11-20T09:30:01.000Z")
    assert one.merged(two).prediction("users").value == two.merged(one).prediction("users").value == {"n": 2}


def test_one_id_in_two_windows_is_shown_once():
    one, two = (Record(LAB).added("answer", "users", {}, id="a", session=session) for session in "ab")
    both = one.merged(two)
    assert len(both.events) == 2 and len(both.all("answer", "users")) == 1 and both.problems() == []


def test_a_changed_entry_gives_way_to_the_true_one(record):
    forged = changed(record, 1, {"text": "64 GiB"})
    assert forged.problems() and forged.merged(record) == record.merged(forged) == record


def test_versions_are_those_of_the_newer_record(record):
    newer = dataclasses.replace(record, head={"versions": {"solver": "0.2.0"}}).added("opened", "", {})
    assert record.merged(newer).versions == newer.merged(record).versions == {"solver": "0.2.0"}
    assert record.merged(Record(LAB)) == record


def test_records_of_two_labs_do_not_merge(record):
    with pytest.raises(RecordError, match="03_kv_cache"):
        record.merged(Record("04_batching"))


# what does not verify -------------------------------------------------------------------------------------------

def test_problems_name_what_was_changed_or_left_out(record):
    assert "'users'" in changed(record, 1, {"text": "64 GiB"}).problems()[0]
    assert "changed" in changed(record, 1, {"text": "64 GiB"}).problems()[0]
    without = dataclasses.replace(record, events=record.events[:1] + record.events[2:])
    assert len(without.problems()) == 1 and "missing" in without.problems()[0]
    elsewhere = dataclasses.replace(record, lab="04_batching")
    assert "another lab" in elsewhere.problems()[0]


def test_problems_name_an_entry_before_its_time(record):
    last = record.events[-1]
    early = dataclasses.replace(last, time="2001-01-01T00:00:00.000Z")
    early = dataclasses.replace(early, hash=early.digest)
    assert "an earlier time" in dataclasses.replace(record, events=(*record.events[:-1], early)).problems()[0]


@pytest.mark.parametrize("fields", [
    {"lab": "../03"}, {"lab": 5}, {"head": None}, {"head": {"versions": None}}, {"head": {"seed": {}}},
    {"head": {"parameters": {"x": float("inf")}}}, {"events": (5,)}, {"events": None}, {"events": "ab"},
    {"head": {"parameters": {"x": object()}}}])
def test_nothing_but_a_record_can_be_one(fields):
    with pytest.raises(RecordError, match=r"\.$"):
        dataclasses.replace(Record(LAB), **fields)


@given(changed_records(), st.randoms())
def test_problems_never_raise(record, chance):
    """Each event that was changed is named, in whatever order and however few of them are there."""
    events = [event for event in record.events if chance.random() < 0.8]
    chance.shuffle(events)
    said = dataclasses.replace(record, events=tuple(events)).problems()
    assert sum("was changed" in one for one in said) == sum(not event.verifies for event in events)
