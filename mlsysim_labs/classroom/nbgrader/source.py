"""The source notebook of an assignment: a lab, and behind it one autograded cell for each question that counts.

What is needed to mark it stands in the notebook itself: the cells that make the lab, and the rules of the course.
"""

from __future__ import annotations

import json
import pathlib
import re
from typing import Any

from mlsysim_labs.classroom.assignment.due_text import due_text
from mlsysim_labs.classroom.assignment.student_notebook import Whose, student_notebook
from mlsysim_labs.classroom.course import CourseLab
from mlsysim_labs.classroom.marked_labs import MarkedLab, marked_lab
from mlsysim_labs.places.notebooks import notebook_of

RULES_KEY = "mlsysim_labs"  # in the notebook's metadata
RULE_NAMES = ("attempt", "tries")
CALL = re.compile(r'^points\("([^"]+)", "([^"]+)"\)$', re.MULTILINE)
NO_ID = re.compile(r"[^\w-]")
POINTS_HEADING = """## Points

Your points come from what the lab has kept in this notebook. Save it before you submit it. The cells below do nothing
before that.
"""
OUTPUT_SCHEMA = 3  # of the metadata that nbgrader 0.9 reads


def source_notebook(rules: CourseLab, course: str = "") -> tuple[MarkedLab, bytes]:
    """The lab, and its notebook for the folder `source` of a course in nbgrader.

    >>> lab, data = source_notebook(CourseLab("03_kv_cache", {"plan": 3}))
    >>> print("".join(json.loads(data)["cells"][-1]["source"]))
    from mlsysim_labs.classroom.nbgrader.check import points
    <BLANKLINE>
    points("03_kv_cache", "reflection")
    """
    marked = marked_lab(rules)
    everybody = Whose(course=course, mode=rules.mode, seal=rules.seal, due=due_text(rules.due))
    made = json.loads(student_notebook(notebook_of(rules.notebook).read_bytes(), everybody))
    made["cells"].append(_cell("markdown", "points", POINTS_HEADING))
    made["cells"] += [_autograded(marked.slug, name, round(marked.points({name: 1.0}), 4))
                      for name, weight in marked.weights.items() if weight]
    said = {name: getattr(rules, name) for name in RULE_NAMES} | {"partial": dict(rules.partial)}
    made["metadata"] = made.get("metadata", {}) | {RULES_KEY: {"lab": marked.slug} | said}
    made |= {"nbformat": 4, "nbformat_minor": 5}
    return marked, (json.dumps(made, indent=1, ensure_ascii=False) + "\n").encode()


def _cell(kind: str, id: str, source: str) -> dict[str, Any]:
    plain = {"cell_type": kind, "id": f"nbgrader-{id}"[:64], "metadata": {},
             "source": source.rstrip("\n").splitlines(keepends=True)}
    return plain | ({"execution_count": None, "outputs": []} if kind == "code" else {})


def _autograded(lab: str, question: str, points: float) -> dict[str, Any]:
    """A cell whose value is what a question got."""
    id = NO_ID.sub("-", f"{lab}-{question}")
    source = f'from mlsysim_labs.classroom.nbgrader.check import points\n\npoints("{lab}", "{question}")'
    return _cell("code", id, source) | {"metadata": {"nbgrader": {
        "grade": True, "grade_id": id, "locked": True, "points": points, "schema_version": OUTPUT_SCHEMA,
        "solution": False, "task": False}}}


def asked_in(source: str) -> tuple[str, str] | None:
    """The lab and the question that an autograded cell asks for; None of another cell.

    >>> asked_in('points("03_kv_cache", "plan")'), asked_in("assert x == 1")
    (('03_kv_cache', 'plan'), None)
    """
    found = CALL.search(source)
    return (found[1], found[2]) if found else None


def cell_points(data: bytes) -> dict[tuple[str, str], float]:
    """What each question is worth in a source notebook, by lab and name; its teacher may have changed it."""
    found = {}
    for cell in json.loads(data)["cells"]:
        said = cell["metadata"].get("nbgrader", {})
        if said.get("grade") and (asked := asked_in("".join(cell["source"]))):
            found[asked] = float(said["points"])
    return found


def source_of(folder: pathlib.Path, lab: str) -> pathlib.Path:
    """The notebook of a lab in the folder of an assignment; ValueError where there is none."""
    for file in sorted(folder.glob("*.ipynb")):
        if rules_in(file).get("lab") == lab:
            return file
    raise ValueError(f"no notebook in {folder} has the lab {lab!r}: write it anew with mlsysim-labs nbgrader.")


def rules_in(file: pathlib.Path) -> dict[str, Any]:
    """What a source notebook says of its lab; nothing where it has none."""
    return dict(json.loads(file.read_bytes()).get("metadata", {}).get(RULES_KEY, {}))


def marked_source(file: pathlib.Path) -> MarkedLab:
    """The lab of a source notebook, as it is to be marked."""
    rules = rules_in(file)
    weights = {name: points for (lab, name), points in cell_points(file.read_bytes()).items() if lab == rules["lab"]}
    return marked_lab(CourseLab(str(file), weights, attempt=rules["attempt"], tries=rules["tries"],
                                partial=rules["partial"]))
