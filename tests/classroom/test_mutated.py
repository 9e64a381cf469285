"""Whatever becomes of a file on its way, it is graded or reported, and nobody gets more than the true one gives."""

from __future__ import annotations

import random
import resource
import sys

import pytest
from classes import Played, mail_with, names, notebook_with, page_with, zip_with
from graded import GradedClass
from mutations import mutated
from simulated import simulated_student

MOST_MEMORY = 1.5e9  # bytes


def graded_class(folder, count):
    """That many students with mutated files, and what the true ones are worth."""
    rng = random.Random(count)
    students = [simulated_student(f"s{i:05d}", name, rng) for i, name in enumerate(names(count, rng))]
    class_ = GradedClass(folder, students)
    worth = {}
    for one in students:
        record = class_.record(Played(one.id, one.name, one.acts))
        shape = rng.randrange(5)
        data = (notebook_with([record], 3000), record.data, mail_with(record), page_with(record),
                zip_with({"lab.ipynb": notebook_with([record])}))[shape]
        name = ("lab.ipynb", "x.record.json", "mail.eml", "page.html", "all.zip")[shape]
        class_.hand_in(f"{one.id}/{name}", mutated(data, rng))
        worth[one.id] = sum(one.right.values())
    return class_, worth


def check(class_, worth):
    made = class_.graded()
    assert list(made.marks) == list(worth)
    for id, mark in made.marks.items():
        assert mark.log, id
        assert sum(one.points for one in mark.labs) <= worth[id] + 0.001, id
        assert all(line.outcome == "graded" or line.why for line in mark.log), mark.log
        assert not any("could not be graded" in line.why for line in mark.log), mark.log
        assert (class_.out / "feedback" / f"{id}.html").stat().st_size > 100
    graded = sum(bool(mark.labs) for mark in made.marks.values())
    assert 0.3 * len(worth) < graded < len(worth)


def test_two_hundred_mutated_files(tmp_path):
    check(*graded_class(tmp_path, 200))


@pytest.mark.soak
def test_ten_thousand_mutated_files(tmp_path):
    check(*graded_class(tmp_path, 10_000))
    unit = 1 if sys.platform == "darwin" else 1024
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit < MOST_MEMORY
