"""What students have tried with other graders gains nothing here, breaks nothing, and is told to the teacher."""

from __future__ import annotations

import dataclasses
import json
import os
import pickle
import re
import zipfile

import pytest
from classes import COURSE, Played, canvas_name, moodle_name, notebook_with, zip_with
from drawn_notebook import DRAWN, amount_of
from graded import ADA, BOB, GradedClass, answer, codes
from simulated import SECRET

from mlsysim_labs.records.record import MIME, Record

RIGHT = {one.id: f"{2 * amount_of(COURSE, one.id, SECRET)} GB" for one in (ADA, BOB)}
WRONG = "7 GB"
BOMB = b"\x00" * 30_000_000


@pytest.fixture
def class_(tmp_path):
    return GradedClass(tmp_path)


@pytest.fixture
def adas(class_):
    """Ada's record, with a right answer, which is handed in."""
    record = class_.record(ADA, answer("weights", RIGHT["s1"]), ("reflection", "reflection", {"text": "Weights stay."}))
    class_.hand_in("s1.ipynb", notebook_with([record]))
    return record


def replaced(record, place, **changes):
    """A record with one event changed, whose hash is as it was."""
    events = list(record.events)
    events[place] = dataclasses.replace(events[place], **changes)
    return dataclasses.replace(record, events=tuple(events))


def forged(event, **changes):
    """An event changed by somebody who also made its hash anew."""
    draft = dataclasses.replace(event, **changes)
    return dataclasses.replace(draft, hash=dataclasses.replace(draft).digest)


def test_own_numbers_differ():
    assert RIGHT["s1"] != RIGHT["s2"]


# records ------------------------------------------------------------------------------------------------------------


def test_an_edited_answer_does_not_count(class_):
    record = class_.record(BOB, answer("weights", WRONG))
    edited = replaced(record, -1, value={"text": RIGHT["s2"], "state": "right"})
    class_.hand_in("s2.ipynb", notebook_with([edited]))
    row = class_.rows()["s2"]
    assert (row["weights"], codes(row["notes"])) == ("0", {"changed"})


def test_an_edited_copy_beside_the_true_one_changes_nothing(class_):
    record = class_.record(BOB, answer("weights", WRONG))
    edited = replaced(record, -1, value={"text": RIGHT["s2"], "state": "right"})
    class_.hand_in("s2/a.ipynb", notebook_with([edited, record]))
    row = class_.rows()["s2"]
    assert (row["weights"], codes(row["notes"])) == ("0", {"changed"})


def test_a_state_that_says_right_is_not_believed(class_):
    boast = "answer", "weights", {"text": WRONG, "state": "right"}
    class_.hand_in("s2.ipynb", notebook_with([class_.record(BOB, boast)]))
    assert class_.rows()["s2"]["weights"] == "0"


def test_another_students_whole_file_is_judged_by_ones_own_numbers(class_, adas):
    class_.hand_in("s2.ipynb", notebook_with([adas]))
    rows = class_.rows()
    assert rows["s1"]["weights"] == "1" and rows["s2"]["weights"] == "0"
    assert codes(rows["s2"]["notes"]) == {"copy", "identity"} and codes(rows["s1"]["notes"]) == {"copy"}


def test_a_swapped_head_is_seen(class_, adas):
    """Bob's first entry with Ada's acts behind it."""
    mine = class_.record(BOB)
    class_.hand_in("s2.ipynb", notebook_with([dataclasses.replace(mine, events=(*mine.events, *adas.events[1:]))]))
    row = class_.rows()["s2"]
    assert row["weights"] == "0" and {"missing", "copy"} <= codes(row["notes"])


def test_a_swapped_head_with_hashes_made_anew_gains_nothing(class_, adas):
    mine = class_.record(BOB)
    events = [mine.events[0]]
    for event in adas.events[1:]:
        events.append(forged(event, previous=events[-1].hash, session=events[0].session))
    class_.hand_in("s2.ipynb", notebook_with([dataclasses.replace(mine, events=tuple(events))]))
    assert class_.rows()["s2"]["weights"] == "0"


