"""The pictures of a class report, as SVG that stands in its page: bars, stacks and a strip of guesses.

Each says in words what it shows, and the numbers stand beside the bars.
"""

from __future__ import annotations

import html
import math
from collections.abc import Mapping, Sequence

WIDTH, ROW, LEFT, RIGHT = 720, 26, 260, 60
COLOURS = ("#1b7f5c", "#7cc4a5", "#e3c55b", "#c8553d", "#d0d0d0")
DARK = (COLOURS[0], COLOURS[3])  # on which letters are white
LONGEST_LABEL = 29  # characters left of a bar


def svg_text(height: float, said: str, parts: Sequence[str]) -> str:
    """A picture with what it says."""
    return (f"<svg viewBox='0 0 {WIDTH} {height:g}' role='img' aria-label='{html.escape(said)}' "
            f"xmlns='http://www.w3.org/2000/svg'>{''.join(parts)}</svg>")


def bar_picture(rows: Sequence[tuple[str, float]], said: str, marked: Sequence[str] = ()) -> str:
    """A bar for each row, with its number; rows that are `marked` have the colour of what is right.

    >>> bar_picture([("an H200", 3)], "What was chosen.").count("<rect")
    1
    """
    most = max((value for _, value in rows), default=0) or 1
    parts = []
    for place, (label, value) in enumerate(rows):
        y, long = place * ROW, (WIDTH - LEFT - RIGHT) * value / most
        colour = COLOURS[0] if label in marked else "#6b8fb3"
        parts.append(f"{_label(label, y)}<rect x='{LEFT}' y='{y + 4}' width='{long:.1f}' height='{ROW - 8}' "
                     f"fill='{colour}'/>{_number(LEFT + long + 6, y, f'{value:g}')}")
    return svg_text(max(len(rows), 1) * ROW, said, parts)


def stack_picture(rows: Sequence[tuple[str, Mapping[str, int]]], said: str) -> str:
    """A bar for each row, parted by outcome, each part as wide as its share.

    >>> stack_picture([("token", {"right": 3, "wrong": 1})], "How tasks went.").count("<rect")
    4
    """
    names = list(rows[0][1]) if rows else []
    parts = [f"<rect x='{LEFT + i * 90}' y='4' width='12' height='12' fill='{COLOURS[i]}'/>"
             f"<text x='{LEFT + i * 90 + 17}' y='15'>{html.escape(name)}</text>" for i, name in enumerate(names)]
    for place, (label, counts) in enumerate(rows, 1):
        x, whole = float(LEFT), sum(counts.values()) or 1
        parts.append(_label(label, place * ROW))
        for colour, count in zip(COLOURS, counts.values(), strict=False):
            wide = (WIDTH - LEFT - RIGHT) * count / whole
            parts.append(f"<rect x='{x:.1f}' y='{place * ROW + 4}' width='{wide:.1f}' height='{ROW - 8}' "
                         f"fill='{colour}'/>" if count else "")
            ink = "#fff" if colour in DARK else "#1a1a1a"
            parts.append(f"<text x='{x + 4:.1f}' y='{place * ROW + 17}' style='fill: {ink}'>{count}</text>"
                         if wide > 18 else "")
            x += wide
    return svg_text((len(rows) + 1) * ROW, said, parts)


def strip_picture(ratios: Sequence[float], said: str) -> str:
    """Guesses as dots on a logarithmic strip, one above the other where they are alike; the truth is a line at 1×.

    >>> strip_picture([0.5, 1.0, 13.0], "Guesses.").count("<circle")
    3
    """
    reach = max([10.0, *(max(ratio, 1 / ratio) for ratio in ratios)])
    reach = 10.0 ** math.ceil(math.log10(reach))
    left, right, height = 40, WIDTH - 40, 120

    def x(ratio: float) -> float:
        return left + (right - left) * (math.log(ratio) / math.log(reach) + 1) / 2
    ticks = [10.0 ** power for power in range(-round(math.log10(reach)), round(math.log10(reach)) + 1)]
    parts = [f"<text x='{x(tick):.1f}' y='{height + 14}' text-anchor='middle'>{tick:g}×</text>" for tick in ticks[::max(
        1, len(ticks) // 9)]]
    parts.append(f"<line x1='{x(1):.1f}' x2='{x(1):.1f}' y1='0' y2='{height}' stroke='{COLOURS[0]}' stroke-width='3'/>")
    heights: dict[int, int] = {}
    for ratio in ratios:
        column = round(x(ratio) / 9)
        level = heights[column] = heights.get(column, 0) + 1
        y = max(height - 5 - (level - 1) * 9, 5)
        parts.append(f"<circle cx='{column * 9}' cy='{y}' r='4' fill='#6b8fb3' fill-opacity='.75'/>")
    return svg_text(height + 20, said, parts)


def histogram_rows(values: Sequence[float], most: float, bins: int = 10, unit: str = "") -> list[tuple[str, float]]:
    """Values counted in so many equal steps up to `most`, as rows of a bar picture.

    >>> histogram_rows([0.0, 9.5, 10.0], 10.0, bins=2)
    [('0 to 5', 1.0), ('5 to 10', 2.0)]
    """
    step = most / bins if most > 0 else 1.0
    counts = [0.0] * bins
    for value in values:
        counts[min(max(int(value / step), 0), bins - 1)] += 1
    return [(f"{step * i:.3g} to {step * (i + 1):.3g}{unit}", count) for i, count in enumerate(counts)]


def _label(text: str, y: float) -> str:
    short = text if len(text) <= LONGEST_LABEL else text[:LONGEST_LABEL - 1] + "…"
    return (f"<text x='{LEFT - 8}' y='{y + 17:g}' text-anchor='end'>{html.escape(short)}"
            f"<title>{html.escape(text)}</title></text>")


def _number(x: float, y: float, text: str) -> str:
    return f"<text x='{x:.1f}' y='{y + 17:g}'>{text}</text>"
