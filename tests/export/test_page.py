"""Pages of labs in a browser, from files: played to the end, loaded anew, in frames, cut, edited and saved half-way."""

from __future__ import annotations

import json
import re

import pytest
from opened_page import CARRIED, READY, PagePlayer
from page_script import SLUGS, page_file, page_text
from played import keys
from secrets_of import secrets
from small_lab import CROSSOVER, PLAN, SENTENCE, TOLD, USERS
from waiting import until_holds

from mlsysim_labs import lab_of
from mlsysim_labs.export.exported import exported_page
from mlsysim_labs.records.record import Record

pytestmark = pytest.mark.browser

KV = "03_kv_cache"
WHOLE = "This file is not whole: its end is missing, and the lab with it. Get it again."


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="module")
def small(pages):
    """The notebook of a small lab with one of everything."""
    cells = ["from small_lab import small_lab\nlab = small_lab()", "lab"]
    file = pages / "99_small.ipynb"
    file.write_text(json.dumps({"cells": [{"cell_type": "code", "metadata": {"tags": ["lab"]}, "source": [cell]}
                                          for cell in cells]}), encoding="utf-8")
    return file


@pytest.fixture
def opened(page, pages, small):
    """Open a page; the test fails if it asks for anything but itself, or its console says a word."""
    players = []

    def open_page(slug="", mode="learn", address=""):
        file = page_file(pages, slug, mode) if slug else pages / f"small.{mode}.html"
        if not file.exists():
            file.write_text(exported_page(small, mode), encoding="utf-8")
        players.append(PagePlayer(page, lab_of(slug or small, mode), file))
        return players[-1].go(address)

    yield open_page
    for player in players:
        player.forget()
        assert player.said == []
        assert {address.partition("?")[0].partition("#")[0] for address in player.asked} <= {
            "about:blank", *(one.file.as_uri() for one in players)}


def _is(now, wanted):
    assert now == wanted


