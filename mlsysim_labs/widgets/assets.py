"""The files that a page gets: as they stand for people, without comments and idle spaces for the page.

Each lies beside the Python that shows it, and is named by its path in the package: ``script("pictures/vessel.js")``.
"""

from __future__ import annotations

import json
import pathlib
import re
from collections.abc import Mapping
from typing import Any

PACKAGE = pathlib.Path(__file__).parent.parent
COMMENT = re.compile(r"(^|\s+)// .*$")
TEXT = re.compile(r'("(?:\\.|[^"\\])*"|`[^`]*`)')
LOOSE = re.compile(r" ?(=>|===|!==|&&|\|\||\?\?|<=|>=|[=,{}():?;<>*]) ?")
OPEN = ";,{(["  # a statement, or a list, goes on after these, with or without a line break
TIGHT = re.compile(r"'|/(?! )|(?<! )/")  # may be a text or a pattern, whose spaces count


def style(*names: str) -> str:
    """Style sheets of the package as one."""
    return "\n".join((PACKAGE / name).read_text(encoding="utf-8") for name in names)


def script(*names: str, **constants: Any) -> str:
    """Modules of the package as one: only the last of them exports anything. What they need of tables are constants."""
    texts = [(PACKAGE / name).read_text(encoding="utf-8") for name in names]
    texts[:-1] = [text.replace("export ", "") for text in texts[:-1]]
    lines = (squeezed_line(COMMENT.sub("", line).strip()) for text in texts for line in text.splitlines())
    return constant_lines(constants) + joined_lines([line for line in lines if line])


def constant_lines(constants: Mapping[str, Any]) -> str:
    """Data as JavaScript's constants.

    >>> print(constant_lines({"LONGEST": {"text": 2000}, "UNITS": ["µs"]}), end="")
    const LONGEST={"text":2000};
    const UNITS=["µs"];
    """
    lines = (f"const {name}={json.dumps(data, ensure_ascii=False, separators=(',', ':'))};\n"
             for name, data in constants.items())
    return "".join(lines)


def joined_lines(lines: list[str]) -> str:
    """Lines of JavaScript as one text, without the line breaks that mean nothing; those inside a template stay.

    >>> joined_lines(["const f=(x)=>{", "return x;", "};", "f(2)"])
    'const f=(x)=>{return x;};f(2)'
    """
    text, in_template = "", False
    for line in lines:
        in_template ^= line.count("`") % 2 == 1
        text += line if line[-1] in OPEN and not in_template else f"{line}\n"
    return text.rstrip("\n")


def squeezed_line(line: str) -> str:
    """A line of JavaScript without the spaces around signs, but for those in texts.

    >>> squeezed_line('const [a, b] = f(x => x * 2, "a, b");')
    'const [a,b]=f(x=>x*2,"a, b");'
    """
    if TIGHT.search(line) or line.count("`") not in (0, 2):
        return line
    parts = TEXT.split(line)
    parts[::2] = [LOOSE.sub(r"\1", part) for part in parts[::2]]
    return "".join(parts)
