"""Where an axis is marked: at few, round numbers, which have room on a telephone."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

MOST_TICKS = 6


def ticks(low: float, high: float, scale: str) -> dict[str, Any]:
    """What an axis is marked with: on a logarithmic one powers of ten, or of four from a low end that is none.

    bqplot would divide the axis from end to end, which it moves out where a point needs room: -0.895, 19.5 and so on.

    >>> ticks(512, 131072, "log")["tick_values"].tolist()
    [512.0, 2048.0, 8192.0, 32768.0, 131072.0]
    """
    values = round_numbers(low, high) if scale == "linear" else powers(low, high)
    return {"tick_values": np.array(values), "grid_lines": "solid", "tick_format": ",~g"}


def powers(low: float, high: float) -> Any:
    """Powers of a base from `low` on: of ten, or of four where `low` is no power of ten, or of a power of these.

    >>> powers(1, 1e9).tolist()
    [1.0, 100.0, 10000.0, 1000000.0, 100000000.0]
    """
    base = 10.0 if math.log10(low).is_integer() else 4.0
    count = math.floor(math.log(high / low, base) + 1e-9)
    return low * base ** np.arange(0, count + 1, 1 + count // MOST_TICKS)


def round_numbers(low: float, high: float) -> list[float]:
    """Multiples of 1, 2 or 5 times a power of ten between two limits, as many as MOST_TICKS allows.

    >>> round_numbers(3, 47)
    [10.0, 20.0, 30.0, 40.0]
    """
    power = math.floor(math.log10((high - low) / MOST_TICKS))
    steps = (float(f"{digit}e{power + more}") for more in (0, 1) for digit in (1, 2, 5))
    for step in steps:
        first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
        if last - first < MOST_TICKS:
            break
    return [float(f"{step * n:.12g}") for n in range(first, last + 1)]
