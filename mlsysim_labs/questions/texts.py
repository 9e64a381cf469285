"""Texts of an author with places for the lab's numbers, as they are at the settings of a question."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from mlsysim_labs.reactive.wiring import Wiring
from mlsysim_labs.words.templates import filled, names_in

NONE_SAID: Mapping[str, Any] = MappingProxyType({})


def stated(wiring: Wiring, at: Mapping[str, Any], text: str, said: Mapping[str, Any] = NONE_SAID) -> str:
    """A text with settings in its places, where the controls start but for `at`, and what else is `said` there:
    nothing of it is computed.
    """
    if not names_in(text):
        return text
    raw = wiring.start | wiring.raw_of(at)
    return filled(text, {name: control.read(raw[name]) for name, control in wiring.controls.items()} | {**said})


def explained(wiring: Wiring, at: Mapping[str, Any], text: str, said: Mapping[str, Any] = NONE_SAID) -> str:
    """A text with anything of the lab's in its places, where the controls start but for `at`, and what is `said`."""
    if not (heads := heads_of(text)):
        return text
    return filled(text, wiring.values_at(wiring.start | wiring.raw_of(at), heads, said))


def heads_of(text: str) -> set[str]:
    """The names of the lab that a text has places for, whatever part of them it shows.

    >>> heads_of("{user.long:GB} of {user.short:GB}")
    {'user'}
    """
    return {name.partition(".")[0] for name in names_in(text)}
