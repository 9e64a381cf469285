"""The walls that a plan of serving can run into, a function each: what it needs, and what it has."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from solver.base.recorded import figure_of
from solver.base.term import measured_text
from solver.design.audits.served import Served
from solver.design.audits.site_walls import TOKEN_WALL, site_walls
from solver.design.audits.walls import Unreached, Wall, WallKind, counted_text, wall_text
from solver.formulas.fleet.reliability import down_share, failure_count, fleet_mtbf
from solver.text import number_text

TIMED_PHASES = {"prefill": "time to first token of a prompt that is read alone", "decode": "time between tokens"}


def memory_wall(served: Served) -> Iterator[Wall]:
    """The weights, in the memory of each chip."""
    yield Wall("memory capacity", "what each chip holds of the weights", served.weights, served.usable, "byte")


def cache_wall(served: Served) -> Iterator[Wall | Unreached]:
    """The caches of all requests, in what the weights leave; not reached where they leave nothing."""
    room = served.usable - served.weights
    if room <= 0:
        yield Unreached("KV cache", "the weights leave no room")
    else:
        asked, fit = (measured_text(count) for count in (served.plan.requests, served.users))
        yield Wall("KV cache", f"the cache of {asked} requests at once, where {fit} fit,", served.caches, room, "byte")


def bandwidth_wall(served: Served) -> Iterator[Wall]:
    """Reading weights and caches, in the time that a step may take."""
    yield from _timed(served, "memory bandwidth", "Memory", "reading memory")


def compute_wall(served: Served) -> Iterator[Wall]:
    """Arithmetic, in the time that a step may take."""
    yield from _timed(served, "compute", "Compute", "arithmetic")


def network_wall(served: Served) -> Iterator[Wall]:
    """What chips of a replica exchange, in the time that a step may take."""
    if served.plan.tensor_parallel > 1:
        yield from _timed(served, "network", "Communication", "what chips exchange")


def launch_wall(served: Served) -> Iterator[Wall]:
    """Launches and scheduling, in the time that a step may take; nothing without a profile."""
    yield from (wall for wall in _timed(served, "launches", "Launches", "starting kernels") if wall.need)


def throughput_wall(served: Served) -> Iterator[Wall | Unreached]:
    """The tokens that requests want which come in a second, in those that all replicas answer."""
    p = served.plan
    if not served.rate > 0:
        yield Unreached("throughput", "not even one request fits")
    else:
        yield Wall("throughput", "what requests ask for", p.arrival_rate * p.output_len, served.rate, "token/second")


def tail_wall(served: Served) -> Iterator[Wall | Unreached]:
    """The time of the slowest hundredth of requests, waiting included; not reached where they pile up."""
    found, replicas = served.slowest, counted_text(served.plan.replicas, "replica")
    if np.isinf(found):
        yield Unreached("tail latency", "more requests come than can be answered")
    else:
        yield Wall("tail latency", f"the p99 of a request, with {replicas},", found, served.plan.p99, "second")


def replica_failure_wall(served: Served) -> Iterator[Wall]:
    """The share of the time in which a replica is down, for any of its chips failed."""
    p = served.plan
    mttf = figure_of(p.mttf, "mttf")
    mtbf, every = fleet_mtbf(mttf, float(p.tensor_parallel)), fleet_mtbf(mttf, p.replicas * p.tensor_parallel)
    counted = f", at {number_text(failure_count(p.duration, every))} failures in all," if p.duration else ""
    yield Wall("failures", f"recovery of each replica{counted}", float(down_share(p.recovery_time, mtbf)),
               p.waste_limit, "")


def _timed(served: Served, name: str, part: str, what: str) -> Iterator[Wall]:
    """The wall of one part of a step, in each phase that has a target; the whole step where that part binds it."""
    for phase, (whole, may) in served.targets.items():
        need = served.parts(phase)[part]
        said = f"a step that waits for {what}" if need == whole else what
        yield Wall(name, f"{TIMED_PHASES[phase]}: {said}", need, may, "second", phase, _together(served, phase))


def _together(served: Served, phase: str) -> str:
    """What the time to first token is where all requests of a replica come at once."""
    if phase != "prefill" or served.plan.requests <= 1:
        return ""
    time = wall_text(float(served.decoding.value("ttft")), "second")
    return f"All {measured_text(served.plan.requests)} prompts read at once take {time}."


SERVING_WALLS = (
    WallKind("memory capacity", memory_wall), WallKind("KV cache", cache_wall),
    WallKind("memory bandwidth", bandwidth_wall), WallKind("compute", compute_wall), WallKind("network", network_wall),
    WallKind("launches", launch_wall), WallKind("throughput", throughput_wall, ("arrival_rate", "output_len")),
    WallKind("tail latency", tail_wall, ("arrival_rate", "output_len", "p99")),
    WallKind("failures", replica_failure_wall, ("mttf",)), *site_walls("duration"), TOKEN_WALL)
