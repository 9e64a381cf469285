"""Collective exchanges among chips: over one kind of wire, or in two levels, links inside servers and NICs between.

`size` is what every chip holds before an all-reduce, a reduce-scatter or an all-to-all, and after an all-gather. A
chip alone exchanges nothing. Rates are those of one chip, one direction. In two levels `joined` chips of each of
`servers` share a link; a step over it takes `step` besides what it moves, and one between servers `hop`.
"""

from __future__ import annotations

import numpy as np

from solver.units import Bandwidth, Byte, Scalar, Second
from solver.zoo.site.fleet import Fleet


def near_chips(fleet: Fleet) -> Scalar:
    """Chips of a server that exchange data over their own link, or over the host's bus where they have none.

        near = joined       where a link joins them
        near = chips        of a server, else

    By definition.

    >>> from solver import Hardware, Server, Servers
    >>> [float(near_chips(Fleet(server, 2))) for server in (Servers.DGX_H100, Server("Cards", Hardware["L40S"], 4))]
    [8.0, 4.0]
    """
    return np.where(fleet.device.domain > 1, fleet.joined, fleet.node.chips)


def reduce_scatter_time(size: Byte, chips: Scalar, rate: Bandwidth, latency: Second = 0.0) -> Second:
    """Time of a reduce-scatter by a ring: each chip ends with the sum of its part of what all hold.

        time = (chips - 1) * latency + (chips - 1) / chips * size / rate

    Leaves out the adding, which hides behind the wire.
    Source: Thakur, Rabenseifner, Gropp 2005, "Optimization of Collective Communication Operations in MPICH", section 4.

    >>> round(reduce_scatter_time(14e9, 8, 450e9) * 1e3, 1)   # ms
    27.2
    """
    return (chips - 1) * latency + (chips - 1) / chips * size / rate


def all_gather_time(size: Byte, chips: Scalar, rate: Bandwidth, latency: Second = 0.0) -> Second:
    """Time of an all-gather by a ring: each chip ends with the parts of all, `size` together.

        time = (chips - 1) * latency + (chips - 1) / chips * size / rate

    The steps of a reduce-scatter, with nothing to add.
    Source: Thakur, Rabenseifner, Gropp 2005, "Optimization of Collective Communication Operations in MPICH", section 4.

    >>> round(all_gather_time(14e9, 8, 450e9) * 1e3, 1)   # ms
    27.2
    """
    return (chips - 1) * latency + (chips - 1) / chips * size / rate


def ring_all_reduce_time(size: Byte, chips: Scalar, rate: Bandwidth, latency: Second = 0.0) -> Second:
    """Time of an all-reduce by a ring: a reduce-scatter, then an all-gather.

        time = 2 * (chips - 1) * latency + 2 * (chips - 1) / chips * size / rate

    As chips become many, twice the message over the rate, whatever their number.
    Source: Patarasuk, Yuan 2009, "Bandwidth optimal all-reduce algorithms for clusters of workstations".

    >>> [round(ring_all_reduce_time(14e9, chips, 50e9), 3) for chips in (1, 8, 1024)]   # s
    [0.0, 0.49, 0.559]
    """
    return 2 * (chips - 1) * latency + 2 * (chips - 1) / chips * size / rate


def tree_steps(chips: Scalar) -> Scalar:
    """Steps in which a tree reaches so many chips.

        steps = ceil(log2(chips))

    By definition: whoever has it passes it on in each step.

    >>> [float(tree_steps(chips)) for chips in (1, 2, 8, 9)]
    [0.0, 1.0, 3.0, 4.0]
    """
    return np.ceil(np.log2(chips) - 1e-9) + 0.0  # so that a power of two is no more than it, and no zero negative


def tree_all_reduce_time(size: Byte, chips: Scalar, rate: Bandwidth, latency: Second = 0.0) -> Second:
    """Time of an all-reduce by two trees, each of half of the message: sums go up, and their result goes down.

        time = 2 * tree_steps * latency + 2 * min(chips - 1, 1) * size / rate

    Few steps, for small messages; in two trees every chip sends and receives at the full rate. Leaves out how long the
    first piece of a large message takes to pass the tree.
    Source: Sanders, Speck, Traeff 2009, "Two-tree algorithms for full bandwidth broadcast, reduction and scan".

    >>> round(float(tree_all_reduce_time(2**20, 1024, 50e9, 5e-6)) * 1e6)   # us; a ring takes 10,272
    142
    """
    return 2 * tree_steps(chips) * latency + 2 * np.minimum(chips - 1, 1) * size / rate


