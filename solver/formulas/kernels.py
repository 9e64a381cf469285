"""Single kernels: one matrix product, one all-reduce, one pass of a stream over weights of known size.

A profile says what an engine makes of a whole layer; these say what one kernel makes of a chip.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from solver.formulas.memory import cached_context, kv_bytes_per_token
from solver.formulas.roofline import roofline_time
from solver.formulas.transformer import launch_time
from solver.units import Bandwidth, Byte, Context, Flop, FlopRate, Request, Scalar, Second
from solver.zoo.models import Transformer
from solver.zoo.node import Node

# Medians of kernels that the shares are fitted to.
SOURCE = "https://github.com/microsoft/vidur/tree/main/data/profiling"


@dataclass(frozen=True)
class Product:
    """A matrix product of `rows` x `inner` with `inner` x `columns`, at 16 bits.

    >>> Product(64, 4096, 4096).work / 1e9   # GFLOP
    2.147483648
    """

    rows: float
    inner: float
    columns: float

    @property
    def work(self) -> Flop:
        return 2 * self.rows * self.inner * self.columns

    @property
    def traffic(self) -> Byte:
        """Both factors are read and the result is written, once each."""
        return 2 * (self.inner * self.columns + self.rows * (self.inner + self.columns))


@dataclass(frozen=True)
class KernelShares:
    """What single kernels reach of a chip: shares of peak and bandwidth, and the time that each takes besides."""

    compute: Scalar = 1.0
    memory: Scalar = 1.0
    launch: Second = 0.0
    norm: Scalar = float("inf")


# By family of chips, fitted to `SOURCE`: A100 SXM, five models; H100 SXM, one.
KERNELS = {"Ampere": KernelShares(0.73, 0.79, 5.2e-6, 2.0), "Hopper": KernelShares(0.73, 0.92, 5.1e-6, 2.0)}
OVERLAPPED = {"Ampere": KernelShares(0.70, 0.78, 5.4e-6), "Hopper": KernelShares(0.69, 0.91, 5.3e-6)}
ALL_REDUCE = KernelShares(memory=0.57, launch=41e-6)  # on NVLink of a DGX A100, from 1 MiB; other nodes differ


def kernel_time(work: Flop, traffic: Byte, rate: FlopRate, bandwidth: Bandwidth, launch: Second,
                norm: Scalar = 2.0) -> Second:
    """Time of one kernel.

        time = smooth_max(work / rate, traffic / bandwidth, norm) + launch

    `rate` and `bandwidth` are those that kernels reach. Leaves out waves: a product whose tiles do not fill the chip
    evenly takes up to a fifth longer.
    Source: Agrawal et al. 2024, "Vidur: A Large-Scale Simulation Framework for LLM Inference", whose measured kernels
    it was fitted to (`SOURCE`).

    >>> from solver import Hardware
    >>> a100, shares, layer = Hardware.Cloud.A100, KERNELS["Ampere"], Product(64, 4096, 4096)
    >>> time = kernel_time(layer.work, layer.traffic, a100.fp16 * shares.compute, a100.bandwidth * shares.memory,
    ...                    shares.launch)
    >>> round(float(time) * 1e6, 1)   # us
    28.7
    """
    return roofline_time(work, traffic, rate, bandwidth, norm) + launch


def all_reduce_time(size: Byte, chips: Scalar, latency: Second, bus: Bandwidth) -> Second:
    """Time to add up `size` bytes that each of `chips` chips holds.

        time = latency * (chips > 1) + 2 * (chips - 1) / chips * size / bus

    A ring: every chip sends and receives each part twice. Source: Patarasuk, Yuan 2009, "Bandwidth optimal all-reduce
    algorithms for clusters of workstations".

    >>> round(float(all_reduce_time(2**26, 2, 41e-6, 171e9)) * 1e3, 3)   # ms
    0.433
    """
    return latency * np.minimum(chips - 1, 1) + 2 * (chips - 1) / chips * size / bus


def stream_time(node: Node, model: Transformer, weights: Byte, context: Context, one: Request = 1.0) -> Second:
    """Time of a token of a single stream when a step reads `weights` bytes: known from a file, not from a format.

        time = (weights + kv_bytes_per_token * cached_context * one) / bandwidth + layers * launch

    Files mix formats (Q4_K_M has five), and their size is what counts. Arithmetic hides behind reading.
    Source: Pope et al. 2023, "Efficiently Scaling Transformer Inference", section 2.

    >>> from solver import PRECISIONS, Hardware, Models, Node, Profiles
    >>> fp16 = PRECISIONS["fp16"]
    >>> node = Node(Hardware.Workstation.RTX_4090, fp16, fp16, Profiles.llama_cpp)
    >>> round(1 / float(stream_time(node, Models.Llama3_8B, 15.01e9, 256)), 1)   # token/s
    52.0
    """
    cache = kv_bytes_per_token(model, node.kv_precision) * cached_context(model, context) * one
    return (weights + cache) / node.bandwidth + launch_time(node, model)
