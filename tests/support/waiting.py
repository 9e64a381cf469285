"""Wait for what is to be, not for a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

# Resolves when nothing in the page has been added, removed or changed for so many frames in a row.
STILL = """async (frames) => {
    let changes = 0;
    const watch = new MutationObserver(() => { changes++; });
    watch.observe(document.body, { subtree: true, childList: true, attributes: true, characterData: true });
    const end = performance.now() + 30000;
    for (let quiet = 0, before = 0; quiet < frames; quiet = changes === before ? quiet + 1 : 0, before = changes) {
        if (performance.now() > end) throw Error("the page changes on and on");
        await new Promise(requestAnimationFrame);
    }
    watch.disconnect();
}"""


def until_holds(page: Any, check: Callable[[], Any], seconds: float = 30) -> Any:
    """What `check` returns when it raises no AssertionError any more; the last one where that takes too long."""
    end = time.monotonic() + seconds
    while True:
        try:
            return check()
        except AssertionError:
            if time.monotonic() > end:
                raise
            page.wait_for_timeout(30)


def until_still(page: Any, frames: int = 10) -> None:
    """Wait until the page has not changed for that many frames."""
    page.evaluate(STILL, frames)
