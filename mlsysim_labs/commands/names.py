"""Names as people type them: case and marks do not matter, a beginning is enough, a slip is answered with what is near.

What is named is found where it lives: records in the zoos of `solver`, questions among its public names.
"""

from __future__ import annotations

import functools
import importlib
import inspect
import itertools
import pkgutil
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from solver.text import nearest

NAMES_LISTED = 12  # known names that a sentence still lists


def folded_name(text: str) -> str:
    """A name without its case and marks."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def meant_name(text: str, known: Iterable[str], what: str, listing: str = "") -> str:
    """The known name that is meant, or a sentence with those that are near.

    >>> meant_name("llama3-8b", ["Llama3_8B", "Llama3_70B"], "model"), meant_name("h2", ["H100", "H200"], "chip")
    ('Llama3_8B', 'H200')
    >>> meant_name("H10O", ["H100", "H200"], "chip")
    Traceback (most recent call last):
    ValueError: chip 'H10O' is not known. Did you mean H100?
    """
    known = list(known)
    if text in known:
        return text
    wanted = folded_name(text)
    same = [name for name in known if folded_name(name) == wanted]
    begun = [name for name in known if wanted and folded_name(name).startswith(wanted)]
    if len(same or begun) == 1:
        return (same or begun)[0]
    if begun:
        raise ValueError(f"{what} {text!r} may be {_listed(begun)}: write more of it.")
    raise ValueError(f"{what} {text!r} is not known. {_nearest(text, known, listing)}")


def _listed(names: list[str]) -> str:
    shown, more = names[:NAMES_LISTED], len(names) - NAMES_LISTED
    return f"{', '.join(shown)} and {more} more" if more > 0 else f"{', '.join(shown[:-1])} or {shown[-1]}"


def _nearest(text: str, known: list[str], listing: str) -> str:
    """Names that are near; where none is, all of a few, or the command that lists many."""
    found = nearest(text, known)
    too_many = listing and len(known) > NAMES_LISTED and not found.startswith("Did")
    return f"List them with: {listing}" if too_many else found


def begun_names(incomplete: str, known: Iterable[str]) -> list[str]:
    """The known names that begin so: what a shell offers."""
    return [name for name in known if folded_name(name).startswith(folded_name(incomplete))]


@functools.cache
def zoos() -> dict[str, Any]:
    """All zoos by their names in small letters: "hardware", "models", "fabrics", and those that come later; and the
    number formats."""
    import solver.zoo

    names = [found.name for found in pkgutil.walk_packages(solver.zoo.__path__, "solver.zoo.")]
    found = dict(pair for name in names for pair in _zoos_in(importlib.import_module(name)))
    return dict(sorted((found | {"formats": _formats()}).items()))


def _zoos_in(module: Any) -> Iterator[tuple[str, Any]]:
    from solver.zoo.records import Zoo

    return ((name.casefold(), member) for name, member in vars(module).items() if isinstance(member, Zoo))


def _formats() -> dict[str, Any]:
    from solver.zoo.precision import PRECISIONS
    from solver.zoo.recipes import Recipes

    return PRECISIONS | records_in(Recipes)


def records_in(zoo: Any) -> dict[str, Any]:
    """The records of a zoo by name."""
    return {name: zoo[name] for name in zoo.keys()}  # noqa: SIM118 - a zoo is walked by its records


def zoo_of(record: Any) -> tuple[str, Any]:
    """The zoo that has records of that kind, or that has a record of that name: its title, and what is in it."""
    if isinstance(record, str):
        return next(((title, zoo) for title, zoo in _by_size() if record in zoo), ("", {}))
    own = _zoos_in(inspect.getmodule(type(record)))  # where most are at home: no other has to be read
    holds = ((title, zoo) for title, zoo in itertools.chain(own, _by_size())
             if any(isinstance(one, type(record)) for one in records_in(zoo).values()))
    return next(holds, ("", {}))


def _by_size() -> Iterator[tuple[str, Any]]:
    """Number formats, and every zoo, the large ones last, which take longest to read."""
    yield "formats", _formats()
    yield from sorted(zoos().items(), key=lambda pair: pair[0] in ("hardware", "models", "measurements", "recipes"))


def key_of(record: Any) -> str:
    """The name of a record in its zoo; of one that is in none, its own."""
    found = records_in(zoo_of(record)[1])
    return next((name for name, one in found.items() if one is record or one == record), str(record))


def questions() -> dict[str, Any]:
    """Every class with `solve` and every function with declared arguments that is public, by name."""
    import solver

    return {name: member for name in public_names() if is_question(member := getattr(solver, name))}


def public_names() -> list[str]:
    """The public names of the solver; none of their homes is loaded."""
    import solver

    return list(vars(solver)["__all__"])


def is_question(member: Any) -> bool:
    """Whether it is a class with a `solve`, or a function, that declares what it is asked."""
    if isinstance(member, type):
        return isinstance(getattr(getattr(member, "solve", None), "arguments", None), Mapping)
    return inspect.isfunction(member) and isinstance(getattr(member, "arguments", None), Mapping)


def question_named(text: str, ending: str = "") -> tuple[str, Any]:
    """The question that is meant. One that is named exactly is found without loading the others.

    With an `ending`, such as "Optimizer", only those that end so are meant, and the ending may be left out.
    """
    import solver

    if text in public_names() and text.endswith(ending) and is_question(getattr(solver, text)):
        return text, getattr(solver, text)
    known = {name: member for name, member in questions().items() if name.endswith(ending)}
    if not known:
        raise ValueError(no_such_class(ending))
    name = meant_name(text, known, ending.lower() or "class", "mlsysim-labs schema")
    return name, known[name]


def no_such_class(ending: str) -> str:
    """What is said where there is none."""
    return f"this version has no class whose name ends with {ending}: `mlsysim-labs schema` lists those that it has."