def test_several_peoples_records_in_one_file_are_parted(class_, adas):
    mine = class_.record(BOB, answer("weights", WRONG))
    both = dataclasses.replace(mine, events=(*mine.events, *adas.events))
    class_.hand_in("s2.ipynb", notebook_with([both]))
    row = class_.rows()["s2"]
    assert (row["weights"], row["reflection"]) == ("0", "0") and {"copy", "identity"} <= codes(row["notes"])


def test_the_file_decides_whose_it_is_and_not_the_record(class_, adas):
    """Who writes Ada's name into a record changes nothing of Ada's."""
    before = class_.rows()["s1"]
    as_ada = Played(ADA.id, ADA.name, [])
    class_.hand_in("s2.ipynb", notebook_with([class_.record(as_ada, answer("weights", WRONG), session="of Bob")]))
    assert {**class_.rows()["s1"], "notes": ""} == {**before, "notes": ""}


def test_a_record_played_twice_counts_once(class_):
    record = class_.record(BOB, answer("weights", WRONG), answer("weights", RIGHT["s2"]))
    class_.hand_in("s2/first.ipynb", notebook_with([record, record]))
    class_.hand_in("s2/again.record.json", record.data)
    made = class_.graded()
    [lab] = made.marks["s2"].labs
    assert next(item for item in lab.items if item.name == "weights").tries == 2 and lab.notes == ()


def test_a_record_of_another_lab_is_no_record_of_this_one(class_):
    other = Record("98_other").added("answer", "weights", {"text": RIGHT["s2"]})
    posing = Record(DRAWN, events=other.events)
    class_.hand_in("s2/a.record.json", other.data)
    class_.hand_in("s2/b.ipynb", notebook_with([posing]))
    assert class_.rows()["s2"]["weights"] in ("", "0")
    assert class_.log()["s2/a.record.json"] == ("reported", "its record is of 98_other, which is not asked for here")


def test_back_dated_entries_are_told(class_):
    record = class_.record(BOB, answer("weights", WRONG), answer("weights", RIGHT["s2"]))
    early = forged(record.events[-1], time="2020-01-01T00:00:00.000Z")
    class_.hand_in("s2.ipynb", notebook_with([dataclasses.replace(record, events=(*record.events[:-1], early))]))
    assert "time" in codes(class_.rows()["s2"]["notes"])


def test_missing_entries_are_told(class_):
    record = class_.record(BOB, answer("weights", WRONG), answer("weights", RIGHT["s2"]))
    class_.hand_in("s2.ipynb", notebook_with([dataclasses.replace(record, events=record.events[::2])]))
    assert codes(class_.rows()["s2"]["notes"]) == {"missing"}


def test_two_first_predictions_are_a_fork_and_the_first_counts(class_):
    guesses = [("prediction", "guessed", {"value": value, "unit": "GB"}) for value in (900.0, 22.0)]
    first, second = (class_.record(BOB, guess, session=f"window {guess[2]['value']}") for guess in guesses)
    second = dataclasses.replace(second, events=tuple(second.events))
    class_.hand_in("s2/a.ipynb", notebook_with([first]))
    class_.hand_in("s2/b.ipynb", notebook_with([second]))
    row = class_.rows()["s2"]
    assert (row["guessed"], codes(row["notes"])) == ("1", {"fork"})


def test_a_second_prediction_after_the_first_is_no_fork(class_):
    guesses = [("prediction", "guessed", {"value": value, "unit": "GB"}) for value in (900.0, 22.0)]
    class_.hand_in("s2.ipynb", notebook_with([class_.record(BOB, guesses[0], ("restarted", "lab", {}), guesses[1])]))
    assert class_.rows()["s2"]["notes"] == ""


def test_a_prediction_after_the_lab_was_opened_without_one_does_not_count(class_):
    acts = [("played", "lab", {}), ("prediction", "guessed", {"value": 22.0, "unit": "GB"})]
    class_.hand_in("s2.ipynb", notebook_with([class_.record(BOB, *acts)]))
    assert class_.rows()["s2"]["guessed"] == "0"


