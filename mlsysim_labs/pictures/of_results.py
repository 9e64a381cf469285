"""What of a result goes into a picture."""

from __future__ import annotations

from typing import Any

from solver.units import factor


def estimate(result: Any, name: str, unit: str = "") -> tuple[Any, Any, Any, Any]:
    """Floor, estimate, and the two ends of its band, in that unit: a row of `Estimates`.

    >>> from solver import Hardware, Models, ServingModel
    >>> r = ServingModel().solve(Models.Llama3_8B, Hardware.Cloud.H100, 2048, 64, profile="tuned")
    >>> [round(float(part), 2) for part in estimate(r, "itl", "ms")]
    [9.6, 14.15, 11.32, 16.98]
    """
    size = factor(unit) if unit else 1.0
    low, high = result.interval(name)
    return tuple(part / size for part in (result.floor.value(name), result.value(name), low, high))
