"""The record that a page keeps, under node: Python reads what it writes, whatever is typed."""

from __future__ import annotations

import base64
import hashlib
import json
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_script import PLAIN, under_node

from mlsysim_labs.export.packing import packed, unpacked
from mlsysim_labs.records.json_data import as_json, canonical
from mlsysim_labs.records.record import Record
from mlsysim_labs.records.text import unpacked_bytes

LAB = "03_kv_cache"
HARD = ["µ", "😀", "\ud83d", "\udc00x", "\x7f\u2028\u00ad", '"\\\n\t\b', "</script><!--", "\U0010ffff\uffff",
        "e\u0301", ""]
NUMBERS = [1e-7, 1e21, 1e16, 123456789012345680000, 2**53, 2**53 + 2, 9.007199254740994e15, 1e-4, 9.99e-5, 5e-324,
           1.7976931348623157e308, -0.0, 0, 1.0, -1.5, 0.1, 1e15, 1e22, 12345.678, 3.0000000000000004, -2.5e-9]
KEYED = {"b": 1, "a": [True, None, {"é": "ü", "\U0001f600": 1, "\uffff": 2, "z": 3}], "": {}}
WRITE = """
    let entries = [];
    for (const [kind, name, value] of given.acts) entries = [...entries, entryAfter(entries, given.lab, {
        id: newId(), kind, name, value, session: "s" })];
    const file = fileOf(entries, given.lab), bytes = new TextEncoder().encode(file);
    return { file, text: await linesOf(entries, given.lab), stored: base64(stored(bytes)),
             read: entriesIn(JSON.parse(file), given.lab)?.length ?? null };
"""


@pytest.fixture(scope="module")
def written():
    """A record with every hard text and number, as a page writes it."""
    acts = [["opened", "lab", {"mode": "learn", "place": "page", "student": ""}]]
    acts += [["answer", "token", {"text": text, text: 1}] for text in HARD]
    acts += [["plan", "plan", {"settings": {"x": x, "all": [x, [x]]}}] for x in NUMBERS]
    return under_node(PLAIN, WRITE, {"lab": LAB, "acts": [*acts, ["answer", "keys", KEYED]]})


def test_python_reads_the_record_of_a_page(written):
    record = Record.of_text(written["text"])
    assert record.problems() == [] and record == Record.of_data(written["file"].encode())
    assert record.data.decode() == written["file"], "to the letter"
    assert written["read"] == len(record.events) == 2 + len(HARD) + len(NUMBERS)
    assert record.parameters["place"] == "page"


def test_what_was_typed_is_what_is_kept(written):
    events = Record.of_text(written["text"]).events
    assert [event.value["text"] for event in events if event.name == "token"] == [as_json(text) for text in HARD]
    kept = [event.value["settings"]["x"] for event in events if event.name == "plan"]
    assert kept == [as_json(x) for x in NUMBERS]


def test_where_a_browser_cannot_pack_the_text_is_stored(written):
    packed_bytes = base64.b64decode(written["stored"])
    assert zlib.decompress(packed_bytes) == unpacked_bytes(packed_bytes) == written["file"].encode()


JSON = st.recursive(st.none() | st.booleans() | st.integers(-2**53, 2**53) | st.text(max_size=8)
                    | st.floats(allow_nan=False, allow_infinity=False),
                    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
                    max_leaves=8)


def test_hashes_and_texts_are_pythons():
    """Of drawn values, and of every length around the blocks of both algorithms."""
    values: list = []
    given(JSON)(lambda value: values.append(value))()
    texts = ["a" * n for n in (*range(50, 70), *range(115, 132), 70_000)] + HARD[:2]
    done = under_node(PLAIN, """
        return { canonical: given.values.map(canonical), hashes: given.texts.map((text) => sha256(text)),
                 stored: given.texts.map((text) => base64(stored(new TextEncoder().encode(text)))) };
    """, {"values": values, "texts": texts})
    assert done["canonical"] == [canonical(as_json(json.loads(json.dumps(value)))) for value in values]
    assert done["hashes"] == [hashlib.sha256(text.encode()).hexdigest() for text in texts]
    assert [zlib.decompress(base64.b64decode(one)).decode() for one in done["stored"]] == texts


def test_a_page_unpacks_what_was_packed():
    value = {"text": "<b>µ 😀</b>", "numbers": [1e-7, 3]}
    for known in ("", "[1e-7,3] µ 😀 numbers", "known " * 9000):
        given = {"letters": packed(value, 7, known), "seed": 7, "known": known}
        text = under_node(PLAIN, "return unpackedText(given.letters, given.seed, given.known);", given)
        assert json.loads(text) == value == unpacked(given["letters"], 7, known)


@pytest.mark.parametrize("found", [
    None, [], {}, {"record": 1, "lab": LAB, "entries": []}, {"record": 2, "lab": "other", "entries": []},
    {"record": 2, "lab": LAB, "entries": [{}]}, {"record": 2, "lab": LAB, "entries": [None]},
    {"record": 2, "lab": LAB, "entries": "x"}])
def test_what_is_no_record_of_this_lab_is_refused(found):
    assert under_node(PLAIN, "return entriesIn(given.found, given.lab);", {"found": found, "lab": LAB}) is None


def test_two_windows_become_one_record():
    """Each entry once, and the order is that of time, wherever they come from."""
    done = under_node(PLAIN, """
        const add = (all, name) => [...all, entryAfter(all, given, { id: newId(), kind: "hint", name, value: {},
                                                                       session: "s" })];
        const common = add([], "first"), one = add(common, "one"), other = add(add(common, "two"), "three");
        const all = merged(one, other), again = add(merged(all, common), "last");
        return { file: fileOf(again, given), same: fileOf(merged(other, one), given) === fileOf(all, given) };
    """, LAB)
    record = Record.of_data(done["file"].encode())
    assert done["same"] and record.problems() == [] and record.events[0].name == "first"
    assert len(record.events) == 5 and record.events[-1].name == "last"
