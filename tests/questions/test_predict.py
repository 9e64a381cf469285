"""Predictions: what the kernel takes from a page, and what a student does in one."""

from __future__ import annotations

import itertools
import json
import math

import pytest
from fake_model import BLACK, Saved, Shown, tell

from mlsysim_labs.marking.answers import AnswerError
from mlsysim_labs.marking.predictions import comparison
from mlsysim_labs.questions.class_guesses import ClassPrediction
from mlsysim_labs.questions.predict import Prediction
from mlsysim_labs.records.atomic import NotSaved

QUESTION = {"name": "users", "question": "How many users fit?", "unit": "users", "low": 1, "high": 1000, "whole": True}
CHOICE = {"name": "bound", "question": "What limits decode?", "kind": "choice", "options": ["memory", "arithmetic"]}
NOTHING = ("drag, or type a number", True, "no guess yet")
SCALE = "Use a number from 1 to 1,000 users."
SENTENCES = [
    (40, 4, "users", "You said 40 users. It is 4: 10× too many."), (40, 4, "", "You said 40. It is 4: 10× too many."),
    (2, 5000, "users", "You said 2 users. It is 5,000: 2,500× too few."), (4, 4, "", "You said 4, and it is 4."),
    (4.02, 4, "users", "You said 4.02 users, and it is 4."), (3.9, 4, "", "You said 3.9. It is 4. Very close."),
    (4.4, 4, "s", "You said 4.4 s. It is 4. Very close."), (4.8, 4, "", "You said 4.8. It is 4: 1.2× too high."),
    (8e6, 8e3, "tokens", "You said 8,000,000 tokens. It is 8,000: 1,000× too many."),
    (20, 10, "ms", "You said 20 ms. It is 10: 2× too high."), (40, 0, "users", "You said 40 users. It is 0."),
    (1, 4, "GPUs", "You said 1 GPU. It is 4: 4× too few."), (4, 1, "GPU", "You said 4 GPUs. It is 1: 4× too many."),
    (1, 1, "GPUs", "You said 1 GPU, and it is 1."), (4, 40, "s", "You said 4 s. It is 40: 10× too low."),
    (4, 40, "us", "You said 4 us. It is 40: 10× too low."), (2, 4, "%", "You said 2 %. It is 4 %: 2 points more."),
    ("A", "B", "", "You chose A. It is B."), ("A", "A", "", "Yes: A.")]
NO_GUESSES = [None, "forty-one point two", "0", "1001", "4 GB", "4.5 users", "", "1" * 61,
              True, [40], {"value": 40}, math.nan, math.inf, 0, 0.99, 1001, -4, 10**400, 4.5]
TYPED = [("1,000", "1,000 users"), ("1 user", "1 user"),
         ("40 users", "40 users"), (" 7 ", "7 users"), ("1e2", "100 users"), ("0.12k", "120 users"),
         ("1 000", "1,000 users"), ("about four", "4 users"), ("约 4 个用户", "4 users"), ("1,0", "1 user")]
MISTYPED = [("4.8k", SCALE), ("5000", SCALE), ("0", SCALE), ("-3", SCALE), ("impossible", "A guess is a number here."),
            ("4.5", "Use a whole number: 4 or 5?"), ("1,5", "Use a whole number: 1 or 2?"),
            ("4-5", "“4-5” is a range."), ("fourtyish", "I see no number in “fourtyish”."), ("", ""),
            ("40 GB", "“40 GB” measures memory")]


@pytest.fixture
def saved():
    return Saved()


def lock(widget, value, step="a"):
    return tell(widget, {"kind": "lock", "id": step, "value": value, "time": "2026-11-21T10:00:00Z"})


@pytest.mark.parametrize("own, truth, unit, sentence", SENTENCES)
def test_own_and_truth_are_compared_in_a_sentence(own, truth, unit, sentence):
    assert comparison(own, truth, unit) == sentence


