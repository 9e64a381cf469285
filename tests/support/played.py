"""A lab played in a live JupyterLab with the keyboard alone, as a student plays it.

    lab = lab_of("03_kv_cache")                               # the same lab in this process, which knows every key
    player = walk_in(jupyter, page, "03_kv_cache.ipynb", lab)
    player.lock("users_at_128k", "40")
    assert player.answer("token", keys(lab)["token"])[0] == "Right"
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hand import HANDLE
from live_jupyter import Jupyter, errors_in_cells, run_all
from waiting import until_still

from mlsysim_labs.questions.items import Item, PredictionItem
from mlsysim_labs.testing import tasks_of

MOST_TABS = 300
# Where an element is from the one that has the focus: 0 here, 1 behind it, -1 before it.
WAY = """(e) => { const now = document.activeElement;
    return e.contains(now) ? 0 : now.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING ? 1 : -1; }"""
# All knobs keep their keys from the notebook's shortcuts.
EXEMPT = f"""() => [...document.querySelectorAll(".lab-controls :is({HANDLE}, select)")]
    .every((e) => e.dataset.lmSuppressShortcuts)"""


@contextmanager
def mode(name: str) -> Iterator[None]:
    """Labs that are made, and servers that are started, meanwhile are in that mode."""
    before = os.environ.get("MLSYSIM_LABS_MODE")
    os.environ["MLSYSIM_LABS_MODE"] = name
    try:
        yield
    finally:
        os.environ.pop("MLSYSIM_LABS_MODE")
        if before is not None:
            os.environ["MLSYSIM_LABS_MODE"] = before


def truths(lab: Any) -> dict[str, Any]:
    """Every truth of a lab, by question."""
    return {name: item.truth for name, item in lab.questions.items() if isinstance(item, Item)}


def keys(lab: Any) -> dict[str, str]:
    """What to type to be right, by task."""
    return {name: task.key for name, task in tasks_of(lab).items()}


def forget(jupyter: Jupyter, notebook: str, slug: str) -> None:
    """As if nobody had been there: no kernel, no record, and the notebook as it is in the repository."""
    jupyter.restart_kernels()
    for file in (*jupyter.folder.glob(f"{slug}.record*"), *jupyter.folder.glob(f".{slug}.record*")):
        file.unlink()
    (jupyter.folder / notebook).write_bytes((jupyter.source / notebook).read_bytes())


def record(jupyter: Jupyter, slug: str) -> list[dict[str, Any]]:
    """The events of the record beside the notebook, in order; none where there is no file."""
    file = jupyter.folder / f"{slug}.record.json"
    return json.loads(file.read_text(encoding="utf-8"))["entries"] if file.exists() else []


def listen(page: Any) -> list[str]:
    """What the page says in its console as an error, from now on."""
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.on("pageerror", lambda error: said.append(str(error)))
    return said


def walk_in(jupyter: Jupyter, page: Any, notebook: str, lab: Any, port: int | None = None) -> Player:
    """Open a notebook and run all of it; `lab` is the same one in this process."""
    said = listen(page)
    jupyter.open(page, notebook, port)
    run_all(page)
    errors = errors_in_cells(page)
    assert not errors, errors
    page.wait_for_selector(".lab-box .lab-act, .lab-box .lab-picture")
    page.wait_for_function(EXEMPT)
    until_still(page)
    return Player(page, lab, said)


class Player:
    """A student at a lab's page, who has a keyboard only. `said` is what the console said as errors."""

    def __init__(self, page: Any, lab: Any, said: list[str]) -> None:
        self.page, self.lab, self.said = page, lab, said

    # where things are --------------------------------------------------------------------------------------------

    def group(self, name: str) -> Any:
        """The prediction, task or reflection of that name."""
        item = self.lab.questions[name]
        kind = "Prediction" if isinstance(item, PredictionItem) else "Task"
        return self.page.get_by_role("group", name=f"{kind}: {item.question}", exact=True)

    def picture(self, name: str) -> Any:
        """The frame of a picture."""
        return self.page.locator(f".lab-picture-{name}")

    def reach(self, target: Any) -> None:
        """Press Tab, or Shift and Tab, until the focus is on an element, or in it."""
        target.wait_for()
        for _ in range(MOST_TABS):
            way = target.evaluate(WAY)
            if not way:
                return
            self.page.keyboard.press("Tab" if way > 0 else "Shift+Tab")
        raise AssertionError(f"{MOST_TABS} times Tab do not lead to {target}")

    def open_everything(self) -> None:
        """Open a table and the drawer of knobs."""
        self.page.get_by_role("button", name="Table").first.click()
        drawer = self.page.get_by_role("button", name="More knobs")
        if drawer.count():
            drawer.click()

    def check_access(self) -> None:
        """What axe finds in the box of the lab: nothing."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page, context=".lab-box")
        assert found.violations_count == 0, found.generate_report()

    # what a student does -----------------------------------------------------------------------------------------

    def press(self, name: str) -> None:
        """Press the button of that name, a preset for example."""
        self.reach(self.page.locator(".lab-box").get_by_role("button", name=name, exact=True).first)
        self.page.keyboard.press("Enter")

    def move(self, control: str, *presses: str) -> None:
        """Press keys on a slider, or on a list of choices."""
        self.reach(self.page.locator(f".lab-control-{control}").locator(f"{HANDLE}, select").first)
        for key in presses:
            self.page.keyboard.press(key)
        until_still(self.page)

    def lock(self, name: str, value: str) -> str:
        """Predict a number or an option, lock it, and return the sentence that stands beside the truth."""
        group = self.group(name)
        self._give(group, value)
        self.page.keyboard.press("Tab" if self._is_choice(group) else "Enter")  # to the button
        assert self.page.evaluate("document.activeElement.textContent") == "Lock my prediction"
        self.page.keyboard.press("Enter")
        told = group.locator(".lab-predict-told")
        told.wait_for()
        return told.inner_text()

    def answer(self, name: str, text: str) -> tuple[str, str]:
        """Answer a task; the word and the sentence of the verdict, when it is saved."""
        group = self.group(name)
        self._give(group, text)
        if self._is_choice(group):
            self.reach(group.get_by_role("button", name="Answer"))
        self.page.keyboard.press("Enter")
        return self._verdict(group, "Saved")

    def hint(self, name: str) -> list[str]:
        """Ask for one more hint; all that are shown."""
        group = self.group(name)
        shown = group.locator(".lab-task-hint")
        count = shown.count()
        self.reach(group.get_by_role("button", name="hint"))
        self.page.keyboard.press("Enter")
        shown.nth(count).wait_for()
        return shown.all_inner_texts()

    def reflect(self, text: str) -> str:
        """Write the reflection and save it; what is said then."""
        group = self.group("reflection")
        self._give(group, text)
        self.page.keyboard.press("Control+Enter")
        return self._verdict(group, "")[1]

    def _give(self, group: Any, text: str) -> None:
        """Type into the field, or choose an option with the arrows."""
        if not self._is_choice(group):
            self.reach(group.locator("input[type=text], textarea:not([readonly])").first)
            self.page.keyboard.press("Control+a")
            self.page.keyboard.type(text)
            return
        self.reach(group.get_by_role("radiogroup"))
        self.page.keyboard.press("Space")
        for _ in range(4):
            if self.page.evaluate("document.activeElement.value") == text:
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"no arrow leads to {text!r}")

    def _is_choice(self, group: Any) -> bool:
        return bool(group.get_by_role("radiogroup").count())

    def _verdict(self, group: Any, note: str) -> tuple[str, str]:
        """What is said of an answer, once it stands for what is in the field, and no step is under way."""
        verdict = group.locator(".lab-task-verdict:not(.lab-task-old):not(.lab-task-open)")
        verdict.wait_for()
        group.locator(".lab-act-note").last.filter(has_text=note).wait_for(state="attached")
        until_still(self.page, frames=4)
        return verdict.locator(".lab-task-word").inner_text(), verdict.locator(".lab-task-says").inner_text()

    # what the page says ------------------------------------------------------------------------------------------

    @property
    def line(self) -> str:
        """How much is done, and where it is kept."""
        return self.page.locator(".lab-saved").first.inner_text()

    @property
    def handed_in(self) -> dict[str, tuple[str, str]]:
        """What `lab.submit()` shows: state and own value of each step, by its question."""
        rows = self.page.locator(".jp-OutputArea table:has(th:text-is('State')) tbody tr").all()
        return {cells[0]: (cells[1], cells[2]) for cells in (row.locator("td").all_inner_texts() for row in rows)}
