"""All-reduces inside CUDA graphs, as engines of 2025-26 run them; `all_reduce_time` is that of a plain ring.

Whether a library starts one kernel after the other ("eager", the 41 us of `ALL_REDUCE`) or a graph does makes the
difference where messages are small: decoding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.units import Bandwidth, Byte, Scalar, Second
from solver.zoo.fitted import fitted
from solver.zoo.records import Source, Zoo, base_value, make_plain


@dataclass(frozen=True)
class AllReduceShares:
    """What all-reduces in CUDA graphs reach of a link (see `graph_all_reduce_time`).

    `latency` of a pair of chips, which grows by `growth`, an exponent; the share `direct` of the link where every chip
    sends all to all others; a ring's or switch's `start` besides, and its share `bus`, which grows by `rise`.
    """

    latency: Second = 0.0
    growth: Scalar = 0.0
    direct: Scalar = 1.0
    start: Second = float("inf")
    bus: Scalar = 1.0
    rise: Scalar = 0.0

    def __post_init__(self) -> None:
        make_plain(self)

    def time(self, size: Byte, chips: Scalar, link: Bandwidth) -> Second:
        """Time to add up `size` bytes that each of `chips` chips holds, over links of that rate.

        >>> from solver import Hardware
        >>> h100, shares = Hardware.Cloud.H100, AllReduceShares("4.4 us", 0.05, 0.57, "5.4 us", 0.6, 0.26)
        >>> [round(float(shares.time(size, 8, h100.link)) * 1e6, 1) for size in (2**14, 2**26)]   # us
        [5.2, 313.4]
        """
        return graph_all_reduce_time(size, chips, self.latency, self.growth, link * self.direct, self.start,
                                     link * self.bus, self.rise)


NOTHING_LOST = AllReduceShares(start=0.0)
# NCCL's rings between H100s of a server, with 2, 4 and 8 chips: 7, 11 and 18 us, and 0.55, 0.68 and 0.82 of the link,
# as ai-dynamo/aiconfigurator has them (systems/data/h100_sxm/nccl, 2025). Sums in switches (NVLS) are left out.
NCCL = AllReduceShares(latency=7e-6, growth=0.68, direct=0.55, start=0.0, bus=0.55, rise=0.29)
# NCCL started anew for each exchange, on DGX A100: `ALL_REDUCE` of `kernels`, from Vidur's measurements of 2024.
EAGER = AllReduceShares(latency=41e-6, direct=0.57, start=0.0, bus=0.57)
# What NCCL gets of a NIC: 46 to 48 GB/s of 50 (NVIDIA/nccl-tests, issue 290, 2025), 24 of 25 (issue 160, 2023).
NIC_SHARE = 0.94
# A step between servers, in a ring: `hwLat` of NCCL's tuning model (LL128), NVIDIA/nccl, src/graph/tuning.cc.
NIC_STEP = 4e-6
# By family of chips that a link joins, else "PCIe 2" for two cards, "PCIe" for more: `solver/fit/collectives.py`.
IN_GRAPHS: Zoo[AllReduceShares] = Zoo("IN_GRAPHS", lambda: fitted("collectives", all_reduce_shares))


def all_reduce_shares(table: Mapping[str, Any], sources: Mapping[str, Source]) -> AllReduceShares:
    """The record of one table of fitted all-reduces."""
    return AllReduceShares(**{name: base_value(value) for name, value in table.items() if name != "source"})


def graph_all_reduce_time(size: Byte, chips: Scalar, latency: Second, growth: Scalar, direct: Bandwidth,
                          start: Second, bus: Bandwidth, rise: Scalar = 0.0) -> Second:
    """Time to add up `size` bytes that each of `chips` chips holds, in a CUDA graph, the faster way.

        time = latency * (chips / 2)^growth + min((chips - 1) * size / direct, start + ring)
        ring = 2 * (chips - 1) / chips * size / (bus * (chips / 2)^rise)

    Either every chip sends all that it has to all others, in one step; or each adds up one part and sends it on, by a
    ring or in two steps, which starts later and moves less. Switches that add up on the way (NVLink since Hopper) let
    the rate of the bus rise with the chips. 0 for a single chip. Leaves out the sizes at which an engine changes from
    one to the other, which are set by hand and not where they are equally fast.
    Source: Thakur, Rabenseifner, Gropp 2005, "Optimization of Collective Communication Operations in MPICH"; fitted to
    vLLM 0.14 and 0.24 as ai-dynamo/aiconfigurator has them.

    >>> round(float(graph_all_reduce_time(2**14, 8, 4.3e-6, 0.05, 260e9, 6e-6, 280e9, 0.25)) * 1e6, 1)   # us: one step
    5.0
    >>> round(float(graph_all_reduce_time(2**26, 8, 4.3e-6, 0.05, 260e9, 6e-6, 280e9, 0.25)) * 1e6, 1)   # us: a ring
    307.2
    """
    ring = 2 * (chips - 1) / chips * size / (bus * (chips / 2) ** rise)
    moved = np.minimum((chips - 1) * size / direct, start + ring)
    return np.minimum(chips - 1, 1) * latency * (chips / 2) ** growth + moved
