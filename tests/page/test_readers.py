"""A notebook that was run, opened by strangers: where the lab can't live there is a picture of it and a sentence."""

from __future__ import annotations

import copy
import json
from types import SimpleNamespace

import nbformat
import pytest
from live_jupyter import errors_in_cells, run_all
from small_lab import USERS
from waiting import until_holds, until_still

from mlsysim_labs.records.record import MIME, Record

pytestmark = pytest.mark.browser

NAME, SLUG = "run.ipynb", "99_small"
SOURCE = "import sys\nsys.path.insert(0, {tests!r})\nfrom small_lab import small_lab\nlab = small_lab()\nlab"
DRAWING = "<svg xmlns='http://www.w3.org/2000/svg' width='300' height='120'><rect width='300' height='120'/></svg>"
SAID = ("A small lab. How many users of 128K fit at once? 1 of 6 steps done. This is a picture of the lab. Run its "
        "cells to move the knobs.")
MOMENT = 1500  # [ms] for which a still waits for its lab
# When a still came, when its lab lived, when the still was seen, and how high their output was, from now on.
WATCH = """() => {
    const told = window.told = { seen: [], heights: [] };
    const look = () => {
        const still = document.querySelector(".lab-still"), lab = document.querySelector(".lab-box .lab-act");
        const now = performance.now();
        if (still) told.came ??= now;
        if (still?.checkVisibility({ visibilityProperty: true }) && still.offsetHeight) told.seen.push(now);
        if (lab?.checkVisibility()) {
            told.lived ??= now;
            told.heights.push(lab.closest(".jp-OutputArea").offsetHeight);
        }
        requestAnimationFrame(look);
    };
    look();
}"""
TRUSTED = """() => jupyterapp.shell.currentWidget.content.widgets.every(
    (cell) => cell.model.type !== "code" || cell.model.trusted)"""
KEEP_STATE = "jupyterapp.commands.execute('@jupyter-widgets/jupyterlab-manager:saveWidgetState')"


@pytest.fixture(scope="module")
def run(jupyter, visitor, root):
    """A notebook of which one step is done, as it was saved `bare` and with the `state` of its widgets; and what its
    page showed of the still meanwhile."""
    for file in jupyter.folder.glob(f"*{SLUG}*"):
        file.unlink()
    (jupyter.folder / "pictures").mkdir(exist_ok=True)
    picture = jupyter.folder / "pictures" / f"{SLUG}__memory.svg"
    picture.write_text(DRAWING)
    source = SOURCE.format(tests=str(root / "tests" / "support"))
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source, id="lab")])
    book.metadata["kernelspec"] = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(book, jupyter.folder / NAME)
    page = visitor.new_page()
    jupyter.open(page, NAME)
    page.evaluate(WATCH)
    run_all(page)
    assert errors_in_cells(page) == []
    page.fill(".lab-predict-field", "40")
    page.get_by_role("button", name="Lock my guess").click()
    page.get_by_text("You said 40 users").wait_for()
    page.wait_for_function("document.querySelector('.lab-still').textContent.includes('1 of 6 steps done')")
    now = page.evaluate("performance.now()")
    page.wait_for_function(f"performance.now() > {now + MOMENT + 200}")
    told = page.evaluate("told")
    bare = saved(jupyter, page)
    state = until_holds(page, lambda: with_state(jupyter, page))
    yield SimpleNamespace(told=told, bare=bare, state=state, page=page)
    page.close()
    picture.unlink()
    jupyter.restart_kernels()


def saved(jupyter, page):
    """The notebook as the page saves it."""
    page.evaluate("jupyterapp.commands.execute('docmanager:save')")
    until_still(page)
    return json.loads((jupyter.folder / NAME).read_text(encoding="utf-8"))


def with_state(jupyter, page):
    """The same, with what the widgets hold; the command that keeps it is a switch."""
    page.evaluate(KEEP_STATE)
    found = saved(jupyter, page)
    assert "widgets" in found["metadata"]
    return found


def stranger(book):
    """The notebook as another hand has saved it: who opens it does not trust it."""
    return copy.deepcopy(book) | {"metadata": book["metadata"] | {"by": "somebody else"}}


