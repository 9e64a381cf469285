"""A small lab in a real JupyterLab: nothing of the answer before the lock, nothing lost after it, open to everybody."""

from __future__ import annotations

import json
import random
import re

import nbformat
import pytest
from live_jupyter import errors_in_cells, kill_kernels, run_all, wear
from small_lab import CROSSOVER, USERS
from waiting import until_holds, until_still

from mlsysim_labs.records.record import MIME, Record

SOURCE = """
import sys
sys.path.insert(0, {tests!r})
from small_lab import small_lab
lab = small_lab({options})
lab
"""
NAME, RECORD = "small.ipynb", "99_small.record.json"
GUESS, ANSWER = ".lab-predict-field", ".lab-task-field"
NOISE = re.compile(r"[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}|lab-?id[\w-]*|"
                   r"\d{4}-\d\d-\d\dT[\d:.]+Z?|id-[0-9a-f-]+|\"born\": [\d.]+")


@pytest.fixture
def small(jupyter, root):
    """Write the notebook, with a truth `times` what it is, and forget what was done in it unless it is `kept`."""
    def write(times=1, kept=False, **options):
        for file in [] if kept else jupyter.folder.glob("*99_small*"):
            file.unlink()
        said = ", ".join(f"{name}={value!r}" for name, value in {"times": times, **options}.items())
        source = SOURCE.format(tests=str(root / "tests" / "support"), options=said)
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, id="lab"),
                                               nbformat.v4.new_code_cell("lab.submit()", id="submit")])
        book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
        nbformat.write(book, jupyter.folder / NAME)
    return write


def opened(jupyter, page):
    jupyter.open(page, NAME)
    run_all(page)
    assert errors_in_cells(page) == []
    page.wait_for_selector(".lab-box .lab-act:visible")


def lock(page, guess="40"):
    page.fill(GUESS, guess)
    page.get_by_role("button", name="Lock my guess").click()
    page.get_by_text("You said 40 users").wait_for()
    decide(page)


def decide(page):
    """Go to the first task."""
    page.locator(".lab-rail button", has_text="Decide").click()
    page.locator(ANSWER).first.wait_for()


def answer(page, text):
    page.locator(ANSWER).first.fill(text)
    page.keyboard.press("Enter")


def record(jupyter):
    return Record.of_data((jupyter.folder / RECORD).read_bytes())


def saved_with_widgets(jupyter, page):
    """The notebook as it is saved with the states of its widgets, these in an order that does not depend on ids."""
    for _ in range(20):
        page.evaluate("jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState')")
        page.evaluate("jupyterapp.commands.execute('docmanager:save')")
        until_still(page)
        saved = json.loads((jupyter.folder / NAME).read_text(encoding="utf-8"))
        if "widgets" in saved["metadata"]:
            break
    kinds = saved["metadata"]["widgets"]["application/vnd.jupyter.widget-state+json"]
    kinds["state"] = sorted(NOISE.sub("", json.dumps(state, sort_keys=True)) for state in kinds["state"].values())
    return saved


def choose_last(page):
    """The last option of the GPU, which is a list or buttons."""
    buttons = page.locator(".lab-control-device button")
    if buttons.count():
        buttons.last.click()
    else:
        page.locator(".lab-control-device select").select_option(index=2)


def heard_until_the_lock(jupyter, page, small, times):
    """Page, traffic and saved notebook of a student who has moved a knob, and not locked yet."""
    small(times)
    frames = []
    page.on("websocket", lambda socket: socket.on("framereceived", lambda f: frames.append(f)))
    opened(jupyter, page)
    page.locator(".lab-control-device select, .lab-control-device button").last.wait_for()
    choose_last(page)
    page.fill(GUESS, "40")
    until_still(page)
    saved = saved_with_widgets(jupyter, page)
    for cell in saved["cells"]:
        cell["source"] = ""
    traffic = b"".join(frame if isinstance(frame, bytes) else frame.encode() for frame in frames).decode("latin-1")
    found = re.findall(r'"state":\s*(\{.*?\}),\s*"buffer_paths"', traffic)  # whose keys come in any order
    states = {NOISE.sub("", json.dumps(json.loads(state), sort_keys=True)) for state in found}
    assert len(states) > 10, "the widgets' states were heard"
    jupyter.restart_kernels()
    return [NOISE.sub("", text) for text in (page.locator(".lab-box").inner_html(), json.dumps(saved))], states


@pytest.mark.browser
def test_until_the_lock_page_traffic_and_notebook_are_the_same_whatever_the_truth(jupyter, page, small):
    first, second = (heard_until_the_lock(jupyter, page, small, times) for times in (1, 7))
    assert first == second


