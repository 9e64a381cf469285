"""What a class has predicted in a lab, of the acts that were found: one person counts once, by the first guess."""

from __future__ import annotations

import dataclasses
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any

from mlsysim_labs.classroom.collected.folder import PersonActs
from mlsysim_labs.classroom.course import CourseLab
from mlsysim_labs.classroom.judging import counted_events, item_marks
from mlsysim_labs.classroom.marked_labs import MarkedLab, marked_lab
from mlsysim_labs.classroom.marks import LabMark
from mlsysim_labs.marking.variants import Variant
from mlsysim_labs.questions.items import PredictionItem
from mlsysim_labs.records.event import Event
from mlsysim_labs.records.owner import openings
from solver.text import nearest


def predictions_of(notebook: str, question: str = "") -> MarkedLab:
    """A lab of which only the predictions are asked for, or one of them; ValueError where there is none.

    >>> list(predictions_of("03_kv_cache").items)
    ['users_at_128k', 'best_change']
    """
    marked = marked_lab(CourseLab(notebook))
    names = list(marked.lab.questions.predictions)
    if not names:
        raise ValueError(f"the lab {marked.slug} asks for no prediction: there is nothing to collect.")
    if question and question not in names:
        raise ValueError(f"the lab {marked.slug} has no prediction {question!r}. {nearest(question, names)}")
    return dataclasses.replace(marked, weights={name: 1.0 for name in names if question in ("", name)})


def class_marks(acts: Iterable[PersonActs], marked: MarkedLab) -> list[LabMark]:
    """The first guesses of each person, with the truth for that person's numbers; who has guessed nothing is left out.

    A guess after the lab was opened without one is none, nor is one that the lab would not take.
    """
    found: dict[str, dict[str, Event]] = {}
    for one in acts:
        if one.lab == marked.slug:
            found.setdefault(one.person, {}).update({event.hash: event for event in one.events})
    marks = []
    for person in sorted(found):
        events = counted_events(found[person].values())
        items = [item for item in item_marks(marked, events, variant_said(events)) if item.state == "done"]
        if items:
            marks.append(LabMark(marked.slug, 0.0, 0.0, tuple(items)))
    return marks


def variant_said(events: Iterable[Event]) -> Variant | None:
    """The numbers of whoever made the first guess, as the record says: nothing is graded here."""
    events = list(events)
    seeds: dict[str, Any] = {event.session: event.value.get("seed") for event in openings(events)}
    first = next((event.session for event in events if event.kind == "prediction"), "")
    try:
        return None if seeds.get(first) is None else Variant(seeds[first])
    except (TypeError, ValueError):  # whoever wrote that, it was no lab
        return None


def most_frequent_lab(acts: Iterable[PersonActs], known: Iterable[str], now: str = "") -> str:
    """Of the labs that are `known` the one of most people; of several the one that is shown `now`, if it is one.

    >>> acts = [PersonActs("a", "03_kv_cache", ()), PersonActs("b", "03_kv_cache", ()), PersonActs("a", "x", ())]
    >>> most_frequent_lab(acts, ["03_kv_cache"])
    '03_kv_cache'
    """
    known = set(known)
    people = Counter(lab for lab, _ in {(one.lab, one.person) for one in acts} if lab in known)
    return max(people, key=lambda lab: (people[lab], lab == now, lab), default=now)


def prediction_items(marked: MarkedLab) -> Mapping[str, PredictionItem]:
    """The predictions that are collected, by name."""
    return {name: item for name, item in marked.items.items() if isinstance(item, PredictionItem)}
