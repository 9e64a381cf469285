"""Equations, read from the docstrings where they stand: indented, under the first sentence of a formula.

    bytes = 2 * layers * kv_heads * head_dim * size          a remark, after two spaces
    bytes = sum over kinds of layers of kv_elements * size

Several that give the same name are cases, or the same thing written in another way; whoever reads them takes one that
gives what the code gives. One that gives a name for the others, ``pages = ...`` or ``span(n) = ...``, defines it. A sum
reaches to the end of its line or bracket.
"""

from __future__ import annotations

import ast
import functools
import inspect
import re
from dataclasses import dataclass

SUM = "sum_over"  # what a sum is called in the tree: its first argument says over what
# What can be added up over: the figure of a record that has them, and what one of them is called.
GROUPS = {"kinds of layers": ("kinds", "kind"), "kinds of feed-forward networks": ("feed_forward", "mix"),
          "parts": ("parts", "part")}
_BEGINNING = re.compile(r"( *)(\w+)(?:\((\w+)\))? = (?=\S)")
_SUM = re.compile(rf"sum over ({'|'.join(GROUPS)}) of ")


@dataclass(frozen=True, eq=False)
class Equation:
    """``name = text``, or ``name(parameter) = text``, and its right side as a tree."""

    name: str
    parameter: str | None
    text: str
    tree: ast.expr

    @functools.cached_property
    def names(self) -> set[str]:
        """All names on its right side."""
        return {node.id for node in ast.walk(self.tree) if isinstance(node, ast.Name)}


@functools.cache
def equations(doc: str) -> tuple[Equation, ...]:
    """The equations of a docstring that can be read; prose between them ends one.

    >>> [found.text for found in equations("Time to read.\\n\\n    time = size / bandwidth     of memory")]
    ['size / bandwidth']
    """
    found: list[list[str]] = []
    depth, before = None, ""  # how far the equation is indented that lines go on with, and the line before
    for line in inspect.cleandoc(doc).partition(">>>")[0].splitlines():
        beginning = _BEGINNING.match(line)
        if beginning and (beginning[1] or not before):
            depth = len(beginning[1])
            found.append([line])
        elif depth is not None and line.startswith(" " * (depth + 1)):
            found[-1].append(line)
        else:
            depth = None
        before = line
    return tuple(filter(None, map(_equation, found)))


def _equation(lines: list[str]) -> Equation | None:
    _, name, parameter = _BEGINNING.match(lines[0]).groups()  # type: ignore[union-attr]
    whole = " ".join(re.split(r"\s{2,}", line.strip())[0] for line in lines)
    text = whole.partition(" = ")[2].rstrip(",")
    try:
        return Equation(name, parameter, text, ast.parse(_readable(text), mode="eval").body)
    except SyntaxError:  # it is in words
        return None


def _readable(text: str) -> str:
    """The text as Python reads it."""
    found = _SUM.search(text)
    if found is None:
        return text.replace("^", "**")
    end = _end(text, found.end())
    body = _readable(text[found.end():end])
    return f"{text[:found.start()].replace('^', '**')}{SUM}({found[1]!r}, {body}){_readable(text[end:])}"


def _end(text: str, start: int) -> int:
    """Where the bracket closes that `start` is in, or the end."""
    depth = 0
    for place in range(start, len(text)):
        depth += (text[place] == "(") - (text[place] == ")")
        if depth < 0:
            return place
    return len(text)


def has_equation(doc: str) -> bool:
    """Whether a docstring says what comes out, be it in words."""
    return re.search(r"^ +\w+ = ", doc, re.MULTILINE) is not None


def cases(doc: str) -> list[Equation]:
    """The equations that give the result: no other one of the docstring uses their name."""
    found = equations(doc)
    return [one for one in found if not any(one.name in other.names for other in found)]


def definitions(doc: str) -> dict[str, Equation]:
    """The other ones, by the names that they give."""
    results = {one.name for one in cases(doc)}
    return {one.name: one for one in equations(doc) if one.name not in results}