@pytest.fixture
def reader(jupyter, run):
    """Opens a notebook in JupyterLab where nobody has run it; what shows it, and whether it is trusted."""
    page = run.page

    def read(book, name):
        (jupyter.folder / name).write_text(json.dumps(book), encoding="utf-8")
        page.evaluate(f"jupyterapp.commands.execute('docmanager:open', {{path: '{name}'}}).then(() => null)")
        panel = page.locator(".jp-NotebookPanel:not(.lm-mod-hidden)", has_text="small_lab()")
        panel.locator(".jp-OutputArea-child").first.wait_for(state="attached")
        return panel, page.evaluate(TRUSTED)
    return read


def assert_stands_still(shown):
    """The picture and the sentence are there, once; and nothing is said of widgets."""
    image = shown.locator(".lab-still img:visible")
    image.wait_for()
    assert shown.locator(".lab-still").count() == 1
    assert image.evaluate("(e) => e.decode().then(() => [e.naturalWidth, e.naturalHeight])") == [300, 120]
    assert shown.locator(".lab-still").inner_text().split() == SAID.split()
    until_holds(shown.page, lambda: assert_silent(shown.inner_text()))


def assert_silent(text):
    assert [word for word in ("VBox", "not found", "Error", "Loading", "running kernel") if word in text] == []


def test_a_living_lab_stands_alone_and_as_high_as_before(run):
    told = run.told
    assert [time for time in told["seen"] if time > told["lived"]] == [], "also when a step changes what it says"
    assert not told["seen"] or told["lived"] - told["came"] > MOMENT - 100
    assert len(set(told["heights"])) == 1


def test_it_says_nothing_that_the_record_does_not_hold(run):
    view, still = run.bare["cells"][0]["outputs"]
    assert sorted(view["data"]) == ["application/vnd.jupyter.widget-view+json", "text/html"]
    assert Record.of_json(still["data"][MIME]).prediction(USERS).value["value"] == 40
    assert "It is 3" not in json.dumps(still["data"])
    assert "".join(still["data"]["text/plain"]) == ("A small lab. How many users of 128K fit at once? 1 of 6 steps "
                                                    "done. Run its cells to see the lab and move the knobs.")


def test_jupyterlab_trusts_it_and_has_no_state(reader, run):
    shown, is_trusted = reader(run.bare, "bare.ipynb")
    assert is_trusted
    shown.get_by_text("model not found").wait_for(state="attached")
    assert_stands_still(shown)


@pytest.mark.parametrize("kind", ["bare", "state"])
def test_jupyterlab_does_not_trust_it(reader, run, kind):
    shown, is_trusted = reader(stranger(getattr(run, kind)), f"stranger_{kind}.ipynb")
    assert not is_trusted
    assert_stands_still(shown)
    assert shown.locator(".lab-box").count() == 0


def test_jupyterlab_trusts_it_and_has_its_state(reader, run):
    """The lab lives in the page, and says what it needs a kernel for."""
    shown, is_trusted = reader(run.state, "state.ipynb")
    assert is_trusted
    shown.locator(".lab-box .lab-act:visible").wait_for()
    until_still(shown.page)
    assert shown.locator(".lab-still:visible").count() == 0
    assert shown.locator(".lab-box").first.evaluate("(e) => getComputedStyle(e, '::before').content") == "none"
    assert shown.locator(".lab-box").bounding_box()["height"] <= 622


def test_nbconvert_makes_a_page_of_it(browser, run, tmp_path):
    """Where nobody can fetch what widgets need; with a state and without."""
    from nbconvert import HTMLExporter

    context = browser.new_context(offline=True)
    page = context.new_page()
    for book in (run.bare, run.state):
        made, _ = HTMLExporter().from_notebook_node(nbformat.reads(json.dumps(book), 4))
        (tmp_path / "run.html").write_text(made, encoding="utf-8")
        page.goto((tmp_path / "run.html").as_uri(), wait_until="domcontentloaded")
        assert_stands_still(page.locator("main"))
    context.close()
