"""What results of queues say: whether they are stable, what a limit leaves, and what is approximate."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.formulas.waiting.queues import FULL_LOAD
from solver.text import number_text
from solver.units import quantity


def stability_sentence(load: Any, servers: Any, name: str = "server") -> str:
    """Whether servers keep up, at the busiest of the points, and how many would."""
    loads, busiest = np.ravel(load), float(np.max(load))
    if not np.any(loads >= FULL_LOAD):
        return f"Queue: stable, at a utilization of {number_text(busiest)}{' at most' if loads.size > 1 else ''}."
    where = f" at {np.sum(loads >= FULL_LOAD)} of {loads.size} points" if loads.size > 1 else ""
    needed = np.max(np.floor(np.asarray(load) * servers / FULL_LOAD) + 1)
    remedy = f" At least {number_text(needed)} {name}s keep up." if np.isfinite(needed) else ""
    return (f"Queue: unstable{where}, for {number_text(busiest)} times as much comes as its {name}s can serve: the "
            f"line grows without end.{remedy}")


def limit_sentence(latency: Any, limit: Any, quantile: Any, highest: Any) -> str:
    """What is left of a limit at the tightest of the points, and which utilization would meet it."""
    spare, size = np.ravel(limit - np.asarray(latency)), np.size(latency)
    tightest, missed = float(np.min(spare)), int(np.sum(spare < 0))
    share = f"{number_text(100 * float(np.max(quantile)))} %"
    if not missed:
        return f"Limit: met for {share} of the requests, with {quantity(tightest, 'ms')} to spare."
    where = f" at {missed} of {size} points" if size > 1 else ""
    by = f", by {quantity(-tightest, 'ms')}" if np.isfinite(tightest) else ""
    least = float(np.min(highest))
    remedy = (f"A utilization of {number_text(least)} would meet it." if least > 0 else
              "No utilization meets it, for service alone takes longer: make service shorter, or less spread.")
    return f"Limit: missed{where}{by}, for {share} of the requests. {remedy}"


def approximation_sentences(cv: Any, parts: Any = 1) -> list[str]:
    """What is not exact, and by how much it was off."""
    said = []
    if np.any(np.asarray(cv) != 1):
        said.append("Approximation: of service times their mean and spread are known. In simulations with a gamma "
                    "distribution the p99 was within 14 % of this.")
    if np.any(np.asarray(parts) > 1):
        said.append("Fan-out: parts are taken as independent; what slows all of them at once comes on top.")
    return [*said, "Left out: bursts, time-outs, repeated requests, and lines that are not shared."]
