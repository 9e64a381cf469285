"""A prediction against the truth, in a sentence."""

from __future__ import annotations

from typing import Any

from mlsysim_labs.marking.answers import INFEASIBLE, count_text, is_counted
from solver.text import number_text

RIGHT = 0.01  # relative: nearer than a slider can be set
CLOSE = 0.1
PERCENT = "%"


def comparison(own: Any, truth: Any, unit: str = "") -> str:
    """What is said of a prediction beside the truth, which may be that it cannot be done.

    >>> comparison(40, 4, "users"), comparison(4, 4), comparison(3.9, 4)
    ('You said 40 users. It is 4: 10× too many.', 'You said 4, and it is 4.', 'You said 3.9. It is 4. Very close.')
    >>> comparison(16, 24, "GB"), comparison("memory", "arithmetic")
    ('You said 16 GB. It is 24: 1.5× too low.', 'You chose memory. It is arithmetic.')
    >>> comparison(16, "infeasible", "GB"), comparison("memory", "memory")
    ('You said 16 GB. It cannot be done.', 'Yes: memory.')
    >>> comparison(40, 95.1, "%"), comparison(95, 95.1, "%")
    ('You said 40 %. It is 95.1 %: 55 points more.', 'You said 95 %, and it is 95.1 %.')
    """
    if isinstance(own, str):
        return f"Yes: {truth}." if own == truth else f"You chose {own}. It is {truth}."
    said = count_text(number_text(own), unit)
    if truth == INFEASIBLE:
        return f"You said {said}. It cannot be done."
    is_ = count_text(number_text(truth), unit) if unit == PERCENT else number_text(truth)
    if truth <= 0 or own <= 0:
        return f"You said {said}. It is {is_}."
    off = round(own / truth - 1, 9)
    if number_text(own) == is_ or abs(off) <= RIGHT:
        return f"You said {said}, and it is {is_}."
    if abs(off) <= CLOSE:
        return f"You said {said}. It is {is_}. Very close."
    if unit == PERCENT and min(own, truth) > 1:  # of small shares the ratio says more
        return f"You said {said}. It is {is_}: {abs(truth - own):.0f} points {'less' if off > 0 else 'more'}."
    times = number_text(float(f"{max(own / truth, truth / own):.2g}"))
    counted = is_counted(unit) if unit else own % 1 == truth % 1 == 0
    more, less = ("many", "few") if counted else ("high", "low")
    return f"You said {said}. It is {is_}: {times}× too {more if off > 0 else less}."
