"""Several answers to one question, at the points that lists and ranges of arguments span."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mlsysim_labs.commands.answers import (
    bare_figure,
    figure_text,
    figures_of,
    is_infeasible,
    json_answer,
    json_figure,
    sentences_of,
    unit_of_figure,
)
from mlsysim_labs.commands.asking import NamedQuestion
from mlsysim_labs.commands.names import key_of, meant_name
from mlsysim_labs.commands.values import MOST_POINTS, option, several_values
from solver.base.declared import Argument
from solver.base.result import Result

REFUSALS_OF_POINTS = (ValueError, TypeError, ArithmeticError)  # what solve says of a point that it cannot answer
FIRST_SHOWN = 6  # figures that are shown where none differs


@dataclass(frozen=True)
class SolvedPoint:
    """What varies at a point, and its answer; or the sentence in which it is refused."""

    given: Mapping[str, Any]
    answer: Any = None
    refused: str = ""

    @property
    def fails(self) -> bool:
        """Whether there is no answer, or it is that it cannot be."""
        return bool(self.refused) or is_infeasible(self.answer)

    @property
    def label(self) -> str:
        """What varies, in words."""
        return ", ".join(map(label_of, self.given.values())) or "answer"


def label_of(value: Any) -> str:
    """A value as short as it can be named: a record by its name in the zoo."""
    if isinstance(value, (str, int, float)) or hasattr(value, "units"):
        return "nan" if value != value else figure_text(value)
    return key_of(value)


def varied_values(question: NamedQuestion, texts: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """Arguments with one value, and those with several."""
    every = {name: [text] if isinstance(text, bool) else several_values(question.arguments[name], text)
             for name, text in texts.items()}
    fixed = {name: values[0] for name, values in every.items() if len(values) == 1}
    return fixed, {name: values for name, values in every.items() if len(values) > 1}


def points_of(question: NamedQuestion, fixed: Mapping[str, Any], varied: Mapping[str, list[Any]]) -> list[SolvedPoint]:
    """The answer at every combination of the values that vary."""
    count = int(np.prod([len(values) for values in varied.values()], dtype=float))
    if count > MOST_POINTS:
        raise ValueError(f"these are {count:,} points, and {MOST_POINTS:,} are the most: take fewer values.")
    places = [dict(zip(varied, values, strict=True)) for values in itertools.product(*varied.values())]
    found = [point_of(question, fixed, given) for given in places]
    if all(point.refused for point in found):
        raise ValueError(found[0].refused)
    return found


def point_of(question: NamedQuestion, fixed: Mapping[str, Any], given: Mapping[str, Any]) -> SolvedPoint:
    """The answer at one point."""
    try:
        return SolvedPoint(given, question.solve(**fixed, **given))
    except REFUSALS_OF_POINTS as problem:
        return SolvedPoint(given, refused=str(problem))


def answered_points(points: Sequence[SolvedPoint]) -> list[SolvedPoint]:
    """The points that have an answer, good or bad."""
    return [point for point in points if not point.refused]


def figure_names(points: Sequence[SolvedPoint], shown: str | None, everything: bool = False) -> list[str]:
    """The figures to show: those that are named, or all that differ from point to point."""
    answer = answered_points(points)[0].answer
    known = figures_of(answer)
    if shown:
        return [meant_name(name.strip(), known, "figure") for name in shown.split(",") if name.strip()]
    if everything:
        return list(known)
    return differing(points, known) or list(known)[:FIRST_SHOWN]


def differing(points: Sequence[SolvedPoint], names: Iterable[str]) -> list[str]:
    """Those of the figures that differ from point to point."""
    bare = {name: {str(_of_point(point, name)) for point in answered_points(points)} for name in names}
    return [name for name, texts in bare.items() if len(texts) > 1]


def _of_point(point: SolvedPoint, name: str) -> Any:
    """One figure of a point; others are not computed for it."""
    return getattr(point.answer, name) if isinstance(point.answer, Result) else figures_of(point.answer)[name]


def figure_at(point: SolvedPoint, name: str) -> Any:
    """A figure of a point; nothing where the point is refused."""
    return None if point.refused else _of_point(point, name)


def number_at_point(point: SolvedPoint, name: str) -> float:
    """The same as a bare number; NaN where it is none."""
    value = bare_figure(figure_at(point, name))
    return float(value) if isinstance(value, (int, float, np.number)) and not isinstance(value, bool) else float("nan")


def unit_of_points(points: Sequence[SolvedPoint], name: str) -> str:
    """The unit of a figure, which is the same at every point."""
    return unit_of_figure(_of_point(answered_points(points)[0], name))


def headed(points: Sequence[SolvedPoint], name: str) -> str:
    """A figure's name with its unit."""
    unit = unit_of_points(points, name)
    return f"{name} [{unit}]" if unit else name


def json_points(points: Sequence[SolvedPoint], question: NamedQuestion) -> list[dict[str, Any]]:
    """Every point as JSON has it."""
    return [{"given": {name: _json_given(value, question.arguments[name]) for name, value in point.given.items()}} | (
        {"refused": point.refused} if point.refused else {"found": json_answer(point.answer)}) for point in points]


def _json_given(value: Any, argument: Argument) -> Any:
    """An argument's value; a bare number is in the unit that its declaration names."""
    if isinstance(value, (str, bool)) or hasattr(value, "units"):
        return json_figure(value)
    if isinstance(value, (int, float)):
        return json_figure(value) | {"unit": argument.counted_in}
    return json_figure(label_of(value))


def csv_points(points: Sequence[SolvedPoint]) -> Iterator[list[Any]]:
    """Every point in a row, with all its figures."""
    names = figure_names(points, None, everything=True)
    yield [*points[0].given, *(headed(points, name) for name in names), "refused"]
    for point in points:
        yield [*map(label_of, point.given.values()), *(bare_figure(figure_at(point, name)) for name in names),
               point.refused]


def notes_of(points: Sequence[SolvedPoint]) -> list[str]:
    """Why points have no answer, and why the first that cannot be cannot."""
    notes = {point.refused: point.label for point in reversed(points) if point.refused}
    said = [f"{label}: {sentence}" for sentence, label in reversed(notes.items())]
    bad = next((point for point in points if point.fails and not point.refused), None)
    return said if bad is None else [*said, f"{bad.label}: {' '.join(sentences_of(bad.answer)) or 'it cannot be.'}"]


def texts_with_words(question: NamedQuestion, words: Sequence[str], options: Mapping[str, Any]) -> dict[str, Any]:
    """Words by what they name: several models, or several chips, are to be compared."""
    texts = {name: text for name, text in options.items() if text is not None}
    places: dict[str, list[str]] = {name: [] for name in question.required if name not in texts}
    for word in words:
        places[_place_of(question, word, places)].append(word)
    return {name: ",".join(found) for name, found in places.items() if found} | texts


def _place_of(question: NamedQuestion, word: str, places: Mapping[str, list[str]]) -> str:
    """The argument that a word is meant for: the first that it can stand for."""
    problems = []
    for name in places:
        try:
            several_values(question.arguments[name], word)
        except REFUSALS_OF_POINTS as problem:
            problems.append(str(problem))
        else:
            return name
    near = [problem for problem in problems if "Did you mean" in problem or "may be" in problem]
    names = ", ".join(map(option, places)) or "one"
    raise ValueError((near or [f"{word!r} is no value of {names}: {' '.join(problems)}"])[0])
