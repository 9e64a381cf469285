"""The style sheets of widgets as one: what several begin with stands once, and idle spaces do not stand at all."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from mlsysim_labs.widgets.assets import PACKAGE, style

REMARK = re.compile(r"/\*.*?\*/", re.DOTALL)
IDLE_SPACE = re.compile(r"\s*([{};,])\s*")
AFTER_NAME = re.compile(r"([\w-]): ")


def page_style(sheets: Iterable[str]) -> str:
    """All of them, in their order.

    >>> page_style(["a { color: red; /* hot */ }", "b:hover,\\n  c {\\n  margin: 0 1px; }"])
    'a{color:red}\\nb:hover,c{margin:0 1px}'
    """
    parts = dict.fromkeys(part for sheet in sheets for part in _divided_style(sheet))
    return "\n".join(squeezed_style(part) for part in parts)


def squeezed_style(text: str) -> str:
    """A style sheet without remarks and idle spaces.

    >>> squeezed_style("a:is(b, c) > d { inset: 0 auto; }")
    'a:is(b,c) > d{inset:0 auto}'
    """
    tight = IDLE_SPACE.sub(r"\1", " ".join(REMARK.sub("", text).split()))
    return AFTER_NAME.sub(r"\1:", tight).replace(";}", "}").strip()


def _divided_style(sheet: str) -> list[str]:
    """The package's files that a sheet is made of, and what is none of them."""
    parts: list[str] = []
    while first := max((one for one in _package_styles() if sheet.startswith(one)), key=len, default=""):
        parts.append(first)
        sheet = sheet[len(first):].lstrip("\n")
    return [*parts, sheet] if sheet.strip() else parts


@functools.cache
def _package_styles() -> frozenset[str]:
    return frozenset(style(file.relative_to(PACKAGE).as_posix()) for file in PACKAGE.rglob("*.css")
                     if "notebooks" not in file.parts)
