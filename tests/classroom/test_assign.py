"""What each student is handed: whose it is by any name that people have, the same at each run, and never the secret."""

from __future__ import annotations

import csv
import io
import json
import stat

import nbformat
import pytest
from classes import COURSE, SLUG
from drawn_notebook import DRAWN, write_drawn_notebook
from hypothesis import given
from hypothesis import strategies as st
from page_script import clear_data
from simulated import SECRET, seed_of
from terminal import refused, terminal

from mlsysim_labs.classroom.assignment import assigning
from mlsysim_labs.classroom.assignment.assigning import assign
from mlsysim_labs.classroom.assignment.labels import folder_labels
from mlsysim_labs.classroom.assignment.student_notebook import Whose, student_notebook
from mlsysim_labs.classroom.identity import attribution
from mlsysim_labs.classroom.roster import Roster, Student, folded_id, roster_of, safe_stem
from mlsysim_labs.lab import Lab
from mlsysim_labs.questions.setting import assign_to
from mlsysim_labs.records.record_file import RecordFile

HOSTILE = [("17", "Ada Lovelace"), ("18", "Ada Lovelace"), ("../../etc", "../passwd"), ("CON", "nul"),
           ("a/b\\c", "x:y*"), ("7", "😀"), ("8", ""), ("9", '"); import os  # Q'), ("10", "x" * 900),
           ("11", "=cmd|' /C calc'!A0"),
           ("12", "Ada\u202eecalevoL"), ("13", "<script>alert(1)</script>"), ("14", "李 雷"),
           ("ada@x.edu", "José Núñez"), (".hidden", " . "), ("Con.x", "Bob Byte"), ("Ünicode", "Ünïcode")]


DUE = "due = 2026-12-05T23:59:00+01:00\n"


def roster_bytes(people):
    """A roster of these, whatever is in them."""
    out = io.StringIO()
    csv.writer(out).writerows([("id", "name"), *people])
    return out.getvalue().encode()


class Handed:
    """A course of one lab, and what is handed out of it."""

    def __init__(self, folder, people=(("s1", "Ada Lovelace"), ("s2", "Bob Byte")), more=DUE, secret=SECRET):
        self.folder, self.out = folder, folder / "out"
        write_drawn_notebook(folder)
        if secret:
            (folder / "secret.txt").write_text(secret)
        (folder / "roster.csv").write_bytes(roster_bytes(people))
        self.course = folder / "course.toml"
        said = f'course = "{COURSE}"\nsecret = "secret.txt"\n[[lab]]\nnotebook = "{DRAWN}.ipynb"\n'
        self.course.write_text(said + more)

    def assign(self, *kinds, **options):
        return assign(self.course, self.folder / "roster.csv", self.out, kinds=kinds or ("notebooks",), **options)

    def files(self):
        return {file.relative_to(self.out).as_posix(): file.read_bytes() for file in self.out.rglob("*.*")
                if file.is_file()}

    def rows(self):
        return list(csv.DictReader(io.StringIO((self.out / "assigned.csv").read_text(encoding="utf-8"))))


def cells(data):
    return json.loads(data)["cells"]


def line_of(data):
    """The line that makes a notebook a student's."""
    return next("".join(cell["source"]) for cell in cells(data) if cell.get("id") == "assigned").splitlines()[-1]


# names ------------------------------------------------------------------------------------------------------------


def check_labels(roster):
    """Each student has a folder; its name tells whose it is, and can be written everywhere."""
    labels = folder_labels(roster, [SLUG])
    assert list(labels) == [one.id for one in roster.students]
    assert len({label.casefold() for label in labels.values()}) == len(labels)
    for student in roster.students:
        label = labels[student.id]
        assert attribution([label, f"{SLUG}.ipynb"], roster, [SLUG]).student == student
        assert attribution(["all", label, f"{SLUG}.record.json"], roster, [SLUG]).student == student
        assert not set('<>:"/\\|?*\n') & set(label) and label == label.strip(" .") and len(label.encode()) <= 161
        assert label.partition(".")[0].casefold() not in ("con", "nul", "aux", "prn")


def test_whatever_people_are_called_a_folder_says_whose_it_is():
    roster = roster_of(roster_bytes(HOSTILE))
    check_labels(roster)
    labels = folder_labels(roster, [SLUG])
    assert labels["17"] == "17 Ada Lovelace" and labels["18"] == "18 Ada Lovelace" and labels["14"] == "14 李 雷"


NAMES = st.text(max_size=12) | st.sampled_from([name for _, name in HOSTILE])
IDS = st.text(min_size=1, max_size=8).filter(str.strip) | st.integers(1, 99).map(str)


@given(st.lists(st.tuples(IDS, NAMES), min_size=1, max_size=6))
def test_drawn_people_too(people):
    ids = {folded_id(id): (id.strip(), name.strip() or id.strip()) for id, name in people}
    roster = Roster([Student(id, name, (id,)) for id, name in ids.values()])
    if all(roster.by_id(safe_stem(one.id)) is one for one in roster.students):
        check_labels(roster)


