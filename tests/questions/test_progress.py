"""What a student does in a lab: nothing is shown too early, nothing is lost, nothing is kept twice."""

from __future__ import annotations

import errno
import json
import math
import re

import ipywidgets
import pytest
from small_lab import CROSSOVER, ENOUGH, PLAN, SENTENCE, TOLD, USERS, small_lab, step

from mlsysim_labs import Lab, Vessel
from mlsysim_labs.questions.keeping import UNSAVED
from mlsysim_labs.questions.progress import Progress
from mlsysim_labs.questions.setting import Setting
from mlsysim_labs.records import atomic
from mlsysim_labs.records.record import MIME, Record
from mlsysim_labs.testing import messages


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of its own, as a notebook has."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLSYSIM_LABS_MODE", raising=False)
    return tmp_path


def before_and_after(times):
    """What a lab sends until the lock, and with it."""
    with messages() as said:
        lab = small_lab(times)
        lab.box  # noqa: B018
        lab.controls["device"].index = 0
        before = list(said)
        step(lab, USERS, "lock", 40.0)
        lab.progress.record_file.file.unlink()
        lab.progress.record_file.backup.unlink()
        return before, said[len(before):]


@pytest.mark.skipif(ipywidgets.__version__.startswith("7"), reason="ipywidgets 7 opens its comms otherwise")
def test_until_the_lock_nothing_depends_on_the_truth():
    """Only the truth differs between the two: every message until the lock is the same, byte for byte, ids aside."""
    (first, shown), (second, other) = map(before_and_after, (1, 7))
    assert len(first) > 20 and first == second
    assert shown != other, "the test bites: the answer comes with the lock"


def seen(lab):
    """The pictures of the first scene, the knobs that move it, and the steps of the cards that are there."""
    scene = next(iter(lab.page.runner.scenes.values()))
    return [p["name"] for p in scene["pictures"]], scene["knobs"], [kind for kind, *_ in lab.page.rail.steps]


def test_until_the_lock_only_poses_are_there():
    lab = small_lab()
    lab.box  # noqa: B018
    assert seen(lab) == (["memory"], ["device", "reserve"], ["Predict"]), "knobs that move nothing yet are not there"
    assert list(lab.page.runner.scenes) == [USERS] and not lab.page.rail.is_open
    assert len(lab.page.layout.cards.children) == len(lab.page.layout.frames.children) == 1
    step(lab, USERS, "lock", 40.0)
    assert list(lab.page.runner.scenes) == [""] and lab.page.rail.is_open
    assert seen(lab) == (["memory", "weights"], ["device", "context", "users", "reserve"],
                         ["Predict", "Explore", "Decide", "Decide", "Decide", "Reflect", "Hand in"])
    assert lab.page.layout.drawer.children == (lab.controls["reserve"],)
    told = lab.questions[USERS].shown.truth
    assert told["sentence"] == TOLD and told["why"] == "At 131,072 tokens not more than 3 fit."
    assert lab.page.runner.reveal == {"number": 1, "prediction": USERS}


def test_a_start_picture_may_not_compute_the_truth():
    lab = small_lab()

    @lab.picture(Vessel(), start=True)
    def hint(most):
        return {"capacity": most}

    with pytest.raises(ValueError, match=r"hint moves before .* is locked, and both need most"):
        lab.box  # noqa: B018


def test_running_all_cells_commits_nothing(folder):
    small_lab().box  # noqa: B018
    assert list(folder.glob("*.json")) == []