def test_answers_after_the_release_of_an_exam_do_not_count(tmp_path):
    class_ = GradedClass(tmp_path, more='mode = "exam"\n')
    acts = [answer("weights", WRONG), ("released", "lab", {"code": "x"}), answer("weights", RIGHT["s2"])]
    class_.hand_in("s2.ipynb", notebook_with([class_.record(BOB, *acts, mode="exam")]))
    class_.hand_in("s1.ipynb", notebook_with([class_.record(ADA, mode="learn")]))
    rows = class_.rows()
    assert rows["s2"]["weights"] == "0" and codes(rows["s1"]["notes"]) == {"mode"}


def test_other_courses_editions_and_numbers_are_told(class_):
    class_.hand_in("s1.ipynb", notebook_with([class_.record(ADA, course="Another", edition="0" * 16)]))
    class_.hand_in("s2.ipynb", notebook_with([class_.record(BOB, seed=7)]))
    rows = class_.rows()
    assert codes(rows["s1"]["notes"]) == {"course", "edition"} and codes(rows["s2"]["notes"]) == {"identity"}


def test_a_lab_done_in_a_second_is_told(class_):
    acts = [answer("weights", RIGHT["s2"])] * 5
    class_.hand_in("s2.ipynb", notebook_with([class_.record(BOB, *acts, seconds=0.2)]))
    assert codes(class_.rows()["s2"]["notes"]) == {"speed"}


def test_settings_that_no_knob_has_are_no_plan(class_):
    plans = [{"users": 1e9, "halved": True}, {"users": -60, "halved": 5}, {"users": "64", "halved": True},
             {"users": []}, [], None, {"halved": True}]
    for plan in plans:
        record = class_.record(BOB, ("plan", "plan", {"settings": plan}))
        class_.hand_in("s2.record.json", record.data)
        assert class_.rows()["s2"]["plan"] == "0", plan


def test_hostile_values_are_only_wrong(class_):
    values = [None, [], {}, True, -5, 1e308, "x" * 50_000, "9**9**9", {"a": [{}]}, "１２", "\ud800"]
    acts = [("answer", task, {"text": value}) for value in values for task in ("weights", "shared", "grows")]
    acts += [("prediction", "guessed", {"value": value}) for value in values]
    acts += [("prediction", "larger", {"value": value}) for value in values]
    acts.append(("reflection", "reflection", {"text": " "}))
    class_.hand_in("s2.record.json", class_.record(BOB, *acts).data)
    row = class_.rows()["s2"]
    assert float(row["total"]) == 0.0 and class_.log()["s2.record.json"] == ("graded", "")


# notebooks ----------------------------------------------------------------------------------------------------------


def test_code_in_a_submission_is_not_run(class_, tmp_path):
    code = f"""
open({str(tmp_path / 'ran')!r}, 'w')
class Always:
    def __eq__(self, other): return True
import mlsysim_labs.classroom.judging as j
j.item_marks = lambda *a: Always()
"""
    notebook = json.loads(notebook_with([class_.record(BOB, answer("weights", WRONG))]))
    notebook["cells"] += [{"cell_type": "code", "metadata": {"tags": ["lab"]}, "source": code, "outputs": []}]
    class_.hand_in("s2.ipynb", json.dumps(notebook).encode())
    class_.hand_in("s2/sitecustomize.py", code.encode())
    assert class_.rows()["s2"]["weights"] == "0" and not (tmp_path / "ran").exists()


def test_cells_may_be_duplicated_retyped_moved_and_others_deleted(class_):
    record = class_.record(BOB, answer("weights", RIGHT["s2"]))
    notebook = json.loads(notebook_with([record]))
    output = notebook["cells"][0]["outputs"][0]
    kinds = ["raw", "markdown", "code"]
    notebook["cells"] = [{"cell_type": kind, "metadata": {}, "source": "", "outputs": [output] * 2} for kind in kinds]
    class_.hand_in("s2.ipynb", json.dumps(notebook).encode())
    row = class_.rows()["s2"]
    assert (row["weights"], row["notes"]) == ("1", "")


