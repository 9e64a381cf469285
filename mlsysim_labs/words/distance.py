"""How far what the model says is from what somebody measured, in words."""

from __future__ import annotations

import math

from mlsysim_labs.words.templates import TIME_UNITS, digits, number_at

AS_MEASURED = 0.005  # of the measured figure: less rounds to no percent
MUCH = 2.0  # times the measured figure: from there on a factor says more than percent


def distance(predicted: float, measured: float, kind: str = "") -> str:
    """The sentence; `kind` is how both are read, as in a place of a sentence: "time", "GB", "token".

    >>> distance(14.7e-3, 16.9e-3, "time")
    'model 14.7 ms, measured 16.9 ms: 13 % low'
    >>> distance(61.2e9, 57.2e9, "GB"), distance(16.92e-3, 16.9e-3, "time")
    ('model 61.2 GB, measured 57.2 GB: 7 % high', 'model 16.9 ms: as measured')
    >>> distance(4.0, 1.25, "time"), distance(math.nan, 0.5, "time")
    ('model 4.00 s, measured 1.25 s: 3.2× too high', 'measured 500 ms; the model has no value')
    """
    if not (math.isfinite(measured) and measured > 0):
        raise ValueError(f"a measured figure is a positive number, and not {measured}: look at its unit.")
    size, unit = unit_of_time(measured)
    said, told = ((f"{digits(x / size)} {unit}" if kind == "time" else number_at(x, kind))
                  for x in (predicted, measured))
    if not math.isfinite(predicted):
        return f"measured {told}; the model has no value"
    off = predicted / measured - 1
    if abs(off) < AS_MEASURED:
        return f"model {said}: as measured"
    return f"model {said}, measured {told}: {off_text(off)}"


def off_text(off: float) -> str:
    """How far off, as a share of what was measured.

    >>> off_text(-0.13), off_text(0.096), off_text(2.2), off_text(0.001)
    ('13 % low', '10 % high', '3.2× too high', 'as measured')
    """
    if abs(off) < AS_MEASURED:
        return "as measured"
    if 1 + off >= MUCH:
        return f"{1 + off:.2g}× too high"
    return f"{max(1, round(100 * abs(off)))} % {'high' if off > 0 else 'low'}"


def unit_of_time(seconds: float) -> tuple[float, str]:
    """The unit in which a time is read: both numbers of a sentence are in that of the measured one."""
    return next(((size, unit) for size, unit in TIME_UNITS if seconds >= size * 0.9995), TIME_UNITS[-1])
