"""How fast labs are: to declare one, and to judge what a student hands in, right and wrong, keys kept.

    make bench
"""

from __future__ import annotations

import contextlib
import statistics
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from mlsysim_labs import Lab, lab_of
from mlsysim_labs.marking.answers import AnswerError
from mlsysim_labs.places.notebooks import new_lab, notebooks_folder, tagged_cells
from mlsysim_labs.testing import tasks_of, typed
from solver.show import table

MOST_JUDGING, MOST_DECLARING = 1.0, 500.0  # ms
CHAIN = 30  # functions, each of which follows from the one before


def milliseconds(call: Callable[[], object], times: int = 9) -> float:
    """Median time of a call."""
    def once() -> float:
        begin = time.perf_counter()
        call()
        return 1e3 * (time.perf_counter() - begin)
    return statistics.median(once() for _ in range(times))


def submission(lab: Lab, right: bool) -> list[tuple[Any, str]]:
    """What is handed in: each task with its key, or with the first of its known mistakes."""
    answers = []
    for task in tasks_of(lab).values():
        wrong = typed(task, task.answer_of(task.mistakes[0].formula)) if task.mistakes else "infeasible"
        answers.append((task, task.key(None) if right else wrong))
    return answers


def judge(answers: list[tuple[Any, str]]) -> None:
    for task, text in answers:
        with contextlib.suppress(AnswerError):
            task.verdict(text)


def chain() -> None:
    """A lab of functions that follow from one another."""
    lab = Lab("A chain")
    lab.slider("f0", 1, 100)
    for i in range(1, CHAIN):
        names: dict[str, Any] = {}
        exec(f"def f{i}(f{i - 1}):\n    return 2 * f{i - 1}", names)
        lab.derive(names[f"f{i}"])


def main() -> None:
    rows = []
    for notebook in sorted(notebooks_folder().glob("*.ipynb")):
        if not tagged_cells(notebook):
            continue
        lab, name = lab_of(notebook), notebook.stem
        new_lab(notebook)  # whatever is imported once is imported
        declaring = milliseconds(partial(new_lab, notebook))
        right, wrong = (milliseconds(partial(judge, submission(lab, kind))) for kind in (True, False))
        rows += [[f"{name}: declared", f"{declaring:.0f} ms", f"at most {MOST_DECLARING:.0f} ms"],
                 [f"{name}: a right submission judged", f"{right:.2f} ms", f"at most {MOST_JUDGING:.0f} ms"],
                 [f"{name}: a wrong submission judged", f"{wrong:.2f} ms", f"at most {MOST_JUDGING:.0f} ms"]]
    rows.append([f"a chain of {CHAIN} functions declared", f"{milliseconds(chain):.0f} ms", ""])
    table(["what", "time", "wanted"], rows)


if __name__ == "__main__":
    main()
