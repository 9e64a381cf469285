"""The course file: what it means, and what is said of a slip in it."""

from __future__ import annotations

import pytest
from classes import COURSE, notebook_with
from drawn_notebook import amount_of
from graded import ADA, BOB, GradedClass, answer
from simulated import SECRET

from mlsysim_labs.classroom.course import course_of
from mlsysim_labs.classroom.marked_labs import marked_labs

HEAD = 'course = "C"\n'
LAB = '[[lab]]\nnotebook = "03_kv_cache"\n'
SLIPS = {
    'cuorse = "x"\n' + LAB: "Did you mean course",
    HEAD: r"has no \[\[lab\]\]",
    HEAD + "[[lab]]\npoints = 3\n": "without a notebook",
    HEAD + LAB + "wieghts = {}\n": "Did you mean weights",
    HEAD + LAB + "weights = {plan = -1}\n": "plan = -1",
    HEAD + LAB + 'attempt = "bset"\n': "Did you mean best",
    HEAD + LAB + 'mode = "exm"\n': "Did you mean exam",
    HEAD + LAB + 'due = "friday"\n': "write a date with a time",
    HEAD + LAB + "due = 2026-12-05\n": "write a date with a time",
    HEAD + LAB + "partial = {unit = 2}\n": "shares from 0 to 1",
    HEAD + 'secret = "none.txt"\n' + LAB: "cannot be read",
    HEAD + 'numbers = "own"\n' + LAB: "no secret",
    "course = ": "is no TOML",
}


@pytest.mark.parametrize("text", SLIPS)
def test_a_slip_gets_a_sentence(text, tmp_path):
    file = tmp_path / "course.toml"
    file.write_text(text)
    with pytest.raises(ValueError, match=SLIPS[text]):
        course_of(file)


def test_weights_of_what_is_not_asked_and_labs_that_are_there_twice(tmp_path):
    file = tmp_path / "course.toml"
    file.write_text(HEAD + LAB + "weights = {tokn = 1}\n")
    with pytest.raises(ValueError, match="Did you mean token"):
        marked_labs(course_of(file))
    file.write_text(HEAD + LAB + LAB)
    with pytest.raises(ValueError, match="twice"):
        marked_labs(course_of(file))


def total(folder, more, *texts, task="weights", acts=None):
    """The points of Ada under such rules, for answers to one task."""
    folder.mkdir()
    weights = f"weights = {{{task} = 4, predictions = 0, tasks = 0, plans = 0, reflection = 0}}\n"
    class_ = GradedClass(folder, more=weights + more)
    truth = 2 * amount_of(COURSE, ADA.id, SECRET)
    acts = acts or [answer(task, text.format(truth)) for text in texts]
    class_.hand_in("s1.ipynb", notebook_with([class_.record(ADA, *acts)]))
    return float(class_.rows()["s1"]["total"])


@pytest.mark.parametrize("more, texts, points", [
    ("", ["7 GB", "{} GB", "9 GB"], 4), ('attempt = "latest"\n', ["7 GB", "{} GB", "9 GB"], 0),
    ("tries = 1\n", ["7 GB", "{} GB"], 0), ("tries = 2\n", ["7 GB", "{} GB"], 4), ("points = 10\n", ["{} GB"], 10),
    ("partial = {unit = 0.5}\n", ["{} GiB"], 2), ("partial = {magnitude = 0.25}\n", ["{}0 GB"], 1),
    ("", ["{}0 GB"], 0), ('attempt = "latest"\npartial = {unit = 0.5}\n', ["{} GB", "{} GiB"], 2)])
def test_rules_of_a_lab(more, texts, points, tmp_path):
    assert total(tmp_path / "class", more, *texts) == points


def test_conditions_that_hold_may_count(tmp_path):
    plan = "plan", "plan", {"settings": {"users": 60, "halved": False}}
    assert total(tmp_path / "a", "partial = {plan = 1}\n", task="plan", acts=[plan]) == 2
    assert total(tmp_path / "b", "", task="plan", acts=[plan]) == 0


def test_dates_are_the_teachers_and_lateness_is_the_learning_systems(tmp_path):
    class_ = GradedClass(tmp_path, more="due = 2026-11-20T10:00:00+01:00\nopens = 2026-11-20T00:00:00Z\n")
    class_.hand_in("s1.ipynb", notebook_with([class_.record(ADA, answer("weights", "7 GB"))]))
    class_.hand_in("byteb_LATE_1_2_x.ipynb", b"{}")
    class_.hand_in("bytebob_LATE_1_2_x.ipynb", notebook_with([class_.record(BOB, answer("weights", "7 GB"))]))
    rows = class_.rows()
    assert rows["s1"]["notes"] == ""  # within a quarter of an hour
    assert rows["s2"]["notes"] == "late: the learning system says so"
