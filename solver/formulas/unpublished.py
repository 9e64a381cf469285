"""What is known of chips whose rates nobody publishes: a step that waits for memory anyway."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.formulas.transformer import decode_time
from solver.formulas.work import forward_traffic, forward_work
from solver.units import Context, FlopPerByte, Request, Second
from solver.zoo.models import Transformer
from solver.zoo.node import Node


def decode_intensity(node: Node, model: Transformer, batch: Request, past: Context, new: Context = 1.0) -> FlopPerByte:
    """Work of a decode step for each byte that it reads.

        intensity = forward_work / forward_traffic

    Source: Williams, Waterman, Patterson 2009, "Roofline: an insightful visual performance model".

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> [round(float(decode_intensity(node, Models.Llama3_8B, n, 2048)), 1) for n in (1, 64)]
    [1.1, 32.0]
    """
    work = forward_work(model, model.decode_pair_work, batch, new, past, new)
    return work / forward_traffic(model, batch, new, past, node.precision, node.kv_precision)


def known_decode_time(node: Node, model: Transformer, batch: Request, past: Context, new: Context = 1.0) -> Second:
    """Time of a decode step, as far as what is published says it.

        time = decode_time      on a chip whose rate nobody publishes with arithmetic that takes no time,
        NaN                     there, where decode_intensity > 8 FLOP/B: arithmetic may then be what takes long

    The ridge points of all chips in the zoo lie above nine times that, but for a wafer of SRAM, whose rate is known. So
    what is left out hides behind reading.
    Source: Williams, Waterman, Patterson 2009, "Roofline: an insightful visual performance model".

    >>> from solver import PRECISIONS, Hardware, Models, Node
    >>> node = Node(Hardware.Workstation.M2_Ultra, PRECISIONS["fp16"])
    >>> [round(float(known_decode_time(node, Models.Llama2_7B, n, 64)) * 1e3, 1) for n in (1, 64)]   # ms
    [16.6, nan]
    """
    return _where_known(decode_time(node.reading, model, batch, past, new), node, model, batch, past, new)


def _where_known(time: Second, node: Node, *step: Any) -> Second:
    """The time, where the step's intensity is low enough. Most chips have no unknown rate and go without asking."""
    if isinstance(node.known_intensity, float) and node.known_intensity == np.inf:
        return time
    return np.where(decode_intensity(node, *step) <= node.known_intensity, time, np.nan * time)
