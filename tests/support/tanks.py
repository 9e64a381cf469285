"""A tank on a bare page, and what it may be given."""

from __future__ import annotations

import bare_page

from mlsysim_labs.pictures.tank import Tank

GB, GIB = 1e9, 2.0**30
NAMES = ["weights", "cache", "reserve", "more-weights", "more-cache", "box"]
FITS = {"capacity": 85.9 * GB, "weights": 16.1 * GB, "cache": 8 * 2.15 * GB, "reserve": 8.59 * GB, "users": 8,
        "unit": "GB", "chip": "NVIDIA H100 SXM", "model": "Llama 3.1 8B", "caption": ""}
FULL = {"cache": 8 * 17.2 * GB}
TOO_BIG = {"weights": 141.8 * GB}


class Shown(bare_page.Shown):
    """A tank on a bare page."""

    def __init__(self, page, **traits) -> None:
        super().__init__(page, Tank, **FITS | traits)

    @property
    def sentence(self) -> str:
        said = self.page.locator(".lab-tank-says").inner_text()
        label = self.page.locator("figure.lab-tank[role=img]").get_attribute("aria-label")
        assert label == " ".join(filter(None, (said, self.missing))).strip()
        return said

    @property
    def missing(self) -> str:
        """What is needed, what is there, and what to try first; empty where memory is not short."""
        return self.page.locator(".lab-tank-why").inner_text()

    @property
    def dim(self) -> bool:
        return "lab-dim" in self.page.locator(".lab-tank").get_attribute("class").split()

    def spans(self) -> dict[str, tuple[float, float]]:
        """Where each part begins, and its width, as shares of the bar."""
        found = self.page.evaluate("""(names) => {
            const box = (name) => document.querySelector(".lab-tank-bar > .lab-tank-" + name).getBoundingClientRect();
            const bar = document.querySelector(".lab-tank-bar").getBoundingClientRect();
            return names.map((name) => [box(name).left - bar.left, box(name).width]);
        }""", NAMES)
        return dict(zip(NAMES, map(tuple, found), strict=True))

    def legend(self) -> list[list[str]]:
        return [item.inner_text().split("\n") for item in self.page.locator(".lab-tank-item").all()]
