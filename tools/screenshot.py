"""Make the screenshot that README shows: the KV cache lab in a real JupyterLab, after somebody said that 40 users fit.

The lab is 934 pixels wide, as beside the file browser of a laptop.

    .venv/bin/python tools/screenshot.py
"""

from __future__ import annotations

import pathlib
import sys
import tempfile
from typing import Any

ROOT = pathlib.Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "tools")]

import equip  # noqa: E402
from live_jupyter import Jupyter, run_all  # noqa: E402
from played import mode  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402
from waiting import until_still  # noqa: E402

PICTURE = ROOT / "docs" / "kv_cache.png"
WINDOW = {"width": 1366, "height": 900}
WIDTH = 934  # px, of the lab in that window
GUESS, TRUTH = "40", "3"


def main() -> None:
    with mode("learn"), Jupyter(ROOT / "labs", pathlib.Path(tempfile.mkdtemp())) as server, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=equip.chromium(), args=equip.CHROMIUM_FLAGS)
        page = browser.new_page(viewport=WINDOW)
        server.open(page, "03_kv_cache.ipynb")
        run_all(page)
        reveal(page)
        box = page.locator(".lab-box").first
        wide = box.bounding_box()["width"]
        assert abs(wide - WIDTH) < 1, f"the lab is {wide:g} px wide, not {WIDTH}"
        PICTURE.parent.mkdir(exist_ok=True)
        box.screenshot(path=PICTURE)
        browser.close()


def reveal(page: Any) -> None:
    """Lock the guess, and wait until the truth stands beside it."""
    page.locator(".lab-box .lab-predict-field").first.fill(GUESS)
    page.get_by_role("button", name="Lock my guess").first.click()
    page.get_by_text(f"It is {TRUTH}").first.wait_for()
    page.mouse.move(5, 5)
    page.wait_for_timeout(1500)  # the picture goes from the guess to the truth
    until_still(page)


if __name__ == "__main__":
    main()
