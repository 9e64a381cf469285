"""The house: rooms that are small, names that are one each, and a front door that everybody takes."""

from __future__ import annotations

import ast
import functools
import pathlib
import re
from collections import defaultdict
from collections.abc import Iterator

import pytest
from paths import ROOT

PACKAGES = ("solver", "mlsysim_labs")
OUTSIDE = ("tests", "tools", "benchmarks", "site")
SOURCES = [file for name in PACKAGES for file in sorted((ROOT / name).rglob("*.py"))]
VISITORS = [file for name in OUTSIDE for file in sorted((ROOT / name).rglob("*.py"))]
SCRIPTS = [file for name in (PACKAGES[1], "tests", "site") for kind in ("js", "css", "mjs")
           for file in sorted((ROOT / name).rglob(f"*.{kind}"))]
ANYWIDGETS = {"_esm", "_css"}  # how anywidget wants a script and a style sheet to be called
LONGEST_FILE, LONGEST_FUNCTION, MOST_FILES, WIDEST = 300, 40, 25, 120

every_source = pytest.mark.parametrize("file", SOURCES, ids=lambda file: file.relative_to(ROOT).as_posix())


@functools.cache
def tree(file: pathlib.Path) -> ast.Module:
    return ast.parse(file.read_text(encoding="utf-8"))


def functions(file: pathlib.Path) -> Iterator[tuple[ast.FunctionDef, int]]:
    """Every function of a file, with its lines, those of its docstring aside."""
    for node in ast.walk(tree(file)):
        if isinstance(node, ast.FunctionDef):
            docstring = node.body[0] if ast.get_docstring(node) else None
            said = docstring.end_lineno - docstring.lineno + 1 if docstring else 0
            yield node, node.end_lineno - node.lineno + 1 - said


def public_names(file: pathlib.Path) -> Iterator[str]:
    """What a file defines itself and does not hide."""
    for node in tree(file).body:
        targets = node.targets if isinstance(node, ast.Assign) else [getattr(node, "target", None)]
        names = [node.name] if hasattr(node, "name") else [t.id for t in targets if isinstance(t, ast.Name)]
        yield from (name for name in names if not name.startswith("_"))


@every_source
def test_a_file_has_one_subject(file):
    lines = len(file.read_text(encoding="utf-8").splitlines())
    assert lines <= LONGEST_FILE, f"{lines} lines"


@every_source
def test_functions_are_small(file):
    assert [f"{node.name}: {lines} lines" for node, lines in functions(file) if lines > LONGEST_FUNCTION] == []


def test_a_folder_can_be_seen_at_a_glance():
    folders = {file.parent for file in SOURCES}
    assert [folder for folder in folders if len(list(folder.glob("*.py"))) > MOST_FILES] == []


@pytest.mark.parametrize("file", SCRIPTS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_lines_of_scripts_and_styles_are_short(file):
    lines = file.read_text(encoding="utf-8").splitlines()
    assert [f"line {i}: {len(line)}" for i, line in enumerate(lines, 1) if len(line) > WIDEST] == []


def test_files_of_tests_have_names_of_their_own():
    """Or pytest imports one of two for both."""
    names = [file.name for file in (ROOT / "tests").rglob("test_*.py")]
    assert sorted(name for name in set(names) if names.count(name) > 1) == []


def test_no_public_name_is_defined_twice():
    homes: dict[str, list[str]] = defaultdict(list)
    for file in SOURCES:
        for name in set(public_names(file)):
            homes[name].append(file.relative_to(ROOT).as_posix())
    assert {name: files for name, files in homes.items() if len(files) > 1} == {}


@functools.cache
def private_names() -> set[str]:
    """Names with one underscore in front that the packages give to functions, classes, attributes and fields."""
    found = set()
    for file in SOURCES:
        for node in ast.walk(tree(file)):
            name = getattr(node, "name", None) or getattr(node, "attr", None) or getattr(node, "id", None)
            if isinstance(name, str) and re.fullmatch(r"_[a-z]\w*[^_]", name):
                found.add(name)
    return found - ANYWIDGETS


@pytest.mark.parametrize("file", VISITORS, ids=lambda file: file.relative_to(ROOT).as_posix())
def test_nothing_outside_the_packages_reads_a_private_name_of_them(file):
    private, found = private_names(), tree(file)
    own = {node.attr for node in ast.walk(found) if isinstance(node, ast.Attribute)
           and isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")}
    own |= {node.name for node in ast.walk(found) if isinstance(node, ast.FunctionDef)}
    read = {f"line {node.lineno}: {node.attr}" for node in ast.walk(found) if isinstance(node, ast.Attribute)
            and node.attr in private and node.attr not in own}
    taken = {f"line {node.lineno}: {alias.name}" for node in ast.walk(found) if isinstance(node, ast.ImportFrom)
             and (node.module or "").partition(".")[0] in PACKAGES for alias in node.names if alias.name[0] == "_"}
    assert read | taken == set()
