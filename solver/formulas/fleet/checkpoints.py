"""Checkpoints: what is written of a training job, how long that takes, and what it costs."""

from __future__ import annotations

import numpy as np

from solver.formulas.memory import weights_bytes
from solver.units import Bandwidth, Byte, Scalar, Second
from solver.zoo.convnet import ConvNet
from solver.zoo.models import Transformer
from solver.zoo.precision import Precision

ADAM_MOMENTS = 2.0


def checkpoint_bytes(model: Transformer | ConvNet, precision: Precision, moments: Scalar = ADAM_MOMENTS,
                     moment: Byte = 4.0) -> Byte:
    """Size of a checkpoint that training goes on from: weights, their 32-bit copy, and the optimizer's moments.

        bytes = weights_bytes + parameters * (optimizer_size - (2 - moments) * moment)

    `optimizer_size` is Adam's, with two moments of 4 bytes; gradients are not written. That is 14 bytes a parameter at
    16 bits. The state of the data loader and of random numbers, far smaller, is left out.
    Source: Rajbhandari et al. 2020, "ZeRO", section 3.1.

    >>> from solver import Models, precision_named
    >>> round(float(checkpoint_bytes(Models.Llama3_70B, precision_named("fp16"))) / 1e9)   # GB
    988
    """
    state = precision.optimizer_size - (ADAM_MOMENTS - moments) * moment
    return weights_bytes(model, precision) + model.parameters * state


def checkpoint_rate(each: Bandwidth, writers: Scalar, limit: Bandwidth) -> Bandwidth:
    """Bytes a second at which writers store a checkpoint together, each a part of it.

        rate = min(each * writers, limit)

    `each` is the rate of a writer, `limit` what the file system takes from all of them. By definition; equal parts are
    left to the writers.

    >>> checkpoint_rate(64e9, [1, 16], 500e9).tolist()   # B/s
    [64000000000.0, 500000000000.0]
    """
    return np.minimum(np.multiply(each, writers), limit)


def write_time(size: Byte, rate: Bandwidth) -> Second:
    """Time that a checkpoint takes to be written.

        time = size / rate

    Opening files, and waiting for the slowest writer, are left out. By definition.

    >>> write_time(1e12, 250e9)   # s
    4.0
    """
    return size / rate


def paused_share(checkpoint: Second, interval: Second) -> Scalar:
    """Share of time that work waits for checkpoints, where nothing fails.

        share = checkpoint / (interval + checkpoint)

    `interval` is the work between two of them. By definition.

    >>> paused_share(120, 1080)
    0.1
    """
    return checkpoint / (interval + checkpoint)


def needed_rate(size: Byte, interval: Second, share: Scalar) -> Bandwidth:
    """Bytes a second that leave work waiting for no more than a share of time.

        rate = size * (1 - share) / (interval * share)

    By definition.

    >>> needed_rate(1e12, 1900, 0.05)   # B/s
    10000000000.0
    """
    return size * (1 - share) / (interval * share)
