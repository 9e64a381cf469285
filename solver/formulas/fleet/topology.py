"""Shapes of networks: what crosses their middle, what evenly spread traffic gets of them, and how far it has to go.

`nodes` are the NICs that a network joins, each with the rate of the fabric. A hop is a link between two switches, or
between two chips where these pass data on themselves. The numbers of a shape stand in `solver.zoo.fabric.Topology`.
"""

from __future__ import annotations

import numpy as np

from solver.units import Bandwidth, Scalar, Second
from solver.zoo.site.fabric import Fabric

RADIX = 64.0  # ports of a switch: NVIDIA Quantum-2 QM9700, 64 of 400 Gb/s, user manual of 2022


def torus_side(fabric: Fabric, nodes: Scalar) -> Scalar:
    """Nodes along each side of a torus that is as long as it is wide.

        side = nodes^(1 / dimensions)

    By definition; a real torus has whole sides, not all alike.

    >>> from solver import Fabrics
    >>> [round(float(torus_side(Fabrics[name], 4096)), 3) for name in ("ICI_v5e", "ICI_v5p")]
    [64.0, 16.0]
    """
    return nodes ** (1 / np.maximum(fabric.shape.dimensions, 1))


def bisection_share(fabric: Fabric, nodes: Scalar) -> Scalar:
    """What crosses the middle of a network, as a share of what the NICs of one half could send.

        share = min(1, whole / oversubscription)
        whole = 1 (fat tree), 1 / 2 (dragonfly), 2 / (dimensions * side) (torus; a ring has one dimension: 2 / nodes)

    The middle of a torus cuts 2 * side^(dimensions - 1) links; each has 1 / (2 * dimensions) of a chip's rate, and half
    of the chips are side^dimensions / 2. Within one pod of a fat tree nothing is oversubscribed.
    Source: Dally, Towles 2004, "Principles and Practices of Interconnection Networks", sections 3.3 and 5.2.

    >>> from solver import Fabrics
    >>> float(bisection_share(Fabrics.ICI_v5e, 256))   # 16 x 16 chips
    0.0625
    """
    shape = fabric.shape
    torus = 2 * np.minimum(shape.dimensions, 1) / (np.maximum(shape.dimensions, 1) * torus_side(fabric, nodes))
    within = shape.stages * (nodes <= fabric.pod)
    return np.minimum((shape.cut + torus) / np.where(within, 1.0, fabric.oversubscription), 1.0)


def bisection_rate(fabric: Fabric, nodes: Scalar) -> Bandwidth:
    """What crosses the middle of a network, one direction, of all nodes together.

        rate = bisection_share * nodes / 2 * fabric.rate

    Source: Dally, Towles 2004, "Principles and Practices of Interconnection Networks", section 3.1.

    >>> from solver import Fabrics
    >>> round(float(bisection_rate(Fabrics.ICI_v5e, 256)) / 1e12, 2)   # TB/s, as its maker prints for a pod
    1.6
    """
    return bisection_share(fabric, nodes) * nodes / 2 * fabric.rate


def uniform_share(fabric: Fabric, nodes: Scalar) -> Scalar:
    """What each node gets of its rate where all send to all alike, at most.

        share = min(1, bisection_share / leaving)
        leaving = 1 - pod / nodes      of a fat tree, whose narrow place is above its pods
        leaving = 1 / 2                of others: half of the traffic crosses their middle

    Leaves out collisions of paths, and that traffic of one direction alone may get less.
    Source: Dally, Towles 2004, "Principles and Practices of Interconnection Networks", section 3.3.1.

    >>> from solver import Fabrics
    >>> [round(float(uniform_share(Fabrics.RoCE_Llama_3, nodes)), 3) for nodes in (3072, 24576)]
    [1.0, 0.163]
    """
    stages = fabric.shape.stages
    leaving = stages * np.maximum(1 - fabric.pod / nodes, 0.0) + (1 - stages) / 2
    return np.minimum(bisection_share(fabric, nodes) / np.maximum(leaving, 1e-9), 1.0)


def uniform_rate(fabric: Fabric, nodes: Scalar) -> Bandwidth:
    """Rate of a node where all send to all alike, as in an all-to-all.

        rate = uniform_share * fabric.rate

    Source: Dally, Towles 2004, "Principles and Practices of Interconnection Networks", section 3.3.1.

    >>> from solver import Fabrics
    >>> [round(float(uniform_rate(Fabrics.ICI_v5p, nodes)) / 1e9) for nodes in (64, 4096)]   # GB/s of 600
    [200, 50]
    """
    return uniform_share(fabric, nodes) * fabric.rate


