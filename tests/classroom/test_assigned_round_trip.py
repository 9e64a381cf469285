"""Handed out, played, handed in: a class gets a careful human's marks, and whoever swaps files a note."""

from __future__ import annotations

import csv
import json
import random

import pytest
from classes import COURSE, canvas_name, moodle_name, record_of, roster_csv
from drawn_notebook import DRAWN, write_drawn_notebook
from page_script import PLAIN, clear_data, under_node
from simulated import SECRET, WEIGHTS, simulated_student, total_of

from mlsysim_labs.classroom.assignment.assigning import assign
from mlsysim_labs.classroom.course import course_of
from mlsysim_labs.classroom.grading import grade
from mlsysim_labs.classroom.marked_labs import marked_lab
from mlsysim_labs.lab import Lab
from mlsysim_labs.questions.setting import assign_to

NAMES = ("Ada Lovelace", "Ada Lovelace", "Émile O'Neill", "李 雷", '"Q" <b>', "Noor")
NOT_HONEST = {"identity", "course", "mode", "edition"}
PLAY = """
    const played = async ({ page, acts }) => {
        const opened = openedOf(page), shelf = { save: async (entries) => entries },
            journal = new Journal({ lab: page.lab, mode: page.mode, opened }, shelf);
        for (const [kind, name, value] of acts) await journal.add(kind, name, value, newId());
        return fileOf(journal.entries, page.lab);
    };
    return Promise.all(given.map(played));
"""


class RoundTrip:
    """A class that is given pages and notebooks, and hands in what it made of them."""

    def __init__(self, folder, mode="learn"):
        self.folder, rng = folder, random.Random(7)
        write_drawn_notebook(folder)
        (folder / "secret.txt").write_text(SECRET)
        weights = ", ".join(f"{name} = {worth}" for name, worth in WEIGHTS.items())
        self.course = folder / "course.toml"
        self.course.write_text(f'course = "{COURSE}"\nsecret = "secret.txt"\n[[lab]]\nnotebook = "{DRAWN}.ipynb"\n'
                               f'mode = "{mode}"\nweights = {{{weights}}}\n')
        self.students = [simulated_student(f"s{i}", name, rng) for i, name in enumerate(NAMES)]
        (folder / "roster.csv").write_bytes(roster_csv(self.students[:4]) + b's4,"""Q"" <b>"\ns5,Noor\n')
        assign(self.course, folder / "roster.csv", folder / "out", kinds=("notebooks", "pages"))
        with (folder / "out" / "assigned.csv").open(encoding="utf-8", newline="") as file:
            self.files = {(row["id"], row["file"].rpartition(".")[2]): row["file"] for row in csv.DictReader(file)}

    def played_pages(self):
        """The record files that students' pages make of what is done in them, under node."""
        pages = [clear_data((self.folder / "out" / self.files[one.id, "html"]).read_text(encoding="utf-8"))
                 for one in self.students]
        given = [{"page": page, "acts": one.acts} for page, one in zip(pages, self.students, strict=True)]
        files = under_node((*PLAIN, "export/page/journal.js", "export/page/page.js"), PLAY, given)
        return [file.encode() for file in files]

    def played_notebook(self, one, monkeypatch):
        """The record that the lab of a student's notebook would keep of it."""
        book = json.loads((self.folder / "out" / self.files[one.id, "ipynb"]).read_bytes())
        code = ["".join(cell["source"]) for cell in book["cells"] if cell["cell_type"] == "code"]
        monkeypatch.chdir(self.folder)
        try:
            names = {}
            for source in code:
                exec(source, names)
        finally:
            assign_to()
        lab = next(value for value in names.values() if isinstance(value, Lab))
        return record_of(one, DRAWN, course=lab.progress.setting.course, mode=lab.mode, seed=lab.progress.seed,
                         edition=marked_lab(course_of(self.course).labs[0]).edition).data

    def hand_in(self, name, data):
        file = self.folder / "in" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)

    def rows(self):
        grade(self.folder / "in", self.folder / "graded", course=self.course, roster=self.folder / "roster.csv")
        with (self.folder / "graded" / "grades.csv").open(encoding="utf-8", newline="") as file:
            return {row["id"]: row for row in csv.DictReader(file)}


def codes(row):
    return {note.partition(":")[0] for note in row["notes"].split("; ")} & NOT_HONEST


@pytest.mark.parametrize("mode", ["learn", "exam"])
def test_pages_are_marked_as_a_human_would(tmp_path, mode):
    trip = RoundTrip(tmp_path, mode)
    for number, (one, played) in enumerate(zip(trip.students, trip.played_pages(), strict=True)):
        folder = trip.files[one.id, "html"].partition("/")[0]
        name = canvas_name(one.name, number, "x.json") if number > 4 else f"{folder}/{DRAWN}.record.json"
        trip.hand_in(name, played)
    rows = trip.rows()
    assert {one.id: float(rows[one.id]["total"]) for one in trip.students} == {
        one.id: pytest.approx(total_of(one), abs=0.01) for one in trip.students}
    assert [row["notes"] for row in rows.values() if codes(row)] == []


def test_notebooks_too(tmp_path, monkeypatch):
    trip = RoundTrip(tmp_path)
    for number, one in enumerate(trip.students):
        folder = trip.files[one.id, "ipynb"].partition("/")[0]
        name = moodle_name(one.name, number, "x.json") if number == 3 else f"{folder}/{DRAWN}.record.json"
        trip.hand_in(name, trip.played_notebook(one, monkeypatch))
    rows = trip.rows()
    assert {one.id: float(rows[one.id]["total"]) for one in trip.students} == {
        one.id: pytest.approx(total_of(one), abs=0.01) for one in trip.students}
    assert [row["notes"] for row in rows.values() if codes(row)] == []


def test_whoever_hands_in_anothers_page_has_a_note(tmp_path):
    """Of two with one name it is the numbers that tell."""
    trip = RoundTrip(tmp_path)
    played = trip.played_pages()
    for whose, by in ((0, 1), (1, 0), (2, 5), (5, 2), (3, 3)):
        trip.hand_in(f"{trip.students[by].id}/{DRAWN}.record.json", played[whose])
    rows = trip.rows()
    assert {id for id, row in rows.items() if "identity" in codes(row)} == {"s0", "s1", "s2", "s5"}
    assert "in the name of Noor" in rows["s2"]["notes"] and "other numbers" in rows["s0"]["notes"]


def test_in_one_browser_each_students_record_is_apart():
    said = {"lab": DRAWN, "mode": "learn", "student": "", "course": "", "variant": None}
    others = [said, said | {"mode": "exam"}, *(said | {"student": one, "course": COURSE, "variant": i}
                                               for i, one in enumerate(("Ada", "Ada", "Bob")))]
    keys = under_node(("export/page/shelf.js",), "return given.map(keyOf);", others)
    assert len(set(keys)) == len(keys) and keys[0] == f"mlsysim-labs record {DRAWN}"
