"""A formula's equation with the numbers in it that it worked with.

The names of an equation are looked up where the formula found them: among its arguments, the formulas that it called,
the figures of its records, the groups that a sum goes over. What comes out has to be what the formula gave; of several
equations the first is taken of which that is true, and one that adds up several groups before all others.
"""

from __future__ import annotations

import ast
import dataclasses
import functools
import inspect
import typing
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from solver.base.calls import Call
from solver.base.equation import GROUPS, SUM, Equation, cases, definitions
from solver.base.term import DOES, Leaf, Operation, Term
from solver.zoo.records import unit_of

OPERATORS: dict[type, str] = {ast.Add: "+", ast.Sub: "-", ast.Mult: "*", ast.Div: "/", ast.Pow: "^"}


class UnclearError(LookupError):
    """An equation has a name that is not found, or says something else than the code."""


@dataclasses.dataclass(frozen=True)
class Figure:
    """A figure of a record that is worked out from others, by an equation in its docstring."""

    record: Any
    name: str

    @property
    def doc(self) -> str:
        return figure_doc(self.record, self.name)

    @property
    def value(self) -> Any:
        return getattr(self.record, self.name)


@dataclasses.dataclass(frozen=True, eq=False)
class Place:
    """Where the names of an equation are looked up. `makers` has by identity which call made a value."""

    of: Call | Figure
    makers: Mapping[int, Call]
    own: Mapping[str, Any] = dataclasses.field(default_factory=dict)  # arguments that are written out
    item: Any = None  # of the groups that are added up

    @functools.cached_property
    def records(self) -> list[Any]:
        if isinstance(self.of, Figure):
            return [self.of.record]
        return [value for value in self.of.given.values() if dataclasses.is_dataclass(value)]

    def find(self, name: str) -> Any:
        """What a name stands for: a term, or a record, a text or a mapping."""
        if name in self.own:
            return self.own[name]
        for record in _with_parts([self.item] if self.item is not None else []):
            if hasattr(record, name):
                return self.figure(record, name)
        if self.item is not None and name in [alias for _, alias in GROUPS.values()]:
            return self.item
        if isinstance(self.of, Call):
            if name in self.of.given:
                return self.argument(name)
            call = self.called(name)
            if call is not None:
                return Leaf(call.value, returned_unit(call), name, call)
        for record in _with_parts(self.records):
            if hasattr(record, name):
                return self.figure(record, name)
        raise UnclearError(name)

    def argument(self, name: str) -> Any:
        """An argument of the formula, and which formula made it."""
        value = self.of.given[name]  # type: ignore[union-attr]
        if not isinstance(value, (int, float, np.ndarray, np.number)):
            return value
        return Leaf(value, _units(self.of.formula).get(name, ""), name, self.makers.get(id(value)))  # type: ignore[union-attr]

    def figure(self, record: Any, name: str) -> Any:
        """A figure of a record; that of a group is written out."""
        value = getattr(record, name)
        if not isinstance(value, (int, float, np.ndarray, np.number)):
            return value
        made = Figure(record, name) if cases(figure_doc(record, name)) else None
        if made and self.item is not None and any(record is one for one in _with_parts([self.item])):
            found = _explained(Place(made, self.makers, item=self.item))
            if found:
                return found[1]
        return Leaf(value, unit_of(record, name), name, made)

    def called(self, name: str, *given: Any) -> Call | None:
        """The nearest call of that name which was given these; inside a sum the one that was given its group."""
        assert isinstance(self.of, Call)
        wanted = [*given, self.item]
        found = [call for call in self.of.below() if call.name == name]
        return max(found, key=lambda call: sum(_is_given(one, call) for one in wanted), default=None)


def _is_given(wanted: Any, call: Call) -> bool:
    values = call.given.values()
    if isinstance(wanted, (Leaf, Operation)):
        return any(isinstance(value, (int, float, np.number)) and value == wanted.value for value in values)
    return wanted is not None and any(value is wanted for value in values)


def _with_parts(records: list[Any]) -> Iterator[Any]:
    """Records, then the records that they have, and so on."""
    while records:
        yield from records
        parts = [getattr(record, name) for record in records
                 for name in ("attention", *(field.name for field in dataclasses.fields(record)))
                 if hasattr(record, name)]
        records = [part for part in parts if dataclasses.is_dataclass(part)]


def figure_doc(record: Any, name: str) -> str:
    """The docstring of a figure that is worked out; nothing for one that is given."""
    found = inspect.getattr_static(type(record), name, None)
    return (found.__doc__ or "") if isinstance(found, (property, functools.cached_property)) else ""


@functools.cache
def _units(formula: Any) -> dict[str, str]:
    """The units of a formula's arguments, and of what it returns."""
    hints = typing.get_type_hints(formula, include_extras=True)
    return {name: hint.__metadata__[0] for name, hint in hints.items() if hasattr(hint, "__metadata__")}


