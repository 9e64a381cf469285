"""What holds of every `solve`: it refuses in sentences, each argument moves a field, arrays are as their elements."""

from __future__ import annotations

import dataclasses
import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NoReturn

import numpy as np
import pint

from solver.base.declared import OWN, REQUIRED, Argument
from solver.base.kinds import Number, OneOf, RecordOf
from solver.base.result import Result
from solver.testing.odd import good_value, odd_values
from solver.units import UnlikeUnitError

SENTENCE = (ValueError, TypeError, pint.DimensionalityError, UnlikeUnitError)
SECTIONS = ("Parameters", "Raises", "Examples")


def check_solver(solve: Any) -> None:
    """Prove that a class with `solve`, or a function with declared arguments, keeps the house's promises.

    It is given bad values that are made from its declarations, and has to answer each in a sentence that names the
    argument or the value: wrong types, NaN, infinity, numbers out of range, fractions, other units, empty arrays and
    such that do not broadcast, unknown words and keywords, records that were swapped. Then every argument is moved, and
    some field has to move with it: alone, or in the `company` that it declares. Arrays have to give what each of their
    elements gives. Its docstring lists the arguments as they are declared.

    A fault raises AssertionError that names it. A class is made without arguments; if yours has some, give the bound
    method of one that you made.

    >>> from solver import max_users
    >>> check_solver(max_users)
    """
    made: Any = solve() if inspect.isclass(solve) else None
    solve = solve if made is None else made.solve
    if not getattr(solve, "arguments", None):
        raise AssertionError(f"{solve.__qualname__} has no declared arguments: decorate it with solver.base.declared.")
    _check_docstring(solve)
    case = _Case(solve)
    for name, argument in case.arguments.items():
        case.check_refusals(name, argument)
    case.check_keywords()
    case.check_shapes()
    for name, argument in case.arguments.items():
        case.check_moves(name, argument)
        if isinstance(argument, Number) and not argument.single:
            case.check_arrays(name, argument)


def fields_of(result: Any) -> dict[str, Any]:
    """The fields of a result by name, whatever it is: ours, a mapping, a dataclass, or a bare number."""
    if isinstance(result, Result):
        return {name: result.value(name) for name in result.fields()}
    if isinstance(result, Mapping):
        return dict(result)
    if dataclasses.is_dataclass(result):
        return {one.name: getattr(result, one.name) for one in dataclasses.fields(result)}
    return {"result": result}


