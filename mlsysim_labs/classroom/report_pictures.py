"""The pictures of a class report, as SVG that stands in its page: bars, stacks and a strip of guesses.

Each says in words what it shows, and the numbers stand beside the bars.
"""

from __future__ import annotations

import html
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

WIDTH, ROW, LEFT, RIGHT = 720, 26, 260, 60
COLOURS = ("#1b7f5c", "#7cc4a5", "#e3c55b", "#c8553d", "#d0d0d0")
DARK = (COLOURS[0], COLOURS[3])  # on which letters are white
LONGEST_LABEL = 29  # characters left of a bar
FEW_TICKS, MOST_TICKS = 2, 7
TOP_LINE, TICK_ROOM = 26, 36  # height of a label on top of a strip, and of the ticks below it


def svg_text(height: float, said: str, parts: Sequence[str]) -> str:
    """A picture with what it says."""
    return (f"<svg viewBox='0 0 {WIDTH} {height:g}' role='img' aria-label='{html.escape(said)}' "
            f"xmlns='http://www.w3.org/2000/svg'>{''.join(parts)}</svg>")


def bar_picture(rows: Sequence[tuple[str, float]], said: str, marked: Sequence[str] = (), above: bool = False) -> str:
    """A bar for each row, with its number; rows that are `marked` have the colour of what is right.

    `above` : the label stands above its bar, which is as wide as the picture

    >>> bar_picture([("an H200", 3)], "What was chosen.").count("<rect")
    1
    """
    most = max((value for _, value in rows), default=0) or 1
    left, high, lower = (0, 2 * ROW + 8, ROW + 4) if above else (LEFT, ROW, 0)
    parts = []
    for place, (label, value) in enumerate(rows):
        y, long = place * high, (WIDTH - left - RIGHT) * value / most
        kind, colour = ("right", COLOURS[0]) if label in marked else ("other", "#6b8fb3")
        parts.append(f"<g class='{kind}'>{_label(label, y, above)}<rect x='{left}' y='{y + lower + 4}' "
                     f"width='{long:.1f}' height='{ROW - 8}' fill='{colour}'/>"
                     f"{_number(left + long + 6, y + lower, f'{value:g}')}</g>")
    return svg_text(max(len(rows), 1) * high, said, parts)


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


@dataclass(frozen=True)
class StripScale:
    """A strip from `low` to `high`, logarithmic unless it is even; `sign` stands behind the number of a tick.

    Places and ticks are those of the scale on which a student guesses, in `questions/scale.js`.
    """

    low: float
    high: float
    is_even: bool = False
    sign: str = ""

    def place(self, value: float) -> float:
        """Where a value stands, from 0 to 1; what is beyond an end stands there.

        >>> StripScale(1, 1000).place(10), StripScale(1, 1000).place(0)
        (0.33333333333333337, 0.0)
        """
        if self.is_even:
            return min(max((value - self.low) / (self.high - self.low), 0.0), 1.0)
        return math.log(min(max(value, self.low), self.high) / self.low) / math.log(self.high / self.low)

    def ticks(self) -> list[tuple[float, str]]:
        """Places with what stands there: powers of ten, and some of their multiples where they are few.

        >>> [label for _, label in StripScale(1, 1e5).ticks()], [label for _, label in StripScale(20, 90).ticks()]
        (['1', '10', '100', '1,000', '10K', '100K'], ['20', '50'])
        """
        return [(self.place(value), f"{tick_label(value)}{self.sign}") for value in self._stops()]

    def _stops(self) -> list[float]:
        if self.is_even:
            return [value for value in (self.low, 25, 50, 75, self.high) if self.low <= value <= self.high]
        powers = range(math.floor(math.log10(self.low)), math.ceil(math.log10(self.high)) + 1)
        for steps in ((1,), (1, 3), (1, 2, 5)):
            found = [value for power in powers for step in steps
                     if self.low <= (value := float(f"{step}e{power}")) <= self.high]
            if len(found) > FEW_TICKS:
                break
        return found[::math.ceil(len(found) / MOST_TICKS) or 1] or [self.low, self.high]


