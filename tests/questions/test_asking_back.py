"""What a teacher would ask back about is asked once, is no try, and in an exam says nothing of the truth."""

from __future__ import annotations

import itertools

import pytest
from small_lab import step

from mlsysim_labs import Lab
from mlsysim_labs.marking.question import kept_sentence
from mlsysim_labs.marking.tables import AnswerError
from mlsysim_labs.marking.verdicts import verdict_on

NUMBERS = itertools.count()
KEPT = "Kept. I read it as {}. Answers are judged after the exam."
COMMA = "“17,180 GB” can be 17180 GB or 17.18 GB. Write the one that you mean, or send it again for 17180 GB."


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A folder of its own, as a notebook has."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("MLSYSIM_LABS_MODE", raising=False)


class Desk:
    """A lab with one task, and what it says to each answer."""

    def __init__(self, truth, unit="GB", mode="learn", **options) -> None:
        self.said = []
        self.lab = Lab("x", slug=f"lab_{next(NUMBERS)}", mode=mode)  # each with a record of its own
        self.lab.task("How much?", unit=unit, **options)(self.formula(truth))
        self.lab.box  # noqa: B018
        self.task = self.lab.questions["size"].shown
        self.task.send = self.said.append

    @staticmethod
    def formula(truth):
        def size():
            return truth

        return size

    def answer(self, text):
        """The state, the tries, and what is said."""
        self.said.clear()
        step(self.lab, "size", "answer", text)
        asked = self.said[0].get("why", "")
        return (self.task.state, self.task.tries, asked or self.task.feedback)


def test_a_comma_is_asked_about_once_where_the_other_reading_is_right():
    desk = Desk(17.18)
    assert desk.answer("17,180 GB") == ("open", 0, COMMA)
    assert desk.answer("17,180 GB")[:2] == ("wrong", 1), "a real factor of 1000 stays a mistake"
    assert desk.answer("17.18 GB")[:2] == ("right", 2)
    assert Desk(17_180.0).answer("17,180 GB")[:2] == ("right", 1), "nothing to ask about"
    assert Desk(300.0).answer("17,180 GB")[:2] == ("wrong", 1)
    assert "17180 MB" in Desk(17_180.0, "MB").answer("17.180 MB")[2], "a point is like a comma"


def test_another_answer_in_between_does_not_hide_that_a_comma_was_asked_about():
    desk = Desk(17.18)
    assert [desk.answer(text)[1] for text in ("17,180 GB", "16 GB", " 17,180 GB ")] == [0, 1, 2]


@pytest.mark.parametrize("text, says", [
    ("17.18", "Add a unit"), ("17.18 G", "is a prefix without a unit"), ("16 Gib", "bits or bytes"),
    ("17-18 GB", "is a range"), ("> 17 GB", "on which side"), ("€17", "another currency"),
    ("17.18 GB per 2 users", "can't work out")])
@pytest.mark.parametrize("mode", ["learn", "exam"])
def test_what_is_unclear_is_asked_back_and_no_try(mode, text, says):
    desk = Desk(17.18, mode=mode)
    state, tries, said = desk.answer(text)
    assert (state, tries) == ("open", 0) and says in said and not desk.lab.progress.record.events


def test_an_exam_says_how_it_has_read_an_answer_and_asks_by_the_text_alone():
    for truth in (17.18, 17_180.0, 5.0, float("inf")):
        desk = Desk(truth, mode="exam")
        assert desk.answer("17,180 GB") == ("open", 0, COMMA)
        assert desk.answer("17,180 GB") == ("kept", 1, KEPT.format("17180 GB"))
        assert desk.answer("about 17.180 GB") == ("kept", 2, KEPT.format("17.18 GB"))
        assert desk.answer("never") == ("kept", 3, KEPT.format("infeasible"))


def test_an_exam_does_not_ask_about_counts():
    assert Desk(122_532.0, "tokens", "exam").answer("122,532") == ("kept", 1, KEPT.format("122532 tokens"))
    assert kept_sentence("½ user", "users") == KEPT.format("0.5 users")
    with pytest.raises(AnswerError, match="is a range"):
        kept_sentence("3-4", "users", whole=True)


def test_what_an_exam_has_kept_is_judged_as_it_was_read_first():
    exam = Desk(17.18, mode="exam")
    for _ in range(2):
        exam.answer("17,180 GB")
    judged = Desk(17.18).lab.questions["size"].verdict("17,180 GB")
    assert judged.state == "wrong" and exam.task.state == "kept"


@pytest.mark.parametrize("text, unit, truth, whole, parts", [
    ("17.2 GB", "GB", 17.2, False, ("right", "right", "right", "")),
    ("17.2 TB", "GB", 17.2, False, ("right", "wrong", "10^3 off", "wrong unit")),
    ("17.2 GB/s", "GB", 17.2, False, ("right", "wrong kind", "", "")),
    ("16 GB", "GB", 17.18, False, ("right", "wrong", "right", "GB for GiB")),
    ("172 GB", "GB", 17.2, False, ("right", "right", "10^1 off", "factor 10")),
    ("34.4 GB", "GB", 17.2, False, ("wrong", "right", "right", "factor 2")),
    ("8.6 GB", "GB", 17.2, False, ("wrong", "right", "right", "You counted keys alone.")),
    ("5", "users", 4.07, True, ("wrong", "right", "right", "rounding")),
    ("3-4", "users", 4.07, True, ("wrong", "", "", "")), ("∞", "users", 4.07, True, ("wrong", "right", "", "")),
    ("4", "users", "infeasible", True, ("wrong", "", "", ""))])
def test_a_verdict_says_number_unit_and_magnitude_apart(text, unit, truth, whole, parts):
    found = verdict_on(text, truth, unit, whole=whole, misconceptions={"You counted keys alone.": 8.6})
    assert (found.number, found.unit, found.magnitude, found.misconception) == parts
