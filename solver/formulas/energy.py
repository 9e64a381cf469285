"""Energy of requests: the board power of all chips, for as long as requests keep them busy.

It is an upper bound of what chips take, and of nothing else: the host, the network and cooling come on top. A chip that
waits for memory draws less than its board power: while decoding, an H200 of 700 W drew 137 to 300 W (Ma et al. 2026,
"The Illusion of Power Capping in LLM Decode", arXiv:2605.11999).
"""

from __future__ import annotations

import numpy as np

from solver.units import Context, Joule, JoulePerRequest, JoulePerToken, Request, Scalar, Second, TokenRate, Watt
from solver.zoo.node import Node


def board_power(node: Node) -> Watt:
    """What the boards of all chips of a node may draw, as their maker states it; NaN where nobody publishes it.

        power = device.power * chips

    By definition.

    >>> from solver import PRECISIONS, Hardware, Node
    >>> board_power(Node(Hardware.Cloud.H100, PRECISIONS["fp16"], tensor_parallel=8))   # W
    5600.0
    """
    return node.device.power * node.chips


def request_energy(reader: Node, node: Node, batch: Request, ttft: Second, itl: Second,
                   answer: Scalar) -> JoulePerRequest:
    """Energy of a request from its prompt to its last token: its share of what the batch takes, at most.

        energy = (board_power(reader) * ttft + board_power(node) * max(answer - 1, 0) * itl) / batch

    `reader` reads the prompt, `node` decodes the `answer` tokens, the first of which is TTFT's. By definition; chips
    that wait for memory draw less, and hosts, network and cooling are left out.

    >>> from solver import PRECISIONS, Hardware, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> round(float(request_energy(node, node, 8, 0.4, 0.01, 101)), 3)   # J: 700 W * 1.4 s / 8
    122.5
    """
    decoding = np.maximum(answer - 1, 0) * itl
    return (board_power(reader) * ttft + board_power(node) * decoding) / batch


def answer_energy(reader: Node, node: Node, batch: Request, ttft: Second, itl: Second, answer: Scalar,
                  new: Context = 1.0) -> JoulePerToken:
    """Energy of a token of the answer, the prompt's shared out to them; without an answer, of decoding alone.

        energy = request_energy / (answer * new)
        energy = board_power(node) * itl / (batch * new)      without an answer

    `new` is 1, the token that a step brings to each request. By definition; chips that wait for memory draw less, and
    hosts, network and cooling are left out.

    >>> from solver import PRECISIONS, Hardware, Node
    >>> node = Node(Hardware.Cloud.H100, PRECISIONS["fp16"])
    >>> [round(float(answer_energy(node, node, 8, 0.4, 0.01, tokens)), 3) for tokens in (0, 100)]   # J
    [0.875, 1.216]
    """
    whole = request_energy(reader, node, batch, ttft, itl, answer)
    return np.where(answer > 0, whole / (np.maximum(answer, 1) * new), board_power(node) * itl / (batch * new))


def served_energy(node: Node, rate: TokenRate) -> JoulePerToken:
    """Energy of a token on a node that answers so many a second.

        energy = board_power / rate

    By definition; chips that wait for memory draw less, and hosts, network and cooling are left out.

    >>> from solver import PRECISIONS, Hardware, Node
    >>> served_energy(Node(Hardware.Cloud.H100, PRECISIONS["fp16"]), 2800)   # J
    0.25
    """
    return board_power(node) / rate


def busy_energy(node: Node, time: Second) -> Joule:
    """Energy of a node that is busy for a time: at most its board power.

        energy = board_power * time

    By definition; chips that wait draw less, and hosts, network and cooling are left out.

    >>> from solver import PRECISIONS, Hardware, Node
    >>> busy_energy(Node(Hardware.Cloud.H100, PRECISIONS["fp16"]), 2.0)   # J
    1400.0
    """
    return board_power(node) * time