def check_access(page):
    """Axe finds nothing on the whole page, and nothing is wider than the screen."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth") == page.viewport_size["width"]


def test_a_lab_is_played_to_the_end_by_keyboard_alone(opened):
    """And loaded anew in the middle: nothing is lost, and Python reads the record."""
    player = opened()
    check_access(player.page)
    assert player.lock(USERS, "40") == TOLD and player.why(USERS) == "At 131,072 tokens not more than 3 fit."
    assert player.title.startswith("3 users fit; 37 wait outside")
    assert player.explore("explore_1") == "Each user keeps eight times as much."
    player.again()
    assert player.hint(CROSSOVER) == ["Divide."]
    assert player.answer(CROSSOVER, "30,600 tokens") == ("Not yet", SENTENCE)
    assert player.answer(CROSSOVER, keys(player.lab)[CROSSOVER])[0] == "Right at try 2"
    assert player.answer("grows", "the KV cache")[0] == "Right"
    assert player.plan(PLAN) == ("Not yet", "Not there yet: 64 users or more.")
    player.move("users", "End")
    player.move("context", "Home")
    assert player.plan(PLAN)[0] == "Not yet (try 2)"
    assert player.reflect("µ 😀 1e-7 </script> <b>é") == "This isn't graded by a machine."
    player.again()
    record = player.record
    assert record.problems() == [] and "5 of 6 done" in player.line
    assert (record.parameters["place"], record.parameters["mode"]) == ("page", "learn")
    assert record.parameters["edition"] == player.lab.progress.edition()
    assert record.last("reflection").value == {"text": "µ 😀 1e-7 </script> <b>é"}
    assert player.group(USERS).locator(".lab-predict-says").text_content() == TOLD


def test_what_is_handed_in_is_a_file_and_a_text(opened, tmp_path):
    player = opened()
    player.click("Just let me play")
    player.box.locator(".lab-rail button", has_text="Hand in").click()
    with player.page.expect_download() as download:
        player.click("Save the file")
    download.value.save_as(tmp_path / "record.json")
    assert download.value.suggested_filename == "99_small.record.json"
    record = Record.of_data((tmp_path / "record.json").read_bytes())
    player.click("Copy as text")
    assert Record.of_text(player.page.locator(".lab-hand-in-text").input_value()) == record
    assert [event.kind for event in record.events] == ["opened", "played"]
    player.click("Start over")
    player.click("Yes, start over")
    assert player.again().here == ("Predict", 1) and "0 of" in player.line


@pytest.mark.parametrize("slug", [slug if slug == KV else pytest.param(slug, marks=pytest.mark.soak) for slug in SLUGS])
def test_every_lab_opens_for_everybody(opened, slug):
    """Also on a phone, in the dark theme, and with the code in sight."""
    player = opened(slug, address="?theme=dark")
    page = player.page
    seen = page.locator("main").evaluate("(main) => main.outerHTML")
    assert [one for one in secrets(player.lab) if one in seen] == [], "the lab is drawn, and tells nothing yet"
    page.set_viewport_size({"width": 390, "height": 844})
    player.click("Just let me play")
    page.locator(".page-fold summary").click()
    player.click(player.box.locator(".lab-segments button").nth(1).inner_text())
    check_access(page)
    page.set_viewport_size({"width": 1400, "height": 900})


def test_a_plot_is_where_its_numbers_are(opened):
    """The line, the point and what was measured, on the axes that stand there."""
    player = opened(KV)
    player.click("Just let me play")
    player.click("Users by context")
    page = player.page
    ticks = dict(page.evaluate("""() => [...document.querySelectorAll(".lab-shown .axis .tick")].map(
        (tick) => [tick.textContent, [tick.getCTM().e, tick.getCTM().f]])"""))
    dot = page.locator(".lab-shown .dot")
    x, y = dot.evaluate("(dot) => [dot.getCTM().e, dot.getCTM().f]")
    assert x == pytest.approx(ticks["8,192"][0], abs=0.6) and ticks["10"][1] < y < ticks["1"][1], "8 users"
    mark = page.locator(".lab-shown .lab-mark-sign").evaluate("(sign) => sign.getCTM().e")
    assert mark == pytest.approx(x, abs=0.6)
    path = page.locator(".lab-shown .object_grp path").nth(1).get_attribute("d")
    assert path.startswith("M58") and path.count("V") == 64, "a step for each context"
    player.move("users", "End")
    assert dot.evaluate("(dot) => dot.getCTM().f") < y and player.title.endswith("not for 1,000.")


def test_an_exam_judges_nothing(opened):
    player = opened(mode="exam")
    player.guess_all()
    said = "Kept. I read it as 122500 tokens. Answers are judged after the exam."
    assert player.answer(CROSSOVER, "122,500 tokens") == ("Saved", said)
    player.again()
    assert player.line.startswith("Exam") and "2 of 6 done" in player.line
    assert player.record.parameters["mode"] == "exam"
    assert player.record.last("answer").value == {"text": "122,500 tokens", "state": "kept"}


def test_a_class_calls_out_raises_hands_sees_the_truth_and_leaves_no_trace(opened):
    """By keyboard, with all guesses on the scale; and again with the next class."""
    player = opened(KV, mode="demo")
    page, group = player.page, player.group(USERS)
    field, says = group.locator(".lab-predict-field"), group.locator(".lab-predict-says")
    field.focus()
    for text in ("40", "4.5", "7", "7", "100", "1,000"):
        field.fill(text)
        page.keyboard.press("Enter")
    count = group.locator(".lab-act-quiet").nth(1)
    assert count.inner_text() == "5 guesses, the median is 40 users." and field.input_value() == ""
    group.get_by_role("button", name="Take back").click()
    assert count.inner_text() == "4 guesses, the median is 7 users." and group.locator(".lab-class-dot").count() == 4
    assert player.title.startswith("7 users would"), "the picture follows the class"
    field.fill("2")
    page.keyboard.press("Tab")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    check_access(page)
    player.click("Reveal")
    says.wait_for()
    assert says.inner_text() == "The class’s median was 7 users. It is 3: 2.3× too many."
    lines = group.locator(".lab-class-line")
    assert lines.all_inner_texts() == ["median 7", "truth 3"] and group.locator(".lab-class-dot:visible").count() == 5
    check_access(page)
    player.click("Next ›")
    for place, hands in enumerate((5, 0, 17)):
        page.locator(".lab-class-hands:visible").nth(place).fill(str(hands))
    check_access(page)
    player.click("Reveal")
    votes = page.locator(".lab-predict-yours:visible")
    assert votes.all_inner_texts() == ["5 of 22", "0 of 22", "17 of 22", "0 of 22"]
    assert page.locator(".lab-predict-says:visible").inner_text().startswith("The class chose weights in 4 bit: ")
    page.set_viewport_size({"width": 400, "height": 844})
    player.click("‹ Back")
    check_access(page)
    player.click("Again")
    assert player.here == ("Predict", 1) and field.is_visible() and count.inner_text() == ""
    assert "fit" not in player.title, "the picture tells nothing any more"
    assert player.lock(USERS, "3") == "The class’s median was 3 users, and it is 3."
    player.box.locator(".lab-rail button", has_text="Decide").click()
    player.click("Show the key")
    assert "The key, from the solver." in player.verdict and player.line == "For a class: nothing is kept."
    assert page.evaluate(CARRIED) == "" and page.evaluate("localStorage.length") == 0
    page.set_viewport_size({"width": 1400, "height": 900})


def test_an_address_says_a_theme_a_preset_and_a_state(opened):
    player = opened(address="?preset=explore_1&theme=dark")
    page = player.page
    assert page.evaluate("getComputedStyle(document.body).colorScheme") == "dark"
    player.click("Just let me play")
    context = player.box.locator(".lab-control-context .widget-readout")
    assert context.inner_text() == "65,536 tokens"
    for state, text in (("context=3&users=30", "896 tokens"), ("context=9999&users=x", "8,192 tokens")):
        player.go(f"#state=99_small?{state}")
        until_holds(page, lambda text=text: _is(context.inner_text(), text))
    player.go("?preset=nothing")
    assert "no preset “nothing”. It has start, users_at_128k, explore_1." in page.locator("#page-says").inner_text()


def test_a_frame_whose_storage_is_refused_says_so(opened, page, pages):
    player = opened()
    file = pages / "frame.html"
    file.write_text(f'<iframe sandbox="allow-scripts" src="{player.file.name}" width=1000 height=800>')
    page.goto(file.as_uri())
    player.asked.clear()
    frame = page.frame_locator("iframe")
    frame.locator(".lab-predict-field").first.fill("40")
    frame.get_by_role("button", name="Lock my guess").first.click()
    frame.locator(".lab-predict-says", has_text="You said 40 users.").wait_for()
    said = frame.locator(".lab-foot").inner_text()
    assert "This browser keeps nothing for this page" in said and "kept in" not in said


@pytest.mark.parametrize("change, says", [
    (lambda text: text[:text.index("<main>") + 9], WHOLE),
    (lambda text: text[:text.index('id="page-packed"') + 99], WHOLE),
    (lambda text: text[:-60_000], WHOLE),
    (lambda text: text.replace("best_change:", "best_change:A"), "what opens after your guesses cannot be read"),
    (lambda text: text.replace('"state":{', '"state":', 1), "The lab could not begin: this file was changed"),
    (lambda text: text.replace('"kind":"HTMLModel"', '"kind":"Other"'), "The lab could not begin"),
    (lambda text: re.sub(r"<script>.*?</script>", "", text, flags=re.DOTALL), "The lab needs its whole file")],
    ids=["prose", "data", "script", "packed", "models", "kinds", "scripts"])
def test_a_page_that_is_not_whole_says_what_is_missing(page, pages, change, says):
    file = pages / "changed.html"
    file.write_text(change(page_text(KV)), encoding="utf-8")
    page.goto(file.as_uri())
    said = page.locator("#page-says, #page-wait:visible")
    until_holds(page, lambda: _is(says in " ".join(said.all_inner_texts()), True))


def test_a_page_that_is_saved_half_way_goes_on_elsewhere(opened, page, pages):
    """As "Save as" writes it: with all that stood on it, and with the record."""
    player = opened()
    player.guess_all()
    saved = pages / "saved.html"
    saved.write_text(page.evaluate("'<!doctype html>' + document.documentElement.outerHTML"), encoding="utf-8")
    player.forget()
    player.asked.clear()
    player.file = saved
    player.go()
    assert page.locator(".lab-box").count() == 1 and page.locator("#page-says").count() == 0
    assert player.here == ("Explore", 1) and "1 of 6 done" in player.line and page.locator(".page-fold").count() == 1


@pytest.mark.soak
@pytest.mark.parametrize("slug", SLUGS)
def test_every_lab_is_played_to_the_end_by_keyboard_alone(opened, slug):
    player = opened(slug)
    for name, item in player.lab.questions.predictions.items():
        shown = item.shown
        player.lock(name, shown.options[0] if shown.options else f"{(shown.low * shown.high) ** 0.5:.2g}")
        assert player.why(name) == item.explained(item.why)
    for name in player.lab.questions.explored:
        assert player.explore(name)
    for name, key in keys(player.lab).items():
        assert player.hint(name)
        assert player.answer(name, key)[0] == "Right"
    for name in player.lab.questions.tasks.keys() - keys(player.lab).keys() - {"reflection"}:
        assert player.plan(name)[0] == "Not yet"
    assert player.reflect("To the end.")
    count = len(player.lab.questions)
    assert f"{count - 1} of {count} done" in player.again().line and player.record.problems() == []


@pytest.mark.soak
def test_nothing_is_lost_when_the_browser_is_killed(tmp_path, pages, browser):
    """Twenty times, right after a step was called saved."""
    from killed_browser import Killed

    file, kept = page_file(pages, KV), 0
    for number in range(20):
        with Killed(browser.browser_type, tmp_path / "profile") as page:
            page.goto(file.as_uri())
            page.wait_for_selector(READY)
            said = page.evaluate(CARRIED)
            assert (len(json.loads(said)["entries"]) if said else 0) == kept, f"after {number} kills"
            if not number:
                page.get_by_role("button", name="Just let me play").first.click()
            page.locator(".lab-rail button", has_text="Reflect").click()
            page.locator(".lab-step-reflection .lab-task-field").fill(f"text {number}")
            page.locator(".lab-step-reflection").get_by_role("button", name="Keep it").click()
            page.locator(".lab-step-reflection .lab-task-says", has_text="This isn't graded").wait_for()
            kept = len(json.loads(page.evaluate(CARRIED))["entries"])
