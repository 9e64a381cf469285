"""The steps of a lab: what is explored, planned, played and started over, and how an answer is told."""

from __future__ import annotations

import json

import ipywidgets
import pytest
from small_lab import CROSSOVER, ENOUGH, PLAN, STEPS, USERS, small_lab, step

from mlsysim_labs import Lab
from mlsysim_labs.questions.setting import Setting, setting
from mlsysim_labs.testing import check_silence

SHORT = {**ENOUGH, "users": 7}
TWO = """from mlsysim_labs import Lab
lab = Lab("Two", slug="two")
lab.slider("x", 1, 9, start=3)
@lab.predict("Before?", low=1, high=100, why="It is twice {x:,}.")
def first(x):
    return 2 * x
@lab.predict("And then?", low=1, high=100)
def second(x):
    return 5 * x
@lab.picture(__import__("ipywidgets").FloatProgress(), view="x", start=True)
def bar(x):
    return {"value": x}
lab"""
LEAK = """def leak(change):
    lab.controls["x"].description = str(lab.questions["second"].truth)
lab.questions["first"].shown.observe(leak, "locked")
lab"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of its own, and no mode, course or play from outside."""
    monkeypatch.chdir(tmp_path)
    for name in ("MODE", "COURSE", "STUDENT", "PLAY"):
        monkeypatch.delenv(f"MLSYSIM_LABS_{name}", raising=False)
    return tmp_path


def opened(locked=40.0, **options):
    """A small lab on its page, with its prediction locked unless that is None."""
    lab = small_lab(**options)
    lab.box  # noqa: B018 - showing it is what publishes
    if locked is not None:
        step(lab, USERS, "lock", locked)
    return lab


def kinds(lab):
    return [(event.kind, event.name) for event in lab.progress.record.events if event.kind != "opened"]


def refused(lab, name, kind, value):
    """What is said of an act that is not done."""
    said = []
    shown = lab.questions.hand_in if name == "hand_in" else lab.questions[name].shown
    shown.send = said.append
    step(lab, name, kind, value)
    return said[-1]


@pytest.fixture
def sums():
    """Tasks with numbers that are easily mistaken, on a lab that keeps nothing."""
    with setting(Setting("learn", keeps=False)):
        lab = Lab("Sums", slug="sums")
    lab.slider("x", 1, 90, start=30, unit="GB")

    @lab.task("What is left of 100 GB?", unit="GB")
    def left(x):
        return 100 - x

    @lab.task("How much is three halves of it?", unit="GB")
    def halves(x):
        return 1.5 * x

    lab.derivation(left, "100 less {x:,}.")
    lab.box  # noqa: B018
    return lab


# what is kept -------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("how", ["hand", "button"])
def test_what_was_explored_is_kept_once_with_how(how):
    lab = opened()
    assert step(lab, "explore_1", "there", how).done
    step(lab, "explore_1", "there", "hand", id="again")
    assert kinds(lab) == [("prediction", USERS), ("explored", "explore_1")]
    assert lab.progress.record.last("explored", "explore_1").value == {"by": how}
    assert opened(None).questions["explore_1"].shown.done, "and after the kernel has gone"


def test_one_has_been_nowhere_by_another_way():
    said = refused(opened(), "explore_1", "there", "telepathy")
    assert "by hand or by button" in said["why"] and "quiet" not in said


def test_a_plan_is_judged_by_where_the_knobs_stand_and_kept_with_them():
    lab = opened()
    plan = step(lab, PLAN, "plan", SHORT)
    assert (plan.state, plan.feedback, plan.means) == ("wrong", "Not there yet: 64 users or more.", "")
    plan = step(lab, PLAN, "plan", ENOUGH)
    assert plan.state == "right" and plan.solved and plan.tries == 2 and plan.means
    kept = lab.progress.record.last("plan", PLAN).value
    assert kept == {"settings": ENOUGH, "state": "right"}
    again = opened(None).questions[PLAN].shown
    assert (again.state, again.tries, again.solved, again.means) == ("right", 2, True, plan.means)


@pytest.mark.parametrize("plan", [{}, {**ENOUGH, "users": 9999}, {**ENOUGH, "users": "many"}, {"users": 7}])
def test_a_plan_of_other_knobs_is_asked_again_quietly(plan):
    lab = opened()
    said = refused(lab, PLAN, "plan", plan)
    assert said["quiet"] is True and "Move a knob" in said["why"] and lab.questions[PLAN].shown.tries == 0
    assert kinds(lab) == [("prediction", USERS)]


