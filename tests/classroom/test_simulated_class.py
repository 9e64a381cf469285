"""Two hundred students, handed in in every way that there is, get a careful human's marks, with and without draws."""

from __future__ import annotations

import csv

import pytest
from classes import (
    COURSE,
    attachment_mail,
    canvas_name,
    mail_with,
    moodle_name,
    notebook_with,
    page_with,
    record_of,
    roster_csv,
    zip_with,
)
from drawn_notebook import DRAWN, write_drawn_notebook
from simulated import SECRET, WEIGHTS, seed_of, simulated_class, total_of

from mlsysim_labs.classroom.course import course_of
from mlsysim_labs.classroom.grading import grade
from mlsysim_labs.classroom.marked_labs import marked_lab

WAYS = (  # of handing in: the name of the file, and what is in it
    lambda one, number, record: (canvas_name(one.name, number, "lab.ipynb"), notebook_with([record])),
    lambda one, number, record: (moodle_name(one.name, number, "x.record.json", "Group B"), record.data),
    lambda one, number, record: (f"{one.id}/mail.eml", mail_with(record)),
    lambda one, number, record: (f"{one.id}.html", page_with(record)),
    lambda one, number, record: (f"{DRAWN}_{one.id}.eml", attachment_mail(notebook_with([record]))),
    lambda one, number, record: (canvas_name(one.name, number, "all.zip", late=True), zip_with(
        {"deep/lab.ipynb": notebook_with([record, record]), "notes.txt": b"no", "deep/x.record.json": record.data})),
)


@pytest.fixture
def course(tmp_path):
    """Write a course file; its path, and the edition of its lab."""
    def write(own, attempt="best"):
        write_drawn_notebook(tmp_path)
        (tmp_path / "secret.txt").write_text(SECRET + "\n")
        weights = ", ".join(f"{name} = {worth}" for name, worth in WEIGHTS.items())
        file = tmp_path / "course.toml"
        file.write_text(f'course = "{COURSE}"\n' + ('secret = "secret.txt"\n' if own else "") +
                        f'attempt = "{attempt}"\n[[lab]]\nnotebook = "{DRAWN}.ipynb"\nweights = {{{weights}}}\n')
        return file, marked_lab(course_of(file).labs[0]).edition
    return write


def rows_of(out):
    with (out / "grades.csv").open(encoding="utf-8", newline="") as file:
        return {row["id"]: row for row in csv.DictReader(file)}


@pytest.mark.parametrize("count, own, attempt", [(200, True, "best"), (60, False, "latest")])
def test_a_class_gets_a_careful_humans_marks(tmp_path, course, count, own, attempt):
    file, edition = course(own, attempt)
    students = simulated_class(count, attempt, own)
    for number, one in enumerate(students):
        record = record_of(one, DRAWN, seed=seed_of(one.id, DRAWN) if own else None, edition=edition)
        name, data = WAYS[number % len(WAYS)](one, 5000 + number, record)
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "in" / name).write_bytes(data)
    (tmp_path / "roster.csv").write_bytes(roster_csv(students))
    made = grade(tmp_path / "in", tmp_path / "out", course=file, roster=tmp_path / "roster.csv")
    rows = rows_of(tmp_path / "out")
    wrong = {one.id: (rows[one.id]["total"], total_of(one), one.acts) for one in students
             if float(rows[one.id]["total"] or "nan") != pytest.approx(total_of(one), abs=0.01)}
    assert wrong == {}
    for one in students:
        assert {name for name in WEIGHTS if rows[one.id][name] != "0"} == set(one.right), one
    late = {row["id"] for row in rows.values() if row["notes"]}
    assert late == {one.id for number, one in enumerate(students) if number % len(WAYS) == 5}, "notes on the honest"
    assert all(row["notes"] in ("", "late: the learning system says so") for row in rows.values())
    assert {line.outcome for line in made.log} == {"graded", "reported"}