def test_nothing_is_lost_by_running_again_and_nothing_comes_twice(folder):
    lab = small_lab()
    lab.box  # noqa: B018
    step(lab, USERS, "lock", 40.0)
    step(lab, USERS, "lock", 4.0, id="a second guess")
    step(lab, CROSSOVER, "answer", "30633 tokens")
    step(lab, CROSSOVER, "hint", "")
    step(lab, CROSSOVER, "answer", "30633 tokens", id="crossover-answer-30633 tokens")  # a retry
    step(lab, "grows", "answer", "the KV cache")
    step(lab, "reflection", "answer", "Less memory. More time.")
    step(lab, "explore_1", "there", "button")
    step(lab, PLAN, "plan", ENOUGH)
    again = small_lab()
    again.box  # noqa: B018
    guess, task = again.questions[USERS].shown, again.questions[CROSSOVER].shown
    assert guess.locked["value"] == 40 and guess.truth["value"] == 3, "the first is kept, right or wrong"
    assert (task.answer, task.state, task.feedback, task.tries) == ("30633 tokens", "wrong", SENTENCE, 1)
    assert task.hints == ["Divide."] and task.more_hints
    assert again.questions["grows"].shown.state == "right" and again.questions["reflection"].shown.state == "kept"
    record = Record.of_data((folder / "99_small.record.json").read_bytes())
    assert [(e.kind, e.name) for e in record.events] == [
        ("opened", "lab"), ("prediction", USERS), ("answer", CROSSOVER), ("hint", CROSSOVER), ("answer", "grows"),
        ("reflection", "reflection"), ("explored", "explore_1"), ("plan", PLAN)]
    assert record.problems() == [] and record.versions["mlsysim-labs"]
    assert "5 of 6 done" in again.progress.line.value


def test_an_answer_that_cannot_be_kept_is_not_called_saved(folder, monkeypatch):
    lab = small_lab()
    lab.box  # noqa: B018
    said = []
    shown = lab.questions[USERS].shown
    monkeypatch.setattr(shown, "send", said.append)
    monkeypatch.setattr(lab.progress.record_file, "folder", folder / "gone")
    monkeypatch.setattr(lab.progress.record_file, "lock", folder / "gone" / "lock")
    step(lab, USERS, "lock", 40.0)
    assert "Not saved" in said[0]["why"] and shown.locked == {} and not lab.is_open
    assert list(lab.page.runner.scenes) == [USERS]


@pytest.mark.parametrize("text, state, says", [
    ("122,500 tokens", "right", "Right"), ("122500", "right", "Right"), ("30,633 token", "wrong", SENTENCE),
    ("16 GiB", "wrong", "measures memory, but the question asks for tokens"), ("61,266 tokens", "wrong", "factor of 2"),
    ("infeasible", "wrong", "It can be done")])
def test_answers_are_judged_by_the_solver(text, state, says):
    lab = small_lab()
    lab.box  # noqa: B018
    step(lab, USERS, "lock", 4.0)
    task = step(lab, CROSSOVER, "answer", text)
    assert task.state == state and says in task.feedback
    assert "122,5" not in task.feedback or state == "right", "a wrong answer is never told the truth"


@pytest.mark.parametrize("ask", ["predict", "task"])
@pytest.mark.parametrize("unit, says", [
    ("tokns", "Did you mean tokens"), ("gb/s per furlong", "Use one like"), ("Gb", "Write Gbit or GB"),
    ("parsecs", r"no answer to the (task|prediction) 'far' could be read\. I don't know the unit “parsecs”")])
def test_a_unit_that_no_answer_could_have_is_refused_when_it_is_declared(ask, unit, says):
    with pytest.raises(ValueError, match=says):
        declared(ask, unit)


def declared(ask, unit):
    lab = Lab("x", slug="x")

    @getattr(lab, ask)("How far?", unit=unit)
    def far():
        return 4

    return lab


@pytest.mark.parametrize("unit", ["GPUs", "chips", "pages", "stages", "days", "kg", "t", "$/h", "tokens/s/GPU"])
def test_units_of_what_labs_are_about_can_be_declared_and_answered(unit):
    lab = declared("task", unit)
    lab.box  # noqa: B018
    assert step(lab, "far", "answer", f"4 {unit}").state == "right"


