"""Records drawn at random, as windows and cheats might make them."""

from __future__ import annotations

import dataclasses

from hypothesis import strategies as st

from mlsysim_labs.records.record import Record

LAB = "03_kv_cache"
KINDS = st.sampled_from(["opened", "prediction", "answer", "hint"])
JSON = st.recursive(st.none() | st.booleans() | st.integers(-2**70, 2**70) | st.text(max_size=8)
                    | st.floats(allow_nan=False, allow_infinity=False),
                    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
                    max_leaves=6)
VALUES = st.dictionaries(st.text(max_size=5), JSON, max_size=3)
HEADS = st.just({}) | st.fixed_dictionaries({"versions": VALUES, "parameters": VALUES})  # of format 2 and of format 1
ADDED = st.tuples(KINDS, st.sampled_from("ab"), VALUES, st.integers(0, 9).map(str),
                  st.integers(0, 5).map("2026-11-20T09:30:00.00{}Z".format))


@st.composite
def records(draw):
    """The view of one of several windows: they share ids, times and names, so they collide as much as they can."""
    record = Record(LAB, draw(HEADS))
    for kind, name, value, id, time in draw(st.lists(ADDED, max_size=5)):
        record = record.added(kind, name, value, id=id, time=time)
    return record


@st.composite
def changed_records(draw):
    """A record in which somebody may have changed an event and left its hash."""
    record = draw(records())
    if record.events and draw(st.booleans()):
        place = draw(st.integers(0, len(record.events) - 1))
        return changed(record, place, draw(VALUES))
    return record


def changed(record, place, value):
    events = list(record.events)
    events[place] = dataclasses.replace(events[place], value=value)
    return dataclasses.replace(record, events=tuple(events))


def sample():
    """A record with a prediction that was made twice."""
    return (Record(LAB, {"versions": {"solver": "0.1.0"}, "parameters": {"device": "H100"}})
            .added("opened", "", {})
            .added("prediction", "users", {"text": "16 GiB", "value": 1.7e10, "unit": "GiB"}, id="a")
            .added("prediction", "users", {"text": "64 GiB"}, id="b")
            .added("answer", "users", {"text": "Größe: 64 GiB 🙂"}))


# events --------------------------------------------------------------------------------------------------------