def test_the_first_lock_is_kept_and_saved_once(saved):
    widget = Prediction(**QUESTION, on_lock=saved)
    assert lock(widget, 40) == {"saved": "a"} == lock(widget, 40) and lock(widget, 7, "b") == {"saved": "b"}
    assert len(saved) == 1 and widget.locked == saved[0]
    assert saved[0]["value"] == 40 and saved[0]["unit"] == "users" and saved[0]["time"]


@pytest.mark.parametrize("text, value", [
    ("40", 40), ("about four", 4), ("0.12k", 120), ("4 persons", 4), ("约 4 个用户", 4), ("2^5 users", 32),
    ("1,000", 1000)])
def test_a_guess_is_read_as_an_answer_is_and_what_was_typed_is_kept(saved, text, value):
    widget = Prediction(**QUESTION, on_lock=saved)
    assert lock(widget, text) == {"saved": "a"}
    assert {**saved[0], "time": ""} == {"value": value, "unit": "users", "time": "", "text": text}
    lock(other := Prediction(**QUESTION | {"unit": "GB", "whole": False}, on_lock=saved), "40 GiB")
    assert other.locked["value"] == pytest.approx(42.94967296) and saved[1] == other.locked


@pytest.mark.parametrize("value", NO_GUESSES)
def test_what_is_no_guess_is_refused_with_a_sentence(saved, value):
    widget = Prediction(**QUESTION, on_lock=saved)
    said = lock(widget, value)
    assert said["failed"] == "a" and said["why"].endswith((".", "?")) and (saved, widget.locked) == ([], {})
    assert lock(widget, 4) == {"saved": "a"}, "the same step may succeed later"


def test_other_steps_options_and_traits_of_a_page_are_refused(saved):
    widget = Prediction(**CHOICE, on_lock=saved)
    assert "failed" in tell(widget, {"kind": "reveal", "id": "x", "value": None})
    for value in ("network", "", 0, None, ["memory"]):
        assert lock(widget, value)["why"] == "Choose one of memory, arithmetic."
    widget.set_state({"locked": {"value": "memory"}, "options": ["x", "y"], "truth": {"value": 1}})
    assert (widget.locked, widget.truth, widget.options) == ({}, {}, CHOICE["options"])


def test_a_class_may_guess_again_and_nobody_else(saved):
    demo, learn = ClassPrediction(**QUESTION, on_lock=saved), Prediction(**QUESTION, on_lock=saved)
    for widget in (demo, learn):
        lock(widget, 40)
        widget.reveal(4)
    assert tell(demo, {"kind": "again", "id": "b", "value": True}) == {"saved": "b"}
    assert (demo.locked, demo.truth) == ({}, {}) and lock(demo, 7, "c") == {"saved": "c"} and demo.locked["value"] == 7
    assert "failed" in tell(learn, {"kind": "again", "id": "b", "value": True}) and learn.locked["value"] == 40


def test_what_cannot_be_saved_is_not_locked(saved):
    widget = Prediction(**QUESTION, on_lock=saved)
    for saved.problem, why in ((OSError("The disk is full."), "The disk is full."), (KeyError(), "KeyError")):
        assert lock(widget, 4) == {"failed": "a", "why": why} and widget.locked == {}


def test_the_truth_comes_after_the_lock(saved):
    widget = Prediction(**QUESTION, on_lock=saved)
    with pytest.raises(RuntimeError, match="not locked yet"):
        widget.reveal(4)
    lock(widget, 40)
    widget.reveal(4)
    told = {"value": 4, "text": "4 users", "sentence": "You said 40 users. It is 4: 10× too many.", "why": ""}
    assert widget.truth == told
    widget.reveal(4, "As many as on a T4.")
    assert widget.truth == told | {"why": "As many as on a T4."}
    with pytest.raises(ValueError, match="the truth is 'many'"):
        widget.reveal("many")


@pytest.mark.parametrize("truth", [math.inf, -math.inf, math.nan, "infeasible"])
def test_a_truth_that_is_no_number_is_that_it_cannot_be_done(saved, truth):
    widget = Prediction(**QUESTION, on_lock=saved)
    lock(widget, 40)
    widget.reveal(truth)
    assert widget.truth == {"value": "infeasible", "text": "infeasible",
                            "sentence": "You said 40 users. It cannot be done.", "why": ""}


