"""Tokens on their way to their experts and back, where whole experts are spread over chips of several servers.

A token goes once to each server that has experts for it, over the NIC of its own place, and is handed on there over the
link: so DeepEP and its like save what would cross the network twice. `groups` are servers or chips that share all
`experts` out evenly; a token is sent to `active` of them, taken as equally likely.
"""

from __future__ import annotations

import numpy as np

from solver.units import Bandwidth, Byte, BytePerToken, Scalar, Second, Token


def met_share(experts: Scalar, held: Scalar, active: Scalar) -> Scalar:
    """Chance that a token is sent to at least one of the `held` experts of a group, of all `experts`.

        share = 1 - (1 - held / (experts - (active - 1) / 2))^active

    Experts are drawn without putting back. The factors of that are taken as their middle one, which is off by less than
    0.004 with 8 experts, and by less than 0.0002 from 128 on. By definition (the hypergeometric distribution).

    >>> [round(float(met_share(256, held, 8)), 3) for held in (32, 64, 128, 256)]   # exactly 0.662, 0.904, 0.997, 1
    [0.662, 0.904, 0.997, 1.0]
    """
    return 1 - np.maximum(1 - held / (experts - (active - 1) / 2), 0.0) ** active


def distinct_groups(groups: Scalar, experts: Scalar, active: Scalar, limit: Scalar = np.inf) -> Scalar:
    """Groups that a token goes to on average, of those that share the experts out; at most `limit` of them.

        met = allowed * met_share(experts * allowed / groups, experts / groups, active)
        allowed = min(limit, groups)

    With a limit the router first chooses so many groups, and then experts of these alone. Leaves out that it chooses
    those where the token's experts are.
    Source: DeepSeek-AI 2024, "DeepSeek-V3 Technical Report", section 2.1.2 (node-limited routing).

    >>> [round(float(distinct_groups(groups, 256, 8)), 2) for groups in (1, 2, 4, 8)]
    [1.0, 1.99, 3.61, 5.29]
    >>> round(float(distinct_groups(8, 256, 8, 4)), 2)
    3.63
    """
    allowed = np.minimum(limit, groups)
    return allowed * met_share(experts * allowed / groups, experts / groups, active)


def leaving_share(groups: Scalar) -> Scalar:
    """Share of what goes to groups that goes to others than the token's own: each is as likely as any.

        share = 1 - 1 / groups

    By definition.

    >>> leaving_share(1), leaving_share(2), leaving_share(4)
    (0.0, 0.5, 0.75)
    """
    return 1 - 1 / groups


def routed_bytes(tokens: Token, width: BytePerToken, copies: Scalar) -> Byte:
    """What `tokens` take on their way, so many copies of each.

        bytes = tokens * width * copies

    By definition; scales of narrow formats, and which expert is meant, are left out.

    >>> round(routed_bytes(8192, 7168, 1.99) / 1e6, 1)   # MB
    116.9
    """
    return tokens * width * copies


def routed_time(near: Byte, far: Byte, link: Bandwidth, nic: Bandwidth, imbalance: Scalar = 1.0) -> Second:
    """Time of a dispatch or a combine: the slower of link and NIC, for the chip that has most to do.

        time = max(near / link, far / nic) * imbalance

    `near` and `far` are what a chip sends over each on average. Both work at the same time, in pieces. Leaves out
    starting, and waiting for one another.
    Source: DeepSeek-AI 2025, "DeepEP" (forwarding from NICs to links).

    >>> round(float(routed_time(260e6, 58.5e6, 450e9, 45e9)) * 1e3, 2)   # ms
    1.3
    """
    return np.maximum(near / link, far / nic) * imbalance


def chance_imbalance(tokens: Token, experts: Scalar, active: Scalar, one: Token = 1.0) -> Scalar:
    """Load of the fullest expert over the mean, where chance alone decides: a router that is perfectly balanced.

        imbalance = 1 + sqrt((2 * log(experts) - log(log(experts))) / mean)
        mean = tokens * active / experts

    Holds where each expert gets many tokens, from 16 experts on. Leaves out what a router prefers, which is more.
    Source: Raab, Steger 1998, "Balls into Bins - A Simple and Tight Analysis", theorem 1.

    >>> [round(float(chance_imbalance(tokens, 256, 8)), 2) for tokens in (8192, 131072)]
    [1.19, 1.05]
    """
    many = np.maximum(experts, 3.0)  # below, it is no limit of anything
    mean = tokens / one * active / experts
    return 1 + np.sqrt(np.maximum(2 * np.log(many) - np.log(np.log(many)), 0.0) / mean)
