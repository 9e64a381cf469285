"""A picture on a bare page, with a model that keeps what is set, and tells it to nobody but its listeners."""

from __future__ import annotations

import itertools

NOTHING = "No value for these settings."
SHOW = """async ([source, state]) => {
    const url = URL.createObjectURL(new Blob([source], {type: "text/javascript"}));
    let held = [];
    const told = [];
    const model = {
        get: (name) => state[name],
        on: (name, f) => { held.push([name, f]); },
        off: (name, f) => { held = held.filter(([n, g]) => n !== name || g !== f); },
        set: (name, value) => { told.push([name, value]); say({ [name]: value }); },
    };
    const say = (values) => {
        Object.assign(state, values);
        for (const [name, f] of held) if (name === "change" || name.replace("change:", "") in values) f();
    };
    window.picture = { say, read: (name) => state[name], told, held: () => held.map(([name]) => name).sort() };
    const { default: widget } = await import(url);
    window.picture.stop = widget.render({ model, el: document.querySelector("#picture") });
}"""
FRAME = "await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));"


class Shown:
    """A widget's own script and style sheet on a bare page, drawing the traits that are given."""

    def __init__(self, page, kind, **traits) -> None:
        self.page, self.errors = page, []
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        page.set_content(f"<style>{kind._css} * {{ transition: none !important; }}</style><div id='picture'></div>")
        page.evaluate(SHOW, [str(kind._esm), traits])

    def set(self, **values) -> None:
        """As the program of a lab does it: some traits at once, then a frame."""
        self.page.evaluate(f"async (values) => {{ window.picture.say(values); {FRAME} }}", values)

    def told(self, trait: str) -> list:
        """What the picture has set a trait to, in order."""
        return [value for name, value in self.page.evaluate("picture.told") if name == trait]

    def resize(self, width: int, height: int = 900) -> None:
        self.page.set_viewport_size({"width": width, "height": height})
        self.page.evaluate(f"async () => {{ {FRAME} }}")

    @property
    def sentence(self) -> str:
        said = self.page.locator(".lab-drawing-says").evaluate("e => e.textContent").replace("\u00a0", " ")
        assert self.page.locator("figure.lab-drawing[role=img]").get_attribute("aria-label") == said
        return said

    @property
    def dim(self) -> bool:
        return "lab-dim" in self.page.locator("figure.lab-drawing").get_attribute("class").split()

    def at(self, selector: str) -> list[tuple[float, float]]:
        """Where the origins of moved elements are, in the SVG's own coordinates."""
        return [tuple(place) for place in self.page.evaluate(
            "(s) => [...document.querySelectorAll(s)].map((e) => [e.getCTM().e, e.getCTM().f])", selector)]

    def seen(self, selector: str) -> list[bool]:
        return self.page.evaluate("""(s) => [...document.querySelectorAll(s)].map(
            (e) => getComputedStyle(e).visibility === "visible")""", selector)

    def texts(self) -> dict[str, tuple[float, float, float, float]]:
        """What can be read in the SVG, and where: left, right, top, bottom."""
        return {text: tuple(box) for text, box in self.page.evaluate("""() => {
            const frame = document.querySelector("#picture svg").getBoundingClientRect();
            return [...document.querySelectorAll("#picture svg text")]
                .filter((e) => e.textContent && getComputedStyle(e).visibility === "visible")
                .map((e, i) => {
                    const b = e.getBoundingClientRect();
                    const turned = (e.getAttribute("transform") ?? "").includes("rotate") ? " (turned)" : "";
                    return [`${i}: ${e.textContent}${turned}`,
                        [b.left - frame.left, b.right - frame.left, b.top - frame.top, b.bottom - frame.top]];
                });
        }""")}

    def assert_texts_inside_and_apart(self) -> None:
        """No text leaves the SVG or lies on another, and none is small; turned ones have no box to compare."""
        width, height, sizes = self.page.evaluate("""() => {
            const svg = document.querySelector("#picture svg"), b = svg.getBoundingClientRect();
            const sizes = [...svg.querySelectorAll("text")].map((e) => parseFloat(getComputedStyle(e).fontSize));
            return [b.width, b.height, sizes.map((size) => size * b.width / svg.viewBox.baseVal.width)];
        }""")
        assert min(sizes) >= 11.99
        boxes = self.texts()
        for text, (left, right, top, bottom) in boxes.items():
            assert left >= -0.5 and right <= width + 0.5 and top >= -0.5 and bottom <= height + 0.5, text
        for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
            apart = a[1] <= b[0] + 0.5 or b[1] <= a[0] + 0.5 or a[3] <= b[2] + 0.5 or b[3] <= a[2] + 0.5
            assert apart or "(turned)" in one + other, f"{one} | {other}"
        assert self.page.evaluate("document.documentElement.scrollWidth") <= self.page.viewport_size["width"]
