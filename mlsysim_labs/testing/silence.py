"""What a lab says before a lock, and that no truth is in it."""

from __future__ import annotations

import itertools
import os
import re
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import ipywidgets
import numpy as np

from mlsysim_labs.lab import Lab
from mlsysim_labs.places.notebooks import new_lab
from mlsysim_labs.questions.items import PredictionItem

CLOCK = re.compile(r"'born': [\d.]+|\d{4}-\d\d-\d\dT[\d:.]+(?:Z|\+[\d:]+)?")


def check_silence(notebook: str | os.PathLike[str], seed: int = 1) -> None:
    """Until a lock nothing that is sent depends on the truth that it opens: the same bytes, whatever that is."""
    if ipywidgets.__version__.startswith("7"):  # whose comms cannot be listened to in this way
        return
    names, heard = _heard(notebook, (), seed)
    assert len(heard[0]) > 10, "what a lab sends can be heard"
    for number, name in enumerate(names):
        _, other = _heard(notebook, names[number:], seed)
        same = heard[:number + 1] == other[:number + 1]
        assert same, f"what is sent before the lock depends on the truth of {name}"
        assert heard[number + 1] != other[number + 1], f"the truth of {name} comes with the lock"


def _another(item: PredictionItem, truth: Any) -> Any:
    if isinstance(truth, str):
        return next(option for option in item.shown.options if option != truth)
    return truth * 3


def _heard(notebook: str | os.PathLike[str], changed: Collection[str], seed: int) -> tuple[list[str], list[list[str]]]:
    """Predictions, and what a lab sends until and with each lock in turn, where the truths of `changed` are others."""
    truth = PredictionItem.truth.fget  # type: ignore[attr-defined]
    other = property(lambda item: _another(item, truth(item)) if item.name in changed else truth(item))
    with mock.patch.object(PredictionItem, "truth", other), messages() as said:
        lab = new_lab(notebook, "learn")
        lab.box  # noqa: B018 - showing it is what publishes
        _move(lab, seed)
        ends = [0, len(said)]
        for item in lab.questions.predictions.values():
            own = item.shown.options[0] if item.shown.options else item.shown.low
            item.shown.hear({"kind": "lock", "id": item.name, "value": own})
            ends.append(len(said))
        return list(lab.questions.predictions), [said[a:b] for a, b in itertools.pairwise(ends)]


def _move(lab: Lab, seed: int) -> None:
    """Somewhere else with every knob that moves something before the lock."""
    rng = np.random.default_rng(seed)
    for name in sorted(lab.wiring.needed(lab.page.start_functions)):
        control = lab.wiring.controls[name]
        setattr(control.widget, control.trait, control.sample(rng))


@contextmanager
def messages() -> Iterator[list[str]]:
    """All that widgets send meanwhile, with the widgets numbered in the order in which they open, and no clock."""
    import comm
    from comm import base_comm

    numbers: dict[str, str] = {}
    said: list[str] = []

    class Comm(base_comm.BaseComm):
        def publish_msg(self, msg_type: str, data: Any = None, metadata: Any = None, buffers: Any = None,
                        **keys: Any) -> None:
            numbers.setdefault(self.comm_id, f"widget {len(numbers)}")
            sent = repr((msg_type, self.comm_id, data, [bytes(b) for b in buffers or []]))
            said.append(CLOCK.sub("", re.sub(r"[0-9a-f]{32}", lambda found: numbers.get(found[0], found[0]), sent)))

        def close(self, *args: Any, **options: Any) -> None:
            """Nothing: widgets outlast the manager that they were opened with."""

    manager = base_comm.CommManager()
    with mock.patch.object(comm, "create_comm", lambda *args, **options: Comm(*args, **options)), \
            mock.patch.object(comm, "get_comm_manager", lambda: manager):
        yield said
