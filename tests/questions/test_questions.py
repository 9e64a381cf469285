"""What belongs to a task in lines of its own: hints, and mistakes that have names."""

from __future__ import annotations

import pytest

from mlsysim_labs import Lab
from mlsysim_labs.questions.setting import Setting, setting
from mlsysim_labs.questions.task_items import ReflectionItem


@pytest.fixture
def lab():
    with setting(Setting("learn", keeps=False)):
        lab = Lab("A lab")
    lab.slider("x", 1, 9, start=3)

    @lab.task("Twice x?", unit="GB")
    def twice(x):
        return 2 * x

    @lab.mistake(twice, "That is x itself.")
    def once(x):
        return x

    @lab.task("Four times x?", unit="GB")
    def four(x):
        return 4 * x

    lab.mistake(four, once)(twice)
    return lab


def test_hints_come_one_by_one_in_their_order(lab):
    lab.hint("twice", "Add.", "Or double.")
    task = lab.questions["twice"]
    assert task.hints == ["Add.", "Or double."] and task.shown.more_hints and task.shown.hints == []
    task.shown.hear({"kind": "hint", "id": "a", "value": None})
    assert task.shown.hints == ["Add."] and task.shown.more_hints


def test_mistakes_have_names_and_may_share_a_sentence(lab):
    twice, four = lab.questions["twice"], lab.questions["four"]
    assert [(m.name, m.sentence) for m in (*twice.mistakes, *four.mistakes)] == [
        ("once", "That is x itself."), ("twice", "That is x itself.")]
    assert twice.verdict("3 GB").feedback == four.verdict("6 GB").feedback == "That is x itself."


def test_a_mistake_declared_again_takes_the_place_of_the_first(lab):
    @lab.mistake(lab.questions["twice"].formula, "Not x alone.")
    def once(x):
        return x

    assert [m.sentence for m in lab.questions["twice"].mistakes] == ["Not x alone."]


@pytest.mark.parametrize("act, says", [
    (lambda lab: lab.hint("twise", "Add."), "There is no task 'twise' yet: declare the task first. Did you mean twice"),
    (lambda lab: lab.mistake(lab.questions["four"].formula, print)(print), "'print' is no mistake of a task yet"),
    (lambda lab: lab.questions["thrice"], "asks nothing that is called 'thrice'. Did you mean twice"),
    (lambda lab: lab.mistake("reflection", "No.")(print), "There is no task 'reflection'")])
def test_what_is_not_there_is_a_sentence(lab, act, says):
    lab.reflect("Why?")
    with pytest.raises(KeyError, match=says):
        act(lab)


def test_questions_are_a_mapping_in_the_order_in_which_a_student_meets_them(lab):
    lab.reflect("Why?")

    @lab.predict("How much?", high=100)
    def guess(x):
        return x

    assert list(lab.questions) == ["guess", "twice", "four", "reflection"] and len(lab.questions) == 4
    assert isinstance(lab.questions["reflection"], ReflectionItem) and "guess" in lab.questions
    with pytest.raises(TypeError):
        lab.questions["guess"] = None
    with pytest.raises(AttributeError):
        lab.is_open = True
