"""Texts of an author with places for the lab's numbers, as they are at the settings of a question."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mlsysim_labs.reactive.wiring import Wiring
from mlsysim_labs.words.templates import filled, names_in


def stated(wiring: Wiring, at: Mapping[str, Any], text: str) -> str:
    """A text with settings in its places, where the controls start but for `at`: nothing of it is computed."""
    if not names_in(text):
        return text
    raw = wiring.start | wiring.raw_of(at)
    return filled(text, {name: control.read(raw[name]) for name, control in wiring.controls.items()})


def explained(wiring: Wiring, at: Mapping[str, Any], text: str) -> str:
    """A text with anything of the lab's in its places, where the controls start but for `at`."""
    names = names_in(text)
    if not names:
        return text
    return filled(text, wiring.values_at(wiring.start | wiring.raw_of(at), {name.partition(".")[0] for name in names}))
