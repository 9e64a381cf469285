"""A page judges as the kernel does, under node: the same verdict and the same sentence, for every task of every lab."""

from __future__ import annotations

import json
import math
import random

import pytest
from drawn_texts import drawn_text
from hypothesis import given
from hypothesis import strategies as st
from page_script import JUDGE, SLUGS, clear_data, page_text, parts_of, under_node
from paths import ROOT

from mlsysim_labs.export.exported import exported_page
from mlsysim_labs.marking.predictions import comparison
from mlsysim_labs.marking.tables import AnswerError
from mlsysim_labs.places.notebooks import new_lab
from mlsysim_labs.testing import tasks_of, typed

CASES = json.loads((ROOT / "tests/marking/cases.json").read_text(encoding="utf-8"))["cases"]
MISSPELT = "I don't know the unit"
JUDGED = """
    const told = ({ item, text, tries, askedBefore, mode }) => {
        try {
            return judged(given.items[item], text, { mode, items: Object.values(given.items), tries, askedBefore });
        } catch (problem) {
            if (!(problem instanceof AnswerError)) throw problem;
            return { asked: problem.code, sentence: problem.message };
        }
    };
    return given.cases.map(told);
"""


def texts(lab, item):
    """What students type: what is in the file, every key of the lab, and what comes of each known mistake."""
    found = [*(row[1] for row in CASES[::21]), "-3 GB", "1,5", "1,500", "0", "", "42", "nonsense"]
    found += [task.key(lab.variant) for task in tasks_of(lab).values()]
    found += [typed(item, item.answer_of(mistake.formula)) for mistake in item.mistakes]
    return found + list(item.options)


def said_here(item, text, tries, before):
    """What Python says, as the page writes it down."""
    try:
        reply = item.verdict(text, tries, asked_before=before)
    except AnswerError as problem:
        return {"asked": problem.code, "sentence": cut(str(problem))}
    return {"state": reply.state, "feedback": reply.feedback}


def cut(text):
    """Without what a misspelt unit may have meant, which is left to Python."""
    return MISSPELT if text.startswith(MISSPELT) else text


def agree(lab, items, made=texts):
    asked = [(item, text, tries, before) for item in tasks_of(lab).values() for text in made(lab, item)
             for tries, before in ((1, False), (2, True))]
    cases = [{"item": item.name, "text": text, "tries": tries, "askedBefore": before, "mode": lab.mode}
             for item, text, tries, before in asked]
    there = under_node(JUDGE, JUDGED, {"items": {one["name"]: one for one in items}, "cases": cases})
    there = [one | {"sentence": cut(one["sentence"])} if "sentence" in one else one for one in there]
    here = [said_here(*one) for one in asked]
    assert [(case, a, b) for case, a, b in zip(cases, here, there, strict=True) if a != b] == []
    assert len(cases) > 150


@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_judges_as_the_kernel_does(slug):
    agree(new_lab(slug, "learn"), parts_of(page_text(slug))[""]["items"])


@pytest.mark.soak
@pytest.mark.parametrize("slug", SLUGS)
def test_a_page_judges_a_great_many_answers_as_the_kernel_does(slug):
    """20,000 texts for each lab, each as a first try and as a second one."""
    lab, draw = new_lab(slug, "learn"), random.Random()
    count = 20_000 // len(tasks_of(lab))
    agree(lab, parts_of(page_text(slug))[""]["items"], lambda *_: [drawn_text(draw) for _ in range(count)])


def test_a_page_of_a_student_judges_by_that_students_numbers():
    lab, text = new_lab("03_kv_cache", "learn", seed=7), exported_page("03_kv_cache", seed=7)
    agree(lab, parts_of(text)[""]["items"])
    assert clear_data(text)["variant"] == 7 and clear_data(page_text("03_kv_cache"))["variant"] is None
    assert clear_data(text)["edition"] == clear_data(page_text("03_kv_cache"))["edition"]


def test_an_exam_reads_and_keeps_as_the_kernel_does():
    agree(new_lab("03_kv_cache", "exam"), parts_of(page_text("03_kv_cache", "exam"))[""]["items"])


def test_a_prediction_is_compared_in_the_same_sentence():
    """Drawn numbers of every size, and those on the edges of what is said."""
    cases: list = []
    drawn = st.floats(1e-6, 1e12).map(lambda x: float(f"{x:.4g}")) | st.integers(1, 1000).map(float)
    numbers = drawn | st.sampled_from(
        [0.0, 0.125, 0.335, 0.5, 1.005, 2.5, 45.5, 95.5, 99.0, 100.0, 101.0, 110.0, 1e15])
    given(numbers, numbers, st.sampled_from(["users", "", "%", "×", "GB", "tokens", "s", "GPUs"]))(
        lambda own, truth, unit: cases.append([own, truth, unit]))()
    cases += [[40.0, "infeasible", "users"], ["a", "a", ""], ["a", "b", "users"]]
    there = under_node(JUDGE, "return given.map((one) => comparison(...one));", cases)
    assert there == [comparison(*one) for one in cases]


@pytest.mark.soak
def test_a_great_many_predictions_are_compared_in_the_same_sentence(rng):
    own, truth = (10 ** rng.uniform(-3, 6, 20_000) for _ in range(2))
    own = [float(f"{x:.{digits}g}") for x, digits in zip(own, rng.integers(1, 4, own.size), strict=True)]
    units = rng.choice(["users", "", "%", "×", "GB"], truth.size)
    truth = [math.floor(x) + 1.0 if unit == "users" else float(x) for x, unit in zip(truth, units, strict=True)]
    cases = [[a, b, str(unit)] for a, b, unit in zip(own, truth, units, strict=True)]
    there = under_node(JUDGE, "return given.map((one) => comparison(...one));", cases)
    assert [(case, one) for case, one in zip(cases, there, strict=True) if comparison(*case) != one] == []
