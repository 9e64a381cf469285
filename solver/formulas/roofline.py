"""The roofline: a piece of work takes as long as the slower of arithmetic and memory traffic.

Source: Williams, Waterman, Patterson 2009, "Roofline: an insightful visual performance model".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from solver.units import Bandwidth, Byte, Flop, FlopPerByte, FlopRate, Scalar, Second
from solver.zoo.hardware import Accelerator
from solver.zoo.precision import Precision

QUICK: dict[float, Callable[..., Any]] = {
    1.0: np.add, 2.0: lambda one, other: np.sqrt(one * one + other * other), math.inf: np.maximum}


def smooth_max(one: Second, other: Second, norm: Scalar = math.inf) -> Second:
    """How two times add up that overlap in part.

        time = one + other                           norm = 1
        time = max(one, other)                       norm = infinity
        time = (one^norm + other^norm)^(1 / norm)    in between

    With norm = 1 they follow one another, with infinity they overlap wholly, with 2 they add in quadrature, which is
    what matrix products on GPUs do near the ridge point. 0 where both are 0.
    Source: Churchill, Usagi 1972, "A general expression for the correlation of rates of transfer and other phenomena".

    >>> [round(float(smooth_max(3.0, 4.0, norm)), 6) for norm in (1, 2, math.inf)]
    [7.0, 5.0, 4.0]
    """
    return _addition(norm)(one, other)


def _addition(norm: Scalar) -> Callable[..., Any]:
    """How times add up under that norm. Profiles have one of three, and those go without a division."""
    if isinstance(norm, float) and norm in QUICK:
        return QUICK[norm]

    def added(one: Second, other: Second) -> Second:
        larger = np.maximum(one, other)
        ratio = np.where(larger > 0 * larger, np.minimum(one, other) / larger, 0.0)
        return larger * (1 + ratio**norm) ** (1 / norm)
    return added


def roofline_time(work: Flop, traffic: Byte, peak: FlopRate, bandwidth: Bandwidth, norm: Scalar = math.inf) -> Second:
    """Time of `work` and `traffic` that overlap.

        time = smooth_max(work / peak, traffic / bandwidth, norm)

    Without `norm` they overlap perfectly, and it is the larger of the two: a floor. All may be arrays; they
    broadcast. Leaves out launches and caches.
    Source: Williams, Waterman, Patterson 2009, "Roofline: an insightful visual performance model".

    >>> float(roofline_time(work=2e12, traffic=1e9, peak=1e15, bandwidth=1e12))   # s
    0.002
    """
    return smooth_max(work / peak, traffic / bandwidth, norm)


def peak(device: Accelerator, precision: Precision) -> FlopRate:
    """The chip's dense rate in that number format; NaN where it has none.

        rate = device.peak[precision]

    By definition.

    >>> from solver import PRECISIONS, Hardware
    >>> float(peak(Hardware.Cloud.H100, PRECISIONS["fp8"])) / 1e12   # TFLOP/s
    1978.9
    """
    return device.peak[precision.rate]


def wide_peak(device: Accelerator, precision: Precision) -> FlopRate:
    """The rate of what is kept at 16 bits when weights are narrower (attention, lm_head).

        rate = device.half if precision is narrow else device.peak[precision]

    By definition.

    >>> from solver import PRECISIONS, Hardware
    >>> float(wide_peak(Hardware.Cloud.H100, PRECISIONS["fp8"])) / 1e12   # TFLOP/s
    989.4
    """
    return device.peak[precision.wide_rate]


def ridge_point(device: Accelerator, precision: Precision) -> FlopPerByte:
    """FLOP per byte of traffic at which arithmetic and memory take equally long.

        ridge = peak / bandwidth

    Work with less intensity is memory-bound, with more compute-bound.
    Source: Williams, Waterman, Patterson 2009, "Roofline: an insightful visual performance model".

    >>> from solver import Hardware, precision_named
    >>> round(float(ridge_point(Hardware.Cloud.H100, precision_named("fp16"))))   # FLOP/B
    295
    """
    return peak(device, precision) / device.bandwidth
