"""The scripts of a page as one text: what runs the lab, and the modules of its widgets inside of that.

Each widget's script is made of files of the package, one after the other, which share their names: `acts.js` begins
five of them. In a page what several begin with encloses the rest of each, and what the page itself needs, such as the
reader of numbers, stands once, around everything::

    READER  PAGE  (()=>{ACTS  MODULES[0]=()=>{PREDICT}; MODULES[1]=()=>{TASK};})();  START_SCRIPT
"""

from __future__ import annotations

import functools
import importlib.metadata
import re
from collections.abc import Sequence

from mlsysim_labs.export.widgets import ExportError
from mlsysim_labs.questions.predict import READING, READING_TABLES
from mlsysim_labs.questions.tasks import LONGEST
from mlsysim_labs.widgets.assets import PACKAGE, constant_lines, script

PAGE_CONSTANTS = {"TABLES": READING_TABLES, "LONGEST": LONGEST}
HOST_SCRIPTS = ["reactive/program.js", *READING, "marking/judging.js", *(f"export/page/{name}.js" for name in (
    "models", "knobs", "scales", "marks", "figure", "views", "sha256", "packing", "plain", "record", "database",
    "shelf", "journal", "judge", "compared", "standing", "scenes", "acts", "page", "address"))]
START_SCRIPT = "export/page/start.js"
OUTSIDE_IMPORT = re.compile(r"(?m)^\s*(?:import\b|export\s+(?!default\b))|\bimport\s*\(")
MISTAKEN = "2.24."  # these versions of tdewolff-minify put a constant before what it is made of
LAST_EXPORT = re.compile(r"(?m)^export default\b")


def page_script(modules: dict[str, str]) -> str:
    """What runs a lab whose widgets have these modules, each with the name of its widget."""
    bodies = [function_body(module, what) for module, what in modules.items()]
    host = [constant_lines({name: data}) for name, data in PAGE_CONSTANTS.items()]
    host += [f"{plain_script(name)}\n" for name in HOST_SCRIPTS]
    code = f"{''.join(host)}const MODULES=[];\n{joined_modules(bodies)}{plain_script(START_SCRIPT)}"
    return shortened(f'(()=>{{"use strict";\n{code}\n}})();')


def shortened(code: str) -> str:
    """The same program with short names inside of it, where the package that finds them is installed.

    >>> len(shortened("(()=>{const bandwidth=2;console.log(bandwidth)})()")) <= 50
    True
    """
    try:
        from minify import string
    except ImportError:  # a page works as well without
        return code
    if importlib.metadata.version("tdewolff-minify").startswith(MISTAKEN):
        return code
    return str(string("application/javascript", code))


def function_body(module: str, what: str) -> str:
    """A module as the body of a function that returns what it exports; ExportError where it needs others.

    >>> function_body("const f = 1;\\nexport default { f };", "this")
    'const f = 1;\\nreturn { f };'
    """
    if OUTSIDE_IMPORT.search(module) or len(LAST_EXPORT.findall(module)) != 1:
        raise ExportError(f"The script of {what} does not stand alone: a page takes one that imports nothing and ends "
                          f"with `export default`.")
    return LAST_EXPORT.sub("return", module)


def joined_modules(bodies: Sequence[str]) -> str:
    """Code that fills the list MODULES with functions, one for each body.

    >>> joined_modules(["return 1;"])
    'MODULES[0]=()=>{return 1;\\n};\\n'
    """
    return _nested([(number, *_divided(body)) for number, body in enumerate(bodies)])


def _nested(modules: Sequence[tuple[int, tuple[str, ...], str]]) -> str:
    """Modules, each with the files that it begins with and the rest, by the first of these files."""
    text = "".join(f"MODULES[{number}]=()=>{{{rest}\n}};\n" for number, files, rest in modules if not files)
    for first in dict.fromkeys(files[0] for _, files, _ in modules if files):
        inside = [(number, files[1:], rest) for number, files, rest in modules if files[:1] == (first,)]
        if len(inside) > 1:
            text += f"(()=>{{{first}\n{_nested(inside)}}})();\n"
        else:  # its files may know one another's names
            (number, files, rest), = inside
            text += _nested([(number, (), "\n".join([first, *files, rest]))])
    return text


def _divided(body: str) -> tuple[tuple[str, ...], str]:
    """The files of the package that a body begins with, and what follows; what the page has itself is left out."""
    files: list[str] = []
    while first := max((one for one in _package_files() if body.startswith(one) and body != one), key=len, default=""):
        files += [] if first in _host_files() else [first]
        body = body[len(first):].lstrip("\n")
    return tuple(files), body


@functools.cache
def plain_script(name: str) -> str:
    """A script of the package that others stand beside."""
    return script(name).replace("export ", "")


@functools.cache
def _host_files() -> frozenset[str]:
    """What the page has itself, so that no module needs it again."""
    return frozenset([*(plain_script(name) for name in HOST_SCRIPTS),
                      *(constant_lines({name: data}) for name, data in PAGE_CONSTANTS.items())])


@functools.cache
def _package_files() -> frozenset[str]:
    """The package's scripts that others come after, as a page gets them."""
    names = [file.relative_to(PACKAGE).as_posix() for file in PACKAGE.rglob("*.js") if "notebooks" not in file.parts]
    return frozenset({text for name in names if not LAST_EXPORT.search(script(name)) and (text := plain_script(name))}
                     | _host_files())
