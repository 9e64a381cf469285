"""One collective exchange among chips of a fleet: how long it takes, at what bandwidth, and over what wires.

It asks about machines and what joins them, and about no model: so it is at home with fleets, and training, serving and
experts can each be told its time.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from solver.base.declared import declared
from solver.base.fleets import FleetOf
from solver.base.forward import ForwardModel
from solver.base.numbers import unknown
from solver.base.result import Result, field
from solver.fleet.exchange_arguments import (
    WAYS,
    Algorithm,
    Collective,
    Exchanging,
    LibraryWord,
    LinkLatency,
    Message,
    NetworkLatency,
)
from solver.fleet.exchange_plans import Wires, fastest, same_way, wires
from solver.text import number_text
from solver.units import Q_, quantity

MEASURED = {"graph": "all-reduces in CUDA graphs of vLLM, within a server of these chips",
            "nccl": "NCCL's rings between H100s of one server", "eager": "NCCL on DGX A100 of one server"}


class CollectiveResult(Result):
    """What `CollectiveModel.solve` found. Its fields broadcast with the arrays that were given."""

    time = field("ms", "time of the exchange")
    algorithm_bandwidth = field("GB/s", "the message over that time")
    bus_bandwidth = field("GB/s", "what a chip sends as a ring does it, over that time: to be compared with its wire")
    servers = field(None, "servers that the chips are of")
    sent = field("GB", "what each chip sends, on average")
    nic_share = field(None, "share of what is sent that crosses NICs")
    nic_bytes = field("GB", "what each chip sends over NICs, on average",
                      lazy=lambda result: result.value("sent") * result.value("nic_share"))
    latency_time = field("ms", "what of the time a message of no size takes", lazy=lambda r: r.again(0.0))
    nic_time = field("ms", "by how much it would be shorter if NICs took no time",
                     lazy=lambda r: r.value("time") - r.again(1.0, r.given["wires"].without_nics))
    link_time = field("ms", "by how much it would be shorter if links inside servers took no time",
                      lazy=lambda r: r.value("time") - r.again(1.0, r.given["wires"].without_link))
    energy = field("J", "board power of all these chips for that time: at most, and without hosts and network")

    def computed(self) -> dict[str, Any]:
        values: dict[str, Any] = self.given["computed"]()[0]
        return values

    def again(self, part: float, over: Wires | None = None) -> Any:
        """Time by the same algorithm, of that part of the message, or over other wires."""
        asked = self.given
        return same_way(over or asked["wires"], part * asked["message"], asked["collective"], asked["code"])

    @property
    def algorithm(self) -> Any:
        """The algorithm: what was asked for, or the fastest; an array of names for arrays."""
        names = np.array(WAYS[self.given["collective"]])[np.asarray(self.given["code"]).astype(int)]
        return names if names.ndim else str(names)

    @property
    def constraint_trace(self) -> list[str]:
        """What binds, over which wires, and what was measured, in sentences."""
        if any(map(unknown, self.values.values())):
            return []
        asked = self.given
        named = " or ".join(sorted(set(np.ravel(self.algorithm))))
        library = asked["library"]
        chosen = f", the fastest of {', '.join(WAYS[asked['collective']])}" * (asked["algorithm"] == "auto")
        said = [self._places(), f"Algorithm: {named}{chosen}.", self._bound()]
        if library == "ideal":
            return [*said, "Library: ideal. Link and NICs are reached whole, and starting an exchange takes no time."]
        return [*said, f"Library: {library}, as measured of {MEASURED[library]}. Other chips, other collectives and "
                       f"what crosses servers are taken to be alike."]

    def _places(self) -> str:
        w, fleet = self.given["wires"], self.given["fleet"]
        chips, servers, joined = (number_text(float(np.max(n))) for n in (w.chips, w.servers, w.joined))
        near = "" if joined == "1" else f", {joined} of each joined at {quantity(fleet.device.interconnect, 'GB/s')}"
        if servers == "1":
            return f"Chips: {chips} of one server{near}."
        return (f"Chips: {chips} of {servers} servers{near}. Each has a NIC of {quantity(fleet.fabric.rate, 'GB/s')} "
                f"to other servers ({fleet.fabric}).")

    def _bound(self) -> str:
        """What most of the time is spent on: steps, or the slower of NICs and link."""
        names = ("time", "latency_time", "nic_time", "link_time")
        time, steps, nics, link = np.broadcast_arrays(*(self.value(name) for name in names))
        if not np.any(time):
            return "Binds: nothing, for nothing is exchanged."
        if np.any(np.isnan(time)):
            return f"Binds: unknown, for {self.given['fleet'].device} has no known link to other chips."
        found = np.where(steps >= time / 2, "steps and starting", np.where(nics > link, "the NICs", "the link"))
        return f"Binds: {' or '.join(sorted(set(np.ravel(found[time > 0]))))}."


class CollectiveModel(ForwardModel):
    """An all-reduce, or another exchange that chips do together.

    >>> from solver import Fleet, Servers
    >>> r = CollectiveModel().solve(Fleet(Servers.DGX_H100, 128), Q_("14 GB"), chips=[8, 1024])
    >>> print(r.time, r.bus_bandwidth, r.algorithm)
    [54.4, 69.9] ms [450, 400] GB/s ['ring' 'rails']
    """

    question = "How long does an all-reduce take, or another exchange?"

    @declared
    def solve(self, fleet: FleetOf, message: Message, *, collective: Collective = "all_reduce",
              algorithm: Algorithm = "auto", chips: Exchanging = None, library: LibraryWord = "ideal",
              link_latency: LinkLatency = Q_("0 us"), network_latency: NetworkLatency = None,  # noqa: B008
              ) -> CollectiveResult:
        """Time of one exchange, by one algorithm or the fastest.

        Numbers may be arrays, which broadcast.

        Parameters
        ----------
        fleet : fleet
            The fleet, such as `Fleet(Servers.DGX_H100, 128)`.
        message : quantity
            Data that each chip holds before an all-reduce, a reduce-scatter or an all-to-all, or after an all-gather.
            A send is of all of it, to a chip of another server if there are several.
        collective : 'all_reduce', 'reduce_scatter', 'all_gather', 'all_to_all', 'send'
            What chips do together.
        algorithm : 'auto', 'ring', 'rails', 'hierarchical', 'tree', 'direct'
            The way in which they do it; "auto" is the fastest. "ring" is one ring through all chips, so that one NIC of
            a server works; "rails" are as many rings as a server has NICs; "hierarchical" adds up inside servers first,
            and "direct" sends all to all in one step.
        chips : chips, optional
            Chips that take part, of as few servers as they fill; if not given, all of the fleet.
        library : 'ideal', 'graph', 'nccl', 'eager'
            What runs it: "ideal" loses nothing, the others reach what was measured. "graph" is an engine's own kernel
            inside CUDA graphs, of vLLM in 2025-26; "nccl" is NCCL between H100s; "eager" is NCCL launched anew each
            time, on A100.
        link_latency : quantity
            Time that each step over the link takes besides what it moves.
        network_latency : quantity, optional
            Time that each step between servers takes besides what it moves; if not given, the library's.

        Raises
        ------
        ValueError, TypeError, DimensionalityError
            In a sentence that names the argument, its limit and the next move.

        Notes
        -----
        Leaves out sums in switches (NVLS, SHARP), which lift the bus bandwidth of eight H100s above the rate of their
        link; other traffic; and which algorithm a library chooses. Rings and trees are laid out along servers, so that
        oversubscription slows an all-to-all alone.

        Examples
        --------
        >>> from solver import Q_, Fleet, Servers
        >>> fleet = Fleet(Servers.DGX_H100, 128, "NDR")
        >>> for algorithm in ("ring", "hierarchical"):
        ...     print(CollectiveModel().solve(fleet, Q_("14 GB"), algorithm=algorithm).time)
        559 ms
        124 ms
        """
        over = wires(fleet, chips, library, link_latency, network_latency)

        def computed() -> tuple[dict[str, Any], Any]:
            with np.errstate(all="ignore"):
                best, place = fastest(over, message, collective, algorithm)
                return _fields(best, over, message, collective, fleet.device.power), place

        values, place = computed()
        return CollectiveResult(values, {
            "fleet": fleet, "wires": over, "message": message, "collective": collective, "algorithm": algorithm,
            "library": library, "code": place, "computed": computed})


_BUS = {"all_reduce": 2.0, "reduce_scatter": 1.0, "all_gather": 1.0, "all_to_all": 1.0}


def _fields(best: Any, over: Wires, message: Any, collective: str, power: Any) -> dict[str, Any]:
    """The fields that are not lazy, in base units."""
    rate = np.divide(message, best.time)  # without limit for a chip alone
    shared = _BUS[collective] * (over.chips - 1) / over.chips if collective in _BUS else 1.0
    bus = np.where(over.chips > 1, rate * shared, 0.0)
    return {"time": best.time, "algorithm_bandwidth": rate, "bus_bandwidth": bus, "servers": over.servers,
            "sent": best.sent, "nic_share": best.crossing, "energy": power * over.chips * best.time}
