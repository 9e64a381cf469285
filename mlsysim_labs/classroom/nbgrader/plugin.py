"""For nbgrader_config.py: labs are autograded from the record in what was submitted, and no cell of them is run.

    from mlsysim_labs.classroom.nbgrader.plugin import read_records

    c = get_config()
    read_records(c)

Other assignments of the course are autograded as ever.
"""

from __future__ import annotations

import functools
import pathlib
from typing import Any

from mlsysim_labs.classroom.marked_labs import MarkedLab
from mlsysim_labs.classroom.nbgrader.check import mark_line, submitted_marks
from mlsysim_labs.classroom.nbgrader.source import asked_in, marked_source, source_of

BY_HAND = "No code of a lab is run: grade this cell by hand."


def read_records(config: Any) -> None:
    """Put a reader of records where nbgrader runs notebooks; a cell that a student deleted comes back."""
    from nbgrader.converters import Autograde
    from nbgrader.preprocessors import Execute

    class ReadRecords(Execute):
        """Runs a notebook, as it would be, unless the gradebook says that it is a lab."""

        def preprocess(self, nb: Any, resources: Any, *args: Any, **kwargs: Any) -> Any:
            """The notebook with the points of each autograded cell as its value."""
            where = resources["nbgrader"]
            asked = questions_asked(where)
            if not asked:
                return super().preprocess(nb, resources, *args, **kwargs)
            fill_cells(nb, asked, self.parent.parent.coursedir, where)
            return nb, resources

    usual = Autograde.class_traits()["autograde_preprocessors"].default()
    known = config.Autograde.get("autograde_preprocessors", usual)
    names = (Execute, "nbgrader.preprocessors.Execute")
    config.Autograde.autograde_preprocessors = [ReadRecords if one in names else one for one in known]
    config.OverwriteCells.setdefault("add_missing_cells", True)


def questions_asked(where: Any) -> dict[str, tuple[str, str]]:
    """Lab and question by autograded cell, as the gradebook has them: what is in a submission is not asked."""
    from nbgrader.api import Gradebook

    with Gradebook(where["db_url"]) as book:
        cells = book.find_notebook(where["notebook"], where["assignment"]).source_cells
        return {cell.name: asked for cell in cells if (asked := asked_in(cell.source or ""))}


def fill_cells(nb: Any, asked: dict[str, tuple[str, str]], places: Any, where: Any) -> None:
    """Put points and a line into each autograded cell; `places` knows the folders of the course."""
    student, assignment = where["student"], where["assignment"]
    source = pathlib.Path(places.format_path(places.source_directory, ".", assignment))
    submitted = pathlib.Path(places.format_path(places.submitted_directory, student, assignment))
    marks = {(lab, name): mark for lab in {lab for lab, _ in asked.values()}
             for name, mark in submitted_marks(_lab_in(source, lab), submitted, student).items()}
    for cell in nb.cells:
        said = cell.metadata.get("nbgrader", {})
        if cell.cell_type == "code" and said.get("grade"):
            mark = marks[asked[said["grade_id"]]] if said["grade_id"] in asked else None
            cell.outputs = _outputs(mark.share * float(said["points"]), mark_line(mark)) if mark else \
                _outputs(0.0, BY_HAND)


def _outputs(points: float, line: str) -> list[Any]:
    """What a cell would print and have as its value."""
    from nbformat.v4 import new_output

    return [new_output("stream", name="stdout", text=f"{line}\n"),
            new_output("execute_result", {"text/plain": repr(points)})]


def _lab_in(folder: pathlib.Path, lab: str) -> MarkedLab:
    file = source_of(folder, lab)
    return _made_lab(file, file.stat().st_mtime_ns)


@functools.lru_cache(maxsize=8)
def _made_lab(file: pathlib.Path, changed: int) -> MarkedLab:
    """A lab is made once for a class, while its notebook stays as it is."""
    return marked_source(file)