class StripLine(NamedTuple):
    """A line across a strip, with what stands on top of it; `kind` is "truth" or "median"."""

    place: float
    label: str = ""
    kind: str = "truth"


def tick_label(value: float) -> str:
    """A number as an axis has it.

    >>> tick_label(1000), tick_label(131072), tick_label(0.1)
    ('1,000', '131K', '0.1')
    """
    for factor, letter in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K")):
        if value >= factor * (10 if letter == "K" else 1):
            return f"{value / factor:.3g}{letter}"
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def strip_picture(ratios: Sequence[float], said: str) -> str:
    """Guesses as dots on a logarithmic strip, one above the other where they are alike; the truth is a line at 1×.

    >>> strip_picture([0.5, 1.0, 13.0], "Guesses.").count("<circle")
    3
    """
    scale = ratio_scale(ratios)
    return dot_picture(map(scale.place, ratios), scale, said, [StripLine(scale.place(1))])


def ratio_scale(ratios: Sequence[float]) -> StripScale:
    """A strip around 1× that is wide enough for all."""
    reach = max([10.0, *(max(ratio, 1 / ratio) for ratio in ratios)])
    reach = 10.0 ** math.ceil(math.log10(reach))
    return StripScale(1 / reach, reach, sign="×")


def dot_picture(places: Iterable[float], scale: StripScale, said: str, lines: Sequence[StripLine] = (),
                height: float = 120, dot: float = 9) -> str:
    """Dots at places from 0 to 1, one above the other where they are alike; high columns are drawn together."""
    left, wide = 40, WIDTH - 80
    columns = Counter(round(wide * place / dot) for place in places)
    step = min(dot, (height - dot) / max(columns.values(), default=1))
    top = TOP_LINE * sum(bool(line.label) for line in lines)
    ground = top + height
    parts = [f"<line class='axis' x1='{left}' x2='{WIDTH - left}' y1='{ground}' y2='{ground}' stroke='#888'/>"]
    parts += [f"<text class='tick{' minor' * (i % 2)}' x='{left + wide * place:.1f}' y='{ground + 8}' dy='.9em' "
              f"text-anchor='middle'>{label}</text>" for i, (place, label) in enumerate(scale.ticks())]
    parts += [f"<circle class='guess' cx='{left + column * dot:g}' cy='{ground - dot / 2 - level * step:.1f}' "
              f"r='{dot / 2 - .5:g}' fill='#6b8fb3' fill-opacity='.75'/>"
              for column, count in sorted(columns.items()) for level in range(count)]
    row = 0
    for line in lines:
        row += bool(line.label)
        parts.append(_strip_line(line, left + wide * line.place, max(row - 1, 0) * TOP_LINE, ground))
    return svg_text(ground + TICK_ROOM, said, parts)


def _strip_line(line: StripLine, x: float, y: float, ground: float) -> str:
    """A line with its label on top, which stays inside."""
    anchor = "start" if line.place < 1 / 4 else "end" if line.place > 3 / 4 else "middle"
    label = f"<text x='{x:.1f}' y='{y:g}' dy='.9em' text-anchor='{anchor}'>{html.escape(line.label)}</text>"
    return (f"<g class='{line.kind}'><line x1='{x:.1f}' x2='{x:.1f}' y1='{y + (TOP_LINE if line.label else 0):g}' "
            f"y2='{ground:g}' stroke='{COLOURS[0]}' stroke-width='3'/>{label if line.label else ''}</g>")


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


def _label(text: str, y: float, above: bool = False) -> str:
    x, anchor = (0, "start") if above else (LEFT - 8, "end")
    short = text if above or len(text) <= LONGEST_LABEL else text[:LONGEST_LABEL - 1] + "…"
    return (f"<text x='{x}' y='{y + 17 + 6 * above:g}' text-anchor='{anchor}'>{html.escape(short)}"
            f"<title>{html.escape(text)}</title></text>")


def _number(x: float, y: float, text: str) -> str:
    return f"<text x='{x:.1f}' y='{y + 17:g}'>{text}</text>"
