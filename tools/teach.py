"""Write the keys into the teachers' pages: every truth, task and known mistake of a lab, as the solver computes them.

A page of ``docs/teach`` has the lab's name, and a block between ``<!-- key -->`` and ``<!-- /key -->``. A test writes
it anew, and fails when the page differs.
"""

from __future__ import annotations

import pathlib
import re
import sys
from typing import Any

from pictures import LABS, ROOT, lab_of

PAGES = ROOT / "docs" / "teach"
BLOCK = re.compile(r"(<!-- key -->\n).*?(<!-- /key -->)", re.DOTALL)


def key(lab: Any) -> str:
    """Predictions and tasks with their keys, tolerances, and the numbers that mistakes lead to."""
    from mlsysim_labs.questions.items import key_text, truth_in_unit, value_at

    lines = ["| | Question | Key |", "| --- | --- | --- |"]
    for one in lab._predictions.values():
        lines.append(f"| predict | {one.question} | {key_text(one.truth, one.unit)} |")
    mistakes = []
    for one in (task for task in lab._tasks.values() if hasattr(task, "formula")):
        within = "" if one.whole or one.options or isinstance(one.truth, str) else f" ± {one.tolerance:.0%}"
        lines.append(f"| `{one.name}` | {one.question} | {key_text(one.truth, one.unit, one.whole)}{within} |")
        for said, formula in one.mistakes.items():
            wrong = truth_in_unit(value_at(one.lab, formula, one.at), one.unit)
            mistakes.append(f"- `{one.name}`, {key_text(wrong, one.unit, one.whole)}: “{said}”")
    return "\n".join([*lines, "", "Mistakes that are recognized:", "", *mistakes, ""] if mistakes else [*lines, ""])


def with_key(page: str, lab: Any) -> str:
    """The page with its block written anew."""
    if not BLOCK.search(page):
        raise ValueError("a teacher's page needs a block between <!-- key --> and <!-- /key -->.")
    return BLOCK.sub(lambda found: f"{found[1]}\n{key(lab)}\n{found[2]}", page)


def main() -> int:
    """Write all pages."""
    for file in sorted(PAGES.glob("*.md")):
        notebook = LABS / f"{file.stem}.ipynb"
        file.write_text(with_key(file.read_text(encoding="utf-8"), lab_of(notebook)), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.path.insert(0, str(pathlib.Path(__file__).parent))
    sys.exit(main())
