"""A prediction against the truth, in a sentence."""

from __future__ import annotations

import math
from typing import Any

from mlsysim_labs.marking.answers import INFEASIBLE, count_text, is_counted
from solver.text import number_text

RIGHT = 0.01  # relative: nearer than a slider can be set
CLOSE = 0.1


def comparison(own: Any, truth: Any, unit: str = "") -> str:
    """A sentence on a prediction and the truth, which may be that it cannot be done.

    >>> comparison(40, 4, "users"), comparison(4, 4), comparison(3.9, 4)
    ('you said 40 users, it is 4: 10× too many', 'right: 4', 'close: 3.9 against 4 (3 % low)')
    >>> comparison(16, 24, "GB"), comparison("memory", "arithmetic")
    ('you said 16 GB, it is 24: 1.5× too low', 'you chose memory; it is arithmetic')
    >>> comparison(16, "infeasible", "GB")
    'you said 16 GB, but it cannot be done: infeasible'
    """
    if isinstance(own, str):
        return f"right: {truth}" if own == truth else f"you chose {own}; it is {truth}"
    if truth == INFEASIBLE:
        return f"you said {count_text(number_text(own), unit)}, but it cannot be done: {truth}"
    said, is_ = number_text(own), number_text(truth)
    if truth <= 0 or own <= 0:
        return f"you said {count_text(said, unit)}, it is {is_}"
    off = round(own / truth - 1, 9)
    if said == is_ or abs(off) <= RIGHT:
        return f"right: {count_text(is_, unit)}"
    if abs(off) <= CLOSE:
        percent = math.floor(100 * abs(off) + 0.5)
        return f"close: {said} against {count_text(is_, unit)} ({percent} % {'high' if off > 0 else 'low'})"
    times = number_text(float(f"{max(own / truth, truth / own):.2g}"))
    counted = is_counted(unit) if unit else own % 1 == truth % 1 == 0
    more, less = ("many", "few") if counted else ("high", "low")
    return f"you said {count_text(said, unit)}, it is {is_}: {times}× too {more if off > 0 else less}"
