"""The scripts of widgets as one text, in which what several begin with stands once.

Each widget's script is made of files of the package, one after the other, which share their names: `acts.js` begins
five of them. In a page the files that some begin with enclose what follows in each::

    (()=>{ACTS  MODULES[0]=()=>{PREDICT}; MODULES[1]=()=>{TASK};})();
"""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence

from mlsysim_labs.export.widgets import ExportError
from mlsysim_labs.widgets.assets import PACKAGE, script

OUTSIDE = re.compile(r"(?m)^\s*(?:import\b|export\s+(?!default\b))|\bimport\s*\(")
LAST = re.compile(r"(?m)^export default\b")
Module = tuple[tuple[str, ...], str]  # the files that come first, and the rest


def function_body(module: str, what: str) -> str:
    """A module as the body of a function that returns what it exports; ExportError where it needs others.

    >>> function_body("const f = 1;\\nexport default { f };", "this")
    'const f = 1;\\nreturn { f };'
    """
    if OUTSIDE.search(module) or len(LAST.findall(module)) != 1:
        raise ExportError(f"The script of {what} does not stand alone: a page takes one that imports nothing and ends "
                          f"with `export default`.")
    return LAST.sub("return", module)


def joined_modules(bodies: Sequence[str]) -> str:
    """Code that fills the list MODULES with functions, one for each body.

    >>> joined_modules(["return 1;"])
    'MODULES[0]=()=>{return 1;\\n};\\n'
    """
    return _nested([(number, *_divided(body)) for number, body in enumerate(bodies)])


def _nested(modules: Sequence[tuple[int, tuple[str, ...], str]]) -> str:
    """Modules by what they begin with."""
    text = "".join(f"MODULES[{number}]=()=>{{{rest}\n}};\n" for number, files, rest in modules if not files)
    for first in dict.fromkeys(files[0] for _, files, _ in modules if files):
        inside = [(number, files[1:], rest) for number, files, rest in modules if files[:1] == (first,)]
        if len(inside) > 1:
            text += f"(()=>{{{first}\n{_nested(inside)}}})();\n"
        else:  # its files may know one another's names
            (number, files, rest), = inside
            text += _nested([(number, (), "\n".join([first, *files, rest]))])
    return text


def _divided(body: str) -> Module:
    """The files of the package that a body begins with, and what follows."""
    files: list[str] = []
    while first := max((one for one in _package_files() if body.startswith(one) and body != one), key=len, default=""):
        files.append(first)
        body = body[len(first):].lstrip("\n")
    return tuple(files), body


@functools.cache
def _package_files() -> frozenset[str]:
    """The package's scripts that others come after, as a page gets them."""
    names = [file.relative_to(PACKAGE).as_posix() for file in PACKAGE.rglob("*.js") if "notebooks" not in file.parts]
    texts = [script(name).replace("export ", "") for name in names]
    return frozenset(text for text in texts if not LAST.search(text) and "default {" not in text)
