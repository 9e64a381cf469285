"""The way through a lab's page with the keyboard alone: to knobs and buttons, along the rail, from card to card."""

from __future__ import annotations

from typing import Any

from waiting import until_holds, until_still

MOST_TABS = 300
# Where an element is from the one that has the focus: 0 here, 1 behind it, -1 before it.
WAY = """(e) => { const now = document.activeElement;
    return e.contains(now) ? 0 : now.compareDocumentPosition(e) & Node.DOCUMENT_POSITION_FOLLOWING ? 1 : -1; }"""


class Walker:
    """Somebody at a lab's page who has a keyboard only; `lab` is the same one in this process."""

    def __init__(self, page: Any, lab: Any) -> None:
        self.page, self.lab = page, lab
        self.box = page.locator(".lab-box").first

    # where things are --------------------------------------------------------------------------------------------

    def group(self, name: str) -> Any:
        """The card of the prediction, the thing to try, the task or plan, or the reflection of that name."""
        return self.box.locator(f".lab-cards .lab-step-{name} .lab-act, .lab-cards .lab-act.lab-step-{name}").first

    def picture(self, name: str) -> Any:
        """The frame of a picture."""
        return self.box.locator(f".lab-picture-{name}")

    @property
    def title(self) -> str:
        """The sentence above the picture that is seen."""
        return self.box.locator(".lab-picture.lab-shown .lab-drawing-says").inner_text().replace("\u00a0", " ")

    @property
    def verdict(self) -> str:
        """What the card says that is seen."""
        return self.box.locator(".lab-cards .lab-act-verdict:visible").inner_text()

    @property
    def here(self) -> tuple[str, int]:
        """The step of the rail that is seen, and which of its cards, from 1 on."""
        kind, _, number = self.box.locator(".lab-kind").inner_text().partition(" · ")
        return kind, int(number.split()[0]) if number else 1

    def place(self, name: str) -> tuple[str, int]:
        """The step that a card belongs to, and which of its cards it is."""
        asked = self.lab.questions
        if name in asked.predictions:
            return "Predict", list(asked.predictions).index(name) + 1
        if name in asked.explored:
            return "Explore", list(asked.explored).index(name) + 1
        return ("Reflect", 1) if name == "reflection" else ("Decide", list(asked.tasks).index(name) + 1)

    def reach(self, target: Any) -> None:
        """Press Tab, or Shift and Tab, until the focus is on an element, or in it."""
        target.wait_for()
        for _ in range(MOST_TABS):
            way = target.evaluate(WAY)
            if not way:
                return
            self.page.keyboard.press("Tab" if way > 0 else "Shift+Tab")
        raise AssertionError(f"{MOST_TABS} times Tab do not lead to {target}")

    def rove(self, button: Any) -> None:
        """Reach a button of a group that one Tab leads into, and go through the group with the arrows."""
        button.wait_for()
        group = button.locator("..")
        self.reach(group.locator("[tabindex='0']"))
        for _ in range(group.locator("button").count()):
            if button.evaluate("(e) => e === document.activeElement"):
                return
            self.page.keyboard.press("ArrowRight")
        raise AssertionError(f"no arrow leads to {button}")

    # the way through the steps -----------------------------------------------------------------------------------

    def enter(self, kind: str, number: int = 1) -> None:
        """Go to a card: to its step by the rail, and to it by the list of that step, or by Next and Back."""
        if self.here[0] != kind:
            self.rove(self.box.locator(".lab-rail .lab-segment", has_text=kind))
            self.page.keyboard.press("Enter")
            until_holds(self.page, lambda: _is(self.here[0], kind))
        for _ in range(20):
            now = self.here[1]
            if now == number:
                return until_still(self.page, frames=4)
            self._go(1 if number > now else -1)
            until_holds(self.page, lambda now=now: _is(self.here[1] != now, True))
        raise AssertionError(f"no way leads to {kind} {number}")

    def _go(self, way: int) -> None:
        """One card on, or back."""
        cards = self.box.locator(".lab-list")
        if cards.is_visible():
            self.reach(cards)
            self.page.keyboard.press("ArrowDown" if way > 0 else "ArrowUp")
        else:
            self.press("Next ›" if way > 0 else "‹ Back")

    def at(self, name: str) -> Any:
        """Enter the card of that name, and return its group."""
        self.enter(*self.place(name))
        group = self.group(name)
        group.wait_for()
        return group

    def view(self, name: str) -> None:
        """Look at a segment of the stage: a view, or "Table"."""
        self.rove(self.box.locator(".lab-segments").get_by_role("button", name=name, exact=True))
        self.page.keyboard.press("Enter")
        until_still(self.page, frames=4)

    def open_everything(self) -> None:
        """Open the table and the drawer of knobs."""
        self.view("Table")
        self.open_drawer()

    def open_drawer(self) -> None:
        """Show the knobs that are not in sight, if there are any."""
        drawer = self.box.get_by_role("button", name="More knobs")
        if drawer.is_visible():
            self.reach(drawer)
            self.page.keyboard.press("Enter")

    def menu(self, words: str) -> None:
        """Press a line of the menu."""
        self.press("More")
        line = self.box.get_by_role("button", name=words, exact=True)
        self.reach(line)
        self.page.keyboard.press("Enter")
        until_still(self.page, frames=4)

    def check_access(self) -> None:
        """What axe finds in the box of the lab: nothing."""
        from axe_playwright_python.sync_playwright import Axe

        found = Axe().run(self.page, context=".lab-box")
        assert found.violations_count == 0, found.generate_report()

    def press(self, name: str) -> None:
        """Press the button of that name, which is in sight."""
        button = self.box.get_by_role("button", name=name, exact=True).locator("visible=true").first
        button.wait_for()
        if button.get_attribute("tabindex") == "-1":
            self.rove(button)
        else:
            self.reach(button)
        self.page.keyboard.press("Enter")

    def knob(self, control: str) -> Any:
        """A knob, in sight."""
        found = self.box.locator(f".lab-control-{control}")
        if not found.is_visible():
            self.open_drawer()
        return found


def _is(now: Any, wanted: Any) -> None:
    assert now == wanted, f"{now!r} instead of {wanted!r}"
