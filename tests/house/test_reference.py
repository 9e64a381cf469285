"""The reference says what the code says, and its examples run."""

from __future__ import annotations

import doctest
import re

import pytest
import reference

import solver
from solver.testing import formulas, solvers

TEXT = reference.PAGE.read_text(encoding="utf-8")
BLOCKS = re.findall(r"```python\n(.*?)```", TEXT, re.DOTALL)


def test_the_page_is_what_the_code_says():
    assert reference.reference() == TEXT, "docs/solver.md is stale: run `make reference`"


def test_every_name_is_on_the_page():
    for name in [*solver.__all__, *(path.rpartition(".")[2] for path in [*formulas(), *solvers()])]:
        assert f"`{name}`: " in TEXT or f"`{name}(" in TEXT, name
    for path, found in solvers().items():
        for argument in getattr(found, "solve", found).arguments.values():
            assert f"| `{argument.name}` |" in TEXT and argument.sentence in TEXT, (path, argument.name)
    assert not re.search(r"^- .*: *$", TEXT, re.MULTILINE), "a name without a sentence"


@pytest.mark.parametrize("block", BLOCKS, ids=range(len(BLOCKS)))
def test_examples_run(block):
    case = doctest.DocTestParser().get_doctest(block, {}, "docs/solver.md", "docs/solver.md", 0)
    assert case.examples
    told = []
    assert doctest.DocTestRunner().run(case, out=told.append).failed == 0, "".join(told)


def test_whoever_has_a_task_finds_what_answers_it():
    asked = reference.tasks()
    assert {path.rpartition(".")[2] for path in solvers()} - {"serving_plan", "training_plan"} <= set(asked)
    headings = {re.sub(r"[^\w -]", "", line[4:].lower()).replace(" ", "-")
                for line in TEXT.splitlines() if line.startswith("### ")} | {"names-of-solver"}
    for name, question in asked.items():
        assert question.endswith("?") and f" | {question} | [`{name}`](#" in TEXT
    assert set(re.findall(r"\]\(#([\w-]+)\)", TEXT)) <= headings


def test_every_solve_has_an_example():
    assert len(BLOCKS) == len(solvers())