# files --------------------------------------------------------------------------------------------------------------


def deep(record):
    return b'{"record":2,"entries":' + b"[" * 200_000 + b"]" * 200_000 + b"}"


NEVER = "MLSYSIM_LABS_NEVER"  # a variable with the name of a file that nobody makes


class Evil:
    def __reduce__(self):
        return os.system, (f'touch "${NEVER}"',)


FILES = {
    "nan.ipynb": lambda record: notebook_with([record]).replace(b'"nbformat": 4', b'"nbformat": NaN, "x": 1e400'),
    "nan.record.json": lambda record: record.data.replace(b'"text":"7 GB"', b'"text":NaN'),
    "large.record.json": lambda record: record.data.replace(b'"text":"7 GB"', b'"text":1e400'),
    "deep.json": deep,
    "deep.ipynb": lambda record: b'{"cells":[' + b'{"a":' * 100_000 + MIME.encode() + b"}" * 100_000,
    "digits.json": lambda record: b'{"record":2,"entries":[' + b"9" * 10_000 + b"]}",
    "twice.record.json": lambda record: record.data.replace(b'"lab":', b'"lab":"x","lab":'),
    "utf8.ipynb": lambda record: notebook_with([record]).replace(b"the lab", b"\xff\xfe\xc3("),
    "half.ipynb": lambda record: notebook_with([record])[:-300],
    "merge.ipynb": lambda record: b"<<<<<<< HEAD\n" + notebook_with([record]) + b"=======\n>>>>>>> theirs\n",
    "empty.ipynb": lambda record: b"",
    "pickle.pkl": lambda record: pickle.dumps(Evil()),
    "pickle.ipynb": lambda record: pickle.dumps({MIME: Evil()}),
    "up.zip": lambda record: zip_with({"../../../etc/cron.d/x": notebook_with([record]), "/abs.ipynb": b"{}"}),
    "bomb.zip": lambda record: zip_with({f"{i}.ipynb": BOMB for i in range(10)}),
    "nested.zip": lambda record: zip_with({"a.zip": zip_with({"b.zip": zip_with({"c.zip": zip_with(
        {"d.ipynb": notebook_with([record])})})})}),
    "many.zip": lambda record: zip_with({f"{i}.txt": b"" for i in range(2000)}),
    "torn.zip": lambda record: zip_with({"a.ipynb": notebook_with([record])})[:-30],
    "fake.zip": lambda record: b"PK\x03\x04" + bytes(200),
    "text.txt": lambda record: (record.text.replace("A", "B") * 3).encode(),
    "bundles.ipynb": lambda record: json.dumps([{MIME: {"a": i}} for i in range(100_000)]).encode(),
    "braces.ipynb": lambda record: b'{"' + MIME.encode() + b'":[' + b"{}," * 1_000_000 + b"{}]}",
    "tiny.txt": lambda record: b"mlsysim-labs record 2 97_drawn " * 20_000,
}


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_is_reported_or_graded_and_holds_up_nobody(class_, adas, name, monkeypatch):
    monkeypatch.setenv(NEVER, str(class_.folder / "never"))
    class_.hand_in(f"s2/{name}", FILES[name](class_.record(BOB, answer("weights", WRONG))))
    rows, log = class_.rows(), class_.log()
    assert rows["s1"]["weights"] == "1"
    assert rows["s2"]["weights"] in ("", "0")
    theirs = {file: said for file, said in log.items() if file.startswith("s2/")}
    assert theirs and all(outcome == "graded" or why for outcome, why in theirs.values())
    assert not any(path.name in ("x", "abs.ipynb", "never") for path in class_.folder.rglob("*"))