def test_a_choice_is_revealed_and_restored(saved):
    widget = Prediction(**CHOICE, on_lock=saved)
    widget.restore({"value": "memory", "time": "2026-11-21T10:00:00Z"})
    assert lock(widget, "arithmetic") == {"saved": "a"} and saved == []
    widget.reveal("arithmetic")
    assert widget.truth["sentence"] == "You chose memory. It is arithmetic."
    with pytest.raises(ValueError, match=r"no option.*arithmetic"):
        widget.reveal("arithmetics")


OLD = "You said 5,000 users. It is 4: 1,200× too many. " \
      "You locked this on another scale: it now goes from 1 to 1,000 users"
STANDS = "The record has no number here. This is what it says"


@pytest.mark.parametrize("question, kept, unit, shown, sentence", [
    (QUESTION, 5000, "users", 5000.0, OLD), (QUESTION, 4.5, "user", 4.5, "You said 4.5 users. It is 4: 1.1× too many"),
    (QUESTION, -3, "users", -3.0, "You said -3 users. It is 4."),
    (QUESTION, 0, "users", 0.0, "You said 0 users. It is 4."),
    (QUESTION, 40, "ms", "40 ms", "You said 40 ms. It is 4 users. You locked this when the question asked for ms"),
    (QUESTION, "memory", "", "memory", f"You said memory. It is 4 users. {STANDS}"),
    (QUESTION, True, "users", "true", f"You said true. It is 4 users. {STANDS}"),
    (QUESTION, None, "users", "null", f"You said null. It is 4 users. {STANDS}"),
    (QUESTION, math.nan, "users", "NaN", f"You said NaN. It is 4 users. {STANDS}"),
    (QUESTION, [4], "users", "[4]", f"You said [4]. It is 4 users. {STANDS}"),
    (QUESTION, 10**400, "users", "1" + 99 * "0", "You said 1000"),
    (CHOICE, "network", "", "network", "You chose network. It is memory. Your choice is no longer one of the options"),
    (CHOICE, 4, "users", "4", "You chose 4. It is memory. Your choice is no longer one of the options")])
def test_what_was_locked_stays_where_question_or_record_have_changed(saved, question, kept, unit, shown, sentence):
    widget = Prediction(**question, on_lock=saved)
    widget.restore({"value": kept, "unit": unit, "time": "2026-11-21T10:00:00Z"})
    widget.reveal("memory" if question is CHOICE else 4)
    assert widget.locked["value"] == shown and widget.truth["sentence"].startswith(sentence)
    assert lock(widget, "memory" if question is CHOICE else 7) == {"saved": "a"} and widget.locked["value"] == shown
    json.dumps(widget.locked, allow_nan=False)


@pytest.mark.parametrize("traits, says", [
    ({"low": 0}, "logarithmic"), ({"low": 5, "high": 5}, "logarithmic"), ({"high": math.inf}, "logarithmic"),
    *(({"kind": "choice", "options": options}, "2 to 4 different") for options in (["a"], list("abcde"), ["a", "a"]))])
def test_what_an_author_gets_wrong_is_said(traits, says):
    with pytest.raises(ValueError, match=says):
        Prediction(**(QUESTION | traits), on_lock=print)


@pytest.fixture
def guess(page, saved):
    shown = Shown(page, Prediction(**QUESTION, on_lock=saved), "predict")
    yield shown
    assert shown.errors == [] and page.evaluate("window.keys") == [], "notebook 6 hears no key"


def seen(shown):
    """The text on an empty scale, whether nothing can be locked, and what the slider reads as."""
    empty = shown.css("predict-empty")
    return (empty.inner_text() if empty.is_visible() else "", shown.button("Lock my guess").is_disabled(),
            shown.css("predict-slider").get_attribute("aria-valuetext"))


def locked(shown):
    shown.css("act-shut").wait_for()
    return shown.widget.locked["value"]


