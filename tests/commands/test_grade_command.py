"""mlsysim-labs grade: from a download to grades, feedback, a report and a filled gradebook."""

from __future__ import annotations

import pytest
from classes import COURSE, canvas_name, notebook_with, zip_with
from drawn_notebook import amount_of
from graded import ADA, BOB, GradedClass, answer
from simulated import SECRET
from terminal import refused, terminal


@pytest.fixture
def class_(tmp_path):
    """Two students in a download of Canvas."""
    class_ = GradedClass(tmp_path)
    acts = [answer("weights", "16 s"), answer("weights", "17 GB"), answer("grows", "cache"),
            ("prediction", "guessed", {"value": 500.0, "unit": "GB"}),
            ("prediction", "larger", {"value": "cache", "unit": ""})]
    files = {canvas_name(one.name, 70, "lab.ipynb"): notebook_with([class_.record(one, *acts)]) for one in (ADA, BOB)}
    (tmp_path / "all.zip").write_bytes(zip_with({**files, "stranger_1_2_x.ipynb": b"{}"}))
    return class_


def words(class_, *more):
    where = class_.folder
    return ("grade", str(where / "all.zip"), "-o", str(where / "out"), "--course", str(class_.course), "--roster",
            str(where / "roster.csv"), "--executor", "none", *more)


def test_a_download_becomes_grades(class_):
    done = terminal(*words(class_))
    assert done.status == 0 and "2 of 2 students are graded" in " ".join(done.out.split())
    assert sorted(file.name for file in class_.out.iterdir()) == [
        ".grading", "feedback", "grades.csv", "log.csv", "report.html"]
    assert sorted(file.name for file in (class_.out / "feedback").iterdir()) == [
        "s1.html", "s1.md", "s2.html", "s2.md"]
    assert "stranger" in (class_.out / "log.csv").read_text(encoding="utf-8")


def test_the_report_has_what_a_teacher_wants_and_no_name_in_sight(class_):
    terminal(*words(class_))
    page = (class_.out / "report.html").read_text(encoding="utf-8")
    seen, folded = page.split("<details>")
    for said in ("Tasks, the hardest first", "Mistakes", "Guesses as multiples of the truth", "Hints", "minutes",
                 "What was chosen; right is weights."):
        assert said in seen, said
    assert "Ada" not in seen and "Ada Lovelace (s1)" in folded and "are alike, under different numbers" in folded
    assert seen.count("<svg") >= 5 and "http:" not in page.replace("http://www.w3.org/2000/svg", "")


def test_feedback_tells_no_key(class_):
    terminal(*words(class_))
    for one in (ADA, BOB):
        amount = amount_of(COURSE, one.id, SECRET)
        for kind in ("html", "md"):
            text = (class_.out / "feedback" / f"{one.id}.{kind}").read_text(encoding="utf-8")
            assert one.name in text and f"How much do {amount} billion parameters take in 16 bit?" in text
            task = text.partition("in 16 bit?")[2].partition("How many users")[0]
            assert "17 GB" in task and f"{2 * amount} GB" not in task


def test_a_gradebook_is_filled_beside_the_grades(class_):
    book = class_.folder / "book.csv"
    book.write_bytes(b"Student,ID,Points\r\nAda Lovelace,s1,\r\n")
    done = terminal(*words(class_, "--gradebook", str(book), "--column", "points"))
    assert (class_.out / "filled_book.csv").read_bytes() == b"Student,ID,Points\r\nAda Lovelace,s1,3\r\n"
    assert "1 grade is in the column 'Points'" in " ".join(done.out.split())
    assert book.read_bytes().endswith(b"s1,\r\n")


def test_what_other_rules_change_is_listed(class_):
    terminal(*words(class_))
    class_.course.write_text(class_.course.read_text() + "weights = {grows = 5}\n")
    new = class_.folder / "new"
    done = terminal(*(str(new) if word == str(class_.out) else word for word in words(class_)), "--compare",
                    str(class_.out))
    assert "2 students have another total than before" in " ".join(done.out.split())
    lines = (new / "changes.csv").read_text().splitlines()
    assert lines[0] == "id,name,column,before,after" and "s1,Ada Lovelace,grows,1,5" in lines


@pytest.mark.parametrize("more, said", [
    (("--attempt", "bset"), "Did you mean best"), (("--executor", "procesess"), "Did you mean processes"),
    (("--gradebook", "none.csv"), "none.csv cannot be read"), (("--compare", "nowhere"), "no grades.csv in nowhere"),
    (("--lab", "99_x"), "the course has no lab '99_x'")])
def test_a_slip_gets_a_sentence(class_, more, said):
    assert said in refused(*words(class_, *more))


def test_what_is_not_there_is_said(class_):
    for word, said in ((str(class_.folder / "all.zip"), "is no folder and no zip archive"),
                       (str(class_.course), "no course file"), (str(class_.folder / "roster.csv"), "cannot be read")):
        gone = [one if one != word else f"{word}.gone" for one in words(class_)]
        assert said in refused(*gone)
