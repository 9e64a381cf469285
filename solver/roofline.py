"""The roofline: a piece of work takes as long as the slower of arithmetic and memory traffic.

Source: Williams, Waterman, Patterson 2009, "Roofline: an insightful visual performance model".
"""

from __future__ import annotations

import numpy as np

from .hardware import Accelerator
from .precision import Precision
from .units import Bandwidth, Byte, Flop, FlopPerByte, FlopRate, Second


def roofline_time(work: Flop, traffic: Byte, peak: FlopRate, bandwidth: Bandwidth) -> Second:
    """Least time for `work` and `traffic` that overlap perfectly.

        time = max(work / peak, traffic / bandwidth)

    All may be arrays; they broadcast. Leaves out launches, caches and imperfect overlap: a floor.

    >>> float(roofline_time(work=2e12, traffic=1e9, peak=1e15, bandwidth=1e12))   # s
    0.002
    """
    return np.maximum(work / peak, traffic / bandwidth)


def peak(device: Accelerator, precision: Precision) -> FlopRate:
    """The chip's dense rate in that number format; NaN where it has none."""
    return device.peak[precision.name]


def wide_peak(device: Accelerator, precision: Precision) -> FlopRate:
    """The rate of what is kept at 16 bits when weights are narrower (attention, lm_head)."""
    return device.wide_peak[precision.name]


def ridge_point(device: Accelerator, precision: Precision) -> FlopPerByte:
    """FLOP per byte of traffic at which arithmetic and memory take equally long.

        ridge = peak / bandwidth

    Work with less intensity is memory-bound, with more compute-bound.

    >>> from solver import Hardware, precision_named
    >>> round(float(ridge_point(Hardware.Cloud.H100, precision_named("fp16"))))   # FLOP/B
    295
    """
    return peak(device, precision) / device.bandwidth