@pytest.mark.browser
def test_nothing_is_suggested_and_keys_alone_will_do(guess):
    assert seen(guess) == NOTHING and guess.css("predict-field").input_value() == ""
    guess.press("Tab", "Tab")
    assert guess.focus == "Your guess in users, on the scale"
    values = []
    for key in ("ArrowRight", "ArrowUp", "PageUp", "PageUp", "ArrowLeft", "End", "PageDown", "ArrowDown", "Home"):
        guess.press(key)
        values.append(guess.css("predict-field").input_value())
    assert values == ["1", "2", "4", "7", "6", "1,000", "560", "550", "1"]
    guess.press("PageUp", "Tab")
    assert guess.focus == "Lock my guess"
    guess.press("Enter")
    assert locked(guess) == 2 and guess.focus.startswith("You said 2 users."), "the focus stays in the box"


@pytest.mark.browser
def test_the_scale_is_dragged_anywhere(guess):
    box, mouse = guess.css("predict-slider").bounding_box(), guess.page.mouse
    x, width, y = box["x"] + 10, box["width"] - 20, box["y"] + box["height"] / 2
    mouse.click(x, y)
    assert seen(guess) == ("", False, "1 user"), "where the unseen handle was"
    mouse.move(x + width / 3, y)
    mouse.down()
    assert guess.css("predict-field").input_value() == "10"
    mouse.move(x + 2 / 3 * width, y + 200)
    mouse.up()
    assert seen(guess) == ("", False, "100 users")


@pytest.mark.browser
def test_typed_numbers_and_what_is_wrong_with_others(guess):
    field = guess.css("predict-field")
    for text, value in TYPED:
        field.fill(text)
        assert (seen(guess), field.input_value()) == (("", False, value), text)
    for text, sentence in MISTYPED:
        field.fill(text)
        guess.press("Enter")
        said = guess.css("act-quiet").first.inner_text()
        assert said.startswith(sentence) and bool(said) == bool(sentence)
        assert seen(guess) == NOTHING and field.input_value() == text
    field.fill("40")
    guess.press("Enter")
    assert guess.focus == "Lock my guess" and guess.widget.locked == {}, "a lock is for good: Enter twice"
    guess.press("Enter")
    assert locked(guess) == 40


@pytest.mark.browser
def test_no_answer_is_a_banner_and_a_retry_is_the_same_step(guess):
    guess.away = True
    guess.css("predict-field").fill("40")
    guess.button("Lock my guess").click()
    assert guess.css("act-note").inner_text() == "Saving ..." and not guess.banner.inner_text()
    guess.banner.get_by_text("Not saved").wait_for(timeout=3000)
    assert guess.css("act-banner-text").input_value() == "40 users" and seen(guess) == ("", False, "40 users")
    assert "✓" not in guess.css("predict").inner_text() and guess.flaws() == []
    assert guess.banner.bounding_box()["y"] - guess.css("predict").bounding_box()["y"] < 30
    guess.away = False
    guess.button("Retry").click()
    assert locked(guess) == 40 and len({step["id"] for step in guess.heard}) == 1 and len(guess.heard) == 2
    assert not guess.banner.inner_text() and guess.css("predict-says").inner_text().startswith("✓ Saved on")


@pytest.mark.browser
def test_one_may_go_on_without_saving(guess, saved):
    def go_on():
        saved.problem, guess.widget.unkept = None, True

    saved.problem, guess.widget.go_on = NotSaved("Not saved in /lab: you can't write there."), go_on
    guess.css("predict-field").fill("40")
    guess.button("Lock my guess").click()
    guess.banner.get_by_text("you can't write there").wait_for()
    assert guess.flaws() == [] and guess.css("act-banner-text").input_value() == "40 users"
    guess.button("Retry").click()
    guess.banner.get_by_text("tried 2 times").wait_for()
    guess.button("Go on without saving").click()
    assert locked(guess) == 40 and len({step["id"] for step in guess.heard}) == 1
    assert [step.get("unkept") for step in guess.heard] == [None, None, True]
    assert guess.css("predict-says").inner_text().startswith("Not saved: kept in memory only.")
    assert "✓" not in guess.css("predict").inner_text() and not guess.banner.inner_text() and guess.flaws() == []
    guess.widget.unkept = False
    guess.push()
    assert guess.css("predict-says").inner_text().startswith("✓ Saved")


