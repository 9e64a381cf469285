"""The edition of a lab: a hash of all that is asked, so that a record tells which questions were answered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from types import MappingProxyType
from typing import Any

from mlsysim_labs.marking.draws import Draw
from mlsysim_labs.questions.explore_items import DesignItem, ExploreItem
from mlsysim_labs.questions.items import Item, PredictionItem
from mlsysim_labs.questions.task_items import ReflectionItem, TaskItem
from mlsysim_labs.records.json_data import canonical

EDITION_DIGITS = 16


def edition_of(items: Iterable[Any], draws: Mapping[str, Draw] = MappingProxyType({})) -> str:
    """Sixteen hexadecimal digits that another name, question, unit, tolerance, option, setting or draw changes.

    Hints, mistakes, the order of what is told and what a student got drawn do not count: who asks the same asks the
    same edition.

    >>> edition_of([])
    '4f53cda18c2baa0c'
    """
    asked = [asked_by(item) for item in items]
    asked += [["Draw", name, [option_as_json(option) for option in draws[name].options]] for name in sorted(draws)]
    return hashlib.sha256(canonical(asked).encode("ascii")).hexdigest()[:EDITION_DIGITS]


def option_as_json(option: Any) -> Any:
    """An option of a draw as JSON: its parts by name, records as their names."""
    if isinstance(option, Mapping):
        return {str(name): option_as_json(part) for name, part in option.items()}
    return str(option)


def asked_by(item: Any) -> list[Any]:
    """What one item asks, as JSON: texts as the author wrote them, settings as texts, since they may be chips."""
    one = [type(item).__name__, item.name, item.question]
    if isinstance(item, Item):
        one += [item.given, item.unit, sorted([name, str(value)] for name, value in item.at.items())]
    if isinstance(item, PredictionItem):
        one.append(sorted([name, str(value)] for name, value in item.look.items()))
    elif isinstance(item, TaskItem):
        one += [item.tolerance, item.whole, list(item.options)]
    elif isinstance(item, DesignItem):
        one += [item.shown.given, list(item.shown.conditions)]
    else:
        assert isinstance(item, ExploreItem | ReflectionItem)
    return one
