"""Make the screenshot that README shows: knobs and tanks of the KV-cache lab in a real JupyterLab, as a student sees
them after the predictions.

    .venv/bin/python tools/screenshot.py
"""

from __future__ import annotations

import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "tools")]

import equip  # noqa: E402
from live_jupyter import Jupyter, run_all  # noqa: E402
from played import mode  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

HIDDEN = ".lab-act, .lab-saved, .lab-picture-empty, .lab-picture-concurrency { display: none !important; }"
PICTURE = ROOT / "docs" / "kv_cache.png"


def main() -> None:
    with mode("demo"), Jupyter(ROOT / "labs", pathlib.Path(tempfile.mkdtemp())) as server, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=equip.chromium(), args=equip.CHROMIUM_FLAGS)
        page = browser.new_page(viewport={"width": 1300, "height": 1400})
        server.open(page, "03_kv_cache.ipynb")
        run_all(page)
        page.wait_for_selector(".lab-box .lab-picture-memory figure")
        page.get_by_role("button", name="Too much").click()
        page.mouse.move(5, 5)
        page.wait_for_timeout(1500)
        PICTURE.parent.mkdir(exist_ok=True)
        page.add_style_tag(content=HIDDEN)
        page.locator(".lab-box").screenshot(path=PICTURE)
        browser.close()


if __name__ == "__main__":
    main()