def all_to_all_time(size: Byte, chips: Scalar, rate: Bandwidth, latency: Second = 0.0) -> Second:
    """Time of an all-to-all: each chip sends a part of what it holds to each of the others, one after the other.

        time = (chips - 1) * latency + (chips - 1) / chips * size / rate

    Holds where the network carries what all send at once; `uniform_rate` says what it carries.
    Source: Thakur, Rabenseifner, Gropp 2005, "Optimization of Collective Communication Operations in MPICH", section 4.

    >>> round(all_to_all_time(1e9, 16, 50e9) * 1e3, 2), all_to_all_time(1e9, 1, 50e9)   # ms
    (18.75, 0.0)
    """
    return (chips - 1) * latency + (chips - 1) / chips * size / rate


def send_time(size: Byte, rate: Bandwidth, latency: Second = 0.0) -> Second:
    """Time to send `size` bytes from one chip to another.

        time = latency + size / rate

    Source: Hockney 1994, "The communication challenge for MPP: Intel Paragon and Meiko CS-2".

    >>> round(send_time(1e9, 50e9, 5e-6) * 1e3, 3)   # ms
    20.005
    """
    return latency + size / rate


def flat_ring_time(size: Byte, joined: Scalar, servers: Scalar, link: Bandwidth, nic: Bandwidth,
                   step: Second = 0.0, hop: Second = 0.0) -> Second:
    """Time that one ring through all chips takes to pass a message round once, at the pace of its slowest wire.

        time = (chips - servers) * step + (servers - 1) * hop + (chips - 1) / chips * size / slowest
        slowest = min(link, nic) over several servers, link within one

    A reduce-scatter or an all-gather is one round, an all-reduce two. One NIC of each server works, the others rest.
    Source: Patarasuk, Yuan 2009, "Bandwidth optimal all-reduce algorithms for clusters of workstations".

    >>> round(2 * float(flat_ring_time(14e9, 8, 128, 450e9, 50e9)), 3)   # s: an all-reduce of 1,024 chips
    0.559
    """
    chips, slowest = joined * servers, np.where(servers > 1, np.minimum(link, nic), link)
    return (chips - servers) * step + (servers - 1) * hop + (chips - 1) / chips * size / slowest


def rails_time(size: Byte, joined: Scalar, servers: Scalar, link: Bandwidth, nic: Bandwidth,
               step: Second = 0.0, hop: Second = 0.0) -> Second:
    """Time of a round of as many rings as a server has NICs, each with its part of the message and its own NIC.

        time = (chips - servers) * step + (servers - 1) * hop + (chips - 1) / chips * size / slowest
        slowest = min(link, joined * nic) over several servers, link within one

    So libraries run large messages; the bandwidth of the "bus" is then that of all NICs of a server.
    Source: Jeaugey 2017, "NCCL 2.0", GPU Technology Conference; NVIDIA/nccl-tests, issue 160.

    >>> round(2 * float(rails_time(14e9, 8, 128, 450e9, 50e9)) * 1e3, 1)   # ms: an all-reduce of 1,024 chips
    69.9
    """
    chips, slowest = joined * servers, np.where(servers > 1, np.minimum(link, joined * nic), link)
    return (chips - servers) * step + (servers - 1) * hop + (chips - 1) / chips * size / slowest


def hierarchical_time(size: Byte, joined: Scalar, servers: Scalar, link: Bandwidth, nic: Bandwidth,
                      step: Second = 0.0, hop: Second = 0.0) -> Second:
    """Time of a reduce-scatter in two levels: chips of a server add up first, then each its part with its likes.

        time = inside + across
        inside = (joined - 1) * step + (joined - 1) / joined * size / link
        across = (servers - 1) * hop + (servers - 1) / servers * size / joined / nic

    An all-gather takes the same, backwards, and an all-reduce both. Never longer than one flat ring over the NICs,
    where a link is at least as fast as a NIC. Leaves out that large messages can pass both levels at once, in pieces.
    Source: Jia et al. 2018, "Highly Scalable Deep Learning Training System with Mixed-Precision".

    >>> round(2 * hierarchical_time(14e9, 8, 128, 450e9, 50e9) * 1e3, 1)   # ms: 54.4 inside, 69.5 across
    123.9
    """
    return (reduce_scatter_time(size, joined, link, step)
            + reduce_scatter_time(size / joined, servers, nic, hop))