def test_a_worksheet_of_moodle_gives_folders_that_moodle_hands_out():
    """Each part before the third _ is name and number, as its importer of feedback files reads them."""
    roster = roster_of(b"Identifier,Full name,Email address,Grade\nParticipant 612,Ada Lovelace,ada@x.org,\n"
                       b"Participant 613,Bob_Byte,bob@x.org,\n")
    labels = folder_labels(roster, [SLUG])
    assert labels == {"ada@x.org": "Ada Lovelace_612_assignsubmission_file_",
                      "bob@x.org": "Bob Byte_613_assignsubmission_file_"}
    assert attribution([labels["bob@x.org"], "x.ipynb"], roster, [SLUG]).student.id == "bob@x.org"


def test_ids_that_are_others_too_are_said():
    with pytest.raises(ValueError, match=r"that of Ada \(1\): give each student"):
        folder_labels(Roster([Student("1", "Ada", ("1", "2")), Student("2", "Ada", ("2", "1"))]), [SLUG])


# what is written ----------------------------------------------------------------------------------------------------


def test_each_gets_name_course_seed_and_date_and_nobody_the_secret(tmp_path):
    handed = Handed(tmp_path, HOSTILE)
    made = handed.assign("notebooks", "pages")
    files = handed.files()
    assert made.written == 2 * len(HOSTILE) == len(files) - 1 and not made.kept
    assert not [name for name, data in files.items() if SECRET.encode() in data]
    for row in handed.rows():
        data, seed = files[row["file"]], seed_of(row["id"].removeprefix("'"), DRAWN)
        assert b"due Saturday, 5 December 2026, 23:59" in data and str(seed).encode() in data
        if row["file"].endswith(".html"):
            clear = clear_data(data.decode())
            assert clear["course"] == COURSE and clear["variant"] == seed and clear["student"]
        else:
            nbformat.validate(nbformat.reads(data.decode(), 4))
    page = files[next(name for name in files if name.startswith("13") and name.endswith(".html"))].decode()
    assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_the_list_is_for_a_mail_merge(tmp_path):
    handed = Handed(tmp_path)
    (tmp_path / "roster.csv").write_bytes(b"id,name,email\ns1,Ada Lovelace,ada@x.edu\ns2,Bob Byte,\n")
    handed.assign()
    handed.assign("pages")
    assert [[*row.values()] for row in handed.rows()][:3] == [
        ["s1", "Ada Lovelace", "ada@x.edu", DRAWN, f"s1 Ada Lovelace/{DRAWN}.ipynb"],
        ["s1", "Ada Lovelace", "ada@x.edu", DRAWN, f"s1 Ada Lovelace/{DRAWN}.html"],
        ["s2", "Bob Byte", "", DRAWN, f"s2 Bob Byte/{DRAWN}.ipynb"]]


def test_again_it_writes_the_same_bytes_and_keeps_what_a_student_did(tmp_path, monkeypatch):
    """Also by workers, who write many pages side by side."""
    handed = Handed(tmp_path)
    handed.assign("notebooks", "pages")
    before = handed.files()
    monkeypatch.setattr(assigning, "FEW_PAGES", 1)
    again = handed.assign("notebooks", "pages")
    assert again.written == 0 and again.unchanged == 4 and handed.files() == before
    monkeypatch.undo()
    mine = handed.out / "s1 Ada Lovelace" / f"{DRAWN}.ipynb"
    mine.write_bytes(b"my work")
    third = handed.assign("notebooks", "pages")
    assert third.kept == (f"s1 Ada Lovelace/{DRAWN}.ipynb",) and mine.read_bytes() == b"my work"
    assert handed.assign("notebooks", "pages", force=True).written == 1 and handed.files() == before


def test_where_all_have_the_same_numbers_there_is_one_file(tmp_path):
    handed = Handed(tmp_path, more='mode = "exam"\nseal = "28ef2d48b1f88150"\n')
    handed.course.write_text(handed.course.read_text().replace("secret =", 'numbers = "same"\nsecret ='))
    handed.assign("notebooks", "pages")
    files = handed.files()
    assert sorted(files) == [f"{DRAWN}.html", f"{DRAWN}.ipynb"]
    assert line_of(files[f"{DRAWN}.ipynb"]) == f'assign_to(course="{COURSE}", mode="exam", seal="28ef2d48b1f88150")'
    clear = clear_data(files[f"{DRAWN}.html"].decode())
    assert (clear["student"], clear["course"], clear["variant"], clear["mode"]) == ("", COURSE, None, "exam")


def test_a_secret_is_made_once_for_its_owner_alone(tmp_path):
    handed = Handed(tmp_path, secret="")
    made = handed.assign()
    file = tmp_path / "secret.txt"
    assert made.new_secret == file and len(file.read_text().strip()) == 64
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before, files = file.read_bytes(), handed.files()
    assert handed.assign().new_secret is None and file.read_bytes() == before and handed.files() == files


def test_a_slip_makes_no_secret(tmp_path):
    handed = Handed(tmp_path, secret="", more="wieghts = {}\n")
    with pytest.raises(ValueError, match="Did you mean weights"):
        handed.assign()
    assert not (tmp_path / "secret.txt").exists() and not handed.out.exists()


