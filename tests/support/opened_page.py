"""The page of a lab in a browser, opened as a person does who has never been there."""

from __future__ import annotations

import json
import pathlib
from typing import Any

from played import Player
from waiting import until_still

from mlsysim_labs.records.record import Record

READY = ":root[data-page=ready] .lab-way"
FORGET = """() => new Promise((done) => {
    localStorage.clear();
    const gone = indexedDB.deleteDatabase("mlsysim-labs");
    gone.onsuccess = gone.onerror = gone.onblocked = done;
})"""
CARRIED = "document.getElementById('page-record').textContent"


class PagePlayer(Player):
    """A student at the page of a lab. `said` is all that its console says, and `asked` what it asks for."""

    def __init__(self, page: Any, lab: Any, file: pathlib.Path) -> None:
        super().__init__(page, lab, [])
        self.file, self.asked = file, []
        page.on("console", lambda message: self.said.append(message.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))
        page.on("request", lambda request: self.asked.append(request.url))

    def go(self, address: str = "") -> PagePlayer:
        """Open the page, with that behind its address."""
        self.page.goto("about:blank")
        self.page.goto(self.file.as_uri() + address)
        return self.settle()

    def again(self) -> PagePlayer:
        """The same page, loaded anew."""
        self.page.reload()
        return self.settle()

    def settle(self) -> PagePlayer:
        self.page.wait_for_selector(READY)
        until_still(self.page, frames=4)
        return self

    def forget(self) -> None:
        """As if nobody had been there."""
        self.page.evaluate(FORGET)

    def click(self, name: str) -> None:
        """Press the button of that name that is in sight, quickly."""
        self.page.get_by_role("button", name=name, exact=True).locator("visible=true").first.click()
        until_still(self.page, frames=4)

    def guess_all(self) -> None:
        """Lock a guess in each prediction, quickly."""
        for name, item in self.lab.questions.predictions.items():
            card = self.group(name)
            if item.shown.options and item.progress.mode == "demo":
                card.locator(".lab-class-hands").first.fill("1")
            elif item.shown.options:
                card.get_by_text(item.shown.options[0], exact=True).click()
            else:
                card.locator(".lab-predict-field").fill(f"{(item.shown.low * item.shown.high) ** 0.5:.2g}")
            self.click("Lock my guess" if item.progress.mode != "demo" else "Reveal")
            card.locator(".lab-predict-says", has_text=".").wait_for()
            until_still(self.page)
            if self.page.get_by_role("button", name="Next ›").is_visible():
                self.click("Next ›")

    @property
    def record(self) -> Record:
        """The record, as the page carries it."""
        return Record.of_json(json.loads(self.page.evaluate(CARRIED)))
