"""The files that a page gets: as they stand for people, without comments and indentation for the page."""

from __future__ import annotations

import pathlib
import re

STATIC = pathlib.Path(__file__).with_name("static")
COMMENT = re.compile(r"(^|\s+)// .*$")


def style(*names: str) -> str:
    """Style sheets of ``static/`` as one."""
    return "\n".join((STATIC / name).read_text(encoding="utf-8") for name in names)


def script(*names: str) -> str:
    """Modules of ``static/`` as one: only the last of them exports anything."""
    texts = [(STATIC / name).read_text(encoding="utf-8") for name in names]
    texts[:-1] = [text.replace("export ", "") for text in texts[:-1]]
    lines = (COMMENT.sub("", line).strip() for text in texts for line in text.splitlines())
    return "\n".join(line for line in lines if line)
