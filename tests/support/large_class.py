"""A class of thousands whose notebooks have the size of real ones, each with numbers of its own."""

from __future__ import annotations

import pathlib
import random

from classes import names, notebook_with
from graded import GradedClass
from simulated import simulated_student

SMALLEST, LARGEST = 50_000, 300_000  # bytes


def large_class(folder: pathlib.Path, count: int) -> tuple[GradedClass, dict[str, float]]:
    """That many notebooks, and what each is worth by a careful human, with all questions worth the same."""
    rng = random.Random(count)
    students = [simulated_student(f"s{i:05d}", name, rng) for i, name in enumerate(names(count, rng))]
    class_ = GradedClass(folder, students)
    for one in students:
        record = class_.record(one)
        plain = len(notebook_with([record, record]))
        filler = max(rng.randint(SMALLEST, LARGEST) - plain, 7)
        class_.hand_in(f"{one.id}.ipynb", notebook_with([record, record], filler))
    return class_, {one.id: sum(one.right.values()) for one in students}
