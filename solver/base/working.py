"""The working of a result: how a field comes about, in lines that can be redone by hand with a calculator.

The field is computed once more, and the formulas are watched meanwhile. The one that gave the field says its equation,
which is that of its docstring; its numbers are those that it worked with, and what made them is shown in lines of its
own, as far as there is room.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from solver.base.calls import Call, watched
from solver.base.equation import Equation
from solver.base.explained import Figure, equation_of, groups, returned_unit
from solver.base.numbers import unknown
from solver.base.term import Leaf, Operation, Term, combined_unit, four_digits, measured_text
from solver.text import nearest
from solver.units import factor, unit, unit_text

WIDEST, MOST = 120, 8  # columns and lines
_UNIT = re.compile(r"(?<=\d) (?=[A-Za-zµ])")
SMALL = 0.01  # of the result: what is less has no line of its own


class Working(str):
    """Lines of text that are shown as they are, in a terminal and in a notebook."""

    __slots__ = ()

    def __repr__(self) -> str:
        return str(self)


class Explanation:
    """What made the fields of a result that was computed once more."""

    def __init__(self, root: Call) -> None:
        self.makers = {id(call.value): call for call in _in_order(root)}  # of several the outermost
        self._known: dict[int, Any] = {}

    def of(self, made: Any) -> tuple[Equation, Term] | None:
        """The equation of what made a number, and that with its numbers."""
        if isinstance(made, Figure):
            return equation_of(made, self.makers)
        if id(made) not in self._known:
            found = equation_of(made, self.makers)
            while found and isinstance(found[1], Leaf) and found[1].made:  # it hands on what another one gives
                found = self.of(found[1].made)
            self._known[id(made)] = found
        known: tuple[Equation, Term] | None = self._known[id(made)]
        return known

    def steps(self, term: Term, of: Callable[[Term], Iterable[Leaf]]) -> Iterator[tuple[Leaf, Equation, Term]]:
        """The numbers of a term that something made, then the numbers of these, and so on."""
        level, seen = list(of(term)), set()
        while level:
            below = []
            for number in level:
                found = self.of(number.made) if number.made is not None and number.value != 0 else None
                if found is None or number.name in seen:
                    continue
                seen.add(number.name)
                below += list(of(found[1]))
                if found[1].text() != number.text():
                    yield number, *found
            level = below


def _in_order(call: Call) -> Iterator[Call]:
    """All that ran inside, as it came to an end."""
    for one in call.inside:
        yield from _in_order(one)
        yield one


def working(result: Any, name: str, step: str | None = None) -> Working:
    """How a field of a result comes about, or a step of that."""
    kind = type(result)
    if name not in kind.fields():
        raise ValueError(f"{kind.__name__} has no {name!r}. {nearest(name, kind.fields())}")
    if result.traced:
        raise TypeError(f"{name} was traced with symbols, which have no working: call solve with numbers.")
    if unknown(result.value(name)) or np.ndim(result.value(name)):
        raise TypeError(f"{name} has {np.size(result.value(name))} points: call solve again with a single value for "
                        f"each argument to see the working of one.")
    if np.isnan(result.value(name)):
        return Working(f"{name} is unknown, and has no working: what it needs is not published, was not given, "
                       f"or is not there.")
    again, root = watched(lambda: _again(result, name))
    with np.errstate(all="ignore"):
        return _worked_out(again, root, name, step)


def _worked_out(result: Any, root: Call, name: str, step: str | None) -> Working:
    """The working of a field of a result that was watched when it was computed."""
    explanation = Explanation(root)
    made = explanation.makers.get(id(result.values[name]))
    found = None if made is None else explanation.of(made)
    if made is None or found is None:
        return Working(f"{name} has no working: no formula says how it comes about; it is given, counted, or put "
                       f"together from other fields.")
    number = Leaf(result.values[name], returned_unit(made), name, made)
    unit_name = getattr(type(result), name).unit
    if step is not None:
        number, *found = _step(name, step, explanation, found[1])  # type: ignore[assignment]
        unit_name = None
    return Working("\n".join(_lines(number, found[0], found[1], explanation, unit_name)))


def _again(result: Any, name: str) -> Any:
    """The result computed once more, its field too."""
    with np.errstate(all="ignore"):
        again = type(result)(result.computed(), result.given)
        again.value(name)
    return again


def _step(field: str, name: str, explanation: Explanation, term: Term) -> tuple[Leaf, Equation, Term]:
    steps = {one[0].name: one for one in explanation.steps(term, lambda one: one.leaves())}
    if name not in steps:
        raise ValueError(f"{field} has no step {name!r}. {nearest(name, steps)}")
    return steps[name]


def _lines(number: Leaf, equation: Equation, term: Term, explanation: Explanation,
           shown_in: str | None) -> Iterator[str]:
    """The equation, the steps that lead to it, and its numbers."""
    summed = [group for group in groups(term) if len(group.parts) > 1]
    said = _wrapped(f"{number.name} = {equation.text}")
    parts = [line for group in summed for line in _group_lines(group)]
    last = _wrapped(f"{number.name} = {_without(term, summed).text()} = {_result(number, shown_in)}")
    yield from said
    yield from _step_lines(explanation, number, term, MOST - len(said) - len(parts) - len(last))
    yield from parts
    yield from last


def _result(number: Leaf, shown_in: str | None) -> str:
    """The result in the unit of its field."""
    if shown_in is None:
        return number.text()
    shown = f"{four_digits(float(number.value) / factor(shown_in))} {unit_text(unit(shown_in))}"
    return f"{number.text()} = {shown}" if "i" in shown_in else shown  # GiB are not what a calculator gives


def _wrapped(line: str) -> list[str]:
    """A line in several where it is too wide; a number stays with its unit."""
    whole = _UNIT.sub("\u00a0", line)
    found = textwrap.wrap(whole, WIDEST, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
    return [one.replace("\u00a0", " ") for one in found]


def _group_lines(group: Operation) -> Iterator[str]:
    for label, part in zip(group.labels, group.parts, strict=True):
        if part.value != 0:
            yield f"{label}: {part.text()} = {measured_text(part.value, combined_unit(part))}"


def _without(term: Term, summed: list[Operation]) -> Term:
    """A term in which each of the groups is one number, as their own lines say it."""
    if isinstance(term, Leaf):
        return term
    if term in summed:
        return Operation("+", tuple(Leaf(part.value, combined_unit(part)) for part in term.parts))
    return replace(term, parts=tuple(_without(part, summed) for part in term.parts))


def _step_lines(explanation: Explanation, result: Leaf, term: Term, room: int) -> Iterator[str]:
    """A line for each step that matters, as many as there is room for; each comes before it is needed."""
    lines: dict[str, tuple[str, Term]] = {}
    for number, equation, inner in explanation.steps(term, lambda one: one.deciding()):
        line = _step_line(number, equation, inner)
        small = number.unit == result.unit and abs(number.value) < SMALL * abs(result.value)
        if line and not small and len(lines) < room:
            lines[number.name] = line, inner
    return _sorted(term, lines, set())


def _sorted(term: Term, lines: Mapping[str, tuple[str, Term]], said: set[str]) -> Iterator[str]:
    for leaf in term.leaves():
        if leaf.name in lines and leaf.name not in said:
            said.add(leaf.name)
            line, inner = lines[leaf.name]
            yield from _sorted(inner, lines, said)
            yield line


def _step_line(number: Leaf, equation: Equation, term: Term) -> str:
    """The equation of a step and its numbers; without the equation, or nothing, where a line is too short for it."""
    numbers = f"{term.text()} = {number.text()}"
    for line in (f"{number.name} = {equation.text} = {numbers}", f"{number.name} = {numbers}"):
        if len(line) <= WIDEST:
            return line
    return ""
