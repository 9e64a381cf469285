"""``fit``: whether a model fits on a chip, for how many users, and how an engine would count."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from mlsysim_labs.commands.answers import ToldAnswer, figures_of, meaning_of, sentences_of
from mlsysim_labs.commands.asking import Answering, NamedQuestion
from mlsysim_labs.commands.solve import ANSWER_OUTPUTS, answer_question
from solver.base.declared import Argument
from solver.serving.capacity import kv_capacity, max_users

USERS_MEANING = "requests of that context that fit at once beside the weights, by memory alone"


def room_for_users(**given: Any) -> ToldAnswer:
    """Whether a model fits on a chip: how many users by memory alone, and what an engine would make of the memory.

    The engine keeps a share of the memory and counts in blocks (`kv_capacity`); memory alone does not (`max_users`).
    """
    users = max_users(**{name: value for name, value in given.items() if name in declared_arguments(max_users)})
    counted = kv_capacity(**{ENGINE_NAMES.get(name, name): value for name, value in given.items()
                             if ENGINE_NAMES.get(name, name) in declared_arguments(kv_capacity)})
    figures = {"feasible": bool(users >= 1), "users": int(users) if math.isfinite(users) else users} | {
        name: value for name, value in figures_of(counted).items() if name != "feasible"}
    meanings = {name: meaning_of(counted, name) for name in figures}
    said = [] if users >= 1 else [f"Memory: no user of {given['context']:,.0f} tokens fits beside the weights."]
    own = {"feasible": "whether one user fits, by memory alone", "users": USERS_MEANING}
    return ToldAnswer(figures, meanings | own, (*said, *(f"An engine: {one}" for one in sentences_of(counted))))


def declared_arguments(function: Any) -> Mapping[str, Argument]:
    """The declared arguments of a function."""
    found: Mapping[str, Argument] = function.arguments
    return found


ENGINE_NAMES = {"context": "max_len"}  # what an engine calls it
room_for_users.arguments = dict(declared_arguments(max_users)) | {  # type: ignore[attr-defined]
    name: one for name, one in declared_arguments(kv_capacity).items() if name not in ENGINE_NAMES.values()}


def fitting(words: Sequence[str], usual: str, ending: str = "") -> Answering:
    """As `solving`: with the arguments of both."""
    return NamedQuestion("fit", room_for_users, {"context": "8192"}), answer_question, ANSWER_OUTPUTS, list(words)