def test_what_cannot_be_read_is_no_try():
    lab = small_lab()
    lab.box  # noqa: B018
    step(lab, USERS, "lock", 4.0)
    said = []
    lab.questions[CROSSOVER].shown.send = said.append
    task = step(lab, CROSSOVER, "answer", "9**9**9 tokens")
    assert "more than one number" in said[0]["why"] and task.tries == 0 and not lab.progress.record.all("answer")


def test_exams_keep_answers_and_say_nothing_of_them():
    lab = small_lab(mode="exam")
    lab.box  # noqa: B018
    step(lab, USERS, "lock", 4.0)
    task = step(lab, CROSSOVER, "answer", "5 tokens")
    assert task.state == "kept" and "after the exam" in task.feedback and not task.more_hints
    step(lab, CROSSOVER, "hint", "")
    assert task.hints == []
    assert lab.progress.record.last("answer", CROSSOVER).value == {"text": "5 tokens", "state": "kept"}


def test_a_class_begins_like_anybody_and_nothing_is_kept(folder, monkeypatch):
    monkeypatch.setenv("MLSYSIM_LABS_MODE", "demo")
    lab = small_lab()
    lab.box  # noqa: B018
    assert not lab.is_open and lab.questions[USERS].shown.truth == {} and lab.questions[USERS].shown.mode == "demo"
    step(lab, USERS, "lock", 40.0)
    assert lab.questions[USERS].shown.truth["value"] == 3 and lab.is_open
    assert step(lab, CROSSOVER, "key", True).answer.startswith("122,5"), "where it is asked for"
    step(lab, "reflection", "answer", "Nothing.")
    assert list(folder.glob("*.json")) == []


def test_a_tool_may_open_a_lab_with_its_keys(folder):
    lab = small_lab()
    lab.box  # noqa: B018
    lab.unlock()
    assert lab.is_open and lab.questions[CROSSOVER].shown.answer.startswith("122,5")
    assert lab.questions[USERS].shown.truth["sentence"] == "It is 3 users."
    assert list(folder.glob("*.json")) == []


def test_an_unknown_mode_is_a_sentence():
    with pytest.raises(ValueError, match=r"the mode of a lab is 'exams'\. Did you mean exam"):
        Lab("x", mode="exams")


@pytest.mark.parametrize("truth, says", [
    (lambda users: math.inf, "It cannot be done"), (lambda users: math.nan, "It cannot be done"),
    (lambda users: users / 0, "cannot be computed here: division by zero"),
    (lambda users: "many", "cannot be computed here: the truth is 'many'"),
    (lambda nobody: 1, "cannot be computed here: .* asks for 'nobody'")])
def test_a_lab_opens_whatever_its_truth_is(truth, says):
    lab = Lab("x", slug="x")

    @lab.derive
    def users():
        return 4

    truth.__name__ = "guess"
    lab.predict("How many?", unit="users")(truth)
    lab.box  # noqa: B018
    said = []
    lab.questions["guess"].shown.send = said.append
    shown = step(lab, "guess", "lock", 40.0)
    assert said == [{"saved": "guess-lock-40.0"}] and lab.is_open
    assert re.search(says, shown.truth["sentence"]) and lab.progress.prediction("guess").value["value"] == 40


@pytest.mark.parametrize("value", [{"value": 5e6}, {"value": "many"}, {"value": None}, {}, {"value": [1, {"a": 2}]}])
def test_a_lab_opens_whatever_its_record_has_and_nothing_is_lost(folder, value):
    Progress("99_small", Setting()).keep("prediction", USERS, value)
    lab = small_lab()
    lab.box  # noqa: B018
    assert lab.is_open and lab.questions[USERS].shown.truth["sentence"].startswith("You said ")
    step(lab, "grows", "answer", "the KV cache")
    assert Record.of_data((folder / "99_small.record.json").read_bytes()).prediction(USERS).value == value