@pytest.mark.browser
def test_steps_survive_the_kernel_the_page_and_the_file(jupyter, page, small):
    small()
    opened(jupyter, page)
    assert not (jupyter.folder / RECORD).exists(), "running all cells commits nothing"
    lock(page)
    answer(page, "30633 tokens")
    page.get_by_text("query heads").wait_for()
    kill_kernels(jupyter)
    answer(page, "5 tokens")
    page.get_by_text("Not saved").first.wait_for()
    kept = [event.kind for event in record(jupyter).events]
    assert kept == ["opened", "prediction", "answer"], "and the page does not say saved"
    jupyter.restart_kernels()
    opened(jupyter, page)
    decide(page)
    page.get_by_text("query heads").wait_for()
    answer(page, "122500 tokens")
    page.get_by_text("Right").first.wait_for()
    until_holds(page, lambda: saved_with_records(jupyter, page))


def saved_with_records(jupyter, page):
    """Save; the outputs of both cells hold the record with the last answer."""
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    outputs = [o for cell in json.loads((jupyter.folder / NAME).read_text())["cells"] for o in cell["outputs"]]
    kept = [Record.of_json(o["data"][MIME]) for o in outputs if MIME in o.get("data", {})]
    assert len(kept) == 2 and all(r.last("answer", CROSSOVER).value["text"] == "122500 tokens" for r in kept)


def _holds_the_answer(page):
    assert page.locator(ANSWER).first.input_value() == "122500 tokens"


@pytest.mark.browser
def test_an_exam_opened_in_learn_shows_no_verdict_and_the_record_tells(jupyter, page, small):
    small(mode="exam")
    opened(jupyter, page)
    page.fill(GUESS, "40")
    page.get_by_role("button", name="Lock my guess").click()
    decide(page)
    for text in ("30633 tokens", "122500 tokens"):
        answer(page, text)
        page.get_by_text("Answers are judged after the exam.").wait_for()
        until_still(page)
    for mode in ("learn", "exam"):  # and demo without a browser
        small(kept=True, mode=mode)
        jupyter.restart_kernels()
        opened(jupyter, page)
        page.locator(".lab-rail button", has_text="Decide").click()
        until_holds(page, lambda: _holds_the_answer(page))
        told = page.locator(".lab-box").text_content() + page.locator(".jp-OutputArea").all_inner_texts()[-1]
        for secret in ("✓ Right", "✗ Not yet", "It is 3", "query heads", "long talk"):
            assert secret not in told, f"{mode}: {secret}"
        assert page.get_by_role("button", name=re.compile("Hint|Show the key")).count() == 0
    modes = [event.value["mode"] for event in record(jupyter).all("opened")]
    assert modes == ["exam", "learn", "exam"] and record(jupyter).problems() == []


@pytest.mark.browser
def test_a_course_asks_for_the_name_once(jupyter, page, small):
    small(course="ML systems")
    jupyter.open(page, NAME)
    run_all(page)
    field = page.get_by_label("Your name", exact=True)
    field.wait_for()
    assert page.locator(GUESS).count() == 0
    field.fill("Ada Lovelace")
    page.keyboard.press("Enter")
    page.locator(GUESS).wait_for()
    lock(page)
    jupyter.restart_kernels()
    opened(jupyter, page)
    assert page.locator(".lab-saved").first.inner_text().startswith("Ada Lovelace")
    assert {event.value["student"] for event in record(jupyter).all("opened")} == {"Ada Lovelace"}


@pytest.mark.browser
def test_axe_finds_nothing_in_the_dark(jupyter, page, small):
    from axe_playwright_python.sync_playwright import Axe

    small()
    opened(jupyter, page)
    wear(page, "Dark")
    until_still(page)
    before = Axe().run(page, context=".lab-box")
    lock(page)
    answer(page, "30633 tokens")
    page.get_by_text("query heads").wait_for()
    page.get_by_role("button", name="Table", exact=True).click()
    after = Axe().run(page, context=".lab-box")
    assert before.violations_count == 0, before.generate_report()
    assert after.violations_count == 0, after.generate_report()


@pytest.mark.soak
def test_twenty_kills_lose_no_committed_step(jupyter, page, small):
    """Kernel and server, in turn, at random moments while answers are given: what the page called saved is kept."""
    small()
    opened(jupyter, page)
    lock(page)
    chance, saved = random.Random(1), []
    for number in range(20):
        page.locator(ANSWER).first.fill(f"{number} tokens")
        page.keyboard.press("Enter")
        page.wait_for_timeout(chance.randrange(80))
        if number % 2:
            jupyter.kill()
        else:
            kill_kernels(jupyter)
        if page.locator(".lab-task").get_by_text("Saved", exact=True).first.is_visible():
            saved.append(f"{number} tokens")
        jupyter.restart_kernels()
        opened(jupyter, page)
        decide(page)
    kept = [e.value["text"] for e in record(jupyter).all("answer", CROSSOVER)]
    assert record(jupyter).prediction(USERS).value["value"] == 40
    assert set(saved) <= set(kept) and len(kept) == len(set(kept)) and record(jupyter).problems() == []
    print(f"{len(saved)} of 20 were called saved, {len(kept)} are in the file")