def test_a_notebook_with_the_secret_in_it_is_not_handed_out(tmp_path):
    handed = Handed(tmp_path)
    book = tmp_path / f"{DRAWN}.ipynb"
    book.write_text(book.read_text().replace("import Lab", f"import Lab  # {SECRET}"))
    with pytest.raises(ValueError, match="has the secret of the course in it"):
        handed.assign()


def test_the_teachers_own_mode_holds_where_the_course_says_none(tmp_path):
    handed = Handed(tmp_path)
    book = tmp_path / f"{DRAWN}.ipynb"
    book.write_text(book.read_text().replace("slug=", "mode='exam', slug="))
    handed.assign("pages")
    assert {clear_data(data.decode())["mode"] for name, data in handed.files().items() if name.endswith("html")} == {
        "exam"}


# the notebook -------------------------------------------------------------------------------------------------------

WHOSE = Whose('Ada "Q" \\ {x} 😀', "CS249r", 7, "exam", "28ef2d48b1f88150", "Friday")


@pytest.mark.parametrize("slug", ["03_kv_cache", "01_memory_wall"])
def test_a_labs_own_cells_stay_as_they_are(root, slug):
    data = (root / "labs" / f"{slug}.ipynb").read_bytes()
    made = cells(student_notebook(data, WHOSE))
    added = [cell for cell in made if cell["id"].startswith("assigned")]
    assert [cell["cell_type"] for cell in added] == ["markdown", "code"]
    at = made.index(added[1])
    assert "setup" in made[at - 2]["metadata"]["tags"], "installed before, and not folded away"
    assert [one for one in made if one not in added][1:] == cells(data)[1:]
    assert "colab" not in "".join(made[0]["source"]) and "".join(made[0]["source"]).count("\n\n\n") == 0


def test_the_line_makes_the_lab_the_students_whatever_the_notebook_says(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLSYSIM_LABS_MODE", "demo")
    try:
        exec(WHOSE.line, {"assign_to": assign_to})
        lab = Lab("Own", slug="98_own", course="mine", student="teacher", mode="learn")
        setting = lab.progress.setting
        assert (setting.student, setting.course, setting.seal) == (WHOSE.student, "CS249r", WHOSE.seal)
        assert lab.mode == "exam" and lab.variant.seed == 7
        exec(Whose(course="CS249r").line, {"assign_to": assign_to})
        lab = Lab("Same", slug="96_same", student="Bob")
        assert lab.progress.setting.course == "CS249r" and lab.variant is None and lab.mode == "demo"
    finally:
        assign_to()
    assert Lab("Own", slug="95_own", course="mine", student="teacher").variant is not None
    assert RecordFile("95_own", tmp_path).load().events == ()


def test_outputs_records_and_widgets_of_the_teacher_stay_behind():
    cell = {"cell_type": "code", "id": "assigned", "execution_count": 3, "metadata": {"tags": ["lab"]},
            "outputs": [{"output_type": "stream", "name": "stdout", "text": "a record"}], "source": "lab"}
    book = {"cells": [cell], "metadata": {"widgets": {"state": 1}}, "nbformat": 4, "nbformat_minor": 5}
    made = json.loads(student_notebook(json.dumps(book).encode(), WHOSE))
    assert [cell.get("id") for cell in made["cells"]] == ["assigned-to", "assigned-2", "assigned"]
    assert made["cells"][-1]["outputs"] == [] and made["metadata"] == {}
    old = json.loads(student_notebook(json.dumps(book | {"nbformat_minor": 4}).encode(), WHOSE))
    assert ["id" in cell for cell in old["cells"]] == [False, False, True]


# the command --------------------------------------------------------------------------------------------------------


def words(handed, *more):
    return ("assign", "--course", str(handed.course), "--roster", str(handed.folder / "roster.csv"), "-o",
            str(handed.out), *more)


def test_the_command_says_what_it_wrote_and_what_it_kept(tmp_path):
    handed = Handed(tmp_path, secret="")
    done = terminal(*words(handed, "--as", "both"))
    said = " ".join(done.out.split())
    assert done.status == 0 and "4 files are written" in said and "for 2 students" in said and "Keep it" in said
    (handed.out / "s2 Bob Byte" / f"{DRAWN}.html").write_text("saved")
    done = terminal(*words(handed, "--as", "pages", "--lab", DRAWN))
    assert done.status == 1 and "1 file differs" in " ".join(done.out.split())
    assert terminal(*words(handed, "--as", "pages", "--force")).status == 0


@pytest.mark.parametrize("more, said", [
    (("--as", "pgaes"), "Did you mean pages"), (("--lab", "99_x"), "the course has no lab '99_x': it has 97_drawn")])
def test_a_slip_gets_a_sentence(tmp_path, more, said):
    assert said in refused(*words(Handed(tmp_path), *more))


def test_a_file_where_a_folder_should_be_is_said(tmp_path):
    handed = Handed(tmp_path)
    handed.out.write_text("")
    assert "cannot be written" in refused(*words(handed))
