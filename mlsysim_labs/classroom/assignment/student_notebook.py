"""A student's notebook: the teacher's, with whose it is and when it is due, and one line that says so to the lab.

Every other cell stays as it is. Left out is what is the teacher's own: outputs, with any record in them, and badges,
which would open everybody's notebook.
"""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

from mlsysim_labs.classroom.feedback import as_markdown
from mlsysim_labs.classroom.spreadsheet import HIDDEN
from mlsysim_labs.export.prose import BADGE_BLOCK, FOLDED_SECTION
from mlsysim_labs.places.notebooks import TAG

BADGES_AND_GAP = re.compile(rf"{BADGE_BLOCK.pattern}\n*", re.DOTALL)
ASSIGNED_ID, WHOSE_ID = "assigned", "assigned-to"  # of cells
REMARK_ON_LINE = "# This line makes the lab yours. Leave it as it is."


class Whose(NamedTuple):
    """Whose a notebook or page is, in which course and mode, with which numbers, and until when, in words."""

    student: str = ""
    course: str = ""
    seed: int | None = None
    mode: str = ""
    seal: str = ""
    due: str = ""

    @property
    def line(self) -> str:
        """The line of Python that says it to a lab.

        >>> Whose('Ada "x"', "C", 7, "exam").line
        'assign_to("Ada \\\\"x\\\\"", course="C", seed=7, mode="exam")'
        """
        said = [_quoted(self.student)] if self.student else []
        said += [f"course={_quoted(self.course)}"] if self.course else []
        said += [] if self.seed is None else [f"seed={self.seed}"]
        said += [f"{name}={_quoted(value)}" for name, value in (("mode", self.mode), ("seal", self.seal)) if value]
        return f"assign_to({', '.join(said)})"

    @property
    def words(self) -> list[str]:
        """What of it a student reads.

        >>> Whose("Ada", "CS249r", due="Friday").words
        ['Ada', 'CS249r', 'due Friday']
        """
        return list(filter(None, (self.student, self.course, f"due {self.due}" if self.due else "")))


def _quoted(text: str) -> str:
    """A text as Python and JSON both write it, on one line, and as it looks."""
    return json.dumps(HIDDEN.sub(" ", text), ensure_ascii=False)


def student_notebook(data: bytes, whose: Whose) -> bytes:
    """The notebook in `data`, for that student."""
    notebook = json.loads(data)
    cells = [_plain(cell) for cell in notebook["cells"]]
    at = _first_of_lab(cells)
    added = [_cell("markdown", WHOSE_ID, " · ".join(map(as_markdown, whose.words)))] if whose.words else []
    if whose.line != Whose().line:
        source = f"{REMARK_ON_LINE}\nfrom mlsysim_labs import assign_to\n\n{whose.line}"
        added.append(_cell("code", ASSIGNED_ID, source) | {"execution_count": None, "outputs": []})
    notebook["cells"] = [*cells[:at], *_named_apart(added, cells, notebook), *cells[at:]]
    notebook.get("metadata", {}).pop("widgets", None)
    return (json.dumps(notebook, indent=1, ensure_ascii=False) + "\n").encode("utf-8", "replace")


def _cell(kind: str, id: str, source: str) -> dict[str, Any]:
    return {"cell_type": kind, "id": id, "metadata": {}, "source": source.splitlines(keepends=True)}


def _plain(cell: dict[str, Any]) -> dict[str, Any]:
    """A cell without outputs and badges."""
    if cell["cell_type"] == "code":
        return cell | {"execution_count": None, "outputs": []}
    source = "".join(cell["source"])
    plain = BADGES_AND_GAP.sub("", source)
    return cell if plain == source else cell | {"source": plain.splitlines(keepends=True)}


def _first_of_lab(cells: list[dict[str, Any]]) -> int:
    """Where the lab begins: with the heading that folds its cells away, or the first of them."""
    tagged = [i for i, cell in enumerate(cells) if TAG in cell["metadata"].get("tags", [])]
    first = tagged[0] if tagged else len(cells)
    return next((i for i, cell in enumerate(cells[:first]) if cell["metadata"].get(FOLDED_SECTION)), first)


def _named_apart(added: list[dict[str, Any]], cells: list[dict[str, Any]], notebook: dict[str, Any]
                 ) -> list[dict[str, Any]]:
    """The added cells with ids that no other has; without any, where the format is older than ids."""
    if (notebook.get("nbformat", 4), notebook.get("nbformat_minor", 0)) < (4, 5):
        return [{key: value for key, value in cell.items() if key != "id"} for cell in added]
    known = {cell.get("id") for cell in cells}
    return [cell | {"id": next(name for name in (cell["id"], *(f"{cell['id']}-{n}" for n in range(2, len(known) + 3)))
                               if name not in known)} for cell in added]
