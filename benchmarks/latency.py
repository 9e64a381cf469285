"""How fast a picture follows the hand in a real browser: near, far from the kernel, and without it.

    make bench
"""

from __future__ import annotations

import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).parent.parent
sys.path[:0] = [str(ROOT / "tests" / "support"), str(ROOT / "tools")]

import equip  # noqa: E402
from far import relay  # noqa: E402
from hand import latency, summary  # noqa: E402
from live_jupyter import Jupyter, kill_kernels, run_all  # noqa: E402
from played import mode  # noqa: E402
from playwright.sync_api import sync_playwright  # noqa: E402

from solver.show import table  # noqa: E402

LAB, PICTURE = "03_kv_cache.ipynb", ".lab-picture-memory figure"


def measured(page, server: Jupyter, port: int | None = None, kill: bool = False) -> dict[str, float]:
    """Milliseconds from a move of `context` to the vessel's next frame."""
    server.open(page, LAB, port)
    run_all(page)
    page.wait_for_selector(PICTURE)
    page.get_by_role("button", name="Just let me play").click()
    page.wait_for_timeout(1500)
    if kill:
        kill_kernels(server)
    return summary(latency(page, "context", PICTURE))


def main() -> None:
    with mode("demo"), Jupyter(ROOT / "labs", pathlib.Path(tempfile.mkdtemp())) as server, sync_playwright() as play:
        browser = play.chromium.launch(executable_path=equip.chromium(), args=equip.CHROMIUM_FLAGS)

        def once(**options) -> dict[str, float]:
            page = browser.new_page(viewport={"width": 1400, "height": 1000})
            page.set_default_timeout(90_000)
            found = measured(page, server, **options)
            page.close()
            return found

        near = once()
        with relay(server.port, 0.15) as port:
            far = once(port=port)
        alone = once(kill=True)
        browser.close()
    places = (("kernel on this machine", near), ("150 ms round trip to it", far), ("kernel killed", alone))
    rows = [[what, f"{t['median']:.1f} ms", f"{t['p95']:.1f} ms", f"{t['median'] / near['median']:.2f}"]
            for what, t in places]
    table(["context to vessel", "median", "95th percentile", "ratio"], rows)


if __name__ == "__main__":
    main()