def test_whoever_plays_sees_all_and_the_record_says_so():
    lab = opened(None)
    assert step(lab, USERS, "play", True).truth["sentence"] == "It is 3 users."
    assert lab.is_open and kinds(lab) == [("played", "lab")] and not lab.questions[USERS].shown.may_play
    again = opened(None)
    assert again.is_open and again.questions[USERS].shown.truth["value"] == 3
    assert again.progress.mark(USERS) == "open", "nothing was predicted"


def test_starting_over_opens_all_again_and_keeps_the_first_prediction():
    lab = opened()
    step(lab, "explore_1", "there", "hand")
    step(lab, CROSSOVER, "answer", "5 tokens")
    step(lab, PLAN, "plan", SHORT)
    step(lab, "hand_in", "restart", True)
    shown = {name: lab.questions[name].shown for name in STEPS}
    assert not lab.is_open and shown[USERS].locked == shown[USERS].truth == {} and not shown["explore_1"].done
    assert shown[CROSSOVER].state == shown[PLAN].state == "open" and shown[CROSSOVER].answer == ""
    step(lab, USERS, "lock", 4.0, id="second")
    assert shown[USERS].locked["value"] == 4 and shown[CROSSOVER].state == "open"
    assert [e.value["value"] for e in lab.progress.record.all("prediction", USERS)] == [40, 4]
    assert lab.progress.record.prediction(USERS).value["value"] == 40, "what counts is the first"
    assert kinds(lab)[4] == ("restarted", "lab")


def test_after_starting_over_a_new_kernel_has_the_new_state():
    lab = opened()
    step(lab, "hand_in", "restart", True)
    assert not opened(None).is_open
    assert opened(4.0).questions[USERS].shown.locked["value"] == 4


# how an answer is told --------------------------------------------------------------------------------------------

def test_solved_stays_solved_after_a_wrong_answer():
    lab = opened()
    step(lab, CROSSOVER, "answer", "122500 tokens")
    task = step(lab, CROSSOVER, "answer", "5 tokens")
    assert (task.state, task.solved, task.tries) == ("wrong", True, 2)
    assert lab.progress.mark(CROSSOVER) == "done" and lab.progress.own(CROSSOVER) == "122500 tokens"
    again = opened(None).questions[CROSSOVER].shown
    assert again.solved and again.state == "wrong" and again.means


def test_the_side_of_a_wrong_answer_is_told_from_the_second_try(sums):
    tries = [step(sums, "left", "answer", text).feedback for text in ("71.5 GB", "77 GB", "61 GB")]
    assert not tries[0].startswith("Too") and tries[1].startswith("Too high. ") and tries[2].startswith("Too low. ")
    assert not any("70" in said for said in tries)


def test_the_answer_to_another_task_is_named(sums):
    said = step(sums, "left", "answer", "45 GB").feedback
    assert said == "That answers another question: “How much is three halves of it?”"


def test_what_there_is_to_try_and_plans_have_places_for_the_knobs():
    with setting(Setting("learn", keeps=False)):
        lab = Lab("Places", slug="places")
        lab.slider("users", 1, 8, start=2, step=1)
        lab.explore("Go to {users:user}.", "Now there are {users:user}.", show={"users": 8})

        @lab.derive
        def twice(users):
            return 2 * users

        @lab.design("Serve more than {users:user}.", given="now {users}", means="Twice that is {twice:,}.")
        def more(users):
            return {"more": users > 2}

    asked = lab.questions
    tried, plan = asked["explore_1"].shown, asked["more"].shown
    assert (tried.question, tried.notice) == ("Go to 8 users.", "Now there are 8 users.")
    assert (plan.question, plan.given) == ("Serve more than 2 users.", "now 2.00")
    assert step(lab, "more", "plan", {"users": 5}).means == "Twice that is 4."


def test_less_than_nothing_is_a_sentence(sums):
    assert "below zero" in step(sums, "left", "answer", "-71.5 GB").feedback


def test_what_cannot_be_read_is_no_try_and_no_alarm(sums):
    said = refused(sums, "left", "answer", "lots of it")
    assert said["quiet"] is True and "unkept" not in said and sums.questions["left"].shown.tries == 0


