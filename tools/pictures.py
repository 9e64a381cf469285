"""Draw the small pictures that stand for the labs where they can't live, or above them, for readers that run nothing.

They go to `labs/pictures`, and show the stage before anything is guessed: no answer stands above a lab. Each is what
*Save the picture as SVG* gives then, made smaller, with a stamp of what it was made from: the numbers of its traits,
and the files that draw them. A test makes the stamp anew, and fails when a picture is stale.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
import pathlib
import re
import sys
import tempfile
import xml.etree.ElementTree as ET
from typing import Any

ROOT = pathlib.Path(__file__).parent.parent
LABS, PICTURES = ROOT / "labs", ROOT / "labs" / "pictures"
REFERENCE = re.compile(r"\(pictures/([a-z0-9_]+)\.svg\)")
STAMP = re.compile(r"<!-- made from ([0-9a-f]{64}) -->")
WIDTH = 960  # px, of the page
MARGIN = 14  # px, around the drawing
SVG = "http://www.w3.org/2000/svg"
HOLDERS = {f"{{{SVG}}}text", f"{{{SVG}}}g"}  # elements that show nothing themselves
MIXED = re.compile(r"color\(srgb ([\d.]+) ([\d.]+) ([\d.]+)(?: / ([\d.]+))?\)")
LONG_NUMBER = re.compile(r"-?\d+\.\d{3,}")
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(ROOT / "tools")]


def wanted(notebook: pathlib.Path) -> list[str]:
    """The names of a notebook's pictures: the lab's, and after two underscores the picture's.

    The one on the stage at the first prediction stands for the lab; the others are those that the text refers to.
    """
    from mlsysim_labs import lab_of
    from mlsysim_labs.places.notebooks import tagged_cells

    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    text = "\n".join("".join(c["source"]) for c in cells if c["cell_type"] == "markdown")
    if not tagged_cells(notebook):
        return REFERENCE.findall(text)
    page = lab_of(notebook).page
    first = [*page.frames.poses.values(), *page.start_pictures][:1]
    return list(dict.fromkeys([*(f"{notebook.stem}__{name}" for name in first), *REFERENCE.findall(text)]))


def stamp(lab: Any, picture: str) -> str:
    """A hash of what the picture shows at the start, and of what draws it."""
    from mlsysim_labs.reactive.trace import run

    posed = [function for function, drawn in lab.page.frames.poses.items() if drawn == picture]
    numbers = run(lab.page.frames.program(posed[:1] or [picture]), {"guess": math.nan, **lab.wiring.start})
    plain = {name: [f"{x:.6g}" for x in listed(value)] for name, value in numbers.items()}
    widgets = {type(target.widget): target.widget for target in lab.pictures[picture].targets}
    drawn = [getattr(widget, "_esm", "") + getattr(widget, "_css", "") for widget in widgets.values()]
    return hashlib.sha256(json.dumps([plain, drawn], sort_keys=True).encode()).hexdigest()


def listed(value: Any) -> list[Any]:
    """The numbers of an output, as a list."""
    if isinstance(value, str):
        return []
    return list(value.ravel()) if hasattr(value, "ravel") else [value]


def stilled(text: str) -> str:
    """A drawing with a margin, and without what nobody sees or what asks for a hand."""
    ET.register_namespace("", SVG)
    root = ET.fromstring(text)
    x, y, width, height = (float(part) for part in root.attrib.pop("viewBox").split())
    x, y, width, height = x - MARGIN, y - MARGIN, width + 2 * MARGIN, height + 2 * MARGIN
    root.attrib |= {"viewBox": f"{x:g} {y:g} {width:g} {height:g}", "width": f"{width:g}", "height": f"{height:g}"}
    root[0].attrib |= {"x": f"{x:g}", "y": f"{y:g}"}  # the paper
    _strip(root, "visible")
    return ET.tostring(root, encoding="unicode")


def _strip(element: ET.Element, visibility: str) -> None:
    for name, value in [*element.attrib.items()]:
        short = LONG_NUMBER.sub(lambda found: f"{float(found[0]):.2f}", MIXED.sub(_as_rgb, value))
        element.set(name, short)
    visibility = element.get("visibility", visibility)
    for child in [*element]:
        _strip(child, visibility)
        if len(child) == 0 and _is_idle(child, visibility):
            element.remove(child)


def _is_idle(element: ET.Element, visibility: str) -> bool:
    """Whether it shows nothing, or asks for a hand."""
    words = "".join(element.itertext()).strip()
    is_empty = element.get("d") == "" or (not words and element.tag in HOLDERS)
    return is_empty or element.get("visibility", visibility) == "hidden" or words.startswith("Drag")


def _as_rgb(found: re.Match[str]) -> str:
    red, green, blue = (round(255 * float(part)) for part in found.groups()[:3])
    return f"rgba({red}, {green}, {blue}, {found[4] or 1})"


def save(page: Any, name: str, made_from: str) -> None:
    """Save the picture on the stage, and keep the file with its stamp."""
    page.wait_for_selector(f".lab-picture-{name.partition('__')[2]}.lab-shown")
    page.click(".lab-menu-button")
    with page.expect_download() as download:
        page.click('.lab-menu-line:text-is("Save the picture as SVG")')
    text = pathlib.Path(download.value.path()).read_text(encoding="utf-8")
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / f"{name}.svg").write_text(f"{stilled(text)}\n<!-- made from {made_from} -->\n", encoding="utf-8")


def main() -> int:
    """Draw all pictures of all notebooks."""
    import equip
    from live_jupyter import Jupyter, run_all
    from playwright.sync_api import sync_playwright
    from waiting import until_still

    from mlsysim_labs import lab_of

    os.environ["MLSYSIM_LABS_MODE"] = "learn"
    with tempfile.TemporaryDirectory() as folder, Jupyter(LABS, pathlib.Path(folder)) as server, \
            sync_playwright() as play:
        browser = play.chromium.launch(executable_path=equip.chromium(), args=equip.CHROMIUM_FLAGS)
        for notebook in sorted(LABS.glob("*.ipynb")):
            names = wanted(notebook)
            if not names:
                continue
            page = browser.new_page(viewport={"width": WIDTH, "height": 1000}, accept_downloads=True)
            server.open(page, notebook.name)
            page.evaluate("() => jupyterapp.shell.collapseLeft()")
            run_all(page)
            until_still(page)
            for name in names:
                save(page, name, stamp(lab_of(notebook), name.partition("__")[2]))
            page.close()
        browser.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