@pytest.mark.browser
def test_a_silent_kernel_cannot_be_told_to_go_on(guess):
    guess.away = True
    guess.css("predict-field").fill("40")
    guess.button("Lock my guess").click()
    guess.banner.get_by_text("Not saved").wait_for(timeout=3000)
    assert guess.button("Retry").is_visible() and not guess.button("Go on without saving").is_visible()


@pytest.mark.browser
def test_a_draft_outlives_its_view(guess):
    guess.css("predict-field").fill("48")
    guess.view_again()
    guess.button("Lock my guess").click()
    assert locked(guess) == 48
    guess.view_again()
    assert guess.css("predict-kept").inner_text() == "You said 48 users."
    guess.page.evaluate("window.stop()")
    assert guess.page.evaluate("window.fake.held()") == []


@pytest.mark.browser
def test_nothing_of_the_truth_is_anywhere_before_the_lock(guess):
    guess.css("predict-field").fill("40")
    before = json.dumps(guess.state) + guess.page.content() + json.dumps(guess.widget.get_state(), default=str)
    guess.button("Lock my guess").click()
    assert locked(guess) == 40
    guess.widget.reveal(67_791)
    everything = before + guess.page.content() + json.dumps(guess.heard)
    assert "67791" not in everything and "67,791" not in everything, "five digits: ids have three by chance"
    guess.push()
    assert guess.css("predict-says").inner_text() == "You said 40 users. It is 67,791: 1,700× too few."


@pytest.mark.browser
@pytest.mark.parametrize("width", [360, 1400])
def test_ticks_are_to_scale_and_nothing_overlaps(page, saved, width):
    page.set_viewport_size({"width": width, "height": 900})
    shown = Shown(page, Prediction(**QUESTION | {"unit": "tokens per second"}, on_lock=saved), "predict", BLACK)
    ticks = shown.boxes(".lab-predict-tick")
    places = {box[4]: (box[0] + box[1]) / 2 for box in ticks}
    for value in (10, 100):
        place = places["1"] + (places["1,000"] - places["1"]) * math.log(value, 1000)
        assert places[str(value)] == pytest.approx(place, abs=1)
    for a, b in itertools.combinations(ticks, 2):
        assert a[1] <= b[0] or b[1] <= a[0]
    assert shown.flaws() == []
    shown.widget.restore({"value": 40})
    for truth in (1, 4, 40, 41, 900, 1000, 5000, 0.1, 0):
        shown.widget.reveal(truth, "Because of this, and of that. " * 4)
        shown.push()
        assert shown.css("predict-says").inner_text() == comparison(40, truth, "tokens per second")
        assert shown.flaws() == [] and shown.errors == []


@pytest.mark.browser
def test_a_picture_follows_the_guess_and_the_guess_a_hand_in_the_picture(guess):
    heard = "() => window.fake.get('guess')"
    guess.css("predict-field").fill("40")
    assert guess.page.evaluate(heard) == 40
    guess.css("predict-field").fill("fortyish")
    assert guess.page.evaluate(heard) is None
    guess.page.evaluate("window.fake.set('guess', 1200 / 4)")
    assert seen(guess) == ("", False, "300 users") and guess.css("predict-field").input_value() == "300"
    assert guess.heard == [], "the kernel hears of a guess when it is locked"
    guess.button("Lock my guess").click()
    assert locked(guess) == 300 and guess.page.evaluate(heard) == 300


