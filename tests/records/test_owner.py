"""Whose record it is and how it was opened: nobody's work gets into another's, and an exam stays one."""

from __future__ import annotations

import pathlib

import pytest
from record_files import LAB, asides, ids, kept

from mlsysim_labs.records.in_notebooks import of_notebook
from mlsysim_labs.records.opened import is_exam, is_opened_anew, seal_in, seal_of
from mlsysim_labs.records.owner import OtherStudentError
from mlsysim_labs.records.record import Record
from mlsysim_labs.records.record_file import RecordFile

OLD = pathlib.Path(__file__).parent / "kept"


def opened_by(student, id, record=None, session="", **says):
    """A record that goes on with a session of that student, and a hint in it."""
    session = session or student
    record = (record or Record(LAB)).added("opened", "lab", {"mode": "learn", "student": student, **says},
                                           id=f"{id}-opened", session=session)
    return record.added("hint", "users", {"number": 1}, id=id, session=session)


def test_records_of_two_students_do_not_merge():
    ada, bob, nobody = opened_by("Ada", "a"), opened_by("Bob", "b"), opened_by("", "n", session="x")
    with pytest.raises(OtherStudentError, match="One record belongs to Ada and the other to Bob"):
        ada.merged(bob)
    assert ada.merged(nobody).owner == nobody.merged(ada).owner == "Ada"
    assert opened_by("ADA ", "c").merged(ada).events


def test_a_student_gets_a_file_beside_that_of_another(tmp_path):
    RecordFile(LAB, tmp_path, "Bob").save(opened_by("Bob", "b"))
    before = (tmp_path / f"{LAB}.record.json").read_bytes()
    mine = RecordFile(LAB, tmp_path, "Ada")
    assert mine.load() == Record(LAB)
    assert "belongs to Bob and stays as it is" in mine.notes[0] and mine.file.name in mine.notes[0]
    mine.save(opened_by("Ada", "a"))
    assert (tmp_path / f"{LAB}.record.json").read_bytes() == before
    for student, own in (("Ada", ["a-opened", "a"]), ("Bob", ["b-opened", "b"]), ("", ["b-opened", "b"])):
        assert ids(RecordFile(LAB, tmp_path, student).load()) == own
    late = RecordFile(LAB, tmp_path, "Ada")  # which saves before it has looked
    assert ids(late.save(opened_by("Ada", "c", session="y"))) == ["a-opened", "a", "c-opened", "c"]


def test_a_file_that_two_students_share_by_accident_is_parted(tmp_path):
    bob = opened_by("Bob", "b")
    both = opened_by("Ada", "a", record=bob)
    record_file = RecordFile(LAB, tmp_path, "Ada")
    record_file.file.write_bytes(both.data)
    assert ids(record_file.load()) == ["a-opened", "a"] and "Two students have entries" in record_file.notes[0]
    record_file.save(record_file.load())
    assert ids(kept(record_file)) == ["a-opened", "a"]
    assert [Record.of_data(file.read_bytes()) for file in asides(record_file)] == [both]


def test_a_notebook_with_the_record_of_another_is_said_and_left_alone(tmp_path):
    from test_sound import notebook_data

    path = tmp_path / "lab.ipynb"
    path.write_bytes(notebook_data(opened_by("Bob", "b")))
    record_file = RecordFile(LAB, tmp_path, "Ada")
    assert record_file.load(path) == Record(LAB)
    assert record_file.notes == ["lab.ipynb carries the record of Bob, which stays apart from yours."]
    path.write_bytes(notebook_data(opened_by("Bob", "b"), opened_by("Ada", "a")))
    assert ids(of_notebook(path, LAB, "Ada")) == ["a-opened", "a"]


# format 1 -------------------------------------------------------------------------------------------------------

def test_a_record_of_format_1_opens_and_goes_on(tmp_path):
    data, text = ((OLD / f"format_1{ending}").read_bytes() for ending in (".record.json", ".txt"))
    old = Record.of_data(data)
    assert Record.of_text(text.decode()) == old and old.problems() == [] and len(old.events) == 3
    assert old.owner == "Ada" and old.versions["mlsysim-labs"] == "0.4.0" and is_exam(old)
    record_file = RecordFile(LAB, tmp_path)
    record_file.file.write_bytes(data)
    new = record_file.save(opened_by("Ada", "n", record_file.load()))
    assert new.problems() == [] and kept(record_file) == Record.of_text(new.text) == new
    assert new.prediction("users").value["value"] == 40 and new.events[:3] == old.events
    assert Record.of_json(new.json).head == old.head


def test_a_file_of_format_1_that_is_cut_gives_back_its_entries(tmp_path):
    record_file = RecordFile(LAB, tmp_path)
    record_file.file.write_bytes((OLD / "format_1.record.json").read_bytes()[:-40])
    assert ids(record_file.load()) == ["a", "b", "c"]


# opened ---------------------------------------------------------------------------------------------------------

def test_an_exam_stays_one_until_it_is_released():
    exam = opened_by("Ada", "a", mode="exam", seal=seal_of("K7QM-2XW"))
    again = opened_by("Ada", "b", exam, session="later")
    assert not is_exam(Record(LAB)) and not is_exam(opened_by("Ada", "a"))
    assert is_exam(exam) and is_exam(again) and seal_in(again) == seal_of("k7qm 2xw")
    released = again.added("released", "lab", {})
    assert not is_exam(released) and is_exam(opened_by("Ada", "c", released, session="third", mode="exam"))


def test_an_entry_that_was_changed_says_nothing():
    exam = opened_by("Ada", "a", mode="exam")
    forged = Record.of_data(exam.data.replace(b'"mode":"exam"', b'"mode":"lear"').replace(b'"Ada"', b'"Bob"'))
    assert forged.problems() and forged.owner == "" and not is_exam(forged)
    assert is_exam(forged.merged(exam))


def test_each_session_opens_once_and_again_when_a_statement_changes():
    says = {"mode": "learn", "student": "Ada", "course": "", "seed": None, "edition": "e", "versions": {"python": "3"}}
    record = Record(LAB)
    assert is_opened_anew(record, "s", says)
    record = record.added("opened", "lab", says, session="s")
    assert not is_opened_anew(record, "s", says | {"versions": {}}) and is_opened_anew(record, "t", says)
    for name in ("mode", "student", "course", "seed", "edition"):
        assert is_opened_anew(record, "s", says | {name: "other"})
