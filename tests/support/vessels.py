"""A vessel on a bare page: what it may be given, and what it draws."""

from __future__ import annotations

import re

import bare_page

from mlsysim_labs.pictures.vessel import Vessel

GB, GIB, NAN = 1e9, 2.0**30, float("nan")
FITS = {"capacity": 85.9 * GB, "weights": 16.1 * GB, "cache": 8 * 2.15 * GB, "reserve": 8.59 * GB, "users": 8.0,
        "beside_cache": NAN, "guess": NAN, "posed": 0.0, "unit": "GB", "chip": "NVIDIA H100 SXM",
        "model": "Llama 3.1 8B", "caption": "", "beside": "if every head were a KV head"}
FREE = 61.21 * GB
FULL = {"cache": 8 * 17.2 * GB}
TOO_BIG = {"weights": 141.8 * GB}
POSED = {"posed": 1.0, "users": 40.0, "cache": FREE, "guess": 40.0}
EMPTY = {"posed": 1.0, "users": NAN, "cache": NAN}
BOXES = re.compile(r"M([-\d.e]+) ([-\d.e]+)h([-\d.e]+)v([-\d.e]+)h")


def users_of(count: float, each: float) -> dict[str, float]:
    """So many users of so many GB each, four times as much beside."""
    return {"users": count, "cache": count * each * GB, "beside_cache": 4 * count * each * GB}


class Shown(bare_page.Shown):
    """A vessel on a bare page."""

    def __init__(self, page, **traits) -> None:
        super().__init__(page, Vessel, **FITS | traits)

    def boxes(self, kind: str = "users", vessel: int = 0) -> list[tuple[float, ...]]:
        """Left, top, width and height of tiles, as they are drawn."""
        d = self.page.locator(".lab-vessel-one").nth(vessel).locator(f".lab-vessel-{kind}").evaluate_all(
            "all => all.map(e => e.getAttribute('d')).join('')")
        return [tuple(map(float, box)) for box in BOXES.findall(d)]

    def rect(self, kind: str) -> tuple[float, ...]:
        """Left, top, width and height of a block of the first vessel."""
        return tuple(self.page.locator(f".lab-vessel-{kind}").first.evaluate(
            "e => ['x', 'y', 'width', 'height'].map((name) => +e.getAttribute(name))"))

    def words(self) -> list[str]:
        """What can be read in the picture, in the order in which it is drawn."""
        return [text.partition(": ")[2] for text in self.texts()]

    def drag(self, y: float, start: tuple[float, float]) -> float:
        """What `users` is to be, with the hand moved from a place in the picture to this height."""
        frame, mouse = self.page.locator("#picture svg").bounding_box(), self.page.mouse
        mouse.move(frame["x"] + start[0], frame["y"] + start[1])
        mouse.down()
        mouse.move(frame["x"] + start[0], frame["y"] + y)
        mouse.up()
        name, value = self.page.evaluate("picture.read('grabbed')")
        assert name == "users"
        return value