def switch_levels(nodes: Scalar, radix: Scalar = RADIX) -> Scalar:
    """Levels of switches with `radix` ports that a fat tree takes to join so many nodes.

        levels = max(1, ceil(log(nodes / 2) / log(radix / 2)))

    A switch has half of its ports below and half above, but for those at the top: levels join 2 * (radix / 2)^levels.
    Source: Al-Fares, Loukissas, Vahdat 2008, "A Scalable, Commodity Data Center Network Architecture", section 3.

    >>> [float(switch_levels(nodes)) for nodes in (64, 65, 2048, 65536)]
    [1.0, 2.0, 2.0, 3.0]
    """
    return np.maximum(np.ceil(np.log(nodes / 2) / np.log(radix / 2) - 1e-9), 1.0)


def diameter(fabric: Fabric, nodes: Scalar, radix: Scalar = RADIX) -> Scalar:
    """Hops between the two nodes that are farthest apart.

        hops = 2 * (switch_levels - 1)            fat tree, up and down
        hops = 3                                  dragonfly: within a group, between groups, within a group
        hops = dimensions * floor(side / 2)       torus, but 1 at least between two nodes

    A torus has equal sides, whole or not: where they are not, one of whole sides is farther across.
    Source: Dally, Towles 2004, "Principles and Practices of Interconnection Networks", section 3.1; Kim, Dally, Scott,
    Abts 2008, "Technology-Driven, Highly-Scalable Dragonfly Topology", section 3.

    >>> from solver import Fabrics
    >>> float(diameter(Fabrics.NDR, 65536)), float(diameter(Fabrics.ICI_v5p, 4096))
    (4.0, 24.0)
    """
    shape = fabric.shape
    some = np.minimum(shape.dimensions, 1) * (nodes > 1)
    torus = np.maximum(shape.dimensions * np.floor(torus_side(fabric, nodes) / 2 + 1e-9), some)
    return shape.stages * 2 * (switch_levels(nodes, radix) - 1) + shape.hops * (nodes > 1) + torus


def mean_hops(fabric: Fabric, nodes: Scalar, radix: Scalar = RADIX) -> Scalar:
    """Hops that evenly spread traffic takes on average.

        hops = 2 * (levels - 1 - below / nodes)        fat tree
        below = half^1 + ... + half^(levels - 1) = half * (half^(levels - 1) - 1) / (half - 1), half = radix / 2
        hops = 3 - 2 / routers                         dragonfly, of routers = 2 * (nodes / 4)^(1 / 4) a group
        hops = dimensions * floor(side^2 / 4) / side   torus, but 1 - 1 / nodes at least: one to each of the others

    Below a switch of some level of a tree are half^level nodes, which need not climb above it. Leaves out the little
    traffic of a dragonfly that stays in its group.
    Source: Dally, Towles 2004, "Principles and Practices of Interconnection Networks", section 5.2; Kim, Dally, Scott,
    Abts 2008, "Technology-Driven, Highly-Scalable Dragonfly Topology", section 3.

    >>> from solver import Fabrics
    >>> [round(float(mean_hops(fabric, 4096)), 2) for fabric in (Fabrics.NDR, Fabrics.ICI_v5p)]
    [3.48, 12.0]
    """
    shape, half, levels = fabric.shape, radix / 2, switch_levels(nodes, radix)
    below = half * (half ** (levels - 1) - 1) / (half - 1)
    routers = np.maximum(2 * (nodes / 4) ** 0.25, 1.0)
    direct = np.where(nodes > 1, shape.hops * (1 - 2 / (3 * routers)), 0.0)
    side = torus_side(fabric, nodes)
    others = np.minimum(shape.dimensions, 1) * (1 - 1 / nodes)
    torus = np.maximum(shape.dimensions * np.floor(side * side / 4 + 1e-9) / side, others)
    return shape.stages * 2 * (levels - 1 - below / nodes) + direct + torus


def network_latency(fabric: Fabric, hops: Scalar, hop: Second = 0.0) -> Second:
    """What an exchange over so many hops takes besides what it moves.

        time = fabric.latency + hops * hop

    `fabric.latency` is what a small exchange takes more between servers than within one, launches and protocols
    included: it is counted once, however many hops there are. By definition.

    >>> from solver import Fabrics
    >>> round(float(network_latency(Fabrics.NDR, 4, 0.2e-6)) * 1e6, 1)   # us
    68.8
    """
    return fabric.latency + hops * hop
