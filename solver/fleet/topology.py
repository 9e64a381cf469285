"""The shape of a network: what its middle carries, what chips get of it when all send to all, and how far they are."""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.base.declared import declared
from solver.base.forward import ForwardModel
from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.fleet.topology_arguments import Exchanged, HopTime, Joined, Nodes, Radix, TopologyWord, network_of
from solver.fleet.torus import sides_sentences
from solver.formulas.fleet.topology import (
    RADIX,
    bisection_rate,
    bisection_share,
    diameter,
    mean_hops,
    network_latency,
    uniform_rate,
)
from solver.formulas.training.collective_exchange import all_to_all_time, ring_all_reduce_time
from solver.text import number_text
from solver.units import Q_, quantity
from solver.zoo.records import changed


class TopologyResult(Result):
    """What `TopologyModel.solve` found. Its fields broadcast with the arrays that were given."""

    effective_bw = field("GB/s", "what each node gets of its rate where all send to all alike, at most")
    bisection_bw = field("GB/s", "what crosses the middle of the network, one direction, of all nodes together")
    bisection_bw_fraction = field(None, "that as a share of what the nodes of one half could send")
    hops_avg = field(None, "hops that evenly spread traffic takes on average: links between switches, or chips")
    diameter = field(None, "hops between the two nodes that are farthest apart")
    num_nodes = field(None, "NICs that the network joins")
    latency = field("us", "what an exchange between the two that are farthest apart takes besides what it moves: "
                          "the fabric's figure, which is that of a small exchange as engines find it, and hop_latency "
                          "for each hop")
    all_to_all_time = field("ms", "time of an all-to-all of the message among all nodes")
    all_reduce_time = field("ms", "time of an all-reduce of the message by a ring, laid out along the network")

    def computed(self) -> dict[str, Any]:
        values: dict[str, Any] = self.given["computed"]()
        return values

    @property
    def topology(self) -> str:
        """The shape of the network."""
        return str(self.given["fabric"].topology)

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, in sentences."""
        if any(map(unknown, self.values.values())):
            return []
        fabric, least = self.given["fabric"], float(np.min(self.values["effective_bw"]))
        nodes, whole = number_text(float(np.max(self.values["num_nodes"]))), quantity(fabric.rate, "GB/s")
        got = quantity(least, "GB/s")
        said = [f"Network: {fabric}, a {self.topology} of {nodes} nodes with {whole} each."]
        more = [*sides_sentences(fabric, self.values["num_nodes"]), self._latency()]
        if np.isclose(least, fabric.rate):
            return [*said, "All-to-all: bound by the NICs; the network carries what all of them send.", *more]
        return [*said, f"All-to-all: bound by the network, which carries {got} of each node's {whole}.",
                "All-reduce: bound by the NICs, for a ring sends to its neighbours alone.", *more]

    def _latency(self) -> str:
        """What the latency is, and what it does not grow with."""
        start = quantity(self.given["fabric"].latency, "us")
        said = f"Latency: {start} is what a small exchange takes more between servers than within one, counted once"
        if np.any(self.given["hop"]):
            return f"{said}; hop_latency comes on top for each hop, and for each step of the ring."
        return (f"{said}. It grows neither with hops nor with the steps of the ring, for hop_latency is 0: give the "
                f"time of a hop to tell topologies apart.")


class TopologyModel(ForwardModel):
    """What a topology makes of the same NICs.

    >>> from solver import Fleet, Servers
    >>> for topology in ("fat tree", "dragonfly", "torus", "ring"):
    ...     r = TopologyModel().solve(Fleet(Servers.DGX_H100, 64), topology)
    ...     print(topology, r.bisection_bw, r.effective_bw, r.diameter)
    fat tree 12,800 GB/s 50 GB/s 2.0
    dragonfly 6,400 GB/s 50 GB/s 3.0
    torus 1,067 GB/s 8.33 GB/s 12.0
    ring 50 GB/s 0.391 GB/s 256.0
    """

    question = "How much of its rate does a network keep when all talk at once?"

    @declared
    def solve(self, fleet: Joined, topology: TopologyWord = None, num_nodes: Nodes = None, *,
              message: Exchanged = Q_("1 GB"), radix: Radix = RADIX,  # noqa: B008
              hop_latency: HopTime = Q_("0 us")) -> TopologyResult:  # noqa: B008
        """Bandwidth, distances and times of a network of that shape.

        Numbers may be arrays, which broadcast.

        Parameters
        ----------
        fleet : fleet or fabric
            The fleet, or a network alone, a record of `Fabrics` or its name. A network alone joins 64 nodes if
            num_nodes is not given.
        topology : 'fat tree', 'dragonfly', 'torus', 'ring', optional
            The shape of the network; if not given, that of the fleet's. "fat_tree" and "torus_3d" are understood too.
        num_nodes : nodes, optional
            NICs that it joins; if not given, one for each chip of the fleet.
        message : quantity
            Data that each node holds before an all-to-all or an all-reduce.
        radix : ports
            Ports of a switch of a fat tree.
        hop_latency : quantity
            Time that each hop takes besides what it moves.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        The rate of a NIC counts once: the links of a torus or a ring share it. So the middle of a ring carries one
        rate, 2 / nodes of what a half could send, that of a torus 2 / (dimensions * side), and that of a balanced
        dragonfly a half. mlsysim gives a torus three times as much, and a dragonfly 0.85 without saying why. Only
        half of evenly spread traffic crosses the middle, so that nodes get up to twice the bisection's share.

        The fabric's latency is that of a small exchange, launches and protocols included, of which wires and switches
        are a small part: so it is alike in all topologies, and hop_latency alone tells them apart. A torus has equal
        sides here, whole or not; the constraint_trace has what whole ones change.

        Leaves out links inside servers, which CollectiveModel counts, collisions of paths, and traffic that is spread
        unevenly.

        Examples
        --------
        >>> from solver import Fabrics
        >>> r = TopologyModel().solve(Fabrics.RoCE_Llama_3, num_nodes=[3072, 24576])   # pods, 1:7 above them
        >>> print(r.effective_bw, r.all_to_all_time, r.all_reduce_time)
        [50, 8.16] GB/s [20, 122] ms [40, 40] ms
        """
        fabric = network_of(fleet)
        fabric = fabric if topology is None else changed(fabric, topology=topology)

        def computed() -> dict[str, Any]:
            with np.errstate(all="ignore"):
                return _fields(fabric, num_nodes, message, radix, hop_latency)

        return TopologyResult(computed(), {"fabric": fabric, "nodes": num_nodes, "message": message, "radix": radix,
                                           "hop": hop_latency, "computed": computed})


def _fields(fabric: Any, nodes: Any, message: Any, radix: Any, hop: Any) -> dict[str, Any]:
    """All fields, in base units."""
    rate, far = uniform_rate(fabric, nodes), diameter(fabric, nodes, radix)
    some, latency = np.minimum(nodes - 1, 1), network_latency(fabric, far, hop)
    return {"effective_bw": rate, "bisection_bw": bisection_rate(fabric, nodes),
            "bisection_bw_fraction": bisection_share(fabric, nodes), "hops_avg": mean_hops(fabric, nodes, radix),
            "diameter": far, "num_nodes": nodes, "latency": latency,
            "all_to_all_time": some * latency + all_to_all_time(message, nodes, rate),
            "all_reduce_time": some * fabric.latency + ring_all_reduce_time(message, nodes, fabric.rate, hop)}
