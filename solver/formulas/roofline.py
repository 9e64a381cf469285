"""The roofline: a piece of work takes as long as the slower of arithmetic and memory traffic.

Source: Williams, Waterman, Patterson 2009, "Roofline: an insightful visual performance model".
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from solver.units import Bandwidth, Byte, Flop, FlopPerByte, FlopPerToken, FlopRate, Scalar, Second, Token
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


def crossing_bytes(size: Byte, joined: Scalar, servers: Scalar) -> Byte:
    """What each chip sends over its NIC in an all-reduce of `size` bytes in two levels.

        bytes = 2 * (servers - 1) / servers * size / joined

    Source: Jia et al. 2018, "Highly Scalable Deep Learning Training System with Mixed-Precision".

    >>> round(crossing_bytes(14e9, 8, 128) / 1e9, 2)   # GB
    3.47
    """
    return 2 * (servers - 1) / servers * size / joined


def linked_bytes(size: Byte, joined: Scalar) -> Byte:
    """What each chip sends over the link of its server in such an all-reduce.

        bytes = 2 * (joined - 1) / joined * size

    Source: Patarasuk, Yuan 2009, "Bandwidth optimal all-reduce algorithms for clusters of workstations".

    >>> linked_bytes(14e9, 8) / 1e9   # GB
    24.5
    """
    return 2 * (joined - 1) / joined * size


def update_traffic(parameters: Scalar, size: Byte, state: Byte = 28.0) -> Byte:
    """Memory traffic of a step of training for its parameters: three passes, and the step of the optimizer.

        traffic = parameters * (3 * size + state)

    Weights are read forwards and backwards, and gradients are written; Adam reads those, a copy of the weights and two
    moments at 32 bits, and writes all of these: `state`. Leaves out activations.
    Source: Rajbhandari et al. 2020, "ZeRO: Memory Optimizations Toward Training Trillion Parameter Models", section 3.

    >>> update_traffic(8.03e9, 2.0) / 1e9   # GB
    273.02
    """
    return parameters * (3 * size + state)


def network_ridge(rate: FlopRate, nic: Bandwidth) -> FlopPerByte:
    """Work for each byte that crosses a NIC at which arithmetic and network take equally long.

        ridge = rate / nic

    Source: Williams, Waterman, Patterson 2009, "Roofline: an insightful visual performance model".

    >>> round(network_ridge(0.5 * 989.4e12, 50e9))   # FLOP/B
    9894
    """
    return rate / nic


def hiding_tokens(exchange: Second, rate: FlopRate, token_work: FlopPerToken) -> Token:
    """Tokens of a step on each chip from which arithmetic takes longer than the exchange of gradients.

        tokens = exchange * rate / token_work

    By definition.

    >>> round(hiding_tokens(0.0695, 0.5 * 989.4e12, 6 * 7e9))
    819
    """
    return exchange * rate / token_work