def forged(text):
    return text.replace('"value":40', '"value":"forty"')


@pytest.mark.parametrize("harm", [lambda text: text.replace('"value":40', '"value":NaN'), lambda text: text[:99]])
def test_a_record_damaged_by_hand_is_said_and_nothing_is_lost(folder, harm):
    lab = small_lab()
    lab.box  # noqa: B018
    step(lab, USERS, "lock", 40.0)
    file = folder / "99_small.record.json"
    file.write_text(harmed := harm(file.read_text()))
    again = small_lab()
    again.box  # noqa: B018
    assert again.questions[USERS].shown.locked["value"] == 40, "the backup has it"
    assert "99_small.record.json cannot be read" in again.progress.line.value
    step(again, "grows", "answer", "the KV cache")
    assert [aside.read_text() for aside in folder.glob("*damaged*")] == [harmed]
    assert Record.of_data(file.read_bytes()).prediction(USERS).value["value"] == 40


def test_a_prediction_changed_by_hand_is_shown_and_named(folder):
    lab = small_lab()
    lab.box  # noqa: B018
    step(lab, USERS, "lock", 40.0)
    for file in folder.glob("*99_small.record*.json"):
        file.write_text(forged(file.read_text()))
    again = small_lab()
    again.box  # noqa: B018
    shown = again.questions[USERS].shown
    assert shown.locked["value"] == "forty" and "The record has no number here" in shown.truth["sentence"]
    assert "was changed after it was written" in again.progress.summary()


def test_students_have_parameters_of_their_own():
    draws = [small_lab(course="ml", student=name).variant.choice("chip", ["H100", "A100", "L4"]) for name in "abcdefgh"]
    assert len(set(draws)) > 1
    assert small_lab(course="ml", student="a").variant.choice("chip", ["H100", "A100", "L4"]) == draws[0]
    assert small_lab().variant is None


def test_the_notebook_alone_carries_the_record(folder, monkeypatch):
    lab = small_lab()
    lab.box  # noqa: B018
    step(lab, USERS, "lock", 40.0)
    bundle = lab.progress.bundle()
    assert Record.of_json(json.loads(json.dumps(bundle[MIME]))).prediction(USERS).value["value"] == 40
    notebook = {"cells": [{"cell_type": "code", "outputs": [{"output_type": "display_data", "data": bundle}]}]}
    elsewhere = folder / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "lab.ipynb").write_text(json.dumps(notebook))
    monkeypatch.chdir(elsewhere)
    monkeypatch.setenv("JPY_SESSION_NAME", str(elsewhere / "lab.ipynb"))
    moved = small_lab()
    moved.box  # noqa: B018
    assert moved.questions[USERS].shown.locked["value"] == 40


def test_the_summary_shows_what_is_missing_and_quotes_nobody_s_html():
    lab = small_lab()
    lab.box  # noqa: B018
    step(lab, USERS, "lock", 40.0)
    step(lab, "reflection", "answer", "<script>alert(1)</script>")
    said = lab.progress.summary()
    assert said.count("○ open") == 4 and said.count("✓ done") == 2 and "<script>" not in said
    assert "99_small.record.json" in said and "mlsysim-labs record 2 99_small" in said


def test_a_record_too_long_for_a_text_is_saved_and_handed_in_as_a_file(folder):
    lab = small_lab()
    lab.box  # noqa: B018
    for _ in range(11):
        lab.progress.keep("reflection", "reflection", {"text": "x" * 95_000})
    said = []
    lab.questions[USERS].shown.send = said.append
    lab.progress.outputs.append((Output(), True))
    assert step(lab, USERS, "lock", 40.0).locked and said[0] == {"saved": f"{USERS}-lock-40.0"}
    summary = lab.progress.summary()
    assert "too long to copy. Hand in its file" in summary and "99_small.record.json" in summary
    assert "<pre>" not in summary
    lab.submit()


