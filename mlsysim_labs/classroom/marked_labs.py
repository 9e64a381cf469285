"""The labs of a course with what their questions are worth: made once in each process by the notebook that the course
names, which is the only code that grading runs.
"""

from __future__ import annotations

import pathlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from mlsysim_labs.classroom.course import Course, CourseLab
from mlsysim_labs.lab import Lab
from mlsysim_labs.places.notebooks import new_lab, notebook_of
from mlsysim_labs.questions.explore_items import DesignItem, ExploreItem
from mlsysim_labs.questions.items import PredictionItem
from mlsysim_labs.questions.task_items import ReflectionItem, TaskItem
from solver.text import nearest

ITEM_KINDS: dict[type, str] = {PredictionItem: "predictions", TaskItem: "tasks", DesignItem: "plans",
                          ReflectionItem: "reflection", ExploreItem: "explored"}
KEPT_LABS: dict[str, dict[str, MarkedLab]] = {}  # of this process
UNMARKED = "explored"  # a kind that is worth something only where the teacher says so


@dataclass(frozen=True, eq=False)
class MarkedLab:
    """A lab, how the course marks it, what each question is worth, and the edition of its questions."""

    lab: Lab
    rules: CourseLab
    weights: Mapping[str, float]
    edition: str

    @property
    def slug(self) -> str:
        """The name that records know it by."""
        return self.lab.progress.slug

    @property
    def items(self) -> Mapping[str, Any]:
        """The questions that are marked, by name, in order."""
        return {name: item for name, item in self.lab.questions.items() if name in self.weights}

    @property
    def most(self) -> float:
        """The points of whoever has everything right."""
        return sum(self.weights.values()) if self.rules.points is None else self.rules.points

    def points(self, shares: Mapping[str, float]) -> float:
        """What shares of the questions come to, of `most`."""
        whole = sum(self.weights.values())
        got = sum(self.weights[name] * share for name, share in shares.items())
        return self.most * got / whole if whole else 0.0


def marked_lab(rules: CourseLab) -> MarkedLab:
    """A lab made by its notebook; ValueError where weights name what it does not ask.

    >>> marked = marked_lab(CourseLab("03_kv_cache", {"predictions": 0.5, "plan": 3}))
    >>> marked.weights["users_at_128k"], marked.weights["plan"], marked.weights["token"], marked.most
    (0.5, 3.0, 1.0, 9.0)
    """
    lab = new_lab(rules.notebook)
    asked = {name: ITEM_KINDS[type(item)] for name, item in lab.questions.items()}
    known = [*asked, *ITEM_KINDS.values()]
    for name in rules.weights:
        if name not in known:
            raise ValueError(f"the weights of {rules.notebook} name {name!r}, which the lab does not ask. "
                             f"{nearest(name, known)}")
    usual = {name: rules.weights.get(kind, 0.0 if kind == UNMARKED else 1.0) for name, kind in asked.items()}
    weights = {name: float(rules.weights.get(name, weight)) for name, weight in usual.items()}
    marked = {name: weight for name, weight in weights.items() if weight or asked[name] != UNMARKED}
    return MarkedLab(lab, rules, marked, lab.progress.edition())


def marked_labs(course: Course, version: str = "") -> dict[str, MarkedLab]:
    """The labs of a course by slug. Those of a `version` are made once, since that says that nothing has changed."""
    if version and version in KEPT_LABS:
        return KEPT_LABS[version]
    made: dict[str, MarkedLab] = {}
    for rules in course.labs:
        one = marked_lab(rules)
        if one.slug in made:
            raise ValueError(f"the course has the lab {one.slug!r} twice: leave one of them out.")
        made[one.slug] = one
    if version:
        KEPT_LABS.clear()
        KEPT_LABS[version] = made
    return made


def notebooks_data(course: Course) -> dict[str, bytes]:
    """What is in the notebooks of a course, by name: changed ones give other keys."""
    paths = [notebook_of(rules.notebook) for rules in course.labs]
    return {str(path): pathlib.Path(path).read_bytes() for path in paths}
