"""``mlsysim-labs nbgrader LAB -o COURSE``: a lab as an assignment of a course in nbgrader."""

from __future__ import annotations

import pathlib

from mlsysim_labs.classroom.course import Course, CourseLab, course_of
from mlsysim_labs.classroom.marks import number_label
from mlsysim_labs.classroom.nbgrader.source import source_notebook
from mlsysim_labs.commands.layout import page_width, sentences_text
from mlsysim_labs.places.notebooks import notebook_of
from mlsysim_labs.records.atomic import put
from solver.text import nearest

CONFIG_NAME, IMPORT = "nbgrader_config.py", "mlsysim_labs.classroom.nbgrader.plugin"
CONFIG = f"""from {IMPORT} import read_records

c = get_config()
read_records(c)  # labs are autograded from their records: no cell of a student is run
"""


def write_assignment(lab: str, folder: str, course: str) -> None:
    """Write the source notebook, and what nbgrader needs to know; say what is next."""
    rules, of = _rules(lab, pathlib.Path(course)) if course else (CourseLab(lab), "")
    marked, data = source_notebook(rules, of)
    name = notebook_of(rules.notebook).stem
    file = pathlib.Path(folder) / "source" / name / f"{name}.ipynb"
    if file.exists() and file.read_bytes() != data:
        raise ValueError(f"{file} is there, and is another one: move it away first, or name another folder.")
    file.parent.mkdir(parents=True, exist_ok=True)
    put(file, data)
    counted = sum(bool(weight) for weight in marked.weights.values())
    said = [f"{file}: {counted} questions, {number_label(marked.most)} points. All have the same numbers: nbgrader "
            f"gives one notebook to everybody.", _config_sentence(pathlib.Path(folder) / CONFIG_NAME)]
    print(sentences_text(said, page_width()))
    print(f"\nNext: nbgrader generate_assignment {name}")


def _rules(lab: str, file: pathlib.Path) -> tuple[CourseLab, str]:
    """What the course says of a lab, and its name."""
    course = course_of(file)
    _check_numbers(course, file)
    known = {pathlib.Path(one.notebook).stem: one for one in course.labs}
    stem = pathlib.Path(lab).stem if lab.endswith(".ipynb") else lab
    if stem not in known:
        raise ValueError(f"{file.name} has no [[lab]] with the notebook {lab!r}. {nearest(stem, known)}")
    return known[stem], course.name


def _check_numbers(course: Course, file: pathlib.Path) -> None:
    if course.numbers != "same":
        raise ValueError(f"{file.name} gives each student other numbers, and nbgrader gives one notebook to everybody: "
                         f"write numbers = \"same\" into it, or use mlsysim-labs assign and grade.")


def _config_sentence(file: pathlib.Path) -> str:
    """Write the settings of a course that has none; of one that has some, say what is to be added."""
    if not file.exists():
        put(file, CONFIG.encode())
        return f"{file} is new: it has labs autograded from their records, without running a cell of a student."
    if IMPORT in file.read_text(encoding="utf-8", errors="replace"):
        return f"{file} has labs autograded from their records, without running a cell of a student."
    lines = "; ".join((f"from {IMPORT} import read_records", "read_records(c)"))
    return (f"{file} is yours. Add to it, or else autograding runs the cells of students, which can change their "
            f"points: {lines}")
