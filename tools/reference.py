"""Write docs/solver.md: every public name of the solver, what each `solve` is asked, and every formula, by subject.

All of it is read from the code: declarations, signatures, docstrings. A test writes it anew, and fails when the page
differs; the examples in it are run.
"""

from __future__ import annotations

import importlib
import inspect
import pathlib
import re
import sys
import typing
from collections.abc import Iterator
from typing import Any

import solver
from solver import show, testing
from solver.base import declared, kinds
from solver.base.declared import REQUIRED, Argument
from solver.base.result import Result
from solver.formulas import subjects
from solver.testing import solvers

PAGE = pathlib.Path(__file__).parents[1] / "docs" / "solver.md"
OPENING = """# The solver, name by name

Written by `make reference` from the code; do not edit it by hand. Numbers are plain counts, quantities such as
`Q_("100 GB/s")`, or arrays of either, which broadcast. What is out of range is refused in a sentence.
"""
LEFT_OUT = """Not here, though mlsysim has it: `ResponsibleEngineeringModel`. Its figures (how much slower private
training is, how many more samples a small group needs) come from constants without a source, and one of its arguments
changes nothing. What cannot be checked is not computed.
"""
CONSTANTS = {  # what is neither a class nor a function: where it belongs, and what it is
    "BOTTLENECKS": ("serving", "What can bind a pass; arrays of bottlenecks have places in it."),
    "PRECISIONS": ("zoo", "All number formats by name."),
    "Datacenters": ("zoo", "Data centers by name, each with its PUE, its water and its grid: `Datacenters.Average`."),
    "FailureRates": ("zoo", "How often published runs were interrupted: `FailureRates.Llama_3_405B`."),
    "Grids": ("zoo", "Grids by region, each with the carbon and the price of a kilowatt-hour: `Grids.France`."),
    "Hardware": ("zoo", "All accelerators: `Hardware.Cloud.H100`."),
    "Measurements": ("zoo", "Published measurements, by name: `Measurements.torchao_h100`."),
    "Model": ("zoo", "A transformer: `Model.from_config(path)` and `Model.declared(...)` make one that the zoo lacks "
                     "([how](models.md))."),
    "Models": ("zoo", "All models: `Models.Llama3_8B`."),
    "Prices": ("zoo", "What an hour of a chip costs, by provider and day: `Prices.H100_Lambda`."),
    "Profiles": ("zoo", "What engines of a generation reach: `Profiles.modern`."),
    "Recipes": ("zoo", "Which part of a model a checkpoint keeps in which number format: `Recipes.GPT_OSS`."),
    "Servers": ("zoo", "Servers of several chips, as they are sold: `Servers.DGX_H100`."),
    "SingleNodeModel": ("compute", "Another name of `Engine`."),
    "show": ("show", "Results as tables and cards.")}

TASKS = {  # what a person asks for whom no class answers, but a function
    "explore": "Which of many designs are the best, and why not the others?",
    "explain": "Why do two results differ?",
    "audit": "Which wall does my plan meet first?",
    "Pipeline": "How do I put several solvers in a row?",
    "max_users": "How many users fit?",
    "kv_capacity": "How many tokens of KV cache does an engine report?",
    "simulate": "What happens on a server, request by request?",
    "simulate_queue": "What happens in a queue, request by request?",
    "simulate_failures": "What happens in a long run, failure by failure?"}


def reference() -> str:
    """The page."""
    return "\n".join([OPENING, *_tasks(), *_questions(), *_names(), *_authors(), *_formulas()]).rstrip() + "\n"


def sentence(member: Any) -> str:
    """What a docstring begins with, in one line."""
    return " ".join((inspect.getdoc(member) or "").partition("\n\n")[0].split())


def call(name: str, function: Any) -> str:
    """How it is called: names of arguments, those with a default last and bare."""
    names = [parameter for parameter in inspect.signature(function).parameters if parameter != "self"]
    return f"`{name}({', '.join(names)})`"


def tasks() -> dict[str, str]:
    """What a person asks, by the name of what answers it."""
    models = (getattr(solver, name) for name in solver.__all__)
    return {found.__name__: found.question for found in models
            if inspect.isclass(found) and getattr(found, "question", "")} | TASKS


def _tasks() -> Iterator[str]:
    yield "## What do you want to know?\n\n| | You want to know | Ask |\n| --- | --- | --- |"
    yield from sorted(f"| {subject_of(name, getattr(solver, name))} | {question} | [`{name}`](#{_anchor(name)}) |"
                      for name, question in tasks().items())
    yield f"\n{LEFT_OUT}"


