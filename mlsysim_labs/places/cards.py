"""Small pictures for the cards of the start page: they move once, or when one points at them, and give no answer away.

How they look and move is in catalogue.css. `--i` is a part's turn.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

CARD_SIZE = "0 0 240 150"
GAP = 8  # between the lines of a hatch


def card_picture(slug: str, static: str = "") -> str:
    """The picture of a lab: one that moves, if there is one, else the `static` one at that address, else none."""
    draw = PICTURES.get(re.sub("^[0-9]+_", "", slug))
    if draw is not None:
        return f"<svg class='lab-card-picture' viewBox='{CARD_SIZE}' aria-hidden='true'>{''.join(draw())}</svg>"
    return f"<img class='lab-card-picture' src='{html.escape(static)}' alt=''>" if static else ""


def rect(kind: str, x: float, y: float, width: float, height: float, turn: int = 0) -> str:
    """One part."""
    return (f"<rect class='lab-card-{kind}' x='{x:g}' y='{y:g}' width='{width:g}' height='{height:g}' "
            f"style='--i:{turn}'/>")


def hatched(x: float, y: float, width: float, height: float) -> str:
    """Lines across a rectangle: a pattern would be missing where another page with its name is hidden."""
    ends = ((x + max(0, far - height), y + min(far, height), x + min(far, width), y + max(0, far - width))
            for far in range(GAP // 2, int(width + height), GAP))
    return f"<path class='lab-card-hatch' d='{''.join(f'M{a:g} {b:g}L{c:g} {d:g}' for a, b, c, d in ends)}'/>"


def vessel() -> Iterator[str]:
    """A memory that fills with users, until two have to wait outside."""
    yield rect("weights", 44, 116, 120, 26)
    for number in range(24):
        row, column = divmod(number, 6)
        yield rect("user lab-card-pops", 45 + 20 * column, 95.5 - 20.5 * row, 18, 18.5, number)
    yield f"{hatched(44, 8, 120, 24)}<path class='lab-card-frame' d='M44 8H164V142H44Z'/>"
    yield from (rect("short lab-card-pops", 182 + 23 * number, 122, 18, 18.5, 26 + 3 * number) for number in range(2))


def lanes() -> Iterator[str]:
    """Two lanes that race behind a curtain: who is there first is the lab's question."""
    for y, kind, name in ((24, "weights", "read"), (86, "multiply", "multiply")):
        yield f"<text class='lab-card-text' x='12' y='{y - 6}'>{name}</text>"
        yield rect(f"{kind} lab-card-runs", 12, y, 132, 34)
    yield f"{hatched(144, 8, 84, 128)}<path class='lab-card-edge' d='M144 8V136'/>"
    yield "<text class='lab-card-asks' x='186' y='88'>?</text>"


def request() -> Iterator[str]:
    """A prompt that is typed, and the answer to it, token by token."""
    yield "<path class='lab-card-bubble' d='M84 8H228V62H84ZM12 80H192V142H12Z'/>"
    for number in range(14):
        yield rect("asked lab-card-pops", 93 + 18.5 * (number % 7), 17 + 20 * (number // 7), 15, 15, number)
    for number in range(17):
        yield rect("answer lab-card-pops", 22 + 18.5 * (number % 9), 92 + 22 * (number // 9), 15, 15, 22 + number)
    yield "<path class='lab-card-edge' d='M172 112V132'/>"


PICTURES = {"kv_cache": vessel, "memory_wall": lanes, "two_phases": request}
