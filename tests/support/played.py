"""A lab played in a live JupyterLab with the keyboard alone, as a student plays it.

    lab = lab_of("03_kv_cache")                               # the same lab in this process, which knows every key
    player = walk_in(jupyter, page, "03_kv_cache.ipynb", lab)
    player.lock("users_at_128k", "40")
    assert player.explore("explore_1").startswith("Each tile grows")
    assert player.answer("token", keys(lab)["token"])[0] == "Right"
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from hand import HANDLE
from live_jupyter import Jupyter, errors_in_cells, run_all
from waiting import until_still
from walker import Walker

from mlsysim_labs.questions.items import Item
from mlsysim_labs.testing import tasks_of

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
    return {name: task.key(None) for name, task in tasks_of(lab).items()}


def forget(jupyter: Jupyter, notebook: str, slug: str) -> None:
    """As if nobody had been there: no kernel, no record, and the notebook as it is in the repository."""
    jupyter.restart_kernels()
    for file in (*jupyter.folder.glob(f"{slug}.record*"), *jupyter.folder.glob(f".{slug}.record*")):
        file.unlink()
    (jupyter.folder / notebook).write_bytes((jupyter.source / notebook).read_bytes())


def record(jupyter: Jupyter, slug: str) -> list[dict[str, Any]]:
    """What was done, by the record beside the notebook, in order; nothing where there is no file."""
    file = jupyter.folder / f"{slug}.record.json"
    entries = json.loads(file.read_text(encoding="utf-8"))["entries"] if file.exists() else []
    return [entry for entry in entries if entry["kind"] != "opened"]


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
    page.wait_for_selector(".lab-box .lab-act:visible, .lab-box .lab-picture.lab-shown")
    page.wait_for_function(EXEMPT)
    until_still(page)
    return Player(page, lab, said)


class Player(Walker):
    """A student at a lab's page. `said` is what the console said as errors.

    Cards are seen one at a time: each move first enters the card that it is of, as a student does.
    """

    def __init__(self, page: Any, lab: Any, said: list[str]) -> None:
        super().__init__(page, lab)
        self.said = said

    # what a student does -----------------------------------------------------------------------------------------

    def move(self, control: str, *presses: str) -> None:
        """Press keys on a slider, or on a list of choices."""
        self.reach(self.knob(control).locator(f"{HANDLE}, select").first)
        for key in presses:
            self.page.keyboard.press(key)
        until_still(self.page)

    def choose(self, control: str, option: str) -> None:
        """Press the button of an option, or go to it in the list."""
        knob = self.knob(control)
        button = knob.get_by_role("button", name=option, exact=True)
        if button.count():
            self.reach(button)
            self.page.keyboard.press("Enter")
        else:
            self.reach(knob.locator("select"))
            self.page.keyboard.type(option)
        until_still(self.page)

    def guess(self, name: str, value: str) -> None:
        """Give a guess, and lock nothing."""
        self._give(self.at(name), value)
        until_still(self.page, frames=4)

    def lock(self, name: str, value: str) -> str:
        """Predict a number or an option, lock it, and return what is said when the stage stands still again."""
        group = self.at(name)
        self._give(group, value)
        if self.lab.mode == "demo":
            self.reach(group.get_by_role("button", name="Reveal"))
        else:
            self.page.keyboard.press("Tab" if self._is_choice(group) else "Enter")  # to the button
            assert self.page.evaluate("document.activeElement.textContent") == "Lock my guess"
        self.page.keyboard.press("Enter")
        said = group.locator(".lab-predict-says")
        said.filter(has_text=".").wait_for()
        self._until_saved(group)
        until_still(self.page)
        return said.inner_text()

    def why(self, name: str) -> str:
        """The reason that stands below the truth."""
        return self.group(name).locator(".lab-predict-why").inner_text()

    def play(self) -> None:
        """Go on without a guess."""
        self.press("Just let me play")
        self.box.locator(".lab-rail .lab-segment:disabled").first.wait_for(state="detached")
        until_still(self.page)

    def explore(self, name: str) -> str:
        """Have a thing to try shown; what there is to notice."""
        group = self.at(name)
        self.reach(group.get_by_role("button", name="Show me"))
        self.page.keyboard.press("Enter")
        notice = group.locator(".lab-explore-notice:not(.lab-explore-open)")
        notice.wait_for()
        until_still(self.page)
        return notice.inner_text().removeprefix("✓ ")

    def plan(self, name: str) -> tuple[str, str]:
        """Hand in where the knobs stand as a plan; the word and the sentence of the verdict."""
        group = self.at(name)
        self.reach(group.get_by_role("button", name="This is my plan"))
        self.page.keyboard.press("Enter")
        parts = group.locator(".lab-design-part")
        parts.first.filter(has_text=re.compile(r"\w")).wait_for()
        self._until_saved(group)
        word, says = parts.nth(0).inner_text(), parts.nth(1).inner_text()
        return word.lstrip("✓✗● "), says

    def answer(self, name: str, text: str) -> tuple[str, str]:
        """Answer a task; the word and the sentence of the verdict, when it is saved."""
        group = self.at(name)
        again = group.get_by_role("button", name="Try another answer")
        if again.is_visible():
            self.reach(again)
            self.page.keyboard.press("Enter")
        self._give(group, text)
        if self._is_choice(group):
            self.reach(group.get_by_role("button", name="Check"))
        self.page.keyboard.press("Enter")
        return self._verdict(group)

    def hint(self, name: str) -> list[str]:
        """Ask for one more hint; all that are shown."""
        group = self.at(name)
        shown = group.locator(".lab-task-hint")
        count = shown.count()
        self.reach(group.get_by_role("button", name="hint"))
        self.page.keyboard.press("Enter")
        shown.nth(count).wait_for()
        return shown.all_inner_texts()

    def reflect(self, text: str) -> str:
        """Write the reflection and save it; what is said then."""
        group = self.at("reflection")
        self._give(group, text)
        self.page.keyboard.press("Control+Enter")
        return self._verdict(group)[1]

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

    def _until_saved(self, group: Any) -> None:
        """Until no step of that card is under way."""
        group.locator(".lab-act-note").last.filter(has_not_text="Saving").wait_for(state="attached")

    def _verdict(self, group: Any) -> tuple[str, str]:
        """What is said of an answer, once it stands for what is in the field, and no step is under way."""
        verdict = group.locator(".lab-act-verdict:not(.lab-task-old):not(.lab-act-open)")
        verdict.wait_for()
        self._until_saved(group)
        until_still(self.page, frames=4)
        word = verdict.locator(".lab-task-word").inner_text()
        return word.lstrip("✓✗● "), verdict.locator(".lab-task-says").inner_text()

    # what the page says ------------------------------------------------------------------------------------------

    @property
    def line(self) -> str:
        """The foot: how much is done, and where it is kept."""
        return self.box.locator(".lab-foot").inner_text()

    @property
    def handed_in(self) -> dict[str, tuple[str, str]]:
        """What `lab.submit()` shows: state and own value of each step, by its question."""
        rows = self.page.locator(".jp-OutputArea table:has(th:text-is('State')) tbody tr").all()
        return {cells[0]: (cells[1], cells[2]) for cells in (row.locator("td").all_inner_texts() for row in rows)}
