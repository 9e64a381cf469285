"""Tasks: what the kernel takes from a page, and how a student answers, asks for hints and loses no text."""

from __future__ import annotations

import pytest
from fake_model import BLACK, Saved, Shown, tell

from mlsysim_labs.questions.tasks import Reply, Task

TASK = {"name": "weights", "question": "How much memory do the weights take?", "more_hints": True,
        "unit_hint": "with its unit, such as 16 GiB"}
REFLECTION = {"name": "why", "question": "What surprised you?", "kind": "text", "lab": "03_kv_cache"}
HINTS = ["How many bytes has a number in FP16?", "Two."]
TEXT = "The cache\nis larger\nw"


class Desk:
    """A task that is right with 16 GB, and what it was asked to save."""

    def __init__(self, **traits) -> None:
        self.saved = Saved()
        self.task = Task(**(traits or TASK), on_answer=self._judge, on_hint=self._hint)

    def _judge(self, text):
        self.saved(text)
        if self.task.kind == "text":
            return Reply("kept")
        return Reply("right", "Two bytes each.") if text == "16 GB" else Reply("wrong", "Off by 2.")

    def _hint(self) -> None:
        self.task.hints = HINTS[:len(self.task.hints) + 1]
        self.task.more_hints = len(self.task.hints) < len(HINTS)

    def answer(self, text, step="a"):
        return tell(self.task, {"kind": "answer", "id": step, "value": text})


def test_an_answer_is_judged_and_may_be_given_again():
    desk = Desk()
    assert desk.answer("8 GB") == {"saved": "a"} == desk.answer("8 GB")
    task = desk.task
    assert (task.answer, task.state, task.feedback, task.tries) == ("8 GB", "wrong", "Off by 2.", 1)
    assert desk.answer("16 GB", "b") == {"saved": "b"}
    assert (task.answer, task.state, task.tries, desk.saved) == ("16 GB", "right", 2, ["8 GB", "16 GB"])


@pytest.mark.parametrize("value", [None, 16, True, ["16 GB"], {}, "", " \n", "1" * 61, float("nan")])
def test_what_is_no_answer_is_refused_with_a_sentence(value):
    desk = Desk()
    said = desk.answer(value)
    assert said["failed"] == "a" and said["why"].endswith(".") and not desk.saved and desk.task.state == "open"


def test_texts_may_be_long_and_fit_into_a_file():
    desk = Desk(**REFLECTION)
    assert desk.answer("x" * 2000) == {"saved": "a"} and desk.task.state == "kept"
    assert "room for 2,000" in desk.answer("x" * 2001, "b")["why"]
    assert desk.answer("half \ud83d of a face", "c") == {"saved": "c"} and desk.saved[-1].encode()


def test_other_steps_options_and_traits_of_a_page_are_refused():
    desk = Desk(**TASK | {"kind": "choice", "options": ["weights", "cache"]})
    task = desk.task
    assert desk.answer("reserve")["why"] == "Choose one of weights, cache."
    assert "failed" in tell(task, {"kind": "lock", "id": "b", "value": 1})
    assert tell(task, {"kind": "answer", "value": "cache"}) is None
    task.set_state({"state": "right", "answer": "cache", "tries": -1})
    assert (task.state, task.answer, task.tries) == ("open", "", 0)
    with pytest.raises(ValueError, match="2 to 4 different options"):
        Task(kind="choice", on_answer=print)
    with pytest.raises(TypeError, match=r"no 'unithint'.*unit_hint"):
        Task(unithint="GB", on_answer=print)


@pytest.mark.parametrize("content", [None, "answer", [], {}, {"id": 7}, {"id": ""}, {"id": "x" * 65}, {"id": None}])
def test_a_message_without_an_id_is_not_answered(content):
    desk = Desk()
    whole = content | {"kind": "answer", "value": "16 GB"} if isinstance(content, dict) else content
    assert tell(desk.task, whole) is None and desk.saved == []


def test_what_cannot_be_saved_changes_nothing():
    desk = Desk()
    desk.saved.problem = OSError("The disk is full.")
    assert desk.answer("8 GB") == {"failed": "a", "why": "The disk is full."}
    assert (desk.task.answer, desk.task.state, desk.task.tries) == ("", "open", 0)
    desk.saved.problem = None
    assert desk.answer("8 GB") == {"saved": "a"} and desk.task.tries == 1


