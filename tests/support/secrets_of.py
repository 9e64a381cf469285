"""What a lab may not tell before its predictions are locked."""

from __future__ import annotations

import re
from typing import Any

from played import keys, truths

from mlsysim_labs.testing import tasks_of


def texts_of(lab: Any) -> list[str]:
    """The texts that tell an answer."""
    asked = lab.questions
    texts = [item.explained(item.why) for item in asked.predictions.values()]
    for task in tasks_of(lab).values():
        texts += [task.explained(text) for text in (*task.hints, task.means, task.derivation)]
        texts += [task.explained(mistake.sentence) for mistake in task.mistakes]
    return [text for text in texts if text]


def secrets(lab: Any) -> list[str]:
    """These, and keys and truths that are long enough to mean something."""
    values = [repr(value) for value in truths(lab).values() if isinstance(value, float)] + list(keys(lab).values())
    return texts_of(lab) + [text for text in values if len(re.sub(r"\D", "", text)) > 3]