def returned_unit(call: Call) -> str:
    """The unit of what a formula gives."""
    return _units(call.formula).get("return", "")


def _adds_up(call: Call) -> bool:
    """Whether a formula makes a time of times: such a one is written out where it is called."""
    return "second" in [unit for name, unit in _units(call.formula).items() if name != "return"]


def equation_of(made: Call | Figure, makers: Mapping[int, Call]) -> tuple[Equation, Term] | None:
    """The equation of a formula or a figure that gives what it gave, and that with its numbers."""
    return _explained(Place(made, makers))


def _explained(place: Place) -> tuple[Equation, Term] | None:
    found = []
    for equation in cases(place.of.doc):
        try:
            term = term_of(equation.tree, place)
        except UnclearError:
            continue
        if np.allclose(term.value, place.of.value, rtol=1e-9, atol=0, equal_nan=True):
            found.append((equation, term))
    return min(found, key=lambda one: _rank(one[1]), default=None)


def _rank(term: Term) -> int:
    """A sum over several groups goes first, one over a single group last."""
    sizes = [len(group.parts) for group in groups(term)]
    return 1 if not sizes else 0 if max(sizes) > 1 else 2


def groups(term: Term) -> Iterator[Operation]:
    """The sums over groups in a term."""
    if isinstance(term, Operation):
        if term.labels:
            yield term
        for part in term.parts:
            yield from groups(part)


def term_of(tree: ast.expr, place: Place) -> Term:
    """A piece of an equation with its numbers."""
    found = _found(tree, place)
    if isinstance(found, (int, float)):
        found = Leaf(float(found))
    if not isinstance(found, (Leaf, Operation)) or np.ndim(found.value):
        raise UnclearError(ast.unparse(tree))
    return found


def _found(tree: ast.expr, place: Place) -> Any:
    """What a piece of an equation stands for."""
    if isinstance(tree, ast.Constant):
        return tree.value
    if isinstance(tree, ast.BinOp) and type(tree.op) in OPERATORS:
        return Operation(OPERATORS[type(tree.op)], (term_of(tree.left, place), term_of(tree.right, place)))
    if isinstance(tree, ast.Name):
        own = definitions(place.of.doc)
        return term_of(own[tree.id].tree, place) if tree.id in own else place.find(tree.id)
    if isinstance(tree, ast.Attribute):
        return place.figure(_found(tree.value, place), tree.attr)
    if isinstance(tree, ast.Subscript):
        return _entry(tree, place)
    if isinstance(tree, ast.Call) and isinstance(tree.func, ast.Name):
        return _called(tree.func.id, tree.args, place)
    raise UnclearError(ast.unparse(tree))


def _entry(tree: ast.Subscript, place: Place) -> Any:
    """One of the figures that a record has by name."""
    asked, key = tree.value, _found(tree.slice, place)
    name = asked.attr if isinstance(asked, ast.Attribute) else ast.unparse(asked)
    owners = [_found(asked.value, place)] if isinstance(asked, ast.Attribute) else place.records
    for record in _with_parts(owners):
        if hasattr(getattr(record, name, None), "__getitem__"):
            value = getattr(record, name)[key]
            return value if isinstance(value, str) else Leaf(value, unit_of(record, name), name)
    raise UnclearError(name)


def _called(name: str, args: list[ast.expr], place: Place) -> Any:
    if name == SUM:
        return _sum(ast.literal_eval(args[0]), args[1], place)
    if name in DOES:
        return Operation(name, tuple(term_of(one, place) for one in args))
    own = definitions(place.of.doc).get(name)
    if own is not None and own.parameter:
        return term_of(own.tree, dataclasses.replace(place, own={own.parameter: term_of(args[0], place)}))
    if not isinstance(place.of, Call):
        raise UnclearError(name)
    given = [_found(one, place) for one in args]
    call = place.called(name, *given)
    if call is None:
        raise UnclearError(name)
    if not _adds_up(call):
        return Leaf(call.value, returned_unit(call), name, call)
    units = _units(call.formula)
    names = [one for one in call.given if one in units]
    found = _explained(Place(call, place.makers, dict(zip(names, given, strict=False))))
    return found[1] if found else Leaf(call.value, returned_unit(call), name)


def _sum(over: str, body: ast.expr, place: Place) -> Operation:
    """A sum over groups, each with its label."""
    name = GROUPS[over][0]
    for record in _with_parts(place.records):
        items = getattr(record, name, None)
        if isinstance(items, tuple):
            terms = [term_of(body, dataclasses.replace(place, item=item)) for item in items]
            return Operation("+", tuple(terms) or (Leaf(0.0),), tuple(item.label for item in items) or ("none",))
    raise UnclearError(over)