def test_pipes_links_and_huge_files_are_reported(class_, adas, tmp_path):
    (class_.handed / "s2").mkdir()
    os.mkfifo(class_.handed / "s2" / "pipe.ipynb")
    (tmp_path / "elsewhere.ipynb").write_bytes(notebook_with([class_.record(BOB, answer("weights", RIGHT["s2"]))]))
    (class_.handed / "s2" / "link.ipynb").symlink_to(tmp_path / "elsewhere.ipynb")
    (class_.handed / "s2" / "loop").symlink_to(class_.handed)
    with (class_.handed / "s2" / "huge.ipynb").open("wb") as file:
        file.truncate(200_000_000)
    log = class_.log()
    assert log.pop("s1.ipynb")[0] == "graded" and len(log) == 4
    assert all(outcome == "reported" and why for outcome, why in log.values()), log
    assert class_.rows()["s2"]["weights"] == ""


def test_a_link_in_an_archive_is_not_followed(class_, tmp_path):
    info = zipfile.ZipInfo("s2.ipynb")
    info.external_attr = 0o120777 << 16
    with zipfile.ZipFile(class_.handed / "all.zip", "w") as archive:
        archive.writestr(info, "/etc/passwd")
    assert class_.log()["all.zip/s2.ipynb"] == ("reported", "it is a link, and I follow none")


# names --------------------------------------------------------------------------------------------------------------


def test_a_students_own_file_name_decides_nothing(class_):
    """Canvas and Moodle put the name in front; what a student calls the file comes after that."""
    record = class_.record(BOB, answer("weights", RIGHT["s2"]))
    class_.hand_in(canvas_name("Bob Byte", 2, canvas_name("Ada Lovelace", 1, "s1.ipynb")), notebook_with([record]))
    class_.hand_in(moodle_name("Bob Byte", 2, "Ada Lovelace_1_assignsubmission_file_s1.ipynb"), notebook_with([record]))
    rows = class_.rows()
    assert rows["s2"]["weights"] == "1" and rows["s1"]["notes"] == "nothing was handed in"


def test_two_people_with_one_name_are_told_apart_by_id_or_not_at_all(tmp_path):
    twins = [Played("a1", "Kim Lee", []), Played("a2", "Kim Lee", [])]
    class_ = GradedClass(tmp_path, twins)
    class_.hand_in(canvas_name("Kim Lee", 5, "x.ipynb"), b"{}")
    class_.hand_in("a2/x.record.json", class_.record(twins[1], answer("weights", WRONG)).data)
    log = class_.log()
    assert log[canvas_name("Kim Lee", 5, "x.ipynb")][1].startswith("2 students are called Kim Lee")
    assert class_.rows()["a2"]["total"] == "0" and class_.rows()["a1"]["total"] == ""


def test_formulas_and_html_are_text_in_all_that_is_written(tmp_path):
    evil = "<script>alert(1)</script>"
    students = [Played("=1+1", f"=cmd|' /C calc'!A0 {evil}", []), Played("@s2", "+Bob;=2+2", [])]
    class_ = GradedClass(tmp_path, students)
    for one in students:
        acts = [answer("weights", "=HYPERLINK(\"http://a\")"), answer("grows", evil), answer("shared", evil),
                ("reflection", "reflection", {"text": f"{evil} [x](javascript:alert(1)) ![y](http://a/b)"}),
                ("prediction", "larger", {"value": evil})]
        record = class_.record(one, *acts, course=evil, mode="=1+1")
        class_.hand_in(f"{one.id}/=2+2 {'x'}.ipynb", notebook_with([record]))
    class_.hand_in("=cmd.ipynb", b"{}")
    class_.graded()
    for file in class_.out.rglob("*.csv"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"(^|[,;\t\"\n])\s*[=@＝]", text), file
        assert not re.search(r"(^|[,;\t\"\n])\s*[+-](?![\d.]+[,\n])", text), file
    for file in class_.out.rglob("*.html"):
        assert "<script" not in file.read_text(encoding="utf-8")
    for file in class_.out.rglob("*.md"):
        text = file.read_text(encoding="utf-8")
        assert "<script" not in text and not re.search(r"(?<!\\)\]\(|://", text)
    assert {file.parent.name for file in class_.out.rglob("*") if file.is_file()} <= {"out", "feedback", ".grading"}