def two_level_all_to_all_time(size: Byte, joined: Scalar, servers: Scalar, link: Bandwidth, nic: Bandwidth,
                              step: Second = 0.0, hop: Second = 0.0) -> Second:
    """Time of an all-to-all over links and NICs, which work at the same time, each with what goes its way.

        time = (joined - 1) * step + (chips - joined) * hop + max(inside, across)
        inside = (joined - 1) / chips * size / link
        across = (chips - joined) / chips * size / nic

    `nic` is what the network carries for each chip when all send to all (`uniform_rate`).
    By definition: each chip sends the same to each other.

    >>> round(float(two_level_all_to_all_time(1e9, 8, 2, 450e9, 50e9)) * 1e3, 1)   # ms: half of it crosses NICs
    10.0
    """
    chips = joined * servers
    inside, across = (joined - 1) / chips * size / link, (chips - joined) / chips * size / nic
    return (joined - 1) * step + (chips - joined) * hop + np.maximum(inside, across)


def gathered_all_to_all_time(size: Byte, joined: Scalar, servers: Scalar, link: Bandwidth, nic: Bandwidth,
                             step: Second = 0.0, hop: Second = 0.0) -> Second:
    """Time of an all-to-all in two levels: chips of a server first exchange what goes the same way, then it crosses.

        time = inside + across
        inside = (joined - 1) * step + (joined - 1) / joined * size / link
        across = (servers - 1) * hop + (servers - 1) / servers * size / nic

    It sends fewer and larger messages between servers, each over the NIC of its place, and more over the links.
    Source: Mandakolathur, Jeaugey 2022, "Doubling all2all Performance with NVIDIA Collective Communication Library
    2.12" (its PXN).

    >>> round(gathered_all_to_all_time(1e9, 8, 2, 450e9, 50e9) * 1e3, 1)   # ms
    11.9
    """
    return all_to_all_time(size, joined, link, step) + all_to_all_time(size, servers, nic, hop)


def direct_all_reduce_time(size: Byte, joined: Scalar, servers: Scalar, link: Bandwidth, nic: Bandwidth,
                           step: Second = 0.0, hop: Second = 0.0) -> Second:
    """Time of an all-reduce in one step: every chip sends all that it has to all others, and each adds up by itself.

        time = step * min(joined - 1, 1) + hop * (servers - 1) + max(inside, across)
        inside = (joined - 1) * size / link
        across = (chips - joined) * size / nic

    The fastest way for a few kilobytes in a server; a NIC sends to one server after the other.
    Source: vLLM 2024, csrc/custom_all_reduce.cuh, "one-stage" all-reduce.

    >>> round(float(direct_all_reduce_time(2**14, 8, 1, 450e9, 50e9, 2e-6)) * 1e6, 2)   # us
    2.25
    """
    inside, across = (joined - 1) * size / link, (joined * servers - joined) * size / nic
    steps = step * np.minimum(joined - 1, 1) + hop * (servers - 1)
    return steps + np.maximum(inside, across)


def ring_crossing(joined: Scalar, servers: Scalar) -> Scalar:
    """Share of what rings send that crosses NICs: of the wires round a server, one goes to the next.

        share = min(servers - 1, 1) / joined

    By definition.

    >>> float(ring_crossing(8, 1)), float(ring_crossing(8, 128))
    (0.0, 0.125)
    """
    return np.minimum(servers - 1, 1) / joined


def nested_crossing(joined: Scalar, servers: Scalar) -> Scalar:
    """Share of what is sent that crosses NICs where chips of a server add up among themselves first.

        share = (servers - 1) / max(chips - 1, 1)

    Of (chips - 1) / chips of a message that each chip sends in a round, (servers - 1) / chips crosses. A tree whose
    branches end in servers has the same. By definition.

    >>> round(float(nested_crossing(8, 2)), 3)
    0.067
    """
    return (servers - 1) / np.maximum(joined * servers - 1, 1)


def spread_crossing(joined: Scalar, servers: Scalar) -> Scalar:
    """Share of what is sent that crosses NICs where each chip sends the same to each other.

        share = (chips - joined) / max(chips - 1, 1)

    By definition.

    >>> round(float(spread_crossing(8, 2)), 3)
    0.533
    """
    return (joined * servers - joined) / np.maximum(joined * servers - 1, 1)


def gathered_crossing(joined: Scalar, servers: Scalar) -> Scalar:
    """Share of what is sent that crosses NICs in an all-to-all in two levels (`gathered_all_to_all_time`).

        share = across / (inside + across)
        inside = (joined - 1) / joined, across = (servers - 1) / servers

    By definition; a chip alone sends nothing.

    >>> round(float(gathered_crossing(8, 2)), 3)
    0.364
    """
    inside, across = (joined - 1) / joined, (servers - 1) / servers
    return across / np.maximum(inside + across, 1e-9)
