"""Who opened a lab and how stands in the chain; an exam stays one in its folder; a name is asked once."""

from __future__ import annotations

import pytest
from small_lab import CROSSOVER, ENOUGH, PLAN, USERS, small_lab, step

from mlsysim_labs import Lab
from mlsysim_labs.questions import keeping
from mlsysim_labs.questions.keeping import UNSAVED
from mlsysim_labs.records.json_data import canonical
from mlsysim_labs.records.opened import seal_of
from mlsysim_labs.records.record import Record

KEY, CODE = "122,5", "K7QM-2XW9"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of its own, and nothing from outside."""
    monkeypatch.chdir(tmp_path)
    for name in ("MODE", "COURSE", "STUDENT", "PLAY", "SEAL", "RELEASE"):
        monkeypatch.delenv(f"MLSYSIM_LABS_{name}", raising=False)
    UNSAVED.clear()
    return tmp_path


@pytest.fixture
def kernel(monkeypatch):
    """Begins another kernel's session."""
    def begins(name):
        for module in (keeping, __import__("mlsysim_labs.records.record", fromlist=["SESSION"])):
            monkeypatch.setattr(module, "SESSION", name)
        monkeypatch.setattr(Record.added, "__kwdefaults__", {**Record.added.__kwdefaults__, "session": name})
    return begins


def shown(**options):
    lab = small_lab(**options)
    lab.box  # noqa: B018 - showing it is what publishes
    return lab


def openings(lab):
    return [(event.value["mode"], event.value["student"]) for event in lab.progress.record.all("opened")]


def played(lab, guess=40.0):
    """Everything done, and not well."""
    step(lab, USERS, "lock", guess)
    step(lab, CROSSOVER, "answer", "122500 tokens")
    step(lab, "grows", "answer", "the weights")
    step(lab, PLAN, "plan", ENOUGH)
    step(lab, "reflection", "answer", "Less memory.")
    return lab


def verdicts(lab):
    """What tells a student how good an answer is, wherever it may be read."""
    items = [lab.questions[name].shown for name in (CROSSOVER, "grows", PLAN)]
    told = [lab.questions[USERS].shown.truth, *(item.state for item in items), *(item.feedback for item in items)]
    return [*told, items[0].means, items[0].derivation, lab.progress.rows(), table(lab)]


def table(lab):
    """What will be handed in, without the record as text."""
    return lab.progress.summary().partition("<details>")[0]


# opened ---------------------------------------------------------------------------------------------------------

def test_each_kernel_says_once_who_opens_the_lab_and_what_is_asked(kernel):
    lab = played(shown(student="Ada", course="CS 1"))
    kernel("another")
    again = shown(student="Ada", course="CS 1")
    assert openings(again) == [("learn", "Ada")], "to look is no act"
    step(again, CROSSOVER, "answer", "5 tokens")
    record = again.progress.record
    assert openings(again) == [("learn", "Ada")] * 2 and record.problems() == []
    first, second = record.all("opened")
    assert first.value == second.value and first.session != second.session
    assert first.value["seed"] == lab.progress.seed and set(first.value["versions"]) == {"mlsysim-labs", "python"}
    assert record.parameters["place"] == "notebook" and len(first.value["edition"]) == 16


@pytest.mark.parametrize("change", [{"mode": "exam"}, {"student": "Ada"}, {"course": "CS 1"}])
def test_what_changes_is_said_before_the_next_act(change):
    step(shown(course=change.get("course", "")), USERS, "lock", 4.0)
    again = shown(**change)
    last = again.progress.record.all("opened")[-1].value
    assert {name: last[name] for name in change} == change


def test_the_edition_is_that_of_what_is_asked():
    def edition(question="How many?", low=1, tolerance=0.02, hint="h", **asked):
        lab = Lab("x", slug="x")

        @lab.predict("First?", low=low, high=9)
        def first():
            return 3

        @lab.task(question, tolerance=tolerance, hints=[hint], **asked)
        def second():
            return 4

        lab.reflect("So?")
        return lab.progress.edition()

    same = edition()
    assert same == edition(hint="another hint")
    others = [edition(question="How much?"), edition(low=2), edition(tolerance=0.1), edition(unit="users"),
              edition(whole=True), edition(given="H100"), edition(options=["a", "b"])]
    assert len({same, *others}) == 8


# exams ----------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("mode", ["learn", "demo"])
def test_an_exam_stays_one_however_it_is_opened(kernel, mode):
    exam = played(shown(mode="exam"))
    before = verdicts(exam)
    kernel("another")
    again = shown(mode=mode)
    assert again.mode == "exam" and verdicts(again) == before and again.is_open
    assert openings(again) == [("exam", ""), (mode, "")], "the record tells, though nothing was done"
    assert "This is an exam" in again.progress.line.value
    step(again, CROSSOVER, "answer", "30633 tokens")
    step(again, CROSSOVER, "hint", "")
    step(again, CROSSOVER, "key", True)
    task = again.questions[CROSSOVER].shown
    assert (task.state, task.hints, task.means) == ("kept", [], "") and KEY not in task.answer
    assert again.questions[CROSSOVER].shown.mode == again.questions[PLAN].shown.mode == "exam"
    with pytest.raises(RuntimeError, match="not shown before the teacher releases it"):
        again.unlock()
    kernel("third")
    back = shown(mode="exam")
    assert openings(back) == [("exam", ""), (mode, ""), ("exam", "")]
    assert back.progress.record.problems() == [] and back.progress.last_own(CROSSOVER).value["state"] == "kept"


