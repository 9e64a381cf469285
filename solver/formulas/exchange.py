"""Time that chips spend on exchanging data in each pass: adding up their parts, and sending tokens to experts."""

from __future__ import annotations

import numpy as np

from solver.units import Byte, Scalar, Second, Token
from solver.zoo.models import Transformer
from solver.zoo.node import Node

ROUTED = 1.5  # what is sent to an expert and back, by hidden states at 16 bits: 8 bits there, 16 back


def sharing_time(node: Node, chips: Scalar, size: Byte) -> Second:
    """Time of an all-reduce of `size` bytes among so many chips: none for one alone.

        time = inside + across,
        inside = latency * min(joined - 1, 1) + hop * max(joined - 2, 0) + 2 * (joined - 1) / joined * size / bus_rate,
        across = fabric.latency * min(nodes - 1, 1) + 2 * (nodes - 1) / nodes * size / (joined * fabric.rate),
        nodes = chips / joined

    Chips of a domain add up among themselves first, and each then a part of the sum with its likes in other nodes.
    Source: Patarasuk, Yuan 2009, "Bandwidth optimal all-reduce algorithms for clusters of workstations" (the ring);
    Jia et al. 2018, "Highly Scalable Deep Learning Training System with Mixed-Precision" (in two levels).

    >>> from solver import PRECISIONS, Hardware, Node, Profiles
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], profile=Profiles.tuned, tensor_parallel=16)
    >>> [round(float(sharing_time(node, chips, 2**20)) * 1e6) for chips in (1, 8, 16)]   # us
    [0, 36, 106]
    """
    joined = np.minimum(chips, node.joined)
    some = np.minimum(joined - 1, 1)
    inside = (node.profile.latency * some + node.profile.hop * np.maximum(joined - 2, 0)
              + 2 * (joined - 1) / joined * size / node.bus_rate)
    nodes = chips / joined
    sent = 2 * (nodes - 1) / nodes * size / joined
    return inside + node.fabric.latency * np.minimum(nodes - 1, 1) + sent / node.fabric.rate


def dispatch_time(node: Node, model: Transformer, tokens: Token) -> Second:
    """Time of a layer to bring tokens to their experts and back, where each group of chips has its own requests.

        time = inside + across,
        inside = 2 * (latency + hop * max(joined - 2, 0)) + sent / bus_rate,
        across = 2 * fabric.latency + sent * (chips - joined) / chips / fabric.rate      over several nodes, else 0,
        sent = (chips - 1) / chips * min(sent_experts, chips) * 1.5 * exchanged_bytes * tokens / chips
        sent = (chips - 1) / chips * 2 * exchanged_bytes * tokens      with expert_parallel = 1: all go to all chips

    Tokens are sent at 8 bits and come back at 16. Source: DeepSeek-AI 2025, "DeepEP" (dispatch and combine).

    >>> from solver import PRECISIONS, Hardware, Models, Profiles
    >>> node = Node(Hardware.Cloud.H200, PRECISIONS["fp8"], profile=Profiles.tuned, attention_data_parallel=8.0,
    ...             expert_parallel=8.0)
    >>> [round(float(dispatch_time(node, Models.DeepSeek_V3, n)) * 1e6) for n in (8, 4096)]   # us
    [60, 305]
    """
    chips = node.chips
    parts = np.where(node.expert_parallel > 1, ROUTED * np.minimum(model.sent_experts, chips) / chips, 2.0)
    sent = (chips - 1) / chips * parts * (model.exchanged_bytes * tokens)
    fixed = node.profile.latency + node.profile.hop * np.maximum(node.joined - 2, 0)
    far = (chips - node.joined) / chips
    across = 2 * node.fabric.latency * np.minimum(far * chips, 1) + sent * far / node.fabric.rate
    return 2 * fixed * np.minimum(chips - 1, 1) + sent / node.bus_rate + across


def exchange_time(node: Node, model: Transformer, tokens: Token) -> Second:
    """Time that chips spend on exchanging data in a pass over `tokens`: two all-reduces a layer, none for one chip.

        time = (2 * layers - mixture_layers) * sharing_time(tensor_parallel, part) + mixture_layers * mixing,
        part = exchanged_bytes * tokens / attention_data_parallel,
        mixing = sharing_time(tensor_parallel, part)      where all chips share each request
        mixing = dispatch_time(tokens)                     where groups of them have their own

    Source: Shoeybi et al. 2019, "Megatron-LM", section 3.

    >>> from solver import PRECISIONS, Hardware, Models, Node, Profiles
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"], profile=Profiles.tuned, tensor_parallel=4)
    >>> [round(float(exchange_time(node, Models.Llama3_70B, n)) * 1e3, 1) for n in (1, 2048)]   # ms
    [4.8, 30.4]
    """
    return _exchanged(node, model, tokens)


def _exchanged(node: Node, model: Transformer, tokens: Token) -> Second:
    """That of several chips. Most nodes are one, and go without asking: it takes as long as all the rest of a step."""
    if node.alone is True:  # a node that is not known yet has a symbol there
        return 0 * (model.exchanged_bytes * tokens) / node.device.bandwidth
    groups = node.attention_data_parallel
    shared = sharing_time(node, node.tensor_parallel, model.exchanged_bytes * tokens / groups)
    mixing: Second = np.where(groups > 1, dispatch_time(node, model, tokens), shared)
    return (2 * model.layers - model.mixture_layers) * shared + model.mixture_layers * mixing
