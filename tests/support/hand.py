"""A hand on a slider: how long a picture takes to follow it, and which states it goes through."""

from __future__ import annotations

from typing import Any

HANDLE = ":is(.noUi-handle, .ui-slider-handle, .page-slider)"
# The time from a pointer event's own stamp to the end of the first frame that shows a change in the picture.
WATCH = """(css) => {
  const watch = window.handWatch = { from: null, took: [], states: [] };
  const picture = document.querySelector(css);
  addEventListener("pointermove", (e) => { watch.from ??= e.timeStamp; }, true);
  new MutationObserver(() => {
    watch.states.push(picture.innerText);
    if (watch.from === null) return;
    const from = watch.from;
    watch.from = null;
    requestAnimationFrame(() => setTimeout(() => watch.took.push(performance.now() - from)));
  }).observe(picture, { subtree: true, childList: true, attributes: true, characterData: true });
}"""


def grip(page: Any, control: str) -> tuple[float, float, float]:
    """Press the handle of a slider: where it is, and how wide its track is."""
    slider = page.locator(f".lab-control-{control}")
    handle = slider.locator(HANDLE).first
    handle.hover()  # when it stands still and nothing covers it
    box, track = handle.bounding_box(), slider.locator(":is(.noUi-base, .ui-slider)").first.bounding_box()
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.down()
    return x, y, track["width"]


def latency(page: Any, control: str, picture: str, moves: int = 40) -> list[float]:
    """Milliseconds from a move of the slider to the picture's next frame, sorted."""
    x, y, width = grip(page, control)
    page.evaluate(WATCH, picture)
    stop = width / 32  # the stops of the table are about this far apart
    for move in range(moves + 3):
        at = (move % 8) if move % 16 < 8 else 8 - move % 8
        before = page.evaluate("() => { window.handWatch.from = null; return window.handWatch.took.length; }")
        page.mouse.move(x + (at + 1) * stop, y)
        page.wait_for_function(f"() => window.handWatch.took.length > {before}", timeout=5000)
        page.wait_for_timeout(60)  # a hand's pace: who waits for frames starts each move at a frame's edge, 8 ms later
    page.mouse.up()
    return sorted(page.evaluate("() => window.handWatch.took")[3:])


def summary(times: list[float]) -> dict[str, float]:
    """Median and 95th percentile."""
    return {"median": times[len(times) // 2], "p95": times[round(0.95 * (len(times) - 1))]}