def test_what_was_right_in_learn_is_not_told_in_an_exam():
    played(shown())
    exam = shown(mode="exam")
    assert "✓ right" not in table(exam) and exam.questions[CROSSOVER].shown.state == "kept"


def test_a_sealed_exam_opens_to_its_code_alone():
    exam = played(shown(mode="exam", seal=seal_of(CODE)))
    card = exam.questions.hand_in
    assert card.sealed
    said = []
    card.send = said.append
    card.hear({"kind": "release", "id": "r1", "value": "abc"})
    assert said[-1]["quiet"] and "isn't the code" in said[-1]["why"] and exam.mode == "exam"
    assert shown(release="another").mode == "exam"
    card.hear({"kind": "release", "id": "r2", "value": "k7qm 2xw9"})
    assert said[-1] == {"saved": "r2"} and exam.mode == "learn" and not card.sealed
    assert "Exam" not in exam.progress.line.value
    assert exam.questions[CROSSOVER].shown.state == "right" and exam.questions["grows"].shown.state == "wrong"
    assert exam.questions[USERS].shown.truth["value"] == 3 and exam.questions[CROSSOVER].shown.mode == "learn"
    again = shown(mode="exam", seal=seal_of(CODE))
    assert again.mode == "learn" and again.questions[CROSSOVER].shown.state == "right", "as the notebook still says"


def test_an_exam_without_a_seal_is_released_by_a_word_and_the_record_tells(monkeypatch):
    played(shown(mode="exam"))
    monkeypatch.setenv("MLSYSIM_LABS_RELEASE", "1")
    lab = shown()
    assert lab.mode == "learn" and lab.questions[CROSSOVER].shown.state == "right"
    assert [event.kind for event in lab.progress.record.events[-2:]] == ["opened", "released"]
    monkeypatch.delenv("MLSYSIM_LABS_RELEASE")
    assert shown().mode == "learn"


def test_nothing_of_an_exam_stands_in_what_is_sent():
    lab = played(shown(mode="exam"))
    sent = canonical({name: str(item.shown.get_state()) for name, item in lab.questions.items()})
    assert KEY not in sent and "30,633" not in sent and "Divide" not in sent


# names ----------------------------------------------------------------------------------------------------------

def test_a_course_asks_for_the_name_once(kernel, folder):
    lab = shown(course="CS 1")
    (kind, _, card, question), = lab.questions.steps()
    assert (kind, question) == ("Predict", "What is your name?") and "part of CS 1" in card.given
    assert list(folder.glob("*.json")) == []
    said = []
    card.send = said.append
    for wrong in ("  ", "?!", "x" * 200, 5, "a\nb\x00"):
        card.hear({"kind": "name", "id": f"n{wrong}"[:9], "value": wrong})
        assert said[-1].get("quiet"), wrong
    card.hear({"kind": "name", "id": "n", "value": "  Ada   Lovelace "})
    assert said[-1] == {"saved": "n"} and openings(lab) == [("learn", "Ada Lovelace")]
    assert lab.questions.steps()[0][1] == USERS and lab.progress.seed is not None
    assert "Ada Lovelace" in lab.progress.line.value
    kernel("another")
    again = shown(course="CS 1")
    assert again.questions.steps()[0][1] == USERS and again.progress.setting.student == "Ada Lovelace"


def test_no_name_is_asked_where_none_is_wanted():
    for options in ({}, {"course": "CS 1", "student": "Ada"}, {"course": "CS 1", "mode": "demo"}):
        assert shown(**options).questions.steps()[0][1] == USERS


def test_another_student_s_record_stays_apart(folder):
    played(shown(student="Bob"))
    lab = shown(student="Ada")
    assert not lab.is_open and lab.questions[USERS].shown.locked == {}
    assert "belongs to Bob" in lab.progress.line.value
    step(lab, USERS, "lock", 4.0)
    assert openings(lab) == [("learn", "Ada")]
    assert shown(student="Bob").questions[USERS].shown.locked["value"] == 40
    assert shown(student="Ada").questions[USERS].shown.locked["value"] == 4
    assert len(list(folder.glob("*.record.json"))) == 2


def test_a_name_brings_back_what_was_done_under_it():
    played(shown(student="Bob"))
    played(shown(student="Ada"), guess=5.0)
    lab = shown()
    assert lab.progress.setting.student == "Bob" and "Bob" in lab.progress.line.value, "the lab says whose it is"