def _anchor(name: str) -> str:
    """The heading of its arguments, as pages link to it; of what has none, that of all names."""
    paths = {path.rpartition(".")[2]: found for path, found in solvers().items()}
    if name not in paths:
        return "names-of-solver"
    return f"{name}{'solve' * inspect.isclass(paths[name])}".lower()


def _questions() -> Iterator[str]:
    yield "## Questions, and what they ask\n"
    for path, found in solvers().items():
        name = path.rpartition(".")[2]
        solve = found.solve if inspect.isclass(found) else found
        made = f"{name}()" if "self" in inspect.signature(solve).parameters else name
        yield f"### `{f'{made}.solve' if inspect.isclass(found) else name}`\n"
        yield f"{sentence(solve)}{f' {sentence(found)}' if inspect.isclass(found) else ''}\n"
        yield "| argument | unit | range | default | meaning |\n| --- | --- | --- | --- | --- |"
        yield from map(_row, solve.arguments.values())
        yield from _answered(solve)
        yield f"\n```python\n{example(solve).replace('from solver import ', f'from solver import {name}, ', 1)}\n```\n"


def _answered(solve: Any) -> Iterator[str]:
    """The fields of what it answers, where that is a result."""
    kind = typing.get_type_hints(inspect.unwrap(solve)).get("return")
    if inspect.isclass(kind) and issubclass(kind, Result):
        yield "\n| answers | unit | meaning |\n| --- | --- | --- |"
        yield from (f"| `{name}` | {getattr(kind, name).unit or ''} | {getattr(kind, name).__doc__} |"
                    for name in kind.fields())


def _row(argument: Argument) -> str:
    cells = (f"`{argument.name}`", argument.counted_in, argument.values, default_text(argument), argument.sentence)
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def default_text(argument: Argument) -> str:
    """The default as a person would write it."""
    if argument.default is REQUIRED:
        return "required"
    value = argument.default
    return f"`{value}`" if hasattr(value, "units") else f"`{value!r}`"


def example(member: Any) -> str:
    """The first example of a docstring."""
    found = re.search(r"^>>> .*?(?=\n\n|\Z)", inspect.getdoc(member) or "", re.MULTILINE | re.DOTALL)
    return found[0].rstrip() if found else ""


def _names() -> Iterator[str]:
    yield "## Names of `solver`\n"
    public = {name: getattr(solver, name) for name in solver.__all__}
    for subject in dict.fromkeys(subject_of(name, member) for name, member in public.items()):
        yield f"### {subject}\n\n{sentence(importlib.import_module(f'solver.{subject}'))}\n"
        for name, member in public.items():
            if subject_of(name, member) == subject:
                yield f"- `{name}`: {CONSTANTS[name][1] if name in CONSTANTS else sentence(member)}"
        if subject == "show":
            yield from _lines(show, _functions(show))
        yield ""


def subject_of(name: str, member: Any) -> str:
    """The folder or file of `solver` that a public name is defined in."""
    return CONSTANTS[name][0] if name in CONSTANTS else member.__module__.split(".")[1]


def _lines(module: Any, names: Any) -> Iterator[str]:
    for name in names:
        member = getattr(module, name)
        if not name.startswith("_") and (module is testing or member.__module__ == module.__name__):
            yield f"- {call(name, member) if inspect.isfunction(member) else f'`{name}`'}: {sentence(member)}"


def _authors() -> Iterator[str]:
    yield "## For whoever adds to it\n"
    yield "`solver.base.arguments` has a type for each argument that is asked for in more than one place.\n"
    for module, names in ((testing, testing.__all__), (declared, ["declared", "Argument"]), (kinds, _classes(kinds))):
        yield f"### {module.__name__.partition('.')[2]}\n"
        yield from _lines(module, names)
        yield ""


def _functions(module: Any) -> list[str]:
    return [name for name, member in vars(module).items() if inspect.isfunction(member)]


def _classes(module: Any) -> list[str]:
    return [name for name, member in vars(module).items() if inspect.isclass(member)]


def _formulas() -> Iterator[str]:
    yield "## Formulas\n"
    yield "`from solver.formulas import kv_cache_bytes`; plain floats in base units, arrays, quantities and symbols.\n"
    for subject, module in subjects().items():
        yield f"### formulas.{subject}\n\n{sentence(module)}\n"
        yield from _lines(module, [*_functions(module), *_classes(module)])
        yield ""


def main() -> int:
    """Write the page."""
    PAGE.write_text(reference(), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
