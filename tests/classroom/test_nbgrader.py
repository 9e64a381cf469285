"""A lab in nbgrader: generated, autograded, exported, for one who is right, one half right, and one who cheats.

Sixteen points by hand: Ada has all. Bob has a guess (1), a choice (2) and half of a plan (3). Eve has nothing.
A cell of the teacher's own is worth two more to whoever's notebook is run.
"""

from __future__ import annotations

import csv
import json
import shutil

import nbformat
import pytest
from drawn_notebook import DRAWN
from nbgrader_course import ADA, ALWAYS_EQUAL, AUTOGRADE, BOB, EVE, EXPORT, GENERATE, PATCHED, NbgraderCourse
from terminal import refused, terminal

RIGHT = {"ada": 16.0, "bob": 6.0, "eve": 0.0}


@pytest.fixture(scope="module")
def course(tmp_path_factory):
    """A course with the lab released, by the commands of its teacher."""
    made = NbgraderCourse(tmp_path_factory.mktemp("course"))
    done = terminal("nbgrader", str(made.lab), "-o", str(made.folder), "--course", str(made.rules))
    assert done.status == 0 and "7 questions, 16 points" in " ".join(done.out.split())
    made.add_own_test()
    made.nbgrader(GENERATE)
    shutil.copy(made.folder / "gradebook.db", made.folder / "generated.db")
    return made


@pytest.mark.slow
def test_a_class_is_graded_and_no_cell_of_a_student_runs(course):
    released = (course.folder / "release" / DRAWN / f"{DRAWN}.ipynb").read_text()
    assert released.count("points(\\\"97_drawn\\\"") == 7
    course.submit(ADA)
    course.submit(BOB, ALWAYS_EQUAL)
    course.submit(EVE, ALWAYS_EQUAL, PATCHED, keeps_tests=False)
    course.nbgrader(AUTOGRADE, EXPORT)
    assert course.scores() == RIGHT and not course.ran.exists()
    graded = json.loads((course.folder / "autograded" / "bob" / DRAWN / f"{DRAWN}.ipynb").read_bytes())
    said = "".join(str(output.get("text", "")) for cell in graded["cells"] for output in cell.get("outputs", []))
    assert "That is in 8 bit." in said  # feedback shows it


@pytest.mark.release
def test_cells_alone_resist_what_a_cell_makes_of_names_and_not_another_function(course, tmp_path):
    """As docs/teach/nbgrader.md says of a course without the plugin."""
    bare = course.without_plugin(tmp_path / "bare")
    bare.submit(BOB, ALWAYS_EQUAL)
    bare.submit(EVE, ALWAYS_EQUAL, PATCHED)
    bare.nbgrader(AUTOGRADE, EXPORT)
    assert bare.ran.exists() and bare.scores() == {"bob": 8.0, "eve": 18.0}


@pytest.mark.slow
def test_what_was_submitted_to_nbgrader_is_graded_alike_and_with_notes(course, tmp_path):
    for one in (ADA, BOB, EVE):
        if not (course.folder / "submitted" / one.id).exists():
            course.submit(one)
    (tmp_path / "roster.csv").write_text("id,name\nada,Ada Lovelace\nbob,Bob Byte\neve,Eve Eager\n")
    assert terminal("grade", str(course.folder / "submitted"), "-o", str(tmp_path / "out"), "--course",
                    str(course.rules), "--roster", str(tmp_path / "roster.csv"), "--executor", "none").status == 0
    with (tmp_path / "out" / "grades.csv").open(encoding="utf-8", newline="") as file:
        assert {row["id"]: float(row["total"]) for row in csv.DictReader(file)} == RIGHT


def test_a_lab_of_the_package_needs_no_course_file(tmp_path):
    done = terminal("nbgrader", "03_kv_cache", "-o", str(tmp_path))
    file = tmp_path / "source" / "03_kv_cache" / "03_kv_cache.ipynb"
    tests = [cell for cell in json.loads(file.read_bytes())["cells"] if "nbgrader" in cell["metadata"]]
    assert len(tests) == 8 and all(cell["metadata"]["nbgrader"]["points"] == 1.0 for cell in tests)
    assert "Next: nbgrader generate_assignment 03_kv_cache" in done.out
    assert "read_records(c)" in (tmp_path / "nbgrader_config.py").read_text()
    nbformat.validate(nbformat.reads(file.read_text(encoding="utf-8"), as_version=4))
    again = terminal("nbgrader", "03_kv_cache", "-o", str(tmp_path))  # the same bytes: nothing to say about
    assert again.status == 0 and "is new" not in again.out


def test_settings_of_a_teacher_are_kept(tmp_path):
    (tmp_path / "nbgrader_config.py").write_text("c = get_config()\n")
    done = terminal("nbgrader", "03_kv_cache", "-o", str(tmp_path))
    assert "is yours. Add to it" in " ".join(done.out.split()) and "read_records(c)" in done.out
    assert (tmp_path / "nbgrader_config.py").read_text() == "c = get_config()\n"


def test_what_the_course_says_stands_in_the_notebook(tmp_path):
    made = NbgraderCourse(tmp_path)
    made.rules.write_text(made.rules.read_text() + 'mode = "exam"\ndue = 2026-12-05T23:59:00+01:00\n')
    assert terminal("nbgrader", DRAWN, "-o", str(tmp_path), "--course", str(made.rules)).status == 0
    cells = json.loads((tmp_path / "source" / DRAWN / f"{DRAWN}.ipynb").read_bytes())["cells"]
    assert "due Saturday, 5 December 2026" in "".join(cells[0]["source"])
    assert 'assign_to(course="CS249r 2026", mode="exam")' in "".join(cells[1]["source"])


def test_a_slip_gets_a_sentence(tmp_path):
    made = NbgraderCourse(tmp_path)
    words = ("nbgrader", DRAWN, "-o", str(tmp_path), "--course", str(made.rules))
    assert "Did you mean 97_drawn" in refused("nbgrader", "97_darwn", *words[2:])
    (tmp_path / "secret.txt").write_text("a secret of sixteen letters or more")
    rules = made.rules.read_text()
    made.rules.write_text('secret = "secret.txt"\n' + rules)
    assert 'write numbers = "same"' in refused(*words)
    made.rules.write_text(rules)
    (tmp_path / "source" / DRAWN).mkdir(parents=True)
    (tmp_path / "source" / DRAWN / f"{DRAWN}.ipynb").write_text("{}")
    assert "is there, and is another one: move it away" in refused(*words)
    assert "no lab '03_kv_cahce'" in refused("nbgrader", "03_kv_cahce", "-o", str(tmp_path / "other"))