class _Case:
    """One `solve`, and calls of it."""

    def __init__(self, solve: Callable[..., Any]) -> None:
        self.solve, self.title = solve, solve.__qualname__
        self.arguments: Mapping[str, Argument] = solve.arguments  # type: ignore[attr-defined]
        self.base = {name: one.usual for name, one in self.arguments.items()
                     if one.default is REQUIRED or one.example is not None}

    def fail(self, fault: str, cause: BaseException | None = None) -> NoReturn:
        raise AssertionError(f"{self.title}: {fault}") from cause

    def given(self, argument: Argument) -> dict[str, Any]:
        """Arguments in whose company it matters."""
        company = {name: self.arguments[name].moved if value is OWN else value() if callable(value) else value
                   for name, value in argument.company.items()}
        return self.base | company

    def fields_of(self, given: dict[str, Any]) -> dict[str, Any]:
        """The fields of a call that has to succeed."""
        try:
            return fields_of(self.solve(**given))
        except Exception as error:
            self.fail(f"{_shown(given)} should be good values, but: {type(error).__name__}: {error}", error)

    def refusal(self, given: dict[str, Any], what: str) -> str:
        """The sentence that a bad call is answered with."""
        try:
            self.solve(**given)
        except SENTENCE as error:
            text = str(error)
            if len(text) < 20 or not text.rstrip().endswith((".", "?")):
                self.fail(f"{what} is answered with {text!r}, which is no sentence.", error)
            return text
        except Exception as error:
            self.fail(f"{what} raises {type(error).__name__}: {error}", error)
        self.fail(f"{what} is taken without a word.")

    def check_refusals(self, name: str, argument: Argument) -> None:
        given = self.given(argument)
        for odd in odd_values(argument, self.arguments):
            text = self.refusal(given | {name: odd}, what=f"{name}={_short(odd)}")
            if name not in text and repr(odd) not in text and str(odd) not in text:
                self.fail(f"{name}={_short(odd)} is answered with {text!r}, which names neither of them.")
        for word in _words(argument):
            text = self.refusal(given | {name: f"{word}x"}, what=f"{name}={word + 'x'!r}")
            if word not in text:
                self.fail(f"{name}={word + 'x'!r} is answered with {text!r}, without the nearest word, {word!r}.")

    def check_keywords(self) -> None:
        for name in self.arguments:
            text = self.refusal(self.base | {name + name[-1]: 1}, what=f"the unknown keyword {name + name[-1]!r}")
            if name not in text:
                self.fail(f"the unknown keyword {name + name[-1]!r} is answered with {text!r}, without {name}.")

    def check_shapes(self) -> None:
        """Arrays of two and of three elements do not go together, and both are named."""
        numbers = {name: one for name, one in self.arguments.items() if isinstance(one, Number) and not one.single}
        first = next(iter(numbers), "")
        for name, argument in numbers.items():
            if name != first:
                both = {first: good_value(numbers[first]) * np.ones(2), name: good_value(argument) * np.ones(3)}
                text = self.refusal(self.given(argument) | both, what=f"{first} of 2 and {name} of 3 elements")
                if first not in text or name not in text:
                    self.fail(f"{first} of 2 and {name} of 3 elements are answered with {text!r}.")

    def check_moves(self, name: str, argument: Argument) -> None:
        given = self.given(argument)
        before, moved = self.fields_of(given), given | {name: argument.moved}
        try:
            after = fields_of(self.solve(**moved))
        except SENTENCE as error:
            if type(error) in SENTENCE:
                self.fail(f"{_shown(moved)} should be good values, but: {error}", error)
            return  # an error of its own, which is what the argument asks for
        if before.keys() == after.keys() and all(_same(before[key], after[key]) for key in before):
            company = f", in the company of {', '.join(argument.company)}" if argument.company else ""
            self.fail(f"{name} changes nothing: no field moves with {name}={_short(argument.moved)}{company}.")

    def check_arrays(self, name: str, argument: Number) -> None:
        """A row of two values, and with another number as a column a table of four, are as their elements."""
        given, row = self.given(argument), _two(argument)
        first = next(one for one, other in self.arguments.items() if isinstance(other, Number))
        column = [given.get(first, self.arguments[first].usual)] if first == name else _two(self.arguments[first])
        table = {} if first == name else {first: _array(column)[:, None]}
        whole = self.fields_of(given | table | {name: _array(row)})
        for i, down in enumerate(column):
            for j, right in enumerate(row):
                one = self.fields_of(given | ({} if first == name else {first: down}) | {name: right})
                for key, value in one.items():
                    element = np.broadcast_to(_plain(whole[key]), (len(column), 2))[i, j]
                    if not np.allclose(element, _plain(value), rtol=1e-12, atol=0, equal_nan=True):
                        self.fail(f"{key} is {element} in an array of {name}, and {value} for that element alone.")


def _check_docstring(solve: Any) -> None:
    """Sections that numpydoc knows; each argument in order, with the sentence of its declaration."""
    doc, title = inspect.getdoc(solve) or "", solve.__qualname__
    missing = [section for section in SECTIONS if f"{section}\n{'-' * len(section)}\n" not in doc]
    missing += [what for what in (">>>", "eaves out") if what not in doc]
    if missing:
        raise AssertionError(f"{title}: its docstring lacks {', '.join(missing)}.")
    said = dict(_parameters(doc))
    if list(said) != list(solve.arguments):
        raise AssertionError(f"{title}: its docstring lists {', '.join(said)}; declared are "
                             f"{', '.join(solve.arguments)}.")
    for name, argument in solve.arguments.items():
        if not said[name].startswith(argument.sentence):
            raise AssertionError(f"{title}: the docstring says of {name} {said[name]!r}, and its declaration "
                                 f"{argument.sentence!r}.")


def _parameters(doc: str) -> Iterator[tuple[str, str]]:
    """Name and text of each entry of the section on parameters."""
    section = doc.partition("Parameters\n----------\n")[2]
    section = re.split(r"\n\n\w+\n-+\n", section)[0]
    for name, text in re.findall(r"^(\w+) : .*\n((?: +.*\n?)+)", section, re.MULTILINE):
        yield name, " ".join(text.split())


def _words(argument: Argument) -> Iterator[str]:
    """Words that it knows: unknown ones that are like them are answered with these."""
    usual = good_value(argument)
    if isinstance(argument, (OneOf, RecordOf)) and isinstance(usual, str):
        yield usual


def _two(argument: Any) -> list[Any]:
    """Two good values."""
    good = good_value(argument)
    return [good, argument.beside(good) if argument.usual is None else argument.moved]


def _array(values: list[Any]) -> Any:
    quantity = hasattr(values[0], "units")
    return type(values[0]).from_list(values) if quantity else np.array(values)


def _plain(value: Any) -> Any:
    return np.asarray(getattr(value, "magnitude", value), float)


def _same(one: Any, other: Any) -> bool:
    try:
        return bool(np.array_equal(_plain(one), _plain(other), equal_nan=True))
    except (TypeError, ValueError):
        return bool(one == other)


def _short(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _shown(given: dict[str, Any]) -> str:
    return ", ".join(f"{name}={_short(value)}" for name, value in given.items())