@pytest.mark.browser
def test_one_may_play_without_a_guess_where_that_is_allowed(page, saved):
    played = []
    shown = Shown(page, Prediction(**QUESTION, on_lock=saved, on_play=lambda: played.append(1)), "predict")
    assert not shown.button("Just let me play").is_visible()
    shown.widget.may_play = True
    shown.push()
    shown.button("Just let me play").click()
    page.wait_for_function("window.fake.held().length")
    assert played == [1] and saved == []
    shown.widget.show(4, "So many fit.")
    shown.push()
    assert shown.css("predict-says").inner_text() == "It is 4 users." and not shown.button("Lock my guess").is_visible()
    assert shown.css("predict-why").inner_text() == "So many fit." and shown.errors == [] and shown.flaws() == []


@pytest.mark.browser
def test_what_the_kernel_cannot_read_is_told_without_alarm(guess, saved):
    saved.problem = AnswerError("Give a number from 1 to 1,000 users.")
    guess.css("predict-field").fill("40")
    guess.button("Lock my guess").click()
    guess.page.get_by_text("Give a number from 1").wait_for()
    assert not guess.banner.inner_text() and guess.widget.locked == {} and guess.flaws() == []


@pytest.mark.browser
def test_a_choice_with_keys_alone(page, saved):
    shown = Shown(page, Prediction(**CHOICE, on_lock=saved), "predict")
    assert shown.button("Lock my guess").is_disabled() and shown.page.locator(":checked").count() == 0
    shown.press("Tab", "Space", "ArrowDown", "Tab", "Enter")
    assert locked(shown) == "arithmetic" and page.evaluate("window.keys") == []
    shown.widget.reveal("memory")
    shown.push()
    assert shown.css("predict-label").all_text_contents() == ["memory", "arithmeticyour guess"]
    assert shown.css("predict-mark").all_text_contents() == ["✓", "●"]
    assert shown.css("predict-says").inner_text() == "You chose arithmetic. It is memory."
    assert shown.flaws() == [] and shown.errors == []


@pytest.mark.browser
def test_after_a_choice_each_option_has_its_value_as_a_bar(page, saved):
    shown = Shown(page, Prediction(**CHOICE, on_lock=saved), "predict")
    shown.widget.restore({"value": "arithmetic"})
    shown.widget.reveal("memory", "The cache is read.", {"memory": [1.0, "4.8 ms"], "arithmetic": [0.25, "1.2 ms"]})
    shown.push()
    page.wait_for_function("() => document.getAnimations().every((one) => one.playState === 'finished')")
    assert shown.css("predict-value").all_inner_texts() == ["4.8 ms", "1.2 ms"]
    wide, narrow = page.evaluate("""() => [...document.querySelectorAll(".lab-predict-bar")].map(
        (e) => parseFloat(getComputedStyle(e, "::before").width))""")
    assert narrow == pytest.approx(wide / 4, rel=0.02) and shown.flaws() == [] and shown.errors == []


@pytest.mark.browser
@pytest.mark.parametrize("kept, truth, says", [
    (5000, 4, OLD), (-3, 4, "You said -3 users. It is 4."), ("memory", 4, f"You said memory. It is 4 users. {STANDS}"),
    (40, math.inf, "You said 40 users. It cannot be done.")])
def test_what_has_no_place_on_the_scale_is_shown_in_words(page, saved, kept, truth, says):
    shown = Shown(page, Prediction(**QUESTION, on_lock=saved), "predict")
    shown.widget.restore({"value": kept})
    shown.widget.reveal(truth)
    shown.push()
    assert shown.css("predict-says").inner_text().startswith(says)
    assert shown.flaws() == [] and shown.errors == []


@pytest.mark.browser
def test_an_option_that_is_gone_is_shown_as_ones_own(page, saved):
    shown = Shown(page, Prediction(**CHOICE, on_lock=saved), "predict")
    shown.widget.restore({"value": "network"})
    shown.widget.reveal("memory")
    shown.push()
    assert shown.css("predict-label").all_text_contents() == ["memory", "arithmetic", "networkyour guess"]
    assert shown.css("predict-says").inner_text().endswith("no longer one of the options. It stays as you locked it.")
    assert shown.flaws() == [] and shown.errors == []
