"""A widget of Python's in a bare page, without Jupyter: what the page sends reaches it, and what it says comes back.

The kernel may be `away`: then it hears nothing. `slow` keeps what it would have said until `push`.
"""

from __future__ import annotations

import json
from typing import Any

from mlsysim_labs.widgets.assets import style

WHITE = {"layout-color0": "#fff", "layout-color1": "#fff", "layout-color2": "#eee", "ui-font-color1": "rgba(0,0,0,.87)",
         "brand-color1": "#1976d2"}
BLACK = {"layout-color0": "#111", "layout-color1": "#212121", "layout-color2": "#424242",
         "ui-font-color1": "rgba(255,255,255,.87)", "brand-color1": "#2196f3"}
SMALLEST_TEXT, SMALLEST_TARGET = 13, 24  # pixels
SERVE = """([source, state]) => {
    let held = [];
    const model = {
        get: (name) => state[name],
        on: (name, f) => { held.push([name, f]); },
        off: (name, f) => { held = held.filter(([n, g]) => n !== name || g !== f); },
        set: (name, value) => { if (state[name] !== value) hear([["state", { [name]: value }]]); }, // stays on the page
        send: async (content) => hear(await window.kernel(content)),
    };
    const hear = (events) => {
        for (const [kind, content] of events) {
            if (kind === "state") Object.assign(state, content);
            const names = kind === "state" ? Object.keys(content).map((name) => "change:" + name) : ["msg:custom"];
            for (const [name, f] of [...held]) if (names.includes(name)) f(content);
        }
    };
    window.keys = [];
    document.addEventListener("keydown", (event) => event.target !== document.body && window.keys.push(event.key));
    window.fake = { hear, get: model.get, set: model.set, held: () => held.map(([name]) => name) };
    const url = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
    window.view = async () => {
        window.stop?.();
        document.querySelector("#widget").replaceChildren();
        const { default: widget } = await import(url);
        window.stop = widget.render({ model, el: document.querySelector("#widget") });
    };
    return window.view();
}"""


def tell(widget: Any, content: Any) -> dict[str, Any] | None:
    """What the kernel's widget answers to a message of a page, or to something that a page should not send."""
    said: list[dict[str, Any]] = []
    widget.send = lambda content, buffers=None: said.append(content)
    widget.hear(content)
    return said[-1] if said else None


class Saved(list):
    """What was saved, or why nothing can be."""

    problem: Exception | None = None

    def __call__(self, value: Any) -> None:
        if self.problem:
            raise self.problem
        self.append(value)


class Shown:
    """The page of one widget, and its kernel."""

    def __init__(self, page: Any, widget: Any, name: str, theme: dict[str, str] = WHITE) -> None:
        self.page, self.widget, self.away, self.slow = page, widget, False, False
        self.heard: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self._events: list[list[Any]] = []
        general = {"layout", "tabbable", "tooltip"}
        traits = [trait for trait in widget.trait_names(sync=True) if trait[0] != "_" and trait not in general]
        widget.observe(lambda change: self._events.append(["state", {change.name: change.new}]), traits)
        widget.send = lambda content, buffers=None: self._events.append(["said", content])
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.expose_function("kernel", self._kernel)
        css = style("pictures/parts/drawing.css", "page/lab.css", "questions/acts.css", f"questions/{name}.css")
        colours = "".join(f"--jp-{key}: {value};" for key, value in theme.items())
        body = f"body {{ margin: 8px; background: {theme['layout-color0']}; }}"
        page.set_content(f"<style>:root {{{colours}}} {body} {css}</style>"
                         f"<body data-jp-theme-light='{str(theme is WHITE).lower()}'>"
                         f"<div class='lab-box'><div id='widget' class='lab-here'></div></div></body>")
        self.state = {trait: getattr(widget, trait) for trait in traits}
        page.evaluate(SERVE, [str(widget._esm), self.state])

    def _kernel(self, content: dict[str, Any]) -> list[list[Any]]:
        self.heard.append(content)
        if not self.away:
            self.widget.hear(json.loads(json.dumps(content)))
        return [] if self.away or self.slow else self._taken()

    def _taken(self) -> list[list[Any]]:
        events, self._events = self._events, []
        return events

    def push(self) -> None:
        """Let the page know what happened in Python."""
        self.page.evaluate("(events) => window.fake.hear(events)", self._taken())

    def view_again(self) -> None:
        """As when a cell's output is drawn anew: the same model, another view."""
        self.page.evaluate("window.view()")

    def css(self, part: str) -> Any:
        """A part by its class."""
        return self.page.locator(f".lab-{part}")

    def button(self, name: str) -> Any:
        return self.page.get_by_role("button", name=name, exact=True)

    @property
    def banner(self) -> Any:
        """What says that something is not saved; empty while nothing is wrong."""
        return self.page.get_by_role("alert")

    def boxes(self, css: str) -> list[tuple[float, float, float, float, str]]:
        """Left, right, top, bottom and text of each."""
        return self.page.evaluate("""(css) => [...document.querySelectorAll(css)].map((e) => {
            const b = e.getBoundingClientRect();
            return [b.left, b.right, b.top, b.bottom, e.textContent]; })""", css)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    @property
    def focus(self) -> str:
        return self.page.evaluate("document.activeElement.textContent || document.activeElement.ariaLabel || ''")

    def flaws(self) -> list[str]:
        """What is too small, leaves the page, has no name, or is not exempt from the notebook's shortcuts."""
        return self.page.evaluate("""([text, target]) => {
            const seen = [...document.querySelectorAll("#widget *")].filter((e) => e.checkVisibility());
            const flaws = [];
            for (const e of seen) {
                const b = e.getBoundingClientRect(), name = e.className;
                const control = e.matches("button, input, textarea");
                const words = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
                if (b.width && (b.left < 0 || b.right > innerWidth)) flaws.push("outside: " + name);
                if ((words || control) && parseFloat(getComputedStyle(e).fontSize) < text) flaws.push("small: " + name);
                const hit = (e.closest("label") ?? e).getBoundingClientRect();
                if (control && Math.min(hit.width, hit.height) < target) flaws.push("small target: " + name);
                if (control && !(e.ariaLabel || e.textContent.trim() || e.closest("label")?.textContent.trim()))
                    flaws.push("no name: " + name);
                if (e.tabIndex >= 0 || e.hasAttribute("tabindex"))
                    if (e.dataset.lmSuppressShortcuts !== "true") flaws.push("shortcuts: " + name);
            }
            if (document.documentElement.scrollWidth > innerWidth) flaws.push("scrolls");
            return flaws;
        }""", [SMALLEST_TEXT, SMALLEST_TARGET])
