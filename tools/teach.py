"""Write the keys into the teachers' pages: every truth, task and known mistake of a lab, as the solver computes them.

A page of ``docs/teach`` has the lab's name, and a block between ``<!-- key -->`` and ``<!-- /key -->``. A test writes
it anew, and fails when the page differs.
"""

from __future__ import annotations

import math
import pathlib
import re
import sys
from typing import Any

from mlsysim_labs import lab_of
from mlsysim_labs.questions.explore_items import DesignItem
from mlsysim_labs.questions.items import key_text
from mlsysim_labs.reactive.graph import needs_of
from mlsysim_labs.testing import tasks_of

PAGES = pathlib.Path(__file__).parent.parent / "docs" / "teach"
BLOCK = re.compile(r"(<!-- key -->\n).*?(<!-- /key -->)", re.DOTALL)


def key(lab: Any) -> str:
    """Predictions and tasks with their keys, tolerances, and the numbers that mistakes lead to."""
    lines = ["| | Question | Key |", "| --- | --- | --- |"]
    lines += [f"| predict | {asked(one)} | {one.key(None)} |" for one in lab.questions.predictions.values()]
    mistakes = []
    for name, one in tasks_of(lab).items():
        within = "" if one.whole or one.options or isinstance(one.truth, str) else f" ± {one.tolerance:.0%}"
        lines.append(f"| `{name}` | {asked(one)} | {one.key(None)}{within} |")
        for mistake in one.mistakes:
            wrong = key_text(one.answer_of(mistake.formula), one.unit, one.whole)
            mistakes.append(f"- `{name}`, {wrong}: “{one.explained(mistake.sentence)}”")
    lines += [f"| `{name}` | {asked(one)} | {'; '.join(one.shown.conditions)} |"
              for name, one in lab.questions.tasks.items() if isinstance(one, DesignItem)]
    lines += ["", *drawn(lab)]
    return "\n".join([*lines, "Mistakes that are recognized:", "", *mistakes, ""] if mistakes else lines)


def drawn(lab: Any) -> list[str]:
    """In how many ways a task comes, of those that are drawn."""
    ways = {name: math.prod(len(draw.options) for draw in one.drawn(needs_of(one.formula)))
            for name, one in tasks_of(lab).items()}
    said = ", ".join(f"`{name}` in {many}" for name, many in ways.items() if many > 1)
    return [f"These are the keys of whoever has no seed. In a course each student gets other numbers, and each task "
            f"comes in so many ways: {said}. The lab works out every student's key.", ""] if said else []


def asked(one: Any) -> str:
    """A question with its conditions, as a cell of the table."""
    return f"{one.shown.question} *{one.shown.given}*" if one.shown.given else one.shown.question


def with_key(page: str, lab: Any) -> str:
    """The page with its block written anew."""
    if not BLOCK.search(page):
        raise ValueError("a teacher's page needs a block between <!-- key --> and <!-- /key -->.")
    return BLOCK.sub(lambda found: f"{found[1]}\n{key(lab)}\n{found[2]}", page)


def lab_pages() -> list[pathlib.Path]:
    """The pages on a lab; others tell of classes."""
    return [file for file in sorted(PAGES.glob("*.md")) if BLOCK.search(file.read_text(encoding="utf-8"))]


def main() -> int:
    """Write all pages."""
    for file in lab_pages():
        file.write_text(with_key(file.read_text(encoding="utf-8"), lab_of(file.stem)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
