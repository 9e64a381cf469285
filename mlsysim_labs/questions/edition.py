"""The edition of a lab: a hash of all that is asked, so that a record tells which questions were answered."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Any

from mlsysim_labs.questions.explore_items import DesignItem, ExploreItem
from mlsysim_labs.questions.items import Item, PredictionItem
from mlsysim_labs.questions.task_items import ReflectionItem, TaskItem
from mlsysim_labs.records.json_data import canonical

EDITION_DIGITS = 16


def edition_of(items: Iterable[Any]) -> str:
    """Sixteen hexadecimal digits that another name, question, unit, tolerance, option or setting changes.

    Hints, mistakes and the order of what is told do not count: who asks the same asks the same edition.

    >>> edition_of([])
    '4f53cda18c2baa0c'
    """
    return hashlib.sha256(canonical([asked_by(item) for item in items]).encode("ascii")).hexdigest()[:EDITION_DIGITS]


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
