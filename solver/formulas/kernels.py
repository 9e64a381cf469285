"""Single kernels: one matrix product, one all-reduce, one pass of a stream over weights of known size.

A profile says what an engine makes of a whole layer; these say what one kernel makes of a chip.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from solver.formulas.memory import cached_context, kv_bytes_per_token
from solver.formulas.roofline import roofline_time, smooth_max
from solver.formulas.transformer import launch_time
from solver.units import Bandwidth, Byte, Context, Flop, FlopRate, Request, Scalar, Second
from solver.zoo.fitted import fitted
from solver.zoo.models import Transformer
from solver.zoo.node import Node
from solver.zoo.records import Source, Zoo, base_value, make_plain

# Medians of kernels that the shares are fitted to.
SOURCE = "https://github.com/microsoft/vidur/tree/main/data/profiling"


@dataclass(frozen=True)
class Product:
    """A matrix product of `rows` x `inner` with `inner` x `columns`.

    An element of its factors has `size` bytes, and one of what comes out `result`, which stays at 16 bits.

    >>> Product(64, 4096, 4096).work / 1e9   # GFLOP
    2.147483648
    """

    rows: float
    inner: float
    columns: float
    size: Byte = 2.0
    result: Byte = 2.0

    @property
    def work(self) -> Flop:
        return 2 * self.rows * self.inner * self.columns

    @property
    def traffic(self) -> Byte:
        """Both factors are read and the result is written, once each."""
        factors = self.inner * self.columns + self.rows * self.inner
        return self.size * factors + self.result * self.rows * self.columns

    @property
    def narrowed(self) -> Byte:
        """To make rows as narrow as the factors, which come at the width of a result: they are read, and written."""
        return np.where(self.size < self.result, self.rows * self.inner * (self.result + self.size), 0.0)


@dataclass(frozen=True)
class KernelShares:
    """What single kernels reach of a chip: shares of peak and bandwidth, and the time that each takes besides.

    `step` is what one element more of `inner` takes, however small the product (see `product_time`), `narrowing` the
    share of bandwidth at which rows are made narrow. What still lies in the chip's cache is read `cached` times as
    fast.
    """

    compute: Scalar = 1.0
    memory: Scalar = 1.0
    launch: Second = 0.0
    norm: Scalar = float("inf")
    step: Second = 0.0
    narrowing: Scalar = float("inf")
    cached: Scalar = 1.0

    def __post_init__(self) -> None:
        make_plain(self)

    def time(self, one: Product, rate: FlopRate, bandwidth: Bandwidth) -> Second:
        """Time of a product on a chip of that rate and bandwidth.

        >>> from solver import Hardware
        >>> h100, layer = Hardware.Cloud.H100, Product(64, 4096, 4096, size=1.0)
        >>> shares = KernelShares(compute=0.72, memory=0.85, launch="12.6 us", step="0.35 ns", narrowing=0.43)
        >>> round(float(shares.time(layer, h100.fp8, h100.bandwidth)) * 1e6, 1)   # us
        19.3
        """
        return product_time(one.work, one.traffic, one.inner, one.narrowed, rate * self.compute,
                            bandwidth * self.memory, self.launch, self.step, bandwidth * self.narrowing, self.norm)


# By family of chips, fitted to `SOURCE`: A100 SXM, five models; H100 SXM, one.
KERNELS = {"Ampere": KernelShares(0.73, 0.79, 5.2e-6, 2.0), "Hopper": KernelShares(0.73, 0.92, 5.1e-6, 2.0)}
OVERLAPPED = {"Ampere": KernelShares(0.70, 0.78, 5.4e-6), "Hopper": KernelShares(0.69, 0.91, 5.3e-6)}
ALL_REDUCE = KernelShares(memory=0.57, launch=41e-6)  # on NVLink of a DGX A100, from 1 MiB; other nodes differ
# Of engines of 2025-26, by kind of chip and number format ("Hopper 8-bit"): `solver/fit/kernels.py`.
KERNELS_2026: Zoo[KernelShares] = Zoo("KERNELS_2026", lambda: fitted("kernels", kernel_shares))


def kernel_shares(table: Mapping[str, Any], sources: Mapping[str, Source]) -> KernelShares:
    """The record of one table of fitted kernels."""
    return KernelShares(**{name: base_value(value) for name, value in table.items() if name != "source"})


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


def product_time(work: Flop, traffic: Byte, inner: Scalar, narrowed: Byte, rate: FlopRate, bandwidth: Bandwidth,
                 launch: Second, step: Second, narrowing: Bandwidth, norm: Scalar = 2.0) -> Second:
    """Time of a matrix product as engines run it: rows are made narrow first, where the factors are.

        time = smooth_max(work / rate + inner * step, traffic / bandwidth, norm) + narrowed / narrowing + launch

    Every element of the result is a sum over `inner`, which a tile adds up one after the other: it takes `inner * step`
    even where there are too few tiles for the chip, and on average as much in the last wave of tiles, which fills the
    chip in part. `narrowed` bytes are read and written by a kernel of its own, whose start is in `launch`. Leaves out
    which wave is the last, and which kernel a library chooses.
    Source: NVIDIA 2023, "Matrix Multiplication Background User's Guide", on tile and wave quantization; fitted to
    kernels of TensorRT-LLM 1.0 to 1.3 and SGLang 0.5 as ai-dynamo/aiconfigurator has them.

    >>> from solver import Hardware
    >>> h100, layer = Hardware.Cloud.H100, Product(2048, 4096, 4096, size=1.0)
    >>> time = product_time(layer.work, layer.traffic, layer.inner, layer.narrowed, 0.72 * h100.fp8,
    ...                     0.85 * h100.bandwidth, 12.6e-6, 0.35e-9, 0.43 * h100.bandwidth)
    >>> round(float(time) * 1e6, 1)   # us
    81.9
    """
    added_up = smooth_max(work / rate + inner * step, traffic / bandwidth, norm)
    return added_up + narrowed / narrowing + launch


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