def test_the_way_may_be_read_by_whoever_is_right_or_has_tried_three_times(sums):
    task = sums.questions["left"].shown
    for number, text in enumerate(("71.5 GB", "77 GB", "61 GB"), 1):
        assert task.derivation == "", f"after {number - 1}"
        step(sums, "left", "answer", text)
    assert task.derivation == "100 less 30." and not task.solved
    assert step(sums, "halves", "answer", "45 GB").derivation == ""
    lab = opened()
    assert step(lab, CROSSOVER, "answer", "122500 tokens").derivation.startswith("Sixteen billion")


def test_the_summary_tells_done_tried_and_open_apart_and_at_which_try():
    lab = opened()
    for text in ("5 tokens", "6 tokens", "122500 tokens"):
        step(lab, CROSSOVER, "answer", text)
    step(lab, "grows", "answer", "the weights")
    assert [lab.progress.mark(name) for name in STEPS] == ["done", "open", "done", "tried", "open", "open"]
    assert [mark for mark, *_ in lab.questions.hand_in.rows] == ["done", "open", "done", "tried", "open", "open"]
    said = lab.progress.summary()
    assert "✓ right at try 3" in said and "◐ not yet" in said and "○ open" in said
    assert "2 of 6 done" in lab.progress.line.value


# for whom -----------------------------------------------------------------------------------------------------------

def test_an_exam_keeps_all_and_tells_nothing():
    lab = opened(None, mode="exam")
    assert not lab.questions[USERS].shown.may_play and "failed" in refused(lab, USERS, "play", True)
    assert step(lab, USERS, "lock", 40.0).truth == {} and lab.is_open and lab.page.runner.reveal == {}
    task = step(lab, CROSSOVER, "answer", "122500 tokens")
    plan = step(lab, PLAN, "plan", ENOUGH)
    assert (task.state, plan.state) == ("kept", "kept") and not task.solved and task.means == plan.means == ""
    for number in range(3):
        step(lab, CROSSOVER, "answer", "5 tokens", id=str(number))
    assert task.derivation == "" and task.hints == []
    assert "failed" in refused(lab, "hand_in", "restart", True) and not lab.questions.hand_in.may_restart
    assert lab.questions["reflection"].shown.derivation == ""


def test_a_course_has_no_play_unless_its_teacher_wants_it(monkeypatch):
    course = {"course": "ml", "student": "ada"}
    lab = opened(None, **course)
    assert not lab.questions[USERS].shown.may_play and "failed" in refused(lab, USERS, "play", True)
    assert not lab.is_open
    step(lab, USERS, "lock", 40.0)
    assert not lab.questions.hand_in.may_restart
    monkeypatch.setenv("MLSYSIM_LABS_PLAY", "1")
    assert small_lab(**course).progress.may_play
    monkeypatch.setenv("MLSYSIM_LABS_PLAY", "0")
    assert not small_lab().progress.may_play


def test_a_class_may_guess_again_and_nothing_is_kept(folder):
    lab = opened(None, mode="demo")
    first = lab.page.runner.scenes[USERS]["program"]
    step(lab, USERS, "lock", 40.0)
    assert lab.questions[USERS].shown.truth["sentence"] == "You said 40 users. It is 3: 13× too many."
    step(lab, USERS, "again", True)
    assert not lab.is_open and lab.questions[USERS].shown.truth == {}, "it is shut for the next class"
    assert lab.page.runner.scenes[USERS]["program"] == first, "and the picture tells nothing any more"
    assert step(lab, USERS, "lock", 4.0).truth["sentence"].startswith("You said 4 users. It is 3") and lab.is_open
    assert lab.page.runner.reveal["number"] == 2, "it is shown again"
    assert lab.progress.record.events == () and list(folder.glob("*.json")) == []


# one prediction after the other --------------------------------------------------------------------------------------

def two(folder, last):
    """A notebook with two predictions."""
    cell = {"cell_type": "code", "source": TWO.removesuffix("lab") + last, "metadata": {"tags": ["lab"]}, "outputs": [],
            "execution_count": None}
    path = folder / "two.ipynb"
    path.write_text(json.dumps({"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}))
    return path


def test_what_the_first_lock_sends_does_not_depend_on_the_second_truth(folder):
    check_silence(two(folder, "lab"))


@pytest.mark.skipif(ipywidgets.__version__.startswith("7"), reason="its comms cannot be listened to in this way")
def test_a_truth_that_comes_with_another_lock_is_found(folder):
    with pytest.raises(AssertionError, match="before the lock depends on the truth of second"):
        check_silence(two(folder, LEAK))