def test_a_hint_is_given_once_for_a_step():
    desk = Desk()
    for step in ("a", "a", "b", "c"):
        assert tell(desk.task, {"kind": "hint", "id": step}) == {"saved": step}
    assert desk.task.hints == HINTS and not desk.task.more_hints


def show(page, **traits) -> Shown:
    desk = Desk(**traits)
    shown = Shown(page, desk.task, "task", BLACK)
    shown.desk = desk
    return shown


@pytest.fixture
def task(page):
    shown = show(page)
    yield shown
    assert shown.errors == [] and page.evaluate("window.keys") == [], "notebook 6 hears no key"


def verdict_on(shown) -> str:
    """Icon, word and sentence."""
    return " ".join(filter(None, (shown.css(f"task-{part}").inner_text() for part in ("word", "says"))))


def note(shown) -> str:
    """What stands beside the buttons."""
    return shown.css("act-note").last.inner_text()


def wait(shown, tries: int) -> None:
    """Until the page has heard of that many answers."""
    shown.page.wait_for_timeout(50)
    assert shown.widget.tries == tries


@pytest.mark.browser
def test_keys_alone_will_do(task):
    task.press("Tab", "Enter")
    assert task.css("act-quiet").inner_text() == "Write your answer first." and task.heard == []
    task.page.keyboard.type("8 GB")
    assert note(task) == "Not sent yet"
    task.press("Enter")
    wait(task, 1)
    assert (verdict_on(task), note(task)) == ("✗ Not yet Off by 2.", "Saved")
    assert task.css("task-field").input_value() == "8 GB" and task.focus == "Your answer"
    task.press("Enter")
    wait(task, 2)
    assert verdict_on(task) == "✗ Not yet (try 2) Off by 2."
    task.press("Tab", "Tab", "Enter")
    wait(task, 2)
    assert task.focus == "Another hint" and task.css("task-hint").all_inner_texts() == HINTS[:1]
    task.press("Enter")
    wait(task, 2)
    assert task.css("task-hint").all_inner_texts() == HINTS and not task.button("Another hint").is_visible()
    task.css("task-field").fill("16 GB")
    assert (verdict_on(task), note(task)) == ("✗ Not yet, for 8 GB Off by 2.", "Not sent yet")
    task.press("Tab", "Space")
    wait(task, 3)
    assert verdict_on(task) == "✓ Right at try 3 Two bytes each."


@pytest.mark.browser
def test_no_answer_is_a_banner_and_nothing_typed_is_lost(task):
    task.away = True
    task.css("task-field").fill("16 GB")
    task.press("Enter", "Enter")
    task.banner.get_by_text("Not saved").wait_for(timeout=3000)
    assert task.css("act-banner-text").input_value() == "16 GB" == task.css("task-field").input_value()
    assert "Saved" not in task.css("task").inner_text() and len(task.heard) == 1, "one step at a time"
    task.css("task-field").fill("17 GB")
    task.button("Retry").click()
    task.banner.get_by_text("tried 2 times").wait_for(timeout=3000)
    task.away = False
    task.button("Retry").click()
    wait(task, 1)
    assert task.desk.saved == ["16 GB"] and len({step["id"] for step in task.heard}) == 1
    assert not task.banner.inner_text() and task.page.evaluate("document.activeElement.closest('.lab-act') !== null")
    assert task.css("task-field").input_value() == "17 GB"
    assert (verdict_on(task), note(task)) == ("✓ Right, for 16 GB Two bytes each.", "Not sent yet")


@pytest.mark.browser
def test_a_refusal_is_said_and_an_answer_may_come_late(task):
    task.desk.saved.problem = OSError("The disk is full.")
    task.css("task-field").fill("8 GB")
    task.press("Enter")
    task.banner.get_by_text("The disk is full.").wait_for()
    task.desk.saved.problem, task.slow = None, True
    task.css("task-field").fill("16 GB")
    task.press("Enter")
    task.banner.get_by_text("isn't answering").wait_for(timeout=3000)
    task.push()
    assert verdict_on(task) == "✓ Right Two bytes each." and not task.banner.inner_text()
    assert len({step["id"] for step in task.heard}) == 2, "another answer is another step"


