"""Draw the small pictures that notebooks show above their labs, for readers that run nothing.

They go to `labs/pictures`, and show the stage before anything is guessed: no answer stands above a lab. Each is what
*Save the picture as SVG* gives then, with a stamp of what it was made from: the numbers of its traits, and the
files that draw them. A test makes the stamp anew, and fails when a picture is stale.
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
from typing import Any

ROOT = pathlib.Path(__file__).parent.parent
LABS, PICTURES = ROOT / "labs", ROOT / "labs" / "pictures"
REFERENCE = re.compile(r"\(pictures/([a-z0-9_]+)\.svg\)")
STAMP = re.compile(r"<!-- made from ([0-9a-f]{64}) -->")
WIDTH = 960  # px, of the page
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(ROOT / "tools")]


def wanted(notebook: pathlib.Path) -> list[str]:
    """The names of the pictures that a notebook refers to: the lab's, and after two underscores the picture's."""
    cells = json.loads(notebook.read_text(encoding="utf-8"))["cells"]
    return [name for c in cells if c["cell_type"] == "markdown" for name in REFERENCE.findall("".join(c["source"]))]


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


def save(page: Any, name: str, made_from: str) -> None:
    """Save the picture on the stage, and keep the file with its stamp."""
    page.wait_for_selector(f".lab-picture-{name.partition('__')[2]}.lab-shown")
    page.click(".lab-menu-button")
    with page.expect_download() as download:
        page.click('.lab-menu-line:text-is("Save the picture as SVG")')
    text = pathlib.Path(download.value.path()).read_text(encoding="utf-8")
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / f"{name}.svg").write_text(f"{text}\n<!-- made from {made_from} -->\n", encoding="utf-8")


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
