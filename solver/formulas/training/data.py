"""Data on its way to a chip: what the path brings, what preparing a batch takes, and how long the chip waits."""

from __future__ import annotations

import numpy as np

from solver.units import Bandwidth, Byte, BytePerRequest, Request, Scalar, Second


def path_rate(storage: Bandwidth, link: Bandwidth, bus: Bandwidth) -> Bandwidth:
    """What arrives at the chips: as much as the slowest part of the path lets through.

        rate = min(storage, link, bus)

    `storage` and `link`, the network, are infinite where they are no limit. By definition.

    >>> float(path_rate(10e9, 50e9, 64e9)) / 1e9   # GB/s
    10.0
    """
    return np.minimum(np.minimum(storage, link), bus)


def stalled_share(demand: Bandwidth, supply: Bandwidth) -> Scalar:
    """Share of the time that chips wait for data which arrives more slowly than they could take it.

        share = max(1 - supply / demand, 0)

    What is read ahead evens out gusts, and no lasting want. By definition.

    >>> [float(stalled_share(demand, 10e9)) for demand in (5e9, 40e9)]
    [0.0, 0.75]
    """
    return np.maximum(1 - supply / demand, 0.0)


def batch_bytes(batch: Request, sample: BytePerRequest) -> Byte:
    """Data of a batch, as it is before it is prepared.

        bytes = batch * sample

    By definition.

    >>> batch_bytes(256, 110e3) / 1e6   # MB
    28.16
    """
    return batch * sample


def preparing_time(size: Byte, throughput: Bandwidth, workers: Scalar = 1.0) -> Second:
    """Time to prepare a batch of `size` bytes: to decode, cut and turn its samples.

        time = size / (throughput * workers)

    `workers` do so at `throughput` each, and none waits for another. By definition.

    >>> preparing_time(28.16e6, 250e6, 8)   # s
    0.01408
    """
    return size / (throughput * workers)


def fed_time(prepared: Second, step: Second, overlap: Scalar = 1.0) -> Second:
    """Time of a step that is fed with prepared batches.

        time = max(prepared, step) + (1 - overlap) * min(prepared, step)

    With `overlap` 1 the next batch is prepared while the chip works, and the shorter of the two hides; with 0 one
    follows the other. By definition.

    >>> [float(fed_time(0.02, 0.1, overlap)) for overlap in (0, 1)]   # s
    [0.12000000000000001, 0.1]
    """
    return np.maximum(prepared, step) + (1 - overlap) * np.minimum(prepared, step)


def needed_workers(size: Byte, throughput: Bandwidth, step: Second) -> Scalar:
    """Workers that prepare a batch in the time of a step, so that the chip never waits if they are ahead.

        workers = ceil(size / throughput / step)

    By definition.

    >>> float(needed_workers(28.16e6, 250e6, 0.05))
    3.0
    """
    return np.ceil(size / throughput / step)