@pytest.mark.browser
def test_a_draft_outlives_its_view_and_the_page(page):
    page.route("http://localhost/lab", lambda route: route.fulfill(content_type="text/html", body="<body></body>"))
    page.goto("http://localhost/lab")
    shown = show(page, **REFLECTION)
    field = shown.css("task-field")
    field.fill(TEXT[:-2])
    shown.press("Enter", "w")
    assert shown.heard == [], "a new line"
    shown.view_again()
    assert field.input_value() == TEXT and note(shown) == "Not sent yet"
    assert page.evaluate("Object.entries(localStorage)") == [["mlsysim-labs draft 03_kv_cache why", TEXT]]
    shown.away = True
    shown.button("Keep it").click()
    shown.banner.get_by_text("Not saved").wait_for(timeout=3000)
    assert page.evaluate("localStorage.length") == 1
    shown.away = False
    field.focus()
    shown.press("Control+Enter")
    wait(shown, 1)
    assert verdict_on(shown) == "● Saved" and page.evaluate("localStorage.length") == 0
    shown.view_again()
    assert field.input_value() == TEXT and shown.errors == []


@pytest.mark.browser
def test_what_a_record_restores_fills_the_field_but_not_over_a_draft(task):
    task.widget.answer, task.widget.state, task.widget.tries = "8 GB", "kept", 1
    task.push()
    assert task.css("task-field").input_value() == "8 GB" and verdict_on(task) == "● Saved"
    task.css("task-field").fill("9 GB")
    task.widget.answer = "10 GB"
    task.push()
    assert task.css("task-field").input_value() == "9 GB"


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 800, 1400])
def test_texts_stay_inside_and_controls_can_be_hit(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    options = ["weights", "cache of every token of every user", "x" * 80]
    shown = show(page, **TASK | {"kind": "choice", "options": options})
    shown.widget.hints, shown.widget.feedback, shown.widget.state = HINTS, "y" * 200, "wrong"
    shown.push()
    assert shown.flaws() == [] and shown.errors == []
    shown.button("Check again").click()
    assert shown.css("act-quiet").inner_text() == "Choose one first."
    shown.css("act-radio").nth(1).check()
    shown.button("Check again").click()
    wait(shown, 1)


@pytest.mark.browser
def test_what_is_not_kept_is_not_called_saved(page):
    desk = Desk(**REFLECTION)
    shown = Shown(page, desk.task, "task")
    desk.task.unkept = True
    shown.css("task-field").fill("Little.")
    shown.button("Keep it").click()
    shown.css("act-verdict").get_by_text("Not saved").wait_for()
    assert shown.flaws() == [] and shown.errors == [] and "● " not in shown.css("act-verdict").inner_text()


@pytest.mark.browser
def test_a_right_answer_folds_and_stands_whatever_is_tried_after_it(task):
    task.css("task-field").fill("16 GB")
    task.press("Enter")
    wait(task, 1)
    assert not task.css("task-field").is_visible()
    assert task.css("act-question").evaluate("e => e === document.activeElement")
    task.button("Try another answer").click()
    task.css("task-field").fill("8 GB")
    task.press("Enter")
    wait(task, 2)
    assert verdict_on(task) == "✗ Not yet (try 2) Off by 2. Your right answer stands."
    assert "lab-main" not in task.button("Check again").get_attribute("class").split(), "nothing is left to do here"


@pytest.mark.browser
def test_what_it_means_and_the_way_come_when_they_may_be_read(task):
    way = task.css("task-way")
    assert not way.is_visible() and task.css("task-means").inner_text() == ""
    task.widget.means, task.widget.derivation = "Weights are most of it.", "Two bytes for each of eight billion."
    task.push()
    assert way.is_visible() and not task.css("task-derivation").is_visible()
    task.css("task-how").focus()
    task.press("Enter")
    assert task.css("task-derivation").inner_text() == "Two bytes for each of eight billion."


@pytest.mark.browser
def test_a_class_may_ask_for_the_key(page):
    asked = []
    widget = Task(**TASK, mode="demo", on_answer=print, on_key=lambda: asked.append("key"))
    shown = Shown(page, widget, "task")
    shown.button("Show the key").click()
    widget.solved = True
    shown.push()
    assert asked == ["key"] and not shown.button("Show the key").is_visible() and shown.errors == []
