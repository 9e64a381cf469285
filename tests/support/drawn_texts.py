"""Texts that somebody might type as an answer, and texts that nobody would."""

from __future__ import annotations

import unicodedata

from mlsysim_labs.marking.spellings import SPELLINGS
from mlsysim_labs.marking.wording import ROLES

WORDS = sorted(ROLES)
UNITS = sorted(SPELLINGS)
SIGNS = list("0123456789" * 3 + ".,.,  --+*/^=~→≈<>≤±()%$€:;!?'\"x×eE_½²⁹⁻·\\{}")


def drawn_number(draw):
    kind = draw.randrange(6)
    if kind == 0:
        return str(draw.randrange(200))
    if kind == 1:
        return f"{draw.uniform(0, 1000):.{draw.randrange(4)}f}".replace(".", draw.choice(".."))
    if kind == 2:
        return f"{draw.randrange(10**draw.randrange(4, 10)):,}".replace(",", draw.choice(",. '_"))
    if kind == 3:
        return f"{draw.uniform(0, 10):.3g}e{draw.randrange(-20, 20)}"
    if kind == 4:
        return f"{draw.randrange(1, 40)}{draw.choice('^*/x×')}{draw.randrange(1, 12)}"
    return draw.choice(["four", "twenty-five", "half", "∞", "三", "٤", "１２", "½", "10⁹", "2.5·10^3"])


def drawn_text(draw):
    """A text: pieces that mean something, in an order that need not."""
    kind = draw.randrange(10)
    if kind == 0:
        text = "".join(chr(draw.randrange(1, 0x3100)) for _ in range(draw.randrange(12)))
        return "".join(sign for sign in text if unicodedata.category(sign) != "Cn")
    if kind == 1:
        return "".join(draw.choice(SIGNS) for _ in range(draw.randrange(24)))
    parts = [draw.choice(WORDS) if draw.random() < 0.4 else "", drawn_number(draw)]
    for _ in range(draw.randrange(4)):
        what = draw.randrange(5)
        parts.append(draw.choice(UNITS) if what < 2 else draw.choice(WORDS) if what == 2 else
                     draw.choice(SIGNS) if what == 3 else drawn_number(draw))
    return draw.choice(["", " "]).join(parts)