class Output:
    """Of a cell, while its page listens."""

    problem: Exception | None = None

    def update(self, bundle, raw):
        if self.problem:
            raise self.problem
        self.bundle = bundle


def test_an_output_that_cannot_follow_is_no_failure_to_save(folder):
    lab = small_lab()
    lab.box  # noqa: B018
    deaf, hearing = Output(), Output()
    deaf.problem = RuntimeError("the page is gone")
    lab.progress.outputs += [(deaf, True), (hearing, False)]
    said = []
    lab.questions[USERS].shown.send = said.append
    assert step(lab, USERS, "lock", 40.0).locked and said == [{"saved": f"{USERS}-lock-40.0"}]
    assert "the page is gone" in lab.progress.line.value and "1 of 6" in hearing.bundle["text/plain"]


# a folder where nothing can be written -------------------------------------------------------------------------

@pytest.fixture
def shut(monkeypatch):
    """Makes the folder one where nothing may be written, as it is for those who are not root; and back."""
    put = atomic.put

    def set_shut(is_shut):
        def refused(file, data, flush=True):
            raise PermissionError(errno.EACCES, "Permission denied")
        monkeypatch.setattr("mlsysim_labs.records.record_file.put", refused if is_shut else put)
    set_shut(True)
    yield set_shut
    UNSAVED.clear()


def lock(lab, unkept):
    shown, said = lab.questions[USERS].shown, []
    shown.send = said.append
    content = {"kind": "lock", "id": "a", "value": 40.0, "time": ""} | ({"unkept": True} if unkept else {})
    shown.hear(content)
    return said[-1]


def test_one_may_go_on_without_saving_and_is_told_so(folder, shut):
    lab = small_lab()
    lab.box  # noqa: B018
    said = lock(lab, unkept=False)
    assert "you can't write there" in said["why"] and said["unkept"] and not lab.is_open
    assert lock(lab, unkept=True) == {"saved": "a"} and lab.is_open and lab.questions[USERS].shown.unkept
    line, summary = lab.progress.line.value, lab.progress.summary()
    assert "Nothing more is saved" in line and "write there" in line and "kept in" not in line
    assert "mlsysim-labs record 2 99_small" in summary and "Nothing more is saved" in summary
    assert "Kept in" not in summary
    assert list(folder.glob("99_small*")) == []
    task = step(lab, "reflection", "answer", "Less memory.")
    assert task.state == "kept" and "Saved" not in task.feedback and task.unkept, "the next acts are not asked again"
    again = small_lab()
    again.box  # noqa: B018
    assert again.questions[USERS].shown.locked["value"] == 40, "still here while this kernel runs"
    assert "Nothing more is saved" in again.progress.line.value


def test_the_next_act_saves_all_when_the_folder_can_be_written_again(folder, shut):
    lab = small_lab()
    lab.box  # noqa: B018
    lock(lab, unkept=True)
    shut(False)
    step(lab, "reflection", "answer", "Less memory.")
    kept = Record.of_data((folder / "99_small.record.json").read_bytes())
    assert [event.kind for event in kept.events] == ["opened", "prediction", "reflection"] and kept.problems() == []
    assert "Nothing more is saved" not in lab.progress.line.value and not lab.questions[USERS].shown.unkept
    assert UNSAVED == {}
    shut(True)
    said = []
    lab.questions["grows"].shown.send = said.append
    step(lab, "grows", "answer", "the KV cache")
    assert said[0]["unkept"] and "Not saved" in said[0]["why"], "a new failure is asked about again"


def test_going_on_without_saving_is_offered_for_a_failed_save_alone(shut):
    lab = small_lab()
    lab.box  # noqa: B018
    said = []
    shown = lab.questions[USERS].shown
    shown.send = said.append
    step(lab, USERS, "lock", 0.5)
    assert "unkept" not in said[0] and said[0]["why"].startswith("Use a number from")
