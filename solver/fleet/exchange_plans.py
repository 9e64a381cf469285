"""Plans: each way in which chips do a collective, with its time, and what it sends over links and NICs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from solver.fleet.exchange_arguments import WAYS
from solver.formulas.collectives import EAGER, IN_GRAPHS, NCCL, NIC_SHARE, NIC_STEP, NOTHING_LOST, AllReduceShares
from solver.formulas.fleet.topology import uniform_share
from solver.formulas.training.collective_exchange import (
    direct_all_reduce_time,
    flat_ring_time,
    gathered_all_to_all_time,
    gathered_crossing,
    hierarchical_time,
    near_chips,
    nested_crossing,
    rails_time,
    ring_crossing,
    send_time,
    spread_crossing,
    tree_all_reduce_time,
    two_level_all_to_all_time,
)


class ExchangePlan(NamedTuple):
    """Time, bytes that a chip sends, and what share of them crosses NICs."""

    time: Any
    sent: Any
    crossing: Any


@dataclass(frozen=True, eq=False)
class Wires:
    """What some chips of a fleet exchange data over, as far as a library reaches it: `joined` of each of `servers` over
    `link` (each to all others at once: `direct`), the rest over a `nic` of `fabric`. `start` is what an exchange takes
    once, `ring_start` what rings take more; each further step takes `step` or `hop`."""

    joined: Any
    servers: Any
    link: Any
    direct: Any
    nic: Any
    fabric: Any
    start: Any
    ring_start: Any
    step: Any
    hop: Any

    @property
    def chips(self) -> Any:
        return self.joined * self.servers

    @property
    def spread(self) -> Any:
        """Rate of a NIC where all send to all."""
        return self.nic * uniform_share(self.fabric, self.chips)

    @property
    def rings(self) -> tuple[Any, ...]:
        """What a formula of rings in two levels asks for."""
        return self.joined, self.servers, self.link, self.nic, self.step, self.hop

    @property
    def spreading(self) -> tuple[Any, ...]:
        """The same of an all-to-all."""
        return self.joined, self.servers, self.link, self.spread, self.step, self.hop

    @property
    def places(self) -> tuple[Any, Any]:
        return self.joined, self.servers

    @property
    def without_nics(self) -> Wires:
        """The same if the network took no time."""
        return replace(self, nic=np.inf, hop=0.0)

    @property
    def without_link(self) -> Wires:
        """The same if links inside servers took no time."""
        return replace(self, link=np.inf, direct=np.inf, step=0.0)


def wires(fleet: Any, chips: Any, library: str, step: Any, hop: Any) -> Wires:
    """What `chips` of a fleet exchange data over."""
    device, fabric, ideal = fleet.device, fleet.fabric, library == "ideal"
    joined = np.minimum(chips, near_chips(fleet))
    servers = chips / joined
    shares, pair = library_shares(fleet, chips, library), joined / 2
    some, more = np.minimum(joined - 1, 1), np.minimum(servers - 1, 1)
    quicker = getattr(library, "quicker", 1.0)
    start = shares.latency / quicker * pair**shares.growth * some
    start = start + more * (0.0 * fabric.latency if ideal else fabric.latency)
    link = np.where(joined > 1, device.interconnect, np.inf)  # a chip alone in its server needs none
    return Wires(joined, servers, link * shares.bus * pair**shares.rise, link * shares.direct,
                 fabric.rate * (1.0 if ideal else NIC_SHARE), fabric, start,
                 np.where(some > 0, shares.start / quicker, 0.0), step,
                 hop if hop is not None else 0.0 if ideal else NIC_STEP / quicker)


def library_shares(fleet: Any, chips: Any, library: str) -> AllReduceShares:
    """What a library reaches of the link of these chips."""
    if library != "graph":
        return {"ideal": NOTHING_LOST, "nccl": NCCL, "eager": EAGER}[library]
    if fleet.device.domain > 1:
        return IN_GRAPHS[fleet.device.family]
    two, more = IN_GRAPHS["PCIe 2"], IN_GRAPHS["PCIe"]
    names = ("latency", "growth", "direct", "start", "bus", "rise")
    return AllReduceShares(**{name: np.where(chips == 2, getattr(two, name), getattr(more, name)) for name in names})


def plan(w: Wires, size: Any, collective: str, way: str) -> ExchangePlan:
    """One way to do a collective."""
    return _PLANS[collective][way](w, size)


def _round(time: Callable[..., Any], crossing: Callable[..., Any],
           rounds: float) -> Callable[[Wires, Any], ExchangePlan]:
    """So many rounds of rings, each a reduce-scatter or an all-gather."""
    def made(w: Wires, size: Any) -> ExchangePlan:
        sent = rounds * (w.chips - 1) / w.chips * size
        return ExchangePlan(w.start + w.ring_start + rounds * time(size, *w.rings), sent, crossing(*w.places))

    return made


def _tree(w: Wires, size: Any) -> ExchangePlan:
    """Two trees over all chips, at the pace of the slowest wire, whose branches end in servers."""
    far = w.servers > 1
    rate, step = np.where(far, np.minimum(w.link, w.nic), w.link), np.where(far, np.maximum(w.step, w.hop), w.step)
    time = w.start + w.ring_start + tree_all_reduce_time(size, w.chips, rate, step)
    return ExchangePlan(time, 2 * (w.chips - 1) / w.chips * size, nested_crossing(*w.places))


def _direct(w: Wires, size: Any) -> ExchangePlan:
    """Each sends all that it has to all others."""
    time = direct_all_reduce_time(size, w.joined, w.servers, w.direct, w.nic, w.step, w.hop)
    return ExchangePlan(w.start + time, (w.chips - 1) * size, spread_crossing(*w.places))


def _spread(w: Wires, size: Any) -> ExchangePlan:
    """Each sends to each other what is meant for it."""
    sent = (w.chips - 1) / w.chips * size
    return ExchangePlan(w.start + two_level_all_to_all_time(size, *w.spreading), sent, spread_crossing(*w.places))


def _gathered(w: Wires, size: Any) -> ExchangePlan:
    """The same, after chips of a server have exchanged what goes the same way."""
    sent = ((w.joined - 1) / w.joined + (w.servers - 1) / w.servers) * size
    return ExchangePlan(w.start + gathered_all_to_all_time(size, *w.spreading), sent, gathered_crossing(*w.places))


def _send(w: Wires, size: Any) -> ExchangePlan:
    """From one chip to another: of another server, if there are several."""
    far, some = w.servers > 1, np.minimum(w.chips - 1, 1)
    rate, step = np.where(far, w.nic, w.link), np.where(far, w.hop, w.step)
    return ExchangePlan(some * (w.start + send_time(size, rate, step)), some * size, np.minimum(w.servers - 1, 1))


def _rings(rounds: float) -> dict[str, Callable[[Wires, Any], ExchangePlan]]:
    return {"ring": _round(flat_ring_time, ring_crossing, rounds), "rails": _round(rails_time, ring_crossing, rounds),
            "hierarchical": _round(hierarchical_time, nested_crossing, rounds)}


_PLANS: dict[str, dict[str, Callable[[Wires, Any], ExchangePlan]]] = {
    "all_reduce": _rings(2.0) | {"tree": _tree, "direct": _direct},
    "reduce_scatter": _rings(1.0), "all_gather": _rings(1.0),
    "all_to_all": {"direct": _spread, "hierarchical": _gathered}, "send": {"direct": _send}}


def fastest(w: Wires, size: Any, collective: str, algorithm: str) -> tuple[ExchangePlan, Any]:
    """The plan of an algorithm, or the fastest, with its place among the ways of that collective."""
    ways = WAYS[collective]
    if algorithm != "auto":
        return plan(w, size, collective, algorithm), ways.index(algorithm)
    best = plan(w, size, collective, ways[0])
    code: Any = 0
    for place, way in enumerate(ways[1:], 1):
        other = plan(w, size, collective, way)
        better = other.time < best.time
        if isinstance(better, (bool, np.bool_)):  # as most calls have it
            best, code = (other, place) if better else (best, code)
        else:
            best = ExchangePlan(*(np.where(better, *pair) for pair in zip(other, best, strict=True)))
            code = np.where(better, place, code)
    return best, code


def same_way(w: Wires, size: Any, collective: str, code: Any) -> Any:
    """Time by the ways with these places."""
    times = [plan(w, size, collective, way).time for way in WAYS[collective]]
    found = times[0]
    for place, time in enumerate(times[1:], 1):
        found = np.where(code == place, time, found)
    return found
